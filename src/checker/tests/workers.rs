//! The number of threads does not change the result.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use stateright::{Model, Property};

use super::super::workers::WORTH_THREADS;
use super::super::*;
use crate::models::Threads;
use crate::models::churn::{Churn, Departures, SourceStays};

fn threads(threads: usize) -> Threads {
    Threads(NonZeroUsize::new(threads).unwrap())
}

/// Workers that never call a helper.
struct Alone;

impl Workers for Alone {
    fn threads(&self) -> NonZeroUsize {
        NonZeroUsize::new(4).unwrap()
    }

    fn work(&self, _: &(dyn Fn() + Sync), lead: &mut dyn FnMut()) {
        lead();
    }
}

/// Everything that a search says: how it ended, its numbers, its graph, its answers.
fn told<M: Explorable<State: Send> + Sync>(
    model: &M,
    spec: &Spec<M>,
    quotient: Quotient,
    limits: &[Limits],
    workers: &dyn Workers,
) -> String {
    let settings = CheckSettings { quotient, edges: KeepEdges::Always, ..CheckSettings::default() };
    let mut search = Search::new(model, spec, settings).unwrap();
    let mut text = String::new();
    for &limits in limits {
        let mut looks = Vec::new();
        let mut watch = |progress: &SearchProgress| {
            looks.push(*progress);
            ControlFlow::Continue(())
        };
        let exploration = search.run_with(workers, limits, &mut watch).unwrap();
        text += &format!("{exploration:?} {looks:?}\n");
        let report = search.report(exploration).unwrap();
        let Report { states, generated, depth, bytes, coverage, .. } = &report;
        text += &format!("{states} {generated} {depth} {bytes} {coverage:?}\n");
        for finding in &report.findings {
            let witness = finding.verdict.witness();
            text += &format!("{} {} {witness:?}\n", finding.name, finding.verdict.name());
        }
    }
    let mut graph = Vec::new();
    search.write_json_lines(&mut graph, usize::MAX).unwrap();
    text + &String::from_utf8(graph).unwrap()
}

#[test]
fn the_number_of_threads_changes_nothing_that_is_found() {
    let cut = |states, depth, bytes| Limits { states, depth, bytes };
    let (all, none) = (usize::MAX, u32::MAX);
    let plans: [&[Limits]; 4] = [
        &[Limits::NONE],
        &[cut(5_000, none, all), cut(9_999, none, all), Limits::NONE],
        &[cut(all, 8, all), cut(all, 9, all), Limits::NONE],
        &[cut(all, none, 300_000), Limits::NONE],
    ];
    let mut raw = Churn::new(4, 2, Departures::Rejoin, SourceStays::Churns).unwrap();
    raw.fairness = Fairness::parse("WF(join),SF(transfer)").unwrap();
    let orbits = Churn::new(6, 3, Departures::Once, SourceStays::Churns).unwrap();
    for limits in plans {
        for (model, quotient) in [(&raw, Quotient::Raw), (&orbits, Quotient::Symmetric)] {
            let spec = model.spec();
            let alone = told(model, &spec, quotient, limits, &threads(1));
            let crews: [&dyn Workers; 4] = [&threads(2), &threads(3), &threads(8), &Alone];
            for (at, workers) in crews.into_iter().enumerate() {
                let parallel = told(model, &spec, quotient, limits, workers);
                assert!(parallel == alone, "workers {at}, {limits:?}, {quotient:?}");
            }
        }
    }
}

/// A binary tree of numbers; expanding a certain one panics.
struct Tree {
    panics_at: Option<u32>,
}

impl Model for Tree {
    type State = u32;
    type Action = u32;

    fn init_states(&self) -> Vec<u32> {
        vec![1]
    }

    fn actions(&self, state: &u32, actions: &mut Vec<u32>) {
        assert!(Some(*state) != self.panics_at, "a model that breaks");
        if *state < 1 << 14 {
            actions.extend([0, 1]);
        }
    }

