//! A sweep as people write it: scenarios x settings x seeds, each of which is a run.
//!
//! A setting is a value for one field of a scenario, spelled as there; it stands in the place of
//! what the scenario says, before that is read. No file is opened here, and nothing is run. A
//! [`Place`] is one run of a [`Sweep`].

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::settings::{NOTHING, Setting, Settings, Share};
use super::table::{Field, Form, KNOWN, Known, Spans, Table, Text};
use super::{FileError, MOST_PEERS, Scenario};
use crate::chunks::Manifest;
use crate::units::parse_decimal;

#[cfg(test)]
mod tests;

/// The most runs that a sweep may have.
pub const MOST_RUNS: usize = 1_000_000;

/// What a sweep may say; what stands in `vary` are fields of a scenario.
const FIELDS: Known = &[("", &["about", "scenarios", "client_server", "seeds", "vary"])];

/// Settings that are no fields of a scenario.
const NAMED: &[&str] = &["peers", "chunks", "free_riders"];

/// A value as it is written in a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Written {
    /// Without quotes.
    Whole(u64),
    /// True or false.
    Flag(bool),
    /// In quotes.
    Text(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Written::Whole(number) => number.fmt(f),
            Written::Flag(flag) => flag.fmt(f),
            Written::Text(text) => text.fmt(f),
        }
    }
}

/// What an axis changes.
enum Target {
    Peers,
    Chunks,
    FreeRiders,
    Field { section: String, name: String },
}

/// Something that is varied, and its values in the order of the text.
struct Axis<'t> {
    name: String,
    target: Target,
    values: Vec<(Written, Field<'t>)>,
}

/// Scenarios, settings and seeds; every combination is a run.
pub struct Sweep<'t> {
    scenarios: Vec<(String, Field<'t>)>,
    axes: Vec<Axis<'t>>,
    client_server: bool,
    /// None is the seed of each scenario.
    seeds: Vec<Option<u64>>,
}

/// One run of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number, from 0: scenarios vary slowest, then the settings in the order of the text, then
    /// who sends, and seeds fastest.
    pub index: usize,
    /// The number of its combination of everything but the seed, from 0.
    pub row: usize,
    /// Its scenario, from 0.
    pub scenario: usize,
    /// The seed, when it is not that of the scenario.
    pub seed: Option<u64>,
    /// Only the source sends.
    pub is_client_server: bool,
    /// The value of each axis, from 0.
    values: Vec<usize>,
}

impl<'t> Sweep<'t> {
    /// Reads a sweep from the text of the file called `file`.
    ///
    /// # Errors
    /// With line, column and field: text that is no TOML, a field that is unknown, missing or of
    /// the wrong kind, a setting that no scenario has, an axis without values or with one value
    /// twice, and more than [`MOST_RUNS`] runs. Values are judged when a scenario is read with
    /// them.
    pub fn read(file: &'t str, text: &'t str) -> Result<Self, FileError> {
        let text = Text { file, text };
        let form = Form { text, known: FIELDS, settings: &NOTHING };
        let mut root = Table::root(form, &mut Spans::default())?;
        if let Some(about) = root.take("about") {
            about.text("\"what this sweep shows\"")?;
        }
        let scenarios = root.need("scenarios", "scenarios = [\"figure\"]")?;
        let scenarios = read_scenarios(&scenarios)?;
        let client_server = root.take("client_server").map_or(Ok(false), |field| field.flag())?;
        let seeds = root.take("seeds").map_or(Ok(vec![None]), |field| read_seeds(&field))?;
        let axes = match root.take("vary") {
            Some(field) => read_axes(field)?,
            None => Vec::new(),
        };
        let sweep = Sweep { scenarios, axes, client_server, seeds };
        let sizes = sweep.sizes().into_iter().map(|size| size as u128);
        let runs = sizes.fold(1, u128::saturating_mul);
        if (MOST_RUNS as u128) < runs {
            let wrong =
                format!("this makes {runs} runs; write fewer values, for at most {MOST_RUNS}");
            return Err(text.error(0..0, "", wrong));
        }
        Ok(sweep)
    }

