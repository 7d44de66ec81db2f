//! The senders of one chunk, and what each of them sends, in a chosen order.

use std::ops::Range;

use crate::audit::evidence::facts::Facts;
use crate::chunks::{ChunkId, PeerId};
use crate::trace::Transfer;

/// The nodes that send or receive one chunk, in the order of their ids, and what each sends.
pub(super) struct Senders {
    ids: Vec<PeerId>,
    sends: Vec<Range<usize>>,
    /// Positions in the transfers, by sender.
    order: Vec<u32>,
}

impl Senders {
    /// The transfers of one chunk, sorted by receiver. What a node sends is in the order of `key`.
    pub(super) fn new<K: Ord>(transfers: &[Transfer], key: impl Fn(&Transfer) -> K) -> Self {
        let mut order: Vec<u32> = (0..transfers.len() as u32).collect();
        order.sort_unstable_by_key(|&at| {
            let t = &transfers[at as usize];
            (t.from, key(t), at)
        });
        let sender = |&at: &u32| transfers[at as usize].from;
        let mut ids: Vec<PeerId> = transfers.iter().map(|t| t.to).collect();
        ids.dedup();
        ids.extend(order.chunk_by(|a, b| sender(a) == sender(b)).map(|group| sender(&group[0])));
        ids.sort_unstable();
        ids.dedup();
        let mut from = 0;
        let sends = ids.iter().map(|&id| {
            let start = from;
            from += order[from..].iter().take_while(|&at| sender(at) == id).count();
            start..from
        });
        Senders { sends: sends.collect(), ids, order }
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The place of a node; None when it has no part in this chunk.
    pub(super) fn place(&self, id: PeerId) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// The places of the nodes that hold the chunk when they join.
    pub(super) fn at_start(&self, facts: &Facts, chunk: ChunkId) -> Vec<usize> {
        let holds = |&place: &usize| facts.holds_at_start(chunk, self.ids[place]);
        (0..self.ids.len()).filter(holds).collect()
    }

    /// What the node at a place sends, as positions in the transfers.
    pub(super) fn sends(&self, place: usize) -> &[u32] {
        &self.order[self.sends[place].clone()]
    }

    /// Where in [`order`](Senders::order) the sends of the node at a place stand.
    pub(super) fn range(&self, place: usize) -> Range<usize> {
        self.sends[place].clone()
    }

    /// The sends of all nodes, one node after the other, as positions in the transfers.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }
}
