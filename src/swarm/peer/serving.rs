//! Which neighbors a peer serves, and what it sends next.

use std::num::NonZeroUsize;

use super::super::message::Message;
use super::super::policy::{Account, Candidate, Exchange, Policy, may_serve, select};
use super::super::slots::SlotSet;
use super::super::super_seeding::Offers;
use super::Peer;
use crate::choose::Choose;
use crate::chunks::{ChunkId, PeerId};
use crate::engine::Output;
use crate::engine::boards::NoBoards;
use crate::scenario::Choker;

impl Peer {
    fn policy(&self) -> Policy {
        if self.is_leecher() {
            Policy::Leecher(self.settings.protocol.choker)
        } else if self.offers.is_some() {
            Policy::FirstPass
        } else {
            Policy::Seeder(self.settings.protocol.seeding)
        }
    }

    /// Does the neighbor at a slot want something? During the source's first pass each that lacks
    /// anything does, though the source has shown nothing yet. It keeps no boards in that pass.
    fn wants(&self, slot: usize) -> bool {
        self.choker.is_interested(slot) || (self.offers.is_some() && !self.is_full(slot, &NoBoards))
    }

    /// The neighbors that want something.
    fn wanting(&self) -> SlotSet {
        match self.offers {
            None => self.choker.interested_set().clone(),
            Some(_) => SlotSet::matching(self.neighbors.len(), |slot| self.wants(slot)),
        }
    }

    /// The neighbors that want something and are not served.
    fn waiting(&self) -> SlotSet {
        self.wanting().with(self.choker.served(), |wanting, served| wanting & !served)
    }

    /// What the choker looks at of some neighbors.
    fn candidates(&self, which: &SlotSet) -> Vec<Candidate> {
        let kept_back = self.offers.as_deref().map(Offers::kept_back).unwrap_or_default();
        let mut candidates = Vec::with_capacity(which.len());
        which.iter().for_each(|slot| {
            let peer = self.neighbors.id(slot);
            candidates.push(Candidate {
                kept_back: kept_back.get(&peer).copied().unwrap_or(0),
                peer,
                received: 0,
                sent: 0,
                waited: self.choker.waited(slot),
                balance: self.accounts.balance(peer),
            });
        });
        for traffic in self.choker.traffic() {
            if which.contains(traffic.slot()) {
                let candidate = &mut candidates[which.rank(traffic.slot())];
                candidate.received = traffic.received;
                candidate.sent = traffic.sent;
            }
        }
        candidates
    }

    /// The interval is over: decides anew which neighbors to serve.
    pub(super) fn rechoke(&mut self, choose: &mut dyn Choose) {
        if !self.is_free_rider() {
            let slots = self.settings.protocol.unchoke_slots as usize;
            let chosen = select(self.policy(), slots, self.candidates(&self.wanting()));
            chosen.iter().for_each(|&peer| self.choker.end_optimistic(peer));
            let served: Vec<usize> = self.choker.served().iter().collect();
            for slot in served {
                let peer = self.neighbors.id(slot);
                if !chosen.contains(&peer) && self.choker.optimistic() != Some(peer) {
                    self.choke(slot);
                }
            }
            chosen.into_iter().for_each(|peer| self.unchoke(peer));
            self.fill_slots(choose);
        }
        let waiting = if self.is_free_rider() {
            // No neighbor waits for a peer that never serves.
            SlotSet::default()
        } else if self.offers.is_some() {
            let all = SlotSet::full(self.neighbors.len());
            all.with(self.choker.served(), |all, served| all & !served)
        } else {
            self.waiting()
        };
        self.choker.begin_interval(&waiting);
        self.serve();
    }

    /// A slot must not stand empty until the next decision while a neighbor wants something.
    pub(super) fn fill_slots(&mut self, choose: &mut dyn Choose) {
        self.fill_free_slots();
        if self.choker.optimistic().is_none() {
            self.fill_optimistic(choose);
        }
    }

