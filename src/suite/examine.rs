//! Runs cases until one has a finding or all are run; then shrinks each finding.
//!
//! Case k of a seed is the same on every machine, whatever the cases before it did.

use std::ops::ControlFlow;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config as Proptest, RngAlgorithm, TestRng, TestRunner};

use super::case::Case;
use super::property::{ALL, Property, find};
use super::scope::Scope;
use super::shrink::{simplest, simplify};
use super::strategy::scenarios;
use super::subject::Subject;
use crate::audit::{Judgement, Report, Verdict, Witness};
use crate::scenario::Scenario;
use crate::units::Bytes;

/// Settings of an examination.
#[derive(Clone, Debug)]
pub struct Config {
    /// The first case; the others follow in turn.
    pub first: u32,
    /// Number of scenarios.
    pub cases: u32,
    /// Seed of their randomness.
    pub seed: u64,
    /// What they may contain.
    pub scope: Scope,
    /// The names of properties that are not judged.
    pub left_out: Vec<String>,
    /// The most runs that are spent on each of the two ways to make a scenario smaller; 0 leaves
    /// scenarios as they were generated.
    pub shrinks: u32,
    /// Whether all cases are run and all properties judged, or the first finding is the only one.
    pub keep_going: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            first: 0,
            cases: 256,
            seed: 1,
            scope: Scope::default(),
            left_out: Vec::new(),
            shrinks: 2000,
            keep_going: false,
        }
    }
}

/// Progress of an examination.
#[derive(Clone, Copy, Debug)]
pub enum SuiteProgress<'a> {
    /// Number of cases done.
    Cases(u32),
    /// A property is broken for the first time; the scenario is as it was generated.
    Found(&'a Finding),
    /// A smaller scenario is about to be run; the finding has the smallest so far and the number of
    /// runs spent on it.
    Shrinks(&'a Finding),
}

/// What an examination found.
#[derive(Clone, Debug)]
pub struct Examination {
    /// Cases that were run.
    pub cases: u32,
    /// Cases in which some property could not be decided for lack of evidence.
    pub unknown: u32,
    /// Counts of verdicts for each property that was not left out.
    pub tallies: Vec<Tally>,
    /// The first finding of each broken property; at most one where the examination does not keep
    /// going.
    pub findings: Vec<Finding>,
    /// How far the runs were from the best bounds.
    pub ratios: Ratios,
}

/// How often a property got each verdict.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The property.
    pub property: &'static Property,
    /// Cases in which nothing speaks against it.
    pub held: u32,
    /// Cases in which there is nothing to judge.
    pub skipped: u32,
    /// Why there was nothing to judge, the first time; None if there always was.
    pub reason: Option<String>,
    /// Cases in which evidence is missing.
    pub unknown: u32,
    /// Cases that break it; more than one only where the examination keeps going.
    pub violated: u32,
}

impl Tally {
    fn new(property: &'static Property) -> Self {
        Tally { property, held: 0, skipped: 0, reason: None, unknown: 0, violated: 0 }
    }

    fn count(&mut self, judgement: &Judgement) {
        if judgement.verdict == Verdict::Skipped && self.reason.is_none() {
            self.reason.clone_from(&judgement.reason);
        }
        *match judgement.verdict {
            Verdict::Holds => &mut self.held,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Violated => &mut self.violated,
        } += 1;
    }

    /// The worst verdict; skipped if the property was never judged.
    pub fn verdict(&self) -> Verdict {
        let said = [
            (self.violated, Verdict::Violated),
            (self.unknown, Verdict::Unknown),
            (self.held, Verdict::Holds),
        ];
        let worst = said.into_iter().find(|&(cases, _)| 0 < cases);
        worst.map_or(Verdict::Skipped, |(_, verdict)| verdict)
    }
}

/// A property that does not hold, and the smallest scenario that shows it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The property.
    pub property: &'static str,
    /// What happened in the smallest scenario, as a sentence.
    pub explanation: String,
    /// The same as data, where a rule of the audit says it.
    pub witness: Option<Box<Witness>>,
    /// The case, from 0.
    pub case: u32,
    /// The scenario of that case.
    pub generated: Scenario,
    /// The smallest scenario that was found.
    pub scenario: Scenario,
    /// Runs that were spent on shrinking.
    pub shrinks: u32,
}

/// Distribution times over the best bounds, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratios {
    /// Runs in which every peer completed.
    pub runs: u64,
    /// The sum of the ratios, each rounded down to a thousandth.
    pub thousandths: u128,
}

impl Ratios {
    /// Adds the ratio of a run; no effect unless every peer completed and a bound applies.
    pub fn add(&mut self, report: &Report) {
        if let (Some(took), Some(bound)) = (report.distribution_time, report.best.time())
            && bound.0 != 0
        {
            self.runs += 1;
            self.thousandths += u128::from(took.0) * 1000 / u128::from(bound.0);
        }
    }

    /// Their mean in thousandths, rounded down; None without a run.
    pub fn mean(&self) -> Option<u128> {
        self.thousandths.checked_div(u128::from(self.runs))
    }
}

/// The scenario of case `case`, as a tree of smaller ones.
pub(super) fn generate(
    scope: &Scope,
    seed: u64,
    case: u32,
) -> Box<dyn ValueTree<Value = Scenario>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..12].copy_from_slice(&case.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Proptest::default(), rng);
    let tree = scenarios(scope).new_tree(&mut runner);
    tree.expect("the strategy rejects nothing, so it cannot give up")
}

