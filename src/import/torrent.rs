//! A `.torrent` file: what the swarm exchanges, and the names that it has on the wire.
//!
//! Version 1, version 2 (BEP 52) and both in one. It verifies no hash of a chunk.

use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::bencode::{self, Kind, Value};

/// How a swarm is named in handshakes and announces: SHA-1 of `info`, or SHA-256 cut to 20 bytes.
pub(super) type InfoHash = [u8; 20];

/// What a swarm exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Torrent {
    /// The name that is suggested for the file.
    pub(super) name: String,
    /// Its names on the wire.
    pub(super) hashes: Vec<InfoHash>,
    /// All its bytes, in the order of chunks.
    pub(super) bytes: u64,
    /// Bytes of a chunk; the last one may be short.
    pub(super) chunk_bytes: u64,
}

/// Why a file is no torrent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TorrentError {
    /// It is not bencoded.
    #[error("byte {0}: this is no bencoding; write the path of a .torrent file")]
    Malformed(usize),
    /// A field is missing or of another kind.
    #[error("{0} is missing or of the wrong kind; write the path of a whole .torrent file")]
    Field(&'static str),
}

impl Torrent {
    /// Reads the content of a `.torrent` file.
    ///
    /// # Errors
    /// What is no bencoding, or lacks a field.
    pub(super) fn read(text: &[u8]) -> Result<Self, TorrentError> {
        let root = bencode::read(text).map_err(|at| TorrentError::Malformed(at.0))?;
        let info = root.get("info").ok_or(TorrentError::Field("info"))?;
        let raw = &text[info.span.clone()];
        let chunk_bytes = info.get("piece length").and_then(Value::whole).filter(|it| 0 < *it);
        let chunk_bytes = chunk_bytes.ok_or(TorrentError::Field("info.piece length"))?;
        let mut hashes = Vec::new();
        let is_v1 = info.get("pieces").is_some();
        if is_v1 {
            hashes.push(Sha1::digest(raw).into());
        }
        if info.get("meta version").and_then(Value::whole) == Some(2) {
            let mut hash = [0; 20];
            hash.copy_from_slice(&Sha256::digest(raw)[..20]);
            hashes.push(hash);
        }
        let bytes = match is_v1 {
            true => v1_length(info),
            false => info.get("file tree").and_then(|tree| v2_length(tree, chunk_bytes)),
        };
        let bytes = bytes.filter(|&bytes| 0 < bytes).ok_or(TorrentError::Field("info.length"))?;
        let name = info.get("name").and_then(Value::bytes).unwrap_or(b"torrent");
        let name = String::from_utf8_lossy(name).into_owned();
        Ok(Torrent { name, hashes, bytes, chunk_bytes })
    }

    /// How many chunks there are.
    pub(super) fn chunks(&self) -> u64 {
        self.bytes.div_ceil(self.chunk_bytes)
    }

    /// How long a chunk is; 0 for one that is not there.
    pub(super) fn length(&self, chunk: u64) -> u64 {
        let start = chunk.saturating_mul(self.chunk_bytes);
        self.bytes.saturating_sub(start).min(self.chunk_bytes)
    }
}

/// One file, or files that follow each other.
fn v1_length(info: &Value<'_>) -> Option<u64> {
    if let Some(length) = info.get("length") {
        return length.whole();
    }
    let mut lengths = info.get("files")?.list().iter().map(|file| file.get("length")?.whole());
    lengths.try_fold(0u64, |sum, length| sum.checked_add(length?))
}

/// Files that begin with a chunk each: all but the last count as whole chunks.
fn v2_length(tree: &Value<'_>, chunk: u64) -> Option<u64> {
    let mut lengths = Vec::new();
    collect(tree, &mut lengths);
    let (last, others) = lengths.split_last()?;
    let padded = |length: &u64| length.div_ceil(chunk).checked_mul(chunk);
    let others = others.iter().try_fold(0u64, |sum, length| sum.checked_add(padded(length)?))?;
    others.checked_add(*last)
}

fn collect(tree: &Value<'_>, lengths: &mut Vec<u64>) {
    let Kind::Dictionary(entries) = &tree.kind else { return };
    for (name, entry) in entries {
        match name.is_empty() {
            true => lengths.extend(entry.get("length").and_then(Value::whole)),
            false => collect(entry, lengths),
        }
    }
}
