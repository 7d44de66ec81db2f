//! Access links: the capacities, bursts and delays that every theorem starts from.
//!
//! [`SwarmTotals`] are sums over a swarm, [`Span`] is a time that is one fraction plus a delay.
//! Nothing here depends on chunks.

use std::cmp::Ordering;

use crate::chunks::PeerId;
use crate::ratio::Ratio;
use crate::scenario::Scenario;
use crate::units::{NANO, Time};

/// `bits / rate` seconds plus a delay. Exact.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    bits: u128,
    rate: u128,
    delay: Time,
}

impl Span {
    /// No time at all.
    const ZERO: Span = Span { bits: 0, rate: 1, delay: Time::ZERO };

    /// # Panics
    /// If the rate is 0.
    pub(super) fn new(bits: u128, rate: u128, delay: Time) -> Span {
        assert!(0 < rate, "a link that carries nothing has no span");
        Span { bits, rate, delay }
    }

    /// The exact value in seconds.
    pub(super) fn seconds(&self) -> Ratio {
        let seconds = |numerator, denominator| {
            Ratio::new(numerator, denominator).expect("neither a rate nor a second is 0")
        };
        seconds(self.bits, self.rate).plus(&seconds(u128::from(self.delay.0), NANO))
    }

    /// In nanoseconds, rounded down; saturates at [`Time::MAX`]. The delay is whole, so only the
    /// fraction is rounded.
    pub(super) fn floor(&self) -> Time {
        let nanos = self.bits * NANO / self.rate + u128::from(self.delay.0);
        u64::try_from(nanos).map_or(Time::MAX, Time)
    }

    /// The exact order of two spans whose rates are those of single links, below 2^64: the cross
    /// products of the remainders fit `u128` where those of the whole fractions would not.
    fn order(&self, other: &Span) -> Ordering {
        let split = |span: &Span| {
            let nanobits = span.bits * NANO;
            (nanobits / span.rate + u128::from(span.delay.0), nanobits % span.rate)
        };
        let ((whole, rest), (others_whole, others_rest)) = (split(self), split(other));
        let parts = (rest * other.rate).cmp(&(others_rest * self.rate));
        whole.cmp(&others_whole).then(parts)
    }
}

/// Sums over a swarm, in bits and bits per second.
#[derive(Debug)]
pub(super) struct SwarmTotals {
    /// F, the size of the file.
    pub(super) file: u128,
    /// u_s, the upload of the source.
    pub(super) source_upload: u128,
    /// b_s, the burst of the source.
    pub(super) source_burst: u128,
    /// The sum of the peers' bursts, including those of peers that upload nothing: a bucket that is
    /// never refilled can still be emptied once.
    pub(super) peers_burst: u128,
    /// U: the upload of the source plus the effective uploads of all peers.
    pub(super) total_upload: u128,
    /// Is the upload of the source known?
    pub(super) knows_source: bool,
    /// Is every upload known?
    pub(super) knows_all: bool,
    /// L: the smallest delay to any receiver.
    pub(super) min_delay: Time,
}

impl SwarmTotals {
    pub(super) fn new(scenario: &Scenario) -> SwarmTotals {
        let ids = scenario.peers().map(|(id, _)| id);
        let receivers = scenario.receivers().map(|(id, _)| id);
        SwarmTotals {
            file: scenario.file().file().bits(),
            source_upload: u128::from(scenario.upload(PeerId::SOURCE).0),
            knows_source: scenario.upload_supply(PeerId::SOURCE).is_some(),
            knows_all: scenario.unknown_upload().is_none(),
            source_burst: scenario.burst(PeerId::SOURCE).bits(),
            peers_burst: ids.clone().map(|id| scenario.burst(id).bits()).sum(),
            total_upload: scenario.nodes().map(|id| u128::from(scenario.upload(id).0)).sum(),
            min_delay: receivers.map(|id| scenario.latency_to(id)).min().unwrap_or(Time::ZERO),
        }
    }

