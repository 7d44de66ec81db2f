//! Standard output, and files that are written.
//!
//! A reader that has gone (a broken pipe) is no error: what it wanted it has. The functions to know
//! are [`print`] and [`style`].

use std::io::{self, IsTerminal, Write};
use std::path::Path;

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

/// Colour for a terminal, unless the user wants none (<https://no-color.org>).
pub(super) fn style() -> Style {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if unwanted || dumb || !io::stdout().is_terminal() { Style::Plain } else { Style::Colour }
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
