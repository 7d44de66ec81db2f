//! The words of a scenario: how behaviors and policies are written, the same in TOML and in JSON.
//!
//! Nothing here has a default; a word that is unknown is refused with the words that are known. The
//! types to know are [`Picker`] and [`Choker`].

use std::fmt;
use std::str::FromStr;

use super::{Behavior, Choker, Picker, Seeding};

/// What may go to a terminal as it is: characters that steer one are written as their codes.
pub(crate) fn printable(message: String) -> String {
    if !message.chars().any(char::is_control) {
        return message;
    }
    let mut shown = String::with_capacity(message.len());
    for character in message.chars() {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    shown
}

/// Finds `text` among the words of one kind.
fn find<T: Copy>(kind: &str, text: &str, words: &[(&'static str, T)]) -> Result<T, String> {
    let found = words.iter().find(|&&(word, _)| word == text);
    found.map(|&(_, value)| value).ok_or_else(|| {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        format!("`{text}` is no {kind}; write {}", known.join(" or "))
    })
}

/// The word of `value`.
fn word<T: Copy + PartialEq>(value: T, words: &[(&'static str, T)]) -> &'static str {
    let found = words.iter().find(|&&(_, known)| known == value);
    found.expect("every value of the enum stands in its table").0
}

const BEHAVIORS: &[(&str, Behavior)] =
    &[("cooperative", Behavior::Cooperative), ("free rider", Behavior::FreeRider)];

const PICKERS: &[(&str, Picker)] = &[
    ("rarest first", Picker::RarestFirst),
    ("random", Picker::Random),
    ("in order", Picker::InOrder),
];

const CHOKERS: &[(&str, Choker)] = &[
    ("tit for tat", Choker::TitForTat),
    ("round robin", Choker::RoundRobin),
    ("strict barter", Choker::StrictBarter),
];

const SEEDINGS: &[(&str, Seeding)] =
    &[("round robin", Seeding::RoundRobin), ("fastest first", Seeding::FastestFirst)];

impl FromStr for Behavior {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        find("behavior", text, BEHAVIORS)
    }
}

impl fmt::Display for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word(*self, BEHAVIORS))
    }
}

impl FromStr for Picker {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        find("picker", text, PICKERS)
    }
}

impl fmt::Display for Picker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word(*self, PICKERS))
    }
}

impl FromStr for Seeding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        find("seeding", text, SEEDINGS)
    }
}

impl fmt::Display for Seeding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(word(*self, SEEDINGS))
    }
}

impl FromStr for Choker {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(chunks) = text.strip_prefix("credit") else {
            return find("choker", text, CHOKERS).map_err(|error| format!("{error} or `credit 3`"));
        };
        let chunks = chunks.trim();
        if chunks.is_empty() || !chunks.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(format!("`{text}` lacks its number of chunks; write one like `credit 3`"));
        }
        let chunks = chunks.parse();
        chunks
            .map(Choker::Credit)
            .map_err(|_| format!("`{text}` is too large; write at most `credit {}`", u32::MAX))
    }
}

impl fmt::Display for Choker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choker::Credit(chunks) => f.pad(&format!("credit {chunks}")),
            other => f.pad(word(*other, CHOKERS)),
        }
    }
}
