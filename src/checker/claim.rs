//! What is claimed of a model, the classes of its actions, its symmetry.
//!
//! A [`Spec`] is data beside the model, so any `stateright::Model` can be checked, also one of
//! another crate. Nothing is explored here.

use std::fmt::{self, Debug};
use std::hash::Hash;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use stateright::{Expectation, Model};

use super::heap::Heap;

/// A model whose states can be stored, compared and shown. Every model with such states and actions
/// is one.
pub trait Explorable: Model<State: Clone + Eq + Hash + Debug, Action: Clone + Debug> {}

impl<M> Explorable for M where M: Model<State: Clone + Eq + Hash + Debug, Action: Clone + Debug> {}

/// A model that brings its own claims.
pub trait Checked: Explorable {
    /// Its claims, action classes and symmetry.
    fn spec(&self) -> Spec<Self>;
}

/// A condition on one state, as stateright writes it.
pub type Condition<M> = fn(&M, &<M as Model>::State) -> bool;

/// The one representative of a state's orbit.
pub type Canonical<M> = fn(&M, &<M as Model>::State) -> <M as Model>::State;

/// The claims to check of a model, and what the search needs to know about it.
pub struct Spec<M: Model> {
    /// The claims to check.
    pub claims: Vec<Claim<M>>,
    /// How actions are grouped, for fairness and coverage.
    pub classes: Classes<M>,
    /// Which states differ only in the names of their parts; None if no symmetry is declared.
    pub symmetry: Option<Symmetry<M>>,
    /// The heap that states own; None if they own none or it is not counted.
    pub heap: Option<Heap<M>>,
}

impl<M: Model> Spec<M> {
    /// The model's own stateright properties; every action in one class, no symmetry. Its
    /// `eventually` becomes [`ClaimKind::Eventually`] with an action forced wherever there is one,
    /// which is what stateright means by it (and misses on cycles and joins).
    pub fn of_properties(model: &M) -> Self {
        let claims = model.properties().into_iter().map(|property| {
            let kind = match property.expectation {
                Expectation::Always => ClaimKind::Always(property.condition),
                Expectation::Sometimes => ClaimKind::Sometimes(property.condition),
                Expectation::Eventually => ClaimKind::Eventually {
                    goal: property.condition,
                    fairness: Fairness::progress(),
                },
            };
            Claim { name: property.name, kind, demand: Demand::Required }
        });
        Spec { claims: claims.collect(), classes: Classes::single(), symmetry: None, heap: None }
    }
}

/// Whether a claim's failure is a failure of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The model requires it.
    Required,
    /// The answer is of interest, either way.
    Informative,
}

/// A named statement about every run of a model.
pub struct Claim<M: Model> {
    /// Its name, the same in code, command line and manual.
    pub name: &'static str,
    /// What it states.
    pub kind: ClaimKind<M>,
    /// What its failure means.
    pub demand: Demand,
}

impl<M: Model> Claim<M> {
    /// A claim that the model requires.
    pub fn required(name: &'static str, kind: ClaimKind<M>) -> Self {
        Claim { name, kind, demand: Demand::Required }
    }

    /// A claim whose answer is of interest, either way.
    pub fn informative(name: &'static str, kind: ClaimKind<M>) -> Self {
        Claim { name, kind, demand: Demand::Informative }
    }
}

/// The form of a claim.
pub enum ClaimKind<M: Model> {
    /// Holds in every reachable state.
    Always(Condition<M>),
    /// No state is reachable in fewer steps than this says of it. It is an `always` over pairs of
    /// state and step count: breadth-first search meets every state at its least depth, which is
    /// the hardest case.
    NotBefore {
        /// The least depth at which a state may occur.
        earliest: fn(&M, &M::State) -> u32,
        /// No answer of `earliest` is above this, so deeper states need not be seen.
        horizon: u32,
    },
    /// Holds in some reachable state.
    Sometimes(Condition<M>),
    /// AG (given implies EF goal): from every reachable state in which `given` holds, `goal` can
    /// still be reached.
    PossibleFromEverywhere {
        /// The states from which `goal` must be reachable.
        given: Condition<M>,
        /// What must stay possible.
        goal: Condition<M>,
    },
    /// Every fair run from an initial state reaches `goal`.
    Eventually {
        /// What must happen.
        goal: Condition<M>,
        /// What may be assumed about runs.
        fairness: Fairness,
    },
    /// On every fair run, whenever `from` holds, `goal` holds then or later.
    LeadsTo {
        /// The states that create the obligation.
        from: Condition<M>,
        /// The states that meet it.
        goal: Condition<M>,
        /// What may be assumed about runs.
        fairness: Fairness,
    },
    /// No reachable state is without a step that changes something, `unless` this holds there.
    NeverStuck {
        /// The states in which a run may end.
        unless: Condition<M>,
    },
}

