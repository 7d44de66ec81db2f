//! The ledger in order: who was there when, who got what when, and how far the log is believed.
//!
//! Everything that more than one rule derives from a trace is derived here, once; nothing is
//! judged. The type to know is [`Facts`].

use std::collections::BTreeMap;
use std::ops::Range;

use prefetch_index::prefetch_index;

use super::byte_ranges::ByteRanges;
use super::intervals::{Edge, Intervals, later};
use super::ledger::{Act, Ledger};
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Scenario;
use crate::trace::{Header, Outcome, Stamps, Transfer};
use crate::units::{Bytes, Time};

/// How many transfers ahead memory is asked for: a read from afar takes as long as a dozen of them.
const AHEAD: usize = 16;

/// Everything that several rules know of a trace.
#[derive(Clone, Debug)]
pub struct Facts {
    ledger: Ledger,
    /// One per node, clipped at the announced departure.
    presence: Vec<Intervals>,
    arrived: Vec<Arrived>,
    sent: Vec<Sent>,
    /// The first `complete` of each node.
    claims: Vec<Option<Time>>,
    /// Who held which chunk since when, sorted by chunk, then node; the source is not listed.
    held: Vec<Held>,
    /// By position in the transfers: since when other transfers can have brought some of the same
    /// bytes. Empty where the ends of transfers tell.
    elsewhere: BTreeMap<usize, Time>,
    by_sender: Buckets,
    by_receiver: Buckets,
}

/// A node that holds all of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The chunk.
    pub chunk: ChunkId,
    /// Who holds it.
    pub node: PeerId,
    /// When the last byte had arrived, by the log's own ends.
    pub at: Time,
}

/// What a node received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// Distinct bytes of the file.
    pub useful: u64,
    /// Distinct bytes, duplicates and aborted bytes; counted under coding only.
    pub bytes: u128,
    /// When the last of the distinct bytes can have arrived at the earliest.
    pub earliest: Time,
    /// When the last of the distinct bytes had arrived at the latest.
    pub latest: Time,
    /// When the first chunk was complete.
    pub first_chunk: Option<Time>,
}

/// Where the bytes went that a node sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Bytes that the receiver lacked.
    pub useful: u128,
    /// Bytes that the receiver had.
    pub duplicate: u128,
    /// Bytes of aborted transfers.
    pub aborted: u128,
    /// When the first of them can have left.
    pub first: Option<Time>,
}

impl Sent {
    /// All of them.
    pub fn bytes(&self) -> u128 {
        self.useful + self.duplicate + self.aborted
    }
}

impl Facts {
    /// Puts a ledger in order.
    pub fn new(mut ledger: Ledger) -> Self {
        ledger.transfers = sorted(&ledger);
        let nodes = ledger.header.scenario.peer_count() + 1;
        let mut claims = vec![None; nodes];
        for &(node, at) in &ledger.claims {
            let claim: &mut Option<Time> = &mut claims[node.index()];
            *claim = Some(claim.map_or(at, |other| other.min(at)));
        }
        let by_sender = Buckets::new(nodes, ledger.transfers.iter().map(|t| t.from.index()));
        let by_receiver = Buckets::new(nodes, ledger.transfers.iter().map(|t| t.to.index()));
        let mut facts = Facts {
            presence: presence(&ledger),
            arrived: vec![Arrived::default(); nodes],
            sent: vec![Sent::default(); nodes],
            claims,
            held: Vec::new(),
            elsewhere: BTreeMap::new(),
            by_sender,
            by_receiver,
            ledger,
        };
        facts.deliver();
        facts
    }

    /// Follows every chunk to every receiver.
    fn deliver(&mut self) {
        let mut at = 0;
        while at < self.ledger.transfers.len() {
            let Transfer { chunk, to, .. } = self.ledger.transfers[at];
            let same = |t: &Transfer| t.chunk == chunk && t.to == to;
            let end = at + self.ledger.transfers[at..].iter().take_while(|t| same(t)).count();
            if !self.ends_tell() {
                self.find_elsewhere(at..end);
            }
            if self.scenario().discipline().coded {
                self.deliver_coded(at..end);
            } else {
                self.deliver_chunk(at..end);
            }
            at = end;
        }
        if self.scenario().discipline().coded {
            self.finish_coded();
        }
    }

