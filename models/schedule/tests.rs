use serde_json::Value;
use stateright::Checker;

use super::*;
use crate::checker::{CheckSettings, Quotient, Report, Stop, check};
use crate::models::oracles::oracles;

fn symmetric() -> CheckSettings {
    CheckSettings {
        quotient: Quotient::Symmetric,
        stop: Stop::Reached(EVERYONE),
        ..CheckSettings::default()
    }
}

fn search(world: ScheduleWorld, settings: CheckSettings) -> Report<Schedule> {
    let schedule = Schedule::new(world).unwrap();
    check(&schedule, &schedule.spec(), settings).unwrap()
}

fn makespan(world: ScheduleWorld) -> usize {
    let moves = if world.allows_dominance() { Moves::Dominant } else { Moves::All };
    let report = search(ScheduleWorld { moves, ..world }, symmetric());
    report.finding(EVERYONE).unwrap().verdict.witness().unwrap().steps.len()
}

/// Compares a row of a table, M = 1, 2, ..., with the depths of the goal.
fn row(expected: &Value, world: impl Fn(usize) -> ScheduleWorld) {
    for (at, expected) in expected.as_array().unwrap().iter().enumerate() {
        let world = world(at + 1);
        let label = format!("{world:?}");
        assert_eq!(makespan(world) as u64, *expected, "{label}");
    }
}

/// Compares a table whose rows are named by N, for N <= 4.
fn table(expected: &Value, world: impl Fn(usize, usize) -> ScheduleWorld) {
    let rows: Vec<(usize, &Value)> =
        expected.as_object().unwrap().iter().map(|(n, row)| (n.parse().unwrap(), row)).collect();
    assert!(!rows.is_empty());
    for (peers, expected) in rows.into_iter().filter(|&(peers, _)| peers <= 4) {
        row(expected, |chunks| world(peers, chunks));
    }
}

