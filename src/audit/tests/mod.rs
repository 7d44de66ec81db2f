//! Tests of the audit: traces made by hand, lawful runs and their mutations, logs of real clients.

use std::hash::Hash;

use proptest::prelude::*;

use super::*;
use crate::bounds::{Conditions, SentBy};
use crate::chunks::{ChunkId, Manifest, PeerId};
use crate::scenario::{Behavior, Leaves, Parts, Peer, Scenario, Source, SourceLeaves};
use crate::trace::codec::read_trace;
use crate::trace::{Evidence, Outcome, Stamps, Transfer};
use crate::units::{Bytes, NANO, Rate, Time};

mod binding;
mod capacities;
mod causality;
mod coding;
mod delivery;
mod ends;
mod holdings;
mod incompleteness;
mod instants;
mod lawful;
mod links;
mod members;
mod outside;
mod passing;
mod progress;
mod protocol;
mod proved;
mod real;
mod witnesses;

/// One byte in a nanosecond: then a transfer of n bytes takes n ns.
pub(super) const BYTE_PER_NS: Rate = Rate(8 * NANO as u64);

/// The size of a chunk in traces made by hand.
const CHUNK: u64 = 100;

/// A trace in the making.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) parts: Parts,
    pub(super) evidence: Evidence,
    pub(super) events: Vec<Event>,
}

impl Run {
    /// `peers` peers that are there from 0, `chunks` chunks of 100 B, links of one byte per ns.
    pub(super) fn new(peers: usize, chunks: u64) -> Self {
        let file = Manifest::new(Bytes(CHUNK * chunks), Bytes(CHUNK)).unwrap();
        let parts = Parts::new(file, Source::new(BYTE_PER_NS))
            .name("made by hand")
            .peers(vec![Peer::new(BYTE_PER_NS); peers])
            .protocol(None)
            .until(Time::from_secs(3600));
        let join = |at| Event::Join { at: Time::ZERO, node: PeerId(at as u32 + 1) };
        Run { parts, evidence: Evidence::default(), events: (0..peers).map(join).collect() }
    }

    /// No node has joined.
    pub(super) fn unjoined(mut self) -> Self {
        self.events.clear();
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(&mut self.parts);
        self
    }

    pub(super) fn evidence(mut self, stamps: Stamps, tolerance: u64, complete: bool) -> Self {
        self.evidence =
            Evidence { stamps, clock_tolerance: Time(tolerance), complete, whole_swarm: true };
        self
    }

    /// Receiver's stamps, a tolerance, no gaps.
    pub(super) fn receiver(self, tolerance: u64) -> Self {
        self.evidence(Stamps::Receiver, tolerance, true)
    }

    /// The log may have gaps.
    pub(super) fn gaps(mut self) -> Self {
        self.evidence.complete = false;
        self
    }

    pub(super) fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    pub(super) fn join(self, node: u32, at: u64) -> Self {
        self.event(Event::Join { at: Time(at), node: PeerId(node) })
    }

    pub(super) fn leave(self, node: u32, at: u64) -> Self {
        self.event(Event::Leave { at: Time(at), node: PeerId(node) })
    }

    pub(super) fn complete(self, node: u32, at: u64) -> Self {
        self.event(Event::Complete { at: Time(at), node: PeerId(node) })
    }

    pub(super) fn connect(self, a: u32, b: u32, at: u64) -> Self {
        self.event(Event::Connect { at: Time(at), a: PeerId(a), b: PeerId(b) })
    }

    pub(super) fn disconnect(self, a: u32, b: u32, at: u64) -> Self {
        self.event(Event::Disconnect { at: Time(at), a: PeerId(a), b: PeerId(b) })
    }

    pub(super) fn choke(self, from: u32, to: u32, at: u64) -> Self {
        self.event(Event::Choke { at: Time(at), from: PeerId(from), to: PeerId(to) })
    }

    pub(super) fn unchoke(self, from: u32, to: u32, at: u64) -> Self {
        self.event(Event::Unchoke { at: Time(at), from: PeerId(from), to: PeerId(to) })
    }

    pub(super) fn announce(self, node: u32, peers: &[u32], at: u64) -> Self {
        let peers = peers.iter().map(|&peer| PeerId(peer)).collect();
        self.event(Event::Announce { at: Time(at), node: PeerId(node), peers })
    }

    /// A whole chunk.
    pub(super) fn send(self, from: u32, to: u32, chunk: u32, times: std::ops::Range<u64>) -> Self {
        self.part(from, to, chunk, times, 0..CHUNK)
    }

