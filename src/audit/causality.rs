//! Rule `causality`: nobody sends what it does not hold, and everything stems from the source.
//!
//! "It had received the chunk before" is not enough: two peers could feed each other a chunk that
//! the source never sent. So holdings are derived outward from the source, chunk by chunk, in the
//! order of time (Dijkstra's order): a transfer counts once its sender is known to hold what it
//! sends, and what is never reached was held by nobody. That is a least fixpoint, so it is well
//! founded even where transfers take no time at all.
//!
//! Where two clocks may differ by a tolerance, a derived time is the latest of everything that led
//! to it, so that the tolerance does not add up along a path: true times never go backwards.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

use super::cover::Cover;
use super::facts::{Facts, with_tolerance};
use super::witness::{Shows, Witness};
use super::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// Nobody sends what it does not hold, and everything stems from the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Causality;

impl Rule for Causality {
    fn finish(&self, facts: &Facts) -> Judgement {
        let mut found = Found::default();
        too_quick(facts, &mut found);
        if facts.scenario().discipline().coded {
            coded(facts, &mut found);
        } else {
            let transfers = facts.transfers();
            let mut at = 0;
            while at < transfers.len() {
                let chunk = transfers[at].chunk;
                let end = at + transfers[at..].partition_point(|t| t.chunk == chunk);
                Spread::new(facts, at..end).judge(&mut found);
                at = end;
            }
        }
        found.judgement()
    }
}

/// The earliest violation, and the earliest gap.
#[derive(Default)]
struct Found {
    violated: Option<(Time, Witness)>,
    unknown: Option<(Time, Witness)>,
}

impl Found {
    fn violated(&mut self, at: Time, witness: Witness) {
        if self.violated.as_ref().is_none_or(|&(first, _)| at < first) {
            self.violated = Some((at, witness));
        }
    }

    fn unknown(&mut self, at: Time, witness: Witness) {
        if self.unknown.as_ref().is_none_or(|&(first, _)| at < first) {
            self.unknown = Some((at, witness));
        }
    }

    /// Accuses, or only doubts where the log may have gaps.
    fn missing(&mut self, facts: &Facts, t: &Transfer, shows: Shows) {
        let witness = Witness::Acausal { transfer: t.into(), held_ns: None, shows };
        if facts.is_complete() {
            self.violated(t.start, witness);
        } else {
            self.unknown(t.start, witness);
        }
    }

    fn judgement(self) -> Judgement {
        match (self.violated, self.unknown) {
            (Some((_, witness)), _) => Judgement::violated(witness),
            (None, Some((_, witness))) => {
                Judgement::unknown("the log does not show how a sender got what it sent")
                    .with(witness)
            }
            (None, None) => Judgement::holds(),
        }
    }
}

/// With exact stamps a first byte cannot arrive before the latency has passed.
fn too_quick(facts: &Facts, found: &mut Found) {
    if !facts.is_exact() {
        return;
    }
    for t in facts.transfers().iter().filter(|t| t.outcome == Outcome::Delivered) {
        let latency_ns = facts.scenario().latency_to(t.to);
        if t.end.since(t.start) < latency_ns {
            found.violated(t.start, Witness::TooQuick { transfer: t.into(), latency_ns });
        }
    }
}

/// How one chunk spread from the source.
struct Spread<'a> {
    facts: &'a Facts,
    /// The transfers of the chunk are `facts.transfers()[first..]`, sorted by receiver.
    first: usize,
    transfers: &'a [Transfer],
    nodes: Vec<Node>,
    /// Positions sorted by sender, then start; a node's are `nodes[..].sends`.
    sends: Vec<u32>,
    settled: Vec<bool>,
    /// Arrivals to come: when they can count, and which transfer.
    queue: BinaryHeap<Reverse<(Time, u32)>>,
}

/// A node that sends or receives the chunk.
struct Node {
    id: PeerId,
    cover: Cover,
    sends: Range<usize>,
    /// Under cut-through: transfers that wait for the byte under which they stand here.
    waiting: BTreeMap<u64, Vec<u32>>,
}

