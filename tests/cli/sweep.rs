//! `sweep`: its lines, its parts, and files that are gone on with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::schema::is_report;
use crate::{SMALL, Said, command, fields, json, swarmbound, with_input};

const SWEEP: &str = r#"scenarios = ["small.toml", "free-riders"]
seeds = [3, 1]

[vary]
peers = [2, 5]
chunks = [4]
protocol.picker = ["rarest first", "in order"]
"#;

/// A folder with the small scenario and a sweep over it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(sweep: &str) -> Self {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::write(place.path("small.toml"), SMALL).unwrap();
        fs::write(place.path("sweep.toml"), sweep).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the sweep with more arguments, of which those that begin with `@` are files here.
    fn run(&self, more: &[&str]) -> Said {
        let sweep = self.path("sweep.toml").display().to_string();
        let more = more.iter().map(|argument| match argument.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => (*argument).to_owned(),
        });
        let arguments: Vec<String> = ["sweep".to_owned(), sweep].into_iter().chain(more).collect();
        swarmbound(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The lines of all runs.
    fn whole(&self) -> String {
        let Said { code, out, err } = self.run(&["--json"]);
        assert_eq!((code, err.as_str()), (0, ""));
        out
    }

    /// It is refused, and says so.
    fn refuses(&self, more: &[&str], hints: &[&str]) {
        let Said { code, out, err } = self.run(more);
        assert_eq!((code, out.as_str()), (2, ""), "{more:?}: {err}");
        for hint in hints {
            assert!(err.contains(hint), "{more:?}, {hint}: {err}");
        }
        assert!(!err.contains("panicked"), "{err}");
    }
}

fn values(lines: &str) -> Vec<Value> {
    let values: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    values.iter().for_each(is_report);
    values
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_example_is_run_on_all_cores_as_on_one() {
    let example = ["sweep", "examples/sweeps/policies.toml", "--jobs"];
    let one = swarmbound(&[&example[..], &["1"]].concat());
    let eight = swarmbound(&[&example[..], &["8"]].concat());
    assert_eq!((one.code, eight.code), (0, 0), "{}", one.err);
    assert!(one.out == eight.out, "the lines are the same bytes");
    assert_eq!(one.err, eight.err);
    assert_eq!(one.err.lines().last(), Some("holds: 108 runs, each audited."));
    let lines = values(&one.out);
    assert_eq!(lines.len(), 2 * 2 * 3 * 3 * 3);
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], index);
        assert_eq!(line["peers"], line["settings"]["peers"]);
        assert_eq!(line["chunks"], line["settings"]["chunks"]);
        assert_eq!(line["completed"], line["peers"]);
    }
}

/// Every number is that of `run --json` with a scenario that says what the sweep sets.
#[test]
fn a_line_says_what_a_run_says() {
    let place = Place::new(
        "scenarios = [\"small.toml\"]\nclient_server = true\n\
         [vary]\n\"peers[0].upload\" = [\"1 Mbit/s\"]\nnetwork.latency = [\"20 ms\"]\n\
         free_riders = [\"34 %\"]\n",
    );
    let lines = values(&place.whole());
    let scenario = SMALL
        .replacen("count = 3\nupload = \"2 Mbit/s\"", "upload = \"1 Mbit/s\"", 1)
        .replacen("[run]", "[network]\nlatency = \"20 ms\"\n[run]", 1);
    let peer = "[[peers]]\nupload = \"1 Mbit/s\"\ndownload = \"20 Mbit/s\"\n";
    let rider = format!("{peer}behavior = \"free rider\"\n");
    let scenario = scenario.replacen("[network]", &format!("{peer}\n{rider}\n[network]"), 1);
    fs::write(place.path("written.toml"), scenario).unwrap();
    let written = place.path("written.toml").display().to_string();
    let (_, document) = json(&["run", &written, "--json"]);
    let runs = document["runs"].as_array().unwrap();
    assert_eq!((lines.len(), runs.len()), (2, 2));
    for (line, run) in lines.iter().zip(runs) {
        for field in [
            "mode",
            "completed",
            "distribution_time_ns",
            "best_bound",
            "ratio",
            "client_server_bound",
            "client_server_ratio",
            "last_ns",
            "transfers",
        ] {
            assert_eq!(line[field], run[field], "{field}");
        }
        let exact = line["ratio_exact"].as_str().unwrap();
        let (num, den) = exact.split_once('/').unwrap_or((exact, "1"));
        let product = |text: &str, by: &Value| {
            text.parse::<u128>().unwrap() * u128::from(by.as_u64().unwrap())
        };
        assert_eq!(product(num, &run["best_bound"]["ns"]), product(den, &line["last_ns"]));
        assert_eq!((&line["seed"], &line["verdict"]), (&Value::from(5), &Value::from("holds")));
        assert_eq!((&line["free_riders"], &line["scenario"]), (&Value::from(1), &"small".into()));
    }
    let expected = [
        "best_bound",
        "best_bound_ns",
        "chunks",
        "client_server_bound",
        "client_server_ratio",
        "client_server_ratio_exact",
        "completed",
        "distribution_time_ns",
        "fingerprint",
        "free_riders",
        "index",
        "last_ns",
        "mode",
        "peers",
        "ratio",
        "ratio_exact",
        "scenario",
        "seed",
        "settings",
        "sweep",
        "transfers",
        "unknown",
        "verdict",
        "violated",
    ];
    assert_eq!(fields(&lines[0]), expected);
    assert_ne!(lines[0]["fingerprint"], lines[1]["fingerprint"]);
}

