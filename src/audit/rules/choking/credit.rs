//! The barter of a leecher: what it gave to a peer is never far ahead of what it got back.
//!
//! Judged where the scenario's choker is strict barter (at most 1 chunk ahead, since a swap ends at
//! two instants, and none to a node that can never give a chunk back) or credit (Ganesan and
//! Seshadri 2005, theory 4b: |net| <= s). An engine that grants a chunk only while it has granted
//! fewer than the credit above what it got back is never further ahead in deliveries, whatever is
//! in flight. What was given counts at the least, what came back at the most. The source gives
//! freely, and so does a peer that has the file: from its last arrival on, however late it says so.

use super::ChokingWitness;
use crate::audit::Judgement;
use crate::audit::evidence::Facts;
use crate::audit::evidence::balances::Balances;
use crate::audit::evidence::facts::with_tolerance;
use crate::chunks::PeerId;
use crate::units::Time;

/// The first leecher that is further ahead than it may be.
pub(super) fn judge(facts: &Facts, balances: &Balances<'_>) -> Judgement {
    let mut first: Option<(Time, ChokingWitness)> = None;
    for ((from, to), times) in balances.least() {
        if facts.scenario().is_full_holder(from) {
            continue;
        }
        let finish = seeds_from(facts, from);
        // At the instant of its completion a leecher is a seeder already, by either's clock.
        let leeches = |&(_, &time): &(usize, &Time)| with_tolerance(facts, time) < finish;
        for (at, &at_ns) in times.iter().enumerate().take_while(leeches) {
            let given = at as u64 + 1;
            let back = balances.most((to, from), with_tolerance(facts, at_ns));
            let is_first = first.as_ref().is_none_or(|&(time, _)| at_ns < time);
            let allowed = balances.allowed(to);
            if back.saturating_add(allowed) < given && is_first {
                let witness = ChokingWitness::Credit { from, to, at_ns, given, back, allowed };
                first = Some((at_ns, witness));
            }
        }
    }
    match first {
        None => Judgement::holds(),
        Some((_, witness)) if facts.is_complete() => Judgement::violated(witness),
        Some((_, witness)) => Judgement::unknown("the log may lack what came back").with(witness),
    }
}

/// When a peer had the file; the end of time if it never had. Where stamps are not exact, when it
/// can have had it at the earliest, for a claim may come late.
fn seeds_from(facts: &Facts, peer: PeerId) -> Time {
    let shows = facts.is_covered(peer) && !facts.is_exact();
    let arrived = shows.then_some(facts.arrived(peer).earliest);
    facts.finish(peer).into_iter().chain(arrived).min().unwrap_or(Time::MAX)
}
