//! Rule `neighbors`: bytes move between connected neighbors only.
//!
//! Two nodes are neighbors from a connect to a disconnect, or until either leaves. A trace without
//! such events is not judged. What a sender takes back is not judged by a receiver's stamps, since
//! queues drain after it is gone. The rule knows no tracker and no overlay.

use super::facts::{Facts, with_tolerance};
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
        let strangers = facts.by_sender().filter(|(_, t)| {
            let link = connected.of(pair(t.from, t.to));
            !link.is_some_and(|spans| is_within(facts, spans, t, facts.departure(t)))
        });
        let Some((_, t)) = strangers.min_by_key(|&(at, t)| (t.start, at)) else {
            return Judgement::holds();
        };
        let witness = Witness::Strangers { transfer: t.into() };
        if facts.is_complete() {
            Judgement::violated(witness)
        } else {
            Judgement::unknown("the log does not show how two nodes became neighbors").with(witness)
        }
    }
}

/// Do the bytes leave within the intervals, where they leave from the start `until` an instant?
/// Where stamps are not exact, queues hide when: the first interval need only begin in time.
pub(super) fn is_within(facts: &Facts, spans: &Spans, t: &Transfer, until: Time) -> bool {
    if facts.is_exact() {
        return spans.contain(t.start, until, Time::ZERO);
    }
    spans.first().is_some_and(|from| from <= with_tolerance(facts, t.start))
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
