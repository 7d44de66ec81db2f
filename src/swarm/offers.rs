//! The source's first pass: each chunk once before any chunk twice (super seeding, after BEP 16).
//!
//! During the pass the source shows no bitfield. It tells one neighbor at a time of one chunk,
//! which nobody else can then ask for. It serves those first of whose chunks the fewest have not
//! been seen at others: a chunk is of no use to the swarm while it waits at a slow uplink. When
//! every chunk is promised to somebody, it shows them all.

use std::collections::BTreeMap;

use super::heap::tree_bytes;
use super::message::Message;
use super::neighbor::Neighbor;
use super::peer::Peer;
use crate::chunks::{ChunkId, ChunkSet, PeerId};

/// What the source has promised so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Offers {
    /// Chunks that it has not promised to anybody.
    unpromised: ChunkSet,
    /// Who was promised what and has not got it.
    promised: BTreeMap<PeerId, Vec<ChunkId>>,
    /// To whom each chunk was promised or given that has not been seen at anybody else.
    unseen: BTreeMap<ChunkId, PeerId>,
}

impl Offers {
    /// Bytes on the heap, its own included: it stands in a box.
    pub(super) fn heap_bytes(&self) -> usize {
        let promised = self.promised.values().map(|chunks| chunks.len() * size_of::<ChunkId>());
        size_of::<Offers>()
            + self.unpromised.heap_bytes()
            + tree_bytes::<(PeerId, Vec<ChunkId>)>(self.promised.len())
            + promised.sum::<usize>()
            + tree_bytes::<(ChunkId, PeerId)>(self.unseen.len())
    }

    pub(super) fn new(chunks: usize) -> Self {
        Offers {
            unpromised: ChunkSet::full(chunks),
            promised: BTreeMap::new(),
            unseen: BTreeMap::new(),
        }
    }

    /// A neighbor has a chunk: if it is not the one that was given it, that one has passed it on.
    pub(super) fn seen(&mut self, at: PeerId, chunk: ChunkId) {
        if self.unseen.get(&chunk).is_some_and(|&given| given != at) {
            self.unseen.remove(&chunk);
        }
    }

    /// How many of the chunks given to each neighbor have not been seen at others.
    pub(super) fn kept_back(&self) -> BTreeMap<PeerId, u32> {
        let mut counts = BTreeMap::new();
        for &given in self.unseen.values() {
            *counts.entry(given).or_default() += 1;
        }
        counts
    }

    /// May a neighbor request `chunk`? What it was promised once may be another's by now.
    pub(super) fn promised_to(&self, peer: PeerId, chunk: ChunkId) -> bool {
        self.promised.get(&peer).is_some_and(|promised| promised.contains(&chunk))
    }

    fn outstanding(&self, peer: PeerId) -> usize {
        self.promised.get(&peer).map_or(0, Vec::len)
    }
}

impl Peer {
    /// Promises a served neighbor as many chunks as it may request at a time.
    pub(super) fn offer(&mut self, to: PeerId) {
        let most = self.settings.requests as usize;
        while let Some(offers) = &mut self.offers {
            if most <= offers.outstanding(to) {
                return;
            }
            let Some(chunk) = offers.unpromised.iter().next() else {
                self.show_all();
                return;
            };
            offers.unpromised.remove(chunk);
            offers.promised.entry(to).or_default().push(chunk);
            offers.unseen.insert(chunk, to);
            self.tell(to, Message::Have(chunk));
        }
    }

    /// A chunk has left for a neighbor, promised or not: it need not be promised to anybody, and
    /// the neighbor is promised the next one while it is served.
    pub(super) fn offer_kept(&mut self, to: PeerId, chunk: ChunkId) {
        let Some(offers) = &mut self.offers else {
            return;
        };
        offers.unpromised.remove(chunk);
        if let Some(promised) = offers.promised.get_mut(&to) {
            promised.retain(|&other| other != chunk);
        }
        let outstanding = offers.outstanding(to);
        // An unchoke and a request take a round trip: what others were promised must last so long.
        let others: usize = offers.promised.values().map(Vec::len).sum::<usize>() - outstanding;
        let lasts = self.settings.requests as usize <= others + 1;
        if !self.neighbors.find(to).is_some_and(|neighbor| neighbor.served) {
            return;
        }
        if !lasts || self.optimistic == Some(to) || !self.somebody_passes_on_more_than(to) {
            self.offer(to);
        } else if outstanding == 0 {
            self.choke(to);
            self.fill_free_slots();
        }
    }

    /// Does somebody wait that keeps back fewer chunks than `served` does?
    fn somebody_passes_on_more_than(&self, served: PeerId) -> bool {
        let Some(offers) = &self.offers else { return false };
        let kept_back = offers.kept_back();
        let of = |peer| kept_back.get(&peer).copied().unwrap_or(0);
        let waits = |n: &Neighbor| !n.served && self.wants(n) && of(n.peer) < of(served);
        self.neighbors.iter().any(waits)
    }

    /// A neighbor does not need what it was promised: it has it from somebody else.
    pub(super) fn offer_declined(&mut self, by: PeerId, chunk: ChunkId) {
        if self.offers.is_some() {
            if let Some(at) = self.neighbors.position(by) {
                self.note_has(at, chunk);
            }
            self.offer_kept(by, chunk);
        }
    }

    /// A neighbor is served no more or gone: what it was promised may go to others.
    pub(super) fn withdraw_offers(&mut self, from: PeerId) {
        let Some(offers) = &mut self.offers else {
            return;
        };
        for chunk in offers.promised.remove(&from).unwrap_or_default() {
            if !self.sending.with(from).any(|sending| sending == chunk) {
                offers.unpromised.insert(chunk);
                offers.unseen.remove(&chunk);
            }
        }
    }

    /// The pass is over: from now on it is a seeder like any other.
    fn show_all(&mut self) {
        self.offers = None;
        let neighbors: Vec<PeerId> = self.neighbors.iter().map(|n| n.peer).collect();
        for peer in neighbors {
            self.tell(peer, Message::bitfield(self.have.clone()));
        }
    }
}
