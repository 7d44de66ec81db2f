//! One hint for a step that is not passed: the first thing that its trace shows.
//!
//! Each diagnosis looks at one thing, and the order is that of a tutor: first what is wrong, then
//! what never comes, then what is slow.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attempt, Measure};
use crate::audit::{Report, Verdict};
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::{Behavior, Scenario};
use crate::trace::{Event, Outcome, Trace, Transfer};
use crate::units::Time;

/// The share of a whole, in percent, from which something counts as the cause.
const MUCH: u128 = 20;

/// What is seen of a run.
struct Sight<'a> {
    attempt: &'a Attempt,
    scenario: &'a Scenario,
    report: &'a Report,
    /// The chunks that arrived whole, in the order of their ends.
    delivered: Vec<Transfer>,
}

type Diagnosis = fn(&Sight<'_>) -> Option<String>;

/// The diagnoses; the last one always says something.
const DIAGNOSES: [Diagnosis; 9] = [
    breaks_a_rule,
    nothing_moves,
    late_joiners_learn_nothing,
    waits_for_the_dead,
    never_ends,
    only_the_source_sends,
    feeds_free_riders,
    in_order,
    source_repeats,
];

/// What to do about an attempt that is not passed.
pub(super) fn hint(attempt: &Attempt, trace: &Trace, report: &Report) -> String {
    let mut delivered: Vec<Transfer> = trace.events.iter().filter_map(delivered).collect();
    delivered.sort_by_key(|transfer| transfer.end);
    let scenario = &trace.header.scenario;
    let sight = Sight { attempt, scenario, report, delivered };
    let hint = DIAGNOSES.iter().find_map(|diagnosis| diagnosis(&sight));
    hint.unwrap_or_else(|| slow(&sight))
}

fn delivered(event: &Event) -> Option<Transfer> {
    match event {
        Event::Transfer(transfer) if transfer.outcome == Outcome::Delivered => Some(*transfer),
        _ => None,
    }
}

/// A part of a whole in percent, rounded down.
fn percent(part: u128, whole: u128) -> u128 {
    (part * 100).checked_div(whole).unwrap_or(0)
}

impl Sight<'_> {
    fn count(&self, which: impl Fn(&Transfer) -> bool) -> u128 {
        self.delivered.iter().filter(|transfer| which(transfer)).count() as u128
    }

    fn is_incomplete(&self, peer: PeerId) -> bool {
        self.report.finish_of(peer).is_none() && self.scenario.leaves_at(peer).is_none()
    }
}

fn breaks_a_rule(sight: &Sight<'_>) -> Option<String> {
    let mut violations = sight.report.violations();
    let ruled = violations.find(|ruled| ruled.name != "incompleteness_explained")?;
    let why = ruled.judgement.explanation.as_deref().unwrap_or_default();
    let rule = ruled.name;
    Some(format!("the audit finds {rule} violated: {why}"))
}

fn nothing_moves(sight: &Sight<'_>) -> Option<String> {
    sight.delivered.is_empty().then(|| {
        "no chunk arrives at all: a peer announces itself, connects to members, requests chunks, \
         and a neighbor that is asked sends"
            .to_owned()
    })
}

/// Those that were there at the start complete, those that came later do not.
fn late_joiners_learn_nothing(sight: &Sight<'_>) -> Option<String> {
    let incomplete: Vec<PeerId> = sight.scenario.peers().map(|(id, _)| id).collect();
    let mut incomplete = incomplete.into_iter().filter(|&id| sight.is_incomplete(id)).peekable();
    incomplete.peek()?;
    incomplete.all(|id| sight.scenario.joins(id) != Time::ZERO).then(|| {
        "peers that join late do not complete: send each new neighbor a `bitfield` of what you \
         hold, since it has missed every `have`"
            .to_owned()
    })
}

/// Peers crash, and others stay incomplete.
fn waits_for_the_dead(sight: &Sight<'_>) -> Option<String> {
    let (completed, due) = sight.attempt.completed;
    let crashes = sight.scenario.peers().any(|(id, _)| sight.scenario.leaves_at(id).is_some());
    (completed < due && crashes).then(|| {
        format!(
            "{completed} of {due} peers complete: a neighbor that crashes is never reported, so \
             set a timer, give up neighbors that are silent, and request what they owe of others"
        )
    })
}

