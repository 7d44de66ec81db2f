//! The reference engine's own suite, written by the macro that everybody uses.

crate::suite! { engine: crate::swarm::Peer, cases: 24 }

/// A property that exists and has no test would be a silent gap.
#[test]
fn the_macro_writes_a_test_for_every_property() {
    let text = include_str!("../macros.rs");
    for property in crate::suite::ALL {
        let each = format!("@each [$engine] {} [$($out)*]", property.name);
        assert!(text.contains(&each), "{}", property.name);
    }
}
