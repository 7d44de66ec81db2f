//! What an examination found: the properties, the finding, and the command that repeats it.
//!
//! Nothing is judged here. The types to know are [`Examined`] and [`ExaminedDocument`].

use comfy_table::Cell;
use serde::Serialize;
use swarmbound::audit::{Verdict, Witness};
use swarmbound::scenario::Scenario;
use swarmbound::suite::{self, Examination, Finding, Tally};

use super::Style;
use super::bounds::heading;
use super::layout::{Align, lines, printable, table, verdict_cell, wrapped};
use super::numbers::count;

/// An engine and what its examination found.
pub(crate) struct Examined<'a> {
    /// The command that starts the engine.
    pub(crate) command: &'a str,
    /// Where the randomness of the scenarios started.
    pub(crate) seed: u64,
    /// The only scenario, where one was given.
    pub(crate) given: Option<&'a str>,
    /// The properties that somebody did not want judged.
    pub(crate) left_out: &'a [String],
    /// What was found.
    pub(crate) examination: Examination,
    /// Where the scenario of the finding stands, or why nowhere.
    pub(crate) saved: Option<Result<String, String>>,
    /// The command that examines that scenario.
    pub(crate) repeat: Option<String>,
}

impl Examined<'_> {
    /// Violated with a finding, unknown where evidence was missing.
    pub(crate) fn verdict(&self) -> Verdict {
        match &self.examination {
            Examination { finding: Some(_), .. } => Verdict::Violated,
            Examination { unknown: 0, .. } => Verdict::Holds,
            Examination { .. } => Verdict::Unknown,
        }
    }
}

/// The examination as text; its last line is the command that repeats a finding.
pub(crate) fn told(style: Style, examined: &Examined<'_>) -> String {
    let Examined { command, seed, examination, .. } = examined;
    let cases = count(examination.cases as usize, "scenario");
    let what = match examined.given {
        Some(given) => format!("the scenario {given}"),
        None => format!("{cases} of seed {seed}"),
    };
    let mut text = wrapped(&format!("{}: {what}", style.bold(&printable(command))), 4) + "\n";
    text += &properties(style, examined);
    text += &ratios(examination);
    text.push('\n');
    let verdict = examined.verdict();
    let Some(finding) = &examination.finding else {
        let sentence = match verdict {
            Verdict::Holds => format!("the engine keeps every property in {what}"),
            _ => format!(
                "evidence is missing in {} of {cases}; nothing speaks against the engine",
                examination.unknown
            ),
        };
        return text + &style.verdict(verdict) + &wrapped(&format!(": {sentence}."), 2);
    };
    text += &found(style, examined, finding);
    text += &style.verdict(verdict);
    text += &wrapped(&format!(": the engine breaks {}.", finding.property), 2);
    if let Some(repeat) = &examined.repeat {
        // One line, whatever its length: it is to be copied.
        text += &format!("repeat it: {}\n", printable(repeat));
    }
    text
}

fn properties(style: Style, examined: &Examined<'_>) -> String {
    let columns = [
        ("property", Align::Left),
        ("verdict", Align::Left),
        ("holds in", Align::Right),
        ("skipped", Align::Right),
        ("unknown", Align::Right),
    ];
    let mut table = table(style, &columns);
    for tally in &examined.examination.tallies {
        table.add_row([
            Cell::new(tally.property.name),
            verdict_cell(tally.verdict()),
            Cell::new(tally.held),
            Cell::new(tally.skipped),
            Cell::new(tally.unknown),
        ]);
    }
    let out = match examined.left_out {
        [] => String::new(),
        out => wrapped(&format!("left out: {}", out.join(", ")), 2),
    };
    lines(&table) + &out
}

/// How fast the engine was.
fn ratios(examination: &Examination) -> String {
    let ratios = &examination.ratios;
    let Some(mean) = ratios.mean() else { return String::new() };
    let runs = count(usize::try_from(ratios.runs).unwrap_or(usize::MAX), "run");
    let (whole, part) = (mean / 1000, mean % 1000);
    wrapped(&format!("{runs} complete, on average {whole}.{part:03} x the best bound"), 2)
}

