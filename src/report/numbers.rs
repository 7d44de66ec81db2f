//! Numbers as people read them.
//!
//! Times are cut, never rounded up: a completion that is not before its bound does not look so
//! either. No result is computed here.

use std::time::Duration;

use swarmbound::units::{Rate, Time};

use super::wrapping::NO_BREAK;

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
    let (whole, part) = (grouped((time.0 / SECOND_NS).into()), time.0 % SECOND_NS);
    match places {
        0 => format!("{whole} s"),
        _ => format!("{whole}.{:0width$} s", part / 10u64.pow(9 - places), width = places as usize),
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

/// A number with groups of three digits: exact, and still readable. No line ends between them.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(NO_BREAK);
        }
        text.push(digit);
    }
    text
}

/// The same text with groups in every number that is a word, or a part of a fraction.
pub(crate) fn groups(text: &str) -> String {
    let number = |word: &str| match word.parse::<u128>() {
        Ok(number) if word.bytes().all(|byte| byte.is_ascii_digit()) => grouped(number),
        _ => word.to_owned(),
    };
    let fraction = |word: &str| word.split('/').map(number).collect::<Vec<_>>().join("/");
    text.split(' ').map(fraction).collect::<Vec<_>>().join(" ")
}

/// A rate in the largest unit of which it has at most three decimals, or else in bit/s: always
/// exact.
pub(crate) fn rate(rate: Rate) -> String {
    let units = [(12, "Tbit/s"), (9, "Gbit/s"), (6, "Mbit/s"), (3, "kbit/s")];
    let largest = units.into_iter().find(|&(power, _)| 10u64.pow(power) <= rate.0);
    match largest {
        Some((power, unit)) if rate.0.is_multiple_of(10u64.pow(power - 3)) => {
            let (whole, part) = (rate.0 / 10u64.pow(power), rate.0 % 10u64.pow(power));
            let decimals = format!("{:03}", part / 10u64.pow(power - 3));
            let text = format!("{}.{decimals}", grouped(whole.into()));
            format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => format!("{} bit/s", grouped(rate.0.into())),
    }
}

/// `1 peer`, `2 peers`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number as u128), if number == 1 { "" } else { "s" })
}

/// How long the rest of a work takes at the rate of what is done: `, 3 min left`.
pub(crate) fn left(elapsed: Duration, done: u64, whole: u64) -> String {
    if done == 0 {
        return String::new();
    }
    let rest = elapsed.as_secs_f64() * whole.saturating_sub(done) as f64 / done as f64;
    // From f64 to u64 is to the nearest that there is.
    match (rest as u64).min(MOST_SECONDS) {
        0 => ", less than 1 s left".to_owned(),
        seconds => format!(", {} left", span(Time::from_secs(seconds))),
    }
}

/// As many as a [`Time`] has: 584 years.
const MOST_SECONDS: u64 = u64::MAX / 1_000_000_000;

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
        assert_eq!(seconds(Time(u64::MAX)), "18\u{a0}446\u{a0}744\u{a0}073 s");
    }

    #[test]
    fn a_rate_is_exact_in_the_largest_unit_that_can_be() {
        let said = |bps| rate(Rate(bps));
        assert_eq!(said(0), "0 bit/s");
        assert_eq!(said(999), "999 bit/s");
        assert_eq!(said(1_500), "1.5 kbit/s");
        assert_eq!(said(16_780_000), "16.78 Mbit/s");
        assert_eq!(said(16_777_216), "16\u{a0}777\u{a0}216 bit/s");
        assert_eq!(said(100_000_000_000), "100 Gbit/s");
        assert_eq!(said(u64::MAX), grouped(u64::MAX.into()) + " bit/s");
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
        assert_eq!(grouped(3_600_000_000), "3\u{a0}600\u{a0}000\u{a0}000");
        let text = "peer 1 moved 2000000 B of x1000 (1500000/73 s)";
        let said = "peer 1 moved 2\u{a0}000\u{a0}000 B of x1000 (1500000/73 s)";
        assert_eq!(groups(text), said);
        assert_eq!(groups("1500000/73"), "1\u{a0}500\u{a0}000/73");
    }

    #[test]
    fn what_is_left_is_judged_by_what_is_done() {
        let said = |seconds, done, whole| left(Duration::from_secs(seconds), done, whole);
        assert_eq!(said(60, 1, 4), ", 3 min left");
        assert_eq!(said(60, 0, 4), "");
        assert_eq!(said(60, 4, 4), ", less than 1 s left");
        assert!(said(u64::MAX, 1, u64::MAX).ends_with("left"));
    }
}
