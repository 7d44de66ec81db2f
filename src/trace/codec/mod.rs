//! Traces as JSON lines: a header, then one event a line, streaming both ways.
//!
//! Every event is checked against the header before a caller sees it: the nodes and chunks of an
//! [`Event`] that a [`Reader`] returns exist. The codec judges nothing else: what a swarm may do is
//! the business of the audit. [`Reader`] and [`Writer`] stream; [`Decoder`] reads the answer to a
//! scenario line by line, [`Blocks`] lets many threads read.

use std::io::{self, BufRead, Read, Write};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, Evidence, Header, Stamps, Trace};
#[cfg(feature = "schema")]
use crate::scenario::described;
use crate::scenario::{Document, JsonError, Malformed};
use crate::units::Time;

mod blocks;
#[cfg(test)]
mod corpus;
mod decoder;
mod fields;
mod line;
#[cfg(test)]
mod tests;

pub use blocks::{Block, Blocks};
pub use decoder::{DecodedLine, Decoder};
use fields::RawEvent;
use line::EventSchema;

/// The most bytes that the header may have: a million peers take a third of them.
pub(crate) const LONGEST_HEADER: u64 = 512 << 20;

/// The most bytes that the line of an event may have: an announce may name a million peers.
pub(crate) const LONGEST_EVENT: u64 = 16 << 20;

/// Why a trace cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// A line that makes no sense.
    #[error("line {line}: {error}")]
    Line {
        /// The line, from 1; the header is line 1.
        line: u64,
        /// What is wrong with it.
        error: LineError,
    },
    /// The bytes themselves could not be read.
    #[error("line {line}: cannot be read: {source}")]
    Io {
        /// The line, from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
}

/// What is wrong with a line, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct LineError {
    /// The column in bytes, from 1.
    pub column: usize,
    /// The path of the field; empty when the line as a whole is wrong.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl std::fmt::Display for LineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "column {}: ", self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl LineError {
    fn whole(message: impl Into<String>) -> Self {
        LineError { column: 1, field: String::new(), message: message.into() }
    }
}

impl From<JsonError> for LineError {
    fn from(error: JsonError) -> Self {
        LineError { column: error.column, field: error.field, message: error.message }
    }
}

impl CodecError {
    /// The line that is wrong, from 1.
    pub fn line(&self) -> u64 {
        match self {
            CodecError::Line { line, .. } | CodecError::Io { line, .. } => *line,
        }
    }
}

/// The evidence on the wire.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Evidence"))]
#[serde(deny_unknown_fields, default, expecting = "an object")]
struct RawEvidence {
    stamps: RawStamps,
    clock_tolerance_ns: Time,
    complete: bool,
    #[serde(skip_serializing_if = "is_whole")]
    whole_swarm: bool,
}

fn is_whole(whole_swarm: &bool) -> bool {
    *whole_swarm
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Stamps"))]
#[serde(rename_all = "lowercase", expecting = "`exact`, `receiver` or `wire`")]
enum RawStamps {
    Exact,
    Receiver,
    Wire,
}

impl Default for RawEvidence {
    fn default() -> Self {
        RawEvidence::from(Evidence::default())
    }
}

impl From<Evidence> for RawEvidence {
    fn from(evidence: Evidence) -> Self {
        RawEvidence {
            stamps: match evidence.stamps {
                Stamps::Exact => RawStamps::Exact,
                Stamps::Receiver => RawStamps::Receiver,
                Stamps::Wire => RawStamps::Wire,
            },
            clock_tolerance_ns: evidence.clock_tolerance,
            complete: evidence.complete,
            whole_swarm: evidence.whole_swarm,
        }
    }
}

impl From<RawEvidence> for Evidence {
    fn from(raw: RawEvidence) -> Self {
        Evidence {
            stamps: match raw.stamps {
                RawStamps::Exact => Stamps::Exact,
                RawStamps::Receiver => Stamps::Receiver,
                RawStamps::Wire => Stamps::Wire,
            },
            clock_tolerance: raw.clock_tolerance_ns,
            complete: raw.complete,
            whole_swarm: raw.whole_swarm,
        }
    }
}

/// A line of a trace as JSON Schema: the header, which is the first, or an event.
#[cfg(feature = "schema")]
pub fn json_schema() -> serde_json::Value {
    let mut generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let header = Document::<RawEvidence>::json_schema(&mut generator);
    let event = RawEvent::json_schema(&mut generator);
    let line = schemars::json_schema!({ "anyOf": [header, event] });
    described("A line of a trace: the header first, then events", line, generator)
}

/// How a line of text ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// With its newline.
    Newline,
    /// With the end of the text.
    Eof,
}

