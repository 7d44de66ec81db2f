//! The detection matrix: which property catches which canary, how often, and what the textbook's
//! bounds alone would have caught.
//!
//! Case k of a seed is the same scenario for every canary of a scope. [`first_detection`] stops at
//! the first case that catches a canary, [`shrunk`] makes that case smaller, [`Detection::of`] runs
//! all cases and counts.

use std::ops::ControlFlow;

use super::canary::{Canary, CanaryKind, EVERYTHING, control};
use super::case::Case;
use super::examine::{Ratios, generate, smallest};
use super::property::{ALL, Property, find};
use super::subject::Subject;
use crate::audit::Verdict;
use crate::scenario::{Choker, Picker, Protocol, Scenario, Seeding};

/// The name in place of a property's where a lawful run refutes a bound.
pub const LAWFUL_RUN: &str = "a lawful run";

/// The textbook's two bounds, on the distribution time.
pub const TEXTBOOK: &[&str] =
    &["distribution_time_respects_client_server", "distribution_time_respects_fluid"];

/// How often one canary was caught, and by what.
#[derive(Clone, Debug)]
pub struct Detection {
    /// The canary.
    pub canary: &'static Canary,
    /// Cases that were run.
    pub cases: u32,
    /// Cases in which any property caught it.
    pub caught: u32,
    /// The first case, from 0, in which a property of `caught_by` caught it; None if none did.
    pub first: Option<u32>,
    /// Cases in which each property caught it, in the order of the properties, without zeros.
    pub by: Vec<(&'static str, u32)>,
    /// Cases in which the textbook's bounds alone would have caught it.
    pub textbook: u32,
    /// The smallest scenario that shows it, and the explanation; None if it was not caught.
    pub smallest: Option<(Scenario, String)>,
    /// Ratios to the best bound: the canary's, and the control's in the same cases.
    pub ratios: [Ratios; 2],
}

/// Names and explanations of those of `properties` that catch a canary in one scenario.
fn catches(
    canary: &Canary,
    scenario: &Scenario,
    properties: &mut dyn Iterator<Item = &'static Property>,
) -> Vec<(&'static str, String)> {
    let Some(mut subject) = canary.subject() else {
        return canary.refuted(scenario).map(|words| (LAWFUL_RUN, words)).into_iter().collect();
    };
    let case = Case::run(subject.as_mut(), scenario);
    accusations(&case, subject.as_mut(), properties)
}

/// Names and explanations of those of `properties` that break in a case of a subject.
fn accusations(
    case: &Case,
    subject: &mut dyn Subject,
    properties: &mut dyn Iterator<Item = &'static Property>,
) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for property in properties {
        let judgement = case.judge(property, subject);
        if judgement.verdict == Verdict::Violated {
            found.push((property.name, judgement.explanation.unwrap_or_default()));
        }
    }
    found
}

/// The explanation of the first property of `caught_by` that catches a canary in one scenario.
fn caught(canary: &Canary, scenario: &Scenario) -> Option<String> {
    let mut expected = canary.caught_by.iter().filter_map(|name| find(name));
    let caught = catches(canary, scenario, &mut expected);
    caught.into_iter().next().map(|(_, words)| words)
}

/// The first case below `cases` in which a property of `caught_by` catches a canary.
pub fn first_detection(canary: &Canary, seed: u64, cases: u32) -> Option<u32> {
    (0..cases).find(|&case| {
        let scenario = generate(&canary.scope, seed, case).current();
        caught(canary, &scenario).is_some()
    })
}

impl Detection {
    /// Runs a canary against `cases` scenarios and shrinks the first one that shows it. `watch` is
    /// called after each case with the number done; None when it breaks.
    pub fn of(
        canary: &'static Canary,
        seed: u64,
        cases: u32,
        watch: &mut dyn FnMut(u32) -> ControlFlow<()>,
    ) -> Option<Detection> {
        let mut detection = Detection {
            canary,
            cases,
            caught: 0,
            first: None,
            by: Vec::new(),
            textbook: 0,
            smallest: None,
            ratios: [Ratios::default(); 2],
        };
        let mut by = vec![0; ALL.len()];
        for case in 0..cases {
            let scenario = generate(&canary.scope, seed, case).current();
            let caught = detection.run_case(&scenario);
            for (count, property) in by.iter_mut().zip(ALL) {
                *count += u32::from(caught.iter().any(|(name, _)| *name == property.name));
            }
            detection.textbook += u32::from(caught.iter().any(|(name, _)| TEXTBOOK.contains(name)));
            detection.caught += u32::from(!caught.is_empty());
            if caught.iter().any(|(name, _)| canary.caught_by.contains(name)) {
                detection.first.get_or_insert(case);
            }
            if watch(case + 1).is_break() {
                return None;
            }
        }
        let names = ALL.iter().map(|property| property.name);
        detection.by = names.zip(by).filter(|&(_, count)| count != 0).collect();
        if canary.kind == CanaryKind::Bound && detection.caught != 0 {
            detection.by.push((LAWFUL_RUN, detection.caught));
        }
        detection.smallest = detection.first.and_then(|case| shrunk(canary, seed, case));
        Some(detection)
    }

