//! `uplink_capacity`, `downlink_capacity`, and the slack identity.

use super::*;

const UP: &str = "uplink_capacity";
const DOWN: &str = "downlink_capacity";

#[test]
fn a_window_may_be_full_and_not_fuller() {
    let run = |end| Run::new(1, 2).send(0, 1, 0, 50..150).send(0, 1, 1, 100..end);
    assert_eq!(run(250).verdict(UP), Verdict::Holds);
    assert_eq!(run(249).verdict(UP), Verdict::Violated);
    let expected = Witness::Capacity(CapacityWitness {
        node: PeerId(0),
        link: "uplink",
        from_ns: Time(50),
        to_ns: Time(249),
        bytes: 200,
        allowed_bytes: 199,
        transfers: 2,
        capacity_bps: BYTE_PER_NS,
        burst_bytes: Bytes(0),
    });
    assert_eq!(run(249).witness(UP), expected);
}

#[test]
fn capacity_cannot_be_saved_up() {
    // A second of idling does not pay for one nanosecond too few.
    let late = 1_000_000_000;
    let run = Run::new(1, 1).send(0, 1, 0, late..late + 99);
    assert_eq!(run.verdict(UP), Verdict::Violated);
    assert_eq!(run.receiver(0).verdict(UP), Verdict::Holds);
}

#[test]
fn a_burst_is_what_may_come_on_top() {
    let run = |burst| {
        Run::new(1, 1).with(|parts| parts.network.burst = Bytes(burst)).send(0, 1, 0, 0..60)
    };
    assert_eq!(run(40).verdict(UP), Verdict::Holds);
    assert_eq!(run(39).verdict(UP), Verdict::Violated);
    let own = run(0).with(|parts| parts.source.link.burst = Some(Bytes(40)));
    assert_eq!(own.verdict(UP), Verdict::Holds);
}

#[test]
fn aborted_bytes_count_too() {
    let run = Run::new(1, 1).part(0, 1, 0, 0..100, 0..50).send(0, 1, 0, 0..100);
    assert_eq!(run.verdict(UP), Verdict::Violated);
    let run = Run::new(1, 1).send(0, 1, 0, 0..100).part(0, 1, 0, 0..100, 0..1).aborted();
    assert_eq!(run.verdict(UP), Verdict::Violated);
}

#[test]
fn bytes_leave_before_the_latency_and_arrive_after_it() {
    let run = |end| {
        Run::new(1, 1)
            .with(|parts| {
                parts.network.latency = Time(30);
                parts.peers[0].download = Some(BYTE_PER_NS);
            })
            .send(0, 1, 0, 0..end)
    };
    for rule in [UP, DOWN] {
        assert_eq!(run(130).verdict(rule), Verdict::Holds);
        assert_eq!(run(129).verdict(rule), Verdict::Violated);
    }
}

/// Aborted, too: its last byte arrives at its end.
#[test]
fn a_transfer_no_longer_than_its_latency_has_no_time_for_its_bytes() {
    let run = Run::new(1, 1).with(|parts| parts.network.latency = Time(30));
    let judged = run.part(0, 1, 0, 20..50, 0..1).aborted().rule(UP);
    let said = "the uplink of the source moved 1 B between 20 ns and 20 ns, where it can move 0 B: \
                a transfer no longer than its latency has no time for its bytes";
    assert_eq!(judged.explanation.as_deref(), Some(said));
}

