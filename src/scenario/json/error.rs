//! What is wrong with a JSON text: where it stands, which field it is, what to write instead.
//!
//! It never repeats Rust's names for types to a reader who wrote JSON.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Malformed;
use crate::scenario::Protocol;
use crate::scenario::words::printable;

/// Why a JSON text is no scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// The path of the field, like `peers[3].upload_bps`; empty when the text is no JSON at all.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
    /// Does the text end before its JSON does?
    pub cut_off: bool,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl JsonError {
    /// Reads one JSON object, naming the field of whatever is wrong.
    pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, JsonError> {
        JsonError::need_object(text)?;
        let mut json = serde_json::Deserializer::from_slice(text);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            JsonError::new(&path, error.inner(), text)
        })?;
        json.end().map_err(|error| JsonError::new("", &error, text))?;
        Ok(value)
    }

    /// A list of values in the order of an object's fields would be read as that object, too.
    pub(crate) fn need_object(text: &[u8]) -> Result<(), JsonError> {
        let first = text.iter().position(|byte| !byte.is_ascii_whitespace());
        match first.filter(|&at| text[at] == b'[') {
            None => Ok(()),
            Some(at) => {
                let before = &text[..at];
                let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
                let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
                Err(JsonError {
                    line,
                    column: at - start + 1,
                    field: String::new(),
                    message: "this is a list; write an object: {...}".to_owned(),
                    cut_off: false,
                })
            }
        }
    }

    fn new(path: &str, error: &serde_json::Error, text: &[u8]) -> JsonError {
        let words = error.to_string();
        let position = format!(" at line {} column {}", error.line(), error.column());
        let said = words.strip_suffix(&position).unwrap_or(&words);
        let mut field = if path == "." { String::new() } else { path.to_owned() };
        // serde blames the object that a field is missing from or stands twice in.
        let fields = ["missing field `", "duplicate field `"];
        let name = fields.iter().find_map(|start| said.strip_prefix(start)?.strip_suffix('`'));
        if let Some(name) = name {
            let dot = if field.is_empty() { "" } else { "." };
            field = format!("{field}{dot}{name}");
        }
        // serde_path_to_error steps into the variant that a lone word names: `"leaves":"never"`.
        let mut said = said;
        if let (Some((above, _)), true) = (field.rsplit_once('.'), said.contains("unit variant")) {
            (field, said) = (above.to_owned(), "a lone word says too little");
        }
        if said.contains("floating point") && ends_in_digits(text, error.line(), error.column()) {
            said = "the number is too large: 2^64 or more";
        }
        let message = match error.classify() {
            serde_json::error::Category::Data => explain(&field, said),
            // serde_json calls a syntax error what is none: an object that should have one field
            // and has another number of them, or a null.
            _ if serde_json::from_slice::<IgnoredAny>(text).is_ok() => {
                explain(&field, "this says too little or too much")
            }
            _ => format!("this is not JSON: {said}"),
        };
        JsonError {
            line: error.line().max(1),
            column: error.column().max(1),
            field: printable(field),
            message: printable(message),
            cut_off: error.is_eof(),
        }
    }

    /// What is wrong with the meaning of a document whose form is fine.
    pub(crate) fn semantic(malformed: Malformed, text: &[u8]) -> JsonError {
        let (line, column) = locate(text, &malformed.field);
        let Malformed { field, message } = malformed;
        JsonError { line, column, field, message, cut_off: false }
    }
}

/// Does a number of nothing but digits end there? One that does not fit 64 bits is read as floating
/// point.
fn ends_in_digits(text: &[u8], line: usize, column: usize) -> bool {
    let line = text.split(|&byte| byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let before = &line[..column.min(line.len())];
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let ahead = before[..before.len() - digits].last();
    digits != 0 && ahead.is_none_or(|byte| !b".eE+-".contains(byte))
}

/// Adds what to write to what serde says, which is only what it did not expect.
fn explain(field: &str, said: &str) -> String {
    let mut said = said.to_owned();
    for rust in ["u64", "u32"] {
        said = said.replace(&format!("expected {rust}"), "expected a whole number");
    }
    if said.starts_with("duplicate field") {
        return format!("{said}; write it once");
    }
    if said.contains("unknown field") || said.contains("; ") {
        return said;
    }
    match example(field) {
        Some(example) => format!("{said}; write {example}"),
        None => said,
    }
}

/// What a field looks like.
fn example(field: &str) -> Option<&'static str> {
    let name = field.rsplit('.').next().unwrap_or(field);
    let name = name.split('[').next().unwrap_or(name);
    Some(match name {
        "swarmbound" => "\"swarmbound\":1, the version of the format",
        "name" => "a text in quotes",
        "file" => "{\"bytes\":1000000000,\"chunk_bytes\":262144}",
        "source" => "{\"upload_bps\":10000000}",
        "peers" if field == "peers" => "a list like [{\"id\":1,\"upload_bps\":0,...}]",
        "peers" => "a list of node numbers",
        "id" => "the number of the peer: 1, 2, 3 and so on",
        "upload_bps" => {
            "bits per second, for example 10000000, a list like \
             [[0,1000000],[21600000000000,10000000]], or null where it is not known"
        }
        "holds" | "wants" => "ranges of chunks like [[0,200]], the end not included",
        "download_bps" => "bits per second, for example 10000000, or null for no limit",
        "leaves" if field == "source.leaves" => {
            "{\"never\":true}, {\"at_ns\":90000000000} or {\"after_copies\":1}"
        }
        "leaves" => "{\"never\":true}, {\"at_ns\":90000000000} or {\"after_completion_ns\":0}",
        "after_copies" => "a number of copies, for example 1",
        "bytes" | "chunk_bytes" | "burst_bytes" | "offset" => "bytes, for example 262144",
        "reachable" | "whole_swarm" | "cut_through" | "multi_source" | "coded" | "complete" => {
            "true or false"
        }
        "seed" => "a number from 0 to 18446744073709551615",
        "t" | "start" | "end" => "nanoseconds, for example 1000000000 for a second",
        "node" | "from" | "to" | "a" | "b" => "the number of a node: 0 is the source",
        "chunk" => "the number of a chunk, from 0",
        _ if field == format!("protocol.{name}") => return Protocol::json_example(name),
        _ if name.ends_with("_ns") => "nanoseconds, for example 1000000000 for a second",
        _ => return None,
    })
}

/// Where the value at `path` (like `peers[3].leaves`) stands: line and column, both from 1. The
/// start of the text when nothing stands there.
fn locate(text: &[u8], path: &str) -> (usize, usize) {
    let steps: Vec<&str> = path.split(['.', '[']).filter(|step| !step.is_empty()).collect();
    let mut json = serde_json::Deserializer::from_slice(text);
    match (Seek { steps: &steps }).deserialize(&mut json) {
        // The search stops in front of the value, behind its colon or comma.
        Err(found) if 0 < found.line() => (found.line(), found.column() + 1),
        _ => (1, 1),
    }
}

/// Walks down a path and fails where it ends: the error of the parser then knows the position.
struct Seek<'p> {
    steps: &'p [&'p str],
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.steps.is_empty() {
            return Err(D::Error::custom("found"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.steps[0] {
                return map.next_value_seed(Seek { steps: &self.steps[1..] });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let index = self.steps[0].trim_end_matches(']').parse().unwrap_or(usize::MAX);
        let mut at = 0;
        while at < index && seq.next_element::<IgnoredAny>()?.is_some() {
            at += 1;
        }
        seq.next_element_seed(Seek { steps: &self.steps[1..] })?;
        Ok(())
    }
}
