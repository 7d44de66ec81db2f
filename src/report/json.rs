//! The documents of `--json`: integers of nanoseconds and bits, nothing rounded.
//!
//! The fields and their names are part of the interface; to change one is to change the tools of
//! others. A field has one meaning and one unit in the documents of all commands: the README lists
//! them.

use serde::Serialize;
use swarmbound::audit::{Report, Verdict};
use swarmbound::bounds::{Binding, Earliest, Term};
use swarmbound::ratio::Ratio;
use swarmbound::scenario::{Preset, Scenario};

use super::bounds::{BoundRow, BoundTable};
use super::run::{Mode, Run, worst};

/// A document on one line, with its newline.
pub(crate) fn line(document: &impl Serialize) -> String {
    let text = serde_json::to_string(document);
    text.expect("a document has string keys and numbers of JSON only") + "\n"
}

/// What `bounds --json` says.
#[derive(Serialize)]
pub(crate) struct BoundsDocument<'a> {
    scenario: &'a str,
    peers: usize,
    chunks: usize,
    bounds: Vec<BoundEntry<'a>>,
    best_bound: &'a Binding,
    client_server_bound: &'a Binding,
}

#[derive(Serialize)]
struct BoundEntry<'a> {
    name: &'a str,
    applies: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    /// `ns` or `never`.
    #[serde(flatten)]
    at: Option<&'a Earliest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Vec<TermEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relaxation: Option<String>,
    cite: &'a str,
}

#[derive(Serialize)]
struct TermEntry<'a> {
    formula: &'a str,
    exact: String,
}

impl<'a> BoundsDocument<'a> {
    /// The bounds of `scenario`.
    pub(crate) fn new(scenario: &'a Scenario, all: &'a BoundTable) -> Self {
        BoundsDocument {
            scenario: scenario.name(),
            peers: scenario.peer_count(),
            chunks: scenario.file().chunks(),
            bounds: all.rows.iter().map(BoundEntry::new).collect(),
            best_bound: &all.p2p,
            client_server_bound: &all.client_server,
        }
    }
}

impl<'a> BoundEntry<'a> {
    fn new(row: &'a BoundRow) -> Self {
        let silent = BoundEntry {
            name: row.name,
            applies: false,
            reason: None,
            exact: None,
            at: None,
            terms: None,
            binding: None,
            relaxation: None,
            cite: row.cite,
        };
        let lower = match &row.says {
            Err(reason) => return BoundEntry { reason: Some(reason.to_string()), ..silent },
            Ok(lower) => lower,
        };
        let term =
            |term: &'a Term| TermEntry { formula: term.formula, exact: term.exact.to_string() };
        let terms: Vec<TermEntry<'a>> = lower.terms.iter().map(term).collect();
        BoundEntry {
            applies: true,
            exact: lower.exact.as_ref().map(Ratio::to_string),
            at: Some(&lower.at),
            terms: (!terms.is_empty()).then_some(terms),
            binding: lower.binding,
            relaxation: lower.relaxation.map(|relaxation| relaxation.to_string()),
            ..silent
        }
    }
}

/// A run within `run --json`, what `audit --json` says, and most of `plan --json`.
#[derive(Serialize)]
pub(crate) struct RunEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    #[serde(flatten)]
    report: &'a Report,
    ratio: Option<f64>,
    client_server_ratio: Option<f64>,
}

impl<'a> RunEntry<'a> {
    /// The audit of one run.
    pub(crate) fn new(run: &'a Run) -> Self {
        let report = &run.report;
        RunEntry {
            mode: run.mode,
            report,
            ratio: run.ratio_to(&report.best),
            client_server_ratio: report.client_server.as_ref().and_then(|it| run.ratio_to(it)),
        }
    }
}

/// What `run --json` says.
#[derive(Serialize)]
pub(crate) struct RunDocument<'a> {
    scenario: &'a str,
    seed: u64,
    runs: Vec<RunEntry<'a>>,
    verdict: Verdict,
}

impl<'a> RunDocument<'a> {
    /// The runs of `scenario`.
    pub(crate) fn new(scenario: &'a Scenario, runs: &'a [Run]) -> Self {
        RunDocument {
            scenario: scenario.name(),
            seed: scenario.parts().seed,
            runs: runs.iter().map(RunEntry::new).collect(),
            verdict: worst(runs),
        }
    }
}

/// An element of `presets --json`.
#[derive(Serialize)]
pub(crate) struct PresetEntry {
    name: &'static str,
    about: &'static str,
}

impl From<&'static Preset> for PresetEntry {
    fn from(preset: &'static Preset) -> Self {
        PresetEntry { name: preset.name, about: preset.about }
    }
}
