//! Every state that was found, once, in the order of discovery.
//!
//! The table holds 4-byte indices, the states lie side by side: the order of discovery is the
//! queue of the breadth-first search, so there is no other. It expands nothing.

use std::hash::Hash;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::hash::hash_of;

/// The index of a state that has no predecessor.
pub(super) const NO_PARENT: u32 = u32::MAX;

/// The states, their predecessors on a shortest path, and the table that finds them.
pub(super) struct Store<S> {
    pub(super) states: Vec<S>,
    pub(super) parents: Vec<u32>,
    table: HashTable<u32>,
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
        Store { states: Vec::new(), parents: Vec::new(), table: HashTable::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Bytes of the tables; what a state keeps elsewhere (on the heap) is not seen.
    pub(super) fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<S>()
            + self.parents.capacity() * size_of::<u32>()
            + self.table.allocation_size()
    }

    #[inline]
    pub(super) fn insert(&mut self, state: S, parent: u32) -> Insertion {
        let Store { states, parents, table } = self;
        let same = |&at: &u32| states[at as usize] == state;
        let rehash = |&at: &u32| hash_of(&states[at as usize]);
        match table.entry(hash_of(&state), same, rehash) {
            Entry::Occupied(known) => Insertion::Known(*known.get()),
            Entry::Vacant(place) => {
                let at = states.len() as u32;
                place.insert(at);
                states.push(state);
                parents.push(parent);
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
