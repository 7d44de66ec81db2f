//! Relaxations: a simpler scenario of which every run of the first is still a run.
//!
//! A bound on the simpler scenario holds for the first. A [`Relaxation`] names the simplification;
//! [`RelaxedSwarm`] is what is left of the scenario, and [`strongest`] asks a theorem about all of
//! them.
//!
//! > T_k >= t1 + B_{k-m}(K)
//!
//! where K are the peers that still count as receivers, B_i(K) bounds the i-th completion among
//! them, and m is the number of all other peers.
//!
//! # Proof
//! **Merge.** The other peers become sources: they hold everything and need nothing. What they sent
//! to K in the run, they can send in the simpler scenario at the same times, and what was sent to
//! them is left out. At the k-th completion at least k - m peers of K are complete.
//!
//! **Suffix.** K are the peers that join at t1 or later. A peer receives what is sent after it
//! joined, so nothing is sent to K before t1, and the clock can start there: in the window from t1
//! to T an uplink carries at most what its supply grows. No peer of K holds anything at t1.
//!
//! **Subset.** K are those of them whose downlinks are at most a given rate. The faster ones are
//! merged, so that theorems that count with the fastest downlink of K count with a slower one.
//!
//! Merged nodes are not added up: each stays a source with a supply of its own, since a chunk copy
//! has one sender. A peer that left before t1 sends nothing after it.

use std::fmt;

use super::supply::{Kind, Supply};
use super::{Earliest, Lower};
use crate::scenario::Scenario;
use crate::units::{Rate, Time};

/// How a scenario was simplified before a theorem was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relaxation {
    /// Peers that joined earlier count as sources.
    pub from: Time,
    /// Peers with faster downlinks count as sources.
    pub downlinks_up_to: Option<Rate>,
    /// How many different arrivals were looked at.
    pub looked_at: usize,
    /// How many there are.
    pub arrivals: usize,
}

impl Relaxation {
    /// Whether the scenario is unchanged.
    fn is_none(&self) -> bool {
        self.from == Time::ZERO && self.downlinks_up_to.is_none()
    }
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.downlinks_up_to) {
            (from, None) => write!(f, "suffix from {from}"),
            (Time::ZERO, Some(rate)) => write!(f, "downlinks up to {rate}"),
            (from, Some(rate)) => write!(f, "suffix from {from}, downlinks up to {rate}"),
        }?;
        if self.looked_at < self.arrivals {
            write!(f, " ({} of {} arrivals looked at)", self.looked_at, self.arrivals)?;
        }
        Ok(())
    }
}

/// Most arrivals that are looked at.
const MOST_ARRIVALS: usize = 16;
/// Most peers of which every downlink is looked at, and every completion by the slower theorems.
pub(super) const FEW_PEERS: usize = 32;

/// What is left of a scenario: sources that hold everything and receivers that hold nothing. Its
/// clock starts at [`Relaxation::from`].
#[derive(Debug)]
pub(super) struct RelaxedSwarm {
    pub(super) relaxation: Relaxation,
    /// m, the number of peers that are no receivers.
    pub(super) merged: usize,
    pub(super) sources: Vec<Kind>,
    /// K; never empty.
    pub(super) receivers: Vec<Receiver>,
    /// L, the smallest delay to a receiver.
    pub(super) min_delay: Time,
}

/// A peer of a [`RelaxedSwarm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Receiver {
    /// From its arrival on.
    pub(super) upload: Supply,
    /// None is unlimited.
    pub(super) download: Option<Rate>,
    pub(super) delay: Time,
}

impl RelaxedSwarm {
    /// None if there is no receiver.
    fn new(scenario: &Scenario, relaxation: Relaxation) -> Option<RelaxedSwarm> {
        let is_slow = |download: Option<Rate>| {
            relaxation
                .downlinks_up_to
                .is_none_or(|limit| download.is_some_and(|download| download <= limit))
        };
        let (mut sources, mut receivers) = (Vec::new(), Vec::new());
        for id in scenario.nodes() {
            let joins = scenario.joins(id);
            let upload = Supply {
                rate: scenario.upload(id),
                burst: scenario.burst(id).nanobits(),
                from: joins.since(relaxation.from),
                until: scenario.leaves_at(id).map(|leaves| leaves.since(relaxation.from)),
            };
            let download = scenario.download(id);
            if !id.is_source() && relaxation.from <= joins && is_slow(download) {
                receivers.push(Receiver { upload, download, delay: scenario.latency_to(id) });
            } else if upload.rate != Rate::ZERO && upload.until != Some(Time::ZERO) {
                sources.push(upload);
            }
        }
        let min_delay = receivers.iter().map(|receiver| receiver.delay).min()?;
        let merged = scenario.peer_count() - receivers.len();
        let sources = Kind::of(sources);
        Some(RelaxedSwarm { relaxation, merged, sources, receivers, min_delay })
    }

    /// The sum of the rates of all sources, in bits per second.
    pub(super) fn source_rate(&self) -> u128 {
        self.sources.iter().map(|source| source.all(|source| source.rate.0.into())).sum()
    }

