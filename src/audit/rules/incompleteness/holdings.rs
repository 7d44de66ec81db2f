//! Which bytes of the file each node holds, as far as it can give them away.
//!
//! Whole chunks, as a rule. Where parts of a chunk may be passed on and put together (`cut_through`
//! with `multi_source`), every byte that was delivered counts. Under coding a node counts when it
//! holds the file: which of the combinations that the others hold are of use is not in the log.

use crate::audit::evidence::facts::Facts;
use crate::chunks::{ChunkId, PeerId};
use crate::scenario::ChunkRanges;
use crate::trace::{Outcome, Transfer};

/// Ranges of bytes of the file, sorted, that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileBytes(Vec<(u64, u64)>);

impl FileBytes {
    /// Of ranges in any order.
    fn new(mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (from, to) in ranges.into_iter().filter(|(from, to)| from < to) {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        FileBytes(merged)
    }

    pub(super) fn union<'a>(sets: impl Iterator<Item = &'a FileBytes>) -> Self {
        FileBytes::new(sets.flat_map(|set| &set.0).copied().collect())
    }

    /// Where the range ends that holds the byte at `at`; None when no range does.
    fn end_of(&self, at: u64) -> Option<u64> {
        let next = self.0.partition_point(|&(from, _)| from <= at);
        let &(_, to) = self.0.get(next.checked_sub(1)?)?;
        (at < to).then_some(to)
    }

    /// The first byte that is here and not in `other`. It looks at no more ranges than the shorter
    /// of the two has, and one more.
    pub(super) fn beyond(&self, other: &FileBytes) -> Option<u64> {
        let mut at = self.0.first()?.0;
        loop {
            let Some(end) = other.end_of(at) else { return Some(at) };
            let next = self.0.partition_point(|&(_, to)| to <= end);
            at = self.0.get(next)?.0.max(end);
        }
    }

    /// How many bytes.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }
}

/// The first byte before `length` that none of the sets holds.
pub(super) fn first_missing(length: u64, sets: &[&FileBytes]) -> Option<u64> {
    let mut at = 0;
    while let Some(end) = sets.iter().filter_map(|set| set.end_of(at)).max() {
        at = end;
    }
    (at < length).then_some(at)
}

/// What every node holds.
pub(super) struct Holdings<'f> {
    facts: &'f Facts,
    by_node: Vec<FileBytes>,
    /// By node: what it need not get, which it holds or does not want; None where that is what it
    /// holds.
    settled: Option<Vec<FileBytes>>,
}

impl<'f> Holdings<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        let scenario = facts.scenario();
        let whole = (0, scenario.file().file().0);
        let mut ranges = vec![Vec::new(); scenario.peer_count() + 1];
        ranges[PeerId::SOURCE.index()].push(whole);
        let discipline = scenario.discipline();
        if discipline.coded {
            let done = scenario.peers().filter(|&(peer, _)| facts.finish(peer).is_some());
            done.for_each(|(peer, _)| ranges[peer.index()].push(whole));
        } else if discipline.cut_through && discipline.multi_source {
            for t in facts.transfers().iter().filter(|t| t.outcome == Outcome::Delivered) {
                ranges[t.to.index()].push(range(facts, t));
            }
        } else {
            for held in facts.holdings() {
                let from = begin(facts, held.chunk);
                let to = from.saturating_add(scenario.file().length(held.chunk).0);
                ranges[held.node.index()].push((from, to));
            }
        }
        for (peer, at_start) in scenario.peers() {
            ranges[peer.index()].extend(bytes_of(facts, &at_start.holds));
        }
        let by_node: Vec<FileBytes> = ranges.into_iter().map(FileBytes::new).collect();
        let wants_a_part = scenario.peers().any(|(_, peer)| peer.wants.is_some());
        let settled = wants_a_part.then(|| settled(facts, &by_node));
        Holdings { facts, by_node, settled }
    }

    /// What a node need not get: it holds it, or does not want it.
    pub(super) fn settled(&self, node: PeerId) -> &FileBytes {
        &self.settled.as_ref().unwrap_or(&self.by_node)[node.index()]
    }

    /// What a node holds.
    pub(super) fn of(&self, node: PeerId) -> &FileBytes {
        &self.by_node[node.index()]
    }

    /// The first byte that `one` holds, and `other` lacks and wants.
    pub(super) fn beyond(&self, one: PeerId, other: PeerId) -> Option<u64> {
        self.of(one).beyond(self.settled(other))
    }

    /// Does a node hold the byte at `at`?
    pub(super) fn holds(&self, node: PeerId, at: u64) -> bool {
        self.of(node).end_of(at).is_some()
    }

    /// The first byte of a chunk that a node needs and does not hold.
    pub(super) fn lacks(&self, node: PeerId, chunk: ChunkId) -> Option<u64> {
        let from = begin(self.facts, chunk);
        let to = from.saturating_add(self.facts.scenario().file().length(chunk).0);
        let at = self.settled(node).end_of(from).unwrap_or(from);
        (at < to).then_some(at)
    }

    /// The chunk of a byte.
    pub(super) fn chunk(&self, at: u64) -> ChunkId {
        ChunkId((at / self.facts.scenario().file().chunk().0) as u32)
    }

    /// Every node that holds the byte at `at`, the source first.
    pub(super) fn holders(&self, at: u64) -> Vec<PeerId> {
        let chunk = self.chunk(at);
        let discipline = self.facts.scenario().discipline();
        let nodes = self.facts.scenario().nodes();
        let mut holders: Vec<PeerId> =
            nodes.filter(|&node| self.facts.holds_at_start(chunk, node)).collect();
        if discipline.coded {
            holders.extend(self.facts.scenario().peers().map(|(peer, _)| peer));
        } else if discipline.cut_through && discipline.multi_source {
            let transfers = self.facts.transfers();
            let of = &transfers[transfers.partition_point(|t| t.chunk < chunk)..];
            holders.extend(of.iter().take_while(|t| t.chunk == chunk).map(|t| t.to));
        } else {
            let held = self.facts.holdings();
            let of = &held[held.partition_point(|held| held.chunk < chunk)..];
            holders.extend(of.iter().take_while(|held| held.chunk == chunk).map(|held| held.node));
        }
        holders.sort_unstable();
        holders.dedup();
        holders.retain(|&node| self.of(node).end_of(at).is_some());
        holders
    }
}