    /// One chunk at one receiver: useful is what the receiver lacked, in order of arrival.
    fn deliver_chunk(&mut self, group: Range<usize>) {
        let Transfer { chunk, to, .. } = self.ledger.transfers[group.start];
        let length = self.scenario().file().length(chunk);
        let mut cover = ByteRanges::new(if to.is_source() { Bytes(0) } else { length });
        for t in &self.ledger.transfers[group.clone()] {
            let sent = &mut self.sent[t.from.index()];
            sent.first = Some(sent.first.map_or(t.start, |first| first.min(t.start)));
            let arrived = &mut self.arrived[to.index()];
            if t.outcome == Outcome::Aborted {
                sent.aborted += u128::from(t.bytes.0);
                continue;
            }
            let new = cover.insert(t.offset, t.bytes);
            sent.useful += u128::from(new);
            sent.duplicate += u128::from(t.bytes.0 - new);
            arrived.useful += new;
            if new != 0 {
                arrived.latest = arrived.latest.max(t.end);
                if cover.is_full() {
                    let first = arrived.first_chunk.map_or(t.end, |first| first.min(t.end));
                    arrived.first_chunk = Some(first);
                    self.held.push(Held { chunk, node: to, at: t.end });
                }
            }
        }
        if cover.covered() != 0 {
            let earliest = if self.ends_tell() {
                self.arrived[to.index()].latest
            } else {
                self.earliest(group, cover.covered())
            };
            let arrived = &mut self.arrived[to.index()];
            arrived.earliest = arrived.earliest.max(earliest);
        }
    }

    /// When `covered` distinct bytes of a group can have arrived at the earliest.
    fn earliest(&self, group: Range<usize>, covered: u64) -> Time {
        let mut order: Vec<usize> = group.filter(|&at| self.is_delivered(at)).collect();
        order.sort_by_key(|&at| self.arrival(at));
        let length = self.scenario().file().length(self.ledger.transfers[order[0]].chunk);
        let mut cover = ByteRanges::new(length);
        for at in order {
            let t = &self.ledger.transfers[at];
            cover.insert(t.offset, t.bytes);
            if covered <= cover.covered() {
                return self.arrival(at);
            }
        }
        unreachable!("the same transfers cover the same bytes in every order")
    }

    /// Under coding any F bytes make the file, whatever chunk they are labelled with; what comes
    /// after them is a duplicate. Here they are only counted.
    fn deliver_coded(&mut self, group: Range<usize>) {
        for t in &self.ledger.transfers[group] {
            let sent = &mut self.sent[t.from.index()];
            sent.first = Some(sent.first.map_or(t.start, |first| first.min(t.start)));
            self.arrived[t.to.index()].bytes += u128::from(t.bytes.0);
            if t.outcome == Outcome::Aborted {
                sent.aborted += u128::from(t.bytes.0);
            }
        }
    }

    fn finish_coded(&mut self) {
        let file = self.scenario().file().file().0;
        let mut order: Vec<usize> =
            (0..self.ledger.transfers.len()).filter(|&at| self.is_delivered(at)).collect();
        order.sort_by_key(|&at| (self.ledger.transfers[at].end, at));
        for at in order {
            let t = self.ledger.transfers[at];
            let arrived = &mut self.arrived[t.to.index()];
            let lacking = if t.to.is_source() { 0 } else { file - arrived.useful };
            let new = t.bytes.0.min(lacking);
            arrived.useful += new;
            if new != 0 {
                arrived.latest = t.end;
                arrived.first_chunk = arrived.first_chunk.or(Some(t.end));
            }
            self.sent[t.from.index()].useful += u128::from(new);
            self.sent[t.from.index()].duplicate += u128::from(t.bytes.0 - new);
        }
        // Which bytes were innovative is not in the log, so nothing bounds the instant from below
        // but the amount: with receiver's stamps all of a transfer may have been there at its
        // start.
        for node in 0..self.arrived.len() {
            self.arrived[node].earliest = self.arrived[node].latest;
        }
        if !self.ends_tell() {
            let mut order: Vec<usize> =
                (0..self.ledger.transfers.len()).filter(|&at| self.is_delivered(at)).collect();
            order.sort_by_key(|&at| self.ledger.transfers[at].start);
            let mut got = vec![0u64; self.arrived.len()];
            for at in order {
                let t = self.ledger.transfers[at];
                let (got, arrived) = (&mut got[t.to.index()], &mut self.arrived[t.to.index()]);
                if *got < arrived.useful {
                    *got = got.saturating_add(t.bytes.0);
                    arrived.earliest = t.start;
                }
            }
        }
    }

