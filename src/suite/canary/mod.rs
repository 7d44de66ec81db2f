//! Canaries: engines, logs, simulators and bounds that are broken on purpose, each in one thing.
//!
//! A suite that finds nothing proves nothing until it is shown that it would have. Each canary is
//! as subtle as its bug was, and says what must catch it. It is never used for anything else. The
//! types to know are [`Canary`] and [`ALL`].

use super::scope::{Barter, Churn, Latency, Scope};
use super::subject::{Simulated, Subject};
use crate::scenario::{Discipline, Scenario};
use crate::swarm::{Peer, Tracker};

mod bound;
mod doctored;
pub(super) mod download_faults;
pub(super) mod faulty;
mod list;
mod stepped;
pub(super) mod upload_faults;

pub use list::ALL;

/// Makes a subject that has run nothing yet.
pub type Make = fn() -> Box<dyn Subject>;

/// Something that is broken on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Canary {
    /// Its one name.
    pub name: &'static str,
    /// What is wrong with it, as one sentence.
    pub about: &'static str,
    /// Where the bug was seen, if it was.
    pub seen: Option<&'static str>,
    /// The properties of which one must catch it; none of one that is lawful.
    pub caught_by: &'static [&'static str],
    /// What is broken.
    pub kind: CanaryKind,
    /// What scenarios it is met with.
    pub scope: Scope,
    pub(super) nature: Nature,
}

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryKind {
    /// An engine that does what it must not.
    Engine,
    /// A log that does not say what happened.
    Log,
    /// A simulator that lets happen what cannot.
    Simulator,
    /// A bound that is higher than a lawful run.
    Bound,
    /// An engine that is lawful, and slower than it need be.
    Slow,
}

/// How a canary is met.
#[derive(Clone, Copy, Debug)]
pub(super) enum Nature {
    /// It turns scenarios into traces.
    Subject(Make),
    /// It says how long a distribution takes at least.
    Bound(bound::Formula),
}

/// What is not broken, by name: the reference engine, and the stepped simulator while its law is in
/// order.
pub static CONTROLS: &[(&str, Make)] = &[
    ("control", control),
    ("control_in_steps", || Box::new(stepped::SteppedSimulator(stepped::StepLaw::Lawful))),
];

impl Canary {
    /// The canary of that name.
    pub fn find(name: &str) -> Option<&'static Canary> {
        ALL.iter().find(|canary| canary.name == name)
    }

    /// It as a subject; None for a bound, which runs nothing.
    pub fn subject(&self) -> Option<Box<dyn Subject>> {
        match self.nature {
            Nature::Subject(subject) => Some(subject()),
            Nature::Bound(_) => None,
        }
    }

    /// The lawful run that refutes it, as a sentence; None for one that is no bound.
    pub fn refuted(&self, scenario: &Scenario) -> Option<String> {
        match self.nature {
            Nature::Subject(_) => None,
            Nature::Bound(formula) => bound::refuted(formula, scenario),
        }
    }
}

/// The reference engine, as a subject.
pub fn control() -> Box<dyn Subject> {
    Box::new(Simulated::<Peer, Tracker>::default())
}

/// Scenarios without barter: some simulators know none.
pub(super) const GIVING: Scope = Scope { barter: Barter::None, ..ANY };

/// Scenarios without arrivals, departures and barter: for how fast an engine is.
pub(super) const CALM: Scope = Scope { churn: Churn::None, ..GIVING };

/// Scenarios of a few peers, for runs that end only when they are ended.
pub(super) const FEW: Scope = Scope { peers: 4, chunks: 4, ..ANY };

/// Scenarios that declare how long a peer may stall.
pub(super) const STALL: Scope = Scope { stall_rechokes: Some(STALL_RECHOKES), ..ANY };

/// How many intervals of the choker the reference engine never stalls for.
pub(super) const STALL_RECHOKES: u64 = 8;

/// Every kind of scenario.
pub(super) const ANY: Scope = Scope {
    peers: 60,
    chunks: 64,
    churn: Churn::Any,
    barter: Barter::Any,
    latency: Latency::Any,
    discipline: Discipline { cut_through: false, multi_source: false, coded: false, stall: None },
    burst: None,
    stall_rechokes: None,
};
