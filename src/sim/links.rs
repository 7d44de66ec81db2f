//! Links in virtual time: which transfers run at which rate, so that no capacity is ever
//! exceeded.
//!
//! A link works through its transfers in the order in which they began: the oldest takes as much as
//! both its ends can carry, the next as much as is left, and so on. What a transfer cannot use
//! because its other end is busy goes to the next one, so nothing idles that could be used. Rates
//! are sums and differences of capacities, hence whole bits per second: nothing is rounded until a
//! transfer's end, which is rounded up.
//!
//! This module never knows why something is sent. [`Links`] holds all transfers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use prefetch_index::prefetch_index;

use super::link_direction::{Binding, LinkDirection};
use crate::chunks::{ChunkId, PeerId};
use crate::units::{Bytes, NANO, Rate, Time};

/// A transfer under way, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FlowId(u32);

impl FlowId {
    /// The place in a table of transfers.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A transfer under way.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) from: PeerId,
    pub(super) to: PeerId,
    pub(super) chunk: ChunkId,
    pub(super) start: Time,
    pub(super) bytes: Bytes,
    /// The order of beginnings.
    order: u64,
    /// What has not moved, as of `since`, in nanobits.
    left: u128,
    since: Time,
    /// When it last moved, or else began.
    last: Time,
    rate: Rate,
    /// Raised whenever the end moves, so that an event for an old end can be told.
    version: u32,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Bytes leave the sender, or wait to.
    Moving,
    /// All bytes have left the sender and travel.
    Travelling,
    /// The place is free.
    Over,
}

/// The end of a transfer as it is foreseen: valid while the version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) at: Time,
    pub(super) flow: FlowId,
    pub(super) version: u32,
}

/// What became of a transfer that was stopped.
#[derive(Clone, Debug)]
pub(super) struct Stopped {
    pub(super) flow: Flow,
    /// Whole bytes that had left the sender, rounded down: nothing is charged that did not move.
    pub(super) moved: Bytes,
    /// When the last of them left.
    pub(super) last: Time,
}

/// The links of all nodes and everything on them.
#[derive(Clone, Debug)]
pub(super) struct Links {
    up: Vec<LinkDirection>,
    down: Vec<LinkDirection>,
    flows: Vec<Flow>,
    free: Vec<FlowId>,
    /// By receiver: transfers whose bytes have all left and have not arrived.
    travelling: Vec<Vec<FlowId>>,
    begun: u64,
    /// Transfers that have a rate.
    moving: usize,
    /// Transfers whose rate must be looked at again, oldest first; some may have ended since.
    unsettled: BinaryHeap<Reverse<(u64, FlowId)>>,
}

impl Links {
    /// One link for each pair of an upload and a download capacity.
    pub(super) fn new(capacities: impl Iterator<Item = (Rate, Option<Rate>)>) -> Self {
        let (up, down): (Vec<LinkDirection>, Vec<LinkDirection>) = capacities
            .map(|(up, down)| (LinkDirection::new(Some(up)), LinkDirection::new(down)))
            .unzip();
        Links {
            travelling: vec![Vec::new(); up.len()],
            up,
            down,
            flows: Vec::new(),
            free: Vec::new(),
            begun: 0,
            moving: 0,
            unsettled: BinaryHeap::new(),
        }
    }

    /// Begins a transfer. It moves once [`Links::settle`] has given it a rate.
    pub(super) fn begin(
        &mut self,
        (from, to): (PeerId, PeerId),
        (chunk, bytes): (ChunkId, Bytes),
        now: Time,
    ) -> FlowId {
        let flow = Flow {
            from,
            to,
            chunk,
            start: now,
            bytes,
            order: self.begun,
            left: bytes.nanobits(),
            since: now,
            last: now,
            rate: Rate::ZERO,
            version: 0,
            stage: Stage::Moving,
        };
        let id = match self.free.pop() {
            Some(id) => {
                let version = self.flows[id.0 as usize].version;
                self.flows[id.0 as usize] = Flow { version, ..flow };
                id
            }
            None => {
                self.flows.push(flow);
                FlowId(self.flows.len() as u32 - 1)
            }
        };
        self.up[from.index()].push(self.begun, id);
        self.down[to.index()].push(self.begun, id);
        self.unsettled.push(Reverse((self.begun, id)));
        self.begun += 1;
        id
    }

    /// Asks for the memory of a transfer.
    #[inline]
    pub(super) fn fetch(&self, id: FlowId) {
        prefetch_index(&self.flows, id.index());
    }

    /// The transfer, if `version` still speaks of it.
    pub(super) fn current(&self, id: FlowId, version: u32) -> Option<&Flow> {
        let flow = &self.flows[id.0 as usize];
        (flow.version == version && flow.stage != Stage::Over).then_some(flow)
    }

