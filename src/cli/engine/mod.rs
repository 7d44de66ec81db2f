//! `swarmbound suite --engine` and `--peer`: generated scenarios for a program in any language.
//!
//! The program is never trusted: see `swarmbound::suite::process` and `swarmbound::suite::peer`.

mod findings;
mod foreign;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::read_allowance;
use swarmbound::suite::process::{Lifetime, Program};
use swarmbound::suite::{self, ALL, Config, Scope, examine, examine_one};
use swarmbound::units::Time;

use self::findings::Findings;
use self::foreign::Foreign;
use self::watch::{Begun, Watch};
use super::echo::Echo;
use super::{Failure, Format, input, interrupt, output, peer};
use crate::report::suite::{self as report, Examined, ExaminedDocument};
use crate::report::{json, junit};

/// Options that a scenario of its own replaces.
const GENERATES: [&str; 9] =
    ["scenario", "case", "cases", "seed", "discipline", "scope", "shrink", "save", "junit"];

/// Options of `suite --engine` and `suite --peer`.
#[derive(Args)]
#[command(next_help_heading = "A program in any language")]
#[command(group(clap::ArgGroup::new("program").args(["engine", "peer"])))]
pub(super) struct Options {
    /// The engine, as a command line for `sh -c`: it reads a resolved scenario, one line of JSON,
    /// from its standard input and writes the events of a trace to its standard output, one a line
    #[arg(long, value_name = "CMD", conflicts_with = "canaries")]
    engine: Option<String>,
    #[command(flatten)]
    peer: peer::PeerOptions,
    /// Examine this scenario only: a preset, or the path of a .toml or resolved .json file
    #[arg(long, value_name = "SCENARIO", requires = "program", conflicts_with = "discipline")]
    scenario: Option<String>,
    /// Run only the case with this number, from 0, as a finding names it
    #[arg(long, value_name = "K", requires = "program")]
    #[arg(conflicts_with_all = ["scenario", "cases"])]
    case: Option<u32>,
    /// What the engine may do: a .toml file with [discipline], and [network] with its burst
    #[arg(long, value_name = "FILE", requires = "engine")]
    discipline: Option<PathBuf>,
    /// What generated scenarios may say, as `peers=8,churn=none,barter=none,latency=none`
    #[arg(long, value_name = "NAME=VALUE,...", requires = "program", conflicts_with = "scenario")]
    #[arg(value_delimiter = ',')]
    scope: Vec<String>,
    /// How long an engine may take for a scenario, a peer for an answer
    #[arg(long, value_name = "SPAN", requires = "program", default_value = "10 s")]
    timeout: Time,
    /// One process for all scenarios: one scenario a line in, an empty line after each trace
    #[arg(long, requires = "engine")]
    persistent: bool,
    /// Judge these properties only
    #[arg(long, value_name = "NAME,...", requires = "program", value_delimiter = ',')]
    properties: Vec<String>,
    /// Do not judge these properties
    #[arg(long, value_name = "NAME,...", requires = "program", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Run all scenarios and judge every property, instead of ending with the first finding
    #[arg(long, requires = "program")]
    keep_going: bool,
    /// How long smaller scenarios are looked for, for all findings together; `0s` looks for none
    #[arg(long, value_name = "SPAN", requires = "program", default_value = "30 s")]
    #[arg(conflicts_with = "scenario")]
    shrink: Time,
    /// The folder in which the scenario of each finding is kept, by the name of its property
    #[arg(long, value_name = "DIR", requires = "program", default_value = "swarmbound-findings")]
    #[arg(conflicts_with = "scenario")]
    save: PathBuf,
    /// Write the properties as test cases, for CI servers that read JUnit's XML
    #[arg(long, value_name = "FILE", requires = "program")]
    junit: Option<PathBuf>,
}

impl Options {
    /// The program's command, if there is one.
    pub(super) fn command(&self) -> Option<&str> {
        self.engine.as_deref().or(self.peer.command())
    }

