//! `progress`, and what the cut-off says of a stall.

use super::*;
use crate::scenario::{Choker, Protocol};

const RULE: &str = "progress";
const SECOND: u64 = 1_000_000_000;

fn stall(run: Run, stall: u64) -> Run {
    run.with(|parts| parts.discipline.stall = Some(Time(stall)))
}

fn protocol(run: Run) -> Run {
    run.with(|parts| parts.protocol = Some(Protocol::default()))
}

/// The source holds chunk 1, unchokes peer 1 and sends nothing for an hour.
fn stalls_for_an_hour() -> Run {
    protocol(Run::new(1, 2).connect(0, 1, 0).unchoke(0, 1, 0).send(0, 1, 0, 0..100).announce(
        1,
        &[0],
        3600 * SECOND,
    ))
}

#[test]
fn an_hour_beside_a_free_holder_is_said_and_is_a_violation_once_a_stall_is_declared() {
    let run = stalls_for_an_hour();
    assert_eq!(run.verdict(RULE), Verdict::Skipped);
    let why = run.rule("incompleteness_explained");
    assert_eq!(why.verdict, Verdict::Holds);
    let said = "0 of 1 completed; peer 1: the run was cut off at 3600 s, and since 100 ns \
                nothing had arrived although the source was free, had unchoked the receiver \
                and held chunk 1";
    assert_eq!(why.explanation.as_deref(), Some(said));
    // The last 100 ns may hold a transfer that the log does not show.
    let most = 3600 * SECOND - 200;
    assert_eq!(stall(run.clone(), most).verdict(RULE), Verdict::Holds);
    let witness = ProgressWitness {
        peer: PeerId(1),
        chunk: ChunkId(1),
        holder: PeerId(0),
        from_ns: Time(100),
        to_ns: Time(3600 * SECOND - 100),
        allowed_ns: Time(most - 1),
    };
    let violated = stall(run, most - 1);
    assert_eq!(violated.verdict(RULE), Verdict::Violated);
    assert_eq!(violated.witness(RULE), Witness::Progress(witness));
    assert_eq!(violated.clone().gaps().verdict(RULE), Verdict::Unknown);
    assert_eq!(violated.receiver(0).verdict(RULE), Verdict::Unknown);
}

/// A node without an uplink has nothing in flight, so it hides no stall, whatever burst it has.
#[test]
fn a_stall_of_a_peer_without_an_uplink_is_seen() {
    let base = || stall(stalls_for_an_hour(), 2000 * SECOND);
    let rides = |parts: &mut Parts| parts.peers[0].upload = Rate::ZERO;
    assert_eq!(base().with(rides).verdict(RULE), Verdict::Violated);
    let bursts = |parts: &mut Parts| parts.peers[0].link.burst = Some(Bytes(1));
    assert_eq!(base().with(rides).with(bursts).verdict(RULE), Verdict::Violated);
    // Without connects every node is its neighbor.
    let mut unlinked = base().with(rides);
    unlinked.events.retain(|event| !matches!(event, Event::Connect { .. }));
    assert_eq!(unlinked.verdict(RULE), Verdict::Violated);
}

/// A node that holds nothing has nothing in flight, however slow it is.
#[test]
fn a_stall_beside_a_slow_node_that_holds_nothing_is_seen() {
    let run = stall(stalls_for_an_hour(), 3000 * SECOND).with(|parts| {
        let slow = Peer { upload: Rate(1), ..parts.peers[0].clone() };
        parts.peers.push(slow);
    });
    let run = run.join(2, 0).connect(1, 2, 0);
    assert_eq!(run.verdict(RULE), Verdict::Violated);
    let passes_on = run.with(|parts| parts.discipline.cut_through = true);
    assert_eq!(passes_on.verdict(RULE), Verdict::Holds);
}

