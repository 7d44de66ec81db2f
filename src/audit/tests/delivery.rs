//! Since when a chunk is held, and when a claim of the file fits that.

use std::collections::BTreeMap;

use super::*;

/// Peer 2 gets the halves of its only chunk from the source and from peer 1, and at 350 the second
/// half from the source, too.
fn late_copy(claim: u64) -> Run {
    Run::new(2, 1)
        .send(0, 1, 0, 0..100)
        .complete(1, 100)
        .part(0, 2, 0, 100..300, 0..50)
        .part(1, 2, 0, 100..300, 50..100)
        .part(0, 2, 0, 300..350, 50..100)
        .complete(2, claim)
}

#[test]
fn a_chunk_is_held_when_one_sender_has_sent_all_of_it() {
    late_copy(350).assert_holds();
    let early = late_copy(300);
    assert_eq!(early.verdict("completion"), Verdict::Violated);
    assert_eq!(early.verdict("conservation"), Verdict::Violated, "a later copy excuses nothing");
    assert_eq!(early.clone().gaps().verdict("conservation"), Verdict::Unknown);
    let expected = Witness::Conservation(ConservationWitness::Assembled {
        node: PeerId(2),
        at_ns: Time(300),
        chunk: ChunkId(0),
        from: [PeerId(0), PeerId(1)],
    });
    assert_eq!(early.witness("conservation"), expected);
    let assembles = |parts: &mut Parts| parts.discipline.multi_source = true;
    early.with(assembles).assert_holds();
    assert_eq!(late_copy(350).with(assembles).verdict("completion"), Verdict::Violated);
}

#[test]
fn a_chunk_is_passed_on_when_one_sender_has_sent_all_of_it() {
    let run = |start| late_copy(350).send(2, 1, 0, start..start + 100).verdict("causality");
    assert_eq!(run(350), Verdict::Holds);
    assert_eq!(run(349), Verdict::Violated);
    let assembled = late_copy(350).with(|parts| parts.discipline.multi_source = true);
    let run = |start| assembled.clone().send(2, 1, 0, start..start + 100).verdict("causality");
    assert_eq!(run(300), Verdict::Holds);
    assert_eq!(run(299), Verdict::Violated);
}

#[test]
fn parts_of_several_senders_are_lawful_until_the_file_is_claimed() {
    let run = Run::new(2, 1)
        .send(0, 1, 0, 0..100)
        .complete(1, 100)
        .part(0, 2, 0, 100..150, 0..50)
        .part(1, 2, 0, 150..200, 50..100);
    assert_eq!(run.verdict("conservation"), Verdict::Holds);
    assert_eq!(run.verdict("completion"), Verdict::Holds, "nothing is left unclaimed");
    assert_eq!(run.finishes(), [Some(Time(100)), None]);
    // All of the bytes arrived, and they count as such.
    assert_eq!(run.report().slack.useful, 8 * 200);
    for at in [150, 200, 250] {
        assert_eq!(run.clone().complete(2, at).verdict("conservation"), Verdict::Violated, "{at}");
    }
    // Begun again at the other sender.
    let again = run.part(1, 2, 0, 200..250, 0..50).complete(2, 250);
    again.assert_holds();
    assert_eq!(again.report().slack.duplicate, 8 * 50);
}

/// Bytes of another sender's copy do not stand in for those of a copy.
#[test]
fn a_receivers_end_is_doubtful_for_parts_of_the_same_copy_only() {
    let run = |sender| {
        Run::new(2, 1)
            .send(0, 1, 0, 0..100)
            .part(0, 2, 0, 100..500, 0..100)
            .part(sender, 2, 0, 150..190, 20..60)
            .complete(1, 100)
            .complete(2, 200)
            .receiver(0)
    };
    assert_eq!(run(0).verdict("completion"), Verdict::Holds);
    assert_eq!(run(1).verdict("completion"), Verdict::Violated);
    let assembled = run(1).with(|parts| parts.discipline.multi_source = true);
    assert_eq!(assembled.verdict("completion"), Verdict::Holds);
}

#[test]
fn who_checks_hashes_claims_late_by_a_receivers_clock_and_the_report_says_how_late() {
    let run = |first: u64, second: u64| {
        Run::new(2, 1)
            .send(0, 1, 0, 0..100)
            .send(0, 2, 0, 100..200)
            .complete(1, first)
            .complete(2, second)
    };
    assert_eq!(run(100, 215).verdict("completion"), Verdict::Violated);
    for stamps in [Stamps::Receiver, Stamps::Wire] {
        let stamped = |first, second| run(first, second).evidence(stamps, 10, true);
        stamped(110, 215).assert_holds();
        let one = "1 peer claims later than the last byte came, as after a check of hashes; the \
                   longest after it is peer 2: at 215 ns, 15 ns after its last byte";
        assert_eq!(stamped(110, 215).rule("completion").explanation.as_deref(), Some(one));
        let expected = Witness::Completion(CompletionWitness::Verified {
            peers: 2,
            node: PeerId(1),
            claimed_ns: Time(150),
            arrived_ns: Time(100),
            late_ns: Time(50),
        });
        assert_eq!(stamped(150, 211).witness("completion"), expected);
        assert_eq!(stamped(110, 210).rule("completion").witness, None);
        assert_eq!(stamped(89, 211).verdict("completion"), Verdict::Violated, "early");
        // A peer that checks hashes has the file from its last byte on.
        assert_eq!(stamped(110, 215).finishes(), [Some(Time(110)), Some(Time(200))]);
    }
}

