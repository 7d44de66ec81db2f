//! What a swarm did, from what its nodes said: who is there, who holds what, which blocks moved.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

use super::heard::{Heard, Hearing, Told};
use super::torrent::Torrent;
use super::trackers::Happened;
use super::wire::Message;

/// Two nodes, the smaller address first.
pub(super) type Pair = (IpAddr, IpAddr);

/// Blocks of one chunk that followed each other.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) chunk: u32,
    pub(super) offset: u32,
    pub(super) bytes: u32,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) delivered: bool,
    /// The connection and how many messages it had carried this way.
    link: (SocketAddr, SocketAddr),
}

/// What a node was seen to do.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The first sign of it.
    pub(super) first: Option<u64>,
    /// What it said it had before anything came to it.
    pub(super) held: BTreeSet<u32>,
    /// Whether it said so.
    pub(super) told_held: bool,
    /// What it said it had at any time.
    pub(super) said: BTreeSet<u32>,
    /// What came to it: of each chunk the ranges of bytes.
    got: BTreeMap<u32, BTreeMap<u32, u32>>,
    whole: BTreeSet<u32>,
    /// When it had the whole file, if it lacked something before.
    pub(super) complete: Option<u64>,
    /// When it left, by its own word.
    pub(super) left: Option<u64>,
    /// What it told the tracker that it lacks, the first time.
    pub(super) lacks: Option<u64>,
    /// Whether it told the tracker that it is complete.
    pub(super) told_complete: bool,
    /// The last sign of it.
    last: u64,
    started: bool,
}

/// What one node does to another at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Disconnect,
    Connect,
    Choke,
    Unchoke,
    AllowedFast(u32),
}

/// What a swarm did.
#[derive(Debug, Default)]
pub(super) struct Swarm {
    pub(super) nodes: BTreeMap<IpAddr, Node>,
    /// In the order in which they ended.
    pub(super) transfers: Vec<Transfer>,
    /// Acts in the order of the capture: instant in nanoseconds, sender, receiver, what it did.
    pub(super) acts: Vec<(u64, IpAddr, IpAddr, Act)>,
    /// When a node was told of which others.
    pub(super) announces: Vec<(u64, IpAddr, Vec<IpAddr>)>,
    pub(super) blocks: u64,
    pub(super) duplicates: u64,
    /// Connections of the swarm, and of others.
    pub(super) connections: usize,
    pub(super) others: usize,
}

impl Node {
    fn sign(&mut self, at: u64) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(at);
    }

    /// Adds bytes of a chunk; says whether any of them is new.
    fn add(&mut self, chunk: u32, (start, end): (u32, u32), length: u64) -> bool {
        let ranges = self.got.entry(chunk).or_default();
        let covers = |ranges: &BTreeMap<u32, u32>, from: u32, to: u32| {
            let before = ranges.range(..=from).next_back();
            before.is_some_and(|(_, &known)| to <= known)
        };
        if covers(ranges, start, end) {
            return false;
        }
        let (mut from, mut to) = (start, end);
        while let Some((&known, &until)) = ranges.range(..=to).next_back() {
            if until < from {
                break;
            }
            ranges.remove(&known);
            (from, to) = (from.min(known), to.max(until));
        }
        ranges.insert(from, to);
        if from == 0 && length <= u64::from(to) {
            self.whole.insert(chunk);
        }
        true
    }

    /// Chunks that it says it has, and that were neither there nor seen to come.
    pub(super) fn unexplained(&self) -> usize {
        self.said.iter().filter(|&it| !self.held.contains(it) && !self.whole.contains(it)).count()
    }

    fn has_all(&self, chunks: u64) -> bool {
        let more = self.held.iter().filter(|it| !self.whole.contains(it)).count();
        chunks <= (self.whole.len() + more) as u64
    }

    /// Whether it had the whole file when it was first seen.
    pub(super) fn is_whole_at_first(&self, chunks: u64) -> bool {
        self.lacks == Some(0) || self.held.len() as u64 == chunks
    }
}

