//! What is printed and read is as `swarmbound schema` says.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use serde_json::{Value, json as object};

use crate::validator::{misspelled, validate};
use crate::{json, swarmbound};

/// What `swarmbound schema` says of this kind.
fn schema(kind: &str) -> &'static Value {
    static SCHEMAS: OnceLock<BTreeMap<&str, Value>> = OnceLock::new();
    let schemas = SCHEMAS.get_or_init(|| {
        let kinds = ["scenario", "trace", "report"].into_iter();
        let said = kinds.map(|kind| (kind, swarmbound(&["schema", kind])));
        said.map(|(kind, said)| {
            assert_eq!((said.code, said.err.as_str()), (0, ""), "{kind}");
            (kind, serde_json::from_str(&said.out).unwrap())
        })
        .collect()
    });
    &schemas[kind]
}

/// Fails unless a document is as the schema of its kind says.
#[track_caller]
fn is_of(kind: &str, document: &Value) {
    let schema = schema(kind);
    if let Err(wrong) = validate(schema, schema, document) {
        panic!("{kind}: {wrong}\n{document}");
    }
}

/// Fails unless a document of `--json`, an error or a line of a sweep is as the schema says, and
/// each scenario in it as that of scenarios.
#[track_caller]
pub(crate) fn is_report(document: &Value) {
    is_of("report", document);
    resolved(document).into_iter().for_each(is_scenario);
}

/// Fails unless it is a resolved scenario.
#[track_caller]
pub(crate) fn is_scenario(document: &Value) {
    is_of("scenario", document);
}

/// Fails unless every line of the text is one of a trace.
#[track_caller]
pub(crate) fn is_trace(text: &str) {
    for line in text.trim_start_matches('\u{feff}').lines().filter(|line| !line.is_empty()) {
        is_of("trace", &serde_json::from_str(line).unwrap());
    }
}

/// The scenarios in a document.
fn resolved(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(fields) => {
            let within = |(name, value)| match name == "resolved" {
                true => vec![value],
                false => resolved(value),
            };
            fields.iter().map(|(name, value)| (name.as_str(), value)).flat_map(within).collect()
        }
        Value::Array(values) => values.iter().flat_map(resolved).collect(),
        _ => Vec::new(),
    }
}

/// Presets, the manual's logs and scenarios, those of real clients, and what the simulator and the
/// planner write. A log that an audit refuses need not be as the schema says.
#[test]
fn scenarios_and_traces_are_as_their_schemas_say() {
    let (_, presets) = json(&["presets", "--json"]);
    for preset in presets["presets"].as_array().unwrap() {
        let said = swarmbound(&["presets", preset["name"].as_str().unwrap(), "--json"]);
        is_scenario(&serde_json::from_str(&said.out).unwrap());
    }
    let mut judged = 0;
    for folder in ["docs/examples", "tests/traces"] {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        for entry in fs::read_dir(format!("{root}{folder}")).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
            let path = path.to_str().unwrap();
            match ending {
                "jsonl" if swarmbound(&["audit", path]).code != 2 => {
                    is_trace(&fs::read_to_string(path).unwrap());
                    judged += 1;
                }
                "json" if swarmbound(&["bounds", path]).code != 2 => {
                    is_scenario(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap());
                }
                _ => {}
            }
        }
    }
    assert!(20 < judged, "{judged}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.jsonl");
    let path = path.to_str().unwrap();
    for command in [["run", "churn"], ["plan", "docs/examples/four-chunks.toml"]] {
        assert_ne!(swarmbound(&[command[0], command[1], "--trace", path]).code, 2, "{command:?}");
        is_trace(&fs::read_to_string(path).unwrap());
    }
}

/// A field under another name, at any depth, breaks each schema.
#[test]
fn a_document_with_a_misspelled_name_is_none_of_its_kind() {
    let is_refused = |kind: &str, text: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        is_of(kind, &value);
        let wrong = misspelled(&value);
        assert!(2 < wrong.len(), "{text}");
        for wrong in wrong {
            assert!(validate(schema(kind), schema(kind), &wrong).is_err(), "{kind}: {wrong}");
        }
    };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces/lt-tbf-n8-churn.jsonl");
    let trace = fs::read_to_string(path).unwrap();
    for preset in ["churn", "free-riders"] {
        is_refused("scenario", &swarmbound(&["presets", preset, "--json"]).out);
    }
    trace.lines().take(20).for_each(|line| is_refused("trace", line));
}

/// Renames, leaves out and adds fields at every depth.
#[test]
fn a_document_with_a_wrong_name_is_no_report() {
    let report = schema("report");
    let (_, audit) = json(&["audit", "docs/examples/causality.jsonl", "--json"]);
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut wrong = audit.clone();
        change(&mut wrong);
        assert_ne!(wrong, audit, "it changes something");
        assert!(validate(report, report, &wrong).is_err(), "{wrong}");
    };
    assert_eq!(validate(report, report, &audit), Ok(()));
    let rename = |object: &mut Value, from: &str, to: &str| {
        let fields = object.as_object_mut().unwrap();
        let value = fields.remove(from).unwrap();
        fields.insert(to.to_owned(), value);
    };
    refused(&|it| rename(it, "best_bound_ns", "bound_ns"));
    refused(&|it| rename(it, "format", "Format"));
    refused(&|it| rename(&mut it["best_bound"], "k", "n"));
    refused(&|it| rename(&mut it["rules"][3], "verdict", "result"));
    refused(&|it| rename(&mut it["slack"], "useful_bits", "useful"));
    refused(&|it| it["more"] = object!(1));
    refused(&|it| it["rules"][0]["verdict"] = object!("fine"));
    refused(&|it| it["command"] = object!("run"));
    refused(&|it| it["ratio_exact"] = object!(1.5));
    refused(&|it| it["transfers"] = object!(-1));
    refused(&|it| drop(it["rules"][3]["witness"].as_object_mut().unwrap().remove("kind")));
}
