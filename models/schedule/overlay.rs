//! The overlay: which nodes may send to each other.

use crate::models::orbits::ROW_PEERS;

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

    /// Reads `path`, `star` (the source is the hub), `star-leaf` (peer 1 is the hub), `cycle`,
    /// `tree` (binary, the source is the root), `hypercube`, or edges such as `0-1,1-2`.
    ///
    /// # Errors
    /// What is none of these, or does not fit the number of peers.
    pub fn parse(text: &str, peers: usize) -> Result<Self, String> {
        if !(1..=ROW_PEERS).contains(&peers) {
            return Err(format!("{peers} peers; write 1 to {ROW_PEERS}"));
        }
        let chain = || (0..peers).map(|node| (node, node + 1));
        let edges: Vec<(usize, usize)> = match text {
            "path" => chain().collect(),
            "cycle" => chain().chain([(peers, 0)]).collect(),
            "star" => (1..=peers).map(|peer| (0, peer)).collect(),
            "star-leaf" => (0..=peers).filter(|&node| node != 1).map(|node| (1, node)).collect(),
            "tree" => (1..=peers).map(|peer| ((peer - 1) / 2, peer)).collect(),
            "hypercube" if (peers + 1).is_power_of_two() => {
                let bits = (peers + 1).trailing_zeros();
                let nodes = 0..=peers;
                nodes.flat_map(|node| (0..bits).map(move |bit| (node, node ^ 1 << bit))).collect()
            }
            "hypercube" => {
                let message = "a hypercube has 1, 3 or 7 peers beside the source";
                return Err(format!("{peers} peers; {message}"));
            }
            _ => text.split(',').map(edge).collect::<Result<_, _>>()?,
        };
        let mut next_to = vec![0u16; peers + 1];
        for (one, other) in edges {
            if peers < one.max(other) || one == other {
                return Err(format!(
                    "edge {one}-{other}; write two different nodes of 0..={peers}"
                ));
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

fn edge(text: &str) -> Result<(usize, usize), String> {
    let nodes = text.trim().split_once('-').map(|(one, other)| (one.parse(), other.parse()));
    match nodes {
        Some((Ok(one), Ok(other))) => Ok((one, other)),
        _ => Err(format!(
            "{text:?} is no overlay; write path, star, star-leaf, cycle, tree, hypercube or edges \
             such as 0-1,1-2"
        )),
    }
}
