//! Serial schedule generation: sends in a given order, each as early as its links and chunk allow.
//!
//! A downlink receives one chunk at a time; an uplink is split into equal shares and sends one
//! chunk at a time on each, so no link ever exceeds its capacity. [`SerialSchedule`] never reorders
//! sends.

use super::instance::{Instance, plus};
use super::{Send, Unable};
use crate::chunks::{ChunkId, PeerId};
use crate::units::Time;

/// The sends so far, and when each link is free again.
#[derive(Debug)]
pub(super) struct SerialSchedule<'a> {
    instance: &'a Instance,
    /// By node: the time at which each share of its uplink is free.
    shares: Vec<Vec<Time>>,
    /// The time at which each downlink is free, excluding latency.
    down: Vec<Time>,
    /// The time from which node v holds chunk c, at v M + c. Valid only once c was sent to v, or if
    /// v is the source.
    held: Vec<Time>,
    sends: Vec<Send>,
}

impl<'a> SerialSchedule<'a> {
    /// An empty schedule in which the source's uplink is split into `source_shares` equal shares.
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

    /// Appends a send of `chunk`, which `from` must hold by then.
    ///
    /// # Errors
    /// If it would end beyond [`Time::MAX`].
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

    /// All sends in the order in which they were appended.
    pub(super) fn sends(self) -> Vec<Send> {
        self.sends
    }
}
