//! What a peer requests, and what it does with what it gets.

use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, PeerId, chunks_of};
use crate::engine::Output;
use crate::engine::boards::{Boards, Shown};

use super::super::endgame::pick_overdue;
use super::super::interest::{contains_all, holds};
use super::super::message::Message;
use super::super::partial_download::PartialDownload;
use super::super::picker::{First, View, pick};
use super::Peer;

impl Peer {
    /// The neighbor at a slot has these chunks.
    pub(super) fn has_all_of<B: Boards>(
        &mut self,
        slot: usize,
        theirs: &ChunkSet,
        boards: &B,
        choose: &mut dyn Choose,
    ) {
        if B::KEPT && self.offers.is_none() {
            self.interest.follow(slot);
        } else {
            let new = self.interest.note_all(slot, theirs);
            if let Some(offers) = &mut self.offers {
                let from = self.neighbors.id(slot);
                chunks_of(&new).for_each(|chunk| offers.seen(from, chunk));
            }
        }
        if !self.interest.is_interesting(slot) {
            self.show_interest(slot, boards);
        }
        self.fetch_from(slot, boards, choose);
        self.part_if_both_full(slot, boards);
    }

    /// The neighbor at a slot tells this peer that it has this chunk now.
    pub(super) fn has(
        &mut self,
        slot: usize,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        self.note_has(slot, chunk);
        if self.settled().contains(chunk) {
            // It may be an offer made for this peer alone: the sender must not wait for ever.
            self.say(slot, Message::Cancel(chunk));
        }
        self.act_on(slot, chunk, boards, choose);
    }

    /// The neighbor at a slot has shown that it has this chunk now.
    pub(super) fn notices(
        &mut self,
        slot: usize,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        let by = self.neighbors.id(slot);
        if self.offers.as_ref().is_some_and(|offers| offers.has_told(by, chunk)) {
            // A peer need not tell of a chunk that the source has shown it.
            return;
        }
        if self.offers.is_some() || self.interest.is_known(slot) {
            self.note_has(slot, chunk);
        } else {
            self.interest.follow(slot);
        }
        self.act_on(slot, chunk, boards, choose);
    }

    fn act_on(
        &mut self,
        slot: usize,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        if self.settled().contains(chunk) {
            self.part_if_both_full(slot, boards);
            return;
        }
        if !self.interest.is_interesting(slot) {
            self.show_interest(slot, boards);
        }
        if self.requests.is_served_by(slot) && self.requests.open().contains(chunk) {
            self.fetch_from(slot, boards, choose);
        }
    }

    pub(super) fn note_has(&mut self, slot: usize, chunk: ChunkId) {
        if let Some(offers) = &mut self.offers {
            offers.seen(self.neighbors.id(slot), chunk);
        }
        self.interest.note(slot, chunk);
    }

    /// A peer that needs nothing and a neighbor that has all of the same chunks have nothing for
    /// each other: the place is for others.
    fn part_if_both_full(&mut self, slot: usize, boards: &impl Boards) {
        if !self.is_leecher() && self.is_full(slot, boards) {
            self.drop_neighbor(slot);
        }
    }

    /// Does the neighbor at a slot have everything that this peer has?
    pub(super) fn is_full(&self, slot: usize, boards: &impl Boards) -> bool {
        let theirs = self.interest.row(slot, self.neighbors.id(slot), boards);
        contains_all(theirs, self.have.words())
    }

    /// Tells a neighbor whether it has something that this peer lacks, when that has changed.
    fn show_interest(&mut self, slot: usize, boards: &impl Boards) {
        let id = self.neighbors.id(slot);
        let settled = PartialDownload::settled(&self.partial, &self.have);
        if self.interest.review(slot, id, settled, boards) {
            self.say_interest(slot);
        }
    }

    fn say_interest(&mut self, slot: usize) {
        let wanted = self.interest.is_interesting(slot);
        let message = if wanted { Message::Interested } else { Message::NotInterested };
        self.say(slot, message);
    }

    /// Requests of a neighbor that serves this peer as many chunks as may be awaited of it.
    #[inline]
    pub(super) fn fetch_from(
        &mut self,
        slot: usize,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        if self.requests.is_served_by(slot) && self.interest.is_interesting(slot) {
            self.fetch_all_from(slot, boards, choose);
        }
    }

    fn fetch_all_from(&mut self, slot: usize, boards: &impl Boards, choose: &mut dyn Choose) {
        for _ in 0..self.requests.room(slot) {
            let Some(chunk) = self.pick(slot, boards, choose) else { return };
            self.requests.request(slot, chunk);
            self.say(slot, Message::Request(chunk));
            // Under strict barter a request is half of an exchange.
            self.serve();
        }
    }

