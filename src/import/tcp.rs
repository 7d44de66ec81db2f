//! The bytes of one direction of a TCP connection, in order, from segments in any order.
//!
//! Bytes that the receiver acknowledged and no tap saw are a hole. A stream may be met in its
//! middle. It knows no clocks but the stamps of the segments.

use std::collections::BTreeMap;

/// Bytes that may wait for earlier ones before a hole is given up.
const MOST_WAITING: usize = 8 << 20;

/// What comes out of a stream, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Bytes, the offset of the first one, the number of the packet that brought it, and when they
    /// were seen.
    Bytes { offset: i64, number: i64, bytes: &'a [u8], at: u64 },
    /// Bytes that the receiver has and no tap saw.
    Hole { bytes: u64, at: u64 },
}

/// Sequence numbers as offsets that do not wrap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unwrap {
    last: i64,
    base: u32,
}

impl Unwrap {
    pub(super) fn new(base: u32) -> Self {
        Unwrap { last: 0, base }
    }

    /// The offset that is nearest to the last one.
    pub(super) fn offset(&mut self, seq: u32) -> i64 {
        let offset = self.peek(seq);
        self.last = offset;
        offset
    }

    /// The same of numbers of 16 bits.
    pub(super) fn short(&mut self, seq: u16) -> i64 {
        let offset = self.peek_short(seq);
        self.last = offset;
        offset
    }

    pub(super) fn peek_short(&self, seq: u16) -> i64 {
        let low = (self.base as u16).wrapping_add(self.last as u16);
        self.last + i64::from(seq.wrapping_sub(low) as i16)
    }

    pub(super) fn peek(&self, seq: u32) -> i64 {
        let low = self.base.wrapping_add(self.last as u32);
        self.last + i64::from(seq.wrapping_sub(low) as i32)
    }
}

/// One direction of a connection.
#[derive(Debug)]
pub(super) struct Stream {
    numbers: Unwrap,
    /// The offset of the next byte; None before the first segment.
    next: Option<i64>,
    /// Whether the stream was seen from its first byte.
    pub(super) from_start: bool,
    /// Whether any receipt was seen.
    is_receipted: bool,
    waiting: BTreeMap<i64, (Vec<u8>, u64)>,
    waiting_bytes: usize,
}

impl Stream {
    /// A stream whose sequence numbers count from `base`.
    pub(super) fn new(base: u32) -> Self {
        let numbers = Unwrap::new(base);
        let waiting = BTreeMap::new();
        Stream {
            numbers,
            next: None,
            from_start: false,
            is_receipted: false,
            waiting,
            waiting_bytes: 0,
        }
    }

    /// A segment; `cut` of its bytes were not captured.
    pub(super) fn segment(
        &mut self,
        (seq, syn): (u32, bool),
        (bytes, cut): (&[u8], u32),
        at: u64,
        each: &mut dyn FnMut(Piece<'_>),
    ) {
        let start = self.numbers.offset(seq) + i64::from(syn);
        if syn && self.next.is_none() {
            (self.next, self.from_start) = (Some(start), true);
        }
        if bytes.is_empty() && cut == 0 {
            return;
        }
        let next = *self.next.get_or_insert(start);
        let end = start + bytes.len() as i64;
        if start <= next && next < end {
            let bytes = &bytes[(next - start) as usize..];
            each(Piece::Bytes { offset: next, number: next, bytes, at });
            self.next = Some(end);
        } else if next < start {
            self.wait(start, bytes, at);
        }
        if 0 < cut && self.next == Some(end) {
            self.skip(end + i64::from(cut), at, each);
        }
        self.drain(each);
        if MOST_WAITING < self.waiting_bytes {
            self.skip_to_waiting(at, each);
        }
    }

    /// The receiver has everything before this number.
    pub(super) fn acknowledged(&mut self, ack: u32, at: u64, each: &mut dyn FnMut(Piece<'_>)) {
        let Some(next) = self.next else { return };
        self.is_receipted = true;
        let ack = self.numbers.peek(ack);
        // The end of a stream counts as a byte.
        if ack <= next + 1 || ack - next > i64::from(u32::MAX >> 1) {
            return;
        }
        match self.waiting.keys().next() {
            Some(&first) if first <= ack => self.skip(first, at, each),
            _ => self.skip(ack, at, each),
        }
        self.drain(each);
    }

    /// The capture is over. What still waits behind bytes without a receipt was not received; where
    /// no receipt was ever seen, it comes behind holes.
    pub(super) fn finish(&mut self, each: &mut dyn FnMut(Piece<'_>)) {
        if self.is_receipted {
            self.waiting.clear();
        }
        while let Some((_, at)) = self.waiting.values().next() {
            let at = *at;
            self.skip_to_waiting(at, each);
        }
    }

    fn wait(&mut self, start: i64, bytes: &[u8], at: u64) {
        let known = self.waiting.get(&start).map_or(0, |(known, _)| known.len());
        if known < bytes.len() {
            self.waiting_bytes += bytes.len() - known;
            self.waiting.insert(start, (bytes.to_vec(), at));
        }
    }

    fn skip_to_waiting(&mut self, at: u64, each: &mut dyn FnMut(Piece<'_>)) {
        if let Some(&first) = self.waiting.keys().next() {
            self.skip(first, at, each);
            self.drain(each);
        }
    }

    fn skip(&mut self, to: i64, at: u64, each: &mut dyn FnMut(Piece<'_>)) {
        if let Some(next) = self.next
            && next < to
        {
            each(Piece::Hole { bytes: (to - next) as u64, at });
            self.next = Some(to);
        }
    }

    fn drain(&mut self, each: &mut dyn FnMut(Piece<'_>)) {
        while let (Some(next), Some(entry)) = (self.next, self.waiting.first_entry()) {
            let start = *entry.key();
            if next < start {
                break;
            }
            let (bytes, at) = entry.remove();
            self.waiting_bytes -= bytes.len();
            let end = start + bytes.len() as i64;
            if next < end {
                let bytes = &bytes[(next - start) as usize..];
                each(Piece::Bytes { offset: next, number: next, bytes, at });
                self.next = Some(end);
            }
        }
    }
}
