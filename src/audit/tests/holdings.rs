//! Peers that hold chunks when they join, and peers that want a part of the file.

use super::*;
use crate::scenario::{ChunkRanges, Discipline};

/// The verdict of the rule that stands worst, and its name.
fn worst(run: &Run) -> (Verdict, &'static str) {
    let report = run.report();
    let rule = report.rules.iter().rev().max_by_key(|rule| rule.judgement.verdict).unwrap();
    (rule.judgement.verdict, rule.name)
}

fn violates(run: &Run, rule: &str) {
    assert_eq!(run.verdict(rule), Verdict::Violated, "{rule}: {:?}", run.report());
}

fn holding(peers: usize, chunks: u64, holds: &[(usize, std::ops::Range<u32>)]) -> Run {
    Run::new(peers, chunks).with(|parts| {
        for (peer, range) in holds {
            parts.peers[peer - 1].holds = ChunkRanges::new([range.clone()]);
        }
    })
}

fn wanting(mut run: Run, peer: usize, range: std::ops::Range<u32>) -> Run {
    run.parts.peers[peer - 1].wants = Some(ChunkRanges::new([range]));
    run
}

/// Peer 1 resumes with chunk 0.
#[test]
fn a_resumed_peer_completes_with_what_it_lacked() {
    let resumed = holding(1, 2, &[(1, 0..1)]).send(0, 1, 1, 0..100).complete(1, 100);
    resumed.assert_holds();
    let report = resumed.report();
    assert_eq!((report.distribution_time, report.slack.useful), (Some(Time(100)), 800));
    assert_eq!((report.best.name, report.best.time()), ("fluid", Some(Time(100))));
    // The same log without the word, and with another chunk held.
    violates(&Run::new(1, 2).send(0, 1, 1, 0..100).complete(1, 100), "conservation");
    violates(&holding(1, 2, &[(1, 1..2)]).send(0, 1, 1, 0..100).complete(1, 100), "conservation");
    violates(&holding(1, 2, &[(1, 0..1)]).send(0, 1, 1, 0..100).complete(1, 99), "completion");
    violates(&holding(1, 2, &[(1, 0..1)]).send(0, 1, 1, 0..100).complete(1, 101), "completion");
    violates(&holding(1, 2, &[(1, 0..1)]).send(0, 1, 1, 0..100), "completion");
    violates(&holding(1, 2, &[(1, 0..1)]).send(0, 1, 1, 0..90).complete(1, 90), "bounds_respected");
}

/// What it held comes again: waste, and no part of what it needs.
#[test]
fn a_chunk_that_was_held_is_a_duplicate() {
    let run = holding(1, 2, &[(1, 0..1)]).send(0, 1, 0, 0..100).send(0, 1, 1, 100..200);
    run.clone().complete(1, 200).assert_holds();
    let slack = run.clone().complete(1, 200).report().slack;
    assert_eq!((slack.useful, slack.duplicate), (800, 800));
    violates(&run.complete(1, 100), "completion");
}

#[test]
fn a_peer_sends_what_it_held_and_nothing_else() {
    for cut_through in [false, true] {
        let run = |holds| {
            let run = holding(2, 2, &[(1, holds)]).with(|parts| {
                parts.discipline.cut_through = cut_through;
                parts.peers[0].upload = BYTE_PER_NS;
            });
            run.send(1, 2, 0, 0..100).send(0, 2, 1, 0..100).complete(2, 100)
        };
        let lawful = run(0..1).send(0, 1, 1, 100..200).complete(1, 200);
        lawful.assert_holds();
        violates(&run(1..2).send(0, 1, 0, 100..200).complete(1, 200), "causality");
        violates(
            &run(0..0).send(0, 1, 0, 100..200).send(0, 1, 1, 200..300).complete(1, 300),
            "causality",
        );
    }
}

/// A peer with everything is one more source: no receiver, and nothing is to be claimed by it.
#[test]
fn a_full_holder_is_a_source_that_n_does_not_count() {
    let origins = |holds| {
        holding(2, 2, &[(1, holds)]).send(0, 2, 0, 0..100).send(1, 2, 1, 0..100).complete(2, 100)
    };
    let two = origins(0..2);
    two.assert_holds();
    let report = two.report();
    assert_eq!((report.peers, report.completed, report.completions.len()), (1, 1, 1));
    assert_eq!((report.distribution_time, report.best.k), (Some(Time(100)), 1));
    assert_eq!(report.best.time(), Some(Time(66)), "200 B through three uplinks of 1 B/ns");
    assert_eq!(worst(&origins(0..0)).0, Verdict::Violated);
    // Under coding it may send combinations from the start on, and only a full holder may.
    let coded = |run: Run| {
        run.with(|parts| {
            parts.discipline = Discipline { coded: true, ..Discipline::default() };
        })
    };
    coded(two).assert_holds();
    violates(&coded(Run::new(2, 2).send(1, 2, 0, 0..100)), "causality");
    let alone = holding(2, 2, &[(1, 0..2)]).send(1, 2, 0, 0..100).send(1, 2, 1, 100..200);
    alone.clone().complete(2, 200).assert_holds();
    violates(&alone.leave(1, 0).complete(2, 200), "membership");
}

