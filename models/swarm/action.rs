//! The events of a small swarm, and how a witness shows them.

use std::fmt;

use super::state::{Packet, set};
use crate::chunks::{ChunkId, PeerId};
use crate::engine::{Kind, Payload, Timer};

/// An event, and the choices that were made after it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SwarmAction<M> {
    /// What happens.
    pub event: SwarmEvent<M>,
    /// The choices of the engines and the tracker, in order.
    pub choices: Vec<usize>,
}

/// What happens.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum SwarmEvent<M> {
    /// A node enters the swarm.
    Join(PeerId),
    /// A node leaves cleanly: it says goodbye.
    Leave(PeerId),
    /// A node crashes silently.
    Vanish(PeerId),
    /// The connection of two neighbors breaks.
    Lose(PeerId, PeerId),
    /// A node hears that its uplink is free.
    Ready(PeerId),
    /// The last byte of a chunk leaves.
    Sent {
        /// The sender.
        from: PeerId,
        /// The receiver.
        to: PeerId,
        /// The chunk.
        chunk: ChunkId,
    },
    /// A packet arrives.
    Arrive {
        /// The sender.
        from: PeerId,
        /// The receiver.
        to: PeerId,
        /// The packet.
        packet: Packet<M>,
    },
    /// A timer runs out.
    Expire {
        /// The node.
        node: PeerId,
        /// The timer.
        timer: Timer,
        /// Whether it expires although something else could happen first.
        early: bool,
    },
    /// An interval of the tracker passes.
    Tick,
}

impl<M: Payload + fmt::Debug> fmt::Debug for SwarmAction<M> {
    /// `peer 1 hears of the source: unchoke (choosing 1)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)?;
        if !self.choices.is_empty() {
            let choices: Vec<String> = self.choices.iter().map(usize::to_string).collect();
            write!(f, " (choosing {})", choices.join(", "))?;
        }
        Ok(())
    }
}

impl<M: Payload + fmt::Debug> fmt::Debug for SwarmEvent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SwarmEvent::Join(node) => write!(f, "{node} joins"),
            SwarmEvent::Leave(node) => write!(f, "{node} says goodbye and leaves"),
            SwarmEvent::Vanish(node) => write!(f, "{node} crashes silently"),
            SwarmEvent::Lose(a, b) => write!(f, "the connection of {a} and {b} breaks"),
            SwarmEvent::Ready(node) => write!(f, "{node} hears that its uplink is free"),
            SwarmEvent::Sent { from, to, chunk } => write!(f, "{chunk} has left {from} for {to}"),
            SwarmEvent::Arrive { from, to, packet } => arrival(f, *from, *to, packet),
            SwarmEvent::Expire { node, timer: Timer(timer), .. } => {
                write!(f, "timer {timer} of {node} runs out")
            }
            SwarmEvent::Tick => f.write_str("an interval of the tracker passes"),
        }
    }
}

fn arrival<M: Payload + fmt::Debug>(
    f: &mut fmt::Formatter<'_>,
    from: PeerId,
    to: PeerId,
    packet: &Packet<M>,
) -> fmt::Result {
    match packet {
        Packet::Asks => write!(f, "{from} asks {to} to be its neighbor"),
        Packet::Connects => write!(f, "{to} hears that {from} is its neighbor"),
        Packet::Disconnects => write!(f, "{to} hears that {from} is no neighbor"),
        Packet::Says(message) => match message.kind() {
            Kind::Chunk(chunk) => write!(f, "{to} gets {chunk} from {from}"),
            Kind::Choke => write!(f, "{to} hears that {from} serves it no more"),
            Kind::Unchoke => write!(f, "{to} hears that {from} serves it"),
            Kind::Request(chunk) => write!(f, "{to} hears that {from} requests {chunk}"),
            Kind::Have(chunk) => write!(f, "{to} hears that {from} has {chunk}"),
            Kind::Bitfield(theirs) => write!(f, "{to} hears that {from} has {}", set(theirs)),
            Kind::Control => write!(f, "{to} hears of {from}: {packet:?}"),
        },
    }
}
