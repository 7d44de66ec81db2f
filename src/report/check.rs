//! The result of `check`: what was explored, a verdict a property, witnesses step by step.
//!
//! The model and the search know the answers; here they are laid out.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use swarmbound::audit::Verdict;
use swarmbound::checker::SearchProgress;
use swarmbound::models::{CheckOutcome, MOST_WORDS, Options, PropertyOutcome};
use swarmbound::units::Time;

use super::Style;
use super::json::VERDICTS;
use super::layout::printable;
use super::numbers::{self, grouped};
use super::table::{Align, Cell, Table};
use super::wrapping::{follow, wrapped};

/// A model that was checked.
pub(crate) struct Check {
    /// What it says.
    pub(crate) outcome: CheckOutcome,
    /// How long that took.
    pub(crate) took: Duration,
}

impl Check {
    /// Whether what the model requires holds.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.outcome.exit_code() {
            0 => Verdict::Holds,
            1 => Verdict::Violated,
            _ => Verdict::Unknown,
        }
    }

    fn took(&self) -> String {
        let ns = u64::try_from(self.took.as_nanos()).unwrap_or(u64::MAX);
        numbers::span(Time(ns))
    }

    /// The world of the model, as ` --chunks 3 --peers 5`.
    fn options(&self) -> String {
        let Ok(Value::Object(options)) = serde_json::to_value(&self.outcome.options) else {
            return String::new();
        };
        let options = options.iter().map(|(name, value)| match value {
            Value::Bool(true) if name == "selfish" => " --selfish".to_owned(),
            Value::String(word) if word.contains('(') => format!(" --{name} '{word}'"),
            Value::String(word) => format!(" --{name} {word}"),
            value => format!(" --{name} {value}"),
        });
        options.collect()
    }

    /// The model and its world: `churn --peers 4`.
    pub(crate) fn world(&self) -> String {
        format!("{}{}", self.outcome.model, self.options())
    }

    fn exploration(&self) -> String {
        let CheckOutcome { exploration, reason, .. } = self.outcome;
        match reason {
            None => exploration.to_owned(),
            Some(reason) => format!("{exploration} ({reason})"),
        }
    }
}

/// The worst verdict of all.
pub(crate) fn worst(checks: &[Check]) -> Verdict {
    let has = |verdict| checks.iter().any(|check| check.verdict() == verdict);
    let worst = [Verdict::Violated, Verdict::Unknown].into_iter().find(|&verdict| has(verdict));
    worst.unwrap_or(Verdict::Holds)
}

/// What `check --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CheckDocument<'a> {
    models: Vec<ModelEntry<'a>>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ModelEntry<'a> {
    model: &'a str,
    #[schemars(with = "Map<String, Value>")]
    options: &'a Options,
    exploration: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    states: usize,
    generated: u64,
    depth: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    makespan: Option<usize>,
    symmetry: bool,
    properties: Vec<PropertyEntry<'a>>,
    coverage: &'a BTreeMap<String, u64>,
    bytes: usize,
    outside: u64,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left_out: &'a [String],
    seconds: f64,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PropertyEntry<'a> {
    name: &'a str,
    kind: &'a str,
    #[schemars(extend("enum" = VERDICTS))]
    verdict: &'a str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasso_from: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<u64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    witness: &'a [String],
}

impl<'a> CheckDocument<'a> {
    /// Every model that was checked.
    pub(crate) fn new(checks: &'a [Check]) -> Self {
        let models = checks.iter().map(ModelEntry::new).collect();
        CheckDocument { models, verdict: worst(checks) }
    }
}

impl<'a> ModelEntry<'a> {
    fn new(check: &'a Check) -> Self {
        let outcome = &check.outcome;
        ModelEntry {
            model: &outcome.model,
            options: &outcome.options,
            exploration: outcome.exploration,
            reason: outcome.reason,
            states: outcome.states,
            generated: outcome.generated,
            depth: outcome.depth,
            makespan: outcome.makespan,
            symmetry: outcome.symmetry,
            properties: outcome.properties.iter().map(PropertyEntry::new).collect(),
            coverage: &outcome.coverage,
            bytes: outcome.bytes,
            outside: outcome.outside,
            left_out: &outcome.left_out,
            seconds: check.took.as_secs_f64(),
            verdict: check.verdict(),
        }
    }
}

