//! Standard output and how wide it is, and files that are written.
//!
//! A reader that has gone (a broken pipe) is no error: what it wanted it has.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use terminal_size::{Width, terminal_size_of};

use super::Failure;
use crate::report::Style;

/// Writes a result to standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error what is no error; where that is gone, no reader misses it.
pub(super) fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// How text on standard output looks.
///
/// It is coloured on a terminal, unless the user wants no colours (<https://no-color.org>), and as
/// wide as the variable `COLUMNS` says, or else the terminal: at least 80 columns, which is also
/// the width where there is neither.
pub(super) fn style() -> Style {
    let output = io::stdout();
    Style { colour: is_coloured(&output), width: width(terminal_size_of(&output)) }
}

/// The same for standard error.
pub(super) fn error_style() -> Style {
    let output = io::stderr();
    Style { colour: is_coloured(&output), width: width(terminal_size_of(&output)) }
}

fn is_coloured(output: &impl IsTerminal) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !unwanted && !dumb && output.is_terminal()
}

fn width(terminal: Option<(Width, terminal_size::Height)>) -> usize {
    let wanted = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal.map(|(Width(columns), _)| usize::from(columns));
    wanted.or_else(terminal).unwrap_or(0).max(Style::PLAIN.width)
}

/// Writes a whole file.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    match std::fs::write(path, text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::file("write", path, &error))
        }
        _ => Ok(()),
    }
}
