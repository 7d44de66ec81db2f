//! When two nodes were neighbors, and whether bytes moved within that time.
//!
//! Two nodes are neighbors from a connect to a disconnect, or until either leaves.

use super::facts::{Facts, with_tolerance};
use super::intervals::{Intervals, Reading};
use super::pairs::{Pair, Pairs};
use crate::chunks::PeerId;
use crate::trace::Transfer;
use crate::units::Time;

/// Do the bytes leave within the intervals, where they leave from the start `until` an instant?
/// Where stamps are not exact, queues hide when: the first interval need only begin in time.
pub(in crate::audit) fn is_within(
    facts: &Facts,
    spans: &Intervals,
    t: &Transfer,
    until: Time,
) -> bool {
    if facts.is_exact() {
        return spans.contain(t.start, until, Time::ZERO);
    }
    spans.first().is_some_and(|from| from <= with_tolerance(facts, t.start))
}

/// A pair of nodes, the smaller id first.
pub(in crate::audit) fn pair(a: PeerId, b: PeerId) -> Pair {
    (a.min(b), a.max(b))
}

/// When each pair of nodes was connected: a departure of either ends it too. Both ends may log the
/// same, so the order of one instant is open.
pub(in crate::audit) fn connections(facts: &Facts, reading: Reading) -> Pairs {
    let mut edges = facts.links().to_vec();
    edges.sort_unstable();
    Pairs::new(&edges, |(a, b), edges| {
        let mut cuts: Vec<Time> = departures(facts, [a, b]).collect();
        cuts.sort_unstable();
        Intervals::with_cuts(edges, &cuts, |at| stay(facts, [a, b], at), reading)
    })
}

/// Are both there, and go on being there?
pub(in crate::audit) fn stay(facts: &Facts, nodes: [PeerId; 2], at: Time) -> bool {
    nodes.into_iter().all(|node| facts.presence(node).ongoing(at))
}

/// When one of `nodes` leaves.
pub(in crate::audit) fn departures(
    facts: &Facts,
    nodes: [PeerId; 2],
) -> impl Iterator<Item = Time> {
    let ends = move |node| facts.presence(node).list.iter().map(|span| span.to);
    nodes.into_iter().flat_map(ends).filter(|&to| to != Time::MAX)
}
