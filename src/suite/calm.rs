//! Property `completes_when_calm`: once nobody comes or goes any more, everybody left completes.
//!
//! That a peer left, or that the run was cut off, explains to the audit why it is incomplete. Here
//! a departure must be announced, and a run must not be cut off when the calm was long enough: as
//! long as the slowest link that there is would need, alone and one after the other, for all that
//! anybody needs, twice over. It never judges the calm of a scenario that ends before that. The
//! function to know is [`completes_when_calm`].

use std::cmp::Reverse;

use super::case::{Judged, accuse};
use super::subject::Subject;
use crate::audit::{
    Audit, Cause, IncompletenessWitness, Judgement, Lacking, Report, Verdict, Witness,
};
use crate::chunks::PeerId;
use crate::scenario::Scenario;
use crate::trace::{Event, Header, Trace};
use crate::units::{Rate, Time};

/// How many times over the slowest link must have had the time.
const TIMES: u64 = 2;

/// Judges the end of a run.
pub(super) fn completes_when_calm(
    scenario: &Scenario,
    judged: &Judged,
    _: &mut dyn Subject,
) -> Judgement {
    let ruled = judged.report.rule("incompleteness_explained");
    let Some(Witness::Incompleteness(IncompletenessWitness { lacking, .. })) =
        ruled.and_then(|r| r.witness.as_deref())
    else {
        return Judgement::holds();
    };
    let ends = lacking.iter().map(|one| (one.peer, end(scenario, one)));
    let Some((peer, end)) = ends.max_by_key(|&(peer, end)| (end, Reverse(peer))) else {
        return Judgement::holds();
    };
    match end {
        End::Explained => Judgement::holds(),
        End::CutOff => waited(scenario, judged, peer),
        End::GaveUp => accuse(format!(
            "{peer} goes without the file, and the scenario announces no departure before that"
        )),
        End::Absent => accuse(format!("{peer} never joined, though the scenario announces it")),
        End::Unexplained => accuse(format!("nothing explains why {peer} has not got the file")),
    }
}

/// Why a peer has not got the file, the better reasons first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// The log or the scenario says why.
    Explained,
    /// Time was up.
    CutOff,
    /// It left, though it was to stay.
    GaveUp,
    /// It was to join, and did not.
    Absent,
    /// No reason.
    Unexplained,
}

fn end(scenario: &Scenario, one: &Lacking) -> End {
    match one.cause {
        None => End::Unexplained,
        Some(Cause::CutOff { .. } | Cause::InFlight { .. } | Cause::NoTime { .. }) => End::CutOff,
        Some(Cause::NeverCame { joins_ns }) if joins_ns < scenario.parts().until => End::Absent,
        Some(Cause::Left { at_ns }) => match scenario.leaves_at(one.peer) {
            Some(announced) if announced <= at_ns => End::Explained,
            _ => End::GaveUp,
        },
        Some(_) => End::Explained,
    }
}

/// Who was cut off: had the calm been long enough, and does nothing else explain it?
fn waited(scenario: &Scenario, judged: &Judged, peer: PeerId) -> Judgement {
    let calm = calm_since(scenario, &judged.trace.events);
    let Some(enough) = enough(scenario).and_then(|span| calm.checked_add(span)) else {
        return Judgement::skipped("the links are too slow to say how long it may take");
    };
    if scenario.parts().until < enough {
        return Judgement::skipped("the run was cut off too soon after the last arrival");
    }
    let stays = not_cut_off(scenario, &judged.trace);
    let ruled = stays.rule("incompleteness_explained");
    if ruled.is_none_or(|ruled| ruled.verdict != Verdict::Violated) {
        return Judgement::holds();
    }
    accuse(format!(
        "{peer} has not got the file when the run is cut off, although nobody has come or gone \
         since {calm} and even the slowest link could have carried everything by {enough}"
    ))
}

/// What the audit says when time is not up: whoever goes only then is still there.
fn not_cut_off(scenario: &Scenario, trace: &Trace) -> Report {
    let until = scenario.parts().until;
    let gone = |event: &Event| matches!(event, Event::Leave { at, .. } if until <= *at);
    let events = trace.events.iter().filter(|event| !gone(event)).cloned().collect();
    let lasting = scenario.clone().into_parts().until(Time::MAX).build();
    let scenario = lasting.expect("a scenario may last");
    let header = Header { scenario, evidence: trace.header.evidence };
    Audit::of(&Trace { header, events })
}

/// When somebody last came or went, or is to come or go; those who go when the run is cut off do
/// not count.
fn calm_since(scenario: &Scenario, events: &[Event]) -> Time {
    let until = scenario.parts().until;
    let logged = events.iter().filter_map(|event| match event {
        Event::Join { at, .. } | Event::Leave { at, .. } => Some(*at),
        _ => None,
    });
    let joins = scenario.nodes().map(|node| scenario.joins(node));
    let leaves = scenario.nodes().filter_map(|node| scenario.leaves_at(node));
    let changes = logged.filter(|&at| at < until).chain(joins).chain(leaves);
    changes.max().unwrap_or(Time::ZERO)
}

/// How long a calm must last; None when the clock does not go so far.
fn enough(scenario: &Scenario) -> Option<Time> {
    let uploads = scenario.nodes().map(|node| scenario.upload(node));
    let downloads = scenario.nodes().filter_map(|node| scenario.download(node));
    let slowest = uploads.chain(downloads).filter(|&rate| rate != Rate::ZERO).min()?;
    let chunks = scenario.peer_count() as u64 * scenario.file().chunks() as u64;
    let bits = scenario.file().file().nanobits() * scenario.peer_count() as u128;
    let protocol = scenario.parts().protocol.clone().unwrap_or_default();
    let latency = scenario.nodes().map(|node| scenario.latency_to(node)).max()?;
    // A chunk costs a few round trips and decisions; whoever looks for neighbors, some announces.
    let waits = latency.0.checked_mul(4)?.checked_add(protocol.rechoke.0)?.checked_mul(4)?;
    let waits = waits.checked_add(protocol.optimistic.unwrap_or(Time::ZERO).0)?;
    let waits = waits.checked_mul(chunks)?.checked_add(protocol.announce.0.checked_mul(2)?)?;
    let once = slowest.time_for(bits)?.checked_add(Time(waits))?;
    Some(Time(once.0.checked_mul(TIMES)?))
}
