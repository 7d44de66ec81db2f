//! Liveness against a search that knows no components: every closed walk, one by one.
//!
//! A walk matters to fairness by three sets of classes only: those that it takes, those that were
//! disabled somewhere on it, those that were enabled somewhere on it. The sets grow along the walk,
//! so the walks that close are found in the product of states and sets.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use proptest::prelude::*;
use stateright::Model;

use super::super::*;

const FAMILIES: [&str; 3] = ["a", "b", "c"];
const STATES: u32 = 7;

/// A graph with several starts, and states where something is owed or met.
#[derive(Clone, Debug)]
struct Owing {
    starts: Vec<u32>,
    transitions: Vec<(u32, u8, u32)>,
    from: BTreeSet<u32>,
    goal: BTreeSet<u32>,
}

impl Model for Owing {
    type State = u32;
    type Action = (u8, u32);

    fn init_states(&self) -> Vec<u32> {
        self.starts.clone()
    }

    fn actions(&self, state: &u32, actions: &mut Vec<(u8, u32)>) {
        let out = self.transitions.iter().filter(|(from, _, _)| from == state);
        actions.extend(out.map(|&(_, class, to)| (class, to)));
    }

    fn next_state(&self, _: &u32, (_, to): (u8, u32)) -> Option<u32> {
        Some(to)
    }
}

/// An assumption: its strength and the classes that it speaks of together, one bit each.
type Assumed = (Strength, u8);

/// What a walk has shown: classes taken, disabled somewhere, enabled somewhere.
type Shown = (u8, u8, u8);

impl Owing {
    fn moves(&self, state: u32) -> impl Iterator<Item = (u8, u32)> + '_ {
        let out =
            self.transitions.iter().filter(move |&&(from, _, to)| from == state && to != from);
        out.map(|&(_, class, to)| (class, to))
    }

    fn reach(&self, starts: impl IntoIterator<Item = u32>, avoid: &BTreeSet<u32>) -> BTreeSet<u32> {
        let mut open: Vec<u32> = starts.into_iter().filter(|at| !avoid.contains(at)).collect();
        let mut reached = BTreeSet::new();
        while let Some(at) = open.pop() {
            if reached.insert(at) {
                open.extend(self.moves(at).map(|(_, to)| to).filter(|to| !avoid.contains(to)));
            }
        }
        reached
    }

    /// The sets after a visit: bit i of an assumption's set is assumption i.
    fn visit(&self, at: u32, assumed: &[Assumed], (taken, disabled, enabled): Shown) -> Shown {
        let (mut disabled, mut enabled) = (disabled, enabled);
        for (bit, &(_, classes)) in assumed.iter().enumerate() {
            match self.moves(at).any(|(class, _)| classes >> class & 1 == 1) {
                true => enabled |= 1 << bit,
                false => disabled |= 1 << bit,
            }
        }
        (taken, disabled, enabled)
    }

    /// Whether some closed walk from `start` outside of the goal meets every assumption.
    fn closes_fairly(&self, start: u32, assumed: &[Assumed]) -> bool {
        let first = (start, self.visit(start, assumed, (0, 0, 0)));
        let mut seen = BTreeSet::new();
        let mut open = vec![first];
        while let Some((at, shown)) = open.pop() {
            if !seen.insert((at, shown)) {
                continue;
            }
            let fair = |(bit, &(strength, _)): (usize, &Assumed)| {
                let (taken, disabled, enabled) = shown;
                taken >> bit & 1 == 1
                    || match strength {
                        Strength::Weak => disabled >> bit & 1 == 1,
                        Strength::Strong => enabled >> bit & 1 == 0,
                    }
            };
            if at == start && assumed.iter().enumerate().all(fair) {
                return true;
            }
            for (class, to) in self.moves(at).filter(|(_, to)| !self.goal.contains(to)) {
                let (mut taken, disabled, enabled) = shown;
                for (bit, &(_, classes)) in assumed.iter().enumerate() {
                    taken |= (classes >> class & 1) << bit;
                }
                open.push((to, self.visit(to, assumed, (taken, disabled, enabled))));
            }
        }
        false
    }

    /// Whether a fair run owes the goal from one of `owing` and never gets there.
    fn fails(&self, owing: BTreeSet<u32>, assumed: &[Assumed]) -> bool {
        let avoiding = self.reach(owing, &self.goal);
        avoiding.into_iter().any(|start| self.closes_fairly(start, assumed))
    }

    /// How many steps outside of the goal lead to a fair closed walk, from a start.
    fn steps_to_failure(&self, assumed: &[Assumed]) -> Option<usize> {
        let outside = |at: &u32| !self.goal.contains(at);
        let mut level: BTreeSet<u32> = self.starts.iter().copied().filter(outside).collect();
        for steps in 0..STATES as usize {
            if level.iter().any(|&at| self.closes_fairly(at, assumed)) {
                return Some(steps);
            }
            let next = level.iter().flat_map(|&at| self.moves(at)).map(|(_, to)| to);
            level = next.filter(outside).collect();
        }
        None
    }

    fn spec(&self, fairness: &Fairness) -> Spec<Owing> {
        let goal: Condition<Owing> = |graph, state| graph.goal.contains(state);
        let from: Condition<Owing> = |graph, state| graph.from.contains(state);
        let all = FAMILIES.map(|family| Class { family, label: family.into() }).to_vec();
        let claims = vec![
            Claim::required(
                "eventually",
                ClaimKind::Eventually { goal, fairness: fairness.clone() },
            ),
            Claim::required("leads", ClaimKind::LeadsTo { from, goal, fairness: fairness.clone() }),
            Claim::required("possible", ClaimKind::PossibleFromEverywhere { given: from, goal }),
            Claim::required("stuck", ClaimKind::NeverStuck { unless: goal }),
        ];
        let classes = Classes { all, of: |_, action: &(u8, u32)| usize::from(action.0) };
        Spec { claims, classes, symmetry: None, heap: None }
    }
}

