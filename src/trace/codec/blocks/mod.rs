//! The lines of a trace in blocks, so that many threads can read one trace.
//!
//! Cutting a text into blocks is quick and goes in order; what takes time, making events of their
//! lines, may happen anywhere and in any order. Blocks say what a [`Reader`] says, one after the
//! other and up to the first error: the same events, the same error. No thread is started here.

use std::io::{self, BufRead};
use std::mem;

use memchr::{memchr_iter, memrchr};

use super::{CodecError, Event, EventSchema, Header, LONGEST_EVENT, Lines, Reader, is_blank};

/// So much text without a line that ends is too long: an empty line and the next one, each with the
/// most bytes that it may have and one more.
const LONGEST: usize = 2 * (LONGEST_EVENT as usize + 2);

/// The rest of a trace in blocks, in order. Each has the lines that one read of the input gave, so
/// that nothing waits for more of a slow one; the capacity of the input decides how long they are.
pub struct Blocks<R> {
    lines: Lines<R>,
    schema: EventSchema,
    done: bool,
    /// What was read of the next block.
    begun: Vec<u8>,
}

/// Some lines of a trace, as they stand there.
#[derive(Debug)]
pub struct Block {
    schema: EventSchema,
    text: Vec<u8>,
    /// How many lines were before it.
    before: u64,
    /// Why nothing that follows can be read.
    fault: Option<CodecError>,
}

impl<R: BufRead> Reader<R> {
    /// The header, and the events that are left as blocks of lines. A caller that takes the events
    /// in the order of the blocks, and stops at the first error, has what the reader would have
    /// said.
    pub fn into_blocks(self) -> (Header, Blocks<R>) {
        let Reader { lines, header, schema, done } = self;
        (header, Blocks { lines, schema, done, begun: Vec::new() })
    }
}

impl<R: BufRead> Blocks<R> {
    /// Reads until a block can be cut off, and says where; None when nothing comes any more.
    fn fill(&mut self) -> io::Result<Option<usize>> {
        loop {
            let got = match self.lines.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                got => got?,
            };
            if got.is_empty() {
                return Ok(None);
            }
            let got = &got[..got.len().min(LONGEST - self.begun.len())];
            // What was there before did not end a block.
            let may_end = memrchr(b'\n', got).is_some();
            self.begun.extend_from_slice(got);
            let got = got.len();
            self.lines.input.consume(got);
            if may_end && let Some(end) = self.end() {
                return Ok(Some(end));
            }
            if self.begun.len() == LONGEST {
                return Ok(Some(LONGEST));
            }
        }
    }

    /// Where the lines end that say all of themselves. An empty one is wrong unless it is the last
    /// of the trace, so the line after it belongs to the same block.
    fn end(&self) -> Option<usize> {
        let end = memrchr(b'\n', &self.begun)?;
        let last = self.line_before(end);
        if !is_blank(&self.begun[last..end]) {
            return Some(end + 1);
        }
        let before = last.checked_sub(1)?;
        let is_second = is_blank(&self.begun[self.line_before(before)..before]);
        Some(if is_second { end + 1 } else { last })
    }

    /// Where the line begins that ends there.
    fn line_before(&self, end: usize) -> usize {
        memrchr(b'\n', &self.begun[..end]).map_or(0, |at| at + 1)
    }
}

impl<R: BufRead> Iterator for Blocks<R> {
    type Item = Block;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let filled = self.fill();
        let end = match &filled {
            Ok(Some(end)) => *end,
            Ok(None) => self.begun.len(),
            // Of a line that cannot be read to its end nothing is said.
            Err(_) => memrchr(b'\n', &self.begun).map_or(0, |last| last + 1),
        };
        let rest = self.begun.split_off(end);
        let text = mem::replace(&mut self.begun, rest);
        let before = self.lines.line;
        self.lines.line += memchr_iter(b'\n', &text).count() as u64;
        self.done = !matches!(filled, Ok(Some(_)));
        let fault = filled.err().map(|source| CodecError::Io { line: self.lines.line + 1, source });
        Some(Block { schema: self.schema, text, before, fault })
    }
}

impl Block {
    /// What the lines say: events and the numbers of their lines, and at the end what is wrong, if
    /// anything is. Then the blocks after this one say nothing of worth.
    pub fn events(self) -> Vec<Result<(u64, Event), CodecError>> {
        let Block { schema, text, before, fault } = self;
        let mut lines = Lines { input: &text[..], buffer: Vec::new(), line: before };
        let mut events = Vec::with_capacity(text.len() / 64);
        let wrong = loop {
            match lines.event(&schema) {
                Ok(Some(event)) => events.push(Ok(event)),
                Ok(None) => break fault,
                Err(error) => break Some(error),
            }
        };
        events.extend(wrong.map(Err));
        events
    }
}

#[cfg(test)]
mod tests;
