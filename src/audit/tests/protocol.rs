//! `neighbors` and `choking`.

use super::*;
use crate::scenario::{Choker, Protocol};

fn protocol(choker: Choker, slots: u32, optimistic: Option<Time>) -> impl FnOnce(&mut Parts) {
    move |parts| {
        let default = Protocol::default();
        parts.protocol = Some(Protocol { choker, unchoke_slots: slots, optimistic, ..default });
    }
}

#[test]
fn bytes_move_while_two_are_neighbors() {
    let run =
        |from, to| Run::new(1, 1).connect(1, 0, from).send(0, 1, 0, 10..110).disconnect(0, 1, to);
    let rule = "neighbors";
    assert_eq!(run(10, 110).verdict(rule), Verdict::Holds);
    assert_eq!(run(11, 110).verdict(rule), Verdict::Violated);
    assert_eq!(run(10, 109).verdict(rule), Verdict::Violated);
    assert_eq!(run(10, 109).gaps().verdict(rule), Verdict::Unknown);
    assert_eq!(run(15, 110).receiver(5).verdict(rule), Verdict::Holds);
    assert_eq!(run(16, 110).receiver(5).verdict(rule), Verdict::Violated);
    // Queues drain.
    assert_eq!(run(10, 50).receiver(5).verdict(rule), Verdict::Holds);
    assert_eq!(Run::new(1, 1).send(0, 1, 0, 10..110).verdict(rule), Verdict::Skipped);
    // Both sides may log it, and bytes fly on after a disconnect.
    assert_eq!(run(10, 110).connect(0, 1, 10).disconnect(1, 0, 110).verdict(rule), Verdict::Holds);
    let far = run(10, 100).with(|parts| parts.network.latency = Time(10));
    assert_eq!(far.verdict(rule), Verdict::Holds);
}

/// A sender may notice late that its receiver is gone, and log until when it was sending.
#[test]
fn an_aborted_transfer_needs_its_connection_at_its_start_only() {
    let run = |start| {
        lawful().connect(0, 1, 0).connect(0, 2, 0).connect(1, 2, 0).leave(2, 321).part(
            1,
            2,
            0,
            start..350,
            0..20,
        )
    };
    assert_eq!(run(320).aborted().verdict("neighbors"), Verdict::Holds);
    run(320).aborted().assert_holds();
    assert_eq!(run(322).aborted().verdict("neighbors"), Verdict::Violated);
    assert_eq!(run(320).verdict("neighbors"), Verdict::Violated);
    let parted = |at| {
        let run = Run::new(1, 1).connect(0, 1, 0).send(0, 1, 0, 0..100);
        run.part(0, 1, 0, 120..150, 0..30).aborted().disconnect(0, 1, at).verdict("neighbors")
    };
    assert_eq!(parted(120), Verdict::Holds);
    assert_eq!(parted(119), Verdict::Violated);
}

/// They show no connection, so that every pair counts as connected.
#[test]
fn a_log_with_disconnects_alone_is_not_judged_by_its_connections() {
    let run = lawful().disconnect(0, 1, 300);
    assert_eq!(run.verdict("neighbors"), Verdict::Skipped);
    let stuck = Run::new(2, 1).send(0, 1, 0, 0..100).complete(1, 100).disconnect(0, 2, 0);
    assert_eq!(stuck.verdict("incompleteness_explained"), Verdict::Violated);
    // An unchoke ends with it all the same.
    let choked = |at| {
        Run::new(1, 1)
            .unchoke(0, 1, 0)
            .disconnect(0, 1, at)
            .send(0, 1, 0, 50..150)
            .verdict("choking")
    };
    assert_eq!(choked(50), Verdict::Holds);
    assert_eq!(choked(49), Verdict::Violated);
}

/// The one that starts first, not the one that ends first; of two, that of the first chunk.
#[test]
fn the_first_transfer_between_strangers_or_to_the_choked_is_the_witness() {
    let first = |transfers: [(u32, u32, std::ops::Range<u64>); 3]| {
        let run = Run::new(4, 3).connect(0, 1, 0).choke(0, 1, 0);
        let run = transfers
            .into_iter()
            .fold(run, |run, (from, chunk, times)| run.send(from, 4, chunk, times));
        let Witness::Neighbors(NeighborsWitness { transfer, .. }) = run.witness("neighbors") else {
            panic!("{run:?}")
        };
        let Witness::Choking(ChokingWitness::Choked { transfer: choked, .. }) =
            run.witness("choking")
        else {
            panic!("{run:?}")
        };
        assert_eq!(transfer, choked);
        (transfer.from.0, transfer.chunk.0)
    };
    assert_eq!(first([(1, 0, 11..20), (2, 1, 10..90), (3, 2, 12..15)]), (2, 1));
    assert_eq!(first([(1, 2, 10..20), (2, 1, 10..30), (3, 0, 10..40)]), (3, 0));
    assert_eq!(first([(1, 0, 11..20), (1, 1, 10..90), (1, 2, 12..15)]), (1, 1));
}

