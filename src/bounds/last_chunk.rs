//! The chunk that leaves the source last, where downlinks are slow and peers arrive late.
//!
//! [`LastChunk`] assumes store and forward, one sender a chunk copy, no coding and no burst. It is
//! the form (L) of [`super::branching`] for sources that cannot be added up, with downlinks and
//! arrivals, over all relaxations.
//!
//! > T_k >= t1 + h_k, the sources having sent M - 1 other chunks before a first copy
//!
//! Own; the model is that of Mundinger, Weber & Weiss, J. Scheduling 11 (2008). Not proved by
//! machine.
//!
//! # Proof
//! Take a relaxed swarm with its sources and its receivers K, of which none holds anything at the
//! start; k of them complete by T. Let x be the chunk whose first complete copy in K appears last.
//! No receiver holds a chunk before its first copy is complete, so the first copies of all chunks
//! came from sources. When a copy of x is complete, the sources have sent those of the others too.
//!
//! **Whole chunks.** Each copy has one sender, so source e has sent at most `floor(S_e(t)/c)` by t,
//! and n copies of x need `sum_e floor(S_e(t)/c) >= M - 1 + n` (the integral cut). With these times
//! for s_n, h_k bounds the time at which k receivers hold x: see `copies.rs` for the spread.
//!
//! Where only a set X of chunks counts, M is their number, and x one of them. The j-th of all
//! receivers is meant, relays included, and k counts those that want all of X.
//!
//! **All bits.** With a short last chunk, x may be short or not. For either size |x|, n copies of x
//! need `sum_e S_e(t) >= F - |x| + n |x|`. The smaller of both results counts, and then the larger
//! of that and the result for the whole chunks alone: a run that delivers the file also delivers
//! those.

use super::branching;
use super::copies::CopyProcess;
use super::demand::Demand;
use super::fixed_point::Fixed;
use super::fluid;
use super::relaxation::{self, Claim, RelaxedSwarm, Strongest};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::chunks::Manifest;
use crate::scenario::Scenario;
use crate::units::Time;

const FORMULA: &str = "t1 + h_N after M-1 other chunks";

/// The bound by the last chunk, with arrivals and downlinks.
#[derive(Clone, Copy, Debug)]
pub struct LastChunk;

impl Bound for LastChunk {
    fn name(&self) -> &'static str {
        "last_chunk"
    }

    fn formula(&self) -> &'static str {
        "t1 + h_N after M-1 other chunks, with d_i and join_i in h"
    }

    fn cite(&self) -> &'static str {
        "after Mundinger, Weber & Weiss, J. Scheduling 11 (2008); \
         proved in the documentation of bounds::last_chunk"
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
    let spread = |process: &CopyProcess<'_>, sent: Sent| match sent {
        Sent::Whole(others) => process.in_any_order(process.whole_copies(others)),
        Sent::Bits(others) => process.in_any_order(process.bits(others)),
    };
    vec![Claim { formula: FORMULA, times: times(swarm, chunk, file, spread) }]
}

/// What the sources have sent before the first copy of the last chunk.
#[derive(Clone, Copy)]
pub(super) enum Sent {
    /// This many chunks.
    Whole(u128),
    /// This many bits.
    Bits(u128),
}

/// The earliest time for every k, from the spread of the last chunk in one of the three cases.
pub(super) fn times(
    swarm: &RelaxedSwarm,
    chunk: u128,
    file: &Manifest,
    spread: impl Fn(&CopyProcess<'_>, Sent) -> Vec<Fixed>,
) -> Vec<Option<Time>> {
    let after = |chunk: u128, sent| spread(&CopyProcess::new(swarm, chunk), sent);
    let whole = after(chunk, Sent::Whole(swarm.chunks - 1));
    let smallest = file.smallest().bits();
    if !swarm.is_plain || chunk <= smallest {
        return swarm.completions(whole);
    }
    let bits = |chunk: u128| after(chunk, Sent::Bits(file.file().bits() - chunk));
    let either = bits(chunk).into_iter().zip(bits(smallest));
    let either = either.map(|(long, short)| long.min(short));
    swarm.completions(whole.into_iter().zip(either).map(|(whole, either)| whole.max(either)))
}
