//! The transitions between states, and graph algorithms on them.
//!
//! Transitions that change nothing are not kept: no claim may depend on them. Everything here is
//! iterative, because a path through millions of states overflows a call stack. It knows nothing of
//! models.

use super::store::room;

/// The transitions out of every expanded state (compressed sparse rows).
#[derive(Default)]
pub(super) struct Edges {
    /// Where the transitions of each expanded state end.
    ends: Vec<usize>,
    targets: Vec<u32>,
    classes: Vec<u16>,
}

/// The most classes of actions whose transitions can be kept.
pub(super) const MOST_CLASSES: usize = 1 << 16;

impl Edges {
    #[inline]
    pub(super) fn push(&mut self, from: u32, to: u32, class: u32) {
        if from != to {
            self.targets.push(to);
            self.classes.push(class as u16);
        }
    }

    /// Ends the transitions of the state that is being expanded.
    pub(super) fn close(&mut self) {
        self.ends.push(self.targets.len());
    }

    /// How many states were expanded.
    pub(super) fn expanded(&self) -> usize {
        self.ends.len()
    }

    /// Bytes once there are `more` transitions, and as many states at most.
    pub(super) fn bytes_with(&self, more: usize) -> usize {
        room(&self.ends, more) + room(&self.targets, more) + room(&self.classes, more)
    }

    fn range(&self, from: u32) -> std::ops::Range<usize> {
        let at = from as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        start..self.ends[at]
    }

    /// The successors of an expanded state and the classes that lead there.
    pub(super) fn out(&self, from: u32) -> impl Iterator<Item = (u32, u16)> + '_ {
        let range = self.range(from);
        self.targets[range.clone()].iter().copied().zip(self.classes[range].iter().copied())
    }

    /// The successors of an expanded state.
    pub(super) fn targets(&self, from: u32) -> &[u32] {
        &self.targets[self.range(from)]
    }

    /// Which of `states` states can reach one that is marked; unexpanded states reach themselves.
    pub(super) fn can_reach(&self, mut marked: Vec<bool>) -> Vec<bool> {
        let (starts, sources) = self.reversed(marked.len());
        let mut stack: Vec<u32> =
            (0..marked.len() as u32).filter(|&at| marked[at as usize]).collect();
        while let Some(at) = stack.pop() {
            for &from in &sources[starts[at as usize]..starts[at as usize + 1]] {
                if !marked[from as usize] {
                    marked[from as usize] = true;
                    stack.push(from);
                }
            }
        }
        marked
    }

    /// The same transitions backwards: where each state's predecessors start, and all of them.
    fn reversed(&self, states: usize) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0usize; states + 1];
        for &to in &self.targets {
            starts[to as usize + 1] += 1;
        }
        for at in 0..states {
            starts[at + 1] += starts[at];
        }
        let mut place = starts.clone();
        let mut sources = vec![0u32; self.targets.len()];
        for from in 0..self.expanded() as u32 {
            for &to in self.targets(from) {
                sources[place[to as usize]] = from;
                place[to as usize] += 1;
            }
        }
        (starts, sources)
    }
}

/// Strongly connected components of parts of a graph (Tarjan 1972, with a stack of its own).
pub(super) struct Components<'g> {
    edges: &'g Edges,
    /// When a state was first seen; 0 means not yet. Outside of the part that is being divided all
    /// states are settled, so the search does not enter them.
    seen: Vec<u32>,
    /// The earliest state on the stack that is reachable.
    low: Vec<u32>,
    clock: u32,
}

/// A state that is settled: its component is complete.
const SETTLED: u32 = u32::MAX;

impl<'g> Components<'g> {
    pub(super) fn new(edges: &'g Edges, states: usize) -> Self {
        Components { edges, seen: vec![SETTLED; states], low: vec![0; states], clock: 0 }
    }

    /// Calls `each` with every component of the part of the graph that `nodes` are.
    pub(super) fn of(&mut self, nodes: &[u32], each: &mut dyn FnMut(&[u32])) {
        self.clock = 0;
        for &node in nodes {
            self.seen[node as usize] = 0;
        }
        for &root in nodes {
            if self.seen[root as usize] == 0 {
                self.descend(root, each);
            }
        }
    }

    fn descend(&mut self, root: u32, each: &mut dyn FnMut(&[u32])) {
        // The states on the way, each with the number of its edges already followed.
        let mut way: Vec<(u32, usize)> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        self.enter(root, &mut way, &mut open);
        while let Some(&mut (at, ref mut followed)) = way.last_mut() {
            let targets = self.edges.targets(at);
            if let Some(&to) = targets.get(*followed) {
                *followed += 1;
                match self.seen[to as usize] {
                    0 => self.enter(to, &mut way, &mut open),
                    SETTLED => {}
                    seen => self.low[at as usize] = self.low[at as usize].min(seen),
                }
                continue;
            }
            way.pop();
            let low = self.low[at as usize];
            if let Some(&(above, _)) = way.last() {
                self.low[above as usize] = self.low[above as usize].min(low);
            }
            if low == self.seen[at as usize] {
                let first = open.iter().rposition(|&node| node == at).unwrap_or(0);
                for &node in &open[first..] {
                    self.seen[node as usize] = SETTLED;
                }
                each(&open[first..]);
                open.truncate(first);
            }
        }
    }

    fn enter(&mut self, node: u32, way: &mut Vec<(u32, usize)>, open: &mut Vec<u32>) {
        self.clock += 1;
        self.seen[node as usize] = self.clock;
        self.low[node as usize] = self.clock;
        way.push((node, 0));
        open.push(node);
    }
}
