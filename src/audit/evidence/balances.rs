//! The balances of a barter: how many chunks each node gave to each other, and when.
//!
//! Only where the scenario's choker is strict barter or credit, and only what was delivered counts.
//! A copy of a chunk is given when the delivered transfers of ONE sender cover the chunk, and again
//! when those after that cover it once more. Under `multi_source` or `coded`, where a chunk may be
//! made of the parts of several senders, parts count by their bytes. What the log leaves open is
//! kept on both sides: the [`least`](Balances::least) that was given in every reading, and the
//! [`most`](Balances::most).

use std::collections::BTreeMap;

use super::byte_ranges::ByteRanges;
use super::facts::Facts;
use super::intervals::{Edge, Interval, later};
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Choker;
use crate::trace::{Outcome, Transfer};
use crate::units::{Bytes, Rate, Time};

/// By giver and receiver: one instant for each chunk given, in order.
type Given = BTreeMap<(PeerId, PeerId), Vec<Time>>;

/// How many chunks each node gave to each other, and when.
pub(in crate::audit) struct Balances<'a> {
    facts: &'a Facts,
    credit: u64,
    /// When each chunk had been given at the latest, rounded down to whole copies.
    least: Given,
    /// When each chunk can have been given at the earliest, rounded up.
    most: Given,
}

impl<'a> Balances<'a> {
    /// The balances of a trace; None without barter.
    pub(in crate::audit) fn new(facts: &'a Facts) -> Option<Self> {
        let credit = match facts.scenario().parts().protocol.as_ref()?.choker {
            Choker::StrictBarter => 1,
            Choker::Credit(chunks) => u64::from(chunks),
            Choker::TitForTat | Choker::RoundRobin => return None,
        };
        let mut balances = Balances { facts, credit, least: Given::new(), most: Given::new() };
        let discipline = facts.scenario().discipline();
        let assembles = discipline.multi_source || discipline.coded;
        if assembles {
            balances.least = in_bytes(facts);
        }
        let same = |a: &Transfer, b: &Transfer| a.chunk == b.chunk && a.to == b.to;
        let mut at = 0;
        for group in facts.transfers().chunk_by(same) {
            // One sender after the other, in the order of arrival.
            let mut order: Vec<usize> = (at..at + group.len())
                .filter(|&at| facts.transfers()[at].outcome == Outcome::Delivered)
                .collect();
            at += group.len();
            order.sort_by_key(|&at| facts.transfers()[at].from);
            for own in
                order.chunk_by_mut(|&a, &b| facts.transfers()[a].from == facts.transfers()[b].from)
            {
                if assembles {
                    balances.parts(own);
                } else {
                    balances.copies(own);
                }
            }
        }
        balances.least.values_mut().for_each(|times| times.sort_unstable());
        balances.most.values_mut().for_each(|times| times.sort_unstable());
        Some(balances)
    }

    /// The copies of one chunk by one sender at one receiver: `own` has the positions of its
    /// transfers, in the order of their ends.
    fn copies(&mut self, own: &mut [usize]) {
        let Transfer { from, to, chunk, .. } = self.facts.transfers()[own[0]];
        let length = self.facts.scenario().file().length(chunk);
        let mut cover = ByteRanges::new(length);
        for t in own.iter().map(|&at| &self.facts.transfers()[at]) {
            cover.insert(t.offset, t.bytes);
            if cover.is_full() {
                self.least.entry((from, to)).or_default().push(t.end);
                cover = ByteRanges::new(length);
            }
        }
        own.sort_by_key(|&at| self.facts.arrival(at));
        let mut cover = ByteRanges::new(length);
        let (mut bytes, mut given) = (0u128, 0u128);
        for &at in own.iter() {
            let t = &self.facts.transfers()[at];
            cover.insert(t.offset, t.bytes);
            bytes += u128::from(t.bytes.0);
            // No more copies than these can be made of so many bytes.
            while cover.is_full() && (given + 1) * u128::from(length.0) <= bytes {
                given += 1;
                self.most.entry((from, to)).or_default().push(self.facts.arrival(at));
            }
        }
    }

    /// The parts of one chunk by one sender at one receiver: any part may count as a whole chunk
    /// from its first byte on, and the rest of the chunk then counts no more.
    fn parts(&mut self, own: &mut [usize]) {
        let Transfer { from, to, chunk, .. } = self.facts.transfers()[own[0]];
        let length = u128::from(self.facts.scenario().file().length(chunk).0);
        let arrives = |&at: &usize| first_byte(self.facts, &self.facts.transfers()[at]);
        own.sort_by_key(arrives);
        let (mut bytes, mut given) = (0u128, 0u128);
        for t in own.iter().map(|&at| &self.facts.transfers()[at]) {
            bytes += u128::from(t.bytes.0);
            while given * length < bytes {
                given += 1;
                self.most.entry((from, to)).or_default().push(first_byte(self.facts, t));
            }
        }
    }

