//! What one uplink can carry over time: rates while its node is there, and a burst.
//!
//! A [`Supply`] is the only form in which the theorems on arrivals see an uplink, so that they hold
//! for any function that never falls.

use super::fixed_point::Fixed;
use crate::units::{NANO, Rate, Time};

/// The uplink of one node that can send from `from` until `until`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Supply {
    /// The rate at first.
    pub(super) rate: Rate,
    /// Later rates: instants in ascending order, each with the rate from there on.
    pub(super) changes: Vec<(Time, Rate)>,
    /// In nanobits, once in the whole period.
    pub(super) burst: u128,
    pub(super) from: Time,
    /// None if it never leaves.
    pub(super) until: Option<Time>,
}

impl Supply {
    /// What the node can send by `time` excluding its burst, in nanobits. Exact.
    pub(super) fn sent(&self, time: Time) -> u128 {
        self.sent_since(Time::ZERO, time)
    }

    /// What the node can send from `begin` to `time` excluding its burst, in nanobits. Exact.
    pub(super) fn sent_since(&self, begin: Time, time: Time) -> u128 {
        let (begin, end) = (self.from.max(begin), self.until.map_or(time, |until| until.min(time)));
        if self.changes.is_empty() {
            return self.rate.nanobits(end.since(begin));
        }
        let sent = |(start, next, rate): (Time, Time, Rate)| {
            rate.nanobits(end.min(next).since(begin.max(start)))
        };
        self.pieces().map(sent).fold(0, u128::saturating_add)
    }

    /// When `bits` can have been sent, rounded down; None if never.
    pub(super) fn reaches(&self, bits: u128) -> Option<Fixed> {
        let mut left = bits * NANO;
        for (start, next, rate) in self.pieces() {
            let start = start.max(self.from);
            let end = self.until.map_or(next, |until| until.min(next));
            let sent = rate.nanobits(end.since(start));
            if 0 < rate.0 && left <= sent {
                return Some(Fixed::from(start).plus(Fixed::of_nanobits(left, rate.0.into())));
            }
            left -= sent.min(left);
        }
        None
    }

    /// Its rate just after `time`, in bits per second; of one that does not change.
    pub(super) fn rate_after(&self, time: Time) -> u128 {
        let there = self.from <= time && self.until.is_none_or(|until| time < until);
        if there { u128::from(self.rate.0) } else { 0 }
    }

    /// Its highest rate, in bits per second.
    pub(super) fn highest(&self) -> u128 {
        self.changes.iter().map(|change| change.1).fold(self.rate, Rate::max).0.into()
    }

    /// The same uplink by a clock that starts at `clock`.
    pub(super) fn since(&self, clock: Time) -> Supply {
        let before = self.changes.partition_point(|&(at, _)| at <= clock);
        let (past, coming) = self.changes.split_at(before);
        Supply {
            rate: past.last().map_or(self.rate, |change| change.1),
            changes: coming.iter().map(|&(at, rate)| (at.since(clock), rate)).collect(),
            burst: self.burst,
            from: self.from.since(clock),
            until: self.until.map(|until| until.since(clock)),
        }
    }

    /// Each rate with the instants between which it holds.
    fn pieces(&self) -> impl Iterator<Item = (Time, Time, Rate)> {
        let starts = [(Time::ZERO, self.rate)].into_iter().chain(self.changes.iter().copied());
        let ends = self.changes.iter().map(|change| change.0).chain([Time::MAX]);
        starts.zip(ends).map(|((start, rate), end)| (start, end, rate))
    }
}

/// Uplinks that are alike, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) supply: Supply,
    pub(super) count: usize,
}

impl Kind {
    /// The kinds of uplinks among `supplies`, slowest first.
    pub(super) fn of(mut supplies: Vec<Supply>) -> Vec<Kind> {
        supplies.sort_unstable();
        let alike = supplies.chunk_by(|one, other| one == other);
        alike.map(|alike| Kind { supply: alike[0].clone(), count: alike.len() }).collect()
    }

    /// The sum over all of them of what `each` can send.
    pub(super) fn all(&self, each: impl Fn(&Supply) -> u128) -> u128 {
        each(&self.supply).saturating_mul(self.count as u128)
    }
}
