//! The kill matrix: canaries in rows, what catches each and how often, and the textbook beside it.
//!
//! Nothing is judged here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use swarmbound::audit::Verdict;
use swarmbound::scenario::Scenario;
use swarmbound::suite::Ratios;
use swarmbound::suite::canary::{ALL, Canary, CanaryKind};
use swarmbound::suite::detection::{ControlRuns, Detection};

use super::Style;
use super::json::VERDICTS;
use super::numbers::{count, groups, percent};
use super::table::{Align, Cell, Table};
use super::wrapping::{follow, wrapped};

/// Every canary, how it fared, and what the control was accused of.
pub(crate) struct Matrix {
    /// How many cases each was met with.
    pub(crate) cases: u32,
    /// Of which seed.
    pub(crate) seed: u64,
    /// The canaries.
    pub(crate) kills: Vec<Detection>,
    /// The control.
    pub(crate) controls: ControlRuns,
}

/// Did what must catch a canary catch it? A slow one must never be caught.
fn is_as_it_should_be(kill: &Detection) -> bool {
    match kill.canary.kind {
        CanaryKind::Slow => kill.caught == 0,
        _ => kill.by.iter().any(|(name, _)| kill.canary.caught_by.contains(name)),
    }
}

impl Matrix {
    /// Holds when every canary is caught and the control is accused of nothing.
    pub(crate) fn verdict(&self) -> Verdict {
        let fine = self.kills.iter().all(is_as_it_should_be) && self.controls.accused.is_empty();
        if fine { Verdict::Holds } else { Verdict::Violated }
    }

    fn dead(&self) -> impl Iterator<Item = &Detection> {
        self.kills.iter().filter(|kill| kill.canary.kind != CanaryKind::Slow)
    }

    fn slow(&self) -> impl Iterator<Item = &Detection> {
        self.kills.iter().filter(|kill| kill.canary.kind == CanaryKind::Slow)
    }
}

fn share(part: u32, whole: u32) -> String {
    percent(u128::from(part), u128::from(whole))
}

/// In which case it is caught on average.
fn average(kill: &Detection) -> String {
    match kill.caught {
        0 => "-".to_owned(),
        caught => format!("{:.1}", f64::from(kill.cases) / f64::from(caught)),
    }
}

/// In how many cases the textbook's bounds catch it; a bound is no run that they could judge.
fn textbook(kill: &Detection) -> String {
    match kill.canary.kind {
        CanaryKind::Bound => "-".to_owned(),
        _ => share(kill.textbook, kill.cases),
    }
}

/// `3 x 2`: peers and chunks of a scenario.
fn size(scenario: &Scenario) -> String {
    format!("{} x {}", scenario.peer_count(), scenario.file().chunks())
}

/// What catches it, the most frequent first.
fn catchers(kill: &Detection) -> String {
    let mut by = kill.by.clone();
    by.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let names = by.iter().map(|&(name, cases)| format!("{name} {}", share(cases, kill.cases)));
    names.collect::<Vec<_>>().join(", ")
}

/// The whole matrix as text.
pub(crate) fn told(style: Style, matrix: &Matrix) -> String {
    if matrix.kills.is_empty() {
        return verdict(style, matrix);
    }
    let mut text = wrapped(
        style,
        &format!(
            "{} met with {} each, seed {}: in how many each is caught, in which case on average, \
             in how many by the textbook's bounds alone, and the smallest scenario that shows it, \
             as peers x chunks; below, by what",
            count(matrix.kills.len(), "canary").replace("canarys", "canaries"),
            count(matrix.cases as usize, "scenario"),
            matrix.seed
        ),
        0,
    );
    text += &deaths(style, matrix);
    text.push('\n');
    for kill in matrix.dead() {
        let name = kill.canary.name;
        let line = wrapped(style, &format!("{name}: {}", catchers(kill)), 4);
        text += &line.replacen(name, &style.bold(name), 1);
        if let Some((scenario, words)) = &kill.smallest {
            let line = format!("{}: {}", size(scenario), groups(words));
            text += &follow(style, "    ", &line, 4);
        }
    }
    text.push('\n');
    text += &ratios(style, matrix);
    text.push('\n');
    text += &verdict(style, matrix);
    text
}

fn deaths(style: Style, matrix: &Matrix) -> String {
    let columns = [
        ("canary", Align::Left),
        ("caught", Align::Right),
        ("case", Align::Right),
        ("textbook", Align::Right),
        ("smallest", Align::Right),
    ];
    let mut table = Table::new(style, &columns);
    for kill in matrix.dead() {
        table.row([
            Cell::new(kill.canary.name),
            Cell::new(share(kill.caught, kill.cases)),
            Cell::new(average(kill)),
            Cell::new(textbook(kill)),
            Cell::new(kill.smallest.as_ref().map_or("-".to_owned(), |(it, _)| size(it))),
        ]);
    }
    table.text()
}

