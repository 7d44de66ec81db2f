use std::collections::BTreeSet;
use std::ops::ControlFlow;

use proptest::prelude::*;
use stateright::{Checker, Model, Property};

use super::*;

mod exports;
mod lassos;
mod memory;
mod orbits;
mod replays;
mod saved;
mod workers;

/// A graph written down: each transition has a start, a class and an end.
#[derive(Clone, Debug)]
struct Digraph {
    states: u32,
    transitions: Vec<(u32, u8, u32)>,
    goal: BTreeSet<u32>,
}

impl Model for Digraph {
    type State = u32;
    type Action = (u8, u32);

    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }

    fn actions(&self, state: &u32, actions: &mut Vec<(u8, u32)>) {
        let out = self.transitions.iter().filter(|(from, _, _)| from == state);
        actions.extend(out.map(|&(_, class, to)| (class, to)));
    }

    fn next_state(&self, _: &u32, (_, to): (u8, u32)) -> Option<u32> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("goal never", |graph, state| !graph.goal.contains(state)),
            Property::sometimes("goal once", |graph, state| graph.goal.contains(state)),
            // Keeps stateright searching to the end.
            Property::always("small", |graph, state| *state < graph.states),
        ]
    }
}

const FAMILIES: [&str; 2] = ["a", "b"];

impl Digraph {
    fn new(transitions: &[(u32, u8, u32)], goal: &[u32]) -> Self {
        let states = transitions.iter().map(|&(from, _, to)| from.max(to) + 1).max().unwrap_or(1);
        Digraph { states, transitions: transitions.to_vec(), goal: goal.iter().copied().collect() }
    }

    fn spec(claims: Vec<Claim<Self>>) -> Spec<Self> {
        let all = FAMILIES.map(|family| Class { family, label: family.into() }).to_vec();
        let of = |_: &Digraph, action: &(u8, u32)| usize::from(action.0);
        Spec { claims, classes: Classes { all, of }, symmetry: None, heap: None }
    }

    fn eventually(fairness: &str) -> Claim<Self> {
        let fairness = Fairness::parse(fairness).unwrap();
        let goal = |graph: &Digraph, state: &u32| graph.goal.contains(state);
        Claim::required("eventually", ClaimKind::Eventually { goal, fairness })
    }

    fn answer(&self, claim: Claim<Self>) -> Verdict<Self> {
        let spec = Digraph::spec(vec![claim]);
        let report = check(self, &spec, CheckSettings::default()).unwrap();
        report.findings.into_iter().next().unwrap().verdict
    }

    fn answers(&self, fairness: &str) -> &'static str {
        self.answer(Digraph::eventually(fairness)).name()
    }
}

fn go(_: &SearchProgress) -> ControlFlow<Reason> {
    ControlFlow::Continue(())
}

#[test]
fn without_fairness_a_run_may_stay_where_it_is() {
    let graph = Digraph::new(&[(0, 0, 1)], &[1]);
    let Verdict::Violated(violation) = graph.answer(Digraph::eventually("")) else {
        panic!("nothing forces the step");
    };
    let witness = violation.witness.unwrap();
    assert_eq!((witness.start, witness.steps, witness.lasso_from), (0, vec![], Some(0)));
    assert_eq!(graph.answers("WF(a)"), "holds");
    assert_eq!(graph.answers("WF(b)"), "violated");
    assert_eq!(graph.answers("WF(any)"), "holds");
}

/// stateright takes a join of two paths for the end of the run and misses this.
#[test]
fn eventually_is_violated_on_a_cycle_behind_a_join() {
    let cycle = [(0, 0, 1), (0, 0, 2), (1, 0, 3), (2, 0, 3), (3, 0, 4), (4, 0, 3), (1, 0, 5)];
    let graph = Digraph::new(&cycle, &[1, 5]);
    let Verdict::Violated(violation) = graph.answer(Digraph::eventually("WF(any)")) else {
        panic!("0 2 3 4 3 4 ... never meets 1 or 5");
    };
    let witness = violation.witness.unwrap();
    let states: Vec<u32> = witness.steps.iter().map(|&(_, state)| state).collect();
    assert_eq!((states, witness.lasso_from), (vec![2, 3, 4, 3], Some(2)));
}

