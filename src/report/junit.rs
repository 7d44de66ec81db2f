//! Verdicts as the test cases of JUnit's XML, which CI servers read: a case a property or rule.
//!
//! What was not judged is skipped, missing evidence is an error, and a failure has the explanation.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use swarmbound::audit::{Ruled, Verdict};
use swarmbound::models::PropertyOutcome;
use swarmbound::suite::Tally;

use super::check::Check;
use super::run::Run;
use super::suite::{Examined, unjudged_for};

/// The properties of an engine; a failure has the command that repeats it.
pub(crate) fn of_examined(examined: &Examined<'_>) -> String {
    let judged = examined.examination.tallies.iter();
    let judged = judged.map(|tally| (tally.property.name, tallied(examined, tally)));
    let left_out = examined.left_out.iter().map(|name| (name.as_str(), skipped("left out")));
    document("suite", [suite("suite", examined.command, judged.chain(left_out))])
}

/// The rules of the runs of a scenario; `command` is the one that judged them.
pub(crate) fn of_runs(command: &str, scenario: &str, runs: &[Run]) -> String {
    let of_run = |run: &Run| {
        let rules = run.report.rules.iter().map(|rule| (rule.name, ruled(rule, run)));
        suite(command, &format!("{scenario}, {}", run.name()), rules)
    };
    document(command, runs.iter().map(of_run))
}

/// The properties of models; one that is not required never fails.
pub(crate) fn of_checks(checks: &[Check]) -> String {
    let of_check = |check: &Check| {
        let properties = check.outcome.properties.iter();
        let properties = properties.map(|property| (property.name, claimed(property)));
        suite("check", &check.world(), properties)
    };
    document("check", checks.iter().map(of_check))
}

fn document(command: &str, suites: impl IntoIterator<Item = TestSuite>) -> String {
    let mut report = Report::new(format!("swarmbound {command}"));
    report.add_test_suites(suites);
    report.to_string().expect("XML in memory can always be written")
}

fn suite<'a>(
    command: &str,
    name: &str,
    cases: impl Iterator<Item = (&'a str, TestCaseStatus)>,
) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_test_cases(cases.map(|(name, status)| {
        let mut case = TestCase::new(name, status);
        case.set_classname(format!("swarmbound {command}"));
        case
    }));
    suite
}

fn tallied(examined: &Examined<'_>, tally: &Tally) -> TestCaseStatus {
    match tally.verdict() {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Skipped => skipped(&format!("not judged: {}", unjudged_for(tally))),
        Verdict::Unknown => unsuccessful(
            NonSuccessKind::Error,
            &format!("evidence is missing in {} cases", tally.unknown),
            "",
        ),
        Verdict::Violated => {
            let found = examined.found().find(|(it, _)| it.property == tally.property.name);
            let Some((finding, place)) = found else {
                return TestCaseStatus::non_success(NonSuccessKind::Failure);
            };
            let first = finding.explanation.lines().next().unwrap_or_default();
            let repeat = place.repeat.iter().map(|repeat| format!("\nrepeat it: {repeat}"));
            let whole = finding.explanation.clone() + &repeat.collect::<String>();
            unsuccessful(NonSuccessKind::Failure, first, &whole)
        }
    }
}

fn ruled(rule: &Ruled, run: &Run) -> TestCaseStatus {
    let judgement = &rule.judgement;
    let why = judgement.explanation.as_ref().or(judgement.reason.as_ref());
    let why = why.map_or("", String::as_str);
    match judgement.verdict {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Skipped => skipped(why),
        Verdict::Unknown => unsuccessful(NonSuccessKind::Error, why, ""),
        Verdict::Violated => {
            let lines = run.lines.get(rule.name).map_or_else(String::new, |lines| lines.told());
            unsuccessful(NonSuccessKind::Failure, why, &lines)
        }
    }
}

fn claimed(property: &PropertyOutcome) -> TestCaseStatus {
    let witness = property.witness.join("\n");
    match (property.verdict, property.required) {
        ("holds", _) => TestCaseStatus::success(),
        ("violated", true) => unsuccessful(NonSuccessKind::Failure, "counterexample", &witness),
        ("violated", false) => skipped("violated, and not required"),
        _ => unsuccessful(NonSuccessKind::Error, "the search was cut", ""),
    }
}

fn unsuccessful(kind: NonSuccessKind, message: &str, whole: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message);
    if !whole.is_empty() {
        status.set_description(whole);
    }
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}
