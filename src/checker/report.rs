//! The answers of a search to its claims.
//!
//! A bounded search never proves: what it did not find is [`Verdict::Unknown`], with the reason.
//! What it did find stands.

use super::claim::{ClaimKind, Condition, Demand, Explorable, Fairness};
use super::error::CheckError;
use super::graph::Edges;
use super::liveness::{Region, fair_lasso, obligations};
use super::search::{Exploration, Quotient, Search};
use super::store::NO_PARENT;
use super::witness::WitnessOf;

/// What a search found.
pub struct Report<M: Explorable> {
    /// Whether everything was seen.
    pub exploration: Exploration,
    /// Whether a state stands for its whole orbit.
    pub quotient: Quotient,
    /// Different states (or orbits).
    pub states: usize,
    /// Initial states and transitions out of every expanded state.
    pub generated: u64,
    /// The most steps that a shortest path to a state has.
    pub depth: u32,
    /// Transitions that the model's boundary cut off.
    pub outside: u64,
    /// Bytes of the tables and of the heap that states own, at the end.
    pub bytes: usize,
    /// How often each class of actions was taken.
    pub coverage: Vec<(String, u64)>,
    /// The answer to every claim.
    pub findings: Vec<Finding<M>>,
}

/// The answer to one claim.
pub struct Finding<M: Explorable> {
    /// Its name.
    pub name: &'static str,
    /// Its form.
    pub kind: &'static str,
    /// What its failure means.
    pub demand: Demand,
    /// The answer.
    pub verdict: Verdict<M>,
}

/// The answer to a claim.
pub enum Verdict<M: Explorable> {
    /// It holds on every run.
    Holds,
    /// A `sometimes`: the shortest run that gets there.
    Reached(WitnessOf<M>),
    /// It does not hold.
    Violated(Violation<M>),
    /// The search ended too early to say.
    Unknown(Exploration),
}

/// The evidence against a claim.
pub struct Violation<M: Explorable> {
    /// The run that shows it; none for a `sometimes` that is unreachable.
    pub witness: Option<WitnessOf<M>>,
    /// How many states (or orbits) violate it, where that is known.
    pub states: Option<u64>,
}

impl<M: Explorable> Verdict<M> {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Holds | Verdict::Reached(_) => "holds",
            Verdict::Violated(_) => "violated",
            Verdict::Unknown(_) => "unknown",
        }
    }

    /// The run that shows it, if there is one.
    pub fn witness(&self) -> Option<&WitnessOf<M>> {
        match self {
            Verdict::Reached(witness) => Some(witness),
            Verdict::Violated(violation) => violation.witness.as_ref(),
            Verdict::Holds | Verdict::Unknown(_) => None,
        }
    }
}

impl<M: Explorable> Report<M> {
    /// The answer to the claim of that name.
    pub fn finding(&self, name: &str) -> Option<&Finding<M>> {
        self.findings.iter().find(|finding| finding.name == name)
    }

    /// The classes of actions that were never taken.
    pub fn never_taken(&self) -> impl Iterator<Item = &str> {
        self.coverage.iter().filter(|(_, taken)| *taken == 0).map(|(label, _)| label.as_str())
    }
}

