//! The heap that the states of a search own, beside what `size_of` of a state says.
//!
//! States may share what they own, so each block counts once. Blocks are counted in the order in
//! which states are found, which depends on no thread, and so does the sum.

use std::collections::BTreeSet;

use stateright::Model;

/// Calls its last argument with every block of heap that a state owns or shares. The address of a
/// block must be its own as long as a state that was shown has it.
pub type Heap<M> = fn(&M, &<M as Model>::State, &mut dyn FnMut(Block));

/// One allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it is: two states that share it give the same.
    pub address: usize,
    /// Its size in bytes, with everything that only it points to.
    pub bytes: usize,
}

/// The blocks of all states that were found.
#[derive(Default)]
pub(super) struct Owned {
    addresses: BTreeSet<usize>,
    bytes: usize,
}

/// Bytes that an address takes in the set: a node of a B-tree is at least five elevenths full.
const ADDRESS: usize = 3 * size_of::<usize>();

impl Owned {
    /// Counts a block, unless another state has shown it.
    pub(super) fn count(&mut self, block: Block) {
        if self.addresses.insert(block.address) {
            // More than all of memory is no less of a reason to stop.
            self.bytes = self.bytes.saturating_add(block.bytes).saturating_add(ADDRESS);
        }
    }

    /// Bytes of the `states` so far and of `more` that own as much each as these do on average,
    /// rounded up.
    pub(super) fn bytes_with(&self, states: usize, more: usize) -> usize {
        let grown = (self.bytes as u128 * more as u128).div_ceil(states.max(1) as u128);
        self.bytes.saturating_add(usize::try_from(grown).unwrap_or(usize::MAX))
    }
}
