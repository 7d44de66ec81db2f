//! The words of a scenario: how behaviors and policies are written, the same in TOML and in JSON.
//!
//! Nothing here has a default; a word that is unknown is refused with the words that are known.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// Why a text is no word of its kind: a sentence with the words that are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownWord(String);

/// Enums each value of which is a word, with the name of the kind.
macro_rules! words {
    ($($type:ident $kind:literal { $($value:ident $word:literal,)* })*) => {$(
        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok($type::$value),)*
                    _ => Err(unknown($kind, text, &[$($word),*])),
                }
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                one_of(&[$($word),*])
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self {
                    $($type::$value => $word,)*
                })
            }
        }
    )*};
}

/// A text that is one of some words.
#[cfg(feature = "schema")]
fn one_of(words: &[&str]) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": words })
}

words! {
    Behavior "behavior" {
        Cooperative "cooperative",
        FreeRider "free rider",
    }
    Picker "picker" {
        RarestFirst "rarest first",
        Random "random",
        InOrder "in order",
    }
    Seeding "seeding" {
        RoundRobin "round robin",
        FastestFirst "fastest first",
    }
}

fn unknown(kind: &str, text: &str, words: &[&str]) -> UnknownWord {
    UnknownWord(format!("`{text}` is no {kind}; write `{}`", words.join("` or `")))
}

impl FromStr for Choker {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let words = ["tit for tat", "round robin", "strict barter", "credit 3"];
        let Some(chunks) = text.strip_prefix("credit") else {
            return match text {
                "tit for tat" => Ok(Choker::TitForTat),
                "round robin" => Ok(Choker::RoundRobin),
                "strict barter" => Ok(Choker::StrictBarter),
                _ => Err(unknown("choker", text, &words)),
            };
        };
        let chunks = chunks.trim();
        if chunks.is_empty() || !chunks.bytes().all(|digit| digit.is_ascii_digit()) {
            let lacks = "lacks its number of chunks; write one like `credit 3`";
            return Err(UnknownWord(format!("`{text}` {lacks}")));
        }
        chunks.parse().map(Choker::Credit).map_err(|_| {
            UnknownWord(format!("`{text}` is too large; write at most `credit {}`", u32::MAX))
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Choker {
    fn schema_name() -> Cow<'static, str> {
        "Choker".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                one_of(&["tit for tat", "round robin", "strict barter"]),
                { "type": "string", "pattern": "^credit *[0-9]+$" },
            ],
        })
    }
}

impl fmt::Display for Choker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choker::TitForTat => f.pad("tit for tat"),
            Choker::RoundRobin => f.pad("round robin"),
            Choker::StrictBarter => f.pad("strict barter"),
            Choker::Credit(chunks) => f.pad(&format!("credit {chunks}")),
        }
    }
}

/// Types that serde writes and reads as their words.
macro_rules! as_words {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_words!(Behavior, Picker, Choker, Seeding);
