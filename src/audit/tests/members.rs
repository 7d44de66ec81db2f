//! `membership`.

use super::*;

const RULE: &str = "membership";

#[test]
fn what_happens_at_one_instant_may_happen_in_any_order() {
    // Joins, sends and leaves, each at the very instant of the other.
    let run = Run::new(2, 1)
        .unjoined()
        .join(1, 0)
        .join(2, 100)
        .send(0, 1, 0, 0..100)
        .send(1, 2, 0, 100..200)
        .complete(1, 100)
        .complete(2, 200)
        .leave(1, 200)
        .leave(2, 200)
        .leave(0, 100);
    run.assert_holds();
}

#[test]
fn nobody_receives_or_sends_outside_its_stay() {
    let run = |join, leave_1, leave_2| {
        Run::new(2, 1)
            .unjoined()
            .join(1, 0)
            .join(2, join)
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 100..200)
            .leave(1, leave_1)
            .leave(2, leave_2)
    };
    assert_eq!(run(100, 200, 200).verdict(RULE), Verdict::Holds);
    assert_eq!(run(101, 200, 200).verdict(RULE), Verdict::Violated);
    assert_eq!(run(100, 199, 200).verdict(RULE), Verdict::Violated);
    assert_eq!(run(100, 200, 199).verdict(RULE), Verdict::Violated);
    let expected = Witness::Membership(MembershipWitness::Absent {
        node: PeerId(1),
        act: "sent",
        at_ns: Time(100),
        until_ns: Time(200),
        joined_ns: Some(Time(0)),
        left_ns: Some(Time(199)),
    });
    assert_eq!(run(100, 199, 200).witness(RULE), expected);
}

#[test]
fn a_sender_may_leave_while_its_last_bytes_fly_and_an_aborting_receiver_at_once() {
    let run = |leaves| {
        Run::new(1, 1)
            .with(|parts| parts.network.latency = Time(50))
            .send(0, 1, 0, 0..150)
            .leave(0, leaves)
    };
    assert_eq!(run(100).verdict(RULE), Verdict::Holds);
    assert_eq!(run(99).verdict(RULE), Verdict::Violated);
    let aborted = Run::new(1, 1).part(0, 1, 0, 10..60, 0..50).aborted().leave(1, 10);
    assert_eq!(aborted.verdict(RULE), Verdict::Holds);
}

#[test]
fn a_source_that_leaves_and_comes_back_was_there_from_the_start() {
    let run = |left| {
        let first = Run::new(1, 2).send(0, 1, 0, 0..100).leave(0, left).join(0, 500);
        first.send(0, 1, 1, 500..600).complete(1, 600)
    };
    run(100).assert_holds();
    assert_eq!(run(99).verdict(RULE), Verdict::Violated);
}

#[test]
fn nobody_joins_before_or_acts_after_what_is_announced() {
    let run = |joins, leaves| {
        Run::new(1, 1)
            .with(|parts| {
                parts.peers[0].joins = Time(10);
                parts.peers[0].leaves = Leaves::At(Time(110));
            })
            .unjoined()
            .join(1, joins)
            .send(0, 1, 0, 10..110)
            .leave(1, leaves)
    };
    assert_eq!(run(10, 110).verdict(RULE), Verdict::Holds);
    assert_eq!(run(9, 110).verdict(RULE), Verdict::Violated);
    assert_eq!(run(10, 111).verdict(RULE), Verdict::Violated);
    // No gap of the log explains that.
    assert_eq!(run(10, 111).gaps().verdict(RULE), Verdict::Violated);
    assert_eq!(run(10, 111).receiver(1).verdict(RULE), Verdict::Holds);
    assert_eq!(run(9, 110).receiver(1).verdict(RULE), Verdict::Holds);
    // Coming later and leaving earlier is every peer's right.
    let short = Run::new(1, 1)
        .with(|parts| parts.peers[0].leaves = Leaves::At(Time(110)))
        .unjoined()
        .join(1, 50)
        .leave(1, 60);
    assert_eq!(short.verdict(RULE), Verdict::Holds);
    // So is leaving without a word, but not acting after the announced time.
    let silent = |end| {
        Run::new(1, 1).with(|parts| parts.peers[0].leaves = Leaves::At(Time(110))).send(
            0,
            1,
            0,
            end - 100..end,
        )
    };
    assert_eq!(silent(110).verdict(RULE), Verdict::Holds);
    assert_eq!(silent(111).verdict(RULE), Verdict::Violated);
}

