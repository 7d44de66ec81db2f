//! A peer in any language: a process decides for the nodes, the simulator does everything else.
//!
//! A [`PeerProgram`] is a [`Subject`]: it runs a scenario in the simulator with time, links,
//! tracker, arrivals and departures of ours, and asks a process, line by line, what its nodes do.
//! `docs/peers.md` has the protocol. The process is trusted with nothing: how long an answer may
//! take and how long it may be is limited, and it ends with everything that it started.

mod inputs;
mod message;
mod node;
mod outputs;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::node::RemoteNodes;
pub use self::outputs::Declared;
use self::outputs::World;
use self::session::Session;
use self::wire::Wire;
use super::process::MOST_TIMEOUT;
use super::{Budget, Failure, Subject};
use crate::chunks::Manifest;
use crate::scenario::{Parts, Peer, Scenario, Source};
use crate::sim::{Simulation, Step};
use crate::swarm::Tracker;
use crate::trace::{Event, Evidence};
use crate::units::{Bytes, Rate};

/// How many processes decide for the nodes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// One for all nodes.
    One,
    /// One for each node, so that they can share no memory.
    PerNode,
}

/// A peer in any language.
#[derive(Debug)]
pub struct PeerProgram {
    /// A command line for `sh -c`.
    command: String,
    hosts: Hosts,
    timeout: Duration,
    deadline: Option<Instant>,
    sessions: Vec<Session>,
    log: Option<BufWriter<File>>,
    misdirected: u64,
}

impl PeerProgram {
    /// The peer that `command` starts, a command line that `sh -c` understands. It has `timeout`
    /// for each answer, at most [`MOST_TIMEOUT`]. Nothing is started yet.
    pub fn new(command: &str, hosts: Hosts, timeout: Duration) -> Self {
        PeerProgram {
            command: command.to_owned(),
            hosts,
            timeout: timeout.min(MOST_TIMEOUT),
            deadline: None,
            sessions: Vec::new(),
            log: None,
            misdirected: 0,
        }
    }

    /// The command line that starts it.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Keeps every line in a file from now on: `> ` before what the peer reads, `< ` before what it
    /// answers.
    pub fn log_to(&mut self, file: File) {
        self.log = Some(BufWriter::new(file));
    }

    /// From now on, a run that would go on after `deadline` is an interruption
    /// ([`Failure::is_interruption`]) then; None lifts that.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Messages to nodes that were no neighbors of their senders, over all runs so far: they were
    /// dropped.
    pub fn misdirected(&self) -> u64 {
        self.misdirected
    }

    /// What the peer says of itself when it is asked to run the smallest scenario.
    ///
    /// # Errors
    /// Why it does not answer.
    pub fn declared(&mut self) -> Result<Declared, Failure> {
        let mut sessions = std::mem::take(&mut self.sessions);
        let declared = self.begin(&mut sessions, &smallest())?;
        self.sessions = sessions;
        Ok(declared)
    }

    /// Begins a run: starts what is not running, and resets what is.
    fn begin(
        &mut self,
        sessions: &mut Vec<Session>,
        scenario: &Scenario,
    ) -> Result<Declared, Failure> {
        let hosts = match self.hosts {
            Hosts::One => 1,
            Hosts::PerNode => scenario.peer_count() + 1,
        };
        sessions.truncate(hosts);
        while sessions.len() < hosts {
            sessions.push(Session::start(&self.command, self.timeout)?);
        }
        let line = inputs::init(scenario);
        let mut declared = Declared { barter: true, churn: true, latency: true };
        for session in sessions {
            self.note('>', &line);
            let answer = session.ask(&line, self.deadline)?;
            self.note('<', &answer);
            declared = outputs::hello(&answer)?;
        }
        Ok(declared)
    }

    /// The whole conversation of a run.
    fn converse(
        &mut self,
        sessions: Vec<Session>,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        let world = World { nodes: scenario.peer_count() + 1, chunks: scenario.file().chunks() };
        let inputs = Budget::of(scenario).inputs;
        let wire = Wire::new(sessions, world, inputs, self.deadline, self.log.take());
        let wire = Rc::new(RefCell::new(wire));
        let mut simulation =
            Simulation::<_, Tracker>::with_engines(scenario, RemoteNodes(Rc::clone(&wire)));
        while let Step::Went(_) = simulation.step(record) {
            if wire.borrow().failure().is_some() {
                break;
            }
        }
        drop(simulation);
        let closed = wire.borrow_mut().close();
        self.log = closed.log;
        self.misdirected += closed.misdirected;
        match closed.failure {
            Some(failure) => Err(failure),
            None => {
                self.sessions = closed.sessions;
                Ok(())
            }
        }
    }

    fn note(&mut self, direction: char, line: &str) {
        if let Some(log) = &mut self.log {
            // What cannot be kept is missed by the reader of the log alone.
            let _ = write!(log, "{direction} {line}");
        }
    }
}

/// One chunk, one peer.
fn smallest() -> Scenario {
    let file = Manifest::new(Bytes(1), Bytes(1)).expect("one byte makes one chunk");
    let parts = Parts::new(file, Source::new(Rate(8))).peers([Peer::new(Rate(8))]);
    parts.build().expect("a source that sends and a peer are all that a scenario needs")
}

impl Subject for PeerProgram {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        let mut sessions = std::mem::take(&mut self.sessions);
        self.begin(&mut sessions, scenario)?;
        self.converse(sessions, scenario, record)?;
        Ok(Evidence::default())
    }
}
