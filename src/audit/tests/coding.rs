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
        Witness::Causality(CausalityWitness::Acausal { shows, transfer, .. }) => {
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
    assert_eq!(run(part(0..50)), Verdict::Holds);
    assert_eq!(run(part(0..50).aborted()), Verdict::Violated);
    assert_eq!(run(part(0..0)), Verdict::Violated);
}

#[test]
fn what_is_under_way_can_be_passed_on_by_who_cuts_through_or_by_the_receivers_clock() {
    let run = coded(2, 1).send(0, 1, 0, 0..100).send(1, 2, 0, 10..110);
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
            "peer 1 says at 0.000000099 s that it has the file, but no more than 99 of its 100 B \
             can have come from the source by then"
        )
    );
}
