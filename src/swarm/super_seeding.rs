//! The source's first pass: each chunk once before any chunk twice (super seeding, after BEP 16).
//!
//! During the pass the source shows no bitfield. It tells one neighbor at a time of one chunk,
//! which no other can then ask for. It serves those first of whose chunks the fewest have not been
//! seen at others: a chunk is of no use to the swarm while it waits at a slow uplink. When every
//! chunk is promised, it shows them all.

use std::collections::BTreeMap;

use super::heap::tree_bytes;
use crate::chunks::{ChunkId, ChunkSet, PeerId};

/// What the source has promised so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Offers {
    /// Chunks that it has not promised to any neighbor.
    unpromised: ChunkSet,
    /// What each neighbor was promised and has not got.
    promised: BTreeMap<PeerId, Vec<ChunkId>>,
    /// The neighbor that each chunk was promised or given to, until it is seen at another.
    unseen: BTreeMap<ChunkId, PeerId>,
    /// What each neighbor was told of, where it shows what it has to all.
    told: BTreeMap<PeerId, Vec<ChunkId>>,
}

impl Offers {
    /// Bytes on the heap, its own included: it stands in a box.
    pub(super) fn heap_bytes(&self) -> usize {
        let promised = self.promised.values().map(|chunks| chunks.len() * size_of::<ChunkId>());
        size_of::<Offers>()
            + self.unpromised.heap_bytes()
            + tree_bytes::<(PeerId, Vec<ChunkId>)>(self.promised.len())
            + promised.sum::<usize>()
            + tree_bytes::<(ChunkId, PeerId)>(self.unseen.len())
    }

    pub(super) fn new(chunks: usize) -> Self {
        Offers {
            unpromised: ChunkSet::full(chunks),
            promised: BTreeMap::new(),
            unseen: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// A neighbor has a chunk: if it is not the one that was given it, that one has passed it on.
    pub(super) fn seen(&mut self, at: PeerId, chunk: ChunkId) {
        if self.unseen.get(&chunk).is_some_and(|&given| given != at) {
            self.unseen.remove(&chunk);
        }
    }

    /// How many of the chunks given to each neighbor have not been seen at others.
    pub(super) fn kept_back(&self) -> BTreeMap<PeerId, u32> {
        let mut counts = BTreeMap::new();
        for &given in self.unseen.values() {
            *counts.entry(given).or_default() += 1;
        }
        counts
    }

    /// May a neighbor request `chunk`? What it was promised once may be another's by now.
    pub(super) fn promised_to(&self, peer: PeerId, chunk: ChunkId) -> bool {
        self.promised.get(&peer).is_some_and(|promised| promised.contains(&chunk))
    }

    /// How many chunks a neighbor was promised and has not got.
    pub(super) fn outstanding(&self, peer: PeerId) -> usize {
        self.promised.get(&peer).map_or(0, Vec::len)
    }

    /// Promises a neighbor the next chunk; None when every chunk is promised.
    pub(super) fn promise(&mut self, to: PeerId) -> Option<ChunkId> {
        let chunk = self.unpromised.iter().next()?;
        self.unpromised.remove(chunk);
        self.promised.entry(to).or_default().push(chunk);
        self.unseen.insert(chunk, to);
        Some(chunk)
    }

    /// A neighbor that shows what it has to all is told of a chunk.
    pub(super) fn tells(&mut self, to: PeerId, chunk: ChunkId) {
        self.told.entry(to).or_default().push(chunk);
    }

    /// Has a neighbor been told of a chunk?
    pub(super) fn has_told(&self, peer: PeerId, chunk: ChunkId) -> bool {
        self.told.get(&peer).is_some_and(|told| told.contains(&chunk))
    }

    /// A neighbor is gone.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.withdraw(peer, |_| false);
        self.told.remove(&peer);
    }

    /// A chunk has left for a neighbor, promised or not: it need not be promised to any. Says how
    /// many chunks others than this neighbor were promised and have not got.
    pub(super) fn kept(&mut self, to: PeerId, chunk: ChunkId) -> usize {
        self.unpromised.remove(chunk);
        if let Some(promised) = self.promised.get_mut(&to) {
            promised.retain(|&other| other != chunk);
        }
        self.promised.values().map(Vec::len).sum::<usize>() - self.outstanding(to)
    }

    /// A neighbor is served no more or gone: what it was promised may go to others, but for what
    /// is on its way to it.
    pub(super) fn withdraw(&mut self, from: PeerId, is_sending: impl Fn(ChunkId) -> bool) {
        for chunk in self.promised.remove(&from).unwrap_or_default() {
            if !is_sending(chunk) {
                self.unpromised.insert(chunk);
                self.unseen.remove(&chunk);
            }
        }
    }
}
