//! Which witness is shown of several, and the sentence that each one says.

use super::*;
use crate::scenario::{Choker, Protocol};

/// What the judgement of a rule says of a run.
#[track_caller]
fn says(run: &Run, rule: &str, sentence: &str) {
    assert_eq!(run.rule(rule).explanation.as_deref(), Some(sentence));
}

fn barter(choker: Choker, slots: u32) -> impl FnOnce(&mut Parts) {
    move |parts| {
        let default = Protocol { optimistic: None, ..Protocol::default() };
        parts.protocol = Some(Protocol { choker, unchoke_slots: slots, ..default });
    }
}

#[test]
fn membership_speaks_in_sentences() {
    let announced = || {
        Run::new(2, 1).unjoined().with(|parts| {
            parts.peers[0].joins = Time(10);
            parts.peers[0].leaves = Leaves::At(Time(90));
        })
    };
    let rule = "membership";
    says(&announced().join(1, 9), rule, "peer 1 joined at 9 ns, but is announced to join at 10 ns");
    says(
        &announced().join(1, 10).leave(1, 91),
        rule,
        "peer 1 left at 91 ns, but is announced to leave at 90 ns",
    );
    says(
        &Run::new(1, 1).join(1, 5),
        rule,
        "peer 1 joined at 5 ns again, but it had not left in between",
    );
    says(
        &Run::new(1, 1).leave(1, 5).leave(1, 7),
        rule,
        "peer 1 left at 7 ns again, but it had not joined in between",
    );
    let named = |run: Run| run.unjoined().join(1, 0).announce(1, &[2], 5);
    says(
        &named(Run::new(2, 1)),
        rule,
        "the tracker named peer 2 to peer 1 at 5 ns, but peer 2 never joined",
    );
    says(
        &named(Run::new(2, 1)).join(2, 6),
        rule,
        "the tracker named peer 2 to peer 1 at 5 ns, but peer 2 joined at 6 ns",
    );
    // What takes no time had nothing to stay for.
    says(
        &Run::new(2, 1).unjoined().connect(1, 0, 5),
        rule,
        "peer 1 connected at 5 ns, but it never joined",
    );
    says(
        &Run::new(1, 1).unjoined().join(1, 7).connect(1, 0, 5),
        rule,
        "peer 1 connected at 5 ns, but it joined at 7 ns",
    );
    says(
        &Run::new(1, 1).leave(1, 4).connect(1, 0, 5),
        rule,
        "peer 1 connected at 5 ns, but it left at 4 ns",
    );
}

#[test]
fn causality_and_conservation_speak_in_sentences() {
    says(
        &Run::new(1, 1).with(|parts| parts.network.latency = Time(50)).send(0, 1, 0, 0..49),
        "causality",
        "the source sent chunk 0 to peer 1 from 0 s to 49 ns, which is less than the \
         latency of 50 ns",
    );
    says(
        &Run::new(2, 1).send(1, 2, 0, 0..100),
        "causality",
        "peer 1 sent chunk 0 to peer 2 from 0 s to 100 ns, but peer 1 never got all of it",
    );
    says(
        &Run::new(2, 1)
            .send(0, 1, 0, 0..100)
            .part(0, 2, 0, 100..150, 0..50)
            .part(1, 2, 0, 100..150, 50..100)
            .complete(2, 150),
        "conservation",
        "peer 2 says at 150 ns that it has the file, but of chunk 0 it had only parts from \
         the source and peer 1, and a whole copy from no sender",
    );
}

#[test]
fn the_protocol_speaks_in_sentences() {
    says(
        &Run::new(2, 1).connect(0, 2, 0).send(0, 1, 0, 0..100),
        "neighbors",
        "the source sent chunk 0 to peer 1 from 0 s to 100 ns, but no connection of \
         the two lasts from 0 s to 100 ns",
    );
    says(
        &Run::new(1, 1).unchoke(0, 1, 0).choke(0, 1, 9).send(0, 1, 0, 10..110),
        "choking",
        "the source sent chunk 0 to peer 1 from 10 ns to 110 ns, but had choked it \
         at 9 ns",
    );
    says(
        &Run::new(2, 1).unchoke(0, 2, 0).send(0, 1, 0, 10..110),
        "choking",
        "the source sent chunk 0 to peer 1 from 10 ns to 110 ns, but had not \
         unchoked it",
    );
    says(
        &Run::new(2, 1).with(barter(Choker::TitForTat, 1)).unchoke(0, 1, 3).unchoke(0, 2, 5),
        "choking",
        "the source unchokes 2 neighbors at 5 ns and has slots for 1",
    );
    let given = Run::new(2, 4)
        .send(0, 1, 0, 0..100)
        .send(0, 1, 1, 100..200)
        .send(1, 2, 0, 200..300)
        .send(1, 2, 1, 300..400);
    says(
        &given.with(barter(Choker::Credit(1), 4)),
        "choking",
        "by 400 ns peer 1 had given peer 2 2 chunks and got back 0, more than 1 ahead",
    );
}

