//! Slow downlinks and slow starts together: what arrives early is limited by senders, what arrives
//! late by downlinks.
//!
//! [`Downlinks`] assumes store and forward, one sender a chunk copy, no coding and no burst.
//!
//! > m F <= S(t) + D_m (T - L - t) for every t, where S grows with u_s + Û_j from h_j on
//!
//! over all relaxations and every m <= k; D_m is the sum of the m slowest of the k fastest
//! downlinks.
//!
//! Own. Not proved by machine.
//!
//! # Proof
//! Take a relaxed swarm with sources Q and receivers K, of which none holds anything at the start;
//! J are k of them that complete by T, and A the m of J with the slowest downlinks. At t, a peer of
//! K can send only if it holds a chunk; j of them do only from h_j on (see `copies.rs`), and
//! together they send at most at the j largest rates. So all nodes have sent at most S(t) by t,
//! where S grows at the sum of Q's rates plus `Û_j` between h_j and h_{j+1}.
//!
//! A needs m F bits, or at least the sum of the m smallest needs. What arrived by t + L was sent by
//! t: at most S(t). The rest, for t <= T - L, passed the downlinks of A between t + L and T: at
//! most D (T - L - t), where D is the sum of A's downlinks. The i-th slowest of J is no faster than
//! the i-th slowest of the k fastest of K, so D <= D_m.
//!
//! If S(t) < m F, then T - L > t, since all of it was sent by T - L. So the bound is the latest of
//! `t + (m F - S(t))/D_m` over those t; between the h_j both sides are linear, so the h_j suffice,
//! and the time at which S reaches m F.
//!
//! In the first part a chunk has the size of the smallest; the second speaks of the whole chunks
//! alone. The larger result counts. Departures are not used: a node that left counts as there.

use super::branching;
use super::copies::CopyProcess;
use super::demand::Demand;
use super::fluid;
use super::relaxation::{self, Claim, MOST_DOWNLINKS, RelaxedSwarm, Strongest};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::chunks::Manifest;
use crate::scenario::Scenario;
use crate::units::{NANO, Time};

const FORMULA: &str = "S(t) + D_m (T - t) >= m F";

/// The bound by senders that start late and downlinks that are slow.
#[derive(Clone, Copy, Debug)]
pub struct Downlinks;

impl Bound for Downlinks {
    fn name(&self) -> &'static str {
        "downlinks"
    }

    fn formula(&self) -> &'static str {
        "S(t) + D_m (T - t) >= m F for all t and m"
    }

    fn cite(&self) -> &'static str {
        "the model is that of Mundinger, Weber & Weiss, J. Scheduling 11 (2008); \
         proved in the documentation of bounds::downlinks"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        Ok(all(scenario)?[index].lower())
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        Ok(all(scenario)?.iter().map(Strongest::earliest).collect())
    }
}

fn all(scenario: &Scenario) -> Result<Vec<Strongest>, Inapplicable> {
    need_empty_peers(scenario)?;
    if let Some(reason) = branching::inapplicable(scenario) {
        return Err(Inapplicable::Assumption(reason));
    }
    let known = fluid::best(scenario);
    let (demand, file) = (Demand::of(scenario), scenario.file());
    Ok(relaxation::strongest(&demand, known, |swarm, _| claims(demand.chunk, file, swarm)))
}

/// What the theorem says of a relaxed swarm, for chunks of `chunk` bits.
pub(super) fn claims(chunk: u128, file: &Manifest, swarm: &RelaxedSwarm) -> Vec<Claim> {
    let mut claims = vec![claim(swarm, chunk, |m| swarm.needs_of(m) * chunk)];
    if swarm.is_plain && file.smallest().bits() < chunk {
        let bits = file.file().bits();
        claims.push(claim(swarm, file.smallest().bits(), |m| m as u128 * bits));
    }
    claims
}

