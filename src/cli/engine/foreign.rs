//! A program in any language, whichever way it is driven.

use std::time::Instant;

use swarmbound::scenario::Scenario;
use swarmbound::suite::peer::PeerProgram;
use swarmbound::suite::process::Program;
use swarmbound::suite::{Failure, Subject};
use swarmbound::trace::{Event, Evidence};

/// A program that is examined.
pub(super) enum Foreign {
    /// It turns a scenario into a trace.
    Engine(Program),
    /// It decides for the nodes of our simulator.
    Peer(PeerProgram),
}

impl Foreign {
    /// When a run is cut.
    pub(super) fn set_deadline(&mut self, deadline: Option<Instant>) {
        match self {
            Foreign::Engine(program) => program.set_deadline(deadline),
            Foreign::Peer(program) => program.set_deadline(deadline),
        }
    }

    /// Messages to nodes that were no neighbors.
    pub(super) fn misdirected(&self) -> u64 {
        match self {
            Foreign::Engine(_) => 0,
            Foreign::Peer(program) => program.misdirected(),
        }
    }
}

impl Subject for Foreign {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        match self {
            Foreign::Engine(program) => program.run(scenario, record),
            Foreign::Peer(program) => program.run(scenario, record),
        }
    }
}
