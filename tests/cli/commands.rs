//! The commands, their documents, their exit codes, as a user meets them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json as object};
use tempfile::TempDir;

use crate::{SMALL, Said, fields, json, swarmbound, with_input};

const PRESETS: [&str; 11] = [
    "figure",
    "homework",
    "kraken",
    "weights",
    "flash-crowd",
    "churn",
    "free-riders",
    "multi-origin",
    "resume",
    "diurnal",
    "shards",
];

const RULES: [&str; 11] = [
    "membership",
    "uplink_capacity",
    "downlink_capacity",
    "causality",
    "conservation",
    "completion",
    "neighbors",
    "choking",
    "bounds_respected",
    "incompleteness_explained",
    "progress",
];

/// A file in a folder of its own.
fn file(name: &str, text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn integer(value: &Value) -> u128 {
    u128::from(value.as_u64().unwrap_or_else(|| panic!("{value} is an integer of nanoseconds")))
}

/// The fields that say how a run went and what the audit says of it: the same in `run`, `audit` and
/// `plan`.
pub(crate) const RUN_FIELDS: [&str; 19] = [
    "best_bound",
    "best_bound_ns",
    "client_server_bound",
    "client_server_ratio",
    "client_server_ratio_exact",
    "completed",
    "completions",
    "distribution_time_ns",
    "exact_stamps",
    "last_ns",
    "peers",
    "ratio",
    "ratio_exact",
    "rules",
    "sent_by",
    "slack",
    "tolerance_ns",
    "transfers",
    "verdict",
];

/// The fields of a document that has some of its own: all have the first two.
pub(crate) fn with_fields<'a>(more: &[&'a str], own: &[&'a str]) -> Vec<&'a str> {
    let mut all = [&["format", "command"], more, own].concat();
    all.sort_unstable();
    all
}

fn check_run(run: &Value) {
    let names: Vec<&str> = run["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, RULES);
    let completions = run["completions"].as_array().unwrap();
    let finish: Vec<u128> = completions.iter().map(|one| integer(&one["at_ns"])).collect();
    assert!(finish.is_sorted(), "{finish:?}");
    assert_eq!(run["completed"], finish.len());
    let peers: BTreeSet<u128> = completions.iter().map(|one| integer(&one["peer"])).collect();
    assert_eq!(peers.len(), finish.len(), "a peer completes once");
    assert!(peers.iter().all(|&peer| 1 <= peer && peer <= integer(&run["peers"])));
    assert_eq!(run["last_ns"].as_u64().map(u128::from), finish.last().copied());
    assert_eq!(run["best_bound"]["k"], finish.len().max(1));
    let bits = |name: &str| u128::from(run["slack"][name].as_u64().unwrap());
    let spent = ["useful_bits", "duplicate_bits", "aborted_bits", "idle_before_bits"];
    let spent: u128 = spent.into_iter().map(bits).sum::<u128>() + bits("idle_after_bits");
    assert_eq!(bits("capacity_bits") + bits("burst_bits"), spent);
}

#[test]
fn without_a_command_the_figure_is_run_and_comes_close_to_its_bounds() {
    let (code, figure) = json(&["--json"]);
    assert_eq!(code, 0);
    assert_eq!(figure["scenario"], "figure");
    assert_eq!(figure["verdict"], "holds");
    assert_eq!(fields(&figure), with_fields(&["runs", "scenario", "seed", "verdict"], &[]));
    assert_eq!(figure["format"], "swarmbound-report/1");
    assert_eq!(figure["command"], "run");
    for (run, mode) in figure["runs"].as_array().unwrap().iter().zip(["p2p", "client_server"]) {
        assert_eq!(run["mode"], mode);
        let mut expected = RUN_FIELDS.to_vec();
        expected.push("mode");
        expected.sort_unstable();
        assert_eq!(fields(run), expected);
        assert_eq!((&run["completed"], &run["peers"]), (&object!(30), &object!(30)));
        assert_eq!(run["distribution_time_ns"], run["last_ns"]);
        check_run(run);
    }
    let times = |at: usize| {
        let run = &figure["runs"][at];
        (integer(&run["distribution_time_ns"]), integer(&run["best_bound"]["ns"]))
    };
    let (time, bound) = times(0);
    println!("p2p: bound {bound}, measured {time}, ratio {}", figure["runs"][0]["ratio"]);
    assert!(bound <= time);
    assert!(figure["runs"][0]["ratio"].as_f64().is_some_and(|ratio| (1.0..1.1).contains(&ratio)));
    assert!(time * 100 <= bound * 110, "within 1.10 of the best bound");
    let (time, bound) = times(1);
    println!("client-server: bound {bound}, measured {time}");
    assert!(bound <= time);
    assert!(time * 1000 <= bound * 1001, "within 1.001 of the bound");
    // N F / u_s: 30 times 3600 Mbit at 10 Mbit/s; no other node has any capacity.
    assert_eq!(bound, 10_800_000_000_000);
    let [p2p, served] = [0, 1].map(|at| &figure["runs"][at]);
    assert_eq!(served["best_bound"]["name"], "client_server");
    assert_eq!(served["client_server_bound"], served["best_bound"]);
    assert_eq!(served["client_server_ratio"], served["ratio"]);
    assert_eq!((&p2p["sent_by"], &served["sent_by"]), (&object!("swarm"), &object!("source_only")));
    assert!(p2p["client_server_bound"].is_null());
    assert_eq!(figure["runs"][1]["slack"]["capacity_bits"], 108_000_000_000u64);
}

/// Kurose & Ross, problem P22: 15 Gbit, u_s = 30 Mbit/s, d = 2 Mbit/s. Distribution times in
/// seconds as the book's solution has them, but exact: N F / (u_s + N u) = 1000 x 15 000 / (30 +
/// 700) Mbit.
#[test]
fn bounds_are_the_fractions_of_the_textbook() {
    let table = [
        (
            "300 kbit/s",
            [(10, "7500", "7500"), (100, "50000", "25000"), (1000, "500000", "500000/11")],
        ),
        (
            "700 kbit/s",
            [(10, "7500", "7500"), (100, "50000", "15000"), (1000, "500000", "1500000/73")],
        ),
        ("2 Mbit/s", [(10, "7500", "7500"), (100, "50000", "7500"), (1000, "500000", "7500")]),
    ];
    for (upload, rows) in table {
        for (peers, client_server, p2p) in rows {
            let text = format!(
                "[file]\nsize = \"1.875 GB\"\n[source]\nupload = \"30 Mbit/s\"\n[[peers]]\n\
                 count = {peers}\nupload = \"{upload}\"\ndownload = \"2 Mbit/s\"\n"
            );
            let (_folder, path) = file("p22.toml", &text);
            let (code, bounds) = json(&["bounds", &path, "--json"]);
            assert_eq!(code, 0);
            let of = |name: &str| {
                let all = bounds["bounds"].as_array().unwrap();
                all.iter().find(|bound| bound["name"] == name).unwrap()["exact"].clone()
            };
            assert_eq!(of("client_server"), client_server, "{upload}, {peers} peers");
            assert_eq!(of("fluid"), p2p, "{upload}, {peers} peers");
            assert_eq!(bounds["peers"], peers);
        }
    }
}

#[test]
fn the_document_of_bounds_has_its_fields() {
    let (_, bounds) = json(&["bounds", "homework", "--json"]);
    let expected = ["best_bound", "best_bound_ns", "bounds", "chunks", "client_server_bound"];
    assert_eq!(fields(&bounds), with_fields(&expected, &["peers", "scenario"]));
    assert_eq!(bounds["best_bound_ns"], bounds["best_bound"]["ns"]);
    assert_eq!(bounds["chunks"], 895, "1.875 GB / 2 MiB = 894.07");
    let served = object!({"name": "client_server", "k": 100, "ns": 50_000_000_000_000u64});
    assert_eq!(bounds["client_server_bound"], served);
    let all = bounds["bounds"].as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|bound| bound["name"].as_str().unwrap()).collect();
    let plain = ["client_server", "fluid", "warm_up", "branching", "presence", "outsiders"];
    let relaxed = ["suffix", "last_chunk", "emitters", "downlinks", "order_split"];
    assert_eq!(names, [&plain[..], &relaxed].concat());
    for bound in all {
        assert_eq!(bound["applies"], true);
        assert!(bound["cite"].as_str().is_some_and(|cite| !cite.is_empty()));
        assert!(bound["ns"].is_u64());
    }
    let best = all[1..].iter().map(|bound| integer(&bound["ns"])).max().unwrap();
    assert_eq!(integer(&bounds["best_bound"]["ns"]), best, "client_server binds no p2p run");
    let terms = object!([
        {"formula": "F/u_s", "exact": "500"},
        {"formula": "F/d_min", "exact": "7500"},
        {"formula": "N F/(u_s + sum u_i)", "exact": "15000"},
    ]);
    assert_eq!(all[1]["terms"], terms);
    assert_eq!(all[1]["binding"], "N F/(u_s + sum u_i)");
}

#[test]
fn a_bound_says_why_it_is_silent_and_why_something_never_happens() {
    let coded = SMALL.to_owned() + "[discipline]\ncoded = true\n";
    let (_folder, path) = file("coded.toml", &coded);
    let (_, bounds) = json(&["bounds", &path, "--json"]);
    let branching = &bounds["bounds"][3];
    assert_eq!(branching["name"], "branching");
    assert_eq!(branching["applies"], false);
    assert!(branching["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    assert!(branching["ns"].is_null());
    let out = swarmbound(&["bounds", &path]).out;
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let silent = "branching, last_chunk, emitters, downlinks, order_split do not apply: ";
    assert_eq!(words.matches(silent).count(), 1, "a reason is said once: {out}");

    let gone = SMALL.replace("[[peers]]", "leaves = \"at 0.5 s\"\n\n[[peers]]");
    let (_folder, path) = file("gone.toml", &gone);
    let (code, bounds) = json(&["bounds", &path, "--json"]);
    assert_eq!(code, 0);
    let presence = &bounds["bounds"][4];
    assert!(presence["ns"].is_null());
    assert!(presence["never"].as_str().is_some_and(|never| never.contains("the source leaves")));
    assert_eq!(fields(&bounds["best_bound"]), ["k", "name", "never"]);
    assert!(swarmbound(&["bounds", &path]).out.contains("presence: never, since"));

    // The run ends incomplete, the log shows why, and that is lawful.
    let (code, run) = json(&["run", &path, "--json"]);
    assert_eq!((code, &run["verdict"]), (0, &object!("holds")));
    assert!(run["runs"][0]["distribution_time_ns"].is_null());
    assert!(run["runs"][0]["ratio"].is_null());
    assert_eq!(run["runs"][0]["completed"], 0);
}

/// What tests/traces/README.md says that an audit must find.
#[test]
fn traces_of_real_clients_are_judged_as_their_readme_says() {
    let found = [
        ("bb-tbf-aria2-n4", 0, "holds", 4, &[][..]),
        ("lt-tbf-cs-n5", 3, "unknown", 5, &["conservation"]),
        ("lt-tbf-n10-freeriders-leaky", 1, "violated", 10, &["uplink_capacity"]),
        ("lt-tbf-n10-hetero", 0, "holds", 10, &[]),
        ("lt-tbf-n8-churn", 0, "holds", 6, &[]),
        ("own-rqbit-n1", 1, "violated", 1, &["uplink_capacity", "bounds_respected"]),
        ("own-rqbit-n1-burst", 0, "holds", 1, &[]),
    ];
    for (name, code, verdict, completed, rules) in found {
        let path = format!("tests/traces/{name}.jsonl");
        let (exit, audit) = json(&["audit", &path, "--json"]);
        assert_eq!((exit, &audit["verdict"]), (code, &object!(verdict)), "{name}");
        assert_eq!(audit["completed"], completed, "{name}");
        let all = name != "lt-tbf-n8-churn";
        let last = &audit["last_ns"];
        assert_eq!(&audit["distribution_time_ns"], if all { last } else { &Value::Null }, "{name}");
        let broken = audit["rules"].as_array().unwrap().iter();
        let broken: Vec<&Value> = broken.filter(|rule| rule["verdict"] == verdict).collect();
        if verdict != "holds" {
            let names: Vec<&Value> = broken.iter().map(|rule| &rule["name"]).collect();
            assert_eq!(names, rules, "{name}");
        }
        if verdict == "violated" {
            assert!(broken.iter().all(|rule| rule["witness"].is_object()), "{name}");
            assert!(broken.iter().all(|rule| rule["explanation"].is_string()), "{name}");
        }
        check_run(&audit);
        assert_eq!(fields(&audit), with_fields(&RUN_FIELDS, &["scenario"]), "{name}");
        assert!(audit["scenario"].as_str().is_some_and(|own| name.starts_with(own)), "{name}");

        let Said { code: exit, out, err } = swarmbound(&["audit", &path]);
        assert_eq!((exit, err.as_str()), (code, ""), "{name}");
        let last = out.rsplit("\n\n").next().unwrap();
        assert!(last.starts_with(&format!("{verdict}: ")), "{name}: {last}");
        let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).unwrap();
        let piped = with_input(&["audit", "-"], &bytes).out;
        // A pipe is read once, so it cannot be said which lines a witness is about.
        let is_violated = verdict == "violated";
        assert_eq!(is_violated, piped != out, "{name} on standard input");
        let unnumbered = |text: &str| {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut parts = text.split(" (line");
            let first = parts.next().unwrap().to_owned();
            first + &parts.map(|part| part.split_once(')').unwrap().1).collect::<String>()
        };
        assert_eq!(unnumbered(&piped), unnumbered(&out), "{name} on standard input");
    }
}

/// The lines by hand: `docs/examples` has a log for each rule.
#[test]
fn a_witness_names_the_lines_of_the_log() {
    let examples = [
        ("membership", &[7][..], " (line 7)"),
        ("uplink_capacity", &[5, 8], " (lines 5 and 8)"),
        ("downlink_capacity", &[5, 6], " (lines 5 and 6)"),
        ("causality", &[6], " (line 6)"),
        ("conservation", &[10], " (line 10)"),
        ("completion", &[7, 9], " (lines 7 and 9)"),
        ("neighbors", &[7], " (line 7)"),
        ("choking", &[7], " (line 7)"),
        ("bounds_respected", &[4], " (line 4)"),
    ];
    for (rule, lines, words) in examples {
        let path = format!("docs/examples/{rule}.jsonl");
        let (code, audit) = json(&["audit", &path, "--json"]);
        assert_eq!(code, 1, "{rule}");
        let said = audit["rules"].as_array().unwrap().iter().find(|it| it["name"] == rule).unwrap();
        assert_eq!(said["lines"], object!(lines), "{rule}");
        let told = swarmbound(&["audit", &path]).out;
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{rule}: {told}");
    }
    let lawful = json(&["audit", "docs/examples/lawful.jsonl", "--json"]).1;
    assert!(lawful["rules"].as_array().unwrap().iter().all(|rule| rule["lines"].is_null()));
}

#[test]
fn the_same_seed_gives_the_same_trace_and_the_audit_of_it_says_what_the_run_said() {
    let (folder, path) = file("small.toml", SMALL);
    let trace = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = |seed: &str, name: &str| {
        let (p2p, served) = (trace(name), trace(&format!("{name}-served")));
        let options = ["--trace", &p2p, "--trace-client-server", &served, "--json"];
        let (code, run) = json(&[&["run", &path, "--seed", seed][..], &options].concat());
        assert_eq!(code, 0);
        assert_eq!(run["seed"].to_string(), seed);
        for (at, trace) in [&p2p, &served].into_iter().enumerate() {
            let (_, audit) = json(&["audit", trace, "--json"]);
            assert_eq!(audit["verdict"], "holds");
            let run = &run["runs"][at];
            // A log does not say what it was meant to be, so the bound of client and server stands
            // beside that of a swarm.
            let measured = ["mode", "best_bound", "best_bound_ns", "ratio", "ratio_exact"];
            let told = fields(run).into_iter().filter(|name| !measured.contains(name));
            told.for_each(|name| assert_eq!(audit[name], run[name], "{name}"));
            let best = if at == 0 { "best_bound" } else { "client_server_bound" };
            assert_eq!(audit[best], run["best_bound"]);
        }
        (fs::read(p2p).unwrap(), fs::read(served).unwrap())
    };
    let first = run("9", "first");
    assert_eq!(first, run("9", "second"));
    assert_ne!(first.0, run("10", "third").0);
    let (_, default) = json(&["run", &path, "--json"]);
    assert_eq!(default["seed"], 5, "the scenario's own");
}

/// Poisson arrivals are drawn from the seed; a resolved scenario has its arrivals already.
#[test]
fn a_seed_overrides_that_of_a_text_and_that_of_a_resolved_scenario() {
    let text = SMALL.replacen("count = 3", "count = 3\njoins = \"poisson 1 per second\"", 1);
    let (folder, path) = file("small.toml", &text);
    let best = |arguments: &[&str]| {
        json(&[&["bounds", "--json"][..], arguments].concat()).1["best_bound"]["ns"].clone()
    };
    let own = best(&[&path]);
    assert_eq!(best(&[&path, "--seed", "5"]), own);
    assert_ne!(best(&[&path, "--seed", "6"]), own);

    let trace = folder.path().join("trace.jsonl");
    let run = swarmbound(&["run", &path, "--trace", trace.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    let header = fs::read_to_string(trace).unwrap().lines().next().unwrap().to_owned();
    let (_folder, resolved) = file("small.json", &header);
    assert_eq!(best(&[&resolved, "--seed", "6"]), own);
    for scenario in ["churn", &resolved] {
        let (_, run) = json(&["run", scenario, "--seed", "77", "--json"]);
        assert_eq!(run["seed"], 77, "{scenario}");
    }
}

#[test]
fn presets_can_be_listed_copied_and_run() {
    let (_, list) = json(&["presets", "--json"]);
    let list = list["presets"].as_array().unwrap();
    let names: Vec<&Value> = list.iter().map(|entry| &entry["name"]).collect();
    assert_eq!(names, PRESETS);
    let listed = swarmbound(&["presets"]).out;
    for name in PRESETS {
        assert!(listed.lines().any(|line| line.starts_with(name)), "{name}");
        let (_, own) = json(&["bounds", name, "--json"]);
        let (_folder, toml) = file("copy.toml", &swarmbound(&["presets", name]).out);
        assert_eq!(json(&["bounds", &toml, "--json"]).1, own, "{name} as TOML");
        let (_folder, resolved) = file("copy.json", &swarmbound(&["presets", name, "--json"]).out);
        assert_eq!(json(&["bounds", &resolved, "--json"]).1, own, "{name}, resolved");
    }
    let (_folder, copy) = file("x.toml", &swarmbound(&["presets", "free-riders"]).out);
    let run = swarmbound(&["run", &copy, "--json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out, swarmbound(&["run", "free-riders", "--json"]).out);
}

#[test]
fn a_scenario_may_come_from_standard_input() {
    let (_folder, path) = file("small.toml", SMALL);
    let from_file = swarmbound(&["run", &path, "--json"]);
    assert_eq!(with_input(&["run", "-", "--json"], SMALL.as_bytes()).out, from_file.out);
    let resolved = swarmbound(&["presets", "weights", "--json"]).out;
    let said = with_input(&["bounds", "-", "--json"], resolved.as_bytes()).out;
    assert_eq!(said, swarmbound(&["bounds", "weights", "--json"]).out);
}

#[test]
fn a_curve_has_a_row_for_every_number_of_peers() {
    let (folder, path) = file("small.toml", SMALL);
    let picture = folder.path().join("curve.svg");
    let options = ["--peers", "1..5", "--svg", picture.to_str().unwrap()];
    let (code, curve) = json(&[&["curve", &path, "--json"][..], &options].concat());
    assert_eq!((code, &curve["verdict"]), (0, &object!("holds")));
    let rows = curve["rows"].as_array().unwrap();
    for (row, peers) in rows.iter().zip(1u128..) {
        assert_eq!(integer(&row["peers"]), peers);
        // 8 Mbit at 8 Mbit/s: a second for every copy.
        assert_eq!(integer(&row["client_server"]["best_bound"]["ns"]), peers * 1_000_000_000);
        for way in ["p2p", "client_server"] {
            let point = &row[way];
            let bound = &point["best_bound"];
            assert_eq!(bound["k"], row["peers"]);
            assert!(integer(&bound["ns"]) <= integer(&point["distribution_time_ns"]));
            assert_eq!(point["completed"], row["peers"]);
        }
    }
    assert_eq!(rows.len(), 5);
    let svg = fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg "));
    assert_eq!(svg.matches("<circle").count(), 12, "five runs of each kind, and the legend");

    let Said { code, out, .. } = swarmbound(&["curve", &path, "--peers", "1..5"]);
    assert_eq!(code, 0);
    assert!(out.contains("distribution time in seconds"), "{out}");
    assert!(out.contains("every run audited: holds"), "{out}");
}

/// A terminal of 100 columns shows it, a pipe gets no colours.
#[test]
fn results_are_plain_text_that_fits_a_terminal() {
    let (_folder, path) = file("small.toml", SMALL);
    let results = [
        &["run", &path][..],
        &["bounds", "flash-crowd"],
        &["curve", &path, "--peers", "1..40:13"],
        &["presets"],
        &["audit", "tests/traces/lt-tbf-n8-churn.jsonl"],
        &["--help"],
    ];
    for arguments in results {
        let Said { code, out, err } = swarmbound(arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(!out.contains('\u{1b}'), "{arguments:?}: {out}");
        let longest = out.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 100, "{arguments:?}: {longest} columns\n{out}");
    }
    let run = swarmbound(&["run", &path]).out;
    for rule in RULES {
        assert!(run.contains(rule), "{rule}");
    }
    let sentence = run.lines().find(|line| line.starts_with("holds: ")).unwrap();
    assert!(sentence.starts_with("holds: all 3 peers have the file after"), "{sentence}");
}
