//! Another package that writes `suite!` for its own engine: built in a folder of its own against
//! this one, with what is built already.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use swarmbound::suite::ALL;
use tempfile::TempDir;

/// Where a package keeps the seeds of failures.
const REGRESSIONS: &str = "proptest-regressions/suite.txt";

const MANIFEST: &str = r#"[package]
name = "downstream"
version = "0.0.0"
edition = "2024"

[dependencies]
swarmbound = { path = "ROOT", default-features = false, features = ["suite"] }

[features]
misspelled = []

[workspace]

[profile.dev.package."*"]
opt-level = 2

[profile.dev.package.swarmbound]
opt-level = 0
debug = false
"#;

/// A lawful engine and one that serves one neighbor too many; properties are left out of suites of
/// the first.
const LIBRARY: &str = r#"
use swarmbound::choose::Choose;
use swarmbound::chunks::{ChunkSet, Manifest, PeerId};
use swarmbound::engine::{Engine, Input, NewEngine, Output, Role, Settings};
use swarmbound::swarm::{Message, Peer};

#[derive(Debug)]
pub struct Generous(Peer);

impl Engine for Generous {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        self.0.handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.0.poll()
    }

    fn have(&self) -> &ChunkSet {
        self.0.have()
    }
}

impl NewEngine for Generous {
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let mut settings = settings.clone();
        settings.protocol.unchoke_slots += 1;
        if me == PeerId(0) {
            println!("a run begins");
        }
        Generous(Peer::new(me, manifest, role, &settings))
    }
}

#[cfg(test)]
mod lawful {
    swarmbound::suite! {
        engine: swarmbound::swarm::Peer,
        cases: 4,
        scope: { peers: 6, chunks: 6, churn: Churn::None },
        leave_out: [distribution_time_respects_warm_up],
    }
}

#[cfg(test)]
mod generous {
    swarmbound::suite! { engine: crate::Generous, tracker: swarmbound::swarm::Tracker, cases: 32 }
}

#[cfg(feature = "misspelled")]
mod misspelled {
    swarmbound::suite! { engine: crate::Generous, leave_out: [chocking] }
}
"#;

/// A suite without one property.
fn without(property: &str) -> String {
    format!(
        "#[cfg(test)]\nmod without_{property} {{\n    swarmbound::suite! {{\n        engine: \
         swarmbound::swarm::Peer,\n        leave_out: [{property}],\n    }}\n}}\n"
    )
}

/// The package, in a folder of its own.
fn package() -> TempDir {
    let package = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = MANIFEST.replace("ROOT", &root.display().to_string().replace('\\', "/"));
    fs::write(package.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    fs::create_dir(package.path().join("src")).unwrap();
    let each: String = ALL.iter().map(|property| without(property.name)).collect();
    fs::write(package.path().join("src/lib.rs"), LIBRARY.to_owned() + &each).unwrap();
    package
}

/// Cargo in the package, with proptest's settings of these tests only.
fn cargo(package: &Path, arguments: &[&str]) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_swarmbound"));
    let target = binary.parent().and_then(Path::parent).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    // Before what goes to the tests themselves, behind `--`.
    let (command, rest) = arguments.split_first().unwrap();
    cargo.arg(command).args(["--offline", "--lib"]).args(rest).current_dir(package);
    cargo.env("CARGO_TARGET_DIR", target).env("RUST_BACKTRACE", "0");
    cargo
}

