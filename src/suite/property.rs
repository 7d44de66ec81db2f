//! What every engine must do, one name a property, and how a run is judged by it.
//!
//! A property of the same name as a rule is that rule. The others need more than one trace: a
//! second run, the scenario's bounds, or a run that gave no trace. That one engine is never worse
//! than another, or than client-server, is no property: it is proved of none.

use super::calm::completes_when_calm;
use super::case::{AuditedTrace, accuse, trace};
use super::subject::Subject;
use crate::audit::{self, BoundsWitness, Judgement, Report, Verdict};
use crate::bounds;
use crate::scenario::Scenario;
use crate::trace::Event;

/// What every engine must do.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name, the same in tests, command line and manual.
    pub name: &'static str,
    /// What it demands, as one sentence; empty for a rule, which has its own.
    about: &'static str,
    pub(super) judge: fn(&Property, &Scenario, &AuditedTrace, &mut dyn Subject) -> Judgement,
}

/// The prefix before the name of a bound.
const RESPECTS: &str = "distribution_time_respects_";

/// One property of the list.
macro_rules! property {
    (failure $name:ident $about:literal) => {
        Property { name: stringify!($name), about: $about, judge: |_, _, _, _| Judgement::holds() }
    };
    (rule $name:ident) => {
        Property { name: stringify!($name), about: "", judge: by_the_rule }
    };
    (judged $name:ident $about:literal) => {
        Property { name: stringify!($name), about: $about, judge: |_, a, b, c| $name(a, b, c) }
    };
    (byzantine $name:ident $about:literal) => {
        Property {
            name: stringify!($name),
            about: $about,
            judge: |_, _, _, _| Judgement::skipped("it takes an engine in Rust"),
        }
    };
    (bound $name:ident) => {
        Property {
            name: stringify!($name),
            about: "the last completion is not earlier than the bound of that name, where it \
                    applies",
            judge: by_the_bound,
        }
    };
}

macro_rules! properties {
    ($($kind:ident $name:ident $($about:literal)?;)*) => {
        /// Every property: what a run without a trace breaks, the rules, and what needs more than a
        /// trace.
        pub static ALL: &[Property] = &[$(property!($kind $name $($about)?)),*];
    };
}

crate::suite_properties! { {properties} }

/// The property of that name.
pub fn find(name: &str) -> Option<&'static Property> {
    ALL.iter().find(|property| property.name == name)
}

impl Property {
    /// What it demands, as one sentence.
    pub fn about(&self) -> &'static str {
        let rule = audit::ALL.iter().find(|rule| rule.name == self.name);
        rule.map_or(self.about, |rule| rule.about)
    }
}

fn by_the_rule(
    property: &Property,
    _: &Scenario,
    judged: &AuditedTrace,
    _: &mut dyn Subject,
) -> Judgement {
    let judgement = judged.report.rule(property.name);
    let judgement = judgement.expect("a property of this kind bears the name of a rule");
    let lacks = |is: fn(&Event) -> bool| !judged.trace.events.iter().any(is);
    let unseen = match property.name {
        "neighbors" => lacks(|event| matches!(event, Event::Connect { .. })),
        "choking" => lacks(|event| matches!(event, Event::Choke { .. } | Event::Unchoke { .. })),
        _ => false,
    };
    // The credit of a barter can be judged without choke events; that it is kept is not all that
    // the rule demands.
    if unseen && judgement.verdict <= Verdict::Holds {
        return Judgement::skipped("the log has no such events");
    }
    judgement.clone()
}

/// Compares the last completion with one bound. `bounds_respected` compares all completions; this
/// is the number that the textbook speaks of.
fn by_the_bound(
    property: &Property,
    scenario: &Scenario,
    judged: &AuditedTrace,
    _: &mut dyn Subject,
) -> Judgement {
    let name = property.name.strip_prefix(RESPECTS);
    let bound = bounds::ALL.iter().find(|bound| Some(bound.name()) == name);
    let bound = bound.expect("a property of this kind bears the name of a bound");
    let Report { completed: k, completions, conditions, tolerance, .. } = &judged.report;
    let Some(&last) = completions.last() else {
        return Judgement::skipped("no peer completes");
    };
    let earliest = match conditions.completion(*bound, scenario, *k) {
        Ok(lower) => lower.at,
        Err(reason) => return Judgement::skipped(reason.to_string()),
    };
    let early = BoundsWitness::against(bound.name(), *k, last, earliest, *tolerance);
    early.map_or_else(Judgement::holds, Judgement::violated)
}

fn same_seed_same_trace(
    scenario: &Scenario,
    judged: &AuditedTrace,
    subject: &mut dyn Subject,
) -> Judgement {
    let again = match trace(subject, scenario) {
        Ok(again) => again,
        Err(failure) if failure.is_interruption() => {
            return Judgement::skipped(failure.explanation);
        }
        Err(failure) => {
            return accuse(format!("a second run gives no trace: {}", failure.explanation));
        }
    };
    let (first, second) = (&judged.trace.events, &again.events);
    if first == second {
        return Judgement::holds();
    }
    let at = first.iter().zip(second).take_while(|(one, other)| one == other).count();
    let line = |events: &[Event]| events.get(at).map_or("nothing more".to_owned(), shown);
    let (one, other) = (line(first), line(second));
    accuse(format!("event {} is {one} in one run and {other} in the next", at + 1))
}

/// An event in a sentence.
fn shown(event: &Event) -> String {
    match event {
        Event::Join { at, node } => format!("the arrival of {node} at {at}"),
        Event::Leave { at, node } => format!("the departure of {node} at {at}"),
        Event::Complete { at, node } => format!("the completion of {node} at {at}"),
        Event::Transfer(t) => {
            format!("the transfer of {} from {} to {} until {}", t.chunk, t.from, t.to, t.end)
        }
        Event::Connect { at, a, b } => format!("the connection of {a} with {b} at {at}"),
        Event::Disconnect { at, a, b } => format!("the end of {a} and {b} at {at}"),
        Event::Choke { at, from, to } => format!("the choke by {from} of {to} at {at}"),
        Event::Unchoke { at, from, to } => format!("the unchoke by {from} of {to} at {at}"),
        Event::AllowedFast { at, from, to, chunk } => {
            format!("the leave by {from} to {to} at {at} to request {chunk}")
        }
        Event::Capacity { at, node, upload } => format!("{upload} up at {node} from {at}"),
        Event::Announce { at, node, .. } => format!("what the tracker told {node} at {at}"),
    }
}
