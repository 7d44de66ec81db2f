//! What one uplink can carry over time: a constant rate while its node is there, and a burst.
//!
//! A [`Supply`] is the only form in which the theorems on arrivals see an uplink, so that they hold
//! for any function that never falls.

use crate::units::{Rate, Time};

/// The uplink of one node that can send from `from` until `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Supply {
    pub(super) rate: Rate,
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
        let end = self.until.map_or(time, |until| until.min(time));
        self.rate.nanobits(end.since(self.from.max(begin)))
    }

    /// Its rate just after `time`, in bits per second.
    pub(super) fn rate_after(&self, time: Time) -> u128 {
        let there = self.from <= time && self.until.is_none_or(|until| time < until);
        if there { u128::from(self.rate.0) } else { 0 }
    }
}

/// Uplinks that are alike, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) supply: Supply,
    pub(super) count: usize,
}

impl Kind {
    /// The kinds of uplinks among `supplies`, slowest first.
    pub(super) fn of(mut supplies: Vec<Supply>) -> Vec<Kind> {
        supplies.sort_unstable();
        let alike = supplies.chunk_by(|one, other| one == other);
        alike.map(|alike| Kind { supply: alike[0], count: alike.len() }).collect()
    }

    /// The sum over all of them of what `each` can send.
    pub(super) fn all(&self, each: impl Fn(&Supply) -> u128) -> u128 {
        each(&self.supply).saturating_mul(self.count as u128)
    }
}