#[test]
fn cooperative_makespans_are_those_of_the_oracle_whatever_the_downloads() {
    for download_slots in [Some(1), Some(2), None] {
        table(&oracles()["cooperative_source1_any_download"], |peers, chunks| ScheduleWorld {
            download_slots,
            ..ScheduleWorld::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_a_faster_source_are_those_of_the_oracle() {
    for (name, source_slots, download) in [("S2_D1", 2, 1), ("S2_D2", 2, 2), ("S3_D2", 3, 2)] {
        table(&oracles()["source_slots"][name], |peers, chunks| ScheduleWorld {
            source_slots,
            download_slots: Some(download),
            ..ScheduleWorld::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_one_call_a_node_are_those_of_the_oracle() {
    for (name, rules) in [("telegraph", Rules::Telegraph), ("telephone", Rules::Telephone)] {
        table(&oracles()["one_call_per_node"][name], |peers, chunks| ScheduleWorld {
            rules: rules.clone(),
            ..ScheduleWorld::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_under_barter_are_those_of_the_oracle() {
    let cases = [
        ("strict_D1", Rules::Strict, Some(1)),
        ("strict_D2", Rules::Strict, Some(2)),
        ("cycles3_D1", Rules::Cycles3, Some(1)),
        ("cycles3_D2", Rules::Cycles3, Some(2)),
        ("credit1", Rules::Credit(1), None),
    ];
    for (name, rules, download_slots) in cases {
        table(&oracles()["barter_source1"][name], |peers, chunks| ScheduleWorld {
            rules: rules.clone(),
            download_slots,
            ..ScheduleWorld::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_free_riders_are_those_of_the_oracle() {
    let cases = [("N2_r1", 2, 1), ("N2_r2", 2, 2), ("N3_r1", 3, 1), ("N3_r2", 3, 2)];
    for (name, peers, free_riders) in cases {
        row(&oracles()["free_riders_of_source1"][name], |chunks| ScheduleWorld {
            free_riders,
            ..ScheduleWorld::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_selfish_peers_are_those_of_the_oracle() {
    table(&oracles()["selfish_leave_on_completion"], |peers, chunks| ScheduleWorld {
        leaving: Leaving::Selfish,
        ..ScheduleWorld::plain(peers, chunks)
    });
}

#[test]
fn makespans_on_overlays_are_those_of_the_oracle() {
    let cases = [
        ("path_N4", "path", 4),
        ("star_source_leaf_N3", "star-leaf", 3),
        ("star_source_hub_N3", "star", 3),
        ("cycle_N3", "cycle", 3),
        ("cycle_N4", "cycle", 4),
        ("binary_tree_N4", "tree", 4),
        ("hypercube_Q3", "hypercube", 7),
    ];
    for (name, overlay, peers) in cases {
        row(&oracles()["overlays"][name], |chunks| ScheduleWorld {
            overlay: Overlay::new(&overlay.parse().unwrap(), peers).unwrap(),
            ..ScheduleWorld::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_of_serial_transfers_are_those_of_the_oracle() {
    for source in ["1", "2"] {
        let table = &oracles()["heterogeneous_serial"][source];
        for (peers, expected) in table.as_object().unwrap() {
            let times = format!("{source},{peers}");
            let times: Vec<u8> = times.split(',').map(|time| time.parse().unwrap()).collect();
            row(expected, |chunks| ScheduleWorld {
                rules: Rules::Serial(times.clone()),
                ..ScheduleWorld::plain(times.len() - 1, chunks)
            });
        }
    }
}

fn exhaustive(quotient: Quotient) -> CheckSettings {
    CheckSettings { quotient, ..CheckSettings::default() }
}

/// Orbits of all assignments of chunks under permutations of peers and chunks, by Burnside's
/// lemma: an independent count of what the search visits.
fn orbits(peers: usize, chunks: usize) -> u64 {
    let permutations = |n: usize| {
        let mut all = vec![(0..n).collect::<Vec<usize>>()];
        while crate::models::orbits::next_permutation(&mut all.last().unwrap().clone()) {
            let mut next = all.last().unwrap().clone();
            crate::models::orbits::next_permutation(&mut next);
            all.push(next);
        }
        all
    };
    let (of_peers, of_chunks) = (permutations(peers), permutations(chunks));
    let mut fixed = 0u64;
    for rows in &of_peers {
        for columns in &of_chunks {
            let mut seen = vec![false; peers * chunks];
            let mut cycles = 0;
            for start in 0..seen.len() {
                let mut at = start;
                cycles += u32::from(!seen[at]);
                while !seen[at] {
                    seen[at] = true;
                    at = rows[at / chunks] * chunks + columns[at % chunks];
                }
            }
            fixed += 1 << cycles;
        }
    }
    fixed / (of_peers.len() * of_chunks.len()) as u64
}

#[test]
fn every_assignment_of_chunks_is_visited_once_an_orbit() {
    for (peers, chunks) in [(1, 3), (2, 2), (3, 2), (2, 4), (3, 3), (4, 2)] {
        let report = search(ScheduleWorld::plain(peers, chunks), exhaustive(Quotient::Symmetric));
        assert_eq!(report.states as u64, orbits(peers, chunks), "{peers} peers, {chunks} chunks");
        let report = search(ScheduleWorld::plain(peers, chunks), exhaustive(Quotient::Raw));
        assert_eq!(report.states, 1 << (peers * chunks));
    }
}

#[test]
fn stateright_counts_the_same_with_and_without_symmetry() {
    fn representative(state: &ScheduleState) -> ScheduleState {
        canonical::canonical(&Schedule::new(ScheduleWorld::plain(3, 2)).unwrap(), *state)
    }
    let rules = [Rules::Free, Rules::Telephone, Rules::Strict, Rules::Credit(1)];
    for rules in rules.into_iter().chain([Rules::Serial(vec![1, 2, 2, 2])]) {
        let world = ScheduleWorld { rules, ..ScheduleWorld::plain(3, 2) };
        let label = format!("{world:?}");
        let theirs = Schedule::new(world.clone()).unwrap().checker().spawn_dfs().join();
        let ours = search(world, exhaustive(Quotient::Raw));
        assert_eq!(ours.states, theirs.unique_state_count(), "{label}");
        assert_eq!(ours.generated, theirs.state_count() as u64, "{label}");
    }
    let schedule = Schedule::new(ScheduleWorld::plain(3, 2)).unwrap();
    let theirs = schedule.checker().symmetry_fn(representative).spawn_dfs().join();
    let ours = search(ScheduleWorld::plain(3, 2), exhaustive(Quotient::Symmetric));
    assert_eq!(ours.states, theirs.unique_state_count());
}

/// Depth of every completion, the k-th for k = 1..=N.
fn completions(world: ScheduleWorld, settings: CheckSettings) -> Vec<usize> {
    let report = search(world.clone(), settings);
    let depth = |name| report.finding(name).unwrap().verdict.witness().unwrap().steps.len();
    COMPLETIONS[..world.peers].iter().map(|name| depth(name)).collect()
}

#[test]
fn neither_dominance_nor_symmetry_changes_a_completion() {
    for (peers, chunks) in [(2, 3), (3, 2), (3, 3)] {
        for (download_slots, free_riders) in [(None, 0), (Some(1), 0), (Some(1), 1), (None, 2)] {
            let all = ScheduleWorld {
                download_slots,
                free_riders,
                ..ScheduleWorld::plain(peers, chunks)
            };
            let dominant = ScheduleWorld { moves: Moves::Dominant, ..all.clone() };
            let expected = completions(all.clone(), exhaustive(Quotient::Raw));
            for (world, quotient) in [
                (all, Quotient::Symmetric),
                (dominant.clone(), Quotient::Raw),
                (dominant, Quotient::Symmetric),
            ] {
                assert_eq!(completions(world.clone(), exhaustive(quotient)), expected, "{world:?}");
            }
        }
    }
}

/// Mundinger, Weber and Weiss 2008 for the k-th completion: M + floor(lg k), for every k.
#[test]
fn every_completion_comes_when_the_theorem_says_and_not_before() {
    for (peers, chunks) in [(3, 2), (4, 1), (4, 2)] {
        let lg = |k: usize| k.ilog2();
        let bound = |k: usize| if k == 0 { 0 } else { chunks as u32 + lg(k) };
        let earliest: Vec<u32> = (0..=peers).map(bound).collect();
        let world = ScheduleWorld::plain(peers, chunks);
        let found = completions(world.clone(), exhaustive(Quotient::Symmetric));
        let expected: Vec<usize> = earliest[1..].iter().map(|&slot| slot as usize).collect();
        assert_eq!(found, expected);
        let schedule = Schedule::new(world.clone()).unwrap().with_earliest(earliest.clone());
        let report = check(&schedule, &schedule.spec(), exhaustive(Quotient::Symmetric)).unwrap();
        assert_eq!(report.findings[0].verdict.name(), "holds");
        // One slot more is more than true.
        let wrong = earliest.iter().map(|slot| slot + 1).collect();
        let schedule = Schedule::new(world).unwrap().with_earliest(wrong);
        let report = check(&schedule, &schedule.spec(), exhaustive(Quotient::Symmetric)).unwrap();
        assert_eq!(report.findings[0].verdict.name(), "violated");
    }
}

/// A world with a planted bug: a peer that received in a slot may send in the same slot.
struct SameSlot(Schedule);

impl Model for SameSlot {
    type State = ScheduleState;
    type Action = (Slot, Slot);

    fn init_states(&self) -> Vec<ScheduleState> {
        self.0.init_states()
    }

    fn actions(&self, state: &ScheduleState, actions: &mut Vec<(Slot, Slot)>) {
        let mut firsts = Vec::new();
        self.0.actions(state, &mut firsts);
        for first in firsts {
            let mut seconds = Vec::new();
            self.0.actions(&first.next, &mut seconds);
            let busy: Vec<usize> = first.transfers().map(|transfer| transfer.from).collect();
            let idle = |second: &Slot| second.transfers().all(|t| !busy.contains(&t.from));
            actions.extend(seconds.into_iter().filter(idle).map(|second| (first, second)));
        }
    }

    fn next_state(&self, _: &ScheduleState, (_, second): (Slot, Slot)) -> Option<ScheduleState> {
        Some(second.next)
    }
}

#[test]
fn forwarding_in_the_same_slot_is_found_with_the_shortest_witness() {
    let overlay = Overlay::new(&Shape::Path, 2).unwrap();
    let world = ScheduleWorld { overlay, ..ScheduleWorld::plain(2, 1) };
    let schedule = Schedule::new(world).unwrap().with_earliest(vec![0, 1, 2]);
    let cheat = SameSlot(schedule);
    let claim: Claim<SameSlot> = Claim::required(
        "no_schedule_beats_a_bound",
        ClaimKind::NotBefore {
            earliest: |cheat, state| cheat.0.earliest[cheat.0.completed(state)],
            horizon: 2,
        },
    );
    let spec = Spec { claims: vec![claim], classes: Classes::single(), symmetry: None, heap: None };
    let report = check(&cheat, &spec, CheckSettings::default()).unwrap();
    let witness = report.findings[0].verdict.witness().unwrap();
    let words: Vec<String> = witness.steps.iter().map(|step| format!("{step:?}")).collect();
    let both = "the source sends chunk 0 to peer 1, peer 1 sends chunk 0 to peer 2";
    assert_eq!(words, [format!("(({both}), 1 {{0}}; 2 {{0}})")]);
}

#[test]
fn a_free_rider_under_strict_barter_gets_chunks_from_the_source_only() {
    let world =
        ScheduleWorld { rules: Rules::Strict, free_riders: 1, ..ScheduleWorld::plain(3, 2) };
    let schedule = Schedule::new(world).unwrap();
    let have = u64::from_le_bytes([0, 0b01, 0b10, 0, 0, 0, 0, 0]);
    let state = ScheduleState { have, memory: 0 };
    let mut slots = Vec::new();
    schedule.actions(&state, &mut slots);
    let transfers: Vec<Transfer> = slots.iter().flat_map(|slot| slot.transfers()).collect();
    assert!(transfers.iter().any(|transfer| transfer.to == 3));
    assert!(transfers.iter().all(|transfer| transfer.to != 3 || transfer.from == 0));
    assert!(transfers.iter().any(|transfer| transfer.from == 1 && transfer.to == 2));
}

/// Credit s = 1 among N = 3: a peer that sent nothing got at most s(N - 1) chunks from peers.
#[test]
fn a_free_rider_on_credit_gets_little() {
    let world =
        ScheduleWorld { rules: Rules::Credit(1), free_riders: 1, ..ScheduleWorld::plain(3, 3) };
    let schedule = Schedule::new(world).unwrap();
    let mut spec = schedule.spec();
    spec.claims = vec![Claim::required(
        "little",
        ClaimKind::Always(|_, state: &ScheduleState| {
            let balances = state::Balances(state.memory);
            let got: i8 = [1, 2].into_iter().map(|peer| balances.net(peer, 3)).sum();
            (0..=2).contains(&got)
        }),
    )];
    let report = check(&schedule, &spec, exhaustive(Quotient::Symmetric)).unwrap();
    assert_eq!(report.findings[0].verdict.name(), "holds");
}
