//! The documents of `--json`: integers of nanoseconds and bits, nothing rounded.
//!
//! The fields and their names are part of the interface; to change one is to change the tools of
//! others. A field has one meaning and one unit in the documents of all commands: `docs/formats.md`
//! lists them, `swarmbound schema report` describes them to programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use swarmbound::audit::{Report, Ruled, Slack, Verdict, Witness};
use swarmbound::bounds::{Binding, Earliest, SentBy, Term};
use swarmbound::ratio::Ratio;
use swarmbound::scenario::{Preset, Scenario};
use swarmbound::units::Time;

use super::bounds::{BoundRow, BoundTable};
use super::numbers;
use super::run::{Mode, Run, worst};

/// The name and version of the documents.
pub(crate) const FORMAT: &str = "swarmbound-report/1";

/// The words of a verdict.
pub(crate) const VERDICTS: [&str; 4] = ["skipped", "holds", "unknown", "violated"];

/// What a command says, as one document.
#[derive(Serialize)]
struct Document<'a, T> {
    format: &'a str,
    command: &'a str,
    #[serde(flatten)]
    body: &'a T,
}

/// The document of a command on one line, with its newline.
pub(crate) fn document(command: &str, body: &impl Serialize) -> String {
    line(&Document { format: FORMAT, command, body })
}

/// The document of an error, with its newline.
pub(crate) fn error(error: &str, exit_code: u8) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        format: &'a str,
        #[serde(flatten)]
        error: ErrorDocument<'a>,
    }
    line(&Document { format: FORMAT, error: ErrorDocument { error, exit_code } })
}

/// Why there is no result.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ErrorDocument<'a> {
    /// A sentence, with the file, line, column and field where it is about those.
    error: &'a str,
    /// The code with which the program exits.
    exit_code: u8,
}

/// Data on one line, with its newline.
pub(crate) fn line(data: &impl Serialize) -> String {
    let text = serde_json::to_string(data);
    text.expect("a document has string keys and numbers of JSON only") + "\n"
}

/// A bound that binds a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BindingEntry {
    name: String,
    /// Which completion it is about, from 1.
    k: usize,
    /// The earliest possible time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ns: Option<u64>,
    /// Why the completion is never possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    never: Option<String>,
}

impl From<&Binding> for BindingEntry {
    fn from(binding: &Binding) -> Self {
        let (ns, never) = match &binding.at {
            Earliest::At(time) => (Some(time.0), None),
            Earliest::Never(why) => (None, Some(why.clone())),
        };
        BindingEntry { name: binding.name.to_owned(), k: binding.k, ns, never }
    }
}

/// A time over a bound, as a fraction and as a decimal number; None where there is none.
pub(crate) fn ratios(time: Option<Time>, bound: Option<Time>) -> (Option<String>, Option<f64>) {
    ratios_of(time.zip(bound))
}

/// The same of both together.
pub(crate) fn ratios_of(fraction: Option<(Time, Time)>) -> (Option<String>, Option<f64>) {
    let Some((time, bound)) = fraction else { return (None, None) };
    let exact = Ratio::new(time.0.into(), bound.0.into()).map(|ratio| ratio.to_string());
    (exact, numbers::ratio(time, bound))
}

/// What `bounds --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct BoundsDocument<'a> {
    scenario: &'a str,
    peers: usize,
    chunks: usize,
    bounds: Vec<BoundEntry<'a>>,
    best_bound: BindingEntry,
    best_bound_ns: Option<u64>,
    client_server_bound: BindingEntry,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct BoundEntry<'a> {
    name: &'a str,
    applies: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    never: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Vec<TermEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relaxation: Option<String>,
    cite: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct TermEntry<'a> {
    formula: &'a str,
    exact: String,
}

