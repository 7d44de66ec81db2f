//! The generator: it reaches everything that a scenario can say, and shrinks to the simplest.

use std::ops::ControlFlow;

use crate::chunks::PeerId;
use crate::scenario::{Behavior, Leaves, Scenario, SourceLeaves};
use crate::suite::detection::policies;
use crate::suite::examine::{generate, smallest};
use crate::suite::{Barter, Churn, Latency, Scope};
use crate::units::{Bytes, Rate, Time};

fn scenarios(scope: Scope, cases: u32) -> Vec<Scenario> {
    (0..cases).map(|case| generate(&scope, 1, case).current()).collect()
}

#[test]
fn everything_that_a_scenario_can_say_is_said() {
    let all = scenarios(Scope::default(), 500);
    let peers = || all.iter().flat_map(|scenario| scenario.peers().map(|(_, peer)| peer));
    assert!(all.iter().any(|it| it.peer_count() == 1) && all.iter().any(|it| 30 < it.peer_count()));
    let chunks = |it: &Scenario| it.file().chunks();
    assert!(all.iter().any(|it| chunks(it) == 1) && all.iter().any(|it| 40 < chunks(it)));
    assert!(all.iter().any(|it| it.file().whole_chunks() < chunks(it)), "a short last chunk");
    assert!(peers().any(|peer| peer.upload == Rate::ZERO));
    assert!(peers().any(|peer| peer.download.is_none()) && peers().any(|p| p.download.is_some()));
    assert!(peers().any(|peer| peer.joins != Time::ZERO));
    assert!(peers().any(|peer| matches!(peer.leaves, Leaves::At(_))));
    assert!(peers().any(|peer| peer.leaves == Leaves::AfterCompletion(Time::ZERO)));
    assert!(
        peers().any(|peer| matches!(peer.leaves, Leaves::AfterCompletion(span) if span.0 != 0))
    );
    assert!(peers().any(|peer| peer.behavior == Behavior::FreeRider && peer.upload != Rate::ZERO));
    assert!(peers().any(|peer| peer.link.latency.is_some()));
    assert!(peers().any(|peer| peer.link.burst.is_some()));
    let source = |it: &Scenario| it.source().leaves;
    assert!(all.iter().any(|it| matches!(source(it), SourceLeaves::At(_))));
    assert!(all.iter().any(|it| matches!(source(it), SourceLeaves::AfterCopies(_))));
    assert!(all.iter().any(|it| it.parts().network.latency != Time::ZERO));
    assert!(all.iter().any(|it| it.burst(PeerId::SOURCE) != Bytes(0)));
    let settings = || all.iter().filter_map(|scenario| scenario.parts().protocol.as_ref());
    for (picker, choker, seeding) in policies() {
        assert!(settings().any(|it| it.picker == picker && it.seeding == seeding), "{picker}");
        assert!(settings().any(|it| it.choker == choker), "{choker}");
    }
    assert!(settings().any(|it| it.optimistic.is_none() && it.super_seeding));
}

#[test]
fn a_scope_keeps_its_word() {
    let scope = Scope {
        peers: 3,
        chunks: 4,
        churn: Churn::None,
        barter: Barter::None,
        latency: Latency::None,
        burst: Some(Bytes(7)),
        ..Scope::default()
    };
    for scenario in scenarios(scope, 200) {
        assert!(scenario.peer_count() <= 3 && scenario.file().chunks() <= 4);
        assert_eq!(scenario.source().leaves, SourceLeaves::Never);
        for (id, peer) in scenario.peers() {
            assert_eq!((peer.joins, peer.leaves), (Time::ZERO, Leaves::Never));
            assert_eq!(scenario.burst(id), Bytes(7));
            assert_eq!(scenario.latency_to(id), Time::ZERO);
        }
        let protocol = scenario.parts().protocol.clone().unwrap();
        let gives = format!("{}", protocol.choker);
        assert!(gives == "tit for tat" || gives == "round robin", "{gives}");
    }
}

/// When everything fails, the smallest of all scenarios is left.
#[test]
fn scenarios_shrink_to_one_peer_one_chunk_and_no_churn() {
    for case in 0..20 {
        let tree = generate(&Scope::default(), 1, case);
        let mut left = tree.current();
        smallest(tree, 10_000, None, &mut |scenario| {
            left = scenario.clone();
            ControlFlow::Continue(true)
        });
        assert_eq!((left.peer_count(), left.file().chunks()), (1, 1), "case {case}");
        assert_eq!(left.file().file(), Bytes(125), "case {case}");
        let peer = left.peer(PeerId(1)).unwrap();
        assert_eq!((peer.upload, peer.download), (Rate(1000), None), "case {case}");
        assert_eq!((peer.joins, peer.leaves), (Time::ZERO, Leaves::Never), "case {case}");
        assert_eq!(left.source().leaves, SourceLeaves::Never, "case {case}");
        assert_eq!(left.source().upload, Rate(1000), "case {case}");
    }
}

/// An engine that bursts does so in the smallest scenario, too, and is allowed to.
#[test]
fn a_burst_that_was_asked_for_stays() {
    let scope = Scope { burst: Some(Bytes(7)), ..Scope::default() };
    for case in 0..5 {
        let tree = generate(&scope, 1, case);
        let mut bursts = vec![tree.current().parts().network.burst];
        smallest(tree, 1000, scope.burst, &mut |scenario| {
            bursts.extend(scenario.nodes().map(|node| scenario.burst(node)));
            ControlFlow::Continue(true)
        });
        assert!(bursts.iter().all(|&burst| burst == Bytes(7)), "case {case}");
    }
}

#[test]
fn a_case_is_the_same_whatever_was_before_it() {
    let scope = Scope::default();
    assert_eq!(generate(&scope, 3, 7).current(), generate(&scope, 3, 7).current());
    assert_ne!(generate(&scope, 3, 7).current(), generate(&scope, 4, 7).current());
    assert_ne!(generate(&scope, 3, 7).current(), generate(&scope, 3, 8).current());
}
