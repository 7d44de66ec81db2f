//! `causality` under disciplines that pass on more than whole chunks: cut-through and coding.

use super::*;
use crate::choose::{Choose, Seeded};

const RULE: &str = "causality";

fn cut_through(parts: &mut Parts) {
    parts.discipline.cut_through = true;
}

#[test]
fn who_cuts_through_has_begun_and_ends_no_sooner() {
    let run = |start, end| {
        Run::new(2, 1).with(cut_through).send(0, 1, 0, 10..110).send(1, 2, 0, start..end)
    };
    assert_eq!(run(10, 110).verdict(RULE), Verdict::Holds);
    assert_eq!(run(10, 109).verdict(RULE), Verdict::Violated);
    // Opened early, it has the rest of its time for the bytes.
    let slow = |start, end| run(start, end).with(|parts| parts.peers[0].upload.0 /= 2);
    assert_eq!(run(0, 110).verdict(RULE), Verdict::Holds);
    assert_eq!(slow(0, 210).verdict(RULE), Verdict::Holds);
    assert_eq!(slow(0, 209).verdict(RULE), Verdict::Violated);
    let burst = |bytes| {
        let run = slow(0, 110).with(|parts| parts.peers[0].link.burst = Some(Bytes(bytes)));
        run.verdict(RULE)
    };
    assert_eq!((burst(50), burst(49)), (Verdict::Holds, Verdict::Violated));
    let store = run(10, 110).with(|parts| parts.discipline.cut_through = false);
    assert_eq!(store.verdict(RULE), Verdict::Violated);
}

#[test]
fn who_cuts_through_may_pass_on_a_part_of_which_it_has_all() {
    let run = |bytes| {
        Run::new(2, 1)
            .with(cut_through)
            .part(0, 1, 0, 0..50, 0..50)
            .part(1, 2, 0, 50..90, bytes)
            .part(0, 1, 0, 91..141, 50..100)
    };
    assert_eq!(run(10..50).verdict(RULE), Verdict::Holds);
    assert_eq!(run(10..51).verdict(RULE), Verdict::Violated);
    // The latency: the last byte has to be there before it leaves, not before it arrives.
    let far = |end| {
        Run::new(2, 1)
            .with(cut_through)
            .with(|parts| parts.peers[1].link.latency = Some(Time(30)))
            .send(0, 1, 0, 0..100)
            .send(1, 2, 0, 0..end)
    };
    assert_eq!(far(130).verdict(RULE), Verdict::Holds);
    assert_eq!(far(129).verdict(RULE), Verdict::Violated);
}

#[test]
fn who_cuts_through_cannot_begin_a_circle() {
    let circle = Run::new(2, 1).with(cut_through).send(1, 2, 0, 0..100).send(2, 1, 0, 0..100);
    assert_eq!(circle.verdict(RULE), Verdict::Violated);
    assert_eq!(circle.gaps().verdict(RULE), Verdict::Unknown);
    // The source comes in time for the end, but not for the beginning.
    let late = Run::new(2, 1)
        .with(cut_through)
        .send(1, 2, 0, 0..100)
        .send(2, 1, 0, 0..100)
        .send(0, 1, 0, 5..100)
        .send(0, 2, 0, 5..100);
    assert_eq!(late.verdict(RULE), Verdict::Violated);
}

#[test]
fn coded_peers_send_only_after_they_have_got_something() {
    let run = |start| {
        Run::new(2, 2).with(|parts| parts.discipline.coded = true).send(0, 1, 0, 0..100).send(
            1,
            2,
            1,
            start..start + 100,
        )
    };
    assert_eq!(run(100).verdict(RULE), Verdict::Holds);
    assert_eq!(run(99).verdict(RULE), Verdict::Violated);
    let circle = Run::new(2, 2)
        .with(|parts| parts.discipline.coded = true)
        .send(1, 2, 0, 0..100)
        .send(2, 1, 1, 100..200);
    assert_eq!(circle.verdict(RULE), Verdict::Violated);
    assert_eq!(circle.gaps().verdict(RULE), Verdict::Unknown);
}

