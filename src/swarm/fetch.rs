//! What a peer requests, and what it does with what it gets.

use super::message::Message;
use super::neighbor::Neighbor;
use super::peer::{Awaited, Peer};
use super::picker::{First, View, pick};
use crate::choose::{Choose, pick as pick_one};
use crate::chunks::{ChunkId, ChunkSet, PeerId, chunks_of};
use crate::engine::Output;

/// Decisions of the choker after which an awaited chunk may be requested of a second neighbor too,
/// when there is nothing else left to request.
pub(super) const STALE: u32 = 2;

impl Peer {
    /// The neighbor at a position has these chunks.
    pub(super) fn has_all_of(&mut self, at: usize, theirs: &ChunkSet, choose: &mut dyn Choose) {
        let new = self.neighbors.note_all(at, theirs);
        let lacking = new.iter().zip(self.have.words()).map(|(new, have)| new & !have);
        let wanted: u32 = lacking.map(usize::count_ones).sum();
        self.neighbors.at(at).wanted += wanted;
        self.rarity.add_all(&new);
        if let Some(offers) = &mut self.offers {
            let from = self.neighbors.record(at).peer;
            chunks_of(&new).for_each(|chunk| offers.seen(from, chunk));
        }
        self.show_interest(at);
        self.fetch_from(at, choose);
        self.part_if_both_full(at);
    }

    /// The neighbor at a position has this chunk now.
    pub(super) fn has(&mut self, at: usize, chunk: ChunkId, choose: &mut dyn Choose) {
        self.note_has(at, chunk);
        self.show_interest(at);
        if self.have.contains(chunk) {
            // It may be an offer made for this peer alone: who promised it must not wait for ever.
            self.say(at, Message::Cancel(chunk));
        } else if self.neighbors.record(at).serves_me && self.open.contains(chunk) {
            self.fetch_from(at, choose);
        }
        self.part_if_both_full(at);
    }

    #[inline]
    pub(super) fn note_has(&mut self, at: usize, chunk: ChunkId) {
        if let Some(offers) = &mut self.offers {
            offers.seen(self.neighbors.record(at).peer, chunk);
        }
        let wanted = u32::from(!self.have.contains(chunk));
        if self.neighbors.add(at, chunk, wanted) {
            self.rarity.add(chunk);
        }
    }

    /// Two that have everything have nothing for each other: the place is for others.
    fn part_if_both_full(&mut self, at: usize) {
        let neighbor = self.neighbors.record(at);
        if neighbor.holds as usize == self.have.capacity() && !self.is_leecher() {
            self.drop_neighbor(neighbor.peer);
        }
    }

    /// Tells a neighbor whether it has something that this peer lacks, when that has changed.
    fn show_interest(&mut self, at: usize) {
        let neighbor = self.neighbors.at(at);
        let wanted = neighbor.wanted != 0;
        if wanted != neighbor.interesting {
            neighbor.interesting = wanted;
            let message = if wanted { Message::Interested } else { Message::NotInterested };
            self.say(at, message);
        }
    }

    /// Requests of a neighbor that serves this peer as many chunks as may be awaited of it.
    #[inline]
    pub(super) fn fetch_from(&mut self, at: usize, choose: &mut dyn Choose) {
        let neighbor = self.neighbors.record(at);
        if neighbor.serves_me && neighbor.wanted != 0 {
            self.fetch_all_from(at, choose);
        }
    }

    fn fetch_all_from(&mut self, at: usize, choose: &mut dyn Choose) {
        let from = self.neighbors.record(at).peer;
        let most = self.settings.requests as usize;
        for _ in self.awaited.with(from).count()..most {
            let first = if self.have.is_empty() { First::Yes } else { First::No };
            let theirs = self.neighbors.holdings(at);
            let view = View { theirs, open: &self.open, rarity: &self.rarity, first };
            let picked = pick(self.settings.protocol.picker, &view, choose);
            let Some(chunk) = picked.or_else(|| self.pick_stale(at, choose)) else {
                return;
            };
            self.open.remove(chunk);
            self.awaited.push(from, Awaited { chunk, age: 0 });
            self.say(at, Message::Request(chunk));
            // Under strict barter a request is half of an exchange.
            self.serve();
        }
    }

