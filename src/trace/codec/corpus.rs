//! The fixed corpus of the fuzz targets in `fuzz/`, each file through its reader: what is read
//! writes back and reads the same, whatever the file holds.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Decoder, read_trace, write_trace};
use crate::scenario::{Scenario, read_toml};

/// The files of one corpus; there are both good and bad ones.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Reads every file with `read`, which says whether there was something to read.
fn each(name: &str, read: impl Fn(&Path, &[u8]) -> bool) {
    let files = corpus(name);
    let good = files.iter().filter(|(path, bytes)| read(path, bytes)).count();
    assert!(2 <= good && good < files.len(), "{good} of {} files of {name} are good", files.len());
}

#[test]
fn scenarios_are_read_as_they_are_written() {
    let same = |path: &Path, scenario: &Scenario| {
        let toml = read_toml("corpus.toml", &scenario.to_toml(), None);
        assert_eq!(toml.as_ref(), Ok(scenario), "{}", path.display());
        let json = Scenario::from_json(&scenario.to_json());
        assert_eq!(json.as_ref(), Ok(scenario), "{}", path.display());
    };
    each("toml", |path, bytes| {
        let text = String::from_utf8_lossy(bytes);
        read_toml("corpus.toml", &text, None).is_ok_and(|scenario| {
            same(path, &scenario);
            true
        })
    });
    each("json", |path, bytes| {
        let text = String::from_utf8_lossy(bytes);
        Scenario::from_json(&text).is_ok_and(|scenario| {
            same(path, &scenario);
            true
        })
    });
}

#[test]
fn traces_are_read_as_they_are_written() {
    each("trace", |path, bytes| {
        let Ok(trace) = read_trace(bytes) else { return false };
        let mut written = Vec::new();
        write_trace(&mut written, &trace).unwrap();
        assert_eq!(read_trace(&written[..]).unwrap(), trace, "{}", path.display());
        let mut decoder = Decoder::new(&trace.header.scenario);
        for line in written.split(|&byte| byte == b'\n') {
            decoder.read(line).unwrap();
        }
        true
    });
}
