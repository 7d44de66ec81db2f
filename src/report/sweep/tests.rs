use swarmbound::bounds::{Binding, Earliest};

use super::*;

fn case(index: usize, row: usize) -> Case {
    Case {
        index,
        row,
        scenario: "figure".to_owned(),
        settings: Set(vec![
            ("protocol.picker".to_owned(), Written::Text("random".to_owned())),
            ("peers".to_owned(), Written::Whole(4)),
        ]),
        mode: Mode::P2p,
        seed: 1,
        peers: 4,
        chunks: 2,
        free_riders: 0,
        fingerprint: Fingerprint(0xabc),
    }
}

/// A line of this run that takes `last` where `bound` would do.
fn line(case: &Case, last: u64, bound: u64) -> Line {
    let line = Line {
        sweep: VERSION,
        index: 0,
        scenario: String::new(),
        settings: Set(Vec::new()),
        mode: String::new(),
        seed: 0,
        peers: 0,
        chunks: 0,
        free_riders: 0,
        completed: 4,
        distribution_time_ns: Some(last),
        last_ns: Some(last),
        best_bound: BindingEntry::from(&Binding {
            name: "fluid",
            k: 4,
            at: Earliest::At(Time(bound)),
        }),
        best_bound_ns: None,
        ratio: None,
        ratio_exact: None,
        client_server_bound: None,
        client_server_ratio: None,
        client_server_ratio_exact: None,
        transfers: 8,
        verdict: "holds".to_owned(),
        violated: Vec::new(),
        unknown: Vec::new(),
        fingerprint: case.fingerprint,
    };
    line.of(case)
}

/// The test vectors of the authors (FNV-1a, 128 bits), without the byte that ends a text.
#[test]
fn the_hash_is_that_of_its_authors() {
    assert_eq!(Fingerprint::of(&[]).0, 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
    let hash = |text: &str| text.bytes().fold(Fingerprint::BASIS, Fingerprint::fed);
    assert_eq!(hash("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    assert_eq!(hash("foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    assert_ne!(Fingerprint::of(&["ab", "c"]), Fingerprint::of(&["a", "bc"]));
}

#[test]
fn a_line_reads_back_as_it_was_written() {
    let line = line(&case(3, 1), 1_100, 1_000);
    let text = line.text();
    assert_eq!(
        text,
        "{\"sweep\":3,\"index\":3,\"scenario\":\"figure\",\
         \"settings\":{\"protocol.picker\":\"random\",\"peers\":4},\"mode\":\"p2p\",\"seed\":1,\
         \"peers\":4,\"chunks\":2,\"free_riders\":0,\"completed\":4,\
         \"distribution_time_ns\":1100,\"last_ns\":1100,\
         \"best_bound\":{\"name\":\"fluid\",\"k\":4,\"ns\":1000},\
         \"best_bound_ns\":1000,\"ratio\":1.1,\"ratio_exact\":\"11/10\",\
         \"client_server_bound\":null,\"client_server_ratio\":null,\
         \"client_server_ratio_exact\":null,\"transfers\":8,\
         \"verdict\":\"holds\",\"violated\":[],\"unknown\":[],\
         \"fingerprint\":\"00000000000000000000000000000abc\"}\n"
    );
    assert!(text.as_bytes().starts_with(HEAD));
    assert_eq!(Line::read(text.as_bytes()), Ok(line));
}

#[test]
fn what_is_no_line_is_refused() {
    let text = line(&case(3, 1), 1_100, 1_000).text();
    for (old, new) in [
        ("\"sweep\":3", "\"sweep\":2"),
        ("\"index\":3,", ""),
        ("\"seed\":1", "\"seed\":1,\"more\":1"),
        ("\"verdict\":\"holds\"", "\"verdict\":\"skipped\""),
        ("0abc\"", "abc\""),
        ("0abc\"", "+abc\""),
        ("}\n", ""),
        ("{\"sweep\"", "[{\"sweep\""),
        // What no run can have come to.
        ("\"completed\":4", "\"completed\":5"),
        ("\"violated\":[]", "\"violated\":[\"causality\"]"),
        ("\"unknown\":[]", "\"unknown\":[\"causality\"]"),
        ("holds\",\"violated\":[]", "violated\",\"violated\":[\"nonsense\"]"),
        ("\"verdict\":\"holds\"", "\"verdict\":\"violated\""),
        ("\"last_ns\":1100", "\"last_ns\":999"),
    ] {
        let wrong = text.replacen(old, new, 1);
        assert_ne!(wrong, text);
        assert!(Line::read(wrong.as_bytes()).is_err(), "{old} {new}");
    }
}

/// 9/8 < 10/8 < 6/4 + 1: by cross products, whatever their denominators.
#[test]
fn a_row_has_the_ratio_in_the_middle_and_the_highest() {
    let mut summary = Summary::default();
    for (last, bound) in [(11, 4), (9, 8), (10, 8), (11, 8)] {
        let case = case(0, 7);
        summary.add(&case, &line(&case, last, bound));
    }
    let mut late = case(4, 8);
    late.mode = Mode::ClientServer;
    let unknown =
        Line { verdict: "unknown".to_owned(), last_ns: None, completed: 1, ..line(&late, 5, 5) };
    summary.add(&late, &unknown);
    assert_eq!((summary.runs(), summary.verdict()), (5, Verdict::Unknown));
    let told = summary.told(Style::PLAIN);
    let rows: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows[2],
        ["figure", "random", "4", "p2p", "4", "100.0", "%", "1.250", "2.750", "holds"]
    );
    let late = ["figure", "random", "4", "client-server", "1", "25.0", "%", "-", "-", "unknown"];
    assert_eq!(rows[3], late);
    assert_eq!(told.lines().last(), Some("unknown: 5 runs, 1 of 2 rows with undecided rules."));
    let document = serde_json::to_value(SweepDocument::new(&summary)).unwrap();
    assert_eq!(document["rows"][0]["median_ratio"], 1.25);
    assert_eq!(document["rows"][1]["worst_ratio"], serde_json::Value::Null);
}

#[test]
fn a_run_in_which_no_peer_completes_is_worse_than_any_ratio() {
    let case = case(0, 7);
    let none = Line { completed: 0, last_ns: None, ..line(&case, 9, 8) };
    let ratios = |lines: &[&Line]| {
        let mut summary = Summary::default();
        lines.iter().for_each(|line| summary.add(&case, line));
        summary.0[&7].ratios()
    };
    let (low, high) = (line(&case, 9, 8), line(&case, 12, 8));
    assert_eq!(ratios(&[&high, &low]), [Some(1.125), Some(1.5)]);
    assert_eq!(ratios(&[&none, &low, &high]), [Some(1.5), None]);
    assert_eq!(ratios(&[&none, &none, &low]), [None, None]);
}

#[test]
fn columns_have_the_last_word_of_a_path_unless_two_are_the_same() {
    let names = |paths: &[&str]| short(paths).join(" ");
    assert_eq!(names(&["protocol.picker", "peers", "file.chunk"]), "picker peers chunk");
    assert_eq!(
        names(&["peers[0].upload", "source.upload", "peers[0].count"]),
        "peers[0].upload source.upload count"
    );
}
