//! The balances of a barter: how many whole chunks each node gave to each other, and when.
//!
//! Only where the scenario's choker is strict barter or credit. Only whole chunks that were
//! delivered count.

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Choker;
use crate::trace::{Outcome, Transfer};
use crate::units::{Rate, Time};

/// Who gave whole chunks to whom, and when.
pub(in crate::audit) struct Balances<'a> {
    facts: &'a Facts,
    credit: u64,
    /// (from, to) -> when each copy was whole, in order.
    given: BTreeMap<(PeerId, PeerId), Vec<Time>>,
}

impl<'a> Balances<'a> {
    /// The balances of a trace; None where nobody barters.
    pub(in crate::audit) fn new(facts: &'a Facts) -> Option<Self> {
        let credit = match facts.scenario().parts().protocol.as_ref()?.choker {
            Choker::StrictBarter => 1,
            Choker::Credit(chunks) => u64::from(chunks),
            Choker::TitForTat | Choker::RoundRobin => return None,
        };
        let mut given: BTreeMap<(PeerId, PeerId), Vec<Time>> = BTreeMap::new();
        let same = |a: &Transfer, b: &Transfer| a.chunk == b.chunk && a.to == b.to;
        for group in facts.transfers().chunk_by(same) {
            copies(facts, group, &mut given);
        }
        given.values_mut().for_each(|times| times.sort_unstable());
        Some(Balances { facts, credit, given })
    }

    /// How far ahead of `to` its givers may be. Without an uplink nobody can swap.
    pub(in crate::audit) fn allowed(&self, to: PeerId) -> u64 {
        let scenario = self.facts.scenario();
        let chunks = scenario.file().chunks() as u32;
        let shortest = scenario.file().length(ChunkId(chunks - 1));
        let never = scenario.upload(to) == Rate::ZERO && scenario.burst(to) < shortest;
        if self.is_strict() && never { 0 } else { self.credit }
    }

    /// Is every chunk given only for another at once?
    pub(in crate::audit) fn is_strict(&self) -> bool {
        let protocol = self.facts.scenario().parts().protocol.as_ref();
        protocol.is_some_and(|protocol| protocol.choker == Choker::StrictBarter)
    }

    /// May `from` still give to `to`, which has nothing to give in return? Never in a strict
    /// barter, and on credit until it is used up.
    pub(in crate::audit) fn lends(&self, from: PeerId, to: PeerId) -> bool {
        let given = self.by((from, to), Time::MAX);
        !self.is_strict() && given < self.by((to, from), Time::MAX) + self.credit
    }

    /// Every pair of a giver and a receiver, with the instants at which a copy was whole, in order.
    pub(in crate::audit) fn pairs(&self) -> impl Iterator<Item = ((PeerId, PeerId), &[Time])> {
        self.given.iter().map(|(&pair, times)| (pair, times.as_slice()))
    }

    /// How many whole copies had moved by `time`.
    pub(in crate::audit) fn by(&self, pair: (PeerId, PeerId), time: Time) -> u64 {
        self.given.get(&pair).map_or(0, |times| times.partition_point(|&at| at <= time) as u64)
    }
}

/// The copies of one chunk at one receiver: a sender has given one copy more whenever its delivered
/// bytes make another length of the chunk. Transfers come in the order of their ends.
fn copies(facts: &Facts, group: &[Transfer], given: &mut BTreeMap<(PeerId, PeerId), Vec<Time>>) {
    let Transfer { chunk, to, .. } = group[0];
    let length = facts.scenario().file().length(chunk).0;
    let mut rest: BTreeMap<PeerId, u64> = BTreeMap::new();
    for t in group.iter().filter(|t| t.outcome == Outcome::Delivered) {
        let rest = rest.entry(t.from).or_default();
        // A transfer is no longer than its chunk, so it completes one copy at most.
        *rest += t.bytes.0;
        if length <= *rest {
            *rest -= length;
            given.entry((t.from, to)).or_default().push(t.end);
        }
    }
}