/// Where a chunk begins in the file.
fn begin(facts: &Facts, chunk: ChunkId) -> u64 {
    u64::from(chunk.0).saturating_mul(facts.scenario().file().chunk().0)
}

/// Where the bytes of some chunks stand in the file.
fn bytes_of(facts: &Facts, chunks: &ChunkRanges) -> Vec<(u64, u64)> {
    let length = facts.scenario().file().file().0;
    let place = |chunk: u32| begin(facts, ChunkId(chunk)).min(length);
    chunks.ranges().iter().map(|range| (place(range.start), place(range.end))).collect()
}

/// What each node holds or does not want.
fn settled(facts: &Facts, by_node: &[FileBytes]) -> Vec<FileBytes> {
    let scenario = facts.scenario();
    let chunks = scenario.file().chunks();
    let settled = |(held, node): (&FileBytes, PeerId)| {
        let wants = scenario.peer(node).and_then(|peer| peer.wants.as_ref());
        let Some(wants) = wants else { return held.clone() };
        let unwanted = FileBytes::new(bytes_of(facts, &wants.complement(chunks)));
        FileBytes::union([held, &unwanted].into_iter())
    };
    by_node.iter().zip(scenario.nodes()).map(settled).collect()
}

/// Where the bytes of a transfer stand in the file.
fn range(facts: &Facts, t: &Transfer) -> (u64, u64) {
    let from = begin(facts, t.chunk).saturating_add(t.offset.0);
    (from, from.saturating_add(t.bytes.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENGTH: u64 = 40;

    fn ranges() -> impl Strategy<Value = Vec<(u64, u64)>> {
        let range = (0..LENGTH, 0u64..8).prop_map(|(from, span)| (from, (from + span).min(LENGTH)));
        prop::collection::vec(range, 0..8)
    }

    fn flags(ranges: &[(u64, u64)]) -> Vec<bool> {
        (0..LENGTH).map(|at| ranges.iter().any(|&(from, to)| from <= at && at < to)).collect()
    }

    proptest! {
        /// Against one flag for every byte.
        #[test]
        fn bytes_are_compared_as_one_by_one(one in ranges(), other in ranges(), third in ranges()) {
            let (a, b, c) = (flags(&one), flags(&other), flags(&third));
            let sets = [one, other, third].map(FileBytes::new);
            let first = |is: &dyn Fn(usize) -> bool| {
                (0..LENGTH).find(|&at| is(at as usize))
            };
            prop_assert_eq!(sets[0].beyond(&sets[1]), first(&|at| a[at] && !b[at]));
            let [x, y, z] = &sets;
            let missing = first(&|at| !a[at] && !b[at] && !c[at]);
            prop_assert_eq!(first_missing(LENGTH, &[x, y, z]), missing);
            let union = FileBytes::union(sets.iter());
            prop_assert_eq!(first_missing(LENGTH, &[&union]), missing);
            let count = (0..LENGTH as usize).filter(|&at| a[at] || b[at] || c[at]).count();
            prop_assert_eq!(union.count(), count as u64);
        }
    }
}
