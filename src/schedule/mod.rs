//! Constructions that reach the bounds, as traces: what a lower bound is worth.
//!
//! A schedule knows everything in advance and follows no protocol: neighbors, slots and barter bind
//! engines, not plans. It knows no audit and no simulator; what it says is judged like any trace.
//! All of them send whole chunks, store and forward, one sender a chunk copy and within rate x
//! time, which every discipline allows. The types to know are [`Plan`] and [`Planner`].
//!
//! | module | what it gives |
//! |---|---|
//! | [`fluid`] | rates that reach the fluid bound, with their certificate |
//! | [`relay`] | the same in chunks: at most two chunk times of the slowest stream later |
//! | [`pipeline`] | the binomial pipeline: optimal for equal rates, for every number of peers |
//! | [`planner`] | the best of these and of a search, for any scenario without departures |

use crate::chunks::{ChunkId, PeerId};
use crate::scenario::{Leaves, Scenario, SourceLeaves};
use crate::trace::{Event, Header, Outcome, Trace, Transfer};
use crate::units::{Bytes, Time};

pub mod fluid;
mod greedy;
pub mod pipeline;
pub mod planner;
pub mod relay;
mod serial;
#[cfg(test)]
mod tests;
mod world;

pub use fluid::Rates;
pub use planner::{Planner, Progress};

/// Why there is no schedule of some kind for a scenario, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unable(pub String);

/// One whole chunk from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Send {
    /// Who sends.
    pub from: PeerId,
    /// Who receives.
    pub to: PeerId,
    /// Which chunk.
    pub chunk: ChunkId,
    /// When its first byte leaves.
    pub start: Time,
    /// When its last byte has arrived.
    pub end: Time,
}

/// Who sends what to whom, and when: enough that every peer gets the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    scenario: Scenario,
    means: &'static str,
    sends: Vec<Send>,
    finish: Vec<Time>,
}

impl Plan {
    /// What `means` made of `scenario`.
    ///
    /// # Panics
    /// When a peer does not get every chunk exactly once: whoever builds plans has seen to it.
    fn new(scenario: &Scenario, means: &'static str, mut sends: Vec<Send>) -> Self {
        let (peers, chunks) = (scenario.peer_count(), scenario.file().chunks());
        assert_eq!(sends.len(), peers * chunks, "every peer gets every chunk once");
        sends.sort_by_key(|send| (send.start, send.from, send.to, send.chunk));
        let mut finish = vec![Time::ZERO; peers];
        for send in &sends {
            let finish = &mut finish[send.to.index() - 1];
            *finish = send.end.max(*finish);
        }
        Plan { scenario: unbound(scenario), means, sends, finish }
    }

    /// The scenario that it serves, without the protocol, which binds engines only.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Which construction it is.
    pub fn means(&self) -> &'static str {
        self.means
    }

    /// In the order of their beginnings.
    pub fn sends(&self) -> &[Send] {
        &self.sends
    }

    /// When each peer has the file: peer i stands at i - 1.
    pub fn finish(&self) -> &[Time] {
        &self.finish
    }

    /// When the last peer has the file.
    pub fn distribution_time(&self) -> Time {
        self.finish.iter().copied().max().unwrap_or(Time::ZERO)
    }

    /// The first line of its trace.
    pub fn header(&self) -> Header {
        Header::exact(self.scenario.clone())
    }

    /// Arrivals, transfers and completions.
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

    /// All of it.
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

fn unbound(scenario: &Scenario) -> Scenario {
    let unbound = scenario.clone().into_parts().protocol(None).build();
    unbound.expect("a scenario without a protocol is one, too")
}

/// Everybody stays: a departure would make a plan depend on who is gone.
fn stays(scenario: &Scenario) -> Result<(), Unable> {
    if scenario.source().leaves != SourceLeaves::Never {
        return Err(Unable(
            "the source leaves; a plan needs one that stays (leaves = \"never\")".to_owned(),
        ));
    }
    match scenario.peers().find(|(_, peer)| peer.leaves != Leaves::Never) {
        None => Ok(()),
        Some((id, _)) => Err(Unable(format!(
            "{id} leaves; a plan needs peers that stay (leaves = \"never\"), also with the file"
        ))),
    }
}

/// Beyond every clock.
fn too_long() -> Unable {
    Unable("the distribution takes more than 584 years".to_owned())
}
