//! `swarmbound check`: every run of a small swarm.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::checker::{Limits, Quotient};
use swarmbound::models::registry::{self, ALL, Export, ModelRun};
use swarmbound::models::{Options, Threads};
use swarmbound::units::{Bytes, Time};

use super::echo::Echo;
use super::progress::Searching;
use super::world::{World, refused};
use super::{Failure, Format, number, output};
use crate::report::check::{self, Check, CheckDocument};
use crate::report::{json, junit};

/// More states than these no picture shows.
const MOST_DRAWN: usize = 2000;
/// More states than these fill a disk.
const MOST_LISTED: usize = 1_000_000;

/// The worlds that are checked when no model is named; a model that has none here is checked in the
/// world that it has without options. Together they take under a minute.
const WORLDS: &[(&str, &[&str])] = &[
    (
        "churn",
        &[
            "--peers 4 --fair WF(join),SF(transfer)",
            "--peers 4 --source churns",
            "--peers 4 --churn once --source churns",
            "--chunks 3 --free-riders 1 --fair WF(join),SF(transfer)",
        ],
    ),
    (
        "schedule",
        &[
            "--peers 4 --chunks 3",
            "--peers 4 --chunks 3 --download-slots 1 --source-slots 2",
            "--chunks 3 --barter strict --download-slots 1",
            "--chunks 3 --barter credit:1",
            "--chunks 3 --free-riders 2",
            "--chunks 3 --selfish",
            "--peers 4 --overlay path",
            "--peers 4 --calls telegraph",
            "--times 1:1,2,2",
        ],
    ),
    (
        "choke",
        &[
            "",
            "--policy seed-round-robin --optimistic off",
            "--policy seed-fastest-first",
            "--peers 2 --barter strict",
            "--peers 2 --barter credit:1",
        ],
    ),
    (
        "swarm",
        &[
            "--slots 1 --optimistic off --fair WF(all)",
            "--chunks 1 --losses 1 --optimistic off --fair WF(all)",
            "--peers 1 --churn rejoin --source churns --losses 1",
            "--peers 1 --timers any:2 --ready any-time --losses 1",
        ],
    ),
];

/// Arguments of `check`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The model; without one, all of them in small worlds
    model: Option<String>,
    #[command(flatten)]
    world: World,
    /// Take states that differ only in names for one
    #[arg(long)]
    symmetry: bool,
    /// Stop when so many states are known
    #[arg(long, value_name = "N", value_parser = number::from_one::<u64>)]
    max_states: Option<u64>,
    /// Stop before the steps that follow so many
    #[arg(long, value_name = "N", value_parser = number::from_one::<u32>)]
    max_depth: Option<u32>,
    /// Stop before the states and their tables take so much memory
    #[arg(long, value_name = "BYTES", default_value = "8 GiB")]
    max_memory: Bytes,
    /// Stop after so much time
    #[arg(long, value_name = "SPAN")]
    max_time: Option<Time>,
    /// Threads that search; what they find does not depend on it (default: all that the machine
    /// runs at once, where that is sooner)
    #[arg(long, value_name = "N", value_parser = number::positive)]
    threads: Option<NonZeroUsize>,
    /// Write the states and the steps between them as a Graphviz graph, the first 2000 states
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
    /// Write them as JSON lines, the first million states
    #[arg(long, value_name = "FILE")]
    json_lines: Option<PathBuf>,
    /// Keep the search in a file when it ends, to go on with it
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Go on with a search that was kept in a file, under the same options
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Write the verdicts as test cases, for CI servers that read JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

impl Arguments {
    fn limits(&self) -> Limits {
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Limits {
            states: self.max_states.map_or(usize::MAX, whole),
            bytes: whole(self.max_memory.0),
            depth: self.max_depth.unwrap_or(u32::MAX),
        }
    }

    fn quotient(&self) -> Quotient {
        if self.symmetry { Quotient::Symmetric } else { Quotient::Raw }
    }

    fn threads(&self, model: &str) -> Threads {
        match self.threads {
            Some(threads) => Threads(threads),
            None if registry::shares_well(model, self.quotient()) => Threads::all(),
            None => Threads::ONE,
        }
    }

    /// Whether a file is read or written that belongs to one search.
    fn names_a_file(&self) -> bool {
        [&self.dot, &self.json_lines, &self.save, &self.resume].into_iter().any(Option::is_some)
    }
}

/// Checks one model, or all of them.
pub(super) fn run(arguments: &Arguments, echo: &Echo) -> Result<Verdict, Failure> {
    match &arguments.model {
        Some(model) => one(model, arguments, echo),
        None => all(arguments, echo),
    }
}

fn one(model: &str, arguments: &Arguments, echo: &Echo) -> Result<Verdict, Failure> {
    let mut files = Files::open(arguments)?;
    let check = checked(model, &arguments.world.options(), arguments, &mut files)?;
    files.keep()?;
    let checks = std::slice::from_ref(&check);
    keep_verdicts(arguments, checks)?;
    let text = match arguments.format.json {
        true => json::document("check", &CheckDocument::new(checks)),
        false => check::told(output::style(), question(model), &echo.to_string(), &check),
    };
    output::print(&text)?;
    Ok(check.verdict())
}

