//! The fluid construction in chunks.

use super::*;
use crate::schedule::fluid::Rates;
use crate::schedule::relay::relay;

/// F/r + n c max 1/r_i over the streams that there are, in nanoseconds, rounded up.
fn within(scenario: &Scenario, n: u128) -> Time {
    let rates = Rates::new(scenario).unwrap();
    let streams = rates.relayed.iter().chain([&rates.direct]);
    let slowest = streams.filter(|rate| crate::ratio::Ratio::zero() < **rate).min().unwrap();
    let chunk = crate::ratio::Ratio::new(n * scenario.file().chunk().bits(), 1).unwrap();
    let whole = scenario.file().chunks() as u128 * scenario.file().chunk().bits();
    let time = rates.time(whole).plus(&chunk.over(slowest).unwrap());
    time.ceil_nanos().unwrap()
}

/// Every step of a stream is rounded up by less than a nanosecond.
fn rounding(scenario: &Scenario) -> u64 {
    scenario.file().chunks() as u64 + 2
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_relay_is_lawful_and_ends_in_time(scenario in staying(12, 40)) {
        let Ok(plan) = relay(&scenario) else {
            prop_assert!(scenario.peers().any(|(_, peer)| peer.joins != Time::ZERO));
            return Ok(());
        };
        lawful(&plan)?;
        let latency = scenario.nodes().map(|node| scenario.latency_to(node)).max().unwrap();
        let allowed = within(&scenario, 2) + Time(2 * latency.0 + rounding(&scenario));
        let took = plan.distribution_time();
        prop_assert!(took <= allowed, "{took} where {allowed} are allowed");
    }
}

#[test]
fn whole_streams_cost_one_chunk_time_of_the_slowest() {
    // u_s = 12, u = 6, 3, 3: r = 8 = U/N, r_i = 3, 3/2, 3/2 and r_0 = 2, so of 16 chunks the
    // streams are 6, 3, 3 and 4.
    let scenario = swarm(16 * 3, 3, 12, vec![peer(6), peer(3), peer(3)]);
    let plan = relay(&scenario).unwrap();
    assert_eq!(plan.distribution_time(), within(&scenario, 1));
}
