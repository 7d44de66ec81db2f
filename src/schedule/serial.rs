//! An order of sends becomes a plan: each begins as soon as its links and its chunk are there.
//!
//! A downlink takes one chunk after another, an uplink one for each of its lanes, so that no link
//! ever carries more than it can. It never changes the order. The type to know is [`Serial`].

use super::world::{World, plus};
use super::{Send, Unable};
use crate::chunks::{ChunkId, PeerId};
use crate::units::Time;

/// Everything that was sent so far.
#[derive(Debug)]
pub(super) struct Serial<'a> {
    world: &'a World,
    /// When each lane of each uplink is free.
    lanes: Vec<Vec<Time>>,
    /// When each downlink is free, as its senders see it: the latency not counted.
    down: Vec<Time>,
    /// Since when node v holds chunk c stands at v M + c; only what was sent is there.
    held: Vec<Time>,
    sends: Vec<Send>,
}

impl<'a> Serial<'a> {
    /// Nothing was sent yet; the source sends on so many lanes, each an equal part of its link.
    pub(super) fn new(world: &'a World, source_lanes: u64) -> Self {
        let nodes = world.peers() + 1;
        let mut lanes = vec![vec![Time::ZERO]; nodes];
        lanes[0] = vec![Time::ZERO; source_lanes as usize];
        Serial {
            world,
            lanes,
            down: world.joins.clone(),
            held: vec![Time::ZERO; nodes * world.chunks],
            sends: Vec::with_capacity(world.peers() * world.chunks),
        }
    }

    /// Sends next what `from` has by now.
    pub(super) fn send(&mut self, from: usize, to: usize, chunk: usize) -> Result<(), Unable> {
        let lanes = &mut self.lanes[from];
        let rate = (self.world.up[from] / lanes.len() as u64).min(self.world.down[to]);
        let lane = lanes.iter_mut().min().expect("an uplink has a lane");
        let ready = self.held[from * self.world.chunks + chunk];
        let start = ready.max(*lane).max(self.down[to]);
        let gone = plus(start, self.world.span(chunk, rate)?)?;
        let end = plus(gone, self.world.latency[to])?;
        *lane = gone;
        self.down[to] = gone;
        self.held[to * self.world.chunks + chunk] = end;
        let (from, to) = (PeerId(from as u32), PeerId(to as u32));
        self.sends.push(Send { from, to, chunk: ChunkId(chunk as u32), start, end });
        Ok(())
    }

    /// Everything that was sent.
    pub(super) fn sends(self) -> Vec<Send> {
        self.sends
    }
}
