//! Sets of chunks as a scenario says them: ranges, in ascending order, that neither overlap nor
//! touch.
//!
//! A peer that holds half of a file costs a few numbers here, not a bit for each chunk.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::chunks::{ChunkId, ChunkSet, Manifest};
use crate::units::Bytes;

/// Chunks of a file, as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChunkRanges(Option<Arc<[Range<u32>]>>);

impl ChunkRanges {
    /// No chunk.
    pub const EMPTY: ChunkRanges = ChunkRanges(None);

    /// Every chunk of a file of `chunks` chunks.
    pub fn all(chunks: usize) -> Self {
        ChunkRanges::new([0..chunks as u32])
    }

    /// The chunks of some ranges, in any order; those that overlap count once.
    pub fn new(ranges: impl IntoIterator<Item = Range<u32>>) -> Self {
        let mut ranges: Vec<Range<u32>> =
            ranges.into_iter().filter(|range| range.start < range.end).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
        ChunkRanges((!ranges.is_empty()).then(|| ranges.into()))
    }

    /// The ranges in ascending order.
    pub fn ranges(&self) -> &[Range<u32>] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Is there no chunk?
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Is this every chunk of a file of `chunks` chunks?
    pub fn is_all(&self, chunks: usize) -> bool {
        matches!(self.ranges(), [only] if only.start == 0 && only.end as usize == chunks)
    }

    /// How many chunks.
    pub fn count(&self) -> usize {
        self.ranges().iter().map(ExactSizeIterator::len).sum()
    }

    /// One more than the last chunk; 0 where there is none.
    pub fn end(&self) -> u32 {
        self.ranges().last().map_or(0, |range| range.end)
    }

    /// Is `chunk` one of them?
    pub fn contains(&self, chunk: ChunkId) -> bool {
        let ranges = self.ranges();
        let next = ranges.partition_point(|range| range.start <= chunk.0);
        next.checked_sub(1).is_some_and(|at| chunk.0 < ranges[at].end)
    }

    /// Are all of these in `other`?
    pub fn is_subset(&self, other: &ChunkRanges) -> bool {
        self.ranges().iter().all(|range| {
            let next = other.ranges().partition_point(|other| other.start <= range.start);
            next.checked_sub(1).is_some_and(|at| range.end <= other.ranges()[at].end)
        })
    }

    /// The chunks of a file of `chunks` chunks that are not in here.
    pub fn complement(&self, chunks: usize) -> ChunkRanges {
        let starts = std::iter::once(0).chain(self.ranges().iter().map(|range| range.end));
        let ends = self.ranges().iter().map(|range| range.start).chain([chunks as u32]);
        ChunkRanges::new(starts.zip(ends).map(|(start, end)| start..end))
    }

    /// The chunks that are in here or in `other`.
    pub fn union(&self, other: &ChunkRanges) -> ChunkRanges {
        ChunkRanges::new(self.ranges().iter().chain(other.ranges()).cloned())
    }

    /// Those before `chunks`.
    pub fn before(&self, chunks: usize) -> ChunkRanges {
        ChunkRanges::new(self.ranges().iter().map(|r| r.start..r.end.min(chunks as u32)))
    }

    /// The chunks in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = ChunkId> + '_ {
        self.ranges().iter().cloned().flatten().map(ChunkId)
    }

    /// The same set for a file of `chunks` chunks.
    pub fn to_set(&self, chunks: usize) -> ChunkSet {
        if self.is_all(chunks) {
            return ChunkSet::full(chunks);
        }
        ChunkSet::of(chunks, self.iter())
    }

    /// The bytes of these chunks; the last chunk of a file may be short.
    pub fn bytes(&self, file: &Manifest) -> Bytes {
        let chunk = u128::from(file.chunk().0);
        let bytes = |range: &Range<u32>| {
            let end = (u128::from(range.end) * chunk).min(u128::from(file.file().0));
            end - u128::from(range.start) * chunk
        };
        // Distinct bytes of the file: they fit.
        Bytes(self.ranges().iter().map(bytes).sum::<u128>() as u64)
    }
}

