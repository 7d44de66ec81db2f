//! Rule `causality`: nobody sends what it does not hold, and everything stems from the source.
//!
//! "It had received the chunk before" is not enough: two peers could feed each other a chunk that
//! the source never sent. So holdings are derived outward from the source, chunk by chunk, in the
//! order of time (Dijkstra's order): a transfer counts once its sender is known to hold what it
//! sends, and what is never reached was held by nobody. That is a least fixpoint, so it is well
//! founded even where transfers take no time at all.
//!
//! Where two clocks may differ by a tolerance, a derived time is the latest of everything that led
//! to it, so that the tolerance does not add up along a path: true times never go backwards.

use super::facts::{Facts, with_tolerance};
use super::witness::{Shows, Witness};
use super::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

mod coded;
mod passed;
mod senders;
mod stored;

/// Nobody sends what it does not hold, and everything stems from the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Causality;

impl Rule for Causality {
    fn finish(&self, facts: &Facts) -> Judgement {
        let mut found = Found::default();
        too_quick(facts, &mut found);
        let discipline = facts.scenario().discipline();
        if discipline.coded {
            coded::judge(facts, &mut found);
            return found.judgement();
        }
        let transfers = facts.transfers();
        let mut at = 0;
        while at < transfers.len() {
            let chunk = transfers[at].chunk;
            let end = at + transfers[at..].partition_point(|t| t.chunk == chunk);
            if discipline.cut_through {
                passed::judge(facts, &transfers[at..end], &mut found);
            } else {
                stored::judge(facts, at..end, &mut found);
            }
            at = end;
        }
        found.judgement()
    }
}

/// The earliest violation, and the earliest gap.
#[derive(Default)]
struct Found {
    violated: Option<(Time, Witness)>,
    unknown: Option<(Time, Witness)>,
    undecided: Option<(Time, PeerId)>,
}

impl Found {
    fn violated(&mut self, at: Time, witness: Witness) {
        if self.violated.as_ref().is_none_or(|&(first, _)| at < first) {
            self.violated = Some((at, witness));
        }
    }

    fn unknown(&mut self, at: Time, witness: Witness) {
        if self.unknown.as_ref().is_none_or(|&(first, _)| at < first) {
            self.unknown = Some((at, witness));
        }
    }

    /// A sender held what it sent only `now`, by what the log shows. Where the log may have gaps,
    /// an earlier arrival may be one of them.
    fn later(&mut self, facts: &Facts, t: &Transfer, now: Time) {
        let (held_ns, shows) = (Some(now), Shows::Later);
        self.offer(facts, t.start, Witness::Acausal { transfer: t.into(), held_ns, shows });
    }

    /// Nothing in the log shows how a sender got what it sent.
    fn missing(&mut self, facts: &Facts, t: &Transfer, shows: Shows) {
        self.offer(facts, t.start, Witness::Acausal { transfer: t.into(), held_ns: None, shows });
    }

    /// Whether a coded peer can have completed was not found out.
    fn undecided(&mut self, at: Time, node: PeerId) {
        if self.undecided.is_none() {
            self.undecided = Some((at, node));
        }
    }

    /// Accuses, or only doubts where the log may have gaps.
    fn offer(&mut self, facts: &Facts, at: Time, witness: Witness) {
        if facts.is_complete() {
            self.violated(at, witness);
        } else {
            self.unknown(at, witness);
        }
    }

    fn judgement(self) -> Judgement {
        match (self.violated, self.unknown) {
            (Some((_, witness)), _) => Judgement::violated(witness),
            (None, Some((_, witness))) => {
                Judgement::unknown("the log does not show how a sender got what it sent")
                    .with(witness)
            }
            (None, None) => match self.undecided {
                None => Judgement::holds(),
                Some((at, node)) => Judgement::unknown(format!(
                    "the log is too long to find out whether all of the file can have come to \
                     {node} by {at}"
                )),
            },
        }
    }
}

/// With exact stamps a first byte cannot arrive before the latency has passed.
fn too_quick(facts: &Facts, found: &mut Found) {
    if !facts.is_exact() {
        return;
    }
    for t in facts.transfers().iter().filter(|t| t.outcome == Outcome::Delivered) {
        let latency_ns = facts.scenario().latency_to(t.to);
        if t.end.since(t.start) < latency_ns {
            found.violated(t.start, Witness::TooQuick { transfer: t.into(), latency_ns });
        }
    }
}

/// When the first byte of a transfer can have arrived at the earliest.
fn first_byte(facts: &Facts, t: &Transfer) -> Time {
    let flight = facts.scenario().latency_to(t.to);
    if facts.is_exact() { t.start.checked_add(flight).unwrap_or(t.end).min(t.end) } else { t.start }
}

/// The last instant at which the last byte of a transfer can have left.
fn last_byte(facts: &Facts, t: &Transfer) -> Time {
    if facts.is_exact() { facts.departure(t) } else { t.end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Verdict;

    #[test]
    fn what_was_not_found_out_is_unknown_unless_something_is_wrong_anyway() {
        let mut found = Found::default();
        found.undecided(Time(2), PeerId(1));
        found.undecided(Time(3), PeerId(2));
        let unknown = found.judgement();
        assert_eq!(unknown.verdict, Verdict::Unknown);
        let reason = unknown.reason.unwrap();
        assert!(reason.ends_with("can have come to peer 1 by 0.000000002 s"), "{reason}");
        let mut found = Found::default();
        found.undecided(Time(2), PeerId(1));
        let witness =
            Witness::Rank { node: PeerId(2), at_ns: Time(9), most_bytes: 1, file_bytes: 2 };
        found.violated(Time(9), witness);
        assert_eq!(found.judgement().verdict, Verdict::Violated);
    }
}
