//! Canaries: engines, logs, simulators and bounds that are broken on purpose, each in one thing.
//!
//! A suite that finds nothing proves nothing until it is shown that it would have. Each canary is
//! as subtle as its bug was, and says what must catch it. It is never used for anything else.

use super::scope::{Barter, Capacities, Churn, Holdings, Latency, Scope};
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
    /// Its name, the same in code, command line and manual.
    pub name: &'static str,
    /// What is wrong with it, as one sentence.
    pub about: &'static str,
    /// The real system in which the bug was seen; None if it was invented.
    pub seen: Option<&'static str>,
    /// The properties of which at least one must catch it; empty for a lawful canary.
    pub caught_by: &'static [&'static str],
    /// What is broken.
    pub kind: CanaryKind,
    /// The scenarios that it is run against.
    pub scope: Scope,
    pub(super) nature: Nature,
}

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryKind {
    /// An engine that breaks a rule.
    Engine,
    /// A log that does not match what happened.
    Log,
    /// A simulator that allows the impossible.
    Simulator,
    /// A bound that is higher than a lawful run.
    Bound,
    /// An engine that is lawful, and slower than it need be.
    Slow,
}

/// What a canary consists of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Nature {
    /// It turns scenarios into traces.
    Subject(Make),
    /// A formula for the least distribution time.
    Bound(bound::Formula),
}

/// The controls, by name: the reference engine, and the stepped simulator under its lawful rule.
pub static CONTROLS: &[(&str, Make)] = &[
    ("control", control),
    ("control_in_steps", || Box::new(stepped::SteppedSimulator(stepped::StepLaw::Lawful))),
];

impl Canary {
    /// The canary of that name.
    pub fn find(name: &str) -> Option<&'static Canary> {
        ALL.iter().find(|canary| canary.name == name)
    }

    /// The canary as a subject; None for a bound, which runs nothing.
    pub fn subject(&self) -> Option<Box<dyn Subject>> {
        match self.nature {
            Nature::Subject(subject) => Some(subject()),
            Nature::Bound(_) => None,
        }
    }

    /// A sentence about a lawful run that refutes the bound; None if there is none or the canary is
    /// no bound.
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

/// Scenarios without barter, which some simulators lack.
pub(super) const GIVING: Scope = Scope { barter: Barter::None, ..ANY };

/// Scenarios without arrivals, departures and barter, to compare speed.
pub(super) const CALM: Scope = Scope { churn: Churn::None, ..GIVING };

/// Scenarios of a few peers, for runs that end only when they are ended.
pub(super) const FEW: Scope = Scope { peers: 4, chunks: 4, ..ANY };

/// Scenarios that declare how long a peer may stall.
pub(super) const STALL: Scope = Scope { stall_rechokes: Some(STALL_RECHOKES), ..ANY };

/// The reference engine never stalls for this many intervals of the choker.
pub(super) const STALL_RECHOKES: u64 = 8;

/// All scenarios, also those whose peers hold chunks when they join or want a part.
pub(super) const PARTS: Scope = Scope { holdings: Holdings::Any, ..ANY };

/// All scenarios, also those whose capacities change.
pub(super) const CHANGING: Scope = Scope { capacities: Capacities::Any, ..ANY };

/// Everything that a scenario can say.
pub(super) const EVERYTHING: Scope = Scope { holdings: Holdings::Any, ..CHANGING };

/// All scenarios whose peers start with nothing and want everything, and whose capacities stay.
pub(super) const ANY: Scope = Scope {
    peers: 60,
    chunks: 64,
    churn: Churn::Any,
    barter: Barter::Any,
    latency: Latency::Any,
    holdings: Holdings::None,
    capacities: Capacities::Constant,
    discipline: Discipline { cut_through: false, multi_source: false, coded: false, stall: None },
    burst: None,
    stall_rechokes: None,
};