#[test]
fn strangers_and_nodes_that_were_gone_are_no_neighbors() {
    let rule = "neighbors";
    let other = Run::new(2, 1).connect(0, 1, 0).send(0, 2, 0, 0..100);
    assert_eq!(other.verdict(rule), Verdict::Violated);
    // A departure ends it; coming back does not bring it back.
    let back = |again| {
        let run = Run::new(1, 1).connect(0, 1, 0).leave(1, 10).join(1, 20).send(0, 1, 0, 20..120);
        if again { run.connect(0, 1, 20) } else { run }
    };
    assert_eq!(back(true).verdict(rule), Verdict::Holds);
    assert_eq!(back(false).verdict(rule), Verdict::Violated);
    // Disconnected and connected at one instant, in either order of lines: the connection ended.
    let at_once = Run::new(1, 1).connect(0, 1, 0).connect(0, 1, 50).disconnect(0, 1, 50);
    assert_eq!(at_once.clone().send(0, 1, 0, 50..150).verdict(rule), Verdict::Holds);
    assert_eq!(at_once.send(0, 1, 0, 0..100).verdict(rule), Verdict::Violated);
}

#[test]
fn a_transfer_starts_while_its_receiver_is_unchoked() {
    let run = |from, to| Run::new(1, 1).unchoke(0, 1, from).choke(0, 1, to).send(0, 1, 0, 10..110);
    let rule = "choking";
    // It only has to start then.
    assert_eq!(run(10, 10).verdict(rule), Verdict::Holds);
    assert_eq!(run(10, 60).verdict(rule), Verdict::Holds);
    assert_eq!(run(11, 60).verdict(rule), Verdict::Violated);
    assert_eq!(run(0, 9).verdict(rule), Verdict::Violated);
    assert_eq!(run(0, 9).gaps().verdict(rule), Verdict::Unknown);
    assert_eq!(run(15, 60).receiver(5).verdict(rule), Verdict::Holds);
    assert_eq!(run(16, 60).receiver(5).verdict(rule), Verdict::Violated);
    match run(0, 9).witness(rule) {
        Witness::Choking(ChokingWitness::Choked { choked_ns, .. }) => {
            assert_eq!(choked_ns, Some(Time(9)))
        }
        other => panic!("{other:?}"),
    }
    // At first every neighbor is choked, and an unchoke has a direction.
    let wrong_way = Run::new(1, 1).unchoke(1, 0, 0).send(0, 1, 0, 10..110);
    assert_eq!(wrong_way.verdict(rule), Verdict::Violated);
    assert_eq!(Run::new(1, 1).send(0, 1, 0, 10..110).verdict(rule), Verdict::Skipped);
}

#[test]
fn a_disconnect_or_a_departure_ends_an_unchoke() {
    let rule = "choking";
    let run = |at| {
        Run::new(1, 1)
            .connect(0, 1, 0)
            .unchoke(0, 1, 0)
            .disconnect(1, 0, at)
            .connect(0, 1, 10)
            .send(0, 1, 0, 10..110)
    };
    assert_eq!(run(10).verdict(rule), Verdict::Holds);
    assert_eq!(run(9).verdict(rule), Verdict::Violated);
    let left =
        |at| Run::new(1, 1).unchoke(0, 1, 0).leave(1, at).join(1, at + 1).send(0, 1, 0, 10..110);
    assert_eq!(left(10).verdict(rule), Verdict::Holds);
    assert_eq!(left(9).verdict(rule), Verdict::Violated);
    // An unchoke of the last instant ends with it, unless the node is back at once.
    let last =
        |back| Run::new(1, 1).unchoke(0, 1, 50).leave(1, 50).join(1, back).send(0, 1, 0, 60..160);
    assert_eq!(last(50).verdict(rule), Verdict::Holds);
    assert_eq!(last(55).verdict(rule), Verdict::Violated);
}

