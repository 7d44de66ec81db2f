//! What every engine must do, one name a property, and how a run is judged by it.
//!
//! A property of the same name as a rule is that rule. The others need more than one trace: a
//! second run, the scenario's bounds, or a run that gave no trace. That one engine is never worse
//! than another, or than client and server, is no property: it is proved of none. The types to know
//! are [`Property`] and [`ALL`].

use super::calm::completes_when_calm;
use super::case::{Judged, accuse, trace};
use super::subject::{Failure, Subject};
use crate::audit::{self, BoundsWitness, Judgement, Report};
use crate::bounds;
use crate::scenario::Scenario;
use crate::trace::Event;

/// What every engine must do.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its one name in tests, command line and README.
    pub name: &'static str,
    /// What it demands, as one sentence; a rule's own sentence, where it is a rule.
    about: &'static str,
    pub(super) judge: fn(&Property, &Scenario, &Judged, &mut dyn Subject) -> Judgement,
}

/// What stands before the name of a bound.
const RESPECTS: &str = "distribution_time_respects_";

const fn rule(name: &'static str) -> Property {
    Property { name, about: "", judge: by_the_rule }
}

const fn bound(name: &'static str) -> Property {
    let about = "the last completion is not earlier than the bound of that name, where it applies";
    Property { name, about, judge: by_the_bound }
}

/// Every property: what a run without a trace breaks, the rules, and what needs more than a trace.
pub static ALL: &[Property] = &[
    Property {
        name: Failure::ENDS,
        about: "a run comes to its end and gives a trace",
        judge: |_, _, _, _| Judgement::holds(),
    },
    Property {
        name: Failure::DRAINS,
        about: "after every input `poll` answers None in the end (engines in Rust only)",
        judge: |_, _, _, _| Judgement::holds(),
    },
    rule("membership"),
    rule("uplink_capacity"),
    rule("downlink_capacity"),
    rule("causality"),
    rule("conservation"),
    rule("completion"),
    rule("neighbors"),
    rule("choking"),
    rule("bounds_respected"),
    rule("incompleteness_explained"),
    rule("progress"),
    Property {
        name: "completes_when_calm",
        about: "once nobody comes or goes any more, everybody left completes in good time, unless \
                the log shows why not",
        judge: |_, scenario, judged, _| completes_when_calm(scenario, judged),
    },
    Property {
        name: "same_seed_same_trace",
        about: "the same scenario gives the same events in the same order",
        judge: |_, scenario, judged, subject| same_seed_same_trace(scenario, judged, subject),
    },
    Property {
        name: "withstands_lies",
        about: "whatever neighbors say, it does not panic, drains, sends only what it holds and \
                keeps what it has (engines in Rust only, in the tests that `suite!` writes)",
        judge: |_, _, _, _| Judgement::skipped("it takes an engine in Rust"),
    },
    bound("distribution_time_respects_client_server"),
    bound("distribution_time_respects_fluid"),
    bound("distribution_time_respects_warm_up"),
    bound("distribution_time_respects_branching"),
    bound("distribution_time_respects_presence"),
];

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
    judged: &Judged,
    _: &mut dyn Subject,
) -> Judgement {
    let judgement = judged.report.rule(property.name);
    judgement.expect("a property of this kind bears the name of a rule").clone()
}

/// The last completion against one bound. `bounds_respected` compares all of them; here it is the
/// number that the textbook speaks of.
fn by_the_bound(
    property: &Property,
    scenario: &Scenario,
    judged: &Judged,
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
    judged: &Judged,
    subject: &mut dyn Subject,
) -> Judgement {
    let again = match trace(subject, scenario) {
        Ok(again) => again,
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
        Event::Announce { at, node, .. } => format!("what the tracker told {node} at {at}"),
    }
}
