//! `swarmbound schema`: what is read and written, as JSON Schema.

use clap::{Args, ValueEnum};
use swarmbound::audit::Verdict;
use swarmbound::scenario::Scenario;
use swarmbound::trace::codec;

use super::{Failure, output};
use crate::report::{json, schema};

/// Arguments of `schema`.
#[derive(Args)]
pub(super) struct Arguments {
    /// What the schema describes
    of: Described,
}

/// What a schema describes.
#[derive(Clone, Copy, ValueEnum)]
enum Described {
    /// A resolved scenario
    Scenario,
    /// A line of a trace: the header, or an event
    Trace,
    /// A document of --json, or a line of a sweep
    Report,
}

/// Prints the schema.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let schema = match arguments.of {
        Described::Scenario => Scenario::json_schema(),
        Described::Trace => codec::json_schema(),
        Described::Report => schema::of_reports(),
    };
    output::print(&json::line(&schema))?;
    Ok(Verdict::Holds)
}
