//! The rates of Kumar and Ross.

use super::*;
use crate::bounds::{Bound, Fluid};
use crate::ratio::Ratio;
use crate::schedule::fluid::Rates;

fn ratio(numerator: u64, denominator: u64) -> Ratio {
    Ratio::new(u128::from(numerator), u128::from(denominator)).unwrap()
}

proptest! {
    #![proptest_config(cases(512))]

    /// For every heterogeneous input: feasible, and exactly as fast as the bound.
    #[test]
    fn rates_are_feasible_and_reach_the_fluid_bound(scenario in staying(30, 8)) {
        let mut parts = scenario.into_parts();
        parts.network = Network::default();
        parts.source.link = Link::default();
        for peer in &mut parts.peers {
            (peer.link, peer.joins) = (Link::default(), Time::ZERO);
        }
        let scenario = Scenario::new(parts).unwrap();
        let rates = Rates::new(&scenario).unwrap();
        prop_assert!(rates.certificate().holds(), "{:?}", rates.certificate());
        let bound = Fluid.completion(&scenario, scenario.peer_count()).unwrap();
        prop_assert_eq!(Some(rates.time(scenario.file().file().bits())), bound.exact);
    }
}

#[test]
fn small_instances_have_the_rates_of_the_theorem() {
    // (u_s; u; d): r, r_i, r_0, worked out by hand.
    let rates = |source, uploads: &[u64], download: Option<u64>| {
        let peers =
            uploads.iter().map(|&upload| Peer { download: download.map(Rate), ..peer(upload) });
        Rates::new(&swarm(100, 10, source, peers.collect())).unwrap()
    };
    let made = rates(1, &[1, 1, 1], None);
    assert_eq!(made.each, ratio(1, 1));
    assert_eq!(made.relayed, vec![ratio(1, 3); 3]);
    let made = rates(3, &[0, 0, 0], None);
    assert_eq!((made.each, made.direct), (ratio(1, 1), ratio(1, 1)));
    let made = rates(2, &[4, 1], None);
    assert_eq!((made.each, made.direct), (ratio(2, 1), ratio(0, 1)));
    assert_eq!(made.relayed, [ratio(8, 5), ratio(2, 5)]);
    let made = rates(6, &[2, 1], Some(5));
    assert_eq!((made.each, made.direct), (ratio(9, 2), ratio(3, 2)));
    assert_eq!(made.relayed, [ratio(2, 1), ratio(1, 1)]);
    let alone = rates(6, &[7], Some(5));
    assert_eq!((alone.each, alone.direct), (ratio(5, 1), ratio(5, 1)));
}

#[test]
fn every_inequality_can_fail() {
    let scenario = swarm(100, 10, 6, vec![Peer { download: Some(Rate(5)), ..peer(2) }; 2]);
    let good = Rates::new(&scenario).unwrap();
    assert!(good.certificate().holds());
    let more = |rate: &Ratio| rate.plus(&ratio(100, 1));
    let relays = Rates { relayed: good.relayed.iter().map(more).collect(), ..good.clone() };
    assert!(!relays.certificate().relays);
    let source = Rates { direct: more(&good.direct), ..good.clone() };
    assert!(!source.certificate().source && source.certificate().relays);
    let downlinks = Rates { each: more(&good.each), ..good.clone() };
    assert!(!downlinks.certificate().downlinks && !downlinks.certificate().whole);
    let ends = Rates { each: Ratio::zero(), ..good.clone() };
    assert!(!ends.certificate().ends && ends.certificate().downlinks);
}

#[test]
fn departures_and_late_arrivals_have_no_static_rates() {
    let mut parts = equal(3, 2).into_parts();
    parts.peers[1].joins = Time(7);
    let refused = Rates::new(&Scenario::new(parts.clone()).unwrap()).unwrap_err();
    assert!(refused.0.contains("peer 2 joins at 7 ns"), "{refused}");
    parts.peers[2].leaves = Leaves::AfterCompletion(Time::ZERO);
    let refused = Rates::new(&Scenario::new(parts).unwrap()).unwrap_err();
    assert!(refused.0.contains("peer 3 leaves"), "{refused}");
}