    /// Finds the delivered transfers of a group whose bytes others may have brought, too: those
    /// that hang together by shared bytes are taken as if each could stand in for any other.
    fn find_elsewhere(&mut self, group: Range<usize>) {
        let is_some = |&at: &usize| self.is_delivered(at) && self.ledger.transfers[at].bytes.0 != 0;
        let mut order: Vec<usize> = group.filter(is_some).collect();
        order.sort_by_key(|&at| self.ledger.transfers[at].offset);
        let mut reach = 0;
        let hang_together = |&at: &usize, &next: &usize| {
            let t = &self.ledger.transfers[at];
            reach = reach.max(t.offset.0 + t.bytes.0);
            self.ledger.transfers[next].offset.0 < reach
        };
        let mut found = Vec::new();
        for cluster in order.chunk_by(hang_together) {
            let start = |&at: &usize| (self.ledger.transfers[at].start, at);
            let mut starts: Vec<(Time, usize)> = cluster.iter().map(start).collect();
            starts.sort_unstable();
            let [first, second, ..] = starts[..] else { continue };
            let other = |&at: &usize| (at, if at == first.1 { second.0 } else { first.0 });
            found.extend(cluster.iter().map(other));
        }
        self.elsewhere.extend(found);
    }

    /// Do the ends of transfers tell when their bytes were of use? Not where a receiver stamps
    /// them, nor where a node may use single bytes of a transfer.
    fn ends_tell(&self) -> bool {
        self.is_exact() && !self.scenario().discipline().cut_through
    }

    fn is_delivered(&self, at: usize) -> bool {
        self.ledger.transfers[at].outcome == Outcome::Delivered
    }
}

impl Facts {
    /// What was planned, and how far the log can be trusted.
    pub fn header(&self) -> &Header {
        &self.ledger.header
    }

    /// What was planned.
    pub fn scenario(&self) -> &Scenario {
        &self.ledger.header.scenario
    }

    /// Are the stamps exact?
    pub fn is_exact(&self) -> bool {
        self.ledger.header.evidence.stamps == Stamps::Exact
    }

    /// Has the log no gaps?
    pub fn is_complete(&self) -> bool {
        self.ledger.header.evidence.complete
    }

    /// How far two clocks may differ: nothing where stamps are exact.
    pub fn tolerance(&self) -> Time {
        tolerance(&self.ledger.header)
    }

    /// Every transfer, sorted by chunk, receiver and end.
    pub fn transfers(&self) -> &[Transfer] {
        &self.ledger.transfers
    }

    /// The transfers that `node` sent.
    pub fn sent_by(&self, node: PeerId) -> impl ExactSizeIterator<Item = &Transfer> {
        self.placed_by(node).map(|(_, transfer)| transfer)
    }

    /// The transfers that `node` sent, with their positions.
    pub(in crate::audit) fn placed_by(
        &self,
        node: PeerId,
    ) -> impl ExactSizeIterator<Item = (usize, &Transfer)> {
        self.placed(self.by_sender.of(node))
    }

    /// The transfers that `node` received.
    pub fn received_by(&self, node: PeerId) -> impl ExactSizeIterator<Item = &Transfer> {
        self.placed(self.by_receiver.of(node)).map(|(_, transfer)| transfer)
    }

    /// Every transfer with its position, those of one sender after those of another: what is known
    /// of a sender's pairs is then near when it is looked at.
    pub(in crate::audit) fn by_sender(&self) -> impl Iterator<Item = (usize, &Transfer)> {
        self.placed(&self.by_sender.items)
    }

