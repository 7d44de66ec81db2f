//! Neighbors come and go: whom to ask, whom to accept, whom to give up.

use super::fetch::STALE;
use super::message::Message;
use super::neighbor::Neighbor;
use super::peer::Peer;
use crate::choose::{Choose, pick};
use crate::chunks::PeerId;
use crate::engine::Output;

/// Decisions of the choker without a word after which a neighbor counts as dead. Everybody says
/// something at each of its decisions, so three are enough to forgive any order of events.
const SILENCE: u8 = 3;

/// Decisions of the choker without being served after which a place is made for somebody new, when
/// nobody is of interest.
const BOREDOM: u32 = 3;

impl Peer {
    /// How many neighbors it looks for itself. As many again will ask, if everybody does so.
    fn sought(&self) -> usize {
        (self.settings.protocol.neighbors as usize).div_ceil(2)
    }

    /// The most neighbors that it accepts: twice as many as are expected, since whom others ask is
    /// chance, and whoever is refused has fewer than it looks for.
    fn most(&self) -> usize {
        (self.settings.protocol.neighbors as usize).saturating_mul(2)
    }

    /// The tracker named some members.
    pub(super) fn hear_of(&mut self, members: &[PeerId], choose: &mut dyn Choose) {
        for &member in members {
            let known = member == self.me
                || self.asked.contains(&member)
                || self.neighbors.contains(member);
            if !known {
                self.candidates.insert(member);
            }
        }
        self.connect(self.sought(), choose);
    }

    /// Asks candidates until it has or awaits so many neighbors.
    fn connect(&mut self, places: usize, choose: &mut dyn Choose) {
        // Only who lacks something looks for others; they find whoever has everything.
        if !self.is_leecher() {
            return;
        }
        while self.neighbors.len() + self.asked.len() < places {
            let candidates: Vec<PeerId> = self.candidates.iter().copied().collect();
            let Some(peer) = pick(&candidates, choose) else {
                return;
            };
            self.candidates.remove(&peer);
            self.asked.insert(peer);
            self.outputs.push_back(Output::Connect(peer));
        }
    }

    /// A node asks to be a neighbor.
    pub(super) fn answer(&mut self, peer: PeerId) {
        let known = self.neighbors.contains(peer) || self.asked.contains(&peer);
        let room = !self.is_done() && self.neighbors.len() + self.asked.len() < self.most();
        if !known && !room {
            self.outputs.push_back(Output::Refuse(peer));
            return;
        }
        if !known {
            // Its place is taken until it is a neighbor, or gone.
            self.asked.insert(peer);
        }
        self.outputs.push_back(Output::Accept(peer));
    }

    /// A node is a neighbor no more, or did not want to become one.
    pub(super) fn disconnected(&mut self, peer: PeerId, choose: &mut dyn Choose) {
        self.asked.remove(&peer);
        self.forget(peer);
        self.fetch_from_all(choose);
        self.fill_slots(choose);
        self.connect(self.sought(), choose);
    }

    /// Gives a neighbor up.
    pub(super) fn drop_neighbor(&mut self, peer: PeerId) {
        if self.neighbors.contains(peer) {
            self.outputs.push_back(Output::Disconnect(peer));
            self.forget(peer);
        }
    }

    /// Forgets everything about a neighbor: what was awaited of it is free to request again.
    fn forget(&mut self, peer: PeerId) {
        self.queue.retain(|&(asker, _)| asker != peer);
        if self.optimistic == Some(peer) {
            self.optimistic = None;
        }
        let Some(holdings) = self.neighbors.remove(peer) else {
            return;
        };
        // What was on its way to it is lost as well: it may be promised to somebody else.
        let sending = self.sending.take_all(peer);
        self.withdraw_offers(peer);
        self.rarity.remove_all(&holdings);
        for awaited in self.awaited.take_all(peer) {
            self.reopen(awaited.chunk);
        }
        self.settle_account(peer, -(sending.len() as i64));
    }

    /// At each decision of the choker: gives up the dead, shows that it is alive itself, and makes
    /// room for somebody of interest.
    pub(super) fn upkeep(&mut self, choose: &mut dyn Choose) {
        let mut dead = Vec::new();
        let mut quiet = Vec::new();
        let mut interesting = false;
        self.overdue = false;
        for neighbor in self.neighbors.iter_mut() {
            neighbor.silent += 1;
            if SILENCE < neighbor.silent {
                dead.push(neighbor.peer);
            } else if !neighbor.spoken_to {
                quiet.push(neighbor.peer);
            }
            interesting |= neighbor.wanted != 0;
        }
        let served = self.neighbors.iter().any(|neighbor| self.is_useful(neighbor));
        for awaited in self.awaited.all_mut() {
            // Nothing looks beyond: who behaves alike must be equal.
            awaited.age = STALE.min(awaited.age + 1);
            self.overdue |= STALE <= awaited.age;
        }
        self.tell_all(quiet, Message::KeepAlive);
        for neighbor in self.neighbors.iter_mut() {
            neighbor.spoken_to = false;
        }
        let lost_some = !dead.is_empty();
        for peer in dead {
            self.drop_neighbor(peer);
        }
        if lost_some {
            self.fill_slots(choose);
        }
        self.fetch_from_all(choose);
        if self.is_leecher() {
            self.unserved = if served { 0 } else { self.unserved.saturating_add(1) };
            self.look_for_others(interesting, choose);
        }
    }

    /// Does a neighbor serve this peer with something that this peer lacks? Whoever chokes rejects
    /// what it has not begun, so what is still awaited of it is on its way, however slowly.
    fn is_useful(&self, neighbor: &Neighbor) -> bool {
        let is_awaited = || self.awaited.with(neighbor.peer).next().is_some();
        neighbor.wanted != 0 && (neighbor.serves_me || is_awaited())
    }

    /// Drops a neighbor that is of no use, when it could not ask anybody else otherwise: rather one
    /// that has nothing for it than one that does not serve it, rather one that it does not serve,
    /// and none that is just getting a chunk.
    fn make_room(&mut self, choose: &mut dyn Choose) {
        if self.neighbors.len() + self.asked.len() < self.sought() {
            return;
        }
        let useless =
            |n: &&Neighbor| !self.is_useful(n) && self.sending.with(n.peer).next().is_none();
        let price = |n: &&Neighbor| (n.wanted != 0, n.served);
        let least = self.neighbors.iter().filter(useless).map(|n| price(&n)).min();
        let cheap = |n: &&Neighbor| useless(n) && Some(price(n)) == least;
        let choice: Vec<PeerId> = self.neighbors.iter().filter(cheap).map(|n| n.peer).collect();
        if let Some(peer) = pick(&choice, choose) {
            self.drop_neighbor(peer);
        }
    }

    fn look_for_others(&mut self, interesting: bool, choose: &mut dyn Choose) {
        // Who has something of interest serves others, too: everybody gets a turn within as many
        // decisions as it may have neighbors. Some never give one.
        let everybody = u32::try_from(self.most()).unwrap_or(u32::MAX);
        let patience = if interesting { BOREDOM.max(everybody) } else { BOREDOM };
        if patience < self.unserved {
            self.unserved = 0;
            // Whoever goes is replaced, also where others asked for more than are looked for.
            let places = self.neighbors.len() + self.asked.len();
            self.make_room(choose);
            self.connect(places.max(self.sought()), choose);
            self.announce();
        }
        self.connect(self.sought(), choose);
        if self.neighbors.len() + self.asked.len() < self.sought().div_ceil(2) {
            self.announce();
        }
    }
}
