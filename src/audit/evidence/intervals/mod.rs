//! Intervals of time from the events that open and close them: presence, connections, unchokes.
//!
//! Lines come in any order. Events of one instant happened in any order, and so did events whose
//! stamps lie within the clock tolerance of each other. An interval is closed on both sides, and
//! one that ends at an instant is another than one that begins there: a departure and an arrival at
//! one instant are two events. Joins and leaves alternate ([`Intervals::alternating`]). Connections
//! and unchokes may be repeated and end with other things too, so that more than one state may
//! follow from an instant: `most` is open where some order leaves it open, `least` where every
//! order does.

use crate::units::Time;

/// The edge of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Edge {
    /// It begins.
    Open,
    /// It ends.
    Close,
}

/// A closed interval of virtual time; one that never ends reaches [`Time::MAX`].
///
/// Where clocks differ, `from` may be later than `to` by up to the clock tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Interval {
    /// Its first instant.
    pub from: Time,
    /// Its last instant.
    pub to: Time,
}

/// How to read an instant whose order of events decides what is open after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Reading {
    /// Open, if some order leaves it open.
    Most,
    /// Open only if every order leaves it open.
    Least,
}

/// The intervals of one thing, in order, and the first event that does not alternate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Intervals {
    /// The intervals, by `from` and by `to`; one may begin at the instant at which the last ends.
    pub list: Vec<Interval>,
    /// The first opening of what is open, or closing of what is closed, in every order.
    pub doubled: Option<(Time, Edge)>,
}

impl Intervals {
    /// Reads edges that alternate, beginning with an opening; sorts them. Two edges may have
    /// happened against the order of their stamps when these differ by at most `tolerance`.
    ///
    /// An edge that fits into no such order is left out of the intervals.
    pub(crate) fn alternating(edges: &mut [(Time, Edge)], tolerance: Time) -> Self {
        edges.sort_unstable();
        let of = |edge| edges.iter().filter(move |own| own.1 == edge).map(|own| own.0).peekable();
        // Edges of one kind keep their order, so only the next of each kind has to be looked at.
        let mut queues = [of(Edge::Open), of(Edge::Close)];
        let mut spans = Intervals::default();
        let (mut is_open, mut closed) = (false, Time::ZERO);
        loop {
            let (due, other) = (usize::from(is_open), usize::from(!is_open));
            let ahead = queues[other].peek().copied();
            let fits = |at: &Time| ahead.is_none_or(|ahead| *at <= later(ahead, tolerance));
            match (queues[due].peek().copied().filter(fits), ahead) {
                (Some(at), _) if is_open => {
                    queues[due].next();
                    spans.list.last_mut().expect("it was opened").to = at;
                    (is_open, closed) = (false, at);
                }
                (Some(at), _) => {
                    queues[due].next();
                    // By the stamp of its next edge the one before had ended.
                    if let Some(before) = spans.list.last_mut() {
                        before.to = before.to.min(at);
                    }
                    spans.list.push(Interval { from: at.max(closed), to: Time::MAX });
                    is_open = true;
                }
                (None, Some(at)) => {
                    queues[other].next();
                    let edge = if is_open { Edge::Open } else { Edge::Close };
                    spans.doubled = spans.doubled.or(Some((at, edge)));
                }
                (None, None) => return spans,
            }
        }
    }

    /// When something can have been open. `edges`, which are sorted, open and close it, and may
    /// repeat what is so already; `cut` gives the first other end at or after an instant. A cut at
    /// the instant of an opening may have come before it if `goes_on` at that instant.
    pub(in crate::audit) fn most(
        edges: &[(Time, Edge)],
        cut: impl Fn(Time) -> Option<Time>,
        goes_on: impl Fn(Time) -> bool,
    ) -> Self {
        let mut ends = Ends { edges, cut };
        let mut spans = Intervals::default();
        for at in openings(edges) {
            if spans.list.last().is_some_and(|last| at < last.to) {
                continue;
            }
            let mut end = ends.next(at);
            if end == Some(at) && ((ends.cut)(at) != Some(at) || goes_on(at)) {
                end = ends.next(Time(at.0.saturating_add(1)));
            }
            spans.list.push(Interval { from: at, to: end.unwrap_or(Time::MAX) });
        }
        spans
    }

