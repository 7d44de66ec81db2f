//! Rule `conservation`: every byte that a peer has was sent to it, and without leave to assemble, a
//! chunk copy comes from one sender.
//!
//! Received = useful + duplicate + aborted is true by construction (see `slack`); what can be false
//! is that a peer has the file without having received it (a phantom chunk).

use std::collections::BTreeMap;

use super::cover::Cover;
use super::facts::Facts;
use super::witness::Witness;
use super::{Judgement, Rule};
use crate::chunks::{ChunkId, PeerId};
use crate::trace::{Outcome, Transfer};

/// Every byte that a peer has was sent to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conservation;

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
    let witness = Witness::Phantom {
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
fn doubt(facts: &Facts, witness: Witness, reason: &str) -> Judgement {
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
        let mut covers: BTreeMap<PeerId, Cover> = BTreeMap::new();
        for t in delivered {
            covers.entry(t.from).or_insert_with(|| Cover::new(length)).insert(t.offset, t.bytes);
        }
        if covers.values().any(Cover::is_full) {
            continue;
        }
        let senders: Vec<PeerId> = covers.into_keys().take(2).collect();
        let [one, other] = senders[..] else { continue };
        let witness = Witness::Assembled { node: to, chunk, from: [one, other] };
        return doubt(facts, witness, "the log does not show a whole copy from one sender");
    }
    Judgement::holds()
}
