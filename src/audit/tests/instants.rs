//! What happens at one instant, within the tolerance of clocks, and in the gaps of a log.

use super::*;
use crate::scenario::{Choker, Protocol};

fn one_slot(parts: &mut Parts) {
    let default = Protocol { optimistic: None, ..Protocol::default() };
    parts.protocol = Some(Protocol { choker: Choker::TitForTat, unchoke_slots: 1, ..default });
}

/// A peer is served, comes back at `join`, and the slot of the source goes to another.
#[test]
fn a_departure_ends_an_unchoke_though_the_peer_is_back_at_once() {
    let run = |leave, join| {
        Run::new(2, 1)
            .with(one_slot)
            .unchoke(0, 1, 0)
            .send(0, 1, 0, 0..100)
            .complete(1, 100)
            .leave(1, leave)
            .join(1, join)
            .unchoke(0, 2, 100)
            .send(0, 2, 0, 100..200)
            .complete(2, 200)
    };
    run(100, 100).assert_holds();
    run(100, 101).assert_holds();
    assert_eq!(run(101, 101).verdict("choking"), Verdict::Violated);
    assert_eq!(run(101, 101).receiver(1).verdict("choking"), Verdict::Holds);
}

#[test]
fn a_departure_ends_connections_and_unchokes_though_the_peer_is_back_at_once() {
    let run = || Run::new(1, 1).connect(0, 1, 0).unchoke(0, 1, 0).leave(1, 50).join(1, 50);
    let sent = |run: Run, start| run.send(0, 1, 0, start..start + 100);
    let rules = ["membership", "neighbors", "choking"];
    let verdicts = |run: Run| rules.map(|rule| run.verdict(rule));
    let (holds, violated) = (Verdict::Holds, Verdict::Violated);
    assert_eq!(verdicts(sent(run(), 60)), [holds, violated, violated]);
    assert_eq!(verdicts(sent(run().connect(0, 1, 50), 60)), [holds, holds, violated]);
    let again = || run().connect(0, 1, 50).unchoke(0, 1, 50);
    assert_eq!(verdicts(sent(again(), 60)), [holds, holds, holds]);
    assert_eq!(verdicts(sent(again(), 40)), [violated, violated, holds]);
}

/// The link ended with the departure, and was not there again: the peer reaches no one.
#[test]
fn a_peer_that_is_back_at_once_has_lost_its_connections() {
    let run = |leave, join| Run::new(1, 1).connect(0, 1, 0).leave(1, leave).join(1, join);
    assert_eq!(run(50, 50).verdict("incompleteness_explained"), Verdict::Holds);
    let stuck = run(50, 50).connect(0, 1, 51);
    assert_eq!(stuck.verdict("incompleteness_explained"), Verdict::Violated);
}

#[test]
fn connects_and_disconnects_within_the_tolerance_may_have_been_in_either_order() {
    let run =
        |again: u64| Run::new(1, 1).connect(0, 1, 0).disconnect(0, 1, 50).connect(0, 1, again);
    let rule = "incompleteness_explained";
    assert_eq!(run(60).receiver(10).verdict(rule), Verdict::Holds);
    assert_eq!(run(61).receiver(10).verdict(rule), Verdict::Violated);
}

#[test]
fn joins_and_leaves_within_the_tolerance_may_have_been_in_either_order() {
    // By another clock the peer was back before it left.
    let run = |back: u64, tolerance| {
        Run::new(1, 1)
            .leave(1, 50)
            .join(1, back)
            .send(0, 1, 0, 60..160)
            .complete(1, 160)
            .receiver(tolerance)
    };
    run(40, 10).assert_holds();
    assert_eq!(run(39, 10).verdict("membership"), Verdict::Violated);
    // Across that absence nothing goes on.
    let across = |start: u64| run(45, 10).send(0, 1, 0, start..start + 100).verdict("membership");
    assert_eq!(across(40), Verdict::Holds);
    assert_eq!(across(39), Verdict::Violated);
}

#[test]
fn a_source_is_there_from_the_start_unless_every_order_says_otherwise() {
    let run = |leave, join| {
        let back = Run::new(1, 2).leave(0, leave).join(0, join).send(0, 1, 0, 100..200);
        back.send(0, 1, 1, 200..300).complete(1, 300)
    };
    for at in [0, 34, 100] {
        run(at, at).assert_holds();
    }
    let twice = run(0, 0).leave(0, 400);
    twice.assert_holds();
    assert_eq!(run(40, 30).verdict("membership"), Verdict::Violated);
    run(40, 30).receiver(10).assert_holds();
    // It may have been gone after all, where it sent nothing that shows the contrary.
    let rule = "incompleteness_explained";
    let idle = |tolerance| Run::new(1, 1).join(0, 0).leave(0, 5).join(1, 20).receiver(tolerance);
    let idle = |tolerance| idle(tolerance).leave(1, 10);
    assert_eq!(idle(5).verdict(rule), Verdict::Holds);
    let sends = |at: u64| idle(5).part(0, 1, 0, at..at + 10, 0..10);
    assert_eq!(sends(0).verdict(rule), Verdict::Holds);
    let restarts = |start: u64| {
        Run::new(1, 1).part(0, 1, 0, start..start + 10, 0..10).leave(0, 20).join(0, 20)
    };
    assert_eq!(restarts(0).verdict(rule), Verdict::Violated);
    assert_eq!(restarts(25).verdict(rule), Verdict::Violated);
}

