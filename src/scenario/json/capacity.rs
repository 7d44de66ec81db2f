//! The capacity of a link on the wire: a rate, a list of instants and rates, or null.

use std::fmt;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::units::{Rate, RateChanges, Time};

/// A rate and its changes; None is null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Capacity(pub(super) Option<(Rate, RateChanges)>);

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Capacity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Capacity".into()
    }

    /// A rate, null, or instants with the rates from then on.
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let rate = generator.subschema_for::<Rate>();
        let change = generator.subschema_for::<(Time, Rate)>();
        schemars::json_schema!({
            "anyOf": [
                rate,
                { "type": "null" },
                { "type": "array", "items": change, "minItems": 1 },
            ]
        })
    }
}

impl Serialize for Capacity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            None => serializer.serialize_none(),
            Some((rate, changes)) if changes.is_empty() => rate.serialize(serializer),
            Some((rate, changes)) => {
                let pieces = std::iter::once((Time::ZERO, *rate));
                serializer.collect_seq(pieces.chain(changes.list().iter().copied()))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CapacityVisitor)
    }
}

struct CapacityVisitor;

impl<'de> Visitor<'de> for CapacityVisitor {
    type Value = Capacity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_unit<E: Error>(self) -> Result<Capacity, E> {
        Ok(Capacity(None))
    }

    fn visit_u64<E: Error>(self, rate: u64) -> Result<Capacity, E> {
        Ok(Capacity(Some((Rate(rate), RateChanges::NONE))))
    }

    fn visit_i64<E: Error>(self, rate: i64) -> Result<Capacity, E> {
        Err(E::invalid_value(Unexpected::Signed(rate), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pieces: A) -> Result<Capacity, A::Error> {
        let Some((Time::ZERO, first)) = pieces.next_element()? else {
            return Err(A::Error::custom(
                "a list of rates begins at 0; write [[0,1000000],[21600000000000,10000000]] for a \
                 rate that changes after 6 h",
            ));
        };
        let mut changes: Vec<(Time, Rate)> = Vec::new();
        while let Some(change) = pieces.next_element()? {
            changes.push(change);
        }
        Ok(Capacity(Some((first, RateChanges::new(changes)))))
    }
}
