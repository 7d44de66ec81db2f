//! The messages of BitTorrent (BEP 3, 6, 10, 52) in one direction of a connection.
//!
//! Behind a hole, and where a stream is met in its middle, it looks for a place from which messages
//! follow each other. Nothing is judged here.

use std::collections::VecDeque;

use super::tcp::Piece;
use super::torrent::{InfoHash, Torrent};

const PROTOCOL: &[u8] = b"\x13BitTorrent protocol";
/// Bytes of a handshake.
const HANDSHAKE: usize = 68;
/// No message is longer; a bitfield of 16 million chunks is.
const LONGEST: usize = 4 << 20;
/// No client asks for more in one request.
const MOST_ASKED: usize = 1 << 17;
/// Messages that must follow each other before a place is believed.
const BELIEVED: usize = 3;

/// What a node says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// The first thing of a connection.
    Handshake {
        hash: InfoHash,
    },
    Choke,
    Unchoke,
    Have {
        chunk: u32,
    },
    /// Which chunks it has, a bit each from the highest.
    Bitfield(Vec<u8>),
    HaveAll,
    HaveNone,
    AllowedFast {
        chunk: u32,
    },
    /// Bytes of a chunk; fewer than `whole` where the connection ended within them.
    Block {
        chunk: u32,
        begin: u32,
        bytes: u32,
        whole: u32,
    },
}

/// A message and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) message: Message,
    /// The offset of its first byte; of a block's, the first byte of the chunk.
    pub(super) offset: i64,
    /// The number of the packet that brought that byte; None in a hole.
    pub(super) number: Option<i64>,
    /// When its last byte was seen by the tap that is read.
    pub(super) last: u64,
    /// Whether bytes of it are missing.
    pub(super) holed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is known of the stream.
    New,
    /// A message begins where the buffer does.
    InStep,
    /// Where the next message begins is not known.
    Lost,
    /// It is another protocol.
    Foreign,
}

/// What brought some bytes of a stream.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    /// The offset behind the last one.
    end: i64,
    at: u64,
    /// The number of the packet; None in a hole.
    number: Option<i64>,
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Wire {
    state: State,
    buffer: Vec<u8>,
    /// The offset of the first byte of the buffer.
    offset: i64,
    /// What brought the bytes of the buffer.
    stamps: VecDeque<Stamp>,
    /// How often something is missing or unreadable.
    pub(super) holes: u64,
    /// Whether it is a swarm's.
    pub(super) spoke: bool,
}

impl Wire {
    /// A stream that is seen from its first byte, or from its middle.
    pub(super) fn new() -> Self {
        Wire {
            state: State::New,
            buffer: Vec::new(),
            offset: 0,
            stamps: VecDeque::new(),
            holes: 0,
            spoke: false,
        }
    }

    /// What comes next in the stream; `from_start` says whether it is seen from its first byte.
    pub(super) fn piece(
        &mut self,
        torrent: &Torrent,
        piece: Piece<'_>,
        from_start: bool,
        each: &mut dyn FnMut(Said),
    ) {
        match piece {
            Piece::Bytes { .. } if self.state == State::Foreign => {}
            Piece::Bytes { offset, number, bytes, at } => {
                if self.buffer.is_empty() {
                    self.offset = offset;
                    self.stamps.clear();
                }
                self.buffer.extend_from_slice(bytes);
                let end = self.offset + self.buffer.len() as i64;
                self.stamps.push_back(Stamp { end, at, number: Some(number) });
                self.read(torrent, from_start, each);
            }
            Piece::Hole { bytes, at } => self.hole(torrent, bytes, at, from_start, each),
        }
    }

    /// The stream is over: a block that has begun ends here.
    pub(super) fn finish(&mut self, torrent: &Torrent, each: &mut dyn FnMut(Said)) {
        if self.state != State::InStep || self.buffer.len() <= 13 {
            return;
        }
        if let Some(length) = length(&self.buffer)
            && let Some(Message::Block { chunk, begin, whole, .. }) =
                message(torrent, &self.buffer, length)
        {
            let bytes = (self.buffer.len() - 13) as u32;
            let message = Message::Block { chunk, begin, bytes, whole };
            self.say(message, 13, self.buffer.len(), each);
        }
        self.buffer.clear();
    }

