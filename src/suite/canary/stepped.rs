//! A simulator in synchronous steps: in each step every node that can sends one chunk. Its rule can
//! be broken in the ways in which such simulators have been wrong.
//!
//! A step lasts as long as the slowest link needs for a chunk, so that every link can carry one.
//! There are no neighbors, no chokers and no barter: the log has no such events.

use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::scenario::{Leaves, Scenario, SourceLeaves};
use crate::suite::subject::{Failure, Subject};
use crate::trace::{Event, Evidence, Outcome, Transfer};
use crate::units::{Bytes, Rate, Time};

/// What happens in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepLaw {
    /// A chunk is held at the end of the step in which it is sent.
    Lawful,
    /// A chunk is held at once: a node that is processed later forwards it in the same step.
    SameStepRelay,
    /// Two chunks are sent and one is charged.
    TwoForOne,
}

/// The simulator, with its law.
#[derive(Clone, Copy, Debug)]
pub(super) struct SteppedSimulator(pub(super) StepLaw);

/// Everything that changes from step to step.
struct StepState<'a> {
    scenario: &'a Scenario,
    law: StepLaw,
    have: Vec<ChunkSet>,
    /// What each node wants and did not hold when it joined.
    needs: Vec<ChunkSet>,
    gone: Vec<Option<Time>>,
    complete: Vec<bool>,
    joined: Vec<bool>,
    left: Vec<bool>,
    /// Bits that the source has sent.
    emitted: u128,
}

impl Subject for SteppedSimulator {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        let Some(span) = step(scenario) else {
            return Err(Failure::new("too slow", "a step does not fit the clock"));
        };
        let mut state = StepState::new(scenario, self.0);
        let mut start = Time::ZERO;
        loop {
            let end = start.checked_add(span).unwrap_or(Time::MAX);
            if scenario.parts().until < end {
                state.cut_off(record);
                break;
            }
            state.arrive(end, record);
            let sent = state.send(start, end);
            let idle = sent.is_empty();
            for transfer in sent {
                record(Event::Transfer(transfer));
                state.receive(&transfer, record);
            }
            state.part(end, record);
            let next = if idle { state.next_change(start) } else { Some(end) };
            match next {
                Some(next) if !state.is_over() => start = next,
                _ => break,
            }
        }
        Ok(Evidence::default())
    }
}

/// Length of a step: what the slowest link needs for a chunk, plus the longest latency; None on
/// overflow of the clock.
fn step(scenario: &Scenario) -> Option<Time> {
    let chunk = scenario.file().length(ChunkId(0)).nanobits();
    let uploads = scenario.nodes().map(|node| scenario.upload(node));
    let downloads = scenario.nodes().filter_map(|node| scenario.download(node));
    let slowest = uploads.chain(downloads).filter(|&rate| rate != Rate::ZERO).min()?;
    let latency = scenario.nodes().map(|node| scenario.latency_to(node)).max()?;
    slowest.time_for(chunk)?.checked_add(latency)
}

impl<'a> StepState<'a> {
    fn new(scenario: &'a Scenario, law: StepLaw) -> Self {
        let nodes = scenario.peer_count() + 1;
        let chunks = scenario.file().chunks();
        let mut have = vec![ChunkSet::empty(chunks); nodes];
        have[0] = ChunkSet::full(chunks);
        for (peer, at_start) in scenario.peers() {
            have[peer.index()] = at_start.holds.to_set(chunks);
        }
        StepState {
            scenario,
            law,
            have,
            gone: scenario.nodes().map(|node| scenario.leaves_at(node)).collect(),
            needs: scenario.nodes().map(|node| scenario.needs(node).to_set(chunks)).collect(),
            complete: scenario.nodes().map(|node| scenario.needs_nothing(node)).collect(),
            joined: vec![false; nodes],
            left: vec![false; nodes],
            emitted: 0,
        }
    }

    fn is_there(&self, node: PeerId, start: Time, end: Time) -> bool {
        self.scenario.joins(node) <= start && self.gone[node.index()].is_none_or(|at| end <= at)
    }

    /// Records the nodes that join before `end`.
    fn arrive(&mut self, end: Time, record: &mut dyn FnMut(Event)) {
        for node in self.scenario.nodes() {
            let at = self.scenario.joins(node);
            if at < end && !self.joined[node.index()] {
                self.joined[node.index()] = true;
                record(Event::Join { at, node });
            }
        }
    }