    /// Runs one scenario: returns what catches the canary, and for a slow one adds to the ratios.
    fn run_case(&mut self, scenario: &Scenario) -> Vec<(&'static str, String)> {
        if self.canary.kind != CanaryKind::Slow {
            return catches(self.canary, scenario, &mut ALL.iter());
        }
        let Some(mut subject) = self.canary.subject() else { return Vec::new() };
        let case = Case::run(subject.as_mut(), scenario);
        let caught = accusations(&case, subject.as_mut(), &mut ALL.iter());
        let lawful = Case::run(control().as_mut(), scenario);
        if let (Ok(own), Ok(lawful)) = (case.outcome(), lawful.outcome())
            && own.report.distribution_time.is_some()
            && lawful.report.distribution_time.is_some()
        {
            self.ratios[0].add(&own.report);
            self.ratios[1].add(&lawful.report);
        }
        caught
    }
}

/// The smallest scenario found that shows a canary, and the explanation: from the case `first`, or
/// from one of a few later ones if that does not shrink to a size that is easily followed.
pub fn shrunk(canary: &Canary, seed: u64, first: u32) -> Option<(Scenario, String)> {
    let size =
        |(scenario, _): &(Scenario, String)| (scenario.peer_count(), scenario.file().chunks());
    let mut least: Option<(Scenario, String)> = None;
    for case in first..first + STARTS {
        let Some(found) = shrunk_from(canary, seed, case) else { continue };
        let (peers, chunks) = size(&found);
        if least.as_ref().is_none_or(|least| (peers, chunks) < size(least)) {
            least = Some(found);
        }
        if peers <= EASY && chunks <= EASY {
            break;
        }
    }
    least
}

/// Peers or chunks that can be followed by hand.
const EASY: usize = 4;
/// Cases that are tried for a small scenario.
const STARTS: u32 = 64;

fn shrunk_from(canary: &Canary, seed: u64, case: u32) -> Option<(Scenario, String)> {
    let mut found = None;
    let mut fails = |scenario: &Scenario| {
        let Some(words) = caught(canary, scenario) else { return ControlFlow::Continue(false) };
        found = Some((scenario.clone(), words));
        ControlFlow::Continue(true)
    };
    let tree = generate(&canary.scope, seed, case);
    if fails(&tree.current()) == ControlFlow::Continue(true) {
        smallest(tree, SHRINKS, canary.scope.burst, &mut fails);
    }
    found
}

/// Violations of the control, which should have none: the reference engine, with each picker,
/// choker and seeding in turn.
#[derive(Clone, Debug, Default)]
pub struct ControlRuns {
    /// Cases that were run.
    pub cases: u32,
    /// For each violation the case, the property, the explanation and the scenario.
    pub accused: Vec<(u32, &'static str, String, Scenario)>,
}

/// Every combination of picker, choker and seeding.
pub fn policies() -> Vec<(Picker, Choker, Seeding)> {
    let chokers = [Choker::TitForTat, Choker::RoundRobin, Choker::StrictBarter, Choker::Credit(2)];
    let mut all = Vec::new();
    for picker in [Picker::RarestFirst, Picker::Random, Picker::InOrder] {
        for choker in chokers {
            for seeding in [Seeding::RoundRobin, Seeding::FastestFirst] {
                all.push((picker, choker, seeding));
            }
        }
    }
    all
}

impl ControlRuns {
    /// Judges the control in `cases` scenarios. `watch` is called after each case with the number
    /// done; None when it breaks.
    pub fn of(
        seed: u64,
        cases: u32,
        watch: &mut dyn FnMut(u32) -> ControlFlow<()>,
    ) -> Option<ControlRuns> {
        let policies = policies();
        let mut controls = ControlRuns { cases, accused: Vec::new() };
        let mut subject = control();
        for (case, policy) in (0..cases).zip(policies.iter().cycle()) {
            let scenario = with_policy(&generate(&EVERYTHING, seed, case).current(), *policy);
            let run = Case::run(subject.as_mut(), &scenario);
            for (property, words) in accusations(&run, subject.as_mut(), &mut ALL.iter()) {
                controls.accused.push((case, property, words, scenario.clone()));
            }
            if watch(case + 1).is_break() {
                return None;
            }
        }
        Some(controls)
    }
}

fn with_policy(
    scenario: &Scenario,
    (picker, choker, seeding): (Picker, Choker, Seeding),
) -> Scenario {
    let mut parts = scenario.parts().clone();
    let protocol = parts.protocol.unwrap_or_default();
    parts.protocol = Some(Protocol { picker, choker, seeding, ..protocol });
    Scenario::new(parts).expect("a policy breaks no scenario")
}

/// The most runs that are spent on each way to make a scenario smaller.
const SHRINKS: u32 = 2000;
