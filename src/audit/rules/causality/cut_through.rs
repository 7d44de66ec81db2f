//! Cut-through: a node may pass on what it is still receiving.
//!
//! A transfer's bytes move within its interval, in an order that the log does not tell: of some of
//! its bytes it is only known that they came after its first byte can have come, of all of them
//! that the last one came at its end. So two things are judged. Byte by byte, outward from the
//! source: none leaves before it can have come at the earliest ([`Spread`]). A start says only that
//! no byte left before: a transfer may be opened before its bytes have come, where the uplink can
//! carry them from then to its end. And a node that passes on all that one transfer brings cannot
//! have done so before that transfer ended ([`last_bytes`]).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::senders::Senders;
use super::steps::StepLimit;
use super::{Facts, Found, Shows, first_byte, last_byte, with_tolerance};
use crate::audit::evidence::byte_ranges::{
    ByteRanges, MaxTree, Overlaps, earliest_overlapping, range_of,
};
use crate::trace::{Outcome, Transfer};
use crate::units::{Supply, Time};

/// Judges the transfers of one chunk, sorted by receiver. At the step limit nothing more is judged.
pub(super) fn judge(
    facts: &Facts,
    transfers: &[Transfer],
    found: &mut Found,
) -> Result<(), StepLimit> {
    let mut spread = Spread::new(facts, transfers);
    for place in spread.senders.at_start(facts, transfers[0].chunk) {
        spread.holds(place, found)?;
    }
    spread.run(found)?;
    spread.doubt(found)?;
    for group in transfers.chunk_by(|a, b| a.to == b.to) {
        last_bytes(facts, transfers, &spread.senders, group, found);
    }
    Ok(())
}

/// Bytes of the chunk, from the first to before the last.
type Bytes = Range<u64>;

fn overlap(a: &Bytes, b: &Bytes) -> Bytes {
    a.start.max(b.start)..a.end.min(b.end)
}

/// How the bytes of one chunk spread from the source.
struct Spread<'a> {
    facts: &'a Facts,
    transfers: &'a [Transfer],
    /// What a node sends is in the order of its first bytes.
    senders: Senders,
    /// The bytes of what nodes send, in the order of [`Senders::order`].
    sends: Overlaps,
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
    /// It had them too late, or from no known sender: that proves nothing about the receiver.
    Refuted,
}

impl<'a> Spread<'a> {
    fn new(facts: &'a Facts, transfers: &'a [Transfer]) -> Self {
        let length = facts.scenario().file().length(transfers[0].chunk);
        let senders = Senders::new(transfers, |t| t.offset);
        let sends = senders.order().iter().map(|&at| range_of(&transfers[at as usize]));
        let sends = Overlaps::new(sends);
        Spread {
            facts,
            transfers,
            sends,
            covers: vec![ByteRanges::new(length); senders.len()],
            senders,
            state: vec![State::Waits; transfers.len()],
            queue: BinaryHeap::new(),
        }
    }

    /// Takes arrivals in the order in which they can count.
    fn run(&mut self, found: &mut Found) -> Result<(), StepLimit> {
        while let Some(Reverse((now, at, from, to))) = self.queue.pop() {
            if let Some(receiver) = self.senders.place(self.transfers[at as usize].to) {
                self.arrive(receiver, from..to, now, found)?;
            }
        }
        Ok(())
    }

    /// A node holds the whole chunk from the beginning.
    fn holds(&mut self, node: usize, found: &mut Found) -> Result<(), StepLimit> {
        let chunk = self.transfers[0].chunk;
        let length = self.facts.scenario().file().length(chunk).0;
        self.arrive(node, 0..length, Time::ZERO, found)
    }

    /// Bytes can be at a node from `now` on: whatever it sends of those that are new is judged.
    fn arrive(
        &mut self,
        node: usize,
        bytes: Bytes,
        now: Time,
        found: &mut Found,
    ) -> Result<(), StepLimit> {
        for new in self.covers[node].gaps(bytes.clone()) {
            let mut places = self.senders.range(node);
            while let Some(place) = self.sends.first(places.clone(), &new) {
                found.steps.spend()?;
                self.leave(place, &new, now, found);
                places.start = place + 1;
            }
        }
        self.covers[node]
            .insert(crate::units::Bytes(bytes.start), crate::units::Bytes(bytes.end - bytes.start));
        Ok(())
    }

    /// The sender of a transfer can have had some of its bytes from `now` on.
    fn leave(&mut self, place: usize, new: &Bytes, now: Time, found: &mut Found) {
        let at = self.senders.order()[place];
        let t = &self.transfers[at as usize];
        let part = overlap(&range_of(t), new);
        let lacks = match self.state[at as usize] {
            State::Refuted => return,
            State::Begun { lacks } => lacks,
            State::Waits => t.bytes.0,
        };
        let is_first = matches!(self.state[at as usize], State::Waits);
        let late = is_first && !fits_after(self.facts, t, now);
        if late || with_tolerance(self.facts, last_byte(self.facts, t)) < now {
            self.state[at as usize] = State::Refuted;
            self.sends.take_out(place);
            found.later(self.facts, t, now);
            return;
        }
        let lacks = lacks - (part.end - part.start);
        self.state[at as usize] = State::Begun { lacks };
        // A node that passes on what it is getting cannot know that the rest will not come: the
        // bytes of an aborted transfer count, too.
        let arrival = first_byte(self.facts, &Transfer { start: t.start.max(now), ..*t });
        let passes_on =
            self.senders.place(t.to).is_some_and(|to| !self.senders.range(to).is_empty());
        if passes_on {
            self.queue.push(Reverse((arrival, at, part.start, part.end)));
        }
    }

