//! Every run of a tiny swarm on a grid: bytes in slots of a second, uplinks and downlinks shared at
//! will, bursts, delays, arrivals and departures; and peers that hold or want some chunks, with
//! rates that change. No bound may exceed the best of them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::demand::{self, Classes, Demand};
use super::holdings::strongest_of_all;
use super::supply::Supply;
use super::*;

/// Rates and bursts are in bytes, a second each; node 0 is the source.
#[derive(Clone, Debug)]
struct Grid {
    /// Bytes of each chunk.
    lengths: Vec<u8>,
    nodes: Vec<Node>,
    multi_source: bool,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    upload: u8,
    /// None is unlimited.
    download: Option<u8>,
    /// Of the uplink, and of a limited downlink.
    burst: u8,
    /// Slots that what is sent to it takes: 0 or 1.
    delay: u8,
    joins: u8,
    leaves: Option<u8>,
    /// Another upload from a slot on.
    later: Option<(u8, u8)>,
    /// Bits of chunks.
    holds: u8,
    wants: u8,
}

impl Node {
    fn upload_in(&self, slot: u8) -> u8 {
        self.later.filter(|&(from, _)| from <= slot).map_or(self.upload, |(_, upload)| upload)
    }
}

/// The bits of all chunks.
const EVERYTHING: u8 = u8::MAX;

/// A copy: how many of its bytes are sent, and by which node.
type Copy = (u8, u8);

/// What is left of each node's capacity in the slot and of its burst, up and down.
type Budget = Vec<[u8; 2]>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GridState {
    /// Of each peer, of each chunk.
    copies: Vec<Vec<Copy>>,
    /// What was sent of each copy a slot ago; empty if there are no delays.
    before: Vec<Vec<Copy>>,
    /// What is left of each node's burst, up and down.
    bursts: Vec<[u8; 2]>,
    /// Peers that have been complete while they were there.
    complete: u8,
}

/// No sender has begun the copy, or any may continue it.
const NONE: u8 = u8::MAX;
/// Slots after which completions count as never.
const END: u8 = 24;

impl Grid {
    fn peers(&self) -> usize {
        self.nodes.len() - 1
    }

    fn there(&self, node: usize, slot: u8) -> bool {
        let node = &self.nodes[node];
        node.joins <= slot && node.leaves.is_none_or(|leaves| slot < leaves)
    }

    /// Does the node hold the chunk at the beginning of a slot?
    fn holds(&self, state: &GridState, node: usize, chunk: usize) -> bool {
        node == 0 || {
            let is_late = self.nodes[node].delay == 1;
            let copies = if is_late { &state.before } else { &state.copies };
            copies[node - 1][chunk].0 == self.lengths[chunk]
        }
    }

    /// The earliest slot by which k peers can have everything, for each k; None is never.
    fn optima(&self) -> Vec<Option<u64>> {
        let copy = |node: &Node, chunk: usize| {
            let holds = node.holds >> chunk & 1 == 1;
            (if holds { self.lengths[chunk] } else { 0 }, NONE)
        };
        let copies = |node| (0..self.lengths.len()).map(|chunk| copy(node, chunk)).collect();
        let empty: Vec<Vec<Copy>> = self.nodes[1..].iter().map(copies).collect();
        let delays = self.nodes.iter().any(|node| node.delay == 1);
        let mut level = BTreeSet::from([GridState {
            before: if delays { empty.clone() } else { Vec::new() },
            copies: empty,
            bursts: self.nodes.iter().map(|node| [node.burst; 2]).collect(),
            complete: 0,
        }]);
        let mut optima = Vec::new();
        for slot in 0..END {
            let most = level.iter().map(|state| state.complete.count_ones()).max().unwrap();
            optima.resize(optima.len().max(most as usize), Some(u64::from(slot)));
            if optima.len() == self.peers() {
                break;
            }
            level = level.iter().flat_map(|state| self.after_a_slot(state, slot)).collect();
        }
        optima.resize(self.peers(), None);
        optima
    }