    fn hole(
        &mut self,
        torrent: &Torrent,
        bytes: u64,
        at: u64,
        from_start: bool,
        each: &mut dyn FnMut(Said),
    ) {
        if self.state == State::Foreign {
            return;
        }
        self.holes += 1;
        // Where a block has begun, it is known where it ends.
        let missing = length(&self.buffer)
            .filter(|_| self.state == State::InStep && 13 <= self.buffer.len())
            .filter(|&length| message(torrent, &self.buffer, length).is_some())
            .map(|length| (4 + length).saturating_sub(self.buffer.len()) as u64);
        match missing {
            Some(missing) if bytes <= missing => {
                self.buffer.resize(self.buffer.len() + bytes as usize, 0);
                let end = self.offset + self.buffer.len() as i64;
                self.stamps.push_back(Stamp { end, at, number: None });
                self.read(torrent, from_start, each);
            }
            _ => {
                self.buffer.clear();
                self.state = State::Lost;
            }
        }
    }

    fn read(&mut self, torrent: &Torrent, from_start: bool, each: &mut dyn FnMut(Said)) {
        if self.state == State::New && !self.begin(from_start, each) {
            return;
        }
        loop {
            if self.state == State::Lost && !self.find(torrent) {
                return;
            }
            if self.state != State::InStep || !self.next(torrent, each) {
                return;
            }
        }
    }

    /// Reads the handshake, and says whether messages may follow.
    fn begin(&mut self, from_start: bool, each: &mut dyn FnMut(Said)) -> bool {
        let known = self.buffer.len().min(PROTOCOL.len());
        if self.buffer[..known] != PROTOCOL[..known] {
            self.state = if from_start { State::Foreign } else { State::Lost };
            return !from_start;
        }
        let Some(hash) = self.buffer.get(28..48) else { return false };
        let mut name = [0; 20];
        name.copy_from_slice(hash);
        if self.buffer.len() < HANDSHAKE {
            return false;
        }
        self.say(Message::Handshake { hash: name }, 0, HANDSHAKE, each);
        self.take(HANDSHAKE);
        (self.state, self.spoke) = (State::InStep, true);
        true
    }

    /// Reads one message, if the whole of it is there.
    fn next(&mut self, torrent: &Torrent, each: &mut dyn FnMut(Said)) -> bool {
        let Some(length) = length(&self.buffer) else { return false };
        if LONGEST < length {
            self.lose();
            return true;
        }
        let end = 4 + length;
        if self.buffer.len() < end.min(13).max(5.min(end)) {
            return false;
        }
        if length != 0 && !is_possible(torrent, &self.buffer, length) {
            self.lose();
            return true;
        }
        if self.buffer.len() < end {
            return false;
        }
        if let Some(message) = message(torrent, &self.buffer, length) {
            let from = if matches!(message, Message::Block { .. }) { 13 } else { 0 };
            self.say(message, from, end, each);
        }
        self.take(end);
        true
    }

    fn lose(&mut self) {
        self.holes += 1;
        self.state = State::Lost;
        self.take(1);
    }

    /// Looks for a place from which messages follow each other.
    fn find(&mut self, torrent: &Torrent) -> bool {
        for start in 0..self.buffer.len() {
            match chain(torrent, &self.buffer[start..]) {
                Chain::Believed => {
                    self.take(start);
                    (self.state, self.spoke) = (State::InStep, true);
                    return true;
                }
                // It may be one when more has come.
                Chain::Open => {
                    self.take(start);
                    return false;
                }
                Chain::Broken => {}
            }
        }
        self.take(self.buffer.len());
        false
    }

    fn take(&mut self, bytes: usize) {
        self.buffer.drain(..bytes);
        self.offset += bytes as i64;
        while self.stamps.front().is_some_and(|stamp| stamp.end <= self.offset) {
            self.stamps.pop_front();
        }
    }

