//! The swarm at the end of a run, and why a peer there has not got the file.
//!
//! The cause comes first: the peer left or never came, no node that is there and serves holds a
//! byte that it lacks, no path leads to one, a barter stalls. That time was up is a reason only
//! where there is no other.

use std::collections::BTreeMap;

use super::cause::Cause;
use super::cut_off::CutOff;
use super::graph::Graph;
use super::holdings::{FileBytes, Holdings, first_missing};
use crate::audit::evidence::balances::Balances;
use crate::audit::evidence::ending::{End, Ending};
use crate::audit::evidence::facts::Facts;
use crate::chunks::PeerId;
use crate::units::{Rate, Supply, Time};

/// The swarm at the end.
pub(super) struct Scene<'f> {
    pub(super) facts: &'f Facts,
    pub(super) ending: Ending<'f>,
    /// By node: there, with an uplink that carries something.
    pub(super) serves: Vec<bool>,
    pub(super) holdings: Holdings<'f>,
    pub(super) graph: Graph,
    /// What the nodes of each group hold.
    within: Vec<FileBytes>,
    /// The holders of a byte, as far as they were asked for.
    holders: BTreeMap<u64, Holders>,
    /// None where the scenario has no barter.
    pub(super) barter: Option<Balances<'f>>,
    /// By group: can a chunk still move within it? None until it is asked.
    pub(super) moves: Vec<Option<bool>>,
    /// Does of any two serving nodes one hold all that the other holds? None until it is asked.
    pub(super) nested: Option<bool>,
    pub(super) cut_off: CutOff<'f>,
}

impl<'f> Scene<'f> {
    /// The scene when `completed` peers have the file.
    pub(super) fn new(facts: &'f Facts, end: End, completed: usize) -> Self {
        let ending = Ending::new(facts, end);
        // An uplink serves that carries something from the end on.
        let carries = |supply: Supply| supply.highest_from(facts.last()) != Rate::ZERO;
        let serves = |node| ending.is_there(node) && facts.uplink(node).is_none_or(carries);
        let serves: Vec<bool> = facts.scenario().nodes().map(serves).collect();
        let graph = Graph::new(facts, &ending, &serves);
        let holdings = Holdings::new(facts);
        let held = |members: &Vec<PeerId>| {
            FileBytes::union(members.iter().map(|&member| holdings.of(member)))
        };
        Scene {
            within: graph.members.iter().map(held).collect(),
            holders: BTreeMap::new(),
            barter: Balances::new(facts).filter(|_| !facts.scenario().discipline().coded),
            moves: vec![None; graph.members.len()],
            nested: None,
            cut_off: CutOff::new(facts, completed),
            facts,
            ending,
            serves,
            holdings,
            graph,
        }
    }

    /// Why a peer has not got the file; None when nothing explains it.
    pub(super) fn cause(&mut self, peer: PeerId) -> Option<Cause> {
        if let Some(at_ns) = self.ending.left(peer) {
            return Some(Cause::Left { at_ns });
        }
        if self.facts.presence(peer).first().is_none() {
            let joins_ns = self.facts.scenario().joins(peer);
            if self.facts.last() < joins_ns {
                return Some(Cause::Later { joins_ns });
            }
            // Where lines may be missing, its join may be.
            return self.facts.is_complete().then_some(Cause::NeverCame { joins_ns });
        }
        let cause = self.out_of_reach(peer).or_else(|| self.apart(peer));
        let cause = cause.or_else(|| self.stalled(peer));
        cause.or_else(|| self.time_is_up(peer))
    }

    /// A byte that the peer lacks and that no node holds to which a path of serving nodes leads.
    fn out_of_reach(&mut self, peer: PeerId) -> Option<Cause> {
        let groups = self.graph.groups(peer);
        let mut sets = vec![self.holdings.settled(peer)];
        sets.extend(groups.iter().filter_map(|&group| self.within.get(group)));
        let at = first_missing(self.facts.scenario().file().file().0, &sets)?;
        let coded = self.facts.scenario().discipline().coded;
        let chunk = (!coded).then(|| self.holdings.chunk(at));
        let holders = self.holders(at);
        let (serving, last) = (holders.serving, holders.last);
        if let Some(holder) = serving {
            let reaches = self.graph.groups(peer).iter();
            let reaches = reaches.filter_map(|&group| self.graph.members.get(group));
            let reaches = reaches.map(Vec::len).sum();
            return Some(Cause::Partition { chunk, reaches, holder });
        }
        if coded && let Some(at_ns) = self.ending.left(PeerId::SOURCE) {
            return Some(Cause::SourceLeft { at_ns });
        }
        let (left_ns, last_holder) = last.unzip();
        Some(Cause::NoHolder { chunk, last_holder, left_ns })
    }

    /// Which nodes hold the byte at `at`.
    pub(super) fn holders(&mut self, at: u64) -> &Holders {
        self.holders.entry(at).or_insert_with(|| {
            let holders = self.holdings.holders(at);
            let mut found = Holders { serving: None, last: None, by_group: BTreeMap::new() };
            for &node in &holders {
                if let Some(group) = self.graph.group(node) {
                    found.serving = found.serving.or(Some(node));
                    found.by_group.entry(group).or_insert(node);
                }
                found.last = found.last.max(self.ending.left(node).map(|left| (left, node)));
            }
            found
        })
    }
}

/// Which nodes hold a byte.
pub(super) struct Holders {
    /// The first that is there and serves.
    pub(super) serving: Option<PeerId>,
    /// The last that left.
    last: Option<(Time, PeerId)>,
    /// The first of each group.
    pub(super) by_group: BTreeMap<usize, PeerId>,
}
