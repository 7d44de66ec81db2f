use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::suite::{ALL, Config, Simulated, examine};
use crate::swarm::{Peer, Tracker};
use crate::{audit, bounds};

#[test]
fn every_rule_and_every_bound_has_its_property() {
    let names: BTreeSet<&str> = ALL.iter().map(|property| property.name).collect();
    assert_eq!(names.len(), ALL.len(), "no name stands twice");
    for rule in audit::ALL {
        assert!(names.contains(rule.name), "{}", rule.name);
    }
    for bound in bounds::ALL {
        let name = format!("distribution_time_respects_{}", bound.name());
        assert!(names.contains(name.as_str()), "{name}");
    }
}

#[test]
fn the_reference_engine_is_accused_of_nothing() {
    let mut subject = Simulated::<Peer, Tracker>::default();
    let config = Config { cases: 500, ..Config::default() };
    let examination = examine(&mut subject, &config, &mut |_| ControlFlow::Continue(()));
    assert!(examination.finding.is_none(), "{:#?}", examination.finding);
    assert_eq!(examination.cases, 500);
}