#[test]
fn strong_fairness_forces_what_weak_does_not() {
    // The way out is open in 0 only, and the run keeps leaving 0.
    let graph = Digraph::new(&[(0, 0, 1), (1, 0, 0), (0, 1, 2)], &[2]);
    assert_eq!(graph.answers("WF(a),WF(b)"), "violated");
    assert_eq!(graph.answers("WF(a),SF(b)"), "holds");
    assert_eq!(graph.answers("SF(b)"), "violated", "it may stay in 1");
}

#[test]
fn a_step_that_changes_nothing_is_neither_enabled_nor_taken() {
    let graph = Digraph::new(&[(0, 1, 0), (0, 0, 1)], &[1]);
    assert_eq!(graph.answers("WF(b)"), "violated");
    assert_eq!(graph.answers("SF(a)"), "holds");
    let stuck = Digraph::new(&[(0, 0, 1), (1, 0, 1)], &[]);
    let claim = Claim::required("never stuck", ClaimKind::NeverStuck { unless: |_, _| false });
    let verdict = stuck.answer(claim);
    assert_eq!(verdict.witness().unwrap().end(), &1);
}

#[test]
fn leads_to_obliges_only_where_it_starts() {
    let graph = Digraph::new(&[(0, 0, 1), (1, 0, 2), (2, 0, 1), (2, 1, 3)], &[3]);
    let leads = |from: Condition<Digraph>, fairness| {
        let goal = |graph: &Digraph, state: &u32| graph.goal.contains(state);
        let fairness = Fairness::parse(fairness).unwrap();
        graph.answer(Claim::required("leads", ClaimKind::LeadsTo { from, goal, fairness }))
    };
    assert_eq!(leads(|_, state| *state == 3, "").name(), "holds");
    assert_eq!(leads(|_, state| *state == 0, "").name(), "violated");
    assert_eq!(leads(|_, state| *state == 2, "WF(a),SF(b)").name(), "holds");
    let verdict = leads(|_, state| *state == 2, "WF(all)");
    assert_eq!(verdict.witness().unwrap().lasso_from, Some(2), "0 1 2, then 1 2 forever");
}

#[test]
fn what_must_stay_possible_is_lost_where_no_way_leads_back() {
    let graph = Digraph::new(&[(0, 0, 1), (0, 0, 2), (2, 0, 3), (3, 0, 2)], &[1]);
    let possible = |given: Condition<Digraph>| {
        let goal = |graph: &Digraph, state: &u32| graph.goal.contains(state);
        graph.answer(Claim::required("possible", ClaimKind::PossibleFromEverywhere { given, goal }))
    };
    let Verdict::Violated(violation) = possible(|_, _| true) else {
        panic!("2 and 3 never come back");
    };
    assert_eq!(violation.states, Some(2));
    assert_eq!(violation.witness.unwrap().steps, vec![((0, 2), 2)]);
    assert_eq!(possible(|_, state| *state < 2).name(), "holds");
}

#[test]
fn a_state_that_comes_too_early_is_found_and_deep_ones_need_not_be_seen() {
    let graph = Digraph::new(&[(0, 0, 1), (1, 0, 2), (0, 0, 2), (2, 0, 3), (3, 0, 4)], &[]);
    fn claim(earliest: fn(&Digraph, &u32) -> u32) -> Claim<Digraph> {
        Claim::required("not before", ClaimKind::NotBefore { earliest, horizon: 2 })
    }
    let verdict = graph.answer(claim(|_, state| if *state == 2 { 2 } else { 0 }));
    assert_eq!(verdict.witness().unwrap().steps, vec![((0, 2), 2)]);
    let spec = Digraph::spec(vec![claim(|_, state| (*state).min(1))]);
    for (depth, name) in [(0, "unknown"), (1, "holds")] {
        let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
        let exploration = search.run(Limits { depth, ..Limits::NONE }, &mut go).unwrap();
        assert_eq!(exploration, Exploration::Bounded(Reason::Depth));
        assert_eq!(search.report(exploration).unwrap().findings[0].verdict.name(), name);
    }
}