#[test]
fn nobody_is_accused_for_the_order_of_one_instant() {
    let rule = "choking";
    let protocol = || protocol(Choker::TitForTat, 1, None);
    // The link breaks and is there again at once, and the unchoke may have come after that.
    let again = |run: Run| run.connect(0, 1, 0).disconnect(0, 1, 50).connect(0, 1, 50);
    let later = again(Run::new(2, 1)).unchoke(0, 1, 50).send(0, 1, 0, 60..160);
    assert_eq!(later.with(protocol()).verdict(rule), Verdict::Holds);
    // Or before, so that the slot was free for another.
    let other = again(Run::new(2, 1)).connect(0, 2, 0).unchoke(0, 1, 50).unchoke(0, 2, 50);
    assert_eq!(other.with(protocol()).verdict(rule), Verdict::Holds);
    // An unchoke from before is over in every order, and a break that lasts ends every one.
    let before = again(Run::new(2, 1)).unchoke(0, 1, 40).send(0, 1, 0, 60..160);
    assert_eq!(before.with(protocol()).verdict(rule), Verdict::Violated);
    let gone = Run::new(2, 1).connect(0, 1, 0).disconnect(0, 1, 50).connect(0, 1, 55);
    assert_eq!(
        gone.unchoke(0, 1, 50).send(0, 1, 0, 60..160).with(protocol()).verdict(rule),
        Verdict::Violated
    );
}

#[test]
fn what_may_be_said_twice_is_read_as_some_order_of_one_instant_leaves_it() {
    // The unchoke may have come last, though the choke said then what was so already.
    let run = |run: Run| run.choke(0, 1, 5).unchoke(0, 1, 5).send(0, 1, 0, 10..110);
    assert_eq!(run(Run::new(2, 1)).verdict("choking"), Verdict::Holds);
    assert_eq!(run(Run::new(2, 1).unchoke(0, 1, 0)).verdict("choking"), Verdict::Holds);
    assert_eq!(run(Run::new(2, 1)).choke(0, 1, 9).verdict("choking"), Verdict::Violated);
    // Or the choke, though the unchoke said what was so already: then the slot is another's.
    let other = Run::new(2, 1).unchoke(0, 1, 0).choke(0, 1, 5).unchoke(0, 1, 5).unchoke(0, 2, 6);
    let one_slot = protocol(Choker::TitForTat, 1, None);
    assert_eq!(other.with(one_slot).verdict("choking"), Verdict::Holds);
    // Both ends log that they part, and then that they meet again.
    let again = |run: Run| run.connect(0, 1, 0).disconnect(0, 1, 5).disconnect(1, 0, 5);
    let met = again(Run::new(2, 1)).connect(0, 1, 5).send(0, 1, 0, 10..110);
    assert_eq!(met.verdict("neighbors"), Verdict::Holds);
    let parted = again(Run::new(2, 1)).send(0, 1, 0, 10..110);
    assert_eq!(parted.verdict("neighbors"), Verdict::Violated);
    // No node is accused of a stall over a link that may be gone.
    let run = Run::new(1, 1).connect(0, 1, 0).disconnect(0, 1, 5).disconnect(0, 1, 5);
    assert_eq!(run.clone().connect(0, 1, 5).verdict("incompleteness_explained"), Verdict::Holds);
    let stall = run.connect(0, 1, 6);
    assert_eq!(stall.verdict("incompleteness_explained"), Verdict::Violated);
}

#[test]
fn nobody_unchokes_more_neighbors_than_it_has_slots() {
    let rule = "choking";
    let run = |choke| {
        Run::new(3, 1).unchoke(0, 1, 0).unchoke(0, 2, 0).choke(0, 2, choke).unchoke(0, 3, 50)
    };
    let tit = || protocol(Choker::TitForTat, 2, None);
    // At one instant chokes count before unchokes.
    assert_eq!(run(50).with(tit()).verdict(rule), Verdict::Holds);
    assert_eq!(run(51).with(tit()).verdict(rule), Verdict::Violated);
    assert_eq!(run(51).with(tit()).gaps().verdict(rule), Verdict::Unknown);
    assert_eq!(run(55).with(tit()).receiver(5).verdict(rule), Verdict::Holds);
    assert_eq!(run(56).with(tit()).receiver(5).verdict(rule), Verdict::Violated);
    let expected = Witness::Choking(ChokingWitness::Slots {
        node: PeerId(0),
        at_ns: Time(50),
        unchoked: 3,
        allowed: 2,
    });
    assert_eq!(run(51).with(tit()).witness(rule), expected);
    // The optimistic unchoke has a slot of its own; without a protocol there is no limit.
    let optimistic = protocol(Choker::TitForTat, 2, Some(Time(1)));
    assert_eq!(run(51).with(optimistic).verdict(rule), Verdict::Holds);
    assert_eq!(run(51).verdict(rule), Verdict::Holds);
    // A departure frees the slot.
    assert_eq!(run(51).leave(1, 50).with(tit()).verdict(rule), Verdict::Holds);
    // Unchoking twice takes one slot.
    let twice = Run::new(3, 1).unchoke(0, 1, 0).unchoke(0, 1, 5).unchoke(0, 2, 7);
    assert_eq!(twice.with(tit()).verdict(rule), Verdict::Holds);
}

