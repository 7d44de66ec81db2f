//! Whether a chunk can come to a peer through peers that want only a part of the file: each passes
//! on only what it wants.

use super::cause::Cause;
use super::scene::Scene;
use crate::chunks::{ChunkId, PeerId};

impl Scene<'_> {
    /// A chunk that the peer lacks and wants, and that no path of nodes that serve and want it
    /// brings to the peer.
    pub(super) fn apart(&mut self, peer: PeerId) -> Option<Cause> {
        let scenario = self.facts.scenario();
        let wants_a_part = |(_, peer): (PeerId, &crate::scenario::Peer)| peer.wants.is_some();
        if self.graph.neighbors(peer).is_none() || !scenario.peers().any(wants_a_part) {
            return None;
        }
        let chunks = (0..scenario.file().chunks() as u32).map(ChunkId);
        chunks.filter(|&chunk| scenario.wants(peer, chunk)).find_map(|chunk| {
            let at = self.holdings.lacks(peer, chunk)?;
            self.unreached(peer, chunk, at)
        })
    }

    /// The partition, if no holder of a byte of a chunk is reached from a peer along nodes that
    /// serve and want the chunk.
    fn unreached(&mut self, peer: PeerId, chunk: ChunkId, at: u64) -> Option<Cause> {
        let holder = self.holders(at).serving?;
        let scenario = self.facts.scenario();
        let mut reached = vec![false; self.serves.len()];
        reached[peer.index()] = true;
        let mut open = vec![peer];
        let mut reaches = 0;
        while let Some(node) = open.pop() {
            reaches += 1;
            for &next in self.graph.neighbors(node).unwrap_or_default() {
                if reached[next.index()] || !self.serves[next.index()] {
                    continue;
                }
                if self.holdings.holds(next, at) {
                    return None;
                }
                if scenario.wants(next, chunk) {
                    reached[next.index()] = true;
                    open.push(next);
                }
            }
        }
        Some(Cause::Partition { chunk: Some(chunk), reaches, holder })
    }
}
