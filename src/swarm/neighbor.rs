//! What a peer knows of one neighbor, and the table of all of them.

use memchr::{memchr, memchr_iter};
use prefetch_index::prefetch_index;

use crate::chunks::{ChunkId, ChunkSet, PeerId};

/// One neighbor, as this peer sees it: what news of chunks and decisions look at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Neighbor {
    /// Who it is.
    pub(super) peer: PeerId,
    /// How many chunks it says that it has.
    pub(super) holds: u32,
    /// How many of those this peer lacks.
    pub(super) wanted: u32,
    /// Whether this peer told it that it wants something.
    pub(super) interesting: bool,
    /// Whether it told this peer that it wants something.
    pub(super) interested: bool,
    /// Whether it serves this peer.
    pub(super) serves_me: bool,
    /// Whether this peer serves it.
    pub(super) served: bool,
    /// Whether this peer said anything to it since the last decision.
    pub(super) spoken_to: bool,
    /// Decisions since it was last heard of.
    pub(super) silent: u8,
}

/// What the choker compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Score {
    /// Bytes got from it since the last decision of the choker.
    pub(super) received: u64,
    /// Bytes sent to it since the last decision of the choker.
    pub(super) sent: u64,
    /// Decisions that it has been waiting for.
    pub(super) waited: u32,
}

impl Neighbor {
    pub(super) fn new(peer: PeerId) -> Self {
        Neighbor {
            peer,
            holds: 0,
            wanted: 0,
            interesting: false,
            interested: false,
            serves_me: false,
            served: false,
            spoken_to: false,
            silent: 0,
        }
    }
}

/// A byte of an id. Ids are given in turn, so the lowest tells most neighbors apart.
fn tag(peer: PeerId) -> u8 {
    peer.0 as u8
}

/// The neighbors, in ascending order of ids, so that every walk over them is reproducible.
///
/// News of chunks is most of what a swarm says, and what it touches decides how fast a simulation
/// is: tags, records, scores and holdings lie in tables of their own, one allocation each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub(super) struct Neighbors {
    /// The tag of each: one look finds the one or two records that may be a neighbor's.
    tags: Vec<u8>,
    records: Vec<Neighbor>,
    /// What the first neighbor says that it has, then the second, and so on: bits by chunk.
    holdings: Vec<usize>,
    /// Words a neighbor.
    words: usize,
    scores: Vec<Score>,
    /// How many of them this peer serves.
    served: usize,
}

