//! Generated tests for any engine: scenarios that shrink, properties with names, and canaries.
//!
//! A [`Subject`] turns a scenario into a trace: an engine in the simulator, a program in another
//! language, an engine that is broken on purpose. [`examine`] hands it scenarios, judges every
//! [`Property`] of what it did, and shrinks the first scenario with a finding. There is no clock
//! here: the caller's watch decides when to stop.

mod byzantine;
mod calm;
pub mod canary;
mod case;
pub mod challenge;
pub mod check;
pub mod detection;
mod examine;
mod guard;
mod macros;
#[cfg(unix)]
pub mod peer;
pub mod process;
mod properties;
mod property;
mod scope;
mod shrink;
mod strategy;
mod subject;
#[cfg(test)]
mod tests;

pub use case::{AuditedTrace, Case};
pub use examine::{
    Config, Examination, Finding, Ratios, SuiteProgress, Tally, examine, examine_one,
};
pub use guard::Budget;
pub use property::{ALL, Property, find};
pub use scope::{Barter, Capacities, Churn, Holdings, Latency, Scope, ScopeError};
pub use strategy::scenarios;
pub use subject::{Failure, Simulated, Subject};
