//! What happened in a run: events, and the header that says which scenario they belong to.
//!
//! A trace knows no engine: any writer's events are judged alike. [`codec`] reads and writes traces
//! as JSON lines.

use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Scenario;
use crate::units::{Bytes, Rate, Time};

pub mod codec;

#[cfg(test)]
pub(crate) mod arbitrary;

/// A run: what was planned, how far the log can be trusted, and what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
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
    /// Which clock took the times.
    pub stamps: Stamps,
    /// How far two clocks may differ.
    pub clock_tolerance: Time,
    /// False when the log may have gaps.
    pub complete: bool,
    /// False when the log sees a part of the swarm only: bytes may come from outside.
    pub whole_swarm: bool,
}

impl Default for Evidence {
    fn default() -> Self {
        Evidence {
            stamps: Stamps::Exact,
            clock_tolerance: Time::ZERO,
            complete: true,
            whole_swarm: true,
        }
    }
}

/// Which clock took the times of a log.
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
        /// Time of the arrival.
        at: Time,
        /// The node that arrives.
        node: PeerId,
    },
    /// A node is gone from now on.
    Leave {
        /// Time of the departure.
        at: Time,
        /// The node that departs.
        node: PeerId,
    },
    /// A node says that it has the whole file.
    Complete {
        /// Time of the claim: the last byte arrives.
        at: Time,
        /// The node that claims it.
        node: PeerId,
    },
    /// Bytes of a chunk moved.
    Transfer(Transfer),
    /// Two nodes are neighbors from now on.
    Connect {
        /// Time from which they are neighbors.
        at: Time,
        /// One of them.
        a: PeerId,
        /// The other one.
        b: PeerId,
    },
    /// Two nodes are neighbors no more.
    Disconnect {
        /// Time from which they are not.
        at: Time,
        /// One of them.
        a: PeerId,
        /// The other one.
        b: PeerId,
    },
    /// A node serves a neighbor no more.
    Choke {
        /// Time from which the neighbor is not served.
        at: Time,
        /// The sender.
        from: PeerId,
        /// The receiver.
        to: PeerId,
    },
    /// A node serves a neighbor from now on.
    Unchoke {
        /// Time from which the neighbor is served.
        at: Time,
        /// The sender.
        from: PeerId,
        /// The receiver.
        to: PeerId,
    },
    /// A node lets a neighbor request one chunk while it is choked (BEP 6).
    AllowedFast {
        /// Time from which it may.
        at: Time,
        /// The sender.
        from: PeerId,
        /// The receiver.
        to: PeerId,
        /// The chunk.
        chunk: ChunkId,
    },
    /// The upload capacity of a node is another from now on, as the shaper of its link measured.
    Capacity {
        /// Time of the change.
        at: Time,
        /// The node.
        node: PeerId,
        /// Its rate from now on.
        upload: Rate,
    },
    /// The tracker told a node of members.
    Announce {
        /// Time of the answer.
        at: Time,
        /// The node that asked.
        node: PeerId,
        /// The members that the tracker named.
        peers: Vec<PeerId>,
    },
}

/// Bytes of one chunk that moved from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// The sender.
    pub from: PeerId,
    /// The receiver.
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
            | Event::AllowedFast { at, .. }
            | Event::Capacity { at, .. }
            | Event::Announce { at, .. } => *at,
        }
    }
}