#[test]
fn an_announced_departure_of_the_source_binds_it_but_a_number_of_copies_does_not() {
    let run = |leaves| {
        Run::new(1, 2).with(|parts| parts.source.leaves = leaves).send(0, 1, 0, 0..100).send(
            0,
            1,
            1,
            100..200,
        )
    };
    assert_eq!(run(SourceLeaves::At(Time(200))).verdict(RULE), Verdict::Holds);
    assert_eq!(run(SourceLeaves::At(Time(199))).verdict(RULE), Verdict::Violated);
    assert_eq!(run(SourceLeaves::AfterCopies(1)).verdict(RULE), Verdict::Holds);
}

#[test]
fn joins_and_leaves_alternate_and_coming_back_is_lawful() {
    let back = Run::new(1, 1).leave(1, 5).join(1, 9).send(0, 1, 0, 9..109);
    assert_eq!(back.verdict(RULE), Verdict::Holds);
    let at_once = Run::new(1, 1).leave(1, 5).join(1, 5);
    assert_eq!(at_once.clone().send(0, 1, 0, 5..105).verdict(RULE), Verdict::Holds);
    // Across an absence, however short, no transfer goes on.
    assert_eq!(at_once.send(0, 1, 0, 4..104).verdict(RULE), Verdict::Violated);
    let twice = Run::new(1, 1).join(1, 5);
    assert_eq!(twice.verdict(RULE), Verdict::Violated);
    assert_eq!(twice.gaps().verdict(RULE), Verdict::Unknown);
    assert_eq!(Run::new(1, 1).leave(1, 5).leave(1, 6).verdict(RULE), Verdict::Violated);
}

#[test]
fn a_peer_joins_before_it_does_anything_unless_the_log_has_gaps() {
    let run = Run::new(1, 1).unjoined().send(0, 1, 0, 0..100);
    assert_eq!(run.verdict(RULE), Verdict::Violated);
    assert_eq!(run.gaps().verdict(RULE), Verdict::Unknown);
    for act in [
        Run::new(2, 1).unjoined().join(2, 0).complete(1, 0),
        Run::new(2, 1).unjoined().join(2, 0).connect(2, 1, 0),
        Run::new(2, 1).unjoined().join(2, 0).unchoke(1, 2, 0),
        Run::new(2, 1).unjoined().join(2, 0).choke(1, 2, 0),
        Run::new(2, 1).unjoined().join(2, 0).announce(1, &[2], 0),
    ] {
        assert_eq!(act.verdict(RULE), Verdict::Violated, "{act:?}");
        assert_eq!(act.join(1, 0).verdict(RULE), Verdict::Holds);
    }
}

#[test]
fn the_source_is_there_from_the_start_unless_the_log_says_otherwise() {
    let run = Run::new(1, 1).send(0, 1, 0, 0..100);
    assert_eq!(run.verdict(RULE), Verdict::Holds);
    assert_eq!(run.clone().join(0, 0).verdict(RULE), Verdict::Holds);
    assert_eq!(run.join(0, 1).verdict(RULE), Verdict::Violated);
}

#[test]
fn the_tracker_names_members_though_some_may_be_gone() {
    let run = |named| {
        Run::new(3, 1).unjoined().join(1, 0).join(2, 10).leave(2, 20).announce(1, &[2], named)
    };
    assert_eq!(run(10).verdict(RULE), Verdict::Holds);
    assert_eq!(run(9).verdict(RULE), Verdict::Violated);
    assert_eq!(run(9).receiver(1).verdict(RULE), Verdict::Holds);
    assert_eq!(run(30).verdict(RULE), Verdict::Holds);
    let never = run(30).announce(1, &[0, 3], 30);
    assert_eq!(never.verdict(RULE), Verdict::Violated);
    assert_eq!(never.gaps().verdict(RULE), Verdict::Unknown);
}

