//! Ranges of bytes within one chunk: what has arrived, and which transfers overlap.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::trace::Transfer;
use crate::units::{Bytes, Time};

/// The bytes of its chunk that a transfer carries. The ledger takes none that ends beyond its
/// chunk, so that the sum fits.
pub(in crate::audit) fn range_of(t: &Transfer) -> Range<u64> {
    t.offset.0..t.offset.0 + t.bytes.0
}

/// The bytes of one chunk that have arrived at one node.
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

/// A row of numbers with the largest of every part of it, in logarithmic time.
#[derive(Clone, Debug)]
pub(in crate::audit) struct MaxTree {
    leaves: usize,
    /// The maximum of the children at `2 i` and `2 i + 1`; the row itself from `leaves` on.
    max: Vec<u64>,
}

impl MaxTree {
    /// The row `values`.
    pub(in crate::audit) fn new(values: impl ExactSizeIterator<Item = u64>) -> Self {
        let leaves = values.len().next_power_of_two();
        let mut max = vec![0; 2 * leaves];
        max[leaves..].iter_mut().zip(values).for_each(|(leaf, value)| *leaf = value);
        for at in (1..leaves).rev() {
            max[at] = max[2 * at].max(max[2 * at + 1]);
        }
        MaxTree { leaves, max }
    }

    /// Replaces one number.
    pub(in crate::audit) fn set(&mut self, place: usize, value: u64) {
        let mut at = self.leaves + place;
        self.max[at] = value;
        while 1 < at {
            at /= 2;
            self.max[at] = self.max[2 * at].max(self.max[2 * at + 1]);
        }
    }

    /// The first place within `places` whose number exceeds `limit`.
    pub(in crate::audit) fn first_above(&self, places: Range<usize>, limit: u64) -> Option<usize> {
        if places.is_empty() {
            return None;
        }
        let mut at = self.leaves + places.start;
        while self.max[at] <= limit {
            // On to the subtree to the right; behind the last one the root is left.
            while at % 2 == 1 {
                at /= 2;
            }
            if at == 0 {
                return None;
            }
            at += 1;
        }
        while at < self.leaves {
            at = if limit < self.max[2 * at] { 2 * at } else { 2 * at + 1 };
        }
        Some(at - self.leaves).filter(|place| places.contains(place))
    }

    /// The largest number within `places`; 0 where there is none.
    pub(in crate::audit) fn max(&self, places: Range<usize>) -> u64 {
        let (mut from, mut to) = (self.leaves + places.start, self.leaves + places.end);
        let mut max = 0;
        while from < to {
            if from % 2 == 1 {
                max = max.max(self.max[from]);
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                max = max.max(self.max[to]);
            }
            (from, to) = (from / 2, to / 2);
        }
        max
    }
}

/// Ranges in the order of their starts, of which those that share a byte with another range are
/// found in logarithmic time each. There may be several such orders one after the other.
#[derive(Clone, Debug)]
pub(in crate::audit) struct Overlaps {
    starts: Vec<u64>,
    /// 0 for a range that is empty or was taken out.
    ends: MaxTree,
}

impl Overlaps {
    pub(in crate::audit) fn new(ranges: impl ExactSizeIterator<Item = Range<u64>> + Clone) -> Self {
        let end = |range: Range<u64>| if range.is_empty() { 0 } else { range.end };
        Overlaps {
            starts: ranges.clone().map(|range| range.start).collect(),
            ends: MaxTree::new(ranges.map(end)),
        }
    }

    /// The first range within `places`, which lie in one order, that shares a byte with `bytes`.
    pub(in crate::audit) fn first(
        &self,
        places: Range<usize>,
        bytes: &Range<u64>,
    ) -> Option<usize> {
        let first = self.ends.first_above(places, bytes.start)?;
        (self.starts[first] < bytes.end).then_some(first)
    }

    /// Takes a range out: it is not found any more.
    pub(in crate::audit) fn take_out(&mut self, place: usize) {
        self.ends.set(place, 0);
    }
}

/// For each of some ranges with times the earliest time of another one that shares a byte with it;
/// None where no other does.
pub(in crate::audit) fn earliest_overlapping(parts: &[(Range<u64>, Time)]) -> Vec<Option<Time>> {
    let mut earliest = vec![None; parts.len()];
    if parts.len() < 2 {
        return earliest;
    }
    let mut by_start: Vec<usize> = (0..parts.len()).collect();
    by_start.sort_by_key(|&at| parts[at].0.start);
    let mut by_time: Vec<usize> = (0..parts.len()).collect();
    by_time.sort_by_key(|&at| parts[at].1);
    // In the order of time each part gives its time to all that still lack one, and so each gets
    // one once. The first part cannot give to itself, so the second one that overlaps it does.
    let mut lacking = Overlaps::new(by_start.iter().map(|&at| parts[at].0.clone()));
    for &at in &by_time {
        let (bytes, time) = &parts[at];
        if bytes.is_empty() {
            continue;
        }
        let mut from = 0;
        while let Some(place) = lacking.first(from..by_start.len(), bytes) {
            if by_start[place] != at {
                earliest[by_start[place]] = Some(*time);
                lacking.take_out(place);
            }
            from = place + 1;
        }
    }
    earliest
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
            prop_assert_eq!(cover.length - cover.missing, covered);
            prop_assert_eq!(cover.is_full(), covered == length);
            let (from, to) = (asked.0.min(length), asked.1.min(length));
            let lacking: Vec<u64> = (from..to).filter(|&byte| !flags[byte as usize]).collect();
            let gaps = cover.gaps(from..to);
            prop_assert!(gaps.iter().all(|gap| !gap.is_empty()));
            prop_assert!(gaps.windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert_eq!(gaps.into_iter().flatten().collect::<Vec<u64>>(), lacking);
        }

        /// Against every pair.
        #[test]
        fn the_earliest_other_range_is_found(
            parts in prop::collection::vec((0u64..20, 0u64..6, 0u64..9), 0..14),
        ) {
            let parts: Vec<(Range<u64>, Time)> = parts
                .into_iter()
                .map(|(start, bytes, time)| (start..start + bytes, Time(time)))
                .collect();
            let shares = |a: &Range<u64>, b: &Range<u64>| a.clone().any(|byte| b.contains(&byte));
            let expected: Vec<Option<Time>> = (0..parts.len())
                .map(|at| {
                    let others = (0..parts.len()).filter(|&other| other != at);
                    let others = others.filter(|&other| shares(&parts[other].0, &parts[at].0));
                    others.map(|other| parts[other].1).min()
                })
                .collect();
            prop_assert_eq!(earliest_overlapping(&parts), expected);
        }

        /// Against a look at every number, before and after one of them is replaced.
        #[test]
        fn a_row_of_numbers_is_searched_as_one_by_one(
            row in prop::collection::vec(0u64..9, 1..20),
            from: u8, to: u8, limit in 0u64..9, place: u8, value in 0u64..9,
        ) {
            let mut row = row;
            let mut tree = MaxTree::new(row.iter().copied());
            for _ in 0..2 {
                let (from, to) = (from as usize % row.len(), to as usize % (row.len() + 1));
                let places = from..to.max(from);
                let first = places.clone().find(|&place| limit < row[place]);
                prop_assert_eq!(tree.first_above(places.clone(), limit), first);
                let max = row[places.clone()].iter().max().copied().unwrap_or(0);
                prop_assert_eq!(tree.max(places), max);
                let place = place as usize % row.len();
                row[place] = value;
                tree.set(place, value);
            }
        }
    }
}
