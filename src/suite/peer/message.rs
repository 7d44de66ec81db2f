//! What nodes say to each other when a peer in another language decides for them.

use crate::chunks::{ChunkId, ChunkSet};
use crate::engine::{Kind, Payload};

/// One message between two nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Message {
    /// The bytes of this chunk: the only message that takes capacity.
    Chunk(ChunkId),
    /// The receiver is served no more.
    Choke,
    /// The receiver is served from now on.
    Unchoke,
    /// The sender asks for this chunk.
    Request(ChunkId),
    /// The sender holds this chunk.
    Have(ChunkId),
    /// The sender holds these chunks.
    Bitfield(ChunkSet),
    /// A message of the peer's own protocol, which means nothing to links and rules.
    Own {
        /// Its name.
        say: String,
        /// What it carries, as JSON without spaces; None if nothing.
        body: Option<String>,
    },
}

impl Payload for Message {
    fn kind(&self) -> Kind<'_> {
        match self {
            Message::Chunk(chunk) => Kind::Chunk(*chunk),
            Message::Choke => Kind::Choke,
            Message::Unchoke => Kind::Unchoke,
            Message::Request(chunk) => Kind::Request(*chunk),
            Message::Have(chunk) => Kind::Have(*chunk),
            Message::Bitfield(chunks) => Kind::Bitfield(chunks),
            Message::Own { .. } => Kind::Control,
        }
    }
}
