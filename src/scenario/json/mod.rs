//! The resolved scenario as JSON: what `--engine` commands read and what the header of a trace
//! says.
//!
//! Nothing is guessed here: a unit stands in the name of its field, an unknown field is an error
//! (except under `x`), and what the text leaves out has the default that its field documents.
//! `Document` is the form on the wire.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DEFAULT_SEED, DEFAULT_UNTIL, Malformed, Scenario};

mod capacity;
mod document;
mod error;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[cfg(feature = "schema")]
#[path = "../../../tests/cli/validator.rs"]
pub(crate) mod validator;

pub(crate) use document::Document;
pub use error::JsonError;

/// What stands where the header of a trace has its evidence: nothing.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) enum NoEvidence {}

impl<'de> Deserialize<'de> for NoEvidence {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("evidence belongs in the header of a trace; remove it"))
    }
}

impl Scenario {
    /// Reads a resolved scenario. A trace is longer: its header is read with its events.
    ///
    /// # Errors
    /// With line, column and field: text that is no JSON, another version of the format, a field
    /// that is unknown, missing or of the wrong kind, peers whose ids are not 1..=N, each once, and
    /// whatever [`Scenario::new`] refuses.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        let document: Document<NoEvidence> = JsonError::read(text.as_bytes())?;
        let (scenario, _) = document
            .resolve()
            .map_err(|malformed| JsonError::semantic(malformed, text.as_bytes()))?;
        Ok(scenario)
    }

    /// Writes the resolved scenario on one line; [`Scenario::from_json`] reads it back.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings, integers and lists are always JSON")
    }
}

#[cfg(feature = "schema")]
impl Scenario {
    /// What [`Scenario::from_json`] reads, as JSON Schema. What fields mean together (the ids of
    /// peers, a departure after the arrival) it cannot say.
    pub fn json_schema() -> serde_json::Value {
        let settings = schemars::generate::SchemaSettings::draft2020_12();
        let mut generator = settings.into_generator();
        let schema = Document::<NoEvidence>::json_schema(&mut generator);
        described("A resolved scenario", schema, generator)
    }
}

/// A schema with its title and the definitions that it refers to.
#[cfg(feature = "schema")]
pub(crate) fn described(
    title: &str,
    mut schema: schemars::Schema,
    mut generator: schemars::SchemaGenerator,
) -> serde_json::Value {
    schema.insert("$schema".into(), generator.settings().meta_schema.as_deref().into());
    schema.insert("title".into(), title.into());
    schema.insert("$defs".into(), generator.take_definitions(true).into());
    schema.to_value()
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::<NoEvidence>::new(self, None).serialize(serializer)
    }
}
