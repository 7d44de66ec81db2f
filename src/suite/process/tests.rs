//! Engines of a line of shell, most of them hostile. Those that are to be ended get a short time;
//! those that are to say something themselves get all that they may need on a busy machine.

use std::fs;
use std::time::{Duration, Instant};

use super::*;
use crate::chunks::{ChunkId, Manifest, PeerId};
use crate::scenario::{Parts, Peer, Source};
use crate::trace::{Outcome, Transfer};
use crate::units::{Bytes, Rate, Time};

/// Timeout of engines that are to be killed.
const SHORT: Duration = Duration::from_millis(300);
/// Timeout of engines that must end by themselves.
const LONG: Duration = Duration::from_secs(60);

/// One chunk of a kilobyte, which takes a second, to each of `peers`.
fn scenario(peers: usize) -> Scenario {
    let file = Manifest::new(Bytes(1000), Bytes(1000)).unwrap();
    Parts::new(file, Source::new(Rate(8000)))
        .name("door")
        .peers(vec![Peer::new(Rate(8000)); peers])
        .protocol(None)
        .until(Time::from_secs(100))
        .build()
        .unwrap()
}

/// A lawful answer to the scenario of one peer, as shell.
const LAWFUL: &str = concat!(
    r#"printf '%s\n' '{"event":"join","t":0,"node":1}' "#,
    r#"'{"event":"transfer","from":0,"to":1,"chunk":0,"start":0,"end":1000000000,"bytes":1000}' "#,
    r#"'{"event":"complete","t":1000000000,"node":1}'"#,
);

fn lawful() -> Vec<Event> {
    let (node, at) = (PeerId(1), Time::from_secs(1));
    let transfer = Transfer {
        from: PeerId::SOURCE,
        to: node,
        chunk: ChunkId(0),
        start: Time::ZERO,
        end: at,
        offset: Bytes(0),
        bytes: Bytes(1000),
        outcome: Outcome::Delivered,
    };
    vec![
        Event::Join { at: Time::ZERO, node },
        Event::Transfer(transfer),
        Event::Complete { at, node },
    ]
}

fn heard(program: &mut Program, scenario: &Scenario) -> Result<Vec<Event>, Failure> {
    let mut events = Vec::new();
    program.run(scenario, &mut |event| events.push(event))?;
    Ok(events)
}

/// What an engine of one scenario says to one peer.
fn says(command: &str) -> Result<Vec<Event>, Failure> {
    heard(&mut Program::new(command, Lifetime::Scenario, LONG), &scenario(1))
}

/// Asserts that the engine fails with this name and these words.
fn fails(timeout: Duration, command: &str, name: &str, words: &[&str]) {
    let since = Instant::now();
    let mut program = Program::new(command, Lifetime::Scenario, timeout);
    let failure = heard(&mut program, &scenario(1)).expect_err(command);
    blames(command, &failure, name, words);
    assert!(since.elapsed() < timeout + LONG, "{command} was not ended");
}

fn blames(command: &str, failure: &Failure, name: &str, words: &[&str]) {
    assert_eq!(failure.name, name, "{command}: {failure:?}");
    for word in words {
        assert!(failure.explanation.contains(word), "{command}, {word}: {failure:?}");
    }
}

#[test]
fn what_an_engine_says_is_heard() {
    assert_eq!(says(LAWFUL), Ok(lawful()));
    assert_eq!(says(&format!("cat; {LAWFUL}")), Ok(lawful()), "with the header");
    assert_eq!(says(&format!("cat > /dev/null; {LAWFUL}; echo; echo")), Ok(lawful()));
    assert_eq!(says(&format!("exec < /dev/null; {LAWFUL}")), Ok(lawful()), "it reads nothing");
    let noise = "yes noise | head -c 3000000 >&2";
    assert_eq!(says(&format!("{noise}; {LAWFUL}; {noise}")), Ok(lawful()));
    let silent = format!("{LAWFUL}; exec >&-; {noise}");
    assert_eq!(says(&silent), Ok(lawful()), "its output ends before it does");
    let unended = LAWFUL.replace(r"'%s\n'", "'%s'").replace("}' '{", "}\n{");
    assert_eq!(says(&unended), Ok(lawful()), "the last line has no newline");
}

