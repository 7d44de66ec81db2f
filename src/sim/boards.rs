//! What each node has shown, as it is seen by now: one row of chunks a node, for each of a few
//! delays to those that look at it.

use crate::chunks::{ChunkId, PeerId};
use crate::engine;
use crate::units::Time;

/// The most different delays for which boards are kept; beyond, chunks are told one by one.
const DELAYS: usize = 4;

/// Words of a line of the cache, and of a short row.
const LINE: usize = 8;
const SHORT: usize = 4;

/// The boards of all nodes.
#[derive(Clone, Debug)]
pub(super) struct Boards {
    /// Words of a row, of which the last may be of no chunks: rows are counted some words at once,
    /// and one that takes a line of the cache takes no part of another.
    words: usize,
    delays: Vec<Delay>,
    /// Which delay each node has.
    of: Vec<u8>,
}

/// The boards as nodes with this delay see them.
#[derive(Clone, Debug)]
struct Delay {
    latency: Time,
    /// The first word of the first row: where a line of the cache begins.
    first: usize,
    rows: Vec<usize>,
    /// How often each node has shown that it is there.
    shows: Vec<u32>,
}

/// The boards as one node sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'b> {
    words: usize,
    delay: &'b Delay,
}

impl engine::boards::Boards for Seen<'_> {
    const KEPT: bool = true;

    #[inline]
    fn shown(&self, by: PeerId) -> &[usize] {
        &self.delay.rows[self.delay.first + by.index() * self.words..][..self.words]
    }

    #[inline]
    fn shows(&self, by: PeerId) -> u32 {
        self.delay.shows[by.index()]
    }
}

impl Boards {
    /// Empty boards for nodes with these delays; None where there are too many different ones.
    pub(super) fn new(latencies: &[Time], chunks: usize) -> Option<Self> {
        let mut different: Vec<Time> = latencies.to_vec();
        different.sort_unstable();
        different.dedup();
        if DELAYS < different.len() {
            return None;
        }
        let words = chunks.div_ceil(usize::BITS as usize);
        let words = if words <= SHORT { SHORT } else { words.next_multiple_of(LINE) };
        let place = |latency| different.iter().position(|other| other == latency);
        let of = latencies.iter().filter_map(place).map(|place| place as u8).collect();
        let delay = |&latency| {
            let rows = vec![0; latencies.len() * words + LINE];
            // Where an address says nothing, any place will do.
            let first = rows.as_ptr().align_offset(LINE * size_of::<usize>()).min(LINE);
            Delay { latency, first, rows, shows: vec![0; latencies.len()] }
        };
        Some(Boards { words, delays: different.iter().map(delay).collect(), of })
    }

    /// The delays, each with its place.
    pub(super) fn delays(&self) -> impl Iterator<Item = (u8, Time)> {
        (0..).zip(self.delays.iter().map(|delay| delay.latency))
    }

    /// The delay of a node.
    pub(super) fn delay_of(&self, node: PeerId) -> u8 {
        self.of[node.index()]
    }

    /// The boards as a node sees them.
    #[inline]
    pub(super) fn seen_by(&self, node: PeerId) -> Seen<'_> {
        let delay = &self.delays[usize::from(self.of[node.index()])];
        Seen { words: self.words, delay }
    }

    /// A node shows something, as it is seen after this delay.
    pub(super) fn show(&mut self, by: PeerId, chunk: Option<ChunkId>, delay: u8) {
        let delay = &mut self.delays[usize::from(delay)];
        match chunk {
            Some(chunk) => {
                let row = delay.first + by.index() * self.words;
                delay.rows[row + chunk.index() / usize::BITS as usize] |=
                    1 << (chunk.0 % usize::BITS);
            }
            None => delay.shows[by.index()] += 1,
        }
    }

    /// A node has told another that it has all these: then it has shown them to those that see as
    /// late as that one.
    pub(super) fn show_all(&mut self, by: PeerId, chunks: &[usize], to: PeerId) {
        let delay = &mut self.delays[usize::from(self.of[to.index()])];
        let row = &mut delay.rows[delay.first + by.index() * self.words..][..self.words];
        row.iter_mut().zip(chunks).for_each(|(row, chunks)| *row |= chunks);
    }
}
