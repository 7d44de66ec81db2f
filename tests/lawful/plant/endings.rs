//! Faults of the whole run: it ends although it could go on, or a completion beats a bound.

use super::{Base, Listed, is_whole};
use crate::lawful::draw::Draw;
use crate::lawful::log::{Choker, Departure, Event, Log};
use crate::lawful::setup::{BYTE, span_of};

pub(super) const KINDS: &[Listed] = &[
    ("end: stops beside a holder that could serve", stops),
    ("end: no node sends anything", idle),
    ("stall: stops beside a holder, a stall declared", stalls),
    ("bound: one copy before the source can have sent it", beats_one_copy),
    ("bound: all copies before all uplinks can have sent them", beats_all_copies),
];

/// How long a run stands still that has ended, in nanoseconds: far beyond what any transfer takes.
const STILL: u64 = 1 << 62;

/// Does the log show that a peer joined, that it and the source stay and are connected, and that
/// the peer lacks something?
fn waits(log: &Log, peer: usize) -> bool {
    let any = |wanted: &dyn Fn(&Event) -> bool| log.events.iter().any(wanted);
    let joined = any(&|event| matches!(event, Event::Join { node, .. } if *node == peer));
    let logs_links = any(&|event| matches!(event, Event::Connect { .. }));
    let ends = (0, peer);
    let linked =
        any(&|event| matches!(*event, Event::Connect { a, b, .. } if (a.min(b), a.max(b)) == ends));
    let parted = any(&|event| match event {
        Event::Leave { node, .. } => *node == peer || *node == 0,
        Event::Disconnect { .. } => true,
        _ => false,
    });
    let announced =
        [0, peer].iter().any(|&node| matches!(log.header.nodes[node].leaves, Departure::At(_)));
    joined && (linked || !logs_links) && !parted && !announced && !is_whole(log, peer)
}

/// The log up to the start of a transfer to a peer, which waits for it for ages after that.
fn stops(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (_, t) = base.any(draw, |t| t.to != 0)?;
    let log = base.with(|log| {
        log.events.retain(|event| event.at() <= t.start);
        log.header.until = Some(STILL);
    });
    let barters = header.protocol.is_some_and(|protocol| {
        matches!(protocol.choker, Choker::StrictBarter | Choker::Credit(_))
    });
    // Connections that only come later leave the log without any.
    let logs_links = log.events.iter().any(|event| matches!(event, Event::Connect { .. }));
    let clear = base.played.end.links.is_none() || logs_links;
    let fits = base.is_exact() && clear && !barters && !header.coded && waits(&log, t.to);
    fits.then_some(log)
}

/// The same with a last line at the cut-off, which explains it, and a stall declared, which does
/// not.
fn stalls(base: &Base, draw: &mut Draw) -> Option<Log> {
    let mut log = stops(base, draw)?;
    let any = |wanted: &dyn Fn(&Event) -> bool| log.events.iter().any(wanted);
    let chokes = any(&|event| matches!(event, Event::Choke { .. } | Event::Leave { .. }));
    let served = (1..log.header.nodes.len()).any(|peer| {
        let unchoked = any(
            &|event| matches!(event, Event::Unchoke { from, to, .. } if (*from, *to) == (0, peer)),
        );
        unchoked && waits(&log, peer)
    });
    if chokes || !served {
        return None;
    }
    // All that any peer lacks may be on its way at the end, from each node that holds something,
    // and no line would tell of it.
    let holds = |node: usize| node == 0 || log.transfers().any(|t| t.to == node);
    let uplinks = (0..log.header.nodes.len()).filter(|&node| holds(node));
    let uplinks = uplinks.map(|node| log.header.upload(node)).filter(|&rate| rate != 0);
    let downlinks = log.header.nodes.iter().map(|node| node.download.unwrap_or(u64::MAX));
    let rate = downlinks.chain(uplinks).min()?;
    let flights = span_of(log.header.file, rate) * log.header.nodes.len() as u64;
    let latency = (0..log.header.nodes.len()).map(|node| log.header.latency_to(node)).max()?;
    let end = log.last() + (1 << 41) + 8 * (flights + latency);
    log.header.stall = Some(draw.by_magnitude(1 << 40));
    log.header.until = Some(end);
    log.events.push(Event::Announce { t: end, node: 0, peers: vec![] });
    Some(log)
}

/// Only joins, and then nothing.
fn idle(base: &Base, _: &mut Draw) -> Option<Log> {
    let log = base.with(|log| {
        log.header.until = Some(STILL);
        // Without departures a node joins only once.
        let mut seen = std::collections::BTreeSet::new();
        log.events.retain(|event| match event {
            Event::Join { node, .. } => seen.insert(*node),
            _ => false,
        });
    });
    let fits = base.is_exact() && (1..log.header.nodes.len()).any(|peer| waits(&log, peer));
    fits.then_some(log)
}

/// A log of joins and claims alone, with gaps: only a bound can speak against it.
fn claims_only(base: &Base, at: u64) -> Log {
    base.with(|log| {
        log.events.retain(|event| matches!(event, Event::Join { .. }));
        let peers = 1..log.header.nodes.len();
        log.events.extend(peers.map(|node| Event::Complete { t: at, node }));
        log.header.complete = false;
    })
}

/// The last nanosecond at which so many nanobits cannot have been sent at a rate. A bound is
/// rounded down, so it is the one before the bound's.
fn too_early(nanobits: u128, rate: u128) -> Option<u64> {
    u64::try_from((nanobits / rate.max(1)).checked_sub(1)?).ok()
}

fn beats_one_copy(base: &Base, _: &mut Draw) -> Option<Log> {
    let header = base.header();
    let bytes = header.file.checked_sub(header.burst(0)).filter(|&bytes| bytes != 0)?;
    let nearest = (1..header.nodes.len()).map(|node| header.latency_to(node)).min()?;
    let at = too_early(u128::from(bytes) * BYTE, u128::from(header.upload(0)))? + nearest;
    base.is_exact().then(|| claims_only(base, at))
}

fn beats_all_copies(base: &Base, _: &mut Draw) -> Option<Log> {
    let header = base.header();
    let nodes = 0..header.nodes.len();
    let peers = header.nodes.len() as u64 - 1;
    let burst: u64 = nodes.clone().map(|node| header.burst(node)).sum();
    let bytes = (header.file * peers).checked_sub(burst).filter(|&bytes| bytes != 0)?;
    let rate: u128 = nodes.map(|node| u128::from(header.upload(node))).sum();
    let nearest = (1..header.nodes.len()).map(|node| header.latency_to(node)).min()?;
    let at = too_early(u128::from(bytes) * BYTE, rate)? + nearest;
    base.is_exact().then(|| claims_only(base, at))
}
