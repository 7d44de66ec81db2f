//! Coding: which combination of bytes a transfer carries is not in the log.
//!
//! Two things are judged. A node that has received fewer bytes than the smallest chunk has sends
//! nothing, unless `cut_through` lets it ([`Spread`]). And a peer completes only when F bytes can
//! have come to it from the source: the cut theorem with ranks (theory 6.2) for every cut of nodes
//! and times at once. That is a maximum flow through the transfers, each a pipe of its bytes from
//! the sender at the time at which they leave to the receiver at the time at which they arrive
//! (Ahlswede, Cai, Li and Yeung 2000: what a network code can bring to all receivers at once is
//! just what a flow can bring to each alone).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::CausalityWitness;
use super::flow::{Flow, Vertex};
use super::steps::{StepLimit, Steps};
use super::{Facts, Found, Shows, first_byte, last_byte, with_tolerance};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// How many steps along a pipe the search for flows may take: about a second.
const STEPS: u64 = 1 << 26;

/// Judges all transfers of a coded swarm.
pub(super) fn judge(facts: &Facts, found: &mut Found) {
    Spread::new(facts).judge(found);
    completed(facts, found);
}

/// How many bytes a node must have received before it sends: one with `cut_through`, else those of
/// the smallest chunk, since a combination of chunks is as long as a chunk. The bound `warm_up`
/// assumes the same.
fn needs(facts: &Facts) -> u64 {
    let scenario = facts.scenario();
    if scenario.discipline().cut_through { 1 } else { scenario.file().smallest().0 }
}

/// Which nodes have received enough to send, outward from the source in the order of time.
///
/// Bytes are counted as if each told something new. Where every sender has received that many, so
/// counted, from such senders, each of them can really know that much: a cut between the source and
/// a node that is narrower than `needs` would separate a sender from it, too.
struct Spread<'a> {
    facts: &'a Facts,
    needs: u64,
    /// By node: bytes received from nodes that could send.
    got: Vec<u64>,
    /// By node: since when it has received enough.
    since: Vec<Option<Time>>,
    /// Bytes to come: when they can count, to which node, and how many.
    queue: BinaryHeap<Reverse<(Time, PeerId, u64)>>,
}

impl<'a> Spread<'a> {
    fn new(facts: &'a Facts) -> Self {
        let nodes = facts.scenario().peer_count() + 1;
        let (got, since) = (vec![0; nodes], vec![None; nodes]);
        Spread { facts, needs: needs(facts), got, since, queue: BinaryHeap::new() }
    }

    fn judge(mut self, found: &mut Found) {
        let scenario = self.facts.scenario();
        for node in scenario.nodes().filter(|&node| scenario.is_full_holder(node)) {
            self.begins(node, Time::ZERO, found);
        }
        self.run(found);
        let mut order: Vec<&Transfer> = self.facts.transfers().iter().collect();
        order.sort_by_key(|t| t.start);
        for t in order {
            if self.since[t.from.index()].is_none() {
                let shows = if self.is_shown(t.from) { Shows::Circle } else { Shows::Nothing };
                self.accuse(t, None, shows, found);
                // With gaps it is a doubt, and the sender is believed for what follows.
                self.begins(t.from, Time::ZERO, found);
                self.run(found);
            }
        }
    }

    /// Takes arrivals in the order in which they can count.
    fn run(&mut self, found: &mut Found) {
        while let Some(Reverse((now, node, bytes))) = self.queue.pop() {
            if self.since[node.index()].is_some() {
                continue;
            }
            // Saturated, it is still enough.
            let got = self.got[node.index()].saturating_add(bytes);
            self.got[node.index()] = got;
            if self.needs <= got {
                self.begins(node, now, found);
            }
        }
    }

    /// A node has received enough since `now`: everything that it sent is judged.
    fn begins(&mut self, node: PeerId, now: Time, found: &mut Found) {
        self.since[node.index()] = Some(now);
        for t in self.facts.sent_by(node) {
            if with_tolerance(self.facts, t.start) < now {
                self.accuse(t, Some(now), Shows::Later, found);
            } else if is_pipe(self.facts, t) {
                for (arrival, bytes) in arrivals(self.facts, t) {
                    self.queue.push(Reverse((arrival.max(now), t.to, bytes)));
                }
            }
        }
    }

    /// Does the log show that a node received enough, from whatever senders?
    fn is_shown(&self, node: PeerId) -> bool {
        let bytes =
            self.facts.received_by(node).filter(|t| is_pipe(self.facts, t)).map(|t| t.bytes.0);
        self.needs <= bytes.fold(0, u64::saturating_add)
    }

    fn accuse(&self, t: &Transfer, held_ns: Option<Time>, shows: Shows, found: &mut Found) {
        let (transfer, needs_bytes) = (t.into(), self.needs);
        let witness = CausalityWitness::TooFew { transfer, needs_bytes, held_ns, shows };
        found.offer(self.facts, t.start, witness);
    }
}

/// Does a transfer bring anything? A node that passes on what it is getting cannot know that the
/// rest will not come, so with `cut_through` an aborted one does.
fn is_pipe(facts: &Facts, t: &Transfer) -> bool {
    let is_whole = t.outcome == Outcome::Delivered;
    (is_whole || facts.scenario().discipline().cut_through) && t.bytes.0 != 0
}

