//! How many neighbors have each chunk, kept so that news touches one cache line and the rarest of
//! any set is found by a scan over words.
//!
//! The counts are binary numbers that lie across: a word of chunks has one plane a binary digit,
//! and digit d of the count of its chunk c is bit c of plane d. Adding a set of chunks is then a
//! ripple of carries through the planes, 64 chunks at a time.

use crate::chunks::ChunkId;

/// How many neighbors have each chunk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rarity {
    /// The planes of the first word of chunks, lowest digit first, then those of the second.
    planes: Vec<usize>,
    /// Words that the chunks take.
    words: usize,
    /// Planes a word: as many as the highest count has digits, so that equal counts are equal
    /// values.
    depth: usize,
    /// How many counts have the highest digit.
    high: u32,
}

impl Rarity {
    /// No neighbor has any of `chunks`.
    pub fn new(chunks: usize) -> Self {
        let words = chunks.div_ceil(usize::BITS as usize);
        Rarity { planes: Vec::new(), words, depth: 0, high: 0 }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.planes.len() * size_of::<usize>()
    }

    /// How many neighbors have `chunk`.
    pub fn availability(&self, chunk: ChunkId) -> u32 {
        let (word, bit) = place(chunk);
        let digits = self.planes_of(word).iter().enumerate();
        digits.map(|(digit, plane)| u32::from(plane & bit != 0) << digit).sum()
    }

    /// One more neighbor has `chunk`.
    #[inline]
    pub fn add(&mut self, chunk: ChunkId) {
        let (word, bit) = place(chunk);
        let planes = &mut self.planes[word * self.depth..][..self.depth];
        // The digits below the lowest 0 become 0, and that one 1.
        match planes.iter().position(|plane| plane & bit == 0) {
            Some(digit) => {
                planes[..=digit].iter_mut().for_each(|plane| *plane ^= bit);
                self.high += u32::from(digit + 1 == self.depth);
            }
            None => self.add_to(word, bit),
        }
    }

    /// One neighbor fewer has `chunk`.
    ///
    /// # Panics
    /// When none had it.
    pub fn remove(&mut self, chunk: ChunkId) {
        let (word, bit) = place(chunk);
        self.remove_from(word, bit);
        self.trim();
    }

    /// One more neighbor has each chunk of a set that is given by its words.
    pub fn add_all(&mut self, set: &[usize]) {
        for (word, &bits) in set.iter().enumerate() {
            self.add_to(word, bits);
        }
    }

    /// One neighbor fewer has each chunk of a set that is given by its words.
    ///
    /// # Panics
    /// When none had one of them.
    pub fn remove_all(&mut self, set: &[usize]) {
        for (word, &bits) in set.iter().enumerate() {
            self.remove_from(word, bits);
        }
        self.trim();
    }

    /// Leaves those in a set, given by its words, that the fewest neighbors have.
    pub fn keep_rarest(&self, set: &mut [usize]) {
        for digit in (0..self.depth).rev() {
            let planes = self.planes[digit..].iter().step_by(self.depth);
            // Where some have a 0 at this digit, no other can be the least.
            if set.iter().zip(planes.clone()).any(|(bits, plane)| bits & !plane != 0) {
                set.iter_mut().zip(planes).for_each(|(bits, plane)| *bits &= !plane);
            }
        }
    }

    fn planes_of(&self, word: usize) -> &[usize] {
        &self.planes[word * self.depth..][..self.depth]
    }

    fn add_to(&mut self, word: usize, bits: usize) {
        let depth = self.depth;
        let mut carry = bits;
        for (digit, plane) in self.planes[word * depth..][..depth].iter_mut().enumerate() {
            let both = *plane & carry;
            *plane ^= carry;
            if digit + 1 == depth {
                self.high += carry.count_ones();
                self.high -= 2 * both.count_ones();
            }
            carry = both;
            if carry == 0 {
                return;
            }
        }
        if carry != 0 {
            self.deepen(depth + 1);
            self.planes[word * self.depth + depth] = carry;
            self.high = carry.count_ones();
        }
    }

    fn remove_from(&mut self, word: usize, bits: usize) {
        let depth = self.depth;
        let mut borrow = bits;
        for (digit, plane) in self.planes[word * depth..][..depth].iter_mut().enumerate() {
            if borrow == 0 {
                return;
            }
            if digit + 1 == depth {
                self.high -= (*plane & borrow).count_ones();
            }
            let lacking = borrow & !*plane;
            *plane ^= borrow;
            borrow = lacking;
        }
        assert!(borrow == 0, "a neighbor must have had what is taken away");
    }

    /// Takes away the highest digits that no count has any more.
    fn trim(&mut self) {
        while self.high == 0 && 0 < self.depth {
            self.deepen(self.depth - 1);
            let top = self.planes.iter().skip(self.depth.saturating_sub(1));
            self.high = top.step_by(self.depth.max(1)).map(|plane| plane.count_ones()).sum();
        }
    }

    /// Lays the planes out anew, with another number of them a word.
    fn deepen(&mut self, depth: usize) {
        let mut planes = vec![0; self.words * depth];
        let kept = depth.min(self.depth);
        for word in 0..self.words {
            planes[word * depth..][..kept].copy_from_slice(&self.planes_of(word)[..kept]);
        }
        self.planes = planes;
        self.depth = depth;
    }
}

/// The word of a chunk, and its bit there.
fn place(chunk: ChunkId) -> (usize, usize) {
    (chunk.index() / usize::BITS as usize, 1 << (chunk.0 % usize::BITS))
}
