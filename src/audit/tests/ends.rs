//! `completion` and `bounds_respected`.

use super::*;

const DONE: &str = "completion";

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
