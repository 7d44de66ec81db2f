//! Coding: which combination of bytes a transfer carries is not in the log.
//!
//! Two things are judged. Whoever has received nothing from anybody who had something cannot send.
//! And nobody completes before F bytes can have come to it from the source: the cut theorem with
//! ranks (theory 6.2) for every cut of nodes and times at once. That is a maximum flow through the
//! transfers, each a pipe of its bytes from the sender at the time at which they leave to the
//! receiver at the time at which they arrive (Ahlswede, Cai, Li and Yeung 2000: what a network code
//! can bring to everybody at once is just what a flow can bring to each alone).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::CausalityWitness;
use super::flow::{Flow, StepLimit, Vertex};
use super::{Facts, Found, Shows, first_byte, last_byte, with_tolerance};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// How many steps along a pipe the search for flows may take: some seconds.
const STEPS: u64 = 1 << 30;

/// Judges all transfers of a coded swarm.
pub(super) fn judge(facts: &Facts, found: &mut Found) {
    begun(facts, found);
    completed(facts, found);
}

/// Nobody sends who has got nothing.
fn begun(facts: &Facts, found: &mut Found) {
    let mut since: Vec<Option<Time>> = vec![None; facts.scenario().peer_count() + 1];
    spread(facts, PeerId::SOURCE, &mut since, found);
    let mut order: Vec<&Transfer> = facts.transfers().iter().collect();
    order.sort_by_key(|t| t.start);
    for t in order {
        if since[t.from.index()].is_none() {
            let got = facts.arrived(t.from).bytes != 0;
            found.missing(facts, t, if got { Shows::Circle } else { Shows::Nothing });
            spread(facts, t.from, &mut since, found);
        }
    }
}

/// Everybody who has something because `origin` has had something from the start.
fn spread(facts: &Facts, origin: PeerId, since: &mut [Option<Time>], found: &mut Found) {
    let mut queue = BinaryHeap::from([Reverse((Time::ZERO, origin))]);
    while let Some(Reverse((now, node))) = queue.pop() {
        if since[node.index()].is_some() {
            continue;
        }
        since[node.index()] = Some(now);
        for t in facts.sent_by(node) {
            if with_tolerance(facts, t.start) < now {
                found.later(facts, t, now);
            } else if is_pipe(facts, t) {
                queue.push(Reverse((arrives(facts, t).max(now), t.to)));
            }
        }
    }
}

/// Does a transfer bring anything? Whoever passes on what it is getting cannot know that the rest
/// will not come.
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

/// Nobody completes with fewer than F bytes that stem from the source.
fn completed(facts: &Facts, found: &mut Found) {
    let mut claims: Vec<(Time, PeerId)> =
        facts.scenario().peers().filter_map(|(node, _)| Some((facts.claim(node)?, node))).collect();
    claims.sort_unstable();
    let (mut flow, sinks) = pipes(facts, &claims);
    let file_bytes = facts.scenario().file().file().0;
    let mut steps = STEPS;
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
            Err(StepLimit) => return found.undecided(at_ns, node),
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
/// a new one whenever something arrives after something has left.
fn pipes(facts: &Facts, claims: &[(Time, PeerId)]) -> (Flow, Vec<Vertex>) {
    let mut acts: Vec<(PeerId, Time, Act)> = Vec::new();
    let mut widths = Vec::new();
    for t in facts.transfers().iter().filter(|t| is_pipe(facts, t) && !t.to.is_source()) {
        let departure = with_tolerance(facts, leaves(facts, t));
        for (arrival, width) in arrivals(facts, t) {
            acts.push((t.from, departure, Act::Leaves(widths.len())));
            acts.push((t.to, arrival, Act::Arrives(widths.len())));
            widths.push(width);
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
    for node in acts.chunk_by(|a, b| a.0 == b.0).filter(|acts| !acts[0].0.is_source()) {
        let mut here = flow.vertex();
        let mut has_left = false;
        for &(_, _, act) in node {
            if has_left && matches!(act, Act::Arrives(_)) {
                let next = flow.vertex();
                flow.pipe(here, next, u64::MAX);
                (here, has_left) = (next, false);
            }
            match act {
                Act::Arrives(at) => to[at] = here,
                Act::Leaves(at) => (from[at], has_left) = (here, true),
                Act::Completes(at) => (sinks[at], has_left) = (here, true),
            }
        }
    }
    for (at, &width) in widths.iter().enumerate() {
        flow.pipe(from[at], to[at], width);
    }
    (flow, sinks)
}
