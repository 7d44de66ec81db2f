//! The reference engine's own suite, written by the macro that everybody uses.

crate::suite! { engine: crate::swarm::Peer, cases: 24 }
