//! The planner's search as a whole.

use super::*;
use crate::bounds::Earliest;

/// The plan found with this budget.
fn plan(scenario: &Scenario, budget: u64) -> Plan {
    Planner::new(scenario, budget).unwrap().finish().unwrap()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn plans_are_lawful_and_never_beat_a_bound(scenario in staying(16, 32)) {
        let plan = plan(&scenario, 5_000);
        lawful(&plan)?;
        let bound = last_bound(&scenario).at;
        prop_assert!(bound <= Earliest::At(plan.distribution_time()));
    }

    #[test]
    fn the_same_scenario_gives_the_same_plan_in_any_instalments(
        scenario in staying(8, 12),
        instalment in 1..40usize,
    ) {
        let whole = plan(&scenario, 2_000);
        let mut planner = Planner::new(&scenario, 2_000).unwrap();
        while planner.advance(instalment) == PlannerProgress::Searching {}
        prop_assert_eq!(planner.plan(), Some(whole));
    }

    #[test]
    fn more_effort_is_never_worse(scenario in staying(8, 12)) {
        let [less, more] = [500, 3_000].map(|budget| plan(&scenario, budget));
        prop_assert!(more.distribution_time() <= less.distribution_time());
    }
}

#[test]
fn departures_are_refused() {
    let parts = equal(3, 2).into_parts();
    let refused =
        |parts: Parts| Planner::new(&Scenario::new(parts).unwrap(), 1).map(|_| ()).unwrap_err().0;
    let mut source = parts.clone();
    source.source.leaves = SourceLeaves::AfterCopies(2);
    assert!(refused(source).contains("the source leaves"));
    let mut peers = parts;
    peers.peers[1].leaves = Leaves::At(Time::from_secs(5));
    assert!(refused(peers).contains("peer 2 leaves"));
}

#[test]
fn a_distribution_beyond_584_years_is_refused() {
    let scenario = swarm(u64::MAX, u64::MAX, 1, vec![peer(1)]);
    let refused = Planner::new(&scenario, 10).and_then(Planner::finish).unwrap_err();
    assert!(refused.0.contains("584 years"), "{refused}");
}

#[test]
fn a_barter_binds_engines_and_no_plan() {
    let mut parts = equal(3, 2).into_parts();
    parts.protocol = Some(crate::scenario::Protocol {
        choker: crate::scenario::Choker::StrictBarter,
        ..crate::scenario::Protocol::default()
    });
    let plan = plan(&Scenario::new(parts).unwrap(), 100);
    lawful(&plan).unwrap();
    assert_eq!(plan.distribution_time(), Time::from_secs(3));
}

/// Presets at full size: within 1.01 of the best bound, M >= 1000.
#[test]
fn presets_of_many_chunks_are_planned_within_one_percent() {
    for (name, chunk, chunks) in
        [("figure", 262_144, 1717), ("homework", 1 << 20, 1789), ("weights", 64_000_000, 2188)]
    {
        let mut parts =
            crate::scenario::Preset::named(name).unwrap().scenario(None).unwrap().into_parts();
        parts.file = Manifest::new(parts.file.file(), Bytes(chunk)).unwrap();
        let scenario = Scenario::new(parts).unwrap();
        assert_eq!(scenario.file().chunks(), chunks);
        let plan = plan(&scenario, 0);
        lawful(&plan).unwrap();
        let last = last_bound(&scenario);
        let (by, bound) = (last.name, last.time().unwrap());
        let took = plan.distribution_time();
        println!("{name}: bound {bound} ({by}), planned {took}");
        assert!(u128::from(took.0) * 100 <= u128::from(bound.0) * 101, "{name}: {took}");
    }
}