/// Peer 1 gives peer 2 two chunks, and gets one back at `back`.
fn barter(back: u64) -> Run {
    Run::new(3, 4)
        .send(0, 1, 0, 0..100)
        .send(0, 1, 1, 100..200)
        .send(0, 2, 2, 200..300)
        .send(1, 2, 0, 300..400)
        .send(1, 2, 1, 400..500)
        .send(2, 1, 2, back - 100..back)
}

#[test]
fn a_leecher_gives_no_more_than_its_credit_ahead() {
    let rule = "choking";
    let with = |run: Run, choker| run.with(protocol(choker, 4, None));
    // The chunk comes back at the very instant at which the second one arrives.
    assert_eq!(with(barter(500), Choker::Credit(1)).verdict(rule), Verdict::Holds);
    assert_eq!(with(barter(500), Choker::StrictBarter).verdict(rule), Verdict::Holds);
    let late = with(barter(501), Choker::Credit(1));
    assert_eq!(late.verdict(rule), Verdict::Violated);
    assert_eq!(late.clone().gaps().verdict(rule), Verdict::Unknown);
    assert_eq!(late.clone().receiver(1).verdict(rule), Verdict::Holds);
    let expected = Witness::Choking(ChokingWitness::Credit {
        from: PeerId(1),
        to: PeerId(2),
        at_ns: Time(500),
        given: 2,
        back: 0,
        allowed: 1,
    });
    assert_eq!(late.witness(rule), expected);
    assert_eq!(with(barter(501), Choker::Credit(2)).verdict(rule), Verdict::Holds);
    assert_eq!(with(barter(501), Choker::TitForTat).verdict(rule), Verdict::Skipped);
}

#[test]
fn a_strict_barter_gives_nothing_to_whoever_can_never_give_back() {
    let rule = "choking";
    let run = |choker, upload, burst| {
        Run::new(2, 2)
            .with(protocol(choker, 4, None))
            .with(|parts| {
                parts.peers[1].upload = upload;
                parts.peers[1].link.burst = Some(Bytes(burst));
            })
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 100..200)
    };
    let strict = Choker::StrictBarter;
    assert_eq!(run(strict, Rate::ZERO, 99).verdict(rule), Verdict::Violated);
    let expected = Witness::Choking(ChokingWitness::Credit {
        from: PeerId(1),
        to: PeerId(2),
        at_ns: Time(200),
        given: 1,
        back: 0,
        allowed: 0,
    });
    assert_eq!(run(strict, Rate::ZERO, 99).witness(rule), expected);
    assert_eq!(run(strict, Rate::ZERO, 100).verdict(rule), Verdict::Holds);
    assert_eq!(run(strict, Rate(1), 0).verdict(rule), Verdict::Holds);
    assert_eq!(run(Choker::Credit(1), Rate::ZERO, 0).verdict(rule), Verdict::Holds);
}

#[test]
fn the_source_and_seeders_give_freely() {
    let run = |complete| {
        let run = Run::new(2, 2)
            .with(protocol(Choker::Credit(1), 4, None))
            .send(0, 1, 0, 0..100)
            .send(0, 1, 1, 100..200)
            .send(1, 2, 0, 200..300)
            .send(1, 2, 1, 300..400);
        if complete { run.complete(1, 200) } else { run }
    };
    assert_eq!(run(true).verdict("choking"), Verdict::Holds);
    // Without a claim the arrivals show the same.
    assert_eq!(run(false).verdict("choking"), Verdict::Holds);
}

#[test]
fn a_leecher_is_a_seeder_at_the_instant_of_its_completion() {
    // The last chunk of peer 1 arrives at 300; its second gift is whole at `at`.
    let run = |at| {
        Run::new(2, 3)
            .with(protocol(Choker::Credit(1), 4, None))
            .send(0, 1, 0, 0..100)
            .send(0, 1, 1, 100..200)
            .send(0, 1, 2, 200..300)
            .send(1, 2, 0, 100..200)
            .send(1, 2, 1, 200..at)
    };
    assert_eq!(run(300).verdict("choking"), Verdict::Holds);
    assert_eq!(run(299).verdict("choking"), Verdict::Violated);
}

