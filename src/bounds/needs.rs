//! How much the first k receivers to complete must be sent at least, whichever they are.

use crate::scenario::{ChunkRanges, Scenario};

/// What receivers need, in bits.
pub(super) enum Needs {
    /// All of them the whole file.
    File(u128),
    /// Each its own part.
    Parts {
        /// The sum of the k smallest needs stands at k.
        sums: Vec<u128>,
        /// What each wants of the chunks that only the source holds, in ascending order.
        exclusive: Vec<u128>,
    },
}

impl Needs {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let file = scenario.file();
        if scenario.starts_empty() {
            return Needs::File(file.file().bits());
        }
        let mut needs: Vec<u128> =
            scenario.receivers().map(|(id, _)| scenario.needed_bytes(id).bits()).collect();
        needs.sort_unstable();
        let mut sums = vec![0];
        for need in needs {
            sums.push(sums[sums.len() - 1] + need);
        }
        let held = scenario.peers().flat_map(|(_, peer)| peer.holds.ranges().iter().cloned());
        let held = ChunkRanges::new(held);
        let only_source = held.complement(file.chunks());
        let mut exclusive: Vec<u128> = scenario
            .receivers()
            .map(|(_, peer)| match &peer.wants {
                None => only_source.bytes(file).bits(),
                Some(wants) => {
                    let rest = wants.complement(file.chunks()).union(&held);
                    rest.complement(file.chunks()).bytes(file).bits()
                }
            })
            .collect();
        exclusive.sort_unstable();
        Needs::Parts { sums, exclusive }
    }

    /// What `k` receivers need together at least.
    pub(super) fn of(&self, k: usize) -> u128 {
        match self {
            Needs::File(bits) => k as u128 * bits,
            Needs::Parts { sums, .. } => sums[k],
        }
    }

    /// What one of any `k` receivers wants at least of the chunks that only the source holds.
    pub(super) fn exclusive(&self, k: usize) -> u128 {
        match self {
            Needs::File(bits) => *bits,
            Needs::Parts { exclusive, .. } => exclusive[k - 1],
        }
    }
}

/// How a term is written: where every peer starts with nothing and wants everything, and where not.
pub(super) struct Formula {
    pub(super) empty: &'static str,
    pub(super) needs: &'static str,
}

impl Formula {
    pub(super) fn of(&self, scenario: &Scenario) -> &'static str {
        if scenario.starts_empty() { self.empty } else { self.needs }
    }
}
