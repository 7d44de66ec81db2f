//! One participant of the reference swarm: its state, and the dispatch of what happens to it.
//!
//! What follows from an input is decided in the sibling modules: `fetch` (what to request), `serve`
//! (whom to serve, and what), `offers` (the source's first pass), `upkeep` (neighbors) and `news`
//! (what need not be looked at yet).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::heap::tree_bytes;
use super::message::Message;
use super::neighbor::{Neighbor, Neighbors};
use super::offers::Offers;
use super::pending::Pending;
use super::rarity::Rarity;
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Output, Presence, Role, Settings, Timer};
use crate::scenario::Behavior;

/// The choker decides.
pub(super) const RECHOKE: Timer = Timer(0);
/// The optimistic unchoke moves on.
pub(super) const OPTIMISTIC: Timer = Timer(1);
/// The tracker is told again.
pub(super) const ANNOUNCE: Timer = Timer(2);

/// A chunk that was requested, and for how many decisions of the choker it has been awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Awaited {
    pub(super) chunk: ChunkId,
    pub(super) age: u32,
}

/// A participant of the reference swarm.
///
/// News of chunks is most of what a swarm says: what it touches stands first and together
/// (`repr(C)` keeps the order), since a large simulation waits for memory most of all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Peer {
    pub(super) have: ChunkSet,
    /// Those neighbors of whose next news something may follow at once: see `news`.
    pub(super) restless: u64,
    pub(super) neighbors: Neighbors,
    pub(super) rarity: Rarity,
    /// The source's first pass over the chunks; None when it is over, or there is none.
    pub(super) offers: Option<Box<Offers>>,
    pub(super) outputs: VecDeque<Output<Message>>,
    /// What it lacks and has not requested of anybody.
    pub(super) open: ChunkSet,
    /// What this peer requested of each neighbor and has not got.
    pub(super) awaited: Pending<Awaited>,
    /// What is on its way from this peer to each neighbor.
    pub(super) sending: Pending<ChunkId>,
    /// Requests to serve, in the order in which they came.
    pub(super) queue: VecDeque<(PeerId, ChunkId)>,
    pub(super) me: PeerId,
    pub(super) role: Role,
    /// Whether the uplink could carry another chunk.
    pub(super) ready: bool,
    /// Whether a request was overdue at the last decision of the choker.
    pub(super) overdue: bool,
    /// Whom the optimistic slot serves.
    pub(super) optimistic: Option<PeerId>,
    /// Decisions of the choker since it was last served by a neighbor of interest, or last made
    /// room.
    pub(super) unserved: u32,
    pub(super) manifest: Manifest,
    pub(super) settings: Settings,
    /// Chunks sent less chunks got, ever, by peer: what barter looks at.
    pub(super) balances: BTreeMap<PeerId, i64>,
    /// Members that it heard of and has not tried.
    pub(super) candidates: BTreeSet<PeerId>,
    /// Members that it has asked to be neighbors, or accepted, and that are none yet.
    pub(super) asked: BTreeSet<PeerId>,
}

impl Engine for Peer {
    type Message = Message;

    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let chunks = manifest.chunks();
        let (have, open) = match role {
            Role::Source => (ChunkSet::full(chunks), ChunkSet::empty(chunks)),
            Role::Peer(_) => (ChunkSet::empty(chunks), ChunkSet::full(chunks)),
        };
        let first_pass = role == Role::Source && settings.protocol.super_seeding;
        Peer {
            me,
            manifest: *manifest,
            role,
            settings: settings.clone(),
            have,
            restless: 0,
            open,
            rarity: Rarity::new(chunks),
            neighbors: Neighbors::new(chunks),
            awaited: Pending::new(),
            sending: Pending::new(),
            candidates: BTreeSet::new(),
            asked: BTreeSet::new(),
            queue: VecDeque::new(),
            ready: false,
            optimistic: None,
            balances: BTreeMap::new(),
            offers: first_pass.then(|| Box::new(Offers::new(chunks))),
            overdue: false,
            unserved: 0,
            outputs: VecDeque::new(),
        }
    }

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        let moves = Self::moves_restlessness(&input);
        match input {
            Input::Start => self.start(),
            Input::Members(members) => self.hear_of(&members, choose),
            Input::Asked(peer) => self.answer(peer),
            Input::Connected(peer) => self.connected(peer),
            Input::Disconnected(peer) => self.disconnected(peer, choose),
            Input::Received { from, message } => self.receive(from, message, choose),
            Input::Sent { to, chunk } => self.sent(to, chunk),
            Input::Ready => {
                self.ready = true;
                self.serve();
            }
            Input::Expired(RECHOKE) => {
                self.rechoke(choose);
                self.upkeep(choose);
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
        if moves {
            self.restless = self.who_is_restless();
        }
        debug_assert_eq!(self.restless, self.who_is_restless(), "it follows from the rest");
    }

    #[inline]
    fn poll(&mut self) -> Option<Output<Message>> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            // Back to the start of its memory, which is still in the cache.
            self.outputs.clear();
        }
        output
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }

    fn heap_bytes(&self) -> usize {
        // Outputs are drained between two inputs.
        self.have.heap_bytes()
            + self.open.heap_bytes()
            + self.neighbors.heap_bytes()
            + self.rarity.heap_bytes()
            + self.offers.as_deref().map_or(0, Offers::heap_bytes)
            + self.awaited.heap_bytes()
            + self.sending.heap_bytes()
            + self.queue.len() * size_of::<(PeerId, ChunkId)>()
            + tree_bytes::<(PeerId, i64)>(self.balances.len())
            + tree_bytes::<PeerId>(self.candidates.len())
            + tree_bytes::<PeerId>(self.asked.len())
    }

    #[inline]
    fn may_wait(&self, from: PeerId, message: &Message) -> bool {
        self.is_mere_news(from, message)
    }

    fn catch_up(&mut self, waiting: &[(PeerId, Message)], _: &mut dyn Choose) {
        self.take_news(waiting);
    }
}

