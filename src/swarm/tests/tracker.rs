use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::choose::Seeded;
use crate::chunks::PeerId;
use crate::engine::{Introduce, Presence};
use crate::swarm::{PATIENCE, Tracker};

#[derive(Clone, Debug)]
enum Step {
    Announce(u32, Presence, u32),
    Tick,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let presence = prop_oneof![3 => Just(Presence::Here), 1 => Just(Presence::Gone)];
    let step = prop_oneof![
        6 => (0..12u32, presence, 0..15u32)
            .prop_map(|(node, presence, want)| Step::Announce(node, presence, want)),
        1 => Just(Step::Tick),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    /// Against a map of the last announce: the list holds exactly the members that are neither gone
    /// nor silent for too long, names no peer twice, and never who asks.
    #[test]
    fn the_list_holds_registered_members_only(steps in steps(), seed: u64) {
        let mut tracker = Tracker::new();
        let mut choose = Seeded::new(seed, 0);
        let mut ticks = 0u32;
        let mut last: BTreeMap<PeerId, u32> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Tick => {
                    tracker.tick();
                    ticks += 1;
                    last.retain(|_, &mut at| ticks - at <= u32::from(PATIENCE));
                }
                Step::Announce(node, presence, want) => {
                    let node = PeerId(node);
                    let named = tracker.announce(node, presence, want, &mut choose);
                    last.remove(&node);
                    let mut distinct = named.clone();
                    distinct.sort_unstable();
                    distinct.dedup();
                    prop_assert_eq!(distinct.len(), named.len());
                    prop_assert!(named.iter().all(|member| last.contains_key(member)));
                    match presence {
                        Presence::Here => {
                            prop_assert_eq!(named.len(), last.len().min(want as usize));
                            last.insert(node, ticks);
                        }
                        Presence::Gone => prop_assert!(named.is_empty()),
                    }
                }
            }
            prop_assert!(tracker.members().eq(last.keys().copied()));
        }
    }
}

#[test]
fn everybody_is_named_about_equally_often() {
    let mut tracker = Tracker::new();
    let mut choose = Seeded::new(3, 0);
    for node in 0..=10 {
        tracker.announce(PeerId(node), Presence::Here, 0, &mut choose);
    }
    let mut named = [0u32; 11];
    for _ in 0..30_000 {
        for member in tracker.announce(PeerId(5), Presence::Here, 3, &mut choose) {
            named[member.index()] += 1;
        }
    }
    assert_eq!(named[5], 0);
    // Each of ten others is one of three named: 9 000 expected, six standard deviations of a
    // binomial(30 000, 3/10) are 6 * sqrt(6 300) = 476.
    let fair = named.iter().enumerate().all(|(node, &n)| node == 5 || n.abs_diff(9_000) < 476);
    assert!(fair, "{named:?}");
}