/// The claim if m peers need so many bits, in chunks of `chunk` bits or more.
fn claim(swarm: &RelaxedSwarm, chunk: u128, needed: impl Fn(usize) -> u128) -> Claim {
    let growth = Growth::new(swarm, chunk);
    let mut times = vec![None; swarm.count()];
    for k in swarm.ranks() {
        times[k - 1] = growth.completion(k, &needed);
    }
    Claim { formula: FORMULA, times }
}

/// What all nodes together can have sent over time.
struct Growth<'a> {
    swarm: &'a RelaxedSwarm,
    pieces: Vec<Piece>,
}

/// A linear piece of S.
struct Piece {
    begins: Time,
    /// S at `begins`, in nanobits; saturates, which lowers the bound.
    sent: u128,
    /// In bits per second.
    rate: u128,
}

impl<'a> Growth<'a> {
    fn new(swarm: &'a RelaxedSwarm, chunk: u128) -> Growth<'a> {
        let process = CopyProcess::new(swarm, chunk);
        let held = process.in_any_order(process.whole_copies(0));
        let mut uploads: Vec<u128> =
            swarm.receivers.iter().map(|receiver| receiver.upload.highest()).collect();
        uploads.sort_unstable_by(|one, other| other.cmp(one));
        let mut pieces = vec![Piece { begins: Time::ZERO, sent: 0, rate: swarm.source_rate() }];
        for (held, upload) in held.into_iter().zip(uploads) {
            let last = &pieces[pieces.len() - 1];
            let (begins, rate) = (held.floor(), last.rate + upload);
            pieces.push(Piece { begins, sent: last.sent_by(begins), rate });
        }
        Growth { swarm, pieces }
    }

    /// The earliest time at which k peers can have what they need; None if that may be nothing.
    fn completion(&self, k: usize, needed: impl Fn(usize) -> u128) -> Option<Time> {
        let sums = self.slowest(k).into_iter().map(|(m, rate)| (needed(m), rate));
        let needy = sums.filter(|&(bits, _)| 0 < bits);
        let at = needy.map(|(bits, rate)| self.reception(bits, rate)).max()?;
        Some(at.checked_add(self.swarm.min_delay).unwrap_or(Time::MAX))
    }

    /// m and D_m; None is unlimited. For m at which the next downlink is faster, and m = k.
    fn slowest(&self, k: usize) -> Vec<(usize, Option<u128>)> {
        let downloads = &self.swarm.downloads;
        let slowest_first = || downloads[..k].iter().rev();
        let mut sums = Vec::new();
        let mut sum = Some(0);
        for (m, (own, next)) in slowest_first().zip(slowest_first().skip(1)).enumerate() {
            sum = sum.zip(*own).map(|(sum, own)| sum + u128::from(own));
            if own != next && sums.len() < MOST_DOWNLINKS {
                sums.push((m + 1, sum));
            }
        }
        sum = sum.zip(downloads[0]).map(|(sum, own)| sum + u128::from(own));
        sums.push((k, sum));
        sums
    }

    /// The earliest time, without the delay, at which `bits` can have been sent and passed
    /// downlinks of `rate` together.
    fn reception(&self, bits: u128, rate: Option<u128>) -> Time {
        let needed = bits * NANO;
        let behind = self.pieces.iter().take_while(|piece| piece.sent < needed);
        let mut latest = Time::ZERO;
        let mut last = None;
        for piece in behind {
            if let Some(rate) = rate {
                latest = latest.max(piece.reaches(needed, rate));
            }
            last = Some(piece);
        }
        latest.max(last.map_or(Time::ZERO, |piece| piece.reaches(needed, piece.rate)))
    }
}

impl Piece {
    fn sent_by(&self, time: Time) -> u128 {
        let since = u128::from(time.since(self.begins).0);
        self.sent.saturating_add(self.rate.saturating_mul(since))
    }

    /// When `needed` nanobits are reached at `rate`, rounded down.
    fn reaches(&self, needed: u128, rate: u128) -> Time {
        let span = match rate {
            0 => return Time::MAX,
            rate => (needed - self.sent) / rate,
        };
        let span = u64::try_from(span).map_or(Time::MAX, Time);
        self.begins.checked_add(span).unwrap_or(Time::MAX)
    }
}