#[test]
fn verdicts_are_words_that_line_up() {
    let verdicts = [Verdict::Skipped, Verdict::Holds, Verdict::Unknown, Verdict::Violated];
    let words = verdicts.map(|verdict| format!("{verdict:>8}"));
    assert_eq!(words, [" skipped", "   holds", " unknown", "violated"]);
}

#[test]
fn of_two_judgements_the_worse_and_of_equals_the_first_is_kept() {
    let first = Judgement::unknown("first");
    let or = |other| first.clone().or(other);
    assert_eq!(or(Judgement::unknown("second")), first);
    assert_eq!(or(Judgement::holds()), first);
    assert_eq!(Judgement::holds().or(first.clone()), first);
}

/// Runs of two peers in which something happens to both: to peer 1 at the first time, to peer 2 at
/// the second.
fn both_orders(two: impl Fn(u64, u64) -> Run, rule: &str, show: impl Fn(Witness) -> (u32, Time)) {
    for (one, other, expected) in [(50, 60, (1, 50)), (60, 50, (2, 50)), (50, 50, (1, 50))] {
        let (node, at) = show(two(one, other).witness(rule));
        assert_eq!((node, at.0), expected, "at {one} and {other}");
    }
}

#[test]
fn the_earliest_absence_is_shown() {
    let show = |witness| match witness {
        Witness::Membership(MembershipWitness::Unannounced { node, at_ns, .. })
        | Witness::Membership(MembershipWitness::Twice { node, at_ns, .. }) => (node.0, at_ns),
        other => panic!("{other:?}"),
    };
    let early = |one, other| {
        let run = Run::new(2, 1).unjoined().join(1, one).join(2, other);
        run.with(|parts| parts.peers.iter_mut().for_each(|peer| peer.joins = Time(100)))
    };
    both_orders(early, "membership", show);
    let twice = |one, other| Run::new(2, 1).join(1, one).join(2, other);
    both_orders(twice, "membership", show);
    both_orders(|one, other| twice(one, other).gaps(), "membership", show);
    // A violation is shown rather than an earlier doubt.
    let worst = early(50, 60).gaps().join(2, 90).join(1, 40).leave(1, 41).leave(1, 42);
    assert_eq!(worst.verdict("membership"), Verdict::Violated);
    let mixed = Run::new(2, 1).join(2, 10).leave(1, 91).gaps();
    let mixed = mixed.with(|parts| parts.peers[0].leaves = Leaves::At(Time(90)));
    assert_eq!(mixed.verdict("membership"), Verdict::Violated);
    assert_eq!(show(mixed.witness("membership")), (1, Time(91)));
}

#[test]
fn being_named_before_the_announced_arrival_is_no_gap() {
    let named = |at| {
        let run = Run::new(2, 1).unjoined().join(1, 0).join(2, 30).announce(1, &[2], at).gaps();
        run.with(|parts| parts.peers[1].joins = Time(20)).verdict("membership")
    };
    assert_eq!(named(19), Verdict::Violated);
    assert_eq!(named(20), Verdict::Unknown);
    assert_eq!(named(30), Verdict::Holds);
}

#[test]
fn the_earliest_transfer_that_cannot_be_is_shown() {
    let show = |witness| match witness {
        Witness::Causality(CausalityWitness::Acausal { transfer, .. }) => {
            (transfer.from.0, transfer.start_ns)
        }
        other => panic!("{other:?}"),
    };
    // Peers 1 and 2 send what they never get: different chunks, so that each is an own story.
    let two =
        |one, other| Run::new(3, 2).send(1, 3, 0, one..one + 100).send(2, 3, 1, other..other + 100);
    both_orders(two, "causality", show);
    both_orders(|one, other| two(one, other).gaps(), "causality", show);
}

