//! Every run of a tiny swarm: whole chunks, one after another, at full rate. The search reproduces
//! the published optima, then covers what no table does: short last chunks, and every k.

use std::collections::BTreeSet;

use super::*;

/// A swarm in which every transfer takes a whole number of ticks.
struct Tiny {
    /// Sizes of the chunks, in units.
    lengths: Vec<u8>,
    /// Ticks that a node takes to send a unit; the source first.
    pace: Vec<u8>,
}

/// The chunks of each node as a bit set, and what each node sends: receiver, chunk, ticks left.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct TinyState {
    has: Vec<u8>,
    sends: Vec<Option<(u8, u8, u8)>>,
}

impl Tiny {
    fn peers(&self) -> usize {
        self.pace.len() - 1
    }

    /// The earliest tick at which k peers can have everything, for each k.
    fn optima(&self) -> Vec<u64> {
        let all = (1u8 << self.lengths.len()) - 1;
        let mut has = vec![0; self.pace.len()];
        has[0] = all;
        let mut level = BTreeSet::from([TinyState { has, sends: vec![None; self.pace.len()] }]);
        let mut optima = Vec::new();
        for tick in 0.. {
            let complete =
                |state: &TinyState| state.has[1..].iter().filter(|&&has| has == all).count();
            let most = level.iter().map(complete).max().unwrap();
            optima.resize(most.max(optima.len()), tick);
            if optima.len() == self.peers() {
                break;
            }
            let mut next = BTreeSet::new();
            for state in level {
                self.begin(state, 0, &mut next);
            }
            level = next;
        }
        optima
    }

    /// Branches over every transfer that each idle node from `node` on can begin, or none; then one
    /// tick passes.
    fn begin(&self, state: TinyState, node: usize, next: &mut BTreeSet<TinyState>) {
        if node == self.pace.len() {
            next.insert(tick(state));
            return;
        }
        if state.sends[node].is_none() {
            for to in 1..self.pace.len() {
                for chunk in 0..self.lengths.len() {
                    let under_way = state.sends.iter().flatten().any(|&(receiver, part, _)| {
                        (usize::from(receiver), usize::from(part)) == (to, chunk)
                    });
                    let bit = 1u8 << chunk;
                    if under_way || state.has[to] & bit != 0 || state.has[node] & bit == 0 {
                        continue;
                    }
                    let mut begun = state.clone();
                    let ticks = self.lengths[chunk] * self.pace[node];
                    begun.sends[node] = Some((to as u8, chunk as u8, ticks));
                    self.begin(begun, node + 1, next);
                }
            }
        }
        self.begin(state, node + 1, next);
    }

    /// The same swarm as a scenario: a unit is 12 B, a tick is a second.
    fn scenario(&self) -> Scenario {
        let units: u64 = self.lengths.iter().copied().map(u64::from).sum();
        let rate = |pace: u8| 96 / u64::from(pace);
        let parts = swarm(12 * units, 12 * u64::from(self.lengths[0]), rate(self.pace[0]));
        scenario(with_peers(parts, self.pace[1..].iter().map(|&pace| peer(rate(pace)))))
    }

    /// Asserts that no bound is above the optimum; returns for how many k the best bound equals it.
    fn judge(&self) -> usize {
        let (scenario, optima) = (self.scenario(), self.optima());
        let all: Vec<Vec<Earliest>> =
            for_swarms().map(|bound| bound.completions(&scenario).unwrap()).collect();
        let mut tight = 0;
        for (k, optimum) in optima.into_iter().enumerate() {
            let best = all.iter().map(|bound| time(&bound[k])).max().unwrap();
            assert!(
                best <= Time::from_secs(optimum),
                "{:?} {:?} k = {}",
                self.lengths,
                self.pace,
                k + 1
            );
            tight += usize::from(best.0.div_ceil(1_000_000_000) == optimum);
        }
        tight
    }
}

/// One tick passes; transfers that end are delivered.
fn tick(mut state: TinyState) -> TinyState {
    for send in &mut state.sends {
        if let Some((to, chunk, left)) = send {
            *left -= 1;
            if *left == 0 {
                state.has[usize::from(*to)] |= 1 << *chunk;
                *send = None;
            }
        }
    }
    state
}

#[test]
fn the_search_finds_the_published_optima() {
    for (pace, optima) in [
        ([1, 2, 3], [2, 3, 4]),
        ([1, 3, 3], [2, 4, 5]),
        ([2, 1, 2], [3, 5, 7]),
        ([2, 3, 3], [4, 6, 8]),
    ] {
        for (chunks, optimum) in (1..).zip(optima) {
            let tiny = Tiny { lengths: vec![1; chunks], pace: pace.to_vec() };
            assert_eq!(tiny.optima()[1], optimum, "{pace:?}, M = {chunks}");
        }
    }
}

#[test]
fn no_run_of_a_tiny_swarm_beats_a_bound() {
    let mut tight = 0;
    let mut completions = 0;
    for lengths in [&[1][..], &[1, 1], &[2, 1], &[3, 1], &[3, 2]] {
        for source in 1..=3 {
            for first in 1..=3 {
                for second in first..=3 {
                    let pace = vec![source, first, second];
                    tight += Tiny { lengths: lengths.to_vec(), pace }.judge();
                    completions += 2;
                }
            }
        }
    }
    // One chunk of any size among three peers: branching in its pure form.
    for pace in [[1, 1, 1, 1], [1, 2, 2, 3], [2, 1, 2, 3], [3, 1, 1, 1], [1, 3, 3, 3]] {
        tight += Tiny { lengths: vec![1], pace: pace.to_vec() }.judge();
        completions += 3;
    }
    println!("{tight} of {completions} completions meet their best bound");
    assert!(completions <= 2 * tight, "{tight} of {completions} are met");
}
