//! Rule `neighbors`: bytes move between connected neighbors only.
//!
//! Two nodes are neighbors from a connect to a disconnect, or until either leaves, also when it
//! comes back at the same instant. An aborted transfer needs the connection at its start only: its
//! sender may notice the end late. A trace without connects is not judged. The end of a connection
//! is not judged by a receiver's stamps, since queues drain after it. The rule knows no tracker and
//! no overlay.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::connections::{connections, is_within, pair};
use crate::audit::evidence::facts::Facts;
use crate::audit::evidence::intervals::Reading;
use crate::audit::witness::Moved;
use crate::audit::{Judgement, Rule};
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// Bytes move between connected neighbors only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Neighbors;

/// A transfer between nodes that are no neighbors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "strangers")]
pub struct NeighborsWitness {
    /// The transfer.
    #[serde(flatten)]
    pub transfer: Moved,
    /// When it needs the connection, so far as the stamps can show it.
    #[serde(skip)]
    pub(crate) needs: Needs,
}

/// When a transfer needs the connection of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// From its start until its last byte has left.
    Until(Time),
    /// At its start only: an aborted one.
    AtStart,
    /// The two had connected by its start: what stamps that are not exact can show.
    ByStart,
}

impl fmt::Display for NeighborsWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, but ", self.transfer)?;
        match self.needs {
            Needs::Until(end) => {
                write!(f, "no connection of the two lasts from {} to {end}", self.transfer.start_ns)
            }
            Needs::AtStart => f.write_str("the two were not connected at its start"),
            Needs::ByStart => f.write_str("the two had not connected by its start"),
        }
    }
}

impl Rule for Neighbors {
    fn finish(&self, facts: &Facts) -> Judgement {
        if !facts.has_connects() {
            return Judgement::skipped("the trace has no connect events");
        }
        let connected = connections(facts, Reading::Most);
        let strangers = facts.by_sender().filter(|(_, t)| {
            let link = connected.of(pair(t.from, t.to));
            !link.is_some_and(|spans| is_within(facts, spans, t, needed_until(facts, t)))
        });
        let Some((_, t)) = strangers.min_by_key(|&(at, t)| (t.start, at)) else {
            return Judgement::holds();
        };
        let needs = match t.outcome {
            _ if !facts.is_exact() => Needs::ByStart,
            Outcome::Delivered => Needs::Until(facts.departure(t)),
            Outcome::Aborted => Needs::AtStart,
        };
        let witness = NeighborsWitness { transfer: t.into(), needs };
        if facts.is_complete() {
            Judgement::violated(witness)
        } else {
            Judgement::unknown("the log does not show how two nodes became neighbors").with(witness)
        }
    }
}

/// Until when a transfer needs the connection of its nodes.
fn needed_until(facts: &Facts, t: &Transfer) -> Time {
    match t.outcome {
        Outcome::Delivered => facts.departure(t),
        Outcome::Aborted => t.start,
    }
}
