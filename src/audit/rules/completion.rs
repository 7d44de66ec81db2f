//! Rule `completion`: a peer completes at the instant at which its last byte arrives.
//!
//! A claim is early when a byte of a chunk that the peer then lacks arrives after it: never lawful
//! beyond the clock tolerance. It is late when the peer held everything before it. With exact
//! stamps a late claim is a violation, too; with receiver or wire stamps it is lawful, since a
//! client checks hashes first, and the judgement says how late. Duplicates that arrive later are
//! waste, not lateness. Where bytes were never logged, lateness is not judged, and what is early
//! may have been logged only when it came again; under coding any arrival may be the last that is
//! new.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::{Judgement, Rule, Verdict};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// A peer completes at the instant at which its last byte arrives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Completion;

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

/// What a log shows of claims of completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CompletionWitness {
    /// A claim that does not fit the arrivals.
    Claim {
        /// The peer.
        node: PeerId,
        /// The claimed instant; None when it never claims.
        claimed_ns: Option<Time>,
        /// The arrival of its last byte; None where that is not the point.
        arrived_ns: Option<Time>,
        /// What is wrong with it.
        fault: ClaimFault,
    },
    /// Lawful claims after the last byte, and the one that is latest after it.
    Verified {
        /// How many peers claim later than the clock tolerance explains.
        peers: usize,
        /// The peer with the largest lateness.
        node: PeerId,
        /// The instant that it claims.
        claimed_ns: Time,
        /// The arrival of its last byte.
        arrived_ns: Time,
        /// From the arrival to the claim.
        late_ns: Time,
    },
}

impl fmt::Display for CompletionWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompletionWitness::Claim { node, claimed_ns, arrived_ns, fault } => {
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
            CompletionWitness::Verified { peers, node, claimed_ns, late_ns, .. } => {
                let claim = if *peers == 1 { "peer claims" } else { "peers claim" };
                write!(
                    f,
                    "{peers} {claim} later than the last byte came, as after a check of hashes; \
                     the longest after it is {node}: at {claimed_ns}, {late_ns} after its last byte"
                )
            }
        }
    }
}

impl Rule for Completion {
    fn finish(&self, facts: &Facts) -> Judgement {
        let mut worst = repeated(facts);
        let mut late: Vec<(PeerId, Time, Time)> = Vec::new();
        for (node, _) in facts.scenario().peers() {
            let Some(claimed) = facts.claim(node) else {
                worst = worst.or(unclaimed(facts, node));
                continue;
            };
            if facts.needs(node) == 0 {
                // Complete from its join on; the rule `membership` judges a claim before that.
                continue;
            }
            worst = worst.or(too_early(facts, node, claimed));
            let Some(arrived) = before(facts, node, claimed) else { continue };
            if facts.is_exact() {
                let witness = claim(node, Some(claimed), Some(arrived), ClaimFault::Late);
                worst = worst.or(Judgement::violated(witness));
            } else {
                late.push((node, claimed, arrived));
            }
        }
        // The first of those with the largest lateness.
        let latest = late.iter().rev().max_by_key(|(_, claimed, arrived)| claimed.since(*arrived));
        match latest {
            Some(&(node, claimed_ns, arrived_ns)) if worst.verdict == Verdict::Holds => {
                let late_ns = claimed_ns.since(arrived_ns);
                let peers = late.len();
                let note =
                    CompletionWitness::Verified { peers, node, claimed_ns, arrived_ns, late_ns };
                worst.with(note)
            }
            _ => worst,
        }
    }
}

/// Claims that are never lawful: the source's, and a second one.
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

/// A claim before the last byte can have come.
fn too_early(facts: &Facts, node: PeerId, claimed: Time) -> Judgement {
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
    // With gaps in the log the claim may well be true, and nothing logged contradicts it.
    if facts.is_covered(node) || !facts.is_complete() {
        return Judgement::holds();
    }
    Judgement::violated(claim(node, Some(claimed), None, ClaimFault::Phantom))
}

/// When the last byte came, if the claim is later than that by more than two clocks may differ.
fn before(facts: &Facts, node: PeerId, claimed: Time) -> Option<Time> {
    if !facts.is_covered(node) {
        return None;
    }
    let came = match facts.scenario().discipline().coded {
        true => last_before(facts, node, claimed)?,
        false => facts.arrived(node).latest,
    };
    (with_tolerance(facts, came) < claimed).then_some(came)
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

/// A peer that has everything and never says so. Where claims may be late, the log may end before
/// it does.
fn unclaimed(facts: &Facts, node: PeerId) -> Judgement {
    let needs_nothing = facts.needs(node) == 0;
    if needs_nothing || !facts.is_covered(node) || facts.scenario().discipline().coded {
        return Judgement::holds();
    }
    let witness = claim(node, None, Some(facts.arrived(node).latest), ClaimFault::Missing);
    if !facts.is_complete() {
        Judgement::unknown("the log does not show a completion that must have been").with(witness)
    } else if !facts.is_exact() {
        Judgement::unknown("the log may end before the peer has checked the hashes").with(witness)
    } else {
        Judgement::violated(witness)
    }
}

fn claim(
    node: PeerId,
    claimed_ns: Option<Time>,
    arrived_ns: Option<Time>,
    fault: ClaimFault,
) -> CompletionWitness {
    CompletionWitness::Claim { node, claimed_ns, arrived_ns, fault }
}