/// The chunks of a bitfield.
fn chunks_of(bits: &[u8], chunks: u64) -> impl Iterator<Item = u32> {
    let all = 0..u32::try_from(chunks).unwrap_or(u32::MAX);
    all.filter(|&chunk| {
        bits.get(chunk as usize / 8).is_some_and(|byte| byte >> (7 - chunk % 8) & 1 == 1)
    })
}

impl Swarm {
    /// What was heard of this torrent.
    pub(super) fn new(hearing: &Hearing, torrent: &Torrent) -> Self {
        let known = hearing.is_of(torrent);
        let is_own = |heard: &&Heard| known.get(&heard.pair).copied().unwrap_or(true);
        let mut heard: Vec<&Heard> = hearing.heard.iter().filter(is_own).collect();
        let others = known.values().filter(|&&is_own| !is_own).count();
        let mut swarm = Swarm { others, ..Swarm::default() };
        let pairs: BTreeSet<_> = heard.iter().map(|heard| heard.pair).collect();
        swarm.connections = pairs.len();
        swarm.transfers(&heard);
        heard.sort_by_key(|heard| heard.said.last);
        for heard in &heard {
            swarm.hears(heard, torrent);
        }
        swarm.connects(hearing, &heard, &pairs);
        swarm.told(hearing);
        swarm.acts.sort_unstable();
        swarm.acts.dedup();
        swarm
    }

    fn node(&mut self, address: IpAddr) -> &mut Node {
        self.nodes.entry(address).or_default()
    }

    /// Blocks that follow each other in one direction of a connection are one transfer.
    fn transfers(&mut self, heard: &[&Heard]) {
        let mut open: BTreeMap<(SocketAddr, SocketAddr, IpAddr), usize> = BTreeMap::new();
        for heard in heard {
            let key = (heard.pair.0, heard.pair.1, heard.from);
            let Message::Block { chunk, begin, bytes, whole } = heard.said.message else {
                continue;
            };
            self.blocks += u64::from(bytes == whole);
            let (start, end) = (heard.left, heard.said.last);
            let last = open.get(&key).map(|&at| &mut self.transfers[at]);
            match last {
                Some(last)
                    if last.delivered
                        && bytes == whole
                        && last.chunk == chunk
                        && last.offset + last.bytes == begin =>
                {
                    last.bytes += bytes;
                    last.end = last.end.max(end);
                }
                _ => {
                    open.insert(key, self.transfers.len());
                    self.transfers.push(Transfer {
                        from: heard.from,
                        to: heard.to,
                        chunk,
                        offset: begin,
                        bytes,
                        start,
                        end,
                        delivered: bytes == whole,
                        link: heard.pair,
                    });
                }
            }
        }
        self.transfers.sort_by_key(|transfer| (transfer.end, transfer.start, transfer.link));
    }

    fn hears(&mut self, heard: &Heard, torrent: &Torrent) {
        let (at, chunks) = (heard.said.last, torrent.chunks());
        let (from, to) = (heard.from, heard.to);
        self.node(from).sign(heard.left);
        self.node(to).sign(at);
        let shows = |node: &mut Node, shown: &mut dyn Iterator<Item = u32>| {
            let shown: BTreeSet<u32> = shown.collect();
            if node.got.is_empty() {
                node.held.extend(&shown);
                node.told_held = true;
            }
            node.said.extend(shown);
        };
        match &heard.said.message {
            Message::Bitfield(bits) => shows(self.node(from), &mut chunks_of(bits, chunks)),
            Message::HaveAll => shows(self.node(from), &mut (0..chunks as u32)),
            Message::HaveNone => self.node(from).told_held = true,
            &Message::Have { chunk } => drop(self.node(from).said.insert(chunk)),
            Message::Choke => self.acts.push((heard.left, from, to, Act::Choke)),
            Message::Unchoke => self.acts.push((heard.left, from, to, Act::Unchoke)),
            &Message::AllowedFast { chunk } => {
                self.acts.push((heard.left, from, to, Act::AllowedFast(chunk)));
            }
            &Message::Block { chunk, begin, bytes, whole } if bytes == whole => {
                let node = self.node(to);
                let was_whole = node.has_all(chunks);
                let is_new = node.add(chunk, (begin, begin + bytes), torrent.length(chunk.into()));
                if !was_whole && node.has_all(chunks) {
                    node.complete = Some(at);
                }
                self.duplicates += u64::from(!is_new);
            }
            Message::Block { .. } | Message::Handshake { .. } => {}
        }
    }

