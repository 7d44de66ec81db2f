//! `swarmbound suite --engine`: engines that are lawful, subtly wrong, and hostile.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::schema::is_report;
use crate::{SMALL, Said, fields};

/// An engine of the examples, as a command. A machine without its language fails here, and says so.
fn example(name: &str) -> String {
    let language = if name.ends_with(".js") { "node" } else { "python3" };
    let version = Command::new(language).arg("--version").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "{language} is missing: install it, example engines are written in its language"
    );
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/engines");
    format!("{language} {}", engines.join(name).display())
}

/// The suite with this engine, run in `folder`; what it says is read there, too.
fn suite(folder: &TempDir, engine: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmbound"));
    command.args(["suite", "--engine", engine]).args(arguments).current_dir(folder.path());
    said(command)
}

fn said(mut command: Command) -> Said {
    let output = command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!err.contains("panicked"), "{err}");
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err,
    }
}

/// The one document of `--json`.
fn json(folder: &TempDir, engine: &str, arguments: &[&str]) -> (i32, Value) {
    let arguments = [arguments, &["--json"]].concat();
    let Said { code, out, err } = suite(folder, engine, &arguments);
    assert_eq!(err, "", "{out}");
    let document = serde_json::from_str(&out).unwrap();
    is_report(&document);
    (code, document)
}

/// A folder with a small scenario in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), SMALL).unwrap();
    folder
}

