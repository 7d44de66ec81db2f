use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::suite::ALL;
use crate::suite::detection::ControlRuns;
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

/// Every picker with every choker and every seeding, about twenty cases each.
#[test]
fn no_control_is_accused() {
    let controls = ControlRuns::of(1, 500, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(controls.cases, 500);
    assert!(controls.accused.is_empty(), "{:#?}", controls.accused);
}
