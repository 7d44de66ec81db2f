//! Relaxations: a simpler scenario of which every run of the first is still a run.
//!
//! A bound on the simpler scenario holds for the first. A [`Relaxation`] names the simplification;
//! [`RelaxedSwarm`] is what is left of the scenario, and [`strongest`] asks a theorem about all of
//! them.
//!
//! > T_k >= t1 + B_{k-m}(K)
//!
//! where K are the peers that still count as receivers, B_i(K) bounds the i-th completion among
//! them, and m is the number of all other peers. A full holder is neither: it is a source.
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
//! **Subset.** K are any of them; all others are merged. The clock starts when the first of K
//! joins.
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
//! **Alone.** If K is a single peer, its bound is about that peer, whichever completion it is. Of k
//! peers that complete by T one has a bound that is no less than the k-th smallest of all.
//!
//! **Restrict.** Only a set X of chunks counts; what is sent of other chunks is left out. A peer of
//! K needs the chunks of X that it wants and does not hold, which its completion includes. All of K
//! stay as relays. Those that hold a chunk of X when they join may send at once, so they count as
//! sources beside their own needs; the others hold nothing of X, and are the receivers of the
//! theorems about first copies: a chunk of X reaches these from a source first. Where a theorem
//! speaks of one chunk that all of J hold at the end, only receivers that want all of X count: of k
//! completions in K at least k - (|K| - n_X) are theirs.
//!
//! **Fastest.** Where a theorem needs one rate of a peer, its highest from t1 on counts.
//!
//! Merged nodes are not added up: each stays a source with a supply of its own, since a chunk copy
//! has one sender. A peer that left before t1 sends nothing after it.

use std::cmp::Reverse;
use std::fmt;

use super::demand::{Demand, Node};
use super::fixed_point::Fixed;
use super::supply::{Kind, Supply};
use super::{Earliest, Lower};
use crate::units::{Rate, Time};

/// How a scenario was simplified before a theorem was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relaxation {
    /// Peers that joined earlier count as sources.
    pub from: Time,
    /// Which of the later peers are receivers; the others count as sources.
    pub receivers: Receivers,
    /// The number of chunks that count and the bits of their classes; None if all count.
    pub chunks: Option<(u128, u64)>,
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
    Only(u64),
}

impl Relaxation {
    /// Whether the scenario is unchanged.
    fn is_none(&self) -> bool {
        self.from == Time::ZERO && self.receivers == Receivers::All && self.chunks.is_none()
    }

    /// Does the peer at this place count as one?
    fn is_chosen(&self, place: usize, node: &Node) -> bool {
        let is_chosen = match self.receivers {
            Receivers::All => true,
            Receivers::DownlinksUpTo(limit) => {
                node.download.is_some_and(|download| download <= limit)
            }
            Receivers::Only(peers) => is_in(peers, place),
        };
        self.from <= node.upload.from && is_chosen
    }
}

