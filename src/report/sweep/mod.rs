//! A sweep: a line of JSON a run, and a table with a row for each combination of settings.
//!
//! A line says nothing that differs from machine to machine or from day to day, so that the same
//! sweep gives the same bytes. Nothing is run or judged here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use swarmbound::audit::{self, Verdict};
use swarmbound::scenario::Written;
use swarmbound::units::Time;

use super::Style;
use super::json::{self, BindingEntry, VERDICTS};
use super::layout::printable;
use super::numbers;
use super::run::{Mode, Run};
use super::table::{Align, Cell, Table};
use super::wrapping::wrapped;

/// The version of the lines.
const VERSION: u32 = 3;

/// How every line begins.
pub(crate) const HEAD: &[u8] = b"{\"sweep\":3,";

/// More rows are told as JSON only.
const ROWS: usize = 60;

/// What is known of a run before it has begun.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Its number within the sweep.
    pub(crate) index: usize,
    /// The number of its combination of settings.
    pub(crate) row: usize,
    /// The name of its scenario.
    pub(crate) scenario: String,
    pub(crate) settings: Set,
    pub(crate) mode: Mode,
    pub(crate) seed: u64,
    pub(crate) peers: usize,
    pub(crate) chunks: usize,
    pub(crate) free_riders: usize,
    pub(crate) fingerprint: Fingerprint,
}

/// What is varied, with the values of one run, in the order of the sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set(pub(crate) Vec<(String, Written)>);

impl Serialize for Set {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Set {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Set;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of settings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Set, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Set(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// What a run is, in 128 bits: the scenario with its seed, who sends, and the program that ran it.
///
/// FNV-1a (Fowler, Noll and Vo) needs no dependency and is the same on every machine. It
/// keeps a run from being taken for another by accident, not by malice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(pub(crate) u128);

impl Fingerprint {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = (1 << 88) + 0x13b;

    /// Of these texts, one after the other.
    pub(crate) fn of(texts: &[&str]) -> Self {
        // A byte that no text has stands behind each, so that no two lists run together.
        let bytes = texts.iter().flat_map(|text| text.bytes().chain([0xff]));
        Fingerprint(bytes.fold(Self::BASIS, Self::fed))
    }

    fn fed(hash: u128, byte: u8) -> u128 {
        (hash ^ u128::from(byte)).wrapping_mul(Self::PRIME)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_written = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| is_written);
        number.map(Fingerprint).ok_or_else(|| serde::de::Error::custom("no fingerprint"))
    }
}

/// A run and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    #[schemars(extend("const" = VERSION))]
    sweep: u32,
    pub(crate) index: usize,
    scenario: String,
    #[schemars(with = "Map<String, Value>")]
    settings: Set,
    mode: String,
    seed: u64,
    peers: usize,
    chunks: usize,
    free_riders: usize,
    completed: usize,
    distribution_time_ns: Option<u64>,
    last_ns: Option<u64>,
    best_bound: BindingEntry,
    best_bound_ns: Option<u64>,
    ratio: Option<f64>,
    ratio_exact: Option<String>,
    client_server_bound: Option<BindingEntry>,
    client_server_ratio: Option<f64>,
    client_server_ratio_exact: Option<String>,
    transfers: usize,
    #[schemars(extend("enum" = VERDICTS))]
    verdict: String,
    violated: Vec<String>,
    unknown: Vec<String>,
    #[schemars(with = "String")]
    pub(crate) fingerprint: Fingerprint,
}

/// The word of a value that is one in JSON.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("{other:?} is no word"),
    }
}

impl Line {
    /// The result of a run.
    pub(crate) fn new(case: &Case, run: &Run) -> Self {
        let report = &run.report;
        let by = |verdict: Verdict| {
            let rules = report.rules.iter().filter(|rule| rule.judgement.verdict == verdict);
            rules.map(|rule| rule.name.to_owned()).collect()
        };
        let line = Line {
            sweep: VERSION,
            index: case.index,
            scenario: String::new(),
            settings: Set(Vec::new()),
            mode: String::new(),
            seed: case.seed,
            peers: case.peers,
            chunks: case.chunks,
            free_riders: case.free_riders,
            completed: report.completed,
            distribution_time_ns: report.distribution_time.map(|time| time.0),
            last_ns: report.last.map(|time| time.0),
            best_bound: BindingEntry::from(&report.best),
            best_bound_ns: None,
            ratio: None,
            ratio_exact: None,
            client_server_bound: report.client_server.as_ref().map(BindingEntry::from),
            client_server_ratio: None,
            client_server_ratio_exact: None,
            transfers: report.transfers,
            verdict: word(report.verdict),
            violated: by(Verdict::Violated),
            unknown: by(Verdict::Unknown),
            fingerprint: case.fingerprint,
        };
        line.of(case)
    }

