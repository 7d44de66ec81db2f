//! Logs that the auditor in `models/proof` has judged, whose yes is proved to mean that the bounds
//! hold. `models/proof/check.sh` compares it with these verdicts; here the audit is compared with
//! them, so that no test needs Coq.

use super::*;

const TRACES: &str = include_str!("../../../models/proof/golden/traces.jsonl");
const VERDICTS: &str = include_str!("../../../models/proof/golden/verdicts.txt");

/// What both judge.
const RULES: [&str; 6] = [
    "membership",
    "uplink_capacity",
    "downlink_capacity",
    "causality",
    "conservation",
    "completion",
];

/// The line that stands in the file of verdicts.
fn line(trace: &Trace) -> String {
    let mut audit = Audit::new(trace.header.clone());
    trace.events.iter().for_each(|event| audit.event(event));
    let report = audit.finish();
    let word = |holds| if holds { "holds" } else { "violated" };
    let rules = RULES.map(|name| {
        let holds = report.rule(name).unwrap().verdict == Verdict::Holds;
        format!("{name}={}", word(holds))
    });
    let all = report.verdict == Verdict::Holds && report.completed == report.peers;
    format!("{} audit={}", rules.join(" "), word(all))
}

#[test]
fn the_proved_auditor_says_the_same() {
    let traces: Vec<Trace> = TRACES
        .split("\n\n")
        .filter(|text| !text.is_empty())
        .map(|text| read_trace(text.as_bytes()).unwrap())
        .collect();
    let lines: Vec<String> = traces.iter().map(line).collect();
    assert_eq!(lines, VERDICTS.lines().collect::<Vec<_>>());
}

/// Otherwise agreement on them says nothing.
#[test]
fn every_rule_is_kept_and_broken_in_the_golden_logs() {
    for name in RULES.iter().chain(&["audit"]) {
        for word in ["holds", "violated"] {
            let said = format!("{name}={word}");
            let logs = VERDICTS.lines().filter(|line| line.split(' ').any(|one| one == said));
            assert!(2 <= logs.count(), "{said}");
        }
    }
}
