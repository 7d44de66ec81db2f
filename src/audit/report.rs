//! What an audit says in the end: the rules, the times, the best bound, where the capacity went.
//!
//! It judges nothing beyond its rules, and prints nothing: serde writes it, the command line shows
//! it.

use std::fmt;

use serde::Serialize;

use super::evidence::{Completed, Facts};
use super::slack::Slack;
use super::{Judgement, Verdict};
use crate::bounds::{self, Binding, Conditions, Senders, SentBy};
use crate::chunks::PeerId;
use crate::units::Time;

/// The judgement of one trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct Report {
    /// N.
    pub peers: usize,
    /// How many peers completed.
    pub completed: usize,
    /// The completions by time, then peer: the k-th stands at k - 1.
    pub completions: Vec<Completed>,
    /// The last completion, when every peer completed.
    #[serde(rename = "distribution_time_ns")]
    pub distribution_time: Option<Time>,
    /// The last completion that there was.
    #[serde(rename = "last_ns")]
    pub last: Option<Time>,
    /// What the log lets a bound assume.
    #[serde(flatten)]
    pub conditions: Conditions,
    /// How much earlier than a bound a completion may seem: nothing where stamps are exact.
    #[serde(rename = "tolerance_ns")]
    pub tolerance: Time,
    /// The strongest bound on the last completion that there was, or on the first where there was
    /// none: what the scenario allows a swarm, whether or not a peer happened to send. Of a run
    /// that was [to be client and server](super::Audit::meant_for) what it allows those.
    #[serde(rename = "best_bound")]
    pub best: Binding,
    /// The strongest bound on the same completion where only the source sends; None where a peer
    /// sent or, with gaps in the log, may have sent.
    #[serde(rename = "client_server_bound")]
    pub client_server: Option<Binding>,
    /// What each rule says, in the order of [`ALL`](super::ALL).
    pub rules: Vec<Ruled>,
    /// Where the capacity went.
    pub slack: Slack,
    /// How many transfers there were.
    pub transfers: usize,
    /// The worst of the rules.
    pub verdict: Verdict,
}

/// A rule's name with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ruled {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl fmt::Display for Ruled {
    /// The name, the verdict, and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Judgement { verdict, reason, explanation, .. } = &self.judgement;
        write!(f, "{} {verdict}", self.name)?;
        match explanation.as_ref().or(reason.as_ref()) {
            Some(why) => write!(f, ": {why}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Report {
    /// The verdict, then each rule that is violated or unknown on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verdict.fmt(f)?;
        let mut open = self.rules.iter().filter(|rule| Verdict::Holds < rule.judgement.verdict);
        open.try_for_each(|rule| write!(f, "\n{rule}"))
    }
}

impl Report {
    pub(super) fn new(facts: &Facts, meant: Senders, rules: Vec<Ruled>) -> Self {
        let (scenario, conditions) = (facts.scenario(), facts.conditions());
        let completions = facts.completions();
        let (peers, completed) = (scenario.receiver_count(), completions.len());
        let last = completions.last().map(|completed| completed.at);
        let bound = |conditions| {
            let binding = bounds::binding(facts.measured(), completed.max(1), conditions);
            binding.expect("a scenario has a peer, and no more complete than it has")
        };
        let worst = rules.iter().map(|rule| rule.judgement.verdict).max();
        Report {
            peers,
            completed,
            distribution_time: last.filter(|_| completed == peers),
            last,
            completions,
            conditions,
            tolerance: facts.tolerance(),
            best: bound(match meant {
                Senders::AllNodes => conditions.for_a_swarm(),
                Senders::SourceOnly => conditions,
            }),
            client_server: (conditions.sent_by == SentBy::SourceOnly).then(|| bound(conditions)),
            rules,
            slack: Slack::of(facts),
            transfers: facts.transfers().len(),
            // A rule without events of its kind speaks against nothing.
            verdict: worst.map_or(Verdict::Holds, |worst| worst.max(Verdict::Holds)),
        }
    }

    /// The rules that the trace violates, each with its witness.
    pub fn violations(&self) -> impl Iterator<Item = &Ruled> {
        self.rules.iter().filter(|rule| rule.judgement.verdict == Verdict::Violated)
    }

    /// What the rule of that name says.
    pub fn rule(&self, name: &str) -> Option<&Judgement> {
        self.rules.iter().find(|rule| rule.name == name).map(|rule| &rule.judgement)
    }

    /// When `peer` completed.
    pub fn finish_of(&self, peer: PeerId) -> Option<Time> {
        let of_peer = |completed: &&Completed| completed.peer == peer;
        self.completions.iter().find(of_peer).map(|completed| completed.at)
    }
}
