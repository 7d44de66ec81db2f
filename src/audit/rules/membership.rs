//! Rule `membership`: no node acts while it is absent, as logged and as announced.
//!
//! The bounds rest on the scenario's arrivals and departures, so joining before an announced
//! arrival or acting after an announced departure is a violation; leaving earlier, coming later and
//! coming back are not. Nothing begins after `until`. Events of one instant, or within the clock
//! tolerance of each other, may have happened in any order; a departure and an arrival at one
//! instant are an absence, across which no transfer goes on. A departure that depends on the run is
//! not judged as a time. Where lines may be missing, an absence is unknown; acting against what is
//! announced is not.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::evidence::intervals::Edge;
use crate::audit::{Judgement, Rule, Verdict};
use crate::chunks::PeerId;
use crate::trace::{Event, Header, Outcome, Transfer};
use crate::units::Time;

/// No node acts while it is absent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Membership {
    deeds: Vec<Deed>,
    /// For each node the first time that the tracker named it, and the node that asked.
    named: Vec<Option<(Time, PeerId)>>,
}

/// Something for which a node has to be there from `at` until `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Act {
    at: Time,
    until: Time,
    node: PeerId,
    what: &'static str,
}

/// Something that a node did at one instant. There are more of these than of anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Deed {
    at: Time,
    node: PeerId,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Completed,
    Choked,
    Unchoked,
    Allowed,
    Connected,
    Announced,
}

impl From<Deed> for Act {
    fn from(Deed { at, node, what }: Deed) -> Self {
        let what = match what {
            What::Completed => "completed",
            What::Choked => "choked a neighbor",
            What::Unchoked => "unchoked a neighbor",
            What::Allowed => "allowed a neighbor a chunk",
            What::Connected => "connected",
            What::Announced => "announced itself",
        };
        Act { at, until: at, node, what }
    }
}

impl Membership {
    /// Nothing has happened yet.
    pub(crate) fn new(header: &Header) -> Self {
        Membership { deeds: Vec::new(), named: vec![None; header.scenario.peer_count() + 1] }
    }

    fn did(&mut self, at: Time, node: PeerId, what: What) {
        self.deeds.push(Deed { at, node, what });
    }
}

/// A node that acted while it was absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MembershipWitness {
    /// A node acted while it was absent.
    Absent {
        /// The node.
        node: PeerId,
        /// What it did.
        act: &'static str,
        /// The instant.
        at_ns: Time,
        /// When it had to be there for that, at the latest.
        until_ns: Time,
        /// Its first join.
        joined_ns: Option<Time>,
        /// The departure before or within the act; None when it had not joined by then.
        left_ns: Option<Time>,
    },
    /// A node joined before, or acted after, what the scenario announces.
    Unannounced {
        /// The node.
        node: PeerId,
        /// What it did.
        act: &'static str,
        /// The instant.
        at_ns: Time,
        /// The announced instant.
        announced_ns: Time,
    },
    /// Something began after the time at which the run is cut off.
    AfterUntil {
        /// The node.
        node: PeerId,
        /// What it did.
        act: &'static str,
        /// The instant.
        at_ns: Time,
        /// The time at which the run is cut off.
        until_ns: Time,
    },
    /// A node joined or left twice in a row.
    Twice {
        /// The node.
        node: PeerId,
        /// What it did twice.
        act: &'static str,
        /// The instant of the second one.
        at_ns: Time,
    },
    /// The tracker named a node that was no member.
    Named {
        /// The node that asked.
        node: PeerId,
        /// The node that was named.
        peer: PeerId,
        /// The instant.
        at_ns: Time,
        /// When it joined, if ever.
        joined_ns: Option<Time>,
    },
}