    /// The transfers at some places, and the places. They lie far apart, so that memory is asked
    /// for before it is needed.
    fn placed(&self, places: &[u32]) -> impl ExactSizeIterator<Item = (usize, &Transfer)> {
        let transfers = &self.ledger.transfers;
        places.iter().enumerate().map(move |(nth, &at)| {
            if let Some(&ahead) = places.get(nth + AHEAD) {
                prefetch_index(transfers, ahead as usize);
            }
            (at as usize, &transfers[at as usize])
        })
    }

    /// When `node` was there.
    pub fn presence(&self, node: PeerId) -> &Intervals {
        &self.presence[node.index()]
    }

    /// The joins and leaves as logged.
    pub fn members(&self) -> &[(PeerId, Time, Edge)] {
        &self.ledger.members
    }

    /// The connects and disconnects as logged.
    pub fn links(&self) -> &[((PeerId, PeerId), Time, Edge)] {
        &self.ledger.links
    }

    /// Does the log have chokes or unchokes?
    pub(in crate::audit) fn has_chokes(&self) -> bool {
        !self.ledger.acts.is_empty()
    }

    /// The unchokes (they open) and chokes (they close) by `node`, as logged.
    pub(in crate::audit) fn chokes_by(&self, node: PeerId) -> &[Act] {
        self.ledger.acts.get(node.index()).map_or(&[], Vec::as_slice)
    }

    /// Every claim of completion.
    pub fn claims(&self) -> &[(PeerId, Time)] {
        &self.ledger.claims
    }

    /// The first claim of `node`.
    pub fn claim(&self, node: PeerId) -> Option<Time> {
        self.claims[node.index()]
    }

    /// What `node` received.
    pub fn arrived(&self, node: PeerId) -> &Arrived {
        &self.arrived[node.index()]
    }

    /// What `node` sent.
    pub fn sent(&self, node: PeerId) -> &Sent {
        &self.sent[node.index()]
    }

    /// Does the log show that `node` got every byte of the file?
    pub fn is_covered(&self, node: PeerId) -> bool {
        self.arrived(node).useful == self.scenario().file().file().0
    }

    /// When `node` completed: as it claims, or else as its arrivals show. Under coding they show
    /// nothing: some of the bytes may say what others have said.
    pub fn finish(&self, node: PeerId) -> Option<Time> {
        if node.is_source() {
            return None;
        }
        let shows = self.is_covered(node) && !self.scenario().discipline().coded;
        self.claim(node).or(shows.then_some(self.arrived(node).latest))
    }

    /// Since when `node` held `chunk`, by the log's own ends. The source is not asked.
    pub fn held(&self, chunk: ChunkId, node: PeerId) -> Option<Time> {
        let at = self.held.binary_search_by_key(&(chunk, node), |h| (h.chunk, h.node)).ok()?;
        Some(self.held[at].at)
    }

    /// Everybody who held a chunk, sorted by chunk, then node.
    pub fn holdings(&self) -> &[Held] {
        &self.held
    }

    /// When the bytes of a transfer can all have been there at the earliest: at its end, where ends
    /// tell. Else the last byte of it comes at its end, but that byte may be one that another
    /// transfer brought, too, though not before that one started.
    pub fn arrival(&self, at: usize) -> Time {
        let Transfer { start, end, .. } = self.ledger.transfers[at];
        self.elsewhere.get(&at).map_or(end, |&other| end.min(start.max(other)))
    }

    /// The last instant at which the bytes of a transfer can have left, and not before its start.
    pub fn departure(&self, transfer: &Transfer) -> Time {
        let flight = self.scenario().latency_to(transfer.to);
        Time(transfer.end.0.saturating_sub(flight.0)).max(transfer.start)
    }

    /// Did no peer send anything?
    pub fn only_source_sent(&self) -> bool {
        self.scenario().peers().all(|(peer, _)| self.by_sender.of(peer).is_empty())
    }

    /// The instant of the last event.
    pub fn last(&self) -> Time {
        self.ledger.last
    }

