//! Bounds that are wrong, and lawful runs that refute them.
//!
//! A bound that is too high accuses engines that did nothing wrong. What catches it is a run that
//! the audit finds lawful and that is faster.

use crate::audit::Verdict;
use crate::engine::NewEngine;
use crate::scenario::Scenario;
use crate::suite::case::Case;
use crate::suite::subject::Simulated;
use crate::swarm::{ClientServer, Peer, Tracker};
use crate::units::{Rate, Time};

/// A wrong lower bound on the distribution time; None where it does not apply.
pub(super) type Formula = fn(&Scenario) -> Option<Time>;

fn all_uploads(scenario: &Scenario) -> u64 {
    scenario.peers().map(|(id, _)| scenario.upload(id).0).sum()
}

/// (N + 1) F/(u_s + sum u_i): the source counts as a receiver.
pub(super) fn counts_the_source(scenario: &Scenario) -> Option<Time> {
    let copies = scenario.peer_count() as u128 + 1;
    let all = Rate(scenario.source().upload.0 + all_uploads(scenario));
    all.time_for(copies * scenario.file().file().nanobits())
}

/// N F/sum u_i: the source's upload is forgotten.
pub(super) fn forgets_the_source(scenario: &Scenario) -> Option<Time> {
    let copies = scenario.peer_count() as u128;
    let all = Rate(all_uploads(scenario));
    all.time_for(copies * scenario.file().file().nanobits())
}

/// F/u_s where F is in KiB of 1024 bytes and u_s in kbit/s of 1000.
pub(super) fn mixes_units(scenario: &Scenario) -> Option<Time> {
    let bits = scenario.file().file().nanobits();
    scenario.source().upload.time_for(bits * 1024 / 1000)
}

/// The distribution time of a run of `E` in which every peer completes and no rule breaks; None for
/// any other run.
fn lawful<E: NewEngine>(scenario: &Scenario) -> Option<Time> {
    let case = Case::run(&mut Simulated::<E, Tracker>::default(), scenario);
    let report = &case.outcome().ok()?.report;
    report.distribution_time.filter(|_| report.verdict == Verdict::Holds)
}

/// A sentence about a lawful run that completes earlier than the formula allows, if there is one.
pub(super) fn refuted(formula: Formula, scenario: &Scenario) -> Option<String> {
    let served = scenario.client_server();
    let runs = [
        ("peer-to-peer", formula(scenario), lawful::<Peer>(scenario)),
        ("client-server", formula(&served), lawful::<ClientServer>(&served)),
    ];
    runs.into_iter().find_map(|(way, earliest, took)| {
        let (earliest, took) = (earliest?, took?);
        (took < earliest).then(|| {
            format!("a lawful {way} run ends at {took}, and the formula says not before {earliest}")
        })
    })
}
