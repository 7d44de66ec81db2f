//! The judge of traces: named rules, each with a verdict and the smallest witness against a run.
//!
//! The audit knows no engine. It accuses only when no placement of what the log leaves open explains
//! it. The types to know are [`Verdict`] and [`Judgement`]; [`ALL`] lists the rules.

use std::fmt;

/// What a rule says of a trace, or the worst of what several rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
