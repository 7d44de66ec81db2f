//! The binomial pipeline, slot by slot.

use std::collections::BTreeSet;

use super::*;
use crate::checker::{self, CheckSettings, Checked, Quotient, Stop};
use crate::models::schedule::{EVERYONE, Moves, Schedule, ScheduleWorld};
use crate::schedule::pipeline::{Hop, pipeline, slots};

/// M - 1 + ceil(lg n) with n = N + 1.
fn optimum(peers: usize, chunks: usize) -> usize {
    chunks + peers.ilog2() as usize
}

/// Plays the slots and asserts that each sender had its chunk before the slot, each node sends and
/// receives at most once per slot, no chunk arrives twice, and all nodes end with the file.
fn play(peers: usize, chunks: usize, slots: &[Vec<Hop>]) {
    let mut has: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); peers + 1];
    has[0] = (0..chunks).collect();
    for slot in slots {
        let (mut senders, mut receivers) = (BTreeSet::new(), BTreeSet::new());
        for hop in slot {
            assert!(has[hop.from].contains(&hop.chunk), "{hop:?} in {peers} x {chunks}");
            assert!(senders.insert(hop.from), "{hop:?}: sends twice");
            assert!(receivers.insert(hop.to), "{hop:?}: receives twice");
        }
        for hop in slot {
            assert!(has[hop.to].insert(hop.chunk), "{hop:?} comes twice");
        }
    }
    assert!(has.iter().all(|has| has.len() == chunks), "{peers} x {chunks}");
}

#[test]
fn the_pipeline_is_optimal_for_every_number_of_peers_and_chunks() {
    for peers in (1..=70).chain([100, 127, 128, 200]) {
        for chunks in (1..=12).chain([24, 65]) {
            let slots = slots(peers, chunks);
            assert_eq!(slots.len(), optimum(peers, chunks), "N = {peers}, M = {chunks}");
            play(peers, chunks, &slots);
        }
    }
}

#[test]
fn the_imbalance_of_a_hypercube_is_at_most_one() {
    // Ganesan & Seshadri: in the hypercube no peer ever owes another more than one chunk.
    for (dimensions, chunks) in [(2, 7), (3, 9), (4, 12), (5, 3)] {
        let peers = (1 << dimensions) - 1;
        let mut net = vec![0i32; (peers + 1) * (peers + 1)];
        for slot in slots(peers, chunks) {
            for Hop { from, to, .. } in slot {
                net[from * (peers + 1) + to] += 1;
                net[to * (peers + 1) + from] -= 1;
            }
            for from in 1..=peers {
                for to in 1..=peers {
                    assert!(net[from * (peers + 1) + to] <= 1, "{from} to {to}");
                }
            }
        }
    }
}

/// Number of slots of the best schedule: the depth at which a search finds all peers complete.
fn searched(peers: usize, chunks: usize) -> usize {
    let world = ScheduleWorld { moves: Moves::Dominant, ..ScheduleWorld::plain(peers, chunks) };
    let schedule = Schedule::new(world).unwrap();
    let settings = CheckSettings {
        quotient: Quotient::Symmetric,
        stop: Stop::Reached(EVERYONE),
        ..CheckSettings::default()
    };
    let report = checker::check(&schedule, &schedule.spec(), settings).unwrap();
    report.finding(EVERYONE).unwrap().verdict.witness().unwrap().steps.len()
}

#[test]
fn no_schedule_of_a_small_world_is_shorter() {
    for (peers, chunks) in [(1, 3), (2, 2), (2, 3), (3, 2), (4, 2)] {
        let slots = slots(peers, chunks).len();
        assert_eq!(slots, searched(peers, chunks), "N = {peers}, M = {chunks}");
    }
}

#[test]
fn with_equal_rates_a_slot_is_a_chunk_time() {
    for peers in 1..=40 {
        for chunks in [1, 2, 5, 8] {
            let plan = pipeline(&equal(peers, chunks)).unwrap();
            let seconds = optimum(peers, chunks) as u64;
            assert_eq!(plan.distribution_time(), Time::from_secs(seconds), "{peers} x {chunks}");
        }
    }
}

#[test]
fn a_source_of_several_slots_serves_as_many_swarms() {
    // N = 20, S = 5, D = 1: M - 1 + ceil(lg(20/5 + 1)) slots.
    let peers = vec![Peer { download: Some(Rate(24)), ..peer(24) }; 20];
    let plan = pipeline(&swarm(3 * 9, 3, 5 * 24, peers)).unwrap();
    assert_eq!(plan.distribution_time(), Time::from_secs(9 - 1 + 3));
}

#[test]
fn a_peer_that_uploads_nothing_breaks_the_pipeline() {
    let refused = pipeline(&swarm(9, 3, 24, vec![peer(24), peer(0)])).unwrap_err();
    assert!(refused.0.contains("peer 2 uploads nothing"), "{refused}");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_pipeline_is_lawful(scenario in staying(30, 12)) {
        match pipeline(&scenario) {
            Ok(plan) => lawful(&plan)?,
            Err(refused) => {
                let nodes = scenario.peers().map(|(id, _)| scenario.upload(id));
                prop_assert!(nodes.into_iter().any(|upload| upload == Rate::ZERO), "{refused}");
            }
        }
    }
}
