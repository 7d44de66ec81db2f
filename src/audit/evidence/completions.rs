//! The completions of a log in order, and what the log lets a bound assume.

use serde::Serialize;

use super::Facts;
use crate::bounds::{Conditions, SentBy};
use crate::chunks::PeerId;
use crate::units::Time;

/// A receiver that has what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Completed {
    /// Which.
    pub peer: PeerId,
    /// When its last byte arrived, or when it says so; when it joined, where it needs nothing.
    #[serde(rename = "at_ns")]
    pub at: Time,
}

impl Facts {
    /// The completions by time, then peer: the k-th stands at k - 1.
    pub(crate) fn completions(&self) -> Vec<Completed> {
        let completed = |(peer, _)| Some(Completed { peer, at: self.finish(peer)? });
        let mut completions: Vec<Completed> =
            self.scenario().receivers().filter_map(completed).collect();
        completions.sort_unstable_by_key(|completed| (completed.at, completed.peer));
        completions
    }

    /// Which bounds bind the run, as far as the log shows.
    pub(crate) fn conditions(&self) -> Conditions {
        let sent_by = match (self.only_source_sent(), self.is_complete()) {
            (false, _) => SentBy::Swarm,
            (true, true) => SentBy::SourceOnly,
            (true, false) => SentBy::Unknown,
        };
        let whole_swarm = self.is_whole_swarm();
        Conditions { exact_stamps: self.is_exact(), whole_swarm, sent_by }
    }
}