/// A peer passes on part of what it is getting; when the part came, the log does not say.
#[test]
fn who_cuts_through_may_pass_on_a_part_of_a_transfer_as_soon_as_it_has_begun() {
    let run = |bytes, end| {
        Run::new(2, 1).with(cut_through).send(0, 1, 0, 10..110).part(1, 2, 0, 10..end, bytes)
    };
    assert_eq!(run(0..99, 10).verdict(RULE), Verdict::Holds);
    assert_eq!(run(1..100, 10).verdict(RULE), Verdict::Holds);
    assert_eq!(run(0..100, 109).verdict(RULE), Verdict::Violated);
    // In two parts it is all of it again, and the later part decides.
    let parts = |end| run(0..50, 50).part(1, 2, 0, 50..end, 50..100);
    assert_eq!(parts(110).verdict(RULE), Verdict::Holds);
    assert_eq!(parts(109).verdict(RULE), Verdict::Violated);
    // Another copy may have brought the last byte, if it has begun by then.
    let copy = |start| parts(109).part(0, 1, 0, start..start + 90, 90..100);
    assert_eq!(copy(109).verdict(RULE), Verdict::Holds);
    assert_eq!(copy(110).verdict(RULE), Verdict::Violated);
    // Peer 2 passes the first half on before peer 1 has the second.
    let chain = |start: u64| {
        Run::new(3, 1)
            .with(cut_through)
            .part(0, 1, 0, 0..50, 0..50)
            .part(0, 1, 0, 50..100, 50..100)
            .send(1, 2, 0, 0..100)
            .part(2, 3, 0, start..49, 0..25)
    };
    assert_eq!(chain(0).verdict(RULE), Verdict::Holds);
    // A part of which nothing has come before 50.
    let early = |end| chain(0).part(2, 3, 0, 49..end, 60..70);
    assert_eq!(early(60).verdict(RULE), Verdict::Holds);
    assert_eq!(early(59).verdict(RULE), Verdict::Violated);
}

#[test]
fn who_cuts_through_may_pass_on_what_is_broken_off_later() {
    // Peer 1 passes on the first half while it comes; then its sender goes.
    let run = |start, end| {
        Run::new(2, 1)
            .with(cut_through)
            .part(0, 1, 0, 10..60, 0..50)
            .aborted()
            .part(1, 2, 0, start..end, 0..50)
            .send(0, 1, 0, 100..200)
    };
    assert_eq!(run(10, 60).verdict(RULE), Verdict::Holds);
    assert_eq!(run(9, 60).verdict(RULE), Verdict::Holds);
    assert_eq!(run(9, 59).verdict(RULE), Verdict::Violated);
    let whole = run(10, 60).with(|parts| parts.discipline.cut_through = false);
    assert_eq!(whole.verdict(RULE), Verdict::Violated);
}

#[test]
fn two_copies_that_come_at_once_may_make_a_whole_before_either_ends() {
    // One brings one half first, the other the other one.
    let run = |second, at| {
        Run::new(1, 1)
            .with(cut_through)
            .send(0, 1, 0, 0..200)
            .send(0, 1, 0, second..second + 200)
            .complete(1, at)
    };
    assert_eq!(run(0, 100).verdict("completion"), Verdict::Holds);
    assert_eq!(run(150, 150).verdict("completion"), Verdict::Holds);
    assert_eq!(run(150, 149).verdict("completion"), Verdict::Violated);
    assert_eq!(run(150, 201).verdict("completion"), Verdict::Violated);
    let stored = run(0, 100).with(|parts| parts.discipline.cut_through = false);
    assert_eq!(stored.verdict("completion"), Verdict::Violated);
}

