//! The ladder: eight scenarios for a peer or an engine that is being written, the easy ones first.
//!
//! A step is passed when the audit holds, every peer that can complete does, and the time is at
//! most the target times the best bound of the swarm. A step that is not passed gives one hint,
//! chosen from what went wrong.
//!
//! ```
//! use swarmbound::suite::Simulated;
//! use swarmbound::suite::challenge::{LADDER, attempt};
//! use swarmbound::swarm::{Peer, Tracker};
//!
//! let mut reference = Simulated::<Peer, Tracker>::default();
//! let first = attempt(&LADDER[0], &mut reference, 1);
//! assert!(first.is_passed());
//! ```

mod hint;
#[cfg(test)]
mod tests;

use super::{Failure, Subject};
use crate::audit::{Audit, Report, Verdict};
use crate::bounds::binding;
use crate::chunks::PeerId;
use crate::scenario::{Behavior, Scenario};
use crate::trace::{Header, Trace};
use crate::units::Time;

/// One step of the ladder.
#[derive(Clone, Copy, Debug)]
pub struct Challenge {
    /// Its place, from 1 on.
    pub number: u32,
    /// What it is called.
    pub name: &'static str,
    /// What is new in it, as one sentence.
    pub about: &'static str,
    /// The most that the time may be, in thousandths of the best bound.
    pub target: u32,
    /// Which completions count.
    pub measure: Measure,
    toml: &'static str,
}

/// Which completions of a step count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Those of all peers that do not leave first.
    AllPeers,
    /// The first so many of the peers that upload.
    FirstGivers(usize),
}

/// The steps, in their order.
pub static LADDER: [Challenge; 8] = [
    Challenge {
        number: 1,
        name: "deliver",
        about: "three peers without an uplink: the source must send to each, without a pause",
        target: 1000,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/1-deliver.toml"),
    },
    Challenge {
        number: 2,
        name: "relay",
        about: "peers pass on what they have, while they still lack the rest",
        target: 1200,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/2-relay.toml"),
    },
    Challenge {
        number: 3,
        name: "rarest first",
        about: "few neighbors and a plain source: which chunk is requested next decides",
        target: 1480,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/3-rarest-first.toml"),
    },
    Challenge {
        number: 4,
        name: "late joiners",
        about: "half of the peers join one after the other, and must learn what is there",
        target: 1100,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/4-late-joiners.toml"),
    },
    Challenge {
        number: 5,
        name: "churn",
        about: "six peers crash silently in the middle of it",
        target: 1500,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/5-churn.toml"),
    },
    Challenge {
        number: 6,
        name: "free riders",
        about: "half of the peers give nothing: ten that give must have the file long before them",
        target: 2800,
        measure: Measure::FirstGivers(10),
        toml: include_str!("../../../scenarios/challenges/6-free-riders.toml"),
    },
    Challenge {
        number: 7,
        name: "figure",
        about: "450 MB to 30 peers, the swarm of the textbook's figure",
        target: 1030,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/7-figure.toml"),
    },
    Challenge {
        number: 8,
        name: "open end",
        about: "three classes of uplinks: come as near to the bound as you can",
        target: 1450,
        measure: Measure::AllPeers,
        toml: include_str!("../../../scenarios/challenges/8-open-end.toml"),
    },
];

impl Challenge {
    /// The scenario of the step, with this seed.
    pub fn scenario(&self, seed: u64) -> Scenario {
        let scenario = Scenario::from_toml(self.toml).expect("a test reads every step");
        let mut parts = scenario.into_parts();
        parts.seed = seed;
        Scenario::new(parts).expect("any seed will do")
    }
}

/// What became of a step.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The step.
    pub challenge: &'static Challenge,
    /// Peers whose completion counts and that completed, and peers whose completion counts.
    pub completed: (usize, usize),
    /// The last completion that counts, when all that count completed.
    pub took: Option<Time>,
    /// No swarm can be faster.
    pub bound: Option<Time>,
    /// The verdict of the audit; None where there was no run.
    pub verdict: Option<Verdict>,
    /// What to do about it; None for a step that is passed.
    pub hint: Option<String>,
}

impl Attempt {
    /// Is nothing left to do?
    pub fn is_passed(&self) -> bool {
        self.hint.is_none()
    }

    /// The time over the bound in thousandths, rounded up; None where a peer did not complete.
    pub fn ratio(&self) -> Option<u128> {
        let (took, bound) = (self.took?, self.bound.filter(|bound| *bound != Time::ZERO)?);
        Some((u128::from(took.0) * 1000).div_ceil(u128::from(bound.0)))
    }

    /// A step that gave no run.
    fn failed(challenge: &'static Challenge, failure: &Failure) -> Self {
        let hint = format!("{}: {}", failure.name, failure.explanation);
        Attempt {
            challenge,
            completed: (0, 0),
            took: None,
            bound: None,
            verdict: None,
            hint: Some(hint),
        }
    }

    fn judged(challenge: &'static Challenge, trace: &Trace) -> Self {
        let scenario = &trace.header.scenario;
        let report = Audit::of(trace);
        let due = due(challenge.measure, scenario);
        let mut finishes: Vec<Time> =
            due.iter().filter_map(|peer| report.finish_of(*peer)).collect();
        finishes.sort_unstable();
        let count = match challenge.measure {
            Measure::AllPeers => due.len(),
            Measure::FirstGivers(count) => count,
        };
        finishes.truncate(count);
        let mut attempt = Attempt {
            challenge,
            completed: (finishes.len(), count),
            took: finishes.last().copied().filter(|_| finishes.len() == count),
            bound: bound(scenario, &report, count),
            verdict: Some(report.verdict),
            hint: None,
        };
        let in_time = attempt.ratio().is_some_and(|ratio| ratio <= challenge.target.into());
        if report.verdict == Verdict::Violated || !in_time {
            attempt.hint = Some(hint::hint(&attempt, trace, &report));
        }
        attempt
    }
}

/// The peers whose completion counts.
fn due(measure: Measure, scenario: &Scenario) -> Vec<PeerId> {
    let stays = |peer: PeerId| scenario.leaves_at(peer).is_none();
    let counts = |behavior| measure == Measure::AllPeers || behavior == Behavior::Cooperative;
    let due = scenario.peers().filter(|&(id, peer)| stays(id) && counts(peer.behavior));
    due.map(|(id, _)| id).collect()
}

/// The least time in which any swarm completes so many peers: those whose completion counts are
/// among the first that complete, or later.
fn bound(scenario: &Scenario, report: &Report, peers: usize) -> Option<Time> {
    binding(scenario, peers, report.conditions.for_a_swarm()).ok()?.time()
}

/// Runs a step and judges it.
pub fn attempt(challenge: &'static Challenge, subject: &mut dyn Subject, seed: u64) -> Attempt {
    let scenario = challenge.scenario(seed);
    let mut events = Vec::new();
    match subject.run(&scenario, &mut |event| events.push(event)) {
        Err(failure) => Attempt::failed(challenge, &failure),
        Ok(evidence) => {
            let header = Header { evidence, ..Header::exact(scenario) };
            Attempt::judged(challenge, &Trace { header, events })
        }
    }
}