    pub(super) fn fill_free_slots(&mut self) {
        let free = self.choker.free(self.settings.protocol.unchoke_slots);
        if free == 0 || self.is_free_rider() {
            return;
        }
        for peer in select(self.policy(), free, self.candidates(&self.waiting())) {
            self.unchoke(peer);
        }
    }

    /// The optimistic slot moves on: to any neighbor that waits, whatever it gave.
    pub(super) fn move_optimistic(&mut self, choose: &mut dyn Choose) {
        let former = self.choker.optimistic();
        self.choker.set_optimistic(None);
        self.fill_optimistic(choose);
        if let Some(former) = former {
            if self.choker.optimistic().is_none() {
                self.choker.set_optimistic(Some(former));
            } else {
                self.neighbors.slot(former).into_iter().for_each(|slot| self.choke(slot));
                self.fill_slots(choose);
            }
        }
    }

    fn fill_optimistic(&mut self, choose: &mut dyn Choose) {
        if self.is_free_rider() || self.settings.protocol.optimistic.is_none() {
            return;
        }
        let waiting = self.waiting();
        let Some(count) = NonZeroUsize::new(waiting.len()) else { return };
        // A single one costs no choice.
        let nth = if count == NonZeroUsize::MIN { 0 } else { choose.index(count) };
        if let Some(slot) = waiting.iter().nth(nth) {
            let lucky = self.neighbors.id(slot);
            self.choker.set_optimistic(Some(lucky));
            self.unchoke(lucky);
        }
    }

    /// Under barter an exchange needs both sides at once: a neighbor that serves this peer gets the
    /// slot of one that does not, without waiting for the next decision. Otherwise two peers with
    /// one slot each could pass each other for ever.
    pub(super) fn reciprocate(&mut self, slot: usize) {
        let barter =
            matches!(self.policy(), Policy::Leecher(Choker::StrictBarter | Choker::Credit(_)));
        let waits = self.choker.is_interested(slot) && !self.choker.is_served(slot);
        if !barter || !waits || self.is_free_rider() {
            return;
        }
        self.fill_free_slots();
        if self.choker.is_served(slot) {
            return;
        }
        let one_way = self.choker.served().iter().find(|&other| {
            let id = self.neighbors.id(other);
            !self.requests.is_served_by(other) && self.choker.optimistic() != Some(id)
        });
        if let Some(other) = one_way {
            self.choke(other);
            self.unchoke(self.neighbors.id(slot));
        }
    }

    /// A neighbor wants nothing any more: its slot is for others.
    pub(super) fn choke_uninterested(&mut self, slot: usize, choose: &mut dyn Choose) {
        if self.choker.is_served(slot) && !self.wants(slot) {
            self.choke(slot);
            self.fill_slots(choose);
        }
    }

    fn unchoke(&mut self, peer: PeerId) {
        let slot = self.neighbors.slot(peer).filter(|&slot| !self.choker.is_served(slot));
        let Some(slot) = slot else { return };
        self.choker.serve(slot);
        self.say(slot, Message::Unchoke);
        self.offer(slot);
    }

    fn choke(&mut self, slot: usize) {
        self.choker.end_optimistic(self.neighbors.id(slot));
        if !self.choker.is_served(slot) {
            return;
        }
        self.choker.end(slot);
        self.say(slot, Message::Choke);
        for chunk in self.uploads.reject_all(slot) {
            self.say(slot, Message::Reject(chunk));
        }
        self.withdraw_offers(slot);
    }

    /// A neighbor requests a chunk.
    pub(super) fn requested(&mut self, from: usize, chunk: ChunkId) {
        let known = self.exists(chunk) && self.have.contains(chunk);
        let id = self.neighbors.id(from);
        let meant = self.offers.as_ref().is_none_or(|offers| offers.promised_to(id, chunk));
        if !known || !self.choker.is_served(from) || !meant {
            self.say(from, Message::Reject(chunk));
            return;
        }
        self.uploads.enqueue(from, chunk);
        self.serve();
    }

