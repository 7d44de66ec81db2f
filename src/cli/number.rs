//! Whole numbers of arguments, with what to write where there is none.

use std::num::NonZeroUsize;

/// How many of something; there may be none.
pub(super) fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number from 0 on".to_owned())
}

/// Where randomness starts.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number of 0..={}", u64::MAX))
}

/// How many of something there must be at least one of.
pub(super) fn positive(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "write a whole number from 1 on".to_owned())
}
