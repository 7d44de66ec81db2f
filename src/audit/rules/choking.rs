//! Rule `choking`: a transfer starts while its sender unchokes the receiver, a node unchokes no
//! more neighbors than it has slots, and a leecher gives no more than its barter allows.
//!
//! At first everybody is choked. A choke, a disconnect or a departure of either ends an unchoke. A
//! trace without choke events is not judged, except for the barter, which shows in the transfers.
//! What a sender takes back is not judged by a receiver's stamps, since queues drain after it.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::balances::Balances;
use crate::audit::evidence::connections::{connections, departures, is_within, pair, stay};
use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::evidence::intervals::{Edge, Intervals, Reading};
use crate::audit::evidence::pairs::{Pair, Pairs};
use crate::audit::witness::Moved;
use crate::audit::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::Event;
use crate::units::Time;

mod credit;

/// Whom a node unchokes or chokes, and when.
type Act = (PeerId, Time, Edge);

/// A transfer starts while its sender unchokes the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choking {
    /// Unchokes open, chokes close; by who serves. Most of a long log is of these: those of one
    /// node are read together, and the intervals that they make are not kept.
    acts: Vec<Vec<Act>>,
}

/// A transfer, an unchoke or a gift that the protocol does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChokingWitness {
    /// A transfer to a choked node.
    Choked {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// When the sender choked the receiver, if it ever unchoked it.
        choked_ns: Option<Time>,
    },
    /// More unchoked neighbors than slots.
    Slots {
        /// The node.
        node: PeerId,
        /// The instant.
        at_ns: Time,
        /// How many it unchokes.
        unchoked: usize,
        /// How many slots it has.
        allowed: usize,
    },
    /// A leecher gave more than the barter allows.
    Credit {
        /// The leecher that gave.
        from: PeerId,
        /// The node that received.
        to: PeerId,
        /// The instant.
        at_ns: Time,
        /// Chunks given.
        given: u64,
        /// Chunks got back.
        back: u64,
        /// How many more may be given than came back.
        allowed: u64,
    },
}

impl fmt::Display for ChokingWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChokingWitness::Choked { transfer, choked_ns } => {
                write!(f, "{transfer}, but had ")?;
                match choked_ns {
                    Some(choked) => write!(f, "choked it at {choked}"),
                    None => f.write_str("not unchoked it"),
                }
            }
            ChokingWitness::Slots { node, at_ns, unchoked, allowed } => write!(
                f,
                "{node} unchokes {unchoked} neighbors at {at_ns} and has slots for {allowed}"
            ),
            ChokingWitness::Credit { from, to, at_ns, given, back, allowed } => write!(
                f,
                "by {at_ns} {from} had given {to} {given} chunks and got back {back}, more than \
                 {allowed} ahead"
            ),
        }
    }
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
        let barter = Balances::new(facts).map(|balances| credit::judge(facts, &balances));
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
    most: Intervals,
    least: Intervals,
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
    let before =
        |spans: &Intervals| spans.list.iter().rev().find(|span| span.to < t.start).copied();
    Some((t.start, at, of(t.to).and_then(before).map(|span| span.to)))
}

/// No transfer starts while its receiver is choked, but for the first that does.
fn starts(facts: &Facts, choked: Option<Choked>) -> Judgement {
    let Some((_, at, choked_ns)) = choked else { return Judgement::holds() };
    let witness = ChokingWitness::Choked { transfer: (&facts.transfers()[at]).into(), choked_ns };
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
    let witness = ChokingWitness::Slots { node, at_ns, unchoked: allowed + 1, allowed };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log may lack chokes").with(witness)
    }
}
