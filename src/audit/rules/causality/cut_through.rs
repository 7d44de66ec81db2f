//! Cut-through: a node may pass on what it is still receiving.
//!
//! A transfer's bytes move within its interval, in an order that the log does not tell: of some of
//! its bytes it is only known that they came after its first byte can have come, of all of them
//! that the last one came at its end. So two things are judged. Byte by byte, outward from the
//! source: none leaves before it can have come at the earliest ([`Spread`]). And whoever passes on
//! all that one transfer brings cannot have done so before that transfer ended ([`last_bytes`]).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::senders::Senders;
use super::{Facts, Found, Shows, first_byte, last_byte, with_tolerance};
use crate::audit::evidence::byte_ranges::ByteRanges;
use crate::chunks::PeerId;
use crate::trace::{Outcome, Transfer};
use crate::units::Time;

/// Judges the transfers of one chunk, sorted by receiver.
pub(super) fn judge(facts: &Facts, transfers: &[Transfer], found: &mut Found) {
    let mut spread = Spread::new(facts, transfers);
    if let Some(source) = spread.senders.place(PeerId::SOURCE) {
        spread.holds(source, found);
    }
    spread.run(found);
    spread.doubt(found);
    for group in transfers.chunk_by(|a, b| a.to == b.to) {
        last_bytes(facts, transfers, &spread.senders, group, found);
    }
}

/// Bytes of the chunk, from the first to before the last.
type Bytes = Range<u64>;

fn bytes(t: &Transfer) -> Bytes {
    t.offset.0..t.offset.0 + t.bytes.0
}

fn overlap(a: &Bytes, b: &Bytes) -> Bytes {
    a.start.max(b.start)..a.end.min(b.end)
}

/// How the bytes of one chunk spread from the source.
struct Spread<'a> {
    facts: &'a Facts,
    transfers: &'a [Transfer],
    /// What a node sends is in the order of its first bytes.
    senders: Senders,
    /// The furthest end of what a node sends, up to and with each of its transfers.
    reach: Vec<u64>,
    covers: Vec<ByteRanges>,
    state: Vec<State>,
    /// Arrivals to come: when they can count, which transfer, and which of its bytes.
    queue: BinaryHeap<Reverse<(Time, u32, u64, u64)>>,
}

/// What is known of the sender of a transfer.
#[derive(Clone, Copy)]
enum State {
    /// It had none of the bytes yet.
    Waits,
    /// It lacked so many when last asked.
    Begun { lacks: u64 },
    /// It had them too late, or nobody knows how: that proves nothing about the receiver.
    Refuted,
}

impl<'a> Spread<'a> {
    fn new(facts: &'a Facts, transfers: &'a [Transfer]) -> Self {
        let length = facts.scenario().file().length(transfers[0].chunk);
        let senders = Senders::new(transfers, |t| t.offset);
        let mut reach = vec![0; transfers.len()];
        for place in 0..senders.len() {
            let mut furthest = 0;
            for &at in senders.sends(place) {
                furthest = bytes(&transfers[at as usize]).end.max(furthest);
                reach[at as usize] = furthest;
            }
        }
        Spread {
            facts,
            transfers,
            reach,
            covers: vec![ByteRanges::new(length); senders.len()],
            senders,
            state: vec![State::Waits; transfers.len()],
            queue: BinaryHeap::new(),
        }
    }

    /// Takes arrivals in the order in which they can count.
    fn run(&mut self, found: &mut Found) {
        while let Some(Reverse((now, at, from, to))) = self.queue.pop() {
            if let Some(receiver) = self.senders.place(self.transfers[at as usize].to) {
                self.arrive(receiver, from..to, now, found);
            }
        }
    }

    /// A node holds the whole chunk from the beginning.
    fn holds(&mut self, node: usize, found: &mut Found) {
        let chunk = self.transfers[0].chunk;
        let length = self.facts.scenario().file().length(chunk).0;
        self.arrive(node, 0..length, Time::ZERO, found);
    }

    /// Bytes can be at a node from `now` on: whatever it sends of those that are new is judged.
    fn arrive(&mut self, node: usize, bytes: Bytes, now: Time, found: &mut Found) {
        for new in self.covers[node].gaps(bytes.clone()) {
            // Back from the last that begins before the end of the new bytes.
            let sends = self.senders.sends(node);
            let mut place =
                sends.partition_point(|&at| self.transfers[at as usize].offset.0 < new.end);
            while let Some(before) = place.checked_sub(1)
                && new.start < self.reach[self.senders.sends(node)[before] as usize]
            {
                self.leave(self.senders.sends(node)[before], &new, now, found);
                place = before;
            }
        }
        self.covers[node]
            .insert(crate::units::Bytes(bytes.start), crate::units::Bytes(bytes.end - bytes.start));
    }