/// A ladder of states, wide enough that a search can be cut anywhere.
fn ladder(length: u32) -> Digraph {
    let steps = (0..length).flat_map(|at| [(at, 0, at + 1), (at + 1, 1, at)]);
    Digraph::new(&steps.collect::<Vec<_>>(), &[length])
}

#[test]
fn a_cut_search_names_its_reason_and_proves_nothing() {
    let graph = ladder(40);
    let spec = Spec::of_properties(&graph);
    let cuts = [
        (Limits { states: 10, ..Limits::NONE }, Reason::States, 10),
        (Limits { depth: 7, ..Limits::NONE }, Reason::Depth, 8),
    ];
    for (limits, reason, states) in cuts {
        let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
        let exploration = search.run(limits, &mut go).unwrap();
        let report = search.report(exploration).unwrap();
        assert_eq!((report.exploration, report.states), (Exploration::Bounded(reason), states));
        assert!(report.findings.iter().all(|finding| finding.verdict.name() == "unknown"));
        let exploration = search.run(Limits::NONE, &mut go).unwrap();
        let report = search.report(exploration).unwrap();
        assert_eq!((exploration, report.states), (Exploration::Exhausted, 41));
        let names: Vec<&str> = report.findings.iter().map(|f| f.verdict.name()).collect();
        assert_eq!(names, ["violated", "holds", "holds"]);
    }
}

#[test]
fn a_search_can_stop_as_soon_as_it_got_there() {
    let graph = Digraph::new(&[(0, 0, 1), (1, 0, 2), (2, 0, 3)], &[1]);
    let spec = Spec::of_properties(&graph);
    let settings = CheckSettings { stop: Stop::Reached("goal once"), ..CheckSettings::default() };
    let report = check(&graph, &spec, settings).unwrap();
    assert_eq!(report.exploration, Exploration::Bounded(Reason::Reached));
    assert_eq!(report.states, 2);
    let names: Vec<&str> = report.findings.iter().map(|f| f.verdict.name()).collect();
    assert_eq!(names, ["violated", "holds", "unknown"]);
    let spec = Digraph::spec(vec![
        Claim::required("near", ClaimKind::Sometimes(|_, state| *state == 1)),
        Claim::required("far", ClaimKind::Sometimes(|_, state| *state == 2)),
    ]);
    for (name, states) in [("near", 2), ("far", 3), ("nowhere", 4)] {
        let settings = CheckSettings { stop: Stop::Reached(name), ..CheckSettings::default() };
        assert_eq!(check(&graph, &spec, settings).unwrap().states, states, "{name}");
    }
}

/// A counter modulo a million, whose transitions do not need writing down.
struct Wheel(u32);

impl Model for Wheel {
    type State = u32;
    type Action = u32;
    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }
    fn actions(&self, _: &u32, actions: &mut Vec<u32>) {
        actions.push(1);
    }
    fn next_state(&self, state: &u32, by: u32) -> Option<u32> {
        Some((state + by) % self.0)
    }
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::eventually("never", |_, _| false)]
    }
}

/// A component of 300 000 states: a recursive search for it overflows the stack.
#[test]
fn a_long_cycle_needs_no_call_stack() {
    let wheel = Wheel(300_000);
    let report = check(&wheel, &Spec::of_properties(&wheel), CheckSettings::default()).unwrap();
    let witness = report.findings[0].verdict.witness().unwrap();
    assert_eq!((witness.lasso_from, witness.steps.len()), (Some(0), 300_000));
}

#[test]
fn the_watch_can_stop_the_search_and_memory_is_a_limit() {
    let wheel = Wheel(1_000_000);
    let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap: None };
    let mut search = Search::new(&wheel, &spec, CheckSettings::default()).unwrap();
    let mut looks = 0;
    let mut stop_at_third = |progress: &SearchProgress| {
        looks += 1;
        assert_eq!(progress.states as u64, progress.generated);
        if looks < 3 { ControlFlow::Continue(()) } else { ControlFlow::Break(Reason::Time) }
    };
    let cut = search.run(Limits::NONE, &mut stop_at_third).unwrap();
    assert_eq!(cut, Exploration::Bounded(Reason::Time));
    let limits = Limits { bytes: 8_000_000, ..Limits::NONE };
    assert_eq!(search.run(limits, &mut go).unwrap(), Exploration::Bounded(Reason::Memory));
    assert!(search.progress().bytes <= limits.bytes, "{} bytes", search.progress().bytes);
    assert_eq!(search.run(Limits::NONE, &mut go).unwrap(), Exploration::Exhausted);
    assert_eq!(search.progress().states, 1_000_000);
}

