//! What a peer has requested of its neighbors and has not got, and what it may request still.

use super::pending::Pending;
use super::slots::SlotSet;
use crate::chunks::{ChunkId, ChunkSet};

/// Decisions of the choker after which an awaited chunk is overdue: see `endgame`.
pub(super) const OVERDUE: u32 = 2;

/// A chunk that was requested, and for how many decisions of the choker it has been awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Awaited {
    pub(super) chunk: ChunkId,
    pub(super) age: u32,
}

/// The requests of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Requests {
    /// How many chunks to have requested of one neighbor at a time.
    limit: u32,
    /// Whether a request was overdue at the last decision of the choker.
    overdue: bool,
    /// What it lacks and has not requested of any neighbor.
    open: ChunkSet,
    /// The neighbors that serve this peer.
    unchoked_by: SlotSet,
    awaited: Pending<Awaited>,
    /// The neighbors that no more may be requested of until something comes.
    busy: SlotSet,
}

impl Requests {
    /// Nothing has been requested; `open` is what the peer lacks.
    pub(super) fn new(open: ChunkSet, limit: u32) -> Self {
        Requests {
            limit,
            overdue: false,
            open,
            unchoked_by: SlotSet::default(),
            awaited: Pending::new(),
            busy: SlotSet::default(),
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.open.heap_bytes() + self.unchoked_by.heap_bytes() + self.awaited.heap_bytes()
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        self.unchoked_by.open_gap(at);
        self.awaited.open_gap(at);
        self.busy.open_gap(at);
    }

    /// The neighbor at a slot is gone: what was awaited of it may be requested of others.
    pub(super) fn close_gap(&mut self, at: usize, have: &ChunkSet) {
        self.unchoked_by.close_gap(at);
        self.busy.close_gap(at);
        for lost in self.awaited.close_gap(at) {
            self.reopen(lost.chunk, have);
        }
    }

    /// What may be requested: the chunks that are lacking and not awaited.
    pub(super) fn open(&self) -> &ChunkSet {
        &self.open
    }

    pub(super) fn awaited(&self) -> &Pending<Awaited> {
        &self.awaited
    }

    pub(super) fn is_any_overdue(&self) -> bool {
        self.overdue
    }

    /// Does the neighbor at a slot serve this peer?
    #[inline]
    pub(super) fn is_served_by(&self, slot: usize) -> bool {
        self.unchoked_by.contains(slot)
    }

    /// The neighbor at a slot serves this peer from now on.
    pub(super) fn unchoked(&mut self, slot: usize) {
        self.unchoked_by.insert(slot);
    }

    /// The neighbor at a slot does not serve this peer any more.
    pub(super) fn choked(&mut self, slot: usize) {
        self.unchoked_by.remove(slot);
    }

    /// Is anything awaited of the neighbor at a slot?
    pub(super) fn awaits(&self, slot: usize) -> bool {
        self.awaited.any_with(slot)
    }

    /// How many more chunks may be requested of the neighbor at a slot, if it serves this peer.
    pub(super) fn room(&self, slot: usize) -> usize {
        (self.limit as usize).saturating_sub(self.awaited.with(slot).count())
    }

    /// A chunk is requested of the neighbor at a slot.
    pub(super) fn request(&mut self, slot: usize, chunk: ChunkId) {
        self.open.remove(chunk);
        self.awaited.push(slot, Awaited { chunk, age: 0 });
        if self.room(slot) == 0 {
            self.busy.insert(slot);
        }
    }

    /// Forgets a request; says whether there was one.
    #[inline]
    pub(super) fn forget(&mut self, slot: usize, chunk: ChunkId) -> bool {
        let taken = self.awaited.take(slot, |awaited| awaited.chunk == chunk);
        if taken && self.room(slot) != 0 {
            self.busy.remove(slot);
        }
        taken
    }

    /// The neighbors that something may be requested of now.
    pub(super) fn ready(&self) -> SlotSet {
        self.unchoked_by.with(&self.busy, |unchoked, busy| unchoked & !busy)
    }

    /// The neighbors that a chunk is awaited of.
    pub(super) fn awaited_of(&self, chunk: ChunkId) -> SlotSet {
        self.awaited.slots(|awaited| awaited.chunk == chunk).collect()
    }

    /// Is a chunk awaited of any neighbor?
    pub(super) fn is_awaited(&self, chunk: ChunkId) -> bool {
        self.awaited.all().any(|awaited| awaited.chunk == chunk)
    }

    /// A chunk is awaited of one neighbor less.
    pub(super) fn reopen(&mut self, chunk: ChunkId, have: &ChunkSet) {
        if !self.is_awaited(chunk) && !have.contains(chunk) {
            self.open.insert(chunk);
        }
    }

    /// A chunk has arrived.
    pub(super) fn arrived(&mut self, chunk: ChunkId) {
        self.open.remove(chunk);
    }

    /// A decision of the choker has passed.
    pub(super) fn grow_older(&mut self) {
        self.overdue = false;
        for awaited in self.awaited.all_mut() {
            // Nothing looks beyond: peers that behave alike must be equal.
            awaited.age = OVERDUE.min(awaited.age + 1);
            self.overdue |= OVERDUE <= awaited.age;
        }
    }
}
