//! What happens to nodes, connections and transfers in a run.

use super::links::FlowId;
use super::run::{Happening, Simulation};
use crate::chunks::PeerId;
use crate::engine::{Engine, Input, Introduce, Role};
use crate::scenario::{Behavior, Leaves, Scenario, SourceLeaves};
use crate::trace::{Event, Outcome, Transfer};
use crate::units::{Bytes, Rate};

/// What a node is. A peer whose uplink carries nothing must not promise to serve: whoever believed
/// it would wait for ever.
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
        let engine = E::new(
            node,
            self.scenario.file(),
            role(&self.scenario, node),
            &self.pace.settings(&self.scenario, node),
        );
        self.nodes[node.index()].engine = Some(engine);
        self.touched.push(node);
        record(Event::Join { at: self.queue.now(), node });
        self.hand(node, Input::Start, record);
    }

    /// Whoever has the whole file says goodbye; whoever goes earlier vanishes.
    pub(super) fn depart(&mut self, node: PeerId, record: &mut dyn FnMut(Event)) {
        self.changes -= 1;
        let state = &self.nodes[node.index()];
        if state.gone || state.engine.is_none() {
            return;
        }
        self.progress = self.queue.now();
        if node.is_source() || state.complete {
            self.hand(node, Input::Leave, record);
        }
        for flow in self.links.of(node) {
            self.stop(flow, record);
        }
        let state = &mut self.nodes[node.index()];
        state.engine = None;
        state.waiting = Vec::new();
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
        let Some(peer) = self.scenario.peer(node) else {
            return;
        };
        let state = &mut self.nodes[node.index()];
        if state.complete {
            return;
        }
        state.complete = true;
        self.unfinished -= 1;
        if let Leaves::AfterCompletion(span) = peer.leaves
            && let Some(at) = now.checked_add(span)
        {
            self.schedule_change(at, Happening::Depart(node));
        }
    }

    /// Who tells all its neighbors something goes through them in order: whom `a` asks for is most
    /// often the one behind whom it asked for last.
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
            let now = self.queue.now();
            self.queue.schedule(now, Happening::Input(node, Input::Disconnected(asker)));
            return;
        }
        if self.are_neighbors(node, asker) {
            return;
        }
        for (one, other) in [(node, asker), (asker, node)] {
            let neighbors = &mut self.nodes[one.index()].neighbors;
            let place = neighbors.partition_point(|&neighbor| neighbor < other);
            neighbors.insert(place, other);
        }
        let now = self.queue.now();
        record(Event::Connect { at: now, a: asker, b: node });
        self.queue.schedule(now, Happening::Input(node, Input::Connected(asker)));
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
            self.nodes[node.index()].neighbors.retain(|&neighbor| neighbor != other);
            self.nodes[other.index()].neighbors.retain(|&neighbor| neighbor != node);
            record(Event::Disconnect { at: self.queue.now(), a: node, b: other });
            self.tell(node, other, Input::Disconnected(node));
        }
    }

    /// Gives transfers their rates and schedules their ends.
    pub(super) fn settle(&mut self) {
        self.links.settle(self.queue.now(), &mut self.ends, &mut self.touched);
        for end in self.ends.drain(..) {
            self.queue.schedule(end.at, Happening::Sent(end.flow, end.version));
        }
    }

    /// Asks every sender with room on its link for another chunk; says whether any was asked.
    pub(super) fn ask_for_more(&mut self, record: &mut dyn FnMut(Event)) -> bool {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        let mut asked = false;
        for node in touched {
            let state = &mut self.nodes[node.index()];
            if state.engine.is_some() && !state.told && self.links.has_spare(node) {
                state.told = true;
                asked = true;
                self.hand(node, Input::Ready, record);
            }
        }
        asked
    }

    /// The last byte of a transfer leaves its sender.
    pub(super) fn sent(&mut self, id: FlowId, version: u32, record: &mut dyn FnMut(Event)) {
        let Some(flow) = self.links.current(id, version) else {
            return;
        };
        let (from, to, chunk, bytes) = (flow.from, flow.to, flow.chunk, flow.bytes);
        let now = self.queue.now();
        let version = self.links.depart(id, now);
        self.progress = now;
        self.touched.push(from);
        if let Some(at) = now.checked_add(self.latencies[to.index()]) {
            self.queue.schedule(at, Happening::Arrived(id, version));
        }
        self.hand(from, Input::Sent { to, chunk }, record);
        self.count_emission(from, bytes);
    }

    /// The last byte of a transfer arrives.
    pub(super) fn arrived(&mut self, id: FlowId, version: u32, record: &mut dyn FnMut(Event)) {
        if self.links.current(id, version).is_none() {
            return;
        }
        let flow = self.links.arrive(id);
        let message = self.parcels[id.index()].take().expect("a transfer carries a message");
        let now = self.queue.now();
        self.delivered += 1;
        self.progress = now;
        record(Event::Transfer(Transfer {
            from: flow.from,
            to: flow.to,
            chunk: flow.chunk,
            start: flow.start,
            end: now,
            offset: Bytes(0),
            bytes: flow.bytes,
            outcome: Outcome::Delivered,
        }));
        self.hand(flow.to, Input::Received { from: flow.from, message }, record);
    }

    /// Stops a transfer: the bytes that moved are lost.
    pub(super) fn stop(&mut self, id: FlowId, record: &mut dyn FnMut(Event)) {
        let stopped = self.links.stop(id, self.queue.now());
        self.parcels[id.index()] = None;
        self.progress = self.queue.now();
        let flow = stopped.flow;
        self.touched.push(flow.from);
        // What would arrive beyond 584 years never arrives. An end before that would say that the
        // bytes left earlier than they did.
        let arrival = stopped.last.checked_add(self.latencies[flow.to.index()]);
        if let Some(end) = arrival.filter(|_| stopped.moved != Bytes(0)) {
            record(Event::Transfer(Transfer {
                from: flow.from,
                to: flow.to,
                chunk: flow.chunk,
                start: flow.start,
                end,
                offset: Bytes(0),
                bytes: stopped.moved,
                outcome: Outcome::Aborted,
            }));
        }
        self.count_emission(flow.from, stopped.moved);
    }

    /// A source that leaves after some copies leaves once it has sent their bytes.
    fn count_emission(&mut self, from: PeerId, bytes: Bytes) {
        if !from.is_source() {
            return;
        }
        let file = self.scenario.file().file().bits();
        let before = self.emitted;
        self.emitted += bytes.bits();
        if let SourceLeaves::AfterCopies(copies) = self.scenario.source().leaves {
            let enough = file.saturating_mul(u128::from(copies));
            if before < enough && enough <= self.emitted {
                self.schedule_change(self.queue.now(), Happening::Depart(PeerId::SOURCE));
            }
        }
    }
}
