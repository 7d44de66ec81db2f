//! Which bound binds a run: the strongest of those that apply, given what is known about the run.
//!
//! The audit, its report, the suite, the planner, the models and the command line all take the best
//! bound from here. Nothing is proved here: every bound has its own file.
//!
//! ```
//! use swarmbound::bounds::{Conditions, Earliest, binding};
//! use swarmbound::scenario::Preset;
//!
//! let figure = Preset::named("figure").unwrap().scenario(None).unwrap();
//! let last = binding(&figure, figure.peer_count(), Conditions::SWARM).unwrap();
//! assert_eq!(last.name, "emitters");
//! assert!(matches!(last.at, Earliest::At(_)));
//! ```

use std::borrow::Cow;

use serde::Serialize;

use super::terms::is_stronger;
use super::{ALL, Bound, Earliest, Inapplicable, Lower, Senders, index_of};
use crate::scenario::{Leaves, Scenario, SourceLeaves};
use crate::units::Time;

/// What is known about a run beyond its scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// Whether the times of the log are exact. Bytes that a node has handed to the network may
    /// arrive after it left, so times taken by a receiver or on the wire do not show departures.
    /// Then every node counts as staying, which only lowers the bounds.
    pub exact_stamps: bool,
    /// Whether the log sees the whole swarm. If not, bytes may come from anywhere at any rate, and
    /// only a peer's own downlink binds it.
    pub whole_swarm: bool,
    /// Which nodes sent.
    pub sent_by: SentBy,
}

/// Which nodes sent in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SentBy {
    /// Peers sent too, or were allowed to.
    Swarm,
    /// Only the source sent: the uploads of peers count as 0.
    SourceOnly,
    /// The log shows no sending peer, but it may have gaps.
    Unknown,
}

impl Conditions {
    /// Every peer may send, and times are exact: the best that a scenario allows.
    pub const SWARM: Conditions =
        Conditions { exact_stamps: true, whole_swarm: true, sent_by: SentBy::Swarm };

    /// Only the source may send, and times are exact.
    pub const CLIENT_SERVER: Conditions =
        Conditions { sent_by: SentBy::SourceOnly, ..Conditions::SWARM };

    /// The same conditions for a swarm, in which peers may send whether or not one did.
    pub fn for_a_swarm(self) -> Self {
        Conditions { sent_by: SentBy::Swarm, ..self }
    }

    /// One bound on the `k`-th completion of such a run.
    ///
    /// # Errors
    /// If the bound does not apply to such a run, or k is not in 1..=N.
    pub fn completion(
        self,
        bound: &dyn Bound,
        scenario: &Scenario,
        k: usize,
    ) -> Result<Lower, Inapplicable> {
        self.allow(bound.senders())?;
        bound.completion(&self.assumed(scenario), k)
    }

    /// Does a theorem about these senders apply to such a run?
    fn allow(self, senders: Senders) -> Result<(), Inapplicable> {
        match (senders, self.sent_by) {
            (Senders::AllNodes, _) | (Senders::SourceOnly, SentBy::SourceOnly) => Ok(()),
            (Senders::SourceOnly, SentBy::Swarm) => Err(Inapplicable::Assumption(
                "the bound speaks of runs in which only the source sends",
            )),
            (Senders::SourceOnly, SentBy::Unknown) => Err(Inapplicable::Assumption(
                "the bound speaks of runs in which only the source sends, and with gaps in the log \
                 a peer may have sent",
            )),
        }
    }

    /// The scenario without the departures and uploads that the conditions rule out.
    fn assumed(self, scenario: &Scenario) -> Cow<'_, Scenario> {
        let scenario = match self.sent_by {
            SentBy::SourceOnly => Cow::Owned(scenario.client_server()),
            SentBy::Swarm | SentBy::Unknown => Cow::Borrowed(scenario),
        };
        if self.exact_stamps && self.whole_swarm {
            return scenario;
        }
        let mut parts = scenario.into_owned().into_parts();
        if !self.whole_swarm {
            parts.source.upload_unknown = true;
            parts.peers.iter_mut().for_each(|peer| peer.upload_unknown = true);
        }
        if self.exact_stamps {
            return Cow::Owned(Scenario::new(parts).expect("any uplink may be unknown"));
        }
        parts.source.leaves = SourceLeaves::Never;
        for peer in &mut parts.peers {
            peer.leaves = Leaves::Never;
        }
        Cow::Owned(Scenario::new(parts).expect("a node may always stay"))
    }
}

/// The strongest bound on one completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Binding {
    /// The name of the bound.
    pub name: &'static str,
    /// Which completion, from 1.
    pub k: usize,
    /// The earliest possible time.
    #[serde(flatten)]
    pub at: Earliest,
}

impl Binding {
    /// The earliest possible time; None if the completion is never possible.
    pub fn time(&self) -> Option<Time> {
        match self.at {
            Earliest::At(time) => Some(time),
            Earliest::Never(_) => None,
        }
    }
}

/// The strongest bound on the `k`-th completion of a run under `conditions`; of equals the first in
/// the order of [`ALL`]. If several bounds say never, the first one's reason is given.
///
/// # Errors
/// If k is not in 1..=N. Otherwise there is always a bound, since `fluid` assumes nothing.
pub fn binding(
    scenario: &Scenario,
    k: usize,
    conditions: Conditions,
) -> Result<Binding, Inapplicable> {
    index_of(scenario, k)?;
    let scenario = conditions.assumed(scenario);
    let at = |bound: &dyn Bound| bound.completion(&scenario, k).map(|lower| lower.at);
    let says = applicable(conditions).filter_map(|bound| Some((bound.name(), at(bound).ok()?)));
    let best = says.reduce(|best, next| if is_stronger(&next.1, &best.1) { next } else { best });
    let (name, at) = best.expect("fluid assumes nothing");
    Ok(Binding { name, k, at })
}

/// [`binding`] for every k; the entry for k is at k - 1.
pub fn bindings(scenario: &Scenario, conditions: Conditions) -> Vec<Binding> {
    let scenario = conditions.assumed(scenario);
    let says = applicable(conditions).filter_map(|bound| {
        let completions = bound.completions(&scenario).ok()?.into_iter().zip(1..);
        let each = completions.map(|(at, k)| Binding { name: bound.name(), k, at });
        Some(each.collect::<Vec<Binding>>())
    });
    let best = says.reduce(|mut best, next| {
        for (best, next) in best.iter_mut().zip(next) {
            if is_stronger(&next.at, &best.at) {
                *best = next;
            }
        }
        best
    });
    best.expect("fluid assumes nothing")
}

/// The bounds whose assumptions on senders hold for such a run. Assumptions on the scenario are
/// checked by the bounds themselves.
fn applicable(conditions: Conditions) -> impl Iterator<Item = &'static dyn Bound> {
    ALL.iter().copied().filter(move |bound| conditions.allow(bound.senders()).is_ok())
}
