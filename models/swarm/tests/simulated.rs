//! Every run of the simulator is a run of the model: the two mean the same by an engine's outputs.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::*;
use crate::engine::Settings;
use crate::scenario::{Leaves, Link, Parts, Protocol, Scenario, Source, SourceLeaves};
use crate::sim::{Simulation, Step};
use crate::units::{Rate, Time};

/// Chunks of 1000 bits, links of 1000 bit/s, and for each node a delay of its own, so that little
/// happens at the same instant.
fn scenario(chunks: u64, peers: &[(u64, Leaves)], source: SourceLeaves, seed: u64) -> Scenario {
    let link = |ms: u64| Link { latency: Some(Time(ms * 1_000_000)), burst: None };
    let file = Manifest::new(Bytes(125 * chunks), Bytes(125)).unwrap();
    let peer = |(&(joins, leaves), delay): (&(u64, Leaves), u64)| {
        let peer = crate::scenario::Peer::new(Rate(1000)).joins(Time(joins * 1_000_000));
        peer.leaves(leaves).link(link(delay))
    };
    Parts::new(file, Source::new(Rate(1000)).leaves(source).link(link(3)))
        .peers(peers.iter().zip([7, 19]).map(peer))
        .seed(seed)
        .until(Time::from_secs(100_000))
        .build()
        .unwrap()
}

/// The same world, in which everything may happen at any time.
fn model(scenario: &Scenario) -> Swarm<Peer, Tracker> {
    let peers = scenario.peer_count();
    let world = SwarmWorld {
        churn: Departures::Once,
        source: SourceStays::Churns,
        departures: u8::MAX,
        timers: Timers::Any(u8::MAX),
        ready: Ready::AnyTime,
        ..SwarmWorld::calm(peers, scenario.file().chunks())
    };
    let swarm = Swarm::new(world).unwrap();
    // One chunk, and another for the time that a request and a chunk are on their way.
    let settings = Settings::new(Protocol::default(), 2);
    Swarm { manifest: *scenario.file(), settings, ..swarm }
}

type Here = SwarmState<Peer, Tracker>;

/// The engines of the simulator, by node.
type There = Vec<Option<Peer>>;

fn agrees(engines: &There, state: &Here) -> bool {
    (0..NODES).all(|at| state.node(at).map(|node| &node.engine) == engines[at].as_ref())
}

fn hash(state: &Here) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// The nearest states in which every engine is as it is in the simulator. Not all that there are:
/// any run will do.
fn follow(swarm: &Swarm<Peer, Tracker>, from: Vec<Here>, engines: &There) -> Vec<Here> {
    let mut known: BTreeSet<u64> = from.iter().map(hash).collect();
    let mut level = from;
    while !level.is_empty() && known.len() < 200_000 {
        let agreeing: Vec<Here> =
            level.iter().filter(|state| agrees(engines, state)).take(4).cloned().collect();
        if !agreeing.is_empty() {
            return agreeing;
        }
        let mut next = Vec::new();
        for state in &level {
            let mut actions = Vec::new();
            swarm.actions(state, &mut actions);
            for action in actions {
                let after = swarm.next_state(state, action).unwrap();
                if known.insert(hash(&after)) {
                    next.push(after);
                }
            }
        }
        level = next;
    }
    Vec::new()
}

fn is_a_run_of_the_model(scenario: &Scenario, instants: usize) {
    let swarm = model(scenario);
    let mut simulation = Simulation::<Peer, Tracker>::new(scenario).without_boards();
    let mut agreeing = vec![swarm.void()];
    for instant in 0..instants {
        if let Step::Ended(_) = simulation.step(&mut |_| {}) {
            return;
        }
        let before = agreeing.clone();
        let engines: There =
            (0..NODES).map(|at| simulation.engine(PeerId(at as u32)).cloned()).collect();
        agreeing = follow(&swarm, agreeing, &engines);
        assert!(!agreeing.is_empty(), "instant {instant}: from {before:?} to {engines:#?}");
    }
}

#[test]
fn a_calm_run_of_the_simulator_is_a_run_of_the_model() {
    for seed in 0..3 {
        let stay = [(100, Leaves::Never), (450, Leaves::Never)];
        is_a_run_of_the_model(&scenario(3, &stay, SourceLeaves::Never, seed), 200);
    }
}

#[test]
fn departures_of_the_simulator_are_departures_of_the_model() {
    for ms in [470, 1300, 1500, 3100] {
        let leaves = Leaves::At(Time(ms * 1_000_000));
        let vanishes = [(100, leaves), (450, Leaves::Never)];
        is_a_run_of_the_model(&scenario(2, &vanishes, SourceLeaves::Never, ms), 60);
        let stay = [(100, Leaves::Never), (450, Leaves::AfterCompletion(Time::ZERO))];
        is_a_run_of_the_model(&scenario(2, &stay, SourceLeaves::At(Time(ms * 1_000_000)), ms), 60);
    }
}
