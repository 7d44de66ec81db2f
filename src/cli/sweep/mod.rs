//! `swarmbound sweep`: scenarios x settings x seeds, on all cores, a line of JSON a run.
//!
//! Every run is judged as `swarmbound run` judges it. Lines come in the order of the runs,
//! whichever was done first, so that the same sweep gives the same bytes.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::{Behavior, FileError, Place, Scenario, Sweep};

use super::peer::Decides;
use super::{Failure, cores, input, number, output};
use crate::report::json;
use crate::report::run::Mode;
use crate::report::sweep::{Case, Fingerprint, Set, Summary, SweepDocument};

mod crew;
mod sink;
mod store;

use sink::Sink;
use store::Store;

/// What stands in the fingerprint of a run beside its scenario: another version may run it
/// otherwise.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// What to write where there is no sweep.
const FORM: &str = "write a sweep as TOML, for example scenarios = [\"figure\"]";

/// Arguments of `sweep`.
#[derive(Args)]
pub(super) struct Arguments {
    /// A .toml file: scenarios = ["figure"], seeds = "1..=20", and under [vary] lists of values for
    /// fields of a scenario, such as protocol.picker = ["rarest first", "random"], or for `peers`,
    /// `chunks` and `free_riders`; every combination is a run
    sweep: String,
    /// How many runs at a time; without it, one for each core
    #[arg(long, value_name = "N", value_parser = number::positive)]
    jobs: Option<NonZeroUsize>,
    /// Only the I-th of N parts, from 1: every N-th run, beginning with run I - 1
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// Write the lines to this file, and the table to standard output; the runs whose lines stand
    /// there already are not run again
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the table as one JSON document; without --out, write the lines and no table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    decides: Decides,
}

/// A part of a sweep: its runs are dealt out like cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    /// From 0, below `of`.
    at: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part; write one from 1/16 to 16/16, for example");
        let number = |text: &str| -> Option<usize> {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number)
        };
        let (at, of) = text.split_once('/').ok_or_else(wrong)?;
        let (at, of) = (number(at).ok_or_else(wrong)?, number(of).ok_or_else(wrong)?);
        match at.checked_sub(1) {
            Some(at) if at < of => Ok(Shard { at, of }),
            None => Err(format!("{text}: parts count from 1; write 1/{}", of.max(1))),
            Some(_) if of == 0 => {
                Err(format!("{text}: nothing is divided into 0 parts; write 1/1"))
            }
            Some(_) => Err(format!("{text}: there is no such part; write 1/{of} to {of}/{of}")),
        }
    }
}

impl Shard {
    fn has(self, index: usize) -> bool {
        index % self.of == self.at
    }
}

/// A sweep, with the texts that its scenarios are made of.
struct Prepared<'t> {
    file: &'t str,
    /// The command of the peer that decides; None for the reference engine.
    peer: Option<&'t str>,
    sweep: Sweep<'t>,
    /// The name of each file, and what stands in it.
    texts: Vec<(String, String)>,
}

impl<'t> Prepared<'t> {
    fn new(file: &'t str, text: &'t str, peer: Option<&'t str>) -> Result<Self, Failure> {
        let sweep = Sweep::read(file, text).map_err(|error| Failure(error.to_string()))?;
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let mut texts = Vec::new();
        for (at, name) in sweep.scenarios().enumerate() {
            let text = input::toml(name, folder).map_err(|Failure(wrong)| {
                let FileError { file, line, column, .. } = sweep.blame(at, "");
                Failure(format!("{file}:{line}:{column}: scenarios: {wrong}"))
            });
            texts.push(text?);
        }
        Ok(Prepared { file, peer, sweep, texts })
    }

    fn settings(&self, place: &Place) -> Set {
        let settings = self.sweep.settings(place);
        Set(settings.map(|(name, value)| (name.to_owned(), value.clone())).collect())
    }

    /// A run in words.
    fn told(&self, place: &Place) -> String {
        let mut said = vec![format!("scenario = {}", self.texts[place.scenario].0)];
        said.extend(self.sweep.settings(place).map(|(name, value)| format!("{name} = {value}")));
        said.extend(place.seed.map(|seed| format!("seed = {seed}")));
        said.join(", ")
    }

    fn scenario(&self, place: &Place) -> Result<Scenario, Failure> {
        let (file, text) = &self.texts[place.scenario];
        self.sweep.scenario(place, file, text).map_err(|error| {
            let run = self.told(place);
            Failure(format!("{error}\n  in run {} of {}: {run}", place.index, self.file))
        })
    }

