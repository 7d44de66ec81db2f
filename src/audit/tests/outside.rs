//! Events and evidence of logs of real swarms: allowed-fast chunks, measured capacities, logs that
//! see a part of the swarm.

use super::*;
use crate::units::Rate;

/// The source chokes peer 1 and lets it request chunk 0 all the same.
#[test]
fn an_allowed_chunk_may_be_sent_to_a_choked_peer() {
    let run = |chunk, at| {
        let fast = Event::AllowedFast {
            at: Time(at),
            from: PeerId::SOURCE,
            to: PeerId(1),
            chunk: ChunkId(chunk),
        };
        let run = Run::new(1, 2).connect(0, 1, 0).choke(0, 1, 0).event(fast).send(0, 1, 0, 10..110);
        run.unchoke(0, 1, 200).send(0, 1, 1, 200..300).complete(1, 300)
    };
    run(0, 5).assert_holds();
    run(0, 10).assert_holds();
    assert_eq!(run(0, 11).verdict("choking"), Verdict::Violated);
    assert_eq!(run(1, 5).verdict("choking"), Verdict::Violated);
}

/// What was measured stands for what was announced, in the rules and in the bounds.
#[test]
fn a_measured_capacity_counts_from_its_instant_on() {
    let run = |at, rate: u64| {
        let upload = Rate(BYTE_PER_NS.0 * rate / 4);
        let event = Event::Capacity { at: Time(at), node: PeerId::SOURCE, upload };
        Run::new(1, 2).event(event).send(0, 1, 0, 0..100).send(0, 1, 1, 100..150).complete(1, 150)
    };
    run(100, 8).assert_holds();
    run(0, 8).assert_holds();
    assert_eq!(run(101, 8).verdict("uplink_capacity"), Verdict::Violated);
    assert_eq!(run(200, 8).verdict("uplink_capacity"), Verdict::Violated);
    let bound = |run: Run| run.report().best.time();
    assert_eq!(bound(run(100, 8)), Some(Time(100)), "200 B at the highest rate, 2 B/ns");
    assert_eq!(bound(run(100, 2)), Some(Time(200)));
}

/// Peer 1 has chunk 1 from a node that the log does not see.
#[test]
fn what_came_from_outside_accuses_no_peer() {
    let run = |whole_swarm| {
        let mut run = Run::new(2, 2).send(0, 1, 0, 0..100).complete(1, 100);
        run.evidence.whole_swarm = whole_swarm;
        run.send(1, 2, 0, 100..200).send(1, 2, 1, 200..300).complete(2, 300)
    };
    for rule in ["causality", "conservation"] {
        assert_eq!(run(true).verdict(rule), Verdict::Violated, "{rule}");
        assert_eq!(run(false).verdict(rule), Verdict::Unknown, "{rule}");
    }
    assert_eq!(run(true).verdict("bounds_respected"), Verdict::Violated);
    assert_eq!(run(false).verdict("bounds_respected"), Verdict::Holds);
    // Links that the log does see are judged as ever, and a downlink binds.
    assert_eq!(run(false).send(1, 2, 1, 300..399).verdict("uplink_capacity"), Verdict::Violated);
    let narrow = run(false).with(|parts| parts.peers[1].download = Some(BYTE_PER_NS));
    assert_eq!(narrow.verdict("bounds_respected"), Verdict::Holds);
    let early = Run::new(1, 2).with(|parts| parts.peers[0].download = Some(BYTE_PER_NS));
    let mut early = early.complete(1, 199);
    early.evidence.whole_swarm = false;
    assert_eq!(early.verdict("bounds_respected"), Verdict::Violated);
}
