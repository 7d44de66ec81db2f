//! A set of neighbors by their slots, which are their places in the table of neighbors.
//!
//! Up to 128 neighbors it takes no memory of its own; what it takes for more lies on the heap.

/// Slots of one word.
const WIDTH: usize = u64::BITS as usize;
/// Words that lie in the set itself.
const FEW: usize = 2;

/// A set of slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct SlotSet {
    low: [u64; FEW],
    /// Slots from 128 on. The last word is never empty, so that equal sets are equal values.
    high: Vec<u64>,
}

/// The slots of a set, ascending.
#[derive(Clone, Debug)]
pub(super) struct Slots<'s> {
    set: &'s SlotSet,
    /// The word that is looked at, and what is left of it.
    at: usize,
    left: u64,
}

impl Iterator for Slots<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.at += 1;
            self.left = self.set.word(self.at)?;
        }
        let slot = self.at * WIDTH + self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(slot)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let behind = (self.at + 1..).map_while(|at| self.set.word(at));
        let ones: u32 = behind.chain([self.left]).map(u64::count_ones).sum();
        (ones as usize, Some(ones as usize))
    }
}

impl SlotSet {
    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.high.len() * size_of::<u64>()
    }

    #[inline]
    fn word(&self, at: usize) -> Option<u64> {
        if at < FEW { Some(self.low[at]) } else { self.high.get(at - FEW).copied() }
    }

    fn word_mut(&mut self, at: usize) -> &mut u64 {
        if at < FEW {
            return &mut self.low[at];
        }
        if self.high.len() <= at - FEW {
            self.high.resize(at - FEW + 1, 0);
        }
        &mut self.high[at - FEW]
    }

    fn trim(&mut self) {
        while self.high.last() == Some(&0) {
            self.high.pop();
        }
    }

    #[inline]
    pub(super) fn contains(&self, slot: usize) -> bool {
        self.word(slot / WIDTH).is_some_and(|word| word >> (slot % WIDTH) & 1 == 1)
    }

    #[inline]
    pub(super) fn insert(&mut self, slot: usize) {
        *self.word_mut(slot / WIDTH) |= 1 << (slot % WIDTH);
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: usize) {
        if self.contains(slot) {
            *self.word_mut(slot / WIDTH) &= !(1 << (slot % WIDTH));
            self.trim();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = SlotSet::default();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.low == [0; FEW] && self.high.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        let words = self.low.iter().chain(&self.high);
        words.map(|word| word.count_ones() as usize).sum()
    }

    /// How many slots of the set are below this one.
    pub(super) fn rank(&self, slot: usize) -> usize {
        self.iter().take_while(|&other| other < slot).count()
    }

    /// The first `len` slots.
    pub(super) fn full(len: usize) -> Self {
        let mut set = SlotSet::default();
        for at in 0..len.div_ceil(WIDTH) {
            let slots = (len - at * WIDTH).min(WIDTH);
            *set.word_mut(at) = u64::MAX >> (WIDTH - slots);
        }
        set
    }

    /// Those of the first `len` slots that fit.
    #[inline]
    pub(super) fn matching(len: usize, fits: impl Fn(usize) -> bool) -> Self {
        let mut set = SlotSet::default();
        for (at, from) in (0..len).step_by(WIDTH).enumerate() {
            let slots = from..len.min(from + WIDTH);
            let word = slots.fold(0, |word, slot| word | u64::from(fits(slot)) << (slot % WIDTH));
            if word != 0 {
                *set.word_mut(at) = word;
            }
        }
        set
    }

    /// Combines two sets word by word.
    #[inline]
    pub(super) fn with(&self, other: &SlotSet, each: impl Fn(u64, u64) -> u64) -> SlotSet {
        let low = std::array::from_fn(|at| each(self.low[at], other.low[at]));
        let mut set = SlotSet { low, high: Vec::new() };
        if !self.high.is_empty() || !other.high.is_empty() {
            let word = |of: &SlotSet, at: usize| of.high.get(at).copied().unwrap_or(0);
            let words = 0..self.high.len().max(other.high.len());
            set.high = words.map(|at| each(word(self, at), word(other, at))).collect();
            set.trim();
        }
        set
    }

    /// The slots in ascending order.
    #[inline]
    pub(super) fn iter(&self) -> Slots<'_> {
        Slots { set: self, at: 0, left: self.low[0] }
    }

    /// Makes room for a new neighbor at a slot: the slots from there on move up by one.
    pub(super) fn open_gap(&mut self, at: usize) {
        *self = self.iter().map(|slot| slot + usize::from(at <= slot)).collect();
    }

    /// A neighbor is gone: its slot is taken out, and those behind it move down by one.
    pub(super) fn close_gap(&mut self, at: usize) {
        let moved = |slot| slot - usize::from(at < slot);
        let kept = self.iter().filter(|&slot| slot != at).map(moved);
        *self = kept.collect();
    }
}

impl FromIterator<usize> for SlotSet {
    fn from_iter<I: IntoIterator<Item = usize>>(slots: I) -> Self {
        let mut set = SlotSet::default();
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// A set of numbers, and equal to any other with the same contents.
        fn it_is_a_set_of_slots(steps: Vec<(u8, u8)>) -> bool {
            let mut set = SlotSet::default();
            let mut model: BTreeSet<usize> = BTreeSet::new();
            for (what, slot) in steps {
                let slot = usize::from(slot);
                match what % 4 {
                    0 => {
                        set.open_gap(slot);
                        model = model.into_iter().map(|it| it + usize::from(slot <= it)).collect();
                    }
                    1 => {
                        set.close_gap(slot);
                        model.remove(&slot);
                        model = model.into_iter().map(|it| it - usize::from(slot < it)).collect();
                    }
                    2 => {
                        set.remove(slot);
                        model.remove(&slot);
                    }
                    _ => {
                        set.insert(slot);
                        model.insert(slot);
                    }
                }
                assert_eq!(set.rank(slot), model.range(..slot).count());
                assert_eq!(set.contains(slot), model.contains(&slot));
            }
            let same = SlotSet::matching(600, |slot| model.contains(&slot));
            let nothing = set.with(&same, |one, other| one ^ other);
            assert_eq!(SlotSet::full(set.len()), (0..set.len()).collect());
            set == same && nothing.is_empty() && set.len() == model.len() && set.iter().eq(model)
        }
    }
}
