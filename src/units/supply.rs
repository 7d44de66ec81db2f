//! What a link can carry over time: its rate, which may change at instants.

use std::sync::Arc;

use super::{Rate, Time};

/// Changes of a rate after the start: instants in ascending order, each with the rate from there
/// on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RateChanges(Option<Arc<[(Time, Rate)]>>);

impl RateChanges {
    /// The rate never changes.
    pub const NONE: RateChanges = RateChanges(None);

    /// These changes, in ascending order.
    pub fn new(changes: impl IntoIterator<Item = (Time, Rate)>) -> Self {
        let changes: Vec<(Time, Rate)> = changes.into_iter().collect();
        RateChanges((!changes.is_empty()).then(|| changes.into()))
    }

    /// The changes.
    pub fn list(&self) -> &[(Time, Rate)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Does the rate never change?
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// What a link can carry over time: a piecewise linear function that never falls. All arithmetic is
/// exact, in bits x ns; a sum beyond 128 bits saturates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Supply {
    first: Rate,
    changes: RateChanges,
}

impl Supply {
    /// A rate from the start on, and its changes.
    pub fn new(first: Rate, changes: RateChanges) -> Self {
        Supply { first, changes }
    }

    /// A rate that never changes.
    pub fn constant(rate: Rate) -> Self {
        Supply::new(rate, RateChanges::NONE)
    }

    /// The rate from the start on, and its changes.
    pub fn into_parts(self) -> (Rate, RateChanges) {
        (self.first, self.changes)
    }

    /// The rate, if it never changes.
    pub fn is_constant(&self) -> Option<Rate> {
        self.changes.is_empty().then_some(self.first)
    }

    /// The instants from which each rate holds, from the start on.
    pub fn pieces(&self) -> impl Iterator<Item = (Time, Rate)> + Clone + '_ {
        std::iter::once((Time::ZERO, self.first)).chain(self.changes.list().iter().copied())
    }

    /// The rate from `at` on.
    pub fn rate_at(&self, at: Time) -> Rate {
        let changes = self.changes.list();
        let next = changes.partition_point(|&(from, _)| from <= at);
        next.checked_sub(1).map_or(self.first, |last| changes[last].1)
    }

    /// The highest rate at any time.
    pub fn highest(&self) -> Rate {
        self.pieces().map(|(_, rate)| rate).max().unwrap_or(self.first)
    }

    /// The highest rate at any time from `at` on.
    pub fn highest_from(&self, at: Time) -> Rate {
        let later = self.changes.list().iter().filter(|&&(from, _)| at < from);
        later.map(|&(_, rate)| rate).fold(self.rate_at(at), Rate::max)
    }

    /// The lowest rate at any time.
    pub fn lowest(&self) -> Rate {
        self.pieces().map(|(_, rate)| rate).min().unwrap_or(self.first)
    }

    /// What is carried between two instants, in nanobits.
    pub fn nanobits(&self, from: Time, to: Time) -> u128 {
        if let Some(rate) = self.is_constant() {
            return rate.nanobits(to.since(from));
        }
        let ends = self.changes.list().iter().map(|&(at, _)| at).chain([Time::MAX]);
        let piece = |((start, rate), end): ((Time, Rate), Time)| {
            rate.nanobits(end.min(to).since(start.max(from)))
        };
        self.pieces().zip(ends).map(piece).fold(0, u128::saturating_add)
    }

    /// The supply whose rate is another from `at` on.
    #[must_use]
    pub fn changed(&self, at: Time, rate: Rate) -> Supply {
        if at == Time::ZERO {
            return Supply::constant(rate);
        }
        let before = self.changes.list().iter().copied().filter(|&(from, _)| from < at);
        Supply::new(self.first, RateChanges::new(before.chain([(at, rate)])))
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    /// Gaps and rates.
    fn supply(first: u8, changes: Vec<(u8, u8)>) -> Supply {
        let mut at = 0;
        let changes = changes.into_iter().map(|(gap, rate)| {
            at += 1 + u64::from(gap % 4);
            (Time(at), Rate(rate.into()))
        });
        Supply::new(Rate(first.into()), RateChanges::new(changes.collect::<Vec<_>>()))
    }

    quickcheck! {
        /// Nanosecond by nanosecond.
        fn what_is_carried_is_the_sum_of_the_rates(
            first: u8, changes: Vec<(u8, u8)>, from: u8, to: u8
        ) -> bool {
            let supply = supply(first, changes.into_iter().take(6).collect());
            let (from, to) = (u64::from(from % 40), u64::from(to % 40));
            let sum: u128 = (from..to).map(|at| u128::from(supply.rate_at(Time(at)).0)).sum();
            let rates: Vec<Rate> = (0..40).map(|at| supply.rate_at(Time(at))).collect();
            supply.nanobits(Time(from), Time(to)) == sum
                && supply.highest() == *rates.iter().max().unwrap()
                && supply.lowest() == *rates.iter().min().unwrap()
        }

        fn a_change_holds_from_its_instant_on(
            first: u8, changes: Vec<(u8, u8)>, at: u8, rate: u8
        ) -> bool {
            let before = supply(first, changes.into_iter().take(6).collect());
            let after = before.changed(Time(at.into()), Rate(rate.into()));
            (0..60).all(|now| {
                let is_before = now < u64::from(at);
                let old = before.rate_at(Time(now));
                let expected = if is_before { old } else { Rate(rate.into()) };
                after.rate_at(Time(now)) == expected
            })
        }
    }

    #[test]
    fn the_largest_sums_saturate() {
        let supply = Supply::new(Rate(u64::MAX), RateChanges::new([(Time(1), Rate(u64::MAX))]));
        assert_eq!(supply.nanobits(Time::ZERO, Time::MAX), u128::from(u64::MAX).pow(2));
    }
}
