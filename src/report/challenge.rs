//! How far a peer has come on the ladder: a table of the steps, and a hint for each that is open.
//!
//! Nothing is judged here.

use schemars::JsonSchema;
use serde::Serialize;
use swarmbound::audit::Verdict;
use swarmbound::suite::challenge::{Attempt, Measure};

use super::Style;
use super::layout::printable;
use super::numbers::seconds;
use super::table::{Align, Cell, Table};
use super::wrapping::{follow, wrapped};

/// The steps that were tried.
pub(crate) struct Climbed<'a> {
    /// The command that starts the peer; None for the reference engine.
    pub(crate) command: Option<&'a str>,
    /// Where randomness started.
    pub(crate) seed: u64,
    /// What became of each step.
    pub(crate) attempts: Vec<Attempt>,
}

impl Climbed<'_> {
    /// Holds when every step is passed.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.attempts.iter().all(Attempt::is_passed) {
            true => Verdict::Holds,
            false => Verdict::Violated,
        }
    }
}

/// Thousandths as a number: `1.050`.
fn thousandths(value: u128) -> String {
    format!("{}.{:03}", value / 1000, value % 1000)
}

/// The table and the hints as text.
pub(crate) fn told(style: Style, climbed: &Climbed<'_>) -> String {
    let who = climbed.command.map_or_else(
        || "the reference engine (write --peer CMD to try yours)".to_owned(),
        printable,
    );
    let mut text = wrapped(style, &format!("{who}: seed {}", climbed.seed), 4) + "\n";
    text += &steps(style, &climbed.attempts);
    for attempt in &climbed.attempts {
        let Some(hint) = &attempt.hint else { continue };
        let head = format!("{} {}: ", attempt.challenge.number, attempt.challenge.name);
        let about = format!("{}. Hint: {hint}", attempt.challenge.about);
        text += &("\n".to_owned() + &follow(style, &head, &about, 4));
    }
    let passed = climbed.attempts.iter().filter(|attempt| attempt.is_passed()).count();
    let all = climbed.attempts.len();
    text += &format!("\n{passed} of {all} steps passed.\n");
    text
}

fn steps(style: Style, attempts: &[Attempt]) -> String {
    let columns = [
        ("step", Align::Left),
        ("completed", Align::Right),
        ("last at", Align::Right),
        ("not before", Align::Right),
        ("ratio", Align::Right),
        ("target", Align::Right),
        ("", Align::Left),
    ];
    let mut table = Table::new(style, &columns);
    for attempt in attempts {
        let (done, due) = attempt.completed;
        let of = match attempt.challenge.measure {
            Measure::AllPeers => "",
            Measure::FirstGivers(_) => " givers",
        };
        let time = |time: Option<_>| time.map_or_else(|| "-".to_owned(), seconds);
        table.row([
            Cell::new(format!("{} {}", attempt.challenge.number, attempt.challenge.name)),
            Cell::new(format!("{done} of {due}{of}")),
            Cell::new(time(attempt.took)),
            Cell::new(time(attempt.bound)),
            Cell::new(attempt.ratio().map_or_else(|| "-".to_owned(), thousandths)),
            Cell::new(thousandths(attempt.challenge.target.into())),
            Cell::new(if attempt.is_passed() { "passed" } else { "open" }),
        ]);
    }
    table.text()
}

/// The document of `challenge --json`.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ChallengeDocument<'a> {
    /// The command that starts the peer; null for the reference engine.
    peer: Option<&'a str>,
    seed: u64,
    steps: Vec<StepEntry<'a>>,
    passed: usize,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct StepEntry<'a> {
    number: u32,
    name: &'static str,
    about: &'static str,
    passed: bool,
    completed: usize,
    /// How many peers are to complete.
    due: usize,
    last_ns: Option<u64>,
    bound_ns: Option<u64>,
    /// The time over the bound, rounded up to a thousandth.
    ratio_thousandths: Option<u64>,
    target_thousandths: u32,
    hint: Option<&'a str>,
}

impl<'a> ChallengeDocument<'a> {
    /// What became of each step.
    pub(crate) fn new(climbed: &'a Climbed<'a>) -> Self {
        let entry = |attempt: &'a Attempt| StepEntry {
            number: attempt.challenge.number,
            name: attempt.challenge.name,
            about: attempt.challenge.about,
            passed: attempt.is_passed(),
            completed: attempt.completed.0,
            due: attempt.completed.1,
            last_ns: attempt.took.map(|time| time.0),
            bound_ns: attempt.bound.map(|time| time.0),
            ratio_thousandths: attempt.ratio().and_then(|ratio| u64::try_from(ratio).ok()),
            target_thousandths: attempt.challenge.target,
            hint: attempt.hint.as_deref(),
        };
        let attempts = &climbed.attempts;
        ChallengeDocument {
            peer: climbed.command,
            seed: climbed.seed,
            steps: attempts.iter().map(entry).collect(),
            passed: attempts.iter().filter(|attempt| attempt.is_passed()).count(),
        }
    }
}
