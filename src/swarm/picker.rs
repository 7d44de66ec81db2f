//! Which chunk to request next: a pure function of what the neighbors have.
//!
//! The picker never knows which neighbor serves which.

use std::num::NonZeroUsize;

use super::availability;
use super::rarity::Rarity;
use crate::choose::Choose;
use crate::chunks::ChunkId;
use crate::scenario::Picker;

/// Words of a set of chunks that are held without an allocation.
const FEW: usize = 16;

/// What the picker sees when it picks a chunk to request of one neighbor. Sets are given by their
/// words.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, R> {
    /// What the neighbor has; empty where it has nothing.
    pub theirs: &'a [usize],
    /// What this peer lacks and has not requested of any neighbor.
    pub open: &'a [usize],
    /// How many neighbors have each chunk, where that is kept; else it is counted.
    pub rarity: Option<&'a Rarity>,
    /// What each neighbor has that has anything, in any order.
    pub rows: R,
    /// Does this peer hold anything yet? The first chunk is picked at random: a rare one is slow to
    /// come, and a peer that has nothing cannot trade.
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
pub fn pick<'r, R>(picker: Picker, view: &View<'_, R>, choose: &mut dyn Choose) -> Option<ChunkId>
where
    R: Iterator<Item = &'r [usize]> + Clone,
{
    let (mut few, mut many) = ([0; FEW], Vec::new());
    let words = view.theirs.len().min(view.open.len());
    let fitting = if words <= FEW {
        &mut few[..words]
    } else {
        many.resize(words, 0);
        &mut many[..]
    };
    for (word, (theirs, open)) in fitting.iter_mut().zip(view.theirs.iter().zip(view.open)) {
        *word = theirs & open;
    }
    match (picker, view.first) {
        (Picker::InOrder, _) => return select(fitting, 0),
        (Picker::Random, _) | (Picker::RarestFirst, First::Yes) => {}
        (Picker::RarestFirst, First::No) => match view.rarity {
            Some(rarity) => rarity.keep_rarest(fitting),
            None => availability::keep_rarest(view.rows.clone(), fitting),
        },
    }
    any(fitting, choose)
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
