//! Spans of time that follow from a scenario.

use crate::chunks::ChunkId;
use crate::engine::Settings;
use crate::scenario::{Protocol, Scenario};
use crate::units::Time;

/// The most chunks to have requested of one neighbor.
const MOST_REQUESTS: u128 = 8;

/// How many chunks to have requested of one neighbor, so that its link does not idle while a
/// request and a chunk travel: one, and as many as the fastest link sends within one round trip.
fn requests(scenario: &Scenario) -> u32 {
    let round_trip = Time(scenario.parts().network.latency.0.saturating_mul(2));
    let fastest = scenario.nodes().map(|node| scenario.upload(node)).max();
    let sent = fastest.map_or(0, |rate| rate.nanobits(round_trip));
    let chunks = sent.div_ceil(scenario.file().chunk().nanobits());
    1 + chunks.min(MOST_REQUESTS - 1) as u32
}

/// What the engines of a run are told. A choker that decides faster than its unchoke can travel and
/// a request can come back would take every slot away before it is used, and one that decides
/// faster than the fastest link sends a chunk has nothing new to look at: the intervals are at
/// least two round trips, and at least such a chunk.
pub(super) fn settings(scenario: &Scenario) -> Settings {
    let mut protocol = scenario.parts().protocol.clone().unwrap_or_default();
    let slowest = scenario.nodes().map(|node| scenario.latency_to(node)).max();
    let round_trips = Time(slowest.unwrap_or(Time::ZERO).0.saturating_mul(4));
    let fastest = scenario.nodes().map(|node| scenario.upload(node)).max();
    let chunk = scenario.file().length(ChunkId(0)).nanobits();
    let chunk = fastest.and_then(|rate| rate.time_for(chunk)).unwrap_or(Time::MAX);
    let least = round_trips.max(chunk);
    protocol.rechoke = protocol.rechoke.max(least);
    protocol.optimistic = protocol.optimistic.map(|span| span.max(least));
    protocol.announce = protocol.announce.max(least);
    Settings { protocol, requests: requests(scenario) }
}

/// How long nothing may move before a run counts as stalled: long enough for everybody to have
/// asked the tracker, to have given up the dead and to have moved the optimistic slot, several
/// times.
pub(super) fn patience(protocol: &Protocol) -> Time {
    let optimistic = protocol.optimistic.unwrap_or(Time::ZERO);
    let once = protocol.rechoke.0.saturating_mul(8).saturating_add(optimistic.0);
    Time(once.saturating_add(protocol.announce.0).saturating_mul(4))
}
