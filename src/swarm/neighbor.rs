//! What a peer knows of one neighbor, and the table of all of them.

use crate::chunks::{ChunkId, ChunkSet, PeerId};

/// One neighbor, as this peer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Neighbor {
    /// Who it is.
    pub(super) peer: PeerId,
    /// What it says that it has.
    pub(super) theirs: ChunkSet,
    /// How many of those this peer lacks.
    pub(super) wanted: u32,
    /// Whether this peer told it that it wants something.
    pub(super) interesting: bool,
    /// Whether it told this peer that it wants something.
    pub(super) interested: bool,
    /// Whether it serves this peer.
    pub(super) serves_me: bool,
    /// Whether this peer serves it.
    pub(super) served: bool,
    /// What this peer requested of it and has not got.
    pub(super) requested: Vec<Requested>,
    /// What is on its way from this peer to it.
    pub(super) sending: Vec<ChunkId>,
    /// Bytes got from it since the last decision of the choker.
    pub(super) received: u64,
    /// Bytes sent to it since the last decision of the choker.
    pub(super) sent: u64,
    /// Decisions that it has been waiting for.
    pub(super) waited: u32,
    /// Decisions since it was last heard of.
    pub(super) silent: u32,
    /// Whether this peer said anything to it since the last decision.
    pub(super) spoken_to: bool,
}

/// A chunk that was requested, and for how many decisions of the choker it has been awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Requested {
    pub(super) chunk: ChunkId,
    pub(super) age: u32,
}

impl Neighbor {
    pub(super) fn new(peer: PeerId, chunks: usize) -> Self {
        Neighbor {
            peer,
            theirs: ChunkSet::empty(chunks),
            wanted: 0,
            interesting: false,
            interested: false,
            serves_me: false,
            served: false,
            requested: Vec::new(),
            sending: Vec::new(),
            received: 0,
            sent: 0,
            waited: 0,
            silent: 0,
            spoken_to: false,
        }
    }

    /// Was `chunk` requested of it?
    pub(super) fn has_request(&self, chunk: ChunkId) -> bool {
        self.requested.iter().any(|requested| requested.chunk == chunk)
    }

    /// Forgets a request; says whether there was one.
    pub(super) fn forget_request(&mut self, chunk: ChunkId) -> bool {
        let before = self.requested.len();
        self.requested.retain(|requested| requested.chunk != chunk);
        self.requested.len() < before
    }

    /// Forgets that `chunk` is on its way; says whether it was.
    pub(super) fn forget_sending(&mut self, chunk: ChunkId) -> bool {
        let at = self.sending.iter().position(|&sending| sending == chunk);
        at.map(|at| self.sending.remove(at)).is_some()
    }
}

/// The neighbors, in ascending order of ids, so that every walk over them is reproducible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Neighbors(Vec<Neighbor>);

impl Neighbors {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn position(&self, peer: PeerId) -> Option<usize> {
        self.0.binary_search_by_key(&peer, |neighbor| neighbor.peer).ok()
    }

    pub(super) fn find(&mut self, peer: PeerId) -> Option<&mut Neighbor> {
        self.position(peer).map(|at| &mut self.0[at])
    }

    pub(super) fn contains(&self, peer: PeerId) -> bool {
        self.position(peer).is_some()
    }

    pub(super) fn insert(&mut self, neighbor: Neighbor) {
        if let Err(at) = self.0.binary_search_by_key(&neighbor.peer, |other| other.peer) {
            self.0.insert(at, neighbor);
        }
    }

    pub(super) fn remove(&mut self, peer: PeerId) -> Option<Neighbor> {
        self.position(peer).map(|at| self.0.remove(at))
    }

    pub(super) fn at(&mut self, at: usize) -> &mut Neighbor {
        &mut self.0[at]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Neighbor> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Neighbor> {
        self.0.iter_mut()
    }
}
