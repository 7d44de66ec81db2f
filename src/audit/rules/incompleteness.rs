//! Rule `incompleteness_explained`: whoever stays without the file has a reason that the log shows.
//!
//! The reasons: it left, or comes only later; the run was cut off; nobody who is there and serves
//! holds a chunk that it lacks (so also when the source left too early); no path of neighbors leads
//! to such a chunk; or whoever holds one barters and it has nothing to give. Without a reason the
//! run stopped although it could go on, and that is a violation, or unknown where the log may have
//! gaps. Whoever leaves last, unannounced and after everything else, may have been stuck before: if
//! only that explains, it is unknown, too.

use std::collections::BTreeMap;

use crate::audit::evidence::balances::Balances;
use crate::audit::evidence::connections::connections;
use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::evidence::intervals::Reading;
use crate::audit::{Judgement, Rule};
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::units::{Rate, Time};

mod cause;

pub use cause::{Cause, IncompletenessWitness, Lacking};

/// Whoever stays without the file has a reason that the log shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IncompletenessExplained;

impl Rule for IncompletenessExplained {
    fn finish(&self, facts: &Facts) -> Judgement {
        let mut lacking: Vec<PeerId> = facts.scenario().peers().map(|(peer, _)| peer).collect();
        let peers = lacking.len();
        lacking.retain(|&peer| facts.finish(peer).is_none());
        if lacking.is_empty() {
            return Judgement::holds();
        }
        let completed = peers - lacking.len();
        let causes = |lacking: &[PeerId], end| -> Vec<Lacking> {
            let mut scene = Scene::new(facts, end);
            let cause = |&peer: &PeerId| Lacking { peer, cause: scene.cause(peer) };
            lacking.iter().map(cause).collect()
        };
        let is_explained = |lacking: &[Lacking]| lacking.iter().all(|one| one.cause.is_some());
        let closed = facts.scenario().nodes().any(|node| facts.left_last(node).is_some());
        let without = closed.then(|| causes(&lacking, End::LastAct));
        let mut lacking = causes(&lacking, End::Logged);
        if is_explained(&lacking) {
            let judgement = match without {
                Some(without) if !is_explained(&without) => Judgement::unknown(
                    "only departures that nobody announced explain it, and nothing happened any \
                     more before them",
                ),
                _ => Judgement::holds(),
            };
            return judgement.with(IncompletenessWitness { completed, peers, lacking });
        }
        // The smallest evidence is one peer that nothing explains.
        lacking.retain(|one| one.cause.is_none());
        lacking.truncate(1);
        let witness = IncompletenessWitness { completed, peers, lacking };
        if facts.is_complete() {
            Judgement::violated(witness)
        } else {
            Judgement::unknown("the log does not show why a peer did not complete").with(witness)
        }
    }
}

/// Which end of the trace is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// As it is logged.
    Logged,
    /// Before those left who only left when everything else was over.
    LastAct,
}

/// The swarm at the end of the trace.
struct Scene<'a> {
    facts: &'a Facts,
    end: End,
    /// By node: there, with an uplink that carries something.
    serves: Vec<bool>,
    chunks: Holdings,
    graph: Graph,
    /// Chunks within reach, by the groups that a peer reaches.
    reached: BTreeMap<Vec<usize>, ChunkSet>,
    /// Who holds a chunk, as far as it was asked.
    holders: BTreeMap<ChunkId, Holders>,
    barter: Option<Balances<'a>>,
}

impl<'a> Scene<'a> {
    fn new(facts: &'a Facts, end: End) -> Self {
        let serves: Vec<bool> = facts
            .scenario()
            .nodes()
            .map(|node| {
                let stays = end == End::LastAct && facts.left_last(node).is_some();
                let stayed = facts.presence(node).ongoing(facts.last());
                let there = stays || (stayed && facts.left(node).is_none());
                there && facts.scenario().upload(node) != Rate::ZERO
            })
            .collect();
        let now = if end == End::LastAct { facts.last_act() } else { facts.last() };
        Scene {
            facts,
            end,
            graph: Graph::new(facts, &serves, now),
            serves,
            chunks: Holdings::new(facts),
            reached: BTreeMap::new(),
            holders: BTreeMap::new(),
            barter: Balances::new(facts),
        }
    }

    /// When a node left.
    fn left(&self, node: PeerId) -> Option<Time> {
        let stays = self.end == End::LastAct && self.facts.left_last(node).is_some();
        self.facts.left(node).filter(|_| !stays)
    }

