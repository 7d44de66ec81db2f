//! An order of sends becomes a plan: each begins as soon as its links and its chunk are there.
//!
//! A downlink takes one chunk after another, an uplink one for each of its lanes, so that no link
//! ever carries more than it can. It never changes the order. The type to know is [`SerialSchedule`].

use super::instance::{Instance, plus};
use super::{Send, Unable};
use crate::chunks::{ChunkId, PeerId};
use crate::units::Time;

/// Everything that was sent so far.
#[derive(Debug)]
pub(super) struct SerialSchedule<'a> {
    instance: &'a Instance,
    /// When each share of each uplink is free.
    shares: Vec<Vec<Time>>,
    /// When each downlink is free, as its senders see it: the latency not counted.
    down: Vec<Time>,
    /// Since when node v holds chunk c stands at v M + c; only what was sent is there.
    held: Vec<Time>,
    sends: Vec<Send>,
}

impl<'a> SerialSchedule<'a> {
    /// Nothing was sent yet; the source sends on so many lanes, each an equal part of its link.
    pub(super) fn new(instance: &'a Instance, source_shares: u64) -> Self {
        let nodes = instance.peers() + 1;
        let mut shares = vec![vec![Time::ZERO]; nodes];
        shares[0] = vec![Time::ZERO; source_shares as usize];
        SerialSchedule {
            instance,
            shares,
            down: instance.joins.clone(),
            held: vec![Time::ZERO; nodes * instance.chunks],
            sends: Vec::with_capacity(instance.peers() * instance.chunks),
        }
    }

    /// Sends next what `from` has by now.
    pub(super) fn send(&mut self, from: usize, to: usize, chunk: usize) -> Result<(), Unable> {
        let shares = &mut self.shares[from];
        let rate = (self.instance.up[from] / shares.len() as u64).min(self.instance.down[to]);
        let share = shares.iter_mut().min().expect("an uplink has a share");
        let ready = self.held[from * self.instance.chunks + chunk];
        let start = ready.max(*share).max(self.down[to]);
        let gone = plus(start, self.instance.span(chunk, rate)?)?;
        let end = plus(gone, self.instance.latency[to])?;
        *share = gone;
        self.down[to] = gone;
        self.held[to * self.instance.chunks + chunk] = end;
        let (from, to) = (PeerId(from as u32), PeerId(to as u32));
        self.sends.push(Send { from, to, chunk: ChunkId(chunk as u32), start, end });
        Ok(())
    }

    /// Everything that was sent.
    pub(super) fn sends(self) -> Vec<Send> {
        self.sends
    }
}