/// May the bytes of a transfer be of use one by one? Its last one only comes at its end.
fn byte_by_byte(facts: &Facts) -> bool {
    facts.scenario().discipline().cut_through || !facts.is_exact()
}

/// When something of a transfer can be of use to its receiver at the earliest.
fn arrives(facts: &Facts, t: &Transfer) -> Time {
    if byte_by_byte(facts) { first_byte(facts, t) } else { t.end }
}

/// How many bytes of a transfer can be of use from when on.
fn arrivals(facts: &Facts, t: &Transfer) -> Vec<(Time, u64)> {
    match t.bytes.0 {
        bytes @ 2.. if byte_by_byte(facts) && t.outcome == Outcome::Delivered => {
            vec![(first_byte(facts, t), bytes - 1), (t.end, 1)]
        }
        1 if t.outcome == Outcome::Delivered => vec![(t.end, 1)],
        bytes => vec![(arrives(facts, t), bytes)],
    }
}

/// When something that a transfer carries can have come to its sender at the latest.
fn leaves(facts: &Facts, t: &Transfer) -> Time {
    let late = facts.scenario().discipline().cut_through;
    if late { last_byte(facts, t) } else { t.start }
}

/// No peer completes with fewer than F bytes that stem from the source.
fn completed(facts: &Facts, found: &mut Found) {
    let mut claims: Vec<(Time, PeerId)> = facts
        .scenario()
        .receivers()
        .filter_map(|(node, _)| Some((facts.claim(node)?, node)))
        .collect();
    claims.sort_unstable();
    let (mut flow, sinks) = pipes(facts, &claims);
    let file_bytes = facts.scenario().file().file().0;
    let mut steps = Steps(STEPS);
    for (&(at_ns, node), &sink) in claims.iter().zip(&sinks) {
        match flow.most(sink, file_bytes, &mut steps) {
            // From now on it is as good as the source.
            Ok(most_bytes) if most_bytes == file_bytes => {
                flow.pipe(Vertex::SOURCE, sink, file_bytes)
            }
            Ok(most_bytes) => {
                let witness = CausalityWitness::Rank { node, at_ns, most_bytes, file_bytes };
                return found.offer(facts, at_ns, witness);
            }
            Err(StepLimit) => {
                let question = format_args!("all of the file can have come to {node} by {at_ns}");
                return found.undecided(question);
            }
        }
    }
}

/// What happens at a node, in the order in which it counts at one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    /// Bytes of a transfer arrive: which pipe.
    Arrives(usize),
    /// A transfer leaves.
    Leaves(usize),
    /// The node claims to be complete.
    Completes(usize),
}

/// The network of all transfers, and where each claim stands in it. A node is a chain of vertices,
/// a new one whenever something arrives after something has left. What an aborted transfer brings
/// may be passed on and is not kept: it goes to a vertex beside the chain, from which the node then
/// sends.
fn pipes(facts: &Facts, claims: &[(Time, PeerId)]) -> (Flow, Vec<Vertex>) {
    let is_full = |node| facts.scenario().is_full_holder(node);
    let mut acts: Vec<(PeerId, Time, Act)> = Vec::new();
    let mut widths = Vec::new();
    let mut is_kept = Vec::new();
    for t in facts.transfers().iter().filter(|t| is_pipe(facts, t) && !is_full(t.to)) {
        let departure = with_tolerance(facts, leaves(facts, t));
        for (arrival, width) in arrivals(facts, t) {
            acts.push((t.from, departure, Act::Leaves(widths.len())));
            acts.push((t.to, arrival, Act::Arrives(widths.len())));
            widths.push(width);
            is_kept.push(t.outcome == Outcome::Delivered);
        }
    }
    for (at, &(claimed, node)) in claims.iter().enumerate() {
        acts.push((node, with_tolerance(facts, claimed), Act::Completes(at)));
    }
    acts.sort_unstable();
    let mut flow = Flow::new();
    let mut from = vec![Vertex::SOURCE; widths.len()];
    let mut to = from.clone();
    let mut sinks = vec![Vertex::SOURCE; claims.len()];
    for node in acts.chunk_by(|a, b| a.0 == b.0).filter(|acts| !is_full(acts[0].0)) {
        let mut kept = flow.vertex();
        let mut passed_on = kept;
        let mut has_left = false;
        for &(_, _, act) in node {
            if has_left && matches!(act, Act::Arrives(_)) {
                let next = flow.after(&[kept]);
                passed_on = if passed_on == kept { next } else { flow.after(&[passed_on, next]) };
                (kept, has_left) = (next, false);
            }
            match act {
                Act::Arrives(at) if is_kept[at] => to[at] = kept,
                Act::Arrives(at) => {
                    if passed_on == kept {
                        passed_on = flow.after(&[kept]);
                    }
                    to[at] = passed_on;
                }
                Act::Leaves(at) => (from[at], has_left) = (passed_on, true),
                Act::Completes(at) => (sinks[at], has_left) = (kept, true),
            }
        }
    }
    for (at, &width) in widths.iter().enumerate() {
        flow.pipe(from[at], to[at], width);
    }
    (flow, sinks)
}