impl fmt::Display for MembershipWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MembershipWitness::Absent { node, act, at_ns, until_ns, joined_ns, left_ns } => {
                write!(f, "{node} {act} at {at_ns}")?;
                if at_ns < until_ns {
                    write!(f, " and had to stay until {until_ns}")?;
                }
                match (joined_ns, left_ns) {
                    (_, Some(left)) => write!(f, ", but it left at {left}"),
                    (Some(joined), None) => write!(f, ", but it joined at {joined}"),
                    (None, None) => f.write_str(", but it never joined"),
                }
            }
            MembershipWitness::Unannounced { node, act, at_ns, announced_ns }
                if at_ns < announced_ns =>
            {
                write!(f, "{node} {act} at {at_ns}, but is announced to join at {announced_ns}")
            }
            MembershipWitness::Unannounced { node, act, at_ns, announced_ns } => {
                write!(f, "{node} {act} at {at_ns}, but is announced to leave at {announced_ns}")
            }
            MembershipWitness::AfterUntil { node, act, at_ns, until_ns } => {
                write!(
                    f,
                    "{node} {act} at {at_ns}, but the run is cut off at its until, {until_ns}"
                )
            }
            MembershipWitness::Twice { node, act, at_ns } => {
                let between = if *act == "joined" { "left" } else { "joined" };
                write!(f, "{node} {act} at {at_ns} again, but it had not {between} in between")
            }
            MembershipWitness::Named { node, peer, at_ns, joined_ns } => {
                write!(f, "the tracker named {peer} to {node} at {at_ns}, but {peer} ")?;
                match joined_ns {
                    Some(joined) => write!(f, "joined at {joined}"),
                    None => f.write_str("never joined"),
                }
            }
        }
    }
}

impl Rule for Membership {
    fn event(&mut self, event: &Event) {
        match *event {
            Event::Complete { at, node } => self.did(at, node, What::Completed),
            Event::Choke { at, from, .. } => self.did(at, from, What::Choked),
            Event::Unchoke { at, from, .. } => self.did(at, from, What::Unchoked),
            Event::Connect { at, a, b } => {
                self.did(at, a, What::Connected);
                self.did(at, b, What::Connected);
            }
            Event::Announce { at, node, ref peers } => {
                self.did(at, node, What::Announced);
                for peer in peers {
                    let first = &mut self.named[peer.index()];
                    *first = Some(first.map_or((at, node), |first| first.min((at, node))));
                }
            }
            // The node that disconnects may be the one left behind by a silent departure.
            Event::Disconnect { .. } => {}
            Event::AllowedFast { at, from, .. } => self.did(at, from, What::Allowed),
            Event::Join { .. } | Event::Leave { .. } | Event::Transfer(_) => {}
            // Whatever measures a link need not wait for its node.
            Event::Capacity { .. } => {}
        }
    }

    fn finish(&self, facts: &Facts) -> Judgement {
        let mut first = First::default();
        announced(facts, &mut first);
        doubled(facts, &mut first);
        self.named(facts, &mut first);
        for &deed in &self.deeds {
            check(facts, deed.into(), &mut first);
            // A claim tells what was, and a choke ends it.
            if !matches!(deed.what, What::Completed | What::Choked) {
                begun(facts, deed.into(), &mut first);
            }
        }
        for t in facts.transfers() {
            transfer(facts, t, &mut first);
        }
        first.judgement()
    }
}

/// The earliest of the worst.
#[derive(Default)]
struct First(Option<(Verdict, Time, MembershipWitness)>);

impl First {
    fn offer(&mut self, verdict: Verdict, at: Time, witness: impl FnOnce() -> MembershipWitness) {
        let better = self
            .0
            .as_ref()
            .is_none_or(|&(worst, first, _)| worst < verdict || (worst == verdict && at < first));
        if better {
            self.0 = Some((verdict, at, witness()));
        }
    }

    fn judgement(self) -> Judgement {
        match self.0 {
            None => Judgement::holds(),
            Some((Verdict::Violated, _, witness)) => Judgement::violated(witness),
            Some((_, _, witness)) => {
                Judgement::unknown("the log may lack joins and leaves").with(witness)
            }
        }
    }
}

/// What gaps of the log can explain is unknown where it may have gaps.
fn unless_gaps(facts: &Facts) -> Verdict {
    if facts.is_complete() { Verdict::Violated } else { Verdict::Unknown }
}

/// Joins before the announced arrival, joins and leaves after the announced departure. No gap
/// explains them.
fn announced(facts: &Facts, first: &mut First) {
    for &(node, at_ns, edge) in facts.members() {
        let act = if edge == Edge::Open { "joined" } else { "left" };
        if edge == Edge::Open {
            begun(facts, Act { at: at_ns, until: at_ns, node, what: act }, first);
        }
        if let Some(announced_ns) = out_of_plan(facts, node, at_ns, at_ns) {
            first.offer(Verdict::Violated, at_ns, || MembershipWitness::Unannounced {
                node,
                act,
                at_ns,
                announced_ns,
            });
        }
    }
}