fn all(arguments: &Arguments, echo: &Echo) -> Result<Verdict, Failure> {
    let of_a_model = arguments.world.options() != Options::default() || arguments.symmetry;
    if of_a_model || arguments.names_a_file() {
        let names: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
        return Err(Failure(format!(
            "these options need a model; write `swarmbound check MODEL` and them, where MODEL is \
             one of {}",
            names.join(", ")
        )));
    }
    let mut checks = Vec::new();
    for entry in ALL {
        let worlds = WORLDS.iter().find(|(model, _)| *model == entry.name);
        for world in worlds.map_or(&[""][..], |(_, worlds)| worlds) {
            let options = World::known(world);
            checks.push(checked(entry.name, &options, arguments, &mut Files::default())?);
        }
    }
    keep_verdicts(arguments, &checks)?;
    let text = match arguments.format.json {
        true => json::document("check", &CheckDocument::new(&checks)),
        false => check::compared(output::style(), &echo.arguments(), &checks),
    };
    output::print(&text)?;
    Ok(check::worst(&checks))
}

fn keep_verdicts(arguments: &Arguments, checks: &[Check]) -> Result<(), Failure> {
    arguments.junit.as_ref().map_or(Ok(()), |path| output::write(path, &junit::of_checks(checks)))
}

fn question(model: &str) -> &'static str {
    ALL.iter().find(|entry| entry.name == model).map_or("", |entry| entry.question)
}

fn checked(
    model: &str,
    options: &Options,
    arguments: &Arguments,
    files: &mut Files,
) -> Result<Check, Failure> {
    let since = Instant::now();
    let limit = arguments.max_time.map(|time| Duration::from_nanos(time.0));
    let mut searching = Searching::new(model, limit);
    let mut watch = |progress: &_| searching.at(progress);
    let threads = arguments.threads(model);
    let mut run = ModelRun {
        limits: arguments.limits(),
        quotient: arguments.quotient(),
        workers: &threads,
        watch: &mut watch,
        exports: Vec::new(),
        resume: None,
        save: None,
    };
    let Files { dot, json_lines, save, resume } = files;
    if let Some(out) = dot {
        run.exports.push(Export { format: registry::Format::Dot, most: MOST_DRAWN, out });
    }
    if let Some(out) = json_lines {
        run.exports.push(Export { format: registry::Format::JsonLines, most: MOST_LISTED, out });
    }
    if let Some(input) = resume {
        run.resume = Some(input);
    }
    if let Some(out) = save {
        run.save = Some(out);
    }
    let outcome = registry::run(model, options, run).map_err(refused)?;
    Ok(Check { outcome, took: since.elapsed() })
}

/// The files of a search.
#[derive(Default)]
struct Files {
    dot: Option<Written>,
    json_lines: Option<Written>,
    save: Option<Written>,
    resume: Option<BufReader<File>>,
}

impl Files {
    /// Opens all of them before the search begins: afterwards would be late to hear of a mistake.
    fn open(arguments: &Arguments) -> Result<Self, Failure> {
        let write = |path: &Option<PathBuf>| path.as_deref().map(Written::new).transpose();
        let read = |path: &PathBuf| {
            File::open(path).map(BufReader::new).map_err(|e| Failure::file("read", path, &e))
        };
        Ok(Files {
            dot: write(&arguments.dot)?,
            json_lines: write(&arguments.json_lines)?,
            save: write(&arguments.save)?,
            resume: arguments.resume.as_ref().map(read).transpose()?,
        })
    }

    fn keep(self) -> Result<(), Failure> {
        [self.dot, self.json_lines, self.save].into_iter().flatten().try_for_each(Written::keep)
    }
}

/// A file that takes its name when it is whole: a search that goes on from the file which it saves
/// to loses nothing if it fails. What is no plain file (a pipe, a terminal) is written at once.
struct Written {
    path: PathBuf,
    part: Option<PathBuf>,
    out: BufWriter<File>,
}

impl Written {
    fn new(path: &Path) -> Result<Self, Failure> {
        let plain = path.is_file() || !path.exists();
        let part = plain.then(|| {
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            PathBuf::from(part)
        });
        let file = File::create(part.as_deref().unwrap_or(path));
        let file = file.map_err(|error| Failure::file("write", path, &error))?;
        Ok(Written { path: path.to_owned(), part, out: BufWriter::new(file) })
    }

    fn keep(mut self) -> Result<(), Failure> {
        let kept = self.out.flush().and_then(|()| match &self.part {
            Some(part) => std::fs::rename(part, &self.path),
            None => Ok(()),
        });
        kept.map_err(|error| Failure::file("write", &self.path, &error))
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // After a success there is nothing left under this name.
            let _ = std::fs::remove_file(part);
        }
    }
}
