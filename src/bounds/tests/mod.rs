//! The bounds against the literature, slow reference implementations, lawful runs, and the laws
//! that they must satisfy.

use super::*;
use crate::chunks::Manifest;
use crate::scenario::{
    Behavior, Discipline, Leaves, Link, Network, Parts, Peer, Source, SourceLeaves,
};
use crate::units::{Bytes, Rate};
use crate::{bounds, chunks, scenario, units};

mod binding;
mod edges;
mod exhaustive;
mod gaps;
mod holdings;
mod lawful;
mod laws;
mod optimum;
mod oracles;
mod reference;
mod small_swarms;

/// A file of `file` bytes in chunks of `chunk` bytes, a source of `upload` bit/s, no peers yet.
fn swarm(file: u64, chunk: u64, upload: u64) -> Parts {
    let file = Manifest::new(Bytes(file), Bytes(chunk)).unwrap();
    Parts::new(file, Source::new(Rate(upload))).protocol(None).until(Time::MAX)
}

/// A peer that is present from the start, never leaves and has no limit on its downlink.
fn peer(upload: u64) -> Peer {
    Peer::new(Rate(upload))
}

/// [`peer`] with a limited downlink.
fn peer_with_download(upload: u64, download: u64) -> Peer {
    Peer { download: Some(Rate(download)), ..peer(upload) }
}

fn with_peers(mut parts: Parts, peers: impl IntoIterator<Item = Peer>) -> Parts {
    parts.peers.extend(peers);
    parts
}

fn scenario(parts: Parts) -> Scenario {
    Scenario::new(parts).unwrap()
}

/// The bounds on runs in which peers send.
fn for_swarms() -> impl Iterator<Item = &'static dyn Bound> {
    ALL.iter().copied().filter(|bound| bound.senders() == Senders::AllNodes)
}

/// The bound on the last completion.
fn last(bound: &dyn Bound, scenario: &Scenario) -> Lower {
    bound.completion(scenario, scenario.peer_count()).unwrap()
}

/// The time of a bound that is not never.
fn time(earliest: &Earliest) -> Time {
    match earliest {
        Earliest::At(time) => *time,
        Earliest::Never(reason) => panic!("a time was expected: {reason}"),
    }
}

fn seconds(numerator: u128, denominator: u128) -> Ratio {
    Ratio::new(numerator, denominator).unwrap()
}
