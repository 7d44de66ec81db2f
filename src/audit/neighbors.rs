//! Rule `neighbors`: bytes move between connected neighbors only.
//!
//! Two nodes are neighbors from a connect to a disconnect, or until either leaves. A trace without
//! such events is not judged. What a sender takes back is not judged by a receiver's stamps, since
//! queues drain after it is gone. The rule knows no tracker and no overlay.

use super::facts::Facts;
use super::pairs::{Pair, Pairs};
use super::spans::{Reading, Spans};
use super::witness::Witness;
use super::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::Transfer;
use crate::units::Time;

/// Bytes move between connected neighbors only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Neighbors;

impl Rule for Neighbors {
    fn finish(&self, facts: &Facts) -> Judgement {
        if facts.links().is_empty() {
            return Judgement::skipped("the trace has no connect events");
        }
        let connected = connections(facts, Reading::Most);
        let within = |t: &Transfer| [t.start, facts.departure(t)];
        let first = connected.first_outside(facts, |t| pair(t.from, t.to), within);
        let Some(t) = first else { return Judgement::holds() };
        let witness = Witness::Strangers { transfer: t.into() };
        if facts.is_complete() {
            Judgement::violated(witness)
        } else {
            Judgement::unknown("the log does not show how two nodes became neighbors").with(witness)
        }
    }
}

/// A pair of nodes, the smaller id first.
pub(super) fn pair(a: PeerId, b: PeerId) -> Pair {
    (a.min(b), a.max(b))
}

/// When each pair of nodes was connected: a departure of either ends it too. Both ends may log the
/// same, so the order of one instant is open.
pub(super) fn connections(facts: &Facts, reading: Reading) -> Pairs {
    let mut edges = facts.links().to_vec();
    edges.sort_unstable();
    Pairs::new(&edges, |(a, b), edges| {
        let mut cuts: Vec<Time> = departures(facts, [a, b]).collect();
        cuts.sort_unstable();
        Spans::with_cuts(edges, &cuts, |at| stay(facts, [a, b], at), reading)
    })
}

/// Are both there, and go on being there?
pub(super) fn stay(facts: &Facts, nodes: [PeerId; 2], at: Time) -> bool {
    nodes.into_iter().all(|node| facts.presence(node).ongoing(at))
}

/// When one of `nodes` leaves.
pub(super) fn departures(facts: &Facts, nodes: [PeerId; 2]) -> impl Iterator<Item = Time> {
    let ends = move |node| facts.presence(node).list.iter().map(|span| span.to);
    nodes.into_iter().flat_map(ends).filter(|&to| to != Time::MAX)
}
