//! `swarmbound suite`: generated scenarios for any engine.

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::suite::canary::ALL;

use super::echo::Echo;
use super::{Failure, Format, canaries, engine, number};

/// Arguments of `suite`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Meet every canary, and print which rule catches which
    #[arg(long)]
    canaries: bool,
    /// Meet the reference engine with every picker, choker and seeding
    #[arg(long, conflicts_with_all = ["canaries", "program"])]
    control: bool,
    /// How many scenarios
    #[arg(long, value_name = "N", default_value_t = 256)]
    #[arg(value_parser = number::from_one::<u32>)]
    cases: u32,
    /// Where the randomness of the scenarios starts
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = number::seed)]
    seed: u64,
    #[command(flatten)]
    engine: engine::Options,
    #[command(flatten)]
    format: Format,
}

/// Examines what the arguments name.
pub(super) fn run(arguments: &Arguments, echo: Echo) -> Result<Verdict, Failure> {
    if let Some(command) = arguments.engine.command() {
        let Arguments { cases, seed, engine, format, .. } = arguments;
        return engine::run(command, *cases, *seed, engine, format, echo);
    }
    let canaries = match (arguments.canaries, arguments.control) {
        (true, _) => ALL,
        (false, true) => &[],
        (false, false) => {
            return Err(Failure(
                "nothing to examine; write `swarmbound suite --engine CMD`, --peer CMD, --canaries \
                 or --control"
                    .to_owned(),
            ));
        }
    };
    canaries::run(canaries, arguments.cases, arguments.seed, &arguments.format)
}
