//! Exact fractions, for the bounds that have a closed form.
//!
//! A [`Ratio`] itself never rounds. Conversions to [`Time`] name their direction: a bound uses
//! [`Ratio::floor_nanos`], so that it never accuses a lawful run; a schedule uses
//! [`Ratio::ceil_nanos`].

use std::fmt;

use dashu_ratio::RBig;

use crate::units::{NANO, Time};

/// A non-negative exact fraction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(RBig);

impl Ratio {
    /// 0.
    pub fn zero() -> Self {
        Ratio(RBig::ZERO)
    }

    /// `numerator / denominator`; None if the denominator is zero.
    pub fn new(numerator: u128, denominator: u128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        Some(Ratio(RBig::from_parts(numerator.into(), denominator.into())))
    }

    /// The sum.
    pub fn plus(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 + &other.0)
    }

    /// The product.
    pub fn times(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 * &other.0)
    }

    /// The quotient; None if `other` is zero.
    pub fn over(&self, other: &Ratio) -> Option<Ratio> {
        (!other.0.is_zero()).then(|| Ratio(&self.0 / &other.0))
    }

    /// The difference; None if `other` is larger.
    pub fn minus(&self, other: &Ratio) -> Option<Ratio> {
        (other <= self).then(|| Ratio(&self.0 - &other.0))
    }

    /// Converts seconds to nanoseconds, rounding up: a transfer that takes this long has not ended
    /// earlier. None beyond [`Time::MAX`].
    pub fn ceil_nanos(&self) -> Option<Time> {
        let nanos = (&self.0 * RBig::from(NANO)).ceil();
        u64::try_from(nanos).ok().map(Time)
    }

    /// Converts seconds to nanoseconds, rounding down: a lower bound stays a lower bound. Times
    /// beyond [`Time::MAX`] saturate, which only lowers them further.
    pub fn floor_nanos(&self) -> Time {
        let nanos = (&self.0 * RBig::from(NANO)).floor();
        u64::try_from(nanos).map_or(Time::MAX, Time)
    }
}

impl fmt::Display for Ratio {
    /// `num/den` in lowest terms, or `num` alone for a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    fn ratio(numerator: u64, denominator: u32) -> Ratio {
        Ratio::new(u128::from(numerator), u128::from(denominator) + 1).unwrap()
    }

    quickcheck! {
        fn the_order_is_that_of_cross_products(a: u64, b: u32, c: u64, d: u32) -> bool {
            let left = u128::from(a) * (u128::from(d) + 1);
            let right = u128::from(c) * (u128::from(b) + 1);
            ratio(a, b).cmp(&ratio(c, d)) == left.cmp(&right)
        }

        fn nanoseconds_round_down(a: u32, b: u32) -> bool {
            let (a, den) = (u64::from(a), u128::from(b) + 1);
            let nanos = u128::from(ratio(a, b).floor_nanos().0);
            nanos * den <= u128::from(a) * NANO && u128::from(a) * NANO < (nanos + 1) * den
        }

        fn nanoseconds_round_up(a: u32, b: u32) -> bool {
            let (a, den) = (u64::from(a), u128::from(b) + 1);
            let nanos = u128::from(ratio(a, b).ceil_nanos().unwrap().0);
            let exact = u128::from(a) * NANO;
            exact <= nanos * den && nanos * den < exact + den
        }

        fn differences_and_quotients_undo_sums_and_products(a: u32, b: u32, c: u32) -> bool {
            let (left, right) = (ratio(u64::from(a) + 1, b), ratio(u64::from(c) + 1, a));
            left.plus(&right).minus(&right) == Some(left.clone())
                && left.times(&right).over(&right) == Some(left.clone())
                && left.minus(&left.plus(&right)).is_none()
                && left.over(&Ratio::zero()).is_none()
        }

        fn sums_are_exact(a: u32, b: u32, c: u32) -> bool {
            let sum = ratio(u64::from(a), c).plus(&ratio(u64::from(b), c));
            sum == ratio(u64::from(a) + u64::from(b), c)
        }
    }

    #[test]
    fn fractions_print_in_lowest_terms() {
        assert_eq!(Ratio::new(15_000_000, 730).unwrap().to_string(), "1500000/73");
        assert_eq!(Ratio::new(7500, 1).unwrap().to_string(), "7500");
        assert_eq!(Ratio::new(1, 0), None);
    }
}
