//! `causality` and `conservation`.

use super::*;

const RULE: &str = "causality";

#[test]
fn a_chunk_is_passed_on_from_the_instant_of_its_arrival() {
    let run = |start| Run::new(2, 1).send(0, 1, 0, 0..100).send(1, 2, 0, start..start + 100);
    assert_eq!(run(100).verdict(RULE), Verdict::Holds);
    assert_eq!(run(99).verdict(RULE), Verdict::Violated);
    match run(99).witness(RULE) {
        Witness::Causality(CausalityWitness::Acausal { transfer, held_ns, shows }) => {
            assert_eq!((transfer.from, transfer.to), (PeerId(1), PeerId(2)));
            assert_eq!((held_ns, shows), (Some(Time(100)), Shows::Later));
        }
        other => panic!("{other:?}"),
    }
    // What is logged may be the second arrival, and the line of the first be lost.
    assert_eq!(run(99).gaps().verdict(RULE), Verdict::Unknown);
    assert_eq!(run(95).receiver(5).verdict(RULE), Verdict::Holds);
    assert_eq!(run(94).receiver(5).verdict(RULE), Verdict::Violated);
}

#[test]
fn a_chunk_in_parts_is_held_when_the_last_one_is_there() {
    let run = |start| {
        Run::new(2, 1).part(0, 1, 0, 60..100, 60..100).part(0, 1, 0, 0..60, 0..60).send(
            1,
            2,
            0,
            start..start + 100,
        )
    };
    assert_eq!(run(100).verdict(RULE), Verdict::Holds);
    assert_eq!(run(99).verdict(RULE), Verdict::Violated);
    let aborted = Run::new(2, 1)
        .part(0, 1, 0, 0..60, 0..60)
        .part(0, 1, 0, 60..99, 60..99)
        .part(0, 1, 0, 99..100, 99..100)
        .aborted()
        .send(1, 2, 0, 100..200);
    assert_eq!(aborted.verdict(RULE), Verdict::Violated);
    assert_eq!(aborted.gaps().verdict(RULE), Verdict::Unknown);
}

#[test]
fn two_peers_cannot_feed_each_other_out_of_thin_air() {
    // Each has received the chunk before it sends it, and the source never sent it.
    let circle = Run::new(2, 1).send(1, 2, 0, 0..100).send(2, 1, 0, 100..200);
    assert_eq!(circle.verdict(RULE), Verdict::Violated);
    assert_eq!(circle.gaps().verdict(RULE), Verdict::Unknown);
    // At one instant, in no time.
    let flash = Run::new(2, 1).send(1, 2, 0, 7..7).send(2, 1, 0, 7..7);
    assert_eq!(flash.verdict(RULE), Verdict::Violated);
    assert_eq!(flash.clone().gaps().verdict(RULE), Verdict::Unknown);
    // Within the clock tolerance.
    let skewed = Run::new(2, 1).send(1, 2, 0, 50..60).send(2, 1, 0, 50..60).receiver(1000);
    assert_eq!(skewed.verdict(RULE), Verdict::Violated);
    match flash.witness(RULE) {
        Witness::Causality(CausalityWitness::Acausal { held_ns, shows, .. }) => {
            assert_eq!((held_ns, shows), (None, Shows::Circle));
        }
        other => panic!("{other:?}"),
    }
    // A chain at one instant is fine when it hangs on the source.
    let chain = Run::new(3, 1).send(2, 3, 0, 7..7).send(1, 2, 0, 7..7).send(3, 1, 0, 7..7).send(
        0,
        1,
        0,
        7..7,
    );
    assert_eq!(chain.verdict(RULE), Verdict::Holds);
}

#[test]
fn a_tolerance_does_not_add_up_along_a_path() {
    // Clocks differ by 10: peer 2 may be 10 behind peer 1, but not peer 3 behind that again.
    let run = |third| {
        Run::new(3, 1)
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 90..90)
            .send(2, 3, 0, third..third)
            .receiver(10)
    };
    assert_eq!(run(90).verdict(RULE), Verdict::Holds);
    assert_eq!(run(89).verdict(RULE), Verdict::Violated);
}

