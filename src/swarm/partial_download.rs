//! A peer that wants a part of the file, and serves that part when it has it (a partial seed, BEP
//! 21).

use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::scenario::ChunkRanges;

/// What such a peer knows beyond what it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PartialDownload {
    /// The chunks that it has, and those that it does not want.
    settled: ChunkSet,
    /// The neighbors that wanted nothing of it at its last decision, once it had what it wants.
    uninterested: Vec<PeerId>,
}

impl PartialDownload {
    pub(super) fn new(wants: &ChunkRanges, have: &ChunkSet) -> Self {
        let chunks = have.capacity();
        let mut settled = wants.complement(chunks).to_set(chunks);
        settled.union_with(have);
        PartialDownload { settled, uninterested: Vec::new() }
    }

    /// Bytes on the heap, its own included: it stands in a box.
    pub(super) fn heap_bytes(&self) -> usize {
        let uninterested = self.uninterested.len() * size_of::<PeerId>();
        size_of::<PartialDownload>() + self.settled.heap_bytes() + uninterested
    }

    /// The chunks that a peer need not get: those that it has, and those that it does not want.
    pub(super) fn settled<'a>(partial: &'a Option<Box<Self>>, have: &'a ChunkSet) -> &'a ChunkSet {
        partial.as_deref().map_or(have, |partial| &partial.settled)
    }

    /// A chunk is here.
    pub(super) fn arrived(&mut self, chunk: ChunkId) {
        self.settled.insert(chunk);
    }

    /// Takes the neighbors that want nothing of it now; gives those that did not at the last
    /// decision either: one that has just come has not had the time to say what it wants.
    pub(super) fn uninterested_again(&mut self, now: Vec<PeerId>) -> Vec<PeerId> {
        let again = |peer: &PeerId| self.uninterested.contains(peer);
        let (both, new) = now.into_iter().partition(again);
        self.uninterested = new;
        both
    }
}
