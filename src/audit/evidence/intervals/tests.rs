//! Intervals against every order in which their edges can have happened.

use proptest::prelude::*;

use super::*;

/// What happens in an order of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Open,
    Close,
    /// An end after which nothing can open at the same instant.
    Gone,
    /// Something for which it must be open begins, and ends.
    Begin,
    Finish,
}

/// Does some order of events lead to the end without `step` refusing? Two events may stand against
/// the order of their stamps if these differ by at most `tolerance`.
fn some_order<S: Copy>(
    left: &[(u64, What)],
    tolerance: u64,
    state: S,
    step: &impl Fn(S, u64, What, &[(u64, What)]) -> Option<S>,
) -> bool {
    let first = left.iter().map(|event| event.0).min();
    left.is_empty()
        || (0..left.len()).any(|at| {
            let (stamp, what) = left[at];
            let mut rest = left.to_vec();
            rest.remove(at);
            stamp <= first.unwrap() + tolerance
                && step(state, stamp, what, &rest)
                    .is_some_and(|state| some_order(&rest, tolerance, state, step))
        })
}

/// Open, and between beginning and finish.
type State = (bool, bool);

fn alternates((open, inside): State, what: What) -> Option<State> {
    match what {
        What::Open => (!open).then_some((true, inside)),
        What::Close | What::Gone => (open && !inside).then_some((false, inside)),
        What::Begin => open.then_some((open, true)),
        What::Finish => inside.then_some((open, false)),
    }
}

fn repeats((open, inside): State, what: What) -> Option<State> {
    match what {
        What::Open => Some((true, inside)),
        What::Close | What::Gone => (!inside).then_some((false, inside)),
        What::Begin => open.then_some((open, true)),
        What::Finish => inside.then_some((open, false)),
    }
}

fn edge() -> impl Strategy<Value = What> {
    prop_oneof![Just(What::Open), Just(What::Close)]
}

fn edges_of(events: &[(u64, What)]) -> Vec<(Time, Edge)> {
    let edge = |&(at, what): &(u64, What)| match what {
        What::Open => Some((Time(at), Edge::Open)),
        What::Close => Some((Time(at), Edge::Close)),
        _ => None,
    };
    let mut edges: Vec<_> = events.iter().filter_map(edge).collect();
    edges.sort_unstable();
    edges
}

