//! Which transfers a source can have had in flight, and not one of them ended by `until`.

use super::*;

/// A source and two peers. By definition: is there a set of chunks and receivers whose bytes
/// the source can have been sending from `seen` on, all at once, so that its uplink was full
/// and none had ended by `until`? Their ends are latest when they share the uplink in
/// proportion to their bytes: then all of them end when the last byte leaves.
fn is_explained(lengths: &[u64], held: [u32; 2], seen: u64, until: u64) -> bool {
    let copies: Vec<u64> = (0..lengths.len() * 2)
        .filter(|at| held[at % 2] >> (at / 2) & 1 == 0)
        .map(|at| lengths[at / 2])
        .collect();
    (1u32..1 << copies.len()).any(|set| {
        let bytes: u64 =
            copies.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, b)| b).sum();
        until < seen + bytes
    })
}

proptest! {
    #[test]
    fn transfers_in_flight_are_found_as_by_trying_each_set(
        chunks in 1u64..4,
        short in 0..CHUNK,
        held in [0u32..4, 0u32..4],
        span in 0u64..700,
        pause in 0u64..50,
    ) {
        // Neither has all.
        let held = held.map(|held| held & ((1 << (chunks - 1)) - 1));
        let mut run = Run::new(2, chunks).with(|parts| {
            let bytes = Bytes(CHUNK * chunks - short);
            parts.file = Manifest::new(bytes, Bytes(CHUNK)).unwrap();
            // The peers cannot help each other.
            parts.peers.iter_mut().for_each(|peer| peer.upload = Rate::ZERO);
        });
        let lengths: Vec<u64> = (0..chunks)
            .map(|at| if at + 1 == chunks { CHUNK - short } else { CHUNK })
            .collect();
        let mut seen = pause;
        for (at, &length) in lengths.iter().enumerate() {
            for (peer, held) in held.iter().enumerate() {
                if held >> at & 1 == 1 {
                    let times = seen..seen + length;
                    run = run.part(0, peer as u32 + 1, at as u32, times, 0..length);
                    seen += length;
                }
            }
        }
        let is_quiet = held == [0, 0];
        let until = seen + span;
        let run = run.with(|parts| parts.until = Time(until));
        let seen = if is_quiet { 0 } else { seen };
        let holds = is_explained(&lengths, held, seen, until);
        let last = run.events.iter().map(Event::at).max().unwrap();
        prop_assume!(last < Time(until));
        let cut = matches!(run.rule(WHY).witness.as_deref(),
            Some(Witness::Incompleteness(IncompletenessWitness { lacking, .. }))
                if matches!(lacking[0].cause, Some(Cause::NoTime { .. })));
        let verdict = run.verdict(WHY);
        prop_assert_eq!(verdict == Verdict::Holds, holds || cut, "{:?}", run.rule(WHY));
    }

    /// Serial or shared, over slow downlinks, with latency and any subset of copies: a lawful
    /// placement that keeps a link full is never accused.
    #[test]
    fn a_sender_that_is_never_idle_is_never_accused(
        order in prop::collection::vec((1u32..4, 0u32..3), 1..9),
        downlinks in prop::array::uniform3(1u64..12),
        latency in 0u64..40,
        cut in 0u64..900,
    ) {
        // One after another: the source sends each copy at the rate that both links allow.
        let mut run = Run::new(3, 3).with(|parts| {
            parts.network.latency = Time(latency);
            for (peer, tenths) in parts.peers.iter_mut().zip(downlinks) {
                peer.upload = Rate::ZERO;
                peer.download = Some(Rate(BYTE_PER_NS.0 / 10 * tenths));
            }
        });
        let mut sent = std::collections::BTreeSet::new();
        let (mut now, mut flies) = (0, false);
        for (peer, chunk) in order.into_iter().filter(|&copy| sent.insert(copy)) {
            let tenths = downlinks[peer as usize - 1].min(10);
            let left = now + (CHUNK * 10).div_ceil(tenths);
            let end = left + latency;
            if end <= cut {
                run = run.send(0, peer, chunk, now..end);
            } else {
                flies = true;
                break;
            }
            now = left;
        }
        prop_assume!(flies);
        let run = run.with(|parts| parts.until = Time(cut.max(1)));
        prop_assert_eq!(run.verdict(WHY), Verdict::Holds, "{:?}", run.rule(WHY));
    }
}

#[test]
fn a_relay_that_waits_for_a_transfer_in_flight_is_explained() {
    // Peer 2 is reached through peer 1 only, which may be receiving.
    let run = |until| {
        Run::new(2, 2)
            .with(|parts| {
                parts.until = Time(until);
                parts.source.upload = Rate(BYTE_PER_NS.0 / 2);
            })
            .connect(0, 1, 0)
            .connect(1, 2, 0)
            .send(0, 1, 0, 100..300)
            .send(1, 2, 0, 300..400)
    };
    // The source was last busy at 300, and peer 1 lacks what takes it 200 ns.
    let sender = |until, peer| match cause(&run(until), peer) {
        Some(Cause::InFlight { sender, .. }) => sender,
        other => panic!("{other:?}"),
    };
    assert_eq!((sender(499, 0), sender(499, 1)), (PeerId(0), PeerId(0)));
    assert_eq!(run(500).verdict(WHY), Verdict::Violated);
}

/// A transfer of 100 B that begins at 150 is in flight until 250.
fn begins_at_150(run: &Run) {
    let cut = |until| run.clone().with(|parts| parts.until = Time(until));
    let flight = Cause::InFlight { sender: PeerId(0), since_ns: Time(150), until_ns: Time(249) };
    assert_eq!(cause(&cut(249), 0), Some(flight), "{run:?}");
    assert_eq!(cut(250).verdict(WHY), Verdict::Violated, "{run:?}");
}

