use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::scenario::{Choker, PRESETS, Picker, Seeding, arbitrary};

const GOOD: &str = r#"name = "good"
about = "nothing is wrong here"

[file]
size = "1 MB"

[source]
upload = "10 Mbit/s"
leaves = "never"

[[peers]]
count = 2
upload = "1 Mbit/s"

[[peers]]
upload = "1 Mbit/s"
joins = "at 3 s"
leaves = "at 9 s"

[protocol]
neighbors = 3

[run]
seed = 4
"#;

fn read(text: &str) -> Result<Scenario, FileError> {
    read_toml("scenarios/good.toml", text, None)
}

/// [`GOOD`] with one piece of it written otherwise.
fn with(old: &str, new: &str) -> Result<Scenario, FileError> {
    let text = GOOD.replacen(old, new, 1);
    assert_ne!(text, GOOD, "the piece to replace stands in the text");
    read(&text)
}

/// One peer that is written with these fields, and as many more as its `count` says.
fn peers(fields: &str) -> Result<Vec<Peer>, FileError> {
    let head = "file.size = \"1 MB\"\nsource.upload = \"1 Mbit/s\"\n";
    let text = format!("{head}[[peers]]\nupload = \"1 Mbit/s\"\n{fields}");
    read(&text).map(|scenario| scenario.into_parts().peers)
}

fn seconds(times: &[u64]) -> Vec<Time> {
    times.iter().map(|&seconds| Time::from_secs(seconds)).collect()
}

fn arrivals(fields: &str) -> Vec<Time> {
    peers(fields).unwrap().iter().map(|peer| peer.joins).collect()
}

#[test]
fn what_is_left_out_has_its_default() {
    let least = "file.size = \"1 MB\"\nsource.upload = \"1 bit/s\"\n[[peers]]\nupload = \"0 B/s\"";
    let least = read(least).unwrap().into_parts();
    assert_eq!(least.name, "good", "the name of the file");
    assert_eq!(least.file, Manifest::new(Bytes(1_000_000), Bytes(262_144)).unwrap());
    assert_eq!(least.source.leaves, SourceLeaves::Never);
    assert_eq!(least.protocol, Some(Protocol::default()));
    assert_eq!(least.network, Network::default());
    assert_eq!(least.discipline, Discipline::default());
    assert_eq!((least.seed, least.until), (1, Time::from_secs(30 * 86_400)));
    let [peer] = &least.peers[..] else { panic!("one peer is written") };
    assert_eq!((peer.download, peer.joins, peer.leaves), (None, Time::ZERO, Leaves::Never));
    assert_eq!((peer.behavior, peer.link), (Behavior::Cooperative, Link::default()));
}

/// Every field, none with its default.
const ALL: &str = r#"
name = "all"
about = "every field"
file = { size = "10 B", chunk = "4 B" }
[source]
upload = "1 kbit/s"
leaves = "after 2 copies"
latency = "5 ms"
burst = "6 B"
[[peers]]
upload = "2 kbit/s"
download = "unlimited"
holds = "everything"
[[peers]]
count = 2
upload = "3 kbit/s"
download = "4 kbit/s"
joins = "every 1.5 s"
leaves = "2 s after completion"
behavior = "free rider"
latency = "7 ms"
burst = "8 B"
[protocol]
neighbors = 1_0
unchoke_slots = 0x2
rechoke = "1 s"
optimistic = "never"
picker = "in order"
choker = "credit 5"
seeding = "fastest first"
super_seeding = false
announce = "6 s"
[network]
latency = "1 ms"
burst = "2 KiB"
[discipline]
cut_through = true
multi_source = false
coded = true
stall = "60 s"
[run]
seed = 18446744073709551615
until = "1 h"
"#;

