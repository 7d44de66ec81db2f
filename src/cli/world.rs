//! The small world of a model: its options on the command line, and what is said of those that it
//! refuses.
//!
//! The options themselves stand with the models; each model refuses those of others.

use clap::Parser;
use swarmbound::checker::{CheckError, Fairness};
use swarmbound::models::{Options, Refused};

use super::Failure;

/// A world, and what may be assumed of its runs.
#[derive(Parser)]
#[command(no_binary_name = true)]
pub(super) struct World {
    #[command(flatten)]
    options: Options,
    /// What may be assumed of runs when `everyone_completes` is judged: weak and strong fairness
    /// of the named actions (default: nothing)
    #[arg(long, value_name = "WF(join),SF(transfer)")]
    fair: Option<Fairness>,
}

impl World {
    /// The options that were written.
    pub(super) fn options(&self) -> Options {
        Options { fair: self.fair.clone(), ..self.options.clone() }
    }

    /// The options of a world that this program knows by heart.
    pub(super) fn known(words: &str) -> Options {
        World::parse_from(words.split_whitespace()).options()
    }
}

/// Says what is wrong as the command line writes it.
pub(super) fn refused(refused: Refused) -> Failure {
    Failure(match refused {
        Refused::UnknownOption { model, option, known } => {
            let known: Vec<String> = known.iter().map(|name| format!("--{name}")).collect();
            format!("{model} has no option --{option}; write one of {}", known.join(", "))
        }
        Refused::UnknownModel { name, known } => {
            format!("`{name}` is no model; write one of {known}")
        }
        Refused::Check(CheckError::UnknownClass { name, known, .. }) => {
            format!("--fair: there is no action `{name}`; write all, or some of {known}")
        }
        Refused::Check(CheckError::FairnessInQuotient { .. }) => {
            "--fair and --symmetry: fairness speaks of single actions, which the symmetry takes \
             for one; leave out one of the two"
                .to_owned()
        }
        Refused::Unsaved(_) | Refused::NoWorld(_) | Refused::Check(_) => refused.to_string(),
    })
}
