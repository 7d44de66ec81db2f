//! The seam for engines: one participant of a swarm as a pure state machine.
//!
//! An engine has no clock, no socket and no randomness of its own. Its driver (the
//! simulator, a model, a network driver) hands it [`Input`]s and drains [`Output`]s:
//!
//! 1. `handle` one input;
//! 2. `poll` until it answers None, carrying out each output in order;
//! 3. repeat. The first input is [`Input::Start`]; after [`Input::Leave`] and the drain that
//!    follows, the engine is dropped.
//!
//! Time reaches an engine only as timers that it armed itself, so the same code runs in virtual
//! time, in every interleaving of a model, and on a network. An engine implements
//! [`Engine`]: it takes [`Input`]s and gives [`Output`]s. Where states are explored (`models`) it
//! must also be `Clone + Eq + Hash`.

use std::fmt::Debug;

use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::scenario::{Behavior, ChunkRanges, Protocol};
use crate::units::Time;

pub mod boards;
mod factory;

pub use factory::{Any, AnyEngine, Factory, NewEngine};

use boards::{BoardReader, NoReader};

/// One participant of a swarm. A [`Factory`] makes it, for most types by [`NewEngine::new`].
pub trait Engine: Debug {
    /// What participants say to each other.
    type Message: Payload + Clone + Debug;

    /// Takes one input. Everything that follows from it is in the outputs.
    fn handle(&mut self, input: Input<Self::Message>, choose: &mut dyn Choose);

    /// The next output. Drain to None before the next `handle`.
    fn poll(&mut self) -> Option<Output<Self::Message>>;

    /// The chunks that it holds: what rules may look at.
    fn have(&self) -> &ChunkSet;

    /// Bytes on the heap that it owns, going by lengths; 0 where it does not count them. Only what
    /// a model says of its memory depends on it.
    fn heap_bytes(&self) -> usize {
        0
    }

    /// The same engine as one that reads [`boards`], if it is one. Only speed depends on it:
    /// what it does is the same, and a driver need not ask.
    #[doc(hidden)]
    fn board_reader(&mut self) -> Option<&mut impl BoardReader<Self::Message>>
    where
        Self: Sized,
    {
        None::<&mut NoReader>
    }
}

/// What others must know of a message. To a driver only chunks matter, which take capacity, and who
/// is served; all other messages are small and take none. Models look at requests and at what a
/// participant says that it holds, too. An engine that calls those [`Kind::Control`] runs all the
/// same, but then no model judges them.
pub trait Payload {
    /// What the message means to links and rules.
    fn kind(&self) -> Kind<'_>;

    /// Bytes on the heap that it owns, as [`Engine::heap_bytes`].
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// What a message means to links and rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind<'m> {
    /// It carries the bytes of this chunk.
    Chunk(ChunkId),
    /// It says that the receiver is served no more.
    Choke,
    /// It says that the receiver is served from now on.
    Unchoke,
    /// It asks for this chunk.
    Request(ChunkId),
    /// It says that the sender holds this chunk.
    Have(ChunkId),
    /// It says that the sender holds these chunks.
    Bitfield(&'m ChunkSet),
    /// Anything else.
    Control,
}

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It starts with the whole file.
    Source,
    /// It starts with what its [`Settings`] say that it holds. A node without an uplink is a free
    /// rider, whatever its intentions.
    Peer(Behavior),
}

/// What a participant is told to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// The settings of the protocol.
    pub protocol: Protocol,
    /// How many chunks to have requested of one neighbor at a time: enough to bridge the latency.
    pub requests: u32,
    /// The chunks that it holds when it starts, if it is no source.
    pub holds: ChunkRanges,
    /// The chunks that it wants; None is all of them.
    pub wants: Option<ChunkRanges>,
}

impl Settings {
    /// For a participant that starts with nothing and wants everything.
    pub fn new(protocol: Protocol, requests: u32) -> Self {
        Settings { protocol, requests, holds: ChunkRanges::EMPTY, wants: None }
    }
}

/// The name of a timer, chosen by the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer(pub u32);

/// What happens to a participant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input<M> {
    /// It is in the swarm from now on.
    Start,
    /// The tracker's answer: some members.
    Members(Vec<PeerId>),
    /// A node asks to be a neighbor; answer with [`Output::Accept`] or [`Output::Refuse`].
    Asked(PeerId),
    /// A node is a neighbor from now on.
    Connected(PeerId),
    /// A node is a neighbor no more, or refused to be one.
    Disconnected(PeerId),
    /// A neighbor said something, or a chunk arrived whole.
    Received {
        /// Who sent it.
        from: PeerId,
        /// What it is.
        message: M,
    },
    /// The last byte of a chunk left for a neighbor.
    Sent {
        /// Who gets it.
        to: PeerId,
        /// Which chunk.
        chunk: ChunkId,
    },
    /// The uplink could carry another chunk. It stays so until a chunk is sent: a driver need not
    /// repeat it.
    Ready,
    /// A timer that was armed has run out.
    Expired(Timer),
    /// Say goodbye: nothing is heard of this participant any more.
    Leave,
}

/// What a participant wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output<M> {
    /// Tell the tracker, and ask for up to `want` members.
    Announce {
        /// Whether it is in the swarm.
        presence: Presence,
        /// How many members to name.
        want: u32,
    },
    /// Ask a node to be a neighbor.
    Connect(PeerId),
    /// Agree to [`Input::Asked`]. Unless the two are neighbors already, [`Input::Connected`]
    /// follows, or [`Input::Disconnected`] when the other is gone by now.
    Accept(PeerId),
    /// Do not agree to [`Input::Asked`].
    Refuse(PeerId),
    /// Drop a neighbor.
    Disconnect(PeerId),
    /// Say something to a neighbor, or send it a chunk.
    Send {
        /// The neighbor.
        to: PeerId,
        /// What to say.
        message: M,
    },
    /// Say the same to several neighbors: an [`Output::Send`] to each, in this order.
    Tell {
        /// The neighbors.
        to: Vec<PeerId>,
        /// What to say.
        message: M,
    },
    /// Stop sending a chunk; the bytes that moved are lost.
    Abort {
        /// The neighbor.
        to: PeerId,
        /// The chunk.
        chunk: ChunkId,
    },
    /// Wake it after a while, once. A timer that is already armed is not moved.
    Arm {
        /// Which timer.
        timer: Timer,
        /// How long from now.
        after: Time,
    },
    /// It holds everything that it wants. A participant that does so when it starts need not say
    /// it.
    Completed,
}

/// What an announce says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It is in the swarm.
    Here,
    /// It leaves.
    Gone,
}

/// Introduces participants to each other; knows who is in, never who has what.
pub trait Introduce: Debug {
    /// No peer is in.
    fn new() -> Self;

    /// Takes an announce and names up to `want` other members.
    fn announce(
        &mut self,
        node: PeerId,
        presence: Presence,
        want: u32,
        choose: &mut dyn Choose,
    ) -> Vec<PeerId>;

    /// One announce interval has passed: forgets peers that have been silent for too long.
    fn tick(&mut self);

    /// Bytes on the heap that it owns, as [`Engine::heap_bytes`].
    fn heap_bytes(&self) -> usize {
        0
    }
}