fn first_from(cuts: &[u64]) -> impl Fn(Time) -> Option<Time> {
    move |at| cuts.iter().copied().filter(|&cut| at.0 <= cut).min().map(Time)
}

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
        let spans = Intervals::alternating(&mut edges, Time::ZERO);
        prop_assert_eq!(&spans.list, &list);
        prop_assert_eq!(spans.doubled, None);
        let (from, to) = (u64::from(from % 64), u64::from(to % 64));
        let (from, to, slack) = (Time(from.min(to)), Time(from.max(to)), Time(slack));
        let within = |span: &Interval| span.from <= from + slack && to <= later(span.to, slack);
        prop_assert_eq!(spans.contain(from, to, slack), list.iter().any(within));
        let now = |span: &&Interval| span.from <= from && from < span.to;
        prop_assert_eq!(spans.ongoing(from), list.iter().any(|span| now(&span)));
        let ends = list.iter().map(|span| span.to).filter(|&end| from <= end && end != Time::MAX);
        prop_assert_eq!(spans.end_from(from), ends.min());
    }

    /// Joins and leaves alternate, and something fits between them, if it does so in some order.
    #[test]
    fn what_alternates_is_read_as_some_order_has_it(
        edges in prop::collection::vec((0u64..9, edge()), 0..6),
        from in 0u64..10,
        takes in 0u64..4,
        tolerance in 0u64..4,
    ) {
        let mut events = edges;
        let spans = Intervals::alternating(&mut edges_of(&events), Time(tolerance));
        let step = |state, _, what, _: &[_]| alternates(state, what);
        let possible = some_order(&events, tolerance, (false, false), &step);
        prop_assert_eq!(spans.doubled.is_none(), possible, "{:?}", spans);
        prop_assume!(possible);
        events.extend([(from, What::Begin), (from + takes, What::Finish)]);
        let fits = some_order(&events, tolerance, (false, false), &step);
        prop_assert_eq!(spans.contain(Time(from), Time(from + takes), Time(tolerance)), fits,
            "{:?}", spans);
    }

    /// What may be repeated contains something if some order of the events of each instant does.
    #[test]
    fn the_most_is_open_where_some_order_is(
        edges in prop::collection::vec((0u64..7, edge()), 0..5),
        cuts in prop::collection::btree_map(0u64..7, any::<bool>(), 0..3),
        from in 0u64..8,
        takes in 0u64..4,
    ) {
        let instants: Vec<u64> = cuts.keys().copied().collect();
        let goes_on = |at: Time| cuts.get(&at.0).copied().unwrap_or(true);
        let spans = Intervals::most(&edges_of(&edges), first_from(&instants), goes_on);
        let mut events = edges;
        let end = |back| if back { What::Close } else { What::Gone };
        events.extend(cuts.iter().map(|(&at, &back)| (at, end(back))));
        events.extend([(from, What::Begin), (from + takes, What::Finish)]);
        // Nothing opens any more at the instant of an end that lasts.
        let step = |state, stamp, what, rest: &[(u64, What)]| {
            let opens_later = rest.contains(&(stamp, What::Open));
            if what == What::Gone && opens_later { None } else { repeats(state, what) }
        };
        let fits = some_order(&events, 0, (false, false), &step);
        let contains = spans.contain(Time(from), Time(from + takes), Time::ZERO);
        prop_assert_eq!(contains, fits, "{:?}", spans);
    }

    /// What is open at the least is so at an instant in every order of stamps with a tolerance.
    /// Here true times are halves: an event is up to half the tolerance off its stamp.
    #[test]
    fn the_least_is_open_where_every_order_is(
        edges in prop::collection::vec((0u64..9, edge()), 0..5),
        cuts in prop::collection::vec(0u64..9, 0..3),
        tolerance in 0u64..4,
        twice in 0u64..24,
    ) {
        let spans = Intervals::least(&edges_of(&edges), first_from(&cuts), Time(tolerance));
        let mut events = edges;
        events.extend(cuts.iter().map(|&at| (at, What::Close)));
        // Stamps in halves; the instant asked for has no error of its own.
        let halves: Vec<(u64, What)> = events.iter().map(|&(at, what)| (2 * at, what)).collect();
        let before = |at: u64| at <= twice + tolerance;
        let after = |at: u64| twice <= at + tolerance;
        let closed = (0..1 << halves.len()).any(|mask: u32| {
            let is_before = |at: usize| mask >> at & 1 == 1;
            let own = |wanted| -> Vec<(u64, What)> {
                let those = (0..halves.len()).filter(|&at| is_before(at) == wanted);
                those.map(|at| halves[at]).collect()
            };
            let (early, late) = (own(true), own(false));
            let crosses = early.iter().any(|e| late.iter().any(|l| l.0 + 2 * tolerance < e.0));
            let possible = early.iter().all(|e| before(e.0)) && late.iter().all(|l| after(l.0));
            // The last of the early ones may be any that no other has to follow.
            let last = |one: &&(u64, What)| early.iter().all(|e| e.0 <= one.0 + 2 * tolerance);
            let ends = early.iter().filter(last).any(|one| one.1 == What::Close);
            possible && !crosses && (early.is_empty() || ends)
        });
        let open = spans.list.iter().any(|span| {
            2 * span.from.0 + tolerance < twice
                && (span.to == Time::MAX || twice < 2 * span.to.0 + tolerance)
        });
        prop_assert_eq!(open, !closed, "{:?}", spans);
    }
}

#[test]
fn events_of_one_instant_are_read_as_they_alternate() {
    use Edge::{Close, Open};
    let spans = |edges: &[(u64, Edge)], tolerance| {
        let mut edges: Vec<_> = edges.iter().map(|&(at, edge)| (Time(at), edge)).collect();
        let spans = Intervals::alternating(&mut edges, Time(tolerance));
        let list: Vec<_> = spans.list.iter().map(|span| (span.from.0, span.to.0)).collect();
        (list, spans.doubled)
    };
    assert_eq!(spans(&[(5, Close), (5, Open)], 0), (vec![(5, 5)], None));
    let back = vec![(0, 5), (5, u64::MAX)];
    assert_eq!(spans(&[(0, Open), (5, Open), (5, Close)], 0), (back, None));
    let twice = vec![(0, 5), (5, 5)];
    assert_eq!(spans(&[(0, Open), (5, Close), (5, Close), (5, Open)], 0), (twice, None));
    let doubled = Some((Time(5), Open));
    assert_eq!(spans(&[(0, Open), (5, Open), (9, Close)], 0), (vec![(0, 9)], doubled));
    assert_eq!(spans(&[(0, Open), (5, Open), (9, Close)], 3), (vec![(0, 9)], doubled));
    // A join that another clock stamped earlier than the departure before it.
    assert_eq!(spans(&[(0, Open), (5, Open), (9, Close)], 4), (vec![(0, 5), (9, u64::MAX)], None));
    assert_eq!(spans(&[(5, Close)], 9), (vec![], Some((Time(5), Close))));
}
