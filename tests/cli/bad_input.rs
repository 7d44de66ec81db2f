//! Everything that is wrong gets a sentence on standard error and exit code 2, never a panic.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::Value;

use crate::schema::is_report;
use crate::{SMALL, Said, command, swarmbound, with_input};

/// The error as a sentence, whether it is told to a person or, as a document, to a program.
pub(crate) fn sentence(err: &str) -> String {
    let Ok(document) = serde_json::from_str::<Value>(err) else { return err.to_owned() };
    is_report(&document);
    assert_eq!(
        (&document["format"], &document["exit_code"]),
        (&"swarmbound-report/1".into(), &2.into())
    );
    format!("error: {}", document["error"].as_str().unwrap())
}

/// What was said is an error about this file, at this place, with this hint.
fn refused(what: &str, said: &Said, place: &str, hint: &str) {
    let Said { code, out, err } = said;
    assert_eq!(*code, 2, "{what}: {err}");
    assert_eq!(out, "", "{what}");
    let err = &sentence(err);
    assert!(err.starts_with("error: "), "{what}: {err}");
    assert!(err.contains(place), "{what} at {place}: {err}");
    assert!(err.contains(hint), "{what}, {hint}: {err}");
    assert!(!err.contains("panicked"), "{what}: {err}");
}

