//! The values of options that are texts of their own: how they are read and written.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Why a text is no value of its option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    /// It is none of the forms.
    #[error("write {0}")]
    Form(&'static str),
    /// It is no whole number within the limits.
    #[error("write {least} to {most}")]
    Number {
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
}

/// A whole number within limits.
#[cfg(feature = "cli")]
pub(super) fn number<T: TryFrom<usize>>(
    text: &str,
    least: usize,
    most: usize,
) -> Result<T, NoValue> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or(NoValue::Number { least, most })
}

/// Chunks that a peer can receive a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downloads {
    /// As many as there are senders.
    Unlimited,
    /// So many, from 1.
    Slots(u32),
}

impl FromStr for Downloads {
    type Err = NoValue;

    fn from_str(text: &str) -> Result<Self, NoValue> {
        match (text, text.parse()) {
            ("unlimited", _) => Ok(Downloads::Unlimited),
            (_, Ok(slots)) if 0 < slots => Ok(Downloads::Slots(slots)),
            _ => Err(NoValue::Form("1 to 4294967295, or unlimited")),
        }
    }
}

impl fmt::Display for Downloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Downloads::Unlimited => f.write_str("unlimited"),
            Downloads::Slots(slots) => write!(f, "{slots}"),
        }
    }
}

/// How peers barter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barter {
    /// Not at all.
    None,
    /// In swaps.
    Strict,
    /// In swaps, and in cycles of three.
    Cycles3,
    /// On credit of so many chunks.
    Credit(u8),
}

impl FromStr for Barter {
    type Err = NoValue;

    fn from_str(text: &str) -> Result<Self, NoValue> {
        match (text, text.strip_prefix("credit:").map(str::parse)) {
            ("none", _) => Ok(Barter::None),
            ("strict", _) => Ok(Barter::Strict),
            ("cycles3", _) => Ok(Barter::Cycles3),
            (_, Some(Ok(chunks))) if 0 < chunks => Ok(Barter::Credit(chunks)),
            _ => Err(NoValue::Form("none, strict, cycles3 or credit:1")),
        }
    }
}

impl fmt::Display for Barter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Barter::None => f.write_str("none"),
            Barter::Strict => f.write_str("strict"),
            Barter::Cycles3 => f.write_str("cycles3"),
            Barter::Credit(chunks) => write!(f, "credit:{chunks}"),
        }
    }
}

/// The slots that the source and each peer take for a chunk, the source's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkTimes(pub Vec<u8>);

impl FromStr for ChunkTimes {
    type Err = NoValue;

    /// `S:a,b,c`
    fn from_str(text: &str) -> Result<Self, NoValue> {
        let numbers = text.split([':', ',']).map(str::parse);
        match (text.split_once(':'), numbers.collect::<Result<Vec<u8>, _>>()) {
            (Some((source, _)), Ok(times)) if !source.contains(',') => Ok(ChunkTimes(times)),
            _ => Err(NoValue::Form("the slots of a chunk, such as 1:2,2,3")),
        }
    }
}

impl fmt::Display for ChunkTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, time) in self.0.iter().enumerate() {
            let before = ["", ":", ","][at.min(2)];
            write!(f, "{before}{time}")?;
        }
        Ok(())
    }
}

/// Which calls there are in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Calls {
    /// Any.
    Any,
    /// One a node, which carries a chunk one way.
    Telegraph,
    /// One a node, which carries a chunk each way.
    Telephone,
}

/// Which neighbors a choker serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum ServingPolicy {
    /// A leecher's: those that give most.
    TitForTat,
    /// A leecher's: each in turn.
    RoundRobin,
    /// A seeder's: each in turn.
    SeedRoundRobin,
    /// A seeder's: those that take most.
    SeedFastestFirst,
}

/// Types that serde writes as they are read.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text!(Downloads, Barter, ChunkTimes, super::schedule::Shape, super::swarm::Timers);
