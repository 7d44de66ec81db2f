//! What the neighbors have, and which of them have something that this peer lacks.
//!
//! A row of words stands for the set of chunks that a neighbor has. It is on the neighbor's board,
//! where the driver keeps boards; it is here where not, and for what a neighbor told this peer
//! alone. Of each neighbor of interest one chunk is remembered that it has and this peer lacks:
//! interest needs to be looked at again only when that chunk arrives.

use std::hash::{Hash, Hasher};

use super::rarity::Rarity;
use super::slots::{SlotSet, places_of};
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::boards::Boards;

/// Words of a row above which the counts of the neighbors' chunks are kept instead of being counted
/// anew for each request.
const LONG: usize = 32;

fn words(chunks: usize) -> usize {
    chunks.div_ceil(usize::BITS as usize)
}

/// For each slot a chunk that this peer lacks and the neighbor has, where it is of interest. Which
/// one it is depends on the order of events and changes nothing that a peer does: all values are
/// equal.
#[derive(Clone, Debug)]
struct Wanted(Vec<ChunkId>);

impl PartialEq for Wanted {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Wanted {}

impl Hash for Wanted {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// What a peer knows of its neighbors' chunks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Interest {
    /// Words of a row.
    words: usize,
    /// The neighbors whose chunks are known from what they told this peer.
    known: SlotSet,
    /// A row for each of them, in the order of their slots.
    rows: Vec<usize>,
    /// The neighbors whose boards count: those that have shown something since they are neighbors,
    /// and are not known from messages.
    shown: SlotSet,
    /// The neighbors that have something that this peer lacks.
    interesting: SlotSet,
    wanted: Wanted,
    /// How many neighbors have each chunk, where rows are long.
    rarity: Option<Box<Rarity>>,
}

impl Interest {
    pub(super) fn new(chunks: usize) -> Self {
        let words = words(chunks);
        Interest {
            words,
            known: SlotSet::default(),
            rows: Vec::new(),
            shown: SlotSet::default(),
            interesting: SlotSet::default(),
            wanted: Wanted(Vec::new()),
            rarity: (LONG < words).then(|| Box::new(Rarity::new(chunks))),
        }
    }

    /// Are boards of use for a file? Where rows are long, counts are kept instead.
    pub(super) fn reads_boards(manifest: &Manifest) -> bool {
        words(manifest.chunks()) <= LONG
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let rarity = |rarity: &Rarity| size_of::<Rarity>() + rarity.heap_bytes();
        self.rows.len() * size_of::<usize>()
            + self.wanted.0.len() * size_of::<ChunkId>()
            + self.known.heap_bytes()
            + self.interesting.heap_bytes()
            + self.rarity.as_deref().map_or(0, rarity)
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        self.known.open_gap(at);
        self.shown.open_gap(at);
        self.interesting.open_gap(at);
        self.wanted.0.insert(at, ChunkId(0));
    }

    /// The neighbor at a slot is gone.
    pub(super) fn close_gap(&mut self, at: usize) {
        self.drop_row(at);
        self.known.close_gap(at);
        self.shown.close_gap(at);
        self.interesting.close_gap(at);
        self.wanted.0.remove(at);
    }

    fn drop_row(&mut self, slot: usize) {
        if self.known.contains(slot) {
            let place = self.place(slot);
            if let Some(rarity) = &mut self.rarity {
                rarity.remove_all(&self.rows[place..][..self.words]);
            }
            self.rows.drain(place..place + self.words);
            self.known.remove(slot);
        }
    }

    /// The board of the neighbor at a slot counts from now on.
    pub(super) fn follow(&mut self, slot: usize) {
        self.drop_row(slot);
        self.shown.insert(slot);
    }

    /// Is it known from messages what the neighbor at a slot has?
    pub(super) fn is_known(&self, slot: usize) -> bool {
        self.known.contains(slot)
    }

    /// The neighbors of which this peer must hear everything: those that have nothing of interest,
    /// and those that are known from messages.
    pub(super) fn attentive(&self, neighbors: usize) -> SlotSet {
        let all = SlotSet::full(neighbors);
        let others = all.with(&self.interesting, |all, interesting| all & !interesting);
        others.with(&self.known, |others, known| others | known)
    }

    /// Where the row of a known neighbor begins.
    fn place(&self, slot: usize) -> usize {
        self.known.rank(slot) * self.words
    }

