//! Which chunk to request next: a pure function of what the neighbors have.
//!
//! The picker never knows who serves whom. The types to know are [`View`] and [`Rarity`].

use std::num::NonZeroUsize;

use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet};
use crate::scenario::Picker;

/// How many neighbors have each chunk, and the chunks of each such level.
///
/// The levels make "the rarest chunk that this neighbor has and nobody was asked for" a scan over
/// words instead of chunks. They lie behind each other in one table, since an update touches two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rarity {
    counts: Vec<u32>,
    /// How many chunks stand on each level.
    sizes: Vec<u32>,
    /// The words of level 0, then of level 1, and so on.
    bits: Vec<usize>,
    /// Words a level.
    words: usize,
}

impl Rarity {
    /// No neighbor has any of `chunks`.
    pub fn new(chunks: usize) -> Self {
        let bits = ChunkSet::full(chunks).words().to_vec();
        Rarity { counts: vec![0; chunks], sizes: vec![chunks as u32], words: bits.len(), bits }
    }

    /// How many neighbors have `chunk`.
    pub fn availability(&self, chunk: ChunkId) -> u32 {
        self.counts[chunk.index()]
    }

    /// One more neighbor has `chunk`.
    pub fn add(&mut self, chunk: ChunkId) {
        let level = self.counts[chunk.index()] as usize;
        if level + 1 == self.sizes.len() {
            self.sizes.push(0);
            self.bits.resize(self.bits.len() + self.words, 0);
        }
        self.counts[chunk.index()] += 1;
        self.flip(level, chunk);
        self.flip(level + 1, chunk);
        self.sizes[level] -= 1;
        self.sizes[level + 1] += 1;
    }

    /// One neighbor fewer has `chunk`.
    pub fn remove(&mut self, chunk: ChunkId) {
        let level = self.counts[chunk.index()] as usize;
        self.counts[chunk.index()] -= 1;
        self.flip(level, chunk);
        self.flip(level - 1, chunk);
        self.sizes[level] -= 1;
        self.sizes[level - 1] += 1;
        // Equal states must be equal values: no empty level stays at the top.
        while 1 < self.sizes.len() && self.sizes.last() == Some(&0) {
            self.sizes.pop();
            self.bits.truncate(self.bits.len() - self.words);
        }
    }

    fn flip(&mut self, level: usize, chunk: ChunkId) {
        let (word, bit) = (chunk.0 / usize::BITS, chunk.0 % usize::BITS);
        self.bits[level * self.words + word as usize] ^= 1 << bit;
    }

    /// The words of each level that has chunks, from the rarest.
    fn levels(&self) -> impl Iterator<Item = &[usize]> {
        let levels = self.bits.chunks_exact(self.words.max(1)).zip(&self.sizes);
        levels.filter(|&(_, &size)| size != 0).map(|(level, _)| level)
    }
}

/// What the picker sees when it picks a chunk to request of one neighbor.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What the neighbor has: the words of a set of chunks.
    pub theirs: &'a [usize],
    /// What this peer lacks and has not requested of anybody.
    pub open: &'a ChunkSet,
    /// How many neighbors have each chunk.
    pub rarity: &'a Rarity,
    /// Does this peer hold anything yet? The first chunk is picked at random: a rare one is slow to
    /// come, and who has nothing cannot trade.
    pub first: First,
}

/// Whether a peer holds anything yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// It holds nothing.
    Yes,
    /// It holds something.
    No,
}

/// The chunk to request next, or none. Ties are broken by choice: answer i is the i-th lowest chunk
/// of those that are equally good.
pub fn pick(picker: Picker, view: &View<'_>, choose: &mut dyn Choose) -> Option<ChunkId> {
    let both = view.theirs.iter().zip(view.open.words());
    let fitting: Vec<usize> = both.map(|(theirs, open)| theirs & open).collect();
    if fitting.iter().all(|&word| word == 0) {
        return None;
    }
    match (picker, view.first) {
        (Picker::InOrder, _) => select(fitting.iter().copied(), 0),
        (Picker::Random, _) | (Picker::RarestFirst, First::Yes) => {
            any(fitting.iter().copied(), choose)
        }
        (Picker::RarestFirst, First::No) => view.rarity.levels().find_map(|level| {
            any(fitting.iter().zip(level).map(|(fitting, level)| fitting & level), choose)
        }),
    }
}

/// Any chunk of a set that is given by its words.
fn any(words: impl Iterator<Item = usize> + Clone, choose: &mut dyn Choose) -> Option<ChunkId> {
    let count: usize = words.clone().map(|word| word.count_ones() as usize).sum();
    let bound = NonZeroUsize::new(count)?;
    select(words, if count == 1 { 0 } else { choose.index(bound) })
}

/// The chunk with `rank` lower ones in a set that is given by its words.
fn select(words: impl Iterator<Item = usize>, rank: usize) -> Option<ChunkId> {
    let mut left = rank;
    for (at, mut word) in words.enumerate() {
        let here = word.count_ones() as usize;
        if left < here {
            for _ in 0..left {
                word &= word - 1;
            }
            return Some(ChunkId(at as u32 * usize::BITS + word.trailing_zeros()));
        }
        left -= here;
    }
    None
}