    /// All states in which the slot can end.
    fn after_a_slot(&self, begin: &GridState, slot: u8) -> BTreeSet<GridState> {
        let budget = |(node, bursts): (&Node, &[u8; 2])| {
            [node.upload_in(slot) + bursts[0], node.download.map_or(NONE, |rate| rate + bursts[1])]
        };
        let budget: Budget = self.nodes.iter().zip(&begin.bursts).map(budget).collect();
        let mut states = BTreeSet::from([(begin.clone(), budget.clone())]);
        for node in (0..self.nodes.len()).filter(|&node| self.there(node, slot)) {
            for _ in 0..budget[node][0] {
                let mut more = BTreeSet::new();
                for state in states {
                    self.send_a_byte(begin, node, slot, &state, &mut more);
                    more.insert(state);
                }
                states = more;
            }
        }
        states
            .into_iter()
            .map(|(state, left)| self.end_of_slot(begin, state, &left, slot))
            .collect()
    }

    fn send_a_byte(
        &self,
        begin: &GridState,
        from: usize,
        slot: u8,
        (state, budget): &(GridState, Budget),
        more: &mut BTreeSet<(GridState, Budget)>,
    ) {
        for to in (1..=self.peers()).filter(|&to| to != from && self.there(to, slot)) {
            for chunk in 0..self.lengths.len() {
                let (bytes, sender) = state.copies[to - 1][chunk];
                let is_free = sender == NONE || usize::from(sender) == from;
                let lacks = bytes < self.lengths[chunk];
                let has_room = 0 < budget[to][1];
                if !is_free || !lacks || !has_room || !self.holds(begin, from, chunk) {
                    continue;
                }
                let (mut state, mut budget) = (state.clone(), budget.clone());
                let sender = if self.multi_source { NONE } else { from as u8 };
                state.copies[to - 1][chunk] = (bytes + 1, sender);
                budget[from][0] -= 1;
                if self.nodes[to].download.is_some() {
                    budget[to][1] -= 1;
                }
                more.insert((state, budget));
            }
        }
    }

    /// Unused capacity refills the bursts; what is in flight moves on; peers may be complete.
    fn end_of_slot(
        &self,
        begin: &GridState,
        mut state: GridState,
        left: &Budget,
        slot: u8,
    ) -> GridState {
        for ((bursts, left), node) in state.bursts.iter_mut().zip(left).zip(&self.nodes) {
            *bursts = left.map(|left| left.min(node.burst));
        }
        if !state.before.is_empty() {
            state.before.clone_from(&begin.copies);
        }
        for peer in 1..=self.peers() {
            let wants = |chunk: &usize| self.nodes[peer].wants >> chunk & 1 == 1;
            let mut wanted = (0..self.lengths.len()).filter(wants);
            let has_all = wanted.all(|chunk| self.holds(&state, peer, chunk));
            let leaves = self.nodes[peer].leaves;
            if has_all && leaves.is_none_or(|leaves| slot < leaves) {
                state.complete |= 1 << peer;
            }
        }
        state
    }

    /// What the theorems over relaxations see, for chunks of one length.
    fn demand(&self) -> Demand {
        let rate = |rate: u8| Rate(8 * u64::from(rate));
        let at = |slot: u8| Time::from_secs(slot.into());
        let all = (1 << self.lengths.len()) - 1;
        let node = |(place, node): (usize, &Node)| demand::Node {
            upload: Supply {
                rate: rate(node.upload),
                changes: node
                    .later
                    .iter()
                    .map(|&(from, upload)| (at(from), rate(upload)))
                    .collect(),
                burst: 0,
                from: at(node.joins),
                until: node.leaves.map(at),
            },
            download: node.download.map(rate),
            delay: at(node.delay),
            holds: if place == 0 { all } else { node.holds.into() },
            wants: all & Classes::from(node.wants),
        };
        Demand {
            chunk: 8 * u128::from(self.lengths[0]),
            classes: vec![1; self.lengths.len()],
            nodes: self.nodes.iter().enumerate().map(node).collect(),
        }
    }

