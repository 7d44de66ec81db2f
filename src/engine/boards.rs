//! Boards: what each node has shown to all its neighbors, kept by a driver once instead of by each
//! neighbor.
//!
//! Only for speed. Most of what a swarm says is that a peer has a chunk now, and most neighbors
//! only note it. A driver that keeps [`Boards`] notes it once, after the delay to each neighbor,
//! and tells only those that watch the sender. An engine that can read them is a [`BoardReader`],
//! and says so by `Engine::board_reader`; no other engine need know of them.

use super::{Input, Output};
use crate::choose::Choose;
use crate::chunks::{ChunkId, PeerId};

/// An engine that reads what its neighbors have of the file from [`Boards`].
///
/// A driver uses [`BoardReader::handle_beside`] in place of `Engine::handle`, and nothing is left
/// to `Engine::poll` then. A driver that keeps no boards gives it [`NoBoards`].
pub trait BoardReader<M> {
    /// Takes one input, beside the boards of its neighbors. What follows is in `outbox`, which is
    /// empty before.
    fn handle_beside<B: Boards>(
        &mut self,
        input: Input<M>,
        boards: &B,
        choose: &mut dyn Choose,
        outbox: &mut Outbox<M>,
    );

    /// A neighbor that it watches has shown a chunk. What follows is in `outbox`.
    fn notice(
        &mut self,
        by: PeerId,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
        outbox: &mut Outbox<M>,
    );
}

/// What an engine that reads no boards has instead of a [`BoardReader`]: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoReader {}

impl<M> BoardReader<M> for NoReader {
    fn handle_beside<B: Boards>(
        &mut self,
        _: Input<M>,
        _: &B,
        _: &mut dyn Choose,
        _: &mut Outbox<M>,
    ) {
        match *self {}
    }

    fn notice(
        &mut self,
        _: PeerId,
        _: ChunkId,
        _: &impl Boards,
        _: &mut dyn Choose,
        _: &mut Outbox<M>,
    ) {
        match *self {}
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

/// What nodes have shown, as one of them sees it.
pub trait Boards {
    /// Whether anything is kept at all. If not, everything comes as messages.
    const KEPT: bool;

    /// The chunks that a node has shown by now, as the [words](crate::chunks::ChunkSet::words) of a
    /// set; there may be more words, of no chunks.
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
