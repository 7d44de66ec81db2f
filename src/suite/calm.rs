//! Property `completes_when_calm`: after the last arrival or departure every remaining peer
//! completes.
//!
//! To the audit, a departure, a partition or the end of the run explains why a peer is incomplete.
//! Here the departure must be announced in the scenario. A partition is no excuse where no node
//! left and each could have all others as neighbors. Nor is the end of the run after a long enough
//! calm: twice the time in which the slowest link alone could carry every missing byte, one after
//! the other. A scenario that ends before that is not judged.

use std::cmp::Reverse;

use super::case::{AuditedTrace, accuse};
use super::subject::Subject;
use crate::audit::{
    Audit, Cause, IncompletenessWitness, Judgement, Lacking, Report, Verdict, Witness,
};
use crate::chunks::PeerId;
use crate::scenario::Scenario;
use crate::trace::{Event, Header, Trace};
use crate::units::{Rate, Supply, Time};

/// The calm must last this many times what the slowest link needs.
const TIMES: u64 = 2;

/// Judges which peers are incomplete when the run ends.
pub(super) fn completes_when_calm(
    scenario: &Scenario,
    judged: &AuditedTrace,
    _: &mut dyn Subject,
) -> Judgement {
    let ruled = judged.report.rule("incompleteness_explained");
    let Some(Witness::Incompleteness(IncompletenessWitness { lacking, .. })) =
        ruled.and_then(|r| r.witness.as_deref())
    else {
        return Judgement::holds();
    };
    let ends = lacking.iter().map(|one| (one.peer, end(scenario, &judged.trace, one)));
    let Some((peer, end)) = ends.max_by_key(|&(peer, end)| (end, Reverse(peer))) else {
        return Judgement::holds();
    };
    match end {
        Incompleteness::Explained => Judgement::holds(),
        Incompleteness::CutOff | Incompleteness::Parted => waited(scenario, judged, peer),
        Incompleteness::GaveUp => accuse(format!(
            "{peer} left without the file, and the scenario announces no departure before that"
        )),
        Incompleteness::Absent => {
            accuse(format!("{peer} never joined, though the scenario announces it"))
        }
        Incompleteness::Unexplained => {
            accuse(format!("nothing explains why {peer} does not have the file"))
        }
    }
}

/// Why a peer does not have the file, the better reasons first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Incompleteness {
    /// The log or the scenario gives the reason.
    Explained,
    /// The run was cut off.
    CutOff,
    /// No path of neighbors led to what it lacks, though none needed to be missing.
    Parted,
    /// It left although the scenario announces no departure.
    GaveUp,
    /// It never joined although the scenario announces it.
    Absent,
    /// Nothing gives a reason.
    Unexplained,
}

fn end(scenario: &Scenario, trace: &Trace, one: &Lacking) -> Incompleteness {
    match one.cause {
        None => Incompleteness::Unexplained,
        Some(Cause::Partition { .. }) if all_may_be_neighbors(scenario, trace) => {
            Incompleteness::Parted
        }
        Some(Cause::CutOff { .. } | Cause::InFlight { .. } | Cause::NoTime { .. }) => {
            Incompleteness::CutOff
        }
        Some(Cause::NeverCame { joins_ns }) if joins_ns < scenario.parts().until => {
            Incompleteness::Absent
        }
        Some(Cause::Left { at_ns }) => match scenario.leaves_at(one.peer) {
            Some(announced) if announced <= at_ns => Incompleteness::Explained,
            _ => Incompleteness::GaveUp,
        },
        Some(_) => Incompleteness::Explained,
    }
}

/// Could each node have all others as neighbors, and did none leave?
fn all_may_be_neighbors(scenario: &Scenario, trace: &Trace) -> bool {
    let until = scenario.parts().until;
    let protocol = scenario.parts().protocol.clone().unwrap_or_default();
    let left = |event: &Event| matches!(event, Event::Leave { at, .. } if *at < until);
    let reachable = scenario.peers().all(|(_, peer)| peer.reachable);
    let neighbors = u64::from(protocol.neighbors);
    reachable && scenario.peer_count() as u64 <= neighbors && !trace.events.iter().any(left)
}

