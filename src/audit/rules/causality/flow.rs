//! How much can flow from one vertex to another through pipes of given widths (Dinic 1970).
//!
//! It knows neither time nor peers.

use std::collections::VecDeque;

use super::steps::{StepLimit, Steps};

/// A place where pipes meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vertex(u32);

impl Vertex {
    /// Where everything comes from.
    pub(super) const SOURCE: Vertex = Vertex(0);
}

/// Pipes between vertices. A pipe and the way back through it stand side by side.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// The pipes that leave each vertex, the ways back included.
    leaving: Vec<Vec<u32>>,
    to: Vec<u32>,
    width: Vec<u64>,
    /// What still fits.
    free: Vec<u64>,
    /// Pipes whose `free` differs from their width.
    touched: Vec<u32>,
    /// How far each vertex is from the sink, as of which search.
    level: Vec<(u32, u32)>,
    search: u32,
    /// How many of the pipes that leave a vertex lead no further.
    done: Vec<u32>,
}

impl Flow {
    /// A source without pipes.
    pub(super) fn new() -> Self {
        let mut flow = Flow {
            leaving: Vec::new(),
            to: Vec::new(),
            width: Vec::new(),
            free: Vec::new(),
            touched: Vec::new(),
            level: Vec::new(),
            search: 0,
            done: Vec::new(),
        };
        flow.vertex();
        flow
    }

    /// One vertex more.
    pub(super) fn vertex(&mut self) -> Vertex {
        self.leaving.push(Vec::new());
        self.level.push((0, 0));
        self.done.push(0);
        Vertex(self.leaving.len() as u32 - 1)
    }

    /// One vertex more, to which everything flows that is at one of `earlier`.
    pub(super) fn after(&mut self, earlier: &[Vertex]) -> Vertex {
        let next = self.vertex();
        earlier.iter().for_each(|&vertex| self.pipe(vertex, next, u64::MAX));
        next
    }

    /// One pipe more.
    pub(super) fn pipe(&mut self, from: Vertex, to: Vertex, width: u64) {
        for (from, to, width) in [(from, to, width), (to, from, 0)] {
            self.leaving[from.0 as usize].push(self.to.len() as u32);
            self.to.push(to.0);
            self.width.push(width);
            self.free.push(width);
        }
    }

    /// The most that can flow from the source to `sink`, or `wanted` where that is less.
    pub(super) fn most(
        &mut self,
        sink: Vertex,
        wanted: u64,
        steps: &mut Steps,
    ) -> Result<u64, StepLimit> {
        for pipe in std::mem::take(&mut self.touched) {
            self.free[pipe as usize] = self.width[pipe as usize];
        }
        if sink == Vertex::SOURCE {
            return Ok(wanted);
        }
        let mut flown = 0;
        while flown < wanted && self.find_levels(sink, steps)? {
            while flown < wanted {
                match self.push(sink, wanted - flown, steps)? {
                    0 => break,
                    more => flown += more,
                }
            }
        }
        Ok(flown)
    }

    /// How many pipes lie between a vertex and the sink. Says whether the source is within reach.
    fn find_levels(&mut self, sink: Vertex, steps: &mut Steps) -> Result<bool, StepLimit> {
        self.search += 1;
        self.reach(sink.0, 0);
        let mut queue = VecDeque::from([sink.0]);
        while let Some(vertex) = queue.pop_front() {
            let next = self.level[vertex as usize].1 + 1;
            for place in 0..self.leaving[vertex as usize].len() {
                steps.spend()?;
                let pipe = self.leaving[vertex as usize][place];
                // The way towards the sink is the other half of the pipe that leaves it.
                let from = self.to[pipe as usize];
                if self.free[pipe as usize ^ 1] != 0 && self.level_of(from).is_none() {
                    self.reach(from, next);
                    if from == Vertex::SOURCE.0 {
                        return Ok(true);
                    }
                    queue.push_back(from);
                }
            }
        }
        Ok(false)
    }

    fn reach(&mut self, vertex: u32, level: u32) {
        self.level[vertex as usize] = (self.search, level);
        self.done[vertex as usize] = 0;
    }