impl<'a> PropertyEntry<'a> {
    fn new(property: &'a PropertyOutcome) -> Self {
        PropertyEntry {
            name: property.name,
            kind: property.kind,
            verdict: property.verdict,
            required: property.required,
            steps: property.steps,
            lasso_from: property.lasso_from,
            states: property.states,
            witness: &property.witness,
        }
    }
}

/// Where a search is, beside its states: rate, depth, memory.
pub(crate) fn searched(progress: &SearchProgress, elapsed: Duration) -> String {
    let rate = progress.states as f64 / elapsed.as_secs_f64().max(0.001);
    format!(
        "{} a second, {} waiting, {} MiB",
        grouped(rate as u128),
        grouped(progress.waiting as u128),
        progress.bytes >> 20
    )
}

/// One model: the command, what was explored, every property, the witnesses, how often each action
/// was taken.
pub(crate) fn told(style: Style, question: &str, command: &str, check: &Check) -> String {
    let outcome = &check.outcome;
    let title = follow(style, &format!("{}: ", outcome.model), question, 4);
    let title = title.replacen(&outcome.model, &style.bold(&outcome.model), 1);
    let text = [
        // On one line, so that it can be copied.
        title + &printable(command) + "\n",
        explored(style, check),
        properties(style, outcome),
        witnesses(style, outcome),
        coverage(style, outcome),
        format!("what the model requires: {}\n", style.verdict(check.verdict())),
    ];
    text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn explored(style: Style, check: &Check) -> String {
    let outcome = &check.outcome;
    let what = if outcome.symmetry { "states up to names" } else { "states" };
    let mut text = format!(
        "{}: {} {what}, {} generated, depth {}, {} MiB, {}",
        check.exploration(),
        grouped(outcome.states as u128),
        grouped(u128::from(outcome.generated)),
        outcome.depth,
        outcome.bytes.div_ceil(1 << 20),
        check.took()
    );
    if 0 < outcome.outside {
        text += &format!("; {} beyond the boundary", grouped(u128::from(outcome.outside)));
    }
    let mut text = wrapped(style, &text, 4);
    if let Some(makespan) = outcome.makespan {
        text += &format!("makespan: {}\n", numbers::count(makespan, "slot"));
    }
    if !outcome.left_out.is_empty() {
        text += &follow(style, "left out: ", &outcome.left_out.join("; "), 4);
    }
    text
}

fn verdict(word: &str) -> Verdict {
    match word {
        "holds" => Verdict::Holds,
        "violated" => Verdict::Violated,
        _ => Verdict::Unknown,
    }
}

fn properties(style: Style, outcome: &CheckOutcome) -> String {
    let columns = [
        ("property", Align::Left),
        ("kind", Align::Left),
        ("verdict", Align::Left),
        ("evidence", Align::Left),
    ];
    let mut table = Table::new(style, &columns);
    for property in &outcome.properties {
        table.row([
            Cell::new(property.name),
            Cell::new(property.kind.replace('_', " ")),
            Cell::verdict(verdict(property.verdict)),
            Cell::new(evidence(outcome, property)),
        ]);
    }
    let others = outcome.properties.iter().filter(|property| !property.required);
    let others: Vec<&str> = others.map(|property| property.name).collect();
    let others = match others.is_empty() {
        true => String::new(),
        false => follow(style, "not required: ", &others.join(", "), 4),
    };
    table.text() + &others
}

/// What stands behind a verdict, in a few words.
fn evidence(outcome: &CheckOutcome, property: &PropertyOutcome) -> String {
    let mut text = match (property.steps, property.lasso_from) {
        (_, Some(from)) => format!("loops from step {from}"),
        (Some(steps), None) => format!("after {}", numbers::count(steps, "step")),
        (None, _) => match property.verdict {
            "unknown" => "the search was cut".to_owned(),
            "violated" => "no run gets there".to_owned(),
            _ if outcome.exploration == "exhausted" => "all states seen".to_owned(),
            _ => "all states that matter seen".to_owned(),
        },
    };
    if let Some(states) = property.states {
        text += &format!("; {} such states", grouped(u128::from(states)));
    }
    text
}

/// The runs that show something: against whatever is violated, and the longest of those that show
/// what can be reached; the others are much like it.
fn witnesses(style: Style, outcome: &CheckOutcome) -> String {
    let with_run = || outcome.properties.iter().filter(|property| !property.witness.is_empty());
    let reached = with_run().filter(|property| property.verdict == "holds");
    let most = reached.clone().filter_map(|property| property.steps).max();
    let longest = reached.into_iter().find(|property| property.steps == most);
    let shown = with_run().filter(|property| {
        property.verdict == "violated" || longest.is_some_and(|longest| longest == *property)
    });
    shown.map(|property| witness(style, property)).collect::<Vec<_>>().join("\n")
}

fn witness(style: Style, property: &PropertyOutcome) -> String {
    let title = match property.verdict {
        "violated" => "counterexample",
        _ => "shortest run that gets there",
    };
    let mut text = format!("{}: {title}\n", style.bold(property.name));
    let steps = property.steps.unwrap_or(0).min(MOST_WORDS);
    let width = steps.to_string().len();
    for (at, line) in property.witness.iter().enumerate() {
        let number = if at <= steps { at.to_string() } else { String::new() };
        text += &follow(style, &format!("  {number:>width$}  "), line, width + 6);
    }
    text
}

fn coverage(style: Style, outcome: &CheckOutcome) -> String {
    let taken = outcome.coverage.iter().filter(|(_, taken)| 0 < **taken);
    let taken: Vec<String> =
        taken.map(|(name, count)| format!("{name} {}", grouped(u128::from(*count)))).collect();
    let never = outcome.coverage.iter().filter(|(_, taken)| **taken == 0);
    let never: Vec<&str> = never.map(|(name, _)| name.as_str()).collect();
    let line = |title: &str, names: &str| {
        let line = follow(style, &format!("{title}: "), names, 4);
        line.replacen(title, &style.bold(title), 1)
    };
    let mut text = line("actions taken", &taken.join(", "));
    if !never.is_empty() {
        text += &line("never taken", &never.join(", "));
    }
    text
}

/// Several models, a line each, and below it what was violated. `given` are the arguments that all
/// of them were checked with, each after a blank.
pub(crate) fn compared(style: Style, given: &str, checks: &[Check]) -> String {
    let columns = [
        ("model", Align::Left),
        ("world", Align::Left),
        ("states", Align::Right),
        ("time", Align::Right),
        ("exploration", Align::Left),
        ("slots", Align::Right),
        ("required", Align::Left),
    ];
    let mut table = Table::new(style, &columns);
    for check in checks {
        let outcome = &check.outcome;
        table.row([
            Cell::new(&outcome.model),
            Cell::new(check.options().trim_start()),
            Cell::new(grouped(outcome.states as u128)),
            Cell::new(check.took()),
            Cell::new(check.exploration()),
            Cell::new(outcome.makespan.map_or_else(|| "-".to_owned(), |slots| slots.to_string())),
            Cell::verdict(check.verdict()),
        ]);
    }
    let mut text = table.text() + "\n";
    for check in checks {
        let against = check
            .outcome
            .properties
            .iter()
            .filter(|property| property.verdict == "violated" || property.verdict == "unknown");
        let names: Vec<String> = against
            .map(|property| match property.required {
                true => format!("{} {}", property.name, property.verdict),
                false => format!("{} {} (not required)", property.name, property.verdict),
            })
            .collect();
        if !names.is_empty() {
            text += &follow(style, &format!("{}: ", check.world()), &names.join(", "), 4);
        }
    }
    let all = format!("what the models require: {}\n", style.verdict(worst(checks)));
    let more = format!(
        "swarmbound check MODEL{given} with the options of a row shows properties and witnesses"
    );
    text + &all + "\n" + &wrapped(style, &more, 4)
}
