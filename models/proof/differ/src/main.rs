//! Random logs with the verdicts of the Rust audit, to be judged by the auditor that is proved.
//!
//! `differ CASES SEED TRACES VERDICTS` writes traces, an empty line after each, and one line of
//! verdicts for each. A third of the logs are runs of the reference engine as they are; in the
//! others one or two things are bent. They are read back from their text before they are judged.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;

use swarmbound::audit::{Audit, Verdict};
use swarmbound::choose::{Choose, Seeded};
use swarmbound::chunks::{ChunkId, Manifest, PeerId};
use swarmbound::scenario::{
    Leaves, Link, Network, Parts, Peer, Scenario, Source, SourceLeaves,
};
use swarmbound::sim::simulate;
use swarmbound::swarm::{ClientServer, Peer as Engine, Tracker};
use swarmbound::trace::codec::{read_trace, write_trace};
use swarmbound::trace::{Event, Header, Outcome, Trace, Transfer};
use swarmbound::units::{Bytes, Rate, Time};

/// What both auditors judge, by the names that both use.
const RULES: [&str; 6] = [
    "membership",
    "uplink_capacity",
    "downlink_capacity",
    "causality",
    "conservation",
    "completion",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cases, seed, traces, verdicts] = &arguments[..] else {
        return Err("usage: differ CASES SEED TRACES VERDICTS".into());
    };
    let mut traces = BufWriter::new(File::create(traces)?);
    let mut verdicts = BufWriter::new(File::create(verdicts)?);
    let mut draw = Draw(Seeded::new(seed.parse()?, 0));
    let mut done = 0;
    let cases: usize = cases.parse()?;
    while done < cases {
        let Some(trace) = draw.trace() else { continue };
        let mut text = Vec::new();
        write_trace(&mut text, &trace)?;
        writeln!(verdicts, "{}", judged(&read_trace(&text[..])?))?;
        traces.write_all(&text)?;
        writeln!(traces)?;
        done += 1;
    }
    traces.flush()?;
    verdicts.flush()?;
    Ok(())
}

/// One line: the verdict of each rule, and whether the whole audit holds and all peers completed.
fn judged(trace: &Trace) -> String {
    let mut audit = Audit::new(trace.header.clone());
    trace.events.iter().for_each(|event| audit.event(event));
    let report = audit.finish();
    let word = |holds| if holds { "holds" } else { "violated" };
    let mut line = String::new();
    for name in RULES {
        let rule = report.rule(name).expect("the audit has this rule");
        line += &format!("{name}={} ", word(rule.verdict == Verdict::Holds));
    }
    let all = report.verdict == Verdict::Holds && report.completed == report.peers;
    line + "audit=" + word(all)
}

struct Draw(Seeded);

impl Draw {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0.index(NonZeroUsize::new(bound).expect("something to choose from"))
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn rate(&mut self) -> Rate {
        // Some that divide evenly and some that do not: then the simulator rounds.
        let rates = [1_000_000, 999_983, 3_000_000, 8_000_000, 2_500_001];
        Rate(rates[self.below(rates.len())])
    }

    fn scenario(&mut self) -> Option<Scenario> {
        let chunk = [1000, 4096, 10_007][self.below(3)];
        let chunks = 1 + self.below(8) as u64;
        let short = if self.one_in(3) { self.below(chunk as usize) as u64 } else { 0 };
        let churn = self.one_in(4);
        let peers: Vec<_> = (0..1 + self.below(6)).map(|_| self.peer(churn)).collect();
        let burst = if self.one_in(4) { Bytes(self.below(3000) as u64) } else { Bytes(0) };
        let leaves = if churn && self.one_in(3) { self.instant() } else { None };
        let file = Manifest::new(Bytes(chunk * chunks - short), Bytes(chunk)).ok()?;
        let leaves = leaves.map_or(SourceLeaves::Never, SourceLeaves::At);
        Parts::new(file, Source::new(self.rate()).leaves(leaves))
            .name("differ")
            .peers(peers)
            .network(Network { latency: self.latency(), burst })
            .seed(self.below(1 << 20) as u64)
            .until(Time::from_secs(3600))
            .build()
            .ok()
    }

    fn latency(&mut self) -> Time {
        Time(if self.one_in(3) { self.below(10_000_000) as u64 } else { 0 })
    }

    fn instant(&mut self) -> Option<Time> {
        Some(Time((1 + self.below(400)) as u64 * 1_000_000))
    }

    fn peer(&mut self, churn: bool) -> Peer {
        let joins = if churn && self.one_in(2) { self.below(200) as u64 * 1_000_000 } else { 0 };
        let leaves = if churn && self.one_in(3) {
            Leaves::At(Time(joins + 50_000_000 + self.below(300) as u64 * 1_000_000))
        } else {
            Leaves::Never
        };
        Peer::new(if self.one_in(5) { Rate(0) } else { self.rate() })
            .download(if self.one_in(2) { Some(self.rate()) } else { None })
            .joins(Time(joins))
            .leaves(leaves)
            .link(Link {
                latency: if self.one_in(8) { Some(self.latency()) } else { None },
                burst: if self.one_in(8) { Some(Bytes(self.below(2000) as u64)) } else { None },
            })
    }

