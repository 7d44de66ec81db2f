//! Every kind of event with every set of fields, against a table that is spelled out here.

use super::*;

/// A value that each field may have beside any others, in the order in which errors name them.
const FIELDS: [(&str, &str); 13] = [
    ("t", "7"),
    ("node", "1"),
    ("from", "0"),
    ("to", "1"),
    ("chunk", "0"),
    ("start", "5"),
    ("end", "5"),
    ("bytes", "2"),
    ("offset", "1"),
    ("outcome", "\"aborted\""),
    ("a", "0"),
    ("b", "1"),
    ("peers", "[0]"),
];

/// Each kind, the fields that it must have and those that it may have, from the description of the
/// format.
const KINDS: [(&str, &str, &str); 9] = [
    ("join", "t node", ""),
    ("leave", "t node", ""),
    ("complete", "t node", ""),
    ("transfer", "from to chunk start end bytes", "offset outcome"),
    ("connect", "t a b", ""),
    ("disconnect", "t a b", ""),
    ("choke", "t from to", ""),
    ("unchoke", "t from to", ""),
    ("announce", "t node peers", ""),
];

fn line(kind: &str, fields: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let fields: String = fields.map(|(name, value)| format!(",\"{name}\":{value}")).collect();
    format!("{{\"event\":\"{kind}\"{fields}}}")
}

fn names(list: &'static str) -> impl Iterator<Item = &'static str> + Clone {
    list.split(' ').filter(|name| !name.is_empty())
}

#[test]
fn a_kind_takes_its_own_fields_and_needs_those_that_it_must_have() {
    let header = read(HEADER).unwrap().header;
    let schema = EventSchema::new(&header.scenario);
    for (kind, must, may) in KINDS {
        let known = names(must).chain(names(may));
        let list = known.clone().collect::<Vec<_>>().join(", ");
        for set in 0..1_u32 << FIELDS.len() {
            let there = FIELDS.into_iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
            let there = there.map(|(_, field)| field);
            let has = |name: &str| there.clone().any(|(field, _)| field == name);
            let text = line(kind, there.clone());
            let read = schema.event(text.as_bytes());
            let foreign = there.clone().find(|(field, _)| known.clone().all(|it| it != *field));
            if let Some((field, _)) = foreign {
                let error = read.unwrap_err();
                assert_eq!(error.field, field, "{text}");
                let message = format!("an event of this kind has only {list}; remove it");
                assert_eq!(error.message, message, "{text}");
                // The column is that of its value.
                let before = &text[..error.column - 1];
                assert!(before.ends_with(&format!("\"{field}\":")), "{text}: {before}");
            } else if let Some(field) = names(must).find(|name| !has(name)) {
                let error = read.unwrap_err();
                assert_eq!(error.field, field, "{text}");
                let message = "is missing; an event of this kind must have it";
                assert_eq!(error.message, message, "{text}");
            } else {
                let event = read.unwrap_or_else(|error| panic!("{text}: {}", error.message));
                let written = serde_json::to_string(&RawEvent::from(&event)).unwrap();
                assert_eq!(written, text);
            }
        }
    }
}

#[test]
fn a_field_is_not_null_and_not_of_another_type() {
    for (kind, must, may) in KINDS {
        for odd in names(must).chain(names(may)) {
            for value in ["null", "true", "-1", "\"one\"", "1.5", "{}"] {
                let all = FIELDS.into_iter();
                let own =
                    all.filter(|(name, _)| names(must).chain(names(may)).any(|it| it == *name));
                let own = own.map(|(name, valid)| (name, if name == odd { value } else { valid }));
                let text = line(kind, own);
                let error = refused(&text);
                assert_eq!(error.field, odd, "{text}: {error}");
            }
        }
    }
}
