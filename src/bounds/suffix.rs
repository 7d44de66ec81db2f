//! The bounds without relaxations, for the peers that arrive late.
//!
//! [`Suffix`] asks `fluid`, `warm_up`, `branching`, `presence` and `outsiders` about scenarios in
//! which all earlier peers are part of the source; each under its own assumptions.
//!
//! > T_k >= t1 + B_{k-m}(peers that join at t1 or later), for every bound B
//!
//! Own. Not proved by machine: the step from the scenario to its suffix is not.
//!
//! # Proof
//! See the documentation of [`Relaxation`]: what m earlier peers send to later
//! ones, a source can send that holds everything and has all their uploads and bursts. Every
//! node counts as staying for ever, which only lowers a bound.
//!
//! For whole chunks too, a node with the sum of the uploads can send all copies that the merged
//! nodes have sent, since the sum of the floors is no more than the floor of the sum.

use super::relaxation::{self, Claim, Relaxation, Strongest};
use super::{
    Bound, Branching, Earliest, Fluid, Inapplicable, Lower, Outsiders, Presence, WarmUp, fluid,
    index_of, need_empty_peers,
};
use crate::scenario::{Leaves, Link, Scenario, SourceLeaves};
use crate::units::{Bytes, Rate, Time};

/// The strongest of the bounds without relaxations, over the peers that arrive late.
#[derive(Clone, Copy, Debug)]
pub struct Suffix;

impl Bound for Suffix {
    fn name(&self) -> &'static str {
        "suffix"
    }

    fn formula(&self) -> &'static str {
        "t1 + the bounds above for the peers that join at t1 or later"
    }

    fn cite(&self) -> &'static str {
        "interval capacity (Ahlswede, Cai, Li & Yeung, IEEE T-IT 46, 2000); \
         proved in the documentation of bounds::suffix"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        need_empty_peers(scenario)?;
        Ok(all(scenario)[index].lower())
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        need_empty_peers(scenario)?;
        Ok(all(scenario).iter().map(Strongest::earliest).collect())
    }
}

const BOUNDS: [&dyn Bound; 5] = [&Fluid, &WarmUp, &Branching, &Presence, &Outsiders];

fn all(scenario: &Scenario) -> Vec<Strongest> {
    let mut best = fluid::best(scenario);
    for relaxation in relaxation::suffixes(scenario.peers().map(|(_, peer)| peer.joins)) {
        let Some(late) = suffix(scenario, relaxation) else { continue };
        let merged = scenario.peer_count() - late.peer_count();
        for bound in BOUNDS {
            let Ok(completions) = bound.completions(&late) else { continue };
            let times = completions.iter().map(|at| match at {
                Earliest::At(time) => Some(*time),
                // All nodes stay, so there is none.
                Earliest::Never(_) => None,
            });
            let claim = Claim { formula: bound.name(), times: times.collect() };
            relaxation::improve(&mut best[merged..], relaxation, &claim);
        }
    }
    relaxation::in_ascending_order(best)
}

/// The peers that join at `relaxation.from` or later, with a source that is all others; None if it
/// is the scenario itself, or if the sum of the others is too large for a link.
fn suffix(scenario: &Scenario, relaxation: Relaxation) -> Option<Scenario> {
    let from = relaxation.from;
    if from == Time::ZERO {
        return None;
    }
    let (mut upload, mut burst) = (0u64, 0u64);
    for id in scenario.nodes().filter(|&id| id.is_source() || scenario.joins(id) < from) {
        upload = upload.checked_add(scenario.upload(id).0)?;
        burst = burst.checked_add(scenario.burst(id).0)?;
    }
    let mut parts = scenario.parts().clone();
    parts.source.upload = Rate(upload);
    parts.source.leaves = SourceLeaves::Never;
    parts.source.link = Link { burst: Some(Bytes(burst)), latency: None };
    parts.peers.retain(|peer| from <= peer.joins);
    for peer in &mut parts.peers {
        (peer.joins, peer.leaves) = (peer.joins.since(from), Leaves::Never);
    }
    Scenario::new(parts).ok()
}