    /// Transfers of which the sender never had every byte. With complete evidence that is a
    /// violation. With gaps it is a doubt, and the sender is believed for what follows: first the
    /// senders that the log never shows with the whole chunk, then those that only got it in a
    /// circle.
    fn doubt(&mut self, found: &mut Found) -> Result<(), StepLimit> {
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
                    self.holds(sender, found)?;
                }
                self.run(found)?;
            }
        }
        Ok(())
    }
}

/// Can all bytes of a transfer leave from `now` on? A transfer that is opened before has the rest
/// of its time for them.
fn fits_after(facts: &Facts, t: &Transfer, now: Time) -> bool {
    if now <= with_tolerance(facts, t.start) {
        return true;
    }
    let end = with_tolerance(facts, last_byte(facts, t));
    let burst = facts.scenario().upload_burst(t.from);
    let carried = |supply: Supply| supply.nanobits(now, end).saturating_add(burst.nanobits());
    facts.uplink(t.from).is_none_or(|supply| t.bytes.nanobits() <= carried(supply))
}

/// The last byte that a transfer brings comes at its end. A node that has passed on every byte of
/// it before that has passed on one that it did not have, unless another transfer may have brought
/// it.
fn last_bytes(
    facts: &Facts,
    transfers: &[Transfer],
    senders: &Senders,
    group: &[Transfer],
    found: &mut Found,
) {
    let node = group[0].to;
    if facts.holds_at_start(group[0].chunk, node) {
        return;
    }
    let Some(place) = senders.place(node) else { return };
    if senders.sends(place).is_empty() {
        return;
    }
    let passed = Passed::new(facts, senders.sends(place).iter().map(|&at| &transfers[at as usize]));
    let parts: Vec<(Bytes, Time)> =
        group.iter().map(|t| (range_of(t), first_byte(facts, t))).collect();
    let others = earliest_overlapping(&parts);
    for ((supply, (brought, _)), other) in group.iter().zip(&parts).zip(others) {
        if supply.outcome != Outcome::Delivered || supply.bytes.0 == 0 {
            continue;
        }
        let Some(last) = passed.last_of(brought) else { continue };
        let needed = with_tolerance(facts, last_byte(facts, last));
        if needed < supply.end && other.is_none_or(|other| needed < other) {
            found.later(facts, last, supply.end);
        }
    }
}

/// The bytes that a node passed on, each by the transfer that needs it first.
struct Passed<'a> {
    /// In the order of their bytes; they do not overlap.
    pieces: Vec<(Bytes, &'a Transfer)>,
    /// How many bytes lie before each piece, and before the end of all.
    before: Vec<u64>,
    /// When the last byte of each piece's transfer left at the latest.
    needed: MaxTree,
}

impl<'a> Passed<'a> {
    fn new(facts: &Facts, sends: impl Iterator<Item = &'a Transfer>) -> Self {
        let mut order: Vec<&Transfer> = sends.collect();
        order.sort_by_key(|t| last_byte(facts, t));
        let mut pieces: Vec<(Bytes, &Transfer)> = Vec::new();
        if let Some(&t) = order.first() {
            let mut cover = ByteRanges::new(facts.scenario().file().length(t.chunk));
            for t in order {
                pieces.extend(cover.gaps(range_of(t)).into_iter().map(|piece| (piece, t)));
                cover.insert(t.offset, t.bytes);
            }
        }
        pieces.sort_unstable_by_key(|(piece, _)| piece.start);
        let mut before = vec![0];
        for (piece, _) in &pieces {
            // Distinct bytes of one chunk.
            before.push(before[before.len() - 1] + (piece.end - piece.start));
        }
        let needed = MaxTree::new(pieces.iter().map(|(_, t)| last_byte(facts, t).0));
        Passed { pieces, before, needed }
    }

    /// The transfer that passed on the last of some bytes; None unless all of them were passed on.
    fn last_of(&self, bytes: &Bytes) -> Option<&'a Transfer> {
        let from = self.pieces.partition_point(|(piece, _)| piece.end <= bytes.start);
        let to = self.pieces.partition_point(|(piece, _)| piece.start < bytes.end);
        if to <= from {
            return None;
        }
        let (first, last) = (&self.pieces[from].0, &self.pieces[to - 1].0);
        let outside = bytes.start.saturating_sub(first.start) + last.end.saturating_sub(bytes.end);
        let passed = self.before[to] - self.before[from] - outside;
        if passed < bytes.end - bytes.start {
            return None;
        }
        let latest = self.needed.max(from..to);
        let place = match latest.checked_sub(1) {
            Some(below) => self.needed.first_above(from..to, below)?,
            None => from,
        };
        Some(self.pieces[place].1)
    }
}
