//! How the time of an audit grows with the length of a log, for logs of the worst known shapes.
//! Each is written as text, read and judged at n, 2n, 4n and 8n events. Prints a Markdown table of
//! CPU seconds, and by how much they grow a doubling on average (2 is linear).
//!
//! ```text
//! cargo run --release --example growth              # up to 64 000 events, every shape
//! cargo run --release --example growth -- 64000 ring  # those with "ring" in their names
//! ```
//!
//! A size is left out when the one before took more than 2 s.

use std::process::ExitCode;

use rustix::time::{ClockId, clock_gettime};
use swarmbound::audit::Audit;
use swarmbound::chunks::{ChunkId, Manifest, PeerId};
use swarmbound::scenario::{Choker, Leaves, Parts, Peer, Scenario, Source};
use swarmbound::trace::codec::{read_trace, write_trace};
use swarmbound::trace::{Event, Evidence, Header, Outcome, Stamps, Trace, Transfer};
use swarmbound::units::{Bytes, Rate, Time};

/// Seconds after which no larger size is tried.
const ENOUGH: f64 = 2.0;

/// A log of about so many events.
type Shape = fn(u64) -> Log;

const SHAPES: &[(&str, Shape)] = &[
    ("n links to a source that comes back n times", |events| rejoins(events, false)),
    ("the same with n unchokes", |events| rejoins(events, true)),
    ("one pair: n connects, unchokes and departures", one_pair),
    ("strict barter stuck on a chain of n links", barter_chain),
    ("strict barter, n stuck neighbors of one peer", barter_star),
    ("n lacking peers, n transfers", lacking),
    ("n lacking peers beside n groups of neighbors", groups),
    ("cut-through: n duplicates, n relays", duplicates),
    ("cut-through: one long send, n short ones", one_long),
    ("coded ring: sqrt n peers, sqrt n rounds", coded_ring),
    ("coded chain of n peers", coded_chain),
    ("n parts of one chunk by receiver's stamps", parts_of_a_chunk),
    ("n copies of one chunk, credit", copies),
    ("n senders without a chunk, gaps", senders_without),
    ("n overlapping transfers of one link", overlapping),
    ("n completions, announced arrivals and departures", completions),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let largest = arguments.first().map_or(Some(64_000), |size| size.parse().ok());
    let Some(largest @ 800..=10_000_000) = largest else {
        eprintln!("usage: growth [EVENTS [NAME]], EVENTS from 800 to 10000000");
        return ExitCode::from(2);
    };
    let name = arguments.get(1).map_or("", String::as_str);
    let sizes = [largest / 8, largest / 4, largest / 2, largest];
    let heads = sizes.map(|size| format!("{size} events")).join(" | ");
    println!("| shape | MB of the largest | {heads} | growth |\n|---|---|---|---|---|---|---|");
    for (shape, make) in SHAPES.iter().filter(|(shape, _)| shape.contains(name)) {
        let mut seconds: Vec<f64> = Vec::new();
        let mut bytes = 0;
        for size in sizes {
            if seconds.last().is_some_and(|&before| ENOUGH < before) {
                break;
            }
            let text = make(size).text();
            bytes = text.len();
            let before = cpu_seconds();
            let trace = read_trace(text.as_slice()).expect("every shape is a trace");
            let _report = std::hint::black_box(Audit::of(&trace));
            seconds.push(cpu_seconds() - before);
        }
        let times = (0..4).map(|at| seconds.get(at).map_or("-".to_owned(), |s| format!("{s:.3}")));
        let doublings = seconds.len() as f64 - 1.0;
        let growth = (seconds[seconds.len() - 1] / seconds[0]).powf(1.0 / doublings);
        let growth = if doublings == 0.0 { "-".to_owned() } else { format!("{growth:.2}") };
        let times = times.collect::<Vec<_>>().join(" | ");
        println!("| {shape} | {:.1} | {times} | {growth} |", bytes as f64 / 1e6);
    }
    ExitCode::SUCCESS
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A log in the making. Links carry a gigabyte per second.
struct Log {
    parts: Parts,
    evidence: Evidence,
    events: Vec<Event>,
}

impl Log {
    /// Peers that are there from the start; a file of `chunks` chunks of `length` bytes.
    fn new(peers: u64, chunks: u64, length: u64) -> Self {
        let upload = Rate(8_000_000_000);
        let file = Manifest::new(Bytes(chunks * length), Bytes(length)).expect("whole chunks");
        let parts = Parts::new(file, Source::new(upload))
            .name("growth")
            .peers(vec![Peer::new(upload); peers as usize])
            .protocol(None)
            .until(Time::from_secs(3600));
        let mut log = Log { parts, evidence: Evidence::default(), events: Vec::new() };
        (1..=peers).for_each(|peer| log.join(peer, 0));
        log
    }

    fn barter(mut self, choker: Choker) -> Self {
        self.parts.protocol.get_or_insert_default().choker = choker;
        self
    }

    fn join(&mut self, node: u64, at: u64) {
        self.events.push(Event::Join { at: Time(at), node: PeerId(node as u32) });
    }

    fn leave(&mut self, node: u64, at: u64) {
        self.events.push(Event::Leave { at: Time(at), node: PeerId(node as u32) });
    }

    fn complete(&mut self, node: u64, at: u64) {
        self.events.push(Event::Complete { at: Time(at), node: PeerId(node as u32) });
    }

    fn connect(&mut self, a: u64, b: u64, at: u64) {
        let (a, b) = (PeerId(a as u32), PeerId(b as u32));
        self.events.push(Event::Connect { at: Time(at), a, b });
    }

    fn unchoke(&mut self, from: u64, to: u64, at: u64) {
        let (from, to) = (PeerId(from as u32), PeerId(to as u32));
        self.events.push(Event::Unchoke { at: Time(at), from, to });
    }

    /// `bytes` of a chunk from `offset` on.
    fn send(&mut self, from: u64, to: u64, chunk: u64, times: [u64; 2], [offset, bytes]: [u64; 2]) {
        self.events.push(Event::Transfer(Transfer {
            from: PeerId(from as u32),
            to: PeerId(to as u32),
            chunk: ChunkId(chunk as u32),
            start: Time(times[0]),
            end: Time(times[1]),
            offset: Bytes(offset),
            bytes: Bytes(bytes),
            outcome: Outcome::Delivered,
        }));
    }

    fn text(self) -> Vec<u8> {
        let scenario = Scenario::new(self.parts).expect("every shape has a scenario");
        let header = Header { scenario, evidence: self.evidence };
        let mut text = Vec::new();
        write_trace(&mut text, &Trace { header, events: self.events }).expect("memory suffices");
        text
    }
}

fn rejoins(events: u64, unchokes: bool) -> Log {
    let n = events / if unchokes { 6 } else { 5 };
    let mut log = Log::new(n, 1, 10);
    for peer in 1..=n {
        log.connect(0, peer, 0);
        if unchokes {
            log.unchoke(0, peer, 0);
        }
    }
    for round in 0..n {
        log.leave(0, 2 * round + 1);
        log.join(0, 2 * round + 2);
    }
    (1..=n).for_each(|peer| log.leave(peer, 2 * n));
    log
}

fn one_pair(events: u64) -> Log {
    let mut log = Log::new(1, 1, 10);
    for at in (0..events / 4).map(|round| 10 * round) {
        log.connect(0, 1, at);
        log.unchoke(0, 1, at);
        log.leave(0, at + 5);
        log.join(0, at + 6);
    }
    log
}

/// The first peer holds one chunk, the last the other; those between have nothing to give.
fn barter_chain(events: u64) -> Log {
    let n = events / 2;
    let mut log = Log::new(n, 2, 10).barter(Choker::StrictBarter);
    (1..n).for_each(|peer| log.connect(peer, peer + 1, 0));
    log.send(0, 1, 0, [0, 10], [0, 10]);
    log.send(0, n, 1, [10, 20], [0, 10]);
    log.leave(0, 20);
    log
}

/// A peer holds one chunk, and so does each neighbor: the same.
fn barter_star(events: u64) -> Log {
    let n = events / 3;
    let mut log = Log::new(n, 2, 10).barter(Choker::StrictBarter);
    (2..=n).for_each(|peer| log.connect(1, peer, 0));
    (1..n).for_each(|peer| log.send(0, peer, 0, [10 * peer, 10 * peer + 10], [0, 10]));
    log.send(0, n, 1, [10 * n, 10 * n + 10], [0, 10]);
    log.leave(0, 10 * n + 20);
    log
}

fn lacking(events: u64) -> Log {
    let n = events / 2;
    let mut log = Log::new(n, 2, 10);
    (1..=n).for_each(|peer| log.send(0, peer, 0, [10 * peer, 10 * peer + 10], [0, 10]));
    log
}

/// Free riders between one large group of neighbors and a group of their own each.
fn groups(events: u64) -> Log {
    let n = events / 8;
    let mut log = Log::new(3 * n, 2, 10);
    log.parts.peers[..n as usize].iter_mut().for_each(|peer| peer.upload = Rate(0));
    for peer in 1..=n {
        log.connect(peer, n + 1, 0);
        log.connect(peer, 2 * n + peer, 0);
        if peer != 1 {
            log.connect(n + 1, n + peer, 0);
        }
        log.send(0, n + peer, 0, [10 * peer, 10 * peer + 10], [0, 10]);
        log.send(0, 2 * n + peer, 0, [10 * (n + peer), 10 * (n + peer) + 10], [0, 10]);
    }
    log.leave(0, 10 * (2 * n + 2));
    log
}

fn duplicates(events: u64) -> Log {
    let n = events / 2;
    let mut log = Log::new(2, 1, n);
    log.parts.discipline.cut_through = true;
    log.parts.network.burst = Bytes(2 * n * n);
    for at in 0..n {
        log.send(0, 1, 0, [0, 10 * n], [0, n]);
        log.send(1, 2, 0, [at, 20 * n], [at, 1]);
    }
    log
}

fn one_long(events: u64) -> Log {
    let n = events / 2;
    let mut log = Log::new(2, 1, n);
    log.parts.discipline.cut_through = true;
    log.send(1, 2, 0, [10, 10 * n], [0, n]);
    for at in 0..n {
        log.send(0, 1, 0, [10 * at, 10 * at + 10], [at, 1]);
        log.send(1, 2, 0, [10 * at + 10, 10 * at + 20], [at, 1]);
    }
    log
}

/// Each peer gets a chunk of the source and passes on what it has, one chunk a round.
fn coded_ring(events: u64) -> Log {
    let n = events.isqrt();
    let mut log = Log::new(n, n, 10);
    log.parts.discipline.coded = true;
    for peer in 0..n {
        log.send(0, peer + 1, peer, [10 * peer, 10 * peer + 10], [0, 10]);
        for round in 1..n {
            let at = 10 * (n + round);
            log.send(peer + 1, (peer + 1) % n + 1, round, [at, at + 10], [0, 10]);
        }
        log.complete(peer + 1, 20 * n);
    }
    log
}

fn coded_chain(events: u64) -> Log {
    let n = events / 4;
    let mut log = Log::new(n, 2, 10);
    log.parts.discipline.coded = true;
    for peer in 0..n {
        log.send(peer, peer + 1, 0, [20 * peer, 20 * peer + 10], [0, 10]);
        log.send(peer, peer + 1, 1, [20 * peer + 10, 20 * peer + 20], [0, 10]);
        log.complete(peer + 1, 20 * peer + 20);
    }
    log
}

fn parts_of_a_chunk(events: u64) -> Log {
    let mut log = Log::new(1, 1, events);
    log.evidence.stamps = Stamps::Receiver;
    for at in 0..events {
        log.send(0, 1, 0, [10 * at, 10 * at + 20], [at, 2.min(events - at)]);
    }
    log.complete(1, 10 * events + 10);
    log
}

fn copies(events: u64) -> Log {
    let mut log = Log::new(2, 1, 10).barter(Choker::Credit(1));
    log.send(0, 1, 0, [0, 10], [0, 10]);
    for at in 1..events / 2 {
        log.send(1, 2, 0, [10 * at, 10 * at + 10], [5 * (at % 2), 5]);
        log.send(2, 1, 0, [10 * at, 10 * at + 10], [5 * (at % 2), 5]);
    }
    log
}

fn senders_without(events: u64) -> Log {
    let n = events / 2;
    let mut log = Log::new(n, 1, 10);
    log.evidence.complete = false;
    for peer in 1..n {
        log.send(peer, peer + 1, 0, [10 * (n - peer), 10 * (n - peer) + 10], [0, 10]);
    }
    log
}

fn overlapping(events: u64) -> Log {
    let mut log = Log::new(1, 1, 10);
    for at in 0..events {
        log.send(0, 1, 0, [10 * at, 10 * at + 25], [0, 10]);
    }
    log
}

/// Peers of unequal uplinks come, complete and are announced to leave one after the other.
fn completions(events: u64) -> Log {
    let n = events / 3;
    let mut log = Log::new(n, 1, 10);
    log.events.clear();
    for peer in 1..=n {
        let own = &mut log.parts.peers[peer as usize - 1];
        own.upload = Rate(8_000_000_000 - peer);
        (own.joins, own.leaves) = (Time(10 * peer), Leaves::At(Time(1_000_000_000 + peer)));
        log.join(peer, 10 * peer);
        log.send(0, peer, 0, [10 * peer, 10 * peer + 10], [0, 10]);
        log.complete(peer, 10 * peer + 10);
    }
    log
}