    /// When something was open in every order of events whose stamps differ by at most
    /// `tolerance`; `edges` and `cut` as for [`Intervals::most`].
    ///
    /// The times are those of a clock that is half the tolerance ahead: an interval is shorter by
    /// the tolerance than its stamps.
    pub(in crate::audit) fn least(
        edges: &[(Time, Edge)],
        cut: impl Fn(Time) -> Option<Time>,
        tolerance: Time,
    ) -> Self {
        let mut ends = Ends { edges, cut };
        let mut spans = Intervals::default();
        for at in openings(edges) {
            if spans.list.last().is_some_and(|last| at < last.to) {
                continue;
            }
            let end = ends.next(Time(at.0.saturating_sub(tolerance.0)));
            // What ends within the tolerance may have ended after this opening.
            if end.is_none_or(|end| later(at, tolerance) < end) {
                let to = end.map_or(Time::MAX, |end| Time(end.0.saturating_sub(tolerance.0)));
                spans.list.push(Interval { from: at, to });
            }
        }
        spans
    }

    /// Cuts off everything after `limit`. What begins later, but by no more than `slack`, keeps its
    /// first instant: another clock may have stamped it.
    pub(crate) fn until(mut self, limit: Time, slack: Time) -> Self {
        self.list.retain(|span| span.from <= later(limit, slack));
        for span in &mut self.list {
            span.to = span.to.min(limit.max(span.from));
        }
        self
    }

    /// Does one interval, widened by `slack` on both sides, contain `[from, to]`?
    pub(crate) fn contain(&self, from: Time, to: Time, slack: Time) -> bool {
        // Of those that begin in time the last one ends last.
        self.begun(later(from, slack)).is_some_and(|last| to <= later(last.to, slack))
    }

    /// The last interval that begins by `now`.
    pub(crate) fn begun(&self, now: Time) -> Option<Interval> {
        let begun = self.list.partition_point(|span| span.from <= now);
        begun.checked_sub(1).map(|last| self.list[last])
    }

    /// The first instant of all.
    pub(crate) fn first(&self) -> Option<Time> {
        self.list.first().map(|span| span.from)
    }

    /// The first end at or after `at`; None when all that is open then goes on for ever.
    pub(crate) fn end_from(&self, at: Time) -> Option<Time> {
        let next = self.list.partition_point(|span| span.to < at);
        self.list.get(next).map(|span| span.to).filter(|&to| to != Time::MAX)
    }

    /// The last instant of all that is over by `now`; None while an interval goes on.
    pub(crate) fn over_by(&self, now: Time) -> Option<Time> {
        self.list.last().map(|span| span.to).filter(|&to| to <= now && to != Time::MAX)
    }

    /// Does an interval contain `now` and go on after it?
    pub(crate) fn ongoing(&self, now: Time) -> bool {
        self.begun(now).is_some_and(|last| now < last.to)
    }
}

/// The instants at which something opens, each once.
fn openings(edges: &[(Time, Edge)]) -> impl Iterator<Item = Time> {
    let instants = edges.chunk_by(|one, other| one.0 == other.0);
    instants.filter(|instant| instant.iter().any(|edge| edge.1 == Edge::Open)).map(|own| own[0].0)
}

/// What ends something: its own closings, and other ends by the instant from which they are sought.
struct Ends<'e, F> {
    /// The sorted edges that have not been passed.
    edges: &'e [(Time, Edge)],
    cut: F,
}

impl<F: Fn(Time) -> Option<Time>> Ends<'_, F> {
    /// The first end at or after `at`, which never goes back.
    fn next(&mut self, at: Time) -> Option<Time> {
        while let Some((&(time, edge), rest)) = self.edges.split_first()
            && (time < at || edge == Edge::Open)
        {
            self.edges = rest;
        }
        let closing = self.edges.first().map(|edge| edge.0);
        closing.into_iter().chain((self.cut)(at)).min()
    }
}

/// `at + span`, or the end of time.
pub(in crate::audit) fn later(at: Time, span: Time) -> Time {
    at.checked_add(span).unwrap_or(Time::MAX)
}

#[cfg(test)]
mod tests;
