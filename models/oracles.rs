//! Numbers computed independently of this project, by exhaustive search in another language.

use serde_json::Value;

/// The tables of `oracles.json`.
pub(super) fn oracles() -> Value {
    serde_json::from_str(include_str!("oracles.json")).expect("the tables are JSON")
}