    /// Part of a chunk.
    pub(super) fn part(
        self,
        from: u32,
        to: u32,
        chunk: u32,
        times: std::ops::Range<u64>,
        bytes: std::ops::Range<u64>,
    ) -> Self {
        self.event(Event::Transfer(Transfer {
            from: PeerId(from),
            to: PeerId(to),
            chunk: ChunkId(chunk),
            start: Time(times.start),
            end: Time(times.end),
            offset: Bytes(bytes.start),
            bytes: Bytes(bytes.end - bytes.start),
            outcome: Outcome::Delivered,
        }))
    }

    /// The last transfer was aborted.
    pub(super) fn aborted(mut self) -> Self {
        match self.events.last_mut() {
            Some(Event::Transfer(transfer)) => transfer.outcome = Outcome::Aborted,
            other => panic!("not a transfer: {other:?}"),
        }
        self
    }

    pub(super) fn trace(&self) -> Trace {
        let scenario = Scenario::new(self.parts.clone()).unwrap();
        let header = Header { scenario, evidence: self.evidence };
        Trace { header, events: self.events.clone() }
    }

    /// When each peer completed, in the order of the peers.
    pub(super) fn finishes(&self) -> Vec<Option<Time>> {
        let report = self.report();
        (1..=self.parts.peers.len() as u32).map(|id| report.finish_of(PeerId(id))).collect()
    }

    pub(super) fn report(&self) -> Report {
        Audit::of(&self.trace())
    }

    pub(super) fn rule(&self, name: &str) -> Judgement {
        self.report().rule(name).unwrap_or_else(|| panic!("no rule {name}")).clone()
    }

    pub(super) fn verdict(&self, rule: &str) -> Verdict {
        self.rule(rule).verdict
    }

    pub(super) fn witness(&self, rule: &str) -> Witness {
        *self.rule(rule).witness.expect("a witness")
    }

    /// Every rule holds or is skipped.
    pub(super) fn assert_holds(&self) {
        let report = self.report();
        for rule in &report.rules {
            assert!(rule.judgement.verdict <= Verdict::Holds, "{rule:?}");
        }
        assert_eq!(report.verdict, Verdict::Holds);
    }
}

/// Two peers, two chunks: each node serves as soon as it can.
pub(super) fn lawful() -> Run {
    Run::new(2, 2)
        .send(0, 1, 0, 0..100)
        .send(0, 2, 1, 100..200)
        .send(1, 2, 0, 100..200)
        .send(2, 1, 1, 200..300)
        .complete(2, 200)
        .complete(1, 300)
}

#[test]
fn a_lawful_run_holds() {
    lawful().assert_holds();
    let report = lawful().report();
    assert_eq!(report.distribution_time, Some(Time(300)));
    let completed = |peer, at| Completed { peer: PeerId(peer), at: Time(at) };
    assert_eq!(report.completions, [completed(2, 200), completed(1, 300)]);
    assert_eq!((report.peers, report.completed, report.transfers), (2, 2, 4));
    assert_eq!(report.conditions, Conditions::SWARM);
}

#[test]
fn the_registry_has_the_names_that_other_tools_read() {
    let names: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
    let expected = [
        "membership",
        "uplink_capacity",
        "downlink_capacity",
        "causality",
        "conservation",
        "completion",
        "neighbors",
        "choking",
        "bounds_respected",
        "incompleteness_explained",
        "progress",
    ];
    assert_eq!(names, expected);
}

#[test]
fn rules_and_ledger_can_ride_in_the_state_of_a_model() {
    use super::rules::{
        BoundsRespected, Causality, Choking, Completion, Conservation, DownlinkCapacity,
        IncompletenessExplained, Membership, Neighbors, Progress, UplinkCapacity,
    };
    fn rides<T: Clone + std::fmt::Debug + Eq + Hash>() {}
    rides::<Ledger>();
    rides::<Membership>();
    rides::<(UplinkCapacity, DownlinkCapacity, Causality, Conservation, Completion)>();
    rides::<(Neighbors, Choking, BoundsRespected, IncompletenessExplained, Progress)>();
}

