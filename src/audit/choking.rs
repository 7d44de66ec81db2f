//! Rule `choking`: a transfer starts while its sender unchokes the receiver, a node unchokes no
//! more neighbors than it has slots, and a leecher gives no more than its barter allows.
//!
//! At first everybody is choked. A choke, a disconnect or a departure of either ends an unchoke. A
//! trace without choke events is not judged, except for the barter, which shows in the transfers.
//! What a sender takes back is not judged by a receiver's stamps, since queues drain after it.

use super::barter::Barter;
use super::facts::{Facts, with_tolerance};
use super::neighbors::{connections, departures, pair, stay};
use super::pairs::{Pair, PairEdge, Pairs};
use super::spans::{Edge, Reading, Spans};
use super::witness::Witness;
use super::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::Event;
use crate::units::Time;

/// A transfer starts while its sender unchokes the receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choking {
    /// Unchokes open, chokes close; (who serves, who is served).
    edges: Vec<PairEdge>,
}

impl Rule for Choking {
    fn event(&mut self, event: &Event) {
        match *event {
            Event::Choke { at, from, to } => self.edges.push(((from, to), at, Edge::Close)),
            Event::Unchoke { at, from, to } => self.edges.push(((from, to), at, Edge::Open)),
            _ => {}
        }
    }

    fn finish(&self, facts: &Facts) -> Judgement {
        let barter = Barter::new(facts).map(|barter| barter.judge());
        if self.edges.is_empty() {
            return barter.unwrap_or_else(|| Judgement::skipped("the trace has no choke events"));
        }
        // Each part accuses only what no order of the events of an instant allows.
        let [most, least] = self.unchoked(facts);
        starts(facts, &most).or(slots(facts, &least)).or(barter.unwrap_or_else(Judgement::holds))
    }
}

impl Choking {
    /// When each node unchoked which, by the most and by the least of readings.
    fn unchoked(&self, facts: &Facts) -> [Pairs; 2] {
        let mut edges = self.edges.clone();
        edges.sort_unstable();
        let mut ends: Vec<(Pair, Time)> = Vec::new();
        let closed = facts.links().iter().filter(|(_, _, edge)| *edge == Edge::Close);
        ends.extend(closed.map(|&(link, at, _)| (link, at)));
        ends.sort_unstable();
        let cuts = |(from, to)| {
            let link = pair(from, to);
            let its = &ends[ends.partition_point(|end| end.0 < link)..];
            let its = its.iter().take_while(|end| end.0 == link).map(|end| end.1);
            let mut cuts: Vec<Time> = its.chain(departures(facts, [from, to])).collect();
            cuts.sort_unstable();
            cuts
        };
        let goes_on = |connected: &Pairs, (from, to), at| match connected.of(pair(from, to)) {
            Some(link) => link.ongoing(at),
            None => stay(facts, [from, to], at),
        };
        let connected = connections(facts, Reading::Most);
        let most = Pairs::new(&edges, |pair, edges| {
            let goes_on = |at| goes_on(&connected, pair, at);
            Spans::with_cuts(edges, &cuts(pair), goes_on, Reading::Most)
        });
        let connected = connections(facts, Reading::Least);
        let least = Pairs::new(&edges, |pair, edges| {
            let mut cuts = cuts(pair);
            if facts.tolerance() == Time::ZERO && Spans::is_clear(edges, &cuts) {
                return most.of(pair).cloned().unwrap_or_default();
            }
            // By another clock the end may have come after what is logged a little later.
            let late: Vec<Time> = cuts.iter().map(|&cut| with_tolerance(facts, cut)).collect();
            cuts.extend(late);
            cuts.sort_unstable();
            let goes_on = |at| goes_on(&connected, pair, at);
            Spans::with_cuts(edges, &cuts, goes_on, Reading::Least)
        });
        [most, least]
    }
}

/// The first transfer that starts while its receiver is choked.
fn starts(facts: &Facts, unchoked: &Pairs) -> Judgement {
    let choked = unchoked.first_outside(facts, |t| (t.from, t.to), |t| [t.start; 2]);
    let Some(t) = choked else { return Judgement::holds() };
    let spans = unchoked.of((t.from, t.to));
    let choked_ns = spans
        .and_then(|spans| spans.list.iter().rev().find(|span| span.to < t.start))
        .map(|span| span.to);
    let witness = Witness::Choked { transfer: t.into(), choked_ns };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log does not show an unchoke that must have been").with(witness)
    }
}

/// The first instant at which a node unchokes more neighbors than it has slots. At one instant
/// chokes count before unchokes.
fn slots(facts: &Facts, unchoked: &Pairs) -> Judgement {
    let Some(protocol) = &facts.scenario().parts().protocol else { return Judgement::holds() };
    let allowed = protocol.unchoke_slots as usize + usize::from(protocol.optimistic.is_some());
    let mut edges: Vec<(Time, bool)> = Vec::new();
    let mut worst: Option<(Time, PeerId)> = None;
    for own in unchoked.by_first() {
        let node = own[0].0.0;
        edges.clear();
        for span in own.iter().flat_map(|(_, spans)| &spans.list) {
            // A choke may have been earlier by the tolerance, and then nothing overlaps.
            let end = Time(span.to.0.saturating_sub(facts.tolerance().0));
            if span.from < end {
                edges.extend([(span.from, true), (end, false)]);
            }
        }
        edges.sort_unstable();
        let mut open = 0;
        for &(at, opens) in &edges {
            open = if opens { open + 1 } else { open - 1 };
            if allowed < open && worst.is_none_or(|first| (at, node) < first) {
                worst = Some((at, node));
            }
        }
    }
    let Some((at_ns, node)) = worst else { return Judgement::holds() };
    let witness = Witness::Slots { node, at_ns, unchoked: allowed + 1, allowed };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log may lack chokes").with(witness)
    }
}
