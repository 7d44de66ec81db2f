//! The state of a small swarm: nodes, packets in flight, the budget of failures, and the first
//! fault.
//!
//! Beside the engines a state keeps what the claims need: which node was told what, and which
//! serves which.

use std::collections::VecDeque;
use std::fmt;

use super::MOST_PEERS;
use super::interning::Interned;
use crate::checker::Block;
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::engine::{Kind, Payload, Timer};
use crate::models::ModelEngine;

/// Places for nodes: the source and every peer.
pub(super) const NODES: usize = MOST_PEERS + 1;

/// A set of nodes, or of chunks, one bit each.
pub(super) type Few = u8;

/// The state of a small swarm.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SwarmState<E: ModelEngine, T: Eq> {
    /// The nodes that are present.
    pub(super) nodes: [Option<Interned<Node<E>>>; NODES],
    /// The channel from each node to each.
    pub(super) channels: [[Interned<Channel<E::Message>>; NODES]; NODES],
    pub(super) tracker: Interned<T>,
    /// For each node its neighbors, as the network sees it.
    pub(super) connections: [Few; NODES],
    /// For each node the neighbors that have left and of whose departure it has not heard.
    pub(super) unaware: [Few; NODES],
    /// The nodes that have left.
    pub(super) gone: Few,
    pub(super) left: Remaining,
    /// Whether the tracker's interval is to pass in this round.
    pub(super) tick: Turn,
    pub(super) fault: Option<EngineFault>,
}

/// The budget of failures that may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Remaining {
    /// Departures.
    pub(super) departures: u8,
    /// Connections that break.
    pub(super) losses: u8,
    /// Timers that run out though something else can happen.
    pub(super) early: u8,
}

/// Whether a timer has run out in this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Turn {
    /// It is to run out in this round.
    Due,
    /// It is to run out in the next.
    Next,
}

/// A node that is present.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<E> {
    pub(super) engine: E,
    /// Timers that are armed, in the order of their names.
    pub(super) timers: Vec<(Timer, Turn)>,
    /// Whether it was told that its uplink is free.
    pub(super) told: bool,
    /// For each node the chunks that it has announced to this one, in this connection.
    pub(super) heard: [Few; NODES],
    /// The nodes that it has unchoked.
    pub(super) serves: Few,
    /// Whether it has ever sent a choke or an unchoke.
    pub(super) chokes: bool,
}

/// What is in flight from one node to another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Channel<M> {
    /// Chunks whose last byte has not left.
    pub(super) leaving: Vec<(ChunkId, M)>,
    /// Packets in the order of their arrival.
    pub(super) packets: VecDeque<Packet<M>>,
}

/// A packet in flight.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Packet<M> {
    /// A message, or a chunk whose last byte has left.
    Says(M),
    /// The sender asks to be a neighbor.
    Asks,
    /// The sender is a neighbor from now on.
    Connects,
    /// The sender is no neighbor any more.
    Disconnects,
}

/// A rule that an engine broke.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum EngineFault {
    /// It requested a chunk that the other node has not announced to it.
    Untold(PeerId, PeerId, ChunkId),
    /// It announced a chunk that it lacks.
    Boast(PeerId, PeerId, ChunkId),
    /// It sent a chunk that it lacks.
    Nowhere(PeerId, PeerId, ChunkId),
    /// It sent a chunk to a node that it chokes.
    Choked(PeerId, PeerId, ChunkId),
    /// It holds a chunk that has not arrived.
    Conjured(PeerId, ChunkId),
    /// It lost a chunk that it held.
    Lost(PeerId, ChunkId),
    /// It reported completion and lacks a chunk.
    Early(PeerId, ChunkId),
    /// Its outputs of one step do not end.
    Restless(PeerId),
}

impl<E: ModelEngine> Node<E> {
    /// Bytes on the heap that it owns.
    pub(super) fn heap_bytes(&self) -> usize {
        self.engine.heap_bytes() + self.timers.len() * size_of::<(Timer, Turn)>()
    }
}

impl<M: Payload> Channel<M> {
    /// Bytes on the heap that it owns.
    pub(super) fn heap_bytes(&self) -> usize {
        let leaving = self.leaving.iter().map(|(_, message)| message.heap_bytes());
        let packets = self.packets.iter().map(|packet| match packet {
            Packet::Says(message) => message.heap_bytes(),
            Packet::Asks | Packet::Connects | Packet::Disconnects => 0,
        });
        self.leaving.len() * size_of::<(ChunkId, M)>()
            + self.packets.len() * size_of::<Packet<M>>()
            + leaving.chain(packets).sum::<usize>()
    }
}

