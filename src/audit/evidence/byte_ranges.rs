//! Which bytes of a chunk are there, and which are not.
//!
//! It knows neither who brought them nor when. The type to know is [`ByteRanges`].

use std::collections::BTreeMap;
use std::ops::Range;

use crate::units::Bytes;

/// The bytes of one chunk that somebody holds.
#[derive(Clone, Debug)]
pub(in crate::audit) struct ByteRanges {
    length: u64,
    missing: u64,
    /// start -> end of the pieces that are there; they neither overlap nor touch. Stays empty when
    /// the chunk came in one piece, as it mostly does.
    pieces: BTreeMap<u64, u64>,
}

impl ByteRanges {
    /// Nothing of a chunk of `length`.
    pub(in crate::audit) fn new(length: Bytes) -> Self {
        ByteRanges { length: length.0, missing: length.0, pieces: BTreeMap::new() }
    }

    /// Is every byte there?
    pub(in crate::audit) fn is_full(&self) -> bool {
        self.missing == 0
    }

    /// How many bytes are there.
    pub(in crate::audit) fn covered(&self) -> u64 {
        self.length - self.missing
    }

    /// Adds `bytes` from `offset`; says how many of them are new. Bytes beyond the chunk do not
    /// count.
    pub(in crate::audit) fn insert(&mut self, offset: Bytes, bytes: Bytes) -> u64 {
        let (mut from, mut to) =
            (offset.0.min(self.length), offset.0.saturating_add(bytes.0).min(self.length));
        if self.missing == 0 || from == to {
            return 0;
        }
        if to - from == self.length {
            self.pieces.clear();
            return std::mem::take(&mut self.missing);
        }
        let asked = to - from;
        let mut known = 0;
        while let Some((&start, &end)) = self.pieces.range(..=to).next_back()
            && from <= end
        {
            known += end.min(to).saturating_sub(start.max(from));
            self.pieces.remove(&start);
            // The widened piece overlaps no byte that is not counted: pieces do not overlap.
            (from, to) = (from.min(start), to.max(end));
        }
        self.pieces.insert(from, to);
        let new = asked - known;
        self.missing -= new;
        new
    }

    /// The parts of `bytes` that are not there, in order.
    pub(in crate::audit) fn gaps(&self, bytes: Range<u64>) -> Vec<Range<u64>> {
        let (mut from, to) = (bytes.start, bytes.end.min(self.length));
        let mut gaps = Vec::new();
        if self.missing == 0 {
            return gaps;
        }
        if let Some((_, &end)) = self.pieces.range(..=from).next_back() {
            from = from.max(end);
        }
        while from < to {
            let next = self.pieces.range(from..to).next();
            gaps.push(from..next.map_or(to, |(&start, _)| start));
            from = next.map_or(to, |(_, &end)| end);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against one flag for every byte.
        #[test]
        fn bytes_are_covered_as_one_by_one(
            length in 1u64..40,
            parts in prop::collection::vec((0u64..40, 0u64..20), 0..20),
            asked in (0u64..40, 0u64..41),
        ) {
            let mut cover = ByteRanges::new(Bytes(length));
            let mut flags = vec![false; length as usize];
            for (offset, bytes) in parts {
                let range = offset.min(length) as usize..(offset + bytes).min(length) as usize;
                let new = flags[range.clone()].iter().filter(|&&flag| !flag).count();
                flags[range].fill(true);
                prop_assert_eq!(cover.insert(Bytes(offset), Bytes(bytes)), new as u64);
            }
            let covered = flags.iter().filter(|&&flag| flag).count() as u64;
            prop_assert_eq!(cover.covered(), covered);
            prop_assert_eq!(cover.is_full(), covered == length);
            let (from, to) = (asked.0.min(length), asked.1.min(length));
            let lacking: Vec<u64> = (from..to).filter(|&byte| !flags[byte as usize]).collect();
            let gaps = cover.gaps(from..to);
            prop_assert!(gaps.iter().all(|gap| !gap.is_empty()));
            prop_assert!(gaps.windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert_eq!(gaps.into_iter().flatten().collect::<Vec<u64>>(), lacking);
        }
    }
}
