//! Time to evaluate each bound for all completions, for swarms of two sizes.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use swarmbound::bounds;
use swarmbound::scenario::{Preset, Scenario};

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

criterion_group!(benches, completions);
criterion_main!(benches);