#[test]
fn the_smallest_overload_is_shown() {
    let show = |witness| match witness {
        Witness::Capacity(CapacityWitness { node, to_ns, .. }) => (node.0, Time(to_ns.0 - 199)),
        other => panic!("{other:?}"),
    };
    // A chunk in 99 ns instead of 100 by each; it ends 199 ns after the time that is asked.
    let two = |one, other| {
        let run = Run::new(3, 2).send(0, 1, 0, 0..100).send(0, 2, 1, 0..100);
        run.send(1, 3, 0, one + 100..one + 199)
            .send(2, 3, 1, other + 100..other + 199)
            .with(|parts| parts.source.upload = Rate(2 * BYTE_PER_NS.0))
    };
    both_orders(two, "uplink_capacity", show);
}

#[test]
fn what_ends_at_one_instant_is_one_overload() {
    // Three chunks by 50 ns, where 50 B can have been; a fourth much later is no part of it.
    let run = Run::new(1, 4)
        .send(0, 1, 0, 0..50)
        .send(0, 1, 1, 0..50)
        .send(0, 1, 2, 0..50)
        .send(0, 1, 3, 900..1000)
        .receiver(0);
    match run.witness("uplink_capacity") {
        Witness::Capacity(CapacityWitness { to_ns, bytes, transfers, allowed_bytes, .. }) => {
            assert_eq!((to_ns, bytes, transfers, allowed_bytes), (Time(50), 300, 3, 50));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_earliest_slot_too_many_is_shown() {
    let show = |witness| match witness {
        Witness::Choking(ChokingWitness::Slots { node, at_ns, .. }) => (node.0, at_ns),
        other => panic!("{other:?}"),
    };
    let two = |one, other| {
        let run = Run::new(4, 1).with(barter(Choker::TitForTat, 1)).unchoke(1, 3, 0);
        run.unchoke(2, 3, 0).unchoke(1, 4, one).unchoke(2, 4, other)
    };
    both_orders(two, "choking", show);
}

#[test]
fn the_earliest_debt_is_shown() {
    let show = |witness| match witness {
        Witness::Choking(ChokingWitness::Credit { from, at_ns, .. }) => {
            (from.0, Time(at_ns.0 - 500))
        }
        other => panic!("{other:?}"),
    };
    // Both have two chunks and give them away for nothing.
    let two = |one, other| {
        let mut run = Run::new(4, 4).with(barter(Choker::Credit(1), 4));
        for (peer, at) in [(1, one), (2, other)] {
            for chunk in 0..2 {
                let since = at + 200 * u64::from(chunk);
                run = run.send(0, peer, chunk, 100 * u64::from(chunk)..100);
                run = run.send(peer, peer + 2, chunk, since + 200..since + 300);
            }
        }
        run
    };
    both_orders(two, "choking", show);
}

#[test]
fn a_copy_counts_when_the_chunk_is_covered_again() {
    let run = |again| {
        Run::new(2, 4)
            .with(barter(Choker::Credit(1), 4))
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 100..200)
            .part(1, 2, 0, 200..300, 0..again)
    };
    assert_eq!(run(99).verdict("choking"), Verdict::Holds);
    assert_eq!(run(100).verdict("choking"), Verdict::Violated);
    // What was given beyond one copy is the beginning of the next, and only that.
    let rest = |bytes| run(99).part(1, 2, 0, 300..400, bytes);
    assert_eq!(rest(99..100).verdict("choking"), Verdict::Violated);
    assert_eq!(rest(0..99).verdict("choking"), Verdict::Holds);
}

#[test]
fn a_report_says_when_each_peer_completed() {
    let report = lawful().report();
    let finish = [0, 1, 2, 3].map(|node| report.finish_of(PeerId(node)));
    assert_eq!(finish, [None, Some(Time(300)), Some(Time(200)), None]);
}

#[test]
fn of_equal_bounds_the_first_is_the_best() {
    let run = Run::new(1, 1).send(0, 1, 0, 0..100).complete(1, 100);
    let best = run.report().best;
    assert_eq!((best.name, best.time(), best.k), ("fluid", Some(Time(100)), 1));
    // Who leaves before all is sent has sent it never.
    let never = run.with(|parts| parts.source.leaves = SourceLeaves::At(Time(99)));
    let best = never.report().best;
    assert_eq!((best.name, best.time()), ("presence", None));
}