    /// Requests of everybody who serves this peer: something became free to request.
    pub(super) fn fetch_from_all(&mut self, choose: &mut dyn Choose) {
        for at in 0..self.neighbors.len() {
            self.fetch_from(at, choose);
        }
    }

    /// Endgame: when this neighbor has nothing else to offer, a chunk that everybody who was asked
    /// for it has kept this peer waiting for. There is no limit to how many are asked, one after
    /// another: some links carry nothing at all.
    fn pick_stale(&self, at: usize, choose: &mut dyn Choose) -> Option<ChunkId> {
        if !self.overdue {
            return None;
        }
        let from = self.neighbors.record(at).peer;
        let mut stale: Vec<ChunkId> = self
            .awaited
            .all()
            .filter(|awaited| STALE <= awaited.age)
            .map(|awaited| awaited.chunk)
            .collect();
        stale.sort_unstable();
        stale.dedup();
        stale.retain(|&chunk| {
            let is_fresh = |awaited: Awaited| awaited.chunk == chunk && awaited.age < STALE;
            self.neighbors.holds(at, chunk)
                && !self.awaited.all().any(is_fresh)
                && !self.awaited.with(from).any(|awaited| awaited.chunk == chunk)
        });
        pick_one(&stale, choose)
    }

    /// A request will not be answered. A neighbor that serves this peer and still rejects does not
    /// have the chunk, whatever it said.
    pub(super) fn rejected(&mut self, from: PeerId, chunk: ChunkId, choose: &mut dyn Choose) {
        let Some(at) = self.neighbors.position(from) else {
            return;
        };
        if !self.forget_request(from, chunk) {
            return;
        }
        let wanted = u32::from(!self.have.contains(chunk));
        if self.neighbors.record(at).serves_me && self.neighbors.take(at, chunk, wanted) {
            self.rarity.remove(chunk);
            self.show_interest(at);
        }
        self.reopen(chunk);
        self.fetch_from_all(choose);
    }

    /// Forgets a request; says whether there was one.
    fn forget_request(&mut self, of: PeerId, chunk: ChunkId) -> bool {
        self.awaited.take(of, |awaited| awaited.chunk == chunk)
    }

    /// A chunk is awaited of one neighbor less.
    pub(super) fn reopen(&mut self, chunk: ChunkId) {
        let is_awaited = self.awaited.all().any(|awaited| awaited.chunk == chunk);
        if !is_awaited && !self.have.contains(chunk) {
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
        let place = self.neighbors.position(from);
        if let Some(at) = place {
            self.neighbors.score(at).received += length;
            self.forget_request(from, chunk);
        }
        let new = self.have.insert(chunk);
        if new {
            self.open.remove(chunk);
            self.spread_the_news(chunk, choose);
        }
        if let Some(at) = place {
            self.fetch_from(at, choose);
        }
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
        let mut lacking = Vec::with_capacity(self.neighbors.len());
        for at in 0..self.neighbors.len() {
            let lacks = !self.neighbors.holds(at, chunk);
            let neighbor = self.neighbors.at(at);
            let peer = neighbor.peer;
            if lacks {
                if shows {
                    neighbor.spoken_to = true;
                    lacking.push(peer);
                }
                continue;
            }
            neighbor.wanted -= 1;
            let content = neighbor.wanted == 0;
            let awaited = self.forget_request(peer, chunk);
            if content || awaited {
                self.tell_all(std::mem::take(&mut lacking), Message::Have(chunk));
            }
            if awaited {
                self.say(at, Message::Cancel(chunk));
                self.fetch_from(at, choose);
            }
            if content {
                self.show_interest(at);
            }
        }
        self.tell_all(lacking, Message::Have(chunk));
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
            self.tell(peer, Message::bitfield(self.have.clone()));
        }
    }
}
