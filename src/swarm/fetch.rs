//! What a peer requests, and what it does with what it gets.

use super::message::Message;
use super::neighbor::{Holding, Neighbor, Requested};
use super::peer::Peer;
use super::picker::{First, View, pick};
use crate::choose::{Choose, pick as pick_one};
use crate::chunks::{ChunkId, ChunkSet, PeerId, chunks_of};
use crate::engine::Output;

/// Decisions of the choker after which an awaited chunk may be requested of a second neighbor too,
/// when there is nothing else left to request.
pub(super) const STALE: u32 = 2;

impl Peer {
    /// A neighbor has these chunks.
    pub(super) fn has_all_of(&mut self, from: PeerId, theirs: &ChunkSet, choose: &mut dyn Choose) {
        let Some(at) = self.neighbors.position(from) else {
            return;
        };
        for chunk in chunks_of(&self.neighbors.unknown(at, theirs)) {
            self.note_has(from, chunk);
        }
        self.show_interest(from);
        self.fetch_from(from, choose);
        self.part_if_both_full(from);
    }

    /// A neighbor has this chunk now.
    pub(super) fn has(&mut self, from: PeerId, chunk: ChunkId, choose: &mut dyn Choose) {
        self.note_has(from, chunk);
        self.show_interest(from);
        if self.have.contains(chunk) {
            // It may be an offer made for this peer alone: who promised it must not wait for ever.
            self.tell(from, Message::Cancel(chunk));
        }
        if self.open.contains(chunk) {
            self.fetch_from(from, choose);
        }
        self.part_if_both_full(from);
    }

    pub(super) fn note_has(&mut self, from: PeerId, chunk: ChunkId) {
        let lacking = !self.have.contains(chunk);
        let Some(at) = self.neighbors.position(from) else {
            return;
        };
        if let Some(offers) = &mut self.offers {
            offers.seen(from, chunk);
        }
        if self.neighbors.note(at, chunk, Holding::Held) {
            self.rarity.add(chunk);
            self.neighbors.at(at).wanted += u32::from(lacking);
        }
    }

    /// Two that have everything have nothing for each other: the place is for others.
    fn part_if_both_full(&mut self, from: PeerId) {
        let chunks = self.manifest.chunks() as u32;
        let full = self.neighbors.find(from).is_some_and(|neighbor| neighbor.holds == chunks);
        if full && !self.is_leecher() {
            self.drop_neighbor(from);
        }
    }

    /// Tells a neighbor whether it has something that this peer lacks, when that has changed.
    fn show_interest(&mut self, to: PeerId) {
        let Some(neighbor) = self.neighbors.find(to) else {
            return;
        };
        let wanted = neighbor.wanted != 0;
        if wanted != neighbor.interesting {
            neighbor.interesting = wanted;
            let message = if wanted { Message::Interested } else { Message::NotInterested };
            self.tell(to, message);
        }
    }

    /// Requests of a neighbor that serves this peer as many chunks as may be awaited of it.
    pub(super) fn fetch_from(&mut self, from: PeerId, choose: &mut dyn Choose) {
        let most = self.settings.requests as usize;
        loop {
            let first = if self.have.is_empty() { First::Yes } else { First::No };
            let Some(at) = self.neighbors.position(from) else {
                return;
            };
            let neighbor = self.neighbors.at(at);
            if !neighbor.serves_me || most <= neighbor.requested.len() || neighbor.wanted == 0 {
                return;
            }
            let theirs = self.neighbors.holdings(at);
            let view = View { theirs, open: &self.open, rarity: &self.rarity, first };
            let picked = pick(self.settings.protocol.picker, &view, choose);
            let Some(chunk) = picked.or_else(|| self.pick_stale(from, choose)) else {
                return;
            };
            self.open.remove(chunk);
            self.neighbors.at(at).requested.push(Requested { chunk, age: 0 });
            self.tell(from, Message::Request(chunk));
            // Under strict barter a request is half of an exchange.
            self.serve();
        }
    }

    /// Requests of everybody who serves this peer: something became free to request.
    pub(super) fn fetch_from_all(&mut self, choose: &mut dyn Choose) {
        let serving: Vec<PeerId> = self
            .neighbors
            .iter()
            .filter(|n| n.serves_me && n.wanted != 0)
            .map(|n| n.peer)
            .collect();
        for peer in serving {
            self.fetch_from(peer, choose);
        }
    }