    /// The same result where the run now stands: another sweep may number it otherwise.
    pub(crate) fn of(self, case: &Case) -> Self {
        let (ratio_exact, ratio) = json::ratios_of(self.fraction());
        let beside = self.client_server_bound.as_ref().and_then(|bound| self.over(bound));
        let (client_server_ratio_exact, client_server_ratio) = json::ratios_of(beside);
        Line {
            index: case.index,
            scenario: case.scenario.clone(),
            settings: case.settings.clone(),
            mode: word(case.mode),
            seed: case.seed,
            peers: case.peers,
            chunks: case.chunks,
            free_riders: case.free_riders,
            ratio,
            ratio_exact,
            client_server_ratio,
            client_server_ratio_exact,
            best_bound_ns: self.best_bound.ns,
            ..self
        }
    }

    /// Reads a line back.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let line: Line = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match line.sweep {
            VERSION => line.contradiction().map_or(Ok(line), Err),
            version => Err(format!("is of version {version}, which this program does not know")),
        }
    }

    /// What no run can have come to, so that the line was changed.
    fn contradiction(&self) -> Option<String> {
        let Some(verdict) = self.verdict() else {
            return Some(format!("`{}` is no verdict", self.verdict));
        };
        let mut named = self.violated.iter().chain(&self.unknown);
        if let Some(name) = named.find(|name| audit::ALL.iter().all(|rule| rule.name != **name)) {
            return Some(format!("`{name}` is no rule"));
        }
        let worst = match (self.violated.is_empty(), self.unknown.is_empty()) {
            (false, _) => Verdict::Violated,
            (true, false) => Verdict::Unknown,
            (true, true) => Verdict::Holds,
        };
        if verdict != worst {
            return Some(format!("its rules say {worst}, and its verdict is {verdict}"));
        }
        if self.peers < self.completed {
            return Some(format!("{} of {} peers completed", self.completed, self.peers));
        }
        let is_early = self.fraction().is_some_and(|(last, bound)| last < bound);
        (is_early && self.completed == self.peers && verdict == Verdict::Holds)
            .then(|| "it ends before its bound, and no rule says so".to_owned())
    }

    /// The line with its newline.
    pub(crate) fn text(&self) -> String {
        json::line(self)
    }

    fn verdict(&self) -> Option<Verdict> {
        let all = [Verdict::Holds, Verdict::Unknown, Verdict::Violated];
        all.into_iter().find(|&verdict| word(verdict) == self.verdict)
    }

    /// The last completion and the best bound on it, as far as both are known.
    fn fraction(&self) -> Option<(Time, Time)> {
        self.over(&self.best_bound)
    }

    fn over(&self, bound: &BindingEntry) -> Option<(Time, Time)> {
        let bound = bound.ns.filter(|&bound| bound != 0)?;
        Some((Time(self.last_ns?), Time(bound)))
    }
}

/// The runs that differ in nothing but their seeds.
struct Row {
    scenario: String,
    settings: Set,
    mode: Mode,
    runs: usize,
    completed: u128,
    peers: u128,
    fractions: Vec<(Time, Time)>,
    verdict: Verdict,
}

impl Row {
    fn new(case: &Case) -> Self {
        Row {
            scenario: case.scenario.clone(),
            settings: case.settings.clone(),
            mode: case.mode,
            runs: 0,
            completed: 0,
            peers: 0,
            fractions: Vec::new(),
            verdict: Verdict::Holds,
        }
    }

    /// The ratio in the middle, of two the lower one, and the highest. A run without one, in which
    /// no peer completed, counts as worse than every ratio.
    fn ratios(&self) -> [Option<f64>; 2] {
        let mut fractions = self.fractions.clone();
        let product = |time: Time, other: Time| u128::from(time.0) * u128::from(other.0);
        fractions.sort_by(|one, other| product(one.0, other.1).cmp(&product(other.0, one.1)));
        let last = self.runs.saturating_sub(1);
        [last / 2, last].map(|rank| {
            let &(last, bound) = fractions.get(rank)?;
            numbers::ratio(last, bound)
        })
    }
}

/// What all runs come to.
#[derive(Default)]
pub(crate) struct Summary(BTreeMap<usize, Row>);

impl Summary {
    /// Takes the result of a run.
    pub(crate) fn add(&mut self, case: &Case, line: &Line) {
        let row = self.0.entry(case.row).or_insert_with(|| Row::new(case));
        row.runs += 1;
        row.completed += line.completed as u128;
        row.peers += line.peers as u128;
        row.fractions.extend(line.fraction());
        row.verdict = row.verdict.max(line.verdict().unwrap_or(Verdict::Unknown));
    }

