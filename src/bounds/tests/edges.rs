//! Boundary values, the wording of reasons, and cases in which two times coincide.

use super::*;

const SECOND: u64 = 1_000_000_000;

/// The bounds over relaxations that assume what `branching` assumes.
pub(super) const WHOLE_COPIES: [&dyn Bound; 4] = [&LastChunk, &Emitters, &Downlinks, &OrderSplit];

fn reason(bound: &dyn Bound, parts: &Parts) -> String {
    bound.completions(&scenario(parts.clone())).unwrap_err().to_string()
}

fn never(parts: Parts, k: usize) -> String {
    match Presence.completion(&scenario(parts), k).unwrap().at {
        Earliest::Never(reason) => reason,
        Earliest::At(time) => panic!("never was expected, not {time}"),
    }
}

#[test]
fn all_bounds_stand_in_their_order_under_their_names() {
    let names: Vec<&str> = ALL.iter().map(|bound| bound.name()).collect();
    let plain = ["client_server", "fluid", "warm_up", "branching", "presence", "outsiders"];
    let relaxed = ["suffix", "last_chunk", "emitters", "downlinks", "order_split"];
    assert_eq!(names, [&plain[..], &relaxed].concat());
}

/// A formula without the differences in notation between the manual and the code.
fn plain(formula: &str) -> String {
    let words = [
        ("Σ", "sum"),
        ("∫", "integral of "),
        ("≥", ">="),
        ("sum_j û", "sum û"),
        ("_", ""),
        (" ", ""),
    ];
    words.iter().fold(formula.to_owned(), |text, (sign, word)| text.replace(sign, word))
}

#[test]
fn every_formula_is_that_of_the_manual() {
    let page = include_str!("../../../docs/bounds.md");
    for bound in ALL {
        let row = format!("| `{}` | ", bound.name());
        let row = page.lines().find_map(|line| line.strip_prefix(row.as_str())).unwrap();
        let formula = row.split(" | ").next().unwrap();
        assert_eq!(plain(bound.formula()), plain(formula), "{}", bound.name());
    }
}

#[test]
fn every_citation_says_where_to_look() {
    for bound in ALL {
        let cite = bound.cite();
        let is_year =
            |word: &str| word.parse::<u32>().is_ok_and(|year| (1900..2100).contains(&year));
        let published = cite.split(|c: char| !c.is_alphanumeric()).any(is_year);
        assert!(published || cite.contains("edition"), "{cite}");
        // A citation of our own proof names the module of the bound.
        if let Some((_, proof)) = cite.split_once("documentation of bounds::") {
            assert!(proof.starts_with(bound.name()), "{cite}");
        }
    }
}

#[test]
fn a_discipline_that_breaks_an_assumption_is_named() {
    let plain = with_peers(swarm(10, 2, 8), vec![peer(8); 2]);
    let with = |discipline| Parts { discipline, ..plain.clone() };
    let cut_through = with(Discipline { cut_through: true, ..Discipline::default() });
    let multi_source = with(Discipline { multi_source: true, ..Discipline::default() });
    let coded = with(Discipline { coded: true, ..Discipline::default() });
    let burst =
        Parts { network: Network { burst: Bytes(1), latency: Time::ZERO }, ..plain.clone() };
    assert!(reason(&WarmUp, &cut_through).contains("cut_through"));
    assert!(reason(&Branching, &cut_through).contains("cut_through"));
    assert!(reason(&Branching, &multi_source).contains("multi_source"));
    assert!(reason(&Branching, &coded).contains("coding"));
    assert!(reason(&Branching, &burst).contains("burst"));
    for bound in WHOLE_COPIES {
        assert_eq!(reason(bound, &cut_through), reason(&Branching, &cut_through));
        assert_eq!(reason(bound, &multi_source), reason(&Branching, &multi_source));
        assert_eq!(reason(bound, &coded), reason(&Branching, &coded));
        assert_eq!(reason(bound, &burst), reason(&Branching, &burst));
    }
    for parts in [&plain, &multi_source, &coded, &burst] {
        assert!(WarmUp.completions(&scenario(parts.clone())).is_ok());
    }
    for parts in [&cut_through, &multi_source, &coded, &burst] {
        let scenario = scenario(parts.clone());
        let always: [&dyn Bound; 5] = [&ClientServer, &Fluid, &Presence, &Outsiders, &Suffix];
        assert!(always.iter().all(|bound| bound.completions(&scenario).is_ok()));
    }
}

