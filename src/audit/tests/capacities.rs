//! Capacities that change, and those that are not known.

use super::*;
use crate::units::RateChanges;

/// So many bytes in a nanosecond.
fn bytes_per_ns(bytes: u64) -> Rate {
    Rate(BYTE_PER_NS.0 * bytes)
}

/// Peer 1 sends one byte in 4 ns until 200, and one in a nanosecond from then on.
fn night(slow: u64, until: u64) -> Run {
    Run::new(2, 3).with(|parts| {
        parts.source.upload = bytes_per_ns(1);
        parts.peers[0].upload = Rate(BYTE_PER_NS.0 / slow);
        parts.peers[0].upload_changes = RateChanges::new([(Time(until), BYTE_PER_NS)]);
    })
}

/// As a public log has it: slow by day, four times as fast from 2 s on.
#[test]
fn a_rate_that_rises_is_judged_by_the_rate_of_each_instant() {
    let sends = |run: Run| {
        run.send(0, 1, 0, 0..100)
            .send(0, 1, 1, 100..200)
            .send(0, 1, 2, 200..300)
            .complete(1, 300)
            .send(1, 2, 0, 100..350)
            .send(1, 2, 1, 350..450)
            .send(1, 2, 2, 450..550)
            .complete(2, 550)
    };
    // 100 ns at 1/4 and 150 ns at 1: 175 B may have moved by 350.
    sends(night(4, 200)).assert_holds();
    // 100 B in [100, 350] at 1/4 until 300: 50 B, and then 50 B.
    sends(night(4, 300)).assert_holds();
    let found = sends(night(4, 301));
    assert_eq!(found.verdict("uplink_capacity"), Verdict::Violated);
    let Witness::Capacity(witness) = found.witness("uplink_capacity") else { panic!("{found:?}") };
    assert_eq!((witness.from_ns, witness.to_ns), (Time(100), Time(350)));
    assert_eq!((witness.bytes, witness.allowed_bytes), (100, 99), "50.25 and 49 B, rounded down");
    assert_eq!(witness.capacity_bps, Rate(BYTE_PER_NS.0 / 4));
    // By a receiver's stamps every prefix is judged alike.
    sends(night(4, 200)).receiver(0).assert_holds();
    let late = night(4, 500).receiver(0).send(0, 1, 0, 0..100).send(1, 2, 0, 100..350);
    assert_eq!(late.verdict("uplink_capacity"), Verdict::Violated);
    // A downlink changes alike.
    let down = |at| {
        Run::new(1, 2).with(|parts| {
            parts.peers[0].download = Some(bytes_per_ns(1));
            parts.peers[0].download_changes = RateChanges::new([(Time(at), Rate(1))]);
        })
    };
    let sends = |run: Run| run.send(0, 1, 0, 0..100).send(0, 1, 1, 100..200).complete(1, 200);
    sends(down(200)).assert_holds();
    assert_eq!(sends(down(199)).verdict("downlink_capacity"), Verdict::Violated);
}

/// What is idle adds up with what is sent, whatever the rates are.
#[test]
fn slack_sums_the_rates_up() {
    let run = night(4, 200).send(0, 1, 0, 0..100).send(0, 1, 1, 100..200).send(0, 1, 2, 200..300);
    let slack = run.complete(1, 300).report().slack;
    // The source 300 B, peer 1 50 + 100 B, peer 2 300 B.
    assert_eq!(slack.capacity, 8 * (300 + 150 + 300));
    assert_eq!(slack.supplied(), slack.spent());
}

/// An uplink whose rate is not known is not judged, and no bound reckons with it.
#[test]
fn an_unknown_uplink_is_not_judged() {
    let run = |unknown| {
        let run = Run::new(2, 2).with(|parts| {
            parts.peers[0].upload = Rate(1);
            parts.peers[0].upload_unknown = unknown;
        });
        run.send(0, 1, 0, 0..100).send(1, 2, 0, 100..101).send(0, 1, 1, 100..200).complete(1, 200)
    };
    let run = |unknown| run(unknown).send(1, 2, 1, 200..201).complete(2, 201);
    run(true).assert_holds();
    assert_eq!(run(false).verdict("uplink_capacity"), Verdict::Violated);
    let slack = run(true).report().slack;
    assert_eq!((slack.capacity, slack.burst), (8 * (201 + 201), 1600), "it counts as nothing");
    assert_eq!(run(true).report().best.name, "fluid");
    // A peer without the file beside such a node: it may have been sending all the time.
    let silent = Run::new(1, 1).with(|parts| {
        parts.source.upload_unknown = true;
        parts.until = Time(1000);
    });
    silent.assert_holds();
    let known = Run::new(1, 1).with(|parts| parts.until = Time(1000));
    assert_eq!(known.verdict("incompleteness_explained"), Verdict::Violated);
}

/// A node whose uplink carries nothing any more does not serve.
#[test]
fn an_uplink_that_falls_to_nothing_explains() {
    let run = |rate| {
        let run = Run::new(1, 2).with(|parts| {
            parts.source.upload_changes = RateChanges::new([(Time(100), Rate(rate))]);
        });
        run.send(0, 1, 0, 0..100)
    };
    run(0).assert_holds();
    let said = run(0).rule("incompleteness_explained").explanation.unwrap();
    assert!(said.contains("no node that is there and serves holds chunk 1"), "{said}");
    assert_eq!(run(BYTE_PER_NS.0 / 2).verdict("incompleteness_explained"), Verdict::Violated);
}
