//! Rule `incompleteness_explained`: a peer that stays without the file has a reason that the log
//! shows.
//!
//! The reasons, of which the first is given:
//!
//! - it left early, comes only later, or never came;
//! - no node that is there and serves holds a chunk that it lacks (so also when the source left too
//!   early), or no path of neighbors leads to one; under coding: no node within reach holds the
//!   file; where parts of a chunk may be passed on and put together, their bytes count;
//! - no path of neighbors that want it leads from what it lacks to the peer: a peer passes on only
//!   what it wants;
//! - the nodes that hold what it lacks barter, and it has nothing to give;
//! - no bound allows one completion more by `until`;
//! - the run was cut off: the log reaches `until`, where departures count as the cut-off;
//! - the log ends before `until`, and transfers that it does not show can have been in flight all
//!   that time (`evidence::in_flight` says how long, `evidence::latest_start` since when).
//!
//! Without a reason the run stopped although it could go on, and that is a violation, or unknown
//! where the log may have gaps. A node that leaves last, unannounced and after everything else, may
//! have been stuck before: if only that explains, it is unknown, too.

use crate::audit::evidence::ending::End;
use crate::audit::evidence::facts::Facts;
use crate::audit::{Judgement, Rule};
use crate::chunks::PeerId;

mod barter;
mod cause;
mod cut_off;
mod graph;
mod holdings;
mod relays;
mod scene;

pub use cause::{Cause, Idle, IncompletenessWitness, Lacking};
use scene::Scene;

/// A peer that stays without the file has a reason that the log shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IncompletenessExplained;

impl Rule for IncompletenessExplained {
    fn finish(&self, facts: &Facts) -> Judgement {
        let mut lacking: Vec<PeerId> = facts.scenario().receivers().map(|(peer, _)| peer).collect();
        let peers = lacking.len();
        lacking.retain(|&peer| facts.finish(peer).is_none());
        if lacking.is_empty() {
            return Judgement::holds();
        }
        let completed = peers - lacking.len();
        let witness = |lacking| IncompletenessWitness { completed, peers, lacking };
        let closed = facts.scenario().nodes().any(|node| facts.left_last(node).is_some());
        match explain(facts, End::Logged, &lacking, completed) {
            Ok(explained) => {
                let before = || explain(facts, End::LastAct, &lacking, completed);
                let judgement = if closed && before().is_err() {
                    Judgement::unknown(
                        "only departures that nothing announced explain it, and the swarm was \
                         idle just before them",
                    )
                } else {
                    Judgement::holds()
                };
                judgement.with(witness(explained))
            }
            // The smallest evidence is one peer that nothing explains.
            Err(peer) => {
                let witness = witness(vec![Lacking { peer, cause: None }]);
                if facts.is_complete() {
                    Judgement::violated(witness)
                } else {
                    let why = "the log does not show why a peer did not complete";
                    Judgement::unknown(why).with(witness)
                }
            }
        }
    }
}

/// Why each peer lacks something, or the first for which nothing explains it.
fn explain(
    facts: &Facts,
    end: End,
    lacking: &[PeerId],
    completed: usize,
) -> Result<Vec<Lacking>, PeerId> {
    let mut scene = Scene::new(facts, end, completed);
    let explain = |&peer: &PeerId| match scene.cause(peer) {
        Some(cause) => Ok(Lacking { peer, cause: Some(cause) }),
        None => Err(peer),
    };
    lacking.iter().map(explain).collect()
}
