//! Random draws: everything that a log leaves to chance comes from one seed.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of draws. The same seed and stream give the same draws on every machine.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// The draws that belong to `seed`; `stream` separates independent uses of one seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Draw(rng)
    }

    /// A number below `bound`, which is above 0. The bias of the remainder is below 2^-20 here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in so many of 100 draws.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of the items.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// One of the items; None of an empty slice.
    pub(crate) fn any<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        (!items.is_empty()).then(|| self.pick(items))
    }

    /// A random order (Fisher-Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at as u64 + 1) as usize);
        }
    }

    /// A number of `1..=high` whose length in bits is uniform.
    pub(crate) fn by_magnitude(&mut self, high: u64) -> u64 {
        let bits = self.between(1, u64::from(64 - high.leading_zeros()));
        let top = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
        self.between(1 << (bits - 1), top).min(high)
    }
}
