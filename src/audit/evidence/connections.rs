//! When two nodes were neighbors, and whether bytes moved within that time.
//!
//! Two nodes are neighbors from a connect to a disconnect, or until either leaves. A node that
//! leaves and joins at one instant has no neighbors left.

use super::facts::{Facts, with_tolerance};
use super::intervals::{Intervals, Reading};
use super::pairs::{Pair, Pairs};
use crate::chunks::PeerId;
use crate::trace::Transfer;
use crate::units::Time;

/// Do the bytes leave within one of the intervals, where they leave from the start `until` an
/// instant? Where stamps are not exact, queues hide when: the first interval need only begin in
/// time.
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

/// When each pair of nodes was connected; none in a log without connects. Both ends may log the
/// same.
pub(in crate::audit) fn connections(facts: &Facts, reading: Reading) -> Pairs {
    if !facts.has_connects() {
        return Pairs::default();
    }
    let mut edges = facts.links().to_vec();
    edges.sort_unstable();
    Pairs::new(&edges, |(a, b), edges| {
        let cut = |at| departure(facts, [a, b], at);
        match reading {
            Reading::Most => Intervals::most(edges, cut, |at| stay(facts, [a, b], at)),
            Reading::Least => Intervals::least(edges, cut, facts.tolerance()),
        }
    })
}

/// Are both there, and go on being there?
pub(in crate::audit) fn stay(facts: &Facts, nodes: [PeerId; 2], at: Time) -> bool {
    nodes.into_iter().all(|node| facts.presence(node).ongoing(at))
}

/// When the first of `nodes` leaves, at or after an instant.
pub(in crate::audit) fn departure(facts: &Facts, nodes: [PeerId; 2], at: Time) -> Option<Time> {
    nodes.into_iter().filter_map(|node| facts.presence(node).end_from(at)).min()
}
