//! Sizes, rates and times: exact integers that know their unit.
//!
//! [`Bytes`] is a size, [`Rate`] is in bits per second, [`Time`] in nanoseconds since the start of
//! the run. Nothing here rounds silently and nothing wraps: overflow is an error, and every
//! division names its direction.
//!
//! The product of a rate and a time is counted in **nanobits** (10^-9 bit): bits per second times
//! nanoseconds is exact, and fits `u128` for every rate and every time.

use std::fmt;
use std::ops::Add;

use serde::{Deserialize, Serialize};

mod parse;
mod supply;
#[cfg(test)]
mod tests;

pub use parse::UnitError;
pub(crate) use parse::parse_decimal;
pub use supply::{RateChanges, Supply};

/// Nanoseconds per second, and nanobits per bit.
pub(crate) const NANO: u128 = 1_000_000_000;

/// A size in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// The size in bits.
    pub fn bits(self) -> u128 {
        u128::from(self.0) * 8
    }

    /// The size in nanobits.
    pub fn nanobits(self) -> u128 {
        self.bits() * NANO
    }
}

/// A capacity in bits per second.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct Rate(pub u64);

impl Rate {
    /// No capacity.
    pub const ZERO: Rate = Rate(0);

    /// What the rate carries in `span`, in nanobits. Exact.
    pub fn nanobits(self, span: Time) -> u128 {
        u128::from(self.0) * u128::from(span.0)
    }

    /// The time to carry `nanobits`, rounded up to a nanosecond: a transfer has not ended before
    /// its last bit has moved. None if the rate is zero (and `nanobits` is not) or the time exceeds
    /// [`Time::MAX`].
    pub fn time_for(self, nanobits: u128) -> Option<Time> {
        if nanobits == 0 {
            return Some(Time::ZERO);
        }
        if self.0 == 0 {
            return None;
        }
        u64::try_from(nanobits.div_ceil(u128::from(self.0))).ok().map(Time)
    }
}

/// An instant of virtual time in nanoseconds since the start of the run, or a duration.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Time = Time(0);
    /// About 584 years: later than any run ends.
    pub const MAX: Time = Time(u64::MAX);

    /// A time in whole seconds.
    ///
    /// # Panics
    /// Beyond 584 years.
    pub const fn from_secs(seconds: u64) -> Time {
        match seconds.checked_mul(NANO as u64) {
            Some(nanos) => Time(nanos),
            None => panic!("a time beyond 584 years"),
        }
    }

    /// The sum, or None beyond 584 years.
    pub fn checked_add(self, span: Time) -> Option<Time> {
        self.0.checked_add(span.0).map(Time)
    }

    /// The duration since `earlier`; zero if `earlier` is later than `self`.
    pub fn since(self, earlier: Time) -> Time {
        Time(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Time {
    type Output = Time;

    /// # Panics
    /// Beyond 584 years. Where input can cause that, use [`Time::checked_add`].
    fn add(self, span: Time) -> Time {
        self.checked_add(span).expect("a run ends before 584 years have passed")
    }
}

/// `value / 10^shift` as an exact decimal without trailing zeros.
pub(crate) fn decimal(value: u128, shift: u32) -> String {
    let unit = 10u128.pow(shift);
    let (whole, part) = (value / unit, value % unit);
    if part == 0 {
        return whole.to_string();
    }
    let digits = format!("{part:0width$}", width = shift as usize);
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// `value` with the largest prefix (k, M, G, T) that leaves at most three decimals, as (digits,
/// prefix).
fn decimal_prefix(value: u64) -> (String, &'static str) {
    for (power, prefix) in [(12, "T"), (9, "G"), (6, "M"), (3, "k")] {
        if 10u64.pow(power) <= value && value.is_multiple_of(10u64.pow(power - 3)) {
            return (decimal(u128::from(value), power), prefix);
        }
    }
    (value.to_string(), "")
}

impl fmt::Display for Bytes {
    /// Exact, and readable by the parser: `256 KiB`, `1.875 GB`, `17 B`. The shorter of the binary
    /// and the decimal form; the binary one if both have the same length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, prefix) = decimal_prefix(self.0);
        let decimal = format!("{digits} {prefix}B");
        let binary = [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")]
            .into_iter()
            .find(|&(power, _)| self.0 != 0 && power <= self.0.trailing_zeros())
            .map(|(power, prefix)| format!("{} {prefix}B", self.0 >> power));
        f.pad(&binary.filter(|binary| binary.len() <= decimal.len()).unwrap_or(decimal))
    }
}

impl fmt::Display for Rate {
    /// Exact, and readable by the parser: `10 Mbit/s`, `1.5 kbit/s`, `17 bit/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, prefix) = decimal_prefix(self.0);
        f.pad(&format!("{digits} {prefix}bit/s"))
    }
}

impl fmt::Display for Time {
    /// Exact seconds, or nanoseconds below 10 µs, and readable by the parser: `0.8388608 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1..10_000 => f.pad(&format!("{} ns", self.0)),
            span => f.pad(&format!("{} s", decimal(u128::from(span), 9))),
        }
    }
}