#[test]
fn clocks_that_differ_accuse_no_barter_and_no_slot() {
    // By its own clock peer 1 gets the last chunk 10 later than it gives away what a leecher may
    // not. When it claims to have the file makes no difference.
    let run = |last: u64, complete, tolerance| {
        Run::new(2, 3)
            .with(protocol(Choker::Credit(1), 4, None))
            .send(0, 1, 0, 0..100)
            .send(0, 1, 1, 100..200)
            .send(1, 2, 0, 200..300)
            .send(1, 2, 1, 300..400)
            .send(0, 1, 2, 300..last)
            .complete(1, complete)
            .receiver(tolerance)
    };
    assert_eq!(run(410, 410, 10).verdict("choking"), Verdict::Holds);
    assert_eq!(run(410, 900, 10).verdict("choking"), Verdict::Holds);
    assert_eq!(run(411, 411, 10).verdict("choking"), Verdict::Violated);
    // Peer 2 leaves, by its own clock, 10 before it was unchoked: so the slot was free again.
    let slots = |unchoke, tolerance| {
        Run::new(3, 1)
            .with(protocol(Choker::TitForTat, 1, None))
            .leave(2, 50)
            .unchoke(0, 2, unchoke)
            .unchoke(0, 3, unchoke)
            .receiver(tolerance)
    };
    assert_eq!(slots(60, 10).verdict("choking"), Verdict::Holds);
    assert_eq!(slots(61, 10).verdict("choking"), Verdict::Violated);
}

#[test]
fn a_chunk_that_comes_back_in_parts_counts_once_it_is_whole() {
    let run =
        |to| {
            barter(600)
                .with(protocol(Choker::Credit(1), 4, None))
                .part(2, 1, 2, 300..350, 0..50)
                .part(2, 1, 2, 350..400, 50..to)
        };
    assert_eq!(run(100).verdict("choking"), Verdict::Holds);
    assert_eq!(run(99).verdict("choking"), Verdict::Violated);
}

#[test]
fn a_copy_is_given_when_one_senders_transfers_cover_the_chunk() {
    let halves =
        |bytes| {
            barter(600)
                .with(protocol(Choker::Credit(1), 4, None))
                .part(2, 1, 2, 300..350, 0..50)
                .part(2, 1, 2, 350..400, bytes)
        };
    assert_eq!(halves(50..100).verdict("choking"), Verdict::Holds);
    assert_eq!(halves(0..50).verdict("choking"), Verdict::Violated);
    // Nor has a giver given what it gave only half of.
    let given = |bytes| {
        Run::new(2, 4)
            .with(protocol(Choker::Credit(1), 4, None))
            .send(0, 1, 0, 0..100)
            .send(0, 1, 1, 100..200)
            .send(1, 2, 0, 200..300)
            .part(1, 2, 1, 300..350, 0..50)
            .part(1, 2, 1, 350..400, bytes)
    };
    assert_eq!(given(0..50).verdict("choking"), Verdict::Holds);
    assert_eq!(given(50..100).verdict("choking"), Verdict::Violated);
}

/// Peer 1 gives peer 2 halves of chunks, whose other halves come from the source.
#[test]
fn parts_of_a_chunk_from_several_senders_count_by_their_bytes() {
    let run = |halves: u32, back: u64| {
        let chunks = (0..4).fold(Run::new(2, 5), |run, chunk| {
            let at = u64::from(chunk) * 100;
            run.send(0, 1, chunk, at..at + 100)
        });
        let run = (0..halves).fold(chunks, |run, chunk| {
            let at = 400 + u64::from(chunk) * 50;
            run.part(1, 2, chunk, at..at + 50, 0..50)
        });
        let run = run.with(protocol(Choker::Credit(1), 4, None));
        run.part(2, 1, 4, back..back + 100, 0..1)
    };
    let assembles = |run: Run| run.with(|parts| parts.discipline.multi_source = true);
    assert_eq!(assembles(run(3, 900)).verdict("choking"), Verdict::Holds);
    assert_eq!(assembles(run(4, 900)).verdict("choking"), Verdict::Violated);
    // What comes back may count as a chunk from its first byte on.
    assert_eq!(assembles(run(4, 599)).verdict("choking"), Verdict::Holds);
    assert_eq!(assembles(run(4, 600)).verdict("choking"), Verdict::Violated);
    let burst = |parts: &mut Parts| parts.network.burst = Bytes(1);
    assert_eq!(assembles(run(4, 600)).with(burst).verdict("choking"), Verdict::Holds);
    // Where a copy comes from one sender, halves are no copies.
    assert_eq!(run(4, 900).verdict("choking"), Verdict::Holds);
}