    /// A neighbor does not need a chunk any more.
    pub(super) fn cancelled(&mut self, from: usize, chunk: ChunkId) {
        if !self.exists(chunk) {
            return;
        }
        if self.uploads.cancel(from, chunk) {
            let to = self.neighbors.id(from);
            self.accounts.settle(to, -1);
            self.out.outputs.push(Output::Abort { to, chunk });
        }
        self.offer_declined(from, chunk);
    }

    /// Sends the first request that may be served, when the uplink could carry another chunk.
    pub(super) fn serve(&mut self) {
        let policy = self.policy();
        let (neighbors, requests, accounts) = (&self.neighbors, &self.requests, &self.accounts);
        let may = |slot| {
            let mutual = requests.is_served_by(slot) && requests.awaits(slot);
            let exchange = if mutual { Exchange::Mutual } else { Exchange::OneWay };
            may_serve(policy, Account { balance: accounts.balance(neighbors.id(slot)), exchange })
        };
        if let Some((slot, chunk)) = self.uploads.next(may) {
            self.accounts.settle(self.neighbors.id(slot), 1);
            self.say(slot, Message::Chunk(chunk));
        }
    }

    /// The last byte of a chunk has left.
    pub(super) fn sent(&mut self, to: PeerId, chunk: ChunkId) {
        if let Some(slot) = self.neighbors.slot(to) {
            self.choker.sent(slot, self.manifest.length(chunk).0);
            self.uploads.sent(slot, chunk);
        }
        self.offer_kept(to, chunk);
    }

    /// Promises a served neighbor as many chunks as it may request at a time. When every chunk is
    /// promised, the first pass is over: from now on the source is a seeder like any other.
    fn offer(&mut self, slot: usize) {
        let to = self.neighbors.id(slot);
        let most = self.settings.requests as usize;
        while let Some(offers) = &mut self.offers {
            if most <= offers.outstanding(to) {
                return;
            }
            match offers.promise(to) {
                Some(chunk) => {
                    if self.watching.is_on() {
                        offers.tells(to, chunk);
                    }
                    self.say(slot, Message::Have(chunk));
                }
                None => {
                    self.offers = None;
                    self.show_all();
                }
            }
        }
    }

    /// A chunk has left for a neighbor, promised or not: the neighbor is promised the next one
    /// while it is served.
    fn offer_kept(&mut self, to: PeerId, chunk: ChunkId) {
        let Some(offers) = &mut self.offers else {
            return;
        };
        let others = offers.kept(to, chunk);
        let outstanding = offers.outstanding(to);
        // An unchoke and a request take a round trip: what others were promised must last so long.
        let lasts = self.settings.requests as usize <= others + 1;
        let slot = self.neighbors.slot(to).filter(|&slot| self.choker.is_served(slot));
        let Some(slot) = slot else { return };
        let is_lucky = self.choker.optimistic() == Some(to);
        if !lasts || is_lucky || !self.one_waits_that_passes_on_more(to) {
            self.offer(slot);
        } else if outstanding == 0 {
            self.choke(slot);
            self.fill_free_slots();
        }
    }

    /// Does a neighbor wait that keeps back fewer chunks than `served` does?
    fn one_waits_that_passes_on_more(&self, served: PeerId) -> bool {
        let Some(offers) = &self.offers else { return false };
        let kept_back = offers.kept_back();
        let of = |peer| kept_back.get(&peer).copied().unwrap_or(0);
        self.waiting().iter().any(|slot| of(self.neighbors.id(slot)) < of(served))
    }

    /// A neighbor does not need what it was promised: it has it from another.
    fn offer_declined(&mut self, by: usize, chunk: ChunkId) {
        if self.offers.is_some() {
            self.note_has(by, chunk);
            self.offer_kept(self.neighbors.id(by), chunk);
        }
    }

    /// A neighbor is served no more: what it was promised may go to others.
    fn withdraw_offers(&mut self, from: usize) {
        if let Some(offers) = &mut self.offers {
            let uploads = &self.uploads;
            let is_sending = |chunk| uploads.is_sending(from, chunk);
            offers.withdraw(self.neighbors.id(from), is_sending);
        }
    }
}
