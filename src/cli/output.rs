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

/// Writes to standard error what is no error; where that is gone, nobody misses it.
pub(super) fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Colour for a terminal, unless the user wants none (<https://no-color.org>).
pub(super) fn style() -> Style {
    style_of(&io::stdout())
}

/// The same for what goes to standard error.
pub(super) fn error_style() -> Style {
    style_of(&io::stderr())
}

fn style_of(output: &impl IsTerminal) -> Style {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if unwanted || dumb || !output.is_terminal() { Style::Plain } else { Style::Colour }
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
