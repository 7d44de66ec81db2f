//! Throughput of the simulator: transfers per second, with every message of the protocol.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use swarmbound::chunks::Manifest;
use swarmbound::scenario::{Preset, Scenario};
use swarmbound::sim::simulate;
use swarmbound::swarm::{ClientServer, Peer, Tracker};
use swarmbound::units::Bytes;

/// The preset `figure` with this many peers and chunks.
fn figure(peers: usize, chunks: u64) -> Scenario {
    let preset = Preset::named("figure").expect("a preset of that name");
    let mut parts = preset.scenario(Some(1)).expect("presets are well formed").into_parts();
    let chunk = parts.file.chunk();
    parts.file = Manifest::new(Bytes(chunk.0 * chunks), chunk).expect("a file of whole chunks");
    parts.peers = vec![parts.peers[0].clone(); peers];
    Scenario::new(parts).expect("another size of the same is well formed")
}

fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runs");
    group.sample_size(10);
    for (peers, chunks) in [(30, 400), (300, 100), (1000, 400)] {
        let scenario = figure(peers, chunks);
        let size = format!("{peers} x {chunks}");
        group.throughput(Throughput::Elements(peers as u64 * chunks));
        group.bench_function(BenchmarkId::new("p2p", &size), |bench| {
            bench.iter(|| simulate::<Peer, Tracker>(&scenario, &mut |_| {}));
        });
        let scenario = scenario.client_server();
        group.bench_function(BenchmarkId::new("client_server", &size), |bench| {
            bench.iter(|| simulate::<ClientServer, Tracker>(&scenario, &mut |_| {}));
        });
    }
    group.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