#[test]
fn a_transfer_in_flight_begins_at_the_last_line_that_shows_a_reason_to_wait() {
    let one = || Run::new(1, 2).connect(0, 1, 0).send(0, 1, 0, 0..100);
    begins_at_150(&one().connect(1, 0, 150));
    begins_at_150(&one().unchoke(0, 1, 150));
    begins_at_150(&Run::new(1, 1).unjoined().join(1, 150));
    let beside = Run::new(2, 2).connect(0, 1, 0).connect(1, 2, 0);
    begins_at_150(&beside.send(2, 1, 0, 50..150));
    let two = || Run::new(2, 2).send(0, 1, 0, 0..100);
    begins_at_150(&two().leave(2, 150));
    begins_at_150(&two().connect(0, 1, 0).connect(0, 2, 0).disconnect(0, 2, 150));
    begins_at_150(&two().connect(0, 1, 0).connect(0, 2, 0).leave(2, 150));
    // Both may still be sent something, so that the source is busy for 300 B.
    let both = two().connect(0, 1, 0).connect(0, 2, 120).with(|parts| parts.until = Time(400));
    assert_eq!(both.verdict(WHY), Verdict::Violated);
}

/// The uplink is shared: peer 1 has the file, and a duplicate on its way to it is lawful.
#[test]
fn a_sender_may_be_sending_duplicates_meanwhile() {
    let run = |until| {
        let run = Run::new(2, 1).send(0, 1, 0, 0..100).complete(1, 100);
        run.with(|parts| parts.until = Time(until))
    };
    assert_eq!(run(299).verdict(WHY), Verdict::Holds);
    assert_eq!(run(300).verdict(WHY), Verdict::Violated);
    // With one slot and an optimistic one it serves two at once, not three.
    let slots = |peers: u32, until: u64, slots: Option<u32>| {
        let run = (1..peers).fold(Run::new(peers as usize, 1), |run, peer| {
            let start = u64::from(peer - 1) * 100;
            run.send(0, peer, 0, start..start + 100).complete(peer, start + 100)
        });
        let protocol = slots.map(|unchoke_slots| Protocol { unchoke_slots, ..brisk() });
        let run = run.with(|parts| (parts.until, parts.protocol) = (Time(until), protocol));
        run.verdict(WHY)
    };
    assert_eq!(slots(3, 200 + 299, None), Verdict::Holds);
    assert_eq!(slots(3, 200 + 300, None), Verdict::Violated);
    assert_eq!(slots(3, 200 + 200, Some(1)), Verdict::Holds);
    assert_eq!(slots(3, 200 + 201, Some(1)), Verdict::Violated);
}

/// A rechoke after each nanosecond.
fn brisk() -> Protocol {
    Protocol { rechoke: Time(1), ..Protocol::default() }
}

#[test]
fn a_choker_may_decide_a_rechoke_later_where_the_log_has_no_chokes() {
    let run = |until| {
        let protocol = Protocol { rechoke: Time(70), ..Protocol::default() };
        let run = Run::new(1, 1).unjoined().join(1, 49);
        run.with(|parts| (parts.until, parts.protocol) = (Time(until), Some(protocol)))
    };
    let flight = Cause::InFlight { sender: PeerId(0), since_ns: Time(119), until_ns: Time(218) };
    assert_eq!(cause(&run(218), 0), Some(flight));
    assert_eq!(run(219).verdict(WHY), Verdict::Violated);
    let undeclared = |until| run(until).with(|parts| parts.protocol = None).verdict(WHY);
    assert_eq!((undeclared(148), undeclared(149)), (Verdict::Holds, Verdict::Violated));
    let shown = |until| run(until).unchoke(0, 1, 50).verdict(WHY);
    assert_eq!((shown(149), shown(150)), (Verdict::Holds, Verdict::Violated));
}

#[test]
fn a_sender_may_check_hashes_before_it_serves() {
    let run = |until| {
        let run = Run::new(2, 1).receiver(0).with(|parts| parts.until = Time(until));
        run.send(0, 2, 0, 0..100).leave(0, 100).complete(2, 150)
    };
    assert_eq!(run(249).verdict(WHY), Verdict::Holds);
    assert_eq!(run(250).verdict(WHY), Verdict::Violated);
}

/// Peer 2 is ten times as fast and idle; the source disconnects and connects at one instant.
#[test]
fn a_neighbor_in_some_order_of_an_instant_may_be_sending() {
    let run = Run::new(2, 1)
        .with(|parts| {
            parts.peers[1].upload = Rate(BYTE_PER_NS.0 * 10);
            parts.until = Time(199);
        })
        .connect(0, 2, 0)
        .connect(1, 2, 0)
        .connect(0, 1, 0)
        .send(0, 2, 0, 0..100)
        .complete(2, 100)
        .disconnect(0, 1, 100);
    assert_eq!(run.verdict(WHY), Verdict::Violated);
    assert_eq!(run.connect(0, 1, 100).verdict(WHY), Verdict::Holds);
}

#[test]
fn what_is_on_the_way_begins_when_its_own_nodes_meet() {
    let run = |until| {
        let run = Run::new(2, 1).with(|parts| {
            parts.until = Time(until);
            parts.source.upload = Rate(BYTE_PER_NS.0 / 2);
        });
        run.connect(1, 2, 0).connect(0, 1, 300)
    };
    let flight = Cause::InFlight { sender: PeerId(0), since_ns: Time(300), until_ns: Time(499) };
    assert_eq!(cause(&run(499), 1), Some(flight));
    assert_eq!(run(500).verdict(WHY), Verdict::Violated);
}
