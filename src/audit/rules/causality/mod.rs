//! Rule `causality`: a node sends only what it holds, and everything stems from the source.
//!
//! "It had received the chunk before" is not enough: two peers could feed each other a chunk that
//! the source never sent. So holdings are derived outward from the source, chunk by chunk, in the
//! order of time (Dijkstra's order): a transfer counts once its sender is known to hold what it
//! sends, and a sender that is never reached held nothing. That is a least fixpoint, so it is well
//! founded even where transfers take no time at all.
//!
//! Where two clocks may differ by a tolerance, a derived time is the latest of everything that led
//! to it, so that the tolerance does not add up along a path: true times never go backwards.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::witness::Moved;
use crate::audit::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

mod coded;
mod cut_through;
mod flow;
mod senders;
mod steps;
mod store_and_forward;

use steps::Steps;

/// A node sends only what it holds, and everything stems from the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Causality;

/// What the log shows of a sender that did not hold what it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// It got it later.
    Later,
    /// It got it from nodes that cannot have had it either.
    Circle,
    /// It never got all of it.
    Nothing,
}

/// Bytes that cannot have been sent, or have arrived, so soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CausalityWitness {
    /// A node sent what it did not have.
    Acausal {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// Since when the sender has all that it sent; None is never.
        held_ns: Option<Time>,
        /// What the log shows instead.
        shows: Shows,
    },
    /// Under coding: a node sent before it had received enough bytes.
    TooFew {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// How many bytes it must have received to send.
        needs_bytes: u64,
        /// Since when it had received that many; None is never.
        held_ns: Option<Time>,
        /// What the log shows instead.
        shows: Shows,
    },
    /// Under coding: fewer bytes of the file can have come from the source than it has.
    Rank {
        /// The peer that claims to have the file.
        node: PeerId,
        /// When it claims that.
        at_ns: Time,
        /// How many bytes that tell something new can have come by then.
        most_bytes: u64,
        /// The total.
        file_bytes: u64,
    },
    /// Bytes were faster than the latency.
    TooQuick {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// The one-way delay to the receiver.
        latency_ns: Time,
    },
}

impl fmt::Display for CausalityWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CausalityWitness::Acausal { transfer, held_ns, shows } => {
                write!(f, "{transfer}, but {} ", transfer.from)?;
                match (shows, held_ns) {
                    (Shows::Later, Some(held)) => write!(f, "had it only from {held} on"),
                    (Shows::Later, None) => f.write_str("had it only later"),
                    (Shows::Circle, _) => {
                        f.write_str("had it only from nodes that cannot have had it before")
                    }
                    (Shows::Nothing, _) => f.write_str("never got all of it"),
                }
            }
            CausalityWitness::TooFew { transfer, needs_bytes, held_ns, shows } => {
                write!(f, "{transfer}, but {} ", transfer.from)?;
                let enough = format!("received the {needs_bytes} B that it takes to send");
                match (shows, held_ns) {
                    (Shows::Later, Some(held)) => write!(f, "had {enough} only from {held} on"),
                    (Shows::Later, None) => write!(f, "had {enough} only later"),
                    (Shows::Circle, _) => {
                        write!(f, "{enough} only from nodes that cannot have had them before")
                    }
                    (Shows::Nothing, _) => write!(f, "never {enough}"),
                }
            }
            CausalityWitness::Rank { node, at_ns, most_bytes, file_bytes } => write!(
                f,
                "{node} says at {at_ns} that it has the file, but no more than {most_bytes} of its \
                 {file_bytes} B can have come from the source by then"
            ),
            CausalityWitness::TooQuick { transfer, latency_ns } => {
                write!(f, "{transfer}, which is less than the latency of {latency_ns}")
            }
        }
    }
}

impl Rule for Causality {
    fn finish(&self, facts: &Facts) -> Judgement {
        judge(facts, Found::new(facts))
    }
}

fn judge(facts: &Facts, mut found: Found) -> Judgement {
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
        if !discipline.cut_through {
            store_and_forward::judge(facts, at..end, &mut found);
        } else if cut_through::judge(facts, &transfers[at..end], &mut found).is_err() {
            found.undecided(format_args!("all parts of {chunk} stem from the source in time"));
            break;
        }
        at = end;
    }
    found.judgement()
}

