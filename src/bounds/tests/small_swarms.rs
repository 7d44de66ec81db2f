//! No bound is above the best known schedule of 145 small swarms, and the best bound is near it.

use super::gaps::{self, Distribution, Gap, Which};

/// No bound may be above the schedule, nor the best of them below what was known.
fn judge(gaps: &[Gap]) {
    for gap in gaps {
        for (bound, at) in &gap.says {
            let fastest = gap.schedule;
            assert!(*at <= fastest, "{}: {bound} {at} ns, a run takes {fastest} ns", gap.name);
        }
        let best = gap.best(Which::All);
        assert!(gap.known <= best + 1, "{}: {best} ns", gap.name);
    }
}

#[test]
fn random_swarms_are_planned_near_their_bounds() {
    let gaps = gaps::random();
    judge(&gaps);
    let before = Distribution::new(&gaps, Which::WithoutRelaxations);
    let after = Distribution::new(&gaps, Which::All);
    assert!(before.tight() < after.tight(), "{}", before.tight());
    assert!(65 <= after.tight(), "{}", after.tight());
    assert!(after.summary()[0] <= 1_030_000, "{:?}", after.summary());
    assert!(after.above(1_200_000) <= 3, "{}", after.above(1_200_000));
}

#[test]
fn tiny_swarms_reach_their_bounds() {
    let gaps = gaps::tiny();
    judge(&gaps);
    let after = Distribution::new(&gaps, Which::All);
    assert!(43 <= after.tight(), "{}", after.tight());
}
