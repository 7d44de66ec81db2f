//! Store and forward with unequal rates: a peer that has no chunk yet cannot send.
//!
//! [`WarmUp`] does not assume that a chunk copy has one sender, that rates are constant or that
//! whole chunks are sent one after another.
//!
//! > T >= a(N) + (M-1) c max{ 1/u_s, N/U },  a(k) = sum_{j<k} c/(u_s + Û_j)
//!
//! where `Û_j` is the sum of the j largest uploads. The code evaluates the two arguments below for
//! every k, which is stronger for k < N and for few chunks.
//!
//! Proved by machine, without bursts and for chunks that come from one sender each:
//! `Warm_up_bound.warm_up_bound`, and parts B and C as `Warm_up_bound.warm_up_all_bits` and
//! `Warm_up_bound.warm_up_last_chunk`, for every k. See [`proofs`](super::proofs).
//!
//! # Proof
//! Let c be the size of the smallest chunk, and B_p the sum of the peers' bursts.
//!
//! **Part B, all bits.** Let W(t) be the bits that the peers have usefully received by t. A peer
//! that sends holds a chunk, so at most m = floor(W/c) peers send, together at most at rate `Û_m`:
//! W grows with slope at most `g(W) = u_s + Û_floor(W/c)`. Bursts add at most b_s at once, and B_p
//! when the first chunk copy is complete, because no peer sends before that. Since u_s > 0 and g is
//! a right-continuous step function, this growth has exactly one solution, and it dominates every
//! W. It reaches c at `(c - b_s)^+/u_s`, and k complete files need W = k F:
//! `T_k >= (c - b_s)^+/u_s + integral of dw/g(w) from max(c, b_s) + B_p to k F`.
//!
//! **Part C, the last chunk.** Let x be the chunk whose first complete copy appears last. Until
//! then every bit of x came from the source, and so did every bit of the first copies of all other
//! chunks: that takes until `(F - b_s)^+/u_s` at least. From then on the same growth holds for the
//! bits V of x alone: floor(V/|x|) peers can send x, and k files need V = k |x|. The bound
//! increases with |x| (for a smaller x, V counted in copies of x starts higher and grows faster),
//! so it holds with c in place of |x|, whichever chunk x is:
//! `T_k >= (F - b_s)^+/u_s + integral of dv/g(v) from c + (b_s - F)^+ + B_p to k c`.
//!
//! **A short last chunk** makes c small. A run that delivers the file also delivers its whole
//! chunks, and a peer needs one of them to send their bits. So both parts also hold for the whole
//! chunks alone, with their size for c. The bound is the larger of the two.
//!
//! **Delay.** Bits received by t were sent by t - L, and a peer that sends at t received a chunk
//! before t. So the same growth bounds what is sent, and the delay L is added once.
//!
//! **Coding.** A combination of chunks is as long as a chunk, and its sender has received that
//! much, so part B holds with c. Part C and the argument on whole chunks are about individual
//! chunks, which coding mixes, so they are not used.
//!
//! Since g never exceeds U, the exact bound is never below that of [`super::fluid`]; its terms are
//! included so that rounding cannot change that. The sums are at most 1 ns below the exact value.

use super::access_links::{self, SwarmTotals};
use super::fixed_point::Fixed;
use super::fluid;
use super::terms::{TermTimes, strongest, strongest_at};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::scenario::Scenario;
use crate::units::Time;

const ALL_BITS: &str = "sum_{j<N} c/(u_s + Û_j) + N (M-1) c/U";
const LAST_CHUNK: &str = "(M-1) c/u_s + sum_{j<N} c/(u_s + Û_j)";

/// The bound by store and forward: a peer needs a whole chunk before it can send.
#[derive(Clone, Copy, Debug)]
pub struct WarmUp;

impl Bound for WarmUp {
    fn name(&self) -> &'static str {
        "warm_up"
    }

    fn formula(&self) -> &'static str {
        "sum_{j<N} c/(u_s + Û_j) + (M-1) c max{1/u_s, N/U}"
    }

    fn cite(&self) -> &'static str {
        "proved in the documentation of bounds::warm_up; the model is that of \
         Mundinger, Weber & Weiss, J. Scheduling 11 (2008)"
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