/// What a command prints on standard output and standard error, and whether it succeeds.
fn said(mut command: Command) -> (bool, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn assert_lawful(package: &Path) {
    let (passed, out, err) = said(cargo(package, &["test", "lawful::"]));
    assert!(passed, "{out}\n{err}");
    assert!(out.contains("test lawful::membership ... ok"), "{out}");
    let left_out = "test lawful::left_out::distribution_time_respects_warm_up ... ok";
    assert!(out.contains(left_out), "{out}");
    assert!(!package.join(REGRESSIONS).exists(), "nothing failed");
}

/// Each of the suites that leave out one property has the tests of all others.
fn assert_each_can_be_left_out(package: &Path) {
    let (passed, out, err) = said(cargo(package, &["test", "without_", "--", "--list"]));
    assert!(passed, "{out}\n{err}");
    for left in ALL {
        let names = ALL.iter().map(|property| match property.name == left.name {
            true => format!("without_{}::left_out::{}: test", left.name, left.name),
            false => format!("without_{}::{}: test", left.name, property.name),
        });
        let head = format!("without_{}::", left.name);
        let listed: BTreeSet<&str> = out.lines().filter(|line| line.starts_with(&head)).collect();
        let names: BTreeSet<String> = names.collect();
        assert!(listed.iter().copied().eq(names.iter().map(String::as_str)), "{}", left.name);
    }
}

fn assert_unknown_names_do_not_compile(package: &Path) {
    let (passed, _, err) = said(cargo(package, &["check", "--tests", "--features", "misspelled"]));
    assert!(!passed, "{err}");
    assert!(err.contains("`chocking` is no property; leave_out takes runs_to_its_end "), "{err}");
}

/// The settings that proptest reads from the environment are kept, and regressions stand in the
/// package as the run finds it.
fn assert_conventions(package: &Path) {
    let elsewhere = tempfile::tempdir().unwrap();
    let build = cargo(package, &["test", "--no-run", "--message-format=json"]);
    let (built, out, err) = said(build);
    assert!(built, "{err}");
    let messages = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut binaries = messages.filter_map(|message| {
        let downstream = message["target"]["name"] == "downstream";
        message["executable"].as_str().filter(|_| downstream).map(str::to_owned)
    });
    let binary = binaries.next().unwrap();
    let run = |settings: &[(&str, &str)]| {
        let mut command = Command::new(&binary);
        command.args(["generous::choking", "--nocapture"]).current_dir(elsewhere.path());
        command.env("CARGO_MANIFEST_DIR", elsewhere.path()).env("RUST_BACKTRACE", "0");
        command.envs(settings.iter().copied());
        said(command)
    };
    let regressions = elsewhere.path().join(REGRESSIONS);
    let (passed, ..) = run(&[("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1")]);
    assert!(!passed && !regressions.exists(), "no regressions are wanted");
    let (_, out, _) = run(&[("PROPTEST_MAX_SHRINK_ITERS", "3")]);
    let (_, more, _) = run(&[("PROPTEST_MAX_SHRINK_ITERS", "30")]);
    let runs = |out: &str| out.matches("a run begins").count();
    assert!(runs(&out) < runs(&more), "{} and {}", runs(&out), runs(&more));
    let kept = fs::read_to_string(&regressions).unwrap();
    assert!(kept.contains("cc "), "the seed is kept: {kept}");
    fs::remove_file(&regressions).unwrap();
    let (passed, out, _) = run(&[("PROPTEST_CASES", "1")]);
    assert!(passed, "one case shows nothing: {out}");
    assert_eq!(runs(&out), 1, "{out}");
    assert!(!package.join(REGRESSIONS).exists(), "the package is elsewhere");
}

fn assert_generous(package: &Path) {
    let (passed, out, _) = said(cargo(package, &["test", "generous::"]));
    assert!(!passed, "{out}");
    assert!(out.contains("test generous::choking ... FAILED"), "{out}");
    assert!(out.contains("test generous::membership ... ok"), "{out}");
    assert!(out.contains("choking does not hold: "), "{out}");
    assert!(out.contains("to repeat it: cargo test generous::choking"), "{out}");
    assert!(fs::read_to_string(package.join(REGRESSIONS)).unwrap().contains("cc "), "{out}");
}

/// One test, since all wait for one build.
#[test]
fn a_suite_works_in_another_package() {
    let package = package();
    assert_lawful(package.path());
    assert_each_can_be_left_out(package.path());
    assert_unknown_names_do_not_compile(package.path());
    assert_conventions(package.path());
    assert_generous(package.path());
}