    /// The chunk to request next of the neighbor at a slot.
    fn pick(&self, slot: usize, boards: &impl Boards, choose: &mut dyn Choose) -> Option<ChunkId> {
        let theirs = self.interest.row(slot, self.neighbors.id(slot), boards);
        let view = View {
            theirs,
            open: self.requests.open().words(),
            rarity: self.interest.rarity(),
            rows: self.interest.rows(self.neighbors.ids(), boards),
            first: if self.have.is_empty() { First::Yes } else { First::No },
        };
        pick(self.settings.protocol.picker, &view, choose)
            .or_else(|| pick_overdue(&self.requests, slot, |chunk| holds(theirs, chunk), choose))
    }

    /// Requests of each neighbor that serves this peer: something became free to request.
    pub(super) fn fetch_from_all(&mut self, boards: &impl Boards, choose: &mut dyn Choose) {
        for slot in self.requests.ready().iter() {
            self.fetch_from(slot, boards, choose);
        }
    }

    /// A request will not be answered. A neighbor that serves this peer and still rejects does not
    /// have the chunk, whatever it said.
    pub(super) fn rejected(
        &mut self,
        slot: usize,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        if !self.requests.forget(slot, chunk) {
            return;
        }
        let id = self.neighbors.id(slot);
        if self.requests.is_served_by(slot) && self.interest.deny(slot, id, chunk, boards) {
            self.show_interest(slot, boards);
        }
        self.requests.reopen(chunk, &self.have);
        self.fetch_from_all(boards, choose);
    }

    /// A chunk has arrived whole.
    pub(super) fn received(
        &mut self,
        from: PeerId,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        if !self.exists(chunk) {
            return;
        }
        self.accounts.settle(from, -1);
        let length = self.manifest.length(chunk).0;
        let sender = self.neighbors.slot(from);
        if let Some(slot) = sender {
            self.choker.received(slot, length);
            self.requests.forget(slot, chunk);
        }
        let was_leecher = self.is_leecher();
        let new = self.have.insert(chunk);
        if new {
            self.partial.iter_mut().for_each(|partial| partial.arrived(chunk));
            self.requests.arrived(chunk);
            self.show_chunk(chunk, boards);
            self.settle_requests(chunk, boards, choose);
        }
        if let Some(slot) = sender {
            self.fetch_from(slot, boards, choose);
        }
        self.serve();
        if was_leecher && !self.is_leecher() {
            self.completed(boards);
        }
    }

    /// Tells the neighbors that lack a new chunk that it is here.
    fn show_chunk<B: Boards>(&mut self, chunk: ChunkId, boards: &B) {
        // What no neighbor can have of it makes no chunk less rare.
        if self.is_free_rider() {
            return;
        }
        if B::KEPT {
            self.out.shown = Some(Shown::Chunk(chunk));
            return;
        }
        let mut lacking = Vec::with_capacity(self.neighbors.len());
        for slot in 0..self.neighbors.len() {
            let id = self.neighbors.id(slot);
            if !holds(self.interest.row(slot, id, boards), chunk) {
                self.neighbors.speak_to(slot);
                lacking.push(id);
            }
        }
        self.tell_all(lacking, Message::Have(chunk));
    }

    /// A chunk is here: tells the neighbors that were asked for it, too, that it is not needed, and
    /// those that have nothing else that they are of no interest.
    fn settle_requests(&mut self, chunk: ChunkId, boards: &impl Boards, choose: &mut dyn Choose) {
        let resting = self.interest.resting_on(chunk);
        let awaited = self.requests.awaited_of(chunk);
        for slot in resting.with(&awaited, |resting, awaited| resting | awaited).iter() {
            let id = self.neighbors.id(slot);
            let settled = PartialDownload::settled(&self.partial, &self.have);
            let content = resting.contains(slot) && self.interest.review(slot, id, settled, boards);
            if self.requests.forget(slot, chunk) {
                self.say(slot, Message::Cancel(chunk));
                self.fetch_from(slot, boards, choose);
            }
            if content {
                self.say_interest(slot);
            }
        }
    }

    fn completed(&mut self, boards: &impl Boards) {
        self.out.outputs.push(Output::Completed);
        let rides_free = self.is_free_rider();
        let done = |&slot: &usize| rides_free || self.is_full(slot, boards);
        let useless: Vec<usize> = (0..self.neighbors.len()).filter(done).collect();
        for (gone, slot) in useless.into_iter().enumerate() {
            // Those behind a neighbor that is gone have moved down.
            self.drop_neighbor(slot - gone);
        }
        // The others were not told of what they held themselves. They must know that this peer has
        // everything: once they have, too, the two have nothing for each other.
        self.show_all();
    }
}