/// The numbers of generated states at which the watch looks, with a stop at `cut` in between.
fn looks(wheel: &Wheel, cut: usize) -> Vec<u64> {
    let spec = Spec { claims: Vec::new(), classes: Classes::single(), symmetry: None, heap: None };
    let mut search = Search::new(wheel, &spec, CheckSettings::default()).unwrap();
    let mut looks = Vec::new();
    for limits in [Limits { states: cut, ..Limits::NONE }, Limits::NONE] {
        let mut watch = |progress: &SearchProgress| {
            looks.push(progress.generated);
            ControlFlow::Continue(())
        };
        search.run(limits, &mut watch).unwrap();
    }
    looks
}

#[test]
fn the_watch_looks_at_equal_distances_wherever_a_search_was_taken_up() {
    let wheel = Wheel(300_000);
    let whole = looks(&wheel, 1);
    let distance = whole[0];
    let generated = u64::from(wheel.0) + 1;
    let expected: Vec<u64> = (1..=generated / distance).map(|look| look * distance).collect();
    assert_eq!(whole, expected);
    assert!(10_000 < distance, "a look costs a clock");
    for cut in [distance as usize - 1, distance as usize, distance as usize + 1, 200_000] {
        assert_eq!(looks(&wheel, cut), whole, "{cut}");
    }
}

/// A model without a beginning.
struct Nothing;

impl Model for Nothing {
    type State = u32;
    type Action = u32;
    fn init_states(&self) -> Vec<u32> {
        Vec::new()
    }
    fn actions(&self, _: &u32, _: &mut Vec<u32>) {}
    fn next_state(&self, _: &u32, _: u32) -> Option<u32> {
        None
    }
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("all", |_, _| false), Property::sometimes("one", |_, _| true)]
    }
}

#[test]
fn a_model_without_a_beginning_has_no_runs() {
    let report = check(&Nothing, &Spec::of_properties(&Nothing), CheckSettings::default()).unwrap();
    assert_eq!(report.exploration, Exploration::Exhausted);
    assert_eq!((report.states, report.generated, report.depth), (0, 0, 0));
    let names: Vec<&str> = report.findings.iter().map(|f| f.verdict.name()).collect();
    assert_eq!(names, ["holds", "violated"]);
    assert!(report.finding("one").is_some_and(|finding| finding.kind == "sometimes"));
    assert!(report.finding("two").is_none());
}

#[test]
fn a_saved_search_goes_on_as_if_it_had_never_stopped() {
    let graph = ladder(30);
    let spec = Digraph::spec(vec![
        Claim::required("seen", ClaimKind::Sometimes(|_, state| *state == 3)),
        Digraph::eventually("WF(a)"),
        Digraph::eventually("SF(a)"),
    ]);
    let whole = check(&graph, &spec, CheckSettings::default()).unwrap();
    let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
    search.run(Limits { states: 12, ..Limits::NONE }, &mut go).unwrap();
    let mut saved = Vec::new();
    search.save("ladder 30", &mut saved).unwrap();
    let resume = |name: &str, saved: &[u8]| {
        let mut input = saved;
        let mut search = Search::resume(&graph, &spec, CheckSettings::default(), name, &mut input)?;
        let exploration = search.run(Limits::NONE, &mut go)?;
        search.report(exploration)
    };
    let resumed = resume("ladder 30", &saved).unwrap();
    assert_eq!(resumed.exploration, whole.exploration);
    assert_eq!((resumed.states, resumed.generated), (whole.states, whole.generated));
    assert_eq!((resumed.depth, &resumed.coverage), (whole.depth, &whole.coverage));
    for (resumed, whole) in resumed.findings.iter().zip(&whole.findings) {
        assert_eq!(resumed.verdict.name(), whole.verdict.name());
        assert_eq!(resumed.verdict.witness(), whole.verdict.witness());
    }
    assert!(resume("ladder 31", &saved).is_err());
    let text = String::from_utf8(saved).unwrap();
    for damage in 0..text.lines().count() {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.remove(damage);
        assert!(resume("ladder 30", lines.join("\n").as_bytes()).is_err(), "line {damage}");
    }
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        let mut damaged = text.clone().into_bytes();
        damaged[at] = if byte == b'9' { b'0' } else { byte + 1 };
        assert!(resume("ladder 30", &damaged).is_err(), "byte {at}");
    }
    let newer = text.replacen("\"checkpoint\":1", "\"checkpoint\":2,\"more\":0", 1);
    let refusal = resume("ladder 30", newer.as_bytes()).err().unwrap().to_string();
    assert!(refusal.contains("another version"), "{refusal}");
}

