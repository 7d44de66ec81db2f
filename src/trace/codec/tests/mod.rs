use proptest::prelude::*;

use super::*;
use crate::chunks::{ChunkId, PeerId};
#[cfg(feature = "schema")]
use crate::scenario::validator::{misspelled, validate};
use crate::trace::{Outcome, Transfer, arbitrary};
use crate::units::Bytes;

mod fields;

/// Two peers and three chunks of 4, 4 and 2 bytes.
const HEADER: &str = concat!(
    r#"{"swarmbound":1,"name":"small","file":{"bytes":10,"chunk_bytes":4},"#,
    r#""source":{"upload_bps":8},"peers":["#,
    r#"{"id":1,"upload_bps":8,"download_bps":null},{"id":2,"upload_bps":0,"download_bps":8}]}"#,
);

const EVENTS: &str = r#"{"event":"join","t":0,"node":1}
{"event":"join","t":5,"node":2}
{"event":"announce","t":5,"node":2,"peers":[1,0]}
{"event":"connect","t":5,"a":0,"b":1}
{"event":"unchoke","t":5,"from":0,"to":1}
{"event":"transfer","from":0,"to":1,"chunk":2,"start":5,"end":7,"bytes":2}
{"event":"transfer","from":0,"to":1,"chunk":1,"start":5,"end":7,"bytes":3,"offset":1}
{"event":"transfer","from":1,"to":2,"chunk":0,"start":5,"end":5,"bytes":1,"outcome":"aborted"}
{"event":"choke","t":6,"from":0,"to":1}
{"event":"disconnect","t":7,"a":0,"b":1}
{"event":"complete","t":8,"node":1}
{"event":"leave","t":18446744073709551615,"node":1}
"#;

#[cfg(feature = "schema")]
proptest! {
    #[test]
    fn what_is_written_is_as_the_schema_says(trace in arbitrary::trace()) {
        let schema = json_schema();
        let mut text = Vec::new();
        write_trace(&mut text, &trace).unwrap();
        for line in std::str::from_utf8(&text).unwrap().lines() {
            let value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(validate(&schema, &schema, &value), Ok(()), "{}", line);
        }
    }
}

/// Of every kind of event, and of the header.
#[cfg(feature = "schema")]
#[test]
fn a_field_under_another_name_is_not_as_the_schema_says() {
    let schema = json_schema();
    for line in EVENTS.lines().chain([HEADER]) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(validate(&schema, &schema, &value), Ok(()), "{line}");
        for wrong in misspelled(&value) {
            assert!(validate(&schema, &schema, &wrong).is_err(), "{wrong}");
        }
    }
    let null = serde_json::json!({"event": "join", "t": null, "node": 1});
    assert!(validate(&schema, &schema, &null).is_err());
}

fn read(text: impl AsRef<[u8]>) -> Result<Trace, CodecError> {
    read_trace(text.as_ref())
}

/// What is wrong with a trace whose third line is `line`.
fn refused(line: &str) -> LineError {
    let text = format!("{HEADER}\n{{\"event\":\"join\",\"t\":0,\"node\":1}}\n{line}\n");
    match read(text) {
        Err(CodecError::Line { line: 3, error }) => error,
        other => panic!("{line} must be refused on line 3, not {other:?}"),
    }
}

/// The line and the message of a text that is refused.
fn message(text: impl AsRef<[u8]>) -> (u64, String) {
    match read(text) {
        Err(CodecError::Line { line, error }) => (line, error.to_string()),
        other => panic!("must be refused, not {other:?}"),
    }
}

#[test]
fn the_form_is_that_of_the_description() {
    let trace = read(format!("{HEADER}\n{EVENTS}")).unwrap();
    assert_eq!(trace.events.len(), EVENTS.lines().count());
    assert_eq!(trace.header.evidence, Evidence::default());
    assert_eq!(
        trace.events[7],
        Event::Transfer(Transfer {
            from: PeerId(1),
            to: PeerId(2),
            chunk: ChunkId(0),
            start: Time(5),
            end: Time(5),
            offset: Bytes(0),
            bytes: Bytes(1),
            outcome: Outcome::Aborted,
        })
    );
    let mut written = Vec::new();
    write_trace(&mut written, &trace).unwrap();
    let written = String::from_utf8(written).unwrap();
    let (header, events) = written.split_once('\n').unwrap();
    assert_eq!(events, EVENTS);
    assert_eq!(header, trace.header.scenario.to_json());
}