    /// Endgame: when this neighbor has nothing else to offer, a chunk that everybody who was asked
    /// for it has kept this peer waiting for. There is no limit to how many are asked, one after
    /// another: some links carry nothing at all.
    fn pick_stale(&mut self, from: PeerId, choose: &mut dyn Choose) -> Option<ChunkId> {
        if !self.overdue {
            return None;
        }
        let at = self.neighbors.position(from)?;
        let awaited = || self.neighbors.iter().flat_map(|neighbor| &neighbor.requested);
        let mut stale: Vec<ChunkId> =
            awaited().filter(|awaited| STALE <= awaited.age).map(|awaited| awaited.chunk).collect();
        stale.sort_unstable();
        stale.dedup();
        stale.retain(|&chunk| {
            let fresh = |awaited: &Requested| awaited.chunk == chunk && awaited.age < STALE;
            self.neighbors.holds(at, chunk)
                && !awaited().any(fresh)
                && !self.neighbors.record(at).has_request(chunk)
        });
        pick_one(&stale, choose)
    }

    /// A request will not be answered. A neighbor that serves this peer and still rejects does not
    /// have the chunk, whatever it said.
    pub(super) fn rejected(&mut self, from: PeerId, chunk: ChunkId, choose: &mut dyn Choose) {
        let Some(at) = self.neighbors.position(from) else {
            return;
        };
        if !self.neighbors.at(at).forget_request(chunk) {
            return;
        }
        if self.neighbors.at(at).serves_me && self.neighbors.note(at, chunk, Holding::Lacked) {
            self.rarity.remove(chunk);
            if !self.have.contains(chunk) {
                self.neighbors.at(at).wanted -= 1;
            }
            self.show_interest(from);
        }
        self.reopen(chunk);
        self.fetch_from_all(choose);
    }

    /// A chunk is awaited of one neighbor less.
    pub(super) fn reopen(&mut self, chunk: ChunkId) {
        let awaited = self.neighbors.iter().any(|neighbor| neighbor.has_request(chunk));
        if !awaited && !self.have.contains(chunk) {
            self.open.insert(chunk);
        }
    }

    /// A chunk has arrived whole.
    pub(super) fn received(&mut self, from: PeerId, chunk: ChunkId, choose: &mut dyn Choose) {
        if !self.exists(chunk) {
            return;
        }
        self.settle_account(from, -1);
        let length = self.manifest.length(chunk).0;
        if let Some(neighbor) = self.neighbors.find(from) {
            neighbor.received += length;
            neighbor.forget_request(chunk);
        }
        let new = self.have.insert(chunk);
        if new {
            self.open.remove(chunk);
            self.spread_the_news(chunk, choose);
        }
        self.fetch_from(from, choose);
        self.serve();
        if new && self.have.is_full() {
            self.completed();
        }
    }

    /// Tells the neighbors of a new chunk: those who lack it that it is here, those who were asked
    /// for it that it is not needed, those who have nothing else that they are of no interest.
    fn spread_the_news(&mut self, chunk: ChunkId, choose: &mut dyn Choose) {
        // What nobody can have of it makes no chunk less rare.
        let shows = !self.is_free_rider();
        for at in 0..self.neighbors.len() {
            let holds = self.neighbors.holds(at, chunk);
            let neighbor = self.neighbors.at(at);
            let to = neighbor.peer;
            if !holds {
                if shows {
                    neighbor.spoken_to = true;
                    self.outputs.push_back(Output::Send { to, message: Message::Have(chunk) });
                }
                continue;
            }
            neighbor.wanted -= 1;
            let content = neighbor.wanted == 0;
            if neighbor.forget_request(chunk) {
                self.tell(to, Message::Cancel(chunk));
                self.fetch_from(to, choose);
            }
            if content {
                self.show_interest(to);
            }
        }
    }

    fn completed(&mut self) {
        self.outputs.push_back(Output::Completed);
        let chunks = self.manifest.chunks() as u32;
        let rides_free = self.is_free_rider();
        let done = |neighbor: &&Neighbor| rides_free || neighbor.holds == chunks;
        let useless: Vec<PeerId> = self.neighbors.iter().filter(done).map(|n| n.peer).collect();
        for peer in useless {
            self.drop_neighbor(peer);
        }
        // The others were not told of what they held themselves. They must know that this peer has
        // everything: once they have, too, the two have nothing for each other.
        let others: Vec<PeerId> = self.neighbors.iter().map(|n| n.peer).collect();
        for peer in others {
            self.tell(peer, Message::Bitfield(self.have.clone()));
        }
    }
}
