//! Client and server: the source sends every chunk to every client, and clients send nothing.
//!
//! The server sends each client the chunks in order, and always serves the client that has got the
//! least, so that all finish together. With equal clients that reaches max(N F/u_s, F/d_min); a
//! client that is much slower than others may end a little later, behind their older transfers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::heap::tree_bytes;
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Kind, NewEngine, Output, Payload, Presence, Role, Settings};

/// What a server says to a client: a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parcel(pub ChunkId);

impl Payload for Parcel {
    fn kind(&self) -> Kind<'_> {
        Kind::Chunk(self.0)
    }
}

/// A client, or the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientServer {
    role: Role,
    have: ChunkSet,
    chunks: u32,
    /// Clients that nothing is on its way to, by how many chunks they were sent.
    waiting: BTreeSet<(u32, PeerId)>,
    /// Clients, and how many chunks each was sent.
    clients: BTreeMap<PeerId, u32>,
    ready: bool,
    outputs: VecDeque<Output<Parcel>>,
}

impl Engine for ClientServer {
    type Message = Parcel;

    fn heap_bytes(&self) -> usize {
        // Outputs are drained between two inputs.
        self.have.heap_bytes()
            + tree_bytes::<(u32, PeerId)>(self.waiting.len())
            + tree_bytes::<(PeerId, u32)>(self.clients.len())
    }

    fn handle(&mut self, input: Input<Parcel>, _: &mut dyn Choose) {
        match input {
            Input::Start => {
                if self.role != Role::Source {
                    self.outputs.push_back(Output::Connect(PeerId::SOURCE));
                }
            }
            Input::Asked(client) => self.outputs.push_back(Output::Accept(client)),
            Input::Connected(client) => {
                if self.role == Role::Source {
                    self.clients.insert(client, 0);
                    self.waiting.insert((0, client));
                    self.serve();
                }
            }
            Input::Disconnected(client) => {
                if let Some(sent) = self.clients.remove(&client) {
                    self.waiting.remove(&(sent, client));
                }
            }
            Input::Received { message: Parcel(chunk), .. } => {
                if self.have.insert(chunk) && self.have.is_full() {
                    self.outputs.push_back(Output::Completed);
                }
            }
            Input::Sent { to, .. } => {
                if let Some(&sent) = self.clients.get(&to)
                    && sent < self.chunks
                {
                    self.waiting.insert((sent, to));
                    self.serve();
                }
            }
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
    fn new(_: PeerId, manifest: &Manifest, role: Role, _: &Settings) -> Self {
        let chunks = manifest.chunks();
        let have = match role {
            Role::Source => ChunkSet::full(chunks),
            Role::Peer(_) => ChunkSet::empty(chunks),
        };
        ClientServer {
            role,
            have,
            chunks: chunks as u32,
            waiting: BTreeSet::new(),
            clients: BTreeMap::new(),
            ready: false,
            outputs: VecDeque::new(),
        }
    }
}

impl ClientServer {
    fn serve(&mut self) {
        if !self.ready {
            return;
        }
        let Some((sent, client)) = self.waiting.pop_first() else {
            return;
        };
        self.ready = false;
        self.clients.insert(client, sent + 1);
        self.outputs.push_back(Output::Send { to: client, message: Parcel(ChunkId(sent)) });
    }
}
