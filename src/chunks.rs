//! Nodes, chunks, sets of chunks, and how a file is cut into chunks.
//!
//! A [`Manifest`] says how a file is cut, a [`ChunkSet`] is any set of its chunks. Which node holds
//! which chunk is never recorded here.

use std::fmt;

use fixedbitset::FixedBitSet;
use serde::{Deserialize, Serialize};

use crate::units::Bytes;

/// A node of the swarm: 0 is the source, peers count from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct PeerId(pub u32);

impl PeerId {
    /// The node that has the whole file at time 0.
    pub const SOURCE: PeerId = PeerId(0);

    /// Index into a table with one entry per node, the source first.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// Is this the source?
    pub fn is_source(self) -> bool {
        self == PeerId::SOURCE
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_source() { f.write_str("the source") } else { write!(f, "peer {}", self.0) }
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// A chunk: the unit of exchange (BEP 3: piece). Chunks count from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct ChunkId(pub u32);

impl ChunkId {
    /// Index into a table with one entry per chunk.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chunk {}", self.0)
    }
}

impl fmt::Debug for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// How a file is cut: its size and the size of a chunk; the last chunk may be short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Manifest {
    file: Bytes,
    chunk: Bytes,
}

/// Why a file cannot be cut, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The file has no byte.
    #[error("the file is empty; give it at least 1 B")]
    EmptyFile,
    /// A chunk has no byte.
    #[error("a chunk is empty; give it at least 1 B, for example 256 KiB")]
    EmptyChunk,
    /// There are more than [`Manifest::MAX_CHUNKS`] chunks.
    #[error(
        "{file} in chunks of {chunk} make more than {} chunks; use larger chunks",
        Manifest::MAX_CHUNKS
    )]
    TooManyChunks {
        /// The size of the file.
        file: Bytes,
        /// The size of a chunk.
        chunk: Bytes,
    },
}

impl Manifest {
    /// Largest number of chunks in a file: more would not fit the tables of a run.
    pub const MAX_CHUNKS: u64 = 1 << 24;

    /// A file of `file` bytes in chunks of `chunk` bytes.
    ///
    /// # Errors
    /// An empty file, an empty chunk, more than [`Manifest::MAX_CHUNKS`] chunks.
    pub fn new(file: Bytes, chunk: Bytes) -> Result<Self, ManifestError> {
        if file == Bytes(0) {
            return Err(ManifestError::EmptyFile);
        }
        if chunk == Bytes(0) {
            return Err(ManifestError::EmptyChunk);
        }
        if Self::MAX_CHUNKS < file.0.div_ceil(chunk.0) {
            return Err(ManifestError::TooManyChunks { file, chunk });
        }
        Ok(Manifest { file, chunk })
    }

    /// The size of the file.
    pub fn file(&self) -> Bytes {
        self.file
    }

    /// The size of every chunk except possibly the last.
    pub fn chunk(&self) -> Bytes {
        self.chunk
    }

    /// Number of chunks, including a short last one.
    pub fn chunks(&self) -> usize {
        self.file.0.div_ceil(self.chunk.0) as usize
    }

    /// Number of full-size chunks; 0 if the file is smaller than a chunk.
    pub fn whole_chunks(&self) -> usize {
        (self.file.0 / self.chunk.0) as usize
    }

    /// The size of `chunk`.
    ///
    /// # Panics
    /// If the file has no such chunk: a `ChunkId` is only valid for the file it came from.
    pub fn length(&self, chunk: ChunkId) -> Bytes {
        let start = u64::from(chunk.0) * self.chunk.0;
        assert!(start < self.file.0, "{chunk} lies beyond the end of the file");
        Bytes(self.chunk.0.min(self.file.0 - start))
    }

    /// The size of the smallest chunk: the last one if it is short.
    pub fn smallest(&self) -> Bytes {
        self.length(ChunkId(self.chunks() as u32 - 1))
    }
}

/// A set of chunks of one file. Its capacity is the number of chunks in the file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkSet {
    bits: FixedBitSet,
    count: usize,
}

impl ChunkSet {
    /// The empty set, for a file of `chunks` chunks.
    pub fn empty(chunks: usize) -> Self {
        ChunkSet { bits: FixedBitSet::with_capacity(chunks), count: 0 }
    }

    /// All chunks of a file of `chunks` chunks.
    pub fn full(chunks: usize) -> Self {
        let mut bits = FixedBitSet::with_capacity(chunks);
        bits.insert_range(..);
        ChunkSet { bits, count: chunks }
    }

    /// Some chunks of a file of `chunks` chunks.
    pub fn of(chunks: usize, members: impl Iterator<Item = ChunkId>) -> Self {
        let mut set = ChunkSet::empty(chunks);
        for chunk in members {
            set.insert(chunk);
        }
        set
    }

