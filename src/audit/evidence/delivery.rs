//! Deliveries: what each node received and sent, and since when it holds which chunk.
//!
//! *Held*: a node holds a chunk from the instant at which delivered transfers of **one** sender
//! cover it. A copy that was broken off and begun again at another sender counts from the other's
//! transfers alone. With `multi_source` it is the instant at which delivered transfers of all
//! senders cover the chunk. Every rule reads this one instant.
//!
//! Where the ends of transfers do not tell (receiver or wire stamps, `cut_through`), the instant
//! lies between the earliest and the latest that the log leaves possible. A chunk whose hash check
//! failed is logged as an aborted transfer with all of its bytes: they moved, and nothing is held.

use std::collections::BTreeMap;
use std::ops::Range;

use super::byte_ranges::{ByteRanges, earliest_overlapping, range_of};
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Scenario;
use crate::trace::{Header, Outcome, Stamps, Transfer};
use crate::units::{Bytes, Time};

/// A node that holds all of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    /// The chunk.
    pub chunk: ChunkId,
    /// The holder.
    pub node: PeerId,
    /// End of the transfer that completed it: the latest possible instant.
    pub at: Time,
}

/// What a node received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// Distinct bytes of what it needs, of whatever copies.
    pub useful: u64,
    /// Bytes of the chunks that it needs and holds; under coding the distinct bytes received, at
    /// most the file.
    pub held: u64,
    /// Earliest possible instant at which it held the last of these chunks.
    pub earliest: Time,
    /// Latest possible instant at which it held the last of these chunks.
    pub latest: Time,
    /// When it held its first chunk; under coding, when it had received as many bytes as the
    /// smallest chunk has. The start where it joins with chunks. None when it never did.
    pub first_chunk: Option<Time>,
}

/// What became of the bytes that a node sent. Every byte is counted once.
///
/// Sums of at most 2^32 transfers of less than 2^64 bytes: they fit 96 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Delivered bytes that the receiver lacked when they came, also where they belong to a copy
    /// that was never completed: distinct bytes of the file.
    pub useful: u128,
    /// Delivered bytes that the receiver had already received, from any sender.
    pub duplicate: u128,
    /// Bytes of aborted transfers.
    pub aborted: u128,
    /// Start of the first transfer; None when it sent nothing.
    pub first: Option<Time>,
}

impl Sent {
    /// All of them.
    pub(crate) fn bytes(&self) -> u128 {
        self.useful + self.duplicate + self.aborted
    }
}

/// The transfers of a trace, sorted by chunk, receiver and end, and their header.
#[derive(Clone, Copy)]
pub(super) struct Log<'a> {
    pub(super) header: &'a Header,
    pub(super) transfers: &'a [Transfer],
}

impl<'a> Log<'a> {
    fn scenario(self) -> &'a Scenario {
        &self.header.scenario
    }

    fn is_delivered(self, at: usize) -> bool {
        self.transfers[at].outcome == Outcome::Delivered
    }

    /// Does a transfer bring all of its bytes exactly at its end? Not where a receiver stamps it,
    /// nor where a node may use single bytes of it.
    fn ends_tell(self) -> bool {
        let is_exact = self.header.evidence.stamps == Stamps::Exact;
        is_exact && !self.scenario().discipline().cut_through
    }
}

/// The copies of one chunk that nodes are receiving: one of each sender, or one of all senders
/// where the discipline lets a node assemble it.
pub(in crate::audit) struct Copies {
    length: Bytes,
    is_assembled: bool,
    parts: BTreeMap<(PeerId, PeerId), ByteRanges>,
}

impl Copies {
    /// Nothing of `chunk` has arrived anywhere.
    pub(in crate::audit) fn new(scenario: &Scenario, chunk: ChunkId) -> Self {
        let length = scenario.file().length(chunk);
        let is_assembled = scenario.discipline().multi_source;
        Copies { length, is_assembled, parts: BTreeMap::new() }
    }