    fn level_of(&self, vertex: u32) -> Option<u32> {
        let (search, level) = self.level[vertex as usize];
        (search == self.search).then_some(level)
    }

    /// Sends as much as fits along one shortest path; 0 when there is none left.
    fn push(&mut self, sink: Vertex, wanted: u64, steps: &mut Steps) -> Result<u64, StepLimit> {
        let mut path: Vec<u32> = Vec::new();
        let mut at = Vertex::SOURCE.0;
        while at != sink.0 {
            steps.spend()?;
            let Some(&pipe) = self.leaving[at as usize].get(self.done[at as usize] as usize) else {
                // A dead end: what led here leads no further.
                let Some(back) = path.pop() else { return Ok(0) };
                at = self.to[back as usize ^ 1];
                self.done[at as usize] += 1;
                continue;
            };
            let next = self.to[pipe as usize];
            let closer =
                self.level_of(next).is_some_and(|level| Some(level + 1) == self.level_of(at));
            if closer && self.free[pipe as usize] != 0 {
                path.push(pipe);
                at = next;
            } else {
                self.done[at as usize] += 1;
            }
        }
        let fits = path.iter().map(|&pipe| self.free[pipe as usize]).min().unwrap_or(0);
        let fits = fits.min(wanted);
        for pipe in path {
            self.touched.extend([pipe, pipe ^ 1]);
            self.free[pipe as usize] -= fits;
            // The way back from a pipe without limit has none either.
            self.free[pipe as usize ^ 1] = self.free[pipe as usize ^ 1].saturating_add(fits);
        }
        Ok(fits)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The narrowest cut among all sets of vertices that hold the source and not the sink.
    fn narrowest(vertices: u32, pipes: &[(u32, u32, u64)], sink: u32) -> u64 {
        let cuts = (0..1u32 << vertices).filter(|set| set & 1 == 1 && set >> sink & 1 == 0);
        let width = |set: u32| {
            let crosses = |&&(from, to, _): &&(u32, u32, u64)| set >> from & 1 > set >> to & 1;
            pipes.iter().filter(crosses).map(|&(_, _, width)| width).sum::<u64>()
        };
        cuts.map(width).min().unwrap()
    }

    /// The one shortest path takes what two longer ones need, so that it must give it back.
    #[test]
    fn what_flows_the_wrong_way_is_taken_back() {
        let mut flow = Flow::new();
        let source = Vertex::SOURCE;
        let [a, b, c, d, e, f, sink] = std::array::from_fn(|_| flow.vertex());
        let short = [(source, a), (a, b), (b, sink)];
        let long = [(source, c), (c, d), (d, b), (a, e), (e, f), (f, sink)];
        for (from, to) in short.into_iter().chain(long) {
            flow.pipe(from, to, 5);
        }
        let mut steps = Steps(u64::MAX);
        assert_eq!(flow.most(sink, 20, &mut steps), Ok(10));
        assert!(steps.0 < u64::MAX);
        assert_eq!(flow.most(sink, 20, &mut Steps(0)), Err(StepLimit));
        assert_eq!(flow.most(sink, 7, &mut steps), Ok(7));
    }

    proptest! {
        /// Maximum flow is minimum cut, for every sink of one network in turn.
        #[test]
        fn what_can_flow_is_the_narrowest_cut(
            pipes in prop::collection::vec((0u32..6, 0u32..6, 0u64..8), 0..24), wanted in 0u64..40,
        ) {
            let mut flow = Flow::new();
            let vertices: Vec<Vertex> =
                std::iter::once(Vertex::SOURCE).chain((1..6).map(|_| flow.vertex())).collect();
            for &(from, to, width) in &pipes {
                flow.pipe(vertices[from as usize], vertices[to as usize], width);
            }
            for sink in 1..6 {
                let cut = narrowest(6, &pipes, sink);
                let mut steps = Steps(u64::MAX);
                let most = flow.most(vertices[sink as usize], wanted, &mut steps);
                prop_assert_eq!(most, Ok(cut.min(wanted)));
                let taken = u64::MAX - steps.0;
                if taken != 0 {
                    let again = flow.most(vertices[sink as usize], wanted, &mut Steps(taken - 1));
                    prop_assert_eq!(again, Err(StepLimit));
                }
            }
        }
    }
}
