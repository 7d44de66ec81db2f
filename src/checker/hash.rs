//! Hashing of states: fast, the same in every run, never a proof of equality.
//!
//! States are compared by equality; a hash only says where to look. So a folded multiplication
//! (as in wyhash and foldhash) with fixed constants is enough, and two equal hashes cost a
//! comparison, never a state.

use std::hash::{Hash, Hasher};

/// Odd constants with evenly spread bits: the fractional digits of pi.
const KEYS: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345];

/// The hash of a state.
#[inline]
pub(super) fn hash_of<T: Hash>(value: &T) -> u64 {
    let mut folded = Folded(KEYS[1]);
    value.hash(&mut folded);
    folded.finish()
}

/// The two halves of a full product, folded together: every bit of the input reaches every bit.
#[inline]
pub(super) fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64)
}

struct Folded(u64);

impl Hasher for Folded {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }
    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }
    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0 ^ value, KEYS[0]);
    }
    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
    #[inline]
    fn finish(&self) -> u64 {
        // A second round: the table takes its place from the low bits and its tag from the top.
        fold(self.0, KEYS[1])
    }
}
