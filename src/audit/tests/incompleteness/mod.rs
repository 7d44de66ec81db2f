//! `incompleteness_explained`: each cause, and that nothing else counts as one.

use super::*;
use crate::scenario::{Choker, Protocol};

mod in_flight;

const WHY: &str = "incompleteness_explained";

/// One peer of `peers` lacks the last chunk of two.
fn lacking() -> Run {
    Run::new(2, 2).send(0, 1, 0, 0..100).send(0, 2, 0, 100..200)
}

fn cause(run: &Run, peer: usize) -> Option<Cause> {
    match run.witness(WHY) {
        Witness::Incompleteness(IncompletenessWitness { lacking, .. }) => lacking[peer].cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_that_stops_for_no_reason_is_a_violation() {
    assert_eq!(lacking().verdict(WHY), Verdict::Violated);
    assert_eq!(lacking().gaps().verdict(WHY), Verdict::Unknown);
    assert_eq!(cause(&lacking(), 0), None);
}

#[test]
fn departures_and_late_arrivals_explain() {
    let run = lacking().leave(1, 200).leave(2, 150);
    assert_eq!(run.verdict(WHY), Verdict::Holds);
    assert_eq!(cause(&run, 1), Some(Cause::Left { at_ns: Time(150) }));
    let silent = lacking().with(|parts| parts.peers[1].leaves = Leaves::At(Time(200))).leave(1, 9);
    assert_eq!(silent.verdict(WHY), Verdict::Holds);
    let stays = lacking().with(|parts| parts.peers[1].leaves = Leaves::At(Time(201))).leave(1, 9);
    assert_eq!(stays.verdict(WHY), Verdict::Violated);
    let later = |joins| {
        Run::new(2, 1)
            .with(|parts| parts.peers[1].joins = Time(joins))
            .unjoined()
            .join(1, 0)
            .send(0, 1, 0, 0..100)
            .complete(1, 100)
    };
    assert_eq!(cause(&later(101), 0), Some(Cause::Later { joins_ns: Time(101) }));
    // A peer that should be there and is not has that reason.
    assert_eq!(cause(&later(100), 0), Some(Cause::NeverCame { joins_ns: Time(100) }));
    assert_eq!(later(100).verdict(WHY), Verdict::Holds);
    assert_eq!(Run::new(1, 1).unjoined().verdict(WHY), Verdict::Holds);
    assert_eq!(Run::new(1, 1).unjoined().gaps().verdict(WHY), Verdict::Unknown);
    assert_eq!(later(101).gaps().verdict(WHY), Verdict::Holds);
    let back = lacking().leave(1, 50).join(1, 60).leave(2, 150);
    assert_eq!(back.verdict(WHY), Verdict::Violated);
}

#[test]
fn a_node_that_only_leaves_when_all_is_over_may_have_been_stuck() {
    // Nothing happened after 200, and every peer could have gone on.
    let closed = |at| lacking().leave(1, at).leave(2, at);
    assert_eq!(closed(200).verdict(WHY), Verdict::Holds);
    assert_eq!(closed(201).verdict(WHY), Verdict::Unknown);
    assert_eq!(cause(&closed(201), 0), Some(Cause::Left { at_ns: Time(201) }));
    // The source alone, or with the links.
    assert_eq!(lacking().leave(0, 200).verdict(WHY), Verdict::Holds);
    assert_eq!(lacking().leave(0, 201).verdict(WHY), Verdict::Unknown);
    let linked = lacking().connect(0, 1, 0).connect(0, 2, 0);
    let cut = linked.clone().disconnect(0, 1, 250).disconnect(0, 2, 250).leave(0, 250);
    assert_eq!(cut.verdict(WHY), Verdict::Unknown);
    // Clocks may differ.
    assert_eq!(closed(205).receiver(5).verdict(WHY), Verdict::Holds);
    assert_eq!(closed(206).receiver(5).verdict(WHY), Verdict::Unknown);
    // What was announced is no escape, and what was stuck for another reason has that one.
    let plan = closed(300).with(|parts| {
        parts.peers.iter_mut().for_each(|peer| peer.leaves = Leaves::At(Time(300)));
    });
    assert_eq!(plan.verdict(WHY), Verdict::Holds);
    let lost = lacking().leave(0, 200).leave(1, 400).leave(2, 400);
    assert_eq!(lost.verdict(WHY), Verdict::Holds);
    let until = closed(300).with(|parts| parts.until = Time(300));
    assert_eq!(until.verdict(WHY), Verdict::Holds);
    // Something was on its way when they left.
    let busy = closed(300).part(0, 1, 1, 200..300, 0..50).aborted();
    assert_eq!(busy.verdict(WHY), Verdict::Holds);
}

#[test]
fn the_end_of_the_run_explains() {
    let run = |until| lacking().with(|parts| parts.until = Time(until));
    assert_eq!(run(200).verdict(WHY), Verdict::Holds);
    assert_eq!(cause(&run(200), 0), Some(Cause::CutOff { until_ns: Time(200), idle: None }));
    // What the source holds and the two lack, 200 B, is all that can be in flight from 200 on.
    let flight = Cause::InFlight { sender: PeerId(0), since_ns: Time(200), until_ns: Time(399) };
    assert_eq!(cause(&run(399), 0), Some(flight));
    assert_eq!(run(400).verdict(WHY), Verdict::Violated);
    // A transfer that starts after that time shows that the run was not cut off there.
    let goes_on = |start| run(150).send(0, 2, 0, start..start + 100);
    assert_eq!(goes_on(150).verdict(WHY), Verdict::Holds);
    assert_eq!(goes_on(151).verdict(WHY), Verdict::Violated);
}

#[test]
fn a_chunk_without_a_holder_explains() {
    let run = lacking().leave(0, 200);
    let gone = Cause::NoHolder {
        chunk: Some(ChunkId(1)),
        last_holder: Some(PeerId(0)),
        left_ns: Some(Time(200)),
    };
    assert_eq!(cause(&run, 1), Some(gone));
    // Peer 3 has it and is there: peers 1 and 2 could go on.
    let held = Run::new(3, 2).send(0, 1, 0, 0..100).send(0, 3, 1, 100..200).leave(0, 200).send(
        1,
        2,
        0,
        100..200,
    );
    assert_eq!(held.verdict(WHY), Verdict::Violated);
    // It left, later than the source.
    let last = Cause::NoHolder {
        chunk: Some(ChunkId(1)),
        last_holder: Some(PeerId(3)),
        left_ns: Some(Time(300)),
    };
    assert_eq!(cause(&held.clone().leave(3, 300), 0), Some(last));
    // It uploads nothing, now that it has everything.
    let free = held
        .send(1, 3, 0, 200..300)
        .complete(3, 300)
        .with(|parts| parts.peers[2].behavior = Behavior::FreeRider);
    assert_eq!(cause(&free, 0), Some(gone));
    assert_eq!(cause(&free, 1), Some(gone));
}

#[test]
fn a_source_that_joined_and_left_at_the_start_by_its_own_clock_explains() {
    let run = |at| Run::new(1, 1).join(0, at).leave(0, at);
    assert_eq!(run(0).verdict(WHY), Verdict::Holds);
    assert_eq!(run(5).receiver(5).verdict(WHY), Verdict::Holds);
    // Later it is a departure and an arrival, and then it is there.
    assert_eq!(run(5).receiver(4).verdict(WHY), Verdict::Violated);
}

#[test]
fn a_partition_explains() {
    let run =
        Run::new(3, 1).connect(0, 1, 0).connect(2, 3, 0).send(0, 1, 0, 0..100).complete(1, 100);
    assert_eq!(run.verdict(WHY), Verdict::Holds);
    let expected = Cause::Partition { chunk: Some(ChunkId(0)), reaches: 2, holder: PeerId(0) };
    assert_eq!(cause(&run, 0), Some(expected));
    assert_eq!(run.clone().connect(1, 2, 100).verdict(WHY), Verdict::Violated);
    // A peer that uploads nothing may well be served.
    let rider = |run: Run| run.with(|parts| parts.peers[1].behavior = Behavior::FreeRider);
    assert_eq!(rider(run.clone()).verdict(WHY), Verdict::Holds);
    let served = rider(run.clone().connect(1, 2, 100).leave(3, 100));
    assert_eq!(served.verdict(WHY), Verdict::Violated);
    // The link broke, or leads through a node that serves no other.
    let broken = run.clone().connect(1, 2, 50).disconnect(1, 2, 100);
    assert_eq!(broken.verdict(WHY), Verdict::Holds);
    let through =
        run.connect(1, 2, 100).with(|parts| parts.peers[0].behavior = Behavior::FreeRider);
    assert_eq!(through.verdict(WHY), Verdict::Holds);
}

#[test]
fn a_barter_without_anything_to_give_explains() {
    // Peer 1 uploads nothing. Peer 2 has chunks 1 and 2 and has given it one of them; what it lacks
    // only peer 1 holds.
    let run = |choker| {
        Run::new(2, 3)
            .with(|parts| {
                parts.protocol = Some(Protocol { choker, ..Protocol::default() });
                parts.peers[0].behavior = Behavior::FreeRider;
            })
            .send(0, 1, 0, 0..100)
            .send(0, 2, 1, 100..200)
            .send(0, 2, 2, 200..300)
            .send(2, 1, 1, 200..300)
            .leave(0, 300)
    };
    let stalled = run(Choker::Credit(1));
    assert_eq!(stalled.verdict(WHY), Verdict::Holds);
    let barter = Cause::Barter { chunk: ChunkId(2), holder: PeerId(2) };
    assert_eq!(cause(&stalled, 0), Some(barter));
    let gone = (Some(PeerId(0)), Some(Time(300)));
    let no_holder =
        Cause::NoHolder { chunk: Some(ChunkId(0)), last_holder: gone.0, left_ns: gone.1 };
    assert_eq!(cause(&stalled, 1), Some(no_holder));
    assert_eq!(run(Choker::StrictBarter).verdict(WHY), Verdict::Holds);
    // One more on credit, something to give, or no barter at all: then it could go on.
    assert_eq!(run(Choker::Credit(2)).verdict(WHY), Verdict::Violated);
    assert_eq!(run(Choker::TitForTat).verdict(WHY), Verdict::Violated);
    let serves =
        run(Choker::StrictBarter).with(|parts| parts.peers[0].behavior = Behavior::Cooperative);
    assert_eq!(serves.verdict(WHY), Verdict::Violated);
}

/// Peer 3 has the only chunk that peer 1 lacks, and between them is peer 2, which has nothing.
#[test]
fn a_barter_that_stalls_behind_the_neighbors_explains() {
    let run = |choker| {
        Run::new(3, 2)
            .with(|parts| {
                parts.protocol = Some(Protocol { choker, ..Protocol::default() });
                parts.peers[0].behavior = Behavior::FreeRider;
            })
            .connect(0, 1, 0)
            .connect(0, 3, 0)
            .connect(1, 2, 0)
            .connect(2, 3, 0)
            .send(0, 1, 0, 0..100)
            .send(0, 3, 1, 100..200)
            .leave(0, 300)
    };
    let stalled = run(Choker::StrictBarter);
    let barter = Cause::Barter { chunk: ChunkId(1), holder: PeerId(3) };
    assert_eq!(cause(&stalled, 0), Some(barter));
    // On credit peer 2 could have it, and then give it; as well when it has something to give.
    assert_eq!(run(Choker::Credit(1)).verdict(WHY), Verdict::Violated);
    let rich = run(Choker::StrictBarter).connect(0, 2, 0).send(0, 2, 0, 200..300);
    assert_eq!(rich.verdict(WHY), Verdict::Violated);
    // A source that is still there gives freely, and so explains nothing.
    let stays = Run::new(3, 2)
        .with(|parts| {
            let choker = Choker::StrictBarter;
            parts.protocol = Some(Protocol { choker, ..Protocol::default() });
        })
        .connect(0, 1, 0)
        .disconnect(0, 1, 100)
        .connect(1, 2, 0)
        .connect(2, 3, 0)
        .connect(0, 3, 0)
        .send(0, 1, 0, 0..100)
        .send(0, 3, 1, 100..200);
    assert_eq!(cause(&stays, 0), None);
}

#[test]
fn a_coded_swarm_whose_source_left_may_stay_without_the_file() {
    let run = lacking().with(|parts| parts.discipline.coded = true);
    assert_eq!(run.verdict(WHY), Verdict::Violated);
    let left = run.leave(0, 200);
    assert_eq!(cause(&left, 0), Some(Cause::SourceLeft { at_ns: Time(200) }));
}

/// One peer holds the first halves of both chunks, one the second halves, and the source is gone.
#[test]
fn peers_with_complementary_parts_can_help_each_other() {
    let run = |cut_through, multi_source| {
        Run::new(2, 2)
            .with(|parts| {
                parts.discipline.cut_through = cut_through;
                parts.discipline.multi_source = multi_source;
            })
            .part(0, 1, 0, 0..50, 0..50)
            .part(0, 2, 0, 50..100, 50..100)
            .part(0, 1, 1, 100..150, 0..50)
            .part(0, 2, 1, 150..200, 50..100)
            .leave(0, 200)
    };
    assert_eq!(run(true, true).verdict(WHY), Verdict::Violated);
    // A copy comes from one sender, or only whole chunks are passed on.
    for (cut_through, multi_source) in [(true, false), (false, true), (false, false)] {
        let gone = Cause::NoHolder {
            chunk: Some(ChunkId(0)),
            last_holder: Some(PeerId(0)),
            left_ns: Some(Time(200)),
        };
        assert_eq!(cause(&run(cut_through, multi_source), 0), Some(gone));
    }
    // One byte is nowhere.
    let lacks = Run::new(2, 1)
        .with(|parts| {
            parts.discipline.cut_through = true;
            parts.discipline.multi_source = true;
        })
        .part(0, 1, 0, 0..50, 0..50)
        .part(0, 2, 0, 50..99, 51..100)
        .leave(0, 99);
    assert_eq!(lacks.verdict(WHY), Verdict::Holds);
}

#[test]
fn a_partition_explains_under_coding_too() {
    let coded = |run: Run| run.with(|parts| parts.discipline.coded = true);
    let run = coded(
        Run::new(2, 1)
            .connect(0, 2, 0)
            .connect(1, 2, 0)
            .send(0, 2, 0, 0..100)
            .complete(2, 100)
            .leave(2, 100),
    );
    let expected = Cause::Partition { chunk: None, reaches: 1, holder: PeerId(0) };
    assert_eq!(cause(&run, 0), Some(expected));
    assert_eq!(run.clone().connect(0, 1, 100).verdict(WHY), Verdict::Violated);
    // A peer that completed holds the file, even when the source has left.
    let stays = coded(Run::new(2, 1).send(0, 2, 0, 0..100).complete(2, 100).leave(0, 100));
    assert_eq!(stays.verdict(WHY), Verdict::Violated);
    assert_eq!(stays.leave(2, 100).verdict(WHY), Verdict::Holds);
}

/// As a simulator logs it: every node leaves when the run is cut off.
#[test]
fn the_cause_is_named_and_not_the_cut_off() {
    let run = Run::new(2, 2)
        .with(|parts| parts.until = Time(1000))
        .send(0, 1, 0, 0..100)
        .send(1, 2, 0, 100..200)
        .leave(0, 100)
        .leave(1, 1000)
        .leave(2, 1000);
    let gone = Cause::NoHolder {
        chunk: Some(ChunkId(1)),
        last_holder: Some(PeerId(0)),
        left_ns: Some(Time(100)),
    };
    assert_eq!([cause(&run, 0), cause(&run, 1)], [Some(gone); 2]);
    assert_eq!(run.verdict(WHY), Verdict::Holds);
    // A departure before is a cause of its own.
    let left = run.clone().leave(2, 999);
    assert_eq!(cause(&left, 1), Some(Cause::Left { at_ns: Time(999) }));
    // With the source there is no other cause, but for 100 ns that may have been in flight it was
    // free.
    let stays = Run::new(1, 2)
        .with(|parts| parts.until = Time(1000))
        .send(0, 1, 0, 0..100)
        .leave(0, 1000)
        .leave(1, 1000);
    let idle = Some(Idle { holder: PeerId(0), chunk: ChunkId(1), since_ns: Time(100) });
    assert_eq!(cause(&stays, 0), Some(Cause::CutOff { until_ns: Time(1000), idle }));
}

#[test]
fn what_no_bound_allows_needs_no_other_reason() {
    let run = |until| Run::new(1, 2).with(|parts| parts.until = Time(until));
    let no_time = |until, earliest| Cause::NoTime {
        k: 1,
        bound: "fluid",
        earliest_ns: Some(Time(earliest)),
        until_ns: Time(until),
    };
    assert_eq!(cause(&run(199), 0), Some(no_time(199, 200)));
    // Nothing was sent from the start on, and everything can be by then.
    assert_eq!(run(200).verdict(WHY), Verdict::Violated);
    // The second completion has its own bound: the source needs 200 ns for each peer.
    let second = |until| {
        Run::new(2, 2)
            .with(|parts| {
                parts.until = Time(until);
                parts.peers[0].upload = Rate::ZERO;
                parts.peers[1].upload = Rate::ZERO;
            })
            .send(0, 1, 0, 0..100)
            .send(0, 1, 1, 100..200)
            .complete(1, 200)
    };
    assert!(matches!(cause(&second(399), 0), Some(Cause::NoTime { k: 2, .. })));
    // Beside 200 B to peer 2 the source may send as many duplicates to peer 1.
    assert!(matches!(cause(&second(400), 0), Some(Cause::InFlight { .. })));
    assert!(matches!(cause(&second(599), 0), Some(Cause::InFlight { .. })));
    assert_eq!(second(600).verdict(WHY), Verdict::Violated);
}
