//! Subjects that do what no canary does: nothing at all, panic, and answer differently each time.

use std::ops::ControlFlow;

use crate::audit::Verdict;
use crate::chunks::PeerId;
use crate::engine::Input;
use crate::scenario::{Parts, Scenario};
use crate::suite::canary::faulty::{Fault, PeerInput, PeerOutput, with_fault};
use crate::suite::{
    Case, Churn, Config, Examination, Failure, Scope, Simulated, Subject, examine, find,
};
use crate::swarm::{Peer, Tracker};
use crate::trace::{Event, Evidence};
use crate::units::Time;

fn examined(subject: &mut dyn Subject, config: &Config) -> Examination {
    examine(subject, config, &mut |_| ControlFlow::Continue(()))
}

fn calm() -> Config {
    let scope = Scope { churn: Churn::None, peers: 5, ..Scope::default() };
    Config { scope, cases: 50, ..Config::default() }
}

/// Every node joins, none sends anything, and each leaves when the function says.
struct Idle(fn(&Scenario, PeerId) -> Time);

/// At the end of time.
fn at_the_end(scenario: &Scenario, _: PeerId) -> Time {
    scenario.parts().until
}

/// As soon as it has come.
fn at_once(scenario: &Scenario, node: PeerId) -> Time {
    Time(scenario.joins(node).0 + 1)
}

impl Subject for Idle {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        for node in scenario.nodes() {
            record(Event::Join { at: scenario.joins(node), node });
            record(Event::Leave { at: (self.0)(scenario, node), node });
        }
        Ok(Evidence::default())
    }
}

/// The audit accepts that a run was cut off; a calm that was long enough makes it an excuse.
#[test]
fn a_peer_that_sits_out_the_run_is_found() {
    let finding = examined(&mut Idle(at_the_end), &calm()).findings.pop().unwrap();
    assert_eq!(finding.property, "completes_when_calm");
    assert!(finding.explanation.contains("peer 1 does not have the file"), "{finding:?}");
    assert_eq!((finding.scenario.peer_count(), finding.scenario.file().chunks()), (1, 1));
}

#[test]
fn an_unannounced_departure_is_found() {
    let finding = examined(&mut Idle(at_once), &calm()).findings.pop().unwrap();
    assert_eq!(finding.property, "completes_when_calm");
    assert!(finding.explanation.contains("announces no departure"), "{finding:?}");
}

/// A peer that had no time is not accused.
#[test]
fn a_peer_that_had_no_time_is_not_accused() {
    let mut parts = crate::suite::examine::generate(&calm().scope, 1, 0).current().into_parts();
    parts.until = Time(1);
    let scenario = Scenario::new(parts).unwrap();
    let case = Case::run(&mut Idle(at_the_end), &scenario);
    let judgement = case.judge(find("completes_when_calm").unwrap(), &mut Idle(at_the_end));
    assert_eq!(judgement.verdict, Verdict::Skipped, "{judgement:?}");
}

/// As [`Idle`] until the end of time, but no node has a neighbor.
struct Strangers;

impl Subject for Strangers {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        let (a, b, at) = (PeerId(0), PeerId(1), scenario.joins(PeerId(1)));
        record(Event::Connect { at, a, b });
        record(Event::Disconnect { at, a, b });
        Idle(at_the_end).run(scenario, record)
    }
}

/// A partition is no excuse where each node could have all others as neighbors.
#[test]
fn a_swarm_that_never_connects_is_found() {
    let config = Config { shrinks: 0, ..calm() };
    let finding = examined(&mut Strangers, &config).findings.pop().unwrap();
    assert_eq!(finding.property, "completes_when_calm");
    assert!(finding.explanation.contains("no path of neighbors leads"), "{finding:?}");
    // With fewer neighbors than nodes that may be the tracker's choice.
    let mut parts = finding.scenario.into_parts();
    let peers = parts.peers.len() as u32;
    let judged = |neighbors, subject: &mut dyn Subject, parts: &Parts| {
        let mut parts = parts.clone();
        parts.protocol.get_or_insert_default().neighbors = neighbors;
        let case = Case::run(subject, &Scenario::new(parts).unwrap());
        case.judge(find("completes_when_calm").unwrap(), subject).verdict
    };
    assert!(1 < peers, "{parts:?}");
    assert_eq!(judged(peers, &mut Strangers, &parts), Verdict::Violated);
    assert_eq!(judged(peers - 1, &mut Strangers, &parts), Verdict::Holds);
    parts.until = Time(1);
    assert_eq!(judged(peers, &mut Strangers, &parts), Verdict::Skipped);
}

