//! The barter of a leecher: what it gave to a peer is never far ahead of what it got back.
//!
//! Judged where the scenario's choker is strict barter (at most 1 chunk ahead, since a swap ends at
//! two instants, and none to whoever can never give a chunk back) or credit (Ganesan and Seshadri
//! 2005, theory 4b: |net| <= s). Only whole chunks that
//! were delivered count, on both sides: an engine that grants a chunk only while it has granted
//! fewer than the credit above what it got back is never further ahead in deliveries, whatever is
//! in flight. The source and seeders give freely.

use std::collections::BTreeMap;

use super::Judgement;
use super::facts::{Facts, with_tolerance};
use super::witness::Witness;
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::Choker;
use crate::trace::{Outcome, Transfer};
use crate::units::{Rate, Time};

/// Who gave whole chunks to whom, and when.
pub(super) struct Barter<'a> {
    facts: &'a Facts,
    allowed: u64,
    /// (from, to) -> when each copy was whole, in order.
    given: BTreeMap<(PeerId, PeerId), Vec<Time>>,
}

impl<'a> Barter<'a> {
    /// The balances of a trace; None where nobody barters.
    pub(super) fn new(facts: &'a Facts) -> Option<Self> {
        let allowed = match facts.scenario().parts().protocol.as_ref()?.choker {
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
        Some(Barter { facts, allowed, given })
    }

    /// The first leecher that is further ahead than it may be.
    pub(super) fn judge(&self) -> Judgement {
        let mut first: Option<(Time, Witness)> = None;
        for (&(from, to), times) in &self.given {
            if from.is_source() {
                continue;
            }
            let finish = self.facts.finish(from).unwrap_or(Time::MAX);
            // At the instant of its completion a leecher is a seeder already, by either's clock.
            let leeches = |&(_, &time): &(usize, &Time)| with_tolerance(self.facts, time) < finish;
            for (at, &at_ns) in times.iter().enumerate().take_while(leeches) {
                let given = at as u64 + 1;
                let back = self.by((to, from), with_tolerance(self.facts, at_ns));
                let is_first = first.as_ref().is_none_or(|&(time, _)| at_ns < time);
                let allowed = self.allowed(to);
                if back + allowed < given && is_first {
                    let witness = Witness::Credit { from, to, at_ns, given, back, allowed };
                    first = Some((at_ns, witness));
                }
            }
        }
        match first {
            None => Judgement::holds(),
            Some((_, witness)) if self.facts.is_complete() => Judgement::violated(witness),
            Some((_, witness)) => {
                Judgement::unknown("the log may lack what came back").with(witness)
            }
        }
    }

    /// How far ahead of `to` its givers may be. Without an uplink nobody can swap.
    fn allowed(&self, to: PeerId) -> u64 {
        let scenario = self.facts.scenario();
        let chunks = scenario.file().chunks() as u32;
        let shortest = scenario.file().length(ChunkId(chunks - 1));
        let never = scenario.upload(to) == Rate::ZERO && scenario.burst(to) < shortest;
        if self.is_strict() && never { 0 } else { self.allowed }
    }

    fn is_strict(&self) -> bool {
        let protocol = self.facts.scenario().parts().protocol.as_ref();
        protocol.is_some_and(|protocol| protocol.choker == Choker::StrictBarter)
    }

    /// May `from` still give to `to`, which has nothing to give in return? Never in a strict
    /// barter, and on credit until it is used up.
    pub(super) fn lends(&self, from: PeerId, to: PeerId) -> bool {
        let given = self.by((from, to), Time::MAX);
        !self.is_strict() && given < self.by((to, from), Time::MAX) + self.allowed
    }

    /// How many whole copies had moved by `time`.
    fn by(&self, pair: (PeerId, PeerId), time: Time) -> u64 {
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
