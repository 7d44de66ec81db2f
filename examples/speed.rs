//! How fast a run in virtual time goes, once, for sizes that are too large to be repeated: the peers
//! of the preset `figure`, every message of the protocol, no audit.
//!
//! ```text
//! cargo run --release --example speed -- 10000 400
//! ```

use std::process::ExitCode;

use rustix::time::{ClockId, clock_gettime};
use swarmbound::chunks::Manifest;
use swarmbound::scenario::{Preset, Scenario};
use swarmbound::sim::simulate;
use swarmbound::swarm::{Peer, Tracker};
use swarmbound::trace::Event;
use swarmbound::units::Bytes;

fn main() -> ExitCode {
    let sizes: Vec<u64> = std::env::args().skip(1).map_while(|size| size.parse().ok()).collect();
    let &[peers @ 1..=1_000_000, chunks @ 1..=1_000_000] = sizes.as_slice() else {
        eprintln!("usage: speed PEERS CHUNKS, each from 1 to 1000000");
        return ExitCode::from(2);
    };
    let preset = Preset::named("figure").expect("a preset of that name");
    let mut parts = preset.scenario(Some(1)).expect("presets are well formed").into_parts();
    let chunk = parts.file.chunk();
    parts.file = Manifest::new(Bytes(chunk.0 * chunks), chunk).expect("a file of whole chunks");
    parts.peers = vec![parts.peers[0].clone(); peers as usize];
    let scenario = Scenario::new(parts).expect("another size of the same is well formed");
    let (mut transfers, mut events) = (0u64, 0u64);
    let before = cpu_seconds();
    let outcome = simulate::<Peer, Tracker>(&scenario, &mut |event| {
        events += 1;
        transfers += u64::from(matches!(event, Event::Transfer(_)));
    });
    let spent = cpu_seconds() - before;
    println!(
        "{peers} peers x {chunks} chunks: {transfers} transfers, {events} events in {spent:.2} \
         CPU-s, {:.0} transfers a CPU-second; {:?} at {}",
        transfers as f64 / spent,
        outcome.ended,
        outcome.at,
    );
    ExitCode::SUCCESS
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