impl<'a> BoundsDocument<'a> {
    /// The bounds of `scenario`.
    pub(crate) fn new(scenario: &'a Scenario, all: &'a BoundTable) -> Self {
        BoundsDocument {
            scenario: scenario.name(),
            peers: scenario.receiver_count(),
            chunks: scenario.file().chunks(),
            bounds: all.rows.iter().map(BoundEntry::new).collect(),
            best_bound: BindingEntry::from(&all.p2p),
            best_bound_ns: all.p2p.time().map(|time| time.0),
            client_server_bound: BindingEntry::from(&all.client_server),
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
        let (ns, never) = match &lower.at {
            Earliest::At(time) => (Some(time.0), None),
            Earliest::Never(why) => (None, Some(why.as_str())),
        };
        BoundEntry {
            applies: true,
            exact: lower.exact.as_ref().map(Ratio::to_string),
            ns,
            never,
            terms: (!terms.is_empty()).then_some(terms),
            binding: lower.binding,
            relaxation: lower.relaxation.map(|relaxation| relaxation.to_string()),
            ..silent
        }
    }
}

/// A run within `run --json`, what `audit --json` says, and most of `plan --json`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RunEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    peers: usize,
    completed: usize,
    completions: Vec<CompletionEntry>,
    distribution_time_ns: Option<u64>,
    last_ns: Option<u64>,
    exact_stamps: bool,
    #[schemars(with = "String", extend("enum" = ["swarm", "source_only", "unknown"]))]
    sent_by: SentBy,
    tolerance_ns: u64,
    best_bound: BindingEntry,
    best_bound_ns: Option<u64>,
    ratio: Option<f64>,
    ratio_exact: Option<String>,
    client_server_bound: Option<BindingEntry>,
    client_server_ratio: Option<f64>,
    client_server_ratio_exact: Option<String>,
    rules: Vec<RuleEntry<'a>>,
    slack: SlackEntry,
    transfers: usize,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CompletionEntry {
    peer: u32,
    at_ns: u64,
}

/// What a rule says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RuleEntry<'a> {
    name: &'a str,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>", extend("required" = ["kind"]))]
    witness: Option<&'a Witness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    /// The lines of the log that the witness is about, the first hundred of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<&'a [u64]>,
}

/// Where the upload capacity went, in bits.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SlackEntry {
    capacity_bits: u128,
    burst_bits: u128,
    useful_bits: u128,
    duplicate_bits: u128,
    aborted_bits: u128,
    idle_before_bits: u128,
    idle_after_bits: u128,
}

impl From<&Slack> for SlackEntry {
    fn from(slack: &Slack) -> Self {
        SlackEntry {
            capacity_bits: slack.capacity,
            burst_bits: slack.burst,
            useful_bits: slack.useful,
            duplicate_bits: slack.duplicate,
            aborted_bits: slack.aborted,
            idle_before_bits: slack.idle_before,
            idle_after_bits: slack.idle_after,
        }
    }
}

impl<'a> RuleEntry<'a> {
    fn new(rule: &'a Ruled, run: &'a Run) -> Self {
        let judgement = &rule.judgement;
        RuleEntry {
            name: rule.name,
            verdict: judgement.verdict,
            reason: judgement.reason.as_deref(),
            witness: judgement.witness.as_deref(),
            explanation: judgement.explanation.as_deref(),
            lines: run.lines.get(rule.name).map(|lines| lines.first()),
        }
    }
}

impl<'a> RunEntry<'a> {
    /// The audit of one run.
    pub(crate) fn new(run: &'a Run) -> Self {
        let report: &Report = &run.report;
        let bound = report.client_server.as_ref();
        let (ratio_exact, ratio) = ratios(report.last, report.best.time());
        let (client_server_ratio_exact, client_server_ratio) =
            ratios(report.last, bound.and_then(Binding::time));
        let completions = report.completions.iter();
        RunEntry {
            mode: run.mode,
            peers: report.peers,
            completed: report.completed,
            completions: completions
                .map(|it| CompletionEntry { peer: it.peer.0, at_ns: it.at.0 })
                .collect(),
            distribution_time_ns: report.distribution_time.map(|time| time.0),
            last_ns: report.last.map(|time| time.0),
            exact_stamps: report.conditions.exact_stamps,
            sent_by: report.conditions.sent_by,
            tolerance_ns: report.tolerance.0,
            best_bound: BindingEntry::from(&report.best),
            best_bound_ns: report.best.time().map(|time| time.0),
            ratio,
            ratio_exact,
            client_server_bound: bound.map(BindingEntry::from),
            client_server_ratio,
            client_server_ratio_exact,
            rules: report.rules.iter().map(|rule| RuleEntry::new(rule, run)).collect(),
            slack: SlackEntry::from(&report.slack),
            transfers: report.transfers,
            verdict: report.verdict,
        }
    }
}

/// What `run --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RunDocument<'a> {
    scenario: &'a str,
    seed: u64,
    runs: Vec<RunEntry<'a>>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
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
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AuditDocument<'a> {
    scenario: &'a str,
    #[serde(flatten)]
    run: RunEntry<'a>,
}

impl<'a> AuditDocument<'a> {
    /// The audit of a log of `scenario`.
    pub(crate) fn new(scenario: &'a Scenario, run: &'a Run) -> Self {
        AuditDocument { scenario: scenario.name(), run: RunEntry::new(run) }
    }
}

/// What `presets --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PresetsDocument {
    presets: Vec<PresetEntry>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PresetEntry {
    name: &'static str,
    about: &'static str,
}

impl PresetsDocument {
    /// All of them.
    pub(crate) fn new(presets: &'static [Preset]) -> Self {
        let entry =
            |preset: &'static Preset| PresetEntry { name: preset.name, about: preset.about };
        PresetsDocument { presets: presets.iter().map(entry).collect() }
    }
}