fn names(folder: &TempDir) -> Vec<String> {
    names_in(folder.path())
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_example_is_lawful() {
    let (folder, engine) = (folder(), example("swarm.py"));
    let (code, document) = json(&folder, &engine, &["--cases", "60", "--persistent"]);
    assert_eq!(code, 0, "{document}");
    let properties = document["properties"].as_array().unwrap();
    let held = |name| properties.iter().find(|property| property["name"] == name).unwrap();
    for name in ["runs_to_its_end", "causality", "completes_when_calm", "same_seed_same_trace"] {
        // Where the calm is too short for any engine, no engine is judged by it.
        let skipped = held(name)["skipped"].as_u64().filter(|_| name == "completes_when_calm");
        let judged = held(name)["holds"].as_u64().unwrap() + skipped.unwrap_or(0);
        assert_eq!(judged, 60, "{name}: {document}");
        assert!(30 < held(name)["holds"].as_u64().unwrap(), "{name}: {document}");
    }
    let said = suite(&folder, &engine, &["--cases", "2"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let last = said.out.lines().last().unwrap();
    assert_eq!(
        last,
        "holds: the engine keeps every property that was judged in 2 scenarios of seed 1."
    );
    let (code, document) = json(&folder, &engine, &["--cases", "3", "--seed", "7"]);
    assert_eq!(code, 0, "one process a scenario: {document}");
    assert_eq!(document["cases"], 3);
    assert_eq!(document["findings"], serde_json::json!([]));
    assert_eq!(names(&folder), ["small.toml"], "nothing is saved without a finding");
}

/// The two of docs/engines.md do the same, and stand there as they are.
#[test]
fn the_contract_has_two_lawful_engines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/engines.md")).unwrap();
    let folder = folder();
    let traces = ["one_at_a_time.py", "one_at_a_time.js"].map(|name| {
        let code = fs::read_to_string(root.join("examples/engines").join(name)).unwrap();
        let block =
            format!("\n```{}\n{code}```\n", if name.ends_with("js") { "js" } else { "python" });
        assert!(page.contains(&block), "docs/engines.md has another {name}");
        let arguments = ["--persistent", "--cases", "60", "--timeout", "60s"];
        let scope = ["--scope", "peers=20,chunks=20"];
        let engine = format!("{} | tee {name}.jsonl", example(name));
        let said = suite(&folder, &engine, &[&arguments[..], &scope].concat());
        assert_eq!(said.code, 0, "{}", said.out);
        let trace = fs::read_to_string(folder.path().join(format!("{name}.jsonl"))).unwrap();
        trace.replace(' ', "")
    });
    assert!(!traces[0].is_empty() && traces[0] == traces[1], "Python and JavaScript differ");
}

/// A first engine, written from the page alone: 20 lines, and too simple.
#[test]
fn a_first_engine_gets_a_verdict_on_its_first_scenario() {
    let folder = folder();
    fs::write(folder.path().join("toy.py"), TOY).unwrap();
    example("one_at_a_time.py");
    let calm = ["--scope", "peers=8,churn=none,barter=none,latency=none", "--cases", "40"];
    let persistent = ["--persistent", "--timeout", "60s"];
    let said = suite(&folder, "python3 toy.py", &[&calm[..], &persistent].concat());
    assert_eq!(said.code, 0, "{}", said.out);
    let said = suite(&folder, "python3 toy.py", &persistent);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.starts_with("membership violated in case 0: the source sent"), "{}", said.out);
}

/// The source sends everything to one peer after the other.
const TOY: &str = r#"import json, sys
for line in sys.stdin:
    s = json.loads(line)
    size, chunk_bytes = s["file"]["bytes"], s["file"]["chunk_bytes"]
    now = 0
    for peer in s["peers"]:
        now = max(now, peer["joins_ns"])
        print(json.dumps({"event": "join", "t": peer["joins_ns"], "node": peer["id"]}))
        for chunk in range((size + chunk_bytes - 1) // chunk_bytes):
            count = min(chunk_bytes, size - chunk * chunk_bytes)
            rate = min(s["source"]["upload_bps"], peer["download_bps"] or 10**30)
            end = now + -(-count * 8 * 10**9 // rate)
            if end > s["until_ns"]:
                break
            print(json.dumps({"event": "transfer", "from": 0, "to": peer["id"], "chunk": chunk,
                              "start": now, "end": end, "bytes": count}))
            now = end
        else:
            print(json.dumps({"event": "complete", "t": now, "node": peer["id"]}))
    print(flush=True)
"#;

/// It is there to be copied, so it must be short enough to be read.
#[test]
fn the_example_is_short() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/engines/swarm.py");
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    assert!(code.count() < 100, "the example has 100 lines of code or more");
    assert!(text.lines().all(|line| line.len() <= 100));
}

#[test]
fn the_bug_of_the_twin_is_found_shrunk_saved_and_repeated() {
    let (folder, engine) = (folder(), example("swarm_early.py"));
    let said = suite(&folder, &engine, &["--persistent"]);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.contains("causality violated in case "), "{}", said.out);
    assert!(said.out.contains("saved as swarmbound-findings/causality.toml"), "{}", said.out);
    let command = said.out.lines().last().unwrap().strip_prefix("repeat it: swarmbound ").unwrap();
    let again = || {
        let mut shell = Command::new("sh");
        let binary = env!("CARGO_BIN_EXE_swarmbound");
        shell.args(["-c", &format!("{binary} {command} --json")]).current_dir(folder.path());
        let said = self::said(shell);
        (said.code, serde_json::from_str::<Value>(&said.out).unwrap())
    };
    let (code, document) = again();
    assert_eq!(code, 1, "{document}");
    let finding = &document["findings"][0];
    assert_eq!(finding["property"], "causality");
    assert_eq!(finding["witness"]["kind"], "acausal", "{finding}");
    assert_eq!(document["cases"], 1);
    let peers = finding["resolved"]["peers"].as_array().unwrap();
    let file = &finding["resolved"]["file"];
    let chunks = file["bytes"].as_u64().unwrap().div_ceil(file["chunk_bytes"].as_u64().unwrap());
    assert!(peers.len() <= 4 && chunks <= 4, "{finding}");
    assert!(
        peers.iter().any(|peer| peer.get("latency_ns").is_some_and(|it| it != 0))
            || finding["resolved"]["network"]["latency_ns"] != 0,
        "the bug needs latency: {finding}"
    );
    assert_eq!(finding["special"].as_array().unwrap().len(), 1, "latency, of one node: {finding}");
    assert_eq!(again(), (code, document), "the same again");
    assert_eq!(names(&folder), ["small.toml", "swarmbound-findings"]);
    assert_eq!(names_in(&folder.path().join("swarmbound-findings")), ["causality.toml"]);
}

/// A canary as an engine.
fn canary(name: &str) -> String {
    format!("{} canary {name} --persistent", env!("CARGO_BIN_EXE_swarmbound"))
}

#[test]
fn to_keep_going_is_to_judge_everything_and_to_keep_each_finding_once() {
    let folder = folder();
    let arguments = ["--persistent", "--cases", "12", "--shrink", "0s", "--save", "found"];
    let one = json(&folder, &canary("capacities_doubled"), &arguments).1;
    assert_eq!(one["findings"].as_array().unwrap().len(), 1);
    let all = [&arguments[..], &["--keep-going"]].concat();
    for _ in 0..2 {
        let (code, document) = json(&folder, &canary("capacities_doubled"), &all);
        assert_eq!((code, &document["cases"]), (1, &Value::from(12)));
        let findings = document["findings"].as_array().unwrap();
        let names = |field: &str| -> Vec<String> {
            let values = findings.iter().map(|it| it[field].as_str().unwrap().to_owned());
            values.collect()
        };
        let properties = names("property");
        assert!(properties.iter().any(|name| name == "uplink_capacity"), "{properties:?}");
        assert!(properties.iter().any(|name| name == "downlink_capacity"), "{properties:?}");
        let mut files: Vec<String> = properties.iter().map(|it| format!("{it}.toml")).collect();
        files.sort();
        assert_eq!(names_in(&folder.path().join("found")), files);
        let tallies = document["properties"].as_array().unwrap();
        for tally in tallies {
            let count = |field: &str| tally[field].as_u64().unwrap();
            let sum = count("holds") + count("skipped") + count("unknown") + count("violated");
            assert_eq!(sum, 12, "every case is judged: {tally}");
            let found = properties.iter().any(|name| *name == tally["name"]);
            assert_eq!(found, count("violated") != 0, "{tally}");
        }
    }
}

#[test]
fn what_no_log_could_show_is_not_judged() {
    let folder = folder();
    let said = suite(&folder, &example("swarm.py"), &["--persistent", "--cases", "8"]);
    assert_eq!(said.code, 0, "{}", said.out);
    let line = "not judged: the log has no such events (neighbors, choking)\n";
    assert!(said.out.contains(line), "{}", said.out);
    assert!(!said.out.contains("skipped"), "{}", said.out);
    let said = suite(&folder, &canary("control"), &["--persistent", "--cases", "8"]);
    assert!(said.out.contains("\nchoking "), "its log has such events: {}", said.out);
    assert!(!said.out.contains("no such events"), "{}", said.out);
}

/// The engine keeps what it is handed.
#[test]
fn a_scope_limits_what_is_generated() {
    let folder = folder();
    let engine = format!("tee -a got.jsonl | {}", canary("control"));
    let scope = "peers=2,chunks=3,churn=none,barter=none,latency=none,burst=7KiB,multi_source=true";
    suite(&folder, &engine, &["--cases", "30", "--scope", scope, "--shrink", "0s"]);
    let got = fs::read_to_string(folder.path().join("got.jsonl")).unwrap();
    let mut scenarios = 0;
    for line in got.lines().filter(|line| !line.is_empty()) {
        let got: Value = serde_json::from_str(line).unwrap();
        let peers = got["peers"].as_array().unwrap();
        assert!(peers.len() <= 2 && got["network"]["latency_ns"] == 0, "{got}");
        assert!(
            got["file"]["bytes"].as_u64() <= got["file"]["chunk_bytes"].as_u64().map(|c| 3 * c)
        );
        assert!(peers.iter().all(|peer| peer["joins_ns"] == 0 && peer["latency_ns"].is_null()));
        assert_eq!(got["source"]["leaves"]["never"], true);
        assert_eq!(got["network"]["burst_bytes"], 7 << 10);
        assert_eq!(got["discipline"]["multi_source"], true);
        scenarios += 1;
    }
    assert!(30 <= scenarios, "{scenarios}");
}

/// An engine that fails at once, and from then on never ends.
const FAILS_THEN_HANGS: &str = "mkdir begun 2>/dev/null && exit 3; exec sleep 1000";

#[test]
fn the_time_for_smaller_scenarios_counts_for_runs_that_hang() {
    let folder = folder();
    let said = suite(&folder, FAILS_THEN_HANGS, &["--timeout", "10 min", "--shrink", "1s"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(!said.out.contains("timed out") && !said.out.contains("interrupted"), "{}", said.out);
    assert!(said.out.contains("no smaller counterexample in 1 run"), "{}", said.out);
    assert_eq!(said.out.matches("it ended with exit code 3").count(), 2, "{}", said.out);
}

#[test]
fn an_interrupted_search_for_a_smaller_scenario_prints_what_is_known() {
    let folder = folder();
    let mut suite = Command::new(env!("CARGO_BIN_EXE_swarmbound"))
        .args(["suite", "--engine", FAILS_THEN_HANGS, "--timeout", "10 min", "--shrink", "10 min"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(suite.stdout.take().unwrap());
    let mut first = String::new();
    while !first.contains("saved as") {
        assert_ne!(out.read_line(&mut first).unwrap(), 0, "{first}");
    }
    assert!(first.starts_with("runs_to_its_end violated in case 0: it ended with exit code 3"));
    let saved = folder.path().join("swarmbound-findings/runs_to_its_end.toml");
    assert!(fs::read_to_string(saved).unwrap().starts_with("# it ended with exit code 3"));
    let pid = suite.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(suite.wait().unwrap().code(), Some(1), "{rest}");
    let last = "repeat it: swarmbound suite --engine 'mkdir begun 2>/dev/null && exit 3; exec \
                sleep 1000' --timeout '10 min' --scenario \
                swarmbound-findings/runs_to_its_end.toml\n";
    assert!(rest.ends_with(last), "{rest}");
}

#[test]
fn a_ci_server_reads_test_cases() {
    let folder = folder();
    let arguments = ["--cases", "1", "--shrink", "0s", "--junit", "out.xml"];
    let left = ["--leave-out", "membership"];
    let said =
        suite(&folder, "printf '\\033[1m<&>' >&2; exit 3", &[&arguments[..], &left].concat());
    assert_eq!(said.code, 1, "{}", said.err);
    let xml = fs::read_to_string(folder.path().join("out.xml")).unwrap();
    let properties = swarmbound::suite::ALL.len() - 1;
    assert_eq!(xml.matches("<testcase name=").count(), properties, "no `poll`: {xml}");
    assert_eq!(xml.matches("<failure message=\"it ended with exit code 3").count(), 1, "{xml}");
    assert_eq!(xml.matches("<skipped message=").count(), properties - 1, "{xml}");
    assert!(xml.contains("<skipped message=\"left out\""), "{xml}");
    assert!(xml.contains("&lt;&amp;") && !xml.contains('\u{1b}'), "{xml}");
    assert!(xml.contains("\nrepeat it: swarmbound suite --engine "), "{xml}");
    let said =
        suite(&folder, &canary("control"), &["--persistent", "--cases", "2", "--junit", "a/b"]);
    assert_eq!(said.code, 2, "{}", said.out);
    assert!(said.err.contains("no such folder"), "{}", said.err);
}

#[test]
fn the_document_says_everything() {
    let folder = folder();
    let engine = "echo why >&2; exit 3";
    let (code, document) = json(&folder, engine, &["--cases", "2", "--leave-out", "membership"]);
    assert_eq!(code, 1);
    assert_eq!(
        fields(&document),
        [
            "cases",
            "command",
            "complete_runs",
            "engine",
            "findings",
            "format",
            "left_out",
            "mean_ratio_thousandths",
            "properties",
            "scenario",
            "seed",
            "unknown",
            "verdict"
        ]
    );
    assert_eq!(document["left_out"], serde_json::json!(["membership"]));
    let properties = document["properties"].as_array().unwrap();
    assert!(properties.iter().all(|property| property["name"] != "membership"));
    let finding = &document["findings"][0];
    assert_eq!(
        fields(finding),
        [
            "case",
            "explanation",
            "property",
            "repeat",
            "resolved",
            "saved",
            "scenario",
            "shrinks",
            "special",
            "witness"
        ]
    );
    assert_eq!(finding["saved"], "swarmbound-findings/runs_to_its_end.toml");
    let explanation = finding["explanation"].as_str().unwrap();
    assert!(explanation.contains("exit code 3") && explanation.ends_with("\n    why"));
    let repeat = "swarmbound suite --engine 'echo why >&2; exit 3' --leave-out membership \
                  --scenario swarmbound-findings/runs_to_its_end.toml";
    assert_eq!(finding["repeat"], repeat);
}

/// The engine keeps what it is handed: what was allowed stands in it.
#[test]
fn what_an_engine_may_do_is_told_to_it() {
    let folder = folder();
    let allowed = "[discipline]\ncut_through = true\n[network]\nburst = \"7 KiB\"\n";
    fs::write(folder.path().join("may.toml"), allowed).unwrap();
    suite(&folder, "cat > got.json; exit 1", &["--cases", "1", "--discipline", "may.toml"]);
    let got = fs::read_to_string(folder.path().join("got.json")).unwrap();
    let got: Value = serde_json::from_str(&got).unwrap();
    assert_eq!(got["discipline"]["cut_through"], true);
    assert_eq!(got["discipline"]["coded"], false);
    assert_eq!(got["network"]["burst_bytes"], 7 << 10);
    assert!(got["peers"].as_array().unwrap().iter().all(|peer| peer.get("burst_bytes").is_none()));
}

#[test]
fn wrong_use_is_refused() {
    let folder = folder();
    fs::write(folder.path().join("a.toml"), "[network]\nlatency = \"1 s\"\n").unwrap();
    fs::write(folder.path().join("b.toml"), "[discipline]\ncut_through = 3\n").unwrap();
    let cases: &[(&str, &[&str], &str)] = &[
        ("/no/such/engine", &[], "127"),
        ("/dev/null", &[], "126"),
        ("true", &["--properties", "speed"], "`speed` is no property; write one of runs_to_its"),
        ("true", &["--timeout", "0 s"], "a time above 0 s, at most a day"),
        ("true", &["--timeout", "2 days"], "a time above 0 s, at most a day"),
        ("true", &["--timeout", "10"], "no unit"),
        ("true", &["--cases", "0"], "0"),
        ("true", &["--scenario", "nowhere.toml"], "no such file"),
        ("true", &["--discipline", "nowhere.toml"], "no such file"),
        ("true", &["--discipline", "a.toml"], "a.toml:2:11: network.latency: says more than"),
        ("true", &["--discipline", "small.toml"], "small.toml:1:8: name: says more than"),
        ("true", &["--discipline", "b.toml"], "b.toml:2:15: discipline.cut_through"),
        ("true", &["--scenario", "figure", "--discipline", "b.toml"], "cannot be used with"),
        ("true", &["--scenario", "figure", "--shrink", "1s"], "cannot be used with"),
        ("true", &["--scenario", "figure", "--scope", "peers=1"], "cannot be used with"),
        ("true", &["--scope", "speed=3"], "`speed=3` is no field; write, with commas"),
        ("true", &["--scope", "peers=3,churn=some"], "`churn=some`: write churn=any|none"),
        ("true", &["--canaries"], "cannot be used with"),
    ];
    for (engine, arguments, hint) in cases {
        let said = suite(&folder, engine, arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{engine} {arguments:?}: {}", said.err);
        assert!(said.err.contains(hint), "{engine} {arguments:?}: {}", said.err);
    }
    assert_eq!(names(&folder), ["a.toml", "b.toml", "small.toml"], "nothing was found");
    for arguments in [&["suite"][..], &["suite", "--persistent"]] {
        let said = crate::swarmbound(arguments);
        assert_eq!(said.code, 2);
        assert!(said.err.contains("--engine"), "{}", said.err);
    }
}

/// Half a gigabyte of addresses is all that the suite gets here; who needs more is ended by it.
#[test]
fn hostile_engines_are_findings_in_bounded_time_and_memory() {
    let folder = folder();
    let event = r#"{"event":"join","t":0,"node":1}"#;
    let all_peers =
        format!(r#"{{"event":"announce","t":0,"node":1,"peers":[{}1]}}"#, "1,".repeat(3000));
    fs::write(folder.path().join("all_peers"), all_peers).unwrap();
    let stranger = event.replace("\"node\":1", "\"node\":9");
    let peers = r#"s/"id":3/"id":4/; s/"peers":\[/&{"id":3,"upload_bps":0,"download_bps":null},/"#;
    let cases = [
        (format!("yes '{event}' | head -c 10000000000"), "60 s", "it printed more than 103072"),
        (
            "yes \"$(cat all_peers)\" | head -c 10000000000".to_owned(),
            "60 s",
            "it printed more than 1",
        ),
        (
            "head -c 10000000000 /dev/zero | tr '\\0' x".to_owned(),
            "60 s",
            "it printed a line of more than ",
        ),
        ("yes".to_owned(), "60 s", "in its output, line 1: "),
        ("head -c 1000000 /dev/urandom".to_owned(), "60 s", "in its output, line "),
        ("exec sleep 100".to_owned(), "1 s", "it had not ended its answer after 1s"),
        ("exec <&-; exec sleep 100".to_owned(), "1 s", "it had not ended its answer after 1s"),
        ("yes woe >&2".to_owned(), "1 s", "it had not ended its answer after 1s"),
        ("exit 137".to_owned(), "60 s", "it ended with exit code 137"),
        ("kill -9 $$".to_owned(), "60 s", "it was ended by signal 9 (KILL)"),
        (format!("sed '{peers}'"), "60 s", "peers: the header is of another scenario"),
        (format!("echo '{stranger}'"), "60 s", "the header knows no node 9"),
    ];
    for (engine, timeout, words) in cases {
        let mut shell = Command::new("sh");
        let limited = "ulimit -v 500000; exec \"$0\" suite --engine \"$1\" --timeout \"$2\" \
                       --scenario small.toml";
        shell.args(["-c", limited, env!("CARGO_BIN_EXE_swarmbound"), &engine, timeout]);
        shell.current_dir(folder.path());
        let Said { code, out, err } = said(shell);
        assert_eq!((code, err.as_str()), (1, ""), "{engine}: {out}");
        let out = out.replace("\n  ", " ").replace('\u{a0}', "");
        assert!(out.contains("runs_to_its_end violated: i"), "{engine}: {out}");
        assert!(out.contains(words), "{engine}, {words}: {out}");
    }
}

/// A fifo ends when all who have it open for writing are dead; who survives the suite says so.
#[test]
fn an_interrupted_suite_leaves_no_engine_behind() {
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let folder = folder();
        let fifo = folder.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let engine = "exec 3>fifo; echo begun >&3; (sleep 20; echo alive >&3) & exec sleep 100";
        let mut suite = Command::new(env!("CARGO_BIN_EXE_swarmbound"))
            .args(["suite", "--engine", engine, "--timeout", "60 s"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut words = fs::File::open(fifo).unwrap();
        let mut begun = [0; 6];
        words.read_exact(&mut begun).unwrap();
        assert_eq!(&begun, b"begun\n");
        let pid = suite.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        assert_eq!(suite.wait().unwrap().signal(), Some(number));
        let mut last = String::new();
        words.read_to_string(&mut last).unwrap();
        assert_eq!(last, "", "{signal}");
    }
}
