//! How fast a run in virtual time goes, once, for sizes that are too large to be repeated: the peers
//! of the preset `figure`, every message of the protocol. With `audit`, how fast the events of that
//! run are judged, too, which are kept in memory for it and never written as text.
//!
//! ```text
//! cargo run --release --example speed -- 10000 400
//! cargo run --release --example speed -- 1000 400 audit
//! ```

use std::process::ExitCode;

use rustix::time::{ClockId, clock_gettime};
use swarmbound::audit::Audit;
use swarmbound::chunks::Manifest;
use swarmbound::scenario::{Preset, Scenario};
use swarmbound::sim::simulate;
use swarmbound::swarm::{Peer, Tracker};
use swarmbound::trace::{Event, Header};
use swarmbound::units::Bytes;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (sizes, audits) = match words.as_slice() {
        [sizes @ .., "audit"] => (sizes, true),
        sizes => (sizes, false),
    };
    let sizes: Vec<u64> = sizes.iter().map_while(|size| size.parse().ok()).collect();
    let &[peers @ 1..=1_000_000, chunks @ 1..=1_000_000] = sizes.as_slice() else {
        eprintln!("usage: speed PEERS CHUNKS [audit], both from 1 to 1000000");
        return ExitCode::from(2);
    };
    let scenario = figure(peers as usize, chunks);
    let (mut transfers, mut kept) = (0u64, Vec::new());
    let before = cpu_seconds();
    let outcome = simulate::<Peer, Tracker>(&scenario, &mut |event| {
        transfers += u64::from(matches!(event, Event::Transfer(_)));
        if audits {
            kept.push(event);
        }
    });
    println!("{peers} peers x {chunks} chunks: {:?} at {}", outcome.ended, outcome.at);
    say("simulated", transfers, cpu_seconds() - before);
    if audits {
        let before = cpu_seconds();
        let mut audit = Audit::new(Header::exact(scenario));
        kept.iter().for_each(|event| audit.event(event));
        let verdict = audit.finish().verdict;
        say(&format!("judged ({verdict})"), transfers, cpu_seconds() - before);
    }
    ExitCode::SUCCESS
}

/// The figure's swarm with so many peers and chunks.
fn figure(peers: usize, chunks: u64) -> Scenario {
    let preset = Preset::named("figure").expect("a preset of that name");
    let mut parts = preset.scenario(Some(1)).expect("presets are well formed").into_parts();
    let chunk = parts.file.chunk();
    parts.file = Manifest::new(Bytes(chunk.0 * chunks), chunk).expect("a file of whole chunks");
    parts.peers = vec![parts.peers[0].clone(); peers];
    Scenario::new(parts).expect("another size of the same is well formed")
}

fn say(what: &str, transfers: u64, seconds: f64) {
    let speed = transfers as f64 / seconds;
    println!("{what}: {transfers} transfers in {seconds:.2} CPU-s, {speed:.0} a CPU-second");
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