    /// Adds a delivered transfer; says whether the copy to which it belongs is whole now.
    pub(in crate::audit) fn add(&mut self, t: &Transfer) -> bool {
        if t.bytes == self.length {
            return true;
        }
        let sender = if self.is_assembled { PeerId::SOURCE } else { t.from };
        let cover =
            self.parts.entry((t.to, sender)).or_insert_with(|| ByteRanges::new(self.length));
        cover.insert(t.offset, t.bytes);
        cover.is_full()
    }
}

/// What all deliveries of a trace amount to.
#[derive(Clone, Debug)]
pub(super) struct Deliveries {
    /// By node.
    pub(super) arrived: Vec<Arrived>,
    /// By node.
    pub(super) sent: Vec<Sent>,
    /// Sorted by chunk, then node; what nodes hold when they join is not listed.
    pub(super) held: Vec<Held>,
    /// By position in the transfers: since when another transfer can have brought some of the same
    /// bytes of the same copy. Empty where the ends of transfers tell.
    alternative_since: BTreeMap<usize, Time>,
}

impl Deliveries {
    /// Follows every chunk to every receiver.
    pub(super) fn new(log: Log<'_>) -> Self {
        let nodes = log.scenario().peer_count() + 1;
        let mut deliveries = Deliveries {
            arrived: vec![Arrived::default(); nodes],
            sent: vec![Sent::default(); nodes],
            held: Vec::new(),
            alternative_since: BTreeMap::new(),
        };
        for (peer, at_start) in log.scenario().peers() {
            let holds = !at_start.holds.is_empty();
            deliveries.arrived[peer.index()].first_chunk = holds.then_some(Time::ZERO);
        }
        let is_coded = log.scenario().discipline().coded;
        let mut start = 0;
        for group in log.transfers.chunk_by(|a, b| (a.chunk, a.to) == (b.chunk, b.to)) {
            let range = start..start + group.len();
            start = range.end;
            for t in group {
                let sent = &mut deliveries.sent[t.from.index()];
                sent.first = Some(sent.first.map_or(t.start, |first| first.min(t.start)));
                if t.outcome == Outcome::Aborted {
                    sent.aborted += u128::from(t.bytes.0);
                }
            }
            if is_coded {
                continue;
            }
            if !log.ends_tell() {
                deliveries.find_alternatives(log, range.clone());
            }
            deliveries.deliver(log, range);
        }
        if is_coded {
            deliveries.deliver_coded(log);
        }
        deliveries
    }

    /// One chunk at one receiver, in the order of the ends of transfers.
    fn deliver(&mut self, log: Log<'_>, group: Range<usize>) {
        let Transfer { chunk, to, .. } = log.transfers[group.start];
        let length = log.scenario().file().length(chunk);
        let is_assembled = log.scenario().discipline().multi_source;
        // What it holds when it joins it does not lack.
        let is_there = log.scenario().holds(to, chunk);
        let is_wanted = log.scenario().wants(to, chunk);
        let mut cover = ByteRanges::new(if is_there { Bytes(0) } else { length });
        let mut copies = Copies::new(log.scenario(), chunk);
        let mut held = None;
        for at in group.clone().filter(|&at| log.is_delivered(at)) {
            let t = &log.transfers[at];
            let new = cover.insert(t.offset, t.bytes);
            let sent = &mut self.sent[t.from.index()];
            sent.useful += u128::from(new);
            sent.duplicate += u128::from(t.bytes.0 - new);
            self.arrived[to.index()].useful += if is_wanted { new } else { 0 };
            if held.is_none() && if is_assembled { cover.is_full() } else { copies.add(t) } {
                held = Some(t.end);
            }
        }
        let Some(at) = held.filter(|_| !is_there) else { return };
        self.held.push(Held { chunk, node: to, at });
        let earliest =
            if log.ends_tell() { at } else { self.earliest_held(log, group).unwrap_or(at) };
        let arrived = &mut self.arrived[to.index()];
        if is_wanted {
            // Distinct chunks: at most the file.
            arrived.held += length.0;
            arrived.earliest = arrived.earliest.max(earliest);
            arrived.latest = arrived.latest.max(at);
        }
        arrived.first_chunk = Some(arrived.first_chunk.map_or(at, |first| first.min(at)));
    }

