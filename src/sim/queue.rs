//! The order of events in virtual time: by time, then by when they were scheduled.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::Time;

/// Events to come: what is due now waits in a plain queue, the rest in a heap.
///
/// A monotone radix heap is flatter with very many events, but it cannot be asked for the next time
/// without giving up the times before it.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    later: BinaryHeap<Reverse<Scheduled<T>>>,
    due: VecDeque<T>,
    scheduled: u64,
    now: Time,
}

/// An event with its place in the order.
#[derive(Clone, Debug)]
struct Scheduled<T> {
    at: Time,
    order: u64,
    event: T,
}

impl<T> PartialEq for Scheduled<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl<T> Eq for Scheduled<T> {}

impl<T> PartialOrd for Scheduled<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Scheduled<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Queue { later: BinaryHeap::new(), due: VecDeque::new(), scheduled: 0, now: Time::ZERO }
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Schedules an event; a time that has passed means now.
    pub(super) fn schedule(&mut self, at: Time, event: T) {
        if at <= self.now {
            self.due.push_back(event);
        } else {
            self.later.push(Reverse(Scheduled { at, order: self.scheduled, event }));
            self.scheduled += 1;
        }
    }

    /// The next event that is due now.
    pub(super) fn due(&mut self) -> Option<T> {
        let due = self.due.pop_front();
        if due.is_none() {
            // Back to the start of its memory, which is still in the cache.
            self.due.clear();
        }
        due
    }

    /// When the next event happens.
    pub(super) fn next_at(&self) -> Option<Time> {
        if self.due.is_empty() {
            self.later.peek().map(|Reverse(next)| next.at)
        } else {
            Some(self.now)
        }
    }

    /// Moves on to `at`, not beyond the next event, and makes due what happens then.
    pub(super) fn advance(&mut self, at: Time) {
        self.now = at;
        while self.later.peek().is_some_and(|Reverse(next)| next.at <= at) {
            let Reverse(next) = self.later.pop().expect("it was seen");
            self.due.push_back(next.event);
        }
    }
}
