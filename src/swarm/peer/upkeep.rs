//! Neighbors come and go: which nodes to ask, to accept, to give up.

use super::super::message::Message;
use super::Peer;
use crate::choose::{Choose, pick};
use crate::chunks::PeerId;
use crate::engine::Output;
use crate::engine::boards::{Boards, Shown};

impl Peer {
    /// The tracker named some members.
    pub(super) fn hear_of(&mut self, members: &[PeerId], choose: &mut dyn Choose) {
        for &member in members {
            if member != self.me && !self.neighbors.contains(member) {
                self.membership.hear_of(member);
            }
        }
        self.connect(self.membership.target_degree(), choose);
    }

    /// How many places for neighbors are taken.
    fn degree(&self) -> usize {
        self.neighbors.len() + self.membership.pending()
    }

    /// Asks candidates until it has or awaits so many neighbors.
    fn connect(&mut self, places: usize, choose: &mut dyn Choose) {
        // Only a peer that lacks something looks for others; they find those that have everything.
        if !self.is_leecher() {
            return;
        }
        while self.degree() < places {
            let Some(peer) = self.membership.next(choose) else { return };
            self.out.outputs.push(Output::Connect(peer));
        }
    }

    /// A node asks to be a neighbor.
    pub(super) fn answer(&mut self, peer: PeerId) {
        let known = self.neighbors.contains(peer) || self.membership.has_asked(peer);
        let room = !self.is_done() && self.degree() < self.membership.max_degree();
        if !known && !room {
            self.out.outputs.push(Output::Refuse(peer));
            return;
        }
        if !known {
            self.membership.accept(peer);
        }
        self.out.outputs.push(Output::Accept(peer));
    }

    /// A node is a neighbor now.
    pub(super) fn connected(&mut self, peer: PeerId, boards: &impl Boards) {
        self.membership.connected(peer);
        if self.neighbors.contains(peer) {
            return;
        }
        if self.is_done() {
            // It was asked for before the last chunk came.
            self.out.outputs.push(Output::Disconnect(peer));
            return;
        }
        let shows = boards.shows(peer);
        let Some(slot) = self.neighbors.insert(peer, shows) else { return };
        self.interest.open_gap(slot);
        self.requests.open_gap(slot);
        self.uploads.open_gap(slot);
        self.choker.open_gap(slot);
        self.watching.open_gap(slot);
        if self.offers.is_some() {
            // A new neighbor lacks something: the first pass need not wait for its interest.
            self.fill_free_slots();
        } else if !self.have.is_empty() && !self.is_free_rider() {
            self.say(slot, Message::bitfield(self.have.clone()));
        }
    }

    /// A node is a neighbor no more, or did not want to become one.
    pub(super) fn disconnected(
        &mut self,
        peer: PeerId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        self.membership.disconnected(peer);
        self.neighbors.slot(peer).into_iter().for_each(|slot| self.forget(slot));
        self.fetch_from_all(boards, choose);
        self.fill_slots(choose);
        self.connect(self.membership.target_degree(), choose);
    }

    /// Gives a neighbor up.
    pub(super) fn drop_neighbor(&mut self, slot: usize) {
        self.out.outputs.push(Output::Disconnect(self.neighbors.id(slot)));
        self.forget(slot);
    }

    /// Forgets everything about a neighbor: what was awaited of it is free to request again.
    fn forget(&mut self, slot: usize) {
        let peer = self.neighbors.id(slot);
        self.choker.end_optimistic(peer);
        self.choker.close_gap(slot);
        self.watching.close_gap(slot);
        self.interest.close_gap(slot);
        self.requests.close_gap(slot, &self.have);
        // What was on its way to it is lost as well: it may be promised to another.
        let sending = self.uploads.close_gap(slot);
        if let Some(offers) = &mut self.offers {
            offers.forget(peer);
        }
        self.accounts.settle(peer, -(sending.len() as i64));
        self.neighbors.remove(slot);
    }

    /// At each decision of the choker: gives up the dead, shows that it is alive itself, and makes
    /// room for a neighbor of interest.
    pub(super) fn upkeep<B: Boards>(&mut self, boards: &B, choose: &mut dyn Choose) {
        let interesting = !self.interest.interesting().is_empty();
        let served = self.interest.interesting().iter().any(|slot| self.is_useful(slot));
        self.requests.grow_older();
        let dead = self.neighbors.dead(boards);
        if B::KEPT {
            self.out.shown = Some(Shown::Presence);
        } else {
            let mut unspoken = self.neighbors.unspoken();
            unspoken.retain(|peer| !dead.contains(peer));
            self.tell_all(unspoken, Message::KeepAlive);
        }
        let lost_some = !dead.is_empty();
        for peer in dead.into_iter().chain(self.uninterested()) {
            self.neighbors.slot(peer).into_iter().for_each(|slot| self.drop_neighbor(slot));
        }
        if lost_some {
            self.fill_slots(choose);
        }
        self.fetch_from_all(boards, choose);
        if self.is_leecher() {
            self.look_for_others(served, interesting, choose);
        }
    }

    /// The neighbors that a peer which wants a part of the file, and has it, is of no use to: those
    /// that have wanted nothing of it since its last decision. It gets no more to offer, and the
    /// places are for others.
    fn uninterested(&mut self) -> Vec<PeerId> {
        let is_leecher = self.is_leecher();
        let Some(partial) = &mut self.partial else { return Vec::new() };
        if is_leecher {
            return Vec::new();
        }
        let slots = (0..self.neighbors.len()).filter(|&slot| !self.choker.is_interested(slot));
        partial.uninterested_again(slots.map(|slot| self.neighbors.id(slot)).collect())
    }

    /// Does the neighbor at a slot serve this peer with something that this peer lacks? A neighbor
    /// that chokes rejects what it has not begun, so what is still awaited of it is on its way,
    /// however slowly.
    fn is_useful(&self, slot: usize) -> bool {
        self.interest.is_interesting(slot)
            && (self.requests.is_served_by(slot) || self.requests.awaits(slot))
    }

    /// Drops a neighbor that is of no use, when it could not ask any other node otherwise: rather
    /// one that has nothing for it than one that does not serve it, rather one that it does not
    /// serve, and none that is just getting a chunk.
    fn make_room(&mut self, choose: &mut dyn Choose) {
        if self.degree() < self.membership.target_degree() {
            return;
        }
        let useless = |&slot: &usize| !self.is_useful(slot) && !self.uploads.is_sending_to(slot);
        let price = |slot: usize| (self.interest.is_interesting(slot), self.choker.is_served(slot));
        let useless: Vec<usize> = (0..self.neighbors.len()).filter(useless).collect();
        let least = useless.iter().map(|&slot| price(slot)).min();
        let cheap = useless.into_iter().filter(|&slot| Some(price(slot)) == least);
        let choice: Vec<usize> = cheap.collect();
        if let Some(slot) = pick(&choice, choose) {
            self.drop_neighbor(slot);
        }
    }

    fn look_for_others(&mut self, served: bool, interesting: bool, choose: &mut dyn Choose) {
        let target = self.membership.target_degree();
        if self.membership.is_time_for_another(served, interesting) {
            // A neighbor that goes is replaced, also where others asked for more than are looked
            // for.
            let places = self.degree();
            self.make_room(choose);
            self.connect(places.max(target), choose);
            self.announce();
        }
        self.connect(target, choose);
        if self.degree() < target.div_ceil(2) {
            self.announce();
        }
    }
}