#[test]
fn every_field_is_read() {
    let link = |millis: u64, burst| Link {
        latency: Some(Time(millis * 1_000_000)),
        burst: Some(Bytes(burst)),
    };
    let rider = |joins| Peer {
        download: Some("4 kbit/s".parse().unwrap()),
        joins: Time(joins),
        leaves: Leaves::AfterCompletion(Time::from_secs(2)),
        behavior: Behavior::FreeRider,
        link: link(7, 8),
        ..Peer::new("3 kbit/s".parse().unwrap())
    };
    let first = Peer::new("2 kbit/s".parse().unwrap()).holds(ChunkRanges::all(3));
    let expected = Parts {
        name: "all".to_owned(),
        file: Manifest::new(Bytes(10), Bytes(4)).unwrap(),
        source: Source {
            leaves: SourceLeaves::AfterCopies(2),
            link: link(5, 6),
            ..Source::new("1 kbit/s".parse().unwrap())
        },
        peers: vec![first, rider(0), rider(1_500_000_000)],
        protocol: Some(Protocol {
            neighbors: 10,
            unchoke_slots: 2,
            rechoke: Time::from_secs(1),
            optimistic: None,
            picker: Picker::InOrder,
            choker: Choker::Credit(5),
            seeding: Seeding::FastestFirst,
            super_seeding: false,
            announce: Time::from_secs(6),
            ..Protocol::default()
        }),
        network: Network { latency: Time(1_000_000), burst: Bytes(2048) },
        discipline: Discipline {
            cut_through: true,
            multi_source: false,
            coded: true,
            stall: Some(Time::from_secs(60)),
        },
        seed: u64::MAX,
        until: Time::from_secs(3600),
    };
    assert_eq!(read(ALL).unwrap(), Scenario::new(expected).unwrap());
}

#[test]
fn arrivals_and_departures_are_read() {
    assert_eq!(arrivals("count = 3\njoins = \"at 2 s\""), seconds(&[2, 2, 2]));
    assert_eq!(arrivals("count = 4\njoins = \"every 2 s\""), seconds(&[0, 2, 4, 6]));
    let last = "count = 2\njoins = \"every 18446744073.709551615 s\"";
    assert_eq!(arrivals(last), [Time::ZERO, Time::MAX]);
    let by_chance = |joins| arrivals(&format!("count = 9\njoins = \"poisson {joins}\""));
    assert_eq!(by_chance("30 per minute"), by_chance("0.5 per second"));
    assert_eq!(by_chance("1800 per hour"), by_chance("0.5 per second"));
    let leavers = "count = 9\nleaves = \"exponential 10 s after completion\"";
    let dwells: Vec<Leaves> = peers(leavers).unwrap().iter().map(|peer| peer.leaves).collect();
    assert!(dwells.iter().all(|leaves| matches!(leaves, Leaves::AfterCompletion(_))));
    assert_ne!(dwells[0], dwells[1], "each peer draws its own");
    for (leaves, expected) in [
        ("never", Leaves::Never),
        ("at 1 min", Leaves::At(Time::from_secs(60))),
        ("on completion", Leaves::AfterCompletion(Time::ZERO)),
        ("0.5 s after completion", Leaves::AfterCompletion(Time(500_000_000))),
    ] {
        let peers = peers(&format!("leaves = \"{leaves}\"")).unwrap();
        assert_eq!(peers[0].leaves, expected, "{leaves}");
    }
    for (leaves, expected) in [
        ("at 1 min", SourceLeaves::At(Time::from_secs(60))),
        ("after 1 copy", SourceLeaves::AfterCopies(1)),
        ("after 3 copies", SourceLeaves::AfterCopies(3)),
    ] {
        let scenario = with("leaves = \"never\"", &format!("leaves = \"{leaves}\"")).unwrap();
        assert_eq!(scenario.source().leaves, expected, "{leaves}");
    }
}

#[test]
fn chance_belongs_to_the_seed_and_each_group_has_its_own() {
    let text = |seed| {
        format!(
            "file.size = \"1 MB\"\nsource.upload = \"1 Mbit/s\"\nrun.seed = {seed}\n{}{}",
            "[[peers]]\ncount = 5\nupload = \"1 bit/s\"\njoins = \"poisson 2 per second\"\n",
            "[[peers]]\ncount = 5\nupload = \"1 bit/s\"\njoins = \"poisson 2 per second\"\n",
        )
    };
    let drawn = |seed, other| {
        let parts = read_toml("a.toml", &text(seed), other).unwrap().into_parts();
        (parts.seed, parts.peers.iter().map(|peer| peer.joins).collect::<Vec<_>>())
    };
    let (seed, times) = drawn(1, None);
    assert_eq!(drawn(1, None), (seed, times.clone()));
    assert_eq!(drawn(2, Some(1)), (1, times.clone()), "the seed given overrides the text's");
    assert_ne!(drawn(2, None).1, times);
    assert_ne!(times[..5], times[5..], "groups are drawn apart");
    assert!(times[..5].is_sorted());
    assert!(Time::ZERO < times[0], "the first arrives after the first gap");
}

/// A piece of [`GOOD`], what is written instead, and of the error: line and column, field, message.
type Change<'c> = (&'c str, &'c str, (usize, usize), &'c str, &'c str);

