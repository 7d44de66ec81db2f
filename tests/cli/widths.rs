//! Every result fits its terminal: no line is wider, and no name, number or time is torn.

use std::collections::BTreeMap;
use std::fs;

use crate::{SMALL, command};

/// Stands between groups of digits.
const NO_BREAK: char = '\u{a0}';

const UNITS: [&str; 14] =
    ["ns", "µs", "ms", "s", "min", "h", "d", "B", "MB", "KiB", "bit/s", "kbit/s", "Mbit/s", "%"];

/// Four axes with long words: their columns do not fit into 80.
const SWEEP: &str = r#"scenarios = ["small.toml"]
seeds = "1..=2"
[vary]
"protocol.picker" = ["rarest first", "in order"]
"protocol.choker" = ["tit for tat", "strict barter"]
"protocol.seeding" = ["fastest first"]
"peers[0].upload" = ["2 Mbit/s"]
"source.upload" = ["8.388608 Mbit/s"]
"peers[0].download" = ["20 Mbit/s", "unlimited"]
"#;

/// What the command prints at this width.
fn told(arguments: &[&str], width: usize) -> String {
    let output = command(arguments).env("COLUMNS", width.to_string()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_ne!(output.status.code(), Some(2), "{arguments:?}: {err}");
    String::from_utf8(output.stdout).unwrap()
}

/// The letters of a picture, which is another at every width.
fn is_drawn(line: &str) -> bool {
    line.contains(['─', '│', '┤', '└'])
}

fn is_number(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_digit() || ['.', NO_BREAK].contains(&letter))
}

/// How often each word is said. How long a check took is no word.
fn words(text: &str, is_timed: bool) -> BTreeMap<&str, usize> {
    let mut words = BTreeMap::new();
    let is_gap = |letter: char| letter.is_whitespace() && letter != NO_BREAK;
    for line in text.lines().filter(|line| !is_drawn(line)) {
        for word in line.split(is_gap).filter(|word| !word.is_empty()) {
            let is_time = is_timed && (is_number(word) || UNITS.contains(&word));
            *words.entry(word).or_insert(0) += usize::from(!is_time);
        }
    }
    words
}

/// The numbers with their units, and the times of two units.
fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !is_drawn(line)) {
        let words: Vec<&str> = line.split(' ').collect();
        for pair in words.windows(2).filter(|pair| is_number(pair[0]) && UNITS.contains(&pair[1])) {
            if !pair[0].is_empty() {
                found.push(pair.join(" "));
            }
        }
        let is_time = |four: &&[&str]| {
            let [whole, larger, rest, smaller] = four else { return false };
            let are_numbers = [whole, rest].iter().all(|it| !it.is_empty() && is_number(it));
            are_numbers && ["d", "h", "min"].contains(larger) && UNITS.contains(smaller)
        };
        found.extend(words.windows(4).filter(is_time).map(|four| four.join(" ")));
    }
    found
}

#[test]
fn no_line_is_wider_than_the_terminal_and_nothing_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (small, sweep, lines) = (path("small.toml"), path("sweep.toml"), path("lines.jsonl"));
    fs::write(&small, SMALL.replace("8 Mbit/s", "8.388608 Mbit/s")).unwrap();
    fs::write(&sweep, SWEEP).unwrap();
    let commands = [
        &["run", &small][..],
        &["run", "churn"],
        &["bounds", "flash-crowd"],
        &["bounds", "homework"],
        &["plan", &small],
        &["curve", &small, "--peers", "1..40:13"],
        &["audit", "docs/examples/causality.jsonl"],
        &["audit", "docs/examples/membership.jsonl"],
        &["audit", "tests/traces/own-rqbit-n1.jsonl"],
        &["audit", "tests/traces/lt-tbf-n8-churn.jsonl"],
        &["sweep", &sweep, "--out", &lines],
        &["check", "churn", "--peers", "2", "--chunks", "1"],
        &["check", "churn", "--churn", "once", "--source", "churns"],
        &["check", "--max-states", "20"],
        &["presets"],
        &["canary"],
        &["help", "check"],
        &["--help"],
    ];
    for arguments in commands {
        let is_timed = arguments[0] == "check";
        let wide = told(arguments, 300);
        for width in [80, 120] {
            let text = told(arguments, width);
            assert!(!text.contains('\u{1b}'), "{arguments:?}: {text}");
            for line in text.lines() {
                let columns = line.chars().count();
                assert!(columns <= width, "{arguments:?} at {width}: {columns} columns\n{text}");
            }
            let said = words(&text, is_timed);
            for (word, times) in words(&wide, is_timed) {
                let is_said = times <= said.get(word).copied().unwrap_or(0);
                assert!(is_said, "{arguments:?} at {width}: `{word}`\n{text}\n{wide}");
            }
            let numbers = numbers(&wide).into_iter().filter(|_| !is_timed);
            numbers.for_each(|it| assert!(text.contains(&it), "{arguments:?}: {it}\n{text}"));
        }
    }
}

/// Where there is neither a terminal nor a wish, a result is as wide as a terminal of old.
#[test]
fn a_pipe_has_80_columns() {
    let arguments = ["audit", "docs/examples/causality.jsonl"];
    let piped = command(&arguments).env_remove("COLUMNS").output().unwrap();
    assert_eq!(String::from_utf8(piped.stdout).unwrap(), told(&arguments, 80));
    assert_eq!(told(&arguments, 20), told(&arguments, 80), "no narrower");
}