    /// How many runs there were.
    pub(crate) fn runs(&self) -> usize {
        self.0.values().map(|row| row.runs).sum()
    }

    /// The worst of all runs.
    pub(crate) fn verdict(&self) -> Verdict {
        self.0.values().map(|row| row.verdict).max().unwrap_or(Verdict::Holds)
    }

    /// A table with a row for each combination of settings, and the verdict.
    pub(crate) fn told(&self, style: Style) -> String {
        let Some(first) = self.0.values().next() else {
            return format!("{}: there is nothing to run.\n", style.verdict(Verdict::Holds));
        };
        let paths: Vec<&str> = first.settings.0.iter().map(|(path, _)| path.as_str()).collect();
        let names: Vec<String> = short(&paths).into_iter().map(printable).collect();
        let has_modes = self.0.values().any(|row| row.mode != first.mode);
        let mut columns = vec![("scenario", Align::Left)];
        columns.extend(names.iter().zip(&first.settings.0).map(|(name, (_, value))| {
            let is_text = matches!(value, Written::Text(_));
            (name.as_str(), if is_text { Align::Left } else { Align::Right })
        }));
        if has_modes {
            columns.push(("run", Align::Left));
        }
        let results = ["runs", "completed", "median", "worst"];
        columns.extend(results.map(|name| (name, Align::Right)));
        columns.push(("verdict", Align::Left));
        let mut table = Table::new(style, &columns);
        for row in self.0.values().take(ROWS) {
            let mut cells = vec![Cell::new(printable(&row.scenario))];
            let values = row.settings.0.iter();
            cells.extend(values.map(|(_, value)| Cell::new(printable(&value.to_string()))));
            if has_modes {
                cells.push(Cell::new(row.mode.name()));
            }
            let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), numbers::times);
            cells.push(Cell::new(numbers::grouped(row.runs as u128)));
            cells.push(Cell::new(numbers::percent(row.completed, row.peers)));
            cells.extend(row.ratios().map(|it| Cell::new(ratio(it))));
            cells.push(Cell::verdict(row.verdict));
            table.row(cells);
        }
        let more = match self.0.len().saturating_sub(ROWS) {
            0 => String::new(),
            more => wrapped(style, &format!("{more} more rows: --out FILE --json has them"), 2),
        };
        let verdict = self.verdict();
        let sentence = wrapped(style, &format!("{verdict}: {}", self.sentence()), 2);
        let sentence = sentence.replacen(&verdict.to_string(), &style.verdict(verdict), 1);
        format!("{}{more}\n{sentence}", table.text())
    }

    fn sentence(&self) -> String {
        let runs = numbers::count(self.runs(), "run");
        let what = match self.verdict() {
            Verdict::Violated => "broken",
            Verdict::Unknown => "undecided",
            Verdict::Holds | Verdict::Skipped => return format!("{runs}, each audited."),
        };
        let worst = self.0.values().filter(|row| row.verdict == self.verdict()).count();
        format!("{runs}, {worst} of {} rows with {what} rules.", self.0.len())
    }
}

/// The last words of paths where they say which is which, the others as they are.
fn short<'p>(paths: &[&'p str]) -> Vec<&'p str> {
    let last = |path: &'p str| path.rsplit('.').next().unwrap_or(path);
    let is_one = |name: &str| paths.iter().filter(|path| last(path) == name).count() == 1;
    paths.iter().map(|path| if is_one(last(path)) { last(path) } else { path }).collect()
}

/// What `sweep --out FILE --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SweepDocument<'a> {
    runs: usize,
    rows: Vec<RowEntry<'a>>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RowEntry<'a> {
    scenario: &'a str,
    #[schemars(with = "Map<String, Value>")]
    settings: &'a Set,
    mode: Mode,
    runs: usize,
    completed_of_all_runs: u64,
    peers_of_all_runs: u64,
    median_ratio: Option<f64>,
    worst_ratio: Option<f64>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

impl<'a> SweepDocument<'a> {
    /// The document of all runs.
    pub(crate) fn new(summary: &'a Summary) -> Self {
        let entry = |row: &'a Row| {
            let [median_ratio, worst_ratio] = row.ratios();
            RowEntry {
                scenario: &row.scenario,
                settings: &row.settings,
                mode: row.mode,
                runs: row.runs,
                completed_of_all_runs: row.completed as u64,
                peers_of_all_runs: row.peers as u64,
                median_ratio,
                worst_ratio,
                verdict: row.verdict,
            }
        };
        let rows = summary.0.values().map(entry).collect();
        SweepDocument { runs: summary.runs(), rows, verdict: summary.verdict() }
    }
}

#[cfg(test)]
mod tests;