    fn cause(&mut self, peer: PeerId) -> Option<Cause> {
        let facts = self.facts;
        let presence = facts.presence(peer);
        if let Some(at_ns) = self.left(peer) {
            return Some(Cause::Left { at_ns });
        }
        let joins_ns = facts.scenario().joins(peer);
        if presence.first().is_none() && facts.last() < joins_ns {
            return Some(Cause::Later { joins_ns });
        }
        let until_ns = facts.scenario().parts().until;
        // A log that goes on after the time at which the run was to be cut off shows that it was
        // not.
        let goes_on = facts.transfers().iter().any(|t| with_tolerance(facts, until_ns) < t.start);
        if until_ns <= with_tolerance(facts, facts.last()) && !goes_on {
            return Some(Cause::CutOff { until_ns });
        }
        // Whoever should be there and never came has no reason.
        presence.first()?;
        if facts.scenario().discipline().coded {
            let at_ns = self.left(PeerId::SOURCE)?;
            return Some(Cause::SourceLeft { at_ns });
        }
        self.out_of_reach(peer).or_else(|| self.stalled(peer))
    }

    /// A chunk that the peer lacks and that nobody holds to whom a path of serving nodes leads.
    fn out_of_reach(&mut self, peer: PeerId) -> Option<Cause> {
        let groups = self.graph.groups(peer);
        if self.graph.source.is_some_and(|source| groups.contains(&source)) {
            return None;
        }
        let held = match self.reached.entry(groups.clone()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let mut held = ChunkSet::empty(self.facts.scenario().file().chunks());
                for &group in &groups {
                    for &node in &self.graph.members[group] {
                        self.chunks.of(node).iter().for_each(|&chunk| {
                            held.insert(chunk);
                        });
                    }
                }
                entry.insert(held)
            }
        };
        let own = self.chunks.of(peer);
        let chunk = held.missing().find(|chunk| own.binary_search(chunk).is_err())?;
        Some(self.nobody_serves(chunk, &groups))
    }

    /// Out of reach is either nowhere, or beyond a partition.
    fn nobody_serves(&mut self, chunk: ChunkId, groups: &[usize]) -> Cause {
        let holders = match self.holders.get(&chunk) {
            Some(&holders) => holders,
            None => self.find_holders(chunk),
        };
        self.holders.insert(chunk, holders);
        match holders.serving {
            Some(holder) => Cause::Partition { chunk, reaches: self.reaches(groups), holder },
            None => Cause::NoHolder {
                chunk,
                last_holder: holders.last.map(|(_, holder)| holder),
                left_ns: holders.last.map(|(left, _)| left),
            },
        }
    }

    fn find_holders(&self, chunk: ChunkId) -> Holders {
        let holdings = self.facts.holdings();
        let from = holdings.partition_point(|held| held.chunk < chunk);
        let peers = holdings[from..].iter().take_while(|held| held.chunk == chunk);
        let everybody = std::iter::once(PeerId::SOURCE).chain(peers.map(|held| held.node));
        let left = |node| Some((self.left(node)?, node));
        Holders {
            serving: everybody.clone().find(|node| self.serves[node.index()]),
            last: everybody.filter_map(left).max(),
        }
    }

    fn reaches(&self, groups: &[usize]) -> usize {
        groups.iter().map(|&group| self.graph.members[group].len()).sum()
    }

    /// Under barter: everybody who holds something that the peer lacks is a leecher that lends it
    /// nothing more and lacks nothing that the peer could give.
    fn stalled(&self, peer: PeerId) -> Option<Cause> {
        let barter = self.barter.as_ref()?;
        let mut cause = None;
        for holder in self.facts.scenario().nodes().filter(|&node| node != peer) {
            if !self.serves[holder.index()] || !self.graph.touch(holder, peer) {
                continue;
            }
            if holder.is_source() || self.facts.finish(holder).is_some() {
                return None;
            }
            let Some(chunk) = self.chunks.beyond(holder, peer) else { continue };
            let gives = self.serves[peer.index()] && self.chunks.beyond(peer, holder).is_some();
            if gives || barter.lends(holder, peer) {
                return None;
            }
            cause = cause.or(Some(Cause::Barter { chunk, holder }));
        }
        cause.or_else(|| self.stalled_afar(peer, barter))
    }

    /// No neighbor has what the peer lacks. Somebody behind them has, and among all of them no
    /// chunk can move: whoever holds one lends no more to whoever has nothing to give.
    fn stalled_afar(&self, peer: PeerId, barter: &Balances<'_>) -> Option<Cause> {
        let groups = self.graph.groups(peer);
        if self.graph.source.is_some_and(|source| groups.contains(&source)) {
            return None;
        }
        let mut members: Vec<PeerId> =
            groups.iter().flat_map(|&group| &self.graph.members[group]).copied().collect();
        members.sort_unstable();
        let within = |node: PeerId| members.binary_search(&node).is_ok();
        let gives = |holder| self.facts.finish(holder).is_some();
        for &(a, b) in self.graph.links.iter().filter(|&&(a, b)| within(a) && within(b)) {
            let one_way = |from, to| self.chunks.beyond(from, to).is_some();
            let moves = |from, to| one_way(from, to) && (gives(from) || barter.lends(from, to));
            if moves(a, b) || moves(b, a) || (one_way(a, b) && one_way(b, a)) {
                return None;
            }
        }
        members.into_iter().find_map(|holder| {
            let chunk = self.chunks.beyond(holder, peer)?;
            Some(Cause::Barter { chunk, holder })
        })
    }
}