#[test]
fn a_large_scenario_may_have_a_large_answer() {
    let many = scenario(5000);
    let mut echo = Program::new(&format!("cat; {LAWFUL}"), Lifetime::Scenario, LONG);
    assert_eq!(heard(&mut echo, &many), Ok(lawful()), "a header of {}", many.to_json().len());
    let join = r#"{"event":"join","t":0,"node":1}"#;
    let joins = format!("yes '{join}' | head -n 150000");
    let mut long = Program::new(&joins, Lifetime::Scenario, LONG);
    assert_eq!(heard(&mut long, &many).map(|events| events.len()), Ok(150_000));
}

#[test]
fn no_time_is_too_long_to_be_given() {
    let mut patient = Program::new(LAWFUL, Lifetime::Scenario, Duration::MAX);
    assert_eq!(heard(&mut patient, &scenario(1)), Ok(lawful()));
}

#[test]
fn an_engine_may_print_nothing_where_nothing_happens() {
    let mut parts = scenario(1).into_parts();
    parts.peers[0].joins = parts.until;
    let empty = Scenario::new(parts).unwrap();
    for lifetime in [Lifetime::Scenario, Lifetime::Session] {
        let mut silent = Program::new("read -r scenario; echo", lifetime, LONG);
        assert_eq!(heard(&mut silent, &empty), Ok(vec![]), "{lifetime:?}");
    }
}

#[test]
fn what_is_said_of_the_stamps_is_heard() {
    let evidence = r#"s/^{/{"evidence":{"stamps":"receiver"},/"#;
    let command = format!("sed '{evidence}'; {LAWFUL}");
    let mut program = Program::new(&command, Lifetime::Scenario, LONG);
    let evidence = program.run(&scenario(1), &mut |_| {}).unwrap();
    assert_eq!(evidence.stamps, crate::trace::Stamps::Receiver);
}

#[test]
fn an_engine_that_ends_badly_is_told_with_its_last_words() {
    let words = ["exit code 3 after 3 events", "said last:", "\n    two", "\n    three"];
    fails(LONG, &format!("{LAWFUL}; echo two >&2; echo three >&2; exit 3"), "failed", &words);
    fails(LONG, "exit 137", "killed", &["exit code 137", "signal 9 (KILL)", "nothing"]);
    fails(LONG, "kill -9 $$", "killed", &["signal 9 (KILL)"]);
    fails(LONG, "kill -SEGV $$", "killed", &["signal 11 (SEGV)"]);
    fails(LONG, "/no/such/engine", "no such command", &["127", "/no/such/engine"]);
    fails(LONG, "/dev/null", "not started", &["126"]);
    fails(LONG, "true", "said nothing", &[]);
    fails(LONG, "echo", "said nothing", &[]);
    fails(LONG, r"printf 'a\033[2J\n' >&2; exit 1", "failed", &[r"a\u{1b}[2J"]);
    let long = "yes 1234567 | head -c 3000000 >&2; echo last >&2; exit 1";
    fails(LONG, long, "failed", &["\n    1234567", "\n    last"]);
    let nine = "for line in 1 2 3 4 5 6 7 8 9; do echo $line >&2; done; exit 1";
    fails(LONG, nine, "failed", &["said last:\n    2\n    3\n", "\n    8\n    9"]);
}

#[test]
fn an_engine_that_does_not_end_is_ended() {
    fails(SHORT, "exec sleep 100", "timed out", &["300ms", "printed nothing"]);
    fails(SHORT, "sleep 100; true", "timed out", &["300ms"]);
    fails(SHORT, &format!("{LAWFUL}; exec sleep 100"), "timed out", &["printed 3 events"]);
    fails(SHORT, "exec >&-; exec sleep 100", "timed out", &["closed its output after nothing"]);
    fails(SHORT, "trap '' TERM INT HUP; exec sleep 100", "timed out", &[]);
    fails(SHORT, "yes noise >&2", "timed out", &["\n    noise"]);
    let held = format!("sleep 100 & {LAWFUL}");
    fails(SHORT, &held, "timed out", &["ended after 3 events", "kept its output open"]);
    let many = scenario(5000);
    let mut deaf = Program::new("exec sleep 100", Lifetime::Scenario, SHORT);
    let failure = heard(&mut deaf, &many).unwrap_err();
    blames("deaf", &failure, "timed out", &["it had taken 65536 of the "]);
}

