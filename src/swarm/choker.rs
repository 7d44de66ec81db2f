//! Which neighbors a peer serves, and what its decisions look at.
//!
//! The order of the candidates is that of `policy`; here is who wants something, who is served, who
//! has the optimistic slot, and what each neighbor gave and got since the last decision.

use super::slots::SlotSet;
use crate::chunks::PeerId;

/// What went between a peer and a neighbor since the last decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Traffic {
    slot: u32,
    /// Bytes got from it.
    pub(super) received: u64,
    /// Bytes sent to it.
    pub(super) sent: u64,
}

impl Traffic {
    /// The slot of the neighbor.
    pub(super) fn slot(&self) -> usize {
        self.slot as usize
    }
}

/// The choker of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Choker {
    /// The neighbors that told this peer that they want something.
    interested: SlotSet,
    served: SlotSet,
    /// The neighbor that the optimistic slot serves.
    optimistic: Option<PeerId>,
    /// Decisions that each neighbor has been waiting for.
    waited: Vec<u32>,
    /// By ascending slots, only where there was any: few neighbors exchange anything at a time.
    traffic: Vec<Traffic>,
}

impl Choker {
    pub(super) fn new() -> Self {
        Choker {
            interested: SlotSet::default(),
            served: SlotSet::default(),
            optimistic: None,
            waited: Vec::new(),
            traffic: Vec::new(),
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.waited.len() * size_of::<u32>()
            + self.traffic.len() * size_of::<Traffic>()
            + self.interested.heap_bytes()
            + self.served.heap_bytes()
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        self.interested.open_gap(at);
        self.served.open_gap(at);
        self.waited.insert(at, 0);
        let behind = self.traffic.iter_mut().filter(|traffic| at <= traffic.slot as usize);
        behind.for_each(|traffic| traffic.slot += 1);
    }

    /// The neighbor at a slot is gone.
    pub(super) fn close_gap(&mut self, at: usize) {
        self.interested.close_gap(at);
        self.served.close_gap(at);
        self.waited.remove(at);
        self.traffic.retain(|traffic| traffic.slot as usize != at);
        let behind = self.traffic.iter_mut().filter(|traffic| at < traffic.slot as usize);
        behind.for_each(|traffic| traffic.slot -= 1);
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
        self.waited[slot] = 0;
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

    /// The neighbors that told this peer that they want something.
    pub(super) fn interested_set(&self) -> &SlotSet {
        &self.interested
    }

    /// How many decisions the neighbor at a slot has been waiting for.
    pub(super) fn waited(&self, slot: usize) -> u32 {
        self.waited[slot]
    }

    /// What went between this peer and its neighbors since the last decision, where anything did.
    pub(super) fn traffic(&self) -> &[Traffic] {
        &self.traffic
    }

    /// So many bytes came from the neighbor at a slot.
    pub(super) fn received(&mut self, slot: usize, bytes: u64) {
        self.traffic_mut(slot).received += bytes;
    }

    /// So many bytes went to the neighbor at a slot.
    pub(super) fn sent(&mut self, slot: usize, bytes: u64) {
        self.traffic_mut(slot).sent += bytes;
    }

    fn traffic_mut(&mut self, slot: usize) -> &mut Traffic {
        let slot = slot as u32;
        let place = self.traffic.binary_search_by_key(&slot, |traffic| traffic.slot);
        let at = place.unwrap_or_else(|at| {
            self.traffic.insert(at, Traffic { slot, ..Traffic::default() });
            at
        });
        &mut self.traffic[at]
    }

    /// A decision has been made: these neighbors wait for another one.
    pub(super) fn begin_interval(&mut self, waiting: &SlotSet) {
        for (slot, waited) in self.waited.iter_mut().enumerate() {
            *waited = if waiting.contains(slot) { waited.saturating_add(1) } else { 0 };
        }
        self.traffic.clear();
    }
}
