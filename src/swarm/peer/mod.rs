//! One participant of the reference swarm: the dispatch of what happens to it.
//!
//! Each mechanism is a file and a type of its own, which knows nothing of the others. What follows
//! from an input is put together here and in `fetching` (what is requested, and what becomes of
//! it), `serving` (which neighbors are served, and with what) and `upkeep` (which nodes are
//! neighbors).

use super::barter::Accounts;
use super::choker::Choker;
use super::interest::Interest;
use super::membership::Membership;
use super::message::Message;
use super::neighbors::Neighbors;
use super::partial_download::PartialDownload;
use super::requests::Requests;
use super::slots::SlotSet;
use super::super_seeding::Offers;
use super::uploads::Uploads;
use super::watching::Watching;
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::boards::{BoardReader, Boards, NoBoards, Outbox};
use crate::engine::{Engine, Input, NewEngine, Output, Presence, Role, Settings, Timer};
use crate::scenario::Behavior;

mod fetching;
mod serving;
mod upkeep;

/// The choker decides.
const RECHOKE: Timer = Timer(0);
/// The optimistic unchoke moves on.
const OPTIMISTIC: Timer = Timer(1);
/// The tracker is told again.
const ANNOUNCE: Timer = Timer(2);

/// A participant of the reference swarm.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    // What most inputs look at comes first, side by side.
    have: ChunkSet,
    /// None where it wants every chunk.
    partial: Option<Box<PartialDownload>>,
    /// The source's first pass over the chunks; None when it is over, or there is none.
    offers: Option<Box<Offers>>,
    watching: Watching,
    out: Outbox<Message>,
    requests: Requests,
    interest: Interest,
    neighbors: Neighbors,
    uploads: Uploads,
    choker: Choker,
    accounts: Accounts,
    membership: Membership,
    me: PeerId,
    role: Role,
    manifest: Manifest,
    settings: Settings,
}

impl Engine for Peer {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        self.happens(input, &NoBoards, choose);
    }

    #[inline]
    fn poll(&mut self) -> Option<Output<Message>> {
        let outputs = &mut self.out.outputs;
        if outputs.is_empty() { None } else { Some(outputs.remove(0)) }
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }

    fn heap_bytes(&self) -> usize {
        // Outputs are drained between two inputs.
        self.have.heap_bytes()
            + self.partial.as_deref().map_or(0, PartialDownload::heap_bytes)
            + self.neighbors.heap_bytes()
            + self.interest.heap_bytes()
            + self.requests.heap_bytes()
            + self.uploads.heap_bytes()
            + self.choker.heap_bytes()
            + self.offers.as_deref().map_or(0, Offers::heap_bytes)
            + self.accounts.heap_bytes()
            + self.membership.heap_bytes()
            + self.watching.heap_bytes()
    }

    fn board_reader(&mut self) -> Option<&mut impl BoardReader<Message>> {
        Interest::reads_boards(&self.manifest).then_some(self)
    }
}

impl NewEngine for Peer {
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let chunks = manifest.chunks();
        let have = match role {
            Role::Source => ChunkSet::full(chunks),
            Role::Peer(_) => settings.holds.to_set(chunks),
        };
        let wants = settings.wants.as_ref().filter(|_| role != Role::Source);
        let partial = wants.map(|wants| Box::new(PartialDownload::new(wants, &have)));
        let lacks = PartialDownload::settled(&partial, &have).missing();
        let open = ChunkSet::of(chunks, lacks);
        let first_pass = role == Role::Source && settings.protocol.super_seeding;
        Peer {
            have,
            partial,
            neighbors: Neighbors::new(),
            interest: Interest::new(chunks),
            requests: Requests::new(open, settings.requests),
            uploads: Uploads::new(),
            choker: Choker::new(),
            offers: first_pass.then(|| Box::new(Offers::new(chunks))),
            accounts: Accounts::new(role, settings.protocol.choker),
            membership: Membership::new(settings.protocol.neighbors),
            watching: Watching::default(),
            out: Outbox::default(),
            me,
            role,
            manifest: *manifest,
            settings: settings.clone(),
        }
    }
}

impl BoardReader<Message> for Peer {
    fn handle_beside<B: Boards>(
        &mut self,
        input: Input<Message>,
        boards: &B,
        choose: &mut dyn Choose,
        outbox: &mut Outbox<Message>,
    ) {
        std::mem::swap(&mut self.out, outbox);
        if B::KEPT {
            self.watching.turn_on();
        }
        let changes = B::KEPT && (self.offers.is_some() || Self::changes_watches(&input));
        self.happens(input, boards, choose);
        if changes {
            self.watch();
        }
        std::mem::swap(&mut self.out, outbox);
    }

    fn notice(
        &mut self,
        by: PeerId,
        chunk: ChunkId,
        boards: &impl Boards,
        choose: &mut dyn Choose,
        outbox: &mut Outbox<Message>,
    ) {
        let slot = self.neighbors.slot(by).filter(|_| self.exists(chunk));
        if let Some(slot) = slot {
            std::mem::swap(&mut self.out, outbox);
            self.notices(slot, chunk, boards, choose);
            self.watch();
            std::mem::swap(&mut self.out, outbox);
        }
    }
}

