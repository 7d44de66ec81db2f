//! Numbers as people read them.
//!
//! Times are cut, never rounded up: a completion that is not before its bound does not look so
//! either. No result is computed here.

use swarmbound::units::Time;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const SECOND_NS: u64 = 1_000_000_000;

/// A span in the two units that say most: `6 h 40 min`, `13 min 7 s`, `39.66 s`, `1.28 ms`.
pub(crate) fn span(time: Time) -> String {
    let whole = time.0 / SECOND_NS;
    let two = |big: u64, big_unit: &str, small: u64, small_unit: &str| {
        let (count, rest) = (whole / big, whole % big / small);
        match rest {
            0 => format!("{count} {big_unit}"),
            rest => format!("{count} {big_unit} {rest} {small_unit}"),
        }
    };
    if DAY <= whole {
        return two(DAY, "d", HOUR, "h");
    }
    if HOUR <= whole {
        return two(HOUR, "h", MINUTE, "min");
    }
    if MINUTE <= whole {
        return two(MINUTE, "min", 1, "s");
    }
    let units = [(SECOND_NS, "s"), (1_000_000, "ms"), (1_000, "µs")];
    match units.into_iter().find(|&(unit, _)| unit <= time.0) {
        Some((unit, name)) => format!("{} {name}", short(time.0, unit)),
        None => format!("{} ns", time.0),
    }
}

/// `value / unit` with three or four digits, cut: `39.66`, `2.5`, `999`.
fn short(value: u64, unit: u64) -> String {
    let whole = value / unit;
    let places = if whole < 100 { 2 } else { 1 };
    let scale = 10u64.pow(places);
    let part = u128::from(value % unit) * u128::from(scale) / u128::from(unit);
    let text = format!("{whole}.{part:0width$}", width = places as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Seconds with a fixed number of decimals for their size, cut: `2.803200 s`, `39.660 s`.
pub(crate) fn seconds(time: Time) -> String {
    let places = match time.0 / SECOND_NS {
        0..10 => 6,
        10..100_000 => 3,
        _ => 0,
    };
    let part = time.0 % SECOND_NS / 10u64.pow(9 - places);
    match places {
        0 => format!("{} s", time.0 / SECOND_NS),
        _ => format!("{}.{part:0width$} s", time.0 / SECOND_NS, width = places as usize),
    }
}

/// How many times `bound` fits into `time`; None where the bound is zero.
pub(crate) fn ratio(time: Time, bound: Time) -> Option<f64> {
    (bound != Time::ZERO).then(|| time.0 as f64 / bound.0 as f64)
}

/// A ratio with enough digits to tell a good protocol from a better one.
pub(crate) fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 100.0 => format!("{ratio:.3}"),
        ratio => format!("{ratio:.0}"),
    }
}

/// What part of the whole that is: `98.3 %`.
pub(crate) fn percent(part: u128, whole: u128) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    if part == 0 {
        return "0 %".to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    if percent < 0.1 { "< 0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

/// A number of bits with groups of three digits: exact, and still readable.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `1 peer`, `2 peers`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_their_two_largest_units() {
        let said = |ns| span(Time(ns));
        assert_eq!(said(24_000 * SECOND_NS), "6 h 40 min");
        assert_eq!(said(3_600 * SECOND_NS), "1 h");
        assert_eq!(said(787 * SECOND_NS + 999_999_999), "13 min 7 s");
        assert_eq!(said(39_660_000_000), "39.66 s");
        assert_eq!(said(2 * DAY * SECOND_NS + 1), "2 d");
        assert_eq!(said(1_280_000), "1.28 ms");
        assert_eq!(said(1_500), "1.5 µs");
        assert_eq!(said(17), "17 ns");
        assert_eq!(said(0), "0 ns");
    }

    #[test]
    fn seconds_are_cut() {
        assert_eq!(seconds(Time(2_999_999_999)), "2.999999 s");
        assert_eq!(seconds(Time(39_660_999_999)), "39.660 s");
        assert_eq!(seconds(Time(u64::MAX)), "18446744073 s");
    }

    #[test]
    fn nothing_of_nothing_has_no_share() {
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(1, 10_000), "< 0.1 %");
        assert_eq!(percent(0, 10_000), "0 %");
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(3_600_000_000), "3 600 000 000");
    }
}
