//! Whole numbers of arguments, with what to write where there is none.

use std::num::NonZeroUsize;
use std::str::FromStr;

/// How many of something; there may be none.
pub(super) fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number from 0 on".to_owned())
}

/// Where randomness starts.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number from 0 to 2^64 - 1".to_owned())
}

/// How many of something there must be at least one of.
pub(super) fn from_one<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| T::from(1) <= *number);
    number.ok_or_else(|| "write a whole number from 1 on".to_owned())
}

/// The same, as a number that knows it.
pub(super) fn positive(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a whole number from 1 on".to_owned())
}