impl<'a> Spread<'a> {
    fn new(facts: &'a Facts, range: Range<usize>) -> Self {
        let transfers = &facts.transfers()[range.clone()];
        let length = facts.scenario().file().length(transfers[0].chunk);
        let mut sends: Vec<u32> = (0..transfers.len() as u32).collect();
        sends.sort_unstable_by_key(|&at| {
            let t = &transfers[at as usize];
            (t.from, t.start, at)
        });
        let mut ids: Vec<PeerId> = transfers.iter().map(|t| t.to).collect();
        ids.dedup();
        ids.extend(
            sends
                .chunk_by(|&a, &b| transfers[a as usize].from == transfers[b as usize].from)
                .map(|group| transfers[group[0] as usize].from),
        );
        ids.sort_unstable();
        ids.dedup();
        let mut from = 0;
        let nodes = ids
            .into_iter()
            .map(|id| {
                let sent =
                    sends[from..].iter().take_while(|&&at| transfers[at as usize].from == id);
                let start = from;
                from += sent.count();
                let cover = Cover::new(length);
                Node { id, cover, sends: start..from, waiting: BTreeMap::new() }
            })
            .collect();
        Spread {
            facts,
            first: range.start,
            transfers,
            nodes,
            sends,
            settled: vec![false; transfers.len()],
            queue: BinaryHeap::new(),
        }
    }

    fn judge(mut self, found: &mut Found) {
        if self.facts.scenario().discipline().cut_through {
            self.begun(found);
            self.wait();
        }
        if let Ok(source) = self.node(PeerId::SOURCE) {
            self.holds(source, Time::ZERO, found);
        }
        self.run(found);
        self.doubt(found);
    }

    fn node(&self, id: PeerId) -> Result<usize, usize> {
        self.nodes.binary_search_by_key(&id, |node| node.id)
    }

    fn is_cut_through(&self) -> bool {
        self.facts.scenario().discipline().cut_through
    }

    /// Takes arrivals in the order in which they can count.
    fn run(&mut self, found: &mut Found) {
        while let Some(Reverse((now, at))) = self.queue.pop() {
            let t = &self.transfers[at as usize];
            let Ok(to) = self.node(t.to) else { continue };
            let node = &mut self.nodes[to];
            let was_full = node.cover.is_full();
            if node.cover.insert(t.offset, t.bytes) == 0 || was_full {
                continue;
            }
            if self.is_cut_through() {
                self.wake(to, t.offset.0..t.offset.0 + t.bytes.0, now, found);
            } else if self.nodes[to].cover.is_full() {
                self.holds(to, now, found);
            }
        }
    }

    /// `node` holds the chunk since `now`: everything that it sent is judged.
    fn holds(&mut self, node: usize, now: Time, found: &mut Found) {
        for place in self.nodes[node].sends.clone() {
            self.settle(self.sends[place], now, found);
        }
    }

    /// The sender of a transfer holds what it sends since `now`. A transfer that started before
    /// that violates, and proves nothing about its receiver.
    fn settle(&mut self, at: u32, now: Time, found: &mut Found) {
        if std::mem::replace(&mut self.settled[at as usize], true) {
            return;
        }
        let t = &self.transfers[at as usize];
        // Whoever cuts through needs the last byte by the time at which it passes it on.
        let needed = if !self.is_cut_through() {
            t.start
        } else if self.facts.is_exact() {
            self.facts.departure(t)
        } else {
            t.end
        };
        if with_tolerance(self.facts, needed) < now {
            let (held_ns, shows) = (Some(now), Shows::Later);
            found.violated(t.start, Witness::Acausal { transfer: t.into(), held_ns, shows });
        } else if t.outcome == Outcome::Delivered {
            let arrival = self.facts.arrival(self.first + at as usize);
            self.queue.push(Reverse((arrival.max(now), at)));
        }
    }

    /// What is left was never derived from the source. With complete evidence that is a violation.
    /// With gaps it is a doubt, and the sender is believed for what follows: first those of whom
    /// the log never shows the whole chunk, then whoever only got it in a circle.
    fn doubt(&mut self, found: &mut Found) {
        let chunk = self.transfers[0].chunk;
        for shows in [Shows::Nothing, Shows::Circle] {
            let mut order: Vec<u32> =
                (0..self.transfers.len() as u32).filter(|&at| !self.settled[at as usize]).collect();
            order.sort_unstable_by_key(|&at| (self.transfers[at as usize].start, at));
            for at in order {
                let t = &self.transfers[at as usize];
                let is_shown = self.facts.held(chunk, t.from).is_some();
                if self.settled[at as usize] || (shows == Shows::Nothing && is_shown) {
                    continue;
                }
                found.missing(self.facts, t, shows);
                if self.facts.is_complete() {
                    self.settled[at as usize] = true;
                    continue;
                }
                if let Ok(sender) = self.node(t.from) {
                    self.holds(sender, Time::ZERO, found);
                }
                self.run(found);
            }
        }
    }
}

