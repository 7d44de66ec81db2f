//! Black-box tests: the binary is run and what it says is read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod captures;
mod check;
mod commands;
mod console;
mod downstream;
#[cfg(unix)]
mod engine;
mod extremes;
mod golden;
mod machines;
#[cfg(unix)]
mod peer;
mod plan;
mod schema;
mod suite;
mod sweep;
mod validator;
mod widths;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What one run of the binary said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The binary with these arguments, in the root of the package.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmbound"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("RUST_BACKTRACE", "0").env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

/// Runs it to its end.
pub(crate) fn swarmbound(arguments: &[&str]) -> Said {
    with_input(arguments, b"")
}

/// Runs it with something on standard input.
pub(crate) fn with_input(arguments: &[&str], input: &[u8]) -> Said {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments does not read: the rest of the input is not wanted then.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The one document that it prints, and nothing else anywhere.
pub(crate) fn json(arguments: &[&str]) -> (i32, Value) {
    let Said { code, out, err } = swarmbound(arguments);
    assert_eq!(err, "", "{arguments:?}");
    let value = serde_json::from_str(&out);
    let value = value.unwrap_or_else(|error| panic!("{arguments:?}: {error} in {out}"));
    schema::is_report(&value);
    (code, value)
}

/// The names of the fields of an object, in alphabetical order.
pub(crate) fn fields(value: &Value) -> Vec<&str> {
    let mut fields: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    fields
}

/// A small swarm: three peers get 1 MB from a source as fast as they are.
pub(crate) const SMALL: &str = r#"name = "small"

[file]
size = "1 MB"
chunk = "64 KiB"

[source]
upload = "8 Mbit/s"

[[peers]]
count = 3
upload = "2 Mbit/s"
download = "20 Mbit/s"

[run]
seed = 5
"#;
