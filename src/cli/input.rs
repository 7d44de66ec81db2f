//! Finds the scenario that an argument means: a preset, or a file.
//!
//! It reads files but does not understand them: that is the scenario's own business.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use swarmbound::scenario::{JsonError, PRESETS, Preset, Scenario, read_toml};

use super::Failure;

/// The most bytes of a scenario: a resolved one of a million peers takes a third of them.
const LONGEST: u64 = 512 << 20;

/// What stands for standard input.
const STDIN: &str = "-";

/// The scenario that `argument` means; `seed` overrides its own.
pub(super) fn scenario(argument: &str, seed: Option<u64>) -> Result<Scenario, Failure> {
    if let Some(preset) = Preset::named(argument) {
        return preset.scenario(seed).map_err(|error| Failure(error.to_string()));
    }
    if argument != STDIN && !is_path(argument) {
        let Failure(unknown) = unknown(argument, "neither a preset nor a file");
        return Err(Failure(format!(
            "{unknown}\n  files: a path that ends in .toml, or in .json for a resolved scenario"
        )));
    }
    let (name, text) = text(argument, None)?;
    if is_json(&name, &text) {
        return resolved(&name, &text, seed);
    }
    read_toml(&name, &text, seed).map_err(|error| Failure(error.to_string()))
}

/// A scenario that can be run: every uplink has a rate that is known.
pub(super) fn runnable(argument: &str, seed: Option<u64>) -> Result<Scenario, Failure> {
    let scenario = scenario(argument, seed)?;
    need_rates(&scenario)?;
    Ok(scenario)
}

/// An error about an uplink whose rate is not known.
pub(super) fn need_rates(scenario: &Scenario) -> Result<(), Failure> {
    match scenario.unknown_upload() {
        None => Ok(()),
        Some(node) => Err(Failure(format!(
            "{}: the upload of {node} is unknown, and a run needs a rate; write one, for example \
             \"10 Mbit/s\"",
            scenario.name()
        ))),
    }
}

/// The scenario that `named` means in a file of `folder`, as the text of a TOML file, and the name
/// of that file.
pub(super) fn toml(named: &str, folder: &Path) -> Result<(String, String), Failure> {
    if let Some(preset) = Preset::named(named) {
        return Ok((preset.file(), preset.toml.to_owned()));
    }
    let path = folder.join(named);
    if named == STDIN || !(is_path(named) || path.exists()) {
        return Err(unknown(named, "neither a preset nor a file"));
    }
    let (name, text) = text(&path.to_string_lossy(), None)?;
    match is_json(&name, &text) {
        true => resolved(&name, &text, None).map(|scenario| (name, scenario.to_toml())),
        false => Ok((name, text)),
    }
}

/// The text of a file, and its name; `form` says what to write there, if that is no scenario.
pub(super) fn text(argument: &str, form: Option<&str>) -> Result<(String, String), Failure> {
    let (name, bytes) = bytes(argument)?;
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_text(&name, form, error.as_bytes(), error.utf8_error())),
    };
    // Some editors put a byte order mark before the text; it is no part of it.
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok((name, text))
}

/// Does the argument mean a file? A name that is no preset does when there is such a file.
fn is_path(argument: &str) -> bool {
    let path = Path::new(argument);
    argument.contains(['/', '\\']) || path.extension().is_some() || path.exists()
}

fn unknown(name: &str, what: &str) -> Failure {
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    let nearest = nearest(name, &names);
    let meant = nearest.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Failure(format!("`{name}` is {what}{meant}\n  presets: {}", names.join(", ")))
}

/// The preset of this name.
pub(super) fn preset(name: &str) -> Result<&'static Preset, Failure> {
    Preset::named(name).ok_or_else(|| unknown(name, "no preset"))
}

fn bytes(argument: &str) -> Result<(String, Vec<u8>), Failure> {
    let (name, path) = match argument {
        STDIN => ("standard input".to_owned(), Path::new(STDIN)),
        path => (path.to_owned(), Path::new(path)),
    };
    let input: io::Result<Box<dyn Read>> = match argument {
        STDIN => Ok(Box::new(io::stdin())),
        _ => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    let mut bytes = Vec::new();
    input
        .and_then(|input| input.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file("read", path, &error))?;
    if LONGEST < bytes.len() as u64 {
        return Err(Failure(format!(
            "{name}: is longer than {LONGEST} bytes; write a scenario, which is shorter"
        )));
    }
    Ok((name, bytes))
}

fn not_text(name: &str, form: Option<&str>, bytes: &[u8], error: std::str::Utf8Error) -> Failure {
    let before = bytes.get(..error.valid_up_to()).unwrap_or(bytes);
    let line = before.split(|&byte| byte == b'\n').count();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let scenario = match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("json" | "jsonl") => {
            "write a resolved scenario as JSON, for example from `swarmbound \
             presets figure --json`"
        }
        _ => "write a scenario as TOML, for example from `swarmbound presets figure`",
    };
    let (column, form) = (before.len() - start + 1, form.unwrap_or(scenario));
    Failure(format!("{name}:{line}:{column}: this is no UTF-8 text; {form}"))
}

fn is_json(name: &str, text: &str) -> bool {
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("toml") => false,
        Some("json" | "jsonl") => true,
        _ => text.trim_start().starts_with('{'),
    }
}

/// A resolved scenario: its arrivals are times already, so a seed only starts the run.
fn resolved(name: &str, text: &str, seed: Option<u64>) -> Result<Scenario, Failure> {
    let scenario = Scenario::from_json(text).map_err(|error| {
        let Failure(wrong) = wrong(name, &error);
        let trace = match name.ends_with(".jsonl") {
            true => format!("\n  to judge a trace: swarmbound audit {name}"),
            false => String::new(),
        };
        Failure(wrong + &trace)
    })?;
    let Some(seed) = seed else { return Ok(scenario) };
    let reseeded = scenario.into_parts().seed(seed).build();
    reseeded.map_err(|malformed| Failure(format!("{name}: {malformed}")))
}

/// What is wrong with a JSON text, and where.
pub(super) fn wrong(name: &str, error: &JsonError) -> Failure {
    let JsonError { line, column, field, message, .. } = error;
    let colon = if field.is_empty() { "" } else { ": " };
    Failure(format!("{name}:{line}:{column}: {field}{colon}{message}"))
}

/// The name that differs least, when it differs little.
fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let distances = names.iter().map(|&known| (strsim::levenshtein(name, known), known));
    let (least, nearest) = distances.min()?;
    (least <= 1 + nearest.chars().count() / 3).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        assert_eq!(nearest("figur", &["figure", "churn"]), Some("figure"));
        assert_eq!(nearest("chrun", &["figure", "churn"]), Some("churn"));
        assert_eq!(nearest("something", &["figure", "churn"]), None);
    }
}
