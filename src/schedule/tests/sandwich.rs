//! best bound <= planner <= every engine's run, on the same scenario.

use super::*;
use crate::bounds::Earliest;
use crate::engine::Engine;
use crate::schedule::planner::best_bound;
use crate::sim::simulate;
use crate::swarm::{ClientServer, Tracker};
use crate::trace::Event;

/// When the engine's last peer has the file; None when somebody has not.
fn took<E: Engine>(scenario: &Scenario) -> Option<Time> {
    let mut completions = Vec::new();
    simulate::<E, Tracker>(scenario, &mut |event| {
        if let Event::Complete { at, .. } = event {
            completions.push(at);
        }
    });
    (completions.len() == scenario.peer_count()).then(|| completions.into_iter().max())?
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_planner_stands_between_the_bounds_and_every_engine(scenario in staying(14, 40)) {
        let plan = Planner::new(&scenario, 20_000).unwrap().finish().unwrap();
        let planned = plan.distribution_time();
        let bound = best_bound(&scenario).unwrap().1;
        prop_assert!(bound <= Earliest::At(planned), "{bound:?} <= {planned}");
        for (engine, took) in [
            ("p2p", took::<crate::swarm::Peer>(&scenario)),
            ("client-server", took::<ClientServer>(&scenario)),
        ] {
            if let Some(took) = took {
                prop_assert!(planned <= took, "{} {planned} <= {engine} {took}", plan.means());
            }
        }
    }
}
