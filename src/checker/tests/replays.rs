//! What the graph says of a lasso is believed only if the model says the same.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::liveness::{FairLasso, obligations};
use super::*;

const A: u16 = 0;
const B: u16 = 1;

/// What becomes of a lasso: the number of its steps, or why it is none.
fn replayed(
    stem: &[u32],
    cycle: &[(u32, u16)],
    fairness: &str,
    goal: u32,
) -> Result<usize, String> {
    let graph = Digraph::new(&[(0, 0, 1), (1, 1, 2), (2, 1, 1), (2, 0, 3), (3, 0, 3)], &[]);
    let spec = Digraph::spec(Vec::new());
    let mut search = Search::new(&graph, &spec, CheckSettings::default()).unwrap();
    search.run(Limits::NONE, &mut go).unwrap();
    let lasso = FairLasso { stem: stem.to_vec(), cycle: cycle.to_vec() };
    let obligations = obligations(&Fairness::parse(fairness).unwrap(), &spec.classes.all);
    let replay = || search.witness_of(&lasso, &obligations, &|state| *state != goal);
    match catch_unwind(AssertUnwindSafe(replay)) {
        Ok(Ok(witness)) => Ok(witness.steps.len()),
        Ok(Err(fault)) => Err(fault.to_string()),
        Err(panic) => Err(match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
        }),
    }
}

#[track_caller]
fn is_refused(stem: &[u32], cycle: &[(u32, u16)], fairness: &str, goal: u32, why: &str) {
    let refusal = replayed(stem, cycle, fairness, goal).unwrap_err();
    assert!(refusal.contains(why), "{refusal}");
}

const CLOSED: [(u32, u16); 2] = [(2, B), (1, B)];
const NOWHERE: u32 = 9;

#[test]
fn a_lasso_that_is_fair_is_shown() {
    assert_eq!(replayed(&[0, 1], &CLOSED, "WF(b),WF(a)", NOWHERE), Ok(3));
    assert_eq!(replayed(&[0, 1], &[], "WF(a),SF(a)", NOWHERE), Ok(1), "a is disabled in 1");
    // The step from 3 to itself is none.
    assert_eq!(replayed(&[0, 1, 2, 3], &[], "SF(a),SF(b)", NOWHERE), Ok(3));
}

#[test]
fn a_cycle_that_does_not_close_is_none() {
    is_refused(&[0, 1], &CLOSED[..1], "", NOWHERE, "a cycle ends where it starts");
    is_refused(&[0, 1], &[(3, A)], "", NOWHERE, "no action leads to 3");
    is_refused(&[0, 1], &[(2, A), (1, B)], "", NOWHERE, "no action leads to 2");
    is_refused(&[0, 2], &[], "", NOWHERE, "no action leads to 2");
}

#[test]
fn a_cycle_that_is_not_fair_is_none() {
    let unfair = "a lasso meets every assumption of fairness";
    is_refused(&[0, 1], &CLOSED, "SF(a)", NOWHERE, unfair);
    is_refused(&[0, 1, 2], &[], "WF(a)", NOWHERE, unfair);
    is_refused(&[0, 1, 2], &[], "WF(b)", NOWHERE, unfair);
    is_refused(&[0, 1], &[], "WF(any)", NOWHERE, unfair);
}

/// It is owed from the first state of the stem; what led there does not matter.
#[test]
fn a_lasso_that_reaches_the_goal_is_none() {
    let reached = "a lasso never reaches the goal";
    is_refused(&[0, 1], &CLOSED, "", 0, reached);
    is_refused(&[0, 1], &CLOSED, "", 2, reached);
    is_refused(&[1], &[], "", 1, reached);
    assert_eq!(replayed(&[1], &CLOSED, "", 0), Ok(3));
}

/// Leads to 1 when it is asked twice, and elsewhere from then on.
struct Wavering(Cell<u32>);

impl Model for Wavering {
    type State = u32;
    type Action = ();
    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }
    fn actions(&self, state: &u32, actions: &mut Vec<()>) {
        actions.extend((*state == 0).then_some(()));
    }
    fn next_state(&self, _: &u32, (): ()) -> Option<u32> {
        self.0.set(self.0.get() + 1);
        Some(if self.0.get() <= 2 { 1 } else { 2 })
    }
}

#[test]
fn a_lasso_that_does_not_repeat_is_not_shown() {
    let wavering = Wavering(0.into());
    let goal = |_: &Wavering, _: &u32| false;
    let claim = ClaimKind::Eventually { goal, fairness: Fairness::progress() };
    let claims = vec![Claim::required("never", claim)];
    let spec = Spec { claims, classes: Classes::single(), symmetry: None, heap: None };
    // The search asks once and the witness once; the replay gets another answer.
    let report = check(&wavering, &spec, CheckSettings::default());
    assert!(matches!(report, Err(CheckError::NotDeterministic { .. })));
    assert_eq!(wavering.0.get(), 3);
}
