//! `--peer CMD`: a program in any language decides for the nodes of our simulator.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use swarmbound::suite::peer::{Hosts, PeerProgram};
use swarmbound::suite::process::MOST_TIMEOUT;
use swarmbound::suite::{self, Barter, Churn, Latency, Scope};
use swarmbound::units::Time;

use super::echo::quoted;
use super::{Failure, interrupt};
use crate::report::numbers::grouped;

/// Options of every command that takes a peer.
#[derive(Args)]
pub(super) struct PeerOptions {
    /// The peer, as a command line for `sh -c`: it answers each line that says what happens to its
    /// nodes with a line that says what they do (docs/peers.md)
    #[arg(long, value_name = "CMD")]
    peer: Option<String>,
    /// A process for each node, instead of one for all
    #[arg(long, requires = "peer")]
    per_node: bool,
    /// Keep every line: `> ` before what the peer reads, `< ` before what it answers
    #[arg(long, value_name = "FILE", requires = "peer")]
    log: Option<PathBuf>,
}

impl PeerOptions {
    /// The peer's command, if there is one.
    pub(super) fn command(&self) -> Option<&str> {
        self.peer.as_deref()
    }

    /// The peer that the command starts; it has `timeout` for each answer.
    pub(super) fn program(&self, timeout: Duration) -> Result<PeerProgram, Failure> {
        let command = self.peer.as_deref().unwrap_or_default();
        let hosts = if self.per_node { Hosts::PerNode } else { Hosts::One };
        let mut program = PeerProgram::new(command, hosts, timeout);
        if let Some(path) = &self.log {
            let file = File::create(path).map_err(|error| Failure::file("write", path, &error))?;
            program.log_to(file);
        }
        Ok(program)
    }
}

/// A peer, and how long it may take: options of the commands that run swarms.
#[derive(Args)]
pub(super) struct Decides {
    #[command(flatten)]
    peer: PeerOptions,
    /// How long the peer may take for an answer
    #[arg(long, value_name = "SPAN", requires = "peer", default_value = "10 s")]
    timeout: Time,
}

impl Decides {
    /// The peer's command, if there is one.
    pub(super) fn command(&self) -> Option<&str> {
        self.peer.command()
    }

    /// Whether the lines are kept in a file.
    pub(super) fn keeps_lines(&self) -> bool {
        self.peer.log.is_some()
    }

    /// The peer, if one decides; nothing is started yet.
    pub(super) fn program(&self) -> Result<Option<PeerProgram>, Failure> {
        if self.command().is_none() {
            return Ok(None);
        }
        interrupt::ends_engines()?;
        self.peer.program(timeout(self.timeout)?).map(Some)
    }
}

/// The sentence for a peer that gave no run.
pub(super) fn failure(program: &PeerProgram, failure: &suite::Failure) -> Failure {
    let command = quoted(program.command());
    Failure(format!("--peer {command}: {}: {}", failure.name, failure.explanation))
}

/// A time-out that is not out of bounds.
pub(super) fn timeout(span: Time) -> Result<Duration, Failure> {
    let timeout = Duration::from_nanos(span.0);
    if timeout.is_zero() || MOST_TIMEOUT < timeout {
        let sentence = format!("--timeout {span}: write a time above 0 s, at most a day");
        return Err(Failure(sentence));
    }
    Ok(timeout)
}

/// Takes from the scope what the peer says that it does not do.
pub(super) fn narrow(scope: &mut Scope, program: &mut PeerProgram) -> Result<(), Failure> {
    let declared = program.declared().map_err(|why| failure(program, &why))?;
    if !declared.barter {
        scope.barter = Barter::None;
    }
    if !declared.churn {
        scope.churn = Churn::None;
    }
    if !declared.latency {
        scope.latency = Latency::None;
    }
    Ok(())
}

/// A line about messages that were dropped; empty without any.
pub(super) fn misdirected(messages: u64) -> String {
    match messages {
        0 => String::new(),
        1 => "note: 1 message went to a node that was no neighbor, and was dropped\n".to_owned(),
        _ => format!(
            "note: {} messages went to nodes that were no neighbors, and were dropped\n",
            grouped(messages.into())
        ),
    }
}
