//! Rule `choking`: a transfer starts while its sender unchokes the receiver, a node unchokes no
//! more neighbors than it has slots, and a leecher gives no more than its barter allows.
//!
//! At first everybody is choked. A choke, a disconnect or a departure of either ends an unchoke. A
//! trace without choke events is not judged, except for the barter, which shows in the transfers.
//! What a sender takes back is not judged by a receiver's stamps, since queues drain after it.

use super::barter::Barter;
use super::facts::{Facts, with_tolerance};
use super::neighbors::{connections, departures, is_within, pair, stay};
use super::pairs::{Pair, Pairs};
use super::spans::{Edge, Reading, Spans};
use super::witness::Witness;
use super::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::Event;
use crate::units::Time;

/// Whom a node unchokes or chokes, and when.
type Act = (PeerId, Time, Edge);

/// A transfer starts while its sender unchokes the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choking {
    /// Unchokes open, chokes close; by who serves. Most of a long log is of these: those of one
    /// node are read together, and the intervals that they make are not kept.
    acts: Vec<Vec<Act>>,
}

impl Rule for Choking {
    fn event(&mut self, event: &Event) {
        let (from, act) = match *event {
            Event::Choke { at, from, to } => (from, (to, at, Edge::Close)),
            Event::Unchoke { at, from, to } => (from, (to, at, Edge::Open)),
            _ => return,
        };
        if self.acts.len() <= from.index() {
            self.acts.resize(from.index() + 1, Vec::new());
        }
        self.acts[from.index()].push(act);
    }

    fn finish(&self, facts: &Facts) -> Judgement {
        let barter = Barter::new(facts).map(|barter| barter.judge());
        if self.acts.is_empty() {
            return barter.unwrap_or_else(|| Judgement::skipped("the trace has no choke events"));
        }
        let ends = Ends::new(facts);
        let (mut choked, mut crowd) = (None, None);
        for node in (0..=facts.scenario().peer_count()).map(|at| PeerId(at as u32)) {
            let acts = self.acts.get(node.index()).cloned().unwrap_or_default();
            let unchoked = ends.unchoked(node, acts);
            choked = choked.into_iter().chain(first_choked(facts, node, &unchoked)).min();
            crowd = crowd.into_iter().chain(first_crowd(facts, node, &unchoked)).min();
        }
        // Each part accuses only what no order of the events of an instant allows.
        starts(facts, choked).or(slots(facts, crowd)).or(barter.unwrap_or_else(Judgement::holds))
    }
}

/// When a node unchoked a neighbor, by the most and by the least of readings.
struct Unchoked {
    to: PeerId,
    most: Spans,
    least: Spans,
}

/// What ends an unchoke besides a choke.
struct Ends<'f> {
    facts: &'f Facts,
    /// When links were closed, sorted.
    closed: Vec<(Pair, Time)>,
    connected: Pairs,
}

impl<'f> Ends<'f> {
    fn new(facts: &'f Facts) -> Self {
        let closed = facts.links().iter().filter(|(_, _, edge)| *edge == Edge::Close);
        let mut closed: Vec<(Pair, Time)> = closed.map(|&(link, at, _)| (link, at)).collect();
        closed.sort_unstable();
        Ends { facts, closed, connected: connections(facts, Reading::Most) }
    }

    /// Whom a node unchoked when.
    fn unchoked(&self, from: PeerId, mut acts: Vec<Act>) -> Vec<Unchoked> {
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
        let most = Spans::with_cuts(edges, &cuts, goes_on, Reading::Most);
        if self.facts.tolerance() == Time::ZERO && Spans::is_clear(edges, &cuts) {
            return Unchoked { to, least: most.clone(), most };
        }
        // By another clock the end may have come after what is logged a little later.
        let late: Vec<Time> = cuts.iter().map(|&cut| with_tolerance(self.facts, cut)).collect();
        cuts.extend(late);
        cuts.sort_unstable();
        // Some order of a cut's instant has it last, whatever goes on.
        let least = Spans::with_cuts(edges, &cuts, |_| false, Reading::Least);
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

/// A transfer that starts while its receiver is choked: when, its place, and since when.
type Choked = (Time, usize, Option<Time>);

/// The first such transfer of a node.
fn first_choked(facts: &Facts, node: PeerId, unchoked: &[Unchoked]) -> Option<Choked> {
    let of = |to| {
        let at = unchoked.binary_search_by_key(&to, |own| own.to).ok()?;
        Some(&unchoked[at].most)
    };
    let choked = facts
        .placed_by(node)
        .filter(|(_, t)| !of(t.to).is_some_and(|spans| is_within(facts, spans, t, t.start)));
    let (at, t) = choked.min_by_key(|&(at, t)| (t.start, at))?;
    let before = |spans: &Spans| spans.list.iter().rev().find(|span| span.to < t.start).copied();
    Some((t.start, at, of(t.to).and_then(before).map(|span| span.to)))
}

/// No transfer starts while its receiver is choked, but for the first that does.
fn starts(facts: &Facts, choked: Option<Choked>) -> Judgement {
    let Some((_, at, choked_ns)) = choked else { return Judgement::holds() };
    let witness = Witness::Choked { transfer: (&facts.transfers()[at]).into(), choked_ns };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log does not show an unchoke that must have been").with(witness)
    }
}

/// How many neighbors a node may unchoke, where the scenario says it.
fn allowed(facts: &Facts) -> Option<usize> {
    let protocol = facts.scenario().parts().protocol.as_ref()?;
    Some(protocol.unchoke_slots as usize + usize::from(protocol.optimistic.is_some()))
}

/// The first instant at which a node unchokes more neighbors than it has slots, and which node. At
/// one instant chokes count before unchokes.
fn first_crowd(facts: &Facts, node: PeerId, unchoked: &[Unchoked]) -> Option<(Time, PeerId)> {
    let allowed = allowed(facts)?;
    let mut edges: Vec<(Time, bool)> = Vec::new();
    for span in unchoked.iter().flat_map(|own| &own.least.list) {
        // A choke may have been earlier by the tolerance, and then nothing overlaps.
        let end = Time(span.to.0.saturating_sub(facts.tolerance().0));
        if span.from < end {
            edges.extend([(span.from, true), (end, false)]);
        }
    }
    edges.sort_unstable();
    let mut open = 0;
    let crowd = edges.into_iter().find(|&(_, opens)| {
        open = if opens { open + 1 } else { open - 1 };
        allowed < open
    });
    crowd.map(|(at, _)| (at, node))
}

/// No node unchokes more neighbors than it has slots, but for the first that does.
fn slots(facts: &Facts, crowd: Option<(Time, PeerId)>) -> Judgement {
    let (Some((at_ns, node)), Some(allowed)) = (crowd, allowed(facts)) else {
        return Judgement::holds();
    };
    let witness = Witness::Slots { node, at_ns, unchoked: allowed + 1, allowed };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log may lack chokes").with(witness)
    }
}