/// It leaves a while after it joined, since it is complete from there on.
#[test]
fn what_needs_nothing_is_complete_when_it_joins() {
    let run = |leaves| {
        holding(2, 1, &[(1, 0..1)]).with(|parts| {
            parts.peers[0].leaves = Leaves::AfterCompletion(Time(leaves));
        })
    };
    let sends = |run: Run| run.send(1, 2, 0, 0..100).complete(2, 100);
    sends(run(100)).leave(1, 100).assert_holds();
    violates(&sends(run(99)).leave(1, 99), "membership");
    // It wants only what it holds: a receiver, complete at its join, with or without a claim.
    let content = wanting(holding(2, 2, &[(1, 0..1)]), 1, 0..1);
    let done = content.send(0, 2, 1, 0..100).send(1, 2, 0, 0..100).complete(2, 100);
    done.assert_holds();
    assert_eq!(done.finishes(), [Some(Time::ZERO), Some(Time(100))]);
    assert_eq!(done.report().completed, 2);
    done.clone().complete(1, 40).assert_holds();
    violates(&done.complete(1, 0).complete(1, 40), "completion");
}

/// Peer 2 wants chunk 1 only.
#[test]
fn a_peer_completes_with_what_it_wants() {
    let run = wanting(Run::new(2, 2), 2, 1..2).send(0, 1, 0, 0..100).send(0, 1, 1, 100..200);
    let run = run.complete(1, 200);
    run.clone().send(1, 2, 1, 200..300).complete(2, 300).assert_holds();
    violates(&run.clone().send(1, 2, 1, 200..300).complete(2, 299), "completion");
    // A chunk that it does not want counts for nothing, and may be passed on.
    let other = run.clone().send(1, 2, 0, 200..300);
    violates(&other.clone().complete(2, 300), "conservation");
    other.send(0, 2, 1, 300..400).complete(2, 400).assert_holds();
    let relayed = wanting(Run::new(2, 2), 2, 1..2).send(0, 2, 0, 0..100).send(2, 1, 0, 100..200);
    let relayed = relayed.send(0, 1, 1, 100..200).complete(1, 200);
    relayed.send(0, 2, 1, 200..300).complete(2, 300).assert_holds();
    // Parts of a chunk that no claim speaks of.
    let parts = run.part(0, 2, 0, 200..250, 0..50).part(1, 2, 0, 200..250, 50..100);
    parts.send(1, 2, 1, 250..350).complete(2, 350).assert_holds();
}

/// Between the source and peer 2 stands peer 1, which does not want chunk 1.
#[test]
fn a_path_of_peers_that_want_a_chunk_must_lead_to_it() {
    let line = |wants: std::ops::Range<u32>| {
        let run = wanting(Run::new(2, 2), 1, wants);
        run.connect(0, 1, 0).connect(1, 2, 0).send(0, 1, 0, 0..100).send(1, 2, 0, 100..200)
    };
    let apart = line(0..1).complete(1, 100);
    apart.assert_holds();
    let said = apart.rule("incompleteness_explained").explanation.unwrap();
    assert!(said.contains("peer 2: no path of neighbors leads to chunk 1"), "{said}");
    // Where peer 1 wants it, or holds it, nothing explains that peer 2 lacks it.
    let passed_on = line(0..2).send(0, 1, 1, 100..200).complete(1, 200);
    violates(&passed_on, "incompleteness_explained");
    let mut held = line(0..1).complete(1, 100);
    held.parts.peers[0].holds = ChunkRanges::new([1..2]);
    violates(&held, "incompleteness_explained");
    // What a peer does not want it need not have.
    let run = wanting(Run::new(1, 2), 1, 0..1).connect(0, 1, 0).send(0, 1, 0, 0..100);
    run.complete(1, 100).assert_holds();
}

/// A declared stall counts beside what is held and wanted alone.
#[test]
fn a_stall_is_judged_by_holdings_and_wants() {
    let stall = |run: Run| run.with(|parts| parts.discipline.stall = Some(Time(50)));
    // Peer 1 holds chunk 1, is free, and sends nothing to peer 2 until 300.
    let idle = |holds| {
        let run = stall(holding(2, 2, &[(1, holds)])).with(|parts| {
            parts.source.leaves = SourceLeaves::At(Time(100));
        });
        run.send(0, 2, 0, 0..100).leave(0, 100).send(1, 2, 1, 300..400).complete(2, 400)
    };
    violates(&idle(1..2), "progress");
    violates(&idle(0..2), "progress");
    // Peer 2 wants chunk 0 alone: there is nothing to wait for.
    let content = wanting(stall(Run::new(2, 2)), 2, 0..1).send(0, 2, 0, 0..100).complete(2, 100);
    let content = content.send(0, 1, 0, 100..200).send(0, 1, 1, 200..300).complete(1, 300);
    content.assert_holds();
    let both = wanting(stall(Run::new(1, 2)), 1, 0..1).send(0, 1, 0, 0..100).complete(1, 100);
    both.event(Event::Leave { at: Time(400), node: PeerId(1) }).assert_holds();
}