impl FromIterator<ChunkId> for ChunkRanges {
    fn from_iter<I: IntoIterator<Item = ChunkId>>(chunks: I) -> Self {
        ChunkRanges::new(chunks.into_iter().map(|chunk| chunk.0..chunk.0 + 1))
    }
}

/// `chunk 7`, `chunks 0..200`: one range as a scenario writes it, half open.
pub(super) fn written(range: &Range<u32>) -> String {
    match range.end - range.start {
        1 => format!("chunk {}", range.start),
        _ => format!("chunks {}..{}", range.start, range.end),
    }
}

impl fmt::Display for ChunkRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = 3;
        match self.ranges() {
            [] => f.write_str("no chunk"),
            ranges => {
                let words: Vec<String> = ranges.iter().take(shown).map(written).collect();
                f.write_str(&words.join(", "))?;
                match ranges.len().saturating_sub(shown) {
                    0 => Ok(()),
                    more => write!(f, " and {more} ranges more"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quickcheck::quickcheck;

    use super::*;

    const CHUNKS: usize = 40;

    fn both(ranges: Vec<(u8, u8)>) -> (ChunkRanges, BTreeSet<u32>) {
        let ends = |(start, span): (u8, u8)| {
            let start = u32::from(start) % CHUNKS as u32;
            start..(start + u32::from(span) % 6).min(CHUNKS as u32)
        };
        let ranges: Vec<Range<u32>> = ranges.into_iter().map(ends).collect();
        (ChunkRanges::new(ranges.iter().cloned()), ranges.into_iter().flatten().collect())
    }

    quickcheck! {
        /// Against a set of numbers.
        fn ranges_are_sets(one: Vec<(u8, u8)>, other: Vec<(u8, u8)>) -> bool {
            let ((one, a), (other, b)) = (both(one), both(other));
            let listed = |ranges: &ChunkRanges| -> BTreeSet<u32> {
                ranges.iter().map(|chunk| chunk.0).collect()
            };
            let everything: BTreeSet<u32> = (0..CHUNKS as u32).collect();
            let apart = one.ranges().windows(2).all(|pair| pair[0].end < pair[1].start);
            apart
                && listed(&one) == a
                && one.count() == a.len()
                && one.is_empty() == a.is_empty()
                && (0..CHUNKS as u32).all(|c| one.contains(ChunkId(c)) == a.contains(&c))
                && one.is_subset(&other) == a.is_subset(&b)
                && listed(&one.union(&other)) == &a | &b
                && listed(&one.complement(CHUNKS)) == &everything - &a
                && listed(&one.before(9)) == a.iter().copied().filter(|&c| c < 9).collect()
                && one == one.to_set(CHUNKS).iter().collect()
        }

        fn bytes_add_up(ranges: Vec<(u8, u8)>, short: u8) -> bool {
            let (ranges, _) = both(ranges);
            let file = Bytes(CHUNKS as u64 * 256 - u64::from(short));
            let file = Manifest::new(file, Bytes(256)).unwrap();
            let sum: u64 = ranges.iter().map(|chunk| file.length(chunk).0).sum();
            ranges.bytes(&file) == Bytes(sum)
        }
    }

    #[test]
    fn all_is_one_range_from_0() {
        assert!(ChunkRanges::all(5).is_all(5));
        assert!(!ChunkRanges::all(5).is_all(6));
        assert!(ChunkRanges::new([0..3, 3..5]).is_all(5));
        assert!(!ChunkRanges::new([0..3, 4..5]).is_all(5));
        assert_eq!(ChunkRanges::new([7..7]), ChunkRanges::EMPTY);
        assert_eq!(ChunkRanges::new([4..5, 0..3]).to_string(), "chunks 0..3, chunk 4");
    }
}