    /// What a run is, and its scenario.
    fn case(&self, place: &Place) -> Result<(Case, Scenario), Failure> {
        let scenario = self.scenario(place)?;
        input::need_rates(&scenario)?;
        let mode = if place.is_client_server { Mode::ClientServer } else { Mode::P2p };
        let mode_word = if place.is_client_server { "client_server" } else { "p2p" };
        let text = scenario.to_json();
        // Only where a peer decides: runs of the reference engine keep their fingerprints.
        let peer: Vec<&str> = self.peer.into_iter().collect();
        let riders = scenario.peers().filter(|(_, peer)| peer.behavior == Behavior::FreeRider);
        let case = Case {
            index: place.index,
            row: place.row,
            scenario: scenario.name().to_owned(),
            settings: self.settings(place),
            mode,
            seed: scenario.parts().seed,
            peers: scenario.receiver_count(),
            chunks: scenario.file().chunks(),
            free_riders: riders.count(),
            fingerprint: Fingerprint::of(&[&[PROGRAM, mode_word, &text][..], &peer].concat()),
        };
        let scenario = match mode {
            Mode::P2p => scenario,
            Mode::ClientServer => scenario.client_server(),
        };
        Ok((case, scenario))
    }

    /// The runs of a part, in their order. Whatever is wrong with a setting is said in every part:
    /// of the others, the first seed is looked at.
    fn todo(&self, shard: Shard) -> Result<Vec<Todo>, Failure> {
        let mut todo = Vec::new();
        let mut known = BTreeMap::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut last_row = None;
        for index in 0..self.sweep.runs() {
            let place = self.sweep.place(index);
            let is_first = last_row.replace(place.row) != Some(place.row);
            if !is_first && !shard.has(index) {
                continue;
            }
            let (case, _) = self.case(&place)?;
            let named = *names.entry(case.scenario.clone()).or_insert(place.scenario);
            if named != place.scenario {
                let wrong = format!(
                    "its name is `{}`, as that of {}; write another name = \"...\" in one of them",
                    case.scenario, self.texts[named].0
                );
                return Err(Failure(self.sweep.blame(place.scenario, wrong).to_string()));
            }
            if let Some(&other) = known.get(&case.fingerprint) {
                let (run, other_run) = (self.told(&place), self.told(&self.sweep.place(other)));
                return Err(Failure(format!(
                    "{}: runs {other} and {index} are the same run; leave out a value\n  run \
                     {other}: {other_run}\n  run {index}: {run}",
                    self.file
                )));
            }
            known.insert(case.fingerprint, index);
            if shard.has(index) {
                let work = case.peers as u64 * case.chunks as u64;
                todo.push(Todo { index, fingerprint: case.fingerprint, work });
            }
        }
        Ok(todo)
    }
}

/// A run of the part, before and while it is run; the rest is made again when it is needed.
struct Todo {
    index: usize,
    fingerprint: Fingerprint,
    /// Chunks that are to arrive.
    work: u64,
}

/// Runs what is not yet there.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let Arguments { sweep, jobs, shard, out, json, decides } = arguments;
    let (file, text) = input::text(sweep, Some(FORM))?;
    let prepared = Prepared::new(&file, &text, decides.command())?;
    let todo = prepared.todo(*shard)?;
    let mut summary = Summary::default();
    let mut sink = match out {
        Some(path) => Sink::open(path, &prepared, &todo, &mut summary)?,
        None => Sink::standard(),
    };
    let jobs = jobs.unwrap_or_else(cores::count).get();
    if decides.keeps_lines() && 1 < jobs {
        let sentence = "--log keeps one conversation at a time; add --jobs 1";
        return Err(Failure(sentence.to_owned()));
    }
    crew::work(&prepared, &todo, decides, jobs, &mut sink, &mut summary)?;
    let is_wanted = sink.finish(&prepared, &todo)?;
    // Where the lines are, nothing else stands on standard output.
    if is_wanted {
        match (out, json) {
            (None, true) => {}
            (None, false) => output::tell(&summary.told(output::error_style())),
            (Some(_), true) => {
                output::print(&json::document("sweep", &SweepDocument::new(&summary)))?
            }
            (Some(_), false) => output::print(&summary.told(output::style()))?,
        }
    }
    Ok(summary.verdict())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_from_one_and_have_every_run_once() {
        for of in 1..=5 {
            let parts: Vec<Shard> =
                (1..=of).map(|at| format!("{at}/{of}").parse().unwrap()).collect();
            for index in 0..20 {
                assert_eq!(parts.iter().filter(|part| part.has(index)).count(), 1);
            }
            assert!(parts[0].has(0), "the first part has the first run");
        }
    }

    #[test]
    fn what_is_no_part_is_refused_with_one_that_is() {
        let refused = [
            ("0/16", "write 1/16"),
            ("17/16", "1/16 to 16/16"),
            ("1/0", "write 1/1"),
            ("0/0", "write 1/1"),
            ("", "for example"),
            ("3", "for example"),
            ("3/", "for example"),
            ("/3", "for example"),
            ("1/2/3", "for example"),
            ("-1/3", "for example"),
            ("+1/3", "for example"),
            ("1 / 3", "for example"),
            ("a/b", "for example"),
            ("1/99999999999999999999", "for example"),
        ];
        for (text, hint) in refused {
            let wrong = text.parse::<Shard>().unwrap_err();
            assert!(wrong.contains(hint), "{text}: {wrong}");
        }
    }
}
