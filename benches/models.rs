//! The checker against stateright's engines: same model, same property, one thread.
//!
//! `cargo bench --bench models`. On a shared machine, compare medians of several runs.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use stateright::{Checker, Model};
use swarmbound::checker::{
    CheckSettings, Checked, ClaimKind, Exploration, Limits, Quotient, Search, SearchProgress, Spec,
    check,
};
use swarmbound::models::Threads;
use swarmbound::models::churn::{Churn, Departures, SourceStays};
use swarmbound::models::schedule::{Moves, Schedule, ScheduleWorld};

fn churn(peers: usize, chunks: usize) -> Churn {
    Churn::new(peers, chunks, Departures::Rejoin, SourceStays::Churns).expect("it fits")
}

/// The claims about single states, which a search decides without storing transitions.
fn safety(churn: &Churn) -> Spec<Churn> {
    let mut spec = churn.spec();
    spec.claims
        .retain(|claim| matches!(claim.kind, ClaimKind::Always(_) | ClaimKind::Sometimes(_)));
    spec
}

fn side_by_side(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("churn rejoin");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for (peers, chunks) in [(4, 3), (5, 3)] {
        let size = format!("{peers}/{chunks}");
        let model = churn(peers, chunks);
        let spec = safety(&model);
        let states = 1usize << ((chunks + 1) * peers + 1);
        group.bench_function(BenchmarkId::new("checker", &size), |bencher| {
            bencher.iter(|| {
                let report = check(&model, &spec, CheckSettings::default()).expect("it is sound");
                assert_eq!(black_box(report).states, states);
            });
        });
        group.bench_function(BenchmarkId::new("stateright spawn_dfs", &size), |bencher| {
            bencher.iter(|| {
                let checker = churn(peers, chunks).checker().threads(1).spawn_dfs().join();
                assert_eq!(black_box(checker).unique_state_count(), states);
            });
        });
        group.bench_function(BenchmarkId::new("stateright spawn_bfs", &size), |bencher| {
            bencher.iter(|| {
                let checker = churn(peers, chunks).checker().threads(1).spawn_bfs().join();
                assert_eq!(black_box(checker).unique_state_count(), states);
            });
        });
    }
    group.finish();
}

fn symmetry(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("with symmetry");
    group.sample_size(10);
    let settings = CheckSettings { quotient: Quotient::Symmetric, ..CheckSettings::default() };
    let model = churn(6, 4);
    let spec = safety(&model);
    group.bench_function("churn rejoin 6/4 (2^31 raw states)", |bencher| {
        bencher.iter(|| black_box(check(&model, &spec, settings).expect("it is sound")).states);
    });
    group.bench_function("the same on all cores", |bencher| {
        bencher.iter(|| {
            let mut search = Search::new(&model, &spec, settings).expect("it is sound");
            let mut go = |_: &SearchProgress| ControlFlow::Continue(());
            let exploration = search.run_with(&Threads::all(), Limits::NONE, &mut go);
            assert_eq!(exploration.expect("it is sound"), Exploration::Exhausted);
            black_box(search.progress()).states
        });
    });
    let world = ScheduleWorld { moves: Moves::Dominant, ..ScheduleWorld::plain(4, 4) };
    let schedule = Schedule::new(world).expect("it fits");
    let spec = schedule.spec();
    group.bench_function("schedule 4/4", |bencher| {
        bencher.iter(|| black_box(check(&schedule, &spec, settings).expect("it is sound")).states);
    });
    group.finish();
}

fn liveness(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("everyone completes under fairness");
    group.sample_size(10);
    let mut model = Churn::new(4, 3, Departures::Rejoin, SourceStays::Stays).expect("it fits");
    model.fairness =
        swarmbound::checker::Fairness::parse("WF(join),SF(transfer)").expect("it is fairness");
    let spec = model.spec();
    group.bench_function("churn rejoin 4/3", |bencher| {
        bencher.iter(|| {
            black_box(check(&model, &spec, CheckSettings::default()).expect("it is sound")).states
        });
    });
    group.finish();
}

criterion_group!(benches, side_by_side, symmetry, liveness);
criterion_main!(benches);
