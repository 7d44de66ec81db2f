//! Coded swarms: any F bytes make the file, whatever chunk they are labelled with.

use super::*;

fn coded(peers: usize, chunks: u64) -> Run {
    Run::new(peers, chunks).with(|parts| parts.discipline.coded = true)
}

#[test]
fn what_comes_after_the_file_is_a_duplicate() {
    let run = coded(2, 2)
        .send(0, 1, 0, 0..100)
        .part(0, 1, 1, 100..150, 0..50)
        .aborted()
        .send(0, 1, 1, 150..250)
        .complete(1, 250)
        // The same chunk again, to one who has the file, and to the source.
        .send(0, 1, 0, 250..350)
        .send(1, 0, 0, 250..350)
        .part(1, 2, 0, 350..380, 0..30)
        .aborted();
    let report = run.report();
    assert_eq!(report.completions, [Completed { peer: PeerId(1), at: Time(250) }]);
    let slack = report.slack;
    let bytes = (slack.useful / 8, slack.duplicate / 8, slack.aborted / 8);
    assert_eq!(bytes, (200, 200, 80));
    assert_eq!(slack.supplied(), slack.spent());
    // The source is never idle until 350; peer 1 can send from 100 on, and then does for 130 ns.
    assert_eq!((slack.idle_before, slack.idle_after), ((100 + 380) * 8, (30 + 150) * 8));
}

#[test]
fn the_claim_of_a_coded_peer_lies_where_the_stamps_leave_it() {
    let run = |claim| {
        coded(1, 2)
            .send(0, 1, 0, 0..100)
            .send(0, 1, 1, 50..300)
            // More than the file, so that nothing had to wait for it.
            .send(0, 1, 0, 80..400)
            .complete(1, claim)
            .with(|parts| parts.source.link.burst = Some(Bytes(1000)))
    };
    assert_eq!(run(300).verdict("completion"), Verdict::Holds);
    assert_eq!(run(299).verdict("completion"), Verdict::Violated);
    // With receiver's stamps all of a transfer may have been there at its start.
    assert_eq!(run(50).receiver(0).verdict("completion"), Verdict::Holds);
    assert_eq!(run(49).receiver(0).verdict("completion"), Verdict::Violated);
}

#[test]
fn who_feeds_each_other_is_a_circle_and_who_got_nothing_is_not() {
    let shows = |run: Run| match run.witness("causality") {
        Witness::Causality(CausalityWitness::TooFew { shows, transfer, .. }) => {
            (shows, transfer.from)
        }
        other => panic!("{other:?}"),
    };
    let circle = coded(2, 1).send(1, 2, 0, 0..100).send(2, 1, 0, 10..110);
    assert_eq!(shows(circle), (Shows::Circle, PeerId(1)));
    let nothing = coded(2, 1).send(1, 2, 0, 0..100);
    assert_eq!(shows(nothing), (Shows::Nothing, PeerId(1)));
}

#[test]
fn only_bytes_that_arrive_can_be_passed_on() {
    let run = |run: Run| run.send(1, 2, 0, 60..160).verdict("causality");
    let part = |bytes| coded(2, 1).part(0, 1, 0, 0..50, bytes);
    assert_eq!(run(part(0..100)), Verdict::Holds);
    assert_eq!(run(part(0..100).aborted()), Verdict::Violated);
    assert_eq!(run(part(0..0)), Verdict::Violated);
}

#[test]
fn a_coded_peer_sends_once_it_has_received_as_much_as_a_chunk() {
    // Of a smallest chunk of 40 bytes.
    let run = |parts: [u64; 2], start| {
        coded(2, 1)
            .with(|parts| parts.file = Manifest::new(Bytes(140), Bytes(100)).unwrap())
            .part(0, 1, 0, 0..50, 0..parts[0])
            .part(0, 1, 1, 50..100, 0..parts[1])
            .part(1, 2, 0, start..start + 50, 0..1)
    };
    let verdict = |parts, start| run(parts, start).verdict("causality");
    assert_eq!(verdict([40, 0], 50), Verdict::Holds);
    assert_eq!(verdict([39, 1], 100), Verdict::Holds);
    assert_eq!(verdict([39, 1], 99), Verdict::Violated);
    assert_eq!(verdict([39, 0], 100), Verdict::Violated);
    assert_eq!(run([39, 0], 100).gaps().verdict("causality"), Verdict::Unknown);
    let cut_through = |parts| run(parts, 99).with(|parts| parts.discipline.cut_through = true);
    assert_eq!(cut_through([39, 0]).verdict("causality"), Verdict::Holds);
    // By a receiver's clock all but the last byte may have been there at the start.
    assert_eq!(run([40, 0], 49).receiver(0).verdict("causality"), Verdict::Violated);
    assert_eq!(run([41, 0], 0).receiver(0).verdict("causality"), Verdict::Holds);
    let says = |run: Run| run.rule("causality").explanation.unwrap();
    assert_eq!(
        says(run([39, 1], 99)),
        "peer 1 sent chunk 0 to peer 2 from 99 ns to 149 ns, but peer 1 had \
         received the 40 B that it takes to send only from 100 ns on"
    );
    assert!(
        says(run([39, 0], 99)).ends_with("peer 1 never received the 40 B that it takes to send")
    );
}

