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
//! [`Engine`]: it takes [`Input`]s and gives [`Output`]s.

use std::fmt::Debug;
use std::hash::Hash;

use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::scenario::{Behavior, Protocol};
use crate::units::Time;

/// One participant of a swarm.
pub trait Engine: Clone + Debug + Eq + Hash {
    /// What participants say to each other.
    type Message: Payload + Clone + Debug + Eq + Hash + Ord;

    /// A participant that has not started yet.
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self;

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

    /// Can engines of this kind read what neighbors have of a file from [`Boards`]?
    ///
    /// A driver that keeps boards gives them to [`Engine::handle_beside`]. What such an engine does
    /// is the same; a driver need not keep any.
    fn reads_boards(_: &Manifest) -> bool {
        false
    }

    /// Takes one input, beside the boards of its neighbors. What follows is in `outbox`, which is
    /// empty before, and nothing is left to [`Engine::poll`].
    fn handle_beside<B: Boards>(
        &mut self,
        input: Input<Self::Message>,
        _: &B,
        choose: &mut dyn Choose,
        outbox: &mut Outbox<Self::Message>,
    ) {
        self.handle(input, choose);
        outbox.outputs.extend(std::iter::from_fn(|| self.poll()));
    }

    /// A neighbor that it watches has shown a chunk. What follows is in `outbox`.
    fn notice(
        &mut self,
        _by: PeerId,
        _: ChunkId,
        _: &impl Boards,
        _: &mut dyn Choose,
        _outbox: &mut Outbox<Self::Message>,
    ) {
    }

    /// May this message wait until the next input that may not?
    ///
    /// True promises that to handle it now would give no output and ask for no choice, and that
    /// this stays so whatever else waits: it adds to what the participant knows, and nothing
    /// follows from it yet. A driver may keep such messages back, in their order, and hand them to
    /// [`Engine::catch_up`] before anything else. Most of what a swarm says is of this kind; the
    /// simulator asks about what is said by [`Output::Tell`].
    fn may_wait(&self, _from: PeerId, _message: &Self::Message) -> bool {
        false
    }

    /// Takes messages that [might wait](Engine::may_wait): the same as to handle one after another.
    fn catch_up(&mut self, waiting: &[(PeerId, Self::Message)], choose: &mut dyn Choose) {
        for (from, message) in waiting {
            self.handle(Input::Received { from: *from, message: message.clone() }, choose);
            // Drained as ever: it has promised to have nothing to say.
            let _none = self.poll();
        }
    }
}

/// Boards: what each node has shown to all its neighbors, kept by a driver once instead of by each
/// neighbor.
///
/// Most of what a swarm says is that a peer has a chunk now, and most neighbors only note it. A
/// driver that keeps boards notes it once, after the delay to each neighbor, and tells only those
/// that watch the sender: see [`Engine::reads_boards`].
pub trait Boards {
    /// Whether anything is kept at all. If not, everything comes as messages.
    const KEPT: bool;

    /// The chunks that a node has shown by now, as [`ChunkSet::words`] has them; there may be more
    /// words, of no chunks.
    fn shown(&self, by: PeerId) -> &[usize];

    /// How often a node has shown by now that it is still there.
    fn shows(&self, by: PeerId) -> u32;
}

/// No board is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoBoards;

impl Boards for NoBoards {
    const KEPT: bool = false;

    fn shown(&self, _: PeerId) -> &[usize] {
        &[]
    }

    fn shows(&self, _: PeerId) -> u32 {
        0
    }
}

/// What follows from an input, in memory that a driver lends to one engine after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outbox<M> {
    /// To be carried out in this order.
    pub outputs: Vec<Output<M>>,
    /// What it shows to all its neighbors, before the outputs.
    pub shown: Option<Shown>,
    /// The neighbors that it begins or ceases to watch. It watches none at first.
    pub watches: Vec<Watch>,
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Outbox { outputs: Vec::new(), shown: None, watches: Vec::new() }
    }
}

/// What a node shows to all its neighbors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// It has this chunk now.
    Chunk(ChunkId),
    /// It is still there.
    Presence,
}

/// Whether a node wants to be told at once of what a neighbor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watch {
    /// The neighbor.
    pub neighbor: PeerId,
    /// Whether it does from now on.
    pub on: bool,
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
    /// It starts with nothing. A node without an uplink is a free rider, whatever its intentions.
    Peer(Behavior),
}

/// What a participant is told to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// The settings of the protocol.
    pub protocol: Protocol,
    /// How many chunks to have requested of one neighbor at a time: enough to bridge the latency.
    pub requests: u32,
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
    /// It holds the whole file.
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
pub trait Introduce: Clone + Debug + Eq + Hash {
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
