//! Intervals of time from the events that open and close them: presence, connections, unchokes.
//!
//! Events come in any order of lines, and events of one instant in any order at all: an interval is
//! closed on both sides. Who is there says so once, so those events of one instant are read in the
//! order in which they alternate. Connections and unchokes may be said again (who chokes the choked
//! has done nothing wrong), so the last event of an instant decides, whichever that is. It never
//! decides whether an irregular event is a violation. The type to know is [`Intervals`].

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
pub struct Interval {
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

/// How many events of each kind one instant has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    opens: usize,
    closes: usize,
    cuts: usize,
}

impl Moment {
    /// Takes the next instant off both tables, which are sorted; None at their end.
    fn take(edges: &mut &[(Time, Edge)], cuts: &mut &[Time]) -> Option<(Time, Self)> {
        let at = match (edges.first(), cuts.first()) {
            (Some(&(edge, _)), Some(&cut)) => edge.min(cut),
            (Some(&(edge, _)), None) => edge,
            (None, Some(&cut)) => cut,
            (None, None) => return None,
        };
        let mut moment = Moment { opens: 0, closes: 0, cuts: 0 };
        while let Some((&(_, edge), rest)) = edges.split_first().filter(|(edge, _)| edge.0 == at) {
            match edge {
                Edge::Open => moment.opens += 1,
                Edge::Close => moment.closes += 1,
            }
            *edges = rest;
        }
        while let Some((_, rest)) = cuts.split_first().filter(|&(&cut, _)| cut == at) {
            moment.cuts += 1;
            *cuts = rest;
        }
        Some((at, moment))
    }

    /// What is open after it when each event may repeat what was so already: the last one decides.
    fn leaves_open(self, open: bool, reading: Reading) -> bool {
        let ends = self.closes + self.cuts;
        match reading {
            Reading::Most => self.opens != 0 || (open && ends == 0),
            Reading::Least => ends == 0 && (open || self.opens != 0),
        }
    }
}

/// The intervals of one thing, in order, and the first event that does not alternate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Intervals {
    /// The intervals, in order; they do not touch.
    pub list: Vec<Interval>,
    /// The first instant with more openings or closings than can alternate.
    pub doubled: Option<(Time, Edge)>,
}