    /// Gives every transfer its rate; pushes the ends that have moved, and the senders whose use
    /// has changed.
    pub(super) fn settle(&mut self, now: Time, ends: &mut Vec<End>, touched: &mut Vec<PeerId>) {
        // Rates depend on older transfers only, so one pass from the oldest on settles everything.
        while let Some(Reverse((order, id))) = self.unsettled.pop() {
            let flow = &mut self.flows[id.0 as usize];
            if flow.order != order || flow.stage != Stage::Moving {
                continue;
            }
            let (up, down) = (&mut self.up[flow.from.index()], &mut self.down[flow.to.index()]);
            let (above, below) = (up.left_for(order), down.left_for(order));
            let rate = above.min(below);
            let binding = |left| if left == rate { Binding::Binds } else { Binding::Spares };
            up.set(order, rate, binding(above));
            down.set(order, rate, binding(below));
            let affected = up.affected(order).chain(down.affected(order));
            self.unsettled.extend(affected.map(Reverse));
            if rate == flow.rate {
                continue;
            }
            flow.advance(now);
            self.moving -= usize::from(flow.rate != Rate::ZERO);
            self.moving += usize::from(rate != Rate::ZERO);
            flow.rate = rate;
            flow.version = flow.version.wrapping_add(1);
            if let Some(at) = rate.time_for(flow.left).and_then(|span| now.checked_add(span)) {
                ends.push(End { at, flow: id, version: flow.version });
            }
            touched.push(flow.from);
        }
    }

    /// The capacities of a node's link change.
    pub(super) fn change(&mut self, node: PeerId, up: Rate, down: Option<Rate>) {
        let (above, below) = (&mut self.up[node.index()], &mut self.down[node.index()]);
        let affected = above.change(Some(up)).into_iter().chain(below.change(down));
        self.unsettled.extend(affected.map(Reverse));
    }

    /// Could a node send more than it does?
    pub(super) fn has_spare(&self, node: PeerId) -> bool {
        self.up[node.index()].has_spare()
    }

    /// Is nothing moving anywhere?
    pub(super) fn is_idle(&self) -> bool {
        self.moving == 0 && self.travelling.iter().all(Vec::is_empty)
    }

    /// The last byte of a transfer has left its sender: it occupies no link any more. Returns the
    /// version under which it travels on.
    pub(super) fn depart(&mut self, id: FlowId, now: Time) -> u32 {
        self.take_off_links(id);
        let flow = &mut self.flows[id.0 as usize];
        flow.last = now;
        flow.stage = Stage::Travelling;
        flow.left = 0;
        let (to, version) = (flow.to, flow.version);
        self.travelling[to.index()].push(id);
        version
    }

    /// The last byte of a transfer has arrived.
    pub(super) fn arrive(&mut self, id: FlowId) -> Flow {
        self.release(id)
    }

    /// Stops a transfer.
    pub(super) fn stop(&mut self, id: FlowId, now: Time) -> Stopped {
        if self.flow(id).stage == Stage::Moving {
            self.flows[id.0 as usize].advance(now);
            self.take_off_links(id);
        }
        let (left, last) = (self.flow(id).left, self.flow(id).last);
        let flow = self.release(id);
        let moved = (flow.bytes.nanobits() - left) / (8 * NANO);
        Stopped { moved: Bytes(moved as u64), last, flow }
    }

    /// Everything that is leaving one node for the other, oldest first. What has left travels on,
    /// whatever becomes of the connection.
    pub(super) fn between(&self, from: PeerId, to: PeerId) -> Vec<FlowId> {
        let leaving = self.up[from.index()].flows();
        leaving.filter(|&id| self.flow(id).to == to).collect()
    }

    /// Everything that stops when a node is gone, oldest first: what it is sending and what is on
    /// its way to it. What it has sent travels on.
    pub(super) fn of(&self, node: PeerId) -> Vec<FlowId> {
        let directions = [self.up[node.index()].flows(), self.down[node.index()].flows()];
        let mut found: Vec<FlowId> = directions.into_iter().flatten().collect();
        found.extend(&self.travelling[node.index()]);
        found.sort_unstable_by_key(|&id| self.flow(id).order);
        found
    }

    /// Everything, oldest first.
    pub(super) fn all(&self) -> Vec<FlowId> {
        let mut found: Vec<FlowId> = (0..self.flows.len() as u32).map(FlowId).collect();
        found.retain(|&id| self.flow(id).stage != Stage::Over);
        found.sort_unstable_by_key(|&id| self.flow(id).order);
        found
    }

    pub(super) fn flow(&self, id: FlowId) -> &Flow {
        &self.flows[id.0 as usize]
    }

    fn take_off_links(&mut self, id: FlowId) {
        let flow = &mut self.flows[id.0 as usize];
        self.moving -= usize::from(flow.rate != Rate::ZERO);
        flow.rate = Rate::ZERO;
        let (from, to, order) = (flow.from, flow.to, flow.order);
        for direction in [&mut self.up[from.index()], &mut self.down[to.index()]] {
            direction.remove(order);
            self.unsettled.extend(direction.affected(order).map(Reverse));
        }
    }

    fn release(&mut self, id: FlowId) -> Flow {
        let flow = &mut self.flows[id.0 as usize];
        flow.version = flow.version.wrapping_add(1);
        if flow.stage == Stage::Travelling {
            self.travelling[flow.to.index()].retain(|&other| other != id);
        }
        flow.stage = Stage::Over;
        self.free.push(id);
        flow.clone()
    }
}

impl Flow {
    /// Moves what has moved since the last look.
    fn advance(&mut self, now: Time) {
        self.left = self.left.saturating_sub(self.rate.nanobits(now.since(self.since)));
        self.since = now;
        if self.rate != Rate::ZERO {
            self.last = now;
        }
    }
}
