//! Exact parsing of quantities as people write them: `1.5 GB`, `10 Mbit/s`, `90 s`.
//!
//! A value that is not a whole number of bytes, bits per second or nanoseconds is refused, never
//! rounded.

use std::str::FromStr;

use thiserror::Error;

use super::{Bytes, Rate, Time};

/// Why a quantity could not be read, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// The unit is missing or unknown.
    #[error("`{text}` has {found}; write a unit, for example `{example}`")]
    Unit {
        /// What was read.
        text: String,
        /// The unit found, in words.
        found: String,
        /// A quantity of the right kind.
        example: &'static str,
    },
    /// The text does not start with a number.
    #[error("`{text}` is not a quantity; write one like `{example}`")]
    Number {
        /// What was read.
        text: String,
        /// A quantity of the right kind.
        example: &'static str,
    },
    /// A negative number.
    #[error("`{text}` is negative; write a quantity like `{example}`")]
    Negative {
        /// What was read.
        text: String,
        /// A quantity of the right kind.
        example: &'static str,
    },
    /// More than 2^64 - 1 of the base unit.
    #[error("`{text}` is too large; the largest value is {max}")]
    Overflow {
        /// What was read.
        text: String,
        /// The largest value, in words.
        max: &'static str,
    },
    /// Not a whole number of the base unit.
    #[error("`{text}` is not a whole number of {base}; write one that is")]
    Fraction {
        /// What was read.
        text: String,
        /// The base unit, in words.
        base: &'static str,
    },
}

/// Parses a plain decimal number exactly into (digits, decimal places): `1.25` is (125, 2). None if
/// it is not such a number or its digits do not fit `u128`.
pub(crate) fn parse_decimal(text: &str) -> Option<(u128, u32)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole)
        || !digits(part)
        || (text.contains('.') && part.is_empty())
    {
        return None;
    }
    let part = part.trim_end_matches('0');
    let number: u128 = format!("{whole}{part}").parse().ok()?;
    Some((number, part.len() as u32))
}

/// The syntax of one kind of quantity, and its base unit.
struct Quantity {
    example: &'static str,
    base: &'static str,
    max: &'static str,
    /// How many of the smallest unit make a base unit.
    parts: u128,
    /// Each unit with its size in the smallest one.
    units: &'static [(&'static str, u128)],
}

const KIB: u128 = 1 << 10;
const MIB: u128 = 1 << 20;
const GIB: u128 = 1 << 30;
const TIB: u128 = 1 << 40;
const K: u128 = 1_000;
const M: u128 = 1_000_000;
const G: u128 = 1_000_000_000;
const T: u128 = 1_000_000_000_000;

const SIZE: Quantity = Quantity {
    example: "256 KiB",
    base: "bytes",
    max: "18446744073709551615 B",
    parts: 8,
    units: &[
        ("bit", 1),
        ("kbit", K),
        ("Kbit", K),
        ("Mbit", M),
        ("Gbit", G),
        ("Tbit", T),
        ("B", 8),
        ("kB", 8 * K),
        ("KB", 8 * K),
        ("MB", 8 * M),
        ("GB", 8 * G),
        ("TB", 8 * T),
        ("KiB", 8 * KIB),
        ("MiB", 8 * MIB),
        ("GiB", 8 * GIB),
        ("TiB", 8 * TIB),
    ],
};

const RATE: Quantity = Quantity {
    example: "10 Mbit/s",
    base: "bits per second",
    max: "18446744073709551615 bit/s",
    parts: 1,
    units: &[
        ("bit/s", 1),
        ("kbit/s", K),
        ("Mbit/s", M),
        ("Gbit/s", G),
        ("Tbit/s", T),
        ("bps", 1),
        ("kbps", K),
        ("Kbps", K),
        ("Mbps", M),
        ("Gbps", G),
        ("Tbps", T),
        ("B/s", 8),
        ("kB/s", 8 * K),
        ("KB/s", 8 * K),
        ("MB/s", 8 * M),
        ("GB/s", 8 * G),
        ("TB/s", 8 * T),
        ("KiB/s", 8 * KIB),
        ("MiB/s", 8 * MIB),
        ("GiB/s", 8 * GIB),
        ("TiB/s", 8 * TIB),
    ],
};

fn parse(text: &str, quantity: &Quantity) -> Result<u64, UnitError> {
    let example = quantity.example;
    let trimmed = text.trim();
    if trimmed.starts_with('-') {
        return Err(UnitError::Negative { text: text.to_owned(), example });
    }
    let end = trimmed
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
        .unwrap_or(trimmed.len());
    let (number, unit) = (trimmed[..end].replace('_', ""), trimmed[end..].trim());
    let Some((number, shift)) = parse_decimal(&number) else {
        return Err(UnitError::Number { text: text.to_owned(), example });
    };
    let Some(&(_, size)) = quantity.units.iter().find(|&&(name, _)| name == unit) else {
        let found = if unit.is_empty() {
            "no unit".to_owned()
        } else {
            format!("the unknown unit `{unit}`")
        };
        return Err(UnitError::Unit { text: text.to_owned(), found, example });
    };
    let overflow = || UnitError::Overflow { text: text.to_owned(), max: quantity.max };
    let scaled = number.checked_mul(size).ok_or_else(overflow)?;
    let divisor = 10u128.checked_pow(shift).and_then(|power| power.checked_mul(quantity.parts));
    let divisor = divisor.ok_or_else(overflow)?;
    if !scaled.is_multiple_of(divisor) {
        return Err(UnitError::Fraction { text: text.to_owned(), base: quantity.base });
    }
    u64::try_from(scaled / divisor).map_err(|_| overflow())
}

impl FromStr for Bytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, &SIZE).map(Bytes)
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse(text, &RATE).map(Rate)
    }
}

impl FromStr for Time {
    type Err = UnitError;

    /// Durations in humantime's syntax (`90 s`, `1.5 ms`, `30 days`, `1h 30min`).
    fn from_str(text: &str) -> Result<Self, UnitError> {
        const EXAMPLE: &str = "90 s";
        let trimmed = text.trim();
        if trimmed.starts_with('-') {
            return Err(UnitError::Negative { text: text.to_owned(), example: EXAMPLE });
        }
        if parse_decimal(trimmed).is_some() {
            let found = "no unit".to_owned();
            return Err(UnitError::Unit { text: text.to_owned(), found, example: EXAMPLE });
        }
        let span = humantime::parse_duration(trimmed).map_err(|error| match error {
            humantime::DurationError::NumberOverflow => {
                UnitError::Overflow { text: text.to_owned(), max: "584 years" }
            }
            humantime::DurationError::UnknownUnit { unit, .. } => UnitError::Unit {
                text: text.to_owned(),
                found: format!("the unknown unit `{unit}`"),
                example: EXAMPLE,
            },
            _ => UnitError::Number { text: text.to_owned(), example: EXAMPLE },
        })?;
        u64::try_from(span.as_nanos())
            .map(Time)
            .map_err(|_| UnitError::Overflow { text: text.to_owned(), max: "584 years" })
    }
}
