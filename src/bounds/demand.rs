//! What each node holds, wants and can carry: the form in which the theorems over relaxations see a
//! scenario.
//!
//! A peer completes when it holds what it wants. A **full holder** holds everything when it joins;
//! it is one more source, and no receiver.

use super::emitters::whole_chunks;
use super::supply::Supply;
use crate::scenario::Scenario;
use crate::units::{Rate, Time};

/// A set of classes of chunks, one bit each.
pub(super) type Classes = u64;

/// The nodes of a scenario, and whole chunks of one size.
#[derive(Debug)]
pub(super) struct Demand {
    /// c, in bits.
    pub(super) chunk: u128,
    /// How many chunks each class has, for at most 64 classes and at least one. Chunks of one class
    /// are held and wanted by the same nodes.
    pub(super) classes: Vec<u128>,
    /// The source first.
    pub(super) nodes: Vec<Node>,
}

/// What a node holds, wants and can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// From its arrival on.
    pub(super) upload: Supply,
    /// None is unlimited.
    pub(super) download: Option<Rate>,
    pub(super) delay: Time,
    /// What it holds when it joins.
    pub(super) holds: Classes,
    pub(super) wants: Classes,
}

impl Demand {
    /// Every peer starts with nothing and wants everything.
    pub(super) fn of(scenario: &Scenario) -> Demand {
        let (chunk, chunks) = whole_chunks(scenario.file());
        let node = |id| Node {
            upload: Supply {
                rate: scenario.upload(id),
                changes: Vec::new(),
                burst: scenario.burst(id).nanobits(),
                from: scenario.joins(id),
                until: scenario.leaves_at(id),
            },
            download: scenario.download(id),
            delay: scenario.latency_to(id),
            holds: Classes::from(id.is_source()),
            wants: 1,
        };
        Demand { chunk, classes: vec![chunks], nodes: scenario.nodes().map(node).collect() }
    }

    /// The classes of all chunks.
    pub(super) fn all(&self) -> Classes {
        Classes::MAX >> (Classes::BITS as usize - self.classes.len())
    }

    /// Does a node hold everything when it joins?
    pub(super) fn is_full(&self, node: &Node) -> bool {
        node.holds == self.all()
    }

    /// The peers, which are no full holders, with their places in `nodes`.
    pub(super) fn peers(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(|(_, node)| !self.is_full(node))
    }

    /// How many chunks the classes have.
    pub(super) fn chunks(&self, classes: Classes) -> u128 {
        let counts = self.classes.iter().enumerate();
        counts.filter(|(class, _)| classes >> class & 1 == 1).map(|(_, count)| count).sum()
    }

    /// The sets of chunks to which theorems are restricted, all of them first: every union of few
    /// classes, else each class, and what only full holders hold.
    pub(super) fn restrictions(&self) -> Vec<Classes> {
        let all = self.all();
        if self.classes.len() <= FEW_CLASSES {
            return (1..=all).rev().collect();
        }
        let held = self.peers().fold(0, |held, (_, node)| held | node.holds);
        let mut sets = vec![all, all & !held];
        sets.extend((0..self.classes.len()).map(|class| 1 << class));
        sets.retain(|&set| set != 0);
        sets
    }
}

/// Most classes of which every union is looked at.
const FEW_CLASSES: usize = 4;