#[test]
fn gaps_make_a_sender_doubtful_and_it_is_believed_for_what_follows() {
    // Peer 1 was never seen to get the chunk; peer 2 got it from there, and is late itself.
    let run = |start| Run::new(3, 1).send(1, 2, 0, 0..100).send(2, 3, 0, start..start + 100).gaps();
    for start in [100, 99] {
        assert_eq!(run(start).verdict(RULE), Verdict::Unknown);
    }
    let who = |start| match run(start).witness(RULE) {
        Witness::Causality(CausalityWitness::Acausal { transfer, shows, .. }) => {
            (transfer.from, shows)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(who(100), (PeerId(1), Shows::Nothing));
    let both = run(99).event(Event::Transfer(Transfer {
        from: PeerId(0),
        to: PeerId(1),
        chunk: ChunkId(0),
        start: Time(0),
        end: Time(0),
        offset: Bytes(0),
        bytes: Bytes(CHUNK),
        outcome: Outcome::Delivered,
    }));
    match both.witness(RULE) {
        Witness::Causality(CausalityWitness::Acausal { transfer, held_ns, shows }) => {
            let expected = (PeerId(2), Some(Time(100)), Shows::Later);
            assert_eq!((transfer.from, held_ns, shows), expected);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_earliest_of_a_cascade_is_the_witness() {
    let run = Run::new(3, 1).send(2, 3, 0, 160..260).send(1, 2, 0, 50..150).send(0, 1, 0, 0..100);
    match run.witness(RULE) {
        Witness::Causality(CausalityWitness::Acausal { transfer, .. }) => {
            assert_eq!(transfer.start_ns, Time(50))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_quicker_than_the_latency() {
    let run = |end| {
        Run::new(1, 1).with(|parts| parts.network.latency = Time(30)).part(0, 1, 0, 0..end, 0..1)
    };
    assert_eq!(run(30).verdict(RULE), Verdict::Holds);
    assert_eq!(run(29).verdict(RULE), Verdict::Violated);
    assert_eq!(run(29).receiver(0).verdict(RULE), Verdict::Holds);
}

#[test]
fn a_receivers_end_may_be_the_stamp_of_a_byte_that_came_twice() {
    // The long transfer shares bytes with another one, so what only it brought may have come early.
    let run = |stamps| {
        Run::new(2, 1)
            .part(0, 1, 0, 0..500, 0..100)
            .part(0, 1, 0, 50..90, 20..60)
            .send(1, 2, 0, 100..200)
            .evidence(stamps, 0, true)
    };
    assert_eq!(run(Stamps::Exact).verdict(RULE), Verdict::Violated);
    assert_eq!(run(Stamps::Receiver).verdict(RULE), Verdict::Holds);
    assert_eq!(run(Stamps::Wire).verdict(RULE), Verdict::Holds);
}

#[test]
fn a_duplicate_does_not_make_a_first_arrival_earlier_than_itself() {
    // A second copy that only starts later cannot have brought the last byte of the first one.
    let run = |second: u64, sent: u64| {
        Run::new(2, 1)
            .send(0, 1, 0, 0..500)
            .send(0, 1, 0, second..second + 500)
            .send(1, 2, 0, sent..sent + 100)
            .receiver(0)
    };
    for second in [500, 1000] {
        assert_eq!(run(second, 500).verdict(RULE), Verdict::Holds);
        assert_eq!(run(second, 499).verdict(RULE), Verdict::Violated);
    }
    // Its bytes may have come from its start on, and not before.
    assert_eq!(run(200, 200).verdict(RULE), Verdict::Holds);
    assert_eq!(run(200, 199).verdict(RULE), Verdict::Violated);
    // A copy of other bytes stands in for nothing.
    let parts = Run::new(2, 1)
        .part(0, 1, 0, 0..500, 0..60)
        .part(0, 1, 0, 0..90, 60..100)
        .send(1, 2, 0, 499..600)
        .receiver(0);
    assert_eq!(parts.verdict(RULE), Verdict::Violated);
    // Nor does one that was broken off, nor one without bytes.
    let whole = Run::new(2, 1).send(0, 1, 0, 0..500).send(1, 2, 0, 499..600).receiver(0);
    assert_eq!(whole.clone().send(0, 1, 0, 0..90).verdict(RULE), Verdict::Holds);
    assert_eq!(whole.clone().send(0, 1, 0, 0..90).aborted().verdict(RULE), Verdict::Violated);
    assert_eq!(whole.part(0, 1, 0, 0..90, 60..60).verdict(RULE), Verdict::Violated);
}

#[test]
fn a_peer_has_no_byte_that_nobody_sent() {
    let run = |bytes| Run::new(1, 1).part(0, 1, 0, 0..100, bytes).complete(1, 100);
    assert_eq!(run(0..100).verdict("conservation"), Verdict::Holds);
    assert_eq!(run(0..99).verdict("conservation"), Verdict::Violated);
    assert_eq!(run(0..99).gaps().verdict("conservation"), Verdict::Unknown);
    let expected = Witness::Conservation(ConservationWitness::Phantom {
        node: PeerId(1),
        at_ns: Time(100),
        chunk: Some(ChunkId(0)),
        arrived_bytes: 99,
        file_bytes: 100,
    });
    assert_eq!(run(0..99).witness("conservation"), expected);
    let aborted = Run::new(1, 1).send(0, 1, 0, 0..100).aborted().complete(1, 100);
    assert_eq!(aborted.verdict("conservation"), Verdict::Violated);
}

#[test]
fn any_bytes_make_a_coded_file() {
    let run = |bytes| {
        Run::new(1, 2)
            .with(|parts| parts.discipline.coded = true)
            .send(0, 1, 0, 0..100)
            .part(0, 1, 0, 100..200, 0..bytes)
            .complete(1, 200)
    };
    run(100).assert_holds();
    assert_eq!(run(99).verdict("conservation"), Verdict::Violated);
}
