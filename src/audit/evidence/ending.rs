//! The end of a log: which nodes are still there, and whether the run was cut off.
//!
//! A departure at the time at which the run is cut off, or later, is the cut-off: a simulator logs
//! that every node leaves there. Such a node counts as still there.

use super::facts::{Facts, with_tolerance};
use super::intervals::{Intervals, later};
use crate::chunks::PeerId;
use crate::units::Time;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum End {
    /// As it is logged.
    Logged,
    /// Before the nodes left that only left when everything else was over.
    LastAct,
}

/// Which nodes are there at the end.
pub(in crate::audit) struct Ending<'f> {
    facts: &'f Facts,
    /// By node.
    there: Vec<bool>,
    /// What ends at this instant or later has not ended before the run did.
    over: Time,
    goes_on: bool,
}

impl<'f> Ending<'f> {
    pub(in crate::audit) fn new(facts: &'f Facts, end: End) -> Self {
        let until = facts.scenario().parts().until;
        let goes_on = facts.transfers().iter().any(|t| with_tolerance(facts, until) < t.start);
        let mut over = later(facts.last(), Time(1));
        if !goes_on && reaches_the_end(facts) {
            over = over.min(Time(until.0.saturating_sub(facts.tolerance().0)));
        }
        let is_there = |node: PeerId| {
            let stays = end == End::LastAct && facts.left_last(node).is_some();
            stays || (is_open(facts.presence(node), over) && gone(facts, node, over).is_none())
        };
        let there = facts.scenario().nodes().map(is_there).collect();
        if end == End::LastAct {
            over = over.min(later(facts.last_act(), Time(1)));
        }
        Ending { facts, there, over, goes_on }
    }

    /// Does the log reach the time at which the run is cut off, and not go on after it?
    pub(in crate::audit) fn is_cut_off(&self) -> bool {
        !self.goes_on && reaches_the_end(self.facts)
    }

    /// Does a transfer begin after the time at which the run was to be cut off? Then it was not.
    pub(in crate::audit) fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// Is a node there at the end?
    pub(in crate::audit) fn is_there(&self, node: PeerId) -> bool {
        self.there[node.index()]
    }

    /// When a node left for good; None for one that is there, or never came.
    pub(in crate::audit) fn left(&self, node: PeerId) -> Option<Time> {
        if self.is_there(node) {
            return None;
        }
        let last = self.facts.presence(node).list.last().map(|stay| stay.to);
        gone(self.facts, node, self.over).or(last)
    }

    /// Is something still open at the end?
    pub(in crate::audit) fn is_open(&self, spans: &Intervals) -> bool {
        is_open(spans, self.over)
    }
}

/// Does the log reach the time at which the run is cut off?
fn reaches_the_end(facts: &Facts) -> bool {
    facts.scenario().parts().until <= with_tolerance(facts, facts.last())
}

fn is_open(spans: &Intervals, over: Time) -> bool {
    spans.list.last().is_some_and(|span| over <= span.to)
}

/// When a node had left for good by another reading of its events; only the source has one.
fn gone(facts: &Facts, node: PeerId, over: Time) -> Option<Time> {
    facts.source_gone().filter(|&at| node.is_source() && at < over)
}
