//! Every run of a small swarm: one file a question.
//!
//! A model is a world small enough that `checker` sees all of it. It knows the protocol's rules or
//! the engine that it explores, never how the search works. [`registry`] runs models by name,
//! [`Threads`] provides the threads. The models are [`churn::Churn`], [`schedule::Schedule`],
//! [`tracker::Introductions`], [`choke::Choking`] and [`swarm::Swarm`].

pub mod choke;
pub mod churn;
mod options;
mod orbits;
mod outcome;
pub mod registry;
pub mod schedule;
pub mod swarm;
mod threads;
pub mod tracker;

pub use options::{Options, Refused};
pub use outcome::{CheckOutcome, MOST_WORDS, PropertyOutcome};
pub use threads::Threads;

#[cfg(test)]
mod oracles;