    /// A log that both auditors can read; None when the draw makes none.
    fn trace(&mut self) -> Option<Trace> {
        let scenario = self.scenario()?;
        let mut events = Vec::new();
        let mut record = |event| events.push(event);
        if self.one_in(5) {
            simulate::<ClientServer, Tracker>(&scenario, &mut record);
        } else {
            simulate::<Engine, Tracker>(&scenario, &mut record);
        }
        // Only what both know; the rules about neighbors and chokes are skipped then.
        events.retain(|event| {
            matches!(
                event,
                Event::Join { .. }
                    | Event::Leave { .. }
                    | Event::Complete { .. }
                    | Event::Transfer(_)
            )
        });
        let header = Header::exact(scenario);
        let mut trace = Trace { header, events };
        if !self.one_in(3) {
            for _ in 0..1 + self.below(2) {
                self.bend(&mut trace)?;
            }
        }
        is_known_to_both(&trace).then_some(trace)
    }

    /// Changes one thing.
    fn bend(&mut self, trace: &mut Trace) -> Option<()> {
        if self.one_in(4) {
            return self.bend_scenario(trace);
        }
        if trace.events.is_empty() {
            return None;
        }
        let at = self.below(trace.events.len());
        let nodes = trace.header.scenario.peer_count() + 1;
        let by = [1, 2, 1000, 1_000_000, 20_000_000][self.below(5)];
        let later = self.one_in(2);
        let shift = |time: &mut Time| {
            time.0 = if later { time.0 + by } else { time.0.saturating_sub(by) };
        };
        match self.below(4) {
            0 => drop(trace.events.remove(at)),
            1 => {
                let copy = trace.events[at].clone();
                trace.events.push(copy);
            }
            _ => match &mut trace.events[at] {
                Event::Transfer(t) => {
                    let file = trace.header.scenario.file();
                    self.bend_transfer(t, nodes, file, &shift)
                }
                Event::Join { at, node }
                | Event::Leave { at, node }
                | Event::Complete { at, node } => {
                    if self.one_in(4) {
                        *node = PeerId(self.below(nodes) as u32);
                    } else {
                        shift(at);
                    }
                }
                _ => return None,
            },
        }
        Some(())
    }

    fn bend_transfer(
        &mut self,
        t: &mut Transfer,
        nodes: usize,
        file: &Manifest,
        shift: &dyn Fn(&mut Time),
    ) {
        match self.below(6) {
            0 => shift(&mut t.start),
            1 => shift(&mut t.end),
            2 => {
                shift(&mut t.start);
                shift(&mut t.end);
            }
            3 => t.from = PeerId(self.below(nodes) as u32),
            4 => {
                let chunk = ChunkId(self.below(file.chunks()) as u32);
                if t.outcome == Outcome::Delivered {
                    t.bytes = file.length(chunk);
                } else {
                    t.bytes = t.bytes.min(file.length(chunk));
                }
                t.chunk = chunk;
            }
            _ => t.outcome = Outcome::Aborted,
        }
    }

    /// Slower links than the run had, by a little; or other arrivals and departures.
    fn bend_scenario(&mut self, trace: &mut Trace) -> Option<()> {
        let mut parts = trace.header.scenario.parts().clone();
        let peer = self.below(parts.peers.len());
        let by = [1, 7, 1000][self.below(3)];
        match self.below(6) {
            0 => parts.source.upload = Rate(parts.source.upload.0 - by),
            1 => parts.peers[peer].upload = Rate(parts.peers[peer].upload.0.checked_sub(by)?),
            2 => {
                let download = parts.peers[peer].download?;
                parts.peers[peer].download = Some(Rate(download.0 - by));
            }
            3 => parts.peers[peer].joins = self.instant()?,
            4 => {
                let latency = &mut parts.network.latency;
                latency.0 =
                    if self.one_in(2) { latency.0 + by } else { latency.0.saturating_sub(by) };
            }
            _ => parts.network.burst = Bytes(self.below(20) as u64),
        }
        trace.header.scenario = Scenario::new(parts).ok()?;
        Some(())
    }
}

/// What the proved auditor reads: whole chunks to peers, transfers that take time, and no second
/// arrival or departure.
fn is_known_to_both(trace: &Trace) -> bool {
    let scenario = &trace.header.scenario;
    let mut seen = vec![[false; 2]; scenario.peer_count() + 1];
    let mut first =
        |node: PeerId, which: usize| !std::mem::replace(&mut seen[node.index()][which], true);
    trace.events.iter().all(|event| match event {
        Event::Join { node, .. } => first(*node, 0),
        Event::Leave { node, .. } => first(*node, 1),
        Event::Transfer(t) => {
            let whole = t.bytes == scenario.file().length(t.chunk);
            t.start < t.end
                && t.from != t.to
                && !t.to.is_source()
                && t.offset == Bytes(0)
                && (whole || t.outcome == Outcome::Aborted)
        }
        _ => true,
    })
}