impl Neighbors {
    pub(super) fn new(chunks: usize) -> Self {
        Neighbors {
            tags: Vec::new(),
            records: Vec::new(),
            holdings: Vec::new(),
            words: chunks.div_ceil(usize::BITS as usize),
            scores: Vec::new(),
            served: 0,
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.tags.len()
            + self.records.len() * size_of::<Neighbor>()
            + self.holdings.len() * size_of::<usize>()
            + self.scores.len() * size_of::<Score>()
    }

    /// The words of the set of chunks that the neighbor at a position has.
    pub(super) fn holdings(&self, at: usize) -> &[usize] {
        &self.holdings[at * self.words..][..self.words]
    }

    /// Notes that the neighbor at a position has these chunks; the words of those that are new.
    pub(super) fn note_all(&mut self, at: usize, theirs: &ChunkSet) -> Vec<usize> {
        let known = &mut self.holdings[at * self.words..][..self.words];
        let both = theirs.words().iter().zip(known);
        let new: Vec<usize> = both
            .map(|(theirs, known)| {
                let new = theirs & !*known;
                *known |= theirs;
                new
            })
            .collect();
        self.records[at].holds += new.iter().map(|new| new.count_ones()).sum::<u32>();
        new
    }

    fn place(&self, at: usize, chunk: ChunkId) -> (usize, usize) {
        let word = at * self.words + chunk.index() / usize::BITS as usize;
        (word, 1 << (chunk.0 % usize::BITS))
    }

    /// Asks memory for what is known of a chunk at a position that may not exist.
    pub(super) fn expect(&self, at: usize, chunk: ChunkId) {
        prefetch_index(&self.records, at);
        prefetch_index(&self.holdings, at * self.words + chunk.index() / usize::BITS as usize);
    }

    /// Does the neighbor at a position have `chunk`?
    pub(super) fn holds(&self, at: usize, chunk: ChunkId) -> bool {
        let (word, bit) = self.place(at, chunk);
        self.holdings[word] & bit != 0
    }

    /// Notes that the neighbor at a position has `chunk`, which counts as so many wanted ones; says
    /// whether that is new.
    #[inline]
    pub(super) fn add(&mut self, at: usize, chunk: ChunkId, wanted: u32) -> bool {
        let (word, bit) = self.place(at, chunk);
        let word = &mut self.holdings[word];
        let new = *word & bit == 0;
        if new {
            *word |= bit;
            let record = &mut self.records[at];
            record.holds += 1;
            record.wanted += wanted;
        }
        new
    }

    /// Notes that the neighbor at a position does not have `chunk`, which counted as so many wanted
    /// ones; says whether that is new.
    pub(super) fn take(&mut self, at: usize, chunk: ChunkId, wanted: u32) -> bool {
        let held = self.holds(at, chunk);
        if held {
            let (word, bit) = self.place(at, chunk);
            self.holdings[word] &= !bit;
            let record = &mut self.records[at];
            record.holds -= 1;
            record.wanted -= wanted;
        }
        held
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    #[inline]
    pub(super) fn position(&self, peer: PeerId) -> Option<usize> {
        memchr_iter(tag(peer), &self.tags).find(|&at| self.records[at].peer == peer)
    }

    /// The position of a neighbor, most often, without a look at the records.
    #[inline]
    pub(super) fn guess(&self, peer: PeerId) -> usize {
        memchr(tag(peer), &self.tags).unwrap_or(0)
    }

    /// The position of a neighbor, after a guess.
    #[inline]
    pub(super) fn confirm(&self, guess: usize, peer: PeerId) -> Option<usize> {
        match self.records.get(guess) {
            Some(record) if record.peer == peer => Some(guess),
            _ => self.position(peer),
        }
    }

    pub(super) fn find(&mut self, peer: PeerId) -> Option<&mut Neighbor> {
        self.position(peer).map(|at| &mut self.records[at])
    }

    pub(super) fn contains(&self, peer: PeerId) -> bool {
        self.position(peer).is_some()
    }

    pub(super) fn insert(&mut self, neighbor: Neighbor) {
        let place = self.records.binary_search_by_key(&neighbor.peer, |record| record.peer);
        if let Err(at) = place {
            self.tags.insert(at, tag(neighbor.peer));
            self.records.insert(at, neighbor);
            self.scores.insert(at, Score::default());
            let from = at * self.words;
            self.holdings.splice(from..from, std::iter::repeat_n(0, self.words));
        }
    }

    /// Takes a neighbor out; the words of the set of chunks that it has.
    pub(super) fn remove(&mut self, peer: PeerId) -> Option<Vec<usize>> {
        let at = self.position(peer)?;
        self.tags.remove(at);
        let neighbor = self.records.remove(at);
        self.scores.remove(at);
        self.served -= usize::from(neighbor.served);
        Some(self.holdings.drain(at * self.words..(at + 1) * self.words).collect())
    }

    pub(super) fn at(&mut self, at: usize) -> &mut Neighbor {
        &mut self.records[at]
    }

    pub(super) fn record(&self, at: usize) -> &Neighbor {
        &self.records[at]
    }

    /// What the choker compares of the neighbor at a position.
    pub(super) fn score(&mut self, at: usize) -> &mut Score {
        &mut self.scores[at]
    }

    /// How many neighbors this peer serves.
    pub(super) fn served(&self) -> usize {
        self.served
    }

    /// Begins to serve a neighbor; false when it is none, or is served already.
    pub(super) fn begin_serving(&mut self, peer: PeerId) -> bool {
        let Some(at) = self.position(peer).filter(|&at| !self.records[at].served) else {
            return false;
        };
        self.records[at].served = true;
        self.scores[at].waited = 0;
        self.served += 1;
        true
    }

    /// Ends serving a neighbor; false when it is none, or was not served.
    pub(super) fn end_serving(&mut self, peer: PeerId) -> bool {
        let Some(neighbor) = self.find(peer).filter(|neighbor| neighbor.served) else {
            return false;
        };
        neighbor.served = false;
        self.served -= 1;
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Neighbor> {
        self.records.iter()
    }

    /// The neighbors, with what the choker compares.
    pub(super) fn scored(&self) -> impl Iterator<Item = (&Neighbor, &Score)> {
        self.records.iter().zip(&self.scores)
    }

    /// The same, to change it.
    pub(super) fn scored_mut(&mut self) -> impl Iterator<Item = (&Neighbor, &mut Score)> {
        self.records.iter().zip(&mut self.scores)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Neighbor> {
        self.records.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// Neighbors are where their ids are in order, also those whose tags are the same.
        fn a_neighbor_is_found_by_its_id(steps: Vec<(u8, u8, bool)>) -> bool {
            let mut neighbors = Neighbors::new(70);
            let mut model = BTreeSet::new();
            for (high, low, comes) in steps {
                let peer = PeerId(u32::from(high % 4) << 8 | u32::from(low % 3));
                if comes {
                    neighbors.insert(Neighbor::new(peer));
                    model.insert(peer);
                } else {
                    assert_eq!(neighbors.remove(peer).is_some(), model.remove(&peer));
                }
            }
            (0..4 << 8).map(PeerId).all(|peer| {
                let place = model.iter().position(|&other| other == peer);
                let guess = neighbors.guess(peer);
                neighbors.position(peer) == place && neighbors.confirm(guess, peer) == place
            })
        }
    }
}
