//! The documents of `--json`: integers of nanoseconds and bits, nothing rounded.
//!
//! The fields and their names are part of the interface; whoever changes one changes the tools of
//! others. The types to know are [`BoundsDocument`], [`RunDocument`] and [`AuditDocument`].

use serde::Serialize;
use swarmbound::audit::{Mode, Ruled, Slack, Verdict};
use swarmbound::bounds::{Earliest, Inapplicable, Term};
use swarmbound::ratio::Ratio;
use swarmbound::scenario::{Preset, Scenario};
use swarmbound::units::Time;

use super::bounds::{Best, BoundRow, BoundTable};
use super::run::{Run, worst};

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
    best: BestEntry,
}

#[derive(Serialize)]
struct BoundEntry<'a> {
    name: &'a str,
    applies: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    ns: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    never: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Vec<TermEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<&'a str>,
    cite: &'a str,
}

#[derive(Serialize)]
struct TermEntry<'a> {
    formula: &'a str,
    exact: String,
}

#[derive(Serialize)]
struct BestEntry {
    p2p_ns: Option<Time>,
    client_server_ns: Option<Time>,
}

impl<'a> BoundsDocument<'a> {
    /// The bounds of `scenario`.
    pub(crate) fn new(scenario: &'a Scenario, all: &'a BoundTable) -> Self {
        let time = |best: &Option<Best>| best.as_ref().and_then(Best::time);
        BoundsDocument {
            scenario: scenario.name(),
            peers: scenario.peer_count(),
            chunks: scenario.file().chunks(),
            bounds: all.rows.iter().map(BoundEntry::new).collect(),
            best: BestEntry { p2p_ns: time(&all.p2p), client_server_ns: time(&all.client_server) },
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
            ns: None,
            never: None,
            terms: None,
            binding: None,
            cite: row.cite,
        };
        let lower = match &row.says {
            Err(Inapplicable(reason)) => return BoundEntry { reason: Some(reason), ..silent },
            Ok(lower) => lower,
        };
        let (ns, never) = match &lower.at {
            Earliest::At(time) => (Some(*time), None),
            Earliest::Never(why) => (None, Some(why.as_str())),
        };
        let term =
            |term: &'a Term| TermEntry { formula: term.formula, exact: term.exact.to_string() };
        let terms: Vec<TermEntry<'a>> = lower.terms.iter().map(term).collect();
        BoundEntry {
            applies: true,
            exact: lower.exact.as_ref().map(Ratio::to_string),
            ns,
            never,
            terms: (!terms.is_empty()).then_some(terms),
            binding: lower.binding,
            ..silent
        }
    }
}

/// A run within `run --json`, and most of `audit --json`.
#[derive(Serialize)]
pub(crate) struct RunEntry<'a> {
    mode: Mode,
    distribution_time_ns: Option<Time>,
    completed: usize,
    finish_ns: Vec<Time>,
    best_bound_ns: Option<Time>,
    best_bound: Option<&'static str>,
    ratio: Option<f64>,
    rules: &'a [Ruled],
    slack: &'a Slack,
    transfers: usize,
}

impl<'a> RunEntry<'a> {
    fn new(run: &'a Run) -> Self {
        RunEntry {
            mode: run.mode,
            distribution_time_ns: run.report.distribution_time,
            completed: run.report.completed,
            finish_ns: run.completions(),
            best_bound_ns: run.best.as_ref().and_then(Best::time),
            best_bound: run.best.as_ref().map(|best| best.name),
            ratio: run.ratio(),
            rules: &run.report.rules,
            slack: &run.report.slack,
            transfers: run.report.transfers,
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

/// What `audit --json` says.
#[derive(Serialize)]
pub(crate) struct AuditDocument<'a> {
    #[serde(flatten)]
    run: RunEntry<'a>,
    verdict: Verdict,
}

impl<'a> AuditDocument<'a> {
    /// The audit of one trace.
    pub(crate) fn new(run: &'a Run) -> Self {
        AuditDocument { run: RunEntry::new(run), verdict: run.report.verdict }
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