    /// The last instant of an event that does not only end what was: no departure, disconnect or
    /// choke.
    pub fn last_act(&self) -> Time {
        self.ledger.last_act
    }

    /// When a node left for good at the very end of the log, though nothing announced it: nothing
    /// happened any more in the whole swarm. It may have been stuck, and its log been closed.
    pub fn left_last(&self, node: PeerId) -> Option<Time> {
        let at = self.presence(node).over_by(self.last())?;
        let announced = self.scenario().leaves_at(node);
        let plan = announced.is_some_and(|leaves| leaves <= with_tolerance(self, at));
        (!plan && with_tolerance(self, self.last_act()) < at).then_some(at)
    }

    /// The last instant at which a transfer ends or a peer completes.
    pub fn horizon(&self) -> Time {
        let ends = self.transfers().iter().map(|t| t.end);
        ends.chain(self.claims().iter().map(|&(_, at)| at)).max().unwrap_or(Time::ZERO)
    }
}

fn tolerance(header: &Header) -> Time {
    match header.evidence.stamps {
        Stamps::Exact => Time::ZERO,
        Stamps::Receiver | Stamps::Wire => header.evidence.clock_tolerance,
    }
}

/// Presence of every node. The source is there from the start unless the log says otherwise.
fn presence(ledger: &Ledger) -> Vec<Intervals> {
    let scenario = &ledger.header.scenario;
    let tolerance = tolerance(&ledger.header);
    let mut edges = vec![Vec::new(); scenario.peer_count() + 1];
    for &(node, at, edge) in &ledger.members {
        edges[node.index()].push((at, edge));
    }
    // A source whose first logged event is that it leaves was there before.
    let first = edges[0].iter().min();
    if first.is_none_or(|&(_, edge)| edge == Edge::Close) {
        edges[0].push((Time::ZERO, Edge::Open));
    }
    let node = |(at, mut edges): (usize, Vec<_>)| {
        let spans = Intervals::new(&mut edges);
        match scenario.leaves_at(PeerId(at as u32)) {
            Some(leaves) => spans.until(leaves, tolerance),
            None => spans,
        }
    };
    edges.into_iter().enumerate().map(node).collect()
}

/// Positions grouped by a key, in two flat vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Buckets {
    ends: Vec<usize>,
    items: Vec<u32>,
}

impl Buckets {
    /// Counting sort: stable, linear.
    fn new(buckets: usize, keys: impl ExactSizeIterator<Item = usize> + Clone) -> Self {
        assert!(u32::try_from(keys.len()).is_ok(), "a trace has fewer than 2^32 transfers");
        let mut ends = vec![0; buckets + 1];
        for key in keys.clone() {
            ends[key + 1] += 1;
        }
        for bucket in 0..buckets {
            ends[bucket + 1] += ends[bucket];
        }
        let mut next = ends.clone();
        let mut items = vec![0; keys.len()];
        for (at, key) in keys.enumerate() {
            items[next[key]] = at as u32;
            next[key] += 1;
        }
        Buckets { ends, items }
    }

    fn of(&self, node: PeerId) -> &[u32] {
        &self.items[self.ends[node.index()]..self.ends[node.index() + 1]]
    }
}

/// The transfers by chunk, receiver and end; first by chunk alone, so that what remains to be
/// sorted is short.
fn sorted(ledger: &Ledger) -> Vec<Transfer> {
    let chunks = ledger.header.scenario.file().chunks();
    let by_chunk = Buckets::new(chunks, ledger.transfers.iter().map(|t| t.chunk.index()));
    let items = by_chunk.items.iter();
    let mut transfers: Vec<Transfer> = items.map(|&at| ledger.transfers[at as usize]).collect();
    for ends in by_chunk.ends.windows(2) {
        transfers[ends[0]..ends[1]].sort_unstable_by_key(|t| {
            let is_aborted = t.outcome == Outcome::Aborted;
            (t.to, t.end, t.start, t.from, t.offset, t.bytes, is_aborted)
        });
    }
    transfers
}

/// `at` plus what two clocks may differ.
pub(in crate::audit) fn with_tolerance(facts: &Facts, at: Time) -> Time {
    later(at, facts.tolerance())
}
