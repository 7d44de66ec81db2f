//! A set of neighbors by their slots, which are their places in the table of neighbors.
//!
//! Up to 128 neighbors it takes no memory of its own; what it takes for more lies on the heap.

use wide::u32x4;

/// Slots of one word.
const WIDTH: usize = u64::BITS as usize;
/// Words that lie in the set itself.
const FEW: usize = 2;
/// Slots that lie in the set itself.
const NEAR: usize = FEW * WIDTH;

/// A set of slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct SlotSet {
    low: [u64; FEW],
    /// None where there are no slots from 128 on, so that equal sets are equal values.
    high: Option<Box<High>>,
}

/// Slots from 128 on. The last word is never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct High(Vec<u64>);

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

    #[inline]
    fn fold<T, F: FnMut(T, usize) -> T>(self, init: T, mut each: F) -> T {
        let (mut result, mut at, mut left) = (init, self.at, self.left);
        loop {
            while left != 0 {
                result = each(result, at * WIDTH + left.trailing_zeros() as usize);
                left &= left - 1;
            }
            at += 1;
            match self.set.word(at) {
                Some(word) => left = word,
                None => return result,
            }
        }
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
        self.high.as_ref().map_or(0, |high| size_of::<High>() + size_of_val(&high.0[..]))
    }

    #[inline]
    fn word(&self, at: usize) -> Option<u64> {
        match self.low.get(at) {
            Some(&word) => Some(word),
            None => self.high.as_ref()?.0.get(at - FEW).copied(),
        }
    }

    #[inline]
    fn word_mut(&mut self, at: usize) -> &mut u64 {
        if at < FEW { &mut self.low[at] } else { self.high_word_mut(at - FEW) }
    }

    #[cold]
    fn high_word_mut(&mut self, at: usize) -> &mut u64 {
        let words = &mut self.high.get_or_insert_default().0;
        words.resize(words.len().max(at + 1), 0);
        &mut words[at]
    }

    #[cold]
    fn trim(&mut self) {
        let Some(high) = &mut self.high else { return };
        high.0.truncate(high.0.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1));
        if high.0.is_empty() {
            self.high = None;
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
            if NEAR <= slot {
                self.trim();
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = SlotSet::default();
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.low == [0; FEW] && self.high.is_none()
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        let low: u32 = self.low.iter().map(|word| word.count_ones()).sum();
        let high = self.high.iter().flat_map(|high| &high.0).map(|word| word.count_ones());
        (low + high.sum::<u32>()) as usize
    }

    /// How many slots of the set are below this one.
    #[inline]
    pub(super) fn rank(&self, slot: usize) -> usize {
        let words = (0..slot / WIDTH).map_while(|at| self.word(at));
        let last = self.word(slot / WIDTH).unwrap_or(0) & !(u64::MAX << (slot % WIDTH));
        words.chain([last]).map(|word| word.count_ones() as usize).sum()
    }

    /// The first `len` slots.
    #[inline]
    pub(super) fn full(len: usize) -> Self {
        let word = |at: usize| match len.saturating_sub(at * WIDTH) {
            0 => 0,
            rest => u64::MAX >> (WIDTH - rest.min(WIDTH)),
        };
        let mut set = SlotSet { low: std::array::from_fn(word), high: None };
        for at in FEW..len.div_ceil(WIDTH) {
            *set.word_mut(at) = word(at);
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

    /// Combines two sets word by word; where both have none, the result has none.
    #[inline]
    pub(super) fn with(&self, other: &SlotSet, each: impl Fn(u64, u64) -> u64) -> SlotSet {
        let low = std::array::from_fn(|at| each(self.low[at], other.low[at]));
        let mut set = SlotSet { low, high: None };
        if self.high.is_some() || other.high.is_some() {
            set.combine_high(self, other, each);
        }
        set
    }

    #[cold]
    fn combine_high(&mut self, one: &SlotSet, other: &SlotSet, each: impl Fn(u64, u64) -> u64) {
        for at in (FEW..).take_while(|&at| one.word(at).is_some() || other.word(at).is_some()) {
            let word = each(one.word(at).unwrap_or(0), other.word(at).unwrap_or(0));
            if word != 0 {
                *self.word_mut(at) = word;
            }
        }
    }

    /// The slots in ascending order.
    #[inline]
    pub(super) fn iter(&self) -> Slots<'_> {
        Slots { set: self, at: 0, left: self.low[0] }
    }

    /// Makes room for a new neighbor at a slot: the slots from there on move up by one.
    pub(super) fn open_gap(&mut self, at: usize) {
        if self.high.is_some() || self.low[FEW - 1] >> (WIDTH - 1) == 1 {
            *self = self.iter().map(|slot| slot + usize::from(at <= slot)).collect();
        } else if at < NEAR {
            let below = !(u128::MAX << at);
            let slots = self.near();
            self.set_near(slots & below | (slots & !below) << 1);
        }
    }

    /// A neighbor is gone: its slot is taken out, and those behind it move down by one.
    pub(super) fn close_gap(&mut self, at: usize) {
        if self.high.is_some() {
            let moved = |slot| slot - usize::from(at < slot);
            *self = self.iter().filter(|&slot| slot != at).map(moved).collect();
        } else if at < NEAR {
            let below = !(u128::MAX << at);
            let slots = self.near();
            self.set_near(slots & below | slots >> 1 & !below);
        }
    }

    /// The slots below 128, each a bit.
    fn near(&self) -> u128 {
        u128::from(self.low[1]) << WIDTH | u128::from(self.low[0])
    }

    fn set_near(&mut self, slots: u128) {
        self.low = [slots as u64, (slots >> WIDTH) as u64];
    }
}

/// The places of a number in a table that has it once or a few times, ascending.
#[inline]
pub(super) fn places_of<T: Copy>(
    number: u32,
    table: &[T],
    of: impl Fn(T) -> u32 + Copy,
) -> impl Iterator<Item = usize> {
    let wanted = u32x4::splat(number);
    let (fours, rest) = table.as_chunks::<4>();
    let fours = fours.iter().enumerate().filter_map(move |(place, four)| {
        let same = u32x4::new(four.map(of)).simd_eq(wanted).to_bitmask();
        (same != 0).then_some((place, same))
    });
    let all = fours.flat_map(|(place, same)| {
        let bits = (0..4).filter(move |bit| same >> bit & 1 == 1);
        bits.map(move |bit| place * 4 + bit)
    });
    let last = table.len() - rest.len();
    let others = rest.iter().enumerate().filter(move |&(_, &other)| of(other) == number);
    all.chain(others.map(move |(place, _)| last + place))
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
        fn a_number_is_found_at_each_of_its_places(table: Vec<u8>, number: u8) -> bool {
            let expected = (0..table.len()).filter(|&at| table[at] == number);
            places_of(u32::from(number), &table, u32::from).eq(expected)
        }

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