#[test]
fn a_log_by_a_receivers_clock_may_end_before_the_hashes_are_checked() {
    let run = Run::new(1, 1).send(0, 1, 0, 0..100);
    assert_eq!(run.verdict("completion"), Verdict::Violated);
    assert_eq!(run.receiver(0).verdict("completion"), Verdict::Unknown);
}

prop_compose! {
    /// Parts of two chunks of 4 bytes, to peers 1 and 2, each sender with a part at a time.
    fn parts()(
        sends in prop::collection::vec(
            (0u32..4, 1u32..3, 0u32..2, (0u64..4, 1u64..5), (0u64..20, 1u64..6), any::<bool>()),
            0..16,
        ),
    ) -> Vec<Transfer> {
        let transfer = |(from, to, chunk, (offset, bytes), (start, takes), delivered)| Transfer {
            from: PeerId(from),
            to: PeerId(to),
            chunk: ChunkId(chunk),
            start: Time(start),
            end: Time(start + takes),
            offset: Bytes(offset),
            bytes: Bytes(u64::min(bytes, 4 - offset)),
            outcome: if delivered { Outcome::Delivered } else { Outcome::Aborted },
        };
        sends.into_iter().map(transfer).filter(|t| t.from != t.to).collect()
    }
}

/// The definition: the first instant by which the bytes that single senders, or all together,
/// have delivered make the chunk.
fn held_by_definition(sends: &[Transfer], to: PeerId, chunk: ChunkId, all: bool) -> Option<Time> {
    let mut order: Vec<&Transfer> = sends
        .iter()
        .filter(|t| (t.to, t.chunk, t.outcome) == (to, chunk, Outcome::Delivered))
        .collect();
    order.sort_by_key(|t| t.end);
    let mut got: BTreeMap<Option<PeerId>, u8> = BTreeMap::new();
    for t in order {
        let got = got.entry((!all).then_some(t.from)).or_default();
        (t.offset.0..t.offset.0 + t.bytes.0).for_each(|byte| *got |= 1 << byte);
        if *got == 0b1111 {
            return Some(t.end);
        }
    }
    None
}

proptest! {
    /// With exact stamps every rule finds the instant of the definition: the claim that fits, the
    /// first chunk that may be passed on, and the capacity that went into distinct bytes.
    #[test]
    fn chunks_are_held_by_definition(sends in parts(), all: bool) {
        let mut run = Run::new(3, 1).with(|parts| {
            parts.file = Manifest::new(Bytes(8), Bytes(4)).unwrap();
            parts.discipline.multi_source = all;
        });
        run.events.extend(sends.iter().copied().map(Event::Transfer));
        let claims: Vec<Option<Time>> = [1, 2].map(PeerId).map(|peer| {
            let held = [0, 1].map(|chunk| held_by_definition(&sends, peer, ChunkId(chunk), all));
            Some(held[0]?.max(held[1]?))
        }).into();
        prop_assert_eq!(&run.finishes()[..2], &claims[..]);
        // Each claim as it should be, but for one of them.
        let claimed = |shift: [i64; 2]| {
            let claim = |run: Run, (at, shift): (usize, i64)| match claims[at] {
                Some(held) => run.complete(at as u32 + 1, held.0.saturating_add_signed(shift)),
                None => run,
            };
            shift.into_iter().enumerate().fold(run.clone(), claim).verdict("completion")
        };
        prop_assert_eq!(claimed([0, 0]), Verdict::Holds);
        for shift in [[1, 0], [-1, 0], [0, 1], [0, -1]] {
            let shifts = (0..2).any(|at| shift[at] != 0 && claims[at].is_some());
            prop_assert_eq!(claimed(shift) == Verdict::Violated, shifts);
        }
        let mut distinct = 0;
        for peer in [1, 2].map(PeerId) {
            for byte in 0..8u64 {
                let carries = |t: &&Transfer| {
                    let first = u64::from(t.chunk.0) * 4 + t.offset.0;
                    t.to == peer && t.outcome == Outcome::Delivered
                        && (first..first + t.bytes.0).contains(&byte)
                };
                distinct += u128::from(sends.iter().any(|t| carries(&t)));
            }
        }
        let slack = run.report().slack;
        prop_assert_eq!(slack.useful, 8 * distinct);
        prop_assert_eq!(slack.supplied(), slack.spent());
    }
}
