use proptest::prelude::*;

#[cfg(feature = "schema")]
use super::validator::{misspelled, validate};
use crate::chunks::PeerId;
use crate::scenario::{
    Behavior, Choker, DEFAULT_SEED, DEFAULT_UNTIL, Discipline, JsonError, Leaves, Network, Picker,
    Protocol, Scenario, SourceLeaves, arbitrary,
};
use crate::units::{Bytes, Rate, Time};

/// What a foreign log writes at the least.
const LEAST: &str = r#"{"swarmbound":1,"name":"least","file":{"bytes":10,"chunk_bytes":4},
"source":{"upload_bps":8},
"peers":[{"id":2,"upload_bps":2,"download_bps":null},
{"id":1,"upload_bps":1,"download_bps":3}]}"#;

/// A scenario with a field of every kind.
const WHOLE: &str = concat!(
    r#"{"swarmbound":1,"name":"figure","file":{"bytes":1000000000,"chunk_bytes":262144},"#,
    r#""source":{"upload_bps":10000000,"leaves":{"after_copies":2},"burst_bytes":7},"#,
    r#""peers":[{"id":1,"upload_bps":1000000,"download_bps":20000000,"joins_ns":5,"#,
    r#""leaves":{"after_completion_ns":9},"behavior":"free rider","latency_ns":3,"#,
    r#""holds":[[0,2],[5,6]],"wants":[[1,9]]}],"#,
    r#""protocol":{"optimistic_ns":null,"choker":"credit 3"},"#,
    r#""network":{"latency_ns":1,"burst_bytes":2},"#,
    r#""discipline":{"cut_through":false,"multi_source":true,"coded":false},"#,
    r#""seed":1,"until_ns":2592000000000000}"#,
);

fn refused(text: &str) -> JsonError {
    Scenario::from_json(text).expect_err("this text must be refused")
}

/// What [`LEAST`] says when one piece of it is written otherwise.
fn refused_with(old: &str, new: &str) -> JsonError {
    let text = LEAST.replacen(old, new, 1);
    assert_ne!(text, LEAST, "the piece to replace stands in the text");
    refused(&text)
}

