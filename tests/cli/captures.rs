//! `swarmbound import`, and the audit of what it writes.

use crate::schema::is_trace;
use crate::{Said, swarmbound};

const PEERS: [&str; 3] = ["10.77.0.2", "10.77.0.3", "10.77.0.4"];

/// The command for a capture with what was declared of its links.
fn import(name: &str, more: &[&str]) -> Said {
    let (capture, torrent) =
        (format!("tests/captures/{name}"), "tests/captures/lt-hub.torrent".to_owned());
    let mut words = vec!["import".to_owned(), capture, "--torrent".to_owned(), torrent];
    words.extend(["--capacity", "10.77.0.1=4194304 bit/s"].map(str::to_owned));
    for peer in PEERS {
        words.push("--capacity".to_owned());
        words.push(format!("{peer}=2097152 bit/s/16777216 bit/s"));
    }
    words.extend(more.iter().map(|&word| word.to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    swarmbound(&words)
}

#[test]
fn a_capture_becomes_a_trace_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.jsonl");
    let path = path.to_str().unwrap();
    let burst = ["--burst", "40000 B", "--complete"];
    let Said { code, out, err } = import("lt-hub.pcap.gz", &[&burst[..], &["-o", path]].concat());
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let words = err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("220 blocks, of which 28 had come before"), "{err}");
    let Said { code, out, .. } = swarmbound(&["audit", path]);
    assert_eq!(code, 0, "{out}");
    let text = std::fs::read_to_string(path).unwrap();
    is_trace(&text);
    assert_eq!(import("lt-hub.pcap.gz", &burst).out, text, "the same bytes on standard output");
}

#[test]
fn what_is_wrong_says_what_to_write() {
    let rows: [(&str, &[&str], &str); 4] = [
        ("lt-hub.torrent", &[], "write the path of a pcap or pcapng file"),
        ("missing.pcap", &[], "missing.pcap"),
        ("lt-hub.pcap.gz", &["--capacity", "10.0.0.1"], "write ADDR=UP"),
        ("lt-hub.pcap.gz", &["--capacity", "10.0.0.1=5"], "bit/s"),
    ];
    for (name, more, said) in rows {
        let Said { code, err, .. } = import(name, more);
        assert_eq!(code, 2, "{name} {more:?}: {err}");
        assert!(err.contains(said), "{name} {more:?}: {err}");
    }
}