/// Who holds a chunk.
#[derive(Clone, Copy)]
struct Holders {
    /// The first that is there and serves.
    serving: Option<PeerId>,
    /// The last that left.
    last: Option<(Time, PeerId)>,
}

/// Who holds what, by node.
struct Holdings {
    by_node: Vec<Vec<ChunkId>>,
}

impl Holdings {
    fn new(facts: &Facts) -> Self {
        let mut by_node = vec![Vec::new(); facts.scenario().peer_count() + 1];
        // The holdings come in the order of chunks, so every list is sorted.
        for held in facts.holdings() {
            by_node[held.node.index()].push(held.chunk);
        }
        Holdings { by_node }
    }

    /// What a peer holds; the source's is not listed.
    fn of(&self, node: PeerId) -> &[ChunkId] {
        &self.by_node[node.index()]
    }

    /// The first chunk that `one` holds and `other` lacks.
    fn beyond(&self, one: PeerId, other: PeerId) -> Option<ChunkId> {
        let other = self.of(other);
        self.of(one).iter().copied().find(|chunk| other.binary_search(chunk).is_err())
    }
}

/// Who can be reached through nodes that serve: groups of serving nodes that are connected among
/// each other. Without connect events everybody can reach everybody.
struct Graph {
    /// The serving nodes of each group.
    members: Vec<Vec<PeerId>>,
    /// The group of the source, when it is there.
    source: Option<usize>,
    /// Which groups a node reaches, itself included; None when everybody reaches the only group.
    reach: Option<Vec<Vec<usize>>>,
    links: Vec<(PeerId, PeerId)>,
}

impl Graph {
    fn new(facts: &Facts, serves: &[bool], now: Time) -> Self {
        let serving: Vec<PeerId> =
            facts.scenario().nodes().filter(|node| serves[node.index()]).collect();
        if facts.links().is_empty() {
            let source = serves[0].then_some(0);
            return Graph { members: vec![serving], source, reach: None, links: Vec::new() };
        }
        let connected = connections(facts, Reading::Least);
        let open = connected.iter().filter(|(_, spans)| spans.ongoing(now));
        let links: Vec<(PeerId, PeerId)> = open.map(|(link, _)| link).collect();
        let mut roots: Vec<usize> = (0..serves.len()).collect();
        for &(a, b) in links.iter().filter(|(a, b)| serves[a.index()] && serves[b.index()]) {
            let (a, b) = (root(&mut roots, a.index()), root(&mut roots, b.index()));
            roots[a.max(b)] = a.min(b);
        }
        let mut members: Vec<Vec<PeerId>> = Vec::new();
        let mut group = vec![usize::MAX; serves.len()];
        for node in serving {
            let root = root(&mut roots, node.index());
            if group[root] == usize::MAX {
                group[root] = members.len();
                members.push(Vec::new());
            }
            group[node.index()] = group[root];
            members[group[root]].push(node);
        }
        let mut reach: Vec<Vec<usize>> = vec![Vec::new(); serves.len()];
        for (node, reach) in reach.iter_mut().enumerate().filter(|(node, _)| serves[*node]) {
            reach.push(group[node]);
        }
        for &(a, b) in &links {
            for (one, other) in [(a.index(), b.index()), (b.index(), a.index())] {
                if serves[other] && !serves[one] {
                    reach[one].push(group[other]);
                }
            }
        }
        for reach in &mut reach {
            reach.sort_unstable();
            reach.dedup();
        }
        let source = serves[0].then(|| group[0]);
        Graph { members, source, reach: Some(reach), links }
    }

    /// The groups that `node` reaches.
    fn groups(&self, node: PeerId) -> Vec<usize> {
        self.reach.as_ref().map_or(vec![0], |reach| reach[node.index()].clone())
    }

    /// Are the two neighbors?
    fn touch(&self, a: PeerId, b: PeerId) -> bool {
        self.reach.is_none() || self.links.binary_search(&(a.min(b), a.max(b))).is_ok()
    }
}

/// The root of a node in a forest whose roots are the smallest of their trees.
fn root(roots: &mut [usize], mut node: usize) -> usize {
    while roots[node] != node {
        roots[node] = roots[roots[node]];
        node = roots[node];
    }
    node
}