#[test]
fn what_is_left_out_has_its_default() {
    let least = Scenario::from_json(LEAST).unwrap();
    assert_eq!(least.parts().protocol, None);
    assert_eq!(least.parts().network, Network::default());
    assert_eq!(least.discipline(), Discipline::default());
    assert_eq!((least.parts().seed, least.parts().until), (DEFAULT_SEED, DEFAULT_UNTIL));
    assert_eq!(least.source().leaves, SourceLeaves::Never);
    let first = least.peer(PeerId(1)).unwrap();
    assert_eq!((first.upload, first.download), (Rate(1), Some(Rate(3))), "peers stand by id");
    assert_eq!((first.joins, first.leaves), (Time::ZERO, Leaves::Never));
    assert_eq!(first.behavior, Behavior::Cooperative);
    let second = least.peer(PeerId(2)).unwrap();
    assert_eq!((second.upload, second.download), (Rate(2), None));
    let some = LEAST.replacen(r#""peers""#, r#""protocol":{"picker":"random"},"peers""#, 1);
    let some = Scenario::from_json(&some).unwrap().into_parts().protocol.unwrap();
    assert_eq!(some, Protocol { picker: Picker::Random, ..Protocol::default() });
}

#[cfg(feature = "schema")]
proptest! {
    #[test]
    fn what_is_written_is_as_the_schema_says(scenario in arbitrary::scenario()) {
        let schema = Scenario::json_schema();
        let value = serde_json::to_value(&scenario).unwrap();
        prop_assert_eq!(validate(&schema, &schema, &value), Ok(()));
    }
}

/// What is read, with as little and as much as can be written.
#[cfg(feature = "schema")]
#[test]
fn a_field_under_another_name_is_not_as_the_schema_says() {
    let schema = Scenario::json_schema();
    for text in [LEAST, WHOLE] {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(validate(&schema, &schema, &value), Ok(()));
        for wrong in misspelled(&value) {
            assert!(Scenario::from_json(&wrong.to_string()).is_err(), "{wrong}");
            assert!(validate(&schema, &schema, &wrong).is_err(), "{wrong}");
        }
    }
}

/// The manual's example has every field that is written.
#[test]
fn the_form_is_that_of_the_manual() {
    let manual = include_str!("../../../docs/formats.md");
    let section = manual.split("\n## Scenario, resolved JSON\n").nth(1).unwrap();
    let example = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    let example = example.unwrap();
    let read: serde_json::Value = serde_json::from_str(example).unwrap();
    let scenario = Scenario::from_json(example).unwrap();
    assert_eq!(serde_json::to_value(&scenario).unwrap(), read);
}

#[test]
fn what_is_read_is_written_again() {
    let whole = Scenario::from_json(WHOLE).unwrap();
    let protocol = whole.parts().protocol.clone().unwrap();
    let expected = Protocol { optimistic: None, choker: Choker::Credit(3), ..Protocol::default() };
    assert_eq!(protocol, expected);
    let settings = serde_json::to_string(&protocol).unwrap();
    let said = r#"{"optimistic_ns":null,"choker":"credit 3"}"#;
    assert_eq!(whole.to_json(), WHOLE.replacen(said, &settings, 1));
    assert_eq!(whole.source().leaves, SourceLeaves::AfterCopies(2));
    assert_eq!(whole.burst(PeerId::SOURCE), Bytes(7));
    assert_eq!(whole.burst(PeerId(1)), Bytes(2));
    assert_eq!(whole.latency_to(PeerId(1)), Time(3));
    assert_eq!(whole.upload(PeerId(1)), Rate::ZERO, "a free rider uploads nothing");
    let with_x = WHOLE.replacen('{', r#"{"x":{"any":[1,{"thing":null}]},"#, 1);
    assert_eq!(Scenario::from_json(&with_x).unwrap(), whole);
}

#[test]
fn unknown_fields_are_refused_at_every_level() {
    for (old, new, field) in [
        (r#""name""#, r#""nmae":1,"name""#, "nmae"),
        (r#""bytes":10"#, r#""bytes":10,"pieces":1"#, "file.pieces"),
        (r#""upload_bps":8"#, r#""upload_bps":8,"x":1"#, "source.x"),
        (r#""id":1,"#, r#""id":1,"seed":1,"#, "peers[1].seed"),
        (r#""peers""#, r#""protocol":{"pciker":1},"peers""#, "protocol.pciker"),
        (r#""peers""#, r#""network":{"loss":1},"peers""#, "network.loss"),
        (r#""peers""#, r#""discipline":{"fast":true},"peers""#, "discipline.fast"),
    ] {
        let error = refused_with(old, new);
        assert_eq!(error.field, field);
        assert!(error.message.contains("unknown field"), "{error}");
        assert!(error.message.contains("expected"), "{error}");
    }
    assert_eq!(refused_with(r#""id":1,"#, r#""id":1,"seed":1,"#).line, 4);
}

#[test]
fn every_error_names_line_field_and_what_to_write() {
    for (old, new, line, field, message) in [
        (r#""swarmbound":1"#, r#""swarmbound":2"#, 1, "swarmbound", "only version 1"),
        (r#""swarmbound":1,"#, "", 4, "swarmbound", "write \"swarmbound\":1"),
        (r#""bytes":10"#, r#""bytes":0"#, 1, "file.bytes", "at least 1 B"),
        (r#""chunk_bytes":4"#, r#""chunk_bytes":0"#, 1, "file.chunk_bytes", "at least 1 B"),
        (r#""bytes":10"#, r#""bytes":-1"#, 1, "file.bytes", "write bytes"),
        (r#""bytes":10"#, r#""bytes":1e30"#, 1, "file.bytes", "expected a whole number"),
        (r#""bytes":10"#, r#""bytes":1.5"#, 1, "file.bytes", "expected a whole number"),
        (r#""bytes":10"#, r#""bytes":"10 B""#, 1, "file.bytes", "for example 262144"),
        (r#""bytes":10"#, r#""bytes":10,"bytes":10"#, 1, "file.bytes", "duplicate field"),
        (r#""bytes":10"#, r#""bytes":18446744073709551616"#, 1, "file.bytes", "too large"),
        (r#""bytes":10"#, r#""bytes":1e20"#, 1, "file.bytes", "floating point"),
        (r#""bytes":10"#, r#""bytes":18446744073709551616"#, 1, "file.bytes", "write bytes"),
        (r#""bytes":10"#, r#""bytes":18446744073709551615"#, 1, "file.chunk_bytes", "larger"),
        (r#""upload_bps":8"#, r#""upload_bps":0"#, 2, "source.upload_bps", "above 0"),
        (r#""upload_bps":8"#, r#""leaves":{"at_ns":1}"#, 2, "source.upload_bps", "bits per"),
        (r#":8"#, r#":8,"leaves":{"at_ns":0}"#, 2, "source.leaves", "above 0 s"),
        (r#":8"#, r#":8,"leaves":"never""#, 2, "source.leaves", r#"write {"never":true}"#),
        (r#":8"#, r#":8,"leaves":{"never":false}"#, 2, "source.leaves.never", "write true"),
        (r#":8"#, r#":8,"burst_bytes":null"#, 2, "source.burst_bytes", "write bytes"),
        (r#""id":1,"#, r#""id":0,"#, 4, "peers[1].id", "0 is the source"),
        (r#""id":1,"#, r#""id":3,"#, 4, "peers[1].id", "no peer 3 among 2"),
        (r#""id":1,"#, r#""id":2,"#, 4, "peers[1].id", "peer 2 stands already at peers[0]"),
        (r#""id":1,"#, "", 4, "peers[1].id", "write the number of the peer"),
        (r#","download_bps":null"#, "", 3, "peers[0].download_bps", "null for no limit"),
        (r#"bps":3"#, r#"bps":0"#, 4, "peers[1].download_bps", "above 0"),
        (r#"bps":3"#, r#"bps":3,"behavior":"selfish""#, 4, "peers[1].behavior", "`free rider`"),
        (
            r#"bps":3"#,
            r#"bps":3,"joins_ns":5,"leaves":{"at_ns":5}"#,
            4,
            "peers[1].leaves",
            "after the arrival",
        ),
        (r#""peers""#, r#""until_ns":0,"peers""#, 3, "until_ns", "before it starts"),
        (r#""peers""#, r#""evidence":{},"peers""#, 3, "evidence", "header of a trace"),
    ] {
        let error = refused_with(old, new);
        assert_eq!((error.line, error.field.as_str()), (line, field), "{error}");
        assert!(error.message.contains(message), "{error}");
    }
    for (setting, field, message) in [
        (r#""rechoke_ns":0"#, "protocol.rechoke_ns", "above 0 s"),
        (r#""choker":"credit""#, "protocol.choker", "`credit 3`"),
        (r#""choker":"credit 99999999999""#, "protocol.choker", "`credit 4294967295`"),
        (r#""picker":"best""#, "protocol.picker", "`rarest first` or `random`"),
        (r#""neighbors":4294967296"#, "protocol.neighbors", "4294967295"),
    ] {
        let error = refused_with(r#""peers""#, &format!(r#""protocol":{{{setting}}},"peers""#));
        assert_eq!((error.line, error.field.as_str()), (3, field), "{error}");
        assert!(error.message.contains(message), "{error}");
    }
    let empty = refused(&format!("{}[]}}", &LEAST[..LEAST.find("[{").unwrap()]));
    assert!(empty.message.contains("at least one peer"), "{empty}");
    assert_eq!((empty.line, empty.field.as_str()), (3, "peers"));
}

#[test]
fn what_is_no_json_is_refused_where_it_stops_being_json() {
    let cut = refused(&LEAST[..LEAST.len() - 1]);
    assert!(cut.cut_off);
    assert_eq!(cut.line, 4);
    let more = refused(&format!("{LEAST}\n{{}}"));
    assert_eq!((more.line, more.cut_off), (5, false));
    assert!(more.message.contains("trailing characters"), "{more}");
    assert!(refused("").cut_off);
    let list = refused("\n [1]");
    assert!(list.message.contains("write an object"), "{list}");
    assert_eq!((list.line, list.column), (2, 2));
    let deep = format!(r#"{{"swarmbound":{}"#, "[".repeat(1_000_000));
    assert_eq!(refused(&deep).field, "swarmbound");
    let deep = LEAST.replacen(r#""peers""#, &format!(r#""x":{},"peers""#, "[".repeat(1000)), 1);
    assert!(!refused(&deep).message.is_empty());
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_it_was(scenario in arbitrary::scenario()) {
        let text = scenario.to_json();
        prop_assert_eq!(Scenario::from_json(&text), Ok(scenario));
        prop_assert!(!text.contains('\n'));
    }

    #[test]
    fn no_damage_makes_the_reader_panic(at in 0..WHOLE.len(), byte: u8, cut: bool) {
        let mut text = WHOLE.as_bytes().to_vec();
        text[at] = byte;
        if cut {
            text.truncate(at);
        }
        if let Err(error) = Scenario::from_json(&String::from_utf8_lossy(&text)) {
            prop_assert!(0 < error.line);
            prop_assert!(0 < error.column);
        }
    }
}

#[test]
fn chunks_and_capacities_that_make_no_sense_are_refused() {
    for (new, field, message) in [
        (r#""holds":[[3,3]]"#, "peers[1].holds", "[3,3] has no chunk; write a"),
        (r#""wants":[[0,4]]"#, "peers[1].wants", "there is no chunk 3"),
        (r#""wants":[]"#, "peers[1].wants", "wants nothing"),
        (r#""wants":null"#, "peers[1].wants", "write ranges of chunks like"),
        (r#""holds":[[0]]"#, "peers[1].holds[0]", "write ranges of chunks like"),
        (r#""holds":"50 %""#, "peers[1].holds", "write ranges of chunks like"),
    ] {
        let error = refused_with(r#""id":1,"#, &format!(r#""id":1,{new},"#));
        assert_eq!((error.line, error.field.as_str()), (4, field), "{error}");
        assert!(error.message.contains(message), "{error}");
    }
    for (new, field, message) in [
        ("[]", "source.upload_bps", "a list of rates begins at 0; write [[0,1000000]"),
        ("[[1,8]]", "source.upload_bps", "a list of rates begins at 0"),
        (
            "[[0,8],[5,9],[4,7]]",
            "source.upload_bps",
            "changes at 4 ns after it has changed at 5 ns",
        ),
        ("[[0,8],[5,-1]]", "source.upload_bps[1][1]", "write bits per second"),
        ("\"8\"", "source.upload_bps", "write bits per second, for example 10000000, a list"),
        ("8.5", "source.upload_bps", "write bits per second"),
        ("18446744073709551616", "source.upload_bps", "too large"),
        ("-8", "source.upload_bps", "write bits per second"),
        ("[[0,0],[5,0]]", "source.upload_bps", "the source uploads nothing"),
    ] {
        let error = refused_with(r#""upload_bps":8"#, &format!(r#""upload_bps":{new}"#));
        assert_eq!((error.line, error.field.as_str()), (2, field), "{error}");
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn capacities_are_written_as_they_are_read() {
    let written = |new: &str| {
        let text = LEAST.replacen(r#""upload_bps":1,"download_bps":3"#, new, 1);
        Scenario::from_json(&text).unwrap().to_json()
    };
    let changing = r#""upload_bps":[[0,1],[5,2]],"download_bps":[[0,3],[7,4]]"#;
    assert!(written(changing).contains(changing));
    let unknown = r#""upload_bps":null,"download_bps":null"#;
    assert!(written(unknown).contains(unknown));
    let plain = r#""upload_bps":1,"download_bps":3"#;
    assert_eq!(written(r#""upload_bps":[[0,1],[9,1]],"download_bps":[[0,3]]"#), written(plain));
}
