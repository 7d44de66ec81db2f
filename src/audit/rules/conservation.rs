//! Rule `conservation`: every byte that a peer has was sent to it, and without leave to assemble, a
//! chunk copy comes from one sender.
//!
//! Received = useful + duplicate + aborted is true by construction (see `slack`); what can be false
//! is that a peer has the file without having received it (a phantom chunk).

use std::collections::BTreeMap;

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::byte_ranges::ByteRanges;
use crate::audit::evidence::facts::Facts;
use crate::audit::{Judgement, Rule};
use crate::chunks::{ChunkId, PeerId};
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// Every byte that a peer has was sent to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conservation;

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
    /// One chunk copy came from several senders.
    Assembled {
        /// The node.
        node: PeerId,
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
            ConservationWitness::Assembled { node, chunk, from: [one, other] } => write!(
                f,
                "{node} got parts of {chunk} from {one} and {other} and a whole copy from nobody"
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
        (!facts.is_covered(node)).then_some((node, at_ns))
    });
    let Some((node, at_ns)) = phantom else { return Judgement::holds() };
    let coded = facts.scenario().discipline().coded;
    let witness = ConservationWitness::Phantom {
        node,
        at_ns,
        chunk: if coded { None } else { first_lacking(facts, node) },
        arrived_bytes: facts.arrived(node).useful,
        file_bytes: facts.scenario().file().file().0,
    };
    doubt(facts, witness, "the log does not show that all of the file arrived")
}

fn first_lacking(facts: &Facts, node: PeerId) -> Option<ChunkId> {
    // A gap among the first k holdings lies at or before chunk k, so this ends after the first gap.
    let chunks = facts.scenario().file().chunks() as u32;
    (0..chunks).map(ChunkId).find(|&chunk| facts.held(chunk, node).is_none())
}

/// Accuses where the log has no gaps.
fn doubt(facts: &Facts, witness: ConservationWitness, reason: &str) -> Judgement {
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown(reason).with(witness)
    }
}

/// The first chunk that somebody holds and that nobody sent it in whole. A copy that was broken off
/// and begun again at another sender is fine: the other one sent all of it.
fn assembled(facts: &Facts) -> Judgement {
    let same = |a: &Transfer, b: &Transfer| a.chunk == b.chunk && a.to == b.to;
    for group in facts.transfers().chunk_by(same) {
        let Transfer { chunk, to, .. } = group[0];
        let length = facts.scenario().file().length(chunk);
        let delivered = group.iter().filter(|t| t.outcome == Outcome::Delivered);
        if delivered.clone().any(|t| t.bytes == length) || facts.held(chunk, to).is_none() {
            continue;
        }
        let mut covers: BTreeMap<PeerId, ByteRanges> = BTreeMap::new();
        for t in delivered {
            covers
                .entry(t.from)
                .or_insert_with(|| ByteRanges::new(length))
                .insert(t.offset, t.bytes);
        }
        if covers.values().any(ByteRanges::is_full) {
            continue;
        }
        let senders: Vec<PeerId> = covers.into_keys().take(2).collect();
        let [one, other] = senders[..] else { continue };
        let witness = ConservationWitness::Assembled { node: to, chunk, from: [one, other] };
        return doubt(facts, witness, "the log does not show a whole copy from one sender");
    }
    Judgement::holds()
}
