use serde_json::Value;

use super::*;
use crate::checker::{Quotient, Settings, Stop, check};
use crate::models::oracles::oracles;

fn symmetric() -> Settings {
    Settings { quotient: Quotient::Symmetric, stop: Stop::Reached(EVERYONE), ..Settings::default() }
}

fn makespan(world: World) -> usize {
    let t = std::time::Instant::now();
    let moves = if world.allows_dominance() { Moves::Dominant } else { Moves::All };
    let schedule = Schedule::new(World { moves, ..world.clone() }).unwrap();
    let report = check(&schedule, &schedule.spec(), symmetric()).unwrap();
    let slots = report.finding(EVERYONE).unwrap().verdict.witness().unwrap().steps.len();
    if 50 < t.elapsed().as_millis() {
        eprintln!(
            "{:?} {} {} {:?} S{} D{:?} {slots} {} {:?}",
            world.rules,
            world.peers,
            world.chunks,
            world.leaving,
            world.source_slots,
            world.download_slots,
            report.states,
            t.elapsed()
        );
    }
    slots
}

/// Compares a row of a table, M = 1, 2, ..., with the depths of the goal.
fn row(expected: &Value, world: impl Fn(usize) -> World) {
    for (at, expected) in expected.as_array().unwrap().iter().enumerate() {
        let world = world(at + 1);
        let label = format!("{world:?}");
        assert_eq!(makespan(world) as u64, *expected, "{label}");
    }
}

/// Compares a table whose rows are named by N, for N <= 4.
fn table(expected: &Value, world: impl Fn(usize, usize) -> World) {
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
        table(&oracles()["cooperative_source1_any_download"], |peers, chunks| World {
            download_slots,
            ..World::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_a_faster_source_are_those_of_the_oracle() {
    for (name, source_slots, download) in [("S2_D1", 2, 1), ("S2_D2", 2, 2), ("S3_D2", 3, 2)] {
        table(&oracles()["source_slots"][name], |peers, chunks| World {
            source_slots,
            download_slots: Some(download),
            ..World::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_one_call_a_node_are_those_of_the_oracle() {
    for (name, rules) in [("telegraph", Rules::Telegraph), ("telephone", Rules::Telephone)] {
        table(&oracles()["one_call_per_node"][name], |peers, chunks| World {
            rules: rules.clone(),
            ..World::plain(peers, chunks)
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
        table(&oracles()["barter_source1"][name], |peers, chunks| World {
            rules: rules.clone(),
            download_slots,
            ..World::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_free_riders_are_those_of_the_oracle() {
    let cases = [("N2_r1", 2, 1), ("N2_r2", 2, 2), ("N3_r1", 3, 1), ("N3_r2", 3, 2)];
    for (name, peers, free_riders) in cases {
        row(&oracles()["free_riders_of_source1"][name], |chunks| World {
            free_riders,
            ..World::plain(peers, chunks)
        });
    }
}

#[test]
fn makespans_with_selfish_peers_are_those_of_the_oracle() {
    table(&oracles()["selfish_leave_on_completion"], |peers, chunks| World {
        leaving: Leaving::Selfish,
        ..World::plain(peers, chunks)
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
        row(&oracles()["overlays"][name], |chunks| World {
            overlay: Overlay::parse(overlay, peers).unwrap(),
            ..World::plain(peers, chunks)
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
            row(expected, |chunks| World {
                rules: Rules::Serial(times.clone()),
                ..World::plain(times.len() - 1, chunks)
            });
        }
    }
}
