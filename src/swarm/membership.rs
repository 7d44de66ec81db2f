//! Which nodes to ask to be neighbors, and how many neighbors to have.

use crate::choose::{Choose, pick};
use crate::chunks::PeerId;

/// Decisions of the choker without being served after which a place is made for another neighbor,
/// when no neighbor is of interest.
const UNSERVED_LIMIT: u32 = 3;

/// What a peer knows of members that are no neighbors. Sets are in ascending order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Membership {
    /// How many neighbors the protocol wants.
    wanted: u32,
    /// Decisions of the choker since this peer was last served by a neighbor of interest, or last
    /// made room.
    unserved: u32,
    /// Members that it heard of and has not tried.
    candidates: Vec<PeerId>,
    /// Members that it has asked to be neighbors, or accepted, and that are none yet.
    asked: Vec<PeerId>,
}

fn insert(set: &mut Vec<PeerId>, peer: PeerId) {
    if let Err(at) = set.binary_search(&peer) {
        set.insert(at, peer);
    }
}

fn remove(set: &mut Vec<PeerId>, peer: PeerId) {
    if let Ok(at) = set.binary_search(&peer) {
        set.remove(at);
    }
}

impl Membership {
    pub(super) fn new(wanted: u32) -> Self {
        Membership { wanted, unserved: 0, candidates: Vec::new(), asked: Vec::new() }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        (self.candidates.len() + self.asked.len()) * size_of::<PeerId>()
    }

    /// How many neighbors it looks for itself. As many again will ask, if all peers do so.
    pub(super) fn target_degree(&self) -> usize {
        (self.wanted as usize).div_ceil(2)
    }

    /// The most neighbors that it accepts: twice the target degree. Which peers others ask is
    /// chance, and a refused peer ends up with fewer neighbors than its target.
    pub(super) fn max_degree(&self) -> usize {
        (self.wanted as usize).saturating_mul(2)
    }

    /// How many members are asked, or accepted, and no neighbors yet.
    pub(super) fn pending(&self) -> usize {
        self.asked.len()
    }

    pub(super) fn has_asked(&self, peer: PeerId) -> bool {
        self.asked.binary_search(&peer).is_ok()
    }

    /// The tracker named a member that is no neighbor.
    pub(super) fn hear_of(&mut self, peer: PeerId) {
        if !self.has_asked(peer) {
            insert(&mut self.candidates, peer);
        }
    }

    /// A candidate to ask now, if there is one.
    pub(super) fn next(&mut self, choose: &mut dyn Choose) -> Option<PeerId> {
        let peer = pick(&self.candidates, choose)?;
        remove(&mut self.candidates, peer);
        insert(&mut self.asked, peer);
        Some(peer)
    }

    /// A node has asked and is accepted: its place is taken until it is a neighbor, or gone.
    pub(super) fn accept(&mut self, peer: PeerId) {
        insert(&mut self.asked, peer);
    }

    /// A node is a neighbor now.
    pub(super) fn connected(&mut self, peer: PeerId) {
        remove(&mut self.asked, peer);
        remove(&mut self.candidates, peer);
    }

    /// A node is no neighbor any more, or does not become one.
    pub(super) fn disconnected(&mut self, peer: PeerId) {
        remove(&mut self.asked, peer);
    }

    /// A decision of the choker has passed, with a neighbor of interest that serves this peer or
    /// without one; says whether it is time to make room for another.
    pub(super) fn is_time_for_another(&mut self, served: bool, interesting: bool) -> bool {
        self.unserved = if served { 0 } else { self.unserved.saturating_add(1) };
        // A neighbor that has something of interest serves others, too: each gets a turn within as
        // many decisions as it may have neighbors. Some never give one.
        let turns = u32::try_from(self.max_degree()).unwrap_or(u32::MAX);
        let limit = if interesting { UNSERVED_LIMIT.max(turns) } else { UNSERVED_LIMIT };
        let over = limit < self.unserved;
        if over {
            self.unserved = 0;
        }
        over
    }
}
