//! Whole chunks from one sender each: the copies of a chunk multiply as in a branching process.
//!
//! [`Branching`] says nothing about engines that assemble one chunk copy from several senders, nor
//! about links with a burst.
//!
//! > (L) T >= (M-1) c/u_s + h_N      (K) u_s T + sum_j û_j (T - h_j)^+ >= N F
//!
//! where `h_1 <= h_2 <= ...` are the times at which the copies of one chunk appear if the source
//! completes one every c/u_s, every holder one every c/u_max, and each arrives L later; `û_j` is
//! the j-th largest upload. With equal rates and L = 0, (L) is M - 1 + ceil(lg(N+1)) chunk times
//! (Mundinger, Weber & Weiss 2008; Bar-Noy & Kipnis 1994; with L > 0 their postal model).
//!
//! Proved by machine for equal rates without delays: `Slots.slots_lower_bound`, and that a schedule
//! reaches it, `Pipeline.slots_optimum`. See [`proofs`](super::proofs).
//!
//! # Proof
//! Let c be the size of the smallest chunk.
//!
//! **(L)** Let x be the chunk whose first complete copy appears last, and t0 = (F - |x|)/u_s. The
//! first copies of all other chunks came from the source alone, so by time t it has sent at most
//! `floor(u_s (t - t0)/|x|)` whole copies of x. A peer that has held x since f has sent at most
//! `floor(u_max (t - f)/|x|)`. By induction over i, the i-th peer to hold x holds it at `t0 + h_i`
//! or later: the holders before it are no earlier than in the process, so there are no more copies
//! by then. The first copy of x arrives at F/u_s + L whatever its size, and the rest takes longer
//! for a larger x, so the bound holds with c in place of |x|. It holds for every k, not only for N.
//!
//! **(K)** By the same induction from t0 = 0 over peers that hold any chunk, the j-th of them has
//! its first at `h_j` or later, and sends nothing before. k F bits were sent by T - L:
//! `k F <= u_s (T - L) + sum_v u_v (T - L - f_v)^+`, and that sum is largest if the fastest peers
//! have the earliest times (rearrangement). As a convex function it is the maximum over m of
//! `(u_s + Û_m) (T - L) - sum_{j<=m} û_j h_j`, so `T - L` is the minimum over m of
//! `(k F + sum_{j<=m} û_j h_j) / (u_s + Û_m)`.
//!
//! Per-peer rates in (L) would be unsound: floor is not supermodular, and with floors of unequal
//! rates "fastest first" is not the best order. A burst lets a sender complete a copy sooner than
//! the floors allow, so the theorem does not apply with bursts.
//!
//! **A short last chunk** makes c small. As in [`super::warm_up`], both arguments also hold for the
//! whole chunks alone, and the bound is the larger of the two.
//!
//! The terms of [`super::fluid`] are included, since its downlinks bind here too. The sums are at
//! most 1 ns below the exact value.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dashu_int::UBig;

use super::access_links::{self, SwarmTotals};
use super::fixed_point::Fixed;
use super::fluid;
use super::terms::{TermTimes, strongest, strongest_at};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::scenario::Scenario;
use crate::units::{Bytes, NANO, Time};

const LAST_CHUNK: &str = "(M-1) c/u_s + h_N";
const COUNTING: &str = "u_s T + sum_j û_j (T - h_j)^+ >= N F";

/// The bound by store and forward when every chunk copy has one sender.
#[derive(Clone, Copy, Debug)]
pub struct Branching;

impl Bound for Branching {
    fn name(&self) -> &'static str {
        "branching"
    }

    fn formula(&self) -> &'static str {
        "max{(M-1) c/u_s + h_N, (N F + sum_j û_j h_j)/U}"
    }

    fn cite(&self) -> &'static str {
        "Mundinger, Weber & Weiss, J. Scheduling 11 (2008); Bar-Noy & Kipnis, DAM 55 (1994); \
         unequal rates: proved in the documentation of bounds::branching"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        need_empty_peers(scenario)?;
        Ok(strongest_at(&terms(scenario)?, index))
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        need_empty_peers(scenario)?;
        Ok(strongest(terms(scenario)?))
    }
}

/// Why chunk copies are not whole copies from one sender each at its rate.
pub(super) fn inapplicable(scenario: &Scenario) -> Option<&'static str> {
    let discipline = scenario.discipline();
    if discipline.cut_through {
        return Some("with cut_through a peer may send parts of a chunk that it does not have yet");
    }
    if discipline.multi_source {
        return Some("with multi_source a copy of a chunk grows faster than one sender can send");
    }
    if discipline.coded {
        return Some("with coding a peer sends combinations, and no copies of a chunk");
    }
    if scenario.nodes().any(|id| Bytes(0) < scenario.burst(id)) {
        return Some("with a burst a sender may complete a chunk copy sooner than in c/u");
    }
    None
}

