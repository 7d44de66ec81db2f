//! Rule `bounds_respected`: no completion is earlier than a bound that applies.
//!
//! Every bound of [`bounds::ALL`] is compared with every k-th completion, as integers. Bounds that
//! allow only the source to send bind runs in which nobody else sent, and only where the log is
//! complete enough to know that. Stamps of a receiver do not show when a sender left: see
//! `assumed`.

use std::borrow::Cow;

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::{Judgement, Rule};
use crate::bounds::{self, Earliest, Senders};
use crate::chunks::PeerId;
use crate::scenario::{Leaves, Scenario, SourceLeaves};
use crate::units::Time;

/// No completion is earlier than a bound that applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoundsRespected;

/// A completion before it is possible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "too_early")]
pub struct BoundsWitness {
    /// The bound.
    pub bound: &'static str,
    /// Which completion.
    pub k: usize,
    /// Who.
    pub node: PeerId,
    /// When.
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

impl Rule for BoundsRespected {
    fn finish(&self, facts: &Facts) -> Judgement {
        let completions = completions(facts);
        let scenario = assumed(facts);
        for bound in bounds::ALL {
            let source_only = bound.senders() == Senders::SourceOnly;
            if source_only && !(facts.is_complete() && facts.only_source_sent()) {
                continue;
            }
            let Ok(earliest) = bound.completions(&scenario) else { continue };
            for (at, (&(at_ns, node), earliest)) in completions.iter().zip(&earliest).enumerate() {
                let (earliest_ns, why) = match earliest {
                    Earliest::At(time) if *time <= with_tolerance(facts, at_ns) => continue,
                    Earliest::At(time) => (Some(*time), None),
                    Earliest::Never(why) => (None, Some(why.clone())),
                };
                let (bound, k) = (bound.name(), at + 1);
                let witness = BoundsWitness { bound, k, node, at_ns, earliest_ns, why };
                return Judgement::violated(witness);
            }
        }
        Judgement::holds()
    }
}

/// The scenario as far as the stamps can hold a run to it. What a sender has handed to the network
/// arrives after it left, so with a receiver's or an observer's stamps nobody counts as gone: the
/// bounds only become lower.
fn assumed(facts: &Facts) -> Cow<'_, Scenario> {
    if facts.is_exact() {
        return Cow::Borrowed(facts.scenario());
    }
    let mut parts = facts.scenario().parts().clone();
    parts.source.leaves = SourceLeaves::Never;
    for peer in &mut parts.peers {
        peer.leaves = Leaves::Never;
    }
    let stays = Scenario::new(parts).expect("staying is always allowed");
    Cow::Owned(stays)
}

/// The completions in order: the k-th is at `k - 1`.
fn completions(facts: &Facts) -> Vec<(Time, PeerId)> {
    let finish = |(node, _)| Some((facts.finish(node)?, node));
    let mut completions: Vec<(Time, PeerId)> =
        facts.scenario().peers().filter_map(finish).collect();
    completions.sort_unstable();
    completions
}
