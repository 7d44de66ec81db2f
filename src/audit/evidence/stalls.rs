//! When a peer lacked a chunk and nothing came to it, beside a free neighbor that held the chunk.
//!
//! A stall of a peer beside a holder lasts while
//!
//! - both are there and connected, and the holder unchokes the peer in every order of the events
//!   (every pair is connected where the log has no connect events; every neighbor is unchoked where
//!   the scenario has no protocol);
//! - the peer has not got the file, and lacks a whole chunk that the holder holds;
//! - no transfer from the holder and none to the peer is under way, aborted ones included. At the
//!   end of the log, transfers that it does not show may be: see [`InFlight`];
//! - the holder has an uplink;
//! - no barter forbids the gift: where there is one, the holder is the source or a seeder, or its
//!   balance with the peer allows it to give a chunk more.

use super::balances::Balances;
use super::connections::{connections, pair};
use super::ending::{End, Ending};
use super::facts::Facts;
use super::in_flight::InFlight;
use super::intervals::{Interval, Reading};
use super::pairs::Pairs;
use super::unchokes::Unchokes;
use crate::chunks::{ChunkId, PeerId};
use crate::trace::Transfer;
use crate::units::{Rate, Time};

/// The most pairs without connections that are looked at.
const MOST_PAIRS: usize = 1 << 24;

/// One stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::audit) struct Stall {
    /// Its first instant.
    pub from: Time,
    /// Its last instant.
    pub to: Time,
    /// The peer that lacks the chunk.
    pub peer: PeerId,
    /// The neighbor that holds it.
    pub holder: PeerId,
    /// The first such chunk that the holder came to hold.
    pub chunk: ChunkId,
}

/// Which of the gaps between transfers are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gaps {
    All,
    /// The one after the last transfer.
    Last,
}

/// Too many pairs to look at.
pub(in crate::audit) struct StepLimit;

/// What shows stalls.
pub(in crate::audit) struct Stalls<'f> {
    facts: &'f Facts,
    /// Stalls that are not longer do not count.
    above: Time,
    /// None where the log has no connect events.
    links: Option<Pairs>,
    unchokes: Unchokes<'f>,
    /// None where the scenario has no barter.
    balances: Option<Balances<'f>>,
    /// By node: what it came to hold, in order of time.
    held: Vec<Vec<(Time, ChunkId)>>,
    /// By node: when nothing was under way to it, while it lacked something.
    starved: Vec<Vec<Interval>>,
    /// By node: when nothing was under way from it, while it had an uplink.
    free: Vec<Vec<Interval>>,
}

impl<'f> Stalls<'f> {
    /// Those longer than `above`.
    pub(in crate::audit) fn longer_than(facts: &'f Facts, above: Time) -> Self {
        Stalls::new(facts, above, Gaps::All)
    }

    /// Those that last to the end of the log. Where every pair is connected and unchoked, only
    /// those beside the source.
    pub(in crate::audit) fn at_the_end(facts: &'f Facts) -> Vec<Stall> {
        let mut stalls = Stalls::new(facts, Time::ZERO, Gaps::Last);
        if stalls.links.is_none() && !facts.has_chokes() {
            stalls.free[1..].iter_mut().for_each(Vec::clear);
        }
        let mut found = stalls.each().unwrap_or_default();
        let ends = |gaps: &[Interval]| gaps.last().map(|gap| gap.to);
        found.retain(|stall| {
            let free = ends(&stalls.free[stall.holder.index()]);
            let starved = ends(&stalls.starved[stall.peer.index()]);
            free.min(starved) == Some(stall.to)
        });
        found
    }

