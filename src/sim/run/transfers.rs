//! What happens to transfers in a run: they begin to move, end, arrive, or are stopped.

use super::super::links::FlowId;
use super::{Happening, Simulation};
use crate::chunks::PeerId;
use crate::engine::{Engine, Input, Introduce};
use crate::scenario::{Scenario, SourceLeaves};
use crate::trace::{Event, Outcome, Transfer};
use crate::units::{Bytes, Rate, Time};

/// What the link of a node can carry from an instant on, in each direction. Bytes to the node reach
/// its downlink a latency after they leave: a sender must know what the downlink will carry then. A
/// rate that is not known is taken for the highest that there is.
pub(super) fn capacities(scenario: &Scenario, node: PeerId, at: Time) -> (Rate, Option<Rate>) {
    let up = scenario.upload_supply(node).map_or(Rate(u64::MAX), |supply| supply.rate_at(at));
    let arrival = Time(at.0.saturating_add(scenario.latency_to(node).0));
    (up, scenario.download_supply(node).map(|supply| supply.rate_at(arrival)))
}

impl<E: Engine, T: Introduce> Simulation<E, T> {
    /// The capacities of a node's link change.
    pub(super) fn change_capacity(&mut self, node: PeerId) {
        self.changes -= 1;
        self.progress = self.queue.now();
        let (up, down) = capacities(&self.scenario, node, self.queue.now());
        self.links.change(node, up, down);
        self.touched.push(node);
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
        self.queue.schedule_after(self.latencies[to.index()], Happening::Arrived(id, version));
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
