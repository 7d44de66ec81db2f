//! Fixed-point sums of many fractions, each of them rounded down.
//!
//! A [`Fixed`] is a time in units of 2^-40 ns. It is never above the exact value: each fraction is
//! rounded down by less than one unit, and overflow saturates, which is lower still. So a sum of a
//! million fractions is less than 2^-20 ns too low, and a bound in whole nanoseconds is at most
//! 1 ns below the exact value rounded down.

use crate::units::{NANO, Time};

/// Number of binary digits below a nanosecond. A remainder modulo the sum of a million 64-bit rates
/// has 84 bits; shifted by these 40 it still fits 128.
const BELOW: u32 = 40;

/// A duration in units of 2^-40 ns, never above the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fixed(u128);

impl Fixed {
    /// No time.
    pub(super) const ZERO: Fixed = Fixed(0);

    /// 2^64 ns, later than every [`Time`].
    pub(super) const BEYOND: Fixed = Fixed(1 << (64 + BELOW));

    /// `bits / rate` seconds, rounded down. `bits` must not exceed 2^98; a million copies of the
    /// largest file have 2^87.
    ///
    /// # Panics
    /// If the rate is 0. Every rate here includes the source's upload, which is not 0.
    pub(super) fn span(bits: u128, rate: u128) -> Fixed {
        Fixed::of_nanobits(bits * NANO, rate)
    }

    /// [`Fixed::span`] of so many nanobits.
    pub(super) fn of_nanobits(nanobits: u128, rate: u128) -> Fixed {
        let (whole, rest) = (nanobits / rate, nanobits % rate);
        if u128::from(u64::MAX) < whole {
            return Fixed::BEYOND;
        }
        Fixed((whole << BELOW) + (rest << BELOW) / rate)
    }

    /// The sum.
    pub(super) fn plus(self, other: Fixed) -> Fixed {
        Fixed(self.0.saturating_add(other.0))
    }

    /// Rounded down to 2^-20 ns, so that times that differ by earlier rounding alone are equal. A
    /// thousand of them one after the other are less than 2^-10 ns too low.
    pub(super) fn coarse(self) -> Fixed {
        Fixed(self.0 >> 20 << 20)
    }

    /// In nanoseconds, rounded down; saturates at [`Time::MAX`].
    pub(super) fn floor(self) -> Time {
        u64::try_from(self.0 >> BELOW).map_or(Time::MAX, Time)
    }

    /// The number of units, each 1 / [`Fixed::UNITS`] of a nanosecond.
    pub(super) fn units(self) -> u128 {
        self.0
    }

    /// Units in a nanosecond.
    pub(super) const UNITS: u128 = 1 << BELOW;
}

impl From<Time> for Fixed {
    fn from(time: Time) -> Self {
        Fixed(u128::from(time.0) << BELOW)
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        fn a_span_is_rounded_down_to_a_unit(bits: u32, rate: u32) -> bool {
            let (bits, rate) = (u128::from(bits), u128::from(rate) + 1);
            let units = Fixed::span(bits, rate).units();
            let exact = bits * NANO * Fixed::UNITS;
            units * rate <= exact && exact < (units + 1) * rate
        }

        fn sums_of_whole_times_are_exact(left: u32, right: u32) -> bool {
            let fixed = |nanos: u32| Fixed::from(Time(u64::from(nanos)));
            fixed(left).plus(fixed(right)).floor() == Time(u64::from(left) + u64::from(right))
        }
    }

    #[test]
    fn overflow_saturates_at_the_last_time() {
        assert_eq!(Fixed::span(1 << 97, 1).floor(), Time::MAX);
        assert_eq!(Fixed::span(1 << 97, 1 << 84).floor(), Time(8192 * 1_000_000_000));
        let beyond = Fixed::span(1 << 97, 1);
        assert_eq!(beyond.plus(beyond).floor(), Time::MAX);
        let last = u128::from(u64::MAX);
        assert_eq!(Fixed::span(last, NANO).units(), last * Fixed::UNITS);
    }
}