    /// Says a message whose bytes stand at `from..end` of the buffer.
    fn say(&self, message: Message, from: usize, end: usize, each: &mut dyn FnMut(Said)) {
        let (offset, end) = (self.offset + from as i64, self.offset + end as i64);
        let (mut number, mut last, mut holed, mut start) = (None, 0, false, self.offset);
        for stamp in &self.stamps {
            if offset < stamp.end && start < end {
                if start <= offset {
                    number = stamp.number;
                }
                last = last.max(stamp.at);
                holed |= stamp.number.is_none();
            }
            start = stamp.end;
        }
        each(Said { message, offset, number, last, holed });
    }
}

/// What the first four bytes say.
fn length(buffer: &[u8]) -> Option<usize> {
    let bytes = buffer.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*bytes) as usize)
}

fn number(buffer: &[u8], at: usize) -> Option<u32> {
    let bytes = buffer.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*bytes))
}

/// May a message begin so? What is not there yet is not held against it.
fn is_possible(torrent: &Torrent, buffer: &[u8], length: usize) -> bool {
    let Some(&kind) = buffer.get(4) else { return true };
    let chunk_is_there =
        || number(buffer, 5).is_none_or(|chunk| u64::from(chunk) < torrent.chunks());
    match kind {
        0..=3 | 14 | 15 => length == 1,
        4 | 13 | 17 => length == 5 && chunk_is_there(),
        5 => length as u64 == 1 + torrent.chunks().div_ceil(8),
        6 | 8 | 16 => length == 13 && chunk_is_there(),
        7 => {
            let bytes = length.saturating_sub(9);
            let fits = |chunk: u32, begin: u32| {
                u64::from(begin) + bytes as u64 <= torrent.length(chunk.into())
            };
            let fits = match (number(buffer, 5), number(buffer, 9)) {
                (Some(chunk), Some(begin)) => fits(chunk, begin),
                _ => true,
            };
            (1..=MOST_ASKED).contains(&bytes) && fits
        }
        9 => length == 3,
        20 => (2..=1 << 20).contains(&length),
        21 | 23 => length == 49,
        22 => (49..=1 << 20).contains(&length),
        _ => false,
    }
}

/// What a whole message says, or a block whose header is there; None for what is of no interest.
fn message(torrent: &Torrent, buffer: &[u8], length: usize) -> Option<Message> {
    if length == 0 || !is_possible(torrent, buffer, length) {
        return None;
    }
    let chunk = number(buffer, 5);
    Some(match buffer.get(4)? {
        0 => Message::Choke,
        1 => Message::Unchoke,
        4 => Message::Have { chunk: chunk? },
        5 => Message::Bitfield(buffer.get(5..4 + length)?.to_vec()),
        7 => {
            let whole = (length - 9) as u32;
            Message::Block { chunk: chunk?, begin: number(buffer, 9)?, bytes: whole, whole }
        }
        14 => Message::HaveAll,
        15 => Message::HaveNone,
        17 => Message::AllowedFast { chunk: chunk? },
        _ => return None,
    })
}

enum Chain {
    Believed,
    Open,
    Broken,
}

/// Do messages follow each other from here? Those of length 0 say nothing.
fn chain(torrent: &Torrent, buffer: &[u8]) -> Chain {
    let (mut at, mut seen) = (0, 0);
    loop {
        let rest = &buffer[at..];
        let Some(length) = length(rest) else { return Chain::Open };
        if LONGEST < length || (at == 0 && length == 0) {
            return Chain::Broken;
        }
        if length != 0 {
            if !is_possible(torrent, rest, length) {
                return Chain::Broken;
            }
            if rest.len() < 4 + length.min(9) {
                return Chain::Open;
            }
            seen += 1;
        }
        if BELIEVED <= seen {
            return Chain::Believed;
        }
        at += 4 + length;
        if buffer.len() <= at {
            return Chain::Open;
        }
    }
}
