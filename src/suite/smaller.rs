//! What a tree of smaller values cannot reach: single peers that go, after everything else has
//! become smaller.
//!
//! A tree tries each peer once, when the others are still as they were drawn. Here one thing at a
//! time is made simpler, again and again, until nothing can be. The function to know is [`settle`].

use std::ops::ControlFlow;

use crate::chunks::Manifest;
use crate::scenario::{
    Behavior, Choker, Leaves, Link, Network, Parts, Picker, Protocol, Scenario, Seeding,
    SourceLeaves,
};
use crate::units::{Bytes, Rate, Time};

/// A change of one thing, of the peer at a position where it is about peers.
type Edit = fn(&mut Parts, usize);

/// Changes of one peer. Without it the others make other choices: some seeds show the same.
const OF_A_PEER: &[Edit] = &[
    |parts, at| without(parts, at, parts.seed),
    |parts, at| without(parts, at, 1),
    |parts, at| without(parts, at, 2),
    |parts, at| without(parts, at, 3),
    |parts, at| parts.peers[at].leaves = Leaves::Never,
    |parts, at| parts.peers[at].joins = Time::ZERO,
    |parts, at| parts.peers[at].behavior = Behavior::Cooperative,
    |parts, at| parts.peers[at].link = Link::default(),
    |parts, at| parts.peers[at].download = None,
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
    |parts, _| parts.peers.iter_mut().for_each(|peer| peer.download = None),
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
    |parts, _| of_protocol(parts, |it| it.choker = Choker::TitForTat),
    |parts, _| of_protocol(parts, |it| it.picker = Picker::RarestFirst),
    |parts, _| of_protocol(parts, |it| it.seeding = Seeding::RoundRobin),
    |parts, _| of_protocol(parts, |it| it.super_seeding = true),
    |parts, _| of_protocol(parts, |it| it.optimistic = None),
    |parts, _| of_protocol(parts, |it| it.unchoke_slots = 1),
    |parts, _| of_protocol(parts, |it| it.neighbors = Protocol::default().neighbors),
    |parts, _| of_protocol(parts, |it| round(&mut it.rechoke)),
    |parts, _| of_protocol(parts, |it| round(&mut it.announce)),
    |parts, _| round(&mut parts.until),
];

/// A rate at which a chunk of [`CHUNK`] takes a second.
const RATE: Rate = Rate(1000);
/// A chunk that takes a second at [`RATE`].
const CHUNK: Bytes = Bytes(125);

/// A time in whole seconds, or else in tenths, or hundredths: as round as it can be above 0.
fn round(time: &mut Time) {
    for unit in [1_000_000_000, 100_000_000, 10_000_000] {
        if unit <= time.0 {
            time.0 -= time.0 % unit;
            return;
        }
    }
}

fn without(parts: &mut Parts, at: usize, seed: u64) {
    parts.peers.remove(at);
    parts.seed = seed;
}

fn cut(parts: &mut Parts, chunks: u64, chunk: Bytes) {
    if let Ok(file) = Manifest::new(Bytes(chunks.saturating_mul(chunk.0)), chunk) {
        parts.file = file;
    }
}

fn of_protocol(parts: &mut Parts, change: fn(&mut Protocol)) {
    if let Some(protocol) = &mut parts.protocol {
        change(protocol);
    }
}

/// Makes a scenario that fails simpler, one thing at a time, until nothing can be made simpler or
/// `most` were tried.
pub(super) fn settle(
    mut scenario: Scenario,
    most: u32,
    fails: &mut dyn FnMut(&Scenario) -> ControlFlow<(), bool>,
) {
    let mut left = most;
    loop {
        let before = scenario.clone();
        for edit in OF_THE_REST {
            if attempt(&mut scenario, *edit, 0, &mut left, fails).is_break() {
                return;
            }
        }
        for at in (0..before.peer_count()).rev() {
            for edit in OF_A_PEER {
                let there = at < scenario.peer_count();
                if there && attempt(&mut scenario, *edit, at, &mut left, fails).is_break() {
                    return;
                }
            }
        }
        if scenario == before {
            return;
        }
    }
}

/// Keeps an edit when it changes something, makes a scenario, and that fails too.
fn attempt(
    scenario: &mut Scenario,
    edit: Edit,
    at: usize,
    left: &mut u32,
    fails: &mut dyn FnMut(&Scenario) -> ControlFlow<(), bool>,
) -> ControlFlow<()> {
    let mut parts = scenario.parts().clone();
    edit(&mut parts, at);
    let Ok(simpler) = Scenario::new(parts) else { return ControlFlow::Continue(()) };
    if simpler == *scenario {
        return ControlFlow::Continue(());
    }
    let Some(rest) = left.checked_sub(1) else { return ControlFlow::Break(()) };
    *left = rest;
    if fails(&simpler)? {
        *scenario = simpler;
    }
    ControlFlow::Continue(())
}
