//! The table of neighbors: which node stands at which slot, and which are alive.

use super::slots::{SlotSet, places_of};
use crate::chunks::PeerId;
use crate::engine::boards::Boards;

/// Decisions of the choker without a message after which a neighbor counts as dead. Each node says
/// something at each of its decisions, so three are enough to forgive any order of events.
const SILENCE_LIMIT: u8 = 3;

/// The neighbors, in ascending order of ids, so that every walk over them is reproducible: the
/// place of a neighbor is its slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Neighbors {
    ids: Vec<PeerId>,
    /// Decisions since each was last heard of.
    silent: Vec<u8>,
    /// Those that this peer has said something to since the last decision.
    spoken_to: SlotSet,
    /// How often each had shown on its board that it is there, at the last decision.
    shows: Vec<u32>,
}

impl Neighbors {
    pub(super) fn new() -> Self {
        Neighbors {
            ids: Vec::new(),
            silent: Vec::new(),
            spoken_to: SlotSet::default(),
            shows: Vec::new(),
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let each = 1 + size_of::<PeerId>() + size_of::<u32>();
        self.ids.len() * each + self.spoken_to.heap_bytes()
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn ids(&self) -> &[PeerId] {
        &self.ids
    }

    #[inline]
    pub(super) fn id(&self, slot: usize) -> PeerId {
        self.ids[slot]
    }

    /// The slot of a neighbor, if it is one.
    #[inline]
    pub(super) fn slot(&self, peer: PeerId) -> Option<usize> {
        places_of(peer.0, &self.ids, |id| id.0).next()
    }

    pub(super) fn contains(&self, peer: PeerId) -> bool {
        self.slot(peer).is_some()
    }

    /// A new neighbor, which has shown something so often; its slot, unless it is one already.
    /// Those behind it move up by one.
    pub(super) fn insert(&mut self, peer: PeerId, shows: u32) -> Option<usize> {
        let slot = self.ids.binary_search(&peer).err()?;
        self.ids.insert(slot, peer);
        self.silent.insert(slot, 0);
        self.shows.insert(slot, shows);
        self.spoken_to.open_gap(slot);
        Some(slot)
    }

    /// The neighbor at a slot is gone. Those behind it move down by one.
    pub(super) fn remove(&mut self, slot: usize) {
        self.ids.remove(slot);
        self.silent.remove(slot);
        self.shows.remove(slot);
        self.spoken_to.close_gap(slot);
    }

    /// A message came from the neighbor at a slot.
    #[inline]
    pub(super) fn heard_of(&mut self, slot: usize) {
        self.silent[slot] = 0;
    }

    /// This peer says something to the neighbor at a slot.
    #[inline]
    pub(super) fn speak_to(&mut self, slot: usize) {
        self.spoken_to.insert(slot);
    }

    /// The neighbors that this peer has not said anything to since this was last asked.
    pub(super) fn unspoken(&mut self) -> Vec<PeerId> {
        let unspoken = (0..self.len()).filter(|&slot| !self.spoken_to.contains(slot));
        let unspoken = unspoken.map(|slot| self.ids[slot]).collect();
        self.spoken_to.clear();
        unspoken
    }

    /// A decision has passed: the neighbors that have been silent for too long.
    pub(super) fn dead(&mut self, boards: &impl Boards) -> Vec<PeerId> {
        let mut dead = Vec::new();
        for (slot, silent) in self.silent.iter_mut().enumerate() {
            let shows = boards.shows(self.ids[slot]);
            if self.shows[slot] != shows {
                self.shows[slot] = shows;
                *silent = 0;
            }
            *silent += 1;
            if SILENCE_LIMIT < *silent {
                dead.push(self.ids[slot]);
            }
        }
        dead
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// Neighbors are where their ids are in order, wherever they stand.
        fn a_neighbor_is_found_by_its_id(steps: Vec<(u8, u8, bool)>) -> bool {
            let mut neighbors = Neighbors::new();
            let mut model = BTreeSet::new();
            for (high, low, comes) in steps {
                let peer = PeerId(u32::from(high % 4) << 8 | u32::from(low % 3));
                if comes {
                    assert_eq!(neighbors.insert(peer, 0).is_some(), model.insert(peer));
                } else {
                    let slot = neighbors.slot(peer);
                    slot.into_iter().for_each(|slot| neighbors.remove(slot));
                    assert_eq!(slot.is_some(), model.remove(&peer));
                }
            }
            (0..4 << 8).map(PeerId).all(|peer| {
                neighbors.slot(peer) == model.iter().position(|&other| other == peer)
            })
        }
    }
}
