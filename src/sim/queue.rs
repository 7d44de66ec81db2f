//! The order of events in virtual time: by time, then by when they were scheduled.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::Time;

/// Delays that have a queue of their own; events with others go to the heap.
const DELAYS: usize = 8;

/// Events to come: what is due now waits in a plain queue. So does what is scheduled after one of a
/// few constant delays (timers, messages): it comes in the order in which it was scheduled. The
/// rest is in a heap.
///
/// A monotone radix heap is flatter with very many events, but it cannot be asked for the next time
/// without giving up the times before it.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    later: BinaryHeap<Reverse<Scheduled<T>>>,
    delayed: Vec<(Time, VecDeque<Scheduled<T>>)>,
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

impl<T> Scheduled<T> {
    fn place(&self) -> (Time, u64) {
        (self.at, self.order)
    }
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
        self.place().cmp(&other.place())
    }
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Queue {
            later: BinaryHeap::new(),
            delayed: Vec::new(),
            due: VecDeque::new(),
            scheduled: 0,
            now: Time::ZERO,
        }
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Schedules an event; a time that has passed means now.
    pub(super) fn schedule(&mut self, at: Time, event: T) {
        if at <= self.now {
            self.due.push_back(event);
        } else {
            let scheduled = self.place(at, event);
            self.later.push(Reverse(scheduled));
        }
    }

    /// Schedules an event after a delay; beyond 584 years it never happens.
    pub(super) fn schedule_after(&mut self, delay: Time, event: T) {
        if delay == Time::ZERO {
            self.due.push_back(event);
            return;
        }
        let Some(at) = self.now.checked_add(delay) else { return };
        let known = self.delayed.iter().position(|&(other, _)| other == delay);
        let queue = known.or_else(|| {
            (self.delayed.len() < DELAYS).then(|| {
                self.delayed.push((delay, VecDeque::new()));
                self.delayed.len() - 1
            })
        });
        let scheduled = self.place(at, event);
        match queue {
            Some(queue) => self.delayed[queue].1.push_back(scheduled),
            None => self.later.push(Reverse(scheduled)),
        }
    }

    fn place(&mut self, at: Time, event: T) -> Scheduled<T> {
        let order = self.scheduled;
        self.scheduled += 1;
        Scheduled { at, order, event }
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

    /// The event that is due after so many others.
    #[inline]
    pub(super) fn soon(&self, others: usize) -> Option<&T> {
        self.due.get(others)
    }

    /// When the next event happens.
    pub(super) fn next_at(&self) -> Option<Time> {
        if self.due.is_empty() { self.first().map(|(at, _)| at) } else { Some(self.now) }
    }

    /// The place of the next event that is not due, in the order of all.
    fn first(&self) -> Option<(Time, u64)> {
        let later = self.later.peek().map(|Reverse(next)| next.place());
        let fronts = self.delayed.iter().filter_map(|(_, queue)| queue.front());
        fronts.map(Scheduled::place).chain(later).min()
    }

    /// Moves on to `at`, not beyond the next event, and makes due what happens then.
    pub(super) fn advance(&mut self, at: Time) {
        self.now = at;
        while let Some(first) = self.first().filter(|&(next, _)| next <= at) {
            let is_first = |next: Option<&Scheduled<T>>| next.map(Scheduled::place) == Some(first);
            let delayed = self.delayed.iter_mut().find(|(_, queue)| is_first(queue.front()));
            let next = match delayed {
                Some((_, queue)) => queue.pop_front(),
                None => self.later.pop().map(|Reverse(next)| next),
            };
            self.due.extend(next.map(|next| next.event));
        }
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    quickcheck! {
        /// Events come by time, then in the order in which they were scheduled, whichever way.
        fn the_order_is_that_of_times_and_then_of_scheduling(steps: Vec<(u8, bool)>) -> bool {
            let mut queue = Queue::new();
            let mut expected: Vec<(u64, usize)> = Vec::new();
            let mut seen = Vec::new();
            let mut go = |queue: &mut Queue<usize>| {
                let Some(at) = queue.next_at() else { return };
                queue.advance(at);
                seen.extend(std::iter::from_fn(|| queue.due()).map(|event| (at.0, event)));
            };
            for (event, (delay, after)) in steps.into_iter().enumerate() {
                // More delays than have queues of their own.
                let (delay, now) = (u64::from(delay % 13), queue.now().0);
                if after {
                    queue.schedule_after(Time(delay), event);
                } else {
                    queue.schedule(Time(now + delay), event);
                }
                expected.push((now + delay, event));
                if event % 3 == 0 {
                    go(&mut queue);
                }
            }
            while queue.next_at().is_some() {
                go(&mut queue);
            }
            expected.sort_by_key(|&(at, _)| at);
            seen == expected
        }
    }
}
