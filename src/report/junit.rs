//! The properties as the test cases of JUnit's XML, which CI servers read.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use swarmbound::audit::Verdict;
use swarmbound::suite::Tally;

use super::suite::{Examined, unjudged_for};

/// The name of the whole document.
const NAME: &str = "swarmbound suite";

/// One test case a property: what was not judged or left out is skipped, missing evidence is an
/// error, and a failure has the explanation and the command that repeats it.
pub(crate) fn document(examined: &Examined<'_>) -> String {
    let mut suite = TestSuite::new(examined.command);
    for tally in &examined.examination.tallies {
        suite.add_test_case(case(tally.property.name, status(examined, tally)));
    }
    for name in examined.left_out {
        suite.add_test_case(case(name, skipped("left out")));
    }
    let mut report = Report::new(NAME);
    report.add_test_suite(suite);
    report.to_string().expect("XML in memory can always be written")
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(NAME);
    case
}

fn status(examined: &Examined<'_>, tally: &Tally) -> TestCaseStatus {
    match tally.verdict() {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Skipped => skipped(&format!("not judged: {}", unjudged_for(tally))),
        Verdict::Unknown => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(format!("evidence is missing in {} cases", tally.unknown));
            status
        }
        Verdict::Violated => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let found = examined.found().find(|(it, _)| it.property == tally.property.name);
            if let Some((finding, place)) = found {
                status.set_message(finding.explanation.lines().next().unwrap_or_default());
                let repeat = place.repeat.iter().map(|repeat| format!("\nrepeat it: {repeat}"));
                status.set_description(finding.explanation.clone() + &repeat.collect::<String>());
            }
            status
        }
    }
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}