    fn new(facts: &'f Facts, above: Time, which: Gaps) -> Self {
        let scenario = facts.scenario();
        let flight = InFlight::new(facts, &Ending::new(facts, End::Logged));
        let end = facts.last().min(scenario.parts().until);
        let starved = |node: PeerId| {
            let end = end.min(facts.finish(node).unwrap_or(Time::MAX));
            let lacks = facts.needs(node) != 0;
            let end = if lacks { end.since(flight.longest_to(node)) } else { Time::ZERO };
            gaps(facts.received_by(node), end, above, which)
        };
        let free = |node: PeerId| {
            // An uplink that sometimes carries nothing, or is not known, excuses its node.
            let gives = facts.uplink(node).is_some_and(|supply| supply.lowest() != Rate::ZERO);
            let end = if gives { end.since(flight.longest(node)) } else { Time::ZERO };
            gaps(facts.sent_by(node), end, above, which)
        };
        let mut held = vec![Vec::new(); scenario.peer_count() + 1];
        for (peer, at_start) in scenario.receivers() {
            held[peer.index()].extend(at_start.holds.iter().map(|chunk| (Time::ZERO, chunk)));
        }
        for one in facts.holdings() {
            held[one.node.index()].push((one.at, one.chunk));
        }
        held.iter_mut().for_each(|held| held.sort_unstable());
        Stalls {
            facts,
            above,
            links: facts.has_connects().then(|| connections(facts, Reading::Least)),
            unchokes: Unchokes::new(facts),
            balances: Balances::new(facts),
            held,
            starved: scenario.nodes().map(starved).collect(),
            free: scenario.nodes().map(free).collect(),
        }
    }

    /// Does the log show who is unchoked, or is there no choking?
    pub(in crate::audit) fn are_shown(facts: &Facts) -> bool {
        facts.has_chokes() || facts.scenario().parts().protocol.is_none()
    }

    /// The first stall of each peer beside each holder.
    pub(in crate::audit) fn each(&self) -> Result<Vec<Stall>, StepLimit> {
        let mut found = Vec::new();
        let givers = self.facts.scenario().nodes().filter(|node| {
            let full = self.facts.scenario().is_full_holder(*node);
            let holds = full || !self.held[node.index()].is_empty();
            holds && !self.free[node.index()].is_empty()
        });
        if self.facts.has_chokes() {
            for holder in givers {
                for unchoked in self.unchokes.of(holder) {
                    found.extend(self.first(holder, unchoked.to, &unchoked.least.list));
                }
            }
        } else if let Some(links) = &self.links {
            for ((a, b), spans) in links.iter() {
                found.extend(self.first(a, b, &spans.list));
                found.extend(self.first(b, a, &spans.list));
            }
        } else {
            let starved: Vec<PeerId> = self.starved_peers().collect();
            let holders: Vec<PeerId> = givers.collect();
            if MOST_PAIRS < starved.len().saturating_mul(holders.len()) {
                return Err(StepLimit);
            }
            for &holder in &holders {
                let there = &self.facts.presence(holder).list;
                found.extend(starved.iter().filter_map(|&peer| self.first(holder, peer, there)));
            }
        }
        Ok(found)
    }

    fn starved_peers(&self) -> impl Iterator<Item = PeerId> {
        self.facts.scenario().nodes().filter(|node| !self.starved[node.index()].is_empty())
    }

    /// The first stall of a peer beside a holder that unchokes it at those times.
    fn first(&self, holder: PeerId, peer: PeerId, unchoked: &[Interval]) -> Option<Stall> {
        let starved = &self.starved[peer.index()];
        if starved.is_empty() || self.free[holder.index()].is_empty() || holder == peer {
            return None;
        }
        let meet = |few: &[Interval], many: &[Interval]| meet(few, many, self.above);
        let mut spans = meet(unchoked, starved);
        if let Some(links) = &self.links {
            let link = links.of(pair(holder, peer))?;
            spans = meet(&spans, &link.list);
        }
        spans = meet(&spans, &self.facts.presence(peer).list);
        spans = meet(&spans, &self.facts.presence(holder).list);
        if spans.is_empty() {
            return None;
        }
        spans = meet(&spans, &self.beyond(holder, peer));
        let free = &self.free[holder.index()];
        let Interval { from, to } = spans.iter().find_map(|&span| {
            let first = free.partition_point(|gap| gap.to <= span.from);
            let near = free[first..].iter().take_while(|gap| gap.from < span.to);
            near.filter_map(|gap| both(span, *gap, self.above)).next()
        })?;
        let chunk = self.chunk(holder, peer, from)?;
        Some(Stall { from, to, peer, holder, chunk })
    }