    fn next_state(&self, state: &u32, bit: u32) -> Option<u32> {
        Some(2 * state + bit)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("positive", |_, state| 0 < *state)]
    }
}

#[test]
fn a_model_that_breaks_on_another_thread_breaks_the_search() {
    for count in [1, 2, 4] {
        for panics_at in [None, Some(9_000), Some(16_000)] {
            let tree = Tree { panics_at };
            let spec = Spec::of_properties(&tree);
            let mut search = Search::new(&tree, &spec, CheckSettings::default()).unwrap();
            let mut watch = |_: &SearchProgress| ControlFlow::Continue(());
            let run = || search.run_with(&threads(count), Limits::NONE, &mut watch).unwrap();
            let ended = catch_unwind(AssertUnwindSafe(run));
            assert_eq!(ended.is_ok(), panics_at.is_none(), "{count} threads, {panics_at:?}");
        }
    }
}

#[test]
fn the_watch_can_stop_a_search_on_many_threads() {
    let churn = Churn::new(4, 3, Departures::Rejoin, SourceStays::Churns).unwrap();
    let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap: None };
    let mut search = Search::new(&churn, &spec, CheckSettings::default()).unwrap();
    let mut stop = |_: &SearchProgress| ControlFlow::Break(Reason::Time);
    for _ in 0..3 {
        let cut = search.run_with(&threads(2), Limits::NONE, &mut stop).unwrap();
        assert_eq!(cut, Exploration::Bounded(Reason::Time));
    }
    let mut go = |_: &SearchProgress| ControlFlow::Continue(());
    let end = search.run_with(&threads(2), Limits::NONE, &mut go).unwrap();
    assert_eq!((end, search.progress().states), (Exploration::Exhausted, 1 << 17));
}

/// Levels of states: many levels of one state, then levels of these widths; each state leads to
/// two.
struct Levels {
    widths: Vec<u64>,
    /// How many states lead to `fan` instead.
    fan: u64,
    expanded: AtomicU64,
}

impl Levels {
    fn new(widths: Vec<u64>, fan: u64) -> Self {
        Levels { widths, fan, expanded: AtomicU64::new(0) }
    }

    /// How often states were expanded since the last time.
    fn expanded(&self) -> u64 {
        self.expanded.swap(0, Ordering::Relaxed)
    }
}

impl Model for Levels {
    type State = (usize, u64);
    type Action = u64;

    fn init_states(&self) -> Vec<(usize, u64)> {
        vec![(0, 0)]
    }

    fn actions(&self, &(level, _): &(usize, u64), actions: &mut Vec<u64>) {
        self.expanded.fetch_add(1, Ordering::Relaxed);
        if let [_, width, ..] = self.widths[level..] {
            actions.extend(0..if width < 100 { 2 } else { self.fan });
        }
    }

    fn next_state(&self, &(level, at): &(usize, u64), action: u64) -> Option<(usize, u64)> {
        Some((level + 1, (2 * at + action) % self.widths[level + 1]))
    }
}

fn bare<M: Explorable>() -> Spec<M> {
    Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap: None }
}

/// Where there is nothing to share, where there is much at once, and where a state has far more
/// successors than those before it.
#[test]
fn narrow_and_wide_models_are_searched_alike_and_no_state_twice() {
    let one = |levels| vec![1u64; levels];
    let doubling = || (1..12).map(|level| 1 << level);
    let shapes = [
        (one(6000), 2),
        (one(5000).into_iter().chain(doubling()).chain(one(300)).chain(doubling()).collect(), 2),
        (one(5000).into_iter().chain([90, 400, 3000, 3000, 20, 2000]).collect(), 150),
    ];
    for (widths, fan) in shapes {
        let model = Levels::new(widths, fan);
        let spec = bare();
        let cut = Limits { states: WORTH_THREADS, ..Limits::NONE };
        let mut search = Search::new(&model, &spec, CheckSettings::default()).unwrap();
        let mut go = |_: &SearchProgress| ControlFlow::Continue(());
        search.run(cut, &mut go).unwrap();
        search.run(Limits::NONE, &mut go).unwrap();
        let once = model.expanded();
        assert!(search.progress().states as u64 <= once);
        let alone = told(&model, &spec, Quotient::Raw, &[Limits::NONE], &threads(1));
        model.expanded();
        let crews: [&dyn Workers; 4] = [&threads(2), &threads(3), &threads(8), &Alone];
        for (at, workers) in crews.into_iter().enumerate() {
            let parallel = told(&model, &spec, Quotient::Raw, &[Limits::NONE], workers);
            assert!(parallel == alone, "workers {at}, fan {fan}");
            assert_eq!(model.expanded(), once, "workers {at}, fan {fan}");
        }
    }
}

