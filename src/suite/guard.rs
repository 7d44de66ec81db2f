//! Counts the inputs and outputs of engines, and ends a run that would go on forever.
//!
//! The guard changes nothing that an engine does. All engines of a run share its budget.

use std::cell::Cell;
use std::fmt::Debug;
use std::panic::resume_unwind;
use std::rc::Rc;

use super::subject::Failure;
use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{AnyEngine, Engine, Factory, Input, Output, Payload, Role, Settings};
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

/// Makes engines whose inputs and outputs are counted.
pub(super) struct Guard<M> {
    engines: Rc<dyn Factory<Engine = AnyEngine<M>>>,
    left: Rc<Cell<Budget>>,
}

impl<M> Guard<M> {
    /// The engines of a run within this budget.
    pub(super) fn new(engines: Rc<dyn Factory<Engine = AnyEngine<M>>>, budget: Budget) -> Self {
        Guard { engines, left: Rc::new(Cell::new(budget)) }
    }
}

impl<M: Payload + Clone + Debug> Factory for Guard<M> {
    type Engine = Guarded<M>;

    fn engine(
        &self,
        me: PeerId,
        manifest: &Manifest,
        role: Role,
        settings: &Settings,
    ) -> Guarded<M> {
        let engine = self.engines.engine(me, manifest, role, settings);
        Guarded { me, engine, outputs: 0, left: Rc::clone(&self.left) }
    }

    fn flush(&self, at: Time) -> Vec<PeerId> {
        self.engines.flush(at)
    }
}

/// An engine whose inputs and outputs are counted.
#[derive(Debug)]
pub(super) struct Guarded<M> {
    me: PeerId,
    engine: AnyEngine<M>,
    outputs: u64,
    left: Rc<Cell<Budget>>,
}

impl<M> Guarded<M> {
    /// Takes an input from the budget; unwinds the run when it is spent.
    fn count_input(&self) {
        let mut left = self.left.get();
        let Some(inputs) = left.inputs.checked_sub(1) else {
            resume_unwind(Box::new(Overrun::Inputs));
        };
        left.inputs = inputs;
        self.left.set(left);
    }
}

impl<M: Payload + Clone + Debug> Engine for Guarded<M> {
    type Message = M;

    fn handle(&mut self, input: Input<M>, choose: &mut dyn Choose) {
        self.count_input();
        self.outputs = 0;
        self.engine.handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<M>> {
        let output = self.engine.poll()?;
        self.outputs += 1;
        if self.left.get().outputs < self.outputs {
            resume_unwind(Box::new(Overrun::Outputs(self.me, self.outputs)));
        }
        Some(output)
    }

    fn have(&self) -> &ChunkSet {
        self.engine.have()
    }
}
