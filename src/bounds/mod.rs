//! Lower bounds on distribution time: one theorem per file, all of them in [`ALL`].
//!
//! A [`Bound`] knows no engine and no trace. Every bound is about the k-th completion; the
//! distribution time is k = N. Each is rounded down to a nanosecond, so that `completion < bound`
//! is a comparison of integers that never accuses a lawful run.
//!
//! Every theorem reads a scenario in the same way (F = bits of the file, i = a peer, s = the
//! source):
//!
//! - Node j sends at most `u_j t + b_j` bits in any window of length t, and i receives at most
//!   `d_i t + b_i`; b is the burst of the link. A node whose upload is 0 can still spend its burst
//!   once.
//! - What is sent to i arrives `L_i` later. `L` is the smallest of these delays: bits that peers
//!   hold at T were sent by T - L.
//! - A capacity that changes counts as its highest rate: with that the run is possible, too.
//! - An absent or idle node only makes a run slower. So only [`presence`] and the bounds over a
//!   [`Relaxation`] look at arrivals and departures; the other bounds hold with churn too.
//!
//! Most of the first five is machine-checked for all N, all rates and all runs: see [`proofs`].

use serde::Serialize;

use crate::ratio::Ratio;
use crate::scenario::Scenario;
use crate::units::Time;

mod access_links;
pub mod binding;
pub mod branching;
pub mod client_server;
mod copies;
mod demand;
pub mod downlinks;
pub mod emitters;
mod fixed_point;
pub mod fluid;
pub mod last_chunk;
mod needs;
pub mod order_split;
pub mod outsiders;
pub mod presence;
pub mod proofs;
mod relaxation;
pub mod suffix;
mod supply;
mod terms;
#[cfg(test)]
mod tests;
pub mod warm_up;

pub use binding::{Binding, Conditions, SentBy, binding, bindings};
pub use branching::Branching;
pub use client_server::ClientServer;
pub use downlinks::Downlinks;
pub use emitters::Emitters;
pub use fluid::Fluid;
pub use last_chunk::LastChunk;
pub use order_split::OrderSplit;
pub use outsiders::Outsiders;
pub use presence::Presence;
pub use relaxation::{Receivers, Relaxation};
pub use suffix::Suffix;
pub use warm_up::WarmUp;

/// A theorem about the k-th completion.
pub trait Bound: Sync {
    /// Its name, the same in rules, tests, command line and manual.
    fn name(&self) -> &'static str;

    /// The formula, as one line of text.
    fn formula(&self) -> &'static str;

    /// The literature, or where the proof is written out.
    fn cite(&self) -> &'static str;

    /// Which nodes may send in the runs that it covers.
    fn senders(&self) -> Senders {
        Senders::AllNodes
    }

    /// The earliest time at which `k` peers can hold the whole file.
    ///
    /// # Errors
    /// If the scenario breaks an assumption of the theorem, or k is not in 1..=N:
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

    /// The earliest times for every k = 1..=N; entry k - 1 equals [`Bound::completion`] for k, but
    /// the shared work is done once.
    ///
    /// # Errors
    /// If the scenario breaks an assumption of the theorem.
    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable>;
}

/// Which nodes may send in the runs that a bound covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senders {
    /// The source and every peer: the bound covers every run.
    AllNodes,
    /// Only the source: the bound covers runs in which no peer sends.
    SourceOnly,
}

/// A lower bound on one completion, with the terms that it is the maximum of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lower {
    /// The bound itself.
    pub at: Earliest,
    /// The exact bound in seconds; None if it has no closed form.
    pub exact: Option<Ratio>,
    /// The terms of the maximum; empty if they have no closed form.
    pub terms: Vec<Term>,
    /// The formula of the largest term; of equals the first.
    pub binding: Option<&'static str>,
    /// The simpler scenario that gave the bound, if not the scenario itself.
    pub relaxation: Option<Relaxation>,
}

/// One term of a maximum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// For example `F/u_s`.
    pub formula: &'static str,
    /// Its value in seconds.
    pub exact: Ratio,
}

/// The earliest time of a completion, by one theorem or by the strongest of several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Earliest {
    /// Not before this time.
    #[serde(rename = "ns")]
    At(Time),
    /// Never, with the reason as a sentence.
    #[serde(rename = "never")]
    Never(String),
}

/// Why a bound does not apply to a completion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// The scenario, or the log of a run, breaks an assumption of the theorem.
    #[error("{0}")]
    Assumption(&'static str),
    /// k is not in 1..=N.
    #[error("there is no completion {k} of {peers} peers; ask for one from 1 to {peers}")]
    NoSuchCompletion {
        /// The k that was asked for.
        k: usize,
        /// N.
        peers: usize,
    },
}

/// The index k - 1 of the k-th completion.
///
/// # Errors
/// If k is not in 1..=N.
fn index_of(scenario: &Scenario, k: usize) -> Result<usize, Inapplicable> {
    let peers = scenario.receiver_count();
    match k.checked_sub(1) {
        Some(at) if at < peers => Ok(at),
        _ => Err(Inapplicable::NoSuchCompletion { k, peers }),
    }
}

/// A theorem that is proved where every peer joins with nothing and wants everything, and that adds
/// up all uploads.
///
/// # Errors
/// If a peer holds chunks when it joins, or wants only a part, or an upload is not known.
fn need_empty_peers(scenario: &Scenario) -> Result<(), Inapplicable> {
    if scenario.unknown_upload().is_some() {
        return Err(Inapplicable::Assumption(
            "an upload capacity is not known, and the bound adds up all of them",
        ));
    }
    if scenario.starts_empty() {
        return Ok(());
    }
    Err(Inapplicable::Assumption(
        "a peer holds chunks when it joins or wants only a part of the file, and the bound is \
         proved for peers that start with nothing and want everything",
    ))
}

/// Every bound, the simplest first.
pub static ALL: &[&dyn Bound] = &[
    &ClientServer,
    &Fluid,
    &WarmUp,
    &Branching,
    &Presence,
    &Outsiders,
    &Suffix,
    &LastChunk,
    &Emitters,
    &Downlinks,
    &OrderSplit,
];