/// The earliest violation, the earliest gap, and the first question that was not decided.
struct Found {
    violated: Option<(Time, CausalityWitness)>,
    unknown: Option<(Time, CausalityWitness)>,
    undecided: Option<String>,
    /// For the parts of chunks that are followed from peer to peer.
    steps: Steps,
}

/// How many parts of chunks may be followed in any log, and for each transfer of it: about a
/// second. Logs whose relays repeat the parts that they get stay far below.
const PARTS: (u64, u64) = (1 << 20, 64);

impl Found {
    fn new(facts: &Facts) -> Self {
        let transfers = facts.transfers().len() as u64;
        let steps = Steps(PARTS.0.saturating_add(PARTS.1.saturating_mul(transfers)));
        Found { violated: None, unknown: None, undecided: None, steps }
    }

    fn violated(&mut self, at: Time, witness: CausalityWitness) {
        if self.violated.as_ref().is_none_or(|&(first, _)| at < first) {
            self.violated = Some((at, witness));
        }
    }

    fn unknown(&mut self, at: Time, witness: CausalityWitness) {
        if self.unknown.as_ref().is_none_or(|&(first, _)| at < first) {
            self.unknown = Some((at, witness));
        }
    }

    /// A sender held what it sent only `now`, by what the log shows. Where the log may have gaps,
    /// an earlier arrival may be one of them.
    fn later(&mut self, facts: &Facts, t: &Transfer, now: Time) {
        let (held_ns, shows) = (Some(now), Shows::Later);
        self.offer(
            facts,
            t.start,
            CausalityWitness::Acausal { transfer: t.into(), held_ns, shows },
        );
    }

    /// Nothing in the log shows how a sender got what it sent.
    fn missing(&mut self, facts: &Facts, t: &Transfer, shows: Shows) {
        self.offer(
            facts,
            t.start,
            CausalityWitness::Acausal { transfer: t.into(), held_ns: None, shows },
        );
    }

    /// The step limit was reached before `question` was decided.
    fn undecided(&mut self, question: impl fmt::Display) {
        if self.undecided.is_none() {
            let reason = format!("the log is too long to find out whether {question}");
            self.undecided = Some(reason);
        }
    }

    /// Accuses, or only doubts where the log may have gaps.
    fn offer(&mut self, facts: &Facts, at: Time, witness: CausalityWitness) {
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
            (None, None) => self.undecided.map_or_else(Judgement::holds, Judgement::unknown),
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
            found.violated(t.start, CausalityWitness::TooQuick { transfer: t.into(), latency_ns });
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
    use crate::audit::tests::Run;
    use crate::audit::{Ledger, Verdict};

    #[test]
    fn what_was_not_found_out_is_unknown_unless_something_is_wrong_anyway() {
        let undecided = || {
            let steps = Steps(0);
            let mut found = Found { violated: None, unknown: None, undecided: None, steps };
            found.undecided("it rains");
            found.undecided("it snows");
            found
        };
        let unknown = undecided().judgement();
        assert_eq!(unknown.verdict, Verdict::Unknown);
        let reason = unknown.reason.unwrap();
        assert_eq!(reason, "the log is too long to find out whether it rains");
        let mut found = undecided();
        let witness = CausalityWitness::Rank {
            node: PeerId(2),
            at_ns: Time(9),
            most_bytes: 1,
            file_bytes: 2,
        };
        found.violated(Time(9), witness);
        assert_eq!(found.judgement().verdict, Verdict::Violated);
    }

    /// The source's transfer is a step, and so is each of the two that pass it on.
    #[test]
    fn parts_beyond_the_step_limit_are_left_undecided() {
        let run = Run::new(3, 1).with(|parts| parts.discipline.cut_through = true);
        let trace = run.send(0, 1, 0, 0..100).send(1, 2, 0, 0..100).send(1, 3, 0, 0..100).trace();
        let mut ledger = Ledger::new(trace.header);
        trace.events.iter().for_each(|event| ledger.event(event));
        let facts = Facts::new(ledger);
        let limited = |steps| judge(&facts, Found { steps: Steps(steps), ..Found::new(&facts) });
        assert_eq!(limited(3).verdict, Verdict::Holds);
        let unknown = limited(2);
        assert_eq!(unknown.verdict, Verdict::Unknown);
        let reason = unknown.reason.unwrap();
        assert!(reason.ends_with("all parts of chunk 0 stem from the source in time"), "{reason}");
    }
}
