//! What every rule needs of a trace, collected once: transfers, presence, neighbors, claims.
//!
//! Events come in any order of lines, so the [`Ledger`] only collects; [`Facts`](super::Facts) puts
//! it in order. It judges nothing. A transfer costs 48 bytes here, and nothing else grows with
//! them.

use std::sync::Arc;

use super::intervals::Edge;
use crate::chunks::{ChunkId, PeerId};
use crate::trace::{Event, Header, Transfer};
use crate::units::{Rate, Time};

/// A neighbor that a node unchokes (opens) or chokes (closes), and when.
pub(in crate::audit) type Act = (PeerId, Time, Edge);

/// The part of a trace that several rules read, as a fold over its events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ledger {
    pub(super) header: Arc<Header>,
    pub(super) transfers: Vec<Transfer>,
    /// Joins open, leaves close.
    pub(super) members: Vec<(PeerId, Time, Edge)>,
    /// Connects open, disconnects close; the smaller id first.
    pub(super) links: Vec<((PeerId, PeerId), Time, Edge)>,
    pub(super) claims: Vec<(PeerId, Time)>,
    /// Unchokes and chokes, by the node that serves; most of a long log is of these.
    pub(super) acts: Vec<Vec<Act>>,
    /// Chunks that a node may request while it is choked: of which node, which, and since when.
    pub(super) fast: Vec<(PeerId, PeerId, ChunkId, Time)>,
    /// Upload capacities that were measured: whose, since when, and what.
    pub(super) capacities: Vec<(PeerId, Time, Rate)>,
    pub(super) last: Time,
    /// The last instant at which something happened that does not only end what was.
    pub(super) last_act: Time,
}

impl Ledger {
    /// Nothing has happened yet.
    pub(crate) fn new(header: Header) -> Self {
        Ledger {
            header: Arc::new(header),
            transfers: Vec::new(),
            members: Vec::new(),
            links: Vec::new(),
            claims: Vec::new(),
            acts: Vec::new(),
            fast: Vec::new(),
            capacities: Vec::new(),
            last: Time::ZERO,
            last_act: Time::ZERO,
        }
    }

    /// Takes one event.
    ///
    /// # Panics
    /// When the event names a node or a chunk that the header does not know, bytes beyond the end
    /// of a chunk, or a transfer that ends before it starts. No line of a file becomes such an
    /// event: the codec refuses it.
    pub(crate) fn event(&mut self, event: &Event) {
        self.last = self.last.max(event.at());
        if !matches!(event, Event::Leave { .. } | Event::Disconnect { .. } | Event::Choke { .. }) {
            self.last_act = self.last_act.max(event.at());
        }
        match *event {
            Event::Join { at, node } => self.members.push((self.known(node), at, Edge::Open)),
            Event::Leave { at, node } => self.members.push((self.known(node), at, Edge::Close)),
            Event::Complete { at, node } => self.claims.push((self.known(node), at)),
            Event::Transfer(transfer) => self.transfer(transfer),
            Event::Connect { at, a, b } => self.link(a, b, at, Edge::Open),
            Event::Disconnect { at, a, b } => self.link(a, b, at, Edge::Close),
            Event::Choke { at, from, to } => self.act(from, to, at, Edge::Close),
            Event::Unchoke { at, from, to } => self.act(from, to, at, Edge::Open),
            Event::AllowedFast { at, from, to, chunk } => {
                let file = self.header.scenario.file();
                assert!(chunk.index() < file.chunks(), "the header knows the chunk");
                self.fast.push((self.known(from), self.known(to), chunk, at));
            }
            Event::Capacity { at, node, upload } => {
                self.capacities.push((self.known(node), at, upload));
            }
            Event::Announce { node, ref peers, .. } => {
                self.known(node);
                peers.iter().for_each(|&peer| {
                    self.known(peer);
                });
            }
        }
    }

    fn link(&mut self, a: PeerId, b: PeerId, at: Time, edge: Edge) {
        let (a, b) = (self.known(a), self.known(b));
        self.links.push(((a.min(b), a.max(b)), at, edge));
    }

    fn act(&mut self, from: PeerId, to: PeerId, at: Time, edge: Edge) {
        let (from, to) = (self.known(from), self.known(to));
        if self.acts.len() <= from.index() {
            self.acts.resize(from.index() + 1, Vec::new());
        }
        self.acts[from.index()].push((to, at, edge));
    }

    fn transfer(&mut self, transfer: Transfer) {
        self.known(transfer.from);
        self.known(transfer.to);
        let file = self.header.scenario.file();
        assert!(transfer.chunk.index() < file.chunks(), "the header knows the chunk");
        let length = file.length(transfer.chunk);
        assert!(transfer.offset <= length, "a transfer begins within its chunk");
        assert!(transfer.bytes.0 <= length.0 - transfer.offset.0, "it ends within its chunk");
        assert!(transfer.start <= transfer.end, "a transfer does not end before it starts");
        self.transfers.push(transfer);
    }

    fn known(&self, node: PeerId) -> PeerId {
        assert!(node.index() <= self.header.scenario.peer_count(), "the header knows the node");
        node
    }
}
