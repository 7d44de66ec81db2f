//! Which neighbors a peer serves, and what its decisions look at.
//!
//! The order of the candidates is that of `policy`; here is who wants something, who is served, who
//! has the optimistic slot, and what each neighbor gave and got since the last decision.

use super::slots::SlotSet;
use crate::chunks::PeerId;

/// What the choker compares of a neighbor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Score {
    /// Bytes got from it since the last decision.
    pub(super) received: u64,
    /// Bytes sent to it since the last decision.
    pub(super) sent: u64,
    /// Decisions that it has been waiting for.
    pub(super) waited: u32,
}

/// The choker of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Choker {
    /// The neighbors that told this peer that they want something.
    interested: SlotSet,
    served: SlotSet,
    /// The neighbor that the optimistic slot serves.
    optimistic: Option<PeerId>,
    scores: Vec<Score>,
}

impl Choker {
    pub(super) fn new() -> Self {
        Choker {
            interested: SlotSet::default(),
            served: SlotSet::default(),
            optimistic: None,
            scores: Vec::new(),
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.scores.len() * size_of::<Score>()
            + self.interested.heap_bytes()
            + self.served.heap_bytes()
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        self.interested.open_gap(at);
        self.served.open_gap(at);
        self.scores.insert(at, Score::default());
    }

    /// The neighbor at a slot is gone.
    pub(super) fn close_gap(&mut self, at: usize) {
        self.interested.close_gap(at);
        self.served.close_gap(at);
        self.scores.remove(at);
    }

    #[inline]
    pub(super) fn is_interested(&self, slot: usize) -> bool {
        self.interested.contains(slot)
    }

    /// The neighbor at a slot wants something.
    pub(super) fn interested(&mut self, slot: usize) {
        self.interested.insert(slot);
    }

    /// The neighbor at a slot wants nothing any more.
    pub(super) fn not_interested(&mut self, slot: usize) {
        self.interested.remove(slot);
    }

    #[inline]
    pub(super) fn is_served(&self, slot: usize) -> bool {
        self.served.contains(slot)
    }

    /// The slots of the neighbors that are served, ascending.
    pub(super) fn served(&self) -> &SlotSet {
        &self.served
    }

    /// How many of `slots` are free, the optimistic one not counted.
    pub(super) fn free(&self, slots: u32) -> usize {
        let taken = self.served.len() - usize::from(self.optimistic.is_some());
        (slots as usize).saturating_sub(taken)
    }

    /// Begins to serve the neighbor at a slot.
    pub(super) fn serve(&mut self, slot: usize) {
        self.served.insert(slot);
        self.scores[slot].waited = 0;
    }

    /// Ends serving the neighbor at a slot.
    pub(super) fn end(&mut self, slot: usize) {
        self.served.remove(slot);
    }

    /// The neighbor that has the optimistic slot.
    pub(super) fn optimistic(&self) -> Option<PeerId> {
        self.optimistic
    }

    /// Gives the optimistic slot to a neighbor, or to none.
    pub(super) fn set_optimistic(&mut self, lucky: Option<PeerId>) {
        self.optimistic = lucky;
    }

    /// Takes the optimistic slot from this neighbor, if it has it.
    pub(super) fn end_optimistic(&mut self, peer: PeerId) {
        if self.optimistic == Some(peer) {
            self.optimistic = None;
        }
    }

    pub(super) fn score(&self, slot: usize) -> &Score {
        &self.scores[slot]
    }

    /// So many bytes came from the neighbor at a slot.
    pub(super) fn received(&mut self, slot: usize, bytes: u64) {
        self.scores[slot].received += bytes;
    }

    /// So many bytes went to the neighbor at a slot.
    pub(super) fn sent(&mut self, slot: usize, bytes: u64) {
        self.scores[slot].sent += bytes;
    }

    /// A decision has been made: `waits` says which neighbors wait for another one.
    pub(super) fn begin_interval(&mut self, waits: impl Fn(&Choker, usize) -> bool) {
        for slot in 0..self.scores.len() {
            let waited = self.scores[slot].waited;
            let waited = if waits(self, slot) { waited.saturating_add(1) } else { 0 };
            self.scores[slot] = Score { waited, received: 0, sent: 0 };
        }
    }
}