fn names(report: &Report<Owing>) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.verdict.name()).collect()
}

fn graph_of(search: &Search<'_, Owing>) -> String {
    let mut lines = Vec::new();
    search.write_json_lines(&mut lines, usize::MAX).unwrap();
    String::from_utf8(lines).unwrap()
}

/// What the assumptions are called.
fn fairness(assumed: &[(Strength, usize)]) -> Fairness {
    let names = [FAMILIES[0], FAMILIES[1], FAMILIES[2], ALL_CLASSES, ANY_STEP];
    let named = |&(strength, name): &(Strength, usize)| (strength, names[name].to_string());
    Fairness(assumed.iter().map(named).collect())
}

prop_compose! {
    fn graphs()(
        starts in prop::collection::vec(0..STATES, 1..3),
        transitions in prop::collection::vec((0..STATES, 0u8..3, 0..STATES), 0..18),
        from in prop::collection::btree_set(0..STATES, 0..4),
        goal in prop::collection::btree_set(0..STATES, 0..3),
    ) -> Owing {
        Owing { starts, transitions, from, goal }
    }
}

/// Up to three assumptions: of one class, of each class by itself, or of any step.
fn assumptions() -> impl Strategy<Value = Vec<(Strength, usize)>> {
    let strength = prop_oneof![Just(Strength::Weak), Just(Strength::Strong)];
    prop::collection::vec((strength, 0usize..5), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_closed_walk_decides_the_same(graph in graphs(), assumed in assumptions()) {
        let sets: Vec<Assumed> = assumed.iter().flat_map(|&(strength, name)| match name {
            3 => vec![(strength, 1), (strength, 2), (strength, 4)],
            4 => vec![(strength, 7)],
            class => vec![(strength, 1 << class)],
        }).take(8).collect();
        prop_assume!(sets.len() < 8);
        let reachable = graph.reach(graph.starts.iter().copied(), &BTreeSet::new());
        let owing = reachable.intersection(&graph.from).copied().collect();
        let said = |violated: bool| if violated { "violated" } else { "holds" };
        let doomed = |&at: &u32| {
            graph.reach([at], &BTreeSet::new()).is_disjoint(&graph.goal)
        };
        let stuck = |&at: &u32| !graph.goal.contains(&at) && graph.moves(at).next().is_none();
        let expected = vec![
            said(graph.fails(graph.starts.iter().copied().collect(), &sets)),
            said(graph.fails(owing, &sets)),
            said(reachable.intersection(&graph.from).any(doomed)),
            said(reachable.iter().any(stuck)),
        ];
        let spec = graph.spec(&fairness(&assumed));
        let report = check(&graph, &spec, CheckSettings::default()).unwrap();
        prop_assert_eq!(names(&report), expected);
        let lasso = report.findings[0].verdict.witness().and_then(|witness| witness.lasso_from);
        prop_assert_eq!(lasso, graph.steps_to_failure(&sets), "the nearest cycle is shown");
    }

    /// Wherever a search is cut, what it says then is not denied by what it says in the end; and
    /// saved there and taken up again, it knows the same graph.
    #[test]
    fn what_a_cut_search_says_stands(graph in graphs(), assumed in assumptions()) {
        let spec = graph.spec(&fairness(&assumed));
        let mut whole = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
        let mut go = |_: &SearchProgress| ControlFlow::Continue(());
        let end = whole.run(Limits::NONE, &mut go).unwrap();
        let last = names(&whole.report(end).unwrap());
        for states in 1..=STATES as usize {
            let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
            let cut = search.run(Limits { states, ..Limits::NONE }, &mut go).unwrap();
            for (said, last) in names(&search.report(cut).unwrap()).into_iter().zip(&last) {
                let open = cut != Exploration::Exhausted && said == "unknown";
                prop_assert!(open || said == *last, "{} states: {} {}", states, said, last);
                prop_assert!(open || cut == Exploration::Exhausted || said == "violated");
            }
            let mut saved = Vec::new();
            search.save("owing", &mut saved).unwrap();
            let (mut input, settings) = (saved.as_slice(), CheckSettings::default());
            let mut again = Search::resume(&graph, &spec, settings, "owing", &mut input).unwrap();
            prop_assert_eq!(graph_of(&again), graph_of(&search));
            again.run(Limits::NONE, &mut go).unwrap();
            prop_assert_eq!(graph_of(&again), graph_of(&whole));
        }
    }
}

#[test]
fn a_lasso_is_no_longer_than_fairness_asks() {
    let graph = Owing {
        starts: vec![0],
        transitions: vec![(0, 0, 1), (1, 0, 0), (1, 1, 2), (2, 1, 1)],
        from: BTreeSet::new(),
        goal: BTreeSet::new(),
    };
    // b is disabled in 0, and c everywhere; a is not, so it has to be taken.
    let cases = [("WF(b),SF(c)", 0), ("WF(a)", 2), ("WF(a),WF(b)", 2), ("SF(b)", 4)];
    for (assumed, steps) in cases {
        let spec = graph.spec(&Fairness::parse(assumed).unwrap());
        let report = check(&graph, &spec, CheckSettings::default()).unwrap();
        let witness = report.findings[0].verdict.witness().unwrap();
        assert_eq!((witness.lasso_from, witness.steps.len()), (Some(0), steps), "{assumed}");
    }
}
