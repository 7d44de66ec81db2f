//! When the peers of a group arrive: at once, one after the other, or by chance.
//!
//! Chance needs no floating point: an exponential gap is drawn exactly by comparing uniforms, and
//! only its end is rounded, down to a nanosecond.

use dashu_int::UBig;

use super::table::Field;
use super::{FileError, Time};
use crate::choose::Seeded;
use crate::units::{NANO, parse_decimal};

/// The streams of a seed that arrivals are drawn from start here, far from those of a run.
const STREAMS: u64 = 1 << 32;

/// Those that departures are drawn from start here.
const DWELLS: u64 = 4 << 33;

/// When the peers of a group arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joins {
    /// All at this time.
    At(Time),
    /// The i-th at i times this span, from 0.
    Every(Time),
    /// By chance, `count / 10^shift` in so many seconds: the gaps are exponential.
    Poisson { count: u128, shift: u32, seconds: u64 },
}

impl Joins {
    /// Reads `at T`, `every T`, or `poisson R per second` (or minute, hour).
    pub(super) fn read(field: &Field<'_>) -> Result<Joins, FileError> {
        let text = field.text("\"at 0 s\"")?.trim();
        if let Some(time) = text.strip_prefix("at ") {
            return field.part(time).map(Joins::At);
        }
        if let Some(span) = text.strip_prefix("every ") {
            return field.part(span).map(Joins::Every);
        }
        let rate = text.strip_prefix("poisson ").and_then(per);
        let Some((rate, seconds)) = rate else {
            return Err(field.error(format!(
                "`{text}` is no arrival; \
                 write \"at 0 s\", \"every 2 s\", \"poisson 0.5 per second\" or \
                 \"poisson 50 per minute\""
            )));
        };
        match parse_decimal(rate) {
            Some((0, _)) => Err(field.error("no peer ever arrives; write a rate above 0")),
            Some((count, shift)) => Ok(Joins::Poisson { count, shift, seconds }),
            None => Err(field.error(format!(
                "`{rate}` is no rate of arrivals; write a decimal above 0, \
                 for example \"poisson 0.5 per second\""
            ))),
        }
    }

    /// The arrivals in their order; they end when the next one does not fit a [`Time`].
    pub(super) fn arrivals(self, seed: u64, group: u64) -> impl Iterator<Item = Time> {
        let mut seeded = Seeded::new(seed, STREAMS + group);
        let mut next = match self {
            Joins::At(time) => Some(time),
            Joins::Every(_) => Some(Time::ZERO),
            Joins::Poisson { .. } => None,
        };
        let mut last = Time::ZERO;
        std::iter::from_fn(move || match self {
            Joins::At(time) => Some(time),
            Joins::Every(span) => {
                let now = next?;
                next = now.checked_add(span);
                Some(now)
            }
            Joins::Poisson { count, shift, seconds } => {
                let mean =
                    UBig::from(seconds) * UBig::from(NANO) * UBig::from(10u8).pow(shift as usize);
                last = last.checked_add(span(|| seeded.bits(), mean, count)?)?;
                Some(last)
            }
        })
    }
}

/// `0.5 per second`, `50 per minute`, `3 per hour`: the number, and how many seconds it is for.
fn per(text: &str) -> Option<(&str, u64)> {
    let units = [("per second", 1), ("per minute", 60), ("per hour", 3600)];
    units.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?.trim(), seconds)))
}

/// An exponential span of a mean of `mean / count` nanoseconds, rounded down. None beyond 584
/// years.
fn span(bits: impl FnMut() -> u64, mean: UBig, count: u128) -> Option<Time> {
    let (whole, part) = exponential(bits);
    let drawn = (UBig::from(whole) << 64) + UBig::from(part);
    let nanos = ((drawn * mean) >> 64) / UBig::from(count);
    u64::try_from(nanos).ok().map(Time)
}

/// How long after its completion the peer at `peer` leaves, by chance, where the mean is `mean`;
/// None beyond 584 years.
pub(super) fn dwell(seed: u64, peer: usize, mean: Time) -> Option<Time> {
    let mut seeded = Seeded::new(seed, DWELLS + peer as u64);
    span(|| seeded.bits(), UBig::from(mean.0), 1)
}

