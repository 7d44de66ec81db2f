//! The one form that rows of bits have whatever their peers and chunks are called.
//!
//! Shared by the models whose states are rows: byte i of a word is peer i, its low bits are chunks.
//! It permutes only chunks that look alike, so it is fast; it never changes what a state is.

use std::ops::Range;

/// The most chunks that a row has room for, where two bits are left for other things.
pub(super) const ROW_CHUNKS: usize = 6;
/// The most peers that a word has room for; byte 0 is the source's.
pub(super) const ROW_PEERS: usize = 7;

/// The bits of a row that are chunks.
pub(super) const CHUNK_BITS: u8 = (1 << ROW_CHUNKS) - 1;

/// A chunk: a signature that does not depend on names, and its holders, one bit a peer.
type Column = (u32, u8);

/// The least word that `word` becomes when its chunks are permuted, and its peers within each of
/// `groups`, among those orders of chunks in which a signature that ignores names ascends.
#[inline]
pub(super) fn canonical(word: u64, chunks: usize, groups: &[Range<usize>]) -> u64 {
    let bytes = word.to_le_bytes();
    let mut columns = [(0u32, 0u8); ROW_CHUNKS];
    for (group, peers) in groups.iter().enumerate() {
        for peer in peers.clone() {
            let weight = weight(bytes[peer], group);
            for (chunk, (signature, holders)) in columns[..chunks].iter_mut().enumerate() {
                let holds = bytes[peer] >> chunk & 1;
                *signature = signature.wrapping_add(weight * u32::from(holds));
                *holders |= holds << (peer - 1);
            }
        }
    }
    let columns = &mut columns[..chunks];
    insertion_sort(columns);
    let mut best = rows(&bytes, columns, groups);
    while next_order(columns) {
        best = best.min(rows(&bytes, columns, groups));
    }
    best
}

/// A word for what a row is whatever its name. The constants spread the words, so that sums of them
/// rarely coincide; where they do, more orders are tried and nothing is lost.
#[inline]
fn weight(byte: u8, group: usize) -> u32 {
    let kind = (group as u32) << 6
        | u32::from(byte >> ROW_CHUNKS) << 4
        | (byte & CHUNK_BITS).count_ones() << 1
        | 1;
    kind.wrapping_mul(0x9e37_79b1).rotate_left(kind % 31)
}

/// The word with its chunks in this order and its peers sorted within their groups.
#[inline]
fn rows(bytes: &[u8; 8], columns: &[Column], groups: &[Range<usize>]) -> u64 {
    let mut rows = bytes.map(|byte| byte & !CHUNK_BITS);
    rows[0] = bytes[0];
    for (chunk, (_, holders)) in columns.iter().enumerate() {
        for (peer, row) in rows.iter_mut().enumerate().skip(1) {
            *row |= (holders >> (peer - 1) & 1) << chunk;
        }
    }
    for peers in groups {
        insertion_sort(&mut rows[peers.clone()]);
    }
    u64::from_le_bytes(rows)
}

/// For a handful of items, where it beats everything else.
#[inline]
pub(super) fn insertion_sort<T: Copy + Ord>(items: &mut [T]) {
    for end in 1..items.len() {
        let item = items[end];
        let mut at = end;
        while 0 < at && item < items[at - 1] {
            items[at] = items[at - 1];
            at -= 1;
        }
        items[at] = item;
    }
}

/// The next order of the columns in which signatures still ascend; false after the last. Columns
/// that are equal are not told apart.
fn next_order(columns: &mut [Column]) -> bool {
    let mut end = columns.len();
    while 0 < end {
        let signature = columns[end - 1].0;
        let start = columns[..end].iter().rposition(|c| c.0 != signature).map_or(0, |at| at + 1);
        if next_permutation(&mut columns[start..end]) {
            return true;
        }
        end = start;
    }
    false
}

/// The next permutation in lexicographic order; the first, and false, after the last.
pub(super) fn next_permutation<T: Copy + Ord>(items: &mut [T]) -> bool {
    let Some(rise) = (1..items.len()).rev().find(|&at| items[at - 1] < items[at]) else {
        items.reverse();
        return false;
    };
    let last = (rise..items.len()).rev().find(|&at| items[rise - 1] < items[at]);
    items.swap(rise - 1, last.unwrap_or(rise));
    items[rise..].reverse();
    true
}

/// A swap of two neighbors in the order of names.
pub(super) enum Swap {
    /// A peer and the next one.
    Peers(usize),
    /// A chunk and the next one.
    Chunks(usize),
}

/// Swaps that generate every permutation of chunks and of peers within their groups, with names.
pub(super) fn swaps(chunks: usize, groups: &[Range<usize>]) -> Vec<(Swap, String)> {
    let pairs = groups.iter().flat_map(|peers| peers.clone().skip(1).map(|peer| peer - 1));
    let peers =
        pairs.map(|peer| (Swap::Peers(peer), format!("swap peers {peer} and {}", peer + 1)));
    let chunks = (1..chunks)
        .map(|chunk| (Swap::Chunks(chunk - 1), format!("swap chunks {} and {chunk}", chunk - 1)));
    peers.chain(chunks).collect()
}

impl Swap {
    /// A word whose rows or chunks have changed places.
    pub(super) fn apply(&self, word: u64) -> u64 {
        let mut bytes = word.to_le_bytes();
        match *self {
            Swap::Peers(peer) => bytes.swap(peer, peer + 1),
            Swap::Chunks(chunk) => {
                for byte in &mut bytes[1..] {
                    let differ = (*byte >> chunk ^ *byte >> (chunk + 1)) & 1;
                    *byte ^= differ << chunk | differ << (chunk + 1);
                }
            }
        }
        u64::from_le_bytes(bytes)
    }
}
