//! Every run of a tiny swarm on a grid: bytes in slots of a second, uplinks and downlinks shared at
//! will, late arrivals, one sender a chunk copy. No bound may exceed the best of them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Rates are in bytes a slot; node 0 is the source.
#[derive(Clone, Debug)]
struct Grid {
    /// Bytes of each chunk.
    lengths: Vec<u8>,
    upload: Vec<u8>,
    /// None is unlimited.
    download: Vec<Option<u8>>,
    joins: Vec<u8>,
}

/// What each peer has of each chunk, and from which node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GridState(Vec<Vec<(u8, u8)>>);

/// No sender has begun the copy.
const NONE: u8 = u8::MAX;

impl Grid {
    fn peers(&self) -> usize {
        self.upload.len() - 1
    }

    fn holds(&self, state: &GridState, node: usize, chunk: usize) -> bool {
        node == 0 || state.0[node - 1][chunk].0 == self.lengths[chunk]
    }

    /// The earliest slot by which k peers can have everything, for each k.
    fn optima(&self) -> Vec<u64> {
        let empty = vec![vec![(0, NONE); self.lengths.len()]; self.peers()];
        let mut level = BTreeSet::from([GridState(empty)]);
        let mut optima = Vec::new();
        for slot in 0u8.. {
            let complete = |state: &GridState| {
                let all = |&peer: &usize| {
                    (0..self.lengths.len()).all(|chunk| self.holds(state, peer, chunk))
                };
                (1..=self.peers()).filter(all).count()
            };
            let most = level.iter().map(complete).max().unwrap();
            optima.resize(most.max(optima.len()), u64::from(slot));
            if optima.len() == self.peers() {
                break;
            }
            let mut next = BTreeSet::new();
            for state in &level {
                next.extend(self.after_a_slot(state, slot));
            }
            level = next;
        }
        optima
    }

    /// All states in which the slot can end.
    fn after_a_slot(&self, begin: &GridState, slot: u8) -> BTreeSet<GridState> {
        let room: Vec<u8> = self.download.iter().map(|rate| rate.unwrap_or(u8::MAX)).collect();
        let mut states = BTreeSet::from([(begin.clone(), room)]);
        for node in 0..self.upload.len() {
            for _ in 0..self.upload[node] {
                let mut more = BTreeSet::new();
                for state in states {
                    self.send_a_byte(begin, node, slot, &state, &mut more);
                    more.insert(state);
                }
                states = more;
            }
        }
        states.into_iter().map(|(state, _)| state).collect()
    }

    fn send_a_byte(
        &self,
        begin: &GridState,
        from: usize,
        slot: u8,
        (state, room): &(GridState, Vec<u8>),
        more: &mut BTreeSet<(GridState, Vec<u8>)>,
    ) {
        for to in (1..=self.peers()).filter(|&to| to != from && self.joins[to] <= slot) {
            for chunk in 0..self.lengths.len() {
                let (bytes, sender) = state.0[to - 1][chunk];
                let is_free = sender == NONE || usize::from(sender) == from;
                let lacks = bytes < self.lengths[chunk];
                if !is_free || !lacks || room[to] == 0 || !self.holds(begin, from, chunk) {
                    continue;
                }
                let (mut state, mut room) = (state.clone(), room.clone());
                state.0[to - 1][chunk] = (bytes + 1, from as u8);
                room[to] -= 1;
                more.insert((state, room));
            }
        }
    }

    fn scenario(&self) -> Scenario {
        let bytes: u64 = self.lengths.iter().copied().map(u64::from).sum();
        let rate = |rate: u8| 8 * u64::from(rate);
        let parts = swarm(bytes, self.lengths[0].into(), rate(self.upload[0]));
        let peers = (1..=self.peers()).map(|at| Peer {
            download: self.download[at].map(|down| Rate(rate(down))),
            joins: Time::from_secs(self.joins[at].into()),
            ..peer(rate(self.upload[at]))
        });
        scenario(with_peers(parts, peers))
    }
}

fn grids() -> impl Strategy<Value = Grid> {
    let lengths = prop_oneof![
        Just(vec![1]),
        Just(vec![2]),
        Just(vec![3]),
        Just(vec![1, 1]),
        Just(vec![2, 1]),
        Just(vec![2, 2]),
        Just(vec![1, 1, 1]),
    ];
    lengths.prop_flat_map(|lengths| {
        let most = if lengths.len() == 1 { 3 } else { 2 };
        let peer = (0..=2u8, prop::option::of(1..=2u8), prop_oneof![2 => Just(0u8), 1 => 1..=4u8]);
        let peers = prop::collection::vec(peer, 1..=most);
        (Just(lengths), 1..=3u8, peers).prop_map(|(lengths, source, peers)| {
            let mut grid =
                Grid { lengths, upload: vec![source], download: vec![None], joins: vec![0] };
            for (upload, download, joins) in peers {
                grid.upload.push(upload);
                grid.download.push(download);
                grid.joins.push(joins);
            }
            grid
        })
    })
}

proptest! {
    #[test]
    fn no_bound_exceeds_the_best_of_all_runs(grid in grids()) {
        let (scenario, optima) = (grid.scenario(), grid.optima());
        for bound in for_swarms() {
            let completions = bound.completions(&scenario).unwrap();
            for ((k, at), &optimum) in (1..).zip(completions).zip(&optima) {
                let optimum = Time::from_secs(optimum);
                prop_assert!(time(&at) <= optimum, "{} k = {k}: {at:?} > {optimum}", bound.name());
            }
        }
    }
}

#[test]
fn the_search_finds_what_is_known() {
    let grid = |lengths: &[u8], upload: &[u8]| Grid {
        lengths: lengths.to_vec(),
        upload: upload.to_vec(),
        download: vec![None; upload.len()],
        joins: vec![0; upload.len()],
    };
    // M - 1 + ceil(lg(N + 1)) chunk times with equal rates.
    assert_eq!(grid(&[1], &[1, 1, 1, 1]).optima(), [1, 2, 2]);
    assert_eq!(grid(&[1, 1], &[1, 1, 1]).optima(), [2, 3]);
    assert_eq!(grid(&[2, 2], &[1, 1, 1]).optima(), [4, 6]);
    // Through a downlink of a byte a second, from an arrival at 3 s on.
    let late = Grid { download: vec![None, Some(1)], joins: vec![0, 3], ..grid(&[2, 2], &[3, 0]) };
    assert_eq!(late.optima(), [7]);
}
