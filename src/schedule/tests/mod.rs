//! Schedules against theorems, tables, the audit and the engines.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::audit::{Audit, Verdict};
use crate::bounds::{self, Binding, Conditions};
use crate::chunks::Manifest;
use crate::scenario::{Leaves, Link, Network, Parts, Peer, Scenario, Source, SourceLeaves};
use crate::suite::{Capacities, Churn, Holdings, Scope, scenarios};
use crate::units::{Bytes, Rate, Time};

use super::*;

mod fluid;
mod oracles;
#[cfg(feature = "models")]
mod pipeline;
mod planner;
mod relay;
mod sandwich;

/// The strongest bound on the last completion of any run.
fn last_bound(scenario: &Scenario) -> Binding {
    bounds::binding(scenario, scenario.peer_count(), Conditions::SWARM).unwrap()
}

/// A peer that stays, with unlimited download.
fn peer(upload: u64) -> Peer {
    Peer::new(Rate(upload))
}

/// A file of `file` bytes in chunks of `chunk` bytes from a source to peers.
fn swarm(file: u64, chunk: u64, source: u64, peers: Vec<Peer>) -> Scenario {
    let file = Manifest::new(Bytes(file), Bytes(chunk)).unwrap();
    Parts::new(file, Source::new(Rate(source)))
        .peers(peers)
        .protocol(None)
        .until(Time::from_secs(1_000_000))
        .build()
        .unwrap()
}

/// M chunks of 3 B; all nodes upload 24 bit/s, so a chunk takes a second.
fn equal(peers: usize, chunks: usize) -> Scenario {
    swarm(3 * chunks as u64, 3, 24, vec![peer(24); peers])
}

/// The same cases on every machine and in every run; PROPTEST_RNG_SEED and PROPTEST_CASES ask for
/// others and more.
fn cases(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig::with_cases(cases);
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(1);
    }
    config
}

/// Scenarios of every kind without departures.
fn staying(peers: usize, chunks: usize) -> impl Strategy<Value = Scenario> {
    let scope = Scope {
        peers,
        chunks,
        churn: Churn::None,
        holdings: Holdings::None,
        capacities: Capacities::Constant,
        ..Scope::default()
    };
    let joins = proptest::option::weighted(0.3, prop::collection::vec(0..40u64, peers));
    (scenarios(&scope), joins).prop_map(|(scenario, joins)| {
        let mut parts = scenario.into_parts();
        let pace = parts.file.file().nanobits() / u128::from(parts.source.upload.0);
        for (peer, share) in parts.peers.iter_mut().zip(joins.unwrap_or_default()) {
            peer.joins = Time((pace * u128::from(share) / 20) as u64);
        }
        Scenario::new(parts).unwrap()
    })
}

/// The audit finds no violation in the plan, and reports the completions that the plan announces.
fn lawful(plan: &Plan) -> Result<(), TestCaseError> {
    let report = Audit::of(&plan.trace());
    for rule in &report.rules {
        let fine = matches!(rule.judgement.verdict, Verdict::Holds | Verdict::Skipped);
        prop_assert!(fine, "{}: {}: {:#?}", plan.method(), rule.name, rule.judgement);
    }
    prop_assert_eq!(report.verdict, Verdict::Holds);
    prop_assert_eq!(report.completed, plan.scenario().peer_count());
    prop_assert_eq!(report.distribution_time, Some(plan.distribution_time()));
    Ok(())
}
