//! The latest instant at which a transfer that a log does not show can have begun, where its nodes
//! waited no longer than the log shows a reason to wait.
//!
//! A transfer waits until
//!
//! - both nodes are there and connected. Each connect line counts: one that repeats another may
//!   tell of a connection that was made anew;
//! - its sender holds what it sends, and has claimed the file where it claims it: a client checks
//!   hashes before, and a barter ends there;
//! - its sender has decided which neighbors to unchoke. Where the scenario has a protocol and the
//!   log does not show chokes, that may take one more `rechoke`;
//! - the uplink of its sender and the downlink of its receiver are free: until their transfers end,
//!   and until the last neighbor of either goes, since a transfer that then broke off is not logged
//!   where none of its bytes came.

use std::collections::BTreeMap;

use super::connections::{connections, pair};
use super::facts::Facts;
use super::intervals::{Edge, Intervals, Reading, later};
use super::pairs::Pair;
use crate::chunks::PeerId;
use crate::units::Time;

/// Since when the nodes of a log need not have waited any more.
pub(in crate::audit) struct LatestStart {
    /// By node, as a sender.
    sends: Vec<Time>,
    /// By node, as a receiver.
    receives: Vec<Time>,
    /// The last connect of each pair.
    met: BTreeMap<Pair, Time>,
    /// How long a sender may take to decide which neighbors to unchoke.
    decides: Time,
}

impl LatestStart {
    pub(in crate::audit) fn new(facts: &Facts) -> Self {
        let mut receives = parted(facts);
        for (node, at) in facts.scenario().nodes().zip(&mut receives) {
            let came = facts.presence(node).list.last().map(|stay| stay.from);
            *at = came.into_iter().fold(*at, Time::max);
        }
        facts.transfers().iter().for_each(|t| raise(&mut receives, t.to, t.end));
        let mut sends = receives.clone();
        facts.transfers().iter().for_each(|t| raise(&mut sends, t.from, t.end));
        facts.claims().iter().for_each(|&(node, at)| raise(&mut sends, node, at));
        for node in facts.scenario().nodes() {
            let opens = facts.chokes_by(node).iter().filter(|act| act.2 == Edge::Open);
            opens.for_each(|&(_, at, _)| raise(&mut sends, node, at));
        }
        let mut met = BTreeMap::new();
        for &(pair, at, _) in facts.links().iter().filter(|link| link.2 == Edge::Open) {
            let last = met.entry(pair).or_insert(at);
            *last = at.max(*last);
        }
        let protocol = facts.scenario().parts().protocol.as_ref();
        let rechoke = protocol.filter(|_| !facts.has_chokes()).map(|protocol| protocol.rechoke);
        LatestStart { sends, receives, met, decides: rechoke.unwrap_or(Time::ZERO) }
    }

    /// Of a transfer from one node to another.
    pub(in crate::audit) fn of(&self, from: PeerId, to: PeerId) -> Time {
        let met = self.met.get(&pair(from, to)).copied().unwrap_or(Time::ZERO);
        later(met.max(self.sends[from.index()]).max(self.receives[to.index()]), self.decides)
    }
}

/// By node: when the last neighbor went; zero where none did.
fn parted(facts: &Facts) -> Vec<Time> {
    let scenario = facts.scenario();
    let last = |spans: &Intervals| {
        let ends = spans.list.iter().map(|span| span.to);
        ends.filter(|&to| to != Time::MAX).max().unwrap_or(Time::ZERO)
    };
    if !facts.has_connects() {
        let all = scenario.nodes().map(|node| last(facts.presence(node))).max();
        return vec![all.unwrap_or(Time::ZERO); scenario.peer_count() + 1];
    }
    let mut parted = vec![Time::ZERO; scenario.peer_count() + 1];
    for ((a, b), spans) in connections(facts, Reading::Most).iter() {
        raise(&mut parted, a, last(spans));
        raise(&mut parted, b, last(spans));
    }
    parted
}

fn raise(times: &mut [Time], node: PeerId, at: Time) {
    let time = &mut times[node.index()];
    *time = at.max(*time);
}
