//! The ledger in order: who was there when, who got what when, and how far the log is believed.
//!
//! Everything that more than one rule derives from a trace is derived here, once; nothing is
//! judged.

use std::ops::Range;

use prefetch_index::prefetch_index;

use super::delivery::{Arrived, Deliveries, Held, Log, Sent};
use super::intervals::{Edge, Intervals, later};
use super::ledger::{Act, Ledger};
use super::presence::Presence;
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Scenario;
use crate::trace::{Header, Outcome, Stamps, Transfer};
use crate::units::{Rate, Supply, Time};

/// How many transfers ahead memory is asked for: a read from afar takes as long as a dozen of them.
const AHEAD: usize = 16;

/// Everything that several rules know of a trace.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    ledger: Ledger,
    presence: Presence,
    source_gone: Option<Time>,
    deliveries: Deliveries,
    /// The first `complete` of each node.
    claims: Vec<Option<Time>>,
    /// The scenario with the uploads that were measured; None where none was.
    measured: Option<Scenario>,
    /// By node: the bytes of what it needs.
    needs: Vec<u64>,
    /// Does each peer join with nothing, and want everything?
    starts_empty: bool,
    by_sender: Buckets,
    by_receiver: Buckets,
}

impl Facts {
    /// Puts a ledger in order.
    pub(crate) fn new(mut ledger: Ledger) -> Self {
        ledger.transfers = sorted(&ledger);
        ledger.fast.sort_unstable();
        ledger.capacities.sort_unstable();
        let nodes = ledger.header.scenario.peer_count() + 1;
        let mut claims = vec![None; nodes];
        for &(node, at) in &ledger.claims {
            let claim: &mut Option<Time> = &mut claims[node.index()];
            *claim = Some(claim.map_or(at, |other| other.min(at)));
        }
        let by_sender = Buckets::new(nodes, ledger.transfers.iter().map(|t| t.from.index()));
        let by_receiver = Buckets::new(nodes, ledger.transfers.iter().map(|t| t.to.index()));
        let scenario = &ledger.header.scenario;
        let needs = scenario.nodes().map(|node| scenario.needed_bytes(node).0).collect();
        let mut facts = Facts {
            needs,
            starts_empty: scenario.starts_empty(),
            measured: None,
            presence: Presence::new(&ledger),
            source_gone: None,
            deliveries: Deliveries::new(Log {
                header: &ledger.header,
                transfers: &ledger.transfers,
            }),
            claims,
            by_sender,
            by_receiver,
            ledger,
        };
        facts.source_gone = facts.find_source_gone();
        facts.measured = facts.find_measured();
        facts
    }

