//! Liveness against a search that knows no components: every closed walk, one by one.
//!
//! A walk matters to fairness by three sets of classes only: those that it takes, those that were
//! disabled somewhere on it, those that were enabled somewhere on it. The sets grow along the walk,
//! so the walks that close are found in the product of states and sets.

use std::collections::BTreeSet;

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

    fn verdicts(&self, fairness: &Fairness) -> Vec<&'static str> {
        let goal: Condition<Owing> = |graph, state| graph.goal.contains(state);
        let from: Condition<Owing> = |graph, state| graph.from.contains(state);
        let all = FAMILIES.map(|family| Class { family, label: family.into() }).to_vec();
        let claims = vec![
            Claim::required("eventually", Kind::Eventually { goal, fairness: fairness.clone() }),
            Claim::required("leads", Kind::LeadsTo { from, goal, fairness: fairness.clone() }),
            Claim::required("possible", Kind::PossibleFromEverywhere { given: from, goal }),
            Claim::required("stuck", Kind::NeverStuck { unless: goal }),
        ];
        let classes = Classes { all, of: |_, action: &(u8, u32)| usize::from(action.0) };
        let spec = Spec { claims, classes, symmetry: None };
        let report = check(self, &spec, Settings::default()).unwrap();
        report.findings.iter().map(|finding| finding.verdict.name()).collect()
    }
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
        let names = [FAMILIES[0], FAMILIES[1], FAMILIES[2], ALL_CLASSES, ANY_STEP];
        let named = |&(strength, name): &(Strength, usize)| (strength, names[name].to_string());
        let fairness = Fairness(assumed.iter().map(named).collect());
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
        prop_assert_eq!(graph.verdicts(&fairness), expected);
    }
}
