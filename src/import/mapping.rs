//! A trace of what a swarm did: nodes as numbers, times from its first sign, and how far the
//! capture can be trusted.

use core::net::IpAddr;
use std::collections::BTreeMap;

use crate::chunks::{ChunkId, Manifest, PeerId};
use crate::scenario::{Discipline, Network, Parts, Peer, Scenario, Source};
use crate::trace::{Event, Evidence, Header, Outcome, Stamps, Trace, Transfer};
use crate::units::{Bytes, Time};

use super::swarm::{Act, Node, Swarm};
use super::torrent::Torrent;
use super::{ImportError, Options};

/// What a capture lacks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lacks {
    /// Holes in streams of the swarm.
    pub(super) holes: u64,
    /// Connections that cannot be read.
    pub(super) encrypted: usize,
    /// Files that end within a packet.
    pub(super) damaged: usize,
}

/// Makes the trace.
pub(super) fn trace(
    swarm: &Swarm,
    torrent: &Torrent,
    options: &Options,
    lacks: Lacks,
    tolerance: u64,
) -> Result<Trace, ImportError> {
    let source = source(swarm, torrent, options)?;
    if options.complete
        && let Some(wrong) = contradiction(swarm, source, lacks)
    {
        return Err(ImportError::Contradicted(wrong));
    }
    let peers: Vec<IpAddr> = swarm.nodes.keys().copied().filter(|it| *it != source).collect();
    let ids = std::iter::once(source).chain(peers.iter().copied()).zip(0..);
    let ids: BTreeMap<IpAddr, PeerId> = ids.map(|(address, id)| (address, PeerId(id))).collect();
    let firsts = swarm.nodes.values().filter_map(|node| node.first);
    let clock = Clock(firsts.min().unwrap_or(0));
    let scenario = scenario(swarm, torrent, options, (source, &peers), clock)?;
    let evidence = Evidence {
        stamps: Stamps::Wire,
        clock_tolerance: Time(tolerance),
        complete: options.complete,
        whole_swarm: true,
    };
    let header = Header { scenario, evidence };
    let mut events = happenings(swarm, &ids, source, clock);
    events.sort_by_key(Event::at);
    Ok(Trace { header, events })
}

/// Times since the first sign of the swarm.
#[derive(Clone, Copy)]
struct Clock(u64);

impl Clock {
    fn time(self, at: u64) -> Time {
        Time(at.saturating_sub(self.0))
    }
}

/// The node that had the whole file when it was first seen; of several the first.
fn source(swarm: &Swarm, torrent: &Torrent, options: &Options) -> Result<IpAddr, ImportError> {
    if let Some(source) = options.source {
        let known = swarm.nodes.contains_key(&source);
        return if known { Ok(source) } else { Err(ImportError::UnknownNode(source)) };
    }
    let whole = swarm.nodes.iter();
    let whole = whole.filter(|(_, node)| node.is_whole_at_first(torrent.chunks()));
    let first = whole.min_by_key(|(address, node)| (node.first, **address));
    first.map(|(address, _)| *address).ok_or(ImportError::NoSource)
}

/// What speaks against the word that the capture has everything.
fn contradiction(swarm: &Swarm, source: IpAddr, lacks: Lacks) -> Option<String> {
    if lacks.holes != 0 {
        return Some(format!("{} times bytes are missing that were received", lacks.holes));
    }
    if lacks.encrypted != 0 {
        return Some(format!("{} connections cannot be read", lacks.encrypted));
    }
    if lacks.damaged != 0 {
        return Some("a file ends within a packet".to_owned());
    }
    let peers = swarm.nodes.iter().filter(|(address, _)| **address != source);
    for (address, node) in peers {
        let unexplained = node.unexplained();
        if unexplained != 0 {
            return Some(format!(
                "{address} says it has {unexplained} chunks that no node was seen to send"
            ));
        }
        // Until holdings have words, what was there at the start was sent by no node.
        if !node.held.is_empty() {
            let held = node.held.len();
            return Some(format!("{address} has {held} chunks that no node was seen to send"));
        }
        if node.told_complete && node.complete.is_none() {
            return Some(format!("{address} says it is complete and was not seen to be"));
        }
    }
    None
}

