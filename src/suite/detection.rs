//! The detection matrix: which property catches which canary, how often, and what the textbook's
//! bounds alone would have caught.
//!
//! Case k of a seed is the same scenario for every canary of a scope. The functions to know are
//! [`first_detection`], which stops at the first catch, [`shrunk`], which goes on from there, and
//! [`Detection::of`], which counts.

use std::ops::ControlFlow;

use super::canary::{ANY, Canary, CanaryKind, control};
use super::case::Case;
use super::examine::{Ratios, generate, smallest};
use super::property::{ALL, Property, find};
use super::subject::Subject;
use crate::audit::Verdict;
use crate::scenario::{Choker, Picker, Protocol, Scenario, Seeding};

/// What stands for a property where a lawful run refutes a bound.
pub const LAWFUL_RUN: &str = "a lawful run";

/// The textbook's two bounds, on the distribution time.
pub const TEXTBOOK: &[&str] =
    &["distribution_time_respects_client_server", "distribution_time_respects_fluid"];

/// How one canary fared.
#[derive(Clone, Debug)]
pub struct Detection {
    /// Which.
    pub canary: &'static Canary,
    /// In how many cases.
    pub cases: u32,
    /// In how many of them anything caught it.
    pub caught: u32,
    /// The first case in which what must catch it did, from 0.
    pub first: Option<u32>,
    /// In how many each property caught it, in the order of the properties; none that never did.
    pub by: Vec<(&'static str, u32)>,
    /// In how many the textbook's bounds alone would have caught it.
    pub textbook: u32,
    /// The smallest scenario that shows it, and what is said of it.
    pub smallest: Option<(Scenario, String)>,
    /// Ratios to the best bound: its own, and the control's in the same cases.
    pub ratios: [Ratios; 2],
}

/// What catches a canary in one scenario, of `properties`: names and sentences.
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

/// What breaks, of `properties`, in a case of a subject.
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

/// What is said of a canary in one scenario by what must catch it.
fn caught(canary: &Canary, scenario: &Scenario) -> Option<String> {
    let mut expected = canary.caught_by.iter().filter_map(|name| find(name));
    let caught = catches(canary, scenario, &mut expected);
    caught.into_iter().next().map(|(_, words)| words)
}

/// The first case below `cases` in which one of the properties that must catch a canary does.
pub fn first_detection(canary: &Canary, seed: u64, cases: u32) -> Option<u32> {
    (0..cases).find(|&case| {
        let scenario = generate(&canary.scope, seed, case).current();
        caught(canary, &scenario).is_some()
    })
}

impl Detection {
    /// Meets a canary with `cases` scenarios and shrinks the first one that shows it. `watch` is
    /// told after each case how many are done; None when it breaks.
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

    /// One scenario: what catches the canary there, and how fast it is beside the control.
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

/// The smallest scenario found that shows a canary, and what is said of it: from the case `first`
/// that does, or from one of a few later ones if that leads to nothing that is easily followed.
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

/// As many peers or chunks can be followed by hand.
const EASY: usize = 4;
/// Cases from which a small scenario is looked for.
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

/// What the control was accused of: the reference engine, with each picker, choker and seeding in
/// turn.
#[derive(Clone, Debug, Default)]
pub struct ControlRuns {
    /// In how many cases.
    pub cases: u32,
    /// In which of them something accused it, of what, and in which scenario.
    pub accused: Vec<(u32, &'static str, String, Scenario)>,
}

/// Every way to pick, to choke and to seed.
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
    /// Judges the control in `cases` scenarios. `watch` is told after each case how many are done;
    /// None when it breaks.
    pub fn of(
        seed: u64,
        cases: u32,
        watch: &mut dyn FnMut(u32) -> ControlFlow<()>,
    ) -> Option<ControlRuns> {
        let policies = policies();
        let mut controls = ControlRuns { cases, accused: Vec::new() };
        let mut subject = control();
        for (case, policy) in (0..cases).zip(policies.iter().cycle()) {
            let scenario = with_policy(&generate(&ANY, seed, case).current(), *policy);
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
