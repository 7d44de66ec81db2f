//! Shrinking beyond proptest's value tree: removes single peers after everything else has become
//! smaller.
//!
//! A tree tries each peer once, when the others are still as they were drawn. Here one thing at a
//! time is made simpler, again and again, until nothing can be.

use std::ops::ControlFlow;

use crate::chunks::Manifest;
use crate::scenario::{
    Behavior, ChunkRanges, Leaves, Link, Network, Parts, Protocol, Scenario, SourceLeaves, rounded,
};
use crate::units::{Bytes, Rate, RateChanges, Time};

/// A change of one thing, of the peer at a position where it is about peers.
type Edit = fn(&mut Parts, usize);

/// Without a peer the others choose differently: with few peers, one of these seeds may show the
/// same violation.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=8;
/// Peers up to which seeds are tried.
const FEW: usize = 8;

/// Changes of one peer; the first takes it away.
const OF_A_PEER: &[Edit] = &[
    |parts, at| drop(parts.peers.drain(at..=at)),
    |parts, at| parts.peers[at].leaves = Leaves::Never,
    |parts, at| parts.peers[at].joins = Time::ZERO,
    |parts, at| parts.peers[at].behavior = Behavior::Cooperative,
    |parts, at| parts.peers[at].link = Link::default(),
    |parts, at| parts.peers[at].holds = ChunkRanges::EMPTY,
    |parts, at| parts.peers[at].wants = None,
    |parts, at| parts.peers[at].upload_changes = RateChanges::NONE,
    |parts, at| parts.peers[at].download_changes = RateChanges::NONE,
    |parts, at| fewer(&mut parts.peers[at].upload_changes),
    |parts, at| fewer(&mut parts.peers[at].download_changes),
    |parts, at| parts.peers[at].holds = first_half(&parts.peers[at].holds),
    |parts, at| {
        let wants = parts.peers[at].wants.as_ref().map(first_half);
        parts.peers[at].wants = wants.filter(|wants| !wants.is_empty());
    },
    |parts, at| {
        parts.peers[at].download = None;
        parts.peers[at].download_changes = RateChanges::NONE;
    },
    |parts, at| parts.peers[at].upload = RATE,
    |parts, at| round(&mut parts.peers[at].joins),
    |parts, at| {
        if let Leaves::At(time) | Leaves::AfterCompletion(time) = &mut parts.peers[at].leaves {
            round(time);
        }
    },
];

/// Changes of everything else.
const OF_THE_REST: &[Edit] = &[
    |parts, _| {
        let half = parts.peers.len().div_ceil(2);
        parts.peers.truncate(half);
    },
    |parts, _| drop(parts.peers.drain(..parts.peers.len() / 2)),
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.leaves = Leaves::Never),
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.joins = Time::ZERO),
    |parts, _| {
        for peer in &mut parts.peers {
            (peer.download, peer.download_changes) = (None, RateChanges::NONE);
        }
    },
    |parts, _| parts.source.upload_changes = RateChanges::NONE,
    |parts, _| {
        for peer in &mut parts.peers {
            peer.upload_changes = RateChanges::NONE;
            peer.download_changes = RateChanges::NONE;
        }
    },
    |parts, _| fewer(&mut parts.source.upload_changes),
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.holds = ChunkRanges::EMPTY),
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.wants = None),
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.link = Link::default()),
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.upload = RATE),
    |parts, _| cut(parts, 1, parts.file.chunk()),
    |parts, _| cut(parts, parts.file.chunks() as u64 / 2, parts.file.chunk()),
    |parts, _| cut(parts, parts.file.chunks() as u64 - 1, parts.file.chunk()),
    |parts, _| cut(parts, parts.file.chunks() as u64, parts.file.chunk()),
    |parts, _| cut(parts, parts.file.chunks() as u64, CHUNK),
    |parts, _| parts.source.leaves = SourceLeaves::Never,
    |parts, _| parts.source.link = Link::default(),
    |parts, _| parts.source.upload = RATE,
    |parts, _| parts.network = Network::default(),
    |parts, _| parts.seed = 1,
    |parts, _| {
        if let SourceLeaves::At(time) = &mut parts.source.leaves {
            round(time);
        }
    },
    |parts, _| round(&mut parts.network.latency),
    |parts, _| round(&mut parts.until),
];

