//! A search on disk: saved between two states, taken up again by another process.
//!
//! JSON lines: a header, then the states in the order of discovery. That order is the queue and the
//! shortest paths, so nothing else is needed but the transitions, where claims keep them. The last
//! line holds a sum of all others: a changed digit could make an unreachable
//! state. A checkpoint of another model, of other claims or of a damaged file is refused, not
//! guessed at.

use std::io::{BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::claim::{Explorable, Spec};
use super::error::CheckError;
use super::graph::Edges;
use super::hash::{fold, hash_of};
use super::search::{CheckSettings, Quotient, Search, Tally};
use super::store::{Insertion, NO_PARENT, Offer};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Header {
    checkpoint: u32,
    model: String,
    claims: Vec<String>,
    symmetry: bool,
    states: usize,
    expanded: usize,
    levels: Vec<u32>,
    generated: u64,
    outside: u64,
    coverage: Vec<u64>,
    found: Vec<Option<u32>>,
    edges: bool,
}

/// What every version of a header has.
#[derive(Deserialize)]
struct Version {
    checkpoint: u32,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Footer {
    sum: String,
}

/// A sum over lines, against accidents.
#[derive(Default)]
pub(super) struct Sum(u64);

impl Sum {
    pub(super) fn add(&mut self, line: &str) {
        self.0 = fold(self.0 ^ hash_of(&line), 0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    }

    pub(super) fn end(&self) -> Footer {
        Footer { sum: format!("{:016x}", self.0) }
    }
}

/// A state, the index of its predecessor (none for an initial one), and, where they are kept, the
/// targets and classes of its transitions.
#[derive(Serialize, Deserialize)]
struct Line<S, E>(S, Option<u32>, E);

type Out = Vec<(u32, u16)>;

impl<M: Explorable<State: Serialize + DeserializeOwned>> Search<'_, M> {
    /// Writes the search; `model` says which model and options it belongs to.
    ///
    /// # Errors
    /// What the writer says.
    pub fn save(&self, model: &str, out: &mut dyn Write) -> Result<(), CheckError> {
        let mut sum = Sum::default();
        let mut write_line = |line: &dyn Fn() -> serde_json::Result<String>| {
            let line = line().map_err(std::io::Error::from)?;
            sum.add(&line);
            writeln!(out, "{line}")
        };
        write_line(&|| serde_json::to_string(&self.header(model)))?;
        for (at, state) in self.store.states.iter().enumerate() {
            let parent = Some(self.store.parents[at]).filter(|&parent| parent != NO_PARENT);
            let edges = self.edges.as_ref().filter(|edges| at < edges.expanded());
            let out_of: Out = edges.map(|edges| edges.out(at as u32).collect()).unwrap_or_default();
            write_line(&|| serde_json::to_string(&Line(state, parent, &out_of)))?;
        }
        let end = serde_json::to_string(&sum.end()).map_err(std::io::Error::from)?;
        Ok(writeln!(out, "{end}")?)
    }

    fn header(&self, model: &str) -> Header {
        Header {
            checkpoint: VERSION,
            model: model.into(),
            claims: self.spec.claims.iter().map(|claim| claim.name.into()).collect(),
            symmetry: self.settings.quotient == Quotient::Symmetric,
            states: self.store.len(),
            expanded: self.next,
            levels: self.levels.clone(),
            generated: self.tally.generated,
            outside: self.tally.outside,
            coverage: self.tally.coverage.clone(),
            found: self.found.clone(),
            edges: self.edges.is_some(),
        }
    }
}

impl<'m, M: Explorable<State: Serialize + DeserializeOwned>> Search<'m, M> {
    /// Reads a search that [`Search::save`] wrote, to go on with it.
    ///
    /// # Errors
    /// The line that cannot be read or that does not belong to this model, claims and settings.
    pub fn resume(
        model: &'m M,
        spec: &'m Spec<M>,
        settings: CheckSettings,
        name: &str,
        input: &mut dyn BufRead,
    ) -> Result<Self, CheckError> {
        let mut search = Search::empty(model, spec, settings)?;
        let mut lines = input.lines();
        let mut number = 0;
        let mut next_line = || -> Result<String, CheckError> {
            number += 1;
            let damaged = |message: String| CheckError::Checkpoint { line: number, message };
            match lines.next() {
                Some(line) => line.map_err(|error| damaged(error.to_string())),
                None => Err(damaged("the file ends before the search does".into())),
            }
        };
        let mut sum = Sum::default();
        let first = next_line()?;
        if parse::<Version>(1, &first)?.checkpoint != VERSION {
            return Err(damaged(1, "written by another version"));
        }
        let header: Header = parse(1, &first)?;
        search.belongs(&header, name)?;
        sum.add(&first);
        let mut edges = Edges::default();
        for at in 0..header.states {
            let line = at + 2;
            let text = next_line()?;
            sum.add(&text);
            let Line(state, parent, out): Line<_, Out> = parse(line, &text)?;
            let parent = parent.unwrap_or(NO_PARENT);
            if parent != NO_PARENT && at.min(header.expanded) <= parent as usize {
                return Err(damaged(line, "its predecessor stands behind it, or was not expanded"));
            }
            match search.store.insert(Offer::new(state, 0), parent) {
                Insertion::New(at) => search.weigh(at),
                Insertion::Known(_) => return Err(damaged(line, "this state stands here twice")),
            }
            if at < header.expanded {
                for (to, class) in out {
                    let known = (to as usize) < header.states;
                    if !known || header.coverage.len() <= usize::from(class) {
                        return Err(damaged(line, "a transition leads out of the file"));
                    }
                    edges.push(at as u32, to, u32::from(class));
                }
                edges.close();
            }
        }
        let last = header.states + 2;
        let end: Footer = parse(last, &next_line()?)?;
        if end.sum != sum.end().sum {
            let wrong = "the sum of the lines differs: some have changed";
            return Err(damaged(last, wrong));
        }
        if search.edges.is_some() {
            search.edges = Some(edges);
        }
        search.levels = header.levels;
        search.next = header.expanded;
        search.tally = Tally {
            generated: header.generated,
            coverage: header.coverage,
            outside: header.outside,
        };
        search.restore_found(header.found);
        Ok(search)
    }

    /// Refuses the header of another search, and one that contradicts itself.
    fn belongs(&self, header: &Header, name: &str) -> Result<(), CheckError> {
        let own = self.header(name);
        let levels = &header.levels;
        let refusals = [
            (header.model != own.model, "belongs to another model, version or other options"),
            (header.claims != own.claims, "belongs to other claims"),
            (header.symmetry != own.symmetry, "differs in symmetry"),
            (header.edges != own.edges, "differs in the transitions it keeps"),
            (header.coverage.len() != own.coverage.len(), "belongs to other classes of actions"),
            (header.found.len() != own.found.len(), "belongs to other claims"),
            (header.states < header.expanded, "says that more is expanded than known"),
            (levels.len() < 2 || levels[0] != 0 || !levels.is_sorted(), "has no sensible depths"),
            (
                levels.last().is_some_and(|&end| header.states < end as usize)
                    || levels.last().is_some_and(|&end| (end as usize) < header.expanded)
                    || levels.iter().rev().nth(1).is_some_and(|&s| header.expanded < s as usize),
                "has depths beyond its states",
            ),
            (
                header.found.iter().flatten().any(|&at| header.states <= at as usize),
                "names a witness that it does not hold",
            ),
        ];
        match refusals.into_iter().find(|&(wrong, _)| wrong) {
            Some((_, message)) => Err(damaged(1, message)),
            None => Ok(()),
        }
    }
}

fn damaged(line: usize, message: impl Into<String>) -> CheckError {
    CheckError::Checkpoint { line, message: message.into() }
}

fn parse<T: DeserializeOwned>(line: usize, text: &str) -> Result<T, CheckError> {
    serde_json::from_str(text).map_err(|error| damaged(line, error.to_string()))
}
