//! Every run of a small swarm: one file a question.
//!
//! A model is a world small enough that `checker` sees all of it. It knows the protocol's rules or
//! the engine that it explores, never how the search works. The models to know are
//! [`churn::Churn`] and [`schedule::Schedule`].

pub mod churn;
mod orbits;
pub mod schedule;

#[cfg(test)]
mod oracles;
