//! Errors of a check: not a verdict on the model, but a mistake in what was asked of it.

/// Why a model cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Fairness was declared for a class that the model does not have.
    #[error("claim {claim:?} declares fairness of {name:?}, but the model's classes are {known}")]
    UnknownClass {
        /// The claim.
        claim: &'static str,
        /// The unknown name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// A quotient was asked for, but the model names no symmetry.
    #[error("the model declares no symmetry; search it without")]
    NoSymmetry,
    /// Fairness speaks of single classes, which a quotient merges.
    #[error(
        "claim {claim:?} assumes fairness of actions that the quotient merges; \
         search it without symmetry"
    )]
    FairnessInQuotient {
        /// The claim.
        claim: &'static str,
    },
    /// A claim or the transitions tell permuted parts apart, or the canonical form is none.
    #[error("the symmetry is refused: {what} tells state {state} from its image by {generator:?}")]
    Asymmetric {
        /// The claim or transition that tells them apart.
        what: String,
        /// The permutation.
        generator: String,
        /// The state.
        state: String,
    },
    /// A witness could not be repeated: the same action led elsewhere, or was not offered.
    #[error("the model is not deterministic: from {state} no action leads to {expected} any more")]
    NotDeterministic {
        /// The state before the step.
        state: String,
        /// The state that the search saw after it.
        expected: String,
    },
    /// A checkpoint that does not belong here or cannot be read.
    #[error("checkpoint line {line}: {message}")]
    Checkpoint {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// The checkpoint or export could not be written.
    #[error(transparent)]
    Write(#[from] std::io::Error),
}
