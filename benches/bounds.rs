//! Time to evaluate each bound for all completions, for swarms of two sizes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use swarmbound::bounds::{self, Conditions};
use swarmbound::scenario::{Leaves, Preset, Scenario};
use swarmbound::units::{Rate, Time};

/// The preset `flash-crowd` with its peers repeated `times` times: four capacity classes, arrivals,
/// departures.
fn crowd(times: usize) -> Scenario {
    let preset = Preset::named("flash-crowd").expect("a preset of that name");
    let mut parts = preset.scenario(Some(1)).expect("presets are well formed").into_parts();
    parts.peers = (0..times).flat_map(|_| parts.peers.clone()).collect();
    Scenario::new(parts).expect("more of the same is well formed")
}

fn completions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("completions");
    group.sample_size(10);
    for times in [1, 30] {
        let scenario = crowd(times);
        for bound in bounds::ALL {
            let id = BenchmarkId::new(bound.name(), scenario.peer_count());
            group.bench_function(id, |bench| {
                bench.iter(|| bound.completions(black_box(&scenario)));
            });
        }
    }
    group.finish();
}

/// 10 000 peers, each with an arrival and an upload of its own.
fn late() -> Scenario {
    let mut parts = crowd(1).into_parts();
    let peer = parts.peers[0].clone();
    parts.peers = (0..10_000u64)
        .map(|at| {
            let mut peer = peer.clone();
            (peer.joins, peer.leaves) = (Time(at * 60_000_000), Leaves::Never);
            peer.upload = Rate(1_000_000 + at * 317);
            peer
        })
        .collect();
    Scenario::new(parts).expect("peers that differ are well formed")
}

fn arrivals(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("arrivals");
    group.sample_size(10);
    let scenario = late();
    for bound in bounds::ALL {
        let id = BenchmarkId::new(bound.name(), scenario.peer_count());
        group.bench_function(id, |bench| bench.iter(|| bound.completions(black_box(&scenario))));
    }
    group.bench_function("all of them", |bench| {
        bench.iter(|| bounds::bindings(black_box(&scenario), Conditions::SWARM));
    });
    group.finish();
}

criterion_group!(benches, completions, arrivals);
criterion_main!(benches);
