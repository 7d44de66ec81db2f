//! `swarmbound suite --engine`: engines that are lawful, subtly wrong, and hostile.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::{SMALL, Said, fields};

/// An engine of the examples, as a command. A machine without python3 fails here, and says why.
fn example(name: &str) -> String {
    let version = Command::new("python3").arg("--version").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "python3 is missing: install it, the example engines are written in it"
    );
    let engines = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/engines");
    format!("python3 {}", engines.join(name).display())
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
    (code, serde_json::from_str(&out).unwrap())
}

/// A folder with a small scenario in it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), SMALL).unwrap();
    folder
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
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
        // Where the calm is too short for any engine, nobody is judged by it.
        let skipped = held(name)["skipped"].as_u64().filter(|_| name == "completes_when_calm");
        let judged = held(name)["holds"].as_u64().unwrap() + skipped.unwrap_or(0);
        assert_eq!(judged, 60, "{name}: {document}");
        assert!(30 < held(name)["holds"].as_u64().unwrap(), "{name}: {document}");
    }
    let said = suite(&folder, &engine, &["--cases", "2"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let last = said.out.lines().last().unwrap();
    assert_eq!(last, "holds: the engine keeps every property in 2 scenarios of seed 1.");
    let (code, document) = json(&folder, &engine, &["--cases", "3", "--seed", "7"]);
    assert_eq!(code, 0, "one process a scenario: {document}");
    assert_eq!(document["cases"], 3);
    assert_eq!(document["finding"], Value::Null);
    assert_eq!(names(&folder), ["small.toml"], "nothing is saved without a finding");
}

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
    assert!(said.out.contains("saved as causality.toml"), "{}", said.out);
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
    let finding = &document["finding"];
    assert_eq!(finding["property"], "causality");
    assert_eq!(finding["witness"]["kind"], "acausal", "{finding}");
    assert_eq!(document["cases"], 1);
    let peers = finding["scenario"]["peers"].as_array().unwrap();
    let file = &finding["scenario"]["file"];
    let chunks = file["bytes"].as_u64().unwrap().div_ceil(file["chunk_bytes"].as_u64().unwrap());
    assert!(peers.len() <= 4 && chunks <= 4, "{finding}");
    assert!(
        peers.iter().any(|peer| peer.get("latency_ns").is_some_and(|it| it != 0))
            || finding["scenario"]["network"]["latency_ns"] != 0,
        "the bug needs latency: {finding}"
    );
    assert_eq!(again(), (code, document), "the same again");
    assert_eq!(names(&folder), ["causality.toml", "small.toml"]);
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let (folder, mine) = (folder(), "mine\n");
    let there = folder.path().join("runs_to_its_end.toml");
    fs::write(&there, mine).unwrap();
    for _ in 0..2 {
        let said = suite(&folder, "exit 3", &["--cases", "1"]);
        assert_eq!(said.code, 1, "{}", said.err);
        assert!(said.out.contains("saved as runs_to_its_end-2.toml"), "{}", said.out);
    }
    assert_eq!(fs::read_to_string(there).unwrap(), mine);
    assert_eq!(names(&folder), ["runs_to_its_end-2.toml", "runs_to_its_end.toml", "small.toml"]);
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
            "complete_runs",
            "engine",
            "finding",
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
    let finding = &document["finding"];
    assert_eq!(
        fields(finding),
        ["case", "explanation", "property", "repeat", "saved", "scenario", "shrinks", "witness"]
    );
    assert_eq!(finding["saved"], "runs_to_its_end.toml");
    let explanation = finding["explanation"].as_str().unwrap();
    assert!(explanation.contains("exit code 3") && explanation.ends_with("\n    why"));
    let repeat = "swarmbound suite --engine 'echo why >&2; exit 3' --leave-out membership \
                  --scenario runs_to_its_end.toml";
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
    let everybody =
        format!(r#"{{"event":"announce","t":0,"node":1,"peers":[{}1]}}"#, "1,".repeat(3000));
    fs::write(folder.path().join("everybody"), everybody).unwrap();
    let stranger = event.replace("\"node\":1", "\"node\":9");
    let peers = r#"s/"id":3/"id":4/; s/"peers":\[/&{"id":3,"upload_bps":0,"download_bps":null},/"#;
    let cases = [
        (format!("yes '{event}' | head -c 10000000000"), "60 s", "it printed more than 103072"),
        (
            "yes \"$(cat everybody)\" | head -c 10000000000".to_owned(),
            "60 s",
            "it printed more than 1",
        ),
        (
            "head -c 10000000000 /dev/zero | tr '\\0' x".to_owned(),
            "60 s",
            "it printed a line of more than ",
        ),
        ("yes".to_owned(), "60 s", "in its output, line 1: "),
        ("head -c 1000000 /dev/urandom".to_owned(), "60 s", "it "),
        ("exec sleep 100".to_owned(), "1 s", "it had not ended its answer after 1s"),
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
        let out = out.replace("\n  ", " ");
        assert!(out.contains("runs_to_its_end violated: i"), "{engine}: {out}");
        assert!(out.contains(words), "{engine}, {words}: {out}");
    }
}

/// A fifo ends when all who have it open for writing are dead; who survives the suite says so.
#[test]
fn an_interrupted_suite_leaves_nobody_behind() {
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
