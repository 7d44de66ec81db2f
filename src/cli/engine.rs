//! `swarmbound suite --engine`: generated scenarios for a program in any language.
//!
//! The program is never trusted: see `swarmbound::suite::process`. The type to know is [`Options`].

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::{Scenario, read_allowance};
use swarmbound::suite::process::{Lifetime, MOST_TIMEOUT, Program};
use swarmbound::suite::{
    self, ALL, Config, Examination, Finding, Progress, Scope, Subject, examine, examine_one,
};
use swarmbound::trace::{Event, Evidence};
use swarmbound::units::Time;

use super::echo::{Echo, quoted};
use super::progress::Counting;
use super::{Failure, Format, input, interrupt, output};
use crate::report::json;
use crate::report::suite::{self as report, Examined, ExaminedDocument};

/// How long smaller scenarios are looked for.
const SHRINKING: Duration = Duration::from_secs(60);

/// How many names a scenario is offered before it is not saved.
const MOST_NAMES: u32 = 1000;

/// Options that a scenario of its own replaces.
const GENERATES: [&str; 4] = ["scenario", "cases", "seed", "discipline"];

/// Failures that are the user's: nothing of the engine was seen.
const NOT_BEGUN: [&str; 3] = ["no such command", "not started", "unsupported"];

/// Options of `suite --engine`.
#[derive(Args)]
#[command(next_help_heading = "An engine in any language")]
pub(super) struct Options {
    /// The engine, as a command line for `sh -c`: it reads a resolved scenario, one line of JSON,
    /// from its standard input and writes the events of a trace to its standard output, one a line
    #[arg(long, value_name = "CMD", conflicts_with = "canaries")]
    engine: Option<String>,
    /// Examine this scenario only: a preset, or the path of a .toml or resolved .json file
    #[arg(long, value_name = "SCENARIO", requires = "engine", conflicts_with = "discipline")]
    scenario: Option<String>,
    /// What the engine may do: a .toml file with [discipline], and [network] with its burst
    #[arg(long, value_name = "FILE", requires = "engine")]
    discipline: Option<PathBuf>,
    /// How long it may take for a scenario
    #[arg(long, value_name = "SPAN", requires = "engine", default_value = "10 s")]
    timeout: Time,
    /// One process for all scenarios: one scenario a line in, an empty line after each trace
    #[arg(long, requires = "engine")]
    persistent: bool,
    /// Judge these properties only
    #[arg(long, value_name = "NAME,...", requires = "engine", value_delimiter = ',')]
    properties: Vec<String>,
    /// Do not judge these properties
    #[arg(long, value_name = "NAME,...", requires = "engine", value_delimiter = ',')]
    leave_out: Vec<String>,
}

impl Options {
    /// The engine's command, if there is one.
    pub(super) fn engine(&self) -> Option<&str> {
        self.engine.as_deref()
    }

    /// The properties that are not judged. An engine that is a program has no `poll`.
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
        let Some(path) = &self.discipline else { return Ok(Scope::default()) };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Failure::file("read", path, &error))?;
        let allowed = read_allowance(&path.display().to_string(), &text);
        let (discipline, burst) = allowed.map_err(|error| Failure(error.to_string()))?;
        Ok(Scope { discipline, burst, ..Scope::default() })
    }

    fn program(&self, command: &str) -> Result<Program, Failure> {
        let lifetime = if self.persistent { Lifetime::Session } else { Lifetime::Scenario };
        let timeout = Duration::from_nanos(self.timeout.0);
        if timeout.is_zero() || MOST_TIMEOUT < timeout {
            return Err(Failure(format!(
                "--timeout {}: write a time above 0 s, at most a day",
                self.timeout
            )));
        }
        Ok(Program::new(command, lifetime, timeout))
    }
}

/// A program that is asked whether it could be begun at all.
struct Begun<'p> {
    program: Program,
    /// Why it could not.
    not: &'p RefCell<Option<String>>,
}

impl Subject for Begun<'_> {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, suite::Failure> {
        self.program.run(scenario, record).inspect_err(|failure| {
            if NOT_BEGUN.contains(&failure.name) {
                *self.not.borrow_mut() = Some(failure.explanation.clone());
            }
        })
    }
}

/// Examines the engine that `command` starts.
pub(super) fn run(
    command: &str,
    cases: u32,
    seed: u64,
    options: &Options,
    format: &Format,
    echo: Echo,
) -> Result<Verdict, Failure> {
    let left_out = options.left_out()?;
    let config = Config { cases, seed, scope: options.scope()?, left_out, ..Config::default() };
    let given = options.scenario.as_deref();
    let scenario = given.map(|argument| input::scenario(argument, None)).transpose()?;
    let not = RefCell::new(None);
    let mut subject = Begun { program: options.program(command)?, not: &not };
    interrupt::ends_engines()?;
    let examination = match &scenario {
        Some(scenario) => examine_one(&mut subject, scenario, &config),
        None => watched(&mut subject, &config, &not),
    };
    drop(subject);
    if let Some(why) = not.take() {
        return Err(Failure(format!("--engine {}: {why}", quoted(command))));
    }
    let saved = match (given, &examination.finding) {
        (_, None) => None,
        (Some(given), Some(_)) => Some(Ok(given.to_owned())),
        (None, Some(finding)) => Some(save(finding).map(|path| path.display().to_string())),
    };
    let repeat = saved.as_ref().and_then(|saved| saved.as_ref().ok());
    let repeat = repeat.map(|path| echo.without(&GENERATES).with("scenario", path).to_string());
    let left_out = &options.leave_out;
    let examined = Examined { command, seed, given, left_out, examination, saved, repeat };
    let text = match format.json {
        true => json::line(&ExaminedDocument::new(&examined)),
        false => report::told(output::style(), &examined),
    };
    output::print(&text)?;
    Ok(examined.verdict())
}

/// Examines generated scenarios, says how far it is, and does not shrink for ever.
fn watched(
    subject: &mut dyn Subject,
    config: &Config,
    not_begun: &RefCell<Option<String>>,
) -> Examination {
    let mut counting = Counting::new(u64::from(config.cases));
    let mut shrinking: Option<Instant> = None;
    let mut done = 0;
    examine(subject, config, &mut |progress| {
        if let Progress::Cases(cases) = progress {
            done = u64::from(cases);
            counting.at("", done);
            return ControlFlow::Continue(());
        }
        counting.at("- looking for a smaller scenario", done);
        let since = shrinking.get_or_insert_with(Instant::now);
        match SHRINKING < since.elapsed() || not_begun.borrow().is_some() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })
}

/// Keeps the smallest scenario in a file of its own, and the words of the finding with it.
fn save(finding: &Finding) -> Result<PathBuf, String> {
    let mut text = String::new();
    for line in finding.explanation.lines() {
        text += &format!("# {}\n", crate::report::layout::printable(line));
    }
    text += &finding.scenario.to_toml();
    for number in 1..=MOST_NAMES {
        let path = PathBuf::from(match number {
            1 => format!("{}.toml", finding.property),
            _ => format!("{}-{number}.toml", finding.property),
        });
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                let written = file.write_all(text.as_bytes());
                return written.map(|()| path.clone()).map_err(|error| because(&path, &error));
            }
            // The same finding needs no second file.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
                    return Ok(path);
                }
            }
            Err(error) => return Err(because(&path, &error)),
        }
    }
    Err(format!("there are {MOST_NAMES} files of its name; move them away"))
}

fn because(path: &Path, error: &io::Error) -> String {
    Failure::file("write", path, error).0
}