fn terms(scenario: &Scenario) -> Result<Vec<TermTimes>, Inapplicable> {
    if scenario.discipline().cut_through {
        return Err(Inapplicable::Assumption(
            "with cut_through a peer may send parts of a chunk that it does not have yet",
        ));
    }
    let totals = SwarmTotals::new(scenario);
    let rates = access_links::rates_of_the_fastest(scenario);
    let file = scenario.file();
    let smallest = Payload { file: totals.file, chunk: file.smallest().bits() };
    let mut terms = fluid::terms(scenario, &totals);
    terms.push(smallest.all_bits(&totals, &rates));
    if !scenario.discipline().coded {
        terms.push(smallest.last_chunk(&totals, &rates));
        if file.smallest() < file.chunk() && 0 < file.whole_chunks() {
            let chunk = file.chunk().bits();
            let whole = Payload { file: file.whole_chunks() as u128 * chunk, chunk };
            terms.push(whole.all_bits(&totals, &rates));
            terms.push(whole.last_chunk(&totals, &rates));
        }
    }
    Ok(terms)
}

/// The bits that every peer must receive, and the size of the smallest chunk in bits.
struct Payload {
    file: u128,
    chunk: u128,
}

impl Payload {
    /// Part B for every k.
    fn all_bits(&self, totals: &SwarmTotals, rates: &[u128]) -> TermTimes {
        let first = self.chunk.saturating_sub(totals.source_burst);
        let there = self.chunk.max(totals.source_burst) + totals.peers_burst;
        let growth = Growth::new(self.chunk, there, rates);
        term_times(ALL_BITS, totals, first, &rates[1..], |k| growth.until(k * self.file))
    }

    /// Part C for every k.
    fn last_chunk(&self, totals: &SwarmTotals, rates: &[u128]) -> TermTimes {
        let first = self.file.saturating_sub(totals.source_burst);
        let left = totals.source_burst.saturating_sub(self.file);
        let growth = Growth::new(self.chunk, self.chunk + left + totals.peers_burst, rates);
        term_times(LAST_CHUNK, totals, first, &rates[1..], |k| growth.until(k * self.chunk))
    }
}

/// For each k: the source sends `first` bits alone, then `after(k)` passes, then the delay. `peers`
/// has one entry per peer.
fn term_times(
    formula: &'static str,
    totals: &SwarmTotals,
    first: u128,
    peers: &[u128],
    after: impl Fn(u128) -> Fixed,
) -> TermTimes {
    let begin = Fixed::span(first, totals.source_upload).plus(Fixed::from(totals.min_delay));
    let time = |k| -> Time { begin.plus(after(k as u128)).floor() };
    TermTimes::new(formula, (1..=peers.len()).map(time))
}

/// A number of bits that grows with slope `rates[floor(bits / chunk)]`, and with the last rate
/// beyond the end of `rates`.
struct Growth<'a> {
    chunk: u128,
    /// The initial number of bits.
    from: u128,
    rates: &'a [u128],
    /// Time from the start until j chunks are reached, by j.
    reaches: Vec<Fixed>,
}

impl<'a> Growth<'a> {
    fn new(chunk: u128, from: u128, rates: &'a [u128]) -> Self {
        let mut reaches = Vec::with_capacity(rates.len());
        reaches.push(Fixed::ZERO);
        for (j, &rate) in rates[..rates.len() - 1].iter().enumerate() {
            let end = (j as u128 + 1) * chunk;
            let bits = end.saturating_sub(from.max(j as u128 * chunk));
            reaches.push(reaches[j].plus(Fixed::span(bits, rate)));
        }
        Growth { chunk, from, rates, reaches }
    }

    /// Time from the start until `bits` are reached.
    fn until(&self, bits: u128) -> Fixed {
        let last = self.rates.len() - 1;
        let chunks = usize::try_from(bits / self.chunk).map_or(last, |chunks| chunks.min(last));
        let base = self.from.max(chunks as u128 * self.chunk);
        let rest = Fixed::span(bits.saturating_sub(base), self.rates[chunks]);
        self.reaches[chunks].plus(rest)
    }
}