    fn scenario(&self) -> Scenario {
        let bytes: u64 = self.lengths.iter().copied().map(u64::from).sum();
        let rate = |rate: u8| 8 * u64::from(rate);
        let at = |slot: u8| Time::from_secs(slot.into());
        let link = |node: &Node| Link {
            burst: Some(Bytes(node.burst.into())),
            latency: Some(at(node.delay)),
        };
        let mut parts = swarm(bytes, self.lengths[0].into(), rate(self.nodes[0].upload));
        parts.source.link = link(&self.nodes[0]);
        if let Some(leaves) = self.nodes[0].leaves {
            parts.source.leaves = SourceLeaves::At(at(leaves));
        }
        parts.discipline.multi_source = self.multi_source;
        let peers = self.nodes[1..].iter().map(|node| Peer {
            download: node.download.map(|down| Rate(rate(down))),
            joins: at(node.joins),
            leaves: node.leaves.map_or(Leaves::Never, |leaves| Leaves::At(at(leaves))),
            link: link(node),
            ..peer(rate(node.upload))
        });
        scenario(with_peers(parts, peers))
    }
}

fn lengths() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![1]),
        Just(vec![2]),
        Just(vec![3]),
        Just(vec![1, 1]),
        Just(vec![2, 1]),
        Just(vec![2, 2]),
        Just(vec![1, 1, 1]),
    ]
}

/// Arrivals, departures and delays, without bursts if `bursts` is false.
fn grids(bursts: bool, multi_source: bool) -> impl Strategy<Value = Grid> {
    let rarely = |most: u8| prop_oneof![3 => Just(0u8), 1 => 1..=most];
    let burst = if bursts { (0..=1u8).boxed() } else { Just(0).boxed() };
    let leaves = || prop::option::weighted(0.2, 1..=6u8);
    let peer = (0..=2u8, prop::option::of(1..=2u8), burst.clone(), rarely(1), rarely(4), leaves());
    let peer = peer.prop_map(|(upload, download, burst, delay, joins, stays)| Node {
        upload,
        download,
        burst,
        delay,
        joins,
        leaves: stays.map(|stays| joins + stays),
        later: None,
        holds: 0,
        wants: EVERYTHING,
    });
    let source = (1..=3u8, burst, leaves()).prop_map(|(upload, burst, leaves)| Node {
        upload,
        download: None,
        burst,
        delay: 0,
        joins: 0,
        leaves,
        later: None,
        holds: 0,
        wants: EVERYTHING,
    });
    lengths().prop_flat_map(move |lengths| {
        let most = match lengths.as_slice() {
            [1] => 4,
            [_] | [1, 1] => 3,
            _ => 2,
        };
        let peers = prop::collection::vec(peer.clone(), 1..=most);
        (Just(lengths), source.clone(), peers).prop_map(move |(lengths, source, mut nodes)| {
            nodes.insert(0, source);
            Grid { lengths, nodes, multi_source }
        })
    })
}

/// Some chunks held and wanted, and rates that change. Each peer lacks a chunk that it wants.
fn demands() -> impl Strategy<Value = Grid> {
    let words = (0..8u8, 1..8u8, prop::option::weighted(0.3, (1..=3u8, 0..=3u8)));
    let words = prop::collection::vec(words, 5);
    let alike = |grid: &Grid| grid.lengths.windows(2).all(|pair| pair[0] == pair[1]);
    (grids(false, false).prop_filter("chunks of one length", alike), words).prop_map(
        |(mut grid, words)| {
            let all = (1 << grid.lengths.len()) - 1;
            for (node, (holds, wants, later)) in grid.nodes.iter_mut().zip(words) {
                node.later = later;
                node.wants = if wants & all == 0 { all } else { wants & all };
                let lacks = node.wants & node.wants.wrapping_neg();
                node.holds = holds & all & !lacks;
            }
            grid
        },
    )
}