    /// `(F - b_s) / u_s + L`: every bit leaves the source before any peer has the file.
    pub(super) fn one_copy(&self) -> Span {
        let bits = self.file.saturating_sub(self.source_burst);
        Span::new(bits, self.source_upload, self.min_delay)
    }

    /// `(bits - b_s) / u_s + L`: the source sends all of them itself. Nothing makes no claim, and
    /// an uplink that is not known may carry anything.
    pub(super) fn by_the_source(&self, bits: u128) -> Span {
        let sent = bits.saturating_sub(self.source_burst);
        match bits {
            0 => Span::ZERO,
            _ if !self.knows_source => Span::ZERO,
            _ => Span::new(sent, self.source_upload, self.min_delay),
        }
    }

    /// `(bits - B) / U + L`: all nodes together send what is received. Nothing makes no claim.
    pub(super) fn by_all_nodes(&self, bits: u128) -> Span {
        let sent = bits.saturating_sub(self.source_burst + self.peers_burst);
        match bits {
            0 => Span::ZERO,
            _ if !self.knows_all => Span::ZERO,
            _ => Span::new(sent, self.total_upload, self.min_delay),
        }
    }
}

/// `u_s + Û_j` for j = 0..=N, where `Û_j` is the sum of the j largest uploads of peers: the highest
/// rate at which the source and j peers can send, in bits per second.
pub(super) fn rates_of_the_fastest(scenario: &Scenario) -> Vec<u128> {
    let mut rates = vec![u128::from(scenario.upload(PeerId::SOURCE).0)];
    for upload in uploads_fastest_first(scenario) {
        rates.push(rates[rates.len() - 1] + u128::from(upload));
    }
    rates
}

/// The effective uploads of the peers, largest first, in bits per second.
pub(super) fn uploads_fastest_first(scenario: &Scenario) -> Vec<u64> {
    let mut uploads: Vec<u64> = scenario.peers().map(|(id, _)| scenario.upload(id).0).collect();
    uploads.sort_unstable_by(|left, right| right.cmp(left));
    uploads
}

/// `(need_i - b_i) / d_i + L_i` of peer i, where need_i is F or what it needs of it: all that it
/// receives passes its downlink, and nothing arrives before the delay is over. A peer that needs
/// nothing is complete at once.
pub(super) fn download(scenario: &Scenario, id: PeerId) -> Span {
    match scenario.needed_bytes(id).bits() {
        0 => Span::ZERO,
        bits => download_of(scenario, id, bits),
    }
}

/// [`download`] for the first `bits` that peer i receives.
pub(super) fn download_of(scenario: &Scenario, id: PeerId, bits: u128) -> Span {
    let delay = scenario.latency_to(id);
    match scenario.download(id) {
        None => Span::new(0, 1, delay),
        Some(rate) => {
            let bits = bits.saturating_sub(scenario.burst(id).bits());
            Span::new(bits, u128::from(rate.0), delay)
        }
    }
}

/// The download time at `index` of all peers' in ascending order: among the first `index + 1` peers
/// to complete, at least one needs that long.
pub(super) fn download_at(scenario: &Scenario, index: usize) -> Span {
    let mut spans: Vec<Span> = scenario.receivers().map(|(id, _)| download(scenario, id)).collect();
    *spans.select_nth_unstable_by(index, Span::order).1
}

/// [`download_at`] for every index, rounded down. Rounding keeps the order.
pub(super) fn downloads(scenario: &Scenario) -> Vec<Time> {
    let mut floors: Vec<Time> =
        scenario.receivers().map(|(id, _)| download(scenario, id).floor()).collect();
    floors.sort_unstable();
    floors
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    /// Bits, rate, delay. Few bits at a high rate take about a nanosecond, so the fraction often
    /// decides.
    type Short = (u8, u16, bool);

    fn span((bits, rate, delay): Short) -> Span {
        Span::new(bits.into(), (u128::from(rate) + 1) * 1_000_000, Time(delay.into()))
    }

    quickcheck! {
        fn the_order_is_that_of_the_exact_seconds(left: Short, right: Short) -> bool {
            let (left, right) = (span(left), span(right));
            left.order(&right) == left.seconds().cmp(&right.seconds())
        }
    }
}
