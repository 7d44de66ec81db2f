//! What an examination found: the properties, the findings, and the commands that repeat them.
//!
//! Nothing is judged here.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use swarmbound::audit::{Verdict, Witness};
use swarmbound::scenario::Scenario;
use swarmbound::suite::{self, Examination, Finding, Tally};

use super::Style;
use super::differences::differences;
use super::heading::heading;
use super::json::VERDICTS;
use super::layout::printable;
use super::numbers::{count, grouped, groups};
use super::table::{Align, Cell, Table};
use super::wrapping::{follow, wrapped};

/// An engine and what its examination found.
pub(crate) struct Examined<'a> {
    /// The command that starts the engine.
    pub(crate) command: &'a str,
    /// Where the randomness of the scenarios started.
    pub(crate) seed: u64,
    /// The only scenario, where one was given.
    pub(crate) given: Option<&'a str>,
    /// The properties that the user did not want judged.
    pub(crate) left_out: &'a [String],
    /// What was found.
    pub(crate) examination: Examination,
    /// Where each finding stands.
    pub(crate) places: Vec<Place>,
}

/// Where a finding stands.
pub(crate) struct Place {
    /// The file of its scenario, or why there is none.
    pub(crate) saved: Result<String, String>,
    /// The command that examines that scenario.
    pub(crate) repeat: Option<String>,
}

impl Examined<'_> {
    /// Violated with a finding, unknown where evidence was missing.
    pub(crate) fn verdict(&self) -> Verdict {
        match &self.examination {
            Examination { findings, .. } if !findings.is_empty() => Verdict::Violated,
            Examination { unknown: 0, .. } => Verdict::Holds,
            Examination { .. } => Verdict::Unknown,
        }
    }

    /// The findings with their places.
    pub(crate) fn found(&self) -> impl Iterator<Item = (&Finding, &Place)> {
        self.examination.findings.iter().zip(&self.places)
    }
}

/// A finding as it was generated, before a smaller scenario is looked for.
pub(crate) fn first(style: Style, finding: &Finding, place: &Place) -> String {
    let mut text = head(style, finding, true);
    text += &follow(style, "  ", &format!("the case: {}", size(&finding.scenario)), 4);
    text + &saved(style, finding, place) + "\n"
}

/// How far the search for a smaller scenario is.
pub(crate) fn shrinking(finding: &Finding) -> String {
    let Finding { property, shrinks, scenario, .. } = finding;
    let runs = count(*shrinks as usize, "run");
    format!("shrinking {property}: {runs}, so far {} (Ctrl-C ends it)", size(scenario))
}

fn size(scenario: &Scenario) -> String {
    let peers = count(scenario.peer_count(), "peer");
    format!("{peers} and {}", count(scenario.file().chunks(), "chunk"))
}

/// The examination as text; its last lines are the commands that repeat the findings.
pub(crate) fn told(style: Style, examined: &Examined<'_>) -> String {
    let Examined { command, seed, examination, .. } = examined;
    let cases = count(examination.cases as usize, "scenario");
    let what = match examined.given {
        Some(given) => format!("the scenario {given}"),
        None => format!("{cases} of seed {seed}"),
    };
    let command = printable(command);
    let text = wrapped(style, &format!("{command}: {what}"), 4);
    let mut text = text.replacen(&command, &style.bold(&command), 1) + "\n";
    text += &properties(style, examined);
    text += &ratios(style, examination);
    text.push('\n');
    let verdict = examined.verdict();
    for (finding, place) in examined.found() {
        text += &found(style, examined, finding, place);
    }
    let names: Vec<&str> = examination.findings.iter().map(|finding| finding.property).collect();
    let sentence = match verdict {
        Verdict::Violated => format!("the engine breaks {}", names.join(", ")),
        Verdict::Unknown => format!(
            "evidence is missing in {} of {cases}; nothing speaks against the engine",
            examination.unknown
        ),
        _ => format!("the engine keeps every property that was judged in {what}"),
    };
    let sentence = wrapped(style, &format!("{verdict}: {sentence}."), 2);
    text += &sentence.replacen(&verdict.to_string(), &style.verdict(verdict), 1);
    for repeat in examined.places.iter().filter_map(|place| place.repeat.as_ref()) {
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
        ("not judged", Align::Right),
        ("unknown", Align::Right),
    ];
    let mut table = Table::new(style, &columns);
    let number = |cases: u32| Cell::new(grouped(cases.into()));
    let tallies = &examined.examination.tallies;
    for tally in tallies.iter().filter(|tally| tally.verdict() != Verdict::Skipped) {
        table.row([
            Cell::new(tally.property.name),
            Cell::verdict(tally.verdict()),
            number(tally.held),
            number(tally.skipped),
            number(tally.unknown),
        ]);
    }
    let mut text = table.text();
    let unjudged = || tallies.iter().filter(|tally| tally.verdict() == Verdict::Skipped);
    let mut reasons: Vec<&str> = unjudged().map(unjudged_for).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        let names = unjudged().filter(|tally| unjudged_for(tally) == reason);
        let names: Vec<&str> = names.map(|tally| tally.property.name).collect();
        text += &wrapped(style, &format!("not judged: {reason} ({})", names.join(", ")), 2);
    }
    if let [_, ..] = examined.left_out {
        text += &wrapped(style, &format!("left out: {}", examined.left_out.join(", ")), 2);
    }
    text
}

