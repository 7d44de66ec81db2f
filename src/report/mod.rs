//! What people and programs read: tables, JSON documents and pictures, as pure functions of data.
//!
//! Nothing here prints, opens a file or asks for the time, and nothing here decides: floating point
//! is for display only, every comparison was made before with integers.

pub(crate) mod bounds;
pub(crate) mod challenge;
pub(crate) mod chart;
pub(crate) mod check;
pub(crate) mod curve;
pub(crate) mod differences;
pub(crate) mod gantt;
pub(crate) mod heading;
pub(crate) mod import;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod layout;
pub(crate) mod matrix;
pub(crate) mod numbers;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod suite;
pub(crate) mod svg;
pub(crate) mod sweep;
pub(crate) mod table;
pub(crate) mod wrapping;

pub(crate) use layout::Style;