#[test]
fn coding_leaves_only_the_counting_of_all_bits() {
    // N = 2, M = 2, a chunk a second. All bits: 1 + 1/2 + 2 * 1/3; the last chunk: 1 + 1 + 1/2.
    let mut parts = with_peers(swarm(6, 3, 24), vec![peer(24); 2]);
    assert_eq!(last(&WarmUp, &scenario(parts.clone())).at, Earliest::At(Time(2_500_000_000)));
    parts.discipline.coded = true;
    assert_eq!(last(&WarmUp, &scenario(parts)).at, Earliest::At(Time(2_166_666_666)));
}

#[test]
fn a_short_last_chunk_never_hides_the_whole_ones() {
    // 4 B and a rest of 1 B to three peers, 1 B a second everywhere. As one file of chunks of 1 B,
    // (L) says 4 + 2 s; the whole chunk alone takes two chunk times, 8 s.
    let scenario = scenario(with_peers(swarm(5, 4, 8), vec![peer(8); 3]));
    let lower = last(&Branching, &scenario);
    assert_eq!(lower.at, Earliest::At(Time::from_secs(8)));
    assert_eq!(lower.binding, Some("(M-1) c/u_s + h_N"));
}

#[test]
fn a_burst_and_a_delay_shift_each_term() {
    // F = 80 bits. The source: 8 bit/s and a burst of 16 bits; the peers: 40 and 20 bit/s down.
    let mut parts =
        with_peers(swarm(10, 1, 8), [peer_with_download(8, 40), peer_with_download(4, 20)]);
    parts.network = Network { burst: Bytes(2), latency: Time(SECOND / 2) };
    let scenario = scenario(parts);
    let values = |bound: &dyn Bound, k| -> Vec<Ratio> {
        let lower = bound.completion(&scenario, k).unwrap();
        lower.terms.into_iter().map(|term| term.exact).collect()
    };
    let half = seconds(1, 2);
    let shifted = |terms: &[(u128, u128)]| -> Vec<Ratio> {
        terms.iter().map(|&(bits, rate)| seconds(bits, rate).plus(&half)).collect()
    };
    assert_eq!(values(&Fluid, 1), shifted(&[(64, 8), (64, 40), (80 - 48, 20)]));
    assert_eq!(values(&Fluid, 2), shifted(&[(64, 8), (64, 20), (160 - 48, 20)]));
    assert_eq!(values(&ClientServer, 2), shifted(&[(160 - 16, 8), (64, 20)]));
}

#[test]
fn the_nearest_peer_decides_when_anything_arrives() {
    // 10 B at 1 B/s, delays of 3 and 5 s.
    let far = |delay| Peer {
        link: Link { latency: Some(Time::from_secs(delay)), burst: None },
        ..peer_with_download(0, 40)
    };
    let scenario = scenario(with_peers(swarm(10, 10, 8), [far(5), far(3)]));
    let values = |bound: &dyn Bound, k| -> Vec<Ratio> {
        let lower = bound.completion(&scenario, k).unwrap();
        lower.terms.into_iter().map(|term| term.exact).collect()
    };
    let seconds = |times: &[u128]| -> Vec<Ratio> {
        times.iter().map(|&time| super::seconds(time, 1)).collect()
    };
    assert_eq!(values(&Fluid, 1), seconds(&[10 + 3, 2 + 3, 10 + 3]));
    assert_eq!(values(&Fluid, 2), seconds(&[10 + 3, 2 + 5, 20 + 3]));
    assert_eq!(values(&ClientServer, 2), seconds(&[20 + 3, 2 + 5]));
}

#[test]
fn downloads_are_ordered_below_a_nanosecond() {
    // 8 bits at 7 and at 6 Gbit/s: both more than 1 ns and less than 2.
    let (fast, slow) = (7_000_000_000, 6_000_000_000);
    let peers = [slow, fast, slow, fast].map(|rate| peer_with_download(0, rate));
    let scenario = scenario(with_peers(swarm(1, 1, u64::MAX), peers));
    for (k, rate) in [(1, fast), (2, fast), (3, slow), (4, slow)] {
        let lower = ClientServer.completion(&scenario, k).unwrap();
        assert_eq!(lower.exact, Some(seconds(8, u128::from(rate))), "k = {k}");
    }
}

#[test]
fn a_burst_larger_than_everything_leaves_the_delay() {
    let mut parts = with_peers(swarm(10, 3, 8), vec![peer_with_download(8, 8); 3]);
    parts.network = Network { burst: Bytes(1000), latency: Time(7) };
    let scenario = scenario(parts);
    let whole_copies = |bound: &dyn Bound| {
        bound.name() == "branching" || WHOLE_COPIES.iter().any(|it| it.name() == bound.name())
    };
    for bound in ALL.iter().filter(|bound| !whole_copies(**bound)) {
        let all = bound.completions(&scenario).unwrap();
        assert_eq!(all, vec![Earliest::At(Time(7)); 3], "{}", bound.name());
    }
}