/// The same stall, with one thing that makes it none.
#[test]
fn what_breaks_a_stall() {
    let base = || stall(stalls_for_an_hour(), 2000 * SECOND);
    assert_eq!(base().verdict(RULE), Verdict::Violated);
    let half = 1800 * SECOND;
    let holds = |run: Run| assert_eq!(run.verdict(RULE), Verdict::Holds, "{run:?}");
    holds(base().choke(0, 1, half).unchoke(0, 1, half + 1));
    // In some order of one instant the choke is last.
    holds(base().choke(0, 1, half).unchoke(0, 1, half));
    holds(base().disconnect(0, 1, half).connect(0, 1, half + 1).unchoke(0, 1, half + 1));
    holds(base().leave(1, half).join(1, half + 1).connect(0, 1, half + 1).unchoke(0, 1, half + 1));
    holds(base().part(0, 1, 1, half..half + 50, 0..50).aborted());
    // The uplink serves another, or the downlink takes from another.
    let other = |run: Run| {
        run.with(|parts| {
            let peer = parts.peers[0].clone();
            parts.peers.push(peer);
        })
        .join(2, 0)
    };
    holds(other(base()).send(0, 2, 0, half..half + 100));
    holds(other(base()).part(2, 1, 0, half..half + 100, 0..100));
    holds(base().with(|parts| parts.until = Time(half)));
    holds(base().send(0, 1, 1, half..half + 100).complete(1, half + 100));
    // Without chokes nothing says who is unchoked, but where there is no protocol.
    let mut silent = base();
    silent.events.retain(|event| !matches!(event, Event::Unchoke { .. }));
    assert_eq!(silent.verdict(RULE), Verdict::Skipped);
    let open = silent.with(|parts| parts.protocol = None);
    assert_eq!(open.verdict(RULE), Verdict::Violated);
    let coded = base().with(|parts| parts.discipline.coded = true);
    assert_eq!(coded.verdict(RULE), Verdict::Skipped);
}