/// Panics when its first neighbor goes.
#[derive(Debug, Default)]
struct Panics;

impl Fault for Panics {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        assert!(!matches!(input, Input::Connected(PeerId(2))), "peer 2 is not welcome");
        Some(input)
    }
}

#[test]
fn a_panic_is_a_finding_and_ends_nothing() {
    let mut subject = Simulated::<_, Tracker>::with_engines(with_fault::<Panics>());
    let finding = examined(&mut subject, &calm()).findings.pop().unwrap();
    assert_eq!(finding.property, Failure::ENDS);
    assert_eq!(finding.explanation, "the engine panicked: peer 2 is not welcome");
    assert_eq!((finding.scenario.peer_count(), finding.scenario.file().chunks()), (2, 1));
}

/// Lawful in its first run of a scenario, idle in the next.
struct Moody(u32);

impl Subject for Moody {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        self.0 += 1;
        match self.0 % 2 {
            1 => Simulated::<Peer, Tracker>::default().run(scenario, record),
            _ => Idle(at_the_end).run(scenario, record),
        }
    }
}

#[test]
fn a_second_run_that_differs_is_found() {
    let config = Config { shrinks: 0, ..calm() };
    let finding = examined(&mut Moody(0), &config).findings.pop().unwrap();
    assert_eq!(finding.property, "same_seed_same_trace");
    assert!(finding.explanation.starts_with("event 2 is "), "{}", finding.explanation);
}

/// Sits out the first run, and says of all others that they were interrupted.
struct Interrupted(u32);

impl Subject for Interrupted {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        self.0 += 1;
        match self.0 {
            1 => Idle(at_the_end).run(scenario, record),
            _ => Err(Failure::interruption()),
        }
    }
}

#[test]
fn an_interruption_is_no_finding() {
    let examination = examined(&mut Interrupted(1), &calm());
    assert_eq!((examination.cases, examination.findings.len()), (0, 0), "{examination:?}");
    let finding = examined(&mut Interrupted(0), &calm()).findings.pop().unwrap();
    assert_eq!(finding.scenario, finding.generated, "no smaller one was seen");
    assert!(0 < finding.shrinks, "{finding:?}");
}

#[test]
fn keep_going_finds_the_first_case_of_each_property() {
    let config = Config { keep_going: true, shrinks: 0, ..calm() };
    let examination = examined(&mut Idle(at_once), &config);
    assert_eq!(examination.cases, 50);
    let names: Vec<&str> = examination.findings.iter().map(|finding| finding.property).collect();
    assert!(names.contains(&"completes_when_calm"), "{names:?}");
    for tally in &examination.tallies {
        let judged = tally.held + tally.skipped + tally.unknown + tally.violated;
        assert_eq!(judged, 50, "{tally:?}");
        assert_eq!(names.contains(&tally.property.name), tally.violated != 0, "{tally:?}");
    }
}

#[test]
fn what_is_left_out_is_not_judged() {
    let left_out = vec!["completes_when_calm".to_owned()];
    let examination = examined(&mut Idle(at_the_end), &Config { left_out, ..calm() });
    assert!(examination.findings.is_empty(), "{:?}", examination.findings);
    assert_eq!(examination.cases, 50);
}

#[test]
fn a_watch_ends_an_examination() {
    let mut subject = Simulated::<Peer, Tracker>::default();
    let mut told = 0;
    let examination = examine(&mut subject, &calm(), &mut |_| {
        told += 1;
        if told == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(examination.cases, 3);
}
