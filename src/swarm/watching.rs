//! Which neighbors' boards a peer watches.
//!
//! Only where a driver keeps boards. A peer watches a neighbor when something may follow at once
//! from the next chunk that it shows; all others it looks at when it requests something.

use super::slots::SlotSet;
use crate::chunks::PeerId;
use crate::engine::boards::Watch;

/// What the driver has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Watching {
    /// Whether the driver keeps boards.
    on: bool,
    /// The neighbors that are watched, as the driver was told.
    watched: SlotSet,
}

impl Watching {
    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.watched.heap_bytes()
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        self.watched.open_gap(at);
    }

    /// The neighbor at a slot is gone: the driver knows, and watches it no more.
    pub(super) fn close_gap(&mut self, at: usize) {
        self.watched.close_gap(at);
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// The driver keeps boards.
    pub(super) fn turn_on(&mut self) {
        self.on = true;
    }

    /// These are to be watched from now on, and no others.
    #[inline]
    pub(super) fn watch(&mut self, wanted: SlotSet, ids: &[PeerId], changes: &mut Vec<Watch>) {
        if wanted == self.watched {
            return;
        }
        let changed = wanted.with(&self.watched, |wanted, watched| wanted ^ watched);
        for slot in changed.iter() {
            changes.push(Watch { neighbor: ids[slot], on: wanted.contains(slot) });
        }
        self.watched = wanted;
    }
}