/// An exponential variate of mean 1, as a whole number and a fraction of 2^64.
///
/// Von Neumann, "Various techniques used in connection with random digits", NBS Applied
/// Mathematics Series 12 (1951), pp. 36-38: in u1 > u2 > ... > un <= u(n+1) the length n is odd
/// with probability 1 - u1 + u1^2/2! - ... = exp(-u1), so u1 is then exponential below 1. Each run
/// of even length, which has probability 1/e, adds 1. (Equal uniforms, of probability 2^-64, end a
/// run.)
fn exponential(mut bits: impl FnMut() -> u64) -> (u64, u64) {
    let mut whole = 0;
    loop {
        let first = bits();
        let (mut last, mut odd) = (first, true);
        loop {
            let next = bits();
            if last <= next {
                break;
            }
            (last, odd) = (next, !odd);
        }
        if odd {
            return (whole, first);
        }
        whole += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with `script`, whose every number must be asked for.
    fn drawn(script: &[u64]) -> (u64, u64) {
        let mut left = script.iter();
        let result = exponential(|| *left.next().expect("the script is long enough"));
        assert_eq!(left.len(), 0, "the whole script is used");
        result
    }

    /// By hand, from the paper's description.
    #[test]
    fn a_run_of_odd_length_is_accepted_and_an_even_one_adds_one() {
        assert_eq!(drawn(&[5, 9]), (0, 5), "run 5");
        assert_eq!(drawn(&[9, 7, 5, 6]), (0, 9), "run 9 7 5");
        assert_eq!(drawn(&[9, 5, 7, 3, 4]), (1, 3), "run 9 5 refused, run 3");
        assert_eq!(drawn(&[9, 5, 5, 4, 3, 3, 8, 8]), (2, 8), "a tie ends a run");
    }

    #[test]
    fn a_gap_is_the_variate_over_the_rate_rounded_down() {
        let half = 1 << 63;
        let gap = |script: &[u64], count, shift| {
            let mut left = script.iter();
            let mean = UBig::from(NANO) * UBig::from(10u8).pow(shift);
            span(|| *left.next().expect("the script is long enough"), mean, count)
        };
        assert_eq!(gap(&[half, half], 1, 0), Some(Time(500_000_000)));
        assert_eq!(gap(&[half, half], 5, 1), Some(Time(1_000_000_000)), "0.5 per second");
        assert_eq!(gap(&[half, half], 3, 0), Some(Time(166_666_666)));
        assert_eq!(gap(&[2, 1, 1, half, half], 1, 0), Some(Time(1_500_000_000)));
        assert_eq!(gap(&[half, half], 1, 38), None, "beyond 584 years");
        assert_eq!(gap(&[0, 0], 1, 38), Some(Time(0)));
        assert_eq!(gap(&[half, half], u128::MAX, 0), Some(Time(0)));
    }

    /// Gaps of rate 1 have mean 1 s and standard deviation 1 s; so the mean of 10 000 has standard
    /// error 10 ms, and six of them are 60 ms. Rounding down takes less than 1 ns from each.
    #[test]
    fn the_mean_gap_is_that_of_the_rate() {
        for seed in 1..=3 {
            let joins = Joins::Poisson { count: 600, shift: 1, seconds: 60 };
            let last = joins.arrivals(seed, 0).nth(9_999).unwrap();
            let mean = last.0 / 10_000;
            assert!(mean.abs_diff(1_000_000_000) < 60_000_000, "{mean}");
        }
    }

    /// P(gap > 1) = 1/e. Of 10 000 gaps 3679 are expected, with a standard deviation of
    /// sqrt(10 000 x (1/e) x (1 - 1/e)) = 48.2; six of them are 289.
    #[test]
    fn as_many_gaps_are_long_as_should_be() {
        let joins = Joins::Poisson { count: 1, shift: 0, seconds: 1 };
        let times: Vec<Time> = joins.arrivals(4, 0).take(10_000).collect();
        let firsts = std::iter::once(&Time::ZERO).chain(&times);
        let long = firsts.zip(&times).filter(|(from, to)| 1_000_000_000 < to.since(**from).0);
        let long = long.count();
        assert!(long.abs_diff(3679) < 289, "{long}");
    }

    /// As for gaps: six standard errors of the mean of 10 000 dwells of mean 1 s.
    #[test]
    fn the_mean_dwell_is_the_one_given() {
        let mean = Time(1_000_000_000);
        let sum: u64 = (0..10_000).map(|peer| dwell(5, peer, mean).unwrap().0).sum();
        assert!((sum / 10_000).abs_diff(mean.0) < 60_000_000, "{sum}");
        assert_eq!(dwell(5, 7, mean), dwell(5, 7, mean));
        assert_ne!(dwell(5, 7, mean), dwell(5, 8, mean));
    }
}
