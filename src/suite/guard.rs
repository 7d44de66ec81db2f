//! Counts the inputs and outputs of engines, and ends a run that would go on forever.
//!
//! The guard changes nothing that an engine does. The budget belongs to the thread, not to the
//! engines, since all engines of a run share it.

use std::cell::Cell;
use std::panic::resume_unwind;

use super::subject::Failure;
use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Output, Role, Settings};
use crate::scenario::Scenario;
use crate::units::Time;

/// Counts beyond which a run counts as one that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Inputs to all engines of a run together.
    pub inputs: u64,
    /// Outputs of one engine after one input.
    pub outputs: u64,
}

thread_local! {
    static LEFT: Cell<Budget> = const { Cell::new(Budget { inputs: u64::MAX, outputs: u64::MAX }) };
}

impl Budget {
    /// A budget that no run of `scenario` needs. An engine is handed inputs by its timers, by what
    /// its neighbors say at theirs, and by chunks, of which each is asked for, announced and sent:
    /// the budget has room for 8 times as many.
    pub fn of(scenario: &Scenario) -> Self {
        let protocol = scenario.parts().protocol.clone().unwrap_or_default();
        let nodes = scenario.peer_count() as u64 + 1;
        let degree = u64::from(protocol.neighbors).min(nodes);
        let times = |span: Time| scenario.parts().until.0 / span.0.max(1);
        let optimistic = protocol.optimistic.map_or(0, times);
        let decisions = times(protocol.rechoke) + optimistic + times(protocol.announce);
        let chunks = scenario.file().chunks() as u64;
        let each = decisions.saturating_add(4 * chunks).saturating_mul(1 + degree);
        Budget {
            inputs: each.saturating_mul(nodes).saturating_mul(8).saturating_add(10_000),
            outputs: 10_000 + 16 * (1 + chunks) * nodes,
        }
    }

    /// Runs `run` within this budget.
    pub(super) fn spend<R>(self, run: impl FnOnce() -> R) -> R {
        LEFT.set(self);
        run()
    }
}

/// Why a run was ended: the payload that unwinds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overrun {
    /// Too many inputs.
    Inputs,
    /// Too many outputs after one input, of this node.
    Outputs(PeerId, u64),
}

impl Overrun {
    pub(super) fn failure(self) -> Failure {
        match self {
            Overrun::Inputs => Failure::new(
                "never ends",
                "the run goes on and on: its engines were handed 8 times as many inputs as their \
                 timers and chunks account for",
            ),
            Overrun::Outputs(node, outputs) => Failure {
                property: Failure::DRAINS,
                name: "never drains",
                explanation: format!(
                    "{node} has given {outputs} outputs after one input and does not answer None"
                ),
            },
        }
    }
}

/// Takes an input from the budget; unwinds the run when it is spent.
fn count_input() {
    let mut left = LEFT.get();
    let Some(inputs) = left.inputs.checked_sub(1) else {
        resume_unwind(Box::new(Overrun::Inputs));
    };
    left.inputs = inputs;
    LEFT.set(left);
}

/// An engine whose inputs and outputs are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Guarded<E> {
    me: PeerId,
    engine: E,
    outputs: u64,
}

impl<E: Engine> Engine for Guarded<E> {
    type Message = E::Message;

    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        Guarded { me, engine: E::new(me, manifest, role, settings), outputs: 0 }
    }

    fn handle(&mut self, input: Input<E::Message>, choose: &mut dyn Choose) {
        count_input();
        self.outputs = 0;
        self.engine.handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<E::Message>> {
        let output = self.engine.poll()?;
        self.outputs += 1;
        if LEFT.get().outputs < self.outputs {
            resume_unwind(Box::new(Overrun::Outputs(self.me, self.outputs)));
        }
        Some(output)
    }

    fn have(&self) -> &ChunkSet {
        self.engine.have()
    }
}