/// Workers that count how often they were called.
struct Called(Threads, AtomicU64);

impl Workers for Called {
    fn threads(&self) -> NonZeroUsize {
        self.0.threads()
    }

    fn work(&self, help: &(dyn Fn() + Sync), lead: &mut dyn FnMut()) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.work(help, lead);
    }
}

#[test]
fn workers_are_called_where_there_is_work_for_them() {
    let large = Tree { panics_at: None };
    let stop = |_: &SearchProgress| ControlFlow::Break(Reason::Time);
    let go = |_: &SearchProgress| ControlFlow::Continue(());
    let states = |states| Limits { states, ..Limits::NONE };
    let depth = |depth| Limits { depth, ..Limits::NONE };
    let cases = [
        (2, Limits::NONE, 1),
        (1, Limits::NONE, 0),
        (2, states(WORTH_THREADS), 0),
        (2, states(WORTH_THREADS + 2), 1),
        (2, depth(5), 0),
        (2, depth(13), 1),
    ];
    for (count, limits, calls) in cases {
        let workers = Called(threads(count), AtomicU64::new(0));
        let spec = bare();
        let mut search = Search::new(&large, &spec, CheckSettings::default()).unwrap();
        search.run_with(&workers, limits, &mut { go }).unwrap();
        assert_eq!(workers.1.load(Ordering::Relaxed), calls, "{count} threads, {limits:?}");
    }
    let chain = Levels::new(vec![1; 1000], 2);
    let workers = Called(threads(2), AtomicU64::new(0));
    let spec = bare();
    let mut search = Search::new(&chain, &spec, CheckSettings::default()).unwrap();
    search.run_with(&workers, Limits::NONE, &mut { stop }).unwrap();
    assert_eq!(workers.1.load(Ordering::Relaxed), 0, "it is over before");
}

/// Many states at once, of which the lead expands none before a helper has expanded one.
struct Helped {
    lead: ThreadId,
    helped: Mutex<bool>,
    told: Condvar,
}

impl Model for Helped {
    type State = u32;
    type Action = u32;

    fn init_states(&self) -> Vec<u32> {
        (0..20_000).collect()
    }

    fn actions(&self, state: &u32, _: &mut Vec<u32>) {
        let mut helped = self.helped.lock().unwrap();
        if thread::current().id() != self.lead {
            *helped = true;
            self.told.notify_all();
        } else if 0 < *state {
            let long = Duration::from_secs(60);
            let waited = self.told.wait_timeout_while(helped, long, |helped| !*helped).unwrap();
            assert!(!waited.1.timed_out(), "no helper expanded state {state}");
        }
    }

    fn next_state(&self, _: &u32, _: u32) -> Option<u32> {
        None
    }
}

#[test]
fn helpers_help() {
    let lead = thread::current().id();
    let model = Helped { lead, helped: Mutex::new(false), told: Condvar::new() };
    let spec = bare();
    let mut search = Search::new(&model, &spec, CheckSettings::default()).unwrap();
    let mut go = |_: &SearchProgress| ControlFlow::Continue(());
    let end = search.run_with(&threads(2), Limits::NONE, &mut go).unwrap();
    assert_eq!((end, search.progress().states), (Exploration::Exhausted, 20_000));
}
