//! What is under way, and at which rate: a transfer never loses what it has, and takes what becomes
//! free of its two links before anything new begins.
//!
//! The sum of rates on a link never exceeds its capacity. It decides nothing. The type to know is
//! [`Links`].

use crate::schedule::world::World;
use crate::units::{Rate, Time};

/// A transfer under way.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) chunk: usize,
    pub(super) start: Time,
    /// Nanobits that have not moved, as of `since`.
    left: u128,
    since: Time,
    rate: u64,
    /// The most that it may take.
    cap: u64,
    /// Raised whenever its end moves.
    version: u32,
}

/// The foreseen end of a transfer: its last byte leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End {
    pub(super) at: Time,
    pub(super) flow: u32,
    pub(super) version: u32,
}

/// All links.
#[derive(Clone, Debug)]
pub(super) struct Links {
    /// Bits per second that nobody uses.
    pub(super) free_up: Vec<u64>,
    pub(super) free_down: Vec<u64>,
    /// By sender and by receiver, the oldest first.
    up: Vec<Vec<u32>>,
    down: Vec<Vec<u32>>,
    flows: Vec<Flow>,
    spare: Vec<u32>,
}

impl Links {
    pub(super) fn new(world: &World) -> Self {
        let nodes = world.up.len();
        Links {
            free_up: world.up.clone(),
            free_down: world.down.clone(),
            up: vec![Vec::new(); nodes],
            down: vec![Vec::new(); nodes],
            flows: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Begins a transfer with all that is free, up to `cap`.
    pub(super) fn begin(
        &mut self,
        (from, to, chunk): (usize, usize, usize),
        (length, cap): (u128, u64),
        now: Time,
    ) -> Option<End> {
        let flow = Flow {
            from,
            to,
            chunk,
            start: now,
            left: length,
            since: now,
            rate: 0,
            cap,
            version: 0,
        };
        let id = match self.spare.pop() {
            Some(id) => {
                let version = self.flows[id as usize].version + 1;
                self.flows[id as usize] = Flow { version, ..flow };
                id
            }
            None => {
                self.flows.push(flow);
                self.flows.len() as u32 - 1
            }
        };
        self.up[from].push(id);
        self.down[to].push(id);
        self.raise(id, now)
    }

    /// A transfer's last byte has left, unless its end has moved meanwhile.
    pub(super) fn finish(&mut self, end: End) -> Option<Flow> {
        let flow = self.flows[end.flow as usize].clone();
        if flow.version != end.version {
            return None;
        }
        self.free_up[flow.from] += flow.rate;
        self.free_down[flow.to] += flow.rate;
        self.up[flow.from].retain(|&id| id != end.flow);
        self.down[flow.to].retain(|&id| id != end.flow);
        self.flows[end.flow as usize].version += 1;
        self.spare.push(end.flow);
        Some(flow)
    }

    /// Everything on the uplink of one node and the downlink of another takes what has become free.
    /// Gives the new ends, and whose links are used more.
    pub(super) fn settle(&mut self, from: usize, to: usize, now: Time, ends: &mut Vec<End>) {
        if self.free_up[from] != 0 {
            for at in 0..self.up[from].len() {
                ends.extend(self.raise(self.up[from][at], now));
            }
        }
        if self.free_down[to] != 0 {
            for at in 0..self.down[to].len() {
                ends.extend(self.raise(self.down[to][at], now));
            }
        }
    }

    /// Who sends and who receives a transfer under way.
    pub(super) fn ends_of(&self, flow: u32) -> (usize, usize) {
        (self.flows[flow as usize].from, self.flows[flow as usize].to)
    }

    fn raise(&mut self, id: u32, now: Time) -> Option<End> {
        let flow = &mut self.flows[id as usize];
        let free = self.free_up[flow.from].min(self.free_down[flow.to]);
        let more = free.min(flow.cap - flow.rate);
        if more == 0 {
            return None;
        }
        self.free_up[flow.from] -= more;
        self.free_down[flow.to] -= more;
        let moved = Rate(flow.rate).nanobits(now.since(flow.since));
        flow.left = flow.left.saturating_sub(moved);
        flow.since = now;
        flow.rate += more;
        flow.version += 1;
        let span = Rate(flow.rate).time_for(flow.left)?;
        Some(End { at: now.checked_add(span)?, flow: id, version: flow.version })
    }
}
