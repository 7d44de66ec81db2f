//! What an audit says in the end: the rules, the times, the best bound, where the capacity went.
//!
//! It judges nothing beyond its rules, and prints nothing: serde writes it, the command line shows
//! it. The type to know is [`Report`].

use serde::Serialize;

use super::evidence::Facts;
use super::slack::Slack;
use super::{Judgement, Verdict};
use crate::bounds::{self, Earliest, Senders};
use crate::chunks::PeerId;
use crate::units::Time;

/// The judgement of one trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Who sent.
    pub mode: Mode,
    /// The last completion, when everybody completed.
    #[serde(rename = "distribution_time_ns")]
    pub distribution_time: Option<Time>,
    /// How many peers completed.
    pub completed: usize,
    /// When each peer completed: `finish[i]` is peer `i + 1`.
    #[serde(rename = "finish_ns")]
    pub finish: Vec<Option<Time>>,
    /// The highest bound on the last completion that there was.
    #[serde(flatten)]
    pub best: BestBound,
    /// What each rule says, in the order of [`ALL`](super::ALL).
    pub rules: Vec<Ruled>,
    /// Where the capacity went.
    pub slack: Slack,
    /// How many transfers there were.
    pub transfers: usize,
    /// The worst of the rules.
    pub verdict: Verdict,
}

/// Whether peers served peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Some peer sent something.
    P2p,
    /// No peer sent anything.
    ClientServer,
}

/// The highest of the bounds that apply to a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BestBound {
    /// Its name.
    #[serde(rename = "best_bound")]
    pub name: Option<&'static str>,
    /// The earliest possible time; None where no bound applies, or where it is never.
    #[serde(rename = "best_bound_ns")]
    pub at: Option<Time>,
    /// Of which completion: the last one that there was, or the first where there was none.
    #[serde(rename = "best_bound_k")]
    pub k: usize,
}

/// A rule's name with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ruled {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl Report {
    pub(super) fn new(facts: &Facts, rules: Vec<Ruled>) -> Self {
        let peers = facts.scenario().peers();
        let finish: Vec<Option<Time>> = peers.map(|(peer, _)| facts.finish(peer)).collect();
        let completed = finish.iter().flatten().count();
        let all = completed == finish.len();
        let mode = if facts.only_source_sent() { Mode::ClientServer } else { Mode::P2p };
        let worst = rules.iter().map(|rule| rule.judgement.verdict).max();
        Report {
            mode,
            distribution_time: finish.iter().flatten().max().copied().filter(|_| all),
            completed,
            best: best(facts, mode, completed.max(1)),
            finish,
            rules,
            slack: Slack::of(facts),
            transfers: facts.transfers().len(),
            // A rule without events of its kind speaks against nothing.
            verdict: worst.map_or(Verdict::Holds, |worst| worst.max(Verdict::Holds)),
        }
    }

    /// What the rule of that name says.
    pub fn rule(&self, name: &str) -> Option<&Judgement> {
        self.rules.iter().find(|rule| rule.name == name).map(|rule| &rule.judgement)
    }

    /// When `peer` completed.
    pub fn finish_of(&self, peer: PeerId) -> Option<Time> {
        *self.finish.get(peer.index().checked_sub(1)?)?
    }
}

fn best(facts: &Facts, mode: Mode, k: usize) -> BestBound {
    let mut best: Option<(Earliest, &'static str)> = None;
    for bound in bounds::ALL {
        if bound.senders() == Senders::SourceOnly && mode == Mode::P2p {
            continue;
        }
        let Ok(lower) = bound.completion(facts.scenario(), k) else { continue };
        if best.as_ref().is_none_or(|(at, _)| *at < lower.at) {
            best = Some((lower.at, bound.name()));
        }
    }
    let at = match &best {
        Some((Earliest::At(time), _)) => Some(*time),
        _ => None,
    };
    BestBound { name: best.map(|(_, name)| name), at, k }
}
