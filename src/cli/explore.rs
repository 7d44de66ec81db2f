//! `swarmbound explore`: a model in the browser, state by state.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::models::{Options, registry};

use super::Failure;
use super::world::refused;

/// Arguments of `explore`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The model
    model: String,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    port: u16,
    #[command(flatten)]
    world: Options,
}

/// Serves stateright's Explorer until it is interrupted.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let model = &arguments.model;
    let announced = Announced { model, address: free(arguments.port)? };
    registry::explore(model, &arguments.world, announced).map_err(refused)?;
    Ok(Verdict::Holds)
}

/// The address, if it is free: stateright would panic.
fn free(port: u16) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    listener.and_then(|listener| listener.local_addr()).map_err(|error| {
        Failure(format!("--port: cannot serve at 127.0.0.1:{port}: {error}; write another port"))
    })
}

/// An address that tells the user where to look when it is asked for. That is after the options
/// were found to make a world, and the last that is heard of a server that does not come back.
struct Announced<'a> {
    model: &'a str,
    address: SocketAddr,
}

impl ToSocketAddrs for Announced<'_> {
    type Iter = std::iter::Once<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<Self::Iter> {
        let Announced { model, address } = self;
        // Where standard error is gone, the pages are still served.
        let _ = writeln!(io::stderr(), "{model} at http://{address}; Ctrl-C ends it");
        Ok(std::iter::once(*address))
    }
}