#[test]
fn the_largest_quantities_saturate_downwards() {
    // 2^67 bits at 1 bit/s do not fit 584 years.
    let slow = with_peers(swarm(u64::MAX, u64::MAX, 1), vec![peer_with_download(0, 1); 3]);
    // The maximum of everything: a copy takes 8 s, or 16 s after a first copy.
    let most = peer_with_download(u64::MAX, u64::MAX);
    let mut fast = with_peers(swarm(u64::MAX, u64::MAX, u64::MAX), vec![most.clone(); 3]);
    let leaver = Peer { leaves: Leaves::At(Time(u64::MAX)), joins: Time(u64::MAX - 1), ..most };
    for bound in ALL {
        let all = bound.completions(&scenario(slow.clone())).unwrap();
        assert_eq!(all, vec![Earliest::At(Time::MAX); 3], "{}", bound.name());
        let last_one = time(&last(*bound, &scenario(fast.clone())).at);
        assert!(Time(8 * SECOND) <= last_one, "{} {last_one}", bound.name());
        assert!(last_one <= Time(24 * SECOND), "{} {last_one}", bound.name());
    }
    fast.network = Network { latency: Time::MAX, burst: Bytes(u64::MAX) };
    fast.peers.push(leaver);
    for bound in [&Fluid as &dyn Bound, &WarmUp, &Presence] {
        let all = bound.completions(&scenario(fast.clone())).unwrap();
        assert_eq!(all[0], Earliest::At(Time::MAX), "{}", bound.name());
    }
}

#[test]
fn a_hundred_thousand_peers_are_bounded_at_once() {
    let peers =
        (0..100_000).map(|at| peer_with_download(1_000_000 + at % 7919 * 1000, 50_000_000 + at));
    let parts = with_peers(swarm(10_000_000_000, 262_144, 1_000_000_000), peers);
    let scenario = scenario(parts);
    let fluid = Fluid.completions(&scenario).unwrap();
    for bound in ALL {
        let all = bound.completions(&scenario).unwrap();
        assert_eq!(all.len(), 100_000);
        assert!(fluid.iter().zip(&all).all(|(fluid, at)| fluid <= at), "{}", bound.name());
    }
}

#[test]
fn a_source_that_leaves_early_has_not_sent_the_file() {
    let mut parts = with_peers(swarm(1_000_000, 1000, 8000), vec![peer(8_000_000); 2]);
    parts.source.leaves = SourceLeaves::At(Time::from_secs(90));
    let said = "the source leaves at 90 s, having sent at most 90 kB of 1 MB";
    assert_eq!(never(parts.clone(), 1), said);
    // With its last byte at the instant of its departure it is lawful.
    parts.source.leaves = SourceLeaves::At(Time::from_secs(1000));
    assert!(Time::from_secs(1000) <= time(&last(&Presence, &scenario(parts)).at));
}

#[test]
fn no_sender_left_is_never() {
    // The source sends two copies and leaves; no peer sends.
    let mut parts = with_peers(swarm(10, 1, 8), vec![peer(0); 3]);
    parts.source.leaves = SourceLeaves::At(Time::from_secs(20));
    let two = Presence.completion(&scenario(parts.clone()), 2).unwrap();
    assert_eq!(two.at, Earliest::At(Time::from_secs(20)));
    let said = "all senders have left by 20 s, after at most 2 copies of the file; 3 are needed";
    assert_eq!(never(parts, 3), said);
}

#[test]
fn the_first_reason_why_something_never_happens_is_given() {
    // The source leaves with half of the file sent, so there are three reasons.
    let mut parts = with_peers(swarm(10, 1, 8), vec![peer(0); 2]);
    parts.source.leaves = SourceLeaves::At(Time::from_secs(5));
    let said = "the source leaves at 5 s, having sent at most 5 B of 10 B";
    assert_eq!(never(parts.clone(), 1), said);
    assert_eq!(
        Presence.completions(&scenario(parts)).unwrap(),
        vec![Earliest::Never(said.to_owned()); 2]
    );
}