#[test]
fn exports_say_what_they_left_out() {
    let graph = ladder(4);
    let spec = Digraph::spec(Vec::new());
    let settings = CheckSettings { edges: KeepEdges::Always, ..CheckSettings::default() };
    let mut search = Search::new(&graph, &spec, settings).unwrap();
    search.run(Limits::NONE, &mut go).unwrap();
    let mut dot = Vec::new();
    assert_eq!(search.write_dot(&mut dot, 3).unwrap(), Exported { states: 3, left_out: 2 });
    let dot = String::from_utf8(dot).unwrap();
    assert!(dot.contains("cut: 2 states are left out"), "{dot}");
    assert_eq!(dot.matches("->").count(), 4, "{dot}");
    let mut lines = Vec::new();
    search.write_json_lines(&mut lines, 5).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last, serde_json::json!({"states": 5, "left_out": 0}));
    let second: serde_json::Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
    let expected = serde_json::json!(
        {"state": 1, "depth": 1, "text": "1", "expanded": true, "to": [[0, "b"], [2, "a"]]}
    );
    assert_eq!(second, expected);
}

#[test]
fn an_unknown_class_is_refused_with_the_known_ones() {
    let graph = ladder(2);
    let spec = Digraph::spec(vec![Digraph::eventually("WF(join)")]);
    let refusal = Search::new(&graph, &spec, CheckSettings::default()).err().unwrap().to_string();
    assert!(refusal.contains("join") && refusal.contains("a, b"), "{refusal}");
    for text in ["WF", "XF(a)", "WF()", "WF(a", "a"] {
        assert!(Fairness::parse(text).is_err(), "{text}");
    }
}

#[test]
fn actions_that_never_happen_are_reported() {
    let report = check(&ladder(2), &Digraph::spec(Vec::new()), CheckSettings::default()).unwrap();
    assert_eq!(report.coverage, [("a".into(), 2), ("b".into(), 2)]);
    let one_way = Digraph::new(&[(0, 0, 1)], &[]);
    let report = check(&one_way, &Digraph::spec(Vec::new()), CheckSettings::default()).unwrap();
    assert_eq!(report.never_taken().collect::<Vec<_>>(), ["b"]);
}

/// A model whose answers depend on how often it was asked.
struct Fickle(std::cell::Cell<u32>);

impl Model for Fickle {
    type State = u32;
    type Action = ();
    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }
    fn actions(&self, state: &u32, actions: &mut Vec<()>) {
        if *state == 0 {
            actions.push(());
        }
    }
    fn next_state(&self, _: &u32, (): ()) -> Option<u32> {
        self.0.set(self.0.get() + 1);
        Some(self.0.get())
    }
    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::sometimes("one", |_, state| *state == 1)]
    }
}

#[test]
fn a_witness_that_does_not_repeat_is_not_shown() {
    let fickle = Fickle(0.into());
    let report = check(&fickle, &Spec::of_properties(&fickle), CheckSettings::default());
    assert!(matches!(report, Err(CheckError::NotDeterministic { .. })));
}