    /// The completions about which a theorem that takes long for each is asked: all of few, else
    /// the median, 90 %, 99 % and the last.
    pub(super) fn ranks(&self) -> Vec<usize> {
        let count = self.receivers.len();
        if count <= FEW_PEERS {
            return (1..=count).collect();
        }
        [50, 90, 99, 100].map(|percent| (count * percent).div_ceil(100)).to_vec()
    }
}

/// The arrivals that are looked at, as suffixes of the scenario. The first is that of all peers.
pub(super) fn suffixes(scenario: &Scenario) -> Vec<Relaxation> {
    let mut arrivals: Vec<Time> = scenario.peers().map(|(_, peer)| peer.joins).collect();
    arrivals.sort_unstable();
    arrivals.dedup();
    let chosen = spread(&arrivals, MOST_ARRIVALS);
    let (looked_at, arrivals) = (chosen.len(), arrivals.len());
    let suffix = |from| Relaxation { from, downlinks_up_to: None, looked_at, arrivals };
    chosen.into_iter().map(suffix).collect()
}

/// All relaxations of a scenario that are looked at.
fn relaxations(scenario: &Scenario) -> impl Iterator<Item = RelaxedSwarm> {
    suffixes(scenario).into_iter().flat_map(move |suffix| {
        let few = scenario.peer_count() <= FEW_PEERS;
        let limits = if few { downlinks(scenario, suffix.from) } else { Vec::new() };
        let limits = [None].into_iter().chain(limits.into_iter().map(Some));
        limits.filter_map(move |downlinks_up_to| {
            RelaxedSwarm::new(scenario, Relaxation { downlinks_up_to, ..suffix })
        })
    })
}

/// The downlinks of peers that join at `from` or later, except the fastest.
fn downlinks(scenario: &Scenario, from: Time) -> Vec<Rate> {
    let late = scenario.peers().filter(|(_, peer)| from <= peer.joins);
    let mut rates: Vec<Rate> = Vec::new();
    let mut unlimited = false;
    for (_, peer) in late {
        match peer.download {
            Some(rate) => rates.push(rate),
            None => unlimited = true,
        }
    }
    rates.sort_unstable();
    rates.dedup();
    if !unlimited {
        rates.pop();
    }
    rates
}

/// At most `most` of the values, the first and the last among them.
fn spread<T: Copy>(values: &[T], most: usize) -> Vec<T> {
    if values.len() <= most {
        return values.to_vec();
    }
    (0..most).map(|at| values[at * (values.len() - 1) / (most - 1)]).collect()
}

/// What a theorem says of the completions of a [`RelaxedSwarm`].
pub(super) struct Claim {
    pub(super) formula: &'static str,
    /// The bound on its k-th completion on its own clock stands at k - 1; [`Time::ZERO`] where
    /// nothing is claimed.
    pub(super) times: Vec<Time>,
}

/// The strongest claim about one completion of a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strongest {
    pub(super) at: Time,
    formula: &'static str,
    relaxation: Option<Relaxation>,
}

impl Strongest {
    pub(super) fn new(formula: &'static str, at: Time) -> Strongest {
        Strongest { at, formula, relaxation: None }
    }

    pub(super) fn earliest(&self) -> Earliest {
        Earliest::At(self.at)
    }

    pub(super) fn lower(&self) -> Lower {
        Lower {
            at: self.earliest(),
            exact: None,
            terms: Vec::new(),
            binding: Some(self.formula),
            relaxation: self.relaxation,
        }
    }
}

/// The strongest of `known` and of what `theorem` says of every relaxation, for every completion.
/// `theorem` is given a relaxed swarm and what is known of each of its completions on its clock: a
/// claim that is no later is of no use.
pub(super) fn strongest(
    scenario: &Scenario,
    known: Vec<Strongest>,
    theorem: impl Fn(&RelaxedSwarm, &[Time]) -> Vec<Claim>,
) -> Vec<Strongest> {
    let mut best = known;
    for swarm in relaxations(scenario) {
        let from = swarm.relaxation.from;
        let known: Vec<Time> =
            best[swarm.merged..].iter().map(|best| best.at.since(from)).collect();
        for claim in theorem(&swarm, &known) {
            improve(&mut best[swarm.merged..], swarm.relaxation, &claim);
        }
    }
    in_ascending_order(best)
}

/// Keeps what the claim about a relaxation adds; `best` are the completions of which it speaks.
pub(super) fn improve(best: &mut [Strongest], relaxation: Relaxation, claim: &Claim) {
    for (best, &time) in best.iter_mut().zip(&claim.times) {
        let at = relaxation.from.checked_add(time).unwrap_or(Time::MAX);
        if time != Time::ZERO && best.at < at {
            let relaxation = Some(relaxation).filter(|named| !named.is_none());
            *best = Strongest { at, formula: claim.formula, relaxation };
        }
    }
}

/// No completion is earlier than the one before it.
pub(super) fn in_ascending_order(mut best: Vec<Strongest>) -> Vec<Strongest> {
    for at in 1..best.len() {
        if best[at].at < best[at - 1].at {
            best[at] = best[at - 1];
        }
    }
    best
}