    /// What a neighbor has, by words; empty where it has nothing.
    #[inline]
    pub(super) fn row<'a>(
        &'a self,
        slot: usize,
        id: PeerId,
        boards: &'a impl Boards,
    ) -> &'a [usize] {
        if self.known.contains(slot) {
            &self.rows[self.place(slot)..][..self.words]
        } else if self.shown.contains(slot) {
            boards.shown(id)
        } else {
            &[]
        }
    }

    /// What each neighbor has that has anything, in no order.
    pub(super) fn rows<'a>(
        &'a self,
        ids: &'a [PeerId],
        boards: &'a impl Boards,
    ) -> impl Iterator<Item = &'a [usize]> + Clone {
        let shown = self.shown.iter().map(|slot| boards.shown(ids[slot]));
        self.rows.chunks_exact(self.words).chain(shown)
    }

    /// How many neighbors have each chunk, where that is kept.
    pub(super) fn rarity(&self) -> Option<&Rarity> {
        self.rarity.as_deref()
    }

    /// Its row, to change it.
    fn row_mut(&mut self, slot: usize) -> &mut [usize] {
        let place = self.place(slot);
        if !self.known.contains(slot) {
            self.known.insert(slot);
            self.rows.splice(place..place, std::iter::repeat_n(0, self.words));
        }
        &mut self.rows[place..][..self.words]
    }

    /// The neighbor at a slot told this peer that it has `chunk`.
    #[inline]
    pub(super) fn note(&mut self, slot: usize, chunk: ChunkId) {
        let (word, bit) = place(chunk);
        let word = &mut self.row_mut(slot)[word];
        let new = *word & bit == 0;
        *word |= bit;
        if let Some(rarity) = &mut self.rarity
            && new
        {
            rarity.add(chunk);
        }
    }

    /// The neighbor at a slot told this peer that it has these chunks; the words of those that are
    /// new.
    pub(super) fn note_all(&mut self, slot: usize, theirs: &ChunkSet) -> Vec<usize> {
        let both = self.row_mut(slot).iter_mut().zip(theirs.words());
        let new: Vec<usize> = both
            .map(|(known, theirs)| {
                let new = theirs & !*known;
                *known |= theirs;
                new
            })
            .collect();
        if let Some(rarity) = &mut self.rarity {
            rarity.add_all(&new);
        }
        new
    }

    /// A neighbor does not have `chunk`, whatever it said; says whether that is new.
    pub(super) fn deny(
        &mut self,
        slot: usize,
        id: PeerId,
        chunk: ChunkId,
        boards: &impl Boards,
    ) -> bool {
        let held = holds(self.row(slot, id, boards), chunk);
        if held {
            if !self.known.contains(slot) {
                // From now on only what it tells counts.
                let row = self.row(slot, id, boards).to_vec();
                self.row_mut(slot).iter_mut().zip(row).for_each(|(new, old)| *new = old);
                self.shown.remove(slot);
            }
            let (word, bit) = place(chunk);
            self.row_mut(slot)[word] &= !bit;
            if let Some(rarity) = &mut self.rarity {
                rarity.remove(chunk);
            }
        }
        held
    }

    /// Does the neighbor at a slot have something that this peer lacks?
    #[inline]
    pub(super) fn is_interesting(&self, slot: usize) -> bool {
        self.interesting.contains(slot)
    }

    /// The neighbors that have something that this peer lacks.
    pub(super) fn interesting(&self) -> &SlotSet {
        &self.interesting
    }

    /// This peer has got a chunk: the slots of the neighbors whose wanted chunk it was, ascending.
    pub(super) fn resting_on(&self, chunk: ChunkId) -> SlotSet {
        let same: SlotSet = places_of(chunk.0, &self.wanted.0, |chunk| chunk.0).collect();
        same.with(&self.interesting, |same, interesting| same & interesting)
    }

    /// Looks whether a neighbor has something that this peer lacks, which is all but `settled`;
    /// says whether that has changed.
    pub(super) fn review(
        &mut self,
        slot: usize,
        id: PeerId,
        settled: &ChunkSet,
        boards: &impl Boards,
    ) -> bool {
        let row = self.row(slot, id, boards);
        let lacking = row.iter().zip(settled.words()).map(|(theirs, settled)| theirs & !settled);
        let found = lacking.enumerate().find(|&(_, word)| word != 0);
        let was = self.interesting.contains(slot);
        match found {
            Some((at, word)) => {
                let bit = word.trailing_zeros();
                self.wanted.0[slot] = ChunkId(at as u32 * usize::BITS + bit);
                self.interesting.insert(slot);
            }
            None => self.interesting.remove(slot),
        }
        was != found.is_some()
    }
}

/// Is every chunk of a set, given by its words, in a row?
pub(super) fn contains_all(row: &[usize], set: &[usize]) -> bool {
    let theirs = row.iter().copied().chain(std::iter::repeat(0));
    set.iter().zip(theirs).all(|(set, theirs)| set & !theirs == 0)
}

/// Is `chunk` in a row?
#[inline]
pub(super) fn holds(row: &[usize], chunk: ChunkId) -> bool {
    let (word, bit) = place(chunk);
    row.get(word).is_some_and(|word| word & bit != 0)
}

/// The word of a chunk, and its bit there.
fn place(chunk: ChunkId) -> (usize, usize) {
    (chunk.index() / usize::BITS as usize, 1 << (chunk.0 % usize::BITS))
}