    /// How far ahead of `to` its givers may be, in chunks. A node without an uplink cannot swap.
    pub(in crate::audit) fn allowed(&self, to: PeerId) -> u64 {
        let scenario = self.facts.scenario();
        let chunks = scenario.file().chunks() as u32;
        let shortest = scenario.file().length(ChunkId(chunks - 1));
        let never = scenario.upload(to) == Rate::ZERO && scenario.upload_burst(to) < shortest;
        if self.is_strict() && never { 0 } else { self.credit }
    }

    /// Is every chunk given only for another at once?
    pub(in crate::audit) fn is_strict(&self) -> bool {
        let protocol = self.facts.scenario().parts().protocol.as_ref();
        protocol.is_some_and(|protocol| protocol.choker == Choker::StrictBarter)
    }

    /// May `from` still give to `to`, which has nothing to give in return, in every reading? Never
    /// in a strict barter, and on credit until it is used up.
    pub(in crate::audit) fn lends(&self, from: PeerId, to: PeerId) -> bool {
        let given = by(&self.most, (from, to), Time::MAX);
        let back = by(&self.least, (to, from), Time::MAX);
        !self.is_strict() && given < back.saturating_add(self.credit)
    }

    /// When `from` could have given one chunk more to `to`, in every reading: on credit until it is
    /// used up, in a strict barter while it owes a chunk.
    pub(in crate::audit) fn lending(&self, from: PeerId, to: PeerId) -> Vec<Interval> {
        let times = |given: &'_ Given, pair| given.get(&pair).cloned().unwrap_or_default();
        // At one instant what was given counts first.
        let given = times(&self.most, (from, to)).into_iter().map(|at| (at, Edge::Open));
        let back = times(&self.least, (to, from)).into_iter().map(|at| (at, Edge::Close));
        let mut edges: Vec<(Time, Edge)> = given.chain(back).collect();
        edges.sort_unstable();
        let credit = if self.is_strict() { 0 } else { i128::from(self.credit) };
        let mut spans: Vec<Interval> = Vec::new();
        let (mut ahead, mut since) = (0, Time::ZERO);
        for (at, edge) in edges.into_iter().chain([(Time::MAX, Edge::Open)]) {
            if ahead < credit {
                spans.push(Interval { from: since, to: at });
            }
            ahead += if edge == Edge::Open { 1 } else { -1 };
            since = at;
        }
        spans
    }

    /// Every pair of a giver and a receiver, with the instants by which a chunk was given, in
    /// order.
    pub(in crate::audit) fn least(&self) -> impl Iterator<Item = ((PeerId, PeerId), &[Time])> {
        self.least.iter().map(|(&pair, times)| (pair, times.as_slice()))
    }

    /// How many chunks a giver can have given to a receiver by `time`.
    pub(in crate::audit) fn most(&self, pair: (PeerId, PeerId), time: Time) -> u64 {
        by(&self.most, pair, time)
    }
}

fn by(given: &Given, pair: (PeerId, PeerId), time: Time) -> u64 {
    given.get(&pair).map_or(0, |times| times.partition_point(|&at| at <= time) as u64)
}

/// When the first byte of a transfer can have arrived at the earliest.
fn first_byte(facts: &Facts, t: &Transfer) -> Time {
    if !facts.is_exact() {
        return t.start;
    }
    let scenario = facts.scenario();
    // A byte takes time on a link, unless a burst carries it.
    let takes_at_once = scenario.burst(t.to) != Bytes(0) || scenario.download(t.to).is_none();
    let at_once = scenario.upload_burst(t.from) != Bytes(0) && takes_at_once;
    let flight = later(scenario.latency_to(t.to), Time(u64::from(!at_once)));
    later(t.start, flight).min(t.end)
}

/// How many chunks were given, by bytes: whole chunks' worth of the regular length, and of the last
/// chunk, which may be shorter.
fn in_bytes(facts: &Facts) -> Given {
    let file = facts.scenario().file();
    let mut order: Vec<&Transfer> =
        facts.transfers().iter().filter(|t| t.outcome == Outcome::Delivered).collect();
    order.sort_by_key(|t| t.end);
    let mut bytes: BTreeMap<(PeerId, PeerId, Bytes), u128> = BTreeMap::new();
    let mut given = Given::new();
    for t in order {
        let length = file.length(t.chunk);
        let sum = bytes.entry((t.from, t.to, length)).or_default();
        *sum += u128::from(t.bytes.0);
        if u128::from(length.0) <= *sum {
            // A transfer is no longer than its chunk, so that it makes one whole chunk at most.
            *sum -= u128::from(length.0);
            given.entry((t.from, t.to)).or_default().push(t.end);
        }
    }
    given
}
