//! Which chunk to request next: a pure function of what the neighbors have.
//!
//! The picker never knows who serves whom. The type to know is [`View`].

use std::num::NonZeroUsize;

use super::rarity::Rarity;
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet};
use crate::scenario::Picker;

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
    let mut fitting: Vec<usize> = both.map(|(theirs, open)| theirs & open).collect();
    match (picker, view.first) {
        (Picker::InOrder, _) => return select(&fitting, 0),
        (Picker::Random, _) | (Picker::RarestFirst, First::Yes) => {}
        (Picker::RarestFirst, First::No) => view.rarity.keep_rarest(&mut fitting),
    }
    any(&fitting, choose)
}

/// Any chunk of a set that is given by its words.
fn any(words: &[usize], choose: &mut dyn Choose) -> Option<ChunkId> {
    let count: usize = words.iter().map(|word| word.count_ones() as usize).sum();
    let bound = NonZeroUsize::new(count)?;
    select(words, if count == 1 { 0 } else { choose.index(bound) })
}

/// The chunk with `rank` lower ones in a set that is given by its words.
fn select(words: &[usize], rank: usize) -> Option<ChunkId> {
    let mut left = rank;
    for (at, &word) in words.iter().enumerate() {
        let mut word = word;
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
