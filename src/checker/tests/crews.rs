//! Whoever works, the same is found.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use stateright::{Model, Property};

use super::super::*;
use crate::models::Threads;
use crate::models::churn::{Churn, Departures, SourceStays};

fn threads(hands: usize) -> Threads {
    Threads(NonZeroUsize::new(hands).unwrap())
}

/// A crew whose helpers never come.
struct Alone;

impl Crew for Alone {
    fn hands(&self) -> NonZeroUsize {
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
    crew: &dyn Crew,
) -> String {
    let settings = Settings { quotient, edges: KeepEdges::Always, ..Settings::default() };
    let mut search = Search::new(model, spec, settings).unwrap();
    let mut text = String::new();
    for &limits in limits {
        let mut looks = Vec::new();
        let mut watch = |progress: &Progress| {
            looks.push(*progress);
            ControlFlow::Continue(())
        };
        let exploration = search.run_with(crew, limits, &mut watch).unwrap();
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
            let crews: [&dyn Crew; 4] = [&threads(2), &threads(3), &threads(8), &Alone];
            for (at, crew) in crews.into_iter().enumerate() {
                let together = told(model, &spec, quotient, limits, crew);
                assert!(together == alone, "crew {at}, {limits:?}, {quotient:?}");
            }
        }
    }
}

/// A binary tree of numbers; whoever expands a certain one panics.
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
    for hands in [1, 2, 4] {
        for panics_at in [None, Some(9_000), Some(16_000)] {
            let tree = Tree { panics_at };
            let spec = Spec::of_properties(&tree);
            let mut search = Search::new(&tree, &spec, Settings::default()).unwrap();
            let mut watch = |_: &Progress| ControlFlow::Continue(());
            let run = || search.run_with(&threads(hands), Limits::NONE, &mut watch).unwrap();
            let ended = catch_unwind(AssertUnwindSafe(run));
            assert_eq!(ended.is_ok(), panics_at.is_none(), "{hands} hands, {panics_at:?}");
        }
    }
}

#[test]
fn whoever_watches_can_stop_a_crew() {
    let churn = Churn::new(4, 3, Departures::Rejoin, SourceStays::Churns).unwrap();
    let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None };
    let mut search = Search::new(&churn, &spec, Settings::default()).unwrap();
    let mut stop = |_: &Progress| ControlFlow::Break(Reason::Time);
    for _ in 0..3 {
        let cut = search.run_with(&threads(2), Limits::NONE, &mut stop).unwrap();
        assert_eq!(cut, Exploration::Bounded(Reason::Time));
    }
    let mut go = |_: &Progress| ControlFlow::Continue(());
    let end = search.run_with(&threads(2), Limits::NONE, &mut go).unwrap();
    assert_eq!((end, search.progress().states), (Exploration::Exhausted, 1 << 17));
}
