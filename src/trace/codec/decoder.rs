//! The lines of a trace whose scenario is known: an engine's answer to a scenario.
//!
//! The header may be left out, since it says nothing new; when it is there it must say the same
//! scenario. A [`Decoder`] does no I/O: its caller hands it one line after another.

use serde_json::Value;

use super::{
    CodecError, Document, Event, EventSchema, Evidence, JsonError, LineError, RawEvidence,
};
use crate::scenario::Scenario;

/// The most characters of a wrong line that its error shows.
const SHOWN: usize = 60;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodedLine {
    /// The header: how far the times of the events can be trusted.
    Header(Evidence),
    /// Something that happened.
    Event(Event),
    /// Nothing: the line is empty.
    Nothing,
}

/// Reads the lines of a trace whose scenario is known, one after the other.
#[derive(Debug)]
pub struct Decoder<'s> {
    scenario: &'s Scenario,
    schema: EventSchema,
    line: u64,
}

impl<'s> Decoder<'s> {
    /// Nothing is read yet.
    pub fn new(scenario: &'s Scenario) -> Self {
        Decoder { scenario, schema: EventSchema::new(scenario), line: 0 }
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.line
    }

    /// Reads the next line, handed in without its newline.
    ///
    /// # Errors
    /// A line that is no event, or an event of nodes and chunks that the scenario does not know;
    /// a header that is not the first line, or of another scenario.
    pub fn read(&mut self, line: &[u8]) -> Result<DecodedLine, CodecError> {
        self.line += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(DecodedLine::Nothing);
        }
        match self.schema.event(line) {
            Ok(event) => Ok(DecodedLine::Event(event)),
            Err(_) if is_header(line) => self.header(line).map(DecodedLine::Header),
            Err(error) => Err(self.wrong(with_text(error.into(), line))),
        }
    }

    fn header(&self, line: &[u8]) -> Result<Evidence, CodecError> {
        if self.line != 1 {
            return Err(self.wrong(LineError::whole(
                "this is a header, which must be the first line and the only one of its kind; \
                 answer each scenario once",
            )));
        }
        let read: Result<Document<RawEvidence>, JsonError> = JsonError::read(line);
        let document = read.map_err(|error| self.wrong(with_text(error.into(), line)))?;
        let (scenario, evidence) = document
            .resolve()
            .map_err(|malformed| self.wrong(JsonError::semantic(malformed, line).into()))?;
        if &scenario != self.scenario {
            return Err(self.wrong(self.other(&scenario)));
        }
        Ok(evidence.map(Evidence::from).unwrap_or_default())
    }

    /// Where a header says another scenario.
    fn other(&self, scenario: &Scenario) -> LineError {
        let [said, given] = [scenario, self.scenario].map(|it| {
            serde_json::to_value(it).expect("strings, integers and lists are always JSON")
        });
        let (field, said, given) = difference(String::new(), &said, &given)
            .expect("scenarios that differ are written differently");
        LineError {
            column: 1,
            message: format!(
                "the header is of another scenario: {said} instead of {given}; repeat the scenario \
                 as it was given, or leave the header out"
            ),
            field,
        }
    }

    fn wrong(&self, error: LineError) -> CodecError {
        CodecError::Line { line: self.line, error }
    }
}

/// Is it a line that means to be a header?
fn is_header(line: &[u8]) -> bool {
    let value: Result<Value, _> = serde_json::from_slice(line);
    value.is_ok_and(|value| value.get("swarmbound").is_some())
}

/// The error with what is written there: an engine's output is not at hand as a file is.
fn with_text(error: LineError, line: &[u8]) -> LineError {
    let text = String::from_utf8_lossy(line);
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if SHOWN < text.chars().count() {
        shown.push_str("...");
    }
    LineError { message: format!("{} (the line is `{shown}`)", error.message), ..error }
}

/// The path of the first value that differs, and its two forms.
fn difference(path: String, one: &Value, other: &Value) -> Option<(String, String, String)> {
    let dot = if path.is_empty() { "" } else { "." };
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            let fields =
                ones.keys().chain(others.keys().filter(|field| !ones.contains_key(*field)));
            let missing = Value::String("nothing".to_owned());
            fields.into_iter().find_map(|field| {
                let one = ones.get(field).unwrap_or(&missing);
                let other = others.get(field).unwrap_or(&missing);
                difference(format!("{path}{dot}{field}"), one, other)
            })
        }
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            let pairs = ones.iter().zip(others).enumerate();
            let mut different =
                pairs.map(|(at, (one, other))| difference(format!("{path}[{at}]"), one, other));
            different.find_map(|found| found)
        }
        (Value::Array(ones), Value::Array(others)) => {
            Some((path, format!("a list of {}", ones.len()), format!("one of {}", others.len())))
        }
        _ if one == other => None,
        _ => Some((path, one.to_string(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::arbitrary::scenario;
    use crate::trace::arbitrary::trace;
    use crate::trace::codec::write_trace;

    proptest! {
        #[test]
        fn what_is_written_is_read_line_by_line(trace in trace()) {
            let mut text = Vec::new();
            write_trace(&mut text, &trace).unwrap();
            let mut decoder = Decoder::new(&trace.header.scenario);
            let mut lines = text.split(|&byte| byte == b'\n');
            let header = decoder.read(lines.next().unwrap()).unwrap();
            prop_assert_eq!(header, DecodedLine::Header(trace.header.evidence));
            for event in trace.events {
                let line = decoder.read(lines.next().unwrap()).unwrap();
                prop_assert_eq!(line, DecodedLine::Event(event));
            }
            prop_assert_eq!(decoder.read(lines.next().unwrap()).unwrap(), DecodedLine::Nothing);
        }

        #[test]
        fn a_header_is_of_the_scenario_that_was_given(
            given in scenario(),
            other in scenario(),
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut decoder = Decoder::new(&given);
            let read = decoder.read(other.to_json().as_bytes());
            prop_assert_eq!(read.is_ok(), given == other);
            let mut decoder = Decoder::new(&given);
            prop_assert!(decoder.read(given.to_json().as_bytes()).is_ok());
            let again = decoder.read(given.to_json().as_bytes()).unwrap_err().to_string();
            prop_assert!(again.contains("answer each scenario once"), "{}", again);
            let _ = decoder.read(&bytes);
        }
    }

    #[test]
    fn the_first_difference_is_named() {
        let one = serde_json::json!({"a": 1, "b": [{"c": null}, {"c": 2}]});
        let other = serde_json::json!({"a": 1, "b": [{"c": null}, {"c": 3, "d": 4}]});
        let strings = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
        let found = |one, other| difference(String::new(), one, other);
        assert_eq!(found(&one, &other), strings("b[1].c", "2", "3"));
        assert_eq!(found(&one, &one), None);
        let short = serde_json::json!({"a": 1, "b": []});
        assert_eq!(found(&one, &short), strings("b", "a list of 2", "one of 0"));
        let more = serde_json::json!({"a": 1, "b": [{"c": null}, {"c": 2}], "e": 5});
        assert_eq!(found(&one, &more), strings("e", "\"nothing\"", "5"));
    }
}
