//! Cases one after another, until one has a finding; then smaller and smaller ones.
//!
//! Case k of a seed is the same on every machine, whatever the cases before it did. The function to
//! know is [`examine`], its answer an [`Examination`].

use std::ops::ControlFlow;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config as Proptest, RngAlgorithm, TestRng, TestRunner};

use super::case::Case;
use super::property::{ALL, Property};
use super::smaller::settle;
use super::strategy::{Scope, scenarios};
use super::subject::Subject;
use crate::audit::{Report, Verdict, Witness};
use crate::scenario::Scenario;
use crate::units::Bytes;

/// What is examined.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many scenarios.
    pub cases: u32,
    /// Where their randomness starts.
    pub seed: u64,
    /// What they may say.
    pub scope: Scope,
    /// The names of properties that are not judged.
    pub left_out: Vec<String>,
    /// The most runs that are spent on each of the two ways to make a scenario smaller.
    pub shrinks: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config { cases: 256, seed: 1, scope: Scope::default(), left_out: Vec::new(), shrinks: 2000 }
    }
}

/// How far an examination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many cases are done.
    Cases(u32),
    /// So many runs were spent on making a scenario smaller.
    Shrinks(u32),
}

/// What an examination found.
#[derive(Clone, Debug)]
pub struct Examination {
    /// How many cases were run, the one with the finding included.
    pub cases: u32,
    /// In how many of them some property could not be decided for lack of evidence.
    pub unknown: u32,
    /// What each property said, of those that were judged.
    pub tallies: Vec<Tally>,
    /// The first finding.
    pub finding: Option<Finding>,
    /// How far the runs were from the best bounds.
    pub ratios: Ratios,
}

/// How often a property was judged, and how.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// The property.
    pub property: &'static Property,
    /// Cases in which nothing speaks against it.
    pub held: u32,
    /// Cases in which there is nothing to judge.
    pub skipped: u32,
    /// Cases in which evidence is missing.
    pub unknown: u32,
    /// Cases that break it: at most one, since the first finding ends an examination.
    pub violated: u32,
}

impl Tally {
    fn new(property: &'static Property) -> Self {
        Tally { property, held: 0, skipped: 0, unknown: 0, violated: 0 }
    }

    fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Holds => &mut self.held,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Violated => &mut self.violated,
        } += 1;
    }

    /// The worst that was said of it; skipped when it was never judged.
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
    /// In which case, from 0.
    pub case: u32,
    /// The scenario of that case.
    pub generated: Scenario,
    /// The smallest scenario that was found.
    pub scenario: Scenario,
    /// How many runs were spent on making it smaller.
    pub shrinks: u32,
}

/// Distribution times over the best bounds, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratios {
    /// Of how many runs, those in which everybody completed.
    pub runs: u64,
    /// The sum of the ratios, each rounded down to a thousandth.
    pub thousandths: u128,
}

impl Ratios {
    /// Takes the ratio of a run in which everybody completed.
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

/// The first property that a subject breaks on a scenario, with the judgement's words.
struct Broken {
    property: &'static Property,
    explanation: String,
    witness: Option<Box<Witness>>,
}

/// Hands `subject` one scenario after another until a property is broken, then smaller ones that
/// break it too. `watch` is told of every run, and ends the examination by breaking.
pub fn examine(
    subject: &mut dyn Subject,
    config: &Config,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Examination {
    let mut examination = Examination::new(config);
    for case in 0..config.cases {
        let tree = generate(&config.scope, config.seed, case);
        let generated = tree.current();
        let broken = examination.case(subject, &generated);
        if let Some(broken) = broken {
            let property = broken.property;
            let mut finding = broken.finding(case, generated);
            shrink(tree, property, subject, &mut finding, config, watch);
            examination.finding = Some(finding);
            break;
        }
        if watch(Progress::Cases(case + 1)).is_break() {
            break;
        }
    }
    examination
}

/// Hands `subject` one scenario, which stays as it is.
pub fn examine_one(subject: &mut dyn Subject, scenario: &Scenario, config: &Config) -> Examination {
    let mut examination = Examination::new(config);
    let broken = examination.case(subject, scenario);
    examination.finding = broken.map(|broken| broken.finding(0, scenario.clone()));
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
            finding: None,
            ratios: Ratios::default(),
        }
    }

    /// Runs one scenario and judges it.
    fn case(&mut self, subject: &mut dyn Subject, scenario: &Scenario) -> Option<Broken> {
        let run = Case::run(subject, scenario);
        self.cases += 1;
        if let Ok(judged) = run.outcome() {
            self.ratios.add(&judged.report);
        }
        let (broken, unknown) = first_broken(&run, &mut self.tallies, subject);
        self.unknown += u32::from(unknown);
        broken
    }
}

impl Broken {
    fn finding(self, case: u32, generated: Scenario) -> Finding {
        Finding {
            property: self.property.name,
            explanation: self.explanation,
            witness: self.witness,
            case,
            scenario: generated.clone(),
            generated,
            shrinks: 0,
        }
    }
}

/// The first property that a run breaks, and whether one could not be decided.
fn first_broken(
    run: &Case,
    judged: &mut [Tally],
    subject: &mut dyn Subject,
) -> (Option<Broken>, bool) {
    let mut unknown = false;
    for tally in judged {
        let property = tally.property;
        let judgement = run.judge(property, subject);
        tally.count(judgement.verdict);
        unknown |= judgement.verdict == Verdict::Unknown;
        if judgement.verdict == Verdict::Violated {
            let explanation = judgement.explanation.unwrap_or_default();
            return (Some(Broken { property, explanation, witness: judgement.witness }), unknown);
        }
    }
    (None, unknown)
}

/// Looks for a smallest scenario that breaks `property`.
fn shrink(
    tree: Box<dyn ValueTree<Value = Scenario>>,
    property: &'static Property,
    subject: &mut dyn Subject,
    finding: &mut Finding,
    config: &Config,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) {
    smallest(tree, config.shrinks, config.scope.burst, &mut |scenario| {
        finding.shrinks += 1;
        let judged = &mut [Tally::new(property)];
        let (broken, _) = first_broken(&Case::run(subject, scenario), judged, subject);
        let fails = broken.is_some();
        if let Some(broken) = broken {
            finding.scenario = scenario.clone();
            finding.explanation = broken.explanation;
            finding.witness = broken.witness;
        }
        watch(Progress::Shrinks(finding.shrinks)).map_continue(|()| fails)
    });
}

/// Walks down a tree as proptest does, then makes what it came to simpler: each for at most `most`
/// runs, until `fails` breaks. The root itself is known to fail, and the last that fails is the
/// smallest. A `burst` that was asked for stays.
pub(super) fn smallest(
    mut tree: Box<dyn ValueTree<Value = Scenario>>,
    most: u32,
    burst: Option<Bytes>,
    fails: &mut dyn FnMut(&Scenario) -> ControlFlow<(), bool>,
) {
    let mut scenario = tree.current();
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
    settle(scenario, most, burst, fails);
}