/// The lines of a text, one at a time in one buffer, none longer than a limit.
struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads the next line into the buffer, without its end; None at the end of the text.
    fn advance(&mut self, longest: u64) -> Result<Option<Ending>, CodecError> {
        self.buffer.clear();
        self.line += 1;
        let limited = (&mut self.input).take(longest + 1).read_until(b'\n', &mut self.buffer);
        limited.map_err(|source| CodecError::Io { line: self.line, source })?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        // Some editors put a byte order mark before the first line; it is no part of the text.
        if self.line == 1 && self.buffer.starts_with("\u{feff}".as_bytes()) {
            self.buffer.drain(.."\u{feff}".len());
        }
        let ending = if self.buffer.ends_with(b"\n") { Ending::Newline } else { Ending::Eof };
        if longest < self.buffer.len() as u64 && ending == Ending::Eof {
            return Err(self.wrong(LineError::whole(format!(
                "the line is longer than {longest} bytes; write one event a line"
            ))));
        }
        while self.buffer.last().is_some_and(|&end| end == b'\n' || end == b'\r') {
            self.buffer.pop();
        }
        Ok(Some(ending))
    }

    /// The event of the next line, and its number; None at the end of the text.
    fn event(&mut self, schema: &EventSchema) -> Result<Option<(u64, Event)>, CodecError> {
        let Some(ending) = self.advance(LONGEST_EVENT)? else {
            return Ok(None);
        };
        if is_blank(&self.buffer) {
            let blank = self.wrong(LineError::whole("the line is empty; remove it"));
            return match self.advance(LONGEST_EVENT)? {
                None => Ok(None),
                Some(_) => Err(blank),
            };
        }
        match schema.event(&self.buffer) {
            Ok(event) => Ok(Some((self.line, event))),
            Err(error) => Err(self.refuse(error, ending)),
        }
    }

    fn wrong(&self, error: LineError) -> CodecError {
        CodecError::Line { line: self.line, error }
    }

    /// A line that is no JSON because the text ended within it was cut off.
    fn refuse(&self, error: JsonError, ending: Ending) -> CodecError {
        let cut_off = error.cut_off;
        let mut error = LineError::from(error);
        if cut_off && ending == Ending::Eof {
            error.message = "the last line is cut off; write it whole or remove it".to_owned();
        } else if cut_off {
            error.message += "; write the whole of it on one line";
        }
        self.wrong(error)
    }
}

/// Is a line empty?
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Reads a trace, one event at a time.
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    schema: EventSchema,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When the first line is no header, or cannot be read.
    pub fn new(input: R) -> Result<Self, CodecError> {
        let mut lines = Lines { input, buffer: Vec::new(), line: 0 };
        let Some(ending) = lines.advance(LONGEST_HEADER)? else {
            return Err(lines.wrong(LineError::whole(
                "the trace is empty; its first line must be the header, a resolved scenario",
            )));
        };
        let document: Document<RawEvidence> =
            JsonError::read(&lines.buffer).map_err(|mut error| {
                error.message += " (line 1 is the header: a resolved scenario)";
                lines.refuse(error, ending)
            })?;
        let (scenario, evidence) = document.resolve().map_err(|malformed| {
            lines.wrong(JsonError::semantic(malformed, &lines.buffer).into())
        })?;
        let evidence = evidence.map(Evidence::from).unwrap_or_default();
        let schema = EventSchema::new(&scenario);
        // The buffer of a header of half a gigabyte is not kept for events of a hundred bytes.
        lines.buffer = Vec::new();
        Ok(Reader { lines, header: Header { scenario, evidence }, schema, done: false })
    }

    /// What the first line said.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Gives the header away, after the last event.
    pub fn into_header(self) -> Header {
        self.header
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    /// An event and the number of its line, from 2. Nothing follows an error.
    type Item = Result<(u64, Event), CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.lines.event(&self.schema).transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

/// Writes a trace: the same header and events always give the same bytes.
pub struct Writer<W> {
    output: W,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes the header; the default evidence is left out.
    ///
    /// # Errors
    /// When `output` refuses the bytes.
    pub fn new(output: W, header: &Header) -> io::Result<Self> {
        let evidence = Some(header.evidence).filter(|said| *said != Evidence::default());
        let mut writer = Writer { output, buffer: Vec::new() };
        writer.put(&Document::new(&header.scenario, evidence.map(RawEvidence::from)))?;
        Ok(writer)
    }

    /// Writes one event on a line of its own.
    ///
    /// # Errors
    /// When the output refuses the bytes.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        self.put(&RawEvent::from(event))
    }

    /// Passes everything on and gives the output back.
    ///
    /// # Errors
    /// When the output refuses the bytes.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }

    fn put(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, line)?;
        self.buffer.push(b'\n');
        self.output.write_all(&self.buffer)
    }
}

/// Reads a whole trace.
///
/// # Errors
/// The first line that makes no sense or cannot be read.
pub fn read_trace(input: impl BufRead) -> Result<Trace, CodecError> {
    let mut reader = Reader::new(input)?;
    let events =
        reader.by_ref().map(|item| item.map(|(_, event)| event)).collect::<Result<_, _>>()?;
    Ok(Trace { header: reader.into_header(), events })
}

/// Writes a whole trace.
///
/// # Errors
/// When `output` refuses the bytes.
pub fn write_trace(output: impl Write, trace: &Trace) -> io::Result<()> {
    let mut writer = Writer::new(output, &trace.header)?;
    trace.events.iter().try_for_each(|event| writer.write(event))?;
    writer.finish().map(drop)
}
