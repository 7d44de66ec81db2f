//! Logs of unmodified BitTorrent clients, with the verdicts that `tests/traces/README.md` expects.

use super::*;

fn trace(name: &str) -> Trace {
    let path = format!("{}/tests/traces/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::File::open(&path).expect("the trace is in the repository");
    read_trace(std::io::BufReader::new(file)).unwrap()
}

fn real(name: &str) -> Report {
    Audit::of(&trace(name))
}

/// Choke and connect events are in none of the logs, and none declares a stall.
fn assert_verdicts(report: &Report, others: &[(&str, Verdict)]) {
    for rule in &report.rules {
        let expected = match rule.name {
            "choking" | "neighbors" | "progress" => Verdict::Skipped,
            name => others
                .iter()
                .find(|(other, _)| *other == name)
                .map_or(Verdict::Holds, |&(_, verdict)| verdict),
        };
        assert_eq!(rule.judgement.verdict, expected, "{rule:?}");
    }
}

/// Hundredths by which the last completion took longer than a bound, rounded to the nearest.
fn ratio(name: &str, bound: &str) -> u64 {
    let trace = trace(name);
    let bound = crate::bounds::ALL.iter().find(|b| b.name() == bound).unwrap();
    let scenario = &trace.header.scenario;
    let lower = bound.completion(scenario, scenario.peer_count()).unwrap();
    let crate::bounds::Earliest::At(bound) = lower.at else { panic!("{:?}", lower.at) };
    let run = Audit::of(&trace).distribution_time.unwrap();
    (run.0 * 100 + bound.0 / 2) / bound.0
}

#[test]
fn libtorrent_with_unequal_capacities_holds() {
    let report = real("lt-tbf-n10-hetero");
    assert_verdicts(&report, &[]);
    assert_eq!(report.distribution_time, Some(Time(39_659_800_000)));
    assert_eq!(ratio("lt-tbf-n10-hetero", "fluid"), 138);
}

#[test]
fn aria2_holds_and_its_duplicates_are_waste() {
    let report = real("bb-tbf-aria2-n4");
    assert_verdicts(&report, &[]);
    assert_eq!(ratio("bb-tbf-aria2-n4", "fluid"), 141);
    assert_eq!(report.slack.duplicate, (1_802_240 + 1_064_960 + 950_272 + 1_425_408) * 8);
    assert_eq!(report.slack.useful, 4 * (16 << 20) * 8);
}

#[test]
fn libtorrent_as_client_and_server_lacks_a_block() {
    let report = real("lt-tbf-cs-n5");
    assert_verdicts(&report, &[("conservation", Verdict::Unknown)]);
    // Lines are missing, so that a peer may have sent.
    assert_eq!(report.conditions.sent_by, SentBy::Unknown);
    assert_eq!(report.verdict, Verdict::Unknown);
    assert_eq!(ratio("lt-tbf-cs-n5", "client_server"), 105);
    match report.rule("conservation").unwrap().witness.as_deref() {
        Some(Witness::Conservation(ConservationWitness::Phantom {
            node,
            chunk,
            arrived_bytes,
            file_bytes,
            ..
        })) => {
            assert_eq!((*node, *chunk), (PeerId(2), Some(ChunkId(63))));
            assert_eq!(file_bytes - arrived_bytes, 16384);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn libtorrent_under_churn_holds_and_two_departures_are_the_reason() {
    let report = real("lt-tbf-n8-churn");
    assert_verdicts(&report, &[]);
    assert_eq!((report.completed, report.best.k, report.best.name), (6, 6, "suffix"));
    let rule = report.rule("incompleteness_explained").unwrap();
    let cause =
        |peer, at| Lacking { peer: PeerId(peer), cause: Some(Cause::Left { at_ns: Time(at) }) };
    let lacking = vec![cause(2, 27_314_500_000), cause(5, 25_017_700_000)];
    let expected =
        Witness::Incompleteness(IncompletenessWitness { completed: 6, peers: 8, lacking });
    assert_eq!(rule.witness.as_deref(), Some(&expected));
}

#[test]
fn libtorrent_free_riders_leak() {
    let report = real("lt-tbf-n10-freeriders-leaky");
    assert_verdicts(&report, &[("uplink_capacity", Verdict::Violated)]);
    match report.rule("uplink_capacity").unwrap().witness.as_deref() {
        Some(Witness::Capacity(CapacityWitness { node, allowed_bytes, bytes, .. })) => {
            assert!((6..=10).contains(&node.0), "a free rider: {node}");
            // Its burst of 40 000 B is for what it receives.
            assert_eq!(*allowed_bytes, 0);
            assert!(0 < *bytes);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn rqbit_bursts_through_its_own_limiter() {
    let violated = ("uplink_capacity", Verdict::Violated);
    let report = real("own-rqbit-n1");
    assert_verdicts(&report, &[violated, ("bounds_respected", Verdict::Violated)]);
    let report = real("own-rqbit-n1-burst");
    assert_verdicts(&report, &[]);
}
