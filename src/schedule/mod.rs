//! Schedules that reach or approach the bounds, as traces: how tight a lower bound is.
//!
//! A [`Plan`] is made with full knowledge and follows no protocol: neighbors, unchoke slots and
//! barter bind engines, not plans. Every plan sends whole chunks, store and forward, with one
//! sender per chunk copy and within rate x time, which every discipline allows. Nothing here
//! depends on the audit or the simulator; the audit judges a plan like any other trace. [`Planner`]
//! searches for the best plan.
//!
//! | module | content |
//! |---|---|
//! | [`fluid`] | rates that reach the fluid bound, with their certificate |
//! | [`relay`] | the fluid rates in chunks: at most two chunk times of the slowest stream later |
//! | [`pipeline`] | the binomial pipeline: optimal for equal rates and any number of peers |
//! | [`planner`] | the best of these and of a local search, for any scenario without departures |

use crate::chunks::{ChunkId, PeerId};
use crate::scenario::{Leaves, Peer, Scenario, SourceLeaves};
use crate::trace::{Event, Header, Outcome, Trace, Transfer};
use crate::units::{Bytes, Time};

pub mod fluid;
mod instance;
mod list_scheduling;
pub mod pipeline;
pub mod planner;
pub mod relay;
mod serial;
#[cfg(test)]
mod tests;

pub use fluid::Rates;
pub use planner::{Planner, PlannerProgress};

/// Why a construction gives no schedule for a scenario, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unable(pub String);

/// One whole chunk from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Send {
    /// The sender.
    pub from: PeerId,
    /// The receiver.
    pub to: PeerId,
    /// The chunk.
    pub chunk: ChunkId,
    /// Time at which its first byte leaves the sender.
    pub start: Time,
    /// Time at which its last byte arrives.
    pub end: Time,
}

/// A complete schedule of sends after which every peer has the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    scenario: Scenario,
    method: &'static str,
    sends: Vec<Send>,
    finish: Vec<Time>,
}

impl Plan {
    /// A plan for `scenario` by the construction `method`.
    ///
    /// # Panics
    /// If the number of sends is not N M: each peer must receive every chunk exactly once.
    fn new(scenario: &Scenario, method: &'static str, mut sends: Vec<Send>) -> Self {
        let (peers, chunks) = (scenario.peer_count(), scenario.file().chunks());
        assert_eq!(sends.len(), peers * chunks, "every peer gets every chunk once");
        sends.sort_by_key(|send| (send.start, send.from, send.to, send.chunk));
        let mut finish = vec![Time::ZERO; peers];
        for send in &sends {
            let finish = &mut finish[send.to.index() - 1];
            *finish = send.end.max(*finish);
        }
        Plan { scenario: without_protocol(scenario), method, sends, finish }
    }

    /// The scenario of the plan, without its protocol, which binds engines only.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The name of the construction: `pipeline`, `relay` or `list`.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// All sends in order of their start.
    pub fn sends(&self) -> &[Send] {
        &self.sends
    }

    /// Completion time of each peer; peer i is at i - 1.
    pub fn finish(&self) -> &[Time] {
        &self.finish
    }

    /// Completion time of the last peer.
    pub fn distribution_time(&self) -> Time {
        self.finish.iter().copied().max().unwrap_or(Time::ZERO)
    }

    /// The header of the trace: exact times, no gaps.
    pub fn header(&self) -> Header {
        Header::exact(self.scenario.clone())
    }

    /// The events of the trace: all joins, then transfers in order of start, then completions.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        let scenario = &self.scenario;
        let joins = scenario.nodes().map(|node| Event::Join { at: scenario.joins(node), node });
        let completions = self.finish.iter().zip(1..);
        let transfers = self.sends.iter().map(|send| {
            let bytes = scenario.file().length(send.chunk);
            Event::Transfer(send.transfer(bytes))
        });
        joins
            .chain(transfers)
            .chain(completions.map(|(&at, id)| Event::Complete { at, node: PeerId(id) }))
    }

    /// The plan as a trace.
    pub fn trace(&self) -> Trace {
        Trace { header: self.header(), events: self.events().collect() }
    }
}

impl Send {
    fn transfer(&self, bytes: Bytes) -> Transfer {
        let &Send { from, to, chunk, start, end } = self;
        let (offset, outcome) = (Bytes(0), Outcome::Delivered);
        Transfer { from, to, chunk, start, end, offset, bytes, outcome }
    }
}

fn without_protocol(scenario: &Scenario) -> Scenario {
    let unbound = scenario.clone().into_parts().protocol(None).until(Time::MAX).build();
    unbound.expect("a scenario without a protocol is one, too")
}

/// An error about what a plan cannot reckon with: a node that may leave, since it could then depend
/// on a peer that is no longer present; a peer that holds chunks when it joins or wants a part.
fn refuse_what_plans_lack(scenario: &Scenario) -> Result<(), Unable> {
    if scenario.source().leaves != SourceLeaves::Never {
        return Err(Unable(
            "the source leaves; a plan needs one that stays (leaves = \"never\")".to_owned(),
        ));
    }
    if let Some(id) = scenario.unknown_upload() {
        return Err(Unable(format!("the upload of {id} is not known; a plan needs its rate")));
    }
    if let Some((at, id)) = scenario.capacity_changes().next() {
        return Err(Unable(format!(
            "a capacity of {id} changes at {at}; a plan needs rates that stay as they are"
        )));
    }
    let part = |(_, peer): &(PeerId, &Peer)| !peer.holds.is_empty() || peer.wants.is_some();
    if let Some((id, _)) = scenario.peers().find(part) {
        return Err(Unable(format!(
            "{id} holds chunks when it joins or wants only a part of the file; a plan needs peers \
             that start with nothing and want everything"
        )));
    }
    match scenario.peers().find(|(_, peer)| peer.leaves != Leaves::Never) {
        None => Ok(()),
        Some((id, _)) => Err(Unable(format!(
            "{id} leaves; a plan needs peers that stay (leaves = \"never\"), also with the file"
        ))),
    }
}

/// The error for times beyond [`Time::MAX`].
fn too_long() -> Unable {
    Unable("the distribution takes more than 584 years".to_owned())
}
