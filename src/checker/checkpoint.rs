//! A search on disk: saved between two states, taken up again by another process.
//!
//! JSON lines: a header, then the states in the order of discovery. That order is the queue and the
//! shortest paths, so nothing else is needed but the transitions, where claims keep them. A
//! checkpoint of another model, of other claims or of a damaged file is refused, not guessed at.

use std::io::{BufRead, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::claim::{Explorable, Spec};
use super::fault::Fault;
use super::graph::Edges;
use super::search::{Quotient, Search, Settings, Tally};
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

/// A state, the index of its predecessor (none for an initial one), and, where they are kept, the
/// targets and classes of its transitions.
#[derive(Serialize, Deserialize)]
struct Line<S>(S, Option<u32>, Vec<(u32, u16)>);

impl<M: Explorable<State: Serialize + DeserializeOwned>> Search<'_, M> {
    /// Writes the search; `model` says which model and options it belongs to.
    ///
    /// # Errors
    /// What the writer says.
    pub fn save(&self, model: &str, out: &mut dyn Write) -> Result<(), Fault> {
        write_line(out, &self.header(model))?;
        for (at, state) in self.store.states.iter().enumerate() {
            let parent = Some(self.store.parents[at]).filter(|&parent| parent != NO_PARENT);
            let edges = self.edges.as_ref().filter(|edges| at < edges.expanded());
            let out_of = edges.map(|edges| edges.out(at as u32).collect()).unwrap_or_default();
            write_line(out, &Line(state, parent, out_of))?;
        }
        Ok(())
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
        settings: Settings,
        name: &str,
        input: &mut dyn BufRead,
    ) -> Result<Self, Fault> {
        let mut search = Search::empty(model, spec, settings)?;
        let mut lines = input.lines();
        let mut number = 0;
        let mut next_line = || -> Result<String, Fault> {
            number += 1;
            let damaged = |message: String| Fault::Checkpoint { line: number, message };
            match lines.next() {
                Some(line) => line.map_err(|error| damaged(error.to_string())),
                None => Err(damaged("the file ends before the search does".into())),
            }
        };
        let header: Header = parse(1, &next_line()?)?;
        search.belongs(&header, name)?;
        let mut edges = Edges::default();
        for at in 0..header.states {
            let line = at + 2;
            let Line(state, parent, out) = parse(line, &next_line()?)?;
            let parent = parent.unwrap_or(NO_PARENT);
            if parent != NO_PARENT && at <= parent as usize {
                return Err(damaged(line, "its predecessor stands behind it"));
            }
            if let Insertion::Known(_) = search.store.insert(Offer::new(state, 0), parent) {
                return Err(damaged(line, "this state stands here twice"));
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
    fn belongs(&self, header: &Header, name: &str) -> Result<(), Fault> {
        let own = self.header(name);
        let levels = &header.levels;
        let refusals = [
            (header.checkpoint != VERSION, "written by another version"),
            (header.model != own.model, "belongs to another model or other options"),
            (header.claims != own.claims, "belongs to other claims"),
            (header.symmetry != own.symmetry, "differs in symmetry"),
            (header.edges != own.edges, "differs in the transitions it keeps"),
            (header.coverage.len() != own.coverage.len(), "belongs to other classes of actions"),
            (header.found.len() != own.found.len(), "belongs to other claims"),
            (header.states < header.expanded, "says that more is expanded than known"),
            (levels.len() < 2 || !levels.is_sorted(), "has no sensible depths"),
            (
                levels.last().is_some_and(|&end| header.states < end as usize)
                    || levels.last().is_some_and(|&end| (end as usize) < header.expanded),
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

fn damaged(line: usize, message: impl Into<String>) -> Fault {
    Fault::Checkpoint { line, message: message.into() }
}

fn write_line(out: &mut dyn Write, line: &impl Serialize) -> Result<(), Fault> {
    let text = serde_json::to_string(line).map_err(std::io::Error::from)?;
    Ok(writeln!(out, "{text}")?)
}

fn parse<T: DeserializeOwned>(line: usize, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| damaged(line, error.to_string()))
}
