//! The oracle of choices: every decision that the input does not determine is asked for here.
//!
//! An engine never owns randomness. It asks a [`Choose`] for an index below a bound, and the code
//! that runs the engine supplies one: [`Seeded`] in simulations, [`Enumerate`] to visit every
//! branch, [`Recorded`] to replay a run.

use std::num::NonZeroUsize;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The source of choices.
pub trait Choose {
    /// An index in `0..bound`.
    fn index(&mut self, bound: NonZeroUsize) -> usize;
}

/// One element of `items`; None if the slice is empty. A single element costs no choice.
pub fn pick<T: Copy>(items: &[T], choose: &mut dyn Choose) -> Option<T> {
    let bound = NonZeroUsize::new(items.len())?;
    Some(items[if bound.get() == 1 { 0 } else { choose.index(bound) }])
}

/// Moves a random selection of `count` elements to the front of `items` (partial Fisher-Yates) and
/// returns it. A `count` beyond the length selects all of them.
pub(crate) fn sample<'a, T>(
    items: &'a mut [T],
    count: usize,
    choose: &mut dyn Choose,
) -> &'a mut [T] {
    let count = count.min(items.len());
    for at in 0..count {
        let left = NonZeroUsize::new(items.len() - at).expect("at is below the length");
        if 1 < left.get() {
            items.swap(at, at + choose.index(left));
        }
    }
    &mut items[..count]
}

/// Choices drawn from a seed: ChaCha8, whose stream is the same on every machine and in every
/// version.
#[derive(Clone, Debug)]
pub struct Seeded(ChaCha8Rng);

impl Seeded {
    /// The generator for `seed`. Independent users of one seed take different `stream`s.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Seeded(rng)
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Choose for Seeded {
    /// Unbiased uniform index: 64-bit multiply and reject (Lemire 2019).
    fn index(&mut self, bound: NonZeroUsize) -> usize {
        let bound = bound.get() as u64;
        let mut product = u128::from(self.bits()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.bits()) * u128::from(bound);
            }
        }
        (product >> 64) as usize
    }
}

/// Replays recorded choices. Beyond their end it answers 0, so a shortened record still runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    choices: Vec<usize>,
    at: usize,
}

impl Recorded {
    /// Answers `choices` in this order.
    pub fn new(choices: Vec<usize>) -> Self {
        Recorded { choices, at: 0 }
    }
}

impl Choose for Recorded {
    fn index(&mut self, bound: NonZeroUsize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        choice.min(bound.get() - 1)
    }
}

/// Enumerates every sequence of answers: run the code, call [`Enumerate::advance`], and repeat
/// until it returns false.
///
/// ```
/// use std::num::NonZeroUsize;
/// use swarmbound::choose::{Choose, Enumerate};
/// let (two, three) = (NonZeroUsize::new(2).unwrap(), NonZeroUsize::new(3).unwrap());
/// let mut all = Enumerate::default();
/// let mut seen = Vec::new();
/// loop {
///     seen.push((all.index(two), all.index(three)));
///     if !all.advance() {
///         break;
///     }
/// }
/// assert_eq!(seen.len(), 6);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enumerate {
    /// For each choice of the current run: the answer and the bound.
    path: Vec<(usize, usize)>,
    at: usize,
}

impl Enumerate {
    /// Prepares the next sequence; false once every sequence has been seen.
    pub fn advance(&mut self) -> bool {
        self.path.truncate(self.at);
        self.at = 0;
        while let Some((choice, bound)) = self.path.pop() {
            if choice + 1 < bound {
                self.path.push((choice + 1, bound));
                return true;
            }
        }
        false
    }

    /// The answers given since the last [`Enumerate::advance`].
    pub fn choices(&self) -> Vec<usize> {
        self.path[..self.at].iter().map(|&(choice, _)| choice).collect()
    }
}

impl Choose for Enumerate {
    fn index(&mut self, bound: NonZeroUsize) -> usize {
        if self.at == self.path.len() {
            self.path.push((0, bound.get()));
        }
        let (choice, asked) = self.path[self.at];
        assert_eq!(asked, bound.get(), "the same choices must lead to the same bounds");
        self.at += 1;
        choice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    /// ChaCha8 with seed 1, stream 0: pinned so that no dependency update changes a run.
    #[test]
    fn the_stream_of_a_seed_never_changes() {
        let mut seeded = Seeded::new(1, 0);
        let drawn: Vec<usize> = (0..8).map(|_| seeded.index(bound(1000))).collect();
        assert_eq!(drawn, GOLDEN);
    }
    const GOLDEN: [usize; 8] = [402, 80, 596, 219, 283, 710, 461, 152];

    #[test]
    fn every_index_below_the_bound_occurs_about_equally_often() {
        let mut seeded = Seeded::new(7, 3);
        let mut count = [0u32; 7];
        for _ in 0..70_000 {
            count[seeded.index(bound(7))] += 1;
        }
        // Six standard deviations of a binomial(70 000, 1/7): 6 * sqrt(70 000 * 6 / 49) = 556.
        assert!(count.iter().all(|&c| c.abs_diff(10_000) < 556), "{count:?}");
    }

    #[test]
    fn streams_of_one_seed_differ() {
        assert_ne!(Seeded::new(1, 0).bits(), Seeded::new(1, 1).bits());
    }

    #[test]
    fn enumerate_sees_every_selection_once() {
        let mut all = Enumerate::default();
        let mut seen = std::collections::BTreeSet::new();
        let mut runs = 0;
        loop {
            let mut items = [1, 2, 3, 4];
            seen.insert(sample(&mut items, 2, &mut all).to_vec());
            runs += 1;
            if !all.advance() {
                break;
            }
        }
        assert_eq!((runs, seen.len()), (12, 12));
    }

    #[test]
    fn recorded_repeats_what_enumerate_answered() {
        let mut all = Enumerate::default();
        while all.index(bound(3)) != 2 {
            assert!(all.advance());
        }
        let choices = all.choices();
        assert_eq!(Recorded::new(choices).index(bound(3)), 2);
    }
}
