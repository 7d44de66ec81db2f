//! One scenario, what a subject made of it, and what each property says of that.
//!
//! A case decides nothing: properties do.

use super::property::Property;
use super::subject::{Failure, Subject};
use crate::audit::{Audit, Judgement, Report};
use crate::scenario::Scenario;
use crate::trace::{Event, Header, Trace};

/// A scenario and the run that a subject made of it.
#[derive(Debug)]
pub struct Case {
    scenario: Scenario,
    outcome: Result<AuditedTrace, Failure>,
}

/// A trace and the report of the audit.
#[derive(Debug)]
pub struct AuditedTrace {
    /// The trace.
    pub trace: Trace,
    /// What the audit says of it.
    pub report: Report,
}

impl Case {
    /// Runs `scenario` and audits what happened.
    pub fn run(subject: &mut dyn Subject, scenario: &Scenario) -> Self {
        let outcome = trace(subject, scenario).map(|trace| {
            let report = Audit::of(&trace);
            AuditedTrace { trace, report }
        });
        Case { scenario: scenario.clone(), outcome }
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The trace and the report.
    ///
    /// # Errors
    /// Why the run gave no trace.
    pub fn outcome(&self) -> Result<&AuditedTrace, &Failure> {
        self.outcome.as_ref()
    }

    /// Judges one property; the subject may be run again for it.
    pub fn judge(&self, property: &Property, subject: &mut dyn Subject) -> Judgement {
        match &self.outcome {
            Ok(judged) => (property.judge)(property, &self.scenario, judged, subject),
            Err(failure) if failure.property == property.name => accuse(&failure.explanation),
            Err(failure) => Judgement::skipped(format!("there is no trace: {}", failure.name)),
        }
    }
}

/// A violation whose only witness is a sentence.
pub(super) fn accuse(explanation: impl Into<String>) -> Judgement {
    Judgement {
        verdict: crate::audit::Verdict::Violated,
        reason: None,
        witness: None,
        explanation: Some(explanation.into()),
    }
}

/// What `subject` makes of `scenario`.
pub(super) fn trace(subject: &mut dyn Subject, scenario: &Scenario) -> Result<Trace, Failure> {
    let mut events: Vec<Event> = Vec::new();
    let evidence = subject.run(scenario, &mut |event| events.push(event))?;
    Ok(Trace { header: Header { scenario: scenario.clone(), evidence }, events })
}
