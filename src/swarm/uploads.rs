//! What a peer has been asked for and what it is sending.

use std::collections::VecDeque;

use super::pending::Pending;
use crate::chunks::ChunkId;

/// The uploads of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Uploads {
    /// Whether the uplink could carry another chunk.
    ready: bool,
    /// Requests to serve, in the order in which they came.
    queue: VecDeque<(u32, ChunkId)>,
    /// What is on its way to each neighbor.
    sending: Pending<ChunkId>,
}

impl Uploads {
    pub(super) fn new() -> Self {
        Uploads { ready: false, queue: VecDeque::new(), sending: Pending::new() }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.queue.len() * size_of::<(u32, ChunkId)>() + self.sending.heap_bytes()
    }

    /// Makes room for a new neighbor at a slot.
    pub(super) fn open_gap(&mut self, at: usize) {
        let behind = self.queue.iter_mut().filter(|(slot, _)| at <= *slot as usize);
        behind.for_each(|(slot, _)| *slot += 1);
        self.sending.open_gap(at);
    }

    /// The neighbor at a slot is gone: what was on its way to it.
    pub(super) fn close_gap(&mut self, at: usize) -> Vec<ChunkId> {
        self.queue.retain(|&(slot, _)| slot as usize != at);
        let behind = self.queue.iter_mut().filter(|(slot, _)| at < *slot as usize);
        behind.for_each(|(slot, _)| *slot -= 1);
        self.sending.close_gap(at)
    }

    /// The uplink could carry another chunk.
    pub(super) fn uplink_is_free(&mut self) {
        self.ready = true;
    }

    /// The neighbor at a slot requests a chunk.
    pub(super) fn enqueue(&mut self, slot: usize, chunk: ChunkId) {
        let request = (slot as u32, chunk);
        if !self.queue.contains(&request) {
            self.queue.push_back(request);
        }
    }

    /// The neighbor at a slot does not need a chunk any more; says whether it was on its way.
    pub(super) fn cancel(&mut self, slot: usize, chunk: ChunkId) -> bool {
        self.queue.retain(|&request| request != (slot as u32, chunk));
        self.sending.take(slot, |sending| sending == chunk)
    }

    /// What the neighbor at a slot requested, which is not served any more.
    pub(super) fn reject_all(&mut self, slot: usize) -> Vec<ChunkId> {
        let its = |&&(asker, _): &&(u32, ChunkId)| asker as usize == slot;
        let rejected: Vec<ChunkId> = self.queue.iter().filter(its).map(|&(_, c)| c).collect();
        if !rejected.is_empty() {
            self.queue.retain(|&(asker, _)| asker as usize != slot);
        }
        rejected
    }

    /// The first request that may be served, when the uplink could carry another chunk: then it is
    /// on its way.
    #[inline]
    pub(super) fn next(&mut self, may_serve: impl Fn(usize) -> bool) -> Option<(usize, ChunkId)> {
        if !self.ready {
            return None;
        }
        let at = self.queue.iter().position(|&(slot, _)| may_serve(slot as usize))?;
        let (slot, chunk) = self.queue.remove(at)?;
        self.ready = false;
        self.sending.push(slot as usize, chunk);
        Some((slot as usize, chunk))
    }

    /// The last byte of a chunk has left for the neighbor at a slot.
    pub(super) fn sent(&mut self, slot: usize, chunk: ChunkId) {
        self.sending.take(slot, |sending| sending == chunk);
    }

    /// Is anything on its way to the neighbor at a slot?
    pub(super) fn is_sending_to(&self, slot: usize) -> bool {
        self.sending.any_with(slot)
    }

    /// Is this chunk on its way to the neighbor at a slot?
    pub(super) fn is_sending(&self, slot: usize, chunk: ChunkId) -> bool {
        self.sending.with(slot).any(|sending| sending == chunk)
    }
}