    /// Number of chunks in the file.
    pub fn capacity(&self) -> usize {
        self.bits.len()
    }

    /// An upper bound on the heap size in bytes: blocks of at most 256 bits.
    pub fn heap_bytes(&self) -> usize {
        self.bits.len().div_ceil(256) * 32
    }

    /// Number of chunks in the set.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Is no chunk in the set?
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Is every chunk in the set?
    pub fn is_full(&self) -> bool {
        self.count == self.bits.len()
    }

    /// Is `chunk` in the set?
    pub fn contains(&self, chunk: ChunkId) -> bool {
        self.bits.contains(chunk.index())
    }

    /// Adds `chunk`; true if it was not in the set.
    pub fn insert(&mut self, chunk: ChunkId) -> bool {
        let new = !self.bits.put(chunk.index());
        self.count += usize::from(new);
        new
    }

    /// Removes `chunk`; true if it was in the set.
    pub fn remove(&mut self, chunk: ChunkId) -> bool {
        let there = self.contains(chunk);
        if there {
            self.bits.set(chunk.index(), false);
            self.count -= 1;
        }
        there
    }

    /// The chunks in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = ChunkId> + '_ {
        self.bits.ones().map(|at| ChunkId(at as u32))
    }

    /// The chunks of the file that are not in the set, in ascending order.
    pub fn missing(&self) -> impl Iterator<Item = ChunkId> + '_ {
        self.bits.zeroes().map(|at| ChunkId(at as u32))
    }

    /// Number of chunks in `self` that are not in `other`.
    pub fn count_beyond(&self, other: &ChunkSet) -> usize {
        self.bits.difference_count(&other.bits)
    }

    /// Is every chunk of `self` in `other`?
    pub fn is_subset(&self, other: &ChunkSet) -> bool {
        self.bits.is_subset(&other.bits)
    }

    /// Adds every chunk of `other`.
    pub fn union_with(&mut self, other: &ChunkSet) {
        self.bits.union_with(&other.bits);
        self.count = self.bits.count_ones(..);
    }

    /// The words of the bit set, chunk 0 in the lowest bit of the first word, for scans that
    /// combine sets.
    pub fn words(&self) -> &[usize] {
        self.bits.as_slice()
    }
}

/// The chunks of a set that is given by its words, as [`ChunkSet::words`] gives them.
pub(crate) fn chunks_of(words: &[usize]) -> impl Iterator<Item = ChunkId> + '_ {
    words.iter().enumerate().flat_map(|(at, &word)| {
        let bits = (0..usize::BITS).filter(move |bit| word & (1 << bit) != 0);
        bits.map(move |bit| ChunkId(at as u32 * usize::BITS + bit))
    })
}

impl fmt::Debug for ChunkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        fn the_chunks_add_up_to_the_file(file: u32, chunk: u16) -> bool {
            let (file, chunk) = (u64::from(file) + 1, u64::from(chunk) + 256);
            let manifest = Manifest::new(Bytes(file), Bytes(chunk)).unwrap();
            let sum: u64 = (0..manifest.chunks())
                .map(|c| manifest.length(ChunkId(c as u32)).0)
                .sum();
            let short = usize::from(file % chunk != 0);
            sum == file && manifest.whole_chunks() + short == manifest.chunks()
        }

        fn a_chunk_set_is_a_set(inserts: Vec<u8>, removes: Vec<u8>) -> bool {
            let mut set = ChunkSet::empty(256);
            let mut model = BTreeSet::new();
            for &c in &inserts {
                assert_eq!(set.insert(ChunkId(u32::from(c))), model.insert(c));
            }
            for &c in &removes {
                assert_eq!(set.remove(ChunkId(u32::from(c))), model.remove(&c));
            }
            set.len() == model.len()
                && set.iter().map(|c| c.0 as u8).eq(model.iter().copied())
                && set.missing().count() == 256 - model.len()
        }
    }

    #[test]
    fn a_file_smaller_than_a_chunk_is_one_chunk() {
        let manifest = Manifest::new(Bytes(10), Bytes(100)).unwrap();
        assert_eq!((manifest.chunks(), manifest.whole_chunks()), (1, 0));
        assert_eq!(manifest.length(ChunkId(0)), Bytes(10));
    }

    #[test]
    fn impossible_files_are_refused() {
        let refused = |file, chunk| Manifest::new(Bytes(file), Bytes(chunk)).unwrap_err();
        assert_eq!(refused(0, 1), ManifestError::EmptyFile);
        assert_eq!(refused(1, 0), ManifestError::EmptyChunk);
        assert!(refused(u64::MAX, 1).to_string().contains("larger chunks"));
    }
}