#[test]
fn a_wrong_scenario_is_refused_with_its_line_and_what_to_write() {
    let wrong = [
        ("unknown field", "count = 3", "counts = 3", "x.toml:11:1: ", "count"),
        ("missing unit", "\"8 Mbit/s\"", "8", "x.toml:8:10: ", "Mbit/s"),
        ("missing unit in a text", "\"8 Mbit/s\"", "\"8\"", "x.toml:8:10: ", "Mbit/s"),
        ("negative", "\"2 Mbit/s\"", "\"-2 Mbit/s\"", "x.toml:12:10: ", "-2 Mbit/s"),
        ("overflow", "\"1 MB\"", "\"99999999999 TB\"", "x.toml:4:8: ", "99999999999 TB"),
        ("no peers", "count = 3", "count = 0", "x.toml:10:1: ", "at least one peer"),
        ("empty file", "\"1 MB\"", "\"0 B\"", "x.toml:4:8: ", "at least 1 B"),
        ("a silent source", "\"8 Mbit/s\"", "\"0 bit/s\"", "x.toml:8:10: ", "above 0"),
        (
            "departure before arrival",
            "count = 3",
            "joins = \"at 9 s\"\nleaves = \"at 3 s\"",
            "x.toml:12:10: ",
            "after the arrival",
        ),
        ("no TOML", "[file]", "[file", "x.toml:3:", "TOML"),
        ("a negative seed", "seed = 5", "seed = -5", "x.toml:16:8: ", "negative"),
        ("nothing is received", "\"20 Mbit/s\"", "\"0 bit/s\"", "x.toml:13:12: ", "above 0"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    for (what, from, to, place, hint) in wrong {
        assert!(SMALL.contains(from), "{what}");
        fs::write(&path, SMALL.replacen(from, to, 1)).unwrap();
        for command in ["run", "bounds", "curve", "plan"] {
            refused(what, &swarmbound(&[command, path.to_str().unwrap()]), place, hint);
        }
    }
}

#[test]
fn a_chunk_larger_than_the_file_is_legal() {
    let text = SMALL.replacen("64 KiB", "1 GiB", 1);
    let said = with_input(&["run", "-"], text.as_bytes());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.starts_with("small: 1 MB in 1 chunk of"), "{}", said.out);
}

#[test]
fn a_wrong_resolved_scenario_is_refused() {
    let resolved = swarmbound(&["presets", "homework", "--json"]).out;
    let wrong = [
        ("unknown field", "\"bytes\":", "\"octets\":", "octets"),
        ("another version", "{\"swarmbound\":1", "{\"swarmbound\":2", "version 2"),
        ("negative", "\"upload_bps\":30000000", "\"upload_bps\":-1", "source.upload_bps"),
        ("cut off", "\"seed\":1", "", "JSON"),
        ("no departure", "{\"never\":true}", "{}", "leaves: this says too little or too much"),
        ("two departures", "{\"never\":true}", "{\"never\":true,\"at_ns\":5}", "write {\"never\""),
        ("a null", "{\"never\":true}", "null", "write {\"never\":true}"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    for (what, from, to, hint) in wrong {
        assert!(resolved.contains(from), "{what}");
        fs::write(&path, resolved.replacen(from, to, 1)).unwrap();
        refused(what, &swarmbound(&["bounds", path.to_str().unwrap()]), "x.json:1:", hint);
    }
}

const HEADER: &str = concat!(
    r#"{"swarmbound":1,"name":"t","file":{"bytes":1000,"chunk_bytes":500},"#,
    r#""source":{"upload_bps":8000},"#,
    r#""peers":[{"id":1,"upload_bps":8000,"download_bps":null,"joins_ns":0}]}"#,
);

#[test]
fn a_wrong_trace_is_refused_with_its_line() {
    let join = r#"{"event":"join","t":0,"node":1}"#;
    let transfer = |to: &str, chunk: &str, start: &str, end: &str| {
        [
            format!(r#"{{"event":"transfer","from":0,"to":{to},"chunk":{chunk},"#),
            format!(r#""start":{start},"end":{end},"bytes":500}}"#),
        ]
        .concat()
    };
    let wrong = [
        ("cut off", join[..20].to_owned(), "cut off"),
        ("a chunk that does not exist", transfer("1", "2", "0", "9"), "chunk"),
        ("time going backwards", transfer("1", "0", "9", "3"), "end"),
        ("a peer that the header does not know", transfer("7", "0", "0", "9"), "7"),
        ("an unknown field", join.replace("node", "knot"), "knot"),
        ("a missing field", join.replace(",\"node\":1", ""), "node"),
        ("an unknown event", join.replace("join", "jump"), "jump"),
        ("a negative time", join.replace(":0", ":-1"), "t"),
        ("too many bytes", transfer("1", "0", "0", "9").replace(":500", ":501"), "bytes"),
        ("a list", r#"["join",0,1]"#.to_owned(), "write an object"),
        (
            "no outcome",
            transfer("1", "0", "0", "9").replace(":500", r#":500,"outcome":null"#),
            "outcome: this says too little or too much",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    for (what, line, hint) in wrong {
        let text = format!("{HEADER}\n{join}\n{line}");
        fs::write(&path, &text).unwrap();
        refused(what, &swarmbound(&["audit", path.to_str().unwrap()]), "x.jsonl:3:", hint);
        let said = with_input(&["audit", "-", "--json"], text.as_bytes());
        refused(what, &said, "standard input:3:", hint);
    }
    refused("no header", &with_input(&["audit", "-"], b""), "standard input:1:", "header");
    refused("an event first", &with_input(&["audit", "-"], join.as_bytes()), ":1:", "header");
}

/// Ten million bytes of a generator that is easy to repeat (Marsaglia, Xorshift RNGs, 2003).
fn noise() -> Vec<u8> {
    let mut state = 88_172_645_463_325_252u64;
    let mut bytes = Vec::with_capacity(10_000_000);
    while bytes.len() < 10_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

#[test]
fn random_bytes_are_refused_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let noise = noise();
    for name in ["noise.toml", "noise.json", "noise.jsonl", "noise"] {
        let path = folder.path().join(name);
        fs::write(&path, &noise).unwrap();
        for command in ["run", "bounds", "audit", "curve", "plan"] {
            let said = swarmbound(&[command, path.to_str().unwrap()]);
            refused(command, &said, &format!("{name}:1:"), "");
            assert!(said.err.len() < 1000, "{command} repeats the bytes: {}", said.err.len());
        }
    }
}

#[test]
fn files_that_are_not_there_or_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let missing = format!("{here}/missing.toml");
    for command in ["run", "bounds", "audit", "curve", "plan"] {
        refused(command, &swarmbound(&[command, &missing]), "missing.toml", "no such file");
        refused(command, &swarmbound(&[command, here]), here, "directory");
    }
    let nowhere = format!("{here}/no/such/folder/file");
    for option in ["--trace", "--trace-client-server"] {
        let said = swarmbound(&["run", "churn", option, &nowhere]);
        refused(option, &said, &nowhere, "no such folder");
        refused(option, &swarmbound(&["run", "churn", option, here]), here, "directory");
    }
    let svg = swarmbound(&["curve", "churn", "--peers", "1", "--svg", here]);
    refused("svg", &svg, here, "directory");
    let both = ["run", "churn", "--trace", "x", "--trace-client-server", "x"];
    refused("one file for two traces", &swarmbound(&both), "", "two different paths");
}

#[test]
fn an_unknown_preset_is_answered_with_the_known_ones() {
    for command in ["run", "bounds", "presets", "curve", "plan"] {
        let said = swarmbound(&[command, "figur"]);
        refused(command, &said, "`figur`", "did you mean `figure`?");
        assert!(said.err.contains("flash-crowd"), "{}", said.err);
    }
    refused("nothing is near", &swarmbound(&["run", "zzzzzz"]), "`zzzzzz`", "presets: figure");
    let said = swarmbound(&["presets", "zzzzzz"]);
    assert!(!said.err.contains("file"), "{}", said.err);
}

#[test]
fn wrong_arguments_are_refused() {
    let wrong = [
        &["budns"][..],
        &["run", "figure", "--sed", "3"],
        &["run", "figure", "--seed", "-3"],
        &["run", "figure", "--seed", "99999999999999999999"],
        &["run", "figure", "churn"],
        &["bounds"],
        &["audit"],
        &["curve", "--peers", "0..5"],
        &["curve", "--peers", "5..1"],
        &["curve", "--peers", "one..two"],
        &["curve", "--peers", "1..99999999999"],
        &["--json", "presets"],
    ];
    for arguments in wrong {
        refused(&format!("{arguments:?}"), &swarmbound(arguments), "", "--help");
    }
    let rows = [
        (&["run", "figure", "--seed", "x"][..], "write a whole number from 0 to 2^64 - 1"),
        (&["bounds", "figure", "--seed", "-3"], "write a whole number from 0 to"),
        (&["suite", "--control", "--seed", "99999999999999999999"], "from 0 to 2^64 - 1"),
        (&["suite", "--control", "--cases", "-3"], "write a whole number from 1 on"),
        (&["check", "churn", "--threads", "0"], "write a whole number from 1 on"),
        (&["check", "churn", "--max-states", "-1"], "write a whole number from 1 on"),
        (&["check", "churn", "--peers", "-3"], "write 1 to 7"),
        (&["curve", "--peers", "-3"], "no number from 1 to 1000000"),
    ];
    for (arguments, hint) in rows {
        refused(&format!("{arguments:?}"), &swarmbound(arguments), "", hint);
    }
    for arguments in [&["--help"][..], &["--version"], &["help", "run"], &["curve", "--help"]] {
        let Said { code, out, err } = swarmbound(arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(out.contains("swarmbound"), "{arguments:?}");
    }
}

/// Standard output is a pipe that is not read any more.
#[test]
fn a_broken_pipe_is_no_error() {
    let results = [
        (&["run", "churn", "--json"][..], 0),
        (&["presets", "kraken"], 0),
        (&["bounds", "kraken", "--json"], 0),
        (&["curve", "churn", "--peers", "1..2"], 0),
        (&["audit", "tests/traces/own-rqbit-n1.jsonl"], 1),
        (&["--help"], 0),
    ];
    for (arguments, code) in results {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(code), ""), "{arguments:?}");
    }
}

/// The reader of a trace takes some of it and goes; the run goes on to its verdict.
#[test]
#[cfg(target_os = "linux")]
fn a_trace_whose_reader_goes_is_no_error() {
    let trace = ["run", "churn", "--trace", "/dev/stdout"];
    let mut child = command(&trace).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    assert!(some.starts_with(b"{\"swarmbound\":1,"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_ne!(output.status.code(), Some(2));
}

/// The device on which every write fails, as on a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&["presets"]).stdout(full()).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("error: cannot write to standard output: "), "{err}");
    refused("trace", &swarmbound(&["run", "churn", "--trace", "/dev/full"]), "/dev/full", "cannot");
    // Where not even the error can be said, the exit code says it.
    let status = command(&["run", "nothing"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

/// A terminal must not obey what stands in a file.
#[test]
fn control_characters_of_a_file_reach_no_terminal() {
    let mut wicked = Vec::from(HEADER.as_bytes());
    wicked.write_all(b"\n{\"event\":\"join\",\"t\":0,\"\\u001b[2J\":1}\n").unwrap();
    let said = with_input(&["audit", "-"], &wicked);
    refused("a field", &said, "standard input:2:", "unknown field");
    assert!(!said.err.contains('\u{1b}'), "{}", said.err);
    let said = swarmbound(&["run", "\u{1b}[2J.toml"]);
    refused("a path", &said, "[2J.toml", "no such file");
    assert!(!said.err.contains('\u{1b}'), "{}", said.err);
    let named = SMALL.replacen("small", "\\u001b[2J", 1);
    let said = with_input(&["bounds", "-"], named.as_bytes());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!said.out.contains('\u{1b}'), "{}", said.out);
}

#[test]
fn errors_are_documents_where_a_document_is_wanted() {
    let arguments = [
        &["bounds", "docs/examples/no-unit.toml", "--json"][..],
        &["run", "figur", "--json"],
        &["run", "--json", "--sed", "3"],
    ];
    for (arguments, hint) in arguments.into_iter().zip(["no-unit.toml:6:10: ", "figure", "--seed"])
    {
        let said = swarmbound(arguments);
        assert!(said.err.starts_with("{\"format\":\"swarmbound-report/1\","), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        refused(&format!("{arguments:?}"), &said, "", hint);
    }
}

#[test]
fn a_run_that_would_not_end_is_refused_unless_it_is_forced() {
    let endless = SMALL.replace("1 MB", "1 GB").replace("64 KiB", "64 B").replace("= 3", "= 1000");
    let said = with_input(&["run", "-"], endless.as_bytes());
    refused("endless", &said, "15\u{a0}625\u{a0}000\u{a0}000 transfers", "--force");
    let ended = with_input(&["run", "-", "--force"], SMALL.as_bytes());
    assert_eq!(ended.code, 0, "{}", ended.err);
}
