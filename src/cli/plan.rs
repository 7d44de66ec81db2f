//! `swarmbound plan`: the best schedule that is known, and how far from the best possible it is.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use swarmbound::audit::{Audit, Verdict};
use swarmbound::chunks::Manifest;
use swarmbound::scenario::Scenario;
use swarmbound::schedule::{Plan, Planner, PlannerProgress};
use swarmbound::units::{Bytes, Time};

use super::judge::Record;
use super::progress::Progress;
use super::{Failure, Format, cores, input, number, output};
use crate::report::heading::heading;
use crate::report::plan::{PlanDocument, Planned, Searched, told};
use crate::report::{gantt, json};

/// Transfers between two looks at the clock.
const INSTALMENT: usize = 100;

/// Arguments of `plan`.
#[derive(Args)]
pub(super) struct Arguments {
    /// A preset (see `swarmbound presets`), or the path of a .toml or resolved .json file
    scenario: String,
    /// How many transfers the search may try after its first plan: the same budget gives the same
    /// plan on every machine
    #[arg(long, value_name = "TRANSFERS", default_value_t = 1_000_000)]
    #[arg(value_parser = number::whole)]
    budget: u64,
    /// Stop the search after so much time, where the budget is not spent; reports whether time ran
    /// out (default: no limit)
    #[arg(long, value_name = "SPAN")]
    max_time: Option<Time>,
    /// The size of a chunk, instead of the scenario's
    #[arg(long, value_name = "SIZE")]
    chunk: Option<Bytes>,
    /// Write the trace of the plan as JSON lines
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write a picture of who sends when as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Where randomness starts, instead of the scenario's seed
    #[arg(long, value_name = "N", value_parser = number::seed)]
    seed: Option<u64>,
    #[command(flatten)]
    format: Format,
}

/// Searches, audits what was found, and says what it is worth.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let scenario = input::scenario(&arguments.scenario, arguments.seed)?;
    let scenario = match arguments.chunk {
        Some(chunk) => cut(scenario, chunk)?,
        None => scenario,
    };
    let (plan, searched) = search(&scenario, arguments.budget, arguments.max_time)?;
    let mut record = arguments.trace.as_deref().map(|path| Record::new(path, &plan.header()));
    let mut audit = Audit::new(plan.header());
    for event in plan.events() {
        audit.event(&event);
        if let Some(Ok(record)) = &mut record {
            record.write(&event);
        }
    }
    if let Some(record) = record {
        record?.finish()?;
    }
    if let Some(path) = &arguments.svg {
        output::write(path, &gantt::drawn(&plan).map_err(Failure)?)?;
    }
    let planned = Planned::new(&scenario, &plan, searched, cores::report(audit));
    if arguments.format.json {
        output::print(&json::document("plan", &PlanDocument::new(&planned)))?;
        return Ok(planned.verdict());
    }
    let style = output::style();
    output::print(
        &(heading(style, &scenario, Some(scenario.parts().seed)) + "\n" + &told(style, &planned)),
    )?;
    Ok(planned.verdict())
}

/// The same file in other chunks.
fn cut(scenario: Scenario, chunk: Bytes) -> Result<Scenario, Failure> {
    let mut parts = scenario.into_parts();
    let file = Manifest::new(parts.file.file(), chunk);
    parts.file = file.map_err(|error| Failure(error.to_string()))?;
    parts.build().map_err(|malformed| Failure(malformed.to_string()))
}

/// The best plan within the budget, and how the search ended.
fn search(
    scenario: &Scenario,
    budget: u64,
    max_time: Option<Time>,
) -> Result<(Plan, Searched), Failure> {
    let failure = |error: swarmbound::schedule::Unable| Failure(error.0);
    let since = Instant::now();
    let mut planner = Planner::new(scenario, budget).map_err(failure)?;
    let mut progress = Progress::new("plan", Some(budget), "transfers");
    let limit = max_time.map(|limit| Duration::from_nanos(limit.0));
    // Whatever the clock says, the first run must be over.
    let is_late = |planner: &Planner| {
        planner.has_first() && limit.is_some_and(|limit| limit <= since.elapsed())
    };
    while planner.progress() == PlannerProgress::Searching && !is_late(&planner) {
        planner.advance(INSTALMENT);
        progress.at(planner.spent());
    }
    let searched = match planner.progress() {
        PlannerProgress::Searching => Searched::TimedOut,
        PlannerProgress::Optimal => Searched::Optimal,
        PlannerProgress::Spent => Searched::Spent,
    };
    let plan = planner
        .plan()
        .ok_or_else(|| Failure("the distribution takes more than 584 years".to_owned()))?;
    Ok((plan, searched))
}