impl Peer {
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
            self.outputs.push_back(Output::Arm { timer, after });
        }
    }

    pub(super) fn announce(&mut self) {
        let want = self.settings.protocol.neighbors;
        self.outputs.push_back(Output::Announce { presence: Presence::Here, want });
    }

    fn leave(&mut self) {
        self.outputs.push_back(Output::Announce { presence: Presence::Gone, want: 0 });
        let neighbors: Vec<PeerId> = self.neighbors.iter().map(|n| n.peer).collect();
        self.outputs.extend(neighbors.into_iter().map(Output::Disconnect));
    }

    fn receive(&mut self, from: PeerId, message: Message, choose: &mut dyn Choose) {
        let Some(at) = self.neighbors.position(from) else {
            // It was dropped while this was on its way; a chunk is welcome all the same.
            if let Message::Chunk(chunk) = message {
                self.received(from, chunk, choose);
            }
            return;
        };
        let neighbor = self.neighbors.at(at);
        neighbor.silent = 0;
        match message {
            Message::Bitfield(theirs) => {
                if theirs.capacity() == self.have.capacity() {
                    self.has_all_of(at, &theirs, choose);
                }
            }
            Message::Have(chunk) => {
                if self.exists(chunk) {
                    self.has(at, chunk, choose);
                }
            }
            Message::Interested => {
                neighbor.interested = true;
                self.fill_slots(choose);
            }
            Message::NotInterested => {
                neighbor.interested = false;
                self.stop_serving_the_content(from, choose);
            }
            Message::Choke => neighbor.serves_me = false,
            Message::Unchoke => {
                neighbor.serves_me = true;
                self.fetch_from(at, choose);
                self.reciprocate(from);
                self.serve();
            }
            Message::Request(chunk) => self.requested(from, chunk),
            Message::Reject(chunk) => self.rejected(from, chunk, choose),
            Message::Cancel(chunk) => self.cancelled(from, chunk),
            Message::Chunk(chunk) => self.received(from, chunk, choose),
            Message::KeepAlive => {}
        }
    }

    /// Says something to a neighbor.
    pub(super) fn tell(&mut self, to: PeerId, message: Message) {
        if let Some(at) = self.neighbors.position(to) {
            self.say(at, message);
        }
    }

    /// Says something to the neighbor at a position.
    pub(super) fn say(&mut self, at: usize, message: Message) {
        let neighbor = self.neighbors.at(at);
        neighbor.spoken_to = true;
        let to = neighbor.peer;
        self.outputs.push_back(Output::Send { to, message });
    }

    /// Says the same to some neighbors, in this order.
    pub(super) fn tell_all(&mut self, to: Vec<PeerId>, message: Message) {
        if !to.is_empty() {
            self.outputs.push_back(Output::Tell { to, message });
        }
    }

    fn connected(&mut self, peer: PeerId) {
        self.asked.remove(&peer);
        self.candidates.remove(&peer);
        if self.neighbors.contains(peer) {
            return;
        }
        if self.is_done() {
            // It was asked for before the last chunk came.
            self.outputs.push_back(Output::Disconnect(peer));
            return;
        }
        self.neighbors.insert(Neighbor::new(peer));
        if self.offers.is_none() && !self.have.is_empty() && !self.is_free_rider() {
            self.tell(peer, Message::bitfield(self.have.clone()));
        }
        if self.offers.is_some() {
            // Whoever is new lacks something: the first pass need not wait for its interest.
            self.fill_free_slots();
        }
    }

    /// Does the file have such a chunk? Neighbors may say anything.
    pub(super) fn exists(&self, chunk: ChunkId) -> bool {
        chunk.index() < self.have.capacity()
    }

    /// Does it lack anything?
    pub(super) fn is_leecher(&self) -> bool {
        !self.have.is_full()
    }

    /// Who rides free and has the file has nothing to do with anybody.
    pub(super) fn is_done(&self) -> bool {
        self.is_free_rider() && !self.is_leecher()
    }

    pub(super) fn is_free_rider(&self) -> bool {
        self.role == Role::Peer(Behavior::FreeRider)
    }
}
