//! The scope of generated scenarios, and how a command line writes it.

use std::str::FromStr;

use crate::scenario::Discipline;
use crate::units::Bytes;

/// What generated scenarios may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Maximum number of peers.
    pub peers: usize,
    /// Maximum number of chunks.
    pub chunks: usize,
    /// Whether peers and source come and go.
    pub churn: Churn,
    /// Whether chokers barter.
    pub barter: Barter,
    /// Whether anything takes time to arrive.
    pub latency: Latency,
    /// Whether peers hold chunks when they join, or want only a part.
    pub holdings: Holdings,
    /// Whether capacities change.
    pub capacities: Capacities,
    /// What the engine may do; decides which bounds bind it.
    pub discipline: Discipline,
    /// The burst of every link; None draws one.
    pub burst: Option<Bytes>,
    /// Stall to declare, in intervals of the choker; None declares the stall of `discipline`.
    pub stall_rechokes: Option<u64>,
}

impl Default for Scope {
    fn default() -> Self {
        Scope {
            peers: 60,
            chunks: 64,
            churn: Churn::Any,
            barter: Barter::Any,
            latency: Latency::Any,
            holdings: Holdings::None,
            capacities: Capacities::Constant,
            discipline: Discipline::default(),
            burst: None,
            stall_rechokes: None,
        }
    }
}

/// Whether peers and source come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Churn {
    /// Arrivals and departures of every kind.
    Any,
    /// All nodes are there from the start and stay.
    None,
}

/// Whether chokers barter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barter {
    /// Every choker.
    Any,
    /// Those that give without a return.
    None,
}

/// Whether anything takes time to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Latencies of all links, and of single nodes.
    Any,
    /// Everything arrives when it has left.
    None,
}

/// Whether peers hold chunks when they join, or want only a part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holdings {
    /// Holdings and wants of every kind, in some of the scenarios.
    Any,
    /// All peers start with nothing and want everything.
    None,
}

/// Whether the capacities of links change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacities {
    /// In some of the scenarios.
    Any,
    /// In none.
    Constant,
}

/// A field as it is written: its name, what may stand after `=`, and what that does.
type Field = (&'static str, &'static str, fn(&mut Scope, &str) -> Option<()>);

/// Everything that can be written.
const FIELDS: &[Field] = &[
    ("peers", "N (from 1 on)", |scope, text| count(&mut scope.peers, text)),
    ("chunks", "N (from 1 on)", |scope, text| count(&mut scope.chunks, text)),
    ("churn", "any|none", |scope, text| {
        either(&mut scope.churn, text, [("any", Churn::Any), ("none", Churn::None)])
    }),
    ("barter", "any|none", |scope, text| {
        either(&mut scope.barter, text, [("any", Barter::Any), ("none", Barter::None)])
    }),
    ("latency", "any|none", |scope, text| {
        either(&mut scope.latency, text, [("any", Latency::Any), ("none", Latency::None)])
    }),
    ("holdings", "any|none", |scope, text| {
        either(&mut scope.holdings, text, [("any", Holdings::Any), ("none", Holdings::None)])
    }),
    ("capacities", "any|constant", |scope, text| {
        let words = [("any", Capacities::Any), ("constant", Capacities::Constant)];
        either(&mut scope.capacities, text, words)
    }),
    ("burst", "any|SIZE (as 64KiB)", |scope, text| {
        scope.burst = if text == "any" { None } else { Some(text.parse().ok()?) };
        Some(())
    }),
    ("cut_through", "true|false", |scope, text| {
        either(&mut scope.discipline.cut_through, text, BOOLEAN)
    }),
    ("multi_source", "true|false", |scope, text| {
        either(&mut scope.discipline.multi_source, text, BOOLEAN)
    }),
    ("coded", "true|false", |scope, text| either(&mut scope.discipline.coded, text, BOOLEAN)),
    ("stall", "none|SPAN (as 60s)", |scope, text| {
        scope.discipline.stall = unless_none(text)?;
        Some(())
    }),
    ("stall_rechokes", "none|N", |scope, text| {
        scope.stall_rechokes = unless_none(text)?;
        Some(())
    }),
];

const BOOLEAN: [(&str, bool); 2] = [("true", true), ("false", false)];

fn count(field: &mut usize, text: &str) -> Option<()> {
    *field = text.parse().ok().filter(|&count| 0 < count)?;
    Some(())
}

/// A value, or none of it; the outer None is a text that says neither.
fn unless_none<T: FromStr>(text: &str) -> Option<Option<T>> {
    if text == "none" { Some(None) } else { text.parse().ok().map(Some) }
}

fn either<T: Copy>(field: &mut T, text: &str, words: [(&str, T); 2]) -> Option<()> {
    *field = words.into_iter().find(|(word, _)| *word == text)?.1;
    Some(())
}

/// Why a field cannot be changed: a sentence with what can be written instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScopeError(String);

impl Scope {
    /// Changes one field, written `name=value`.
    ///
    /// # Errors
    /// A name or value that is unknown.
    pub fn set(&mut self, text: &str) -> Result<(), ScopeError> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let field = FIELDS.iter().find(|(known, ..)| *known == name.trim());
        let Some((name, values, set)) = field else {
            let known = FIELDS.iter().map(|(name, values, _)| format!("\n  {name}={values}"));
            return Err(ScopeError(format!(
                "`{text}` is no field; write, with commas between them:{}",
                known.collect::<String>()
            )));
        };
        set(self, value.trim())
            .ok_or_else(|| ScopeError(format!("`{text}`: write {name}={values}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;

    fn read(text: &str) -> Result<Scope, ScopeError> {
        let mut scope = Scope::default();
        text.split(',').try_for_each(|field| scope.set(field))?;
        Ok(scope)
    }

    /// Destructured, so that a field that cannot be written does not compile.
    #[test]
    fn every_field_can_be_written() {
        let all = "peers=8,chunks=9,churn=none,barter=none,latency=none,holdings=any,\
                   capacities=any,burst=7KiB,cut_through=true,multi_source=true,\
                   coded=true,stall=60s,stall_rechokes=8";
        let scope = read(all).unwrap();
        let Scope { peers, chunks, churn, barter, latency, holdings, .. } = scope;
        let Scope { capacities, discipline, burst, stall_rechokes, .. } = scope;
        let Discipline { cut_through, multi_source, coded, stall } = discipline;
        assert_eq!((stall, stall_rechokes), (Some(Time::from_secs(60)), Some(8)));
        assert_eq!(read("stall=60s,stall=none").unwrap(), Scope::default());
        assert_eq!((peers, chunks, burst), (8, 9, Some(Bytes(7 << 10))));
        let none = (Churn::None, Barter::None, Latency::None);
        assert_eq!((churn, barter, latency), none);
        assert_eq!((holdings, capacities), (Holdings::Any, Capacities::Any));
        assert!(cut_through && multi_source && coded);
        assert_eq!(all.split(',').count(), FIELDS.len());
        assert_eq!(read("peers=8, churn=any, burst=any").unwrap().peers, 8);
    }

    #[test]
    fn what_cannot_be_read_says_what_can() {
        let ScopeError(unknown) = read("speed=3").unwrap_err();
        assert!(FIELDS.iter().all(|(name, ..)| unknown.contains(&format!("\n  {name}="))));
        for text in [
            "peers",
            "peers=0",
            "peers=many",
            "churn=some",
            "burst=7",
            "coded=1",
            "stall=60",
            "=",
            "",
        ] {
            let ScopeError(error) = read(text).unwrap_err();
            assert!(error.starts_with(&format!("`{text}`")) && error.contains("write"), "{error}");
        }
    }
}