    /// What the sizes of the product are, those that vary slowest first.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![self.scenarios.len()];
        sizes.extend(self.axes.iter().map(|axis| axis.values.len()));
        sizes.extend([1 + usize::from(self.client_server), self.seeds.len()]);
        sizes
    }

    /// How many runs there are.
    pub fn runs(&self) -> usize {
        self.sizes().into_iter().product()
    }

    /// The names of the scenarios: of presets, or paths.
    pub fn scenarios(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|(name, _)| name.as_str())
    }

    /// What is wrong with a scenario, where it is named.
    pub fn blame(&self, scenario: usize, wrong: impl Into<String>) -> FileError {
        self.scenarios[scenario].1.error(wrong)
    }

    /// The run of this number.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn place(&self, index: usize) -> Place {
        let mut rest = index;
        let mut digits: Vec<usize> = Vec::new();
        for size in self.sizes().into_iter().rev() {
            digits.push(rest % size);
            rest /= size;
        }
        assert_eq!(rest, 0, "the sweep has this run");
        digits.reverse();
        let [scenario, values @ .., mode, seed] = &digits[..] else {
            unreachable!("a product has three sizes at least")
        };
        Place {
            index,
            row: index / self.seeds.len(),
            scenario: *scenario,
            seed: self.seeds[*seed],
            is_client_server: *mode != 0,
            values: values.to_vec(),
        }
    }

    /// What is varied and its value in this run, in the order of the text.
    pub fn settings(&self, place: &Place) -> impl Iterator<Item = (&str, &Written)> {
        let values = self.axes.iter().zip(&place.values);
        values.map(|(axis, &value)| (axis.name.as_str(), &axis.values[value].0))
    }

    /// The scenario of this run, from the text of the file called `file`.
    ///
    /// # Errors
    /// As [`read_toml`](super::read_toml); with the file of the sweep where one of its values is
    /// wrong.
    pub fn scenario(&self, place: &Place, file: &str, text: &str) -> Result<Scenario, FileError> {
        let mut settings = NOTHING.clone();
        for (axis, &value) in self.axes.iter().zip(&place.values) {
            axis.set(value, &mut settings)?;
        }
        super::read(Text { file, text }, &settings, place.seed)
    }
}

impl<'t> Axis<'t> {
    fn set(&self, value: usize, settings: &mut Settings<'t>) -> Result<(), FileError> {
        let (_, field) = &self.values[value];
        match &self.target {
            Target::Peers => settings.peers = Some(field.whole(1..=MOST_PEERS as u64)? as usize),
            Target::Chunks => {
                settings.chunks = Some((field.whole(1..=Manifest::MAX_CHUNKS)?, field.clone()));
            }
            Target::FreeRiders => settings.free_riders = Some(share(field)?),
            Target::Field { section, name } => settings.fields.push(Setting {
                section: section.clone(),
                name: name.clone(),
                value: field.clone(),
            }),
        }
        Ok(())
    }
}

/// `25 %`.
fn share(field: &Field<'_>) -> Result<Share, FileError> {
    let text = field.text("\"25 %\"")?;
    let percent = text.trim().strip_suffix('%').and_then(|part| parse_decimal(part.trim()));
    let share = percent.and_then(|(count, shift)| Share::percent(count, shift));
    share.ok_or_else(|| {
        field.error(format!("`{text}` is no share; write one from \"0 %\" to \"100 %\""))
    })
}