fn scenario(
    swarm: &Swarm,
    torrent: &Torrent,
    options: &Options,
    (source, peers): (IpAddr, &[IpAddr]),
    clock: Clock,
) -> Result<Scenario, ImportError> {
    let file = Manifest::new(Bytes(torrent.bytes), Bytes(torrent.chunk_bytes))
        .map_err(|error| ImportError::Torrent(error.to_string()))?;
    let capacity = |address: IpAddr| {
        let known = options.capacities.get(&address).copied();
        known.ok_or(ImportError::NoCapacity(address))
    };
    let peer = |&address: &IpAddr| {
        let (upload, download) = capacity(address)?;
        let joins = swarm.nodes.get(&address).and_then(|node| node.first).unwrap_or(clock.0);
        let peer = Peer::new(upload).joins(clock.time(joins));
        Ok(match download {
            Some(download) => peer.download(download),
            None => peer,
        })
    };
    let all: Vec<Peer> = peers.iter().map(peer).collect::<Result<_, ImportError>>()?;
    let discipline = Discipline { multi_source: true, ..Discipline::default() };
    let parts = Parts::new(file, Source::new(capacity(source)?.0))
        .name(torrent.name.clone())
        .peers(all)
        .protocol(None)
        .network(Network { latency: Time::ZERO, burst: options.burst })
        .discipline(discipline);
    parts.build().map_err(|malformed| ImportError::Torrent(malformed.to_string()))
}

fn happenings(
    swarm: &Swarm,
    ids: &BTreeMap<IpAddr, PeerId>,
    source: IpAddr,
    clock: Clock,
) -> Vec<Event> {
    let id = |address: &IpAddr| ids.get(address).copied();
    let mut events = Vec::new();
    for (address, node) in &swarm.nodes {
        let Some(number) = id(address) else { continue };
        events.extend(life(node, number, *address == source, clock));
    }
    for transfer in &swarm.transfers {
        let (Some(from), Some(to)) = (id(&transfer.from), id(&transfer.to)) else { continue };
        events.push(Event::Transfer(Transfer {
            from,
            to,
            chunk: ChunkId(transfer.chunk),
            start: clock.time(transfer.start),
            end: clock.time(transfer.end),
            offset: Bytes(transfer.offset.into()),
            bytes: Bytes(transfer.bytes.into()),
            outcome: if transfer.delivered { Outcome::Delivered } else { Outcome::Aborted },
        }));
    }
    // Without a word for what may be requested while choked, chokes would accuse it.
    let is_fast = swarm.acts.iter().any(|(.., act)| matches!(act, Act::AllowedFast(_)));
    for (at, from, to, act) in &swarm.acts {
        let (Some(from), Some(to)) = (id(from), id(to)) else { continue };
        let at = clock.time(*at);
        events.extend(match act {
            Act::Connect => Some(Event::Connect { at, a: from, b: to }),
            Act::Disconnect => Some(Event::Disconnect { at, a: from, b: to }),
            Act::Choke if !is_fast => Some(Event::Choke { at, from, to }),
            Act::Unchoke if !is_fast => Some(Event::Unchoke { at, from, to }),
            _ => None,
        });
    }
    for (at, node, named) in &swarm.announces {
        let Some(node) = id(node) else { continue };
        let peers = named.iter().filter_map(id).collect();
        events.push(Event::Announce { at: clock.time(*at), node, peers });
    }
    events
}

/// When a node came, had the file, and left.
fn life(node: &Node, number: PeerId, is_source: bool, clock: Clock) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some(first) = node.first.filter(|_| !is_source) {
        events.push(Event::Join { at: clock.time(first), node: number });
    }
    if let Some(at) = node.complete.filter(|_| !is_source) {
        events.push(Event::Complete { at: clock.time(at), node: number });
    }
    if let Some(at) = node.left {
        events.push(Event::Leave { at: clock.time(at), node: number });
    }
    events
}