fn thousandths(ratios: &Ratios) -> String {
    ratios.mean().map_or("-".to_owned(), |mean| format!("{}.{:03}", mean / 1000, mean % 1000))
}

fn ratios(style: Style, matrix: &Matrix) -> String {
    let columns = [
        ("lawful but slow", Align::Left),
        ("accused", Align::Right),
        ("ratio to the best bound", Align::Right),
        ("the control's", Align::Right),
    ];
    let mut table = Table::new(style, &columns);
    for kill in matrix.slow() {
        let [own, control] = &kill.ratios;
        table.row([
            Cell::new(kill.canary.name),
            Cell::new(share(kill.caught, kill.cases)),
            Cell::new(thousandths(own)),
            Cell::new(thousandths(control)),
        ]);
    }
    table.text()
}

fn verdict(style: Style, matrix: &Matrix) -> String {
    let alive = matrix.kills.iter().filter(|kill| !is_as_it_should_be(kill));
    let alive: Vec<&str> = alive.map(|kill| kill.canary.name).collect();
    let dead = matrix.dead().count();
    let accused = matrix.controls.accused.len();
    let verdict = matrix.verdict();
    let mut text = format!("{verdict}: ");
    text += &match (dead, alive.is_empty()) {
        (0, _) => String::new(),
        (_, true) => format!("all {dead} canaries are caught by what must catch them; "),
        (_, false) => format!("not as they should be: {}; ", alive.join(", ")),
    };
    text += &format!(
        "the control is accused {accused} times in {}.",
        count(matrix.controls.cases as usize, "case")
    );
    let text = wrapped(style, &text, 2);
    let mut text = text.replacen(&verdict.to_string(), &style.verdict(verdict), 1);
    for (case, property, words, _) in &matrix.controls.accused {
        text += &follow(style, "  ", &format!("case {case}, {property}: {}", groups(words)), 4);
    }
    text
}

/// The canaries, one a line.
pub(crate) fn listed(style: Style) -> String {
    let width = ALL.iter().map(|canary| canary.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for canary in ALL {
        let seen = canary.seen.map_or(String::new(), |seen| format!(" ({seen})"));
        let head = format!("{:width$}  ", canary.name);
        text += &follow(style, &head, &format!("{}{seen}", canary.about), width + 2);
    }
    text + "\nswarmbound canary NAME reads a resolved scenario and writes a trace\n"
}

/// What `canary --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CanariesDocument {
    canaries: Vec<CanaryEntry<'static>>,
}

impl CanariesDocument {
    /// All of them.
    pub(crate) fn new() -> Self {
        CanariesDocument { canaries: ALL.iter().map(CanaryEntry::new).collect() }
    }
}

/// A canary in a document.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CanaryEntry<'a> {
    name: &'a str,
    about: &'a str,
    kind: &'static str,
    seen: Option<&'a str>,
    caught_by: &'a [&'a str],
}

impl CanaryEntry<'static> {
    /// What it says of itself.
    fn new(canary: &'static Canary) -> Self {
        CanaryEntry {
            name: canary.name,
            about: canary.about,
            kind: match canary.kind {
                CanaryKind::Engine => "engine",
                CanaryKind::Log => "log",
                CanaryKind::Simulator => "simulator",
                CanaryKind::Bound => "bound",
                CanaryKind::Slow => "slow",
            },
            seen: canary.seen,
            caught_by: canary.caught_by,
        }
    }
}

