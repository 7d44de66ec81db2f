//! Sums of many fractions in integers, every one of them rounded down.
//!
//! A [`Fixed`] is a time in units of 2^-40 ns. It is never above the value it stands for: each
//! fraction is rounded down by less than one unit, and what does not fit saturates, which is lower
//! still. A sum of a million fractions thus lacks less than 2^-20 ns, so that a bound in whole
//! nanoseconds is at most 1 ns below the exact value rounded down.

use crate::units::{NANO, Time};

/// Binary digits below a nanosecond. A remainder modulo the sum of a million rates of 64 bits has
/// 84 bits: with these 40 behind it, it still fits 128.
const BELOW: u32 = 40;

/// A span of time that is never above the exact one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fixed(u128);

impl Fixed {
    /// No time.
    pub(super) const ZERO: Fixed = Fixed(0);

    /// Beyond every [`Time`]: 2^64 ns.
    const BEYOND: Fixed = Fixed(1 << (64 + BELOW));

    /// `bits / rate` seconds, rounded down. At most 2^98 bits: a million copies of the largest file
    /// have 2^87.
    ///
    /// # Panics
    /// When the rate is 0: the source of a scenario uploads, and it is in every rate.
    pub(super) fn span(bits: u128, rate: u128) -> Fixed {
        let nanobits = bits * NANO;
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

    /// Whole nanoseconds, rounded down.
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
