//! `swarmbound run`: from a scenario to a verdict.

use std::path::{Path, PathBuf};

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::Scenario;
use swarmbound::suite::peer::PeerProgram;
use swarmbound::units::Time;

use super::peer::{self, Decides};
use super::progress::Progress;
use super::workload::Workload;
use super::{Failure, Format, input, judge, number, output};
use crate::report::bounds;
use crate::report::heading::heading;
use crate::report::json::{self, RunDocument};
use crate::report::junit;
use crate::report::run::{self, Mode, Run};

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
    #[arg(long, value_name = "N", value_parser = number::seed)]
    seed: Option<u64>,
    /// Write the trace of the peer-to-peer run as JSON lines
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the trace of the client-server run as JSON lines
    #[arg(long, value_name = "FILE")]
    trace_client_server: Option<PathBuf>,
    /// Write the verdicts as test cases, for CI servers that read JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run it even if it would take days
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    decides: Decides,
    #[command(flatten)]
    format: Format,
}

/// Bounds, both runs, the audit of both, and the verdict.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let options = &arguments.options;
    let Options { seed, trace, trace_client_server, junit, force, format, .. } = options;
    if trace.is_some() && trace == trace_client_server {
        return Err(Failure("two traces in one file; write two different paths".to_owned()));
    }
    let name = arguments.scenario.as_deref().unwrap_or(DEFAULT);
    let scenario = input::runnable(name, *seed)?;
    let refuses_endless = |bound: Option<Time>| match force {
        true => Ok(()),
        false => Workload::of(&scenario, bound).refuse_endless(),
    };
    refuses_endless(None)?;
    let all = super::bounds::table(&scenario);
    refuses_endless(all.p2p.time())?;
    let served = scenario.client_server();
    let judged = |mode: Mode, scenario: &Scenario, trace: &Option<PathBuf>| {
        let mut progress = Progress::new("run", Some(judge::work(scenario)), "chunks");
        judge::run(mode, scenario, trace.as_deref(), &mut progress)
    };
    let runs = [
        match options.decides.program()? {
            None => judged(Mode::P2p, &scenario, trace)?,
            Some(program) => decided(program, &scenario, trace.as_deref())?,
        },
        judged(Mode::ClientServer, &served, trace_client_server)?,
    ];
    if let Some(path) = junit {
        output::write(path, &junit::of_runs("run", scenario.name(), &runs))?;
    }
    if format.json {
        output::print(&json::document("run", &RunDocument::new(&scenario, &runs)))?;
        return Ok(run::worst(&runs));
    }
    let style = output::style();
    let [p2p, client_server] = &runs;
    let text = [
        heading(style, &scenario, Some(scenario.parts().seed)),
        bounds::summary(style, &all, scenario.receiver_count()),
        run::speeds(style, &runs),
        run::rules(style, &runs),
        run::slack(style, &runs),
        run::compared(style, p2p, client_server),
    ];
    output::print(&text.join("\n"))?;
    Ok(run::worst(&runs))
}

/// The peer-to-peer run in which a program decides.
fn decided(
    mut program: PeerProgram,
    scenario: &Scenario,
    trace: Option<&Path>,
) -> Result<Run, Failure> {
    let mut progress = Progress::new("run", Some(judge::work(scenario)), "chunks");
    let run = judge::decided_by(&mut program, scenario, trace, &mut progress)?;
    drop(progress);
    output::tell(&peer::misdirected(program.misdirected()));
    Ok(run)
}
