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
//! **Subset.** K are any of them; all others are merged. The clock starts when the first of K joins.
//!
//! Every K is sound, so which of them are looked at is a question of effort. Of at most
//! [`FEW_PEERS`] peers it is every K. Of more, K are the peers that join late and whose downlinks
//! are at most a given rate, so that theorems that count with the fastest downlink of K count with
//! a slower one. A theorem never says less of the same K when a link becomes slower; but with more
//! than `FEW_PEERS` peers, a K may be looked at in one scenario that is not in another. Two equal
//! downlinks, of which one becomes faster, are told apart from then on, and the slower peer alone
//! may have the stronger bound. That bound holds for the slower scenario as well, where it is
//! missed. So with more peers the best of these bounds is sound and not monotone.
//!
//! Merged nodes are not added up: each stays a source with a supply of its own, since a chunk copy
//! has one sender. A peer that left before t1 sends nothing after it.

use std::fmt;

use super::supply::{Kind, Supply};
use super::{Earliest, Lower};
use crate::chunks::PeerId;
use crate::scenario::Scenario;
use crate::units::{Rate, Time};

/// How a scenario was simplified before a theorem was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relaxation {
    /// Peers that joined earlier count as sources.
    pub from: Time,
    /// Which of the later peers are receivers; the others count as sources.
    pub receivers: Receivers,
    /// How many different arrivals were looked at.
    pub looked_at: usize,
    /// How many there are.
    pub arrivals: usize,
}

/// The receivers among the peers that join at [`Relaxation::from`] or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receivers {
    /// All of them.
    All,
    /// Those whose downlinks are no faster.
    DownlinksUpTo(Rate),
    /// Those of the first peers whose bits are set; bit 0 is peer 1.
    Only(u8),
}

impl Relaxation {
    /// Whether the scenario is unchanged.
    fn is_none(&self) -> bool {
        self.from == Time::ZERO && self.receivers == Receivers::All
    }

    fn is_receiver(&self, scenario: &Scenario, id: PeerId) -> bool {
        let is_chosen = match self.receivers {
            Receivers::All => true,
            Receivers::DownlinksUpTo(limit) => {
                scenario.download(id).is_some_and(|download| download <= limit)
            }
            Receivers::Only(peers) => is_in(peers, id),
        };
        !id.is_source() && self.from <= scenario.joins(id) && is_chosen
    }
}

/// Is the bit of this peer set?
fn is_in(peers: u8, id: PeerId) -> bool {
    let bit = id.index().checked_sub(1).and_then(|bit| u32::try_from(bit).ok());
    bit.and_then(|bit| peers.checked_shr(bit)).is_some_and(|bits| bits & 1 == 1)
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        if self.from != Time::ZERO || self.receivers == Receivers::All {
            write!(f, "suffix from {}", self.from)?;
            comma = ", ";
        }
        match self.receivers {
            Receivers::All => {}
            Receivers::DownlinksUpTo(rate) => write!(f, "{comma}downlinks up to {rate}")?,
            Receivers::Only(peers) => {
                let ids = (0..u8::BITS).filter(|bit| peers >> bit & 1 == 1);
                let ids: Vec<String> = ids.map(|bit| (bit + 1).to_string()).collect();
                let noun = if ids.len() == 1 { "peer" } else { "peers" };
                write!(f, "{comma}{noun} {} alone", ids.join(", "))?;
            }
        }
        if self.looked_at < self.arrivals {
            write!(f, " ({} of {} arrivals looked at)", self.looked_at, self.arrivals)?;
        }
        Ok(())
    }
}

/// Most arrivals that are looked at.
const MOST_ARRIVALS: usize = 16;
/// Most peers of which every subset is looked at.
pub(super) const FEW_PEERS: usize = 5;
/// Most peers of which every downlink is looked at, and every completion by the slower theorems.
pub(super) const MOST_DOWNLINKS: usize = 32;

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
    pub(super) fn new(scenario: &Scenario, relaxation: Relaxation) -> Option<RelaxedSwarm> {
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
            if relaxation.is_receiver(scenario, id) {
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
        if count <= MOST_DOWNLINKS {
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
    let suffix = |from| Relaxation { from, receivers: Receivers::All, looked_at, arrivals };
    chosen.into_iter().map(suffix).collect()
}

/// All relaxations of a scenario that are looked at.
fn relaxations(scenario: &Scenario) -> Vec<Relaxation> {
    if scenario.peer_count() <= FEW_PEERS {
        return subsets(scenario);
    }
    let few = scenario.peer_count() <= MOST_DOWNLINKS;
    let with_downlinks = |suffix: Relaxation| {
        let limits = if few { downlinks(scenario, suffix.from) } else { Vec::new() };
        let limited = limits
            .into_iter()
            .map(move |limit| Relaxation { receivers: Receivers::DownlinksUpTo(limit), ..suffix });
        [suffix].into_iter().chain(limited)
    };
    suffixes(scenario).into_iter().flat_map(with_downlinks).collect()
}

/// Every set of receivers, from the arrival of its first. Of peers that are alike, it is always the
/// first ones.
fn subsets(scenario: &Scenario) -> Vec<Relaxation> {
    let peers: Vec<_> = scenario.peers().collect();
    let arrivals = suffixes(scenario).len();
    let is_first = |set: u8| {
        let has = |at: usize| is_in(set, peers[at].0);
        let alike = |one: usize, other: usize| peers[one].1 == peers[other].1;
        (0..peers.len()).all(|at| !has(at) || (0..at).all(|one| has(one) || !alike(one, at)))
    };
    let relaxation = |set: u8| {
        let members = || peers.iter().filter(|(id, _)| is_in(set, *id));
        let from = members().map(|(_, peer)| peer.joins).min().unwrap_or(Time::ZERO);
        let later = peers.iter().filter(|(_, peer)| from <= peer.joins);
        let receivers = match members().count() == later.count() {
            true => Receivers::All,
            false => Receivers::Only(set),
        };
        Relaxation { from, receivers, looked_at: arrivals, arrivals }
    };
    let sets = (1..1u8 << peers.len()).rev().filter(|&set| is_first(set));
    sets.map(relaxation).collect()
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
    /// The bound on its k-th completion on its own clock stands at k - 1; None where nothing is
    /// claimed. A receiver needs something that is sent after the clock started, so that
    /// [`Time::ZERO`] is a claim.
    pub(super) times: Vec<Option<Time>>,
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
    for relaxation in relaxations(scenario) {
        let Some(swarm) = RelaxedSwarm::new(scenario, relaxation) else { continue };
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
        let at = time.map(|time| relaxation.from.checked_add(time).unwrap_or(Time::MAX));
        if let Some(at) = at.filter(|&at| best.at < at) {
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