#[test]
fn output_without_end_is_cut() {
    let join = r#"{"event":"join","t":0,"node":1}"#;
    fails(LONG, &format!("yes '{join}'"), "too much output", &["more than 100064 events"]);
    let long = format!(r#"{{"event":"join","t":0,"node":1,"x":"{}"}}"#, "x".repeat(1000));
    fails(LONG, &format!("yes '{long}'"), "too much output", &["more than 12808192 bytes"]);
    fails(LONG, "tr '\\0' x < /dev/zero", "too much output", &["a line of more than "]);
}

#[test]
fn what_is_no_answer_is_refused() {
    let refused = |command: &str, words: &[&str]| fails(LONG, command, "malformed output", words);
    refused("echo hello", &["line 1", "`hello`"]);
    refused(r"printf '\177ELF\000\001\377\n'", &["line 1", r"\u{7f}ELF\0"]);
    refused(&format!("{LAWFUL}; printf '{{\"event\":'"), &["line 4"]);
    refused("cat; cat /dev/null; echo '{}'", &["line 2", "missing field `event`"]);
    let stranger = LAWFUL.replace("\"node\":1", "\"node\":2");
    refused(&stranger, &["knows no node 2", "1 to 1"]);
    let longer = LAWFUL.replace("\"chunk\":0", "\"chunk\":7");
    refused(&longer, &["no chunk 7"]);
    refused(&format!("sed 's/door/gate/'; {LAWFUL}"), &["name", "\"gate\" instead of \"door\""]);
    let peers = r#"s/"peers":\[/&{"id":2,"upload_bps":0,"download_bps":null},/"#;
    refused(&format!("sed '{peers}'; {LAWFUL}"), &["peers", "a list of 2 instead of one of 1"]);
    refused("tee /dev/stderr | sed 'p'", &["line 2", "answer each scenario once"]);
}

#[test]
fn an_answer_ends_once() {
    fails(LONG, &format!("{LAWFUL}; echo; {LAWFUL}"), "answered twice", &["line 5"]);
    fails(LONG, &format!("{LAWFUL}; echo; printf more"), "answered twice", &["line 5"]);
}

/// A fifo ends when no process has it open for writing: then all are dead. A survivor writes to it.
#[test]
fn no_process_survives() {
    let folder = tempfile::tempdir().unwrap();
    let orphan =
        |fifo: &str| format!("exec 3>{fifo}; (sleep 20; echo alive >&3) >/dev/null 2>&1 &");
    let ends = [
        ("a", LAWFUL, LONG),
        ("b", "exit 1", LONG),
        ("c", "exec sleep 100", SHORT),
        ("d", "echo nonsense; exec sleep 100", LONG),
    ];
    for (name, end, timeout) in ends {
        let fifo = folder.path().join(name);
        let fifo = fifo.to_str().unwrap();
        let made = std::process::Command::new("mkfifo").arg(fifo).status().unwrap();
        assert!(made.success());
        let path = fifo.to_owned();
        let reader = std::thread::spawn(move || fs::read_to_string(path).unwrap());
        let command = format!("{} {end}", orphan(fifo));
        let heard = heard(&mut Program::new(&command, Lifetime::Scenario, timeout), &scenario(1));
        assert_eq!(heard.is_ok(), end == LAWFUL, "{heard:?}");
        assert_eq!(reader.join().unwrap(), "", "{end}");
    }
}

/// A session that does this for each scenario.
fn session(each: &str) -> String {
    format!("while read -r scenario; do {each}; done")
}

#[test]
fn a_session_answers_one_scenario_after_the_other() {
    let command = format!("started=$$; {}", session(&format!("{LAWFUL}; echo; echo $$ >&2")));
    let mut program = Program::new(&command, Lifetime::Session, LONG);
    for _ in 0..3 {
        assert_eq!(heard(&mut program, &scenario(1)), Ok(lawful()));
    }
    let echo = session(&format!(r#"printf '%s\n' "$scenario"; {LAWFUL}; echo"#));
    let mut program = Program::new(&echo, Lifetime::Session, LONG);
    for peers in [1, 3, 300, 1] {
        assert_eq!(heard(&mut program, &scenario(peers)), Ok(lawful()), "{peers}");
    }
}

#[test]
fn a_session_that_fails_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("begun");
    let marker = marker.to_str().unwrap();
    let once = format!("if [ -e {marker} ]; then {LAWFUL}; echo; else touch {marker}; exit 4; fi");
    let mut program = Program::new(&session(&once), Lifetime::Session, LONG);
    let failure = heard(&mut program, &scenario(1)).unwrap_err();
    blames(&once, &failure, "failed", &["exit code 4"]);
    assert_eq!(heard(&mut program, &scenario(1)), Ok(lawful()));
    assert_eq!(heard(&mut program, &scenario(1)), Ok(lawful()));
}

#[test]
fn a_session_ends_each_answer_and_not_itself() {
    let cases = [
        (
            format!("{LAWFUL}; exit 0"),
            LONG,
            "ended early",
            "after 3 events, without the empty line",
        ),
        (LAWFUL.to_owned(), SHORT, "timed out", "had not ended its answer after 300ms"),
        ("echo".to_owned(), LONG, "said nothing", "without a single event"),
        // In one write, so that the second answer is there with the first.
        (
            format!("{LAWFUL} '' {} ''", LAWFUL.replace(r"printf '%s\n'", "")),
            LONG,
            "answered twice",
            "",
        ),
        (format!("{LAWFUL}; exec >&-"), SHORT, "timed out", "closed its output after 3 events"),
        ("kill -9 $$".to_owned(), LONG, "killed", "signal 9"),
    ];
    for (each, timeout, name, words) in cases {
        let mut program = Program::new(&session(&each), Lifetime::Session, timeout);
        let failure = heard(&mut program, &scenario(1)).expect_err(&each);
        blames(&each, &failure, name, &[words]);
    }
}

#[test]
fn a_session_may_end_by_itself_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let last = folder.path().join("last");
    let noise = "yes noise | head -c 300000";
    let each = session(&format!("{LAWFUL}; echo"));
    let command = format!("{each}; {noise} && {noise} >&2 && echo bye > {}", last.display());
    let mut program = Program::new(&command, Lifetime::Session, LONG);
    assert_eq!(heard(&mut program, &scenario(1)), Ok(lawful()));
    drop(program);
    assert_eq!(fs::read_to_string(last).unwrap(), "bye\n");
    let mut program = Program::new(&format!("{each}; exec sleep 100"), Lifetime::Session, LONG);
    assert_eq!(heard(&mut program, &scenario(1)), Ok(lawful()));
    let since = Instant::now();
    drop(program);
    assert!(since.elapsed() < LONG, "it was waited for");
}

/// It goes on only when its answer was heard, and is given the next scenario when it has gone on.
#[test]
fn a_session_that_speaks_unasked_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = |name: &str| {
        let path = folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    };
    let (heard_it, spoke) = (fifo("heard"), fifo("spoke"));
    let unasked = format!("cat {} >&2; echo more; echo > {}", heard_it.display(), spoke.display());
    let command = session(&format!("{LAWFUL}; echo; {unasked}"));
    let mut program = Program::new(&command, Lifetime::Session, LONG);
    assert_eq!(heard(&mut program, &scenario(1)), Ok(lawful()));
    fs::write(heard_it, "go on\n").unwrap();
    assert_eq!(fs::read_to_string(spoke).unwrap(), "\n");
    let failure = heard(&mut program, &scenario(1)).expect_err("it spoke unasked");
    blames(&command, &failure, "answered twice", &["5 bytes before it was given this scenario"]);
}
