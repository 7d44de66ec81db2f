//! Intervals of time from the events that open and close them: presence, connections, unchokes.
//!
//! Events come in any order of lines, and events of one instant in any order at all: an interval is
//! closed on both sides, and events of one instant are read in the order in which they alternate.
//! It never decides whether an irregular event is a violation. The type to know is [`Spans`].

use crate::chunks::PeerId;
use crate::units::Time;

/// The edge of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// It begins.
    Open,
    /// It ends.
    Close,
}

/// A closed interval; one that never ends reaches [`Time::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its first instant.
    pub from: Time,
    /// Its last instant.
    pub to: Time,
}

/// The intervals of one thing, in order, and the first event that does not alternate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spans {
    /// The intervals, in order; they do not touch.
    pub list: Vec<Span>,
    /// The first instant with more openings or closings than can alternate.
    pub doubled: Option<(Time, Edge)>,
}

impl Spans {
    /// Reads the edges, which it sorts.
    pub fn new(edges: &mut [(Time, Edge)]) -> Self {
        edges.sort_unstable();
        let mut spans = Spans::default();
        let mut open: Option<Time> = None;
        for instant in edges.chunk_by(|a, b| a.0 == b.0) {
            let at = instant[0].0;
            let opens = instant.iter().filter(|edge| edge.1 == Edge::Open).count();
            let closes = instant.len() - opens;
            // From an open state the events can only alternate close, open, close, ...
            let (alternates, after) = match open {
                Some(_) => (closes == opens || closes == opens + 1, closes <= opens),
                None => (opens == closes || opens == closes + 1, closes < opens),
            };
            if !alternates && spans.doubled.is_none() {
                let edge = if closes < opens { Edge::Open } else { Edge::Close };
                spans.doubled = Some((at, edge));
            }
            match (open, after) {
                (Some(from), false) => {
                    spans.list.push(Span { from, to: at });
                    open = None;
                }
                (None, true) => open = Some(at),
                (None, false) if opens != 0 => spans.list.push(Span { from: at, to: at }),
                _ => {}
            }
        }
        if let Some(from) = open {
            spans.list.push(Span { from, to: Time::MAX });
        }
        spans
    }

    /// Cuts off everything after `limit`.
    pub fn until(mut self, limit: Time) -> Self {
        self.list.retain(|span| span.from <= limit);
        if let Some(last) = self.list.last_mut() {
            last.to = last.to.min(limit);
        }
        self
    }

    /// Does one interval, widened by `slack` on both sides, contain `[from, to]`?
    pub fn contain(&self, from: Time, to: Time, slack: Time) -> bool {
        // Of those that begin in time the last one ends last.
        let begun = self.list.partition_point(|span| span.from <= later(from, slack));
        begun.checked_sub(1).is_some_and(|last| to <= later(self.list[last].to, slack))
    }

    /// The first instant of all.
    pub fn first(&self) -> Option<Time> {
        self.list.first().map(|span| span.from)
    }

    /// The last instant of all that is over by `now`; None while an interval goes on.
    pub fn over_by(&self, now: Time) -> Option<Time> {
        self.list.last().map(|span| span.to).filter(|&to| to <= now && to != Time::MAX)
    }

    /// Does an interval contain `now` and go on after it?
    pub fn ongoing(&self, now: Time) -> bool {
        self.list.iter().any(|span| span.from <= now && now < span.to)
    }
}

/// What opened or closed between two nodes, and when.
pub(super) type PairEdge = ((PeerId, PeerId), Time, Edge);

/// The intervals of pairs of nodes, sorted by pair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pairs(Vec<((PeerId, PeerId), Spans)>);

impl Pairs {
    /// Reads the edges; `more` adds what else closes an interval of a pair.
    pub(super) fn new(
        mut edges: Vec<PairEdge>,
        more: impl Fn((PeerId, PeerId), &mut Vec<(Time, Edge)>),
    ) -> Self {
        edges.sort_unstable();
        let mut pairs = Vec::new();
        let mut own = Vec::new();
        for group in edges.chunk_by(|a, b| a.0 == b.0) {
            let pair = group[0].0;
            own.clear();
            own.extend(group.iter().map(|&(_, at, edge)| (at, edge)));
            more(pair, &mut own);
            pairs.push((pair, Spans::new(&mut own)));
        }
        Pairs(pairs)
    }

    /// The intervals of one pair.
    pub(super) fn of(&self, pair: (PeerId, PeerId)) -> Option<&Spans> {
        let at = self.0.binary_search_by_key(&pair, |&(pair, _)| pair).ok()?;
        Some(&self.0[at].1)
    }

    /// Every pair with its intervals.
    pub(super) fn iter(&self) -> impl Iterator<Item = ((PeerId, PeerId), &Spans)> {
        self.0.iter().map(|(pair, spans)| (*pair, spans))
    }
}

/// `at + span`, or the end of time.
pub(super) fn later(at: Time, span: Time) -> Time {
    at.checked_add(span).unwrap_or(Time::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Alternating events in any order of lines give back the intervals that they came from.
        #[test]
        fn intervals_come_back_from_their_edges(
            bounds in prop::collection::btree_set(0u64..60, 0..12),
            from: u8,
            to: u8,
            slack in 0u64..4,
        ) {
            let times: Vec<Time> = bounds.into_iter().map(Time).collect();
            let list: Vec<Span> = times
                .chunks(2)
                .map(|pair| Span { from: pair[0], to: pair.get(1).copied().unwrap_or(Time::MAX) })
                .collect();
            let mut edges: Vec<(Time, Edge)> = list
                .iter()
                .flat_map(|span| [(span.to, Edge::Close), (span.from, Edge::Open)])
                .filter(|&(at, _)| at != Time::MAX)
                .rev()
                .collect();
            let spans = Spans::new(&mut edges);
            prop_assert_eq!(&spans.list, &list);
            prop_assert_eq!(spans.doubled, None);
            let (from, to) = (u64::from(from % 64), u64::from(to % 64));
            let (from, to, slack) = (Time(from.min(to)), Time(from.max(to)), Time(slack));
            let within = |span: &Span| span.from <= from + slack && to <= later(span.to, slack);
            prop_assert_eq!(spans.contain(from, to, slack), list.iter().any(within));
        }
    }

    #[test]
    fn events_of_one_instant_are_read_as_they_alternate() {
        use Edge::{Close, Open};
        let spans = |edges: &[(u64, Edge)]| {
            let mut edges: Vec<_> = edges.iter().map(|&(at, edge)| (Time(at), edge)).collect();
            let spans = Spans::new(&mut edges);
            let list: Vec<_> = spans.list.iter().map(|span| (span.from.0, span.to.0)).collect();
            (list, spans.doubled)
        };
        assert_eq!(spans(&[(5, Close), (5, Open)]), (vec![(5, 5)], None));
        assert_eq!(spans(&[(0, Open), (5, Open), (5, Close)]), (vec![(0, u64::MAX)], None));
        assert_eq!(spans(&[(0, Open), (5, Close), (5, Close), (5, Open)]), (vec![(0, 5)], None));
        let doubled = Some((Time(5), Open));
        assert_eq!(spans(&[(0, Open), (5, Open), (9, Close)]), (vec![(0, 9)], doubled));
        assert_eq!(spans(&[(5, Close)]), (vec![], Some((Time(5), Close))));
    }
}