/// What `suite --canaries --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct MatrixDocument<'a> {
    cases: u32,
    seed: u64,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
    canaries: Vec<KillEntry<'a>>,
    controls: ControlEntry<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct KillEntry<'a> {
    #[serde(flatten)]
    canary: CanaryEntry<'a>,
    caught: u32,
    first: Option<u32>,
    textbook: u32,
    by: BTreeMap<&'a str, u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    smallest: Option<SmallestEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_ratio_thousandths: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_mean_ratio_thousandths: Option<u128>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SmallestEntry<'a> {
    peers: usize,
    chunks: usize,
    explanation: &'a str,
    scenario: &'a str,
    /// The scenario itself.
    #[schemars(with = "Map<String, Value>")]
    resolved: &'a Scenario,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ControlEntry<'a> {
    cases: u32,
    accused: Vec<AccusedEntry<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct AccusedEntry<'a> {
    case: u32,
    property: &'a str,
    explanation: &'a str,
    scenario: &'a str,
    /// The scenario itself.
    #[schemars(with = "Map<String, Value>")]
    resolved: &'a Scenario,
}

impl<'a> MatrixDocument<'a> {
    /// The whole matrix.
    pub(crate) fn new(matrix: &'a Matrix) -> Self {
        let accused = matrix.controls.accused.iter();
        MatrixDocument {
            cases: matrix.cases,
            seed: matrix.seed,
            verdict: matrix.verdict(),
            canaries: matrix.kills.iter().map(KillEntry::new).collect(),
            controls: ControlEntry {
                cases: matrix.controls.cases,
                accused: accused
                    .map(|(case, property, explanation, scenario)| AccusedEntry {
                        case: *case,
                        property,
                        explanation,
                        scenario: scenario.name(),
                        resolved: scenario,
                    })
                    .collect(),
            },
        }
    }
}

impl<'a> KillEntry<'a> {
    fn new(kill: &'a Detection) -> Self {
        let by = kill.by.iter().copied();
        let [own, control] = &kill.ratios;
        KillEntry {
            canary: CanaryEntry::new(kill.canary),
            caught: kill.caught,
            first: kill.first,
            textbook: kill.textbook,
            by: by.collect(),
            smallest: kill.smallest.as_ref().map(|(scenario, explanation)| SmallestEntry {
                peers: scenario.peer_count(),
                chunks: scenario.file().chunks(),
                explanation,
                scenario: scenario.name(),
                resolved: scenario,
            }),
            mean_ratio_thousandths: own.mean(),
            control_mean_ratio_thousandths: control.mean(),
        }
    }
}

#[cfg(test)]
mod tests {
    use swarmbound::scenario::{PRESETS, read_toml};

    use super::*;
    use crate::report::wrapping::NO_BREAK;

    /// Names, counts and sentences as long as they get: every canary, each caught by many, and a
    /// control that is accused.
    fn made_up() -> Matrix {
        let scenario = read_toml("made up", PRESETS[0].toml, None).unwrap();
        let words = "the uplink of the source moved 12345678901234 B between 1234567.891 s and \
                     2345678.912 s, where it can move 1234567890123 B (line 1234567); chunk 4095 \
                     came to peer 2600 from peer 2599 at 6 h 40 min";
        let long = u32::MAX;
        let kills = ALL.iter().map(|canary| Detection {
            canary,
            cases: long,
            caught: if canary.kind == CanaryKind::Slow { 0 } else { long / 3 },
            first: Some(7),
            by: canary.caught_by.iter().map(|name| (*name, long / 7)).collect(),
            textbook: long / 11,
            smallest: Some((scenario.clone(), words.to_owned())),
            ratios: [Ratios { runs: 1, thousandths: 123_456 }; 2],
        });
        let property = ALL[0].caught_by[0];
        let accused = vec![(12_345_678, property, words.to_owned(), scenario.clone())];
        let controls = ControlRuns { cases: long, accused };
        Matrix { cases: long, seed: u64::MAX, kills: kills.collect(), controls }
    }

    /// How often each word is said; digits of one number are one word.
    fn said(text: &str) -> BTreeMap<&str, usize> {
        let mut said = BTreeMap::new();
        let is_gap = |letter: char| letter.is_whitespace() && letter != NO_BREAK;
        let is_drawn = |word: &&str| word.is_empty() || word.contains('─');
        for word in text.split(is_gap).filter(|word| !is_drawn(word)) {
            *said.entry(word).or_insert(0) += 1;
        }
        said
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_nothing_is_torn() {
        let matrix = made_up();
        let wide = told(Style { colour: false, width: 300 }, &matrix);
        for width in [80, 120] {
            let text = told(Style { colour: false, width }, &matrix);
            for line in text.lines() {
                let columns = line.chars().count();
                assert!(columns <= width, "{columns} columns at {width}: {line}");
            }
            let narrow = said(&text);
            for (word, times) in said(&wide) {
                let is_said = times <= narrow.get(word).copied().unwrap_or(0);
                assert!(is_said, "`{word}` at {width}\n{text}");
            }
            let number = "12 345 678 901 234".replace(' ', "\u{a0}");
            assert!(text.contains(&format!("{number} B")), "{number}\n{text}");
            let plain = text.replace(NO_BREAK, " ");
            assert!(plain.contains("6 h 40 min") && plain.contains("peer 2 600"), "{text}");
        }
    }
}
