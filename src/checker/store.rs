//! Every state that was found, once, in the order of discovery.
//!
//! The states lie side by side: the order of discovery is the queue of the breadth-first search, so
//! there is no other. The table beside them holds 8 bytes a slot: 32 bits of a hash, and an index.
//! Looking a state up costs two cache misses, so many states are looked up together: first all
//! their slots are read, then all the states these point to, and the processor waits for many at
//! once instead of one after the other. It expands nothing.

use std::hash::Hash;

use super::hash::hash_of;

/// The index of a state that has no predecessor, or is not known.
pub(super) const NO_PARENT: u32 = u32::MAX;

/// The states, their predecessors on a shortest path, and the table that finds them.
pub(super) struct Store<S> {
    pub(super) states: Vec<S>,
    pub(super) parents: Vec<u32>,
    table: Table,
}

/// Bytes of a vector once it holds `more` items more: it doubles when it is full.
pub(super) fn room<T>(items: &Vec<T>, more: usize) -> usize {
    let needed = items.len() + more;
    let capacity = items.capacity();
    let capacity = if needed <= capacity { capacity } else { needed.max(2 * capacity) };
    capacity * size_of::<T>()
}

/// A state that may be new.
pub(super) struct Offer<S> {
    state: S,
    hash: u32,
    /// After a glance: the index, if the glance was enough.
    known: u32,
    /// The class of the action that led here.
    pub(super) class: u32,
}

impl<S: Hash> Offer<S> {
    #[inline]
    pub(super) fn new(state: S, class: usize) -> Self {
        let hash = (hash_of(&state) >> 32) as u32;
        Offer { state, hash, known: NO_PARENT, class: class as u32 }
    }
}

/// What became of a state that was offered.
pub(super) enum Insertion {
    /// It is new, at this index.
    New(u32),
    /// It was known, at this index.
    Known(u32),
}

impl<S: Eq + Hash> Store<S> {
    pub(super) fn new() -> Self {
        Store { states: Vec::new(), parents: Vec::new(), table: Table::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Bytes of the tables once there are `more` states, without the heap that states own. While
    /// the table grows, the old one is there beside the new one.
    pub(super) fn bytes_with(&self, more: usize) -> usize {
        let table = self.table.slots.len() * size_of::<u64>();
        let grows = Table::is_crowded(self.table.filled + more, self.table.slots.len());
        room(&self.states, more) + room(&self.parents, more) + if grows { 3 * table } else { table }
    }

    /// Recognizes those of the offered states that were known before, in three passes so that the
    /// processor never waits for one state before it asks for the next: the slots where the hashes
    /// point are fetched, then slots with equal hashes are sought, which are near, then the states
    /// there are compared. Whatever is not recognized needs [`Store::insert`] to look again.
    #[inline]
    pub(super) fn glance(&self, offers: &mut [Offer<S>]) {
        for offer in offers.iter_mut() {
            offer.known = self.table.slots[self.table.home(offer.hash)] as u32;
        }
        for offer in offers.iter_mut() {
            offer.known = self.table.find(offer.hash, |_| true).unwrap_or(NO_PARENT);
        }
        for offer in offers {
            if let Some(state) = self.states.get(offer.known as usize)
                && *state != offer.state
            {
                offer.known = NO_PARENT;
            }
        }
    }

    #[inline]
    pub(super) fn insert(&mut self, offer: Offer<S>, parent: u32) -> Insertion {
        match offer.known {
            NO_PARENT => self.insert_unseen(offer, parent),
            known => Insertion::Known(known),
        }
    }

    fn insert_unseen(&mut self, offer: Offer<S>, parent: u32) -> Insertion {
        let Store { states, parents, table } = self;
        match table.find(offer.hash, |at| states[at as usize] == offer.state) {
            Ok(at) => Insertion::Known(at),
            Err(vacant) => {
                let at = states.len() as u32;
                states.push(offer.state);
                parents.push(parent);
                table.fill(vacant, offer.hash, at);
                Insertion::New(at)
            }
        }
    }

    /// The indices on the shortest path to `at`, an initial state first.
    pub(super) fn path_to(&self, at: u32) -> Vec<u32> {
        let mut path = vec![at];
        let mut parent = self.parents[at as usize];
        while parent != NO_PARENT {
            path.push(parent);
            parent = self.parents[parent as usize];
        }
        path.reverse();
        path
    }
}

/// Open addressing with linear probing. The top bits of a hash are its place, so a table that grows
/// is copied in order, and needs no state for it.
struct Table {
    /// The hash in the upper half, 1 + the index in the lower; 0 is vacant.
    slots: Vec<u64>,
    filled: usize,
}

const FIRST_SLOTS: usize = 1 << 10;

/// The index in a slot that is not vacant, if the slot has this hash.
#[inline]
fn points_to(slot: u64, hash: u32) -> Option<u32> {
    ((slot >> 32) as u32 == hash).then(|| slot as u32 - 1)
}

impl Table {
    fn new() -> Self {
        Table { slots: vec![0; FIRST_SLOTS], filled: 0 }
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.slots.len() as u64) >> 32) as usize
    }

    /// The index with this hash that is `same`, or the vacant slot where it belongs.
    #[inline]
    fn find(&self, hash: u32, same: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let last = self.slots.len() - 1;
        let mut place = self.home(hash);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                return Err(place);
            }
            if let Some(at) = points_to(slot, hash)
                && same(at)
            {
                return Ok(at);
            }
            place = (place + 1) & last;
        }
    }

    /// Fills a vacant slot; grows before five eighths are filled, where probes become long.
    #[inline]
    fn fill(&mut self, vacant: usize, hash: u32, at: u32) {
        self.slots[vacant] = u64::from(hash) << 32 | u64::from(at + 1);
        self.filled += 1;
        if Table::is_crowded(self.filled, self.slots.len()) {
            self.grow();
        }
    }

    #[inline]
    fn is_crowded(filled: usize, slots: usize) -> bool {
        slots * 5 <= filled * 8
    }

    #[cold]
    fn grow(&mut self) {
        let larger = vec![0; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, larger);
        for slot in old.into_iter().filter(|&slot| slot != 0) {
            if let Err(vacant) = self.find((slot >> 32) as u32, |_| false) {
                self.slots[vacant] = slot;
            }
        }
    }
}
