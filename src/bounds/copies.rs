//! How fast the copies of one chunk can spread when each of them has one sender.
//!
//! # Proof
//! Let f_1 <= f_2 <= ... be the times at which receivers first hold a chunk of c bits, and suppose
//! that the sources have sent n copies of such chunks to receivers at s_n or later. Then
//! `f_j >= h_j`, where h_j is computed from h_1..h_{j-1}:
//!
//! - A source's n-th copy arrives at `max(s_n, c/d_max) + L` or later.
//! - A receiver that holds its first chunk at f has sent n copies by `f + n c/u_max` at the
//!   earliest, and no copy takes less than c/d_max. They arrive at `f + max(n c/u_max, c/d_max) +
//!   L` or later.
//! - By f_j, j receivers hold a chunk, each thanks to a copy from a source or from one of the j - 1
//!   earlier holders. So f_j is no earlier than the j-th of the times above with f_i replaced by
//!   `h_i <= f_i`, by induction.
//! - A receiver i holds a chunk at `ready_i = join_i + L_i + c/d_i` at the earliest, so f_j is no
//!   earlier than the j-th smallest of these.
//!
//! If it is known which receiver is the j-th holder, its own upload counts instead of u_max, and
//! its own ready time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::fixed_point::Fixed;
use super::relaxation::{Receiver, RelaxedSwarm};
use super::supply::Kind;
use crate::units::{NANO, Time};

/// The spread of copies of chunks of one size among the receivers of a swarm.
pub(super) struct CopyProcess<'a> {
    swarm: &'a RelaxedSwarm,
    /// c, in bits.
    chunk: u128,
    /// c/d_max.
    reception: Fixed,
    delay: Fixed,
}

/// A receiver in the order in which they first hold a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holder {
    /// In bits per second.
    pub(super) upload: u128,
    /// The earliest time at which it holds a chunk, by its own arrival and downlink.
    pub(super) ready: Fixed,
}

/// Holders that send copies at the same times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    since: Fixed,
    upload: u128,
    count: usize,
}

/// The groups of the holders that upload anything, which hold a chunk from these times on.
fn groups(times: &[Fixed], holders: &[Holder]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (&since, holder) in times.iter().zip(holders).filter(|(_, holder)| 0 < holder.upload) {
        match groups.last_mut() {
            Some(group) if (group.since, group.upload) == (since, holder.upload) => {
                group.count += 1;
            }
            _ => groups.push(Group { since, upload: holder.upload, count: 1 }),
        }
    }
    groups
}