/// Why a property was never judged.
pub(crate) fn unjudged_for(tally: &Tally) -> &str {
    let ended = "an earlier property is violated, and --keep-going was not given";
    tally.reason.as_deref().unwrap_or(ended)
}

/// How fast the engine was.
fn ratios(style: Style, examination: &Examination) -> String {
    let ratios = &examination.ratios;
    let Some(mean) = ratios.mean() else { return String::new() };
    let runs = count(usize::try_from(ratios.runs).unwrap_or(usize::MAX), "run");
    let (whole, part) = (mean / 1000, mean % 1000);
    wrapped(style, &format!("{runs} complete, on average {whole}.{part:03} x the best bound"), 2)
}

/// What would explain that a peer has not got the file.
const REASONS: &str = "lawful reasons would be: it left, or joins only later; a chunk that it \
                       lacks is held by no node that is there and has an uplink; no path of \
                       connected neighbors leads to one that holds it; all that hold it barter, \
                       and it has nothing to give; or no bound lets it be complete by `until`, and \
                       the log goes on until then";

/// What is violated and how, and what is demanded.
fn head(style: Style, finding: &Finding, generated: bool) -> String {
    let property = finding.property;
    let demands = suite::find(property).map_or("", |property| property.about());
    let place = if generated { format!(" in case {}", finding.case) } else { String::new() };
    let mut said = finding.explanation.lines();
    let first = said.next().unwrap_or_default();
    let head = format!("{property} violated{place}: {}", groups(first));
    let mut text = wrapped(style, &head, 2).replacen(property, &style.bold(property), 1);
    for line in said {
        text += &(printable(line) + "\n");
    }
    text + &follow(style, "  ", &format!("rule: {demands}"), 4)
}

/// The finding in words, and the scenario that shows it.
fn found(style: Style, examined: &Examined<'_>, finding: &Finding, place: &Place) -> String {
    let generated = examined.given.is_none();
    let mut text = head(style, finding, generated);
    if ["incompleteness_explained", "completes_when_calm"].contains(&finding.property) {
        text += &follow(style, "  ", REASONS, 4);
    }
    text.push('\n');
    let scenario = &finding.scenario;
    if generated {
        let kind = match (finding.shrinks, *scenario == finding.generated) {
            (0, _) => "counterexample, as it was generated".to_owned(),
            (runs, true) => format!("no smaller counterexample in {}", count(runs as usize, "run")),
            (runs, false) => {
                format!("shrunk counterexample, after {}", count(runs as usize, "run"))
            }
        };
        text += &wrapped(style, &format!("{kind}: {}", size(scenario)), 2);
    }
    let differences = differences(scenario);
    if !differences.is_empty() {
        text += &wrapped(style, &format!("special in it: {}", differences.join("; ")), 2);
    }
    text += &heading(style, scenario, Some(scenario.parts().seed));
    if generated {
        text += &saved(style, finding, place);
    }
    text + "\n"
}

/// Where the scenario stands; where it could not be written, the scenario.
fn saved(style: Style, finding: &Finding, place: &Place) -> String {
    match &place.saved {
        Ok(path) => wrapped(style, &format!("saved as {path}"), 2),
        Err(why) => {
            wrapped(style, &format!("not saved: {why}; here it is:"), 2)
                + &finding.scenario.to_toml()
        }
    }
}

/// What `suite --engine --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ExaminedDocument<'a> {
    engine: &'a str,
    seed: u64,
    scenario: Option<&'a str>,
    cases: u32,
    unknown: u32,
    properties: Vec<PropertyEntry<'a>>,
    left_out: &'a [String],
    complete_runs: u64,
    mean_ratio_thousandths: Option<u128>,
    findings: Vec<FindingEntry<'a>>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PropertyEntry<'a> {
    name: &'static str,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
    /// Why it was not judged, where that is so in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    holds: u32,
    skipped: u32,
    unknown: u32,
    violated: u32,
}

impl<'a> From<&'a Tally> for PropertyEntry<'a> {
    fn from(tally: &'a Tally) -> Self {
        PropertyEntry {
            name: tally.property.name,
            verdict: tally.verdict(),
            reason: tally.reason.as_deref(),
            holds: tally.held,
            skipped: tally.skipped,
            unknown: tally.unknown,
            violated: tally.violated,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct FindingEntry<'a> {
    property: &'static str,
    case: u32,
    explanation: &'a str,
    #[schemars(with = "Option<Map<String, Value>>")]
    witness: Option<&'a Witness>,
    shrinks: u32,
    scenario: &'a str,
    /// The scenario itself.
    #[schemars(with = "Map<String, Value>")]
    resolved: &'a Scenario,
    /// What the plainest scenario has not.
    special: Vec<String>,
    saved: Option<&'a str>,
    repeat: Option<&'a str>,
}

impl<'a> ExaminedDocument<'a> {
    /// What was found.
    pub(crate) fn new(examined: &'a Examined<'a>) -> Self {
        let examination = &examined.examination;
        let findings = examined.found().map(|(finding, place)| FindingEntry {
            property: finding.property,
            case: finding.case,
            explanation: &finding.explanation,
            witness: finding.witness.as_deref(),
            shrinks: finding.shrinks,
            scenario: finding.scenario.name(),
            resolved: &finding.scenario,
            special: differences(&finding.scenario),
            saved: place.saved.as_deref().ok(),
            repeat: place.repeat.as_deref(),
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
            findings: findings.collect(),
            verdict: examined.verdict(),
        }
    }
}
