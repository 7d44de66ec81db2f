//! What a peer shows on its board, and which neighbors' boards it watches.
//!
//! Only where a driver keeps boards. A peer watches a neighbor when something may follow at once
//! from the next chunk that it shows; all others it looks at when it requests something.

use super::slots::SlotSet;
use crate::chunks::PeerId;
use crate::engine::boards::{Shown, Watch};

/// What the driver has not been told yet, and what it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Watching {
    /// Whether the driver keeps boards.
    on: bool,
    showing: Option<Shown>,
    /// The neighbors that are watched, as the driver was told.
    watched: SlotSet,
    changes: Vec<Watch>,
}

impl Watching {
    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.watched.heap_bytes() + self.changes.len() * size_of::<Watch>()
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

    /// Shows something to all neighbors.
    pub(super) fn show(&mut self, shown: Shown) {
        self.showing = Some(shown);
    }

    pub(super) fn take_shown(&mut self) -> Option<Shown> {
        self.showing.take()
    }

    /// These are to be watched from now on, and no others.
    #[inline]
    pub(super) fn watch(&mut self, wanted: SlotSet, ids: &[PeerId]) {
        let changed = wanted.with(&self.watched, |wanted, watched| wanted ^ watched);
        for slot in changed.iter() {
            self.changes.push(Watch { neighbor: ids[slot], on: wanted.contains(slot) });
        }
        self.watched = wanted;
    }

    pub(super) fn take_change(&mut self) -> Option<Watch> {
        self.changes.pop()
    }
}
