//! The overlay: which nodes may send to each other.

use std::fmt;
use std::str::FromStr;

use crate::models::error::{WorldError, within};
use crate::models::orbits::ROW_PEERS;
use crate::models::words::NoValue;

/// What an overlay looks like, whatever the number of peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// From the source to the last peer.
    Path,
    /// A path whose ends are next to each other.
    Cycle,
    /// The source is the hub.
    Star,
    /// Peer 1 is the hub.
    StarLeaf,
    /// Binary, the source is the root.
    Tree,
    /// Of 2, 4 or 8 nodes.
    Hypercube,
    /// Pairs of nodes that are next to each other.
    Edges(Vec<(usize, usize)>),
}

/// The shapes that have a name.
const NAMED: [(&str, Shape); 6] = [
    ("path", Shape::Path),
    ("cycle", Shape::Cycle),
    ("star", Shape::Star),
    ("star-leaf", Shape::StarLeaf),
    ("tree", Shape::Tree),
    ("hypercube", Shape::Hypercube),
];

impl FromStr for Shape {
    type Err = NoValue;

    /// A name, or edges such as `0-1,1-2`.
    fn from_str(text: &str) -> Result<Self, NoValue> {
        let named = NAMED.into_iter().find(|(name, _)| *name == text);
        match named {
            Some((_, shape)) => Ok(shape),
            None => text.split(',').map(edge).collect::<Option<_>>().map(Shape::Edges).ok_or(
                NoValue::Form(
                    "path, star, star-leaf, cycle, tree, hypercube or edges such as 0-1,1-2",
                ),
            ),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape::Edges(edges) = self else {
            let name = NAMED.iter().find(|(_, shape)| shape == self).map_or("", |(name, _)| name);
            return f.write_str(name);
        };
        for (at, (one, other)) in edges.iter().enumerate() {
            write!(f, "{}{one}-{other}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// An undirected graph over the source (node 0) and the peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// For each node, the nodes next to it, one bit each.
    next_to: Vec<u16>,
}

impl Overlay {
    /// The complete graph.
    pub fn complete(peers: usize) -> Self {
        let nodes = 0..=peers;
        Overlay { next_to: nodes.map(|node| ((2u16 << peers) - 1) & !(1 << node)).collect() }
    }

    /// The graph of a shape over so many peers.
    ///
    /// # Errors
    /// More peers than a state can hold, or a shape that does not fit them.
    pub fn new(shape: &Shape, peers: usize) -> Result<Self, WorldError> {
        within("peers", peers, 1..=ROW_PEERS)?;
        let chain = || (0..peers).map(|node| (node, node + 1));
        let edges: Vec<(usize, usize)> = match shape {
            Shape::Path => chain().collect(),
            Shape::Cycle => chain().chain([(peers, 0)]).collect(),
            Shape::Star => (1..=peers).map(|peer| (0, peer)).collect(),
            Shape::StarLeaf => {
                (0..=peers).filter(|&node| node != 1).map(|node| (1, node)).collect()
            }
            Shape::Tree => (1..=peers).map(|peer| ((peer - 1) / 2, peer)).collect(),
            Shape::Hypercube if (peers + 1).is_power_of_two() => {
                let bits = (peers + 1).trailing_zeros();
                let nodes = 0..=peers;
                nodes.flat_map(|node| (0..bits).map(move |bit| (node, node ^ 1 << bit))).collect()
            }
            Shape::Hypercube => return Err(WorldError::Hypercube { peers }),
            Shape::Edges(edges) => edges.clone(),
        };
        let mut next_to = vec![0u16; peers + 1];
        for (one, other) in edges {
            if peers < one.max(other) || one == other {
                return Err(WorldError::Edge { one, other, peers });
            }
            next_to[one] |= 1 << other;
            next_to[other] |= 1 << one;
        }
        Ok(Overlay { next_to })
    }

    /// Whether two nodes are next to each other.
    pub fn joins(&self, one: usize, other: usize) -> bool {
        self.next_to[one] >> other & 1 == 1
    }

    /// Whether swapping two peers leaves the graph the same.
    pub(super) fn interchangeable(&self, one: usize, other: usize) -> bool {
        let but = |node: usize| self.next_to[node] & !(1 << one | 1 << other);
        but(one) == but(other)
    }
}

fn edge(text: &str) -> Option<(usize, usize)> {
    let (one, other) = text.trim().split_once('-')?;
    Some((one.parse().ok()?, other.parse().ok()?))
}
