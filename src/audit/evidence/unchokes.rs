//! When a node unchoked its neighbors, from its chokes and unchokes, its connections and who left.
//!
//! At first every neighbor is choked. A choke, a disconnect or a departure of either ends an
//! unchoke.

use super::connections::{connections, departures, pair, stay};
use super::facts::{Facts, with_tolerance};
use super::intervals::{Edge, Intervals, Reading};
use super::pairs::{Pair, Pairs};
use crate::chunks::PeerId;
use crate::units::Time;

/// When a node unchoked a neighbor, by the most and by the least of readings.
pub(in crate::audit) struct Unchoked {
    pub to: PeerId,
    pub most: Intervals,
    pub least: Intervals,
}

/// Reads when a node unchoked its neighbors. A choke ends an unchoke, and what is kept here does.
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
            self.read([from, to], &mut edges)
        });
        own.collect()
    }

    /// Both readings of what a node did to another.
    fn read(&self, nodes: [PeerId; 2], edges: &mut [(Time, Edge)]) -> Unchoked {
        let [from, to] = nodes;
        let link = pair(from, to);
        let goes_on = |at| match self.connected.of(link) {
            Some(link) => link.ongoing(at),
            None => stay(self.facts, nodes, at),
        };
        let mut cuts = self.cuts(nodes, link);
        let most = Intervals::with_cuts(edges, &cuts, goes_on, Reading::Most);
        if self.facts.tolerance() == Time::ZERO && Intervals::is_clear(edges, &cuts) {
            return Unchoked { to, least: most.clone(), most };
        }
        // By another clock the end may have come after what is logged a little later.
        let late: Vec<Time> = cuts.iter().map(|&cut| with_tolerance(self.facts, cut)).collect();
        cuts.extend(late);
        cuts.sort_unstable();
        // Some order of a cut's instant has it last, whatever goes on.
        let least = Intervals::with_cuts(edges, &cuts, |_| false, Reading::Least);
        Unchoked { to, most, least }
    }

    /// When the link of two nodes was closed or one of them left.
    fn cuts(&self, nodes: [PeerId; 2], link: Pair) -> Vec<Time> {
        let its = &self.closed[self.closed.partition_point(|closed| closed.0 < link)..];
        let its = its.iter().take_while(|closed| closed.0 == link).map(|closed| closed.1);
        let mut cuts: Vec<Time> = its.chain(departures(self.facts, nodes)).collect();
        cuts.sort_unstable();
        cuts
    }
}
