//! Store and forward with unequal rates: a peer that has no chunk yet cannot send.
//!
//! Never assumes that a chunk copy has one sender, that rates are constant or that whole chunks are
//! sent one after another. The type to know is [`WarmUp`].
//!
//! > T >= a(N) + (M-1) c max{ 1/u_s, N/U },  a(k) = sum_{j<k} c/(u_s + Û_j)
//!
//! Proved by machine, without bursts and for chunks that come from one sender each:
//! `Warm_up_bound.warm_up_bound`, and parts B and C as `Warm_up_bound.warm_up_all_bits` and
//! `Warm_up_bound.warm_up_last_chunk`, for every k. See [`proofs`](super::proofs).
//!
//! where `Û_j` is the sum of the j largest uploads. The code states the two arguments for every k,
//! which is stronger for k < N and for few chunks.
//!
//! # Proof
//! Let c be the size of the smallest chunk, and B_p the sum of the peers' bursts.
//!
//! **Part B, all bits.** Let W(t) be the bits that the peers have usefully received by t. Who sends
//! has a chunk, so at most floor(W/c) peers send, and these send at most `Û` of that number
//! together: W grows at most with slope `g(W) = u_s + Û_floor(W/c)`. Bursts lift W at most by b_s
//! at once and by B_p when the first chunk copy is complete, for no peer sends before. The source
//! sends, and g is a step function that is continuous from the right; so this growth has one
//! solution, and it is above every W. It reaches c at `(c - b_s)^+/u_s`, and k complete files need
//! W = k F:
//! `T_k >= (c - b_s)^+/u_s + integral of dw/g(w) from max(c, b_s) + B_p to k F`.
//!
//! **Part C, the last chunk.** Let x be the chunk whose first complete copy appears last. Until
//! that moment every bit of x came from the source, and so did every bit of the first copies of all
//! other chunks: the moment is not before `(F - b_s)^+/u_s`. From then on the same growth holds for
//! the bits of x alone: floor(V/|x|) peers can send x, and k files need V = k |x|. The bound grows
//! with |x| (V counted in copies of x starts higher and grows faster when x is smaller), so it
//! holds with c for |x|, whichever chunk x is:
//! `T_k >= (F - b_s)^+/u_s + integral of dv/g(v) from c + (b_s - F)^+ + B_p to k c`.
//!
//! **A short last chunk** makes c small. A run that delivers the file also delivers its whole
//! chunks, and to send bits of these a peer needs one of them: both parts hold as well with the
//! whole chunks for the file and their size for c. The bound is the larger one.
//!
//! **Delay.** Bits that are there at t were sent by t - L, and who sends at t has received before
//! t. So the same growth bounds what is sent, and everything is there L later, once.
//!
//! **Coding.** A combination of chunks is as long as a chunk and who sends it has received that
//! much, so part B holds with c; part C and the whole chunks speak of chunks that coding mixes.
//!
//! Since g never exceeds U, the exact bound is never below [`super::fluid`]'s; its terms are taken
//! in so that rounding cannot change that. The sums are at most 1 ns below the exact value.

use super::access_links::{self, SwarmTotals};
use super::fixed_point::Fixed;
use super::fluid;
use super::terms::{TermTimes, strongest, strongest_at};
use super::{Bound, Earliest, Inapplicable, Lower, index_of};
use crate::scenario::Scenario;
use crate::units::Time;

const ALL_BITS: &str = "sum_{j<N} c/(u_s + Û_j) + N (M-1) c/U";
const LAST_CHUNK: &str = "(M-1) c/u_s + sum_{j<N} c/(u_s + Û_j)";

/// What store and forward allows when a peer needs a chunk before it can send.
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
        Ok(strongest_at(&terms(scenario)?, index))
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
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

/// What has to be delivered, and the size of its smallest chunk; in bits.
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

/// For each of the `peers`: the source sends `first` bits alone, then comes what is said `after`,
/// then the delay.
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

/// A quantity of bits that grows with slope `rates[floor(bits / chunk)]`, the last rate beyond.
struct Growth<'a> {
    chunk: u128,
    /// Where it starts.
    from: u128,
    rates: &'a [u128],
    /// When it reaches j chunks, counted from its start.
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

    /// When it reaches `bits`, counted from its start.
    fn until(&self, bits: u128) -> Fixed {
        let last = self.rates.len() - 1;
        let chunks = usize::try_from(bits / self.chunk).map_or(last, |chunks| chunks.min(last));
        let base = self.from.max(chunks as u128 * self.chunk);
        let rest = Fixed::span(bits.saturating_sub(base), self.rates[chunks]);
        self.reaches[chunks].plus(rest)
    }
}
