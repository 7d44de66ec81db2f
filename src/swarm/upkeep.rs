//! Neighbors come and go: whom to ask, whom to accept, whom to give up.

use super::fetch::STALE;
use super::message::Message;
use super::neighbor::Neighbor;
use super::peer::Peer;
use crate::choose::{Choose, pick};
use crate::chunks::{PeerId, chunks_of};
use crate::engine::Output;

/// Decisions of the choker without a word after which a neighbor counts as dead. Everybody says
/// something at each of its decisions, so three are enough to forgive any order of events.
const SILENCE: u32 = 3;

/// Decisions of the choker without anybody of interest after which a place is made for somebody
/// new.
const BOREDOM: u32 = 3;

impl Peer {
    /// The most neighbors that it keeps.
    fn most(&self) -> usize {
        self.settings.protocol.neighbors as usize
    }

    /// How many neighbors it looks for itself; the rest of the places are for those who ask.
    fn sought(&self) -> usize {
        self.most().div_ceil(2)
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
        self.connect(choose);
    }

    /// Asks candidates until it has or awaits as many neighbors as it looks for.
    fn connect(&mut self, choose: &mut dyn Choose) {
        // Only who lacks something looks for others; they find whoever has everything.
        if !self.is_leecher() {
            return;
        }
        while self.neighbors.len() + self.asked.len() < self.sought() {
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
        let room = self.neighbors.len() < self.most() || self.neighbors.contains(peer);
        self.outputs.push_back(if room { Output::Accept(peer) } else { Output::Refuse(peer) });
    }

    /// A node is a neighbor no more, or did not want to become one.
    pub(super) fn disconnected(&mut self, peer: PeerId, choose: &mut dyn Choose) {
        self.asked.remove(&peer);
        self.forget(peer);
        self.fetch_from_all(choose);
        self.fill_slots(choose);
        self.connect(choose);
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
        let Some((neighbor, holdings)) = self.neighbors.remove(peer) else {
            return;
        };
        // What was on its way to it is lost as well: it may be promised to somebody else.
        self.withdraw_offers(peer);
        let Neighbor { requested, sending, .. } = neighbor;
        for chunk in chunks_of(&holdings) {
            self.rarity.remove(chunk);
        }
        for awaited in requested {
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
            for awaited in &mut neighbor.requested {
                // Nothing looks beyond: who behaves alike must be equal.
                awaited.age = STALE.min(awaited.age + 1);
                self.overdue |= STALE <= awaited.age;
            }
            interesting |= neighbor.wanted != 0;
        }
        for peer in quiet {
            self.tell(peer, Message::KeepAlive);
        }
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
            self.look_for_others(interesting, choose);
        }
    }

    fn look_for_others(&mut self, interesting: bool, choose: &mut dyn Choose) {
        self.bored = if interesting { 0 } else { self.bored + 1 };
        if BOREDOM < self.bored {
            self.bored = 0;
            let useless: Vec<PeerId> = self
                .neighbors
                .iter()
                .filter(|neighbor| neighbor.wanted == 0 && !neighbor.served)
                .map(|neighbor| neighbor.peer)
                .collect();
            if self.most() <= self.neighbors.len()
                && let Some(peer) = pick(&useless, choose)
            {
                self.drop_neighbor(peer);
            }
            self.announce();
        }
        self.connect(choose);
        if self.neighbors.len() + self.asked.len() < self.sought().div_ceil(2) {
            self.announce();
        }
    }
}
