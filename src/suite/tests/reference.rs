//! The reference engine's own suite, written by the public macro.

crate::suite! { engine: crate::swarm::Peer, cases: 24 }
