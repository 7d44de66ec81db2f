//! Every run of a small swarm: one file a question.
//!
//! A model is a world small enough that `checker` sees all of it. It knows the protocol's rules or
//! the engine that it explores, never how the search works. [`registry`] runs models by name,
//! [`Threads`] provides the threads. The models are [`churn::Churn`], [`schedule::Schedule`],
//! [`tracker::Introductions`], [`choke::Choking`] and [`swarm::Swarm`].

#[doc(hidden)]
pub mod choke;
pub mod churn;
mod error;
mod explored;
mod options;
mod orbits;
mod outcome;
#[doc(hidden)]
pub mod registry;
#[doc(hidden)]
pub mod schedule;
pub mod swarm;
mod threads;
#[doc(hidden)]
pub mod tracker;
mod words;

// What only the command line reads.
#[doc(hidden)]
pub use error::WorldError;
pub use explored::{ModelEngine, ModelTracker};
#[doc(hidden)]
pub use options::{Options, Refused};
#[doc(hidden)]
pub use outcome::{CheckOutcome, MOST_WORDS, PropertyOutcome};
pub use threads::Threads;
#[doc(hidden)]
pub use words::{Barter, Calls, ChunkTimes, Downloads, NoValue, ServingPolicy};

#[cfg(test)]
mod oracles;
