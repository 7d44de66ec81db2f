//! What a witness shows of a transfer. The witnesses themselves stand beside their rules.

use std::fmt;

use serde::Serialize;

use crate::chunks::{ChunkId, PeerId};
use crate::trace::Transfer;
use crate::units::{Bytes, Time};

/// A transfer, as a witness shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Who sent.
    pub from: PeerId,
    /// Who received.
    pub to: PeerId,
    /// The chunk.
    pub chunk: ChunkId,
    /// When it started.
    pub start_ns: Time,
    /// When it ended.
    pub end_ns: Time,
    /// How many bytes.
    pub bytes: Bytes,
}

impl From<&Transfer> for Moved {
    fn from(t: &Transfer) -> Self {
        Moved {
            from: t.from,
            to: t.to,
            chunk: t.chunk,
            start_ns: t.start,
            end_ns: t.end,
            bytes: t.bytes,
        }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Moved { from, to, chunk, start_ns, end_ns, .. } = self;
        write!(f, "{from} sent {chunk} to {to} from {start_ns} to {end_ns}")
    }
}
