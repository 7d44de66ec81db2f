//! A bound as the maximum of parts, each of which is a lower bound by itself.
//!
//! Knows no theorem. The types to know are [`Part`], one argument for every k, and [`Closed`], one
//! that is a single fraction.

use super::links::Span;
use super::{Earliest, Lower, Term};
use crate::ratio::Ratio;
use crate::units::Time;

/// One argument: a lower bound on every completion.
pub(super) struct Part {
    /// Its formula.
    pub(super) formula: &'static str,
    /// The bound on the k-th completion stands at k - 1.
    pub(super) at: Vec<Earliest>,
}

impl Part {
    /// A part that knows a time for every k.
    pub(super) fn of_times(formula: &'static str, times: impl Iterator<Item = Time>) -> Part {
        Part { formula, at: times.map(Earliest::At).collect() }
    }
}

/// Is `candidate` a strictly stronger statement than `best`? A reason why something never happens
/// is not replaced by another.
pub(super) fn is_stronger(candidate: &Earliest, best: &Earliest) -> bool {
    match (best, candidate) {
        (Earliest::Never(_), _) => false,
        (Earliest::At(_), Earliest::Never(_)) => true,
        (Earliest::At(best), Earliest::At(candidate)) => best < candidate,
    }
}

/// The strongest part for every k.
pub(super) fn strongest(parts: Vec<Part>) -> Vec<Earliest> {
    let mut parts = parts.into_iter();
    let mut best = parts.next().map(|part| part.at).unwrap_or_default();
    for part in parts {
        for (best, candidate) in best.iter_mut().zip(part.at) {
            if is_stronger(&candidate, best) {
                *best = candidate;
            }
        }
    }
    best
}

/// The strongest part for the completion at `index`, with its formula; of equals the first.
///
/// # Panics
/// When there is no completion at `index`, or no part.
pub(super) fn strongest_at(parts: &[Part], index: usize) -> Lower {
    let mut best = &parts[0];
    for part in &parts[1..] {
        if is_stronger(&part.at[index], &best.at[index]) {
            best = part;
        }
    }
    Lower {
        at: best.at[index].clone(),
        exact: None,
        terms: Vec::new(),
        binding: Some(best.formula),
    }
}

/// One argument that is a single fraction.
pub(super) struct Closed(pub(super) &'static str, pub(super) Span);

/// The largest of `terms`, exactly; of equals the first binds.
pub(super) fn largest(terms: &[Closed]) -> Lower {
    let terms: Vec<Term> =
        terms.iter().map(|Closed(formula, span)| Term { formula, exact: span.seconds() }).collect();
    let binding =
        terms.iter().reduce(|best, term| if best.exact < term.exact { term } else { best });
    let (formula, exact) = binding.map(|term| (term.formula, term.exact.clone())).unzip();
    let at = exact.as_ref().map_or(Time::ZERO, Ratio::floor_nanos);
    Lower { at: Earliest::At(at), exact, terms, binding: formula }
}
