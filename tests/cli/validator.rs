//! JSON Schema, as far as our schemas use it (draft 2020-12); a keyword that is not known here
//! fails, so that nothing is taken for checked that is not.

use serde_json::Value;

/// What is wrong with a value, by the first rule of the schema that it breaks.
pub(crate) fn validate(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
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
            "$schema" | "$defs" | "title" | "description" | "default" | "format" | "writeOnly" => {
                true
            }
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
            "not" => validate(root, says, value).is_err(),
            "oneOf" => all(says).iter().filter(|one| one.is_ok()).count() == 1,
            "allOf" => return all(says).into_iter().collect(),
            "const" => says == value,
            "pattern" => {
                assert_eq!(says, "^credit *[0-9]+$", "no other pattern is known here");
                value.as_str().is_some_and(is_credit)
            }
            "enum" => says.as_array().unwrap().contains(value),
            "type" => match says {
                Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind, value)),
                kind => is_of(kind, value),
            },
            "minimum" | "maximum" | "minItems" | "maxItems" => is_within(rule, says, value),
            "items" | "prefixItems" => {
                let Some(items) = value.as_array() else { return Ok(()) };
                let own = |at: usize| if rule == "items" { Some(says) } else { says.get(at) };
                let own = |(at, item)| own(at).map_or(Ok(()), |says| validate(root, says, item));
                return items.iter().enumerate().try_for_each(own);
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

fn is_within(rule: &str, limit: &Value, value: &Value) -> bool {
    let counted = if rule.ends_with("Items") {
        value.as_array().map(|items| items.len() as f64)
    } else {
        value.as_f64()
    };
    let limit = limit.as_f64().unwrap();
    counted.is_none_or(|it| if rule.starts_with("min") { limit <= it } else { it <= limit })
}

/// `credit 3`
fn is_credit(text: &str) -> bool {
    let number = text.strip_prefix("credit").map_or("", |number| number.trim_start_matches(' '));
    !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
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

/// Every value that differs from this one by the name of one field; what stands under `x` is free.
pub(crate) fn misspelled(value: &Value) -> Vec<Value> {
    let within = |value: &Value, wrap: &dyn Fn(Value) -> Value| -> Vec<Value> {
        misspelled(value).into_iter().map(wrap).collect()
    };
    match value {
        Value::Object(fields) => {
            let named = fields.iter().filter(|(name, _)| *name != "x");
            let one = |(name, field): (&String, &Value)| {
                let mut renamed = fields.clone();
                renamed.remove(name);
                renamed.insert(format!("{name}_"), field.clone());
                let mut wrong = within(field, &|below| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), below);
                    fields.into()
                });
                wrong.push(renamed.into());
                wrong
            };
            named.flat_map(one).collect()
        }
        Value::Array(items) => {
            let one = |(at, item): (usize, &Value)| {
                within(item, &|below| {
                    let mut items = items.clone();
                    items[at] = below;
                    items.into()
                })
            };
            items.iter().enumerate().flat_map(one).collect()
        }
        _ => Vec::new(),
    }
}
