//! A package of somebody else that writes `suite!` for its own engine: built in a folder of its own
//! against this one, with what is built already.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = r#"[package]
name = "downstream"
version = "0.0.0"
edition = "2024"

[dependencies]
swarmbound = { path = "ROOT", default-features = false, features = ["suite"] }

[workspace]

[profile.dev.package."*"]
opt-level = 2

[profile.dev.package.swarmbound]
opt-level = 0
debug = false
"#;

/// A lawful engine and one that serves one neighbor too many; a property is left out of the suite
/// of the first.
const LIBRARY: &str = r#"
use swarmbound::choose::Choose;
use swarmbound::chunks::{ChunkSet, Manifest, PeerId};
use swarmbound::engine::{Engine, Input, Output, Role, Settings};
use swarmbound::swarm::{Message, Peer};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Generous(Peer);

impl Engine for Generous {
    type Message = Message;

    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let mut settings = settings.clone();
        settings.protocol.unchoke_slots += 1;
        Generous(Peer::new(me, manifest, role, &settings))
    }

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
"#;

/// Runs the tests of the package whose names contain `filter`.
fn cargo_test(package: &Path, filter: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_swarmbound"));
    let target = binary.parent().and_then(Path::parent).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--offline", "--lib", filter]).current_dir(package);
    cargo.env("CARGO_TARGET_DIR", target).env("RUST_BACKTRACE", "0");
    cargo.output().unwrap()
}

#[test]
fn a_suite_works_in_the_package_of_somebody_else() {
    let package = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = MANIFEST.replace("ROOT", &root.display().to_string().replace('\\', "/"));
    fs::write(package.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), package.path().join("Cargo.lock")).unwrap();
    fs::create_dir(package.path().join("src")).unwrap();
    fs::write(package.path().join("src/lib.rs"), LIBRARY).unwrap();
    let regressions = package.path().join("proptest-regressions/suite.txt");

    let lawful = cargo_test(package.path(), "lawful::");
    let out = String::from_utf8_lossy(&lawful.stdout);
    let told = || format!("{out}\n{}", String::from_utf8_lossy(&lawful.stderr));
    assert!(lawful.status.success(), "{}", told());
    assert!(out.contains("test lawful::membership ... ok"), "{out}");
    let left_out = "test lawful::left_out::distribution_time_respects_warm_up ... ok";
    assert!(out.contains(left_out), "{out}");
    assert!(!out.contains("test lawful::distribution_time_respects_warm_up"), "{out}");
    assert!(!regressions.exists(), "nothing failed");

    let generous = cargo_test(package.path(), "generous::");
    let out = String::from_utf8_lossy(&generous.stdout);
    assert!(!generous.status.success(), "{out}");
    assert!(out.contains("test generous::choking ... FAILED"), "{out}");
    assert!(out.contains("test generous::membership ... ok"), "{out}");
    assert!(out.contains("choking does not hold: "), "{out}");
    assert!(out.contains("to repeat it: cargo test generous::choking"), "{out}");
    assert!(fs::read_to_string(regressions).unwrap().contains("cc "), "the seed is kept");
}