#[test]
fn a_report_is_written_as_other_tools_read_it() {
    let json = serde_json::to_value(lawful().complete(1, 301).report()).unwrap();
    assert_eq!((&json["sent_by"], &json["exact_stamps"]), (&"swarm".into(), &true.into()));
    assert_eq!(json["verdict"], "violated");
    let completions = serde_json::json!([{"peer": 2, "at_ns": 200}, {"peer": 1, "at_ns": 300}]);
    assert_eq!(json["completions"], completions);
    assert_eq!((&json["last_ns"], &json["distribution_time_ns"]), (&300.into(), &300.into()));
    let best = serde_json::json!({"name": "branching", "k": 2, "ns": 300});
    assert_eq!(json["best_bound"], best);
    assert!(json["client_server_bound"].is_null());
    assert_eq!(json["rules"][5]["name"], "completion");
    assert_eq!(json["rules"][5]["verdict"], "violated");
    assert_eq!(json["rules"][5]["witness"]["kind"], "claim");
    assert_eq!(json["rules"][5]["witness"]["fault"], "twice");
    assert!(json["rules"][5]["explanation"].as_str().unwrap().contains("said so before"));
    assert_eq!(json["rules"][6]["verdict"], "skipped");
    assert!(json["rules"][0].get("witness").is_none());
    assert_eq!(json["slack"]["useful_bits"], 3200);
}

proptest! {
    /// Whatever a codec lets through is judged: no panic, no overflow, and the order of the lines
    /// changes nothing.
    #[test]
    fn any_trace_is_judged_and_the_order_of_lines_is_open(
        trace in crate::trace::arbitrary::trace(), seed: u64,
    ) {
        let report = Audit::of(&trace);
        prop_assert_eq!(report.slack.supplied(), report.slack.spent());
        let mut shuffled = trace.clone();
        let mut choose = crate::choose::Seeded::new(seed, 0);
        let all = shuffled.events.len();
        crate::choose::sample(&mut shuffled.events, all, &mut choose);
        let again = Audit::of(&shuffled);
        let verdicts = |report: &Report| -> Vec<Verdict> {
            report.rules.iter().map(|rule| rule.judgement.verdict).collect()
        };
        prop_assert_eq!(verdicts(&report), verdicts(&again));
        prop_assert_eq!(report.slack, again.slack);
        prop_assert_eq!(report.completions, again.completions);
        prop_assert!(serde_json::to_string(&report.rules).is_ok());
    }
}

#[test]
fn witnesses_speak_in_sentences() {
    let speaks = |run: Run, rule: &str, sentence: &str| {
        assert_eq!(run.rule(rule).explanation.as_deref(), Some(sentence));
    };
    speaks(
        Run::new(2, 1).send(0, 1, 0, 0..100).send(1, 2, 0, 99..199),
        "causality",
        "peer 1 sent chunk 0 to peer 2 from 99 ns to 199 ns, but peer 1 had it \
         only from 100 ns on",
    );
    speaks(
        Run::new(1, 1).send(0, 1, 0, 0..99),
        "uplink_capacity",
        "the uplink of the source moved 100 B between 0 s and 99 ns, where it can move \
         99 B",
    );
    speaks(
        Run::new(1, 2).send(0, 1, 0, 0..100).complete(1, 100),
        "conservation",
        "peer 1 says at 100 ns that it has the file, but never got all of chunk 1: 100 of \
         200 B arrived",
    );
    speaks(
        Run::new(1, 1).send(0, 1, 0, 0..100).leave(1, 50),
        "membership",
        "peer 1 received at 0 s and had to stay until 100 ns, but it left at 50 ns",
    );
    speaks(
        Run::new(2, 2).send(0, 1, 0, 0..100).leave(0, 100),
        "incompleteness_explained",
        "0 of 2 completed; peers 1 and 2: no node that is there and serves holds chunk 1, which \
         the source held last and left at 100 ns",
    );
}

/// The judge of a rule panics on a thread whose end is not watched: then there is no report.
#[test]
fn a_rule_that_panics_is_not_left_out_of_a_report() {
    #[derive(Debug)]
    struct Panics;
    impl Rule for Panics {
        fn finish(&self, _: &Facts) -> Judgement {
            panic!("this is a test")
        }
    }
    let trace = Run::new(1, 1).send(0, 1, 0, 10..110).trace();
    let mut audit = Audit::new(trace.header.clone());
    audit.rules.push(("panics", Box::new(Panics)));
    let judging = audit.judging();
    let work = || std::thread::scope(|scope| scope.spawn(|| judging.work()).join());
    assert!(work().is_err());
    assert!(work().is_ok(), "the other rules are judged");
    let report = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judging.report()));
    assert!(report.is_err());
}
