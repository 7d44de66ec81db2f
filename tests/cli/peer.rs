//! `--peer CMD`: the example peers, their twins with a bug, naive ones, and hostile programs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::schema::is_report;
use crate::{SMALL, Said};

/// A peer of the examples, as a command. A machine without its language fails here, and says so.
fn example(name: &str) -> String {
    let language = if name.ends_with(".js") { "node" } else { "python3" };
    let version = Command::new(language).arg("--version").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "{language} is missing: install it, example peers are written in its language"
    );
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/peers");
    format!("{language} {}", peers.join(name).display())
}

/// A command with this peer, run in `folder`.
fn with_peer(folder: &TempDir, command: &[&str], peer: &str, arguments: &[&str]) -> Said {
    let mut process = Command::new(env!("CARGO_BIN_EXE_swarmbound"));
    process.args(command).args(["--peer", peer]).args(arguments).current_dir(folder.path());
    // Python would write beside the examples what it has compiled.
    process.env("RUST_BACKTRACE", "0").env("PYTHONDONTWRITEBYTECODE", "1");
    let output = process.stdin(Stdio::null()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!err.contains("panicked"), "{err}");
    let out = String::from_utf8(output.stdout).unwrap();
    Said { code: output.status.code().unwrap(), out, err }
}

fn document(said: &Said) -> Value {
    let document = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
    is_report(&document);
    document
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), SMALL).unwrap();
    folder
}

#[test]
fn every_example_peer_keeps_every_property() {
    let folder = folder();
    for name in ["minimal.py", "minimal.js", "rarest.py", "rarest.js", "full.py", "full.js"] {
        let arguments = ["--cases", "12", "--timeout", "60s", "--json"];
        let said = with_peer(&folder, &["suite"], &example(name), &arguments);
        let document = document(&said);
        assert_eq!(said.code, 0, "{name}: {document}");
        let properties = document["properties"].as_array().unwrap();
        let seeded = properties.iter().find(|p| p["name"] == "same_seed_same_trace").unwrap();
        assert_eq!(seeded["holds"], 12, "{name}: {document}");
    }
}

#[test]
fn every_twin_is_caught_and_shrunk() {
    let folder = folder();
    let twins = [
        "minimal_false_offer.py",
        "minimal_off_by_one.js",
        "rarest_never_chokes.py",
        "rarest_serves_the_choked.js",
        "full_no_bitfield.py",
        "full_lends_too_much.js",
    ];
    for name in twins {
        let arguments = ["--timeout", "60s", "--shrink", "60s", "--json"];
        let said = with_peer(&folder, &["suite"], &example(name), &arguments);
        let document = document(&said);
        assert_eq!(said.code, 1, "{name}: {document}");
        let scenario = &document["findings"][0]["resolved"];
        let peers = scenario["peers"].as_array().unwrap().len();
        let file = &scenario["file"];
        let [bytes, chunk] = ["bytes", "chunk_bytes"].map(|name| file[name].as_u64().unwrap());
        assert!(peers <= 3 && bytes.div_ceil(chunk) <= 3, "{name}: {scenario}");
    }
}

#[test]
fn a_case_is_repeated_by_its_number() {
    let folder = folder();
    let peer = example("full_no_bitfield.py");
    let arguments = ["--timeout", "60s", "--shrink", "0s", "--json"];
    let all = document(&with_peer(&folder, &["suite"], &peer, &arguments));
    let case = all["findings"][0]["case"].to_string();
    let arguments = [&["--case", &case][..], &arguments].concat();
    let only = document(&with_peer(&folder, &["suite"], &peer, &arguments));
    assert_eq!(only["cases"], 1, "{only}");
    assert_eq!(only["findings"], all["findings"]);
}

#[test]
fn a_run_has_its_trace_and_its_lines() {
    let folder = folder();
    let arguments = ["--trace", "trace.jsonl", "--log", "lines.txt", "--json"];
    let peer = example("full.py");
    let said = with_peer(&folder, &["run", "small.toml"], &peer, &arguments);
    let run = document(&said);
    assert_eq!(said.code, 0, "{run}");
    let trace = fs::read(folder.path().join("trace.jsonl")).unwrap();
    let lines = fs::read_to_string(folder.path().join("lines.txt")).unwrap();
    assert!(lines.lines().all(|line| line.starts_with("> {") || line.starts_with("< {")));
    let again = with_peer(&folder, &["run", "small.toml"], &peer, &arguments);
    assert_eq!(again.out, said.out);
    assert_eq!(fs::read(folder.path().join("trace.jsonl")).unwrap(), trace);
    assert_eq!(fs::read_to_string(folder.path().join("lines.txt")).unwrap(), lines);
    let each = with_peer(&folder, &["run", "small.toml"], &peer, &["--per-node", "--json"]);
    assert_eq!(each.code, 0, "{}", each.err);
}

#[test]
fn a_peer_that_cannot_begin_is_an_error_of_the_command() {
    let folder = folder();
    let cases = [
        ("no-such-command-at-all", "found no such command"),
        ("echo welcome", "print everything else on standard error"),
        ("echo '{\"swarmbound\":7}'", "only version 1 is known"),
        ("exit 4", "exit code 4"),
        ("sleep 100", "flush"),
    ];
    for command in [&["suite"][..], &["run", "small.toml"], &["challenge"]] {
        for (peer, words) in cases {
            let said = with_peer(&folder, command, peer, &["--timeout", "500ms"]);
            assert_eq!((said.code, said.out.as_str()), (2, ""), "{command:?} {peer}: {}", said.err);
            let one_line = said.err.replace('\n', " ");
            assert!(one_line.contains(words), "{command:?} {peer}: {}", said.err);
        }
    }
}

#[test]
fn naive_peers_fail_the_step_that_is_made_for_them() {
    let folder = folder();
    let variants = [
        ("source_alone.py", 2, "only the source sends"),
        ("ties_by_index.py", 3, ""),
        ("no_bitfield.py", 4, "bitfield"),
        ("waits_for_the_dead.py", 5, "crashes is never reported"),
        ("no_tit_for_tat.py", 6, "free riders get"),
        ("in_order.py", 3, "in the order of their numbers"),
        ("random_chunk.py", 3, ""),
    ];
    for (name, step, words) in variants {
        let step_text = step.to_string();
        let command = ["challenge", &step_text];
        let peer = example(&format!("naive/{name}"));
        let said = with_peer(&folder, &command, &peer, &["--timeout", "60s", "--json"]);
        let document = document(&said);
        assert_eq!(said.code, 1, "{name} passes step {step}: {document}");
        let hint = document["steps"][0]["hint"].as_str().unwrap();
        assert!(hint.contains(words), "{name}: {hint}");
    }
}