    /// The sender of a transfer can have had some of its bytes from `now` on.
    fn leave(&mut self, at: u32, new: &Bytes, now: Time, found: &mut Found) {
        let t = &self.transfers[at as usize];
        let part = overlap(&bytes(t), new);
        if part.is_empty() {
            return;
        }
        let lacks = match self.state[at as usize] {
            State::Refuted => return,
            State::Begun { lacks } => lacks,
            State::Waits => t.bytes.0,
        };
        let is_first = matches!(self.state[at as usize], State::Waits);
        let late = is_first && with_tolerance(self.facts, t.start) < now;
        if late || with_tolerance(self.facts, last_byte(self.facts, t)) < now {
            self.state[at as usize] = State::Refuted;
            found.later(self.facts, t, now);
            return;
        }
        let lacks = lacks - (part.end - part.start);
        self.state[at as usize] = State::Begun { lacks };
        // Whoever passes on what it is getting cannot know that the rest will not come: the bytes
        // of an aborted transfer count, too.
        let arrival = first_byte(self.facts, t).max(now);
        self.queue.push(Reverse((arrival, at, part.start, part.end)));
    }

    /// Transfers of which the sender never had every byte. With complete evidence that is a
    /// violation. With gaps it is a doubt, and the sender is believed for what follows: first those
    /// of whom the log never shows the whole chunk, then whoever only got it in a circle.
    fn doubt(&mut self, found: &mut Found) {
        let chunk = self.transfers[0].chunk;
        for shows in [Shows::Nothing, Shows::Circle] {
            let mut order: Vec<u32> = (0..self.transfers.len() as u32).collect();
            order.sort_unstable_by_key(|&at| (self.transfers[at as usize].start, at));
            for at in order {
                let t = &self.transfers[at as usize];
                let is_settled = match self.state[at as usize] {
                    State::Refuted => true,
                    State::Begun { lacks } => lacks == 0,
                    State::Waits => t.bytes.0 == 0,
                };
                let is_shown = self.facts.held(chunk, t.from).is_some();
                if is_settled || (shows == Shows::Nothing && is_shown) {
                    continue;
                }
                found.missing(self.facts, t, shows);
                if self.facts.is_complete() {
                    self.state[at as usize] = State::Refuted;
                    continue;
                }
                if let Some(sender) = self.senders.place(t.from) {
                    self.holds(sender, found);
                }
                self.run(found);
            }
        }
    }
}

/// The last byte that a transfer brings comes at its end. Who has passed on every byte of it before
/// that has passed on one that it did not have, unless another transfer may have brought it.
fn last_bytes(
    facts: &Facts,
    transfers: &[Transfer],
    senders: &Senders,
    group: &[Transfer],
    found: &mut Found,
) {
    let node = group[0].to;
    let Some(place) = senders.place(node).filter(|_| !node.is_source()) else { return };
    let length = facts.scenario().file().length(group[0].chunk);
    let mut order: Vec<&Transfer> =
        senders.sends(place).iter().map(|&at| &transfers[at as usize]).collect();
    order.sort_by_key(|t| last_byte(facts, t));
    // Who needs a byte first: pieces in the order of their bytes.
    let mut cover = ByteRanges::new(length);
    let mut needs: Vec<(Bytes, &Transfer)> = Vec::new();
    for t in order {
        needs.extend(cover.gaps(bytes(t)).into_iter().map(|piece| (piece, t)));
        cover.insert(t.offset, t.bytes);
    }
    needs.sort_unstable_by_key(|(piece, _)| piece.start);
    let delivered = |t: &&Transfer| t.outcome == Outcome::Delivered && t.bytes.0 != 0;
    for supply in group.iter().filter(delivered) {
        let brought = bytes(supply);
        let from = needs.partition_point(|(piece, _)| piece.end <= brought.start);
        let pieces = needs[from..].iter().take_while(|(piece, _)| piece.start < brought.end);
        let passed: u64 = pieces
            .clone()
            .map(|(piece, _)| overlap(piece, &brought))
            .map(|both| both.end - both.start)
            .sum();
        let Some((_, last)) = pieces.max_by_key(|(_, t)| last_byte(facts, t)) else { continue };
        let needed = with_tolerance(facts, last_byte(facts, last));
        if passed < supply.bytes.0 || supply.end <= needed {
            continue;
        }
        let stands_in = |other: &&Transfer| {
            !std::ptr::eq(*other, supply)
                && !overlap(&bytes(other), &brought).is_empty()
                && first_byte(facts, other) <= needed
        };
        if !group.iter().any(|other| stands_in(&other)) {
            found.later(facts, last, supply.end);
        }
    }
}