#[test]
fn receivers_stamps_do_not_judge_a_senders_departure() {
    let run = |sender, receiver| {
        Run::new(2, 1)
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 100..200)
            .leave(1, sender)
            .leave(2, receiver)
            .receiver(5)
    };
    assert_eq!(run(101, 195).verdict(RULE), Verdict::Holds);
    assert_eq!(run(101, 194).verdict(RULE), Verdict::Violated);
    let early = |join| {
        Run::new(2, 1).unjoined().join(1, join).join(2, 0).send(1, 2, 0, 100..200).receiver(5)
    };
    assert_eq!(early(105).verdict(RULE), Verdict::Holds);
    assert_eq!(early(106).verdict(RULE), Verdict::Violated);
}

/// A transfer that begins in time and goes on after the announced departure of its sender is too
/// long, not too early.
#[test]
fn what_goes_on_too_long_is_told_so() {
    let stays = Run::new(1, 1).send(0, 1, 0, 10..110);
    let leaves = stays.with(|parts| parts.source.leaves = SourceLeaves::At(Time(50)));
    let expected = Witness::Membership(MembershipWitness::Unannounced {
        node: PeerId::SOURCE,
        act: "sent",
        at_ns: Time(110),
        announced_ns: Time(50),
    });
    assert_eq!(leaves.witness("membership"), expected);
    let said = leaves.rule("membership").explanation.unwrap();
    assert!(said.contains("is announced to leave at"), "{said}");
}

#[test]
fn a_tolerance_longer_than_an_announced_stay_forgets_no_join() {
    // By its own clock the peer comes when it should have gone already.
    let run = |tolerance| {
        Run::new(1, 1)
            .unjoined()
            .with(|parts| parts.peers[0].leaves = Leaves::At(Time(100)))
            .join(1, 150)
            .send(0, 1, 0, 150..250)
            .complete(1, 250)
            .receiver(tolerance)
    };
    run(150).assert_holds();
    assert_eq!(run(149).verdict(RULE), Verdict::Violated);
    match run(49).witness(RULE) {
        Witness::Membership(MembershipWitness::Unannounced {
            act, at_ns, announced_ns, ..
        }) => {
            assert_eq!((act, at_ns, announced_ns), ("joined", Time(150), Time(100)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_begins_after_the_run_is_cut_off() {
    let base = || Run::new(1, 1).with(|parts| parts.until = Time(10));
    let of = |run: &Run| match run.rule(RULE).witness.as_deref() {
        Some(Witness::Membership(MembershipWitness::AfterUntil { act, at_ns, .. })) => {
            Some((*act, at_ns.0))
        }
        _ => None,
    };
    let sent = |start| base().send(0, 1, 0, start..1100).complete(1, 1100);
    assert_eq!(sent(10).verdict(RULE), Verdict::Holds);
    assert_eq!(of(&sent(11)), Some(("sent", 11)));
    let said = "the source sent at 11 ns, but the run is cut off at its until, 10 ns";
    assert_eq!(sent(11).rule(RULE).explanation.as_deref(), Some(said));
    assert_eq!(of(&sent(11).gaps()), Some(("sent", 11)));
    assert_eq!(sent(11).gaps().verdict(RULE), Verdict::Violated);
    assert_eq!(sent(15).receiver(5).verdict(RULE), Verdict::Holds);
    assert_eq!(of(&sent(16).receiver(5)), Some(("sent", 16)));
    let late = base().unjoined();
    assert_eq!(of(&late.clone().join(1, 11)), Some(("joined", 11)));
    assert_eq!(late.join(1, 10).verdict(RULE), Verdict::Holds);
    for run in [base().connect(0, 1, 11), base().unchoke(0, 1, 11), base().announce(1, &[], 11)] {
        assert_eq!(of(&run).map(|it| it.1), Some(11), "{run:?}");
    }
    // What only ends something may come later.
    let ends = base()
        .send(0, 1, 0, 10..110)
        .complete(1, 110)
        .disconnect(0, 1, 200)
        .choke(0, 1, 200)
        .leave(1, 200);
    assert_eq!(ends.verdict(RULE), Verdict::Holds);
}