prop_compose! {
    /// Parts of a chunk of 6 bytes: offset, bytes, start, span, is it delivered.
    fn parts_of_a_chunk()(
        parts in prop::collection::vec((0u64..6, 1u64..7, 0u64..8, 0u64..8, any::<bool>()), 1..7),
    ) -> Vec<(std::ops::Range<u64>, u64, u64, bool)> {
        let part = |(offset, bytes, start, span, delivered)| {
            (offset..u64::min(offset + bytes, 6), start, start + span, delivered)
        };
        parts.into_iter().map(part).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// One hop, byte by byte: a byte leaves when it can have come, and where a transfer is opened
    /// before, all of them fit into the rest of its time. A node that passes on all of a transfer
    /// before its end has got its last byte elsewhere.
    #[test]
    fn cutting_through_is_judged_byte_by_byte(
        supplies in parts_of_a_chunk(), relays in parts_of_a_chunk(),
    ) {
        let mut run = Run::new(2, 1).with(cut_through).with(|parts| {
            parts.file = Manifest::new(Bytes(6), Bytes(6)).unwrap();
        });
        for (from, parts) in [(0, &supplies), (1, &relays)] {
            for (bytes, start, end, delivered) in parts.iter().cloned() {
                run = run.part(from, from + 1, 0, start..end, bytes);
                if !delivered {
                    run = run.aborted();
                }
            }
        }
        let earliest = |byte: u64| {
            let brings = supplies.iter().filter(|supply| supply.0.contains(&byte));
            brings.map(|supply| supply.1).min().unwrap_or(u64::MAX)
        };
        let is_early = relays.iter().any(|(bytes, start, end, _)| {
            let first = bytes.clone().map(earliest).min().unwrap();
            let fits = first.checked_add(bytes.end - bytes.start).is_some_and(|over| over <= *end);
            (*start < first && !fits)
                || *end < bytes.clone().map(earliest).max().unwrap()
        });
        let passed = |byte: u64| {
            let takes = relays.iter().filter(|relay| relay.0.contains(&byte));
            takes.map(|relay| relay.2).min().unwrap_or(u64::MAX)
        };
        let lacks_the_last = supplies.iter().enumerate().any(|(at, (bytes, _, end, delivered))| {
            let needed = bytes.clone().map(passed).max().unwrap();
            let others = supplies.iter().enumerate().filter(|(other, _)| *other != at);
            let mut begun = others.filter(|(_, other)| other.1 <= needed);
            let shares = |other: &std::ops::Range<u64>| bytes.clone().any(|b| other.contains(&b));
            *delivered && needed < *end && !begun.any(|(_, other)| shares(&other.0))
        });
        let violated = run.verdict(RULE) == Verdict::Violated;
        prop_assert_eq!(violated, is_early || lacks_the_last);
    }
}

fn coded(parts: &mut Parts) {
    parts.discipline.coded = true;
}

/// The smallest chunk has one byte, so that a peer may send what little it has.
fn coded_in_bytes(parts: &mut Parts) {
    parts.discipline.coded = true;
    parts.file = Manifest::new(Bytes(101), Bytes(100)).unwrap();
}

#[test]
fn coded_peers_complete_with_what_came_from_the_source() {
    // One byte of the source, and the peers tell it to each other a hundred times.
    let echo = Run::new(2, 1)
        .with(coded_in_bytes)
        .part(0, 1, 0, 0..1, 0..1)
        .send(1, 2, 0, 1..101)
        .send(2, 1, 0, 101..201)
        .part(1, 2, 1, 1..101, 0..1)
        .part(2, 1, 1, 101..201, 0..1)
        .complete(1, 201)
        .complete(2, 101);
    assert_eq!(echo.verdict(RULE), Verdict::Violated);
    assert_eq!(echo.clone().gaps().verdict(RULE), Verdict::Unknown);
    let expected = Witness::Causality(CausalityWitness::Rank {
        node: PeerId(2),
        at_ns: Time(101),
        most_bytes: 1,
        file_bytes: 101,
    });
    assert_eq!(echo.witness(RULE), expected);
    // Half each from the source, and the other half from each other: just enough.
    let halves = |bytes: u64| {
        Run::new(2, 1)
            .with(coded_in_bytes)
            .part(0, 1, 0, 0..50, 0..50)
            .part(0, 2, 0, 50..101, 0..51)
            .part(1, 2, 0, 101..151, 0..50)
            .part(2, 1, 0, 101..151, 0..bytes)
            .complete(2, 151)
            .complete(1, 151)
    };
    assert_eq!(halves(51).verdict(RULE), Verdict::Holds);
    assert_eq!(halves(50).verdict(RULE), Verdict::Violated);
    // A peer that passes on what it got only later has passed on less.
    let late = |start: u64| {
        Run::new(2, 1)
            .with(coded_in_bytes)
            .part(0, 1, 0, 0..1, 0..1)
            .part(0, 1, 0, 1..101, 0..100)
            .send(1, 2, 0, start..start + 100)
            .part(1, 2, 1, start..start + 101, 0..1)
            .complete(1, 101)
            .complete(2, start + 101)
    };
    assert_eq!(late(101).verdict(RULE), Verdict::Holds);
    assert_eq!(late(100).verdict(RULE), Verdict::Violated);
    assert_eq!(late(96).receiver(5).verdict(RULE), Verdict::Holds);
    let through = late(100).with(cut_through);
    assert_eq!(through.verdict(RULE), Verdict::Holds);
}

#[test]
fn a_coded_peer_has_the_last_byte_of_a_transfer_at_its_end() {
    let early = |at| Run::new(1, 1).with(coded).send(0, 1, 0, 0..100).complete(1, at);
    for run in [early(100), early(100).receiver(0), early(95).receiver(5)] {
        assert_eq!(run.verdict(RULE), Verdict::Holds);
    }
    for run in [early(99).receiver(0), early(94).receiver(5), early(99).with(cut_through)] {
        assert_eq!(run.verdict(RULE), Verdict::Violated);
    }
    let relay = Run::new(2, 1)
        .with(coded)
        .with(cut_through)
        .send(0, 1, 0, 0..300)
        .send(1, 2, 0, 50..150)
        .complete(2, 150);
    assert_eq!(relay.verdict(RULE), Verdict::Violated);
    // Bytes that tell nothing new make no file, and no peer claims that they did.
    let silent = Run::new(1, 2).with(coded).send(0, 1, 0, 0..100).send(0, 1, 0, 100..200);
    assert_eq!(silent.report().completed, 0);
    assert_eq!(silent.verdict("incompleteness_explained"), Verdict::Violated);
}

/// Of 101 bytes one is aborted, and 100 make the file.
#[test]
fn what_a_coded_peer_got_of_an_aborted_transfer_is_passed_on_and_not_kept() {
    let run = |start, at| {
        Run::new(2, 1)
            .with(coded)
            .with(cut_through)
            .part(0, 1, 0, 0..50, 0..50)
            .part(0, 1, 0, 51..52, 0..1)
            .aborted()
            .part(0, 1, 0, 53..101, 0..50)
            .complete(1, at)
            .part(1, 2, 0, start..start + 50, 0..51)
            .part(0, 2, 0, 101..150, 0..49)
            .complete(2, 150)
    };
    assert_eq!(run(1, 101).verdict(RULE), Verdict::Holds, "51 bytes are there by 51");
    assert_eq!(run(1, 100).verdict(RULE), Verdict::Violated, "99 bytes are kept");
    assert_eq!(run(0, 101).verdict(RULE), Verdict::Violated, "50 bytes are there by 50");
}

#[test]
fn a_coded_peer_completes_when_something_arrives() {
    let run = |at| {
        Run::new(1, 2)
            .with(coded)
            .send(0, 1, 0, 0..100)
            .send(0, 1, 0, 100..200)
            .send(0, 1, 1, 300..400)
            .complete(1, at)
    };
    for at in [200, 400] {
        assert_eq!(run(at).verdict("completion"), Verdict::Holds);
    }
    for at in [201, 350, 401] {
        assert_eq!(run(at).verdict("completion"), Verdict::Violated, "{at}");
        assert_eq!(run(at).gaps().verdict("completion"), Verdict::Holds);
    }
    // Single bytes may arrive in between.
    assert_eq!(run(350).with(cut_through).verdict("completion"), Verdict::Holds);
    assert_eq!(run(250).with(cut_through).verdict("completion"), Verdict::Violated);
    assert_eq!(run(405).receiver(5).verdict("completion"), Verdict::Holds);
    assert_eq!(run(405).receiver(5).rule("completion").witness, None);
    assert!(run(406).receiver(5).rule("completion").witness.is_some(), "it is late");
}

/// A field: the integers modulo a prime below 2^61.
const PRIME: u128 = (1 << 61) - 1;

/// What a node knows: independent rows, each with a leading place of its own, which is 1.
#[derive(Clone, Default)]
struct Known(Vec<Vec<u128>>);

impl Known {
    fn learn(&mut self, mut row: Vec<u128>) {
        for known in &self.0 {
            let lead = known.iter().position(|&x| x != 0).unwrap();
            let factor = row[lead];
            for (x, &y) in row.iter_mut().zip(known) {
                *x = (*x + (PRIME - factor) * y) % PRIME;
            }
        }
        let Some(lead) = row.iter().position(|&x| x != 0) else { return };
        let inverse = power(row[lead], PRIME - 2);
        row.iter_mut().for_each(|x| *x = *x * inverse % PRIME);
        self.0.push(row);
    }

    /// A random combination of everything.
    fn combine(&self, width: usize, choose: &mut dyn Choose) -> Vec<u128> {
        let mut row = vec![0; width];
        for known in &self.0 {
            let factor = choose.index((u32::MAX as usize).try_into().unwrap()) as u128 + 1;
            for (x, &y) in row.iter_mut().zip(known) {
                *x = (*x + factor * y) % PRIME;
            }
        }
        row
    }
}

fn power(mut base: u128, mut exponent: u128) -> u128 {
    let mut result = 1;
    while exponent != 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

proptest! {
    /// The independent method: peers that really send random combinations of what they have got,
    /// over a field so large that chance never fails them. Then a peer has the file just when a
    /// flow says that it can have it.
    #[test]
    fn a_coded_peer_can_complete_when_random_combinations_do(
        peers in 1usize..5,
        file in 1u64..6,
        sends in prop::collection::vec((0u32..5, 1u32..5, 0u64..12, 1u64..4, 1u64..4), 1..16),
        seed: u64,
    ) {
        let mut choose = Seeded::new(seed, 0);
        let mut known = vec![Known::default(); peers + 1];
        let unit = |at: usize| (0..file as usize).map(|x| u128::from(x == at)).collect();
        (0..file as usize).for_each(|at| known[0].learn(unit(at)));
        let mut run = Run::new(peers, 1).with(coded).with(|parts| {
            // The last chunk has one byte, so that a peer may send what little it has.
            let chunk = Bytes(u64::max(file - 1, 1));
            parts.file = Manifest::new(Bytes(file), chunk).unwrap();
        });
        // What is on its way: (arrival, receiver, chunk).
        let mut flying: Vec<(u64, u32, Vec<u128>)> = Vec::new();
        let mut first: Vec<Option<u64>> = vec![None; peers + 1];
        let mut sends = sends;
        sends.sort_by_key(|send| send.2);
        for now in 0..20 {
            flying.sort_by_key(|row| row.0);
            while flying.first().is_some_and(|row| row.0 <= now) {
                let (_, to, row) = flying.remove(0);
                known[to as usize].learn(row);
                if known[to as usize].0.len() as u64 == file && first[to as usize].is_none() {
                    first[to as usize] = Some(now);
                }
            }
            for &(from, to, start, takes, bytes) in sends.iter().filter(|send| send.2 == now) {
                let (from, to) = (from % (peers as u32 + 1), (to - 1) % peers as u32 + 1);
                if from == to || known[from as usize].0.is_empty() {
                    continue;
                }
                let bytes = bytes.min(run.parts.file.chunk().0);
                run = run.part(from, to, 0, start..start + takes, 0..bytes);
                for _ in 0..bytes {
                    let row = known[from as usize].combine(file as usize, &mut choose);
                    flying.push((start + takes, to, row));
                }
            }
        }
        for (peer, &first) in first.iter().enumerate().skip(1) {
            let claim = |at| run.clone().complete(peer as u32, at).verdict(RULE);
            match first {
                Some(at) => {
                    prop_assert_eq!(claim(at), Verdict::Holds);
                    prop_assert_eq!(claim(at - 1), Verdict::Violated);
                }
                None => prop_assert_eq!(claim(100), Verdict::Violated),
            }
        }
    }
}
