//! `swarmbound run`: from a scenario to a verdict.

use std::path::PathBuf;

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::Scenario;

use super::progress::Progress;
use super::{Failure, Format, input, judge, number, output};
use crate::report::bounds::{self, BoundTable};
use crate::report::heading::heading;
use crate::report::json::{self, RunDocument};
use crate::report::run::{self, Mode};

/// The scenario when none is named.
pub(super) const DEFAULT: &str = "figure";

/// Arguments of `run`.
#[derive(Args)]
pub(super) struct Arguments {
    /// A preset (see `swarmbound presets`), or the path of a .toml or resolved .json file
    #[arg(value_name = "SCENARIO")]
    pub(super) scenario: Option<String>,
    #[command(flatten)]
    pub(super) options: Options,
}

/// Options of `run`, which stand without a command, too.
#[derive(Args)]
pub(super) struct Options {
    /// Where randomness starts, instead of the scenario's seed
    #[arg(long, value_name = "N", value_parser = number::seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Write the trace of the peer-to-peer run as JSON lines
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the trace of the client-server run as JSON lines
    #[arg(long, value_name = "FILE")]
    trace_client_server: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// Bounds, both runs, the audit of both, and the verdict.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let Options { seed, trace, trace_client_server, format } = &arguments.options;
    if trace.is_some() && trace == trace_client_server {
        return Err(Failure("two traces in one file; write two different paths".to_owned()));
    }
    let name = arguments.scenario.as_deref().unwrap_or(DEFAULT);
    let scenario = input::scenario(name, *seed)?;
    let all = BoundTable::of(&scenario);
    let served = scenario.client_server();
    let judged = |mode: Mode, scenario: &Scenario, trace: &Option<PathBuf>| {
        let mut progress = Progress::new("run", Some(judge::work(scenario)), "chunks");
        judge::run(mode, scenario, trace.as_deref(), &mut progress)
    };
    let runs = [
        judged(Mode::P2p, &scenario, trace)?,
        judged(Mode::ClientServer, &served, trace_client_server)?,
    ];
    if format.json {
        output::print(&json::line(&RunDocument::new(&scenario, &runs)))?;
        return Ok(run::worst(&runs));
    }
    let style = output::style();
    let [p2p, client_server] = &runs;
    let text = [
        heading(style, &scenario, Some(scenario.parts().seed)),
        bounds::summary(style, &all, scenario.peer_count()),
        run::speeds(style, &runs),
        run::rules(style, &runs),
        run::slack(style, &runs),
        run::compared(style, p2p, client_server),
    ];
    output::print(&text.join("\n"))?;
    Ok(run::worst(&runs))
}
