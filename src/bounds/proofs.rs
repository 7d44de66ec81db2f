//! What is proved by machine, theorem by theorem, with the names in Rust beside those in Coq.
#![doc = include_str!("../../models/proof/README.md")]
