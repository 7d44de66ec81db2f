//! Rule `progress`: no peer lacks a chunk for longer than the declared stall while a free neighbor
//! holds it and unchokes the peer.
//!
//! Judged where the scenario declares `[discipline] stall`; `evidence::stalls` says exactly what
//! counts. A trace without choke events is not judged, unless its scenario has no protocol; nor is
//! coding, where no chunk is a node's own. Where stamps are not exact, bytes may have been under
//! way unseen, and where lines are missing, transfers may be: then a stall is unknown.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::Facts;
use crate::audit::evidence::stalls::{Stalls, StepLimit};
use crate::audit::{Judgement, Rule};
use crate::chunks::{ChunkId, PeerId};
use crate::units::Time;

/// No peer stalls for longer than declared beside a free neighbor that holds what it lacks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Progress;

/// A peer that lacks a chunk for too long beside a free neighbor that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "stall")]
pub struct ProgressWitness {
    /// The peer.
    pub peer: PeerId,
    /// The chunk that it lacks.
    pub chunk: ChunkId,
    /// The neighbor that holds it.
    pub holder: PeerId,
    /// The first instant of the stall.
    pub from_ns: Time,
    /// Its last instant.
    pub to_ns: Time,
    /// The longest stall that is declared.
    pub allowed_ns: Time,
}

impl fmt::Display for ProgressWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProgressWitness { peer, chunk, holder, from_ns, to_ns, allowed_ns } = self;
        write!(
            f,
            "from {from_ns} to {to_ns} {peer} lacked {chunk} and nothing was under way to it, \
             while {holder} held {chunk}, unchoked {peer} and sent nothing; the longest stall \
             declared is {allowed_ns}"
        )
    }
}

impl Rule for Progress {
    fn finish(&self, facts: &Facts) -> Judgement {
        let discipline = facts.scenario().discipline();
        let Some(allowed_ns) = discipline.stall else {
            return Judgement::skipped("the scenario declares no stall");
        };
        if discipline.coded {
            return Judgement::skipped("under coding the log does not show who lacks what");
        }
        if !Stalls::are_shown(facts) {
            return Judgement::skipped("the trace has no choke events");
        }
        let stalls = match Stalls::longer_than(facts, allowed_ns).each() {
            Ok(stalls) => stalls,
            Err(StepLimit) => {
                return Judgement::unknown("too many pairs of nodes are connected to look at all");
            }
        };
        let Some(first) = stalls.into_iter().min() else { return Judgement::holds() };
        let witness = ProgressWitness {
            peer: first.peer,
            chunk: first.chunk,
            holder: first.holder,
            from_ns: first.from,
            to_ns: first.to,
            allowed_ns,
        };
        if !facts.is_complete() {
            return Judgement::unknown("the log may lack what was under way").with(witness);
        }
        if !facts.is_exact() {
            let why = "the stamps are not exact, so bytes may have been under way unseen";
            return Judgement::unknown(why).with(witness);
        }
        Judgement::violated(witness)
    }
}
