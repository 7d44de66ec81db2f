//! What peers say to each other: BEP 3's messages, with BEP 6's reject so that a request is always
//! answered.

use crate::chunks::{ChunkId, ChunkSet};
use crate::engine::{Kind, Payload};

/// A message between neighbors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// These are the chunks that I have.
    ///
    /// Boxed, since it is rare, and every message takes as much room as the largest.
    Bitfield(Box<ChunkSet>),
    /// I have this chunk now.
    Have(ChunkId),
    /// You have something that I lack.
    Interested,
    /// You have nothing that I lack.
    NotInterested,
    /// I serve you no more; what you requested and I have not begun is rejected one by one.
    Choke,
    /// I serve you from now on.
    Unchoke,
    /// Send me this chunk.
    Request(ChunkId),
    /// I will not send you this chunk.
    Reject(ChunkId),
    /// Do not send me this chunk.
    Cancel(ChunkId),
    /// Here is this chunk.
    Chunk(ChunkId),
    /// I am still here.
    KeepAlive,
}

impl Message {
    /// These are the chunks that I have.
    pub fn bitfield(have: ChunkSet) -> Self {
        Message::Bitfield(Box::new(have))
    }
}

impl Payload for Message {
    #[inline]
    fn kind(&self) -> Kind<'_> {
        match self {
            Message::Chunk(chunk) => Kind::Chunk(*chunk),
            Message::Choke => Kind::Choke,
            Message::Unchoke => Kind::Unchoke,
            Message::Request(chunk) => Kind::Request(*chunk),
            Message::Have(chunk) => Kind::Have(*chunk),
            Message::Bitfield(theirs) => Kind::Bitfield(theirs),
            _ => Kind::Control,
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Message::Bitfield(theirs) => size_of::<ChunkSet>() + theirs.heap_bytes(),
            _ => 0,
        }
    }
}
