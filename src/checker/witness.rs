//! Witnesses: runs that are replayed through the model before they are reported.
//!
//! The search remembers indices; a witness is what the model itself does when it is run again.
//! Under a symmetry the search knows orbits only, and the witness is a run of real states through
//! them.

use super::claim::{Explorable, Strength};
use super::error::CheckError;
use super::liveness::{FairLasso, Obligation};
use super::search::Search;

/// A run of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness<S, A> {
    /// Where it starts.
    pub start: S,
    /// What happens, and the state after it.
    pub steps: Vec<(A, S)>,
    /// For a run that never ends: how many steps lead to the state that it comes back to. The steps
    /// from there on repeat forever; if there are none, it stays in that state.
    pub lasso_from: Option<usize>,
}

/// The witness of a model.
pub type WitnessOf<M> = Witness<<M as stateright::Model>::State, <M as stateright::Model>::Action>;

impl<S, A> Witness<S, A> {
    /// The last state.
    pub fn end(&self) -> &S {
        self.steps.last().map_or(&self.start, |(_, state)| state)
    }
}

impl<M: Explorable> Search<'_, M> {
    /// The shortest run to a state.
    pub(super) fn witness_to(&self, at: u32) -> Result<WitnessOf<M>, CheckError> {
        self.along(&self.store.path_to(at))
    }

    /// The run to a lasso and once around it, judged again by the model alone.
    pub(super) fn witness_of(
        &self,
        lasso: &FairLasso,
        obligations: &[Obligation],
        avoids: &dyn Fn(&M::State) -> bool,
    ) -> Result<WitnessOf<M>, CheckError> {
        let root = lasso.stem.first().copied().unwrap_or(0);
        let mut path = self.store.path_to(root);
        let owed_from = path.len() - 1;
        path.extend(lasso.stem.iter().skip(1));
        let mut witness = self.along(&path)?;
        let from = witness.steps.len();
        for &(to, class) in &lasso.cycle {
            let step = self.step(witness.end(), to, Some(class))?;
            witness.steps.push(step);
        }
        witness.lasso_from = Some(from);
        self.replay(&witness, from, owed_from, obligations, avoids)?;
        Ok(witness)
    }

    fn along(&self, path: &[u32]) -> Result<WitnessOf<M>, CheckError> {
        let first = path.first().copied().unwrap_or(0);
        let starts = self.model.init_states().into_iter();
        let start = starts
            .filter(|state| self.model.within_boundary(state))
            .find(|state| {
                self.expander.represent(state.clone()) == self.store.states[first as usize]
            })
            .ok_or_else(|| self.lost("the start".into(), first))?;
        let mut witness = Witness { start, steps: Vec::new(), lasso_from: None };
        for &to in path.iter().skip(1) {
            let step = self.step(witness.end(), to, None)?;
            witness.steps.push(step);
        }
        Ok(witness)
    }

    fn lost(&self, state: String, to: u32) -> CheckError {
        CheckError::NotDeterministic {
            state,
            expected: format!("{:?}", self.store.states[to as usize]),
        }
    }

    /// The first action, of that class if one is given, that leads from `state` to the stored one.
    fn step(
        &self,
        state: &M::State,
        to: u32,
        class: Option<u16>,
    ) -> Result<(M::Action, M::State), CheckError> {
        let expected = &self.store.states[to as usize];
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        for action in actions {
            let of = (self.spec.classes.of)(self.model, &action);
            if class.is_some_and(|class| usize::from(class) != of) {
                continue;
            }
            if let Some(next) = self.model.next_state(state, action.clone())
                && self.model.within_boundary(&next)
                && self.expander.represent(next.clone()) == *expected
            {
                return Ok((action, next));
            }
        }
        Err(self.lost(format!("{state:?}"), to))
    }

    /// Runs a lasso from its start: every state avoids the goal from where it is owed, the cycle
    /// that begins after `from` steps closes, and every assumption of fairness is met. Nothing of
    /// the graph is used.
    fn replay(
        &self,
        witness: &WitnessOf<M>,
        from: usize,
        owed_from: usize,
        obligations: &[Obligation],
        avoids: &dyn Fn(&M::State) -> bool,
    ) -> Result<(), CheckError> {
        let mut states = vec![&witness.start];
        let mut classes = Vec::new();
        for (action, expected) in &witness.steps {
            let before = states[states.len() - 1];
            classes.push((self.spec.classes.of)(self.model, action));
            let again = self.model.next_state(before, action.clone());
            if again.as_ref() != Some(expected) {
                return Err(CheckError::NotDeterministic {
                    state: format!("{before:?}"),
                    expected: format!("{expected:?}"),
                });
            }
            states.push(expected);
        }
        assert_eq!(states[from], witness.end(), "a cycle ends where it starts");
        assert!(
            states[owed_from..].iter().all(|state| avoids(state)),
            "a lasso never reaches the goal"
        );
        for obligation in obligations {
            let enabled = |state: &&M::State| self.enabled(state, obligation);
            let taken = classes[from..].iter().any(|&c| obligation.actions.contain(c as u16));
            let met = match obligation.strength {
                Strength::Weak => !states[from..].iter().all(enabled),
                Strength::Strong => !states[from..].iter().any(enabled),
            };
            assert!(taken || met, "a lasso meets every assumption of fairness");
        }
        Ok(())
    }

    /// Whether a step that an obligation speaks of is possible and changes something.
    fn enabled(&self, state: &M::State, obligation: &Obligation) -> bool {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        actions.into_iter().any(|action| {
            let class = (self.spec.classes.of)(self.model, &action) as u16;
            obligation.actions.contain(class)
                && self
                    .model
                    .next_state(state, action)
                    .is_some_and(|next| next != *state && self.model.within_boundary(&next))
        })
    }
}
