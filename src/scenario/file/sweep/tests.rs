use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::scenario::{Behavior, Preset, read_toml};

const BASE: &str = r#"name = "base"

[file]
size = "1 MB"
chunk = "64 KiB"

[source]
upload = "8 Mbit/s"

[[peers]]
count = 2
upload = "2 Mbit/s"

[[peers]]
count = 4
upload = "1 Mbit/s"
joins = "every 1 s"
"#;

const GOOD: &str = r#"about = "nothing is wrong here"
scenarios = ["base", "other.toml"]
seeds = "7..=9"
client_server = true

[vary]
peers = [6, 12]
"peers[1].upload" = ["1 Mbit/s", "3 Mbit/s"]
protocol.picker = ["random"]
"#;

fn sweep(text: &str) -> Result<Sweep<'_>, FileError> {
    Sweep::read("plans/good.toml", text)
}

fn only(vary: &str) -> String {
    format!("scenarios = [\"base\"]\n[vary]\n{vary}\n")
}

/// The scenario of the only run of a sweep of [`BASE`].
fn run(vary: &str) -> Result<Scenario, FileError> {
    let text = only(vary);
    let sweep = sweep(&text)?;
    assert_eq!(sweep.runs(), 1);
    sweep.scenario(&sweep.place(0), "base.toml", BASE)
}

/// [`BASE`] with one piece of it written otherwise.
fn with(old: &str, new: &str) -> Scenario {
    assert!(BASE.contains(old), "{old}");
    read_toml("base.toml", &BASE.replacen(old, new, 1), None).unwrap()
}