impl<M: Model> ClaimKind<M> {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            ClaimKind::Always(_) | ClaimKind::NotBefore { .. } => "always",
            ClaimKind::Sometimes(_) => "sometimes",
            ClaimKind::PossibleFromEverywhere { .. } => "possible_from_everywhere",
            ClaimKind::Eventually { .. } => "eventually",
            ClaimKind::LeadsTo { .. } => "leads_to",
            ClaimKind::NeverStuck { .. } => "never_stuck",
        }
    }

    /// Whether deciding it needs the transitions, not the states alone.
    pub(super) fn needs_edges(&self) -> bool {
        match self {
            ClaimKind::PossibleFromEverywhere { .. }
            | ClaimKind::Eventually { .. }
            | ClaimKind::LeadsTo { .. } => true,
            ClaimKind::Always(_)
            | ClaimKind::NotBefore { .. }
            | ClaimKind::Sometimes(_)
            | ClaimKind::NeverStuck { .. } => false,
        }
    }

    /// The fairness that it assumes.
    pub(super) fn fairness(&self) -> Option<&Fairness> {
        match self {
            ClaimKind::Eventually { fairness, .. } | ClaimKind::LeadsTo { fairness, .. } => {
                Some(fairness)
            }
            _ => None,
        }
    }
}

/// How actions are grouped. Fairness is declared for a class: one thing that one node does, such as
/// "join 3", in a family such as "join".
pub struct Classes<M: Model> {
    /// Every class.
    pub all: Vec<Class>,
    /// The class of an action, an index of `all`.
    pub of: fn(&M, &M::Action) -> usize,
}

impl<M: Model> Classes<M> {
    /// All actions in one class.
    pub fn single() -> Self {
        Classes { all: vec![Class { family: "step", label: "step".into() }], of: |_, _| 0 }
    }
}

/// A class of actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// The name by which fairness is declared, for every class of the family.
    pub family: &'static str,
    /// The name of this class.
    pub label: String,
}

/// What may be assumed of runs. A model may stutter: without fairness a run may do nothing
/// forever. An action that changes nothing counts neither as enabled nor as taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fairness(pub Vec<(Strength, String)>);

/// Why a text is no fairness: the part that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFairness {
    /// It begins with neither of the two.
    #[error("{0:?} is no fairness; write WF(name) or SF(name)")]
    Strength(String),
    /// No name stands in its brackets.
    #[error("{0:?} names no class; write WF(name) or SF(name)")]
    Class(String),
}

impl FromStr for Fairness {
    type Err = NoFairness;

    fn from_str(text: &str) -> Result<Self, NoFairness> {
        Fairness::parse(text)
    }
}

impl fmt::Display for Fairness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (strength, family)) in self.0.iter().enumerate() {
            let strength = match strength {
                Strength::Weak => "WF",
                Strength::Strong => "SF",
            };
            write!(f, "{}{strength}({family})", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl Serialize for Fairness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How strong an assumption of fairness is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// WF: a class that stays enabled forever is taken infinitely often.
    Weak,
    /// SF: a class that is enabled infinitely often is taken infinitely often.
    Strong,
}

/// The family name that stands for every class, each judged by itself.
pub const ALL_CLASSES: &str = "all";
/// The family name that stands for one class of all actions: some step is taken.
pub const ANY_STEP: &str = "any";

impl Fairness {
    /// No assumption.
    pub fn none() -> Self {
        Fairness::default()
    }

    /// A run does not stop where a step that changes something is possible.
    pub fn progress() -> Self {
        Fairness(vec![(Strength::Weak, ANY_STEP.into())])
    }

    /// Reads `WF(join),SF(transfer)`; the names are families of classes, `all` or `any`.
    ///
    /// # Errors
    /// The part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, NoFairness> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read = |part: &str| {
            let (strength, rest) = match part.split_at_checked(3) {
                Some(("WF(", rest)) => (Strength::Weak, rest),
                Some(("SF(", rest)) => (Strength::Strong, rest),
                _ => return Err(NoFairness::Strength(part.to_owned())),
            };
            match rest.strip_suffix(')') {
                Some(name) if !name.is_empty() => Ok((strength, name.to_string())),
                _ => Err(NoFairness::Class(part.to_owned())),
            }
        };
        parts.map(read).collect::<Result<_, _>>().map(Fairness)
    }
}

/// A symmetry: which states differ only in the names of their parts.
pub struct Symmetry<M: Model> {
    /// The one representative of a state's orbit.
    pub canonical: Canonical<M>,
    /// Applies the generator of that index to a state. The search uses it only to test that claims
    /// and transitions do not tell the permuted parts apart.
    pub permute: fn(&M, usize, &M::State) -> M::State,
    /// The names of the generators, for example "swap peers 1 and 2".
    pub generators: Vec<String>,
}
