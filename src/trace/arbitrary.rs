//! Arbitrary traces for property tests of the codec: any events that their header allows, which
//! need not make a run.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::scenario::arbitrary::scenario;

prop_compose! {
    fn evidence()(
        stamps in prop_oneof![Just(Stamps::Exact), Just(Stamps::Receiver), Just(Stamps::Wire)],
        clock_tolerance in prop_oneof![Just(0), any::<u64>()],
        complete: bool,
        whole_swarm: bool,
    ) -> Evidence {
        let clock_tolerance = Time(clock_tolerance);
        Evidence { stamps, clock_tolerance, complete, whole_swarm }
    }
}

/// What decides one event; the scenario then says what it means.
type Draw = (u8, [u64; 2], [Index; 5], bool, Vec<Index>);

fn event(scenario: &Scenario, (kind, times, draws, aborted, peers): &Draw) -> Event {
    let nodes = scenario.peer_count() + 1;
    let id = |at: usize| PeerId(at as u32);
    let one = draws[0].index(nodes);
    // Any node but the first one.
    let other = (one + 1 + draws[1].index(nodes - 1)) % nodes;
    let (one, other) = (id(one), id(other));
    let at = Time(times[0]);
    match kind {
        0 => Event::Join { at, node: one },
        1 => Event::Leave { at, node: one },
        2 => Event::Complete { at, node: one },
        3 => Event::Connect { at, a: one, b: other },
        4 => Event::Disconnect { at, a: one, b: other },
        5 => Event::Choke { at, from: one, to: other },
        6 => Event::Unchoke { at, from: one, to: other },
        7 => {
            let peers = peers.iter().map(|index| id(index.index(nodes))).collect();
            Event::Announce { at, node: one, peers }
        }
        8 => {
            let chunk = ChunkId(draws[2].index(scenario.file().chunks()) as u32);
            Event::AllowedFast { at, from: one, to: other, chunk }
        }
        9 => Event::Capacity { at, node: one, upload: Rate(times[1]) },
        _ => {
            let chunk = ChunkId(draws[2].index(scenario.file().chunks()) as u32);
            let length = scenario.file().length(chunk).0;
            let offset = draws[3].index(length.min(1 << 30) as usize) as u64;
            let bytes = 1 + draws[4].index((length - offset).min(1 << 30) as usize) as u64;
            Event::Transfer(Transfer {
                from: one,
                to: other,
                chunk,
                start: Time(times[0].min(times[1])),
                end: Time(times[0].max(times[1])),
                offset: Bytes(offset),
                bytes: Bytes(bytes),
                outcome: if *aborted { Outcome::Aborted } else { Outcome::Delivered },
            })
        }
    }
}

prop_compose! {
    /// Any trace of at most 12 peers and 40 events.
    pub(crate) fn trace()(
        scenario in scenario(),
        evidence in prop_oneof![Just(Evidence::default()), evidence()],
        draws in proptest::collection::vec(
            (
                0..14u8,
                any::<[u64; 2]>(),
                any::<[Index; 5]>(),
                any::<bool>(),
                proptest::collection::vec(any::<Index>(), 0..5),
            ),
            0..40,
        ),
    ) -> Trace {
        let events = draws.iter().map(|draw| event(&scenario, draw)).collect();
        Trace { header: Header { scenario, evidence }, events }
    }
}
