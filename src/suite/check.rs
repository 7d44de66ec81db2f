//! What the tests do that `suite!` writes: one property, judged by proptest, with its regressions
//! at the caller.
//!
//! A test says which property broke, how, and in which scenario. The functions to know are
//! [`check`], [`check_lies`] and [`leave_out`].

use proptest::test_runner::{
    Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner,
};

use super::case::Case;
use super::contract::withstands_lies;
use super::property::find;
use super::strategy::{Scope, scenarios};
use super::subject::Simulated;
use crate::audit::Verdict;
use crate::engine::{Engine, Introduce};
use crate::scenario::Scenario;

/// The scenarios of a test that names no number.
pub const CASES: u32 = 64;

/// Where a test stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The file of its regressions.
    pub regressions: &'static str,
    /// Its module.
    pub module: &'static str,
}

/// The same cases on every machine; PROPTEST_RNG_SEED asks for others.
fn config(place: Place, property: &'static str, cases: u32) -> Config {
    let mut config = Config::with_cases(cases);
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(place.regressions)));
    config.source_file = Some(place.regressions);
    config.test_name = Some(property);
    config.max_shrink_iters = 4000;
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

/// Judges one property of an engine in the simulator, in `cases` scenarios.
///
/// # Panics
/// When it does not hold: that is what a test does.
pub fn check<E: Engine, T: Introduce>(
    property: &'static str,
    cases: u32,
    scope: &Scope,
    place: Place,
) {
    let found = find(property).unwrap_or_else(|| panic!("{property} is no property"));
    let broken = |scenario: &Scenario| {
        let mut subject = Simulated::<E, T>::default();
        let judgement = Case::run(&mut subject, scenario).judge(found, &mut subject);
        let violated = judgement.verdict == Verdict::Violated;
        violated.then(|| judgement.explanation.unwrap_or_default())
    };
    let mut runner = TestRunner::new(config(place, property, cases));
    let run = runner.run(&scenarios(scope), |scenario| match broken(&scenario) {
        None => Ok(()),
        Some(explanation) => Err(TestCaseError::fail(explanation)),
    });
    match run {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{property}: the test was given up: {reason}"),
        Err(TestError::Fail(reason, scenario)) => panic!(
            "{property} does not hold: {}\n  it demands: {}\n  scenario: {}\n  to repeat it: cargo \
             test {}::{property}",
            reason.message(),
            found.about(),
            scenario.to_json(),
            within(place.module)
        ),
    }
}

/// Judges property `withstands_lies` of an engine.
///
/// # Panics
/// When it does not hold: that is what a test does.
pub fn check_lies<E: Engine>(cases: u32, place: Place)
where
    E::Message: Send + Sync + 'static,
{
    const PROPERTY: &str = "withstands_lies";
    if let Err(explanation) = withstands_lies::<E>(config(place, PROPERTY, cases)) {
        panic!(
            "{PROPERTY} does not hold: {explanation}\n  to repeat it: cargo test {}::{PROPERTY}",
            within(place.module)
        );
    }
}

/// The path of a module within its crate, as `cargo test` wants it.
fn within(module: &str) -> &str {
    module.split_once("::").map_or(module, |(_, within)| within)
}

/// What a test does whose property was left out: says so.
///
/// # Panics
/// When there is no such property, so that no misspelled name leaves nothing out.
pub fn leave_out(property: &str, engine: &str) {
    assert!(find(property).is_some(), "{property} is no property, so it cannot be left out");
    println!("{property} is left out of the suite of {engine}: nothing is known about it");
}
