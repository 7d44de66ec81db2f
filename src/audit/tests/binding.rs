//! Which bound a run is measured by: rule and report ask the same, and say the same.

use super::*;

/// The source leaves after 150 of the 200 ns that it needs, by the stamps of the receiver.
fn late_by_the_receivers_clock() -> Run {
    Run::new(1, 2)
        .with(|parts| {
            parts.source.leaves = SourceLeaves::At(Time(150));
            parts.peers[0].upload = Rate(0);
        })
        .send(0, 1, 0, 0..100)
        .send(0, 1, 1, 100..200)
        .complete(1, 200)
}

#[test]
fn a_departure_that_the_stamps_do_not_show_is_in_no_bound() {
    let report = late_by_the_receivers_clock().receiver(0).report();
    assert_eq!(report.verdict, Verdict::Holds, "{:#?}", report.rules);
    let at = Some(Time(200));
    assert_eq!((report.best.name, report.best.time(), report.last), ("fluid", at, at));
    assert_eq!(report.client_server.unwrap().time(), at);
    // With exact stamps the same log says that bytes left after the source did.
    let report = late_by_the_receivers_clock().report();
    assert_eq!((report.best.name, report.best.time()), ("presence", None));
    assert_eq!(report.rule("bounds_respected").unwrap().verdict, Verdict::Violated);
}

/// Four peers, two chunks of 100 ns: the log shows two transfers of the source, and completions
/// at 400 ns, which is early for a source alone (800 ns) and not for a swarm.
fn with_lost_lines() -> Run {
    let run = Run::new(4, 2).send(0, 1, 0, 0..100).send(0, 2, 1, 100..200).gaps();
    (1..=4).fold(run, |run, peer| run.complete(peer, 400))
}

#[test]
fn with_gaps_the_source_is_not_known_to_have_sent_alone() {
    let report = with_lost_lines().report();
    assert_eq!(report.conditions.sent_by, SentBy::Unknown);
    assert_eq!(report.rule("bounds_respected").unwrap().verdict, Verdict::Holds);
    assert_eq!(report.client_server, None);
    assert!(report.best.time() <= report.last, "{:?}", report.best);
    // Where a peer is seen to send, nothing is unknown.
    let swarm = with_lost_lines().send(1, 2, 0, 200..300).report();
    assert_eq!(swarm.conditions.sent_by, SentBy::Swarm);
    assert_eq!((swarm.best, swarm.client_server), (report.best, None));
}

/// Two copies of two chunks take the source 400 ns; with peers that send, M - 1 + ceil(lg(N + 1))
/// chunk times are enough, that is 300 ns.
#[test]
fn a_swarm_in_which_no_peer_sent_is_measured_as_a_swarm_and_as_client_and_server() {
    let run = Run::new(2, 2)
        .send(0, 1, 0, 0..100)
        .send(0, 1, 1, 100..200)
        .send(0, 2, 0, 200..300)
        .send(0, 2, 1, 300..400)
        .complete(1, 200)
        .complete(2, 400);
    let report = run.report();
    assert_eq!(report.verdict, Verdict::Holds, "{:#?}", report.rules);
    assert_eq!((report.best.name, report.best.time()), ("branching", Some(Time(300))));
    let served = report.client_server.unwrap();
    assert_eq!((served.name, served.time()), ("client_server", Some(Time(400))));
    // A run that was to be client and server is measured by that.
    let trace = run.trace();
    let mut audit = Audit::new(trace.header).meant_for(Senders::SourceOnly);
    trace.events.iter().for_each(|event| audit.event(event));
    let meant = audit.finish();
    assert_eq!(meant.best, served);
    assert_eq!(meant.rules, report.rules);
    // A peer that sends makes it a swarm, whatever it was to be.
    let trace = lawful().trace();
    let mut audit = Audit::new(trace.header).meant_for(Senders::SourceOnly);
    trace.events.iter().for_each(|event| audit.event(event));
    let swarm = lawful().report();
    assert_eq!(audit.finish(), swarm);
    assert_eq!(swarm.client_server, None);
}

prop_compose! {
    /// The source sends chunk after chunk to peer after peer, about as fast as it can; peers say
    /// that they are complete a little early or late; a peer may send, too, the source may leave,
    /// and lines may be missing.
    fn logs()((peers, chunks) in (1u32..5, 1u32..4))(
        steps in prop::collection::vec(60u64..140, (peers * chunks) as usize),
        shifts in prop::collection::vec(0u64..60, peers as usize),
        relays in prop::option::of(0u64..400),
        leaves in prop::option::of(1u64..1500),
        upload in prop_oneof![Just(0), Just(BYTE_PER_NS.0), 1..4 * BYTE_PER_NS.0],
        stamps in prop_oneof![Just(Stamps::Exact), Just(Stamps::Receiver), Just(Stamps::Wire)],
        tolerance in prop_oneof![Just(0), 0u64..100, any::<u64>()],
        kept in prop_oneof![Just(u64::MAX), any::<u64>()],
        served in any::<bool>(),
        (peers, chunks) in Just((peers, chunks)),
    ) -> (Run, Senders) {
        let mut run = Run::new(peers as usize, u64::from(chunks))
            .evidence(stamps, tolerance, kept == u64::MAX)
            .with(|parts| {
                parts.source.leaves = leaves.map_or(SourceLeaves::Never, |at| {
                    SourceLeaves::At(Time(at))
                });
                parts.peers.iter_mut().for_each(|peer| peer.upload = Rate(upload));
            });
        let (mut at, mut steps) = (0, steps.into_iter());
        for peer in 1..=peers {
            for chunk in 0..chunks {
                let end = at + steps.next().unwrap();
                run = run.send(0, peer, chunk, at..end);
                at = end;
            }
            run = run.complete(peer, (at + 30).saturating_sub(shifts[peer as usize - 1]));
        }
        if let Some(start) = relays {
            run = run.send(1, peers, 0, start..start + 100);
        }
        let mut place = 0;
        run.events.retain(|_| {
            place += 1;
            kept.rotate_left(place) & 1 == 1
        });
        (run, if served { Senders::SourceOnly } else { Senders::AllNodes })
    }
}

/// What `bounds_respected` says of the last completion is what the report says of it.
fn agrees(report: &Report) -> Result<(), TestCaseError> {
    let rule = report.rule("bounds_respected").unwrap();
    let strictest = report.client_server.as_ref().unwrap_or(&report.best);
    let Some(last) = report.last else {
        prop_assert_eq!(rule.verdict, Verdict::Holds);
        return Ok(());
    };
    let allowed = last.0.saturating_add(report.tolerance.0);
    if rule.verdict == Verdict::Holds {
        for bound in [&report.best, strictest] {
            let is_early = bound.time().is_none_or(|time| allowed < time.0);
            prop_assert!(!is_early, "lawful at {}, and {:?}", last, bound);
        }
    }
    if let Some(Witness::Bounds(witness)) = rule.witness.as_deref()
        && witness.k == report.completed
    {
        prop_assert_eq!(witness.at_ns, last);
        prop_assert_eq!((witness.bound, witness.k), (strictest.name, strictest.k));
        prop_assert_eq!(witness.earliest_ns, strictest.time());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_run_that_holds_is_never_earlier_than_its_bound((run, meant) in logs()) {
        let trace = run.trace();
        let mut audit = Audit::new(trace.header).meant_for(meant);
        trace.events.iter().for_each(|event| audit.event(event));
        agrees(&audit.finish())?;
    }

    #[test]
    fn nor_is_any_trace(trace in crate::trace::arbitrary::trace()) {
        agrees(&Audit::of(&trace))?;
    }
}
