//! Reads what an engine prints, line by line, within limits.
//!
//! Bytes come in as they arrive; events go out as soon as their lines are complete. Only an
//! incomplete line is kept.

use crate::scenario::Scenario;
use crate::suite::Failure;
use crate::trace::codec::{DecodedLine, Decoder};
use crate::trace::{Event, Evidence};

/// How much an answer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AnswerLimits {
    /// Bytes of one line.
    pub(super) line: usize,
    /// Events.
    pub(super) events: u64,
    /// Bytes of the whole answer.
    pub(super) bytes: u64,
}

impl AnswerLimits {
    /// What no honest answer to `scenario` needs: 64 events for each chunk of each peer, 128 bytes
    /// for each event, a header or a list of members of four times the scenario's own length.
    pub(super) fn of(scenario: &Scenario) -> Self {
        let copies = scenario.peer_count() as u64 * scenario.file().chunks() as u64;
        let events = copies.saturating_mul(64).saturating_add(100_000);
        let bytes = events.saturating_mul(128);
        let line = scenario.to_json().len().saturating_mul(4).saturating_add(64 << 10);
        AnswerLimits { line, events, bytes }
    }
}

/// An answer while it is read.
#[derive(Debug)]
pub(super) struct Answer<'s> {
    decoder: Decoder<'s>,
    limits: AnswerLimits,
    evidence: Evidence,
    /// The incomplete last line.
    begun: Vec<u8>,
    bytes: u64,
    events: u64,
    ended: bool,
    /// Whether the scenario has any event.
    eventful: bool,
}

impl<'s> Answer<'s> {
    /// An answer of which nothing has arrived yet.
    pub(super) fn new(scenario: &'s Scenario, limits: AnswerLimits) -> Self {
        Answer {
            decoder: Decoder::new(scenario),
            limits,
            evidence: Evidence::default(),
            begun: Vec::new(),
            bytes: 0,
            events: 0,
            ended: false,
            eventful: scenario.peers().any(|(_, peer)| peer.joins < scenario.parts().until),
        }
    }

    /// How far the times of its events can be trusted.
    pub(super) fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Whether the empty line that ends the answer has arrived.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// How much has arrived, in words.
    pub(super) fn so_far(&self) -> String {
        match (self.bytes, self.events) {
            (0, _) => "nothing".to_owned(),
            (bytes, 0) => format!("{bytes} bytes without an event"),
            (_, 1) => "one event".to_owned(),
            (_, events) => format!("{events} events"),
        }
    }

    /// Takes what has arrived.
    pub(super) fn take(
        &mut self,
        mut bytes: &[u8],
        record: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        self.bytes += bytes.len() as u64;
        if self.limits.bytes < self.bytes {
            let most = self.limits.bytes;
            return Err(too_much(format!("more than {most} bytes, for {}", self.so_far())));
        }
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            if self.begun.is_empty() {
                self.line(line, record)?;
            } else {
                self.begun.extend_from_slice(line);
                let whole = std::mem::take(&mut self.begun);
                self.line(&whole, record)?;
            }
        }
        if self.limits.line < self.begun.len() + bytes.len() {
            let most = self.limits.line;
            return Err(too_much(format!("a line of more than {most} bytes")));
        }
        self.begun.extend_from_slice(bytes);
        Ok(())
    }

    /// At the end of the output: reads a last line without its newline.
    pub(super) fn close(&mut self, record: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let last = std::mem::take(&mut self.begun);
        if !last.is_empty() {
            self.line(&last, record)?;
        }
        match self.events {
            0 if self.eventful => {
                Err(Failure::new("said nothing", "it ended its answer without a single event"))
            }
            _ => Ok(()),
        }
    }

    fn line(&mut self, line: &[u8], record: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let said = self.decoder.read(line);
        if self.ended && !matches!(said, Ok(DecodedLine::Nothing)) {
            return Err(Failure::new(
                "answered twice",
                format!(
                    "it went on in line {} after the empty line that ended its answer",
                    self.decoder.lines()
                ),
            ));
        }
        match said {
            Ok(DecodedLine::Event(event)) => {
                self.events += 1;
                if self.limits.events < self.events {
                    return Err(too_much(format!("more than {} events", self.limits.events)));
                }
                record(event);
            }
            Ok(DecodedLine::Header(evidence)) => self.evidence = evidence,
            Ok(DecodedLine::Nothing) => self.ended = true,
            Err(error) => {
                return Err(Failure::new("malformed output", format!("in its output, {error}")));
            }
        }
        Ok(())
    }
}

fn too_much(what: String) -> Failure {
    Failure::new("too much output", format!("it printed {what}, more than any honest answer needs"))
}
