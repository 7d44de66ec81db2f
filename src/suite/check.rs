//! The body of the tests that `suite!` writes: one property, judged by proptest, with its
//! regressions in the caller's package.
//!
//! A failing test says which property broke, how, and in which scenario.

use std::env;
use std::path::Path;
use std::rc::Rc;

use proptest::test_runner::{
    Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner,
};

use super::byzantine::tolerates_byzantine_neighbors;
use super::case::Case;
use super::property::find;
use super::scope::Scope;
use super::strategy::scenarios;
use super::subject::Simulated;
use crate::audit::Verdict;
use crate::engine::{Any, Introduce, NewEngine};
use crate::scenario::Scenario;

/// Scenarios of a test, by default.
pub const CASES: u32 = 64;

/// The most runs that a test spends on making its scenario smaller.
const SHRINKS: u32 = 4000;

/// Where a test stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The folder of its package when it was compiled.
    pub package: &'static str,
    /// Its module.
    pub module: &'static str,
}

impl Place {
    /// The file of its regressions. The environment of the run says where the package is now: a
    /// test may run on another machine than it was compiled on (archives of nextest, Bazel).
    fn regressions(self) -> &'static str {
        let package = env::var("CARGO_MANIFEST_DIR");
        let package = package.as_deref().unwrap_or(self.package);
        let file = Path::new(package).join("proptest-regressions").join("suite.txt");
        // Proptest wants a name that lives as long as the program; there is one a test.
        String::leak(file.to_string_lossy().into_owned())
    }
}

/// Proptest's own settings from the environment, `cases` where PROPTEST_CASES says nothing else,
/// and the same cases on every machine unless PROPTEST_RNG_SEED asks for others.
fn config(place: Place, property: &'static str, cases: u32) -> Config {
    let mut config = Config::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    // None where PROPTEST_DISABLE_FAILURE_PERSISTENCE is set.
    if config.failure_persistence.is_some() {
        let file = place.regressions();
        config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(file)));
        config.source_file = Some(file);
    }
    config.test_name = Some(property);
    if env::var_os("PROPTEST_MAX_SHRINK_ITERS").is_none() {
        config.max_shrink_iters = SHRINKS;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

/// Judges one property of an engine in the simulator, in `cases` scenarios.
///
/// # Panics
/// When the property does not hold: the test fails.
pub fn check<E: NewEngine, T: Introduce>(
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
            "{property} does not hold: {}\n  Rule: {}\n  scenario: {}\n  to repeat it: cargo \
             test {}::{property}",
            reason.message(),
            found.about(),
            scenario.to_json(),
            within(place.module)
        ),
    }
}

/// Judges `tolerates_byzantine_neighbors` of an engine; `property` is its name in the list.
///
/// # Panics
/// When the property does not hold: the test fails.
pub fn check_byzantine<E: NewEngine>(property: &'static str, cases: u32, place: Place) {
    let config = config(place, property, cases);
    if let Err(explanation) = tolerates_byzantine_neighbors(Rc::new(Any(E::new)), config) {
        panic!(
            "{property} does not hold: {explanation}\n  to repeat it: cargo test {}::{property}",
            within(place.module)
        );
    }
}

/// The path of a module within its crate, as `cargo test` wants it.
fn within(module: &str) -> &str {
    module.split_once("::").map_or(module, |(_, within)| within)
}