impl Intervals {
    /// Reads the edges, which it sorts.
    pub fn new(edges: &mut [(Time, Edge)]) -> Self {
        edges.sort_unstable();
        let mut spans = Intervals::default();
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
                    spans.list.push(Interval { from, to: at });
                    open = None;
                }
                (None, true) => open = Some(at),
                (None, false) if opens != 0 => spans.list.push(Interval { from: at, to: at }),
                _ => {}
            }
        }
        if let Some(from) = open {
            spans.list.push(Interval { from, to: Time::MAX });
        }
        spans
    }

    /// Reads the edges, which it sorts, of something that also ends at each of `cuts`, which are
    /// sorted. A cut closes what is open and changes nothing else; unless it `goes_on` after that
    /// instant, nothing is open then. Where the order of one instant decides what is open after it,
    /// `reading` says which it is.
    pub(in crate::audit) fn with_cuts(
        edges: &mut [(Time, Edge)],
        cuts: &[Time],
        goes_on: impl Fn(Time) -> bool,
        reading: Reading,
    ) -> Self {
        edges.sort_unstable();
        let (mut edges, mut cuts) = (&*edges, cuts);
        let mut spans = Intervals::default();
        // Since when it is open.
        let mut open: Option<Time> = None;
        while let Some((at, instant)) = Moment::take(&mut edges, &mut cuts) {
            let goes_on = instant.cuts == 0 || goes_on(at);
            let after = goes_on && instant.leaves_open(open.is_some(), reading);
            // What was open for this instant only was open, too.
            let since = open.or((instant.opens != 0).then_some(at));
            open = since.filter(|_| after);
            if let Some(from) = since.filter(|_| !after) {
                spans.list.push(Interval { from, to: at });
            }
        }
        spans.list.extend(open.map(|from| Interval { from, to: Time::MAX }));
        spans
    }

    /// Is what [`Intervals::with_cuts`] reads the same however it reads? It is where every edge, of
    /// those that are sorted, has an instant of its own.
    pub(in crate::audit) fn is_clear(edges: &[(Time, Edge)], cuts: &[Time]) -> bool {
        let mut cuts = cuts.iter().peekable();
        let mut is_cut = |at| {
            while cuts.next_if(|&&cut| cut < at).is_some() {}
            cuts.peek().is_some_and(|&&cut| cut == at)
        };
        edges.windows(2).all(|pair| pair[0].0 < pair[1].0)
            && !edges.iter().any(|&(at, _)| is_cut(at))
    }

    /// Cuts off everything after `limit`. What begins later, but by no more than `slack`, keeps its
    /// first instant: another clock may have stamped it.
    pub fn until(mut self, limit: Time, slack: Time) -> Self {
        self.list.retain(|span| span.from <= later(limit, slack));
        for span in &mut self.list {
            span.to = span.to.min(limit.max(span.from));
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

/// `at + span`, or the end of time.
pub(in crate::audit) fn later(at: Time, span: Time) -> Time {
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
            let list: Vec<Interval> = times
                .chunks(2)
                .map(|pair| Interval { from: pair[0], to: pair.get(1).copied().unwrap_or(Time::MAX) })
                .collect();
            let mut edges: Vec<(Time, Edge)> = list
                .iter()
                .flat_map(|span| [(span.to, Edge::Close), (span.from, Edge::Open)])
                .filter(|&(at, _)| at != Time::MAX)
                .rev()
                .collect();
            let spans = Intervals::new(&mut edges);
            prop_assert_eq!(&spans.list, &list);
            prop_assert_eq!(spans.doubled, None);
            let (from, to) = (u64::from(from % 64), u64::from(to % 64));
            let (from, to, slack) = (Time(from.min(to)), Time(from.max(to)), Time(slack));
            let within = |span: &Interval| span.from <= from + slack && to <= later(span.to, slack);
            prop_assert_eq!(spans.contain(from, to, slack), list.iter().any(within));
        }
    }

    #[test]
    fn events_of_one_instant_are_read_as_they_alternate() {
        use Edge::{Close, Open};
        let spans = |edges: &[(u64, Edge)]| {
            let mut edges: Vec<_> = edges.iter().map(|&(at, edge)| (Time(at), edge)).collect();
            let spans = Intervals::new(&mut edges);
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

    /// Every order of the events of one instant, played one by one, against the counting.
    #[test]
    fn an_instant_is_read_as_some_or_as_every_order_of_its_events_leaves_it() {
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum What {
            Opens,
            Closes,
            Cuts,
        }
        /// What is open after each order of the events.
        fn play(open: bool, left: &[What], after: &mut Vec<bool>) {
            if left.is_empty() {
                after.push(open);
            }
            for (at, what) in left.iter().enumerate() {
                let mut rest = left.to_vec();
                rest.remove(at);
                play(*what == What::Opens, &rest, after);
            }
        }
        for (opens, closes, cuts) in (0..27).map(|n| (n % 3, n / 3 % 3, n / 9)) {
            for open in [false, true] {
                let kinds = [(What::Opens, opens), (What::Closes, closes), (What::Cuts, cuts)];
                let events: Vec<What> =
                    kinds.iter().flat_map(|&(what, count)| vec![what; count]).collect();
                let instant = Moment { opens, closes, cuts };
                let mut after = Vec::new();
                play(open, &events, &mut after);
                let leaves = |reading| instant.leaves_open(open, reading);
                let (most, least) = (leaves(Reading::Most), leaves(Reading::Least));
                assert_eq!(most, after.contains(&true), "{instant:?} from {open}");
                assert_eq!(least, !after.contains(&false), "{instant:?} from {open}");
            }
        }
    }
}