/// Cut-through: a node may pass on what it is still receiving.
impl Spread<'_> {
    /// Lets every transfer wait for the first of its bytes.
    fn wait(&mut self) {
        for node in &mut self.nodes {
            for &at in &self.sends[node.sends.clone()] {
                let first = self.transfers[at as usize].offset.0;
                node.waiting.entry(first).or_default().push(at);
            }
        }
    }

    /// New bytes have arrived at `node`: transfers that waited for one of them wait for the next
    /// gap, or are settled.
    fn wake(&mut self, node: usize, bytes: Range<u64>, now: Time, found: &mut Found) {
        let mut ready = Vec::new();
        let this = &mut self.nodes[node];
        let places: Vec<u64> = this.waiting.range(bytes).map(|(&byte, _)| byte).collect();
        for place in places {
            for at in this.waiting.remove(&place).unwrap_or_default() {
                let t = &self.transfers[at as usize];
                match this.cover.gap(t.offset.0, t.offset.0 + t.bytes.0) {
                    Some(gap) => this.waiting.entry(gap).or_default().push(at),
                    None => ready.push(at),
                }
            }
        }
        for at in ready {
            self.settle(at, now, found);
        }
    }

    /// Nobody passes on a chunk before its first byte can have arrived: the same fixpoint, for the
    /// beginnings.
    fn begun(&self, found: &mut Found) {
        let mut since: Vec<Option<Time>> = vec![None; self.nodes.len()];
        let mut queue = BinaryHeap::from([Reverse((Time::ZERO, PeerId::SOURCE))]);
        while let Some(Reverse((now, id))) = queue.pop() {
            let Ok(node) = self.node(id) else { continue };
            if since[node].is_some() {
                continue;
            }
            since[node] = Some(now);
            for &at in &self.sends[self.nodes[node].sends.clone()] {
                let t = &self.transfers[at as usize];
                if now <= with_tolerance(self.facts, t.start) && t.outcome == Outcome::Delivered {
                    queue.push(Reverse((first_byte(self.facts, t).max(now), t.to)));
                }
            }
        }
        for (node, &since) in self.nodes.iter().zip(&since) {
            // Whoever has not begun at all is the business of the other fixpoint.
            let Some(held) = since else { continue };
            for &at in &self.sends[node.sends.clone()] {
                let t = &self.transfers[at as usize];
                if with_tolerance(self.facts, t.start) < held {
                    let (held_ns, shows) = (Some(held), Shows::Later);
                    let witness = Witness::Acausal { transfer: t.into(), held_ns, shows };
                    // Bytes that were never logged may have come before those that were.
                    let is_shown = self.facts.held(t.chunk, node.id).is_some();
                    if self.facts.is_complete() || is_shown {
                        found.violated(t.start, witness);
                    } else {
                        found.unknown(t.start, witness);
                    }
                }
            }
        }
    }
}

/// When the first byte of a transfer can have arrived at the earliest.
fn first_byte(facts: &Facts, t: &Transfer) -> Time {
    let flight = facts.scenario().latency_to(t.to);
    if facts.is_exact() { t.start.checked_add(flight).unwrap_or(t.end).min(t.end) } else { t.start }
}

/// Coding: which bytes a combination needs is not in the log, so only this is judged: whoever has
/// received nothing from anybody who had something cannot send.
fn coded(facts: &Facts, found: &mut Found) {
    let mut since: Vec<Option<Time>> = vec![None; facts.scenario().peer_count() + 1];
    spread_coded(facts, PeerId::SOURCE, &mut since, found);
    let mut order: Vec<&Transfer> = facts.transfers().iter().collect();
    order.sort_by_key(|t| t.start);
    for t in order {
        if since[t.from.index()].is_none() {
            let got = facts.arrived(t.from).bytes != 0;
            found.missing(facts, t, if got { Shows::Circle } else { Shows::Nothing });
            spread_coded(facts, t.from, &mut since, found);
        }
    }
}

/// Everybody who has something because `origin` has had something from the start.
fn spread_coded(facts: &Facts, origin: PeerId, since: &mut [Option<Time>], found: &mut Found) {
    let cut_through = facts.scenario().discipline().cut_through;
    let mut queue = BinaryHeap::from([Reverse((Time::ZERO, origin))]);
    while let Some(Reverse((now, node))) = queue.pop() {
        if since[node.index()].is_some() {
            continue;
        }
        since[node.index()] = Some(now);
        for t in facts.sent_by(node) {
            if with_tolerance(facts, t.start) < now {
                let (held_ns, shows) = (Some(now), Shows::Later);
                let witness = Witness::Acausal { transfer: t.into(), held_ns, shows };
                found.violated(t.start, witness);
            } else if t.outcome == Outcome::Delivered {
                let early = cut_through || !facts.is_exact();
                let first = if early { first_byte(facts, t) } else { t.end };
                queue.push(Reverse((first.max(now), t.to)));
            }
        }
    }
}