impl<M: Explorable> Search<'_, M> {
    /// Answers every claim from what was seen so far; `exploration` is what [`Search::run`] said.
    ///
    /// # Errors
    /// A witness that the model does not repeat.
    pub fn report(&self, exploration: Exploration) -> Result<Report<M>, CheckError> {
        let mut findings = Vec::new();
        for at in 0..self.spec.claims.len() {
            let claim = &self.spec.claims[at];
            let verdict = self.answer(at, exploration)?;
            findings.push(Finding {
                name: claim.name,
                kind: claim.kind.name(),
                demand: claim.demand,
                verdict,
            });
        }
        let labels = self.spec.classes.all.iter().map(|class| class.label.clone());
        let last = self.store.len().saturating_sub(1);
        Ok(Report {
            exploration,
            quotient: self.settings.quotient,
            states: self.store.len(),
            generated: self.tally.generated,
            depth: if self.store.len() == 0 { 0 } else { self.depth_of(last as u32) },
            outside: self.tally.outside,
            bytes: self.progress().bytes,
            coverage: labels.zip(self.tally.coverage.iter().copied()).collect(),
            findings,
        })
    }

    fn answer(&self, at: usize, exploration: Exploration) -> Result<Verdict<M>, CheckError> {
        let undecided = match exploration {
            Exploration::Exhausted => Verdict::Holds,
            Exploration::Bounded(_) => Verdict::Unknown(exploration),
        };
        let found = self.found[at].map(|state| self.witness_to(state)).transpose()?;
        Ok(match &self.spec.claims[at].kind {
            ClaimKind::Always(_) | ClaimKind::NeverStuck { .. } => {
                found.map_or(undecided, violated)
            }
            ClaimKind::NotBefore { horizon, .. } => match found {
                Some(witness) => violated(witness),
                // States from the horizon on cannot come too early, and all above have been seen.
                None if *horizon <= self.depth() + 1 => Verdict::Holds,
                None => undecided,
            },
            ClaimKind::Sometimes(_) => match (found, exploration) {
                (Some(witness), _) => Verdict::Reached(witness),
                (None, Exploration::Exhausted) => {
                    Verdict::Violated(Violation { witness: None, states: None })
                }
                (None, Exploration::Bounded(_)) => undecided,
            },
            ClaimKind::PossibleFromEverywhere { given, goal } => {
                self.possible_from_everywhere(*given, *goal)?.unwrap_or(undecided)
            }
            ClaimKind::Eventually { goal, fairness } => {
                let roots = |at: u32| self.store.parents[at as usize] == NO_PARENT;
                self.fair_violation(&roots, *goal, fairness)?.unwrap_or(undecided)
            }
            ClaimKind::LeadsTo { from, goal, fairness } => {
                let states = &self.store.states;
                let roots = |at: u32| from(self.model, &states[at as usize]);
                self.fair_violation(&roots, *goal, fairness)?.unwrap_or(undecided)
            }
        })
    }

    fn kept_edges(&self) -> &Edges {
        self.edges.as_ref().expect("edges are kept when a claim needs them")
    }

    /// Which states satisfy a condition.
    fn marked(&self, condition: Condition<M>) -> Vec<bool> {
        self.store.states.iter().map(|state| condition(self.model, state)).collect()
    }

    /// None when nothing contradicts it. An unexpanded state may lead anywhere, so it counts as if
    /// it were the goal.
    fn possible_from_everywhere(
        &self,
        given: Condition<M>,
        goal: Condition<M>,
    ) -> Result<Option<Verdict<M>>, CheckError> {
        let mut good = self.marked(goal);
        good[self.next..].fill(true);
        let good = self.kept_edges().can_reach(good);
        let doomed =
            |&at: &u32| !good[at as usize] && given(self.model, &self.store.states[at as usize]);
        let mut all = (0..self.store.len() as u32).filter(doomed);
        let Some(first) = all.next() else {
            return Ok(None);
        };
        let states = Some(1 + all.count() as u64);
        let witness = Some(self.witness_to(first)?);
        Ok(Some(Verdict::Violated(Violation { witness, states })))
    }

    fn fair_violation(
        &self,
        owes: &dyn Fn(u32) -> bool,
        goal: Condition<M>,
        fairness: &Fairness,
    ) -> Result<Option<Verdict<M>>, CheckError> {
        let avoids: Vec<bool> =
            self.store.states.iter().map(|state| !goal(self.model, state)).collect();
        let owed = |&at: &u32| avoids[at as usize] && owes(at);
        let roots: Vec<u32> = (0..self.store.len() as u32).filter(owed).collect();
        let region = Region::reach(self.kept_edges(), &roots, &avoids);
        let obligations = obligations(fairness, &self.spec.classes.all);
        let Some(lasso) = fair_lasso(self.kept_edges(), &region, &obligations) else {
            return Ok(None);
        };
        let avoids = |state: &M::State| !goal(self.model, state);
        self.witness_of(&lasso, &obligations, &avoids).map(|witness| Some(violated(witness)))
    }
}

fn violated<M: Explorable>(witness: WitnessOf<M>) -> Verdict<M> {
    Verdict::Violated(Violation { witness: Some(witness), states: None })
}