#[test]
fn a_downlink_has_its_own_windows_and_may_be_unlimited() {
    let run = |download, start| {
        Run::new(2, 3)
            .with(|parts| parts.peers[1].download = download)
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 100..200)
            .send(0, 2, 1, start..start + 100)
    };
    assert_eq!(run(Some(BYTE_PER_NS), 200).verdict(DOWN), Verdict::Holds);
    assert_eq!(run(Some(BYTE_PER_NS), 199).verdict(DOWN), Verdict::Violated);
    assert_eq!(run(None, 199).verdict(DOWN), Verdict::Holds);
    assert_eq!(run(Some(BYTE_PER_NS), 199).verdict(UP), Verdict::Holds);
    match run(Some(BYTE_PER_NS), 199).witness(DOWN) {
        Witness::Capacity(CapacityWitness { node, link, bytes, allowed_bytes, .. }) => {
            assert_eq!((node, link, bytes, allowed_bytes), (PeerId(2), "downlink", 200, 199));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn receivers_stamps_are_judged_by_prefix() {
    let run = |end, tolerance| {
        Run::new(1, 2)
            .unjoined()
            .join(1, 10)
            .with(|parts| parts.peers[0].download = Some(BYTE_PER_NS))
            .part(0, 1, 0, 100..110, 0..100)
            .part(0, 1, 1, 110..end, 0..100)
            .receiver(tolerance)
    };
    // The source is there from 0, the peer from 10.
    for (rule, needed) in [(UP, 200), (DOWN, 210)] {
        assert_eq!(run(needed, 0).verdict(rule), Verdict::Holds);
        assert_eq!(run(needed - 1, 0).verdict(rule), Verdict::Violated);
        assert_eq!(run(needed - 5, 5).verdict(rule), Verdict::Holds);
        assert_eq!(run(needed - 6, 5).verdict(rule), Verdict::Violated);
    }
}

#[test]
fn a_free_rider_uploads_nothing() {
    let run = |behavior, burst| {
        Run::new(2, 1)
            .with(|parts| {
                parts.peers[0].behavior = behavior;
                parts.peers[0].link.burst = Some(Bytes(burst));
            })
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 100..300)
    };
    assert_eq!(run(Behavior::Cooperative, 0).verdict(UP), Verdict::Holds);
    assert_eq!(run(Behavior::FreeRider, 0).verdict(UP), Verdict::Violated);
    assert_eq!(run(Behavior::FreeRider, 99).verdict(UP), Verdict::Violated);
    // Its burst is for what it receives.
    assert_eq!(run(Behavior::FreeRider, 100).verdict(UP), Verdict::Violated);
    let bursts = |behavior, burst| run(behavior, burst).with(|p| p.peers[0].upload = Rate::ZERO);
    assert_eq!(bursts(Behavior::Cooperative, 100).verdict(UP), Verdict::Holds);
    assert_eq!(bursts(Behavior::FreeRider, 100).verdict(UP), Verdict::Violated);
    assert_eq!(run(Behavior::FreeRider, 99).receiver(50).verdict(UP), Verdict::Violated);
}

#[test]
fn the_witness_is_the_node_with_the_fewest_transfers() {
    let run = Run::new(3, 2).part(0, 1, 0, 0..49, 0..50).part(0, 1, 0, 49..99, 50..100).send(
        1,
        2,
        0,
        100..199,
    );
    match run.witness(UP) {
        Witness::Capacity(CapacityWitness { node, transfers, .. }) => {
            assert_eq!((node, transfers), (PeerId(0), 1))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn where_the_capacity_went_adds_up_to_the_bit() {
    // The source: 300 ns of capacity, 100 B useful and 50 B aborted to peer 1, 50 B to peer 2.
    let run = Run::new(2, 1)
        .with(|parts| parts.peers[1].upload = Rate(3))
        .part(0, 1, 0, 0..50, 0..50)
        .aborted()
        .send(0, 1, 0, 50..150)
        .part(0, 2, 0, 150..200, 0..50)
        .send(1, 2, 0, 200..300)
        .complete(1, 150)
        .complete(2, 300);
    let slack = run.report().slack;
    // Peer 2 has 3 bit/s, which is nothing in 300 ns; it gets its first chunk at the horizon.
    let expected = Slack {
        capacity: 8 * 600,
        burst: 0,
        useful: 8 * 200,
        duplicate: 8 * 50,
        aborted: 8 * 50,
        idle_before: 8 * 150,
        idle_after: 8 * (100 + 50),
    };
    assert_eq!(slack, expected);
    assert_eq!(slack.supplied(), slack.spent());
}

#[test]
fn bursts_come_on_top_of_the_capacity() {
    let run = Run::new(1, 1)
        .with(|parts| parts.network.burst = Bytes(40))
        .send(0, 1, 0, 0..60)
        .complete(1, 60);
    let slack = run.report().slack;
    assert_eq!((slack.capacity, slack.burst, slack.useful), (8 * 120, 8 * 40, 8 * 100));
    assert_eq!((slack.idle_before, slack.idle_after), (8 * 60, 0));
}

#[test]
fn quantities_at_the_end_of_64_bits_get_a_verdict() {
    let most = u64::MAX;
    for stamps in [Stamps::Exact, Stamps::Receiver] {
        for (upload, burst, tolerance) in [(most, most, 0), (most, 0, most), (1, most, most)] {
            let run = Run::new(1, 1)
                .with(|parts| {
                    parts.file = Manifest::new(Bytes(most), Bytes(most)).unwrap();
                    parts.source.upload = Rate(upload);
                    parts.peers[0].download = Some(Rate(upload));
                    parts.network.burst = Bytes(burst);
                })
                .part(0, 1, 0, 0..most, 0..most)
                .part(0, 1, 0, 1..most, 0..most)
                .complete(1, most)
                .evidence(stamps, tolerance, true);
            // Two files take more than a burst of one, at a bit per second.
            let expected = if upload == 1 { Verdict::Violated } else { Verdict::Holds };
            assert_eq!(run.verdict(UP), expected);
            assert_eq!(run.verdict(DOWN), expected);
        }
    }
}
