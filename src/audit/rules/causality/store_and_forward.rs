//! Store and forward: a node sends a chunk once it holds all of it.
//!
//! Holdings are derived outward from the source in the order of time: see [`Spread`]. *Held* means
//! what [`delivery`](crate::audit::evidence::delivery) says.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::senders::Senders;
use super::{Facts, Found, Shows, with_tolerance};
use crate::audit::evidence::delivery::Copies;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// Judges the transfers of one chunk, which are `facts.transfers()[range]`.
pub(super) fn judge(facts: &Facts, range: Range<usize>, found: &mut Found) {
    let chunk = facts.transfers()[range.start].chunk;
    let mut spread = Spread::new(facts, range);
    for place in spread.senders.at_start(facts, chunk) {
        spread.holds(place, Time::ZERO, found);
    }
    spread.run(found);
    spread.doubt(found);
}

/// How one chunk spread from the source.
struct Spread<'a> {
    facts: &'a Facts,
    /// The transfers of the chunk are `facts.transfers()[first..]`, sorted by receiver.
    first: usize,
    transfers: &'a [Transfer],
    senders: Senders,
    copies: Copies,
    /// By place: holds the chunk.
    holds: Vec<bool>,
    settled: Vec<bool>,
    /// Arrivals to come: when they can count, and which transfer.
    queue: BinaryHeap<Reverse<(Time, u32)>>,
}

impl<'a> Spread<'a> {
    fn new(facts: &'a Facts, range: Range<usize>) -> Self {
        let transfers = &facts.transfers()[range.clone()];
        let senders = Senders::new(transfers, |t| t.start);
        Spread {
            facts,
            first: range.start,
            transfers,
            copies: Copies::new(facts.scenario(), transfers[0].chunk),
            holds: vec![false; senders.len()],
            senders,
            settled: vec![false; transfers.len()],
            queue: BinaryHeap::new(),
        }
    }

    /// Takes arrivals in the order in which they can count.
    fn run(&mut self, found: &mut Found) {
        while let Some(Reverse((now, at))) = self.queue.pop() {
            let t = &self.transfers[at as usize];
            let Some(to) = self.senders.place(t.to) else { continue };
            if !self.holds[to] && self.copies.add(t) {
                self.holds(to, now, found);
            }
        }
    }

    /// A node holds the chunk since `now`: everything that it sent is judged.
    fn holds(&mut self, node: usize, now: Time, found: &mut Found) {
        self.holds[node] = true;
        for place in 0..self.senders.sends(node).len() {
            self.settle(self.senders.sends(node)[place], now, found);
        }
    }

    /// The sender of a transfer holds what it sends since `now`. A transfer that started before
    /// that violates, and proves nothing about its receiver.
    fn settle(&mut self, at: u32, now: Time, found: &mut Found) {
        if std::mem::replace(&mut self.settled[at as usize], true) {
            return;
        }
        let t = &self.transfers[at as usize];
        if with_tolerance(self.facts, t.start) < now {
            found.later(self.facts, t, now);
        } else if t.outcome == Outcome::Delivered {
            let arrival = self.facts.arrival(self.first + at as usize);
            self.queue.push(Reverse((arrival.max(now), at)));
        }
    }

    /// What is left was never derived from the source. With complete evidence that is a violation.
    /// With gaps it is a doubt, and the sender is believed for what follows: first the senders that
    /// the log never shows with the whole chunk, then those that only got it in a circle.
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
                if let Some(sender) = self.senders.place(t.from) {
                    self.holds(sender, Time::ZERO, found);
                }
                self.run(found);
            }
        }
    }
}