    fn log(&self) -> Log<'_> {
        Log { header: &self.ledger.header, transfers: &self.ledger.transfers }
    }

    /// What was planned.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.ledger.header.scenario
    }

    /// Are the stamps exact?
    pub(crate) fn is_exact(&self) -> bool {
        self.ledger.header.evidence.stamps == Stamps::Exact
    }

    /// Has the log no gaps, and does it see the whole swarm? What came from outside is as if its
    /// lines were missing.
    pub(crate) fn is_complete(&self) -> bool {
        let evidence = self.ledger.header.evidence;
        evidence.complete && evidence.whole_swarm
    }

    /// Does the log see the whole swarm?
    pub(crate) fn is_whole_swarm(&self) -> bool {
        self.ledger.header.evidence.whole_swarm
    }

    /// What `node` can upload over time: as announced, and as it was measured from the first
    /// measurement on. None where it is not known.
    pub(crate) fn uplink(&self, node: PeerId) -> Option<Supply> {
        let all = &self.ledger.capacities;
        let from = all.partition_point(|&(other, ..)| other < node);
        let own = all[from..].iter().take_while(|&&(other, ..)| other == node);
        let measured =
            |supply: Supply, &(_, at, rate): &(PeerId, Time, Rate)| supply.changed(at, rate);
        Some(own.fold(self.scenario().upload_supply(node)?, measured))
    }

    /// What was planned, with the uploads that were measured: what bounds reckon with.
    pub(crate) fn measured(&self) -> &Scenario {
        self.measured.as_ref().unwrap_or(self.scenario())
    }

    fn find_measured(&self) -> Option<Scenario> {
        let mut parts = self.scenario().parts().clone();
        for &(node, ..) in &self.ledger.capacities {
            let (rate, changes) = self.uplink(node)?.into_parts();
            match node.index().checked_sub(1) {
                None => (parts.source.upload, parts.source.upload_changes) = (rate, changes),
                Some(at) => {
                    let peer = &mut parts.peers[at];
                    (peer.upload, peer.upload_changes) = (rate, changes);
                }
            }
        }
        // A source that was measured to upload nothing makes no scenario; the planned one binds
        // less.
        let measured = !self.ledger.capacities.is_empty();
        measured.then(|| Scenario::new(parts).ok()).flatten()
    }

    /// Does `from` let `to` request `chunk` while it is choked, from `at` on?
    pub(in crate::audit) fn is_allowed_fast(&self, t: &Transfer) -> bool {
        let fast = &self.ledger.fast;
        let from = fast.partition_point(|&(a, b, c, _)| (a, b, c) < (t.from, t.to, t.chunk));
        let own =
            fast[from..].first().filter(|&&(a, b, c, _)| (a, b, c) == (t.from, t.to, t.chunk));
        own.is_some_and(|&(.., at)| at <= with_tolerance(self, t.start))
    }

    /// How far two clocks may differ: nothing where stamps are exact.
    pub(crate) fn tolerance(&self) -> Time {
        tolerance(&self.ledger.header)
    }

    /// Every transfer, sorted by chunk, receiver and end.
    pub(crate) fn transfers(&self) -> &[Transfer] {
        &self.ledger.transfers
    }

    /// The transfers that `node` sent.
    pub(crate) fn sent_by(&self, node: PeerId) -> impl ExactSizeIterator<Item = &Transfer> {
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
    pub(crate) fn received_by(&self, node: PeerId) -> impl ExactSizeIterator<Item = &Transfer> {
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

    /// When `node` was there. It leaves and comes back where one interval ends and another begins,
    /// at one instant too.
    pub(crate) fn presence(&self, node: PeerId) -> &Intervals {
        &self.presence.stays[node.index()]
    }

    /// When the source left for good in an order of its events other than that of
    /// [`presence`](Self::presence), which the log allows as well.
    pub(super) fn source_gone(&self) -> Option<Time> {
        self.source_gone
    }

    /// When the source left for good, where another reading of its events than `presence` has it
    /// so, and has it there for all that it sent.
    fn find_source_gone(&self) -> Option<Time> {
        let stays = self.presence.source_otherwise.as_ref()?;
        let is_there = |t: &Transfer| {
            // Without exact stamps queues drain after a departure.
            let until = if self.is_exact() { self.departure(t) } else { Time::ZERO };
            stays.contain(t.start, until, self.tolerance())
        };
        let gone = stays.over_by(self.last())?;
        self.sent_by(PeerId::SOURCE).all(is_there).then_some(gone)
    }

    /// The joins and leaves as logged.
    pub(crate) fn members(&self) -> &[(PeerId, Time, Edge)] {
        &self.ledger.members
    }

    /// The connects and disconnects as logged.
    pub(crate) fn links(&self) -> &[((PeerId, PeerId), Time, Edge)] {
        &self.ledger.links
    }

    /// Does the log show which nodes were connected? Disconnects alone do not.
    pub(in crate::audit) fn has_connects(&self) -> bool {
        self.links().iter().any(|link| link.2 == Edge::Open)
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
    pub(crate) fn claims(&self) -> &[(PeerId, Time)] {
        &self.ledger.claims
    }

    /// The first claim of `node`.
    pub(crate) fn claim(&self, node: PeerId) -> Option<Time> {
        self.claims[node.index()]
    }

    /// What `node` received.
    pub(crate) fn arrived(&self, node: PeerId) -> &Arrived {
        &self.deliveries.arrived[node.index()]
    }

    /// What `node` sent.
    pub(crate) fn sent(&self, node: PeerId) -> &Sent {
        &self.deliveries.sent[node.index()]
    }

    /// The bytes of what `node` needs: what it wants and does not hold when it joins.
    pub(crate) fn needs(&self, node: PeerId) -> u64 {
        self.needs[node.index()]
    }

    /// Does the log show that `node` holds every chunk that it needs?
    pub(crate) fn is_covered(&self, node: PeerId) -> bool {
        self.arrived(node).held == self.needs(node)
    }

    /// When `node` had what it wants: as it joins where it needs nothing; else as it claims, or as
    /// its arrivals show where it claims nothing or later than two clocks may differ: a peer that
    /// checks hashes claims late and serves as a seeder all the same. Under coding arrivals show
    /// nothing: some bytes may repeat others.
    pub(crate) fn finish(&self, node: PeerId) -> Option<Time> {
        if node.is_source() {
            return None;
        }
        if self.needs(node) == 0 {
            return self.presence(node).first();
        }
        let shows = self.is_covered(node) && !self.scenario().discipline().coded;
        let arrived = shows.then_some(self.arrived(node).latest);
        let is_late = |claim| arrived.is_some_and(|at| with_tolerance(self, at) < claim);
        self.claim(node).filter(|&claim| !is_late(claim)).or(arrived)
    }

    /// Does `node` hold `chunk` when it joins, as the source does?
    pub(crate) fn holds_at_start(&self, chunk: ChunkId, node: PeerId) -> bool {
        node.is_source() || (!self.starts_empty && self.scenario().holds(node, chunk))
    }

    /// Does every peer join with nothing, and want everything?
    pub(crate) fn starts_empty(&self) -> bool {
        self.starts_empty
    }

    /// Since when `node` held `chunk`, by the log's own ends: from the start where it joins with
    /// it.
    pub(crate) fn held(&self, chunk: ChunkId, node: PeerId) -> Option<Time> {
        if self.holds_at_start(chunk, node) {
            return Some(Time::ZERO);
        }
        let held = &self.deliveries.held;
        let at = held.binary_search_by_key(&(chunk, node), |h| (h.chunk, h.node)).ok()?;
        Some(held[at].at)
    }

    /// Every chunk that a peer came to hold, sorted by chunk, then node; not those that it joins
    /// with.
    pub(crate) fn holdings(&self) -> &[Held] {
        &self.deliveries.held
    }

    /// The earliest possible instant at which a receiver holds a chunk; `group` are the positions
    /// of all transfers of that chunk to it. None when it never does.
    pub(in crate::audit) fn earliest_held(&self, group: Range<usize>) -> Option<Time> {
        self.deliveries.earliest_held(self.log(), group)
    }

    /// When the bytes of a transfer can all have been there at the earliest: at its end, where ends
    /// tell. Else the last byte of it comes at its end, but that byte may be one that another
    /// transfer of the same copy brought, too, though not before that one started.
    pub(crate) fn arrival(&self, at: usize) -> Time {
        self.deliveries.arrival(self.log(), at)
    }

    /// The last instant at which the bytes of a transfer can have left, and not before its start.
    pub(crate) fn departure(&self, transfer: &Transfer) -> Time {
        let flight = self.scenario().latency_to(transfer.to);
        Time(transfer.end.0.saturating_sub(flight.0)).max(transfer.start)
    }

    /// Did no peer send anything?
    pub(crate) fn only_source_sent(&self) -> bool {
        self.scenario().peers().all(|(peer, _)| self.by_sender.of(peer).is_empty())
    }

    /// The instant of the last event.
    pub(crate) fn last(&self) -> Time {
        self.ledger.last
    }

    /// The last instant of an event that does not only end what was: no departure, disconnect or
    /// choke.
    pub(crate) fn last_act(&self) -> Time {
        self.ledger.last_act
    }

    /// When a node left for good at the very end of the log, though nothing announced it: nothing
    /// happened any more in the whole swarm. It may have been stuck, and its log been closed.
    pub(crate) fn left_last(&self, node: PeerId) -> Option<Time> {
        let at = self.presence(node).over_by(self.last())?;
        let announced = self.scenario().leaves_at(node);
        let plan = announced.is_some_and(|leaves| leaves <= with_tolerance(self, at));
        (!plan && with_tolerance(self, self.last_act()) < at).then_some(at)
    }

    /// The last instant at which a transfer ends or a peer completes.
    pub(crate) fn horizon(&self) -> Time {
        let ends = self.transfers().iter().map(|t| t.end);
        ends.chain(self.claims().iter().map(|&(_, at)| at)).max().unwrap_or(Time::ZERO)
    }
}

/// How far two clocks may differ: nothing where stamps are exact.
pub(super) fn tolerance(header: &Header) -> Time {
    match header.evidence.stamps {
        Stamps::Exact => Time::ZERO,
        Stamps::Receiver | Stamps::Wire => header.evidence.clock_tolerance,
    }
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