impl Peer {
    fn happens(&mut self, input: Input<Message>, boards: &impl Boards, choose: &mut dyn Choose) {
        match input {
            Input::Start => self.start(),
            Input::Members(members) => self.hear_of(&members, choose),
            Input::Asked(peer) => self.answer(peer),
            Input::Connected(peer) => self.connected(peer, boards),
            Input::Disconnected(peer) => self.disconnected(peer, boards, choose),
            Input::Received { from, message } => self.receive(from, message, boards, choose),
            Input::Sent { to, chunk } => self.sent(to, chunk),
            Input::Ready => {
                self.uploads.uplink_is_free();
                self.serve();
            }
            Input::Expired(RECHOKE) => {
                self.rechoke(choose);
                self.upkeep(boards, choose);
                self.arm(RECHOKE);
            }
            Input::Expired(OPTIMISTIC) => {
                self.move_optimistic(choose);
                self.arm(OPTIMISTIC);
            }
            Input::Expired(_) => {
                self.announce();
                self.arm(ANNOUNCE);
            }
            Input::Leave => self.leave(),
        }
    }

    fn start(&mut self) {
        self.announce();
        self.arm(RECHOKE);
        self.arm(OPTIMISTIC);
        self.arm(ANNOUNCE);
    }

    fn arm(&mut self, timer: Timer) {
        let protocol = &self.settings.protocol;
        let after = match timer {
            RECHOKE => Some(protocol.rechoke),
            OPTIMISTIC => protocol.optimistic,
            _ => Some(protocol.announce),
        };
        if let Some(after) = after {
            self.out.outputs.push(Output::Arm { timer, after });
        }
    }

    fn announce(&mut self) {
        let want = self.settings.protocol.neighbors;
        self.out.outputs.push(Output::Announce { presence: Presence::Here, want });
    }

    fn leave(&mut self) {
        self.out.outputs.push(Output::Announce { presence: Presence::Gone, want: 0 });
        let all = self.neighbors.ids().iter().copied();
        self.out.outputs.extend(all.map(Output::Disconnect));
    }

    /// Can an input change which neighbors are watched?
    fn changes_watches(input: &Input<Message>) -> bool {
        match input {
            Input::Ready | Input::Sent { .. } => false,
            Input::Received { message, .. } => {
                !matches!(message, Message::Request(_) | Message::Cancel(_) | Message::KeepAlive)
            }
            _ => true,
        }
    }

    /// The neighbors of which the next chunk may be acted upon at once. A source looks at all in
    /// its first pass, and a peer that has the part that it wants: to those that get all of it,
    /// too, it is of no use.
    fn watch(&mut self) {
        let neighbors = self.neighbors.len();
        let has_its_part = !self.is_leecher() && !self.have.is_full();
        let wanted = if self.offers.is_some() || has_its_part {
            SlotSet::full(neighbors)
        } else if self.is_leecher() {
            let ready = self.requests.ready();
            self.interest.attentive(neighbors).with(&ready, |attentive, ready| attentive | ready)
        } else {
            SlotSet::default()
        };
        self.watching.watch(wanted, self.neighbors.ids(), &mut self.out.watches);
    }

    fn receive(
        &mut self,
        from: PeerId,
        message: Message,
        boards: &impl Boards,
        choose: &mut dyn Choose,
    ) {
        let Some(slot) = self.neighbors.slot(from) else {
            // It was dropped while this was on its way; a chunk is welcome all the same.
            if let Message::Chunk(chunk) = message {
                self.received(from, chunk, boards, choose);
            }
            return;
        };
        self.neighbors.heard_of(slot);
        match message {
            Message::Bitfield(theirs) => {
                if theirs.capacity() == self.have.capacity() {
                    self.has_all_of(slot, &theirs, boards, choose);
                }
            }
            Message::Have(chunk) => {
                if self.exists(chunk) {
                    self.has(slot, chunk, boards, choose);
                }
            }
            Message::Interested => {
                self.choker.interested(slot);
                self.fill_slots(choose);
            }
            Message::NotInterested => {
                self.choker.not_interested(slot);
                self.choke_uninterested(slot, choose);
            }
            Message::Choke => self.requests.choked(slot),
            Message::Unchoke => {
                self.requests.unchoked(slot);
                self.fetch_from(slot, boards, choose);
                self.reciprocate(slot);
                self.serve();
            }
            Message::Request(chunk) => self.requested(slot, chunk),
            Message::Reject(chunk) => self.rejected(slot, chunk, boards, choose),
            Message::Cancel(chunk) => self.cancelled(slot, chunk),
            Message::Chunk(chunk) => self.received(from, chunk, boards, choose),
            Message::KeepAlive => {}
        }
    }

    /// Says something to the neighbor at a slot.
    fn say(&mut self, slot: usize, message: Message) {
        self.neighbors.speak_to(slot);
        let to = self.neighbors.id(slot);
        self.out.outputs.push(Output::Send { to, message });
    }

    /// Shows each neighbor everything that it has.
    fn show_all(&mut self) {
        for slot in 0..self.neighbors.len() {
            self.say(slot, Message::bitfield(self.have.clone()));
        }
    }

    /// Says the same to some neighbors, in this order.
    fn tell_all(&mut self, to: Vec<PeerId>, message: Message) {
        if !to.is_empty() {
            self.out.outputs.push(Output::Tell { to, message });
        }
    }

    /// Does the file have such a chunk? Neighbors may say anything.
    fn exists(&self, chunk: ChunkId) -> bool {
        chunk.index() < self.have.capacity()
    }

    /// Does it lack anything that it wants?
    fn is_leecher(&self) -> bool {
        !self.settled().is_full()
    }

    /// The chunks that it need not get: those that it has, and those that it does not want.
    fn settled(&self) -> &ChunkSet {
        PartialDownload::settled(&self.partial, &self.have)
    }

    /// A free rider that has the file has nothing to do with any other peer.
    fn is_done(&self) -> bool {
        self.is_free_rider() && !self.is_leecher()
    }

    fn is_free_rider(&self) -> bool {
        self.role == Role::Peer(Behavior::FreeRider)
    }
}
