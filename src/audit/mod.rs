//! The judge of traces: named rules, each with a verdict and the smallest witness against a run.
//!
//! [`Audit`] takes the events of a trace and gives a [`Report`] with a [`Judgement`] for each rule
//! of [`ALL`]. The audit knows no engine. It accuses only when no placement of what the log leaves
//! open explains it. `evidence` derives what a log shows, once for every rule; `rules` judges it.

use std::fmt;

use serde::Serialize;

use crate::bounds::Senders;
use crate::trace::{Event, Header, Trace};

mod evidence;
mod judging;
mod report;
mod rules;
mod slack;
#[cfg(test)]
mod tests;
mod witness;

pub use evidence::Completed;
use evidence::{Facts, Ledger};
pub use judging::Judging;
pub use report::{Report, Ruled};
pub use rules::{
    ALL, BoundsWitness, CapacityWitness, CausalityWitness, Cause, ChokingWitness, ClaimFault,
    CompletionWitness, ConservationWitness, Idle, IncompletenessWitness, Lacking,
    MembershipWitness, NeighborsWitness, ProgressWitness, RuleEntry, Shows, Witness,
};
pub use slack::Slack;
pub use witness::Moved;

/// What a rule says of a trace, or the worst of what several rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The trace has no events of that kind (optional rules only).
    Skipped,
    /// Nothing speaks against it.
    Holds,
    /// Evidence that should be there is missing.
    Unknown,
    /// There is a witness against it.
    Violated,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Skipped => "skipped",
            Verdict::Holds => "holds",
            Verdict::Unknown => "unknown",
            Verdict::Violated => "violated",
        })
    }
}

/// What one rule says, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why the rule is unknown or skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Box<Witness>>,
    /// The evidence as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

impl Judgement {
    /// Nothing speaks against it.
    pub fn holds() -> Self {
        Judgement { verdict: Verdict::Holds, reason: None, witness: None, explanation: None }
    }

    /// There is evidence against it.
    pub fn violated(witness: impl Into<Witness>) -> Self {
        Judgement { verdict: Verdict::Violated, ..Judgement::holds() }.with(witness)
    }

    /// Evidence is missing.
    pub fn unknown(reason: impl Into<String>) -> Self {
        let reason = Some(reason.into());
        Judgement { verdict: Verdict::Unknown, reason, ..Judgement::holds() }
    }

    /// The rule does not apply.
    pub fn skipped(reason: impl Into<String>) -> Self {
        let reason = Some(reason.into());
        Judgement { verdict: Verdict::Skipped, reason, ..Judgement::holds() }
    }

    /// The same with evidence.
    pub fn with(mut self, witness: impl Into<Witness>) -> Self {
        let witness = witness.into();
        self.explanation = Some(witness.to_string());
        self.witness = Some(Box::new(witness));
        self
    }

    /// The worse of two; the first of two equals.
    pub fn or(self, other: Judgement) -> Self {
        if self.verdict < other.verdict { other } else { self }
    }
}

/// A named property of traces, as a fold over events.
///
/// A rule keeps only what no other rule reads; what several read is in the [`Facts`]. Every rule is
/// `Clone + Eq + Hash`, as the [`Ledger`] is, so that the two can ride in the state of a model.
pub(crate) trait Rule: fmt::Debug + Send {
    /// Takes one event; events come in any order.
    fn event(&mut self, event: &Event) {
        let _ = event;
    }

    /// Judges.
    fn finish(&self, facts: &Facts) -> Judgement;
}

/// A trace on its way to a report: feed it events, then finish.
#[derive(Debug)]
#[must_use]
pub struct Audit {
    ledger: Ledger,
    rules: Vec<(&'static str, Box<dyn Rule>)>,
    meant: Senders,
}

impl Audit {
    /// Nothing has happened yet.
    pub fn new(header: Header) -> Self {
        let begin = |entry: &RuleEntry| (entry.name, (entry.begin)(&header));
        Audit {
            rules: ALL.iter().map(begin).collect(),
            ledger: Ledger::new(header),
            meant: Senders::AllNodes,
        }
    }

    /// Says which nodes were to send: a run of client and server is measured by what those can do,
    /// as [`Report::best`]. No rule looks at it.
    pub fn meant_for(self, senders: Senders) -> Self {
        Audit { meant: senders, ..self }
    }

    /// The report of a whole trace.
    pub fn of(trace: &Trace) -> Report {
        let mut audit = Audit::new(trace.header.clone());
        for event in &trace.events {
            audit.event(event);
        }
        audit.finish()
    }

    /// Takes one event; events come in any order.
    ///
    /// # Panics
    /// When the event names a node or a chunk that the header does not know, bytes beyond the end
    /// of a chunk, or a transfer that ends before it starts.
    pub fn event(&mut self, event: &Event) {
        self.ledger.event(event);
        for (_, rule) in &mut self.rules {
            rule.event(event);
        }
    }

    /// Judges.
    pub fn finish(self) -> Report {
        self.judging().report()
    }
}
