//! Client and server: the source sends every chunk to every client, and clients send nothing.
//!
//! The server sends each client the chunks in order, and always serves the client that has got the
//! least, so that all finish together. With equal clients that reaches max(N F/u_s, F/d_min); a
//! client that is much slower than others may end a little later, behind their older transfers.
//!
//! A client that starts with a part of the file, or wants only a part, orders what it needs; the
//! server begins with the file and turns to the order when it comes. One that needs nothing does
//! not connect.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::heap::tree_bytes;
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Kind, NewEngine, Output, Payload, Presence, Role, Settings};
use crate::scenario::ChunkRanges;

/// What a server and a client say to each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parcel {
    /// The server sends a chunk.
    Chunk(ChunkId),
    /// The client needs these chunks and no others, in ascending order.
    Order(Vec<ChunkId>),
}

impl Payload for Parcel {
    fn kind(&self) -> Kind<'_> {
        match self {
            Parcel::Chunk(chunk) => Kind::Chunk(*chunk),
            Parcel::Order(_) => Kind::Control,
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Parcel::Chunk(_) => 0,
            Parcel::Order(chunks) => chunks.len() * size_of::<ChunkId>(),
        }
    }
}

/// A client, or the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientServer {
    role: Role,
    have: ChunkSet,
    /// What a client needs when it starts.
    needs: ChunkRanges,
    /// How many of these have not come.
    lacking: usize,
    chunks: u32,
    /// Clients that nothing is on its way to, by how many chunks they were sent.
    waiting: BTreeSet<(u32, PeerId)>,
    clients: BTreeMap<PeerId, Client>,
    ready: bool,
    outputs: VecDeque<Output<Parcel>>,
}

/// A client as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Client {
    /// How many chunks it was sent.
    sent: u32,
    /// The chunk that is on its way to it.
    sending: Option<ChunkId>,
    /// What it ordered and was not sent, the next chunk last; None where it ordered nothing, and
    /// gets the file from its first chunk on.
    order: Option<Vec<ChunkId>>,
}

impl Engine for ClientServer {
    type Message = Parcel;

    fn heap_bytes(&self) -> usize {
        // Outputs are drained between two inputs.
        let order = |client: &Client| client.order.as_ref().map_or(0, Vec::len);
        self.have.heap_bytes()
            + tree_bytes::<(u32, PeerId)>(self.waiting.len())
            + tree_bytes::<(PeerId, Client)>(self.clients.len())
            + self.clients.values().map(order).sum::<usize>() * size_of::<ChunkId>()
    }

    fn handle(&mut self, input: Input<Parcel>, _: &mut dyn Choose) {
        match input {
            Input::Start => {
                if self.lacking != 0 {
                    self.outputs.push_back(Output::Connect(PeerId::SOURCE));
                }
            }
            Input::Asked(client) => self.outputs.push_back(Output::Accept(client)),
            Input::Connected(peer) => self.connected(peer),
            Input::Disconnected(client) => {
                if let Some(client_gone) = self.clients.remove(&client) {
                    self.waiting.remove(&(client_gone.sent, client));
                }
            }
            Input::Received { message: Parcel::Chunk(chunk), .. } => self.received(chunk),
            Input::Received { from, message: Parcel::Order(chunks) } => self.ordered(from, chunks),
            Input::Sent { to, chunk } => self.sent(to, chunk),
            Input::Ready => {
                self.ready = true;
                self.serve();
            }
            Input::Leave => {
                self.outputs.push_back(Output::Announce { presence: Presence::Gone, want: 0 });
                self.outputs.extend(self.clients.keys().copied().map(Output::Disconnect));
                if self.role != Role::Source {
                    self.outputs.push_back(Output::Disconnect(PeerId::SOURCE));
                }
            }
            Input::Members(_) | Input::Expired(_) => {}
        }
    }

    fn poll(&mut self) -> Option<Output<Parcel>> {
        self.outputs.pop_front()
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

impl NewEngine for ClientServer {
    fn new(_: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let chunks = manifest.chunks();
        let (have, needs) = match role {
            Role::Source => (ChunkSet::full(chunks), ChunkRanges::EMPTY),
            Role::Peer(_) => {
                let unwanted = settings.wants.as_ref().map(|wants| wants.complement(chunks));
                let settled = settings.holds.union(&unwanted.unwrap_or_default());
                (settings.holds.to_set(chunks), settled.complement(chunks))
            }
        };
        ClientServer {
            role,
            have,
            lacking: needs.count(),
            needs,
            chunks: chunks as u32,
            waiting: BTreeSet::new(),
            clients: BTreeMap::new(),
            ready: false,
            outputs: VecDeque::new(),
        }
    }
}

impl ClientServer {
    fn connected(&mut self, peer: PeerId) {
        if self.role == Role::Source {
            self.clients.insert(peer, Client { sent: 0, sending: None, order: None });
            self.waiting.insert((0, peer));
            self.serve();
        } else if peer.is_source() && !self.needs.is_all(self.chunks as usize) {
            let order = Parcel::Order(self.needs.iter().collect());
            self.outputs.push_back(Output::Send { to: peer, message: order });
        }
    }

    /// A chunk has come to a client.
    fn received(&mut self, chunk: ChunkId) {
        let exists = chunk.0 < self.chunks;
        if exists && self.have.insert(chunk) && self.needs.contains(chunk) {
            self.lacking -= 1;
            if self.lacking == 0 {
                self.outputs.push_back(Output::Completed);
            }
        }
    }

    /// A client says what it needs: it gets that, but for what it was sent already.
    fn ordered(&mut self, from: PeerId, mut chunks: Vec<ChunkId>) {
        let last = self.chunks;
        let Some(client) = self.clients.get_mut(&from).filter(|client| client.order.is_none())
        else {
            return;
        };
        if let Some(chunk) = client.sending.filter(|chunk| !chunks.contains(chunk)) {
            client.sending = None;
            self.outputs.push_back(Output::Abort { to: from, chunk });
        }
        chunks.retain(|chunk| client.sent <= chunk.0 && chunk.0 < last);
        chunks.reverse();
        client.order = Some(chunks);
        self.waiting.remove(&(client.sent, from));
        self.waits(from);
    }

    /// The last byte of a chunk has left.
    fn sent(&mut self, to: PeerId, chunk: ChunkId) {
        if let Some(client) = self.clients.get_mut(&to).filter(|c| c.sending == Some(chunk)) {
            client.sending = None;
            self.waits(to);
        }
    }

    /// Nothing may be on its way to a client: it is next when it was sent the least.
    fn waits(&mut self, id: PeerId) {
        let Some(client) = self.clients.get(&id).filter(|client| client.sending.is_none()) else {
            return;
        };
        let needs_more = match &client.order {
            None => client.sent < self.chunks,
            Some(order) => !order.is_empty(),
        };
        if needs_more {
            self.waiting.insert((client.sent, id));
            self.serve();
        }
    }

    fn serve(&mut self) {
        if !self.ready {
            return;
        }
        let Some((sent, to)) = self.waiting.pop_first() else {
            return;
        };
        let Some(client) = self.clients.get_mut(&to) else { return };
        let next = match &mut client.order {
            None => Some(ChunkId(sent)),
            Some(order) => order.pop(),
        };
        let Some(chunk) = next else { return };
        self.ready = false;
        (client.sent, client.sending) = (sent + 1, Some(chunk));
        self.outputs.push_back(Output::Send { to, message: Parcel::Chunk(chunk) });
    }
}
