//! `suite --canaries` and `canary`.

use serde_json::Value;

use super::{json, swarmbound, with_input};

/// The resolved scenario of a preset.
fn scenario(preset: &str) -> String {
    swarmbound(&["presets", preset, "--json"]).out
}

fn small() -> Vec<u8> {
    let text = scenario("figure").replace("\"bytes\":450000000", "\"bytes\":2621440");
    text.into_bytes()
}

#[test]
fn the_matrix_says_which_rule_catches_which_canary() {
    let (code, document) = json(&["suite", "--canaries", "--cases", "2", "--json"]);
    assert!(code == 0 || code == 1, "few cases may catch too few: {code}");
    assert_eq!(document["cases"], 2);
    let canaries = document["canaries"].as_array().unwrap();
    let (_, listed) = json(&["canary", "--json"]);
    assert_eq!(canaries.len(), listed["canaries"].as_array().unwrap().len());
    let early = canaries.iter().find(|canary| canary["name"] == "completion_early").unwrap();
    assert!(early["by"]["completion"].as_u64().unwrap() <= early["caught"].as_u64().unwrap());
    assert_eq!(document["controls"]["accused"], Value::Array(Vec::new()));
}

#[test]
fn a_canary_turns_a_scenario_into_a_trace_that_the_audit_accuses() {
    let lawful = with_input(&["canary", "control"], &small());
    assert_eq!((lawful.code, lawful.err.as_str()), (0, ""));
    assert_eq!(with_input(&["audit", "-"], lawful.out.as_bytes()).code, 0);
    let faster = with_input(&["canary", "capacities_doubled"], &small());
    let audited = with_input(&["audit", "-"], faster.out.as_bytes());
    assert_eq!(audited.code, 1);
    assert!(audited.out.contains("uplink_capacity violated"), "{}", audited.out);
}

#[test]
fn a_persistent_canary_answers_line_by_line() {
    let one = small();
    let two = [&one[..], &one[..]].concat();
    let once = with_input(&["canary", "control"], &one);
    let twice = with_input(&["canary", "control", "--persistent"], &two);
    assert_eq!(twice.code, 0);
    assert_eq!(twice.out, format!("{0}\n{0}\n", once.out));
}

#[test]
fn wrong_canaries_and_scenarios_are_refused() {
    for arguments in [&["canary", "no-such-bird"][..], &["canary", "bound_mixes_units"], &["suite"]]
    {
        let said = with_input(arguments, b"");
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}");
        assert!(said.err.starts_with("error: "), "{}", said.err);
    }
    let said = with_input(&["canary", "control"], b"");
    assert!(said.err.starts_with("error: standard input:1:1: this is not JSON"), "{}", said.err);
    let said = with_input(&["canary", "control"], b"{}");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("standard input:1:"), "{}", said.err);
}
