//! uTP (BEP 29): packets over UDP whose payloads are one stream each way.

use std::collections::BTreeMap;

use super::tcp::{Piece, Unwrap};

/// Packets that may wait for earlier ones before a hole is given up.
const MOST_WAITING: usize = 2048;

/// What the header of a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// The connection's number in this direction; that of a SYN is one less.
    pub(super) id: u16,
    pub(super) seq: u16,
    pub(super) ack: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Fin,
    State,
    Reset,
    Syn,
}

/// The header of a datagram and its payload, if it is uTP.
pub(super) fn read(datagram: &[u8]) -> Option<(Header, &[u8])> {
    let header = datagram.get(..20)?;
    let kind = match header[0] {
        0x01 => Kind::Data,
        0x11 => Kind::Fin,
        0x21 => Kind::State,
        0x31 => Kind::Reset,
        0x41 => Kind::Syn,
        _ => return None,
    };
    let half = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let (mut extension, mut at) = (header[1], 20);
    while extension != 0 {
        if 4 < extension {
            return None;
        }
        let [next, length] = *datagram.get(at..at + 2)? else { return None };
        (extension, at) = (next, at + 2 + usize::from(length));
    }
    let id = if kind == Kind::Syn { half(2).wrapping_add(1) } else { half(2) };
    Some((Header { kind, id, seq: half(16), ack: half(18) }, datagram.get(at..)?))
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Stream {
    numbers: Unwrap,
    /// The number of the next packet; None before the first.
    next: Option<i64>,
    offset: i64,
    /// Whether the stream was seen from its first byte.
    pub(super) from_start: bool,
    /// Whether any receipt was seen.
    is_receipted: bool,
    waiting: BTreeMap<i64, (Vec<u8>, u64)>,
}

impl Stream {
    /// A stream whose packets count from `base`.
    pub(super) fn new(base: u32) -> Self {
        let numbers = Unwrap::new(base);
        Stream {
            numbers,
            next: None,
            offset: 0,
            from_start: false,
            is_receipted: false,
            waiting: BTreeMap::new(),
        }
    }

    /// A packet. One that was sent again is one packet.
    pub(super) fn packet(
        &mut self,
        header: Header,
        payload: &[u8],
        at: u64,
        each: &mut dyn FnMut(Piece<'_>),
    ) {
        let seq = self.numbers.peek_short(header.seq);
        match header.kind {
            Kind::Syn => {
                self.from_start |= self.next.is_none();
                self.next.get_or_insert(seq + 1);
            }
            Kind::Data if !payload.is_empty() => {
                self.numbers.short(header.seq);
                let next = *self.next.get_or_insert(seq);
                if next <= seq {
                    self.waiting.entry(seq).or_insert_with(|| (payload.to_vec(), at));
                }
                self.drain(each);
                if MOST_WAITING < self.waiting.len() {
                    self.skip(at, each);
                }
            }
            _ => {}
        }
    }

    /// The receiver has every packet up to this number.
    pub(super) fn acknowledged(&mut self, ack: u16, at: u64, each: &mut dyn FnMut(Piece<'_>)) {
        let Some(next) = self.next else { return };
        self.is_receipted = true;
        let ack = self.numbers.peek_short(ack);
        if self.waiting.keys().next().is_some_and(|&first| next < first && first <= ack) {
            self.skip(at, each);
        }
    }

    /// The capture is over. What still waits behind packets without a receipt was not received;
    /// where no receipt was ever seen, it comes behind holes.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(Piece<'_>)) {
        if self.is_receipted {
            self.waiting.clear();
        }
        while let Some((_, at)) = self.waiting.values().next() {
            let at = *at;
            self.skip(at, each);
        }
    }

    /// How many bytes the hole has is not known: packets differ.
    fn skip(&mut self, at: u64, each: &mut dyn FnMut(Piece<'_>)) {
        if let (Some(next), Some(&first)) = (self.next, self.waiting.keys().next())
            && next < first
        {
            each(Piece::Hole { bytes: u64::MAX, at });
            self.next = Some(first);
        }
        self.drain(each);
    }

    fn drain(&mut self, each: &mut dyn FnMut(Piece<'_>)) {
        while let (Some(next), Some(entry)) = (self.next, self.waiting.first_entry()) {
            let seq = *entry.key();
            if next < seq {
                break;
            }
            let (bytes, at) = entry.remove();
            if next == seq {
                each(Piece::Bytes { offset: self.offset, number: seq, bytes: &bytes, at });
                self.offset += bytes.len() as i64;
                self.next = Some(next + 1);
            }
        }
    }
}
