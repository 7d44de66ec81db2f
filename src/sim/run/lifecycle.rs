//! Nodes come and go, and connections with them.

use super::{Happening, Simulation};
use crate::chunks::PeerId;
use crate::engine::{Engine, Input, Introduce, Role};
use crate::scenario::{Behavior, Leaves, Scenario};
use crate::trace::Event;
use crate::units::{Rate, Time};

/// What a node is. A peer whose uplink carries nothing must not promise to serve: a peer that
/// believed it would wait forever.
fn role(scenario: &Scenario, node: PeerId) -> Role {
    match scenario.upload(node) {
        _ if node.is_source() => Role::Source,
        Rate::ZERO => Role::Peer(Behavior::FreeRider),
        _ => Role::Peer(Behavior::Cooperative),
    }
}

impl<E: Engine, T: Introduce> Simulation<E, T> {
    pub(super) fn join(&mut self, node: PeerId, record: &mut dyn FnMut(Event)) {
        self.changes -= 1;
        self.progress = self.queue.now();
        let mut engine = self.factory.engine(
            node,
            self.scenario.file(),
            role(&self.scenario, node),
            &self.pace.settings(&self.scenario, node),
        );
        self.decide_on_boards(&mut engine);
        self.nodes[node.index()].engine = Some(engine);
        self.touched.push(node);
        let now = self.queue.now();
        record(Event::Join { at: now, node });
        self.hand(node, Input::Start, record);
        if !node.is_source() && self.scenario.needs_nothing(node) {
            self.has_everything(node, now);
        }
    }

    /// A finished peer disconnects cleanly; one that leaves earlier crashes silently.
    pub(super) fn depart(&mut self, node: PeerId, record: &mut dyn FnMut(Event)) {
        self.changes -= 1;
        let state = &self.nodes[node.index()];
        if state.gone || state.engine.is_none() {
            return;
        }
        self.progress = self.queue.now();
        if node.is_source() || state.complete {
            self.hand(node, Input::Leave, record);
            // What it says only after a flush it must say before it is gone.
            self.flush(record);
        }
        for flow in self.links.of(node) {
            self.stop(flow, record);
        }
        let state = &mut self.nodes[node.index()];
        state.engine = None;
        state.gone = true;
        if !node.is_source() && !state.complete {
            self.unfinished -= 1;
        }
        // Who was its neighbor finds out by itself, and then disconnects.
        state.neighbors.clear();
        record(Event::Leave { at: self.queue.now(), node });
    }

    pub(super) fn complete(&mut self, node: PeerId, record: &mut dyn FnMut(Event)) {
        let now = self.queue.now();
        record(Event::Complete { at: now, node });
        self.has_everything(node, now);
    }

    /// A peer has everything that it wants.
    fn has_everything(&mut self, node: PeerId, now: Time) {
        let Some(peer) = self.scenario.peer(node) else {
            return;
        };
        let state = &mut self.nodes[node.index()];
        if state.complete {
            return;
        }
        state.complete = true;
        if !self.scenario.is_full_holder(node) {
            self.unfinished -= 1;
        }
        // What needs nothing leaves when the scenario says.
        if let Leaves::AfterCompletion(span) = peer.leaves
            && self.scenario.leaves_at(node).is_none()
            && let Some(at) = now.checked_add(span)
        {
            self.schedule_change(at, Happening::Depart(node));
        }
    }

    /// Are the two connected? A node that tells all its neighbors something goes through them in
    /// order, so the place after the last one found is tried first.
    pub(super) fn are_neighbors(&mut self, a: PeerId, b: PeerId) -> bool {
        let node = &mut self.nodes[a.index()];
        node.last += 1;
        if node.neighbors.get(node.last) == Some(&b) {
            return true;
        }
        let place = node.neighbors.binary_search(&b);
        node.last = place.unwrap_or_default();
        place.is_ok()
    }

    /// `node` has agreed to be a neighbor of `asker`.
    pub(super) fn connect(&mut self, node: PeerId, asker: PeerId, record: &mut dyn FnMut(Event)) {
        let present = self.nodes.get(asker.index()).is_some_and(|other| other.engine.is_some());
        if !present || node == asker {
            // It went without waiting for the answer.
            self.give(node, Input::Disconnected(asker));
            return;
        }
        if self.are_neighbors(node, asker) {
            return;
        }
        for (one, other) in [(node, asker), (asker, node)] {
            let neighbors = &mut self.nodes[one.index()].neighbors;
            let place = neighbors.partition_point(|&neighbor| neighbor < other);
            neighbors.insert(place, other);
            if self.boards.is_some() {
                self.nodes[one.index()].deaf.push(other);
            }
        }
        let now = self.queue.now();
        record(Event::Connect { at: now, a: asker, b: node });
        self.give(node, Input::Connected(asker));
        self.tell(node, asker, Input::Connected(node));
    }

    pub(super) fn disconnect(
        &mut self,
        node: PeerId,
        other: PeerId,
        record: &mut dyn FnMut(Event),
    ) {
        if other.index() < self.nodes.len() && self.are_neighbors(node, other) {
            for flow in self.links.between(node, other) {
                self.stop(flow, record);
            }
            for flow in self.links.between(other, node) {
                self.stop(flow, record);
            }
            for (one, other) in [(node, other), (other, node)] {
                let one = &mut self.nodes[one.index()];
                one.neighbors.retain(|&neighbor| neighbor != other);
                one.deaf.retain(|&deaf| deaf != other);
            }
            // The other hears what is on its way to it until it knows.
            self.nodes[other.index()].watchers.retain(|&watcher| watcher != node);
            record(Event::Disconnect { at: self.queue.now(), a: node, b: other });
            self.tell(node, other, Input::Disconnected(node));
        }
    }
}
