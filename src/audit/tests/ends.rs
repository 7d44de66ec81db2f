//! `completion`, `bounds_respected` and `incompleteness_explained`.

use super::*;
use crate::scenario::{Choker, Protocol};

const DONE: &str = "completion";
const WHY: &str = "incompleteness_explained";

#[test]
fn a_peer_completes_when_its_last_byte_arrives() {
    let run = |at| Run::new(1, 1).send(0, 1, 0, 0..100).complete(1, at);
    assert_eq!(run(100).verdict(DONE), Verdict::Holds);
    assert_eq!(run(99).verdict(DONE), Verdict::Violated);
    assert_eq!(run(101).verdict(DONE), Verdict::Violated);
    assert_eq!(run(101).gaps().verdict(DONE), Verdict::Violated);
    for at in [95, 105, 106] {
        assert_eq!(run(at).receiver(5).verdict(DONE), Verdict::Holds);
    }
    assert_eq!(run(94).receiver(5).verdict(DONE), Verdict::Violated);
    let claim = |claimed, fault| {
        Witness::Completion(CompletionWitness::Claim {
            node: PeerId(1),
            claimed_ns: Some(Time(claimed)),
            arrived_ns: Some(Time(100)),
            fault,
        })
    };
    assert_eq!(run(99).witness(DONE), claim(99, ClaimFault::Early));
    assert_eq!(run(101).witness(DONE), claim(101, ClaimFault::Late));
}

#[test]
fn duplicates_after_the_completion_are_waste_not_lateness() {
    let run = Run::new(1, 1).send(0, 1, 0, 0..100).send(0, 1, 0, 100..200).complete(1, 100);
    run.assert_holds();
    assert_eq!(run.report().slack.duplicate, 800);
}

#[test]
fn completing_is_claimed_once_and_by_peers() {
    let run = Run::new(1, 1).send(0, 1, 0, 0..100);
    assert_eq!(run.verdict(DONE), Verdict::Violated);
    assert_eq!(run.clone().gaps().verdict(DONE), Verdict::Unknown);
    let twice = run.clone().complete(1, 100).complete(1, 100);
    assert_eq!(twice.verdict(DONE), Verdict::Violated);
    let source = run.complete(1, 100).complete(0, 0);
    assert_eq!(source.verdict(DONE), Verdict::Violated);
}

#[test]
fn where_bytes_were_never_logged_only_later_arrivals_contradict() {
    // Chunk 1 was never logged in whole.
    let run = |at| {
        Run::new(1, 2).part(0, 1, 1, 0..99, 0..99).send(0, 1, 0, 100..200).complete(1, at).gaps()
    };
    assert_eq!(run(200).verdict(DONE), Verdict::Holds);
    assert_eq!(run(1000).verdict(DONE), Verdict::Holds);
    // Its line may be that of a second arrival.
    assert_eq!(run(199).verdict(DONE), Verdict::Unknown);
}

#[test]
fn a_receiver_may_have_had_a_byte_before_the_end_of_its_transfer() {
    // The same bytes came twice, so the long transfer's end may be the stamp of a duplicate.
    let run = |at| {
        Run::new(1, 1)
            .part(0, 1, 0, 0..500, 0..100)
            .part(0, 1, 0, 50..90, 20..60)
            .complete(1, at)
            .receiver(0)
    };
    assert_eq!(run(50).verdict(DONE), Verdict::Holds);
    assert_eq!(run(49).verdict(DONE), Verdict::Violated);
    assert_eq!(run(500).rule(DONE).witness, None);
    assert!(run(501).rule(DONE).witness.is_some(), "it is late");
    let exact = run(50).evidence(Stamps::Exact, 0, true);
    assert_eq!(exact.verdict(DONE), Verdict::Violated);
    // No byte of it can have come before its start.
    let late = Run::new(1, 1)
        .part(0, 1, 0, 60..500, 0..100)
        .part(0, 1, 0, 50..90, 20..60)
        .complete(1, 59)
        .receiver(0);
    assert_eq!(late.verdict(DONE), Verdict::Violated);
}

