//! Rule `completion`: a peer completes at the instant at which its last byte arrives.
//!
//! A claim is early when a byte that no other transfer brought arrived after it, late when
//! everything had arrived before it. Duplicates that arrive later are waste, not lateness. Where
//! bytes were never logged, lateness is not judged, and what is early may have been logged only
//! when it came again; under coding lateness is not judged either, since only some of the bytes
//! that arrive are new.

use super::facts::{Facts, with_tolerance};
use super::witness::{ClaimFault, Witness};
use super::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::units::Time;

/// A peer completes at the instant at which its last byte arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Completion;

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
    let coded = facts.scenario().discipline().coded;
    if !coded && with_tolerance(facts, arrived.latest) < claimed {
        let came = Some(arrived.latest);
        return Judgement::violated(claim(node, Some(claimed), came, ClaimFault::Late));
    }
    Judgement::holds()
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
) -> Witness {
    Witness::Claim { node, claimed_ns, arrived_ns, fault }
}