    /// Records the nodes that have left by `end`.
    fn part(&mut self, end: Time, record: &mut dyn FnMut(Event)) {
        for node in self.scenario.nodes() {
            if let Some(at) = self.gone[node.index()].filter(|&at| at <= end)
                && self.joined[node.index()]
                && !self.left[node.index()]
            {
                self.left[node.index()] = true;
                record(Event::Leave { at, node });
            }
        }
    }

    /// Every node that can sends one chunk; no node receives two.
    fn send(&mut self, start: Time, end: Time) -> Vec<Transfer> {
        let mut sent = Vec::new();
        let mut busy = vec![false; self.have.len()];
        let most = if self.law == StepLaw::TwoForOne { 2 } else { 1 };
        let nodes: Vec<PeerId> = self.scenario.nodes().collect();
        for &from in &nodes {
            let serves = self.scenario.upload(from) != Rate::ZERO;
            if !serves || !self.is_there(from, start, end) {
                continue;
            }
            let mut left = most;
            for &to in &nodes {
                let takes = !to.is_source() && to != from && !busy[to.index()];
                if left == 0 || !takes || !self.is_there(to, start, end) {
                    continue;
                }
                let Some(chunk) = self.useful(from, to) else { continue };
                let bytes = self.scenario.file().length(chunk);
                let outcome = Outcome::Delivered;
                sent.push(Transfer {
                    from,
                    to,
                    chunk,
                    start,
                    end,
                    offset: Bytes(0),
                    bytes,
                    outcome,
                });
                if self.law == StepLaw::SameStepRelay {
                    self.have[to.index()].insert(chunk);
                }
                busy[to.index()] = true;
                left -= 1;
            }
        }
        sent
    }

    /// The rarest chunk that `from` has and `to` needs and lacks.
    fn useful(&self, from: PeerId, to: PeerId) -> Option<ChunkId> {
        let fitting = self.have[from.index()].iter();
        let fitting = fitting.filter(|&chunk| {
            self.needs[to.index()].contains(chunk) && !self.have[to.index()].contains(chunk)
        });
        fitting.min_by_key(|&chunk| self.have.iter().filter(|have| have.contains(chunk)).count())
    }

    fn receive(&mut self, t: &Transfer, record: &mut dyn FnMut(Event)) {
        let (at, node) = (t.end, t.to);
        self.have[node.index()].insert(t.chunk);
        if t.from.is_source() {
            self.emit(t);
        }
        let done = self.needs[node.index()].is_subset(&self.have[node.index()]);
        if done && !self.complete[node.index()] {
            self.complete[node.index()] = true;
            record(Event::Complete { at, node });
            if let Some(Leaves::AfterCompletion(span)) = self.scenario.peer(node).map(|p| p.leaves)
            {
                self.gone[node.index()] = at.checked_add(span);
            }
        }
    }

    fn emit(&mut self, t: &Transfer) {
        self.emitted += t.bytes.bits();
        if let SourceLeaves::AfterCopies(copies) = self.scenario.source().leaves
            && self.scenario.file().file().bits() * u128::from(copies) <= self.emitted
        {
            self.gone[0] = Some(t.end);
        }
    }

    /// Time of the next arrival after `now`: the next step starts there if nothing can be sent.
    fn next_change(&self, now: Time) -> Option<Time> {
        self.scenario.nodes().map(|node| self.scenario.joins(node)).filter(|&at| now < at).min()
    }

    fn is_over(&self) -> bool {
        let done = |node: PeerId| self.complete[node.index()] || self.left[node.index()];
        self.scenario.peers().all(|(node, _)| done(node))
    }

    /// Ends the run: every node leaves.
    fn cut_off(&mut self, record: &mut dyn FnMut(Event)) {
        let until = self.scenario.parts().until;
        self.arrive(until, record);
        for node in self.scenario.nodes() {
            if self.joined[node.index()] && !self.left[node.index()] {
                self.left[node.index()] = true;
                let at = self.gone[node.index()].map_or(until, |at| at.min(until));
                record(Event::Leave { at, node });
            }
        }
    }
}