/// The first join of a peer is lost; it comes back later.
#[test]
fn with_gaps_a_first_join_may_be_missing() {
    let run = || {
        Run::new(2, 1)
            .unjoined()
            .with(|parts| parts.peers[0].download = Some(BYTE_PER_NS))
            .join(2, 0)
            .send(0, 1, 0, 0..100)
            .complete(1, 100)
            .send(1, 2, 0, 100..200)
            .complete(2, 200)
            .join(1, 300)
            .receiver(0)
    };
    for rule in ["uplink_capacity", "downlink_capacity"] {
        assert_eq!(run().gaps().verdict(rule), Verdict::Holds);
        // Without gaps the logged join is the first.
        assert_eq!(run().verdict(rule), Verdict::Violated);
    }
    assert_eq!(run().gaps().verdict("membership"), Verdict::Unknown);
    assert_eq!(run().gaps().report().verdict, Verdict::Unknown);
}

/// Any event at a multiple of 10.
fn event() -> impl Strategy<Value = Event> {
    let node = || (0u32..3).prop_map(PeerId);
    let at = || (0u64..12).prop_map(|at| Time(at * 10));
    let two = || (0u32..3, 1u32..3).prop_map(|(a, by)| (PeerId(a), PeerId((a + by) % 3)));
    let sent = (two(), 0u32..2, at(), 0u64..4, 0u64..3, any::<bool>());
    let transfer = sent.prop_map(|((from, to), chunk, start, takes, part, delivered)| {
        let (offset, bytes) = [(0, 100), (0, 50), (50, 50)][part as usize];
        Event::Transfer(Transfer {
            from,
            to,
            chunk: ChunkId(chunk),
            start,
            end: Time(start.0 + takes * 100),
            offset: Bytes(offset),
            bytes: Bytes(bytes),
            outcome: if delivered { Outcome::Delivered } else { Outcome::Aborted },
        })
    });
    prop_oneof![
        4 => transfer,
        1 => (at(), node()).prop_map(|(at, node)| Event::Leave { at, node }),
        1 => (at(), node()).prop_map(|(at, node)| Event::Join { at, node }),
        1 => (at(), node()).prop_map(|(at, node)| Event::Complete { at, node }),
        2 => (at(), two()).prop_map(|(at, (a, b))| Event::Connect { at, a, b }),
        1 => (at(), two()).prop_map(|(at, (a, b))| Event::Disconnect { at, a, b }),
        2 => (at(), two()).prop_map(|(at, (from, to))| Event::Unchoke { at, from, to }),
        1 => (at(), two()).prop_map(|(at, (from, to))| Event::Choke { at, from, to }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A departure and an arrival at one instant are judged by every rule as those 1 ns apart, in
    /// lawful logs and others.
    #[test]
    fn leaving_and_joining_at_one_instant_is_as_doing_so_a_nanosecond_apart(
        events in prop::collection::vec(event(), 0..14),
        node in 0u32..3,
        back in 0u64..14,
        tolerance in prop::option::of(prop_oneof![Just(0), Just(2), Just(12)]),
        complete: bool,
        joined: bool,
    ) {
        let mut run = Run::new(2, 2).with(one_slot);
        if joined {
            run.events.extend([0, 1].map(|peer| Event::Connect {
                at: Time(0),
                a: PeerId(peer),
                b: PeerId(2),
            }));
        }
        // It is there until it leaves: else it may as well join first.
        run.events.extend(events.into_iter().filter(|event| match event {
            Event::Join { node: other, .. } | Event::Leave { node: other, .. } => other.0 != node,
            _ => true,
        }));
        let stamps = if tolerance.is_some() { Stamps::Receiver } else { Stamps::Exact };
        let run = run.evidence(stamps, tolerance.unwrap_or(0), complete);
        let at = back * 10 + 5;
        let verdicts = |leave, join| -> Vec<(&str, Verdict)> {
            let report = run.clone().leave(node, leave).join(node, join).report();
            report.rules.iter().map(|rule| (rule.name, rule.judgement.verdict)).collect()
        };
        let at_once = verdicts(at, at);
        prop_assert_eq!(&at_once, &verdicts(at - 1, at));
        prop_assert_eq!(&at_once, &verdicts(at, at + 1));
    }
}