    /// When two nodes had a connection: from the first handshake to the end of the last.
    fn connects(
        &mut self,
        hearing: &Hearing,
        heard: &[&Heard],
        pairs: &BTreeSet<(SocketAddr, SocketAddr)>,
    ) {
        let mut spans: BTreeMap<(SocketAddr, SocketAddr), (u64, u64, bool)> = BTreeMap::new();
        for heard in heard {
            let span = spans.entry(heard.pair).or_insert((heard.left, heard.said.last, false));
            (span.0, span.1) = (span.0.min(heard.left), span.1.max(heard.said.last));
        }
        for (flow, first, closed) in hearing.flows() {
            let pair = (flow.0.min(flow.1), flow.0.max(flow.1));
            if !pairs.contains(&pair) {
                continue;
            }
            self.node(flow.0.ip()).sign(first);
            if let (Some(span), Some(closed)) = (spans.get_mut(&pair), closed) {
                (span.1, span.2) = (span.1.max(closed), true);
            }
        }
        let mut by_nodes: BTreeMap<Pair, Vec<(u64, u64)>> = BTreeMap::new();
        for ((one, other), (start, end, is_closed)) in spans {
            let pair = (one.ip().min(other.ip()), one.ip().max(other.ip()));
            let end = if is_closed { end } else { u64::MAX };
            by_nodes.entry(pair).or_default().push((start, end));
        }
        for ((one, other), mut spans) in by_nodes {
            spans.sort_unstable();
            let mut open: Option<(u64, u64)> = None;
            for (start, end) in spans.into_iter().chain([(u64::MAX, u64::MAX)]) {
                match &mut open {
                    Some(open) if start <= open.1 => open.1 = open.1.max(end),
                    _ => {
                        if let Some((start, end)) = open.replace((start, end)) {
                            self.acts.push((start, one, other, Act::Connect));
                            if end != u64::MAX {
                                self.acts.push((end, one, other, Act::Disconnect));
                            }
                        }
                    }
                }
            }
            if let Some((start, _)) = open.filter(|&(start, _)| start != u64::MAX) {
                self.acts.push((start, one, other, Act::Connect));
            }
        }
    }

    /// What the tracker was told, and what it said.
    fn told(&mut self, hearing: &Hearing) {
        for told in &hearing.told {
            match told {
                Told::Request { node, announce, at } => {
                    let node = self.node(*node);
                    // One that stops before it has started clears up after an earlier run.
                    if announce.event == Happened::Stopped {
                        if node.started {
                            node.left = Some(*at);
                        }
                        continue;
                    }
                    node.sign(*at);
                    (node.started, node.left) = (true, None);
                    node.told_complete |= announce.event == Happened::Completed;
                    node.lacks = node.lacks.or(announce.left);
                }
                Told::Answer { node, named, at } => {
                    let named = named.iter().map(|&(address, _)| address);
                    let named = named.filter(|address| address != node).collect();
                    self.announces.push((*at, *node, named));
                }
            }
        }
        for at in 0..self.announces.len() {
            let (when, node, mut named) = self.announces[at].clone();
            named.retain(|address| self.nodes.contains_key(address));
            named.sort_unstable();
            named.dedup();
            for address in named.iter().chain([&node]) {
                if let Some(node) = self.nodes.get_mut(address) {
                    node.sign(when);
                }
            }
            self.announces[at].2 = named;
        }
        let nodes = &self.nodes;
        self.announces.retain(|(_, node, _)| nodes.contains_key(node));
        for node in self.nodes.values_mut() {
            node.left = node.left.map(|left| left.max(node.last));
        }
    }
}