/// The scenario with one peer, one chunk and every other edit applied, but with the `burst` that
/// was asked for; None if that is no scenario.
pub(super) fn simplest(scenario: &Scenario, burst: Option<Bytes>) -> Option<Scenario> {
    let mut parts = scenario.parts().clone();
    parts.peers.truncate(1);
    OF_THE_REST.iter().chain(OF_A_PEER.iter().skip(1)).for_each(|edit| edit(&mut parts, 0));
    Protocol::SIMPLER.iter().for_each(|&edit| of_protocol(&mut parts, edit));
    parts.network.burst = burst.unwrap_or(parts.network.burst);
    Scenario::new(parts).ok()
}

/// A rate at which a chunk of [`CHUNK`] takes a second.
const RATE: Rate = Rate(1000);
/// A chunk that takes a second at [`RATE`].
const CHUNK: Bytes = Bytes(125);

fn round(time: &mut Time) {
    *time = rounded(*time);
}

fn cut(parts: &mut Parts, chunks: u64, chunk: Bytes) {
    if let Ok(file) = Manifest::new(Bytes(chunks.saturating_mul(chunk.0)), chunk) {
        parts.file = file;
        let chunks = file.chunks();
        for peer in &mut parts.peers {
            peer.holds = peer.holds.before(chunks);
            let wants = peer.wants.take().map(|wants| wants.before(chunks));
            peer.wants = wants.filter(|wants| !wants.is_empty());
        }
    }
}

/// All changes but the last.
fn fewer(changes: &mut RateChanges) {
    let all = changes.list();
    *changes = RateChanges::new(all[..all.len().saturating_sub(1)].to_vec());
}

/// The first half of the chunks, rounded down.
fn first_half(chunks: &ChunkRanges) -> ChunkRanges {
    chunks.iter().take(chunks.count() / 2).collect()
}

fn of_protocol(parts: &mut Parts, change: fn(&mut Protocol)) {
    if let Some(protocol) = &mut parts.protocol {
        change(protocol);
    }
}

/// Simplifies a failing scenario, one edit at a time, until no edit succeeds or `most` were tried.
/// A `burst` that was asked for belongs to the engine and stays.
pub(super) fn simplify(
    scenario: Scenario,
    most: u32,
    burst: Option<Bytes>,
    fails: &mut dyn FnMut(&Scenario) -> ControlFlow<(), bool>,
) {
    let mut search = Search { scenario, left: most, burst, fails };
    loop {
        let before = search.scenario.clone();
        if search.round().is_break() || search.scenario == before {
            return;
        }
    }
}

struct Search<'a> {
    scenario: Scenario,
    left: u32,
    burst: Option<Bytes>,
    fails: &'a mut dyn FnMut(&Scenario) -> ControlFlow<(), bool>,
}

impl Search<'_> {
    /// Tries everything once.
    fn round(&mut self) -> ControlFlow<()> {
        for edit in OF_THE_REST {
            self.attempt(&|parts| edit(parts, 0))?;
        }
        for &edit in Protocol::SIMPLER {
            self.attempt(&|parts| of_protocol(parts, edit))?;
        }
        for at in (0..self.scenario.peer_count()).rev() {
            for edit in OF_A_PEER {
                if at < self.scenario.peer_count() {
                    self.attempt(&|parts| edit(parts, at))?;
                }
            }
            for seed in SEEDS {
                if at < self.scenario.peer_count() && self.scenario.peer_count() <= FEW {
                    self.attempt(&|parts| {
                        parts.peers.remove(at);
                        parts.seed = seed;
                    })?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Keeps an edit when it changes something, makes a scenario, and that fails too.
    fn attempt(&mut self, edit: &dyn Fn(&mut Parts)) -> ControlFlow<()> {
        let mut parts = self.scenario.parts().clone();
        edit(&mut parts);
        if let Some(burst) = self.burst {
            parts.network.burst = burst;
        }
        let Ok(simpler) = Scenario::new(parts) else { return ControlFlow::Continue(()) };
        if simpler == self.scenario {
            return ControlFlow::Continue(());
        }
        let Some(left) = self.left.checked_sub(1) else { return ControlFlow::Break(()) };
        self.left = left;
        if (self.fails)(&simpler)? {
            self.scenario = simpler;
        }
        ControlFlow::Continue(())
    }
}
