//! What happened in a run: events, and the header that says which scenario they belong to.
//!
//! A trace knows no engine: any writer's events are judged alike. The types to know are [`Trace`]
//! and [`Event`]; [`codec`] reads and writes them as JSON lines.

use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Scenario;
use crate::units::{Bytes, Time};

pub mod codec;

#[cfg(test)]
pub(crate) mod arbitrary;

/// A run: what was planned, how far the log can be trusted, and what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The scenario and the evidence.
    pub header: Header,
    /// The events, in any order.
    pub events: Vec<Event>,
}

/// The first line of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// What was planned.
    pub scenario: Scenario,
    /// How far the log itself can be trusted.
    pub evidence: Evidence,
}

/// How far a log can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// Who took the times.
    pub stamps: Stamps,
    /// How far two clocks may differ.
    pub clock_tolerance: Time,
    /// False when the log may have gaps.
    pub complete: bool,
}

impl Default for Evidence {
    fn default() -> Self {
        Evidence { stamps: Stamps::Exact, clock_tolerance: Time::ZERO, complete: true }
    }
}

/// Who took the times of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stamps {
    /// A transfer's bytes move within its start and end, and the chunk is there at the end.
    Exact,
    /// The receiver: bytes arrive somewhere between start and end; deliveries bunch.
    Receiver,
    /// An observer on the wire, with the same doubts.
    Wire,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A node is there from now on.
    Join {
        /// When.
        at: Time,
        /// Who.
        node: PeerId,
    },
    /// A node is gone from now on.
    Leave {
        /// When.
        at: Time,
        /// Who.
        node: PeerId,
    },
    /// A node says that it has the whole file.
    Complete {
        /// When.
        at: Time,
        /// Who.
        node: PeerId,
    },
    /// Bytes of a chunk moved.
    Transfer(Transfer),
    /// Two nodes are neighbors from now on.
    Connect {
        /// When.
        at: Time,
        /// The one.
        a: PeerId,
        /// The other.
        b: PeerId,
    },
    /// Two nodes are neighbors no more.
    Disconnect {
        /// When.
        at: Time,
        /// The one.
        a: PeerId,
        /// The other.
        b: PeerId,
    },
    /// A node serves a neighbor no more.
    Choke {
        /// When.
        at: Time,
        /// Who serves.
        from: PeerId,
        /// Who is served.
        to: PeerId,
    },
    /// A node serves a neighbor from now on.
    Unchoke {
        /// When.
        at: Time,
        /// Who serves.
        from: PeerId,
        /// Who is served.
        to: PeerId,
    },
    /// The tracker told a node of members.
    Announce {
        /// When.
        at: Time,
        /// Who asked.
        node: PeerId,
        /// Whom the tracker named.
        peers: Vec<PeerId>,
    },
}

/// Bytes of one chunk that moved from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// Who sent.
    pub from: PeerId,
    /// Who received.
    pub to: PeerId,
    /// The chunk.
    pub chunk: ChunkId,
    /// No byte left before.
    pub start: Time,
    /// The last byte arrived.
    pub end: Time,
    /// The first byte within the chunk.
    pub offset: Bytes,
    /// How many bytes moved; at least one.
    pub bytes: Bytes,
    /// Whether they count.
    pub outcome: Outcome,
}

/// Whether the bytes of a transfer count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The receiver has them.
    Delivered,
    /// They used capacity and are lost.
    Aborted,
}

impl Header {
    /// The header of a log that records all that happened, at exact times: the default evidence.
    pub fn exact(scenario: Scenario) -> Self {
        Header { scenario, evidence: Evidence::default() }
    }
}

impl Event {
    /// When it happened; a transfer happens when it ends.
    pub fn at(&self) -> Time {
        match self {
            Event::Transfer(transfer) => transfer.end,
            Event::Join { at, .. }
            | Event::Leave { at, .. }
            | Event::Complete { at, .. }
            | Event::Connect { at, .. }
            | Event::Disconnect { at, .. }
            | Event::Choke { at, .. }
            | Event::Unchoke { at, .. }
            | Event::Announce { at, .. } => *at,
        }
    }
}
