//! Lawful runs never beat a bound: a small swarm that sends bytes in slots of a second, at random
//! or greedily, within every capacity, burst, delay and stay, and as its discipline allows.

use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;
use crate::choose::{Choose, Seeded};
use crate::chunks::{ChunkId, PeerId};

const SECOND: u64 = 1_000_000_000;
/// Slots after which a run is abandoned.
const END: u64 = 120;

/// Which copy a sender prefers to send.
#[derive(Clone, Copy, Debug)]
enum SendPolicy {
    /// A random copy, byte by byte.
    Chance,
    /// Copies that have begun, then the receiver with the fewest bytes, then the fastest.
    FastestFirst,
    /// Copies that have begun, then the chunk with the fewest copies.
    RarestFirst,
    /// The receiver that has the most bytes already.
    OneAfterTheOther,
}

const POLICIES: [SendPolicy; 4] = [
    SendPolicy::Chance,
    SendPolicy::FastestFirst,
    SendPolicy::RarestFirst,
    SendPolicy::OneAfterTheOther,
];

/// Which capacity a sender spends.
#[derive(Clone, Copy)]
enum Allowance {
    /// Its burst, at an instant.
    Burst,
    /// Its rate, in a slot.
    Rate,
}

struct LawfulRun<'a> {
    scenario: &'a Scenario,
    choose: Seeded,
    policy: SendPolicy,
    /// Bytes of each chunk that each node has.
    has: Vec<Vec<u64>>,
    /// Bytes of each chunk sent to each node so far.
    sent: Vec<Vec<u64>>,
    /// The node that sends each copy, if it has begun.
    sender: Vec<Vec<Option<usize>>>,
    /// In flight: arrival time, receiver, chunk, bytes.
    flying: Vec<(u64, usize, usize, u64)>,
    /// What is left of each node's bursts, up and down.
    buckets: [Vec<u64>; 2],
    /// What is left of this slot, up and down.
    slot: [Vec<u64>; 2],
    finished: Vec<Option<u64>>,
}

