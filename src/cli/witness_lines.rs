//! The lines of a trace that a witness is about, so that a reader of the report finds them.
//!
//! The audit keeps no line numbers, which would cost memory in every audit. Where a rule is
//! violated, the file is read a second time, and the events that the witness names are looked for.

use std::collections::BTreeMap;

use serde_json::Value;
use swarmbound::audit::{Report, Verdict};
use swarmbound::chunks::PeerId;
use swarmbound::scenario::Scenario;
use swarmbound::trace::{Event, Transfer};
use swarmbound::units::Time;

use crate::report::run::Lines;

/// The witnesses of violated rules, and the lines that were found of each.
pub(super) struct WitnessLines<'a> {
    scenario: &'a Scenario,
    sought: Vec<(&'static str, Value)>,
    found: BTreeMap<&'static str, Lines>,
}

impl<'a> WitnessLines<'a> {
    /// What is violated in a report; None when nothing is.
    pub(super) fn of(scenario: &'a Scenario, report: &Report) -> Option<Self> {
        let violated = report.rules.iter().filter(|it| it.judgement.verdict == Verdict::Violated);
        let sought: Vec<(&'static str, Value)> = violated
            .filter_map(|rule| {
                let witness = rule.judgement.witness.as_ref()?;
                Some((rule.name, serde_json::to_value(witness).ok()?))
            })
            .collect();
        (!sought.is_empty()).then(|| WitnessLines { scenario, sought, found: BTreeMap::new() })
    }

    /// Looks at the event of a line.
    pub(super) fn event(&mut self, line: u64, event: &Event) {
        for (rule, witness) in &self.sought {
            if is_named(&Witness(witness), self.scenario, event) {
                self.found.entry(rule).or_default().push(line);
            }
        }
    }

    /// The lines by the names of the rules.
    pub(super) fn found(self) -> BTreeMap<&'static str, Lines> {
        self.found
    }
}

/// A witness by the names of its fields, which the manual lists.
struct Witness<'a>(&'a Value);

impl Witness<'_> {
    fn number(&self, field: &str) -> Option<u64> {
        self.0[field].as_u64()
    }

    fn is_node(&self, field: &str, node: PeerId) -> bool {
        self.number(field) == Some(node.0.into())
    }

    fn is_time(&self, field: &str, time: Time) -> bool {
        self.number(field) == Some(time.0)
    }

    fn is_transfer(&self, it: &Transfer) -> bool {
        self.is_node("from", it.from)
            && self.is_node("to", it.to)
            && self.number("chunk") == Some(it.chunk.0.into())
            && self.is_time("start_ns", it.start)
            && self.is_time("end_ns", it.end)
            && self.number("bytes") == Some(it.bytes.0)
    }

    /// Whether a transfer lies on the overloaded link within the window of the witness.
    fn has_within(&self, scenario: &Scenario, it: &Transfer) -> bool {
        let latency = scenario.latency_to(it.to);
        let (from, to) = (self.number("from_ns"), self.number("to_ns"));
        let is_within = |node, start: Time, end: Time| {
            self.is_node("node", node)
                && from.is_some_and(|from| from <= start.0)
                && to.is_some_and(|to| end.0 <= to)
        };
        match self.0["link"].as_str() {
            Some("uplink") => is_within(it.from, it.start, it.end.since(latency)),
            Some("downlink") => {
                let start = it.start.checked_add(latency);
                start.is_some_and(|start| is_within(it.to, start, it.end))
            }
            _ => false,
        }
    }
}

/// Whether the witness is about this event.
fn is_named(witness: &Witness<'_>, scenario: &Scenario, event: &Event) -> bool {
    let kind = witness.0["kind"].as_str().unwrap_or_default();
    match (kind, event) {
        (
            "acausal" | "too_few" | "too_quick" | "choked" | "strangers",
            Event::Transfer(transfer),
        ) => witness.is_transfer(transfer),
        ("overload", Event::Transfer(transfer)) => witness.has_within(scenario, transfer),
        ("claim", Event::Transfer(it)) => {
            witness.is_node("node", it.to) && witness.is_time("arrived_ns", it.end)
        }
        ("claim", &Event::Complete { at, node }) => {
            witness.is_node("node", node) && witness.is_time("claimed_ns", at)
        }
        ("rank" | "phantom" | "assembled" | "too_early", &Event::Complete { at, node }) => {
            witness.is_node("node", node) && witness.is_time("at_ns", at)
        }
        ("credit", Event::Transfer(it)) => {
            witness.is_node("from", it.from)
                && witness.is_node("to", it.to)
                && witness.is_time("at_ns", it.end)
        }
        ("absent" | "unannounced" | "after_until" | "twice" | "named" | "slots", event) => {
            // What a tracker named and how many are unchoked is told without a word for the act.
            let act = match kind {
                "named" => "announced",
                "slots" => "unchoked",
                _ => witness.0["act"].as_str().and_then(|act| act.split(' ').next()).unwrap_or(""),
            };
            let (at, acts) = acts(event);
            let is_act =
                |&(word, node): &(&str, PeerId)| word == act && witness.is_node("node", node);
            witness.is_time("at_ns", at) && acts.iter().any(is_act)
        }
        _ => false,
    }
}

/// When an event begins, and what its two nodes do, in the words of the witnesses.
fn acts(event: &Event) -> (Time, [(&'static str, PeerId); 2]) {
    let both = |at, word, [one, other]: [PeerId; 2]| (at, [(word, one), (word, other)]);
    match event {
        &Event::Join { at, node } => both(at, "joined", [node; 2]),
        &Event::Leave { at, node } => both(at, "left", [node; 2]),
        &Event::Complete { at, node } => both(at, "completed", [node; 2]),
        &Event::Announce { at, node, .. } => both(at, "announced", [node; 2]),
        &Event::Connect { at, a, b } | &Event::Disconnect { at, a, b } => {
            both(at, "connected", [a, b])
        }
        &Event::Choke { at, from, .. } => both(at, "choked", [from; 2]),
        &Event::Unchoke { at, from, .. } => both(at, "unchoked", [from; 2]),
        &Event::AllowedFast { at, from, .. } => both(at, "allowed", [from; 2]),
        &Event::Capacity { at, node, .. } => both(at, "changed", [node; 2]),
        Event::Transfer(it) => (it.start, [("sent", it.from), ("received", it.to)]),
    }
}
