//! Runs of which every byte is known: a change that is to change no run changes none of these.

use std::fs;

use super::swarmbound;

/// FNV-1a of 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(1 << 40 | 0x1b3)
    })
}

/// The traces of two presets whose peers start with nothing and want everything, as they were
/// before a scenario could say anything else.
#[test]
fn to_hold_nothing_and_want_everything_changes_no_run() {
    for (preset, swarm, client_server) in [
        ("churn", 0x7c25_8380_9e51_06db, 0x900a_d485_f5af_a559),
        ("free-riders", 0x55c1_4d61_0e18_dcfd, 0x9adb_779e_a78a_95ce),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["p2p", "cs"].map(|name| folder.path().join(name).display().to_string());
        let [p2p, cs] = &paths;
        swarmbound(&["run", preset, "--trace", p2p, "--trace-client-server", cs]);
        let hashes = [p2p, cs].map(|path| hash(&fs::read(path).unwrap()));
        assert_eq!(hashes, [swarm, client_server], "{preset}");
    }
}