/// What begins after the run was cut off. No gap explains it.
fn begun(facts: &Facts, act: Act, first: &mut First) {
    let (until_ns, at_ns) = (facts.scenario().parts().until, act.at);
    if with_tolerance(facts, until_ns) < at_ns {
        let (node, act) = (act.node, act.what);
        first.offer(Verdict::Violated, at_ns, || MembershipWitness::AfterUntil {
            node,
            act,
            at_ns,
            until_ns,
        });
    }
}

/// The announced instant that acting from `at` until `until` disregards.
fn out_of_plan(facts: &Facts, node: PeerId, at: Time, until: Time) -> Option<Time> {
    let joins = facts.scenario().joins(node);
    if with_tolerance(facts, at) < joins {
        return Some(joins);
    }
    let leaves = facts.scenario().leaves_at(node)?;
    (with_tolerance(facts, leaves) < until).then_some(leaves)
}

/// Two joins without a leave between them in any order, or two leaves without a join.
fn doubled(facts: &Facts, first: &mut First) {
    for node in facts.scenario().nodes() {
        if let Some((at_ns, edge)) = facts.presence(node).doubled {
            let act = if edge == Edge::Open { "joined" } else { "left" };
            first.offer(unless_gaps(facts), at_ns, || MembershipWitness::Twice {
                node,
                act,
                at_ns,
            });
        }
    }
}

impl Membership {
    /// The tracker knows members only. A peer that has left may still be named, so only peers that
    /// had not joined yet are judged.
    fn named(&self, facts: &Facts, first: &mut First) {
        for (peer, named) in facts.scenario().nodes().zip(&self.named) {
            let Some((at_ns, node)) = *named else { continue };
            let joined_ns = facts.presence(peer).first();
            if joined_ns.is_some_and(|joined| joined <= with_tolerance(facts, at_ns)) {
                continue;
            }
            let early = with_tolerance(facts, at_ns) < facts.scenario().joins(peer);
            let verdict = if early { Verdict::Violated } else { unless_gaps(facts) };
            first.offer(verdict, at_ns, || MembershipWitness::Named {
                node,
                peer,
                at_ns,
                joined_ns,
            });
        }
    }
}

fn transfer(facts: &Facts, t: &Transfer, first: &mut First) {
    begun(facts, Act { at: t.start, until: t.start, node: t.from, what: "sent" }, first);
    let arrives = if t.outcome == Outcome::Delivered { t.end } else { t.start };
    check(facts, Act { at: t.start, until: arrives, node: t.to, what: "received" }, first);
    if facts.is_exact() {
        let until = facts.departure(t);
        check(facts, Act { at: t.start, until, node: t.from, what: "sent" }, first);
        return;
    }
    // Queues drain after a sender has left, so only its arrival is judged.
    let joined = facts.presence(t.from).first();
    if joined.is_none_or(|joined| with_tolerance(facts, t.start) < joined) {
        check(facts, Act { at: t.start, until: t.start, node: t.from, what: "sent" }, first);
    }
}

fn check(facts: &Facts, act: Act, first: &mut First) {
    let Act { at, until, node, what } = act;
    let presence = facts.presence(node);
    let out_of_plan = out_of_plan(facts, node, at, until);
    if out_of_plan.is_none() && presence.contain(at, until, facts.tolerance()) {
        return;
    }
    let verdict = if out_of_plan.is_some() { Verdict::Violated } else { unless_gaps(facts) };
    first.offer(verdict, at, || match out_of_plan {
        Some(announced_ns) => {
            // What began too early shows at its beginning, what went on too long at its end.
            let too_early = announced_ns == facts.scenario().joins(node);
            let at_ns = if too_early { at } else { until };
            MembershipWitness::Unannounced { node, act: what, at_ns, announced_ns }
        }
        None => MembershipWitness::Absent {
            node,
            act: what,
            at_ns: at,
            until_ns: until,
            joined_ns: presence.first(),
            left_ns: presence.begun(with_tolerance(facts, at)).map(|stay| stay.to),
        },
    });
}
