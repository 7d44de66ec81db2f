//! The documents of `--json` as JSON Schema, derived from the types that write them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::challenge::ChallengeDocument;
use super::check::CheckDocument;
use super::curve::CurveDocument;
use super::json::{
    AuditDocument, BoundsDocument, ErrorDocument, FORMAT, PresetsDocument, RunDocument,
};
use super::matrix::{CanariesDocument, MatrixDocument};
use super::plan::PlanDocument;
use super::suite::ExaminedDocument;
use super::sweep::{Line, SweepDocument};

/// The schema of every document: one of those of the commands, an error, or a line of a sweep.
pub(crate) fn of_reports() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let documents = [
        document::<RunDocument<'_>>(&mut generator, Some("run")),
        document::<BoundsDocument<'_>>(&mut generator, Some("bounds")),
        document::<PlanDocument<'_>>(&mut generator, Some("plan")),
        document::<AuditDocument<'_>>(&mut generator, Some("audit")),
        document::<PresetsDocument>(&mut generator, Some("presets")),
        document::<CurveDocument<'_>>(&mut generator, Some("curve")),
        document::<SweepDocument<'_>>(&mut generator, Some("sweep")),
        document::<CheckDocument<'_>>(&mut generator, Some("check")),
        document::<ExaminedDocument<'_>>(&mut generator, Some("suite")),
        document::<MatrixDocument<'_>>(&mut generator, Some("suite")),
        document::<ChallengeDocument<'_>>(&mut generator, Some("challenge")),
        document::<CanariesDocument>(&mut generator, Some("canary")),
        document::<ErrorDocument<'_>>(&mut generator, None),
        Line::json_schema(&mut generator),
    ];
    json!({
        "$schema": generator.settings().meta_schema,
        "title": FORMAT,
        "anyOf": documents,
        "$defs": generator.take_definitions(true),
    })
}

/// The document of a command, with the fields that every document has.
fn document<T: JsonSchema>(generator: &mut SchemaGenerator, command: Option<&str>) -> Schema {
    let mut schema = T::json_schema(generator);
    let heads = [("format", Some(FORMAT)), ("command", command)];
    for (name, value) in heads.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.insert(name.to_owned(), json!({ "const": value }));
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.push(name.into());
        }
    }
    schema
}