impl<'a> CopyProcess<'a> {
    pub(super) fn new(swarm: &'a RelaxedSwarm, chunk: u128) -> CopyProcess<'a> {
        let downloads = swarm.receivers.iter().map(|receiver| receiver.download);
        let fastest = downloads.max_by_key(|download| download.map_or(u64::MAX, |rate| rate.0));
        let reception = match fastest.flatten() {
            Some(rate) => Fixed::span(chunk, rate.0.into()),
            None => Fixed::ZERO,
        };
        CopyProcess { swarm, chunk, reception, delay: Fixed::from(swarm.min_delay) }
    }

    /// The receiver as a holder of chunks.
    pub(super) fn holder(&self, receiver: &Receiver) -> Holder {
        let span = receiver.download.map(|rate| Fixed::span(self.chunk, rate.0.into()));
        let joined = Fixed::from(receiver.upload.from).plus(Fixed::from(receiver.delay));
        Holder {
            upload: receiver.upload.highest(),
            ready: joined.plus(span.unwrap_or(Fixed::ZERO)),
        }
    }

    /// h_1 <= h_2 <= ..., whichever the order of the receivers; `sent` are the times s_1 <= s_2 ...
    /// at which the sources have sent copies, without end.
    pub(super) fn in_any_order(&self, sent: impl Iterator<Item = Fixed>) -> Vec<Fixed> {
        let mut holders: Vec<Holder> =
            self.swarm.receivers.iter().map(|receiver| self.holder(receiver)).collect();
        let fastest = holders.iter().map(|holder| holder.upload).max().unwrap_or(0);
        holders.sort_unstable_by_key(|holder| holder.ready);
        holders.iter_mut().for_each(|holder| holder.upload = fastest);
        self.in_order(sent, &holders)
    }

    /// h_1 <= h_2 <= ... if these are the receivers in the order in which they hold a chunk.
    pub(super) fn in_order(
        &self,
        sent: impl Iterator<Item = Fixed>,
        holders: &[Holder],
    ) -> Vec<Fixed> {
        let from_source = |sent: Fixed| sent.max(self.reception).plus(self.delay).coarse();
        let nth_of = |group: &Group, n: u128| {
            let span = Fixed::span(n * self.chunk, group.upload).max(self.reception);
            group.since.plus(span).plus(self.delay).coarse()
        };
        let mut sent = sent.map(from_source).peekable();
        let mut next: BinaryHeap<Reverse<(Fixed, Group, u128)>> = BinaryHeap::new();
        let mut held: Vec<Fixed> = Vec::with_capacity(holders.len());
        while held.len() < holders.len() {
            let by_source = *sent.peek().expect("sources send without end");
            let copy = next.peek().map_or(by_source, |&Reverse((at, ..))| at.min(by_source));
            let mut count = 0;
            while let Some(&Reverse((at, group, n))) = next.peek()
                && at == copy
                && held.len() + count < holders.len()
            {
                next.pop();
                next.push(Reverse((nth_of(&group, n + 1), group, n + 1)));
                count += group.count;
            }
            while held.len() + count < holders.len() && sent.next_if_eq(&copy).is_some() {
                count += 1;
            }
            let receivers = &holders[held.len()..holders.len().min(held.len() + count)];
            let mut latest = copy.max(held.last().copied().unwrap_or(Fixed::ZERO));
            let times = receivers.iter().map(|holder| {
                latest = latest.max(holder.ready);
                latest
            });
            let times: Vec<Fixed> = times.collect();
            for group in groups(&times, receivers) {
                next.push(Reverse((nth_of(&group, 1), group, 1)));
            }
            held.extend(times);
        }
        held
    }

    /// The times at which the sources, each for itself, have sent whole copies beyond the first
    /// `others`, in order and without end.
    pub(super) fn whole_copies(&self, others: u128) -> impl Iterator<Item = Fixed> {
        let sources = &self.swarm.sources;
        let chunk = self.chunk * NANO;
        let copies = |time: Time| -> u128 {
            sources.iter().map(|kind| kind.all(|source| source.sent(time) / chunk)).sum()
        };
        let begin = if others == 0 { Time::ZERO } else { last_time(|time| copies(time) <= others) };
        // None after its departure.
        let nth_of = move |kind: Kind, n: u128| {
            let at = kind.supply.reaches(n * self.chunk)?;
            Some(Reverse((at, kind, n)))
        };
        let next = |kind: &Kind| nth_of(kind.clone(), kind.supply.sent(begin) / chunk + 1);
        let mut next: BinaryHeap<_> = sources.iter().filter_map(next).collect();
        let skip = (others - copies(begin)).min(MOST_SKIPPED) as usize;
        let all = std::iter::from_fn(move || {
            let Reverse((at, kind, n)) = next.pop()?;
            let count = kind.count;
            next.extend(nth_of(kind, n + 1));
            Some(std::iter::repeat_n(at, count))
        });
        all.flatten().skip(skip).chain(std::iter::repeat(NEVER))
    }

    /// The times at which all sources together have sent `others` bits and then n more copies, in
    /// order and without end.
    pub(super) fn bits(&self, others: u128) -> impl Iterator<Item = Fixed> {
        let rate = self.swarm.source_rate();
        (1..).map(move |n| match rate {
            0 => NEVER,
            _ => Fixed::span(others + n * self.chunk, rate),
        })
    }
}

/// The last time at which `is_early` holds, which it does at first.
fn last_time(is_early: impl Fn(Time) -> bool) -> Time {
    let (mut before, mut after) = (0, u64::MAX);
    while before + 1 < after {
        let middle = before + (after - before) / 2;
        if is_early(Time(middle)) { before = middle } else { after = middle }
    }
    Time(before)
}

/// Copies that are skipped one by one. Sources that send more within a nanosecond count as having
/// sent the rest at once, which only makes copies earlier.
const MOST_SKIPPED: u128 = 1 << 16;

/// Later than every [`Time`].
const NEVER: Fixed = Fixed::BEYOND;
