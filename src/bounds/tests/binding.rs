//! The binding bound against its definition, and every bound for every k.

use proptest::prelude::*;

use super::*;

/// Any scenario. In half of them all nodes are present from the start and forever, so that bounds
/// other than `presence` bind too.
fn scenarios() -> impl Strategy<Value = Scenario> {
    (crate::scenario::arbitrary::scenario(), any::<bool>()).prop_map(|(any, calm)| {
        let mut parts = any.into_parts();
        if calm {
            parts.source.leaves = SourceLeaves::Never;
            for peer in &mut parts.peers {
                (peer.joins, peer.leaves) = (Time::ZERO, Leaves::Never);
            }
        }
        scenario(parts)
    })
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let sent_by = prop_oneof![Just(SentBy::Swarm), Just(SentBy::SourceOnly), Just(SentBy::Unknown)];
    (any::<bool>(), sent_by).prop_map(|(exact_stamps, sent_by)| Conditions {
        exact_stamps,
        whole_swarm: true,
        sent_by,
    })
}

/// The definition: the largest of all theorems whose assumptions hold, on the scenario in which
/// nodes leave only if stamps are exact and peers upload only if they may have sent. Never is later
/// than every time.
fn by_definition(scenario: &Scenario, k: usize, conditions: Conditions) -> Binding {
    let mut parts = scenario.parts().clone();
    if !conditions.exact_stamps {
        parts.source.leaves = SourceLeaves::Never;
        parts.peers.iter_mut().for_each(|peer| peer.leaves = Leaves::Never);
    }
    let served = conditions.sent_by == SentBy::SourceOnly;
    let mut scenario = super::scenario(parts);
    if served {
        scenario = scenario.client_server();
    }
    let mut says = Vec::new();
    for bound in ALL {
        if (served || bound.name() != "client_server")
            && let Ok(lower) = bound.completion(&scenario, k)
        {
            says.push(Binding { name: bound.name(), k, at: lower.at });
        }
    }
    let latest = says.iter().filter_map(Binding::time).max();
    let never = says.iter().find(|says| says.time().is_none());
    never.or(says.iter().find(|says| says.time() == latest)).unwrap().clone()
}

proptest! {
    #[test]
    fn the_binding_is_the_strongest_by_definition(
        scenario in scenarios(),
        conditions in conditions(),
    ) {
        let all = bindings(&scenario, conditions);
        prop_assert_eq!(all.len(), scenario.receiver_count());
        for (own, k) in all.into_iter().zip(1..) {
            prop_assert_eq!(&own, &by_definition(&scenario, k, conditions));
            prop_assert_eq!(Ok(own), binding(&scenario, k, conditions));
        }
    }

    #[test]
    fn one_bound_binds_no_more_than_all_of_them(
        scenario in scenarios(),
        conditions in conditions(),
    ) {
        let k = scenario.receiver_count();
        let all = binding(&scenario, k, conditions).unwrap();
        for bound in ALL {
            let Ok(lower) = conditions.completion(*bound, &scenario, k) else { continue };
            match (lower.at, all.time()) {
                (Earliest::At(one), Some(all)) => prop_assert!(one <= all),
                (Earliest::Never(_), Some(all)) => prop_assert!(false, "never, or {}?", all),
                (_, None) => {}
            }
        }
    }

    #[test]
    fn a_completion_out_of_range_is_an_error(
        scenario in scenarios(),
        conditions in conditions(),
        k in prop_oneof![0..16usize, any::<usize>()],
    ) {
        let peers = scenario.receiver_count();
        let is_there = (1..=peers).contains(&k);
        let refused = Inapplicable::NoSuchCompletion { k, peers };
        for bound in ALL {
            let said = bound.completion(&scenario, k);
            let is_refused = said == Err(refused.clone());
            prop_assert!(is_there != is_refused, "{}: {:?}", bound.name(), said);
        }
        prop_assert_eq!(binding(&scenario, k, conditions).err(), (!is_there).then_some(refused));
    }
}

/// 2 MB at 8 Mbit/s take 2 s, and the source leaves after 1.5 s.
fn leaves_early() -> Scenario {
    let mut parts = with_peers(swarm(2_000_000, 1_000_000, 8_000_000), [peer(0)]);
    parts.source.leaves = SourceLeaves::At(Time(1_500_000_000));
    scenario(parts)
}

#[test]
fn only_exact_stamps_show_that_a_sender_left() {
    let scenario = leaves_early();
    let exact = binding(&scenario, 1, Conditions::SWARM).unwrap();
    assert_eq!((exact.name, exact.time()), ("presence", None));
    let received = Conditions { exact_stamps: false, ..Conditions::SWARM };
    let binding = binding(&scenario, 1, received).unwrap();
    assert_eq!((binding.name, binding.time()), ("fluid", Some(Time(2_000_000_000))));
}

#[test]
fn client_and_server_bind_only_where_the_source_alone_is_known_to_have_sent() {
    let scenario =
        scenario(with_peers(swarm(2_000_000, 1_000_000, 8_000_000), vec![peer(8_000_000); 4]));
    let last = |sent_by| {
        let conditions = Conditions { sent_by, ..Conditions::SWARM };
        let last = binding(&scenario, 4, conditions).unwrap();
        (last.name, last.time().unwrap().0 / 1_000_000)
    };
    assert_eq!(last(SentBy::SourceOnly), ("client_server", 8000));
    // M - 1 + ceil(lg(N + 1)) chunk times of a second.
    assert_eq!(last(SentBy::Swarm), ("branching", 4000));
    assert_eq!(last(SentBy::Unknown), ("branching", 4000));
}
