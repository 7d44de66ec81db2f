//! Rule `bounds_respected`: no completion is earlier than a bound that applies.
//!
//! Every k-th completion is compared, as integers, with the bound that binds it under what the log
//! shows: [`bounds::binding`] says which.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::{Completed, Facts};
use crate::audit::{Judgement, Rule};
use crate::bounds::{self, Binding, Earliest};
use crate::chunks::PeerId;
use crate::units::Time;

/// No completion is earlier than a bound that applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BoundsRespected;

/// A completion before it is possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "too_early")]
pub struct BoundsWitness {
    /// The bound.
    pub bound: &'static str,
    /// Which completion.
    pub k: usize,
    /// The peer that completed.
    pub node: PeerId,
    /// The instant of its completion.
    pub at_ns: Time,
    /// The earliest possible time; None is never.
    pub earliest_ns: Option<Time>,
    /// Why it is never possible.
    pub why: Option<String>,
}

impl fmt::Display for BoundsWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BoundsWitness { bound, k, node, at_ns, earliest_ns, why } = self;
        write!(f, "{node} is number {k} to complete, at {at_ns}; by the bound {bound} ")?;
        match (earliest_ns, why) {
            (Some(earliest), _) => write!(f, "that is not possible before {earliest}"),
            (None, Some(why)) => write!(f, "that is never possible: {why}"),
            (None, None) => f.write_str("that is never possible"),
        }
    }
}

impl BoundsWitness {
    /// The evidence against the `k`-th completion, where it is more than `tolerance` earlier than
    /// the bound of that name allows.
    pub(crate) fn against(
        bound: &'static str,
        k: usize,
        completed: Completed,
        earliest: Earliest,
        tolerance: Time,
    ) -> Option<Self> {
        let (earliest_ns, why) = match earliest {
            // Beyond the last time that there is, nothing is too early.
            Earliest::At(time) if time.0 <= completed.at.0.saturating_add(tolerance.0) => {
                return None;
            }
            Earliest::At(time) => (Some(time), None),
            Earliest::Never(why) => (None, Some(why)),
        };
        let Completed { peer: node, at: at_ns } = completed;
        Some(BoundsWitness { bound, k, node, at_ns, earliest_ns, why })
    }
}

impl Rule for BoundsRespected {
    fn finish(&self, facts: &Facts) -> Judgement {
        let bindings = bounds::bindings(facts.measured(), facts.conditions());
        let mut both = facts.completions().into_iter().zip(bindings);
        let early = both.find_map(|(completed, Binding { name, k, at })| {
            BoundsWitness::against(name, k, completed, at, facts.tolerance())
        });
        early.map_or_else(Judgement::holds, Judgement::violated)
    }
}
