//! The result of a check, as data: the JSON of `check --json` but for the seconds, which need a
//! clock.

use std::collections::BTreeMap;

use serde::Serialize;
use stateright::Model;

use super::options::Options;
use crate::checker::{
    Demand, Explorable, Exploration, Finding, Quotient, Report, Verdict, Witness,
};

/// The most steps of a witness that are put into words.
pub const MOST_WORDS: usize = 1000;

/// The result of a check of one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckOutcome {
    /// The model's name.
    pub model: String,
    /// The options, as they were given.
    pub options: Options,
    /// `exhausted` or `bounded`.
    pub exploration: &'static str,
    /// What cut the search: states, depth, memory, time, or reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Different states, or orbits where `symmetry` is true.
    pub states: usize,
    /// Initial states and transitions out of every expanded state.
    pub generated: u64,
    /// The most steps that a shortest path to a state has.
    pub depth: u32,
    /// The slots of the best schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan: Option<usize>,
    /// Whether a state stands for its orbit.
    pub symmetry: bool,
    /// The answer to every claim.
    pub properties: Vec<PropertyOutcome>,
    /// How often each class of actions was taken.
    pub coverage: BTreeMap<String, u64>,
    /// Bytes of the tables and of the heap that states own, as far as the model counts it.
    pub bytes: usize,
    /// Transitions that the model's boundary cut off.
    pub outside: u64,
    /// What runs of this world leave out, where it is not plain from the options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// The answer to one claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PropertyOutcome {
    /// Its name, the same in code, command line and manual.
    pub name: &'static str,
    /// `always`, `sometimes`, `possible_from_everywhere`, `eventually`, `leads_to`, `never_stuck`.
    pub kind: &'static str,
    /// `holds`, `violated` or `unknown`.
    pub verdict: &'static str,
    /// Whether the model requires it: only then a violation is a failure.
    pub required: bool,
    /// How many steps the witness has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// For a run that never ends: the step after which it repeats itself; None for other witnesses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lasso_from: Option<usize>,
    /// How many states contradict it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<u64>,
    /// The witness in words: the first state, then action and state, step by step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub witness: Vec<String>,
}

impl CheckOutcome {
    pub(super) fn new<M: Explorable>(model: &str, options: &Options, report: &Report<M>) -> Self {
        let (exploration, reason) = match report.exploration {
            Exploration::Exhausted => ("exhausted", None),
            Exploration::Bounded(reason) => ("bounded", Some(reason.name())),
        };
        CheckOutcome {
            model: model.into(),
            options: options.clone(),
            exploration,
            reason,
            states: report.states,
            generated: report.generated,
            depth: report.depth,
            makespan: None,
            symmetry: report.quotient == Quotient::Symmetric,
            properties: report.findings.iter().map(property).collect(),
            coverage: report.coverage.iter().cloned().collect(),
            bytes: report.bytes,
            outside: report.outside,
            left_out: Vec::new(),
        }
    }

    /// The answer to the claim of that name.
    pub fn property(&self, name: &str) -> Option<&PropertyOutcome> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The code with which a command ends: 1 when something required is violated, 3 when something
    /// stayed open because the search was cut, else 0.
    pub fn exit_code(&self) -> u8 {
        let failed = self
            .properties
            .iter()
            .any(|property| property.required && property.verdict == "violated");
        let open = self.properties.iter().any(|property| property.verdict == "unknown");
        match (failed, open) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => 0,
        }
    }
}

fn property<M: Explorable>(finding: &Finding<M>) -> PropertyOutcome {
    let witness = finding.verdict.witness();
    PropertyOutcome {
        name: finding.name,
        kind: finding.kind,
        verdict: finding.verdict.name(),
        required: finding.demand == Demand::Required,
        steps: witness.map(|witness| witness.steps.len()),
        lasso_from: witness.and_then(|witness| witness.lasso_from),
        states: match &finding.verdict {
            Verdict::Violated(violation) => violation.states,
            Verdict::Holds | Verdict::Reached(_) | Verdict::Unknown(_) => None,
        },
        witness: witness.map(words::<M>).unwrap_or_default(),
    }
}

fn words<M: Explorable>(
    witness: &Witness<<M as Model>::State, <M as Model>::Action>,
) -> Vec<String> {
    let mut lines = vec![format!("{:?}", witness.start)];
    let steps = witness.steps.iter().take(MOST_WORDS);
    lines.extend(steps.map(|(action, state)| format!("{action:?}: {state:?}")));
    if MOST_WORDS < witness.steps.len() {
        lines.push(format!("and {} more steps", witness.steps.len() - MOST_WORDS));
    }
    match witness.lasso_from {
        Some(from) if from == witness.steps.len() => lines.push("and stays there forever".into()),
        Some(from) => lines.push(format!("and repeats the steps after step {from} forever")),
        None => {}
    }
    lines
}