    /// When a holder holds something that a peer lacks, and may give it.
    fn beyond(&self, holder: PeerId, peer: PeerId) -> Vec<Interval> {
        if self.facts.scenario().is_full_holder(holder) {
            return vec![Interval { from: Time::ZERO, to: Time::MAX }];
        }
        let holds = self.holds_beyond(holder, peer);
        let Some(balances) = &self.balances else { return holds };
        let mut gives = balances.lending(holder, peer);
        if let Some(from) = self.facts.finish(holder) {
            gives.retain(|span| span.from < from);
            gives.iter_mut().for_each(|span| span.to = span.to.min(from));
            gives.push(Interval { from, to: Time::MAX });
        }
        meet(&joined(gives), &holds, self.above)
    }

    /// When a holder holds something that a peer lacks and wants. It looks at no more chunks than
    /// the peer comes to hold, and one more.
    fn holds_beyond(&self, holder: PeerId, peer: PeerId) -> Vec<Interval> {
        let mut spans: Vec<Interval> = Vec::new();
        for &(from, chunk) in &self.held[holder.index()] {
            if !self.wants(peer, chunk) {
                continue;
            }
            let to = self.facts.held(chunk, peer).unwrap_or(Time::MAX);
            match spans.last_mut() {
                Some(last) if from <= last.to => last.to = last.to.max(to),
                _ if from < to => spans.push(Interval { from, to }),
                _ => {}
            }
            if to == Time::MAX {
                break;
            }
        }
        spans
    }

    fn wants(&self, peer: PeerId, chunk: ChunkId) -> bool {
        self.facts.starts_empty() || self.facts.scenario().wants(peer, chunk)
    }

    /// The first chunk that the holder holds, and the peer lacks and wants, at an instant.
    fn chunk(&self, holder: PeerId, peer: PeerId, at: Time) -> Option<ChunkId> {
        let lacks = |chunk| {
            self.wants(peer, chunk) && self.facts.held(chunk, peer).is_none_or(|held| at < held)
        };
        if self.facts.scenario().is_full_holder(holder) {
            let chunks = self.facts.scenario().file().chunks() as u32;
            return (0..chunks).map(ChunkId).find(|&chunk| lacks(chunk));
        }
        let held = self.held[holder.index()].iter().take_while(|(since, _)| *since <= at);
        held.map(|&(_, chunk)| chunk).find(|&chunk| lacks(chunk))
    }
}

/// The gaps between transfers up to `end` that are longer than `above`.
fn gaps<'t>(
    transfers: impl Iterator<Item = &'t Transfer>,
    end: Time,
    above: Time,
    which: Gaps,
) -> Vec<Interval> {
    let mut busy: Vec<(Time, Time)> = transfers.map(|t| (t.start, t.end)).collect();
    if which == Gaps::Last {
        // One transfer that is under way from the start to the last end of all.
        busy = busy.iter().map(|&(_, over)| (Time::ZERO, over)).max().into_iter().collect();
    }
    busy.sort_unstable();
    busy.push((end, end));
    let mut gaps = Vec::new();
    let mut from = Time::ZERO;
    for (start, over) in busy {
        let gap = Interval { from, to: start.min(end) };
        if above < gap.to.since(gap.from) {
            gaps.push(gap);
        }
        from = from.max(over);
    }
    gaps
}

/// Sorted intervals, those that touch as one.
fn joined(spans: Vec<Interval>) -> Vec<Interval> {
    let mut joined: Vec<Interval> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

/// What two intervals share, if it is longer than `above`.
fn both(one: Interval, other: Interval, above: Time) -> Option<Interval> {
    let shared = Interval { from: one.from.max(other.from), to: one.to.min(other.to) };
    (above < shared.to.since(shared.from)).then_some(shared)
}

/// What two sorted lists share, where it is longer than `above`.
fn meet(few: &[Interval], many: &[Interval], above: Time) -> Vec<Interval> {
    let mut shared = Vec::new();
    for &span in few.iter().filter(|span| above < span.to.since(span.from)) {
        let first = many.partition_point(|other| other.to <= span.from);
        let near = many[first..].iter().take_while(|other| other.from < span.to);
        shared.extend(near.filter_map(|&other| both(span, other, above)));
    }
    shared
}