/// Is the bit of this peer set?
fn is_in(peers: u64, place: usize) -> bool {
    let bit = place.checked_sub(1).and_then(|bit| u32::try_from(bit).ok());
    bit.and_then(|bit| peers.checked_shr(bit)).is_some_and(|bits| bits & 1 == 1)
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        let is_whole = self.receivers == Receivers::All && self.chunks.is_none();
        if self.from != Time::ZERO || is_whole {
            write!(f, "suffix from {}", self.from)?;
            comma = ", ";
        }
        match self.receivers {
            Receivers::All => {}
            Receivers::DownlinksUpTo(rate) => {
                write!(f, "{comma}downlinks up to {rate}")?;
                comma = ", ";
            }
            Receivers::Only(peers) => {
                let ids = (0..u64::BITS).filter(|bit| peers >> bit & 1 == 1);
                let ids: Vec<String> = ids.map(|bit| (bit + 1).to_string()).collect();
                let noun = if ids.len() == 1 { "peer" } else { "peers" };
                write!(f, "{comma}{noun} {} alone", ids.join(", "))?;
                comma = ", ";
            }
        }
        if let Some((chunks, _)) = self.chunks {
            write!(f, "{comma}{chunks} of the chunks")?;
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

/// What is left of a scenario: sources that count as if they held everything, and receivers that
/// hold nothing. Its clock starts at [`Relaxation::from`].
#[derive(Debug)]
pub(super) struct RelaxedSwarm {
    pub(super) relaxation: Relaxation,
    /// m, the number of peers that are none of K. A full holder is never counted.
    pub(super) merged: usize,
    /// All nodes outside of K, and those of K that hold a chunk of X.
    pub(super) sources: Vec<Kind>,
    /// The peers of K that hold no chunk of X.
    pub(super) receivers: Vec<Receiver>,
    /// The sum of the k smallest needs of K, in chunks, stands at k.
    needs: Vec<u128>,
    /// |X|.
    pub(super) chunks: u128,
    /// How many receivers want all of X.
    wanting: usize,
    /// Do all of K start with nothing and want the whole file?
    pub(super) is_plain: bool,
    /// The downlinks of K in bits per second, fastest first; None is unlimited.
    pub(super) downloads: Vec<Option<u64>>,
    /// L, the smallest delay to a receiver, or to a peer of K that needs anything.
    pub(super) min_delay: Time,
}

/// A peer of a [`RelaxedSwarm`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Receiver {
    /// From its arrival on.
    pub(super) upload: Supply,
    /// None is unlimited.
    pub(super) download: Option<Rate>,
    pub(super) delay: Time,
}

impl RelaxedSwarm {
    /// None if no peer of K needs anything.
    pub(super) fn new(demand: &Demand, relaxation: Relaxation) -> Option<RelaxedSwarm> {
        let counting = relaxation.chunks.map_or(demand.all(), |(_, classes)| classes);
        let chunks = demand.chunks(counting);
        let is_of_k =
            |place: usize, node: &Node| !demand.is_full(node) && relaxation.is_chosen(place, node);
        let (mut sources, mut receivers) = (Vec::new(), Vec::new());
        let (mut needs, mut downloads, mut delays) = (Vec::new(), Vec::new(), Vec::new());
        let mut wanting = 0;
        for (place, node) in demand.nodes.iter().enumerate() {
            let upload = node.upload.since(relaxation.from);
            if !is_of_k(place, node) {
                sources.push(upload);
                continue;
            }
            let need = demand.chunks(node.wants & counting & !node.holds);
            needs.push(need);
            downloads.push(node.download.map(|rate| rate.0));
            let is_empty = node.holds & counting == 0;
            if is_empty || 0 < need {
                delays.push(node.delay);
            }
            if is_empty {
                wanting += usize::from(need == chunks);
                receivers.push(Receiver { upload, download: node.download, delay: node.delay });
            } else {
                sources.push(upload);
            }
        }
        if needs.iter().all(|&need| need == 0) {
            return None;
        }
        if let [_] = needs.as_slice() {
            forget_own_uplink(demand, is_of_k, relaxation.from, &mut receivers, &mut sources);
        }
        sources.retain(|source| 0 < source.highest() && source.until != Some(Time::ZERO));
        downloads.sort_unstable_by_key(|rate| Reverse(rate.unwrap_or(u64::MAX)));
        Some(RelaxedSwarm {
            relaxation,
            merged: demand.peers().count() - needs.len(),
            sources: Kind::of(sources),
            is_plain: relaxation.chunks.is_none() && wanting == needs.len(),
            receivers,
            needs: sums_of_smallest(needs),
            chunks,
            wanting,
            downloads,
            min_delay: delays.into_iter().min()?,
        })
    }

    /// The number of peers in K.
    pub(super) fn count(&self) -> usize {
        self.needs.len() - 1
    }

    /// What `k` peers of K need together at least, in chunks.
    pub(super) fn needs_of(&self, k: usize) -> u128 {
        self.needs[k]
    }

    /// The bound on every completion in K, given when j receivers hold one chunk of X that all of
    /// them lack: only those that want all of X need it.
    pub(super) fn completions(&self, held: impl IntoIterator<Item = Fixed>) -> Vec<Option<Time>> {
        let others = std::iter::repeat_n(None, self.count() - self.wanting);
        let held = held.into_iter().take(self.wanting).map(|held| Some(held.floor()));
        others.chain(held).collect()
    }

    /// The sum of the rates of all sources, in bits per second.
    pub(super) fn source_rate(&self) -> u128 {
        self.sources.iter().map(|source| source.all(Supply::highest)).sum()
    }

    /// The completions about which a theorem that takes long for each is asked: all of few, else
    /// the median, 90 %, 99 % and the last.
    pub(super) fn ranks(&self) -> Vec<usize> {
        let count = self.count();
        if count <= MOST_DOWNLINKS {
            return (1..=count).collect();
        }
        [50, 90, 99, 100].map(|percent| (count * percent).div_ceil(100)).to_vec()
    }
}

/// A peer alone: its own uplink is useless to it.
fn forget_own_uplink(
    demand: &Demand,
    is_of_k: impl Fn(usize, &Node) -> bool,
    clock: Time,
    receivers: &mut [Receiver],
    sources: &mut Vec<Supply>,
) {
    if let [receiver] = receivers {
        (receiver.upload.rate, receiver.upload.changes) = (Rate::ZERO, Vec::new());
        return;
    }
    let own = demand.nodes.iter().enumerate().find(|(place, node)| is_of_k(*place, node));
    let own = own.map(|(_, node)| node.upload.since(clock));
    if let Some(at) = sources.iter().position(|source| Some(source) == own.as_ref()) {
        sources.remove(at);
    }
}

fn sums_of_smallest(mut needs: Vec<u128>) -> Vec<u128> {
    needs.sort_unstable();
    let mut sum = 0;
    for need in &mut needs {
        sum += *need;
        *need = sum;
    }
    needs.insert(0, 0);
    needs
}

/// The arrivals that are looked at, as suffixes of the scenario. The first is that of all peers.
pub(super) fn suffixes(arrivals: impl Iterator<Item = Time>) -> Vec<Relaxation> {
    let mut arrivals: Vec<Time> = arrivals.collect();
    arrivals.sort_unstable();
    arrivals.dedup();
    let chosen = spread(&arrivals, MOST_ARRIVALS);
    let (looked_at, arrivals) = (chosen.len(), arrivals.len());
    let suffix =
        |from| Relaxation { from, receivers: Receivers::All, chunks: None, looked_at, arrivals };
    chosen.into_iter().map(suffix).collect()
}

/// All relaxations that are looked at.
fn relaxations(demand: &Demand) -> Vec<Relaxation> {
    let sets = if is_few(demand) { subsets(demand) } else { by_downlinks(demand) };
    let all = demand.all();
    let restricted = |set: Relaxation| {
        let restrictions = demand.restrictions().into_iter();
        restrictions.map(move |classes| Relaxation {
            chunks: (classes != all).then(|| (demand.chunks(classes), classes)),
            ..set
        })
    };
    sets.into_iter().flat_map(restricted).collect()
}

fn is_few(demand: &Demand) -> bool {
    demand.nodes.len() <= 64 && demand.peers().count() <= FEW_PEERS
}

/// Suffixes, and in each the peers with slow downlinks.
fn by_downlinks(demand: &Demand) -> Vec<Relaxation> {
    let few = demand.nodes.len() <= 1 + MOST_DOWNLINKS;
    let with_downlinks = |suffix: Relaxation| {
        let limits = if few { downlinks(demand, suffix.from) } else { Vec::new() };
        let limited = limits
            .into_iter()
            .map(move |limit| Relaxation { receivers: Receivers::DownlinksUpTo(limit), ..suffix });
        [suffix].into_iter().chain(limited)
    };
    let arrivals = demand.peers().map(|(_, peer)| peer.upload.from);
    suffixes(arrivals).into_iter().flat_map(with_downlinks).collect()
}

/// Every set of receivers, from the arrival of its first. Of peers that are alike, it is always the
/// first ones.
fn subsets(demand: &Demand) -> Vec<Relaxation> {
    let peers: Vec<(usize, &Node)> = demand.peers().collect();
    let arrivals = suffixes(peers.iter().map(|(_, peer)| peer.upload.from)).len();
    let is_first = |set: u64| {
        peers.iter().enumerate().all(|(at, (place, peer))| {
            let has_earlier =
                peers[..at].iter().all(|(one, other)| is_in(set, *one) || other != peer);
            !is_in(set, *place) || has_earlier
        })
    };
    let relaxation = |set: u64| {
        let members = || peers.iter().filter(|(place, _)| is_in(set, *place));
        let from = members().map(|(_, peer)| peer.upload.from).min().unwrap_or(Time::ZERO);
        let later = peers.iter().filter(|(_, peer)| from <= peer.upload.from);
        let receivers = match members().count() == later.count() {
            true => Receivers::All,
            false => Receivers::Only(set),
        };
        Relaxation { from, receivers, chunks: None, looked_at: arrivals, arrivals }
    };
    let places = |choice: u64| {
        let chosen = peers.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
        chosen.map(|(_, (place, _))| 1 << (place - 1)).sum()
    };
    let sets = (1..1u64 << peers.len()).rev().map(places).filter(|&set| is_first(set));
    sets.map(relaxation).collect()
}

/// The downlinks of peers that join at `from` or later, except the fastest.
fn downlinks(demand: &Demand, from: Time) -> Vec<Rate> {
    let late = demand.peers().filter(|(_, peer)| from <= peer.upload.from);
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
    demand: &Demand,
    known: Vec<Strongest>,
    theorem: impl Fn(&RelaxedSwarm, &[Time]) -> Vec<Claim>,
) -> Vec<Strongest> {
    let mut best = known;
    let mut alone = vec![Strongest::new("nothing", Time::ZERO); best.len()];
    for relaxation in relaxations(demand) {
        let Some(swarm) = RelaxedSwarm::new(demand, relaxation) else { continue };
        if swarm.count() == 1 {
            for claim in theorem(&swarm, &[Time::ZERO]) {
                of_one_peer(&mut alone, demand, relaxation, &claim);
            }
            continue;
        }
        let from = swarm.relaxation.from;
        let known: Vec<Time> =
            best[swarm.merged..].iter().map(|best| best.at.since(from)).collect();
        for claim in theorem(&swarm, &known) {
            improve(&mut best[swarm.merged..], swarm.relaxation, &claim);
        }
    }
    alone.sort_by_key(|alone| alone.at);
    let strongest = |(best, alone): (Strongest, Strongest)| {
        if best.at < alone.at { alone } else { best }
    };
    in_ascending_order(best.into_iter().zip(alone).map(strongest).collect())
}

/// Keeps what the claim about one peer alone adds for it, and for peers that are alike.
fn of_one_peer(alone: &mut [Strongest], demand: &Demand, relaxation: Relaxation, claim: &Claim) {
    let chosen = demand.peers().find(|(place, node)| relaxation.is_chosen(*place, node));
    for (alone, (_, node)) in alone.iter_mut().zip(demand.peers()) {
        if chosen.is_some_and(|(_, chosen)| chosen == node) {
            improve(std::slice::from_mut(alone), relaxation, claim);
        }
    }
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
