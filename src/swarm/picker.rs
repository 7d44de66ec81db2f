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
/// words instead of chunks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rarity {
    counts: Vec<u32>,
    levels: Vec<ChunkSet>,
}

impl Rarity {
    /// No neighbor has any of `chunks`.
    pub fn new(chunks: usize) -> Self {
        Rarity { counts: vec![0; chunks], levels: vec![ChunkSet::full(chunks)] }
    }

    /// How many neighbors have `chunk`.
    pub fn availability(&self, chunk: ChunkId) -> u32 {
        self.counts[chunk.index()]
    }

    /// One more neighbor has `chunk`.
    pub fn add(&mut self, chunk: ChunkId) {
        let level = self.counts[chunk.index()] as usize;
        self.counts[chunk.index()] += 1;
        self.levels[level].remove(chunk);
        if level + 1 == self.levels.len() {
            self.levels.push(ChunkSet::empty(self.counts.len()));
        }
        self.levels[level + 1].insert(chunk);
    }

    /// One neighbor fewer has `chunk`.
    pub fn remove(&mut self, chunk: ChunkId) {
        let level = self.counts[chunk.index()] as usize;
        self.counts[chunk.index()] -= 1;
        self.levels[level].remove(chunk);
        self.levels[level - 1].insert(chunk);
        // Equal states must be equal values: no empty level stays at the top.
        while 1 < self.levels.len() && self.levels.last().is_some_and(ChunkSet::is_empty) {
            self.levels.pop();
        }
    }

    /// The levels from the rarest.
    fn levels(&self) -> impl Iterator<Item = &ChunkSet> {
        self.levels.iter().filter(|level| !level.is_empty())
    }
}

/// What the picker sees when it picks a chunk to request of one neighbor.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What the neighbor has.
    pub theirs: &'a ChunkSet,
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

/// The chunk to request next, or none. Ties are broken by choice, among the lowest chunks first in
/// the order of the answers.
pub fn pick(picker: Picker, view: &View<'_>, choose: &mut dyn Choose) -> Option<ChunkId> {
    match (picker, view.first) {
        (Picker::InOrder, _) => words(&[view.theirs, view.open]).find_map(lowest),
        (Picker::Random, _) | (Picker::RarestFirst, First::Yes) => {
            any(&[view.theirs, view.open], choose)
        }
        (Picker::RarestFirst, First::No) => {
            view.rarity.levels().find_map(|level| any(&[view.theirs, view.open, level], choose))
        }
    }
}

/// The words of the intersection of some sets of one file.
fn words<'a>(sets: &'a [&'a ChunkSet]) -> impl Iterator<Item = (usize, usize)> + 'a {
    let (first, rest) = sets.split_first().expect("an intersection of at least one set");
    first
        .words()
        .iter()
        .enumerate()
        .map(move |(at, &word)| (at, rest.iter().fold(word, |all, set| all & set.words()[at])))
}

/// The lowest chunk of a word.
fn lowest((at, word): (usize, usize)) -> Option<ChunkId> {
    (word != 0).then(|| ChunkId(at as u32 * usize::BITS + word.trailing_zeros()))
}

/// Any chunk of the intersection.
fn any(sets: &[&ChunkSet], choose: &mut dyn Choose) -> Option<ChunkId> {
    let count: usize = words(sets).map(|(_, word)| word.count_ones() as usize).sum();
    let bound = NonZeroUsize::new(count)?;
    let mut left = if count == 1 { 0 } else { choose.index(bound) };
    for (at, mut word) in words(sets) {
        let here = word.count_ones() as usize;
        if left < here {
            for _ in 0..left {
                word &= word - 1;
            }
            return lowest((at, word));
        }
        left -= here;
    }
    unreachable!("the choice lies below the number of chunks counted in the same sets")
}
