//! The arguments, one file a command, and the exit codes that all commands share.
//!
//! 0: what was asked for holds; 1: something is violated; 2: the usage or an input is wrong; 3:
//! evidence is missing. The result goes to standard output, everything else to standard error.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use swarmbound::audit::Verdict;

use crate::report::json;
use crate::report::layout::printable;
use echo::Echo;

mod audit;
mod bounds;
mod canaries;
mod canary;
mod challenge;
mod check;
mod completions;
mod cores;
mod curve;
mod echo;
mod engine;
mod explore;
mod import;
mod input;
mod interrupt;
mod judge;
mod man;
mod number;
mod output;
mod peer;
mod plan;
mod presets;
mod progress;
mod run;
mod schema;
mod suite;
mod sweep;
mod witness_lines;
mod workload;
mod world;

/// How fast can a file possibly reach N peers, and has anyone claimed to beat it?
///
/// Without a command: `swarmbound run figure`.
#[derive(Parser)]
#[command(name = "swarmbound", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Exit codes: 0 holds, 1 violated, 2 usage or input error, 3 unknown.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: run::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Bounds, a peer-to-peer run, a client-server run, the audit of both, and the verdict
    Run(run::Arguments),
    /// How fast it could possibly be, without a run
    Bounds(bounds::Arguments),
    /// The best schedule that is known, and how far above the best bound it ends
    Plan(plan::Arguments),
    /// Judge a trace of any engine
    Audit(audit::Arguments),
    /// A trace from a packet capture of real BitTorrent clients
    Import(import::Arguments),
    /// The scenarios that come with the program; with a name, one of them to copy
    Presets(presets::Arguments),
    /// Client-server against peer-to-peer over the number of peers
    Curve(curve::Arguments),
    /// Scenarios x settings x seeds, on all cores: a line of JSON a run, and a table
    Sweep(sweep::Arguments),
    /// Every run of a small swarm: what holds in all of them, and what the best can do
    Check(check::Arguments),
    /// The states of a small swarm in the browser
    Explore(explore::Arguments),
    /// Generated scenarios for any engine, or for the bugs that they must catch
    Suite(suite::Arguments),
    /// Eight steps for a peer in any language, from the first chunk to a good swarm
    Challenge(challenge::Arguments),
    /// An engine with a bug, as a program that reads a scenario and writes a trace
    Canary(canary::Arguments),
    /// What a document looks like, as JSON Schema
    Schema(schema::Arguments),
    /// A script that completes commands and options in a shell
    Completions(completions::Arguments),
    /// Manual pages, one for each command
    Man(man::Arguments),
}

/// The exit code where the usage or an input is wrong.
const INPUT: u8 = 2;

/// How a result is written.
#[derive(Args)]
struct Format {
    /// Write one JSON document and nothing else
    #[arg(long)]
    json: bool,
}

/// Why there is no verdict: a sentence for the user.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    /// A file that cannot be read or written.
    fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Failure(match error.kind() {
            io::ErrorKind::NotFound if what == "read" => {
                format!("{path}: there is no such file; write the path of one that exists")
            }
            io::ErrorKind::NotFound => {
                format!("{path}: there is no such folder; write a path in one that exists")
            }
            io::ErrorKind::IsADirectory => {
                format!("{path}: is a directory; write the path of a file")
            }
            _ => format!("{path}: cannot {what} it: {error}"),
        })
    }
}

/// The command line. A negative number is a value, which is refused with what to write, and no
/// unknown option.
fn command() -> clap::Command {
    let command = Arguments::command().allow_negative_numbers(true);
    command.mut_subcommands(|command| command.allow_negative_numbers(true))
}

/// The arguments, and the words that they were read from.
fn parsed() -> Result<(Arguments, Option<Echo>), clap::Error> {
    let mut command = command().term_width(output::style().width);
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let arguments = Arguments::from_arg_matches(&matches);
    let arguments = arguments.map_err(|error| error.format(&mut command))?;
    Ok((arguments, Echo::of(&command, &matches)))
}

/// Runs the command line and says how it went.
pub(crate) fn main() -> ExitCode {
    let (arguments, echo) = match parsed() {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() && is_json() => {
            return refused(&error.render().to_string(), true);
        }
        Err(error) => {
            // Help for a reader that has gone is no failure; a wrong argument still is.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { INPUT } else { 0 });
        }
    };
    let verdict = match arguments.command.zip(echo) {
        None => run::run(&run::Arguments { scenario: None, options: arguments.options }),
        Some((Command::Run(arguments), _)) => run::run(&arguments),
        Some((Command::Bounds(arguments), _)) => bounds::run(&arguments),
        Some((Command::Plan(arguments), _)) => plan::run(&arguments),
        Some((Command::Audit(arguments), _)) => audit::run(&arguments),
        Some((Command::Presets(arguments), _)) => presets::run(&arguments),
        Some((Command::Curve(arguments), _)) => curve::run(&arguments),
        Some((Command::Sweep(arguments), _)) => sweep::run(&arguments),
        Some((Command::Check(arguments), echo)) => check::run(&arguments, &echo),
        Some((Command::Explore(arguments), _)) => explore::run(&arguments),
        Some((Command::Suite(arguments), echo)) => suite::run(&arguments, echo),
        Some((Command::Challenge(arguments), _)) => challenge::run(&arguments),
        Some((Command::Canary(arguments), _)) => canary::run(&arguments),
        Some((Command::Import(arguments), _)) => import::run(&arguments),
        Some((Command::Schema(arguments), _)) => schema::run(&arguments),
        Some((Command::Completions(arguments), _)) => completions::run(&arguments),
        Some((Command::Man(arguments), _)) => man::run(&arguments),
    };
    match verdict {
        Ok(Verdict::Holds | Verdict::Skipped) => ExitCode::SUCCESS,
        Ok(Verdict::Violated) => ExitCode::from(1),
        Ok(Verdict::Unknown) => ExitCode::from(3),
        Err(Failure(message)) => refused(&message, is_json()),
    }
}

/// Whether a document is wanted, as far as that is known before the arguments are understood.
fn is_json() -> bool {
    std::env::args_os().any(|argument| argument == "--json")
}

/// Says why there is no result: a sentence, or a document for a program.
fn refused(message: &str, is_json: bool) -> ExitCode {
    // A message repeats what stands in files; a terminal would obey its control characters.
    let message = message.split('\n').map(printable).collect::<Vec<_>>().join("\n");
    // Where standard error is gone, the exit code still says it.
    let _ = io::stderr().write_all(
        match is_json {
            true => {
                let error = message.trim_end().trim_start_matches("error: ");
                json::error(error, INPUT).into_bytes()
            }
            false => format!("error: {message}\n").into_bytes(),
        }
        .as_slice(),
    );
    ExitCode::from(INPUT)
}
