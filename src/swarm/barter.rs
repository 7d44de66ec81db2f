//! Accounts of barter: who is how many chunks ahead.

use std::collections::BTreeMap;

use super::heap::tree_bytes;
use crate::chunks::PeerId;
use crate::engine::Role;
use crate::scenario::Choker;

/// Chunks sent less chunks got, ever, by peer. An account outlives the connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Accounts {
    /// Whether accounts are kept: only barter reads them, and the source gives freely.
    kept: bool,
    balances: BTreeMap<PeerId, i64>,
}

impl Accounts {
    pub(super) fn new(role: Role, choker: Choker) -> Self {
        let barter = matches!(choker, Choker::StrictBarter | Choker::Credit(_));
        Accounts { kept: barter && role != Role::Source, balances: BTreeMap::new() }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        tree_bytes::<(PeerId, i64)>(self.balances.len())
    }

    /// How many chunks more a peer was sent than it gave.
    #[inline]
    pub(super) fn balance(&self, peer: PeerId) -> i64 {
        if self.kept { self.balances.get(&peer).copied().unwrap_or(0) } else { 0 }
    }

    /// Moves the account with a peer.
    #[inline]
    pub(super) fn settle(&mut self, peer: PeerId, chunks: i64) {
        if self.kept && !peer.is_source() {
            *self.balances.entry(peer).or_default() += chunks;
        }
    }
}
