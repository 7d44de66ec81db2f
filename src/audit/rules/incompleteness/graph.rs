//! Which nodes can be reached through nodes that serve, by the connections at the end of a run.
//!
//! Serving nodes that are connected among each other make a group. Without connect events every
//! node reaches every other.

use crate::audit::evidence::connections::connections;
use crate::audit::evidence::ending::Ending;
use crate::audit::evidence::facts::Facts;
use crate::audit::evidence::intervals::Reading;
use crate::audit::evidence::pairs::Pair;
use crate::chunks::PeerId;

/// The groups, and the connections within and between them.
pub(super) struct Graph {
    /// The serving nodes of each group.
    pub(super) members: Vec<Vec<PeerId>>,
    /// The group of each serving node.
    group: Vec<Option<usize>>,
    /// Connections that are open at the end; None where every pair is connected.
    links: Option<Links>,
}

struct Links {
    neighbors: Vec<Vec<PeerId>>,
    /// The groups that a node reaches, itself included.
    reach: Vec<Vec<usize>>,
}

impl Graph {
    pub(super) fn new(facts: &Facts, ending: &Ending<'_>, serves: &[bool]) -> Self {
        let nodes = facts.scenario().nodes();
        let serving: Vec<PeerId> = nodes.filter(|node| serves[node.index()]).collect();
        if !facts.has_connects() {
            let group = serves.iter().map(|&serves| serves.then_some(0)).collect();
            return Graph { members: vec![serving], group, links: None };
        }
        let connected = connections(facts, Reading::Least);
        let open = connected.iter().filter(|(_, spans)| ending.is_open(spans));
        let links: Vec<Pair> = open.map(|(link, _)| link).collect();
        let mut roots: Vec<usize> = (0..serves.len()).collect();
        for &(a, b) in &links {
            if !serves[a.index()] || !serves[b.index()] {
                continue;
            }
            let (a, b) = (root(&mut roots, a.index()), root(&mut roots, b.index()));
            roots[a.max(b)] = a.min(b);
        }
        let mut members: Vec<Vec<PeerId>> = Vec::new();
        let mut group: Vec<Option<usize>> = vec![None; serves.len()];
        for node in serving {
            // The root is the smallest of its group, so it comes first.
            let root = root(&mut roots, node.index());
            let own = *group[root].get_or_insert(members.len());
            group[node.index()] = Some(own);
            if own == members.len() {
                members.push(Vec::new());
            }
            members[own].push(node);
        }
        let links = Links::new(&links, &group);
        Graph { members, group, links: Some(links) }
    }

    /// The groups that `node` reaches, in order.
    pub(super) fn groups(&self, node: PeerId) -> &[usize] {
        self.links.as_ref().map_or(&[0], |links| &links.reach[node.index()])
    }

    /// The group of a node, when it serves.
    pub(super) fn group(&self, node: PeerId) -> Option<usize> {
        self.group[node.index()]
    }

    /// The neighbors of a node, in order; None where every other node is one.
    pub(super) fn neighbors(&self, node: PeerId) -> Option<&[PeerId]> {
        self.links.as_ref().map(|links| links.neighbors[node.index()].as_slice())
    }
}

impl Links {
    fn new(links: &[Pair], group: &[Option<usize>]) -> Self {
        let mut neighbors = vec![Vec::new(); group.len()];
        let mut reach: Vec<Vec<usize>> =
            group.iter().map(|own| own.iter().copied().collect()).collect();
        for &(a, b) in links {
            for (one, other) in [(a, b), (b, a)] {
                neighbors[one.index()].push(other);
                reach[one.index()].extend(group[other.index()]);
            }
        }
        for reach in &mut reach {
            reach.sort_unstable();
            reach.dedup();
        }
        Links { neighbors, reach }
    }
}

/// The root of a node in a forest whose roots are the smallest of their trees.
fn root(roots: &mut [usize], mut node: usize) -> usize {
    while roots[node] != node {
        roots[node] = roots[roots[node]];
        node = roots[node];
    }
    node
}
