//! `swarmbound import`: a trace from a packet capture.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::import::{self, Options};
use swarmbound::trace::codec::write_trace;
use swarmbound::units::{Bytes, Rate};

use super::{Failure, output};
use crate::report::import::told;

/// Arguments of `import`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The captures: pcap or pcapng, gzip or not; several taps of one swarm in one file or in many
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// The torrent that the swarm exchanges
    #[arg(long, value_name = "FILE")]
    torrent: PathBuf,
    /// What the links of a node can carry, up and down; without DOWN the downlink is unlimited
    #[arg(long, value_name = "ADDR=UP[/DOWN]")]
    capacity: Vec<Capacity>,
    /// The node that has the whole file, where the capture does not show it
    #[arg(long, value_name = "ADDR")]
    source: Option<IpAddr>,
    /// Bytes that a link may carry above rate x time
    #[arg(long, value_name = "BYTES", default_value = "0 B")]
    burst: Bytes,
    /// The capture has everything that the swarm did; refused where the capture contradicts it
    #[arg(long)]
    complete: bool,
    /// Write the trace to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `10.0.0.1=2 Mbit/s/20 Mbit/s`
#[derive(Clone, Debug)]
struct Capacity {
    node: IpAddr,
    upload: Rate,
    download: Option<Rate>,
}

impl FromStr for Capacity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write ADDR=UP or ADDR=UP/DOWN, for example 10.0.0.1=2Mbit/s/20Mbit/s";
        let (node, rates) = text.split_once('=').ok_or(form)?;
        let node = node.trim().parse().map_err(|_| format!("`{node}` is no address; {form}"))?;
        let rate = |text: &str| text.parse::<Rate>().map_err(|error| format!("{error}; {form}"));
        // A unit has a stroke of its own: `2 Mbit/s/20 Mbit/s`.
        let middle = rates.match_indices('/').map(|(at, _)| at).nth(1);
        let (upload, download) = match middle {
            Some(at) => (rate(&rates[..at])?, Some(rate(&rates[at + 1..])?)),
            None => (rate(rates)?, None),
        };
        Ok(Capacity { node, upload, download })
    }
}

/// Reads captures and writes their trace.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let torrent = fs::read(&arguments.torrent)
        .map_err(|error| Failure::file("read", &arguments.torrent, &error))?;
    let capacities = arguments.capacity.iter();
    let capacities: BTreeMap<_, _> =
        capacities.map(|it| (it.node, (it.upload, it.download))).collect();
    let options = Options {
        capacities,
        source: arguments.source,
        burst: arguments.burst,
        complete: arguments.complete,
    };
    let (trace, summary) = import::import(&arguments.captures, &torrent, &options)
        .map_err(|error| Failure(error.to_string()))?;
    let written = |path: &Path, out: &mut dyn Write| {
        write_trace(out, &trace).map_err(|error| Failure::file("write", path, &error))
    };
    match &arguments.output {
        Some(path) => {
            let file = fs::File::create(path);
            let file = file.map_err(|error| Failure::file("write", path, &error))?;
            written(path, &mut BufWriter::new(file))?;
        }
        None => written(Path::new("standard output"), &mut io::stdout().lock())?,
    }
    output::tell(&told(output::error_style(), &summary));
    Ok(Verdict::Holds)
}
