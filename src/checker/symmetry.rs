//! Tests a declared symmetry and refuses a wrong one.
//!
//! A quotient is sound only if no claim and no transition tells the permuted parts apart. That is
//! tested on states that the search meets: densely at its start, then on every 64th. A test is no
//! proof: a claim that differs on untested states only is not caught. It never changes a state of
//! the search.

use super::claim::{ClaimKind, Condition, Explorable, Spec, Symmetry};
use super::error::CheckError;
use super::hash::{fold, hash_of};

/// Every state below this index is inspected.
const DENSE: u32 = 4096;
/// Beyond, every state whose index this divides.
const STRIDE: u32 = 64;
/// How many generators make up a random permutation.
const WALK: u64 = 8;

/// The test of a symmetry.
#[derive(Clone, Copy)]
pub(super) struct Inspection(());

impl Inspection {
    /// Refuses what can be refused without a state.
    pub(super) fn new<M: Explorable>(spec: &Spec<M>) -> Result<Self, CheckError> {
        if spec.symmetry.is_none() {
            return Err(CheckError::NoSymmetry);
        }
        let fair = spec
            .claims
            .iter()
            .find(|claim| claim.kind.fairness().is_some_and(|fairness| !fairness.0.is_empty()));
        match fair {
            Some(claim) => Err(CheckError::FairnessInQuotient { claim: claim.name }),
            None => Ok(Inspection(())),
        }
    }

    /// Compares a state with its images under every generator and under one random permutation.
    pub(super) fn examine<M: Explorable>(
        &self,
        model: &M,
        spec: &Spec<M>,
        state: &M::State,
        at: u32,
    ) -> Result<(), CheckError> {
        let Some(symmetry) = &spec.symmetry else {
            return Ok(());
        };
        if DENSE <= at && !at.is_multiple_of(STRIDE) {
            return Ok(());
        }
        let successors = orbits_after(model, symmetry, state);
        let compare = Comparison { model, spec, symmetry, state, successors: &successors };
        for (generator, name) in symmetry.generators.iter().enumerate() {
            compare.with(&(symmetry.permute)(model, generator, state), name)?;
        }
        let generators = symmetry.generators.len() as u64;
        if generators == 0 {
            return Ok(());
        }
        let mut image = state.clone();
        let mut bits = hash_of(state);
        for step in 0..WALK {
            bits = fold(bits ^ step, 0x9e37_79b9_7f4a_7c15);
            image = (symmetry.permute)(model, (bits % generators) as usize, &image);
        }
        compare.with(&image, "a product of generators")
    }
}

/// The set of the orbits of all successors: how often a model offers one makes no difference.
fn orbits_after<M: Explorable>(model: &M, symmetry: &Symmetry<M>, state: &M::State) -> Vec<u64> {
    let mut actions = Vec::new();
    model.actions(state, &mut actions);
    let mut orbits: Vec<u64> = actions
        .into_iter()
        .filter_map(|action| model.next_state(state, action))
        .filter(|next| model.within_boundary(next))
        .map(|next| hash_of(&(symmetry.canonical)(model, &next)))
        .collect();
    orbits.sort_unstable();
    orbits.dedup();
    orbits
}

struct Comparison<'a, M: Explorable> {
    model: &'a M,
    spec: &'a Spec<M>,
    symmetry: &'a Symmetry<M>,
    state: &'a M::State,
    successors: &'a [u64],
}

impl<M: Explorable> Comparison<'_, M> {
    fn with(&self, image: &M::State, generator: &str) -> Result<(), CheckError> {
        let refuse = |what: String| {
            Err(CheckError::Asymmetric {
                what,
                generator: generator.into(),
                state: format!("{:?}", self.state),
            })
        };
        let canonical = self.symmetry.canonical;
        if canonical(self.model, image) != canonical(self.model, self.state) {
            return refuse("the canonical form".into());
        }
        for claim in &self.spec.claims {
            if !self.agree(&claim.kind, image) {
                return refuse(format!("claim {:?}", claim.name));
            }
        }
        if orbits_after(self.model, self.symmetry, image) != self.successors {
            return refuse("the set of next steps".into());
        }
        Ok(())
    }

    fn agree(&self, kind: &ClaimKind<M>, image: &M::State) -> bool {
        let same = |condition: &Condition<M>| {
            condition(self.model, self.state) == condition(self.model, image)
        };
        match kind {
            ClaimKind::Always(condition) | ClaimKind::Sometimes(condition) => same(condition),
            ClaimKind::NotBefore { earliest, .. } => {
                earliest(self.model, self.state) == earliest(self.model, image)
            }
            ClaimKind::PossibleFromEverywhere { given, goal } => same(given) && same(goal),
            ClaimKind::Eventually { goal, .. } => same(goal),
            ClaimKind::LeadsTo { from, goal, .. } => same(from) && same(goal),
            ClaimKind::NeverStuck { unless } => same(unless),
        }
    }
}
