//! The judge of traces: named rules, each with a verdict and the smallest witness against a run.
//!
//! The audit knows no engine. It accuses only when no placement of what the log leaves open
//! explains it. The types to know are [`Audit`], which reads a trace and gives a [`Report`], and
//! [`Judgement`]; [`ALL`] lists the rules. What several rules read, the [`Ledger`] collects and
//! [`Facts`] puts in order, once.

use std::fmt;

use serde::Serialize;

use crate::trace::{Event, Header, Trace};

mod barter;
mod bounds_respected;
mod capacity;
mod causality;
mod choking;
mod completion;
mod conservation;
mod cover;
mod demand;
mod facts;
mod flow;
mod incompleteness;
mod judging;
mod ledger;
mod membership;
mod neighbors;
mod pairs;
mod report;
mod slack;
mod spans;
#[cfg(test)]
mod tests;
mod witness;

pub use bounds_respected::BoundsRespected;
pub use capacity::{DownlinkCapacity, UplinkCapacity};
pub use causality::Causality;
pub use choking::Choking;
pub use completion::Completion;
pub use conservation::Conservation;
pub use facts::{Arrived, Facts, Held, Sent};
pub use incompleteness::IncompletenessExplained;
pub use judging::Judging;
pub use ledger::Ledger;
pub use membership::Membership;
pub use neighbors::Neighbors;
pub use report::{BestBound, Mode, Report, Ruled};
pub use slack::Slack;
pub use spans::{Edge, Span, Spans};
pub use witness::{Cause, ClaimFault, Lacking, Moved, Shows, Witness};

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
    pub fn violated(witness: Witness) -> Self {
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
    pub fn with(mut self, witness: Witness) -> Self {
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
pub trait Rule: fmt::Debug + Send {
    /// Takes one event; events come in any order.
    fn event(&mut self, event: &Event) {
        let _ = event;
    }

    /// Judges.
    fn finish(&self, facts: &Facts) -> Judgement;
}

/// A rule in the registry.
#[derive(Clone, Copy, Debug)]
pub struct RuleEntry {
    /// Its one name in rules, models, tests, command line and README.
    pub name: &'static str,
    /// What it demands, as one sentence.
    pub about: &'static str,
    /// A rule that has seen nothing yet.
    pub begin: fn(&Header) -> Box<dyn Rule>,
}

/// Every rule.
pub static ALL: &[RuleEntry] = &[
    RuleEntry {
        name: "membership",
        about: "nobody acts while it is not there, as logged and as announced",
        begin: |header| Box::new(Membership::new(header)),
    },
    RuleEntry {
        name: "uplink_capacity",
        about: "no node sends more than its upload capacity and burst allow",
        begin: |_| Box::new(UplinkCapacity),
    },
    RuleEntry {
        name: "downlink_capacity",
        about: "no node receives more than its download capacity and burst allow",
        begin: |_| Box::new(DownlinkCapacity),
    },
    RuleEntry {
        name: "causality",
        about: "nobody sends what it does not hold, and everything stems from the source",
        begin: |_| Box::new(Causality),
    },
    RuleEntry {
        name: "conservation",
        about: "every byte that a peer has was sent to it, a chunk copy by one sender",
        begin: |_| Box::new(Conservation),
    },
    RuleEntry {
        name: "completion",
        about: "a peer completes at the instant at which its last byte arrives",
        begin: |_| Box::new(Completion),
    },
    RuleEntry {
        name: "neighbors",
        about: "bytes move between connected neighbors only",
        begin: |_| Box::new(Neighbors),
    },
    RuleEntry {
        name: "choking",
        about: "transfers start while their sender unchokes the receiver, within slots and credit",
        begin: |_| Box::new(Choking::default()),
    },
    RuleEntry {
        name: "bounds_respected",
        about: "no completion is earlier than a bound that applies",
        begin: |_| Box::new(BoundsRespected),
    },
    RuleEntry {
        name: "incompleteness_explained",
        about: "whoever stays without the file has a reason that the log shows",
        begin: |_| Box::new(IncompletenessExplained),
    },
];

/// A trace on its way to a report: feed it events, then finish.
#[derive(Debug)]
pub struct Audit {
    ledger: Ledger,
    rules: Vec<(&'static str, Box<dyn Rule>)>,
}

impl Audit {
    /// Nothing has happened yet.
    pub fn new(header: Header) -> Self {
        let begin = |entry: &RuleEntry| (entry.name, (entry.begin)(&header));
        Audit { rules: ALL.iter().map(begin).collect(), ledger: Ledger::new(header) }
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
    /// As [`Ledger::event`] does.
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