#[test]
fn no_completion_beats_a_bound() {
    // The source needs 200 ns to send the file once, whatever the peers do.
    let run = |end: u64| {
        let half = end / 2;
        Run::new(1, 2).send(0, 1, 0, 0..half).send(0, 1, 1, half..end).complete(1, end)
    };
    let rule = "bounds_respected";
    assert_eq!(run(200).verdict(rule), Verdict::Holds);
    assert_eq!(run(199).verdict(rule), Verdict::Violated);
    assert_eq!(run(190).receiver(10).verdict(rule), Verdict::Holds);
    assert_eq!(run(189).receiver(10).verdict(rule), Verdict::Violated);
    match run(199).witness(rule) {
        Witness::Bounds(BoundsWitness { k, node, at_ns, earliest_ns, .. }) => {
            assert_eq!((k, node), (1, PeerId(1)));
            assert_eq!((at_ns, earliest_ns), (Time(199), Some(Time(200))));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn client_server_bounds_bind_only_runs_in_which_no_peer_sends() {
    // Two peers get one chunk each from the source at once: 100 ns instead of 200. Only the bound
    // of client and server forbids that to peers that may cut through and assemble.
    let run = Run::new(2, 1)
        .with(|parts| {
            parts.discipline.cut_through = true;
            parts.discipline.multi_source = true;
        })
        .send(0, 1, 0, 0..100)
        .send(0, 2, 0, 0..100)
        .complete(1, 100)
        .complete(2, 100);
    assert_eq!(run.report().conditions.sent_by, SentBy::SourceOnly);
    assert_eq!(run.verdict("bounds_respected"), Verdict::Violated);
    // With gaps, a peer may have sent what the log lacks.
    assert_eq!(run.gaps().verdict("bounds_respected"), Verdict::Holds);
    let p2p = Run::new(2, 1)
        .with(|parts| parts.source.upload = Rate(2 * BYTE_PER_NS.0))
        .send(0, 1, 0, 0..50)
        .send(1, 2, 0, 50..150)
        .complete(1, 50)
        .complete(2, 150);
    assert_eq!(p2p.verdict("bounds_respected"), Verdict::Holds);
}

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
    assert_eq!(later(100).verdict(WHY), Verdict::Violated);
    // An empty log explains nothing.
    assert_eq!(Run::new(1, 1).unjoined().verdict(WHY), Verdict::Violated);
    let back = lacking().leave(1, 50).join(1, 60).leave(2, 150);
    assert_eq!(back.verdict(WHY), Verdict::Violated);
}

#[test]
fn whoever_only_leaves_when_all_is_over_may_have_been_stuck() {
    // Nothing happened after 200, and everybody could have gone on.
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
    assert_eq!(cause(&run(200), 0), Some(Cause::CutOff { until_ns: Time(200) }));
    assert_eq!(run(201).verdict(WHY), Verdict::Violated);
    // A transfer that starts after that time shows that the run was not cut off there.
    let goes_on = |start| run(150).send(0, 2, 0, start..start + 100);
    assert_eq!(goes_on(150).verdict(WHY), Verdict::Holds);
    assert_eq!(goes_on(151).verdict(WHY), Verdict::Violated);
}

#[test]
fn a_chunk_without_a_holder_explains() {
    let run = lacking().leave(0, 200);
    let gone = Cause::NoHolder {
        chunk: ChunkId(1),
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
        chunk: ChunkId(1),
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
fn a_partition_explains() {
    let run =
        Run::new(3, 1).connect(0, 1, 0).connect(2, 3, 0).send(0, 1, 0, 0..100).complete(1, 100);
    assert_eq!(run.verdict(WHY), Verdict::Holds);
    let expected = Cause::Partition { chunk: ChunkId(0), reaches: 2, holder: PeerId(0) };
    assert_eq!(cause(&run, 0), Some(expected));
    assert_eq!(run.clone().connect(1, 2, 100).verdict(WHY), Verdict::Violated);
    // Whoever uploads nothing may well be served.
    let rider = |run: Run| run.with(|parts| parts.peers[1].behavior = Behavior::FreeRider);
    assert_eq!(rider(run.clone()).verdict(WHY), Verdict::Holds);
    let served = rider(run.clone().connect(1, 2, 100).leave(3, 100));
    assert_eq!(served.verdict(WHY), Verdict::Violated);
    // The link broke, or leads through somebody who serves nobody.
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
    let no_holder = Cause::NoHolder { chunk: ChunkId(0), last_holder: gone.0, left_ns: gone.1 };
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
    // A source that is still there gives freely, and so explains nobody.
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
