//! When nodes unchoked each other: from an unchoke to a choke, a disconnect or a departure.
//!
//! At first every neighbor is choked. Most of a long log is of these events, so those of one node
//! are read together, and the intervals are kept only as long as a rule looks at that node.

use super::connections::{connections, departure, pair, stay};
use super::facts::Facts;
use super::intervals::{Edge, Intervals, Reading};
use super::pairs::{Pair, Pairs};
use crate::chunks::PeerId;
use crate::units::Time;

/// When a node unchoked a neighbor.
pub(in crate::audit) struct Unchoked {
    pub(in crate::audit) to: PeerId,
    /// In some order of events.
    pub(in crate::audit) most: Intervals,
    /// In every order, by a clock that is half the tolerance ahead.
    pub(in crate::audit) least: Intervals,
}

/// What ends an unchoke besides a choke.
pub(in crate::audit) struct Unchokes<'f> {
    facts: &'f Facts,
    /// When links were closed, sorted.
    closed: Vec<(Pair, Time)>,
    connected: Pairs,
}

impl<'f> Unchokes<'f> {
    pub(in crate::audit) fn new(facts: &'f Facts) -> Self {
        let closed = facts.links().iter().filter(|(_, _, edge)| *edge == Edge::Close);
        let mut closed: Vec<(Pair, Time)> = closed.map(|&(link, at, _)| (link, at)).collect();
        closed.sort_unstable();
        Unchokes { facts, closed, connected: connections(facts, Reading::Most) }
    }

    /// The neighbors that a node unchoked, in order, and when. Most of a long log is of these, so
    /// they are read anew for each caller and not kept.
    pub(in crate::audit) fn of(&self, from: PeerId) -> Vec<Unchoked> {
        let mut acts = self.facts.chokes_by(from).to_vec();
        acts.sort_unstable();
        let mut edges = Vec::new();
        let own = acts.chunk_by(|one, other| one.0 == other.0).map(|acts| {
            let to = acts[0].0;
            edges.clear();
            edges.extend(acts.iter().map(|&(_, at, edge)| (at, edge)));
            self.read([from, to], &edges)
        });
        own.collect()
    }

    fn read(&self, nodes: [PeerId; 2], edges: &[(Time, Edge)]) -> Unchoked {
        let [from, to] = nodes;
        let link = pair(from, to);
        let goes_on = |at| match self.connected.of(link) {
            Some(link) => link.ongoing(at),
            None => stay(self.facts, nodes, at),
        };
        let closed = &self.closed[self.closed.partition_point(|closed| closed.0 < link)..];
        let closed = &closed[..closed.partition_point(|closed| closed.0 == link)];
        let cut = |at| {
            let disconnect = closed.get(closed.partition_point(|own| own.1 < at));
            let disconnect = disconnect.map(|&(_, at)| at);
            disconnect.into_iter().chain(departure(self.facts, nodes, at)).min()
        };
        Unchoked {
            to,
            most: Intervals::most(edges, cut, goes_on),
            least: Intervals::least(edges, cut, self.facts.tolerance()),
        }
    }
}