impl<'a> LawfulRun<'a> {
    fn new(scenario: &'a Scenario, policy: SendPolicy, seed: u64) -> LawfulRun<'a> {
        let (nodes, chunks) = (scenario.peer_count() + 1, scenario.file().chunks());
        let lengths = (0..chunks).map(|c| scenario.file().length(ChunkId(c as u32)).0).collect();
        let mut has = vec![vec![0; chunks]; nodes];
        has[0] = lengths;
        let bursts: Vec<u64> = scenario.nodes().map(|id| scenario.burst(id).0).collect();
        LawfulRun {
            scenario,
            choose: Seeded::new(seed, 0),
            policy,
            sent: has.clone(),
            has,
            sender: vec![vec![None; chunks]; nodes],
            flying: Vec::new(),
            buckets: [bursts.clone(), bursts],
            slot: [vec![0; nodes], vec![0; nodes]],
            finished: vec![None; nodes],
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        NonZeroUsize::new(bound).map_or(0, |bound| self.choose.index(bound))
    }

    fn length(&self, chunk: usize) -> u64 {
        self.has[0][chunk]
    }

    /// Is the node present from `from` to `to`, in seconds?
    fn there(&self, node: usize, from: u64, to: u64) -> bool {
        let id = PeerId(node as u32);
        let leaves = self.scenario.leaves_at(id).unwrap_or(Time::MAX);
        self.scenario.joins(id).0 <= from * SECOND && to * SECOND <= leaves.0
    }

    /// Upload and download in bytes per slot; None is unlimited.
    fn rates(&self, node: usize) -> (u64, Option<u64>) {
        let id = PeerId(node as u32);
        let bytes = |rate: Rate| rate.0 / 8;
        (bytes(self.scenario.upload(id)), self.scenario.download(id).map(bytes))
    }

    /// Bytes of `chunk` that `from` may send to `to` between `now` and `end`.
    fn may_send(&self, from: usize, to: usize, chunk: usize, now: u64, end: u64) -> u64 {
        if from == to || !self.there(from, now, end) || !self.there(to, now, end) {
            return 0;
        }
        let discipline = self.scenario.discipline();
        let (has, sent) = (self.has[from][chunk], self.sent[to][chunk]);
        if !discipline.cut_through && has < self.length(chunk) {
            return 0;
        }
        let other = self.sender[to][chunk].is_some_and(|sender| sender != from);
        if other && !discipline.multi_source {
            return 0;
        }
        has.saturating_sub(sent)
    }

    /// Lower is better.
    fn score(&self, to: usize, chunk: usize) -> (u64, u64, u64) {
        let copies = self.sent.iter().filter(|sent| 0 < sent[chunk]).count() as u64;
        let begun = u64::from(self.sent[to][chunk] == 0);
        let got: u64 = self.sent[to].iter().sum();
        match self.policy {
            SendPolicy::Chance => (0, 0, 0),
            SendPolicy::FastestFirst => (begun, got, u64::MAX - self.rates(to).0),
            SendPolicy::RarestFirst => (begun, copies, got),
            SendPolicy::OneAfterTheOther => (u64::MAX - got, begun, copies),
        }
    }

    /// Sends what the allowance permits between `now` and `end`; true if any byte moved.
    fn spend(&mut self, from: usize, allowance: Allowance, now: u64, end: u64) -> bool {
        let mut moved = false;
        loop {
            let [up, down] = match allowance {
                Allowance::Burst => &self.buckets,
                Allowance::Rate => &self.slot,
            };
            let mut best: Vec<(usize, usize, u64)> = Vec::new();
            let mut best_score = (u64::MAX, u64::MAX, u64::MAX);
            for (to, &down) in down.iter().enumerate().skip(1) {
                let room = if self.rates(to).1.is_none() { u64::MAX } else { down };
                for chunk in 0..self.has[0].len() {
                    let most = self.may_send(from, to, chunk, now, end).min(up[from]).min(room);
                    let score = self.score(to, chunk);
                    if most == 0 || best_score < score {
                        continue;
                    }
                    if score < best_score {
                        best.clear();
                        best_score = score;
                    }
                    best.push((to, chunk, most));
                }
            }
            if best.is_empty() {
                return moved;
            }
            let (to, chunk, most) = best[self.below(best.len())];
            let bytes = if matches!(self.policy, SendPolicy::Chance) { 1 } else { most };
            let which = match allowance {
                Allowance::Burst => &mut self.buckets,
                Allowance::Rate => &mut self.slot,
            };
            which[0][from] -= bytes;
            which[1][to] = which[1][to].saturating_sub(bytes);
            self.sent[to][chunk] += bytes;
            self.sender[to][chunk] = Some(from);
            let delay = self.scenario.latency_to(PeerId(to as u32)).0 / SECOND;
            self.flying.push((end + delay, to, chunk, bytes));
            moved = true;
        }
    }

    /// Delivers what arrives now.
    fn arrive(&mut self, now: u64) {
        for (at, to, chunk, bytes) in std::mem::take(&mut self.flying) {
            if now < at {
                self.flying.push((at, to, chunk, bytes));
            } else {
                self.has[to][chunk] += bytes;
            }
        }
        for node in 1..self.has.len() {
            if self.has[node] == self.has[0] && self.finished[node].is_none() {
                self.finished[node] = Some(now).filter(|_| self.there(node, now, now));
            }
        }
    }

    /// Drops every copy whose only sender has left; it must start over.
    fn abort(&mut self, now: u64) {
        if self.scenario.discipline().multi_source {
            return;
        }
        for to in 1..self.has.len() {
            for chunk in 0..self.has[0].len() {
                let gone =
                    self.sender[to][chunk].is_some_and(|from| !self.there(from, now, now + 1));
                if gone && self.has[to][chunk] < self.length(chunk) {
                    self.flying.retain(|&(_, node, part, _)| (node, part) != (to, chunk));
                    (self.has[to][chunk], self.sent[to][chunk]) = (0, 0);
                    self.sender[to][chunk] = None;
                }
            }
        }
    }

    /// All completions, in seconds, in ascending order.
    fn completions(mut self) -> Vec<u64> {
        for now in 0..END {
            self.arrive(now);
            self.abort(now);
            loop {
                let nodes = 0..self.has.len();
                let moved =
                    nodes.filter(|&node| self.spend(node, Allowance::Burst, now, now)).count();
                self.arrive(now);
                if moved == 0 {
                    break;
                }
            }
            for node in 0..self.has.len() {
                let (up, down) = self.rates(node);
                (self.slot[0][node], self.slot[1][node]) = (up, down.unwrap_or(0));
            }
            let first = self.below(self.has.len());
            for at in 0..self.has.len() {
                self.spend((at + first) % self.has.len(), Allowance::Rate, now, now + 1);
            }
            // Unused capacity of the slot refills the token buckets.
            for node in 0..self.has.len() {
                let burst = self.scenario.burst(PeerId(node as u32)).0;
                for (bucket, left) in self.buckets.iter_mut().zip(&self.slot) {
                    bucket[node] = burst.min(bucket[node] + left[node]);
                }
            }
        }
        self.arrive(END);
        let mut completions: Vec<u64> = self.finished.into_iter().flatten().collect();
        completions.sort_unstable();
        completions
    }
}

/// Small swarms with every feature that a scenario can have.
fn small_swarms() -> impl Strategy<Value = Parts> {
    let peers = prop::collection::vec(any_peer(), 1..=5);
    let discipline = prop::array::uniform3(prop::bool::weighted(0.3));
    let network =
        (prop_oneof![2 => Just(0u64), 1 => 1..3u64], prop_oneof![2 => Just(0u64), 1 => 1..6u64]);
    let leaves = prop_oneof![4 => Just(None), 1 => (1..30u64).prop_map(Some)];
    (1..=12u64, 1..=5u64, 1..=4u64, peers, discipline, network, leaves).prop_map(
        |(file, chunk, source, peers, [cut_through, multi_source, coded], network, leaves)| {
            let mut parts = with_peers(swarm(file, chunk, 8 * source), peers);
            parts.discipline = Discipline { cut_through, multi_source, coded, stall: None };
            parts.network =
                Network { latency: Time::from_secs(network.0), burst: Bytes(network.1) };
            if let Some(leaves) = leaves {
                parts.source.leaves = SourceLeaves::At(Time::from_secs(leaves));
            }
            parts
        },
    )
}

fn any_peer() -> impl Strategy<Value = Peer> {
    let joins = prop_oneof![3 => Just(0u64), 1 => 1..15u64];
    let leaves = prop_oneof![3 => Just(None), 1 => (1..30u64).prop_map(Some)];
    let download = prop_oneof![Just(None), (1..=4u64).prop_map(Some)];
    let burst = prop::option::weighted(0.2, 0..4u64);
    let latency = prop::option::weighted(0.2, 0..4u64);
    (0..=4u64, download, joins, leaves, burst, latency).prop_map(
        |(upload, download, joins, leaves, burst, latency)| {
            let mut peer = peer(8 * upload);
            peer.download = download.map(|rate| Rate(8 * rate));
            peer.joins = Time::from_secs(joins);
            if let Some(stays) = leaves {
                peer.leaves = Leaves::At(Time::from_secs(joins + stays));
            }
            peer.link = Link { burst: burst.map(Bytes), latency: latency.map(Time::from_secs) };
            peer
        },
    )
}

/// The same nodes, present from the start and forever, without delay or burst.
fn calm(mut parts: Parts) -> Parts {
    parts.network = Network::default();
    parts.source.leaves = SourceLeaves::Never;
    for peer in &mut parts.peers {
        (peer.joins, peer.leaves, peer.link) = (Time::ZERO, Leaves::Never, Link::default());
    }
    parts
}

/// The same nodes with whole chunks from one sender each and without bursts, which the bounds over
/// relaxations assume; with arrivals, departures, delays and downlinks.
fn whole_copies(mut parts: Parts) -> Parts {
    parts.discipline = Discipline::default();
    parts.network.burst = Bytes(0);
    for peer in &mut parts.peers {
        peer.link.burst = None;
    }
    parts
}

fn judge(scenario: &Scenario, seed: u64) -> Result<(), TestCaseError> {
    let no_peer_sends = scenario
        .peers()
        .all(|(id, _)| scenario.upload(id) == Rate::ZERO && scenario.burst(id) == Bytes(0));
    let binds = |bound: &&&dyn Bound| bound.senders() == Senders::AllNodes || no_peer_sends;
    let says: Vec<(&str, Vec<Earliest>)> = ALL
        .iter()
        .filter(binds)
        .filter_map(|bound| Some((bound.name(), bound.completions(scenario).ok()?)))
        .collect();
    for policy in POLICIES {
        let completions = LawfulRun::new(scenario, policy, seed).completions();
        for (name, earliest) in &says {
            for (at, earliest) in completions.iter().zip(earliest) {
                let at = Earliest::At(Time::from_secs(*at));
                prop_assert!(*earliest <= at, "{name} {earliest:?} > {at:?} {policy:?}");
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn lawful_runs_beat_no_bound(parts in small_swarms(), seed: u64) {
        judge(&scenario(parts), seed)?;
    }

    #[test]
    fn lawful_runs_of_whole_copies_beat_no_bound(parts in small_swarms(), seed: u64) {
        judge(&scenario(whole_copies(parts)), seed)?;
    }

    #[test]
    fn lawful_runs_without_churn_beat_no_bound(parts in small_swarms(), seed: u64) {
        judge(&scenario(calm(parts)), seed)?;
    }

    #[test]
    fn lawful_runs_of_the_source_alone_beat_no_bound(parts in small_swarms(), seed: u64) {
        judge(&scenario(calm(parts)).client_server(), seed)?;
    }
}

/// The distribution time of the fastest of some lawful runs, in seconds.
fn fastest(scenario: &Scenario) -> u64 {
    let runs = POLICIES.iter().flat_map(|&policy| (0..20).map(move |seed| (policy, seed)));
    runs.filter_map(|(policy, seed)| {
        let completions = LawfulRun::new(scenario, policy, seed).completions();
        (completions.len() == scenario.peer_count()).then(|| completions[completions.len() - 1])
    })
    .min()
    .unwrap()
}

/// The tests above are only meaningful if some run reaches each bound.
#[test]
fn lawful_runs_meet_every_bound_somewhere() {
    let meets = |bound: &dyn Bound, parts: Parts| {
        let scenario = scenario(parts);
        let (bound, run) = (last(bound, &scenario).at, fastest(&scenario));
        assert_eq!(bound, Earliest::At(Time::from_secs(run)));
    };
    // The source alone; the source alone through one slow downlink and a delay.
    meets(&ClientServer, with_peers(swarm(5, 2, 8), vec![peer(0); 3]));
    let mut slow = with_peers(swarm(6, 2, 24), [peer_with_download(0, 16)]);
    slow.network = Network { latency: Time::from_secs(2), burst: Bytes(2) };
    meets(&Fluid, slow.clone());
    meets(&Presence, slow);
    // A chunk of two bytes from two senders: a chunk time and a half.
    let mut halves = with_peers(swarm(2, 2, 8), vec![peer(8); 2]);
    halves.discipline.multi_source = true;
    meets(&WarmUp, halves.clone());
    // The first copy is complete at 1 s thanks to the source's burst, the second at once.
    halves.source.link.burst = Some(Bytes(1));
    halves.peers[1].link.burst = Some(Bytes(2));
    meets(&WarmUp, halves);
    // A binomial tree, with and without a delay.
    let mut tree = with_peers(swarm(2, 1, 8), vec![peer(8); 3]);
    meets(&Branching, tree.clone());
    tree.network.latency = Time::from_secs(1);
    meets(&Branching, tree);
    // A peer that joins late receives everything from the source, because the other cannot send.
    let late = Peer { joins: Time::from_secs(9), ..peer(0) };
    meets(&Presence, with_peers(swarm(4, 2, 8), [peer(0), late.clone()]));
    meets(&Suffix, with_peers(swarm(4, 2, 8), [peer(0), late.clone(), late.clone()]));
    // Two late peers and two chunks of 2 s: by 4 s after their arrival the second has what the
    // source has sent them.
    let late = Peer { upload: Rate(8), ..late };
    meets(&LastChunk, with_peers(swarm(4, 2, 8), [late.clone(), late]));
    // Each peer needs 2 s a copy and has its first chunk after 1 s or later.
    meets(&Emitters, with_peers(swarm(4, 2, 16), vec![peer(8); 2]));
}
