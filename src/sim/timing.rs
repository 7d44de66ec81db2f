//! Spans of time that follow from a scenario.

use crate::chunks::{ChunkId, PeerId};
use crate::engine::Settings;
use crate::scenario::{Protocol, Scenario};
use crate::units::{Rate, Time};

/// The most chunks to have requested of one neighbor.
const MOST_REQUESTS: u128 = 8;

/// What follows from a scenario for the engines of a run.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// The protocol, with intervals that its links can follow.
    pub(super) protocol: Protocol,
    /// The longest delay to any node.
    slowest: Time,
    /// The highest rate at which any node sends.
    fastest: Rate,
}

impl Pace {
    /// A choker that decides faster than its unchoke can travel and a request can come back would
    /// take every slot away before it is used, and one that decides faster than the fastest link
    /// sends a chunk has nothing new to look at: the intervals are at least two round trips, and at
    /// least such a chunk.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut protocol = scenario.parts().protocol.clone().unwrap_or_default();
        let slowest = scenario.nodes().map(|node| scenario.latency_to(node)).max();
        let slowest = slowest.unwrap_or(Time::ZERO);
        let round_trips = Time(slowest.0.saturating_mul(4));
        let fastest = scenario.nodes().map(|node| scenario.upload(node)).max();
        let fastest = fastest.unwrap_or(Rate::ZERO);
        let chunk = fastest.time_for(scenario.file().length(ChunkId(0)).nanobits());
        let least = round_trips.max(chunk.unwrap_or(Time::MAX));
        protocol.rechoke = protocol.rechoke.max(least);
        protocol.optimistic = protocol.optimistic.map(|span| span.max(least));
        protocol.announce = protocol.announce.max(least);
        Pace { protocol, slowest, fastest }
    }

    /// What the engine of `node` is told. Of one neighbor it may have requested so many chunks that
    /// a link does not idle while a request and a chunk travel: one, and as many as the fastest
    /// link sends within the longest round trip of this node.
    pub(super) fn settings(&self, scenario: &Scenario, node: PeerId) -> Settings {
        // The source promises each peer as many as the farthest may request.
        let own = if node.is_source() { self.slowest } else { scenario.latency_to(node) };
        let round_trip = own.0.saturating_add(self.slowest.0);
        let sent = self.fastest.nanobits(Time(round_trip));
        let chunks = sent.div_ceil(scenario.file().chunk().nanobits());
        let requests = 1 + chunks.min(MOST_REQUESTS - 1) as u32;
        let settings = Settings::new(self.protocol.clone(), requests);
        match scenario.peer(node) {
            None => settings,
            Some(peer) => {
                Settings { holds: peer.holds.clone(), wants: peer.wants.clone(), ..settings }
            }
        }
    }
}

/// How long nothing may move before a run counts as stalled: long enough for every node to have
/// asked the tracker, to have given up the dead and to have moved the optimistic slot, several
/// times.
pub(super) fn patience(protocol: &Protocol) -> Time {
    let optimistic = protocol.optimistic.unwrap_or(Time::ZERO);
    let once = protocol.rechoke.0.saturating_mul(8).saturating_add(optimistic.0);
    Time(once.saturating_add(protocol.announce.0).saturating_mul(4))
}