#[test]
fn the_reader_streams_with_line_numbers() {
    let text = format!("{HEADER}\n{EVENTS}");
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    assert_eq!(reader.header().scenario.name(), "small");
    let lines: Vec<u64> = reader.by_ref().map(|item| item.unwrap().0).collect();
    assert_eq!(lines, (2..14).collect::<Vec<u64>>());
    let broken = format!("{HEADER}\n{{}}\n{EVENTS}");
    let mut reader = Reader::new(broken.as_bytes()).unwrap();
    assert_eq!(reader.next().unwrap().unwrap_err().line(), 2);
    assert!(reader.next().is_none(), "nothing follows an error");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let text = format!("{HEADER}\n{EVENTS}");
    assert_eq!(read(format!("\u{feff}{text}")).unwrap(), read(text.clone()).unwrap());
    assert_eq!(read(format!("{HEADER}\n\u{feff}{EVENTS}")).unwrap_err().line(), 2);
}

#[test]
fn evidence_is_read_and_each_part_has_its_default() {
    let with = |evidence: &str| {
        let last = HEADER.len() - 1;
        read(format!("{},\"evidence\":{evidence}}}\n", &HEADER[..last]))
    };
    let said = with(r#"{"stamps":"wire","clock_tolerance_ns":10,"complete":false}"#).unwrap();
    let expected = Evidence {
        stamps: Stamps::Wire,
        clock_tolerance: Time(10),
        complete: false,
        ..Evidence::default()
    };
    assert_eq!(said.header.evidence, expected);
    assert_eq!(with("{}").unwrap().header.evidence, Evidence::default());
    let receiver = with(r#"{"stamps":"receiver"}"#).unwrap().header.evidence;
    assert_eq!(receiver, Evidence { stamps: Stamps::Receiver, ..Evidence::default() });
    for (evidence, field, message) in [
        (r#"{"stamps":"sender"}"#, "evidence.stamps", "`exact`, `receiver`, `wire`"),
        (r#"{"clock":1}"#, "evidence.clock", "unknown field"),
        (r#"{"clock_tolerance_ns":-1}"#, "evidence.clock_tolerance_ns", "write nanoseconds"),
        (r#"{"complete":"no"}"#, "evidence.complete", "write true or false"),
    ] {
        let Err(CodecError::Line { line: 1, error }) = with(evidence) else {
            panic!("{evidence} must be refused on line 1")
        };
        assert!(error.field.starts_with(field), "{error}");
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn every_wrong_event_names_its_field_and_what_to_write() {
    for (line, field, message) in [
        // Nodes that the header does not know.
        (r#"{"event":"join","t":0,"node":3}"#, "node", "no node 3; write 0 (the source) or a peer"),
        (r#"{"event":"join","t":0,"node":4294967296}"#, "node", "write the number of a node"),
        (r#"{"event":"join","t":0,"node":-1}"#, "node", "write the number of a node"),
        (r#"{"event":"choke","t":0,"from":0,"to":3}"#, "to", "1 to 2"),
        (r#"{"event":"announce","t":0,"node":1,"peers":[1,2,9]}"#, "peers[2]", "no node 9"),
        (r#"{"event":"connect","t":0,"a":1,"b":1}"#, "b", "write another node"),
        (r#"{"event":"unchoke","t":0,"from":2,"to":2}"#, "to", "write another node"),
        // Fields that are missing, odd, or of the wrong kind.
        (r#"{"event":"join","node":1}"#, "t", "missing"),
        (r#"{"event":"join","t":null,"node":1}"#, "t", "nanoseconds"),
        (r#"{"event":"join","t":1.5,"node":1}"#, "t", "nanoseconds"),
        (r#"{"event":"join","t":"0 s","node":1}"#, "t", "nanoseconds"),
        (r#"{"event":"join","t":18446744073709551616,"node":1}"#, "t", "too large: 2^64"),
        (r#"{"event":"join","t":0,"t":0,"node":1}"#, "t", "write it once"),
        (r#"{"event":"join","t":0,"node":1,"from":1}"#, "from", "only t, node; remove it"),
        (r#"{"event":"join","t":0,"node":1,"who":1}"#, "who", "unknown field"),
        (r#"{"event":"jion","t":0,"node":1}"#, "event", "`join`"),
        (r#"{"t":0,"node":1}"#, "event", "missing field"),
        (r#"{"event":"announce","t":0,"node":1}"#, "peers", "missing"),
        (r#"{"event":"connect","t":0,"a":1}"#, "b", "missing"),
    ] {
        let error = refused(line);
        assert!(error.field.starts_with(field), "{line}: {error}");
        assert!(error.message.contains(message), "{line}: {error}");
    }
}

#[test]
fn every_wrong_transfer_names_its_field_and_what_to_write() {
    const RIGHT: &str =
        r#"{"event":"transfer","from":0,"to":1,"chunk":2,"start":5,"end":7,"bytes":2}"#;
    for (old, new, field, message) in [
        (r#""from":0"#, r#""from":1"#, "to", "is node 1, as `from` is; write another node"),
        (r#""from":0"#, r#""from":7"#, "from", "knows no node 7"),
        (r#""chunk":2"#, r#""chunk":3"#, "chunk", "no chunk 3; write 0 to 2"),
        (r#""chunk":2"#, r#""chunk":4294967295"#, "chunk", "write 0 to 2"),
        (r#""chunk":2"#, r#""chunk":4294967296"#, "chunk", "write the number of a chunk"),
        (r#""end":7"#, r#""end":4"#, "end", "time goes backwards"),
        (r#""bytes":2"#, r#""bytes":0"#, "bytes", "write at least 1"),
        (r#""bytes":2"#, r#""bytes":3"#, "bytes", "which has 2 bytes; write at most 2"),
        (r#""bytes":2"#, r#""bytes":2,"offset":1"#, "bytes", "write at most 1"),
        (r#""bytes":2"#, r#""bytes":2,"offset":2"#, "offset", "write less than 2"),
        (
            r#""bytes":2"#,
            r#""bytes":18446744073709551615,"offset":18446744073709551615"#,
            "offset",
            "write less than 2",
        ),
        (r#""bytes":2"#, r#""bytes":2,"offset":null"#, "offset", "write bytes"),
        (r#""bytes":2"#, r#""bytes":2,"outcome":"lost""#, "outcome", "`delivered` or `aborted`"),
        (r#""bytes":2"#, r#""bytes":2,"t":7"#, "t", "remove it"),
        (r#","bytes":2"#, "", "bytes", "missing"),
        (r#""start":5,"#, "", "start", "missing"),
    ] {
        let line = RIGHT.replacen(old, new, 1);
        assert_ne!(line, RIGHT, "the piece to replace stands in the line");
        let error = refused(&line);
        assert!(error.field.starts_with(field), "{line}: {error}");
        assert!(error.message.contains(message), "{line}: {error}");
    }
    let error = refused(&RIGHT.replacen(r#""chunk":2"#, r#""chunk":3"#, 1));
    assert_eq!(error.column, RIGHT.find(r#"2,"start""#).unwrap() + 1, "{error}");
    assert!(read(format!("{HEADER}\n{RIGHT}\n")).is_ok());
}

#[test]
fn a_last_line_needs_no_newline_but_must_be_whole() {
    let text = format!("{HEADER}\n{EVENTS}");
    let without = text.trim_end();
    assert_eq!(read(without).unwrap(), read(&text).unwrap());
    assert_eq!(read(HEADER).unwrap().events, []);
    let last = EVENTS.lines().last().unwrap();
    for cut in 1..last.len() {
        let (line, message) = message(&without[..without.len() - cut]);
        assert_eq!(line, 13);
        assert!(message.contains("the last line is cut off"), "{message}");
    }
    let (line, cut) = message(&HEADER[..HEADER.len() - 1]);
    assert_eq!(line, 1);
    assert!(cut.contains("the last line is cut off"), "{cut}");
    let (line, within) = message(format!("{HEADER}\n{}\n{EVENTS}", r#"{"event":"join","t""#));
    assert_eq!(line, 2);
    assert!(within.contains("on one line"), "{within}");
    assert!(!within.contains("cut off"), "{within}");
}

#[test]
fn line_ends_of_other_systems_are_fine_and_blank_lines_are_not() {
    let text = format!("{HEADER}\n{EVENTS}");
    let trace = read(&text).unwrap();
    assert_eq!(read(text.replace('\n', "\r\n")).unwrap(), trace);
    assert_eq!(read(format!("{text}\n")).unwrap(), trace);
    assert_eq!(read(format!("{text} \r\n")).unwrap(), trace);
    assert_eq!(message(format!("{HEADER}\n\n{EVENTS}")).0, 2);
    assert!(message(format!("{HEADER}\n\n\n")).1.contains("remove it"));
    let (line, header) = message(format!("\n{text}"));
    assert_eq!(line, 1);
    assert!(header.contains("line 1 is the header"), "{header}");
}

#[test]
fn what_is_no_trace_is_refused_on_its_first_line() {
    assert!(message("").1.contains("first line must be the header"));
    assert!(message(EVENTS).1.contains("line 1 is the header"));
    for bytes in [&[0xff_u8, 0xfe, 0x00, b'\n'][..], b"\0\0\0\0", b"\x1f\x8b\x08garbage\n{}\n"] {
        assert_eq!(message(bytes).0, 1);
    }
    // Ten megabytes of noise, reproducible: ChaCha8 with seed 7.
    let mut noise = crate::choose::Seeded::new(7, 0);
    let noise: Vec<u8> =
        std::iter::repeat_with(|| noise.bits().to_le_bytes()).take(10 << 17).flatten().collect();
    assert_eq!(noise.len(), 10 << 20);
    assert_eq!(message(noise).0, 1);
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let mut text = format!("{HEADER}\n{EVENTS}").into_bytes();
    let at = HEADER.len() + 3;
    text[at] = 0xff;
    assert_eq!(message(&text).0, 2);
    let name = HEADER.find("small").unwrap();
    text[name] = 0xff;
    let (line, error) = message(&text);
    assert_eq!(line, 1);
    assert!(error.contains("name"), "{error}");
}

#[test]
fn a_line_without_end_is_an_error_and_not_memory() {
    let endless = std::io::repeat(b'[');
    let text = HEADER.as_bytes().chain(&b"\n"[..]).chain(io::BufReader::new(endless));
    match read_trace(text) {
        Err(CodecError::Line { line: 2, error }) => {
            assert!(error.message.contains("longer than 16777216 bytes"), "{error}");
        }
        other => panic!("must be refused, not {other:?}"),
    }
}

#[test]
fn a_text_that_cannot_be_read_says_where() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is on fire"))
        }
    }
    let text = HEADER.as_bytes().chain(&b"\n"[..]).chain(io::BufReader::new(Broken));
    let error = read_trace(text).unwrap_err();
    assert_eq!(error.to_string(), "line 2: cannot be read: the disk is on fire");
}

/// Each trace of a real client is read, and written so that it reads back equal.
#[test]
fn traces_of_real_clients_pass_through() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/traces");
    let mut lines = std::collections::BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let trace = read(std::fs::read(&path).unwrap()).unwrap();
        let mut written = Vec::new();
        write_trace(&mut written, &trace).unwrap();
        assert_eq!(read(&written).unwrap(), trace, "{}", path.display());
        assert_eq!(trace.header.scenario.parts().protocol, None);
        assert!(!trace.header.evidence.complete);
        lines.insert(path.file_stem().unwrap().to_owned(), trace.events.len() + 1);
    }
    // Counted with `wc -l`.
    let counted = [684, 415, 1561, 1806, 1292, 67, 67];
    assert_eq!(lines.into_values().collect::<Vec<_>>(), counted);
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_it_was(trace in arbitrary::trace()) {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        write_trace(&mut once, &trace).unwrap();
        let back = read(&once).unwrap();
        write_trace(&mut twice, &back).unwrap();
        prop_assert_eq!(back, trace);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, behind_header: bool) {
        let header = if behind_header { format!("{HEADER}\n") } else { String::new() };
        let text = [header.as_bytes(), &bytes].concat();
        if let Err(error) = read(text) {
            prop_assert!(0 < error.line());
        }
    }

    #[test]
    fn no_damage_makes_the_reader_panic(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let mut text = format!("{HEADER}\n{EVENTS}").into_bytes();
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        if let Some(cut) = cut {
            text.truncate(cut.index(text.len()));
        }
        if let Ok(trace) = read(text) {
            let chunks = trace.header.scenario.file().chunks();
            let sound = trace.events.iter().all(|event| match event {
                Event::Transfer(transfer) => transfer.chunk.index() < chunks,
                _ => true,
            });
            prop_assert!(sound);
        }
    }
}