#[test]
fn parts_are_the_whole_and_a_file_of_all_of_them_is_put_in_order() {
    let place = Place::new(SWEEP);
    let whole = place.whole();
    assert_eq!(whole.lines().count(), 16);
    let mut all = Vec::new();
    for part in 1..=3 {
        let name = format!("@part{part}");
        let shard = format!("{part}/3");
        let said = place.run(&["--shard", &shard, "--out", &name, "--jobs", "2"]);
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        let lines = read(&place.path(&name[1..]));
        assert_eq!(place.run(&["--shard", &shard, "--json"]).out, lines);
        for line in values(&lines) {
            assert_eq!(line["index"].as_u64().unwrap() % 3, part - 1);
        }
        all.push(lines);
    }
    let concatenated = all.concat();
    assert_ne!(concatenated, whole);
    let mut sorted: Vec<&str> = concatenated.lines().collect();
    sorted.sort_by_key(|line| values(line)[0]["index"].as_u64());
    assert_eq!(sorted.join("\n") + "\n", whole);
    // What a part lacks is run; what stands there twice stands there once; the order is right.
    fs::write(place.path("all"), all[2].clone() + &all[0] + &all[2]).unwrap();
    let said = place.run(&["--out", "@all"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(read(&place.path("all")), whole);
    assert!(said.out.contains("holds: 16 runs, each audited."), "{}", said.out);
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 6, "nothing else is left");
    let empty = place.run(&["--shard", "17/17"]);
    assert_eq!((empty.code, empty.out.as_str()), (0, ""));
    place.refuses(&["--out", "@part1", "--shard", "2/3"], &["part1:1: ", "another part"]);
}

/// The same result, told by a number that no run gives.
fn marked(line: &str) -> String {
    let value: Value = serde_json::from_str(line).unwrap();
    let transfers = format!("\"transfers\":{},", value["transfers"]);
    assert!(line.contains(&transfers));
    line.replace(&transfers, "\"transfers\":987654,")
}

#[test]
fn wherever_a_file_was_cut_off_it_is_gone_on_with() {
    let place = Place::new(SWEEP);
    let whole = place.whole();
    let first = whole.find('\n').unwrap() + 1;
    let third = whole.match_indices('\n').nth(2).unwrap().0 + 1;
    let cuts = [
        0,
        1,
        5,
        11,
        40,
        first - 2,
        first - 1,
        first,
        first + 1,
        first + 300,
        third,
        whole.len() - 1,
    ];
    let path = place.path("out");
    for cut in cuts {
        fs::write(&path, &whole[..cut]).unwrap();
        let said = place.run(&["--out", "@out", "--json"]);
        assert_eq!(said.code, 0, "cut at {cut}: {}", said.err);
        assert!(read(&path) == whole, "cut at {cut}");
        assert_eq!(values(&said.out)[0]["runs"], 16, "cut at {cut}");
    }
    // Nothing is left to run that would cover what was cut off.
    fs::write(&path, format!("{whole}{}", &whole[..200])).unwrap();
    assert_eq!(place.run(&["--out", "@out"]).code, 0);
    assert_eq!(read(&path), whole);
    // Who runs a line again would find another number.
    let line = marked(&whole[..first]);
    fs::write(&path, line.clone() + &whole[first..third]).unwrap();
    assert_eq!(place.run(&["--out", "@out"]).code, 0);
    assert_eq!(read(&path), line + &whole[first..]);
    // Lines that were written elsewhere.
    fs::write(&path, whole.replace('\n', "\r\n")).unwrap();
    assert_eq!(place.run(&["--out", "@out"]).code, 0);
    assert_eq!(read(&path), whole);
}

#[test]
fn an_edited_sweep_runs_what_is_new_and_refuses_what_is_gone() {
    let place = Place::new(SWEEP);
    let path = place.path("out");
    assert_eq!(place.run(&["--out", "@out"]).code, 0);
    let kept: String = read(&path).lines().map(|line| marked(line) + "\n").collect();
    fs::write(&path, &kept).unwrap();
    let more = SWEEP.replace("[3, 1]", "[2, 3, 1]").replace("[2, 5]", "[5, 3, 2]");
    fs::write(place.path("sweep.toml"), &more).unwrap();
    assert_eq!(place.run(&["--out", "@out"]).code, 0);
    let lines = values(&read(&path));
    assert_eq!(lines.len(), 36);
    for (index, (line, fresh)) in lines.iter().zip(values(&place.whole())).enumerate() {
        let is_new = line["seed"] == 2 || line["peers"] == 3;
        assert_eq!(line["transfers"] != 987_654, is_new, "{line}");
        let mut line = line.clone();
        line["transfers"] = fresh["transfers"].clone();
        assert_eq!((line["index"].as_u64(), &line), (Some(index as u64), &fresh));
    }
    let before = read(&path);
    for (old, new) in [("[2, 3, 1]", "[3, 1]"), ("[4]", "[5]"), ("\"small.toml\", ", "")] {
        fs::write(place.path("sweep.toml"), more.replace(old, new)).unwrap();
        place.refuses(&["--out", "@out"], &["out:1: ", "nothing was changed", "has changed since"]);
        assert!(read(&path) == before, "nothing is lost");
    }
    fs::write(place.path("sweep.toml"), &more).unwrap();
    fs::write(place.path("small.toml"), SMALL.replace("20 Mbit/s", "30 Mbit/s")).unwrap();
    place.refuses(&["--out", "@out"], &["out:1: ", "a scenario"]);
}

#[test]
fn a_file_of_another_program_is_never_written_to() {
    let place = Place::new(SWEEP);
    let whole = place.whole();
    let first = whole.split_inclusive('\n').next().unwrap();
    let path = place.path("out");
    let glued = format!("{}{first}", &first[..100]);
    let two = format!("{first}{}\n", marked(first.trim_end()));
    let long = "{\"sweep\":3,".to_owned() + &" ".repeat(1 << 20);
    let foreign = [
        ("a text", "hello", ":1: "),
        ("a line of it", "hello\n", ":1: "),
        ("an empty line", &format!("{first}\n"), ":2: "),
        ("a trace", "{\"swarmbound\":1}\n", ":1: "),
        ("nearly a beginning", "{\"sweep\":1,", ":1: "),
        ("lines that were glued", &glued, ":1: "),
        ("two results of one run", &two, "another result of run 0"),
        ("a very long line", &long, ":1: "),
        ("an unknown field", &first.replace("\"seed\"", "\"seeds\""), ":1: "),
        ("zeros", "\0\0\0\0", ":1: "),
        ("something behind", &format!("{whole}x"), ":17: "),
    ];
    for (what, text, hint) in foreign {
        fs::write(&path, text).unwrap();
        place.refuses(&["--out", "@out"], &["out:", hint, "nothing was changed"]);
        assert!(read(&path) == text, "{what}");
    }
    fs::write(&path, [0xff, 0xfe, b'\n']).unwrap();
    place.refuses(&["--out", "@out"], &["out:1: "]);
    assert_eq!(fs::read(&path).unwrap(), [0xff, 0xfe, b'\n']);
    fs::create_dir(place.path("folder")).unwrap();
    place.refuses(&["--out", "@folder"], &["is a directory"]);
    place.refuses(&["--out", "@nowhere/out"], &["there is no such folder"]);
}

#[test]
fn two_sweeps_do_not_write_one_file() {
    let place = Place::new(SWEEP);
    let path = place.path("out");
    let other = fs::File::create(&path).unwrap();
    other.lock().unwrap();
    place.refuses(&["--out", "@out"], &["out: another sweep writes it"]);
    other.unlock().unwrap();
    assert_eq!(place.run(&["--out", "@out"]).code, 0);
}

#[test]
fn the_worst_line_is_the_exit_code_also_when_it_was_there_before() {
    let place = Place::new(SWEEP);
    let whole = place.whole();
    for (verdict, code) in [("violated", 1), ("unknown", 3), ("holds", 0)] {
        let said = whole
            .replacen("\"verdict\":\"holds\"", &format!("\"verdict\":\"{verdict}\""), 1)
            .replacen(&format!("\"{verdict}\":[]"), &format!("\"{verdict}\":[\"choking\"]"), 1);
        fs::write(place.path("out"), said).unwrap();
        let said = place.run(&["--out", "@out", "--json"]);
        assert_eq!(said.code, code, "{}", said.err);
        let document = &values(&said.out)[0];
        assert_eq!(fields(document), ["command", "format", "rows", "runs", "verdict"]);
        assert_eq!((&document["verdict"], &document["runs"]), (&verdict.into(), &16.into()));
        assert_eq!(document["rows"].as_array().unwrap().len(), 8);
        assert_eq!(document["rows"][0]["verdict"], verdict);
    }
}

#[test]
fn a_wrong_sweep_is_refused_with_its_place() {
    let wrong: [(&str, &str, &[&str]); 11] = [
        ("seeds", "sedes", &["sweep.toml:2:1: ", "unknown field `sedes`"]),
        ("[2, 5]", "[]", &["sweep.toml:5:9: ", "at least one value"]),
        ("[2, 5]", "[2, 2]", &["sweep.toml:5:13: ", "twice"]),
        ("[3, 1]", "\"1..=999999\"", &["7999992 runs", "at most 1000000"]),
        ("\"in order\"", "\"orderly\"", &["sweep.toml:7:36: ", "`in order`", "in run 2 of"]),
        ("\"free-riders\"", "\"free-rider\"", &["sweep.toml:1:28: ", "did you mean `free-riders`"]),
        ("\"free-riders\"", "\"none.toml\"", &["sweep.toml:1:28: ", "there is no such file"]),
        ("\"free-riders\"", "\".\"", &["sweep.toml:1:28: ", "is a directory"]),
        ("\"free-riders\"", "\"./small.toml\"", &["sweep.toml:1:28: ", "name is `small`"]),
        ("\"free-riders\"", "\"-\"", &["neither a preset nor a file"]),
        (
            "chunks = [4]",
            "file.size = [\"1 MB\", \"1000 kB\"]",
            &["runs 0 and 4 are the same run", "file.size = 1000 kB"],
        ),
    ];
    for (old, new, hints) in wrong {
        let place = Place::new(&SWEEP.replacen(old, new, 1));
        place.refuses(&[], hints);
        place.refuses(&["--shard", "3/7", "--out", "@out"], hints);
        assert!(!place.path("out").exists(), "no file is made for nothing");
    }
    for (arguments, hint) in [
        (&["--shard", "0/16"][..], "write 1/16"),
        (&["--shard", "17/16"], "write 1/16 to 16/16"),
        (&["--shard", "x"], "for example"),
        (&["--jobs", "0"], "from 1 on"),
    ] {
        Place::new(SWEEP).refuses(arguments, &[hint]);
    }
    let place = Place::new("");
    place.refuses(&[], &["scenarios: is missing; write scenarios = "]);
    fs::write(place.path("sweep.toml"), b"seeds = \xff").unwrap();
    place.refuses(&[], &["sweep.toml:1:9: this is no UTF-8 text; write a sweep"]);
    fs::remove_file(place.path("sweep.toml")).unwrap();
    place.refuses(&[], &["there is no such file"]);
}

#[test]
fn sweeps_and_scenarios_may_be_written_in_other_ways() {
    let place = Place::new(SWEEP);
    let whole = place.whole();
    fs::write(place.path("sweep.toml"), format!("\u{feff}{SWEEP}").replace('\n', "\r\n")).unwrap();
    assert_eq!(place.whole(), whole);
    let small = place.path("small.toml").display().to_string();
    let sweep = SWEEP.replace("small.toml", &small);
    let said = with_input(&["sweep", "-", "--json"], sweep.as_bytes());
    assert_eq!((said.out, said.code), (whole.clone(), 0));
    // A resolved scenario has groups, too: its neighbors that are alike.
    let trace = place.path("trace").display().to_string();
    assert_eq!(swarmbound(&["run", &small, "--trace", &trace]).code, 0);
    let header = read(&place.path("trace")).lines().next().unwrap().to_owned();
    fs::write(place.path("small.json"), header).unwrap();
    fs::write(place.path("sweep.toml"), SWEEP.replace("small.toml", "small.json")).unwrap();
    assert_eq!(place.whole(), whole);
}

/// What the manual shows can be written so.
#[test]
fn the_sweep_of_the_manual_is_one() {
    let page = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sweeps.md"));
    let shown = page.split_once("```toml\nscenarios").unwrap().1.split_once("```").unwrap().0;
    let place = Place::new(&format!("scenarios{shown}"));
    fs::rename(place.path("small.toml"), place.path("mine.toml")).unwrap();
    let Said { code, out, err } = place.run(&["--shard", "2561/2561", "--json"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""), "every setting is read");
}

#[test]
fn a_reader_may_go() {
    let place = Place::new(SWEEP);
    let sweep = place.path("sweep.toml").display().to_string();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["sweep", &sweep]).stdout(writer).stderr(Stdio::piped()).output();
    let output = output.unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_gets_the_lines_and_a_full_disk_is_an_error() {
    let place = Place::new(SWEEP);
    place.refuses(&["--out", "/dev/full"], &["/dev/full", "cannot write"]);
    let said = place.run(&["--out", "/dev/stderr", "--json"]);
    assert_eq!((said.code, said.err), (0, place.whole()));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let sweep = place.path("sweep.toml").display().to_string();
    let output = command(&["sweep", &sweep]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("error: cannot write to standard output: "), "{err}");
}
