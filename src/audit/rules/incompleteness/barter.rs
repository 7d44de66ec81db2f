//! Whether a barter keeps a peer from what it lacks: every node that holds it is a leecher that
//! lends it nothing more and lacks nothing that the peer could give.

use super::cause::Cause;
use super::holdings::first_missing;
use super::scene::Scene;
use crate::audit::evidence::balances::Balances;
use crate::chunks::PeerId;

impl Scene<'_> {
    /// Is the peer stalled by a barter, with its neighbors or behind them?
    pub(super) fn stalled(&mut self, peer: PeerId) -> Option<Cause> {
        self.barter.as_ref()?;
        let Some(neighbors) = self.graph.neighbors(peer) else {
            return self.stalled_among_all(peer);
        };
        match self.refusal(peer, neighbors.iter().copied()) {
            Refusal::OneGives => None,
            Refusal::AllRefuse(cause) => Some(cause),
            Refusal::NoneHolds => self.stalled_afar(peer),
        }
    }

    /// What the neighbors of a peer do that hold something that it lacks.
    fn refusal(&self, peer: PeerId, neighbors: impl Iterator<Item = PeerId>) -> Refusal {
        let mut refusal = Refusal::NoneHolds;
        for holder in neighbors.filter(|&node| node != peer && self.serves[node.index()]) {
            if self.gives_freely(holder) {
                return Refusal::OneGives;
            }
            let Some(at) = self.holdings.beyond(holder, peer) else { continue };
            if self.trades(holder, peer) {
                return Refusal::OneGives;
            }
            if let Refusal::NoneHolds = refusal {
                let chunk = self.holdings.chunk(at);
                refusal = Refusal::AllRefuse(Cause::Barter { chunk, holder });
            }
        }
        refusal
    }

    /// Does a node give without a return?
    fn gives_freely(&self, node: PeerId) -> bool {
        node.is_source() || self.facts.finish(node).is_some()
    }

    /// Would a holder give to a peer that lacks something of it: freely, on credit, or in exchange?
    pub(super) fn trades(&self, holder: PeerId, peer: PeerId) -> bool {
        let Some(barter) = &self.barter else { return true };
        let swaps = || self.serves[peer.index()] && self.holdings.beyond(peer, holder).is_some();
        self.gives_freely(holder) || swaps() || barter.lends(holder, peer)
    }

    /// Where every pair is connected. A strict barter over holdings each of which contains the next
    /// stalls every peer, which is found once for all of them.
    fn stalled_among_all(&mut self, peer: PeerId) -> Option<Cause> {
        let members = &self.graph.members[0];
        if members.iter().any(|&node| self.gives_freely(node)) {
            return None;
        }
        let is_strict = self.barter.as_ref().is_some_and(Balances::is_strict);
        let nested = is_strict
            && *self.nested.get_or_insert_with(|| {
                let mut sets: Vec<_> = members.iter().map(|&node| self.holdings.of(node)).collect();
                sets.sort_by_key(|set| set.count());
                sets.windows(2).all(|pair| pair[0].beyond(pair[1]).is_none())
            });
        if nested || (is_strict && !self.serves[peer.index()]) {
            return self.refused(peer);
        }
        match self.refusal(peer, members.iter().copied()) {
            Refusal::AllRefuse(cause) => Some(cause),
            Refusal::OneGives | Refusal::NoneHolds => None,
        }
    }

    /// No neighbor has what the peer lacks. A node behind them has, and among all of them no chunk
    /// can move: those that hold one lend no more to those that have nothing to give.
    fn stalled_afar(&mut self, peer: PeerId) -> Option<Cause> {
        for at in 0..self.graph.groups(peer).len() {
            let group = self.graph.groups(peer)[at];
            let moves = self.moves[group].unwrap_or_else(|| self.moves_within(group));
            self.moves[group] = Some(moves);
            if moves {
                return None;
            }
        }
        self.refused(peer)
    }

    /// Can a chunk move between two nodes of a group?
    fn moves_within(&self, group: usize) -> bool {
        let members = &self.graph.members[group];
        members.iter().any(|&one| {
            let neighbors = self.graph.neighbors(one).unwrap_or_default();
            neighbors
                .iter()
                .any(|&other| self.graph.group(other) == Some(group) && self.can_move(one, other))
        })
    }

    /// A node within reach that holds the first thing that a peer lacks, and refuses it.
    fn refused(&mut self, peer: PeerId) -> Option<Cause> {
        let length = self.facts.scenario().file().file().0;
        let at = first_missing(length, &[self.holdings.settled(peer)])?;
        let by_group = self.holders(at).by_group.clone();
        let holder =
            self.graph.groups(peer).iter().find_map(|group| by_group.get(group).copied())?;
        Some(Cause::Barter { chunk: self.holdings.chunk(at), holder })
    }
}

/// What those do that hold something that a peer lacks.
enum Refusal {
    /// None of them does.
    NoneHolds,
    /// At least one gives.
    OneGives,
    /// All refuse.
    AllRefuse(Cause),
}