/// No bound that applies is above the best run, for any k. Those that assume whole copies from one
/// sender each apply unless a link has a burst or copies have several senders.
fn judge(grid: &Grid) -> Result<(), TestCaseError> {
    let (scenario, optima) = (grid.scenario(), grid.optima());
    let whole_copies = !grid.multi_source && grid.nodes.iter().all(|node| node.burst == 0);
    for bound in for_swarms() {
        let assumes = bound.name() == "branching"
            || edges::WHOLE_COPIES.iter().any(|one| one.name() == bound.name());
        let completions = bound.completions(&scenario);
        prop_assert_eq!(completions.is_ok(), whole_copies || !assumes, "{}", bound.name());
        let Ok(completions) = completions else { continue };
        for ((k, at), optimum) in (1..).zip(completions).zip(&optima) {
            let Some(optimum) = optimum.map(Time::from_secs) else { continue };
            let is_below = matches!(&at, Earliest::At(time) if *time <= optimum);
            prop_assert!(is_below, "{} k = {k}: {at:?} > {optimum}", bound.name());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_bound_exceeds_the_best_of_all_runs(grid in grids(false, false)) {
        judge(&grid)?;
    }

    #[test]
    fn no_bound_exceeds_the_best_run_with_several_senders_a_copy(grid in grids(false, true)) {
        judge(&grid)?;
    }

    #[test]
    fn no_bound_exceeds_the_best_run_with_bursts(grid in grids(true, false)) {
        judge(&grid)?;
    }
}

proptest! {
    #[test]
    fn no_theorem_exceeds_the_best_run_with_holdings(grid in demands()) {
        let (bounds, optima) = (strongest_of_all(&grid.demand()), grid.optima());
        for ((k, bound), optimum) in (1..).zip(bounds).zip(optima) {
            let Some(optimum) = optimum.map(Time::from_secs) else { continue };
            prop_assert!(bound.at <= optimum, "k = {k}: {bound:?} > {optimum}");
        }
    }
}

#[test]
fn the_search_finds_what_is_known() {
    let node = |upload| Node {
        upload,
        download: None,
        burst: 0,
        delay: 0,
        joins: 0,
        leaves: None,
        later: None,
        holds: 0,
        wants: EVERYTHING,
    };
    let grid = |lengths: &[u8], upload: &[u8]| Grid {
        lengths: lengths.to_vec(),
        nodes: upload.iter().map(|&upload| node(upload)).collect(),
        multi_source: false,
    };
    let optima = |grid: &Grid| -> Vec<u64> { grid.optima().into_iter().flatten().collect() };
    // M - 1 + ceil(lg(N + 1)) chunk times with equal rates.
    assert_eq!(optima(&grid(&[1], &[1, 1, 1, 1])), [1, 2, 2]);
    assert_eq!(optima(&grid(&[1, 1], &[1, 1, 1])), [2, 3]);
    assert_eq!(optima(&grid(&[2, 2], &[1, 1, 1])), [4, 6]);
    // The second copy of a chunk of two bytes takes one more second from two senders.
    let shared = Grid { multi_source: true, ..grid(&[2], &[1, 1, 1]) };
    assert_eq!(optima(&shared), [2, 3]);
    // Through a downlink of a byte a second, from an arrival at 3 s on; a delay; a burst.
    let mut late = grid(&[2, 2], &[3, 0]);
    (late.nodes[1].download, late.nodes[1].joins) = (Some(1), 3);
    assert_eq!(optima(&late), [7]);
    late.nodes[1].delay = 1;
    assert_eq!(optima(&late), [8]);
    late.nodes[1].burst = 1;
    assert_eq!(optima(&late), [7]);
    // One chunk less to send, and one less to want; a source that is silent from 1 s on.
    let mut parts = grid(&[2, 2], &[1, 1, 1]);
    parts.nodes[1].holds = 0b01;
    assert_eq!(optima(&parts), [2, 4]);
    parts.nodes[2].wants = 0b01;
    assert_eq!(optima(&parts), [2, 2]);
    parts.nodes[0].later = Some((1, 0));
    assert_eq!(optima(&parts), [2]);
    // Gone at 7 s, or without a source after 4 s: never.
    late.nodes[1].leaves = Some(7);
    assert_eq!(optima(&late), [7]);
    late.nodes[1].leaves = Some(6);
    assert_eq!(late.optima(), [None]);
    late.nodes[1].leaves = None;
    late.nodes[0].leaves = Some(4);
    assert_eq!(late.optima(), [None]);
}