fn never_ends(sight: &Sight<'_>) -> Option<String> {
    let (completed, due) = sight.attempt.completed;
    let last = sight.delivered.last().map(|transfer| transfer.end)?;
    (completed < due).then(|| {
        format!(
            "{completed} of {due} peers complete, and nothing moves after {last}: is every request \
             answered, and is another neighbor asked when it is not?"
        )
    })
}

fn only_the_source_sends(sight: &Sight<'_>) -> Option<String> {
    let may = sight.scenario.peers().any(|(id, _)| sight.scenario.upload(id).0 != 0);
    let peers = sight.count(|transfer| !transfer.from.is_source());
    (may && peers == 0).then(|| {
        "only the source sends: say `have` to your neighbors for each chunk that arrives, and \
         answer their requests"
            .to_owned()
    })
}

/// Free riders get nearly as much as those that give.
fn feeds_free_riders(sight: &Sight<'_>) -> Option<String> {
    if sight.attempt.challenge.measure == Measure::AllPeers {
        return None;
    }
    let took = sight.attempt.took?;
    let rides = |peer| sight.scenario.peer(peer).is_some_and(|p| p.behavior == Behavior::FreeRider);
    let until = |transfer: &Transfer| transfer.end <= took && !transfer.from.is_source();
    let all = sight.count(until);
    let share = percent(sight.count(|transfer| until(transfer) && rides(transfer.to)), all);
    (MUCH <= share).then(|| {
        format!(
            "until then free riders get {share} % of what peers send: unchoke the neighbors that \
             sent you most, and one other in turn"
        )
    })
}

/// Chunks arrive in the order of their numbers.
fn in_order(sight: &Sight<'_>) -> Option<String> {
    let mut last: BTreeMap<PeerId, ChunkId> = BTreeMap::new();
    let (mut ascends, mut all) = (0, 0);
    for transfer in &sight.delivered {
        if let Some(before) = last.insert(transfer.to, transfer.chunk) {
            all += 1;
            ascends += u128::from(before < transfer.chunk);
        }
    }
    let share = percent(ascends, all);
    (90 <= share).then(|| {
        format!(
            "{share} % of the chunks arrive in the order of their numbers, so all peers lack the \
             same ones: request the chunk that the fewest neighbors hold, and draw among equals \
             with a seed of the node's own"
        )
    })
}

/// The source sends chunks again before it has sent each once.
fn source_repeats(sight: &Sight<'_>) -> Option<String> {
    let chunks = sight.scenario.file().chunks();
    let (mut seen, mut sent) = (BTreeSet::new(), 0_u128);
    for transfer in sight.delivered.iter().filter(|transfer| transfer.from.is_source()) {
        if seen.len() == chunks {
            break;
        }
        sent += 1;
        seen.insert(transfer.chunk);
    }
    let repeats = percent(sent - seen.len() as u128, sent);
    (MUCH <= repeats && seen.len() == chunks).then(|| {
        format!(
            "until each chunk has left the source once, {repeats} % of what it sends are repeats: \
             draw with a seed of the node's own, request the rarest chunk, and let the source \
             offer each chunk once before any twice"
        )
    })
}

fn slow(sight: &Sight<'_>) -> String {
    let slack = &sight.report.slack;
    let sent = slack.useful + slack.duplicate + slack.aborted;
    let duplicates = percent(slack.duplicate + slack.aborted, sent);
    let idle = percent(slack.idle_after, slack.capacity);
    let waiting = percent(slack.idle_before, slack.capacity);
    if 5 <= duplicates {
        return format!(
            "{duplicates} % of what is sent is of no use: request a chunk of one neighbor at a \
             time, and cancel what another has brought"
        );
    }
    if sight.report.verdict == Verdict::Violated || idle < waiting {
        return format!(
            "uplinks idle for {waiting} % of their capacity before their node holds anything: the \
             first chunks should go to peers that pass them on, each to another"
        );
    }
    format!(
        "uplinks idle for {idle} % of their capacity although their node holds something: request \
         as many chunks at a time as `requests` says, have more neighbors, and serve another when \
         one has enough"
    )
}
