//! Rule `conservation`: a peer that says that it has the file was sent every byte of it, and holds
//! every chunk: without `multi_source`, one sender sent it all of the chunk by then.
//!
//! Received = useful + duplicate + aborted is true by construction (see `slack`); what can be false
//! is that a peer has the file without having received it. Parts of a chunk from several senders
//! that no claim follows are lawful: a copy may be broken off and begun again at another sender.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::audit::evidence::byte_ranges::ByteRanges;
use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::{Judgement, Rule};
use crate::chunks::{ChunkId, PeerId};
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// Every byte that a peer has was sent to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Conservation;

/// Bytes that a peer cannot have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConservationWitness {
    /// A peer says that it has the file, and bytes never arrived.
    Phantom {
        /// The node.
        node: PeerId,
        /// When it claims that.
        at_ns: Time,
        /// The first chunk that lacks bytes.
        chunk: Option<ChunkId>,
        /// How many bytes of the file arrived.
        arrived_bytes: u64,
        /// The total.
        file_bytes: u64,
    },
    /// A peer says that it has the file, and of one chunk it had only parts of several senders.
    Assembled {
        /// The node.
        node: PeerId,
        /// When it claims that.
        at_ns: Time,
        /// The chunk.
        chunk: ChunkId,
        /// Two of the senders.
        from: [PeerId; 2],
    },
}

impl fmt::Display for ConservationWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConservationWitness::Phantom { node, at_ns, chunk, arrived_bytes, file_bytes } => {
                write!(f, "{node} says at {at_ns} that it has the file, but ")?;
                if let Some(chunk) = chunk {
                    write!(f, "never got all of {chunk}: ")?;
                }
                write!(f, "{arrived_bytes} of {file_bytes} B arrived")
            }
            ConservationWitness::Assembled { node, at_ns, chunk, from: [one, other] } => write!(
                f,
                "{node} says at {at_ns} that it has the file, but of {chunk} it had only parts \
                 from {one} and {other}, and a whole copy from no sender"
            ),
        }
    }
}

impl Rule for Conservation {
    fn finish(&self, facts: &Facts) -> Judgement {
        let discipline = facts.scenario().discipline();
        let mut judgement = phantoms(facts);
        if !discipline.multi_source && !discipline.coded {
            judgement = judgement.or(assembled(facts));
        }
        judgement
    }
}

/// The first peer that claims a file of which bytes never arrived.
fn phantoms(facts: &Facts) -> Judgement {
    let phantom = facts.scenario().peers().find_map(|(node, _)| {
        let at_ns = facts.claim(node)?;
        (facts.arrived(node).useful < facts.needs(node)).then_some((node, at_ns))
    });
    let Some((node, at_ns)) = phantom else { return Judgement::holds() };
    let coded = facts.scenario().discipline().coded;
    let witness = ConservationWitness::Phantom {
        node,
        at_ns,
        chunk: if coded { None } else { first_lacking(facts, node) },
        arrived_bytes: facts.arrived(node).useful,
        file_bytes: facts.needs(node),
    };
    doubt(facts, witness, "the log does not show that all of the file arrived")
}

fn first_lacking(facts: &Facts, node: PeerId) -> Option<ChunkId> {
    // A gap among the first k holdings lies at or before chunk k, so this ends after the first gap.
    let chunks = facts.scenario().file().chunks() as u32;
    let wanted = (0..chunks).map(ChunkId).filter(|&chunk| facts.scenario().wants(node, chunk));
    wanted.into_iter().find(|&chunk| facts.held(chunk, node).is_none())
}

/// Accuses where the log has no gaps.
fn doubt(facts: &Facts, witness: ConservationWitness, reason: &str) -> Judgement {
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown(reason).with(witness)
    }
}

/// The first chunk of which a peer had every byte when it claimed the file, or ever since, though
/// it did not hold it: no one sender had sent all of it. A later copy excuses nothing.
fn assembled(facts: &Facts) -> Judgement {
    let mut start = 0;
    for group in facts.transfers().chunk_by(|a, b| (a.chunk, a.to) == (b.chunk, b.to)) {
        let range = start..start + group.len();
        start = range.end;
        let Transfer { chunk, to, .. } = group[0];
        let wanted = facts.scenario().wants(to, chunk);
        let Some(at_ns) = facts.claim(to).filter(|_| wanted) else { continue };
        let by = match facts.held(chunk, to) {
            Some(held) if held <= with_tolerance(facts, at_ns) => continue,
            Some(_) => with_tolerance(facts, at_ns),
            None => Time::MAX,
        };
        let mut cover = ByteRanges::new(facts.scenario().file().length(chunk));
        let mut senders = BTreeSet::new();
        for t in group.iter().filter(|t| t.outcome == Outcome::Delivered && t.end <= by) {
            cover.insert(t.offset, t.bytes);
            senders.insert(t.from);
        }
        if !cover.is_full() || facts.earliest_held(range).is_some_and(|held| held <= by) {
            continue;
        }
        let [one, other] = senders.into_iter().take(2).collect::<Vec<_>>()[..] else { continue };
        let from = [one, other];
        let witness = ConservationWitness::Assembled { node: to, at_ns, chunk, from };
        return doubt(facts, witness, "the log does not show a whole copy from one sender");
    }
    Judgement::holds()
}