fn read_scenarios<'t>(field: &Field<'t>) -> Result<Vec<(String, Field<'t>)>, FileError> {
    let mut scenarios: Vec<(String, Field<'t>)> = Vec::new();
    for field in field.list("for example [\"figure\", \"mine.toml\"]")? {
        let name = field.text("\"figure\"")?.trim().to_owned();
        if scenarios.iter().any(|(known, _)| *known == name) {
            return Err(field.error(format!("`{name}` stands here twice; write it once")));
        }
        scenarios.push((name, field));
    }
    Ok(scenarios)
}

/// A list of whole numbers, or `FIRST..=LAST`.
fn read_seeds(field: &Field<'_>) -> Result<Vec<Option<u64>>, FileError> {
    if let Ok(text) = field.text("") {
        return range(text).map_err(|wrong| field.error(wrong));
    }
    let mut known = BTreeSet::new();
    let mut seeds = Vec::new();
    for field in field.list("for example [1, 2, 3], or a range, \"1..=20\"")? {
        let seed = field.whole(0..=u64::MAX)?;
        if !known.insert(seed) {
            return Err(field.error(format!("`{seed}` stands here twice; write it once")));
        }
        seeds.push(Some(seed));
    }
    Ok(seeds)
}

fn range(text: &str) -> Result<Vec<Option<u64>>, String> {
    let Some((first, last)) = text.split_once("..=") else {
        let form = "write \"1..=20\", both included, or a list, for example [1, 2, 3]";
        return Err(format!("`{text}` is no range of seeds; {form}"));
    };
    let number = |text: &str| -> Result<u64, String> {
        let wrong = |_| format!("`{text}` is no seed; write a whole number of 0..={}", u64::MAX);
        text.trim().parse().map_err(wrong)
    };
    let (first, last) = (number(first)?, number(last)?);
    if last < first {
        return Err(format!("{first} is more than {last}; write \"{last}..={first}\""));
    }
    if MOST_RUNS as u64 <= last - first {
        return Err(format!("these are more than {MOST_RUNS} seeds; write fewer"));
    }
    Ok((first..=last).map(Some).collect())
}

fn read_axes(field: Field<'_>) -> Result<Vec<Axis<'_>>, FileError> {
    let mut axes: Vec<Axis<'_>> = Vec::new();
    for (name, field) in field.leaves()? {
        let target = target(&name).map_err(|wrong| field.error(wrong))?;
        if let Some(other) = axes.iter().find(|axis| is_same(&axis.name, &name)) {
            let wrong = format!("says again what `{}` says; write one of them", other.name);
            return Err(field.error(wrong));
        }
        axes.push(read_axis(name, target, &field)?);
    }
    Ok(axes)
}

/// Would two settings decide the same?
fn is_same(one: &str, other: &str) -> bool {
    let overrules = |one: &str, other: &str| match one {
        "chunks" => other == "file.size",
        "free_riders" => other.ends_with(".behavior"),
        _ => one == other,
    };
    overrules(one, other) || overrules(other, one) || one == other
}

fn read_axis<'t>(name: String, target: Target, field: &Field<'t>) -> Result<Axis<'t>, FileError> {
    let mut values: Vec<(Written, Field<'t>)> = Vec::new();
    let example = match target {
        Target::Peers | Target::Chunks => "for example [10, 100]",
        Target::FreeRiders => "for example [\"0 %\", \"25 %\"]",
        Target::Field { .. } => "with each value written as in a scenario",
    };
    for field in field.list(example)? {
        let written = field.written()?;
        if values.iter().any(|(known, _)| *known == written) {
            return Err(field.error(format!("`{written}` stands here twice; write it once")));
        }
        values.push((written, field));
    }
    let axis = Axis { name, target, values };
    // What needs no scenario is judged at once.
    for value in 0..axis.values.len() {
        axis.set(value, &mut NOTHING.clone())?;
    }
    Ok(axis)
}

/// What a name in `[vary]` means.
fn target(name: &str) -> Result<Target, String> {
    match name {
        "peers" => return Ok(Target::Peers),
        "chunks" => return Ok(Target::Chunks),
        "free_riders" => return Ok(Target::FreeRiders),
        "run.seed" => {
            return Err("is no setting; write seeds = \"1..=20\" before [vary]".to_owned());
        }
        _ => {}
    }
    let (section, field) = name.split_once('.').unwrap_or(("", name));
    let (list, at) = section.split_once('[').unwrap_or((section, ""));
    let known = KNOWN.iter().find(|(known, _)| !known.is_empty() && *known == list);
    let Some((list, fields)) = known else {
        let fields = KNOWN.iter().flat_map(|(section, fields)| {
            let fields = fields.iter().filter(|field| !section.is_empty() && **field != "seed");
            fields.map(|field| path(section, field))
        });
        let known: Vec<String> = NAMED.iter().map(|name| name.to_string()).chain(fields).collect();
        return Err(format!("is no setting; write one of {}", known.join(", ")));
    };
    let known: Vec<String> =
        fields.iter().filter(|field| **field != "seed").map(|field| path(list, field)).collect();
    let is_one = match *list {
        // `peers[00]` would name the first group, and nothing would be set in it.
        "peers" => at
            .strip_suffix(']')
            .is_some_and(|at| at.parse().is_ok_and(|number: usize| number.to_string() == at)),
        list => list == section,
    };
    if !is_one || !fields.contains(&field) {
        return Err(format!("is no setting; write one of {}", known.join(", ")));
    }
    Ok(Target::Field { section: section.to_owned(), name: field.to_owned() })
}

/// A field of a scenario, or of its first group of peers, as a key of TOML.
fn path(section: &str, field: &str) -> String {
    match section {
        "peers" => format!("\"peers[0].{field}\""),
        section => format!("{section}.{field}"),
    }
}
