use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::suite::canary::{ALL, CONTROLS, Kind};
use crate::suite::kill::hunt;
use crate::suite::{Barter, Config, Scope, examine};

#[test]
fn every_canary_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = ALL.iter().map(|canary| canary.name).collect();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn every_canary_dies() {
    let hunted = ALL.iter().filter(|canary| canary.kind != Kind::Slow);
    let alive: Vec<&str> =
        hunted.filter(|canary| hunt(canary, 1, 256).is_none()).map(|canary| canary.name).collect();
    assert!(alive.is_empty(), "not caught within 256 cases: {alive:?}");
}

#[test]
fn the_stepped_simulator_is_lawful_while_its_law_is() {
    let scope = Scope { barter: Barter::None, ..Scope::default() };
    let config = Config { cases: 200, scope, ..Config::default() };
    let (_, steps) = CONTROLS.iter().find(|(name, _)| *name == "control_in_steps").unwrap();
    let examination = examine(steps().as_mut(), &config, &mut |_| ControlFlow::Continue(()));
    assert!(examination.finding.is_none(), "{:#?}", examination.finding);
}
