//! JSON Schema, as far as our schemas use it (draft 2020-12); a keyword that is not known here
//! fails, so that nothing is taken for checked that is not.

use std::sync::OnceLock;

use serde_json::{Value, json as object};

use crate::{json, swarmbound};

/// What `swarmbound schema` says of this kind.
fn schema(kind: &'static str) -> Value {
    let said = swarmbound(&["schema", kind]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{kind}");
    serde_json::from_str(&said.out).unwrap()
}

/// Fails unless a document of `--json`, an error or a line of a sweep is as the schema says.
#[track_caller]
pub(crate) fn is_report(document: &Value) {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| schema("report"));
    if let Err(wrong) = validate(schema, schema, document) {
        panic!("{wrong}\n{document}");
    }
}

/// What is wrong with a value, by the first rule of the schema that it breaks.
fn validate(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Value::Object(rules) = schema else {
        return if *schema == Value::Bool(false) {
            Err("nothing may stand here".into())
        } else {
            Ok(())
        };
    };
    rules.iter().try_for_each(|(rule, says)| {
        let wrong = || Err(format!("{rule} {says} is not kept by {value}"));
        let all = |schemas: &Value| -> Vec<Result<(), String>> {
            schemas.as_array().unwrap().iter().map(|one| validate(root, one, value)).collect()
        };
        let holds = match rule.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => true,
            "$ref" => {
                let path = says.as_str().unwrap().strip_prefix('#').unwrap();
                return validate(root, root.pointer(path).unwrap(), value);
            }
            "anyOf" => {
                let all = all(says);
                if all.iter().any(Result::is_ok) {
                    return Ok(());
                }
                let wrong: Vec<String> = all.into_iter().filter_map(Result::err).collect();
                return Err(format!("none of: {}", wrong.join(" | ")));
            }
            "oneOf" => all(says).iter().filter(|one| one.is_ok()).count() == 1,
            "allOf" => return all(says).into_iter().collect(),
            "const" => says == value,
            "enum" => says.as_array().unwrap().contains(value),
            "type" => match says {
                Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind, value)),
                kind => is_of(kind, value),
            },
            "minimum" => value.as_f64().is_none_or(|number| says.as_f64().unwrap() <= number),
            "maximum" => value.as_f64().is_none_or(|number| number <= says.as_f64().unwrap()),
            "minItems" => {
                value.as_array().is_none_or(|it| says.as_u64().unwrap() <= it.len() as u64)
            }
            "maxItems" => {
                value.as_array().is_none_or(|it| it.len() as u64 <= says.as_u64().unwrap())
            }
            "items" => {
                let Some(items) = value.as_array() else { return Ok(()) };
                return items.iter().try_for_each(|item| validate(root, says, item));
            }
            "required" => {
                let is_there = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                !value.is_object() || says.as_array().unwrap().iter().all(is_there)
            }
            "properties" | "additionalProperties" => {
                let Some(fields) = value.as_object() else { return Ok(()) };
                let known = schema.get("properties");
                return fields.iter().try_for_each(|(name, field)| {
                    let own = known.and_then(|known| known.get(name));
                    let schema =
                        if rule == "properties" { own } else { own.is_none().then_some(says) };
                    let result = schema.map_or(Ok(()), |schema| validate(root, schema, field));
                    result.map_err(|wrong| format!("{name}: {wrong}"))
                });
            }
            unknown => panic!("the keyword {unknown} is not known here: {schema}"),
        };
        if holds { Ok(()) } else { wrong() }
    })
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
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
        assert!(validate(&report, &report, &wrong).is_err(), "{wrong}");
    };
    assert_eq!(validate(&report, &report, &audit), Ok(()));
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
