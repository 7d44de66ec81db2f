//! What a peer knows of one neighbor, and the table of all of them.

use crate::chunks::{ChunkId, ChunkSet, PeerId};

/// One neighbor, as this peer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Neighbor {
    /// Who it is.
    pub(super) peer: PeerId,
    /// How many chunks it says that it has.
    pub(super) holds: u32,
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

/// Whether a neighbor has a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    Held,
    Lacked,
}

/// A chunk that was requested, and for how many decisions of the choker it has been awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Requested {
    pub(super) chunk: ChunkId,
    pub(super) age: u32,
}

impl Neighbor {
    pub(super) fn new(peer: PeerId) -> Self {
        Neighbor {
            peer,
            holds: 0,
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

    /// Does it serve this peer with something that this peer lacks? Whoever chokes rejects what it
    /// has not begun, so what is still awaited of it is on its way, however slowly.
    pub(super) fn is_useful(&self) -> bool {
        self.wanted != 0 && (self.serves_me || !self.requested.is_empty())
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
///
/// News of chunks is most of what a swarm says, and what it touches decides how fast a simulation
/// is: ids and holdings lie in tables of their own, one allocation each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Neighbors {
    ids: Vec<PeerId>,
    records: Vec<Neighbor>,
    /// What the first neighbor says that it has, then the second, and so on: bits by chunk.
    holdings: Vec<usize>,
    /// Words a neighbor.
    words: usize,
    /// How many of them this peer serves.
    served: usize,
}

impl Neighbors {
    pub(super) fn new(chunks: usize) -> Self {
        Neighbors {
            ids: Vec::new(),
            records: Vec::new(),
            holdings: Vec::new(),
            words: chunks.div_ceil(usize::BITS as usize),
            served: 0,
        }
    }

    /// The words of the set of chunks that the neighbor at a position has.
    pub(super) fn holdings(&self, at: usize) -> &[usize] {
        &self.holdings[at * self.words..][..self.words]
    }

    /// The words of those of `theirs` that the neighbor at a position was not known to have.
    pub(super) fn unknown(&self, at: usize, theirs: &ChunkSet) -> Vec<usize> {
        theirs
            .words()
            .iter()
            .zip(self.holdings(at))
            .map(|(theirs, known)| theirs & !known)
            .collect()
    }

    fn place(&self, at: usize, chunk: ChunkId) -> (usize, usize) {
        let word = at * self.words + chunk.index() / usize::BITS as usize;
        (word, 1 << (chunk.0 % usize::BITS))
    }

    /// Does the neighbor at a position have `chunk`?
    pub(super) fn holds(&self, at: usize, chunk: ChunkId) -> bool {
        let (word, bit) = self.place(at, chunk);
        self.holdings[word] & bit != 0
    }

    /// Notes whether the neighbor at a position has `chunk`; says whether that is new.
    pub(super) fn note(&mut self, at: usize, chunk: ChunkId, holding: Holding) -> bool {
        let (word, bit) = self.place(at, chunk);
        let held = self.holdings[word] & bit != 0;
        match (holding, held) {
            (Holding::Held, false) => self.records[at].holds += 1,
            (Holding::Lacked, true) => self.records[at].holds -= 1,
            _ => return false,
        }
        self.holdings[word] ^= bit;
        true
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn position(&self, peer: PeerId) -> Option<usize> {
        self.ids.binary_search(&peer).ok()
    }

    pub(super) fn find(&mut self, peer: PeerId) -> Option<&mut Neighbor> {
        self.position(peer).map(|at| &mut self.records[at])
    }

    pub(super) fn contains(&self, peer: PeerId) -> bool {
        self.position(peer).is_some()
    }

    pub(super) fn insert(&mut self, neighbor: Neighbor) {
        if let Err(at) = self.ids.binary_search(&neighbor.peer) {
            self.ids.insert(at, neighbor.peer);
            self.records.insert(at, neighbor);
            let from = at * self.words;
            self.holdings.splice(from..from, std::iter::repeat_n(0, self.words));
        }
    }

    /// Takes a neighbor out, with the words of the set of chunks that it has.
    pub(super) fn remove(&mut self, peer: PeerId) -> Option<(Neighbor, Vec<usize>)> {
        let at = self.position(peer)?;
        self.ids.remove(at);
        let neighbor = self.records.remove(at);
        self.served -= usize::from(neighbor.served);
        let holdings = self.holdings.drain(at * self.words..(at + 1) * self.words).collect();
        Some((neighbor, holdings))
    }

    pub(super) fn at(&mut self, at: usize) -> &mut Neighbor {
        &mut self.records[at]
    }

    pub(super) fn record(&self, at: usize) -> &Neighbor {
        &self.records[at]
    }

    /// How many neighbors this peer serves.
    pub(super) fn served(&self) -> usize {
        self.served
    }

    /// Begins to serve a neighbor; false when it is none, or is served already.
    pub(super) fn begin_serving(&mut self, peer: PeerId) -> bool {
        let Some(neighbor) = self.find(peer).filter(|neighbor| !neighbor.served) else {
            return false;
        };
        neighbor.served = true;
        neighbor.waited = 0;
        self.served += 1;
        true
    }

    /// Ends serving a neighbor; false when it is none, or was not served.
    pub(super) fn end_serving(&mut self, peer: PeerId) -> bool {
        let Some(neighbor) = self.find(peer).filter(|neighbor| neighbor.served) else {
            return false;
        };
        neighbor.served = false;
        self.served -= 1;
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Neighbor> {
        self.records.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Neighbor> {
        self.records.iter_mut()
    }
}
