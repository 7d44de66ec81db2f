//! Counting whole copies: a sender that has sent half a copy has sent none.
//!
//! [`Emitters`] assumes store and forward, one sender a chunk copy, no coding and no burst.
//!
//! > sum_Q floor(S_e/c) + max sum_j floor((S_j(x) - S_j(h_j))/c) >= k M,  x = T - L
//!
//! over all relaxations, where Q are the sources and the maximum is over the orders in which the
//! receivers first hold a chunk.
//!
//! Own. Not proved by machine.
//!
//! # Proof
//! Take a relaxed swarm with receivers, of which none holds anything at the start; k peers of K
//! complete by T. Only whole chunks of c bits are counted; M is their number (a file shorter than a
//! chunk is one chunk). k M copies were received by T, so they were sent by x = T - L. Where peers
//! hold or want only a part, the sum of the k smallest needs stands for k M; 0 says nothing.
//!
//! Each copy has one sender, which sends its c bits after it holds the chunk. So a source e has
//! sent at most `floor(S_e(x)/c)` copies. Receiver i holds its first chunk at `f_i`: not before
//! `g_i = join_i + L_i + c/d_i`, and if it is the j-th of them not before `h_j` (see `copies.rs`).
//! So it has sent at most `floor((S_i(x) - S_i(max(h_j, g_i)))/c)` copies. Which receiver is the
//! j-th is unknown, hence the maximum over all orders. If K is a single peer, its own upload is
//! useless to it, and is left out. S may be any function that never falls: rates that change, too.
//!
//! Adding supplies before rounding down, or taking the fastest first, would be unsound: floor is
//! not supermodular. The maximum over orders is exact: receivers with the same upload, arrival and
//! departure are alike, and dynamic programming runs over how many of each kind have had their
//! turn. Where that would be too many combinations, kinds are merged to the larger upload, the
//! earlier g and the later departure, which only adds copies.
//!
//! All times are whole nanoseconds, h_j and g_i rounded down; the least x is exact for those.

use super::branching;
use super::copies::CopyProcess;
use super::demand::Demand;
use super::fluid;
use super::relaxation::{self, Claim, RelaxedSwarm, Strongest};
use super::supply::{Kind, Supply};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::chunks::Manifest;
use crate::scenario::Scenario;
use crate::units::{NANO, Rate, Time};

const FORMULA: &str = "sum of floor(S_e/c) over all senders >= N M";

/// The bound by counting whole copies of each sender.
#[derive(Clone, Copy, Debug)]
pub struct Emitters;

impl Bound for Emitters {
    fn name(&self) -> &'static str {
        "emitters"
    }

    fn formula(&self) -> &'static str {
        "sum_Q floor(S_e/c) + max sum_j floor((S_j(T) - S_j(h_j))/c) >= N M"
    }

    fn cite(&self) -> &'static str {
        "the model is that of Mundinger, Weber & Weiss, J. Scheduling 11 (2008); \
         proved in the documentation of bounds::emitters"
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
    let demand = Demand::of(scenario);
    Ok(relaxation::strongest(&demand, known, |swarm, known| claims(demand.chunk, swarm, known)))
}

/// What the theorem says of a relaxed swarm beyond what is known, for chunks of `chunk` bits.
pub(super) fn claims(chunk: u128, swarm: &RelaxedSwarm, known: &[Time]) -> Vec<Claim> {
    let counting = Counting::new(swarm, chunk);
    let mut times = vec![None; known.len()];
    for k in swarm.ranks() {
        let copies = swarm.needs_of(k);
        times[k - 1] = least_time(swarm, known[k - 1], |time, last_bit| {
            counting.sent(time, last_bit) < copies
        });
    }
    vec![Claim { formula: FORMULA, times }]
}

/// The bits of a whole chunk and the number of them; a file shorter than a chunk is one.
pub(super) fn whole_chunks(file: &Manifest) -> (u128, u128) {
    match file.whole_chunks() {
        0 => (file.file().bits(), 1),
        chunks => (file.chunk().bits(), chunks as u128),
    }
}

/// The earliest time by which enough copies can have arrived, given at which times too few are
/// sent, if it is later than `known`.
pub(super) fn least_time(
    swarm: &RelaxedSwarm,
    known: Time,
    too_few: impl Fn(Time, LastBit) -> bool,
) -> Option<Time> {
    let known = known.since(swarm.min_delay).0;
    if !too_few(Time(known), LastBit::Counts) {
        return None;
    }
    let (mut before, mut step) = (known, 1 + known / 64);
    let mut after = before.saturating_add(step);
    while after < u64::MAX && too_few(Time(after), LastBit::Counts) {
        (before, step) = (after, step.saturating_mul(2));
        after = before.saturating_add(step);
    }
    while 1 < after - before {
        let middle = before + (after - before) / 2;
        match too_few(Time(middle), LastBit::Counts) {
            true => before = middle,
            false => after = middle,
        }
    }
    // Within the last nanosecond, or at its end?
    let at = if too_few(Time(after), LastBit::IsLate) { after } else { before };
    Some(Time(at).checked_add(swarm.min_delay).unwrap_or(Time::MAX))
}

