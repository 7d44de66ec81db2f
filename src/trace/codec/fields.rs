//! The kinds of events and the fields of each: the one table from which reading and writing follow.
//!
//! A line is read into one flat struct that has every field of every kind, since an internally
//! tagged enum would buffer every line, and this is where an audit spends its time. What a line
//! says is then sorted by its kind. Whether nodes and chunks exist is not asked here.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::Malformed;
use crate::chunks::{ChunkId, PeerId};
use crate::units::{Bytes, Rate, Time};

/// Whether all bytes of a transfer were delivered.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline))]
#[serde(rename_all = "lowercase", expecting = "`delivered` or `aborted`")]
pub(super) enum RawOutcome {
    Delivered,
    Aborted,
}

/// Makes everything that depends on the table: `Line`, its fields as bits, and `RawEvent`.
macro_rules! events {
    (
        fields { $($field:ident: $type:ty,)* }
        $($kind:ident { $($must:ident),* } $({ $($may:ident),* })?)*
    ) => {
        /// The type of each field, by its name.
        #[allow(non_camel_case_types, reason = "a field is spelled as in a line")]
        mod field {
            use super::*;
            $(pub(super) type $field = $type;)*
        }

        /// Every field, in the order of the table: its number is its bit in a set.
        #[allow(non_camel_case_types, reason = "a field is spelled as in a line")]
        enum Field { $($field,)* }

        const NAMES: &[&str] = &[$(stringify!($field),)*];

        /// The names of the kinds.
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case", expecting = "the name of an event")]
        enum Kind { $($kind,)* }

        /// Every field that any event may have.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, expecting = "an object with the fields of an event")]
        pub(super) struct Line {
            event: Kind,
            $(#[serde(default, deserialize_with = "present")] $field: Option<$type>,)*
            /// Free for the writer; no reader looks at it.
            #[serde(default, rename = "x")]
            _x: Option<IgnoredAny>,
        }

        /// An event as its line spells it.
        #[derive(Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "schema", schemars(deny_unknown_fields, transform = as_read))]
        #[serde(tag = "event", rename_all = "snake_case")]
        pub(super) enum RawEvent {
            $($kind {
                $($must: field::$must,)*
                $($(
                    #[serde(skip_serializing_if = "Option::is_none")]
                    #[cfg_attr(feature = "schema", schemars(default))]
                    $may: Option<field::$may>,
                )*)?
            },)*
        }

        impl Line {
            /// The fields that are there.
            fn present(&self) -> u16 {
                0 $(| u16::from(self.$field.is_some()) << Field::$field as u16)*
            }

            /// The event that it says.
            ///
            /// # Errors
            /// A field that events of its kind do not have, or one that they must have and that is
            /// missing.
            pub(super) fn sorted(self) -> Result<RawEvent, Malformed> {
                match self.event {
                    $(Kind::$kind => {
                        const KNOWN: u16 = 0 $(| 1 << Field::$must as u16)*
                            $($(| 1 << Field::$may as u16)*)?;
                        foreign(self.present(), KNOWN)?;
                        Ok(RawEvent::$kind {
                            $($must: self.$must.ok_or_else(|| missing(stringify!($must)))?,)*
                            $($($may: self.$may,)*)?
                        })
                    })*
                }
            }
        }
    };
}

events! {
    fields {
        t: Time,
        node: PeerId,
        from: PeerId,
        to: PeerId,
        chunk: ChunkId,
        start: Time,
        end: Time,
        bytes: Bytes,
        offset: Bytes,
        outcome: RawOutcome,
        a: PeerId,
        b: PeerId,
        peers: Vec<PeerId>,
        upload_bps: Rate,
    }
    Join { t, node }
    Leave { t, node }
    Complete { t, node }
    Transfer { from, to, chunk, start, end, bytes } { offset, outcome }
    Connect { t, a, b }
    Disconnect { t, a, b }
    Choke { t, from, to }
    Unchoke { t, from, to }
    AllowedFast { t, from, to, chunk }
    Capacity { t, node, upload_bps }
    Announce { t, node, peers }
}

/// What the derived schema does not know: a field that may be left out is never null, and `x` is
/// free for the writer.
#[cfg(feature = "schema")]
fn as_read(schema: &mut schemars::Schema) {
    let kinds = schema.get_mut("oneOf").and_then(|kinds| kinds.as_array_mut());
    for kind in kinds.into_iter().flatten() {
        let Some(fields) = kind.get_mut("properties").and_then(|it| it.as_object_mut()) else {
            continue;
        };
        for field in fields.values_mut() {
            for rule in ["type", "enum"] {
                if let Some(values) = field.get_mut(rule).and_then(|it| it.as_array_mut()) {
                    values.retain(|value| !value.is_null() && *value != "null");
                }
            }
        }
        fields.insert("x".to_owned(), true.into());
    }
}

/// A field that may be left out but is not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// What is wrong with the meaning of a line.
pub(super) fn wrong(field: &str, message: impl Into<String>) -> Malformed {
    Malformed { field: field.to_owned(), message: message.into() }
}

fn missing(field: &str) -> Malformed {
    wrong(field, "is missing; an event of this kind must have it")
}

/// Refuses the first field that is there and that events of this kind do not have.
fn foreign(there: u16, known: u16) -> Result<(), Malformed> {
    let odd = there & !known;
    if odd == 0 {
        return Ok(());
    }
    let name = NAMES.get(odd.trailing_zeros() as usize).copied().unwrap_or("");
    let names = NAMES.iter().enumerate().filter(|(at, _)| known >> at & 1 != 0);
    let names: Vec<&str> = names.map(|(_, name)| *name).collect();
    let names = names.join(", ");
    Err(wrong(name, format!("an event of this kind has only {names}; remove it")))
}