#[test]
fn every_combination_is_a_run_and_seeds_vary_fastest() {
    let sweep = sweep(GOOD).unwrap();
    assert_eq!(sweep.runs(), 2 * 2 * 2 * 2 * 3);
    let mut expected = Vec::new();
    for scenario in 0..2 {
        for peers in [6, 12] {
            for upload in ["1 Mbit/s", "3 Mbit/s"] {
                for is_client_server in [false, true] {
                    for seed in [7, 8, 9] {
                        let settings = format!("{peers} {upload} random");
                        expected.push((scenario, settings, is_client_server, Some(seed)));
                    }
                }
            }
        }
    }
    for (index, expected) in expected.into_iter().enumerate() {
        let place = sweep.place(index);
        let values: Vec<String> =
            sweep.settings(&place).map(|(_, value)| value.to_string()).collect();
        let is = (place.scenario, values.join(" "), place.is_client_server, place.seed);
        assert_eq!(is, expected);
        assert_eq!((place.index, place.row), (index, index / 3));
    }
    let names: Vec<_> = {
        let place = sweep.place(0);
        sweep.settings(&place).map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(names, ["peers", "peers[1].upload", "protocol.picker"], "the order of the text");
}

#[test]
fn without_seeds_and_settings_the_scenario_is_run_as_it_is() {
    let sweep = sweep("scenarios = [\"base\"]").unwrap();
    assert_eq!(sweep.runs(), 1);
    let place = sweep.place(0);
    assert_eq!((place.seed, place.is_client_server), (None, false));
    let scenario = sweep.scenario(&place, "base.toml", BASE).unwrap();
    assert_eq!(Ok(scenario), read_toml("base.toml", BASE, None));
}

/// A field that is set is as if it were written so in the scenario.
#[test]
fn a_setting_stands_in_the_place_of_what_the_scenario_says() {
    let set = [
        ("file.chunk = [\"1 KiB\"]", "\"64 KiB\"", "\"1 KiB\""),
        ("\"file.size\" = [\"2 MB\"]", "\"1 MB\"", "\"2 MB\""),
        ("source.upload = [\"9 MB/s\"]", "\"8 Mbit/s\"", "\"9 MB/s\""),
        ("\"peers[0].count\" = [5]", "count = 2", "count = 5"),
        ("\"peers[1].joins\" = [\"at 3 s\"]", "\"every 1 s\"", "\"at 3 s\""),
        (
            "\"peers[0].leaves\" = [\"on completion\"]",
            "count = 2",
            "count = 2\nleaves = \"on completion\"",
        ),
        (
            "protocol.choker = [\"credit 2\"]\nprotocol.rechoke = [\"3 s\"]",
            "[source]",
            "[protocol]\nchoker = \"credit 2\"\nrechoke = \"3 s\"\n[source]",
        ),
        ("network.latency = [\"5 ms\"]", "[source]", "[network]\nlatency = \"5 ms\"\n[source]"),
        ("discipline.coded = [true]", "[source]", "[discipline]\ncoded = true\n[source]"),
        ("run.until = [\"5 s\"]", "[source]", "[run]\nuntil = \"5 s\"\n[source]"),
    ];
    for (vary, old, new) in set {
        assert_eq!(run(vary).unwrap(), with(old, new), "{vary}");
    }
}

#[test]
fn peers_are_scaled_in_proportion_and_arrive_by_the_same_rule() {
    let scaled = run("peers = [9]").unwrap();
    let expected = BASE.replacen("count = 2", "count = 3", 1).replacen("count = 4", "count = 6", 1);
    assert_eq!(Ok(scaled), read_toml("base.toml", &expected, None));
    // 300 peers of eight groups, 50 and 25 by turns: a tenth are 5 and 2.5 of each.
    let crowd = Preset::named("flash-crowd").unwrap();
    let text = only("peers = [30]");
    let sweep = sweep(&text).unwrap();
    let scenario = sweep.scenario(&sweep.place(0), &crowd.file(), crowd.toml).unwrap();
    let mut groups = std::collections::BTreeMap::new();
    for (_, peer) in scenario.peers() {
        *groups.entry((peer.upload, format!("{:?}", peer.leaves))).or_insert(0) += 1;
    }
    let counts: Vec<u32> = groups.into_values().collect();
    assert_eq!(counts, [3, 5, 3, 5, 2, 5, 2, 5]);
}

#[test]
fn chunks_decide_the_size_of_the_file() {
    let scenario = run("chunks = [7]\nfile.chunk = [\"3 kB\"]").unwrap();
    assert_eq!((scenario.file().chunks(), scenario.file().file().0), (7, 21_000));
    assert_eq!(run("chunks = [7]").unwrap().file().file().0, 7 * 65_536);
}

#[test]
fn free_riders_are_a_share_of_every_group_spread_evenly() {
    let riders = |share: &str, peers: usize| -> Vec<usize> {
        let scenario = run(&format!("free_riders = [\"{share}\"]\npeers = [{peers}]")).unwrap();
        let peers = scenario.peers().filter(|(_, peer)| peer.behavior == Behavior::FreeRider);
        peers.map(|(id, _)| id.index()).collect()
    };
    assert_eq!(riders("0 %", 6), [0; 0]);
    assert_eq!(riders("100 %", 6), [1, 2, 3, 4, 5, 6]);
    assert_eq!(riders("50 %", 12), [2, 4, 6, 8, 10, 12], "groups 1 to 4 and 5 to 12");
    assert_eq!(riders("12.5%", 24), [8, 16, 24], "of 8 peers one, of 16 two");
}

/// What is wrong, a piece of [`GOOD`], what stands there instead, the line and column that are
/// named, and a piece of the message.
type Wrong<'t> = (&'t str, &'t str, &'t str, (usize, usize), &'t str);

fn all_refused(wrong: &[Wrong<'_>]) {
    for &(what, old, new, place, hint) in wrong {
        assert!(GOOD.contains(old), "{what}");
        let text = GOOD.replacen(old, new, 1);
        let error = sweep(&text).err().unwrap_or_else(|| panic!("{what} is refused"));
        assert!(error.message.contains(hint), "{what}, {hint}: {error}");
        assert_eq!((error.line, error.column), place, "{what}: {error}");
        assert_eq!(error.file, "plans/good.toml");
    }
}

#[test]
fn a_wrong_sweep_is_refused_with_its_line_and_what_to_write() {
    let wrong = [
        ("unknown field", "seeds =", "seed =", (3, 1), "unknown field `seed`; write one of about"),
        ("no scenarios", "scenarios = [\"base\", \"other.toml\"]", "", (1, 1), "is missing"),
        ("empty", "[\"base\", \"other.toml\"]", "[]", (2, 13), "at least one value"),
        ("no list", "[\"base\", \"other.toml\"]", "\"base\"", (2, 13), "write a list"),
        ("no name", "\"other.toml\"", "5", (2, 22), "write a text"),
        ("twice", "\"other.toml\"", "\"base\"", (2, 22), "twice"),
        ("half a range", "\"7..=9\"", "\"7..9\"", (3, 9), "write \"1..=20\", both included"),
        ("backwards", "\"7..=9\"", "\"9..=7\"", (3, 9), "write \"7..=9\""),
        ("no seed", "\"7..=9\"", "\"-7..=9\"", (3, 9), "`-7` is no seed"),
        ("a number", "\"7..=9\"", "7", (3, 9), "write a list, for example [1, 2, 3]"),
        ("a seed twice", "\"7..=9\"", "[7, 8, 7]", (3, 16), "`7` stands here twice"),
        ("a negative seed", "\"7..=9\"", "[-7]", (3, 10), "negative"),
        ("too many seeds", "\"7..=9\"", "\"0..=9999999999\"", (3, 9), "more than 1000000 seeds"),
        ("all seeds", "\"7..=9\"", "\"0..=18446744073709551615\"", (3, 9), "more than 1000000"),
        ("too many runs", "\"7..=9\"", "\"1..=300000\"", (1, 1), "4800000 runs; write fewer"),
        ("no TOML", "[vary]", "[vary", (6, 6), "TOML"),
        ("no flag", "client_server = true", "client_server = 1", (4, 17), "true or false"),
    ];
    all_refused(&wrong);
}

#[test]
fn a_wrong_axis_is_refused_with_its_line_and_what_to_write() {
    let vary = GOOD.split_once("\n\n").unwrap().1;
    let wrong = [
        ("an empty axis", "[6, 12]", "[]", (7, 9), "is empty; write at least one value"),
        ("one value", "[6, 12]", "6", (7, 9), "write a list, for example [10, 100]"),
        ("twice the same", "[6, 12]", "[6, 12, 6]", (7, 17), "`6` stands here twice"),
        ("twice the same text", "[\"random\"]", "[\"random\", \"random\"]", (9, 30), "twice"),
        ("no peers", "[6, 12]", "[6, 0]", (7, 13), "is too small; write 1 to"),
        ("negative", "[6, 12]", "[6, -2]", (7, 13), "is negative; write 1 to 1000000"),
        ("too many", "[6, 12]", "[1000001]", (7, 10), "write 1 to 1000000"),
        ("a float", "[6, 12]", "[1.5]", (7, 10), "`1.5` is a number; write a text"),
        ("a nested list", "[6, 12]", "[[6]]", (7, 10), "is a list; write a text"),
        ("unknown", "protocol.picker", "protocol.pickr", (9, 18), "protocol.unchoke_slots"),
        ("unknown section", "protocol.picker", "protokol.picker", (9, 19), "peers, chunks, "),
        ("no group", "peers[1].upload", "peers.upload", (8, 18), "\"peers[0].count\""),
        ("a strange group", "peers[1].upload", "peers[01].upload", (8, 22), "\"peers[0].count\""),
        ("two dots", "protocol.picker", "protocol.picker.x", (9, 21), "is no setting"),
        ("a section", "protocol.picker = ", "protocol = ", (9, 12), "is no setting"),
        ("a name", "protocol.picker = ", "name = ", (9, 8), "is no setting"),
        ("seeds", "protocol.picker", "run.seed", (9, 12), "write seeds = "),
        (
            "said twice",
            "protocol.picker = [\"random\"]",
            "chunks = [1]\nfile.size = [\"1 B\"]",
            (10, 13),
            "says again what `chunks` says",
        ),
        (
            "written twice",
            "protocol.picker = [\"random\"]",
            "\"protocol.picker\" = [\"random\"]\nprotocol.picker = [\"in order\"]",
            (10, 19),
            "says again what `protocol.picker` says",
        ),
        (
            "riders twice",
            "protocol.picker = [\"random\"]",
            "\"peers[0].behavior\" = [\"cooperative\"]\nfree_riders = [\"1 %\"]",
            (10, 15),
            "says again",
        ),
        ("no section", vary, "vary = 5", (6, 8), "write a section"),
        ("no share", "peers = [6, 12]", "free_riders = [\"101 %\"]", (7, 16), "\"100 %\""),
        ("a bare share", "peers = [6, 12]", "free_riders = [0.5]", (7, 16), "is a number"),
        ("no unit", "peers = [6, 12]", "free_riders = [\"0.5\"]", (7, 16), "is no share"),
        ("no chunks", "peers = [6, 12]", "chunks = [16777217]", (7, 11), "write 1 to 16777216"),
    ];
    all_refused(&wrong);
}

/// What only the scenario's reader knows is said with the place in the sweep.
#[test]
fn a_wrong_value_is_blamed_on_the_sweep() {
    let wrong = [
        ("protocol.picker = [\"rarest\"]", 20, "write `rarest first` or"),
        ("protocol.picker = [3]", 20, "`3` is a number; write `rarest first`"),
        ("protocol.rechoke = [10]", 21, "has no unit; write"),
        ("protocol.neighbors = [0]", 23, "is too small; write 1 to"),
        ("source.upload = [\"0 bit/s\"]", 18, "no peer can ever finish"),
        ("\"peers[1].leaves\" = [\"at 1 s\"]", 22, "write a departure after the arrival"),
        ("\"peers[2].count\" = [1]", 21, "write peers[0] to peers[1]"),
        ("file.chunk = [\"0 B\"]", 15, "a chunk"),
        ("chunks = [16000000]\nfile.chunk = [\"2 TB\"]", 11, "are too large; write fewer"),
    ];
    for (vary, column, hint) in wrong {
        let error = run(vary).unwrap_err();
        assert!(error.message.contains(hint), "{vary}, {hint}: {error}");
        assert_eq!((error.file.as_str(), error.line), ("plans/good.toml", 3), "{error}");
        assert_eq!(error.column, column, "{vary}: {error}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text: String) {
        prop_assert!(sweep(&text).is_err());
    }

    #[test]
    fn no_damage_makes_the_reader_panic(
        damage in proptest::collection::vec((any::<Index>(), any::<char>()), 1..4),
    ) {
        let mut text: Vec<char> = GOOD.chars().collect();
        for (at, character) in damage {
            let at = at.index(text.len());
            text[at] = character;
        }
        let text: String = text.into_iter().collect();
        let told = match sweep(&text) {
            Ok(sweep) => sweep.scenario(&sweep.place(0), "base.toml", BASE).err(),
            Err(error) => Some(error),
        };
        if let Some(error) = told {
            let file = if error.file == "base.toml" { BASE } else { &text };
            let line = file.split('\n').nth(error.line - 1);
            prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1));
        }
    }
}
