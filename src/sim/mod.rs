//! Virtual time: engines, links, arrivals and departures, from a scenario to a trace.
//!
//! The simulator is generic over the engine and the tracker, and knows no bound and no rule. Time
//! is an integer of nanoseconds; the same scenario gives the same events in the same order on every
//! machine.
//!
//! What it models: links that work through transfers in the order of their beginnings (see
//! `links`), a constant one-way delay to each node, messages that take no capacity, a tracker that
//! answers at once. What it does not: loss, congestion inside the network, processing time.
//!
//! A run ends when every peer that can still come has come and every present peer is complete, when
//! nothing has moved for a long while with no arrival or departure to come, or at the scenario's
//! `until`. [`Simulation`] runs it, [`Outcome`] says how it ended.

mod boards;
mod link_direction;
mod links;
mod queue;
mod run;
#[cfg(test)]
mod tests;
mod timing;

use crate::engine::{Introduce, NewEngine};
use crate::scenario::Scenario;
use crate::trace::{Header, Trace};

pub use run::{Ended, Outcome, Simulation, Step, simulate};

/// Runs a scenario to its end and returns its trace. [`simulate`] hands over each event instead,
/// where a run is too long to be kept in memory.
///
/// ```
/// use swarmbound::scenario::Preset;
/// use swarmbound::swarm::{Peer, Tracker};
///
/// let scenario = Preset::named("free-riders").unwrap().scenario(None)?;
/// let trace = swarmbound::sim::run::<Peer, Tracker>(&scenario);
/// assert_eq!(trace.header.scenario, scenario);
/// # Ok::<(), swarmbound::scenario::FileError>(())
/// ```
pub fn run<E: NewEngine, T: Introduce>(scenario: &Scenario) -> Trace {
    let mut events = Vec::new();
    simulate::<E, T>(scenario, &mut |event| events.push(event));
    Trace { header: Header::exact(scenario.clone()), events }
}
