//! Lower bounds on the time of a distribution: one theorem a file, and [`ALL`] of them.
//!
//! A bound knows no engine and no trace. Every bound speaks of the k-th completion; the
//! distribution time is k = N. Each is rounded down to a nanosecond, so that `completion < bound`
//! is a comparison of integers that never accuses a lawful run. The types to know are [`Bound`] and
//! [`Lower`].
//!
//! Every theorem reads a scenario in the same way (F = bits of the file, i = a peer, s = the
//! source):
//!
//! - node j sends at most `u_j t + b_j` bits in any span t, and i receives at most `d_i t + b_i`;
//!   b is the burst of the link. A node whose upload is 0 may still spend its burst once.
//! - what is sent to i arrives `L_i` later. `L` is the smallest of them: bits that peers hold at T
//!   were sent by T - L.
//! - whoever is absent or idle only makes a run slower, so only [`presence`] looks at arrivals and
//!   departures; the others hold with churn too.
//!
//! Most of it is proved by machine, for all N, all rates and all runs: see [`proofs`].

use serde::Serialize;

use crate::ratio::Ratio;
use crate::scenario::Scenario;
use crate::units::Time;

mod access_links;
pub mod binding;
pub mod branching;
pub mod client_server;
mod fixed_point;
pub mod fluid;
pub mod presence;
pub mod proofs;
mod terms;
#[cfg(test)]
mod tests;
pub mod warm_up;

pub use binding::{Binding, Conditions, SentBy, binding, bindings};
pub use branching::Branching;
pub use client_server::ClientServer;
pub use fluid::Fluid;
pub use presence::Presence;
pub use warm_up::WarmUp;

/// A theorem about the k-th completion.
pub trait Bound: Sync {
    /// Its one name in rules, tests, command line and manual.
    fn name(&self) -> &'static str;

    /// The formula, as one line of text.
    fn formula(&self) -> &'static str;

    /// Where it comes from.
    fn cite(&self) -> &'static str;

    /// Whose uploads it allows.
    fn senders(&self) -> Senders {
        Senders::AllNodes
    }

    /// The earliest time at which `k` peers can hold the whole file.
    ///
    /// # Errors
    /// Why the theorem's assumptions do not hold here, or that k is not in 1..=N:
    ///
    /// ```
    /// use swarmbound::bounds::{Bound, Fluid, Inapplicable};
    /// use swarmbound::scenario::Preset;
    ///
    /// let figure = Preset::named("figure").unwrap().scenario(None).unwrap();
    /// assert!(Fluid.completion(&figure, 30).is_ok());
    /// let refused = Fluid.completion(&figure, 31).unwrap_err();
    /// assert_eq!(refused, Inapplicable::NoSuchCompletion { k: 31, peers: 30 });
    /// ```
    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable>;

    /// The earliest times for every k = 1..=N at once; the same as calling [`Bound::completion`]
    /// for each, but without repeating the common work.
    ///
    /// # Errors
    /// Why the theorem's assumptions do not hold here.
    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable>;
}

/// Whose uploads a bound allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senders {
    /// Everybody's: it binds every run.
    AllNodes,
    /// Only the source's: it binds runs in which no peer sends.
    SourceOnly,
}

/// A lower bound on one completion, with its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lower {
    /// The bound itself.
    pub at: Earliest,
    /// The bound in seconds, where it has a closed form.
    pub exact: Option<Ratio>,
    /// The terms whose maximum it is, where they have a closed form.
    pub terms: Vec<Term>,
    /// The formula of the term that binds.
    pub binding: Option<&'static str>,
}

/// One term of a maximum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// For example `F/u_s`.
    pub formula: &'static str,
    /// Its value in seconds.
    pub exact: Ratio,
}

/// The earliest time of something, as far as a theorem knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Earliest {
    /// Not before this time.
    #[serde(rename = "ns")]
    At(Time),
    /// Never; the sentence says why.
    #[serde(rename = "never")]
    Never(String),
}

/// Why a bound says nothing about a completion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// The theorem assumes something that the scenario, or the log of a run, does not grant.
    #[error("{0}")]
    Assumption(&'static str),
    /// There is no k-th completion.
    #[error("there is no completion {k} of {peers} peers; ask for one from 1 to {peers}")]
    NoSuchCompletion {
        /// The k that was asked for.
        k: usize,
        /// N.
        peers: usize,
    },
}

/// Where the k-th completion stands among all of them, counted from 0.
///
/// # Errors
/// A k that is not in 1..=N.
fn index_of(scenario: &Scenario, k: usize) -> Result<usize, Inapplicable> {
    let peers = scenario.peer_count();
    match k.checked_sub(1) {
        Some(at) if at < peers => Ok(at),
        _ => Err(Inapplicable::NoSuchCompletion { k, peers }),
    }
}

/// Every bound, the simplest first.
pub static ALL: &[&dyn Bound] = &[&ClientServer, &Fluid, &WarmUp, &Branching, &Presence];
