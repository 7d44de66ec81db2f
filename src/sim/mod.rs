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
//! A run ends when every peer that can still come has come and everybody present is complete, when
//! nothing has moved for a long while with no arrival or departure to come, or at the scenario's
//! `until`. The types to know are [`Simulation`] and [`Outcome`].

mod boards;
mod lifecycle;
mod link_direction;
mod links;
mod multicast;
mod queue;
mod run;
mod showing;
#[cfg(test)]
mod tests;
mod timing;
mod transfers;

pub use run::{Ended, Outcome, Simulation, Step, simulate};
