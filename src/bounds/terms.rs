//! A bound as the maximum of terms, each of which is a lower bound by itself.
//!
//! [`TermTimes`] is one term for every k, [`ClosedForm`] a term that is a single fraction. No
//! theorem is stated here.

use super::access_links::Span;
use super::{Earliest, Lower, Term};
use crate::ratio::Ratio;
use crate::units::Time;

/// One term: a lower bound on every completion.
pub(super) struct TermTimes {
    /// Its formula.
    pub(super) formula: &'static str,
    /// The bound on the k-th completion stands at k - 1.
    pub(super) at: Vec<Earliest>,
}

impl TermTimes {
    /// A term with a finite time for every k.
    pub(super) fn new(formula: &'static str, times: impl Iterator<Item = Time>) -> TermTimes {
        TermTimes { formula, at: times.map(Earliest::At).collect() }
    }
}

/// Is `candidate` a strictly stronger bound than `best`? The first reason why a completion never
/// happens is kept.
pub(super) fn is_stronger(candidate: &Earliest, best: &Earliest) -> bool {
    match (best, candidate) {
        (Earliest::Never(_), _) => false,
        (Earliest::At(_), Earliest::Never(_)) => true,
        (Earliest::At(best), Earliest::At(candidate)) => best < candidate,
    }
}

/// The strongest term for every k.
pub(super) fn strongest(terms: Vec<TermTimes>) -> Vec<Earliest> {
    let mut terms = terms.into_iter();
    let mut best = terms.next().map(|term| term.at).unwrap_or_default();
    for term in terms {
        for (best, candidate) in best.iter_mut().zip(term.at) {
            if is_stronger(&candidate, best) {
                *best = candidate;
            }
        }
    }
    best
}

/// The strongest term for the completion at `index`, with its formula; of equals the first.
///
/// # Panics
/// If there is no completion at `index`, or no term.
pub(super) fn strongest_at(terms: &[TermTimes], index: usize) -> Lower {
    let mut best = &terms[0];
    for term in &terms[1..] {
        if is_stronger(&term.at[index], &best.at[index]) {
            best = term;
        }
    }
    Lower {
        at: best.at[index].clone(),
        exact: None,
        terms: Vec::new(),
        binding: Some(best.formula),
        relaxation: None,
    }
}

/// A term that is a single fraction: its formula and its value.
pub(super) struct ClosedForm(pub(super) &'static str, pub(super) Span);

/// The largest of `terms`, compared exactly; of equals the first binds.
pub(super) fn largest(terms: &[ClosedForm]) -> Lower {
    let terms: Vec<Term> = terms
        .iter()
        .map(|ClosedForm(formula, span)| Term { formula, exact: span.seconds() })
        .collect();
    let binding =
        terms.iter().reduce(|best, term| if best.exact < term.exact { term } else { best });
    let (formula, exact) = binding.map(|term| (term.formula, term.exact.clone())).unzip();
    let at = exact.as_ref().map_or(Time::ZERO, Ratio::floor_nanos);
    Lower { at: Earliest::At(at), exact, terms, binding: formula, relaxation: None }
}
