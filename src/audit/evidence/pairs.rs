//! The intervals of pairs of nodes, found by pair.

use super::intervals::{Edge, Intervals};
use crate::chunks::PeerId;
use crate::units::Time;

/// Two nodes; which one comes first is up to the caller.
pub(in crate::audit) type Pair = (PeerId, PeerId);

/// What opened or closed between two nodes, and when.
pub(in crate::audit) type PairEdge = (Pair, Time, Edge);

/// The intervals of pairs of nodes, sorted by pair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::audit) struct Pairs {
    list: Vec<(Pair, Intervals)>,
    /// For each first node the position of its first pair, and one position more.
    first: Vec<usize>,
}

impl Pairs {
    /// Reads the edges, which are sorted, those of each pair by `read`.
    pub(in crate::audit) fn new(
        edges: &[PairEdge],
        read: impl Fn(Pair, &[(Time, Edge)]) -> Intervals,
    ) -> Self {
        let mut pairs = Pairs::default();
        let mut own = Vec::new();
        for group in edges.chunk_by(|a, b| a.0 == b.0) {
            let pair = group[0].0;
            own.clear();
            own.extend(group.iter().map(|&(_, at, edge)| (at, edge)));
            pairs.reach(pair.0.index());
            pairs.list.push((pair, read(pair, &own)));
        }
        pairs.reach(pairs.first.len());
        pairs
    }

    /// Every first node up to this one, whose pairs have not been reached, begins here.
    fn reach(&mut self, node: usize) {
        if self.first.len() <= node {
            self.first.resize(node + 1, self.list.len());
        }
    }

    /// The intervals of one pair.
    pub(in crate::audit) fn of(&self, pair: Pair) -> Option<&Intervals> {
        let node = pair.0.index();
        let (&from, &to) = (self.first.get(node)?, self.first.get(node + 1)?);
        let own = &self.list[from..to];
        let at = own.binary_search_by_key(&pair.1, |&((_, other), _)| other).ok()?;
        Some(&own[at].1)
    }

    /// Every pair with its intervals.
    pub(in crate::audit) fn iter(&self) -> impl Iterator<Item = (Pair, &Intervals)> {
        self.list.iter().map(|(pair, spans)| (*pair, spans))
    }
}
