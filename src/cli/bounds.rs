//! `swarmbound bounds`: how fast it could possibly be.

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::Scenario;

use super::progress::Progress;
use super::{Failure, Format, input, number, output};
use crate::report::bounds::{BoundTable, details, summary};
use crate::report::heading::heading;
use crate::report::json::{self, BoundsDocument};

/// Arguments of `bounds`.
#[derive(Args)]
pub(super) struct Arguments {
    /// A preset (see `swarmbound presets`), or the path of a .toml or resolved .json file
    scenario: String,
    /// Where randomness starts (arrivals are drawn from it), instead of the scenario's seed
    #[arg(long, value_name = "N", value_parser = number::seed)]
    seed: Option<u64>,
    #[command(flatten)]
    format: Format,
}

/// Every bound on the distribution time.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let scenario = input::scenario(&arguments.scenario, arguments.seed)?;
    let all = table(&scenario);
    if arguments.format.json {
        output::print(&json::document("bounds", &BoundsDocument::new(&scenario, &all)))?;
        return Ok(Verdict::Holds);
    }
    let style = output::style();
    let summary = summary(style, &all, scenario.receiver_count()) + &details(style, &all);
    let heading = heading(style, &scenario, Some(scenario.parts().seed));
    output::print(&(heading + "\n" + &summary))?;
    Ok(Verdict::Holds)
}

/// What every bound says; of a million peers that takes a while.
pub(super) fn table(scenario: &Scenario) -> BoundTable {
    let mut progress = Progress::new("bounds", Some(BoundTable::PARTS), "parts");
    BoundTable::of(scenario, &mut |done| progress.shows(done))
}
