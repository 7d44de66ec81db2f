//! How long transfers that a log does not show can have occupied an uplink at its end.
//!
//! A log may lack the transfers that are under way when the run is cut off. `latest_start`
//! says by when they have begun, and not one of them has ended, or it would be logged. So they
//! occupy their sender for no longer than it takes
//!
//! - its uplink to carry all that its neighbors lack, beside duplicates: to each neighbor that
//!   lacks nothing as many bytes as to the one that lacks most, but, where the scenario has a
//!   protocol, to no more neighbors at once than `unchoke_slots` and an optimistic one, and
//! - the slowest downlink among these neighbors to take in all that this neighbor lacks, once from
//!   each of its neighbors: as long as that downlink is full, the sender's uplink may be idle, and
//! - an offer, an interest, an unchoke and a request to be exchanged before, and the last byte to
//!   arrive after.
//!
//! While the sender is occupied it may owe its other neighbors nothing: its slots may be taken.
//! After that span it has had capacity to spare that no transfer in flight explains. Every term is
//! an upper limit and is rounded up; what does not fit the clock is unlimited.

use super::connections::connections;
use super::ending::Ending;
use super::facts::{Facts, with_tolerance};
use super::intervals::{Reading, later};
use crate::chunks::PeerId;
use crate::units::{Bytes, NANO, Rate, Time};

/// What can be in flight at the end of a log.
pub(in crate::audit) struct InFlight {
    /// By node.
    longest: Vec<Time>,
    /// By node: the longest of its neighbors.
    longest_to: Vec<Time>,
    /// By node: those that can be connected to it at the end; None where every other node is.
    neighbors: Option<Vec<Vec<PeerId>>>,
}

/// What is lacked at the end of a log.
struct Lacking<'f> {
    facts: &'f Facts,
    /// By node: the bytes of the copies that it lacks; 0 for a node that is not there.
    bytes: Vec<u64>,
}

/// What the neighbors of a node can have on their way.
#[derive(Clone, Copy, Default)]
struct Load {
    bytes: u128,
    /// How many neighbors lack something, and the most bytes that one of them lacks.
    lacking: u64,
    most: u128,
    /// The longest that a downlink among them can be full.
    downlink: Time,
    /// The longest latency among them.
    latency: Time,
}

impl Load {
    fn add(&mut self, other: Load) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.lacking += other.lacking;
        self.most = self.most.max(other.most);
        self.downlink = self.downlink.max(other.downlink);
        self.latency = self.latency.max(other.latency);
    }
}

impl InFlight {
    pub(in crate::audit) fn new(facts: &Facts, ending: &Ending<'_>) -> Self {
        let lacking = Lacking::new(facts, ending);
        let nodes = facts.scenario().nodes();
        if !facts.has_connects() {
            let mut there: Vec<PeerId> = facts.scenario().nodes().collect();
            there.retain(|&node| ending.is_there(node));
            let mut load = Load::default();
            there.iter().for_each(|&node| load.add(lacking.load(node, there.len() as u64)));
            // A node is no neighbor of its own.
            let others = (there.len() as u64).saturating_sub(1);
            let of = |node: PeerId| {
                let own = u64::from(lacking.bytes[node.index()] != 0);
                longest(facts, node, Load { lacking: load.lacking - own, ..load }, others)
            };
            let longest: Vec<Time> = nodes.map(of).collect();
            let most = there.iter().map(|node| longest[node.index()]).max();
            let longest_to = vec![most.unwrap_or(Time::ZERO); longest.len()];
            return InFlight { longest, longest_to, neighbors: None };
        }
        let mut neighbors = vec![Vec::new(); nodes.len()];
        for ((a, b), spans) in connections(facts, Reading::Most).iter() {
            if ending.is_open(spans) && ending.is_there(a) && ending.is_there(b) {
                neighbors[a.index()].push(b);
                neighbors[b.index()].push(a);
            }
        }
        let of = |node: PeerId| {
            let mut load = Load::default();
            for &other in &neighbors[node.index()] {
                load.add(lacking.load(other, neighbors[other.index()].len() as u64));
            }
            longest(facts, node, load, neighbors[node.index()].len() as u64)
        };
        let longest: Vec<Time> = nodes.map(of).collect();
        let most = |of: &Vec<PeerId>| of.iter().map(|node| longest[node.index()]).max();
        let longest_to = neighbors.iter().map(|of| most(of).unwrap_or(Time::ZERO)).collect();
        InFlight { longest, longest_to, neighbors: Some(neighbors) }
    }