#[test]
fn what_is_under_way_can_be_passed_on_by_who_cuts_through_or_by_the_receivers_clock() {
    let run = coded(2, 2).send(0, 1, 0, 0..100).send(0, 1, 1, 0..100).send(1, 2, 0, 10..110);
    assert_eq!(run.verdict("causality"), Verdict::Violated);
    assert_eq!(run.clone().receiver(0).verdict("causality"), Verdict::Holds);
    let cut_through = run.with(|parts| parts.discipline.cut_through = true);
    assert_eq!(cut_through.verdict("causality"), Verdict::Holds);
}

#[test]
fn a_rank_is_told_in_a_sentence() {
    let run = coded(1, 1).part(0, 1, 0, 0..99, 0..99).complete(1, 99);
    assert_eq!(
        run.rule("causality").explanation.as_deref(),
        Some(
            "peer 1 says at 99 ns that it has the file, but no more than 99 of its 100 B \
             can have come from the source by then"
        )
    );
}

/// A coded swarm of chunks of 4 bytes. Each node sends as fast as its uplink allows, one transfer
/// after the other, once it has received `needs` bytes.
fn swarm(rates: &[u64], chunks: u64, sends: &[(u32, u32, u64)], needs: u64) -> Run {
    let peers = rates.len() - 1;
    let mut run = coded(peers, 1).with(|parts| {
        parts.file = Manifest::new(Bytes(4 * chunks), Bytes(4)).unwrap();
        parts.source.upload = Rate(rates[0] * BYTE_PER_NS.0);
        for (peer, rate) in parts.peers.iter_mut().zip(&rates[1..]) {
            peer.upload = Rate(rate * BYTE_PER_NS.0);
        }
    });
    let mut free = vec![0; peers + 1];
    let mut arrivals: Vec<(u64, u32, u64)> = Vec::new();
    for &(from, to, bytes) in sends {
        let (from, to) = (from % (peers as u32 + 1), to % peers as u32 + 1);
        arrivals.sort_unstable();
        let mut got = 0;
        let ready = arrivals.iter().filter(|arrival| arrival.1 == from).find(|arrival| {
            got += arrival.2;
            needs <= got
        });
        let ready = if from == 0 { Some(0) } else { ready.map(|arrival| arrival.0) };
        let Some(ready) = ready.filter(|_| from != to) else { continue };
        let start = ready.max(free[from as usize]);
        let end = start + bytes.div_ceil(rates[from as usize]);
        free[from as usize] = end;
        run = run.part(from, to, 0, start..end, 0..bytes);
        arrivals.push((end, to, bytes));
    }
    run
}

/// Every peer claims the file as soon as `causality` lets it.
fn complete_at_the_earliest(mut run: Run) -> Run {
    let ends = |event: &Event| matches!(event, Event::Transfer(_)).then_some(event.at());
    let mut instants: Vec<Time> = run.events.iter().filter_map(ends).collect();
    instants.sort_unstable();
    instants.dedup();
    for at in instants {
        for peer in 1..=run.parts.peers.len() as u32 {
            let claimed = run.clone().complete(peer, at.0);
            let is_new = run.report().finish_of(PeerId(peer)).is_none();
            if is_new && claimed.verdict("causality") == Verdict::Holds {
                run = claimed;
            }
        }
    }
    run
}

proptest! {
    /// What `causality` demands of a sender is what `warm_up` assumes of it: a log with which it
    /// finds no fault beats no bound.
    #[test]
    fn no_coded_log_without_a_fault_beats_a_bound(
        rates in prop::collection::vec(1u64..4, 2..5),
        chunks in 1u64..3,
        sends in prop::collection::vec((0u32..5, 0u32..4, 1u64..5), 1..24),
        needs in prop_oneof![1u64..4, Just(4), Just(4)],
    ) {
        let run = swarm(&rates, chunks, &sends, needs);
        prop_assert_eq!(run.verdict("uplink_capacity"), Verdict::Holds);
        if needs == 4 {
            prop_assert_eq!(run.verdict("causality"), Verdict::Holds);
        }
        let run = complete_at_the_earliest(run);
        if run.verdict("causality") == Verdict::Holds {
            prop_assert_eq!(run.verdict("bounds_respected"), Verdict::Holds);
        }
    }
}

/// Two parts of the longest chunk that there is have more bytes than 64 bits can count.
#[test]
fn parts_of_more_bytes_than_64_bits_are_counted() {
    let run = Run::new(2, 1).with(|parts| {
        parts.discipline.coded = true;
        parts.file = Manifest::new(Bytes(u64::MAX), Bytes(u64::MAX)).unwrap();
    });
    let part = 0..u64::MAX - 1;
    let got = run.part(0, 1, 0, 0..1, part.clone()).part(0, 1, 0, 0..2, part);
    assert_eq!(got.clone().part(1, 2, 0, 2..3, 0..1).verdict("causality"), Verdict::Holds);
    assert_eq!(got.part(1, 2, 0, 1..3, 0..1).verdict("causality"), Verdict::Violated);
}