impl<M> Channel<M> {
    pub(super) fn empty() -> Self {
        Channel { leaving: Vec::new(), packets: VecDeque::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.leaving.is_empty() && self.packets.is_empty()
    }
}

impl<E: ModelEngine, T: Eq> SwarmState<E, T> {
    /// The blocks of heap that it may share with other states.
    pub(super) fn shared(&self) -> impl Iterator<Item = Block> {
        let nodes = self.nodes.iter().flatten().map(Interned::block);
        let channels = self.channels.iter().flatten().map(Interned::block);
        nodes.chain(channels).chain([self.tracker.block()])
    }

    pub(super) fn node(&self, node: usize) -> Option<&Node<E>> {
        self.nodes.get(node)?.as_deref()
    }

    pub(super) fn present(&self) -> impl Iterator<Item = (usize, &Node<E>)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter_map(|(at, node)| node.as_deref().map(|node| (at, node)))
    }

    /// Every channel that is not empty.
    pub(super) fn busy(&self) -> impl Iterator<Item = (PeerId, PeerId, &Channel<E::Message>)> {
        let from = self.channels.iter().zip(0u32..);
        from.flat_map(|(channels, from)| {
            let to = channels.iter().zip(0u32..);
            to.map(move |(channel, to)| (PeerId(from), PeerId(to), &**channel))
        })
        .filter(|(_, _, channel)| !channel.is_empty())
    }

    /// Whether a node is present and has the whole file.
    pub(super) fn is_complete(&self, node: usize) -> bool {
        self.node(node).is_some_and(|node| node.engine.have().is_full())
    }

    pub(super) fn has_been(&self, node: usize) -> bool {
        self.gone >> node & 1 == 1
    }
}

/// `{0,2}`
pub(super) fn set(chunks: &ChunkSet) -> String {
    let chunks: Vec<String> = chunks.iter().map(|chunk| chunk.0.to_string()).collect();
    format!("{{{}}}", chunks.join(","))
}

fn name(node: PeerId) -> String {
    if node.is_source() { "source".to_owned() } else { node.0.to_string() }
}

/// A message in a word or two.
pub(super) fn saying<M: Payload + fmt::Debug>(message: &M) -> String {
    match message.kind() {
        Kind::Chunk(chunk) => chunk.to_string(),
        Kind::Choke => "choke".to_owned(),
        Kind::Unchoke => "unchoke".to_owned(),
        Kind::Request(chunk) => format!("request {}", chunk.0),
        Kind::Have(chunk) => format!("have {}", chunk.0),
        Kind::Bitfield(theirs) => format!("have {}", set(theirs)),
        Kind::Control => format!("{message:?}"),
    }
}

impl<M: Payload + fmt::Debug> fmt::Debug for Packet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Packet::Says(message) => saying(message),
            Packet::Asks => "ask".to_owned(),
            Packet::Connects => "connect".to_owned(),
            Packet::Disconnects => "disconnect".to_owned(),
        })
    }
}

impl<E: ModelEngine, T: Eq> fmt::Debug for SwarmState<E, T> {
    /// `source {0,1}; 1 {0}; 2 away; source>1: chunk 1 leaves, then choke`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |at: usize| self.nodes[at].is_some() || self.has_been(at);
        let last = (0..NODES).rev().find(|&at| known(at)).unwrap_or(0);
        for at in 0..=last {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{}", name(PeerId(at as u32)))?;
            match self.node(at) {
                Some(node) => write!(f, " {}", set(node.engine.have()))?,
                None if self.has_been(at) => f.write_str(" gone")?,
                None => f.write_str(" away")?,
            }
        }
        for (from, to, channel) in self.busy() {
            let leaving = channel.leaving.iter().map(|(chunk, _)| format!("{chunk} leaves"));
            let packets = channel.packets.iter().map(|packet| format!("{packet:?}"));
            let all: Vec<String> = leaving.chain(packets).collect();
            write!(f, "; {}>{}: {}", name(from), name(to), all.join(", "))?;
        }
        if let Some(fault) = self.fault {
            write!(f, "; {fault:?}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for EngineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            EngineFault::Untold(by, of, chunk) => {
                write!(f, "{by} requests {chunk} of {of}, which never told it that it has it")
            }
            EngineFault::Boast(by, to, chunk) => {
                write!(f, "{by} tells {to} that it has {chunk}: a lie")
            }
            EngineFault::Nowhere(by, to, chunk) => {
                write!(f, "{by} sends {to} {chunk}, which it lacks")
            }
            EngineFault::Choked(by, to, chunk) => {
                write!(f, "{by} sends {to} {chunk} and chokes it")
            }
            EngineFault::Conjured(by, chunk) => {
                write!(f, "{by} holds {chunk}, which has not arrived")
            }
            EngineFault::Lost(by, chunk) => write!(f, "{by} does not hold {chunk} any more"),
            EngineFault::Early(by, chunk) => {
                write!(f, "{by} says that it is complete, without {chunk}")
            }
            EngineFault::Restless(by) => write!(f, "{by} finds no end of things to do at once"),
        }
    }
}