/// Each of the changes is refused at its line and column, for its field, with its message.
fn all_refused(changes: &[Change<'_>]) {
    for &(old, new, place, field, message) in changes {
        let error = with(old, new).expect_err(new);
        assert_eq!((error.line, error.column), place, "{error}");
        assert_eq!(error.field, field, "{error}");
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn an_error_prints_like_that_of_a_compiler() {
    assert_eq!(
        with("\"1 Mbit/s\"", "10").unwrap_err().to_string(),
        "scenarios/good.toml:13:10: peers[0].upload: `10` has no unit; \
         write a quantity with its unit, for example \"1 Mbit/s\""
    );
}

#[test]
fn missing_and_unknown_fields_are_named() {
    all_refused(&[
        ("size", "seize", (5, 1), "file.seize", "unknown field `seize`; write one of size, chunk"),
        ("[run]", "[rum]", (23, 2), "rum", "write one of name, about, file, source, peers"),
        ("neighbors", "neighbours", (21, 1), "protocol.neighbours", "neighbors, unchoke_slots"),
        ("joins", "arrives", (17, 1), "peers[1].arrives", "count, upload, download, joins"),
        ("size = \"1 MB\"", "", (4, 1), "file.size", "is missing; write size = \"1 GB\""),
        ("[file]\nsize = \"1 MB\"", "", (1, 1), "file", "is missing; write [file] with size"),
        ("[file]", "[[file]]", (4, 1), "file", "write [file] once"),
        ("[source]", "", (8, 1), "file.upload", "unknown field `upload`"),
        ("upload = \"1 Mbit/s\"", "", (11, 1), "peers[0].upload", "write upload = "),
        ("\"good\"", "3", (1, 8), "name", "write a text, for example \"figure\""),
        ("count = 2", "count = 2\ncount = 2", (13, 1), "", "duplicate key"),
        ("seed = 4", "seed = \"4", (24, 10), "", "this is not TOML"),
    ]);
    for (text, line, section) in [
        ("", 1, "file: is missing; write [file]"),
        ("# all\nfile.size = \"1 MB\"", 1, "source: is missing; write [source]"),
        ("file.size = \"1 B\"\nsource.upload = \"1 B/s\"", 1, "peers: is missing; write [[peers]]"),
        ("file.size = \"1 B\"\nsource.upload = \"1 B/s\"\n[peers]\n", 3, "peers: is no list"),
        ("file.size = \"1 B\"\nsource.upload = \"1 B/s\"\npeers = [3]\n", 3, "write [[peers]]"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().contains(section), "{error}");
    }
}

#[test]
fn wrong_quantities_are_refused() {
    all_refused(&[
        ("\"1 MB\"", "10", (5, 8), "file.size", "`10` has no unit; write a quantity"),
        ("\"1 MB\"", "1.5", (5, 8), "file.size", "`1.5` has no unit"),
        ("\"1 MB\"", "nan", (5, 8), "file.size", "`nan` has no unit"),
        ("\"1 MB\"", "inf", (5, 8), "file.size", "`inf` has no unit"),
        ("\"1 MB\"", "-10", (5, 8), "file.size", "`-10` is negative"),
        ("\"1 MB\"", "[1]", (5, 8), "file.size", "`[1]` is a list; write a text"),
        ("\"1 MB\"", "\"10\"", (5, 8), "file.size", "no unit; write a unit, for example"),
        ("\"1 MB\"", "\"NaN MB\"", (5, 8), "file.size", "not a quantity"),
        ("\"1 MB\"", "\"-1 MB\"", (5, 8), "file.size", "is negative"),
        ("\"1 MB\"", "\"1e3 MB\"", (5, 8), "file.size", "unknown unit"),
        ("\"1 MB\"", "\"17000000 TiB\"", (5, 8), "file.size", "too large"),
        ("\"1 MB\"", "\"1 Mbit/s\"", (5, 8), "file.size", "unknown unit `Mbit/s`"),
        ("\"1 MB\"", "\"7 bit\"", (5, 8), "file.size", "not a whole number of bytes"),
        ("\"1 MB\"", "\"\\u001b[2J\"", (5, 8), "file.size", "`\\u{1b}[2J` is not a quantity"),
        ("10 Mbit/s", "10 MB", (8, 10), "source.upload", "unknown unit `MB`; write a unit"),
        ("at 9 s", "at 9", (18, 10), "peers[1].leaves", "`9` has no unit"),
        ("at 9 s", "at -9 s", (18, 10), "peers[1].leaves", "negative"),
        ("at 9 s", "9 after completion", (18, 10), "peers[1].leaves", "`9` has no unit"),
        ("at 3 s", "every 2", (17, 9), "peers[1].joins", "`2` has no unit"),
        ("at 3 s", "every 600 years", (17, 9), "peers[1].joins", "too large"),
        ("neighbors = 3", "optimistic = 30", (21, 14), "protocol.optimistic", "has no unit"),
        ("neighbors = 3", "rechoke = 10.0", (21, 11), "protocol.rechoke", "has no unit"),
        ("at 9 s\"", "never\"\ndownload = 5", (19, 12), "peers[1].download", "has no unit"),
    ]);
}

#[test]
fn wrong_numbers_and_words_are_refused() {
    let many = "99999999999999999999";
    all_refused(&[
        (
            "count = 2",
            "count = -2",
            (12, 9),
            "peers[0].count",
            "`-2` is negative; write 0 to 1000000",
        ),
        ("count = 2", "count = 2.0", (12, 9), "peers[0].count", "write a whole number"),
        ("count = 2", "count = \"2\"", (12, 9), "peers[0].count", "without quotes"),
        ("count = 2", "count = 1000001", (12, 9), "peers[0].count", "write 0 to 1000000"),
        ("count = 2", "count = 1000000", (15, 1), "peers[1]", "makes 1000001 peers"),
        ("count = 2", &format!("count = {many}"), (12, 9), "peers[0].count", "too large"),
        (
            "upload = \"1 Mbit/s\"\njoins",
            "upload = \"1 Mbit/s\"\ncount = 18446744073709551615\njoins",
            (17, 9),
            "peers[1].count",
            "is too large; write 0 to 1000000",
        ),
        ("seed = 4", "seed = -1", (24, 8), "run.seed", "is negative; write 0 to"),
        ("seed = 4", &format!("seed = {many}"), (24, 8), "run.seed", "too large"),
        ("seed = 4", "seed = 0x", (24, 8), "run.seed", "is no number"),
        ("neighbors = 3", "neighbors = 4294967296", (21, 13), "protocol.neighbors", "4294967295"),
        ("neighbors = 3", "super_seeding = 1", (21, 17), "protocol.super_seeding", "write true"),
        ("neighbors = 3", "choker = 3", (21, 10), "protocol.choker", "; write `tit for tat` or"),
        ("neighbors = 3", "choker = \"credit\"", (21, 10), "protocol.choker", "`credit 3`"),
        ("neighbors = 3", "picker = \"best\"", (21, 10), "protocol.picker", "`rarest first` or"),
        ("neighbors = 3", "seeding = \"all\"", (21, 11), "protocol.seeding", "`fastest first`"),
        ("\"at 9 s\"", "\"soon\"", (18, 10), "peers[1].leaves", "\"30 s after completion\""),
        ("\"at 9 s\"", "\"after 1 copy\"", (18, 10), "peers[1].leaves", "\"on completion\""),
        ("\"at 3 s\"", "\"soon\"", (17, 9), "peers[1].joins", "\"poisson 0.5 per second\""),
        ("\"at 3 s\"", "3", (17, 9), "peers[1].joins", "write a text, for example \"at 0 s\""),
        ("at 3 s", "poisson 0.0 per second", (17, 9), "peers[1].joins", "a rate above 0"),
        ("at 3 s", "poisson 1e3 per second", (17, 9), "peers[1].joins", "write a decimal above 0"),
        ("at 3 s", "poisson -1 per second", (17, 9), "peers[1].joins", "write a decimal above 0"),
        ("at 3 s", "poisson 3", (17, 9), "peers[1].joins", "\"poisson 0.5 per second\""),
        ("\"never\"", "\"after two copies\"", (9, 10), "source.leaves", "\"after 2 copies\""),
        ("\"never\"", "\"after  copies\"", (9, 10), "source.leaves", "\"after 2 copies\""),
        ("\"never\"", "\"on completion\"", (9, 10), "source.leaves", "\"after 1 copy\""),
        ("\"never\"", &format!("\"after {many} copies\""), (9, 10), "source.leaves", "too large"),
    ]);
}

#[test]
fn what_makes_no_scenario_is_refused_where_it_stands() {
    all_refused(&[
        ("\"1 MB\"", "\"0 B\"", (5, 8), "file.size", "the file is empty"),
        ("\"1 MB\"", "\"1 MB\"\nchunk = \"0 B\"", (6, 9), "file.chunk", "a chunk is empty"),
        ("\"1 MB\"", "\"1 GB\"\nchunk = \"1 B\"", (6, 9), "file.chunk", "use larger chunks"),
        ("\"1 MB\"", "\"10000000 TiB\"", (5, 8), "file.size", "use larger chunks"),
        ("10 Mbit/s", "0 bit/s", (8, 10), "source.upload", "write a rate above 0"),
        ("\"never\"", "\"at 0 s\"", (9, 10), "source.leaves", "write a time above 0 s"),
        ("\"never\"", "\"after 0 copies\"", (9, 10), "source.leaves", "write at least 1"),
        ("at 9 s", "at 3 s", (18, 10), "peers[1].leaves", "leaves at 3 s but joins at 3 s"),
        (
            "count = 2",
            "count = 2\ndownload = \"0 B/s\"",
            (13, 12),
            "peers[0].download",
            "write a rate above 0",
        ),
        ("neighbors = 3", "neighbors = 0", (21, 13), "protocol.neighbors", "write 1 to 4294967295"),
        ("neighbors = 3", "rechoke = \"0 s\"", (21, 11), "protocol.rechoke", "above 0 s"),
        ("seed = 4", "until = \"0 s\"", (24, 9), "run.until", "write a time"),
        (
            "at 3 s",
            "poisson 0.00000000000000000000001 per second",
            (17, 9),
            "peers[1].joins",
            "584 years",
        ),
        (
            "joins = \"at 3 s\"",
            "count = 3\njoins = \"every 500 years\"",
            (18, 9),
            "peers[1].joins",
            "584 years",
        ),
    ]);
    let empty = GOOD.replacen("count = 2", "count = 0", 1);
    assert_eq!(read(&empty).unwrap().peer_count(), 1, "a group may be empty");
    let empty = empty.replacen("joins", "count = 0\njoins", 1);
    let error = read(&empty).unwrap_err();
    assert_eq!((error.line, error.field.as_str()), (11, "peers"), "{error}");
    assert!(error.message.contains("write at least one peer"), "{error}");
}

#[test]
fn a_chunk_larger_than_the_file_is_one_chunk() {
    let scenario = with("\"1 MB\"", "\"1 MB\"\nchunk = \"1 GB\"").unwrap();
    assert_eq!(scenario.file().chunks(), 1);
}

#[test]
fn what_is_written_is_short() {
    let expected = read(ALL).unwrap();
    assert_eq!(read(&expected.to_toml()), Ok(expected));
    let good = read(GOOD).unwrap();
    let written = r#"name = "good"

[file]
size = "1 MB"
chunk = "256 KiB"

[source]
upload = "10 Mbit/s"

[[peers]]
count = 2
upload = "1 Mbit/s"

[[peers]]
upload = "1 Mbit/s"
joins = "at 3 s"
leaves = "at 9 s"

[protocol]
neighbors = 3

[run]
seed = 4
"#;
    assert_eq!(good.to_toml(), written);
}

#[test]
fn the_protocol_may_be_unknown() {
    let unknown = with("name = \"good\"", "protocol = \"unknown\"");
    assert!(unknown.is_err(), "it is written twice");
    let text = GOOD.replacen("[protocol]\nneighbors = 3\n", "", 1);
    let unknown = read(&format!("protocol = \"unknown\"\n{text}")).unwrap();
    assert_eq!(unknown.parts().protocol, None);
    let error = read(&format!("protocol = \"tit for tat\"\n{text}")).unwrap_err();
    assert!(error.to_string().contains("write [protocol] once"), "{error}");
}

proptest! {
    #[test]
    fn every_scenario_can_be_written_as_toml_and_as_json(scenario in arbitrary::scenario()) {
        prop_assert_eq!(read(&scenario.to_toml()), Ok(scenario.clone()));
        prop_assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text: String) {
        prop_assert!(read(&text).is_err());
    }

    #[test]
    fn no_damage_makes_the_reader_panic(
        preset in select(PRESETS),
        damage in proptest::collection::vec((any::<Index>(), any::<char>()), 1..4),
    ) {
        let mut text: Vec<char> = preset.toml.chars().collect();
        for (at, character) in damage {
            let at = at.index(text.len());
            text[at] = character;
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = read(&text) {
            let line = text.split('\n').nth(error.line - 1);
            prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1));
        }
    }
}
