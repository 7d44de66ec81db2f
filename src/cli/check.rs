//! `swarmbound check`: every run of a small swarm.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::checker::{Limits, Quotient};
use swarmbound::models::Options;
use swarmbound::models::registry::{self, ALL, Export, Run};
use swarmbound::units::Bytes;

use super::progress::Searching;
use super::world::{World, refused};
use super::{Failure, Format, output};
use crate::report::check::{self, Check, CheckDocument};
use crate::report::json;

/// More states than these no picture shows.
const MOST_DRAWN: usize = 2000;

/// Options by name.
type Written = &'static [(&'static str, &'static str)];

/// The worlds that are checked when no model is named; a model that has none here is checked in the
/// world that it has without options. Together they take under a minute.
const WORLDS: &[(&str, &[Written])] = &[
    (
        "churn",
        &[
            &[("peers", "4"), ("fair", "WF(join),SF(transfer)")],
            &[("peers", "4"), ("source", "churns")],
            &[("peers", "4"), ("churn", "once"), ("source", "churns")],
            &[("chunks", "3"), ("free-riders", "1"), ("fair", "WF(join),SF(transfer)")],
        ],
    ),
    (
        "schedule",
        &[
            &[("peers", "4"), ("chunks", "3")],
            &[("peers", "4"), ("chunks", "3"), ("download-slots", "1"), ("source-slots", "2")],
            &[("chunks", "3"), ("barter", "strict"), ("download-slots", "1")],
            &[("chunks", "3"), ("barter", "credit:1")],
            &[("chunks", "3"), ("free-riders", "2")],
            &[("chunks", "3"), ("selfish", "true")],
            &[("peers", "4"), ("overlay", "path")],
            &[("peers", "4"), ("calls", "telegraph")],
            &[("times", "1:1,2,2")],
        ],
    ),
    (
        "swarm",
        &[
            &[("optimistic", "off"), ("fair", "WF(all)")],
            &[("chunks", "1"), ("losses", "1"), ("free-riders", "1"), ("fair", "WF(all)")],
            &[("peers", "1"), ("churn", "rejoin"), ("source", "churns"), ("losses", "1")],
            &[("peers", "1"), ("timers", "any:2"), ("ready", "any-time"), ("losses", "1")],
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
    /// What may be assumed of runs when `everyone_completes` is judged: weak and strong fairness
    /// of the named actions (default: nothing)
    #[arg(long, value_name = "WF(join),SF(transfer)")]
    fair: Option<String>,
    /// Take states that differ only in names for one
    #[arg(long)]
    symmetry: bool,
    /// Stop when so many states are known
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_states: Option<u64>,
    /// Stop when the tables take so much memory
    #[arg(long, value_name = "BYTES", default_value = "8 GiB")]
    max_memory: Bytes,
    /// Threads that search; there is one today
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: u64,
    /// Write the states and the steps between them as a Graphviz graph, the first 2000 states
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

impl Arguments {
    fn options(&self) -> Options {
        let options = self.world.options();
        match &self.fair {
            Some(fair) => options.with("fair", fair),
            None => options,
        }
    }

    fn limits(&self) -> Limits {
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Limits {
            states: self.max_states.map_or(usize::MAX, whole),
            bytes: whole(self.max_memory.0),
            ..Limits::NONE
        }
    }
}

/// Checks one model, or all of them.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    if arguments.threads != 1 {
        return Err(Failure(format!(
            "--threads {}: a search runs on one thread; write --threads 1, or leave it out",
            arguments.threads
        )));
    }
    match &arguments.model {
        Some(model) => one(model, arguments),
        None => all(arguments),
    }
}

fn one(model: &str, arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut graph = Vec::new();
    let dot = arguments.dot.as_deref().map(|path| (path, &mut graph));
    let (file, graph_of) = dot.unzip();
    let check = checked(model, &arguments.options(), arguments, graph_of)?;
    let text = match arguments.format.json {
        true => json::line(&CheckDocument::new(&check)),
        false => check::told(output::style(), question(model), &check),
    };
    output::print(&text)?;
    if let Some(path) = file {
        write_graph(path, graph)?;
    }
    Ok(check.verdict())
}

fn write_graph(path: &Path, graph: Vec<u8>) -> Result<(), Failure> {
    let text = String::from_utf8(graph);
    let text = text.map_err(|_| Failure("the graph is no UTF-8 text".to_owned()))?;
    output::write(path, &text)
}

fn all(arguments: &Arguments) -> Result<Verdict, Failure> {
    let of_a_model = arguments.options() != Options::default() || arguments.symmetry;
    if of_a_model || arguments.dot.is_some() {
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
        for world in worlds.map_or(&[&[][..]][..], |(_, worlds)| worlds) {
            let options = world
                .iter()
                .fold(Options::default(), |options, (name, value)| options.with(name, value));
            checks.push(checked(entry.name, &options, arguments, None)?);
        }
    }
    let text = match arguments.format.json {
        true => json::line(&checks.iter().map(CheckDocument::new).collect::<Vec<_>>()),
        false => check::compared(output::style(), &checks),
    };
    output::print(&text)?;
    Ok(check::worst(&checks))
}

fn question(model: &str) -> &'static str {
    ALL.iter().find(|entry| entry.name == model).map_or("", |entry| entry.question)
}

fn checked(
    model: &str,
    options: &Options,
    arguments: &Arguments,
    graph: Option<&mut Vec<u8>>,
) -> Result<Check, Failure> {
    let since = Instant::now();
    let mut searching = Searching::new(model);
    let mut watch = |progress: &_| searching.at(progress);
    let exports = graph.map(|out| Export { format: registry::Format::Dot, most: MOST_DRAWN, out });
    let run = Run {
        limits: arguments.limits(),
        quotient: if arguments.symmetry { Quotient::Symmetric } else { Quotient::Raw },
        watch: &mut watch,
        exports: exports.into_iter().collect(),
        resume: None,
        save: None,
    };
    let outcome = registry::run(model, options, run).map_err(refused)?;
    Ok(Check { outcome, took: since.elapsed() })
}