/// Judges a peer that was cut off: was the calm long enough, and does nothing else explain it?
fn waited(scenario: &Scenario, judged: &AuditedTrace, peer: PeerId) -> Judgement {
    let calm = calm_since(scenario, &judged.trace.events);
    let Some(enough) = enough(scenario).and_then(|span| calm.checked_add(span)) else {
        return Judgement::skipped("the links are too slow to say how long it may take");
    };
    if scenario.parts().until < enough {
        return Judgement::skipped("the run was cut off too soon after the last arrival");
    }
    let stays = not_cut_off(scenario, &judged.trace);
    let ruled = stays.rule("incompleteness_explained");
    let parted = |one: &Lacking| {
        one.peer == peer && end(scenario, &judged.trace, one) == Incompleteness::Parted
    };
    if let Some(Witness::Incompleteness(IncompletenessWitness { lacking, .. })) =
        ruled.and_then(|ruled| ruled.witness.as_deref())
        && lacking.iter().any(parted)
    {
        return accuse(format!(
            "no path of neighbors leads {peer} to what it lacks, although no node left and each \
             could have all others as neighbors"
        ));
    }
    if ruled.is_none_or(|ruled| ruled.verdict != Verdict::Violated) {
        return Judgement::holds();
    }
    accuse(format!(
        "{peer} does not have the file when the run is cut off, although no node has come or gone \
         since {calm} and even the slowest link could have carried everything by {enough}"
    ))
}

/// The audit's report without the cut-off: nodes that leave only at the end of the run stay.
fn not_cut_off(scenario: &Scenario, trace: &Trace) -> Report {
    let until = scenario.parts().until;
    let gone = |event: &Event| matches!(event, Event::Leave { at, .. } if until <= *at);
    let events = trace.events.iter().filter(|event| !gone(event)).cloned().collect();
    let lasting = scenario.clone().into_parts().until(Time::MAX).build();
    let scenario = lasting.expect("a scenario may last");
    let header = Header { scenario, evidence: trace.header.evidence };
    Audit::of(&Trace { header, events })
}

/// Time of the last arrival, departure or change of a capacity, logged or announced. Departures at
/// the end of the run do not count.
fn calm_since(scenario: &Scenario, events: &[Event]) -> Time {
    let until = scenario.parts().until;
    let logged = events.iter().filter_map(|event| match event {
        Event::Join { at, .. } | Event::Leave { at, .. } => Some(*at),
        _ => None,
    });
    let joins = scenario.nodes().map(|node| scenario.joins(node));
    let leaves = scenario.nodes().filter_map(|node| scenario.leaves_at(node));
    let rates = scenario.capacity_changes().map(|(at, _)| at);
    let changes = logged.filter(|&at| at < until).chain(joins).chain(leaves).chain(rates);
    changes.max().unwrap_or(Time::ZERO)
}

/// Length of the calm that suffices; None on overflow of the clock.
fn enough(scenario: &Scenario) -> Option<Time> {
    // After the last change.
    let last = |supply: Supply| supply.rate_at(Time::MAX);
    let uploads = scenario.nodes().filter_map(|node| scenario.upload_supply(node).map(last));
    let downloads = scenario.nodes().filter_map(|node| scenario.download_supply(node).map(last));
    let slowest = uploads.chain(downloads).filter(|&rate| rate != Rate::ZERO).min()?;
    let chunks = scenario.peer_count() as u64 * scenario.file().chunks() as u64;
    let bits = scenario.file().file().nanobits() * scenario.peer_count() as u128;
    let protocol = scenario.parts().protocol.clone().unwrap_or_default();
    let latency = scenario.nodes().map(|node| scenario.latency_to(node)).max()?;
    // A chunk costs a few round trips and decisions; finding neighbors costs some announces.
    let waits = latency.0.checked_mul(4)?.checked_add(protocol.rechoke.0)?.checked_mul(4)?;
    let waits = waits.checked_add(protocol.optimistic.unwrap_or(Time::ZERO).0)?;
    let waits = waits.checked_mul(chunks)?.checked_add(protocol.announce.0.checked_mul(2)?)?;
    let once = slowest.time_for(bits)?.checked_add(Time(waits))?;
    Some(Time(once.0.checked_mul(TIMES)?))
}