    /// The option that the command stands after.
    fn option(&self) -> &'static str {
        if self.engine.is_some() { "--engine" } else { "--peer" }
    }

    /// The properties that are not judged. A program has no `poll`.
    fn left_out(&self) -> Result<Vec<String>, Failure> {
        let unknown = self.properties.iter().chain(&self.leave_out);
        for name in unknown {
            if suite::find(name).is_none() {
                let known: Vec<&str> = ALL.iter().map(|property| property.name).collect();
                let known = known.join(", ");
                return Err(Failure(format!("`{name}` is no property; write one of {known}")));
            }
        }
        let names = ALL.iter().map(|property| property.name);
        let out = names.filter(|&name| {
            let asked =
                self.properties.is_empty() || self.properties.iter().any(|asked| asked == name);
            !asked
                || name == suite::Failure::DRAINS
                || self.leave_out.iter().any(|left| left == name)
        });
        Ok(out.map(str::to_owned).collect())
    }

    fn scope(&self) -> Result<Scope, Failure> {
        let mut scope = Scope::default();
        if let Some(path) = &self.discipline {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| Failure::file("read", path, &error))?;
            let allowed = read_allowance(&path.display().to_string(), &text);
            (scope.discipline, scope.burst) =
                allowed.map_err(|error| Failure(error.to_string()))?;
        }
        for field in &self.scope {
            scope.set(field).map_err(|error| Failure(format!("--scope {error}")))?;
        }
        Ok(scope)
    }

    fn program(&self, scope: &mut Scope) -> Result<Foreign, Failure> {
        let timeout = peer::timeout(self.timeout)?;
        if let Some(command) = &self.engine {
            let lifetime = if self.persistent { Lifetime::Session } else { Lifetime::Scenario };
            return Ok(Foreign::Engine(Program::new(command, lifetime, timeout)));
        }
        let mut program = self.peer.program(timeout)?;
        peer::narrow(scope, &mut program)?;
        Ok(Foreign::Peer(program))
    }
}

/// Examines the program that `command` starts.
pub(super) fn run(
    command: &str,
    cases: u32,
    seed: u64,
    options: &Options,
    format: &Format,
    echo: Echo,
) -> Result<Verdict, Failure> {
    let left_out = options.left_out()?;
    let budget = Duration::from_nanos(options.shrink.0);
    let shrinks = if budget.is_zero() { 0 } else { Config::default().shrinks };
    let keep_going = options.keep_going;
    let given = options.scenario.as_deref();
    let scenario = given.map(|argument| input::runnable(argument, None)).transpose()?;
    interrupt::ends_engines()?;
    let mut scope = options.scope()?;
    let mut subject = Begun::new(options.program(&mut scope)?);
    let (first, cases) = options.case.map_or((0, cases), |case| (case, 1));
    let config = Config { first, cases, seed, scope, left_out, shrinks, keep_going };
    let findings = Findings { options, command, echo: echo.without(&GENERATES) };
    let mut watch = Watch::new(&subject, &findings, &config, budget, format.json);
    let examination = match &scenario {
        Some(scenario) => examine_one(&mut subject, scenario, &config),
        None => examine(&mut subject, &config, &mut |progress| watch.told(progress)),
    };
    let misdirected = subject.misdirected();
    drop(subject);
    watch.ends()?;
    output::tell(&peer::misdirected(misdirected));
    let places = examination.findings.iter().map(|finding| findings.place(finding)).collect();
    let left_out = &options.leave_out;
    let examined = Examined { command, seed, given, left_out, examination, places };
    if let Some(path) = &options.junit {
        output::write(path, &junit::of_examined(&examined))?;
    }
    let text = match format.json {
        true => json::document("suite", &ExaminedDocument::new(&examined)),
        false => report::told(output::style(), &examined),
    };
    output::print(&text)?;
    Ok(examined.verdict())
}
