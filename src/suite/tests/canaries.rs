use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::suite::canary::{ALL, CONTROLS, Canary, CanaryKind, control};
use crate::suite::detection::{Detection, first_detection, shrunk};
use crate::suite::{self, Barter, Config, Holdings, Scope, examine};

#[test]
fn every_canary_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = ALL.iter().map(|canary| canary.name).collect();
    assert_eq!(names.len(), ALL.len());
}

/// Within the cases that a suite runs by default, and in a scenario that a person can follow by
/// hand.
#[test]
fn every_canary_is_caught_in_a_small_scenario() {
    let broken = ALL.iter().filter(|canary| canary.kind != CanaryKind::Slow);
    let undetected = broken.filter_map(|canary| {
        let Some(case) = first_detection(canary, 1, 256) else {
            return Some(format!("{}: not caught within 256 cases", canary.name));
        };
        let (scenario, words) = shrunk(canary, 1, case).unwrap();
        let (peers, chunks) = (scenario.peer_count(), scenario.file().chunks());
        let small = peers <= 4 && chunks <= 4;
        (!small).then(|| format!("{}: {peers} x {chunks}: {words}", canary.name))
    });
    let undetected: Vec<String> = undetected.collect();
    assert!(undetected.is_empty(), "{undetected:#?}");
}

/// The reference engine never stalls for as long as the scenarios of the canary allow, and the
/// canary does.
#[test]
fn a_stall_is_found_in_the_canary_and_not_in_the_reference_engine() {
    let canary = Canary::find("stalls_at_99_percent").unwrap();
    let config = Config { cases: 200, scope: canary.scope, ..Config::default() };
    let examination = examine(control().as_mut(), &config, &mut |_| ControlFlow::Continue(()));
    assert!(examination.findings.is_empty(), "{:#?}", examination.findings);
    let tally = examination.tallies.iter().find(|tally| tally.property.name == "progress");
    assert!(100 < tally.unwrap().held, "{tally:?}");
    let others = suite::ALL.iter().map(|property| property.name.to_owned());
    let left_out = others.filter(|name| name != "progress").collect();
    let config = Config { cases: 20, left_out, shrinks: 0, ..config };
    let mut subject = canary.subject().unwrap();
    let examination = examine(subject.as_mut(), &config, &mut |_| ControlFlow::Continue(()));
    assert_eq!(examination.findings.first().map(|finding| finding.property), Some("progress"));
}

/// What is lawful is not accused, however slow; and it is slow.
#[test]
fn slow_canaries_are_slow_and_lawful() {
    for canary in ALL.iter().filter(|canary| canary.kind == CanaryKind::Slow) {
        let detection = Detection::of(canary, 1, 100, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(detection.caught, 0, "{}: {:?}", canary.name, detection.by);
        let [own, control] = detection.ratios;
        println!("{}: {own:?} against {control:?}", canary.name);
        assert!(control.mean() < own.mean(), "{}: {own:?} {control:?}", canary.name);
    }
}

#[test]
fn the_stepped_simulator_is_lawful_while_its_law_is() {
    let scope = Scope { barter: Barter::None, holdings: Holdings::Any, ..Scope::default() };
    let config = Config { cases: 200, scope, ..Config::default() };
    let (_, steps) = CONTROLS.iter().find(|(name, _)| *name == "control_in_steps").unwrap();
    let examination = examine(steps().as_mut(), &config, &mut |_| ControlFlow::Continue(()));
    assert!(examination.findings.is_empty(), "{:#?}", examination.findings);
}