/// Peer 1 has a chunk that peer 2 lacks, and unchokes it.
#[test]
fn a_peer_is_a_holder_from_its_last_byte_on_and_where_no_barter_forbids_it() {
    let run = |choker, upload| {
        let run = Run::new(2, 2).with(|parts| {
            parts.protocol = Some(Protocol { choker, ..Protocol::default() });
            parts.peers[0].upload = upload;
        });
        let run = run.unchoke(1, 2, 0).send(0, 1, 0, 1000..1100).announce(2, &[], 10_000);
        stall(run, 5000)
    };
    let free = run(Choker::TitForTat, BYTE_PER_NS);
    match free.witness(RULE) {
        Witness::Progress(ProgressWitness { from_ns, holder, chunk, .. }) => {
            assert_eq!((from_ns, holder, chunk), (Time(1100), PeerId(1), ChunkId(0)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(run(Choker::TitForTat, Rate::ZERO).verdict(RULE), Verdict::Holds);
    assert_eq!(run(Choker::StrictBarter, BYTE_PER_NS).verdict(RULE), Verdict::Holds);
    assert_eq!(run(Choker::Credit(2), BYTE_PER_NS).verdict(RULE), Verdict::Violated);
    // A seeder owes it to every peer.
    let seeder = run(Choker::StrictBarter, BYTE_PER_NS).send(0, 1, 1, 1100..1200).complete(1, 1200);
    assert_eq!(seeder.verdict(RULE), Verdict::Violated);
    // What peer 2 holds, too, is nothing that it lacks.
    let both = free.send(0, 2, 0, 1100..1200);
    assert_eq!(both.verdict(RULE), Verdict::Holds);
}

/// The source goes; two leechers unchoke each other and sit on what they hold.
#[test]
fn a_leecher_whose_balance_allows_a_gift_stalls_the_other() {
    let verdict = |choker, moves: fn(Run) -> Run| {
        let run = protocol(Run::new(2, 3)).with(|parts| {
            parts.until = Time(9000);
            parts.protocol.as_mut().unwrap().choker = choker;
        });
        let run = run.unchoke(0, 1, 0).unchoke(0, 2, 0).unchoke(1, 2, 0).unchoke(2, 1, 0);
        let run = moves(run).leave(0, 200).leave(1, 9000).leave(2, 9000);
        stall(run, 500).verdict(RULE)
    };
    let none: fn(Run) -> Run = |run| run.send(0, 1, 0, 0..100).send(0, 1, 1, 100..200);
    assert_eq!(verdict(Choker::Credit(1), none), Verdict::Violated);
    assert_eq!(verdict(Choker::StrictBarter, none), Verdict::Holds);
    let one: fn(Run) -> Run =
        |run| run.send(0, 1, 0, 0..100).send(0, 1, 1, 100..200).send(1, 2, 0, 200..300);
    assert_eq!(verdict(Choker::Credit(1), one), Verdict::Holds);
    assert_eq!(verdict(Choker::Credit(2), one), Verdict::Violated);
    // In a strict barter a debt is to be paid, and a swap is up to both.
    let debt: fn(Run) -> Run =
        |run| run.send(0, 1, 0, 0..100).send(0, 2, 1, 100..200).send(2, 1, 1, 200..300);
    assert_eq!(verdict(Choker::StrictBarter, debt), Verdict::Violated);
    let swap: fn(Run) -> Run = |run| run.send(0, 1, 0, 0..100).send(0, 2, 1, 100..200);
    assert_eq!(verdict(Choker::StrictBarter, swap), Verdict::Holds);
    assert_eq!(verdict(Choker::Credit(1), swap), Verdict::Violated);
}

proptest! {
    /// Against every instant of a small world, one by one: half instants, so that what happens
    /// between two events is seen.
    #[test]
    fn stalls_are_found_as_by_looking_at_every_instant(
        sends in prop::collection::vec((0u32..3, 1u32..3, 0u32..2, 0u64..30, 1u64..9), 0..7),
        acts in prop::collection::vec((0u32..3, 1u32..3, 0u64..40, any::<bool>()), 0..9),
        allowed in 0u64..20,
    ) {
        let mut run = Run::new(2, 2).with(|parts| {
            parts.protocol = Some(Protocol::default());
            // What is in flight at the end is over within an instant.
            parts.source.upload = Rate(u64::MAX);
            parts.peers.iter_mut().for_each(|peer| peer.upload = Rate(u64::MAX));
        });
        let sends: Vec<_> = sends.into_iter().filter(|send| send.0 != send.1).collect();
        for &(from, to, chunk, start, span) in &sends {
            run = run.send(from, to, chunk, start..start + span);
        }
        for &(from, to, at, opens) in acts.iter().filter(|act| act.0 != act.1) {
            run = if opens { run.unchoke(from, to, at) } else { run.choke(from, to, at) };
        }
        let run = run.announce(1, &[], 40);
        prop_assume!(run.events.iter().any(|event| {
            matches!(event, Event::Choke { .. } | Event::Unchoke { .. })
        }));
        let held = |node: u32, chunk: u32| {
            let to = |send: &&(u32, u32, u32, u64, u64)| send.1 == node && send.2 == chunk;
            match node {
                0 => Some(0),
                _ => sends.iter().filter(to).map(|send| send.3 + send.4).min(),
            }
        };
        // At `2 at + 1` half instants.
        let stalled = |holder: u32, peer: u32, half: u64| {
            let by = |at: u64| 2 * at <= half;
            let has = |node, chunk| held(node, chunk).is_some_and(by);
            let lacks = (0..2).any(|chunk| has(holder, chunk) && !has(peer, chunk));
            let under_way = |send: &(u32, u32, u32, u64, u64)| {
                let within = by(send.3) && half < 2 * (send.3 + send.4);
                within && (send.0 == holder || send.1 == peer)
            };
            let own = acts.iter().filter(|act| (act.0, act.1) == (holder, peer) && by(act.2));
            let last = own.clone().map(|act| act.2).max();
            let open = last.is_some_and(|last| own.clone().all(|act| act.2 < last || act.3));
            lacks && !sends.iter().any(under_way) && open
        };
        // One instant at the end may be in flight.
        let longest = |holder, peer| {
            let (mut longest, mut now) = (0, 0);
            for at in 0..39 {
                now = if stalled(holder, peer, 2 * at + 1) { now + 1 } else { 0 };
                longest = longest.max(now);
            }
            longest
        };
        let pairs = [(0, 1), (0, 2), (1, 2), (2, 1)];
        let most = pairs.into_iter().map(|(holder, peer)| longest(holder, peer)).max().unwrap();
        let verdict = stall(run, allowed).verdict(RULE);
        // Two instants of the same state may be two stalls that an act divides.
        if most <= allowed {
            prop_assert_eq!(verdict, Verdict::Holds);
        }
        let cut = acts.iter().any(|act| act.0 != act.1 && !act.3);
        if allowed < most && !cut {
            prop_assert_eq!(verdict, Verdict::Violated);
        }
    }
}