    /// The earliest possible instant at which the receiver of a group holds its chunk.
    pub(super) fn earliest_held(&self, log: Log<'_>, group: Range<usize>) -> Option<Time> {
        let mut order: Vec<usize> = group.filter(|&at| log.is_delivered(at)).collect();
        order.sort_by_key(|&at| self.arrival(log, at));
        let mut copies = Copies::new(log.scenario(), log.transfers[*order.first()?].chunk);
        let whole = order.into_iter().find(|&at| copies.add(&log.transfers[at]))?;
        Some(self.arrival(log, whole))
    }

    /// See [`Facts::arrival`](super::Facts::arrival).
    pub(super) fn arrival(&self, log: Log<'_>, at: usize) -> Time {
        let Transfer { start, end, .. } = log.transfers[at];
        self.alternative_since.get(&at).map_or(end, |&other| end.min(start.max(other)))
    }

    /// Finds the delivered transfers of a group of whose bytes another transfer of the same copy
    /// brought some, too.
    fn find_alternatives(&mut self, log: Log<'_>, group: Range<usize>) {
        let mut order: Vec<usize> = group.filter(|&at| log.is_delivered(at)).collect();
        let is_assembled = log.scenario().discipline().multi_source;
        let copy = |&at: &usize| if is_assembled { None } else { Some(log.transfers[at].from) };
        order.sort_by_key(copy);
        for copy in order.chunk_by(|a, b| copy(a) == copy(b)) {
            let parts: Vec<(Range<u64>, Time)> = copy
                .iter()
                .map(|&at| (range_of(&log.transfers[at]), log.transfers[at].start))
                .collect();
            let found = copy.iter().zip(earliest_overlapping(&parts));
            self.alternative_since.extend(found.filter_map(|(&at, since)| Some((at, since?))));
        }
    }

    /// Under coding any F bytes make the file, whatever chunk they are labelled with; what comes
    /// after them is a duplicate.
    fn deliver_coded(&mut self, log: Log<'_>) {
        let file = log.scenario().file();
        let mut order: Vec<usize> =
            (0..log.transfers.len()).filter(|&at| log.is_delivered(at)).collect();
        order.sort_by_key(|&at| (log.transfers[at].end, at));
        for &at in &order {
            let t = &log.transfers[at];
            let arrived = &mut self.arrived[t.to.index()];
            let is_full = log.scenario().is_full_holder(t.to);
            let lacking = if is_full { 0 } else { file.file().0 - arrived.held };
            let new = t.bytes.0.min(lacking);
            arrived.held += new;
            arrived.useful = arrived.held;
            if new != 0 {
                arrived.latest = t.end;
                let enough = file.smallest().0 <= arrived.held;
                arrived.first_chunk = arrived.first_chunk.or(enough.then_some(t.end));
            }
            let sent = &mut self.sent[t.from.index()];
            sent.useful += u128::from(new);
            sent.duplicate += u128::from(t.bytes.0 - new);
        }
        // The log does not say which bytes were innovative, so that only their amount bounds the
        // instant from below: all of a transfer may have been there at its start, unless its end
        // tells.
        for arrived in &mut self.arrived {
            arrived.earliest = arrived.latest;
        }
        if log.ends_tell() {
            return;
        }
        order.sort_by_key(|&at| log.transfers[at].start);
        let mut got = vec![0u64; self.arrived.len()];
        for at in order {
            let t = &log.transfers[at];
            let (got, arrived) = (&mut got[t.to.index()], &mut self.arrived[t.to.index()]);
            if *got < arrived.held {
                // Saturated, it is still no less than the file.
                *got = got.saturating_add(t.bytes.0);
                arrived.earliest = t.start;
            }
        }
    }
}
