//! Tables of exhaustively computed optima: the planner reaches every one of them.

use serde_json::Value;

use super::*;
use crate::chunks::PeerId;

/// Budget for one entry: a few thousand runs of a dozen transfers.
const BUDGET: u64 = 100_000;

fn tables() -> Value {
    serde_json::from_str(include_str!("../../../models/oracles.json")).unwrap()
}

/// The entries of a table: its key, M, and the optimum in slots.
fn entries(table: &Value) -> Vec<(String, usize, u64)> {
    let rows = table.as_object().unwrap().iter();
    let rows = rows.filter(|(_, row)| row.is_array());
    rows.flat_map(|(key, row)| {
        let optima = row.as_array().unwrap().iter().map(|slots| slots.as_u64().unwrap());
        (1..).zip(optima).map(|(chunks, slots)| (key.clone(), chunks, slots)).collect::<Vec<_>>()
    })
    .collect()
}

/// The distribution time of the plan, which the audit must pass.
fn planned(scenario: &Scenario) -> Time {
    let plan = Planner::new(scenario, BUDGET).unwrap().finish().unwrap();
    lawful(&plan).unwrap();
    plan.distribution_time()
}

#[test]
fn equal_rates_take_exactly_the_optimum() {
    let table = &tables()["cooperative_source1_any_download"];
    let mut judged = 0;
    for (peers, chunks, slots) in entries(table) {
        let peers: usize = peers.parse().unwrap();
        for download in [None, Some(Rate(24)), Some(Rate(48))] {
            let peers = vec![Peer { download, ..peer(24) }; peers];
            let scenario = swarm(3 * chunks as u64, 3, 24, peers);
            assert_eq!(planned(&scenario), Time::from_secs(slots), "{scenario:?}");
            judged += 1;
        }
    }
    assert_eq!(judged, 7 * 4 * 3);
}

#[test]
fn a_faster_source_takes_no_more_than_the_optimum_in_slots() {
    // In slots the source sends S chunks at once; here it has S times the rate, so that it may also
    // send one after the other, which is never slower.
    for (name, source, download) in [("S2_D1", 2, 1), ("S2_D2", 2, 2), ("S3_D2", 3, 2)] {
        let table = &tables()["source_slots"][name];
        for (peers, chunks, slots) in entries(table) {
            let download = Some(Rate(24 * download));
            let peers = vec![Peer { download, ..peer(24) }; peers.parse().unwrap()];
            let scenario = swarm(3 * chunks as u64, 3, 24 * source, peers);
            let took = planned(&scenario);
            let name = format!("{name}: N = {}, M = {chunks}", scenario.peer_count());
            assert!(took <= Time::from_secs(slots), "{name}: {took} is more than {slots} slots");
        }
    }
}

#[test]
fn free_riders_cost_exactly_what_the_optimum_says() {
    for (name, chunks, slots) in entries(&tables()["free_riders_of_source1"]) {
        let (peers, riders) = name[1..].split_once("_r").unwrap();
        let (peers, riders): (usize, usize) = (peers.parse().unwrap(), riders.parse().unwrap());
        let upload = |at| peer(if at < riders { 0 } else { 24 });
        let scenario = swarm(3 * chunks as u64, 3, 24, (0..peers).map(upload).collect());
        assert_eq!(planned(&scenario), Time::from_secs(slots), "{name}, M = {chunks}");
    }
}

#[test]
fn unequal_rates_take_no_more_than_the_best_serial_schedule() {
    // The table sends whole chunks one after another at full rate; a plan may also share a link, so
    // it may be shorter, but never than a bound.
    let tables = tables();
    let mut judged = 0;
    for source in ["1", "2"] {
        for (peers, chunks, slots) in entries(&tables["heterogeneous_serial"][source]) {
            // A chunk of 6 B takes 1, 2, 3 s at 48, 24, 16 bit/s.
            let peers = peers.split(',').map(|tau| peer(48 / tau.parse::<u64>().unwrap()));
            let source = 48 / source.parse::<u64>().unwrap();
            let scenario = swarm(6 * chunks as u64, 6, source, peers.collect());
            let took = planned(&scenario);
            let uploads = scenario.nodes().map(|node: PeerId| scenario.upload(node).0);
            let uploads: Vec<u64> = uploads.collect();
            assert!(took <= Time::from_secs(slots), "{uploads:?} M = {chunks}: {took} > {slots}");
            judged += 1;
        }
    }
    assert_eq!(judged, 17 * 3);
}