/// Does a copy count whose last bit leaves at the very instant?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LastBit {
    Counts,
    IsLate,
}

impl LastBit {
    /// How many copies of `chunk` nanobits are within `sent` nanobits.
    pub(super) fn copies(self, sent: u128, chunk: u128) -> u128 {
        match self {
            LastBit::Counts => sent / chunk,
            LastBit::IsLate => sent.saturating_sub(1) / chunk,
        }
    }
}

/// How many whole copies can have been sent by a time.
struct Counting<'a> {
    swarm: &'a RelaxedSwarm,
    /// c, in nanobits.
    chunk: u128,
    /// h_1..h_E, where E receivers upload anything, rounded down.
    held: Vec<Time>,
    kinds: Vec<Kind>,
}

/// Most combinations of kinds over which the maximum is exact.
const MOST_STATES: usize = 1024;

impl<'a> Counting<'a> {
    fn new(swarm: &'a RelaxedSwarm, chunk: u128) -> Counting<'a> {
        let process = CopyProcess::new(swarm, chunk);
        let held = process.in_any_order(process.whole_copies(0));
        let supplies: Vec<Supply> = swarm
            .receivers
            .iter()
            .filter(|receiver| 0 < receiver.upload.highest())
            .map(|receiver| Supply {
                from: process.holder(receiver).ready.floor(),
                ..receiver.upload.clone()
            })
            .collect();
        let kinds = few(Kind::of(supplies));
        let senders = kinds.iter().map(|kind| kind.count).sum();
        let held = held.into_iter().take(senders).map(|held| held.floor()).collect();
        Counting { swarm, chunk: chunk * NANO, held, kinds }
    }

    /// The largest number of whole copies that can have been sent by `time`.
    fn sent(&self, time: Time, last_bit: LastBit) -> u128 {
        let whole = |sent| last_bit.copies(sent, self.chunk);
        let by_sources: u128 =
            self.swarm.sources.iter().map(|kind| kind.all(|source| whole(source.sent(time)))).sum();
        by_sources + self.most(|supply, held| whole(supply.sent_since(held, time)))
    }

    /// The maximum over all orders of the sum of `copies` over the receivers in their order.
    fn most(&self, copies: impl Fn(&Supply, Time) -> u128) -> u128 {
        if let [kind] = self.kinds.as_slice() {
            return self.held.iter().map(|&held| copies(&kind.supply, held)).sum();
        }
        let turns = self.held.len();
        let by_kind = |kind: &Kind| -> Vec<u128> {
            self.held.iter().map(|&held| copies(&kind.supply, held)).collect()
        };
        let table: Vec<Vec<u128>> = self.kinds.iter().map(by_kind).collect();
        // State: how many of each kind have had their turn, in mixed radix.
        let mut best: Vec<u128> = Vec::with_capacity(MOST_STATES);
        let mut had = vec![0; self.kinds.len()];
        best.push(0);
        for turn in 1.. {
            if !advance(&mut had, &self.kinds) {
                break;
            }
            let placed: usize = had.iter().sum();
            debug_assert!(placed <= turns && turn == best.len());
            let mut stride = 1;
            let mut most = 0;
            for ((kind, &had), copies) in self.kinds.iter().zip(&had).zip(&table) {
                if 0 < had {
                    most = most.max(best[turn - stride] + copies[placed - 1]);
                }
                stride *= kind.count + 1;
            }
            best.push(most);
        }
        best[best.len() - 1]
    }
}

/// The next state in mixed radix; false after the last.
fn advance(had: &mut [usize], kinds: &[Kind]) -> bool {
    for (had, kind) in had.iter_mut().zip(kinds) {
        if *had < kind.count {
            *had += 1;
            return true;
        }
        *had = 0;
    }
    false
}

/// Merges neighboring kinds, which are in the order of their uploads, until the combinations are
/// few.
fn few(mut kinds: Vec<Kind>) -> Vec<Kind> {
    let states = |kinds: &[Kind]| {
        kinds.iter().try_fold(1usize, |states, kind| states.checked_mul(kind.count + 1))
    };
    while 1 < kinds.len() && states(&kinds).is_none_or(|states| MOST_STATES < states) {
        kinds = kinds.chunks(2).map(merge).collect();
    }
    kinds
}

/// One kind that sends at least as much as each of `kinds`.
fn merge(kinds: &[Kind]) -> Kind {
    let supplies = kinds.iter().map(|kind| kind.supply.clone());
    let merged = supplies.reduce(|one, other| Supply {
        rate: Rate(one.highest().max(other.highest()) as u64),
        changes: Vec::new(),
        burst: one.burst.max(other.burst),
        from: one.from.min(other.from),
        until: one.until.zip(other.until).map(|(one, other)| one.max(other)),
    });
    let supply = merged.expect("chunks are not empty");
    Kind { supply, count: kinds.iter().map(|kind| kind.count).sum() }
}
