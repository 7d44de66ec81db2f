//! A scheduling instance: a scenario's capacities and sizes as plain integers, read once.

use super::too_long;
use super::{Unable, refuse_what_plans_lack};
use crate::chunks::ChunkId;
use crate::scenario::Scenario;
use crate::units::{Rate, Time};

/// Capacities by node and sizes by chunk; node 0 is the source.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// Effective upload by node, in bits per second.
    pub(super) up: Vec<u64>,
    /// Download by node, in bits per second; [`u64::MAX`] is unlimited.
    pub(super) down: Vec<u64>,
    /// Delay of what is sent to each node.
    pub(super) latency: Vec<Time>,
    /// Time at which each node joins.
    pub(super) joins: Vec<Time>,
    /// M, the number of chunks.
    pub(super) chunks: usize,
    /// The sum of all uploads, in bits per second.
    pub(super) total_upload: u128,
    /// The largest upload of a peer, in bits per second.
    pub(super) fastest: u64,
    /// Nanobits of every chunk except the last, and of the last.
    length: [u128; 2],
}

impl Instance {
    pub(super) fn new(scenario: &Scenario) -> Result<Self, Unable> {
        refuse_what_plans_lack(scenario)?;
        let nodes = || scenario.nodes();
        let down = |node| scenario.download(node).map_or(u64::MAX, |rate| rate.0);
        let file = scenario.file();
        let first = file.length(ChunkId(0)).nanobits();
        let up: Vec<u64> = nodes().map(|node| scenario.upload(node).0).collect();
        Ok(Instance {
            total_upload: up.iter().map(|&up| u128::from(up)).sum(),
            fastest: up[1..].iter().max().copied().unwrap_or(0),
            up,
            down: nodes().map(down).collect(),
            latency: nodes().map(|node| scenario.latency_to(node)).collect(),
            joins: nodes().map(|node| scenario.joins(node)).collect(),
            chunks: file.chunks(),
            length: [first, file.smallest().nanobits()],
        })
    }

    /// N, the number of peers.
    pub(super) fn peers(&self) -> usize {
        self.up.len() - 1
    }

    /// Nanobits of a chunk.
    pub(super) fn length(&self, chunk: usize) -> u128 {
        self.length[usize::from(chunk + 1 == self.chunks)]
    }

    /// Nanobits of the largest chunk.
    pub(super) fn longest(&self) -> u128 {
        self.length[0].max(self.length[1])
    }

    /// The time to send a chunk at `rate`, rounded up.
    pub(super) fn span(&self, chunk: usize, rate: u64) -> Result<Time, Unable> {
        Rate(rate).time_for(self.length(chunk)).ok_or_else(too_long)
    }
}

/// The sum.
///
/// # Errors
/// Beyond [`Time::MAX`].
pub(super) fn plus(at: Time, span: Time) -> Result<Time, Unable> {
    at.checked_add(span).ok_or_else(too_long)
}