/// All strongly connected sets of states that avoid the goal and that a fair run can stay in, by
/// trying every set: an independent decision of what components are refined for.
fn fair_set_exists(graph: &Digraph, obligations: &[(Strength, u8)]) -> bool {
    let moves: Vec<_> = graph.transitions.iter().filter(|(from, _, to)| from != to).collect();
    let closure = |allowed: &dyn Fn(u32) -> bool, start: u32| {
        let mut reached = BTreeSet::from([start]);
        while let Some(&&(_, _, to)) = moves
            .iter()
            .find(|(from, _, to)| reached.contains(from) && allowed(*to) && !reached.contains(to))
        {
            reached.insert(to);
        }
        reached
    };
    if graph.goal.contains(&0) {
        return false;
    }
    let reachable = closure(&|state| !graph.goal.contains(&state), 0);
    (1u32..1 << graph.states).any(|set| {
        let inside = |state: u32| set >> state & 1 == 1;
        let members: BTreeSet<u32> = (0..graph.states).filter(|&state| inside(state)).collect();
        members.is_subset(&reachable)
            && members.iter().all(|&state| closure(&inside, state) == members)
            && obligations.iter().all(|&(strength, class)| {
                let of = || moves.iter().filter(move |(_, of, _)| *of == class);
                let taken = of().any(|&&(from, _, to)| inside(from) && inside(to));
                let enabled = |state: u32| of().any(|&&(from, _, _)| from == state);
                taken
                    || match strength {
                        Strength::Weak => members.iter().any(|&state| !enabled(state)),
                        Strength::Strong => !members.iter().any(|&state| enabled(state)),
                    }
            })
    })
}

prop_compose! {
    fn digraphs()(
        states in 1u32..7,
        raw in prop::collection::vec((0u32..7, 0u8..2, 0u32..7), 0..14),
        goal in prop::collection::btree_set(0u32..7, 0..3),
    ) -> Digraph {
        let transitions =
            raw.into_iter().map(|(from, class, to)| (from % states, class, to % states)).collect();
        Digraph { states, transitions, goal }
    }
}

fn strengths() -> impl Strategy<Value = Vec<(Strength, u8)>> {
    let strength = prop_oneof![Just(Strength::Weak), Just(Strength::Strong)];
    prop::collection::vec((strength, 0u8..2), 0..4)
}

proptest! {
    #[test]
    fn fair_lassos_exist_exactly_where_every_set_was_tried(
        graph in digraphs(),
        assumed in strengths(),
    ) {
        let named = |&(strength, class): &(Strength, u8)| {
            (strength, FAMILIES[usize::from(class)].to_string())
        };
        let fairness = Fairness(assumed.iter().map(named).collect());
        let goal = |graph: &Digraph, state: &u32| graph.goal.contains(state);
        let claim = Claim::required("eventually", ClaimKind::Eventually { goal, fairness });
        let violated = graph.answer(claim).name() == "violated";
        prop_assert_eq!(violated, fair_set_exists(&graph, &assumed));
    }

    #[test]
    fn counts_and_answers_are_those_of_stateright(graph in digraphs()) {
        let theirs = graph.clone().checker().spawn_dfs().join();
        let ours = check(&graph, &Spec::of_properties(&graph), CheckSettings::default()).unwrap();
        prop_assert_eq!(ours.states, theirs.unique_state_count());
        prop_assert_eq!(ours.generated, theirs.state_count() as u64);
        let reached = theirs.discovery("goal once").is_some();
        prop_assert_eq!(ours.findings[1].verdict.name() == "holds", reached);
        prop_assert_eq!(ours.findings[0].verdict.name() == "violated", reached);
    }

    #[test]
    fn witnesses_are_shortest(graph in digraphs()) {
        let mut distance = [u32::MAX; 7];
        distance[0] = 0;
        for _ in 0..7 {
            for &(from, _, to) in &graph.transitions {
                let longer = distance[from as usize].saturating_add(1);
                distance[to as usize] = distance[to as usize].min(longer);
            }
        }
        let nearest = graph.goal.iter().map(|&state| distance[state as usize]).min();
        let nearest = nearest.filter(|&steps| steps != u32::MAX);
        let report = check(&graph, &Spec::of_properties(&graph), CheckSettings::default()).unwrap();
        let steps = report.findings[1].verdict.witness().map(|w| w.steps.len() as u32);
        prop_assert_eq!(steps, nearest);
        let reached = distance.into_iter().filter(|&steps| steps != u32::MAX);
        prop_assert_eq!(Some(report.depth), reached.max());
    }
}
