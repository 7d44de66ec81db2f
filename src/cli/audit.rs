//! `swarmbound audit`: judges a trace of any engine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use swarmbound::audit::{Audit, Report, Verdict};
use swarmbound::trace::Header;
use swarmbound::trace::codec::{CodecError, Reader};

use super::progress::Progress;
use super::witness_lines::WitnessLines;
use super::{Failure, Format, cores, output};
use crate::report::heading::heading;
use crate::report::json::{self, AuditDocument};
use crate::report::junit;
use crate::report::run::{self, Lines, Run};

/// Arguments of `audit`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The trace, JSON lines; `-` reads standard input
    trace: String,
    /// Write the verdicts as test cases, for CI servers that read JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    format: Format,
}

/// Reads a trace and judges it.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let (header, run) = match arguments.trace.as_str() {
        "-" => {
            let (header, report) = read("standard input", io::stdin())?;
            (header, Run::new(None, report))
        }
        name => {
            let (header, report) = read(name, open(name)?)?;
            let mut run = Run::new(None, report);
            if let Some(lines) = WitnessLines::of(&header.scenario, &run.report) {
                run.lines = found(name, lines)?;
            }
            (header, run)
        }
    };
    let verdict = run.report.verdict;
    let runs = std::slice::from_ref(&run);
    if let Some(path) = &arguments.junit {
        output::write(path, &junit::of_runs("audit", header.scenario.name(), runs))?;
    }
    if arguments.format.json {
        let document = AuditDocument::new(&header.scenario, &run);
        output::print(&json::document("audit", &document))?;
        return Ok(verdict);
    }
    let style = output::style();
    let text = [
        heading(style, &header.scenario, None) + &run::evidence(style, &header),
        run::speeds(style, runs),
        run::rules(style, runs),
        run::slack(style, runs),
        run::judged(style, &run),
    ];
    output::print(&text.join("\n"))?;
    Ok(verdict)
}

fn open(name: &str) -> Result<File, Failure> {
    let path = Path::new(name);
    File::open(path).map_err(|error| Failure::file("read", path, &error))
}

fn read(name: &str, input: impl Read + Send + 'static) -> Result<(Header, Report), Failure> {
    let failure = |error| wrong(name, error);
    let input = BufReader::with_capacity(cores::BLOCK, input);
    let (header, blocks) = Reader::new(input).map_err(failure)?.into_blocks();
    let mut audit = Audit::new(header.clone());
    let mut progress = Progress::new("audit", None, "events");
    let take = &mut |line, event| {
        audit.event(&event);
        progress.at(line);
    };
    cores::events(blocks, take).map_err(failure)?;
    progress.says("judged");
    Ok((header, cores::report(audit)))
}

/// Reads the log again, for the lines of its witnesses. A pipe has nothing more to read: then no
/// line is named.
fn found(
    name: &str,
    mut lines: WitnessLines<'_>,
) -> Result<BTreeMap<&'static str, Lines>, Failure> {
    let file = open(name)?;
    if !file.metadata().is_ok_and(|file| file.is_file()) {
        return Ok(BTreeMap::new());
    }
    let input = BufReader::with_capacity(cores::BLOCK, file);
    let (_, blocks) = Reader::new(input).map_err(|error| wrong(name, error))?.into_blocks();
    let mut progress = Progress::new("audit", None, "events");
    progress.says("lines of the witnesses");
    let take = &mut |line, event| {
        lines.event(line, &event);
        progress.at(line);
    };
    cores::events(blocks, take).map_err(|error| wrong(name, error))?;
    Ok(lines.found())
}

/// `file:line:column: field: what is wrong and what to write instead`.
fn wrong(name: &str, error: CodecError) -> Failure {
    match error {
        CodecError::Line { line, error } => {
            let field = match error.field.as_str() {
                "" => String::new(),
                field => format!("{field}: "),
            };
            Failure(format!("{name}:{line}:{}: {field}{}", error.column, error.message))
        }
        CodecError::Io { line, source } => match source.kind() {
            io::ErrorKind::IsADirectory => Failure::file("read", Path::new(name), &source),
            _ => Failure(format!("{name}:{line}: cannot read it: {source}")),
        },
    }
}
