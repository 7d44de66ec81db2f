//! `swarmbound canary`: an engine with a bug, as a program that a suite can examine.
//!
//! It speaks what `suite --engine` expects of a program: a resolved scenario on standard input, the
//! lines of a trace on standard output; with `--persistent` one scenario a line, and an empty line
//! after each trace.

use std::io::{self, BufRead, Read};

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::Scenario;
use swarmbound::suite::Subject;
use swarmbound::suite::canary::{CONTROLS, Canary};
use swarmbound::trace::codec::write_trace;
use swarmbound::trace::{Header, Trace};

use super::{Failure, Format, input, output};
use crate::report::json;
use crate::report::matrix::{self, CanariesDocument};

/// Arguments of `canary`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The canary, or `control` for the engine that it is made of; without one, all are listed
    name: Option<String>,
    /// Read one scenario a line, and write an empty line after each trace
    #[arg(long)]
    persistent: bool,
    #[command(flatten)]
    format: Format,
}

/// Lists the canaries, or runs one.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let Some(name) = &arguments.name else {
        let text = match arguments.format.json {
            true => json::document("canary", &CanariesDocument::new()),
            false => matrix::listed(output::style()),
        };
        output::print(&text)?;
        return Ok(Verdict::Holds);
    };
    let mut subject = subject(name)?;
    let mut input = io::stdin().lock();
    if !arguments.persistent {
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| unreadable(&error))?;
        return answer(subject.as_mut(), &text, "");
    }
    for line in input.lines() {
        answer(subject.as_mut(), &line.map_err(|error| unreadable(&error))?, "\n")?;
    }
    Ok(Verdict::Holds)
}

fn unreadable(error: &io::Error) -> Failure {
    Failure(format!("standard input: cannot be read: {error}"))
}

fn subject(name: &str) -> Result<Box<dyn Subject>, Failure> {
    if let Some((_, control)) = CONTROLS.iter().find(|(known, _)| *known == name) {
        return Ok(control());
    }
    let Some(canary) = Canary::find(name) else {
        return Err(Failure(format!(
            "`{name}` is no canary; write one that `swarmbound canary` lists, or `control`"
        )));
    };
    canary.subject().ok_or_else(|| {
        Failure(format!("{name} is a bound and runs nothing; see `swarmbound suite --canaries`"))
    })
}

/// Runs one scenario and writes the trace, and `end` after it.
fn answer(subject: &mut dyn Subject, text: &str, end: &str) -> Result<Verdict, Failure> {
    let scenario =
        Scenario::from_json(text).map_err(|error| input::wrong("standard input", &error))?;
    let mut events = Vec::new();
    let evidence = subject
        .run(&scenario, &mut |event| events.push(event))
        .map_err(|failure| Failure(failure.explanation))?;
    let trace = Trace { header: Header { scenario, evidence }, events };
    let mut text = Vec::new();
    write_trace(&mut text, &trace)
        .map_err(|error| Failure(format!("the trace cannot be written: {error}")))?;
    output::print(&(String::from_utf8_lossy(&text) + end))?;
    Ok(Verdict::Holds)
}
