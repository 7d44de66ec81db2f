//! Rule `completion`: a peer completes at the instant at which its last byte arrives.
//!
//! A claim is early when a byte that no other transfer brought arrived after it, late when
//! everything had arrived before it. Duplicates that arrive later are waste, not lateness. Where
//! bytes were never logged, lateness is not judged, and what is early may have been logged only
//! when it came again; under coding any arrival may be the last that is new.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// A peer completes at the instant at which its last byte arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Completion;

/// What is wrong with a claim of completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimFault {
    /// The last byte came later.
    Early,
    /// The last byte came before.
    Late,
    /// It has everything and never says so.
    Missing,
    /// It says so twice.
    Twice,
    /// It is the source.
    Source,
    /// Bytes never came.
    Phantom,
}

/// A claim of completion that does not fit the arrivals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "claim")]
pub struct CompletionWitness {
    /// Who.
    pub node: PeerId,
    /// The claimed instant; None when it never claims.
    pub claimed_ns: Option<Time>,
    /// The arrival of its last byte; None where that is not the point.
    pub arrived_ns: Option<Time>,
    /// What is wrong with it.
    pub fault: ClaimFault,
}

impl fmt::Display for CompletionWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CompletionWitness { node, claimed_ns, arrived_ns, fault } = self;
        match claimed_ns {
            Some(claimed) => write!(f, "{node} says at {claimed} that it has the file")?,
            None => write!(f, "{node} never says that it has the file")?,
        }
        let arrived = arrived_ns.unwrap_or(Time::ZERO);
        match fault {
            ClaimFault::Early => write!(f, ", but its last byte came only at {arrived}"),
            ClaimFault::Late => write!(f, ", but its last byte came already at {arrived}"),
            ClaimFault::Missing => write!(f, ", but its last byte came at {arrived}"),
            ClaimFault::Twice => f.write_str(", and has said so before"),
            ClaimFault::Source => f.write_str(", which it has had all along"),
            ClaimFault::Phantom => f.write_str(", but some bytes never came"),
        }
    }
}

impl Rule for Completion {
    fn finish(&self, facts: &Facts) -> Judgement {
        let mut worst = repeated(facts);
        for (node, _) in facts.scenario().peers() {
            worst = worst.or(match facts.claim(node) {
                Some(claimed) => claimed_at(facts, node, claimed),
                None => unclaimed(facts, node),
            });
        }
        worst
    }
}

/// Claims that nobody may make: the source's, and a second one.
fn repeated(facts: &Facts) -> Judgement {
    let mut claims = facts.claims().to_vec();
    claims.sort_unstable();
    if let Some(&(node, at)) = claims.first().filter(|(node, _)| node.is_source()) {
        return Judgement::violated(claim(node, Some(at), None, ClaimFault::Source));
    }
    match claims.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => {
            let (node, at) = pair[1];
            Judgement::violated(claim(node, Some(at), None, ClaimFault::Twice))
        }
        None => Judgement::holds(),
    }
}

fn claimed_at(facts: &Facts, node: PeerId, claimed: Time) -> Judgement {
    let arrived = facts.arrived(node);
    if with_tolerance(facts, claimed) < arrived.earliest {
        let witness = claim(node, Some(claimed), Some(arrived.earliest), ClaimFault::Early);
        return if facts.is_complete() {
            Judgement::violated(witness)
        } else {
            Judgement::unknown("the log may lack an earlier arrival of the same bytes")
                .with(witness)
        };
    }
    if !facts.is_covered(node) {
        // With gaps in the log the claim may well be true, and nothing logged contradicts it.
        return if facts.is_complete() {
            Judgement::violated(claim(node, Some(claimed), None, ClaimFault::Phantom))
        } else {
            Judgement::holds()
        };
    }
    let came = match facts.scenario().discipline().coded {
        true => last_before(facts, node, claimed),
        false => Some(arrived.latest),
    };
    match came {
        Some(came) if with_tolerance(facts, came) < claimed => {
            Judgement::violated(claim(node, Some(claimed), Some(came), ClaimFault::Late))
        }
        _ => Judgement::holds(),
    }
}

/// Under coding any arrival may be the one that told the last of the file: when the last one was
/// that the claim can speak of. None where lines may be missing.
fn last_before(facts: &Facts, node: PeerId, claimed: Time) -> Option<Time> {
    let byte_by_byte = facts.scenario().discipline().cut_through || !facts.is_exact();
    let arrival = |t: &Transfer| {
        let first = if byte_by_byte { t.start } else { t.end };
        (first <= with_tolerance(facts, claimed)).then_some(t.end)
    };
    let delivered = facts.received_by(node).filter(|t| t.outcome == Outcome::Delivered);
    let arrivals = delivered.filter(|t| t.bytes.0 != 0).filter_map(arrival);
    arrivals.max().filter(|_| facts.is_complete())
}

fn unclaimed(facts: &Facts, node: PeerId) -> Judgement {
    if !facts.is_covered(node) || facts.scenario().discipline().coded {
        return Judgement::holds();
    }
    let witness = claim(node, None, Some(facts.arrived(node).latest), ClaimFault::Missing);
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log does not show a completion that must have been").with(witness)
    }
}

fn claim(
    node: PeerId,
    claimed_ns: Option<Time>,
    arrived_ns: Option<Time>,
    fault: ClaimFault,
) -> CompletionWitness {
    CompletionWitness { node, claimed_ns, arrived_ns, fault }
}