/// Hands `subject` one scenario after another until a property is broken, or all of them if it is
/// to keep going; then shrinks each finding. `watch` is called after every case and before every
/// shrinking run; when it breaks, the cases end, or the shrinking of that finding.
pub fn examine(
    subject: &mut dyn Subject,
    config: &Config,
    watch: &mut dyn FnMut(SuiteProgress<'_>) -> ControlFlow<()>,
) -> Examination {
    let mut examination = Examination::new(config);
    for done in 0..config.cases {
        let Some(case) = config.first.checked_add(done) else { break };
        let scenario = generate(&config.scope, config.seed, case).current();
        let known = examination.findings.len();
        examination.case(subject, case, &scenario, config.keep_going);
        let mut new = examination.findings.iter().skip(known);
        let ends = new.any(|finding| watch(SuiteProgress::Found(finding)).is_break());
        let ends = ends || watch(SuiteProgress::Cases(done + 1)).is_break();
        if ends || (!config.keep_going && !examination.findings.is_empty()) {
            break;
        }
    }
    for finding in &mut examination.findings {
        shrink(subject, finding, config, watch);
    }
    examination
}

/// Runs `subject` on one scenario and judges it, without shrinking.
pub fn examine_one(subject: &mut dyn Subject, scenario: &Scenario, config: &Config) -> Examination {
    let mut examination = Examination::new(config);
    examination.case(subject, 0, scenario, config.keep_going);
    examination
}

impl Examination {
    fn new(config: &Config) -> Self {
        let judged =
            ALL.iter().filter(|property| !config.left_out.iter().any(|n| n == property.name));
        Examination {
            cases: 0,
            unknown: 0,
            tallies: judged.map(Tally::new).collect(),
            findings: Vec::new(),
            ratios: Ratios::default(),
        }
    }

    /// Runs one scenario and judges it: every property, or up to the first that is broken.
    fn case(&mut self, subject: &mut dyn Subject, case: u32, scenario: &Scenario, all: bool) {
        let run = Case::run(subject, scenario);
        match run.outcome() {
            Ok(judged) => self.ratios.add(&judged.report),
            Err(failure) if failure.is_interruption() => return,
            Err(_) => {}
        }
        self.cases += 1;
        let mut unknown = false;
        for tally in &mut self.tallies {
            let judgement = run.judge(tally.property, subject);
            tally.count(&judgement);
            unknown |= judgement.verdict == Verdict::Unknown;
            if judgement.verdict == Verdict::Violated {
                if tally.violated == 1 {
                    self.findings.push(Finding::new(tally.property, judgement, case, scenario));
                }
                if !all {
                    break;
                }
            }
        }
        self.unknown += u32::from(unknown);
    }
}

impl Finding {
    fn new(property: &Property, judgement: Judgement, case: u32, scenario: &Scenario) -> Self {
        Finding {
            property: property.name,
            explanation: judgement.explanation.unwrap_or_default(),
            witness: judgement.witness,
            case,
            scenario: scenario.clone(),
            generated: scenario.clone(),
            shrinks: 0,
        }
    }
}

/// Looks for a smallest scenario that breaks the property of `finding`.
fn shrink(
    subject: &mut dyn Subject,
    finding: &mut Finding,
    config: &Config,
    watch: &mut dyn FnMut(SuiteProgress<'_>) -> ControlFlow<()>,
) {
    let property = find(finding.property).expect("a finding is of a property of the list");
    let tree = generate(&config.scope, config.seed, finding.case);
    smallest(tree, config.shrinks, config.scope.burst, &mut |scenario| {
        watch(SuiteProgress::Shrinks(finding))?;
        finding.shrinks += 1;
        let judgement = Case::run(subject, scenario).judge(property, subject);
        let fails = judgement.verdict == Verdict::Violated;
        if fails {
            let Finding { case, shrinks, ref generated, .. } = *finding;
            let smaller = Finding::new(property, judgement, case, scenario);
            *finding = Finding { shrinks, generated: generated.clone(), ..smaller };
        }
        ControlFlow::Continue(fails)
    });
}

/// Tries the simplest scenario; else walks down a tree as proptest does, then makes what it came to
/// simpler: each for at most `most` runs, until `fails` breaks. The root itself is known to fail,
/// and the last that fails is the smallest. A `burst` that was asked for stays.
pub(super) fn smallest(
    mut tree: Box<dyn ValueTree<Value = Scenario>>,
    most: u32,
    burst: Option<Bytes>,
    fails: &mut dyn FnMut(&Scenario) -> ControlFlow<(), bool>,
) {
    let mut scenario = tree.current();
    if most == 0 {
        return;
    }
    // Where every scenario fails, none is gained by many steps, each of which may be a time-out.
    if let Some(plain) = simplest(&scenario, burst) {
        match fails(&plain) {
            ControlFlow::Continue(true) => return simplify(plain, most, burst, fails),
            ControlFlow::Continue(false) => {}
            ControlFlow::Break(()) => return,
        }
    }
    let mut more = tree.simplify();
    for _ in 0..most {
        if !more {
            break;
        }
        let simpler = tree.current();
        more = match fails(&simpler) {
            ControlFlow::Continue(true) => {
                scenario = simpler;
                tree.simplify()
            }
            ControlFlow::Continue(false) => tree.complicate(),
            ControlFlow::Break(()) => return,
        };
    }
    simplify(scenario, most, burst, fails);
}
