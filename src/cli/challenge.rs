//! `swarmbound challenge`: the ladder of challenges for a peer in any language.

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::suite::challenge::{Attempt, Challenge, LADDER, attempt};
use swarmbound::suite::{Simulated, Subject};
use swarmbound::swarm::{Peer, Tracker};

use super::peer::{self, Decides};
use super::progress::Progress;
use super::{Failure, Format, number, output};
use crate::report::challenge::{ChallengeDocument, Climbed, told};
use crate::report::json;

/// Arguments of `challenge`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Only this step, from 1 to 8
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8))]
    step: Option<u32>,
    #[command(flatten)]
    decides: Decides,
    /// Where randomness starts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number::seed)]
    seed: u64,
    #[command(flatten)]
    format: Format,
}

/// Climbs the ladder with a peer, or with the reference engine to show what can be reached.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let steps = LADDER.iter().filter(|step| arguments.step.is_none_or(|only| only == step.number));
    let steps: Vec<&'static Challenge> = steps.collect();
    let attempts = match arguments.decides.program()? {
        None => climb(&steps, &mut Simulated::<Peer, Tracker>::default(), arguments.seed),
        Some(mut program) => {
            program.declared().map_err(|failure| peer::failure(&program, &failure))?;
            let attempts = climb(&steps, &mut program, arguments.seed);
            output::tell(&peer::misdirected(program.misdirected()));
            attempts
        }
    };
    let climbed = Climbed { command: arguments.decides.command(), seed: arguments.seed, attempts };
    let text = match arguments.format.json {
        true => json::document("challenge", &ChallengeDocument::new(&climbed)),
        false => told(output::style(), &climbed),
    };
    output::print(&text)?;
    Ok(climbed.verdict())
}

fn climb(steps: &[&'static Challenge], subject: &mut dyn Subject, seed: u64) -> Vec<Attempt> {
    let mut progress = Progress::new("challenge", Some(steps.len() as u64), "steps");
    let mut attempts = Vec::new();
    for step in steps {
        progress.says(step.name);
        attempts.push(attempt(step, subject, seed));
        progress.at(attempts.len() as u64);
    }
    attempts
}