fn terms(scenario: &Scenario) -> Result<Vec<TermTimes>, Inapplicable> {
    if let Some(reason) = inapplicable(scenario) {
        return Err(Inapplicable::Assumption(reason));
    }
    let process = CopyProcess::new(scenario);
    let file = scenario.file();
    let mut terms = fluid::terms(scenario, &process.totals);
    terms.extend(process.both_forms(process.totals.file, file.smallest().bits()));
    if file.smallest() < file.chunk() && 0 < file.whole_chunks() {
        let chunk = file.chunk().bits();
        terms.extend(process.both_forms(file.whole_chunks() as u128 * chunk, chunk));
    }
    Ok(terms)
}

struct CopyProcess {
    totals: SwarmTotals,
    /// û: the peers' uploads in bits per second, largest first.
    uploads: Vec<u64>,
}

impl CopyProcess {
    fn new(scenario: &Scenario) -> CopyProcess {
        CopyProcess {
            totals: SwarmTotals::new(scenario),
            uploads: access_links::uploads_fastest_first(scenario),
        }
    }

    /// (L) and (K) for a file of `file` bits whose smallest chunk has `chunk` bits.
    fn both_forms(&self, file: u128, chunk: u128) -> [TermTimes; 2] {
        let copies = self.copies(chunk);
        let begin = Fixed::span(file - chunk, self.totals.source_upload);
        let last_chunk = copies.iter().map(|&copy| begin.plus(copy).floor());
        [
            TermTimes::new(LAST_CHUNK, last_chunk),
            TermTimes::new(COUNTING, self.counting(file, &copies).into_iter()),
        ]
    }

    /// h_1..=h_N: the earliest times at which the copies of a chunk of `chunk` bits can exist. Each
    /// copy is rounded down once, and an earlier copy only makes later ones earlier.
    fn copies(&self, chunk: u128) -> Vec<Fixed> {
        let fastest = self.uploads.first().copied().map_or(0, u128::from);
        let delay = Fixed::from(self.totals.min_delay);
        let nth_of = |sender: Sender, n: u128| {
            let (since, rate) = match sender {
                Sender::Source => (Fixed::ZERO, self.totals.source_upload),
                Sender::Peer { since } => (since, fastest),
            };
            since.plus(Fixed::span(n * chunk, rate)).plus(delay)
        };
        let mut next = BinaryHeap::new();
        next.push(Reverse((nth_of(Sender::Source, 1), Sender::Source, 1)));
        let mut copies = Vec::with_capacity(self.uploads.len());
        while copies.len() < self.uploads.len()
            && let Some(Reverse((at, sender, n))) = next.pop()
        {
            copies.push(at);
            next.push(Reverse((nth_of(sender, n + 1), sender, n + 1)));
            if 0 < fastest {
                let peer = Sender::Peer { since: at };
                next.push(Reverse((nth_of(peer, 1), peer, 1)));
            }
        }
        copies
    }

    /// (K) for every k. The minimizing m increases with k: the more is to be sent, the more peers
    /// have begun to send. Exact except for the rounding of `copies`.
    fn counting(&self, file: u128, copies: &[Fixed]) -> Vec<Time> {
        // In units of 2^-40 nanobits, like the products of rates and copies.
        let file = UBig::from(file * NANO) * UBig::from(Fixed::UNITS);
        let mut rate = self.totals.source_upload;
        let mut sent_late = UBig::ZERO;
        let mut begun =
            self.uploads.iter().map(|&upload| u128::from(upload)).zip(copies).peekable();
        let mut sum = UBig::ZERO;
        (0..copies.len())
            .map(|_| {
                sum += &file;
                while let Some((upload, copy)) = begun.next_if(|(_, copy)| {
                    UBig::from(copy.units()) * UBig::from(rate) < &sum + &sent_late
                }) {
                    rate += upload;
                    sent_late += UBig::from(upload) * UBig::from(copy.units());
                }
                let units = (&sum + &sent_late) / UBig::from(rate) / UBig::from(Fixed::UNITS);
                let delay = u128::from(self.totals.min_delay.0);
                u64::try_from(units + UBig::from(delay)).map_or(Time::MAX, Time)
            })
            .collect()
    }
}

/// A node that sends copies of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sender {
    Source,
    /// A peer that has held the chunk since this time.
    Peer {
        since: Fixed,
    },
}