/// The finding in words, and the scenario that shows it.
fn found(style: Style, examined: &Examined<'_>, finding: &Finding) -> String {
    let property = finding.property;
    let demands = suite::find(property).map_or("", |property| property.about());
    let place = match examined.given {
        Some(_) => String::new(),
        None => format!(" in case {}", finding.case),
    };
    let mut said = finding.explanation.lines();
    let first = said.next().unwrap_or_default();
    let head = format!("{property} violated{place}: {first}");
    let mut text = wrapped(&head, 2).replacen(property, &style.bold(property), 1);
    for line in said {
        text += &(printable(line) + "\n");
    }
    text += &wrapped(&format!("  it demands: {demands}"), 2);
    text.push('\n');
    let scenario = &finding.scenario;
    if examined.given.is_none() {
        let smallest = format!(
            "the smallest scenario that shows it, found in {}: {} and {}",
            count(finding.shrinks as usize, "run"),
            count(scenario.peer_count(), "peer"),
            count(scenario.file().chunks(), "chunk"),
        );
        text += &wrapped(&smallest, 2);
    }
    text += &heading(style, scenario);
    match &examined.saved {
        Some(Ok(path)) if examined.given.is_none() => {
            text += &wrapped(&format!("saved as {path}"), 2);
        }
        Some(Err(why)) => {
            text += &wrapped(&format!("not saved: {why}; here it is:"), 2);
            text += &scenario.to_toml();
        }
        _ => {}
    }
    text + "\n"
}

/// What `suite --engine --json` says.
#[derive(Serialize)]
pub(crate) struct ExaminedDocument<'a> {
    engine: &'a str,
    seed: u64,
    scenario: Option<&'a str>,
    cases: u32,
    unknown: u32,
    properties: Vec<PropertyEntry>,
    left_out: &'a [String],
    complete_runs: u64,
    mean_ratio_thousandths: Option<u128>,
    finding: Option<FindingEntry<'a>>,
    verdict: Verdict,
}

#[derive(Serialize)]
struct PropertyEntry {
    name: &'static str,
    verdict: Verdict,
    holds: u32,
    skipped: u32,
    unknown: u32,
    violated: u32,
}

impl From<&Tally> for PropertyEntry {
    fn from(tally: &Tally) -> Self {
        PropertyEntry {
            name: tally.property.name,
            verdict: tally.verdict(),
            holds: tally.held,
            skipped: tally.skipped,
            unknown: tally.unknown,
            violated: tally.violated,
        }
    }
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    property: &'static str,
    case: u32,
    explanation: &'a str,
    witness: Option<&'a Witness>,
    shrinks: u32,
    scenario: &'a Scenario,
    saved: Option<&'a str>,
    repeat: Option<&'a str>,
}

impl<'a> ExaminedDocument<'a> {
    /// What was found.
    pub(crate) fn new(examined: &'a Examined<'a>) -> Self {
        let examination = &examined.examination;
        let finding = examination.finding.as_ref().map(|finding| FindingEntry {
            property: finding.property,
            case: finding.case,
            explanation: &finding.explanation,
            witness: finding.witness.as_deref(),
            shrinks: finding.shrinks,
            scenario: &finding.scenario,
            saved: examined.saved.as_ref().and_then(|saved| saved.as_deref().ok()),
            repeat: examined.repeat.as_deref(),
        });
        ExaminedDocument {
            engine: examined.command,
            seed: examined.seed,
            scenario: examined.given,
            cases: examination.cases,
            unknown: examination.unknown,
            properties: examination.tallies.iter().map(PropertyEntry::from).collect(),
            left_out: examined.left_out,
            complete_runs: examination.ratios.runs,
            mean_ratio_thousandths: examination.ratios.mean(),
            finding,
            verdict: examined.verdict(),
        }
    }
}
