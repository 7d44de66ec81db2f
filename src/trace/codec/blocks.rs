//! The lines of a trace in blocks, so that many threads can read one trace.
//!
//! Cutting a text into blocks is quick and goes in order; what takes time, making events of their
//! lines, may happen anywhere and in any order. Blocks that are read one after the other say what a
//! [`Reader`] says: the same events, the same first error. No thread is started
//! here. The types to know are [`Blocks`] and [`Block`].

use std::io::{self, BufRead, Read};
use std::mem;

use memchr::{memchr_iter, memrchr};

use super::{CodecError, Event, Form, Header, LONGEST_EVENT, Lines, Reader};

/// A block that fits into the cache of a core.
const BLOCK: usize = 128 << 10;

/// The most that a block has: a line that is too long, so that whoever reads it sees that it is.
const LONGEST: usize = LONGEST_EVENT as usize + 2;

/// The rest of a trace in blocks, in order.
pub struct Blocks<R> {
    lines: Lines<R>,
    form: Form,
    done: bool,
    /// About how many bytes a block has.
    size: usize,
    /// What was read of the next block.
    begun: Vec<u8>,
}

/// Some lines of a trace, as they stand there.
#[derive(Debug)]
pub struct Block {
    form: Form,
    text: Vec<u8>,
    /// How many lines were before it.
    before: u64,
    /// Does nothing follow, not even the beginning of a line?
    ends: bool,
    /// Why nothing that follows can be read.
    fault: Option<CodecError>,
}

impl<R: BufRead> Reader<R> {
    /// The header, and the events that are left as blocks of lines.
    pub fn into_blocks(self) -> (Header, Blocks<R>) {
        let Reader { lines, header, form, done } = self;
        (header, Blocks { lines, form, done, size: BLOCK, begun: Vec::new() })
    }
}

impl<R: BufRead> Blocks<R> {
    /// Reads until there is a whole line and a byte after it, or nothing comes any more, or no line
    /// may be so long. Says where the block ends.
    fn fill(&mut self) -> io::Result<Option<usize>> {
        let mut enough = self.size.max(self.begun.len() + 1);
        loop {
            let lacking = (enough - self.begun.len()) as u64;
            self.begun.reserve(enough - self.begun.len());
            let got = (&mut self.lines.input).take(lacking).read_to_end(&mut self.begun)?;
            if (got as u64) < lacking {
                return Ok(None);
            }
            // The last byte stays behind, as a sign that something follows.
            let last = self.begun.len() - 1;
            if let Some(end) = memrchr(b'\n', &self.begun[..last]) {
                return Ok(Some(end + 1));
            }
            if enough == LONGEST {
                return Ok(Some(LONGEST - 1));
            }
            enough = LONGEST.min(2 * enough);
        }
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
        let ends = self.begun.is_empty();
        self.done = !matches!(filled, Ok(Some(_)));
        let fault = filled.err().map(|source| CodecError::Io { line: self.lines.line + 1, source });
        Some(Block { form: self.form, text, before, ends, fault })
    }
}

impl Block {
    /// What the lines say: events and the numbers of their lines. Nothing follows an error, neither
    /// here nor in the blocks after this one.
    pub fn events(self) -> Vec<Result<(u64, Event), CodecError>> {
        let Block { form, text, before, ends, fault } = self;
        let mut lines = Lines { input: &text[..], buffer: Vec::new(), line: before };
        let mut events = Vec::with_capacity(text.len() / 64);
        let wrong = loop {
            match lines.event(&form, ends) {
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