#[test]
fn a_peer_that_leaves_before_it_can_have_the_file_does_not_count() {
    // The file takes 10 s. One peer leaves at that instant, the other 1 ns before.
    let leaving = |nanos| Peer { leaves: Leaves::At(Time(nanos)), ..peer(8) };
    let parts = with_peers(swarm(10, 1, 8), [leaving(10 * SECOND), leaving(10 * SECOND - 1)]);
    let first = Presence.completion(&scenario(parts.clone()), 1).unwrap();
    assert_eq!(first.at, Earliest::At(Time::from_secs(10)));
    assert!(never(parts, 2).starts_with("only 1 of 2 peers can have the file"));
}

#[test]
fn a_peer_that_joins_after_all_senders_left_gets_nothing() {
    let mut parts = with_peers(swarm(10, 1, 8), [peer(0), peer(0)]);
    parts.source.leaves = SourceLeaves::At(Time::from_secs(30));
    parts.peers[1].joins = Time::from_secs(30);
    assert!(never(parts, 2).contains("only 1 of 2"));
}

#[test]
fn departures_that_depend_on_the_run_count_as_none() {
    let mut parts = with_peers(swarm(10, 2, 8), vec![peer(8); 4]);
    let stays = Presence.completions(&scenario(parts.clone()));
    parts.source.leaves = SourceLeaves::AfterCopies(1);
    for peer in &mut parts.peers {
        peer.leaves = Leaves::AfterCompletion(Time::ZERO);
    }
    assert_eq!(Presence.completions(&scenario(parts)), stays);
}

#[test]
fn arrivals_are_waited_for() {
    // 10 B at 1 B/s. The second peer joins at 100 s and receives from two nodes: 5 s.
    let late = Peer { joins: Time::from_secs(100), ..peer(8) };
    let parts = with_peers(swarm(10, 10, 8), [peer(8), late]);
    let lower = last(&Presence, &scenario(parts));
    assert_eq!(lower.at, Earliest::At(Time::from_secs(105)));
    assert_eq!(lower.binding, Some("integral of the others' uploads over [join_i, T] >= F"));
}

#[test]
fn no_peer_gets_the_file_from_itself() {
    // 10 B, every node sends 1 B/s. The second peer joins at 100 s and can send at once, but not to
    // itself: 2 B/s from two others, and from 102 s on 3 B/s from three, is 102 + 6/3 s.
    let late = |seconds| Peer { joins: Time::from_secs(seconds), ..peer(8) };
    let scenario = scenario(with_peers(swarm(10, 10, 8), [peer(8), late(100), late(102)]));
    let second = Presence.completion(&scenario, 2).unwrap();
    assert_eq!(second.at, Earliest::At(Time::from_secs(104)));
}

#[test]
fn no_peer_gets_the_file_from_its_own_burst() {
    // 10 B from a source of 1 B/s. The peer that joins at 5 s could send 10 B at once, but there is
    // no other peer.
    let mut late = Peer { joins: Time::from_secs(5), ..peer(8) };
    late.link.burst = Some(Bytes(10));
    let lower = last(&Presence, &scenario(with_peers(swarm(10, 10, 8), [late])));
    assert_eq!(lower.at, Earliest::At(Time::from_secs(15)));
}

#[test]
fn a_burst_helps_a_source_that_leaves() {
    // 10 B at 1 B/s with a burst of 2 B take 8 s, and not a nanosecond less.
    let mut parts = with_peers(swarm(10, 10, 8), [peer(0)]);
    parts.source.link.burst = Some(Bytes(2));
    parts.source.leaves = SourceLeaves::At(Time::from_secs(8));
    let lower = last(&Presence, &scenario(parts.clone()));
    assert_eq!(lower.at, Earliest::At(Time::from_secs(8)));
    parts.source.leaves = SourceLeaves::At(Time(8 * SECOND - 1));
    assert!(never(parts, 1).contains("having sent at most 9 B of 10 B"));
}

#[test]
fn no_peer_sends_before_its_first_chunk() {
    // Two chunks of 4 B, 1 B/s everywhere, two peers: both can send from 4 s on, so 16 B are sent
    // by 4 + 12/3 s; with cut through they send from the start.
    let mut parts = with_peers(swarm(8, 4, 8), vec![peer(8); 2]);
    assert_eq!(last(&Presence, &scenario(parts.clone())).at, Earliest::At(Time::from_secs(8)));
    parts.peers.extend(vec![peer(8); 2]);
    // 32 B: 4 + 28/5 s.
    assert_eq!(last(&Presence, &scenario(parts.clone())).at, Earliest::At(Time(9_600_000_000)));
    parts.discipline.cut_through = true;
    assert_eq!(last(&Presence, &scenario(parts)).at, Earliest::At(Time::from_secs(8)));
}
