//! best bound <= planner <= every engine's run, on the same scenario.

use super::*;
use crate::bounds::Earliest;
use crate::engine::NewEngine;
use crate::sim::simulate;
use crate::swarm::{ClientServer, Tracker};
use crate::trace::Event;

/// Distribution time of the engine's run; None if it ends incomplete.
fn took<E: NewEngine>(scenario: &Scenario) -> Option<Time> {
    let mut completions = Vec::new();
    simulate::<E, Tracker>(scenario, &mut |event| {
        if let Event::Complete { at, .. } = event {
            completions.push(at);
        }
    });
    (completions.len() == scenario.peer_count()).then(|| completions.into_iter().max())?
}

/// Effort in transfers: enough for most, then what the command line spends by default.
const BUDGETS: [u64; 2] = [20_000, 1_000_000];

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_planner_stands_between_the_bounds_and_every_engine(scenario in staying(14, 40)) {
        let engines = [
            ("p2p", took::<crate::swarm::Peer>(&scenario)),
            ("client-server", took::<ClientServer>(&scenario)),
        ];
        let best = engines.iter().filter_map(|&(_, took)| took).min().unwrap_or(Time::MAX);
        // Each transfer ends less than a nanosecond later than exact time would have it, and each
        // waits for others at most as often as there are transfers.
        let rounding = Time((scenario.peer_count() * scenario.file().chunks()) as u64);
        let allowed = best.checked_add(rounding).unwrap_or(Time::MAX);
        let mut planned = Time::MAX;
        for budget in BUDGETS {
            let plan = Planner::new(&scenario, budget).unwrap().finish().unwrap();
            planned = plan.distribution_time();
            if planned <= allowed {
                break;
            }
        }
        let bound = last_bound(&scenario).at;
        prop_assert!(bound <= Earliest::At(planned), "{bound:?} <= {planned}");
        prop_assert!(planned <= allowed, "{planned} <= {engines:?}");
    }
}