    /// How long transfers that the log does not show can have occupied the uplink of `node` up to
    /// the end; zero where nothing can be in flight.
    pub(in crate::audit) fn longest(&self, node: PeerId) -> Time {
        self.longest[node.index()]
    }

    /// The nodes that are connected to `node` at the end in some order of the events; None where
    /// every other node is.
    pub(in crate::audit) fn neighbors(&self, node: PeerId) -> Option<&[PeerId]> {
        self.neighbors.as_ref().map(|neighbors| neighbors[node.index()].as_slice())
    }

    /// How long such transfers can have been under way to `node`.
    pub(in crate::audit) fn longest_to(&self, node: PeerId) -> Time {
        self.longest_to[node.index()]
    }
}

impl<'f> Lacking<'f> {
    fn new(facts: &'f Facts, ending: &Ending<'_>) -> Self {
        let scenario = facts.scenario();
        let file = scenario.file();
        let lacks = |node: PeerId| {
            let is_done = node.is_source() || facts.finish(node).is_some();
            let held = scenario.peer(node).map_or(Bytes(0), |peer| peer.holds.bytes(file));
            if ending.is_there(node) && !is_done { file.file().0 - held.0 } else { 0 }
        };
        let mut bytes: Vec<u64> = scenario.nodes().map(lacks).collect();
        for held in facts.holdings() {
            let bytes = &mut bytes[held.node.index()];
            *bytes = bytes.saturating_sub(file.length(held.chunk).0);
        }
        Lacking { facts, bytes }
    }

    /// What one node can have on its way from so many senders.
    fn load(&self, node: PeerId, senders: u64) -> Load {
        let bytes = self.bytes[node.index()];
        if bytes == 0 {
            return Load::default();
        }
        let bits = Bytes(bytes).bits().saturating_mul(u128::from(senders));
        let downlink = self.facts.scenario().download_supply(node);
        let downlink = downlink.map(|supply| time_for(supply.lowest(), bits));
        Load {
            bytes: u128::from(bytes),
            lacking: 1,
            most: u128::from(bytes),
            downlink: downlink.unwrap_or(Time::ZERO),
            latency: self.facts.scenario().latency_to(node),
        }
    }
}

/// How long a node can have been sending to so many neighbors with that load.
fn longest(facts: &Facts, node: PeerId, load: Load, neighbors: u64) -> Time {
    // The longest is at the lowest rate.
    let rate = facts.uplink(node).map(|supply| supply.lowest());
    let carries = facts.scenario().upload(node) != Rate::ZERO;
    // A node without an uplink has nothing in flight: what its burst carries arrives, and what it
    // can never end excuses nothing. Nor has one that holds nothing, unless it passes on what it is
    // getting.
    let holds = node.is_source() || facts.arrived(node).first_chunk.is_some();
    let sends = carries && (holds || facts.scenario().discipline().cut_through);
    if load.bytes == 0 || !sends {
        return Time::ZERO;
    }
    let protocol = facts.scenario().parts().protocol.as_ref();
    let at_once = protocol.map_or(neighbors, |protocol| u64::from(protocol.unchoke_slots) + 1);
    let duplicates = u128::from(neighbors.min(at_once).saturating_sub(load.lacking));
    let bytes = load.bytes.saturating_add(load.most.saturating_mul(duplicates));
    let busy = rate.map_or(Time::MAX, |rate| time_for(rate, bytes.saturating_mul(8)));
    // An offer, an unchoke and the last byte travel to the neighbor, an interest and a request to
    // the node.
    let own = facts.scenario().latency_to(node).0.saturating_mul(2);
    let waits = Time(own.saturating_add(load.latency.0.saturating_mul(3)));
    let span = later(later(busy, load.downlink), waits);
    with_tolerance(facts, with_tolerance(facts, span))
}

/// The time for so many bits, rounded up; the end of time where a rate never carries them.
fn time_for(rate: Rate, bits: u128) -> Time {
    rate.time_for(bits.saturating_mul(NANO)).unwrap_or(Time::MAX)
}
