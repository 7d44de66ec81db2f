//! Whom a peer serves, and what it sends next.

use super::choker::{Account, Candidate, Exchange, Policy, may_serve, select};
use super::message::Message;
use super::neighbor::{Neighbor, Score};
use super::offers::Offers;
use super::peer::Peer;
use crate::choose::{Choose, pick};
use crate::chunks::{ChunkId, PeerId};
use crate::engine::{Output, Role};
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

    /// Does a neighbor want something? During the source's first pass everybody who lacks anything
    /// does, though the source has shown nothing yet.
    pub(super) fn wants(&self, neighbor: &Neighbor) -> bool {
        neighbor.interested
            || (self.offers.is_some() && neighbor.holds < self.manifest.chunks() as u32)
    }

    /// What the choker looks at of some neighbors.
    fn candidates(&self, which: impl Fn(&Neighbor) -> bool) -> Vec<Candidate> {
        let kept_back = self.offers.as_deref().map(Offers::kept_back).unwrap_or_default();
        let mut candidates = Vec::with_capacity(self.neighbors.len());
        let of = self.neighbors.scored().filter(|&(neighbor, _)| which(neighbor));
        candidates.extend(of.map(|(neighbor, score)| Candidate {
            kept_back: kept_back.get(&neighbor.peer).copied().unwrap_or(0),
            peer: neighbor.peer,
            received: score.received,
            sent: score.sent,
            waited: score.waited,
            balance: self.balances.get(&neighbor.peer).copied().unwrap_or(0),
        }));
        candidates
    }

    /// The interval is over: decides anew whom to serve.
    pub(super) fn rechoke(&mut self, choose: &mut dyn Choose) {
        if !self.is_free_rider() {
            let slots = self.settings.protocol.unchoke_slots as usize;
            let candidates = self.candidates(|neighbor| self.wants(neighbor));
            let chosen = select(self.policy(), slots, candidates);
            if self.optimistic.is_some_and(|lucky| chosen.contains(&lucky)) {
                self.optimistic = None;
            }
            let served: Vec<PeerId> =
                self.neighbors.iter().filter(|n| n.served).map(|n| n.peer).collect();
            for peer in served {
                if !chosen.contains(&peer) && self.optimistic != Some(peer) {
                    self.choke(peer);
                }
            }
            for peer in chosen {
                self.unchoke(peer);
            }
            self.fill_slots(choose);
        }
        let first_pass = self.offers.is_some();
        // Nobody waits for whom it never serves.
        let serves = !self.is_free_rider();
        for (neighbor, score) in self.neighbors.scored_mut() {
            let waits = serves && (neighbor.interested || first_pass) && !neighbor.served;
            let waited = if waits { score.waited.saturating_add(1) } else { 0 };
            *score = Score { waited, received: 0, sent: 0 };
        }
        self.serve();
    }

    /// A slot must not stand empty until the next decision while somebody wants something.
    pub(super) fn fill_slots(&mut self, choose: &mut dyn Choose) {
        self.fill_free_slots();
        if self.optimistic.is_none() {
            self.fill_optimistic(choose);
        }
    }

    pub(super) fn fill_free_slots(&mut self) {
        if self.is_free_rider() {
            return;
        }
        let slots = self.settings.protocol.unchoke_slots as usize;
        let taken = self.neighbors.served() - usize::from(self.optimistic.is_some());
        if slots <= taken {
            return;
        }
        let candidates = self.candidates(|n| !n.served && self.wants(n));
        for peer in select(self.policy(), slots - taken, candidates) {
            self.unchoke(peer);
        }
    }

    /// The optimistic slot moves on: to anybody who waits, whatever it gave.
    pub(super) fn move_optimistic(&mut self, choose: &mut dyn Choose) {
        let former = self.optimistic.take();
        self.fill_optimistic(choose);
        if let Some(former) = former {
            if self.optimistic.is_none() {
                self.optimistic = Some(former);
            } else {
                self.choke(former);
                self.fill_slots(choose);
            }
        }
    }

    fn fill_optimistic(&mut self, choose: &mut dyn Choose) {
        if self.is_free_rider() || self.settings.protocol.optimistic.is_none() {
            return;
        }
        let waiting: Vec<PeerId> =
            self.neighbors.iter().filter(|n| !n.served && self.wants(n)).map(|n| n.peer).collect();
        if let Some(lucky) = pick(&waiting, choose) {
            self.optimistic = Some(lucky);
            self.unchoke(lucky);
        }
    }

    /// Under barter an exchange needs both sides at once: whoever serves this peer gets the slot of
    /// somebody who does not, without waiting for the next decision. Otherwise two peers with one
    /// slot each could pass each other for ever.
    pub(super) fn reciprocate(&mut self, peer: PeerId) {
        let barter =
            matches!(self.policy(), Policy::Leecher(Choker::StrictBarter | Choker::Credit(_)));
        let waits = self.neighbors.find(peer).is_some_and(|n| n.interested && !n.served);
        if !barter || !waits || self.is_free_rider() {
            return;
        }
        self.fill_free_slots();
        if self.neighbors.find(peer).is_some_and(|n| n.served) {
            return;
        }
        let one_way = self
            .neighbors
            .iter()
            .find(|n| n.served && !n.serves_me && self.optimistic != Some(n.peer))
            .map(|n| n.peer);
        if let Some(other) = one_way {
            self.choke(other);
            self.unchoke(peer);
        }
    }

    /// A neighbor wants nothing any more: its slot is for others.
    pub(super) fn stop_serving_the_content(&mut self, peer: PeerId, choose: &mut dyn Choose) {
        let content = self.neighbors.position(peer).is_some_and(|at| {
            let neighbor = self.neighbors.at(at).clone();
            neighbor.served && !self.wants(&neighbor)
        });
        if content {
            self.choke(peer);
            self.fill_slots(choose);
        }
    }

    fn unchoke(&mut self, peer: PeerId) {
        if !self.neighbors.begin_serving(peer) {
            return;
        }
        self.tell(peer, Message::Unchoke);
        self.offer(peer);
    }

    pub(super) fn choke(&mut self, peer: PeerId) {
        if self.optimistic == Some(peer) {
            self.optimistic = None;
        }
        if !self.neighbors.end_serving(peer) {
            return;
        }
        self.tell(peer, Message::Choke);
        let its = self.queue.iter().filter(|&&(asker, _)| asker == peer);
        for chunk in its.map(|&(_, chunk)| chunk).collect::<Vec<_>>() {
            self.tell(peer, Message::Reject(chunk));
        }
        self.queue.retain(|&(asker, _)| asker != peer);
        self.withdraw_offers(peer);
    }

    /// A neighbor requests a chunk.
    pub(super) fn requested(&mut self, from: PeerId, chunk: ChunkId) {
        let known = self.exists(chunk) && self.have.contains(chunk);
        let served = self.neighbors.find(from).is_some_and(|neighbor| neighbor.served);
        let meant = self.offers.as_ref().is_none_or(|offers| offers.promised_to(from, chunk));
        if !known || !served || !meant {
            self.tell(from, Message::Reject(chunk));
            return;
        }
        if !self.queue.contains(&(from, chunk)) {
            self.queue.push_back((from, chunk));
        }
        self.serve();
    }

    /// A neighbor does not need a chunk any more.
    pub(super) fn cancelled(&mut self, from: PeerId, chunk: ChunkId) {
        if !self.exists(chunk) {
            return;
        }
        self.queue.retain(|&request| request != (from, chunk));
        let on_its_way = self.sending.take(from, |sending| sending == chunk);
        if on_its_way {
            self.settle_account(from, -1);
            self.outputs.push_back(Output::Abort { to: from, chunk });
        }
        self.offer_declined(from, chunk);
    }

    /// Sends the first request that may be served, when the uplink could carry another chunk.
    pub(super) fn serve(&mut self) {
        if !self.ready {
            return;
        }
        let policy = self.policy();
        let may = |&(peer, _): &(PeerId, ChunkId)| may_serve(policy, self.account(peer));
        let Some(at) = self.queue.iter().position(may) else {
            return;
        };
        if let Some((to, chunk)) = self.queue.remove(at) {
            self.ready = false;
            self.settle_account(to, 1);
            if let Some(at) = self.neighbors.position(to) {
                self.sending.push(to, chunk);
                self.say(at, Message::Chunk(chunk));
            }
        }
    }

    fn account(&self, peer: PeerId) -> Account {
        let balance = self.balances.get(&peer).copied().unwrap_or(0);
        let serves_me =
            self.neighbors.position(peer).is_some_and(|at| self.neighbors.record(at).serves_me);
        let mutual = serves_me && self.awaited.with(peer).next().is_some();
        let exchange = if mutual { Exchange::Mutual } else { Exchange::OneWay };
        Account { balance, exchange }
    }

    /// Moves the account with a peer, where accounts are kept: only barter reads them.
    pub(super) fn settle_account(&mut self, peer: PeerId, chunks: i64) {
        let barter =
            matches!(self.settings.protocol.choker, Choker::StrictBarter | Choker::Credit(_));
        if barter && self.role != Role::Source && !peer.is_source() {
            *self.balances.entry(peer).or_default() += chunks;
        }
    }

    /// The last byte of a chunk has left.
    pub(super) fn sent(&mut self, to: PeerId, chunk: ChunkId) {
        let length = self.manifest.length(chunk).0;
        if let Some(at) = self.neighbors.position(to) {
            self.neighbors.score(at).sent += length;
            self.sending.take(to, |sending| sending == chunk);
        }
        self.offer_kept(to, chunk);
    }
}
