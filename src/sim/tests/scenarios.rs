//! Scenarios of every kind that the reference swarm can meet.

use proptest::prelude::*;

use crate::chunks::Manifest;
use crate::scenario::{
    Behavior, Choker, Discipline, Leaves, Link, Network, Parts, Peer, Picker, Protocol, Scenario,
    Seeding, Source, SourceLeaves,
};
use crate::units::{Bytes, NANO, Rate, Time};

/// Rates over five orders of magnitude, so that small and large ones meet.
fn rate() -> impl Strategy<Value = Rate> {
    (0..5u32, 100..1000u64).prop_map(|(power, digits)| Rate(digits * 10u64.pow(power)))
}

fn upload() -> impl Strategy<Value = Rate> {
    prop_oneof![5 => rate(), 1 => Just(Rate::ZERO)]
}

fn download() -> impl Strategy<Value = Option<Rate>> {
    prop_oneof![2 => Just(None), 3 => rate().prop_map(Some)]
}

/// A time, in thousandths of what the distribution takes at least.
type Share = u64;

#[derive(Clone, Debug)]
enum Going {
    Never,
    At(Share),
    After(Share),
}

fn going() -> impl Strategy<Value = Going> {
    prop_oneof![
        6 => Just(Going::Never),
        1 => (1..3000u64).prop_map(Going::At),
        2 => prop_oneof![Just(0), 0..1000u64].prop_map(Going::After),
    ]
}

#[derive(Clone, Debug)]
struct Draft {
    upload: Rate,
    download: Option<Rate>,
    joins: Share,
    going: Going,
    behavior: Behavior,
}

fn peer() -> impl Strategy<Value = Draft> {
    let behavior = prop_oneof![5 => Just(Behavior::Cooperative), 1 => Just(Behavior::FreeRider)];
    let joins = prop_oneof![2 => Just(0), 1 => 0..2000u64];
    (upload(), download(), joins, going(), behavior).prop_map(
        |(upload, download, joins, going, behavior)| Draft {
            upload,
            download,
            joins,
            going,
            behavior,
        },
    )
}

/// The file in bytes and the size of a chunk: 1 to 64 chunks, the last one often short.
fn file() -> impl Strategy<Value = Manifest> {
    (1..64u64, 1..5000u64, 0..5000u64).prop_map(|(whole, chunk, last)| {
        let file = (whole - 1) * chunk + 1 + last % chunk;
        Manifest::new(Bytes(file), Bytes(chunk)).unwrap()
    })
}

fn protocol() -> impl Strategy<Value = (Protocol, Share)> {
    let picker =
        prop_oneof![Just(Picker::RarestFirst), Just(Picker::Random), Just(Picker::InOrder)];
    let choker = prop_oneof![
        3 => Just(Choker::TitForTat),
        1 => Just(Choker::RoundRobin),
        1 => Just(Choker::StrictBarter),
        1 => (1..4u32).prop_map(Choker::Credit),
    ];
    let seeding = prop_oneof![Just(Seeding::RoundRobin), Just(Seeding::FastestFirst)];
    let settings = (1..20u32, 1..6u32, picker, choker, seeding, any::<bool>(), any::<bool>());
    (settings, 10..200u64).prop_map(
        |((neighbors, slots, picker, choker, seeding, super_seeding, optimistic), rechoke)| {
            let protocol = Protocol {
                neighbors,
                unchoke_slots: slots,
                picker,
                choker,
                seeding,
                super_seeding,
                optimistic: optimistic.then_some(Time::ZERO),
                ..Protocol::default()
            };
            (protocol, rechoke)
        },
    )
}

fn source_leaves() -> impl Strategy<Value = (Share, u64)> {
    prop_oneof![4 => Just((0, 0)), 1 => (1..4000u64, Just(0)), 1 => (Just(0), 1..4u64)]
}

/// What the distribution takes at least if everybody is there, in nanoseconds: the unit of shares.
fn pace(file: &Manifest, source: Rate, peers: &[Draft]) -> u128 {
    let uploads: u128 = peers.iter().map(|peer| u128::from(peer.upload.0)).sum();
    let copies = file.file().bits() * peers.len() as u128;
    let (one, all) = (
        file.file().nanobits() / u128::from(source.0),
        copies * NANO / (uploads + u128::from(source.0)),
    );
    one.max(all).max(1000)
}

/// Scenarios of 1 to `most` peers.
pub(super) fn scenarios(most: usize) -> impl Strategy<Value = Scenario> {
    let peers = prop::collection::vec(peer(), 1..=most);
    let network = prop_oneof![3 => Just(0), 1 => 1..20u64];
    let until = prop_oneof![4 => Just(1_000_000), 1 => 500..4000u64];
    let parts = (file(), rate(), source_leaves(), peers, protocol(), network, until, any::<u64>());
    parts.prop_map(|(file, upload, source_leaves, drafts, protocol, latency, until, seed)| {
        let pace = pace(&file, upload, &drafts);
        let time = |share: Share| Time((pace * u128::from(share) / 1000) as u64);
        let later = |share: Share| Time(time(share).0 + 1);
        let peers = drafts.iter().map(|draft| Peer {
            upload: draft.upload,
            download: draft.download,
            joins: time(draft.joins),
            leaves: match draft.going {
                Going::Never => Leaves::Never,
                Going::At(share) => Leaves::At(Time(time(draft.joins).0 + later(share).0)),
                Going::After(share) => Leaves::AfterCompletion(time(share)),
            },
            behavior: draft.behavior,
            link: Link::default(),
        });
        let (protocol, rechoke) = protocol;
        let protocol = Protocol {
            rechoke: later(rechoke),
            optimistic: protocol.optimistic.map(|_| later(3 * rechoke)),
            announce: later(20 * rechoke),
            ..protocol
        };
        let leaves = match source_leaves {
            (0, 0) => SourceLeaves::Never,
            (share, 0) => SourceLeaves::At(later(share)),
            (_, copies) => SourceLeaves::AfterCopies(copies),
        };
        let parts = Parts {
            name: "generated".to_owned(),
            file,
            source: Source { upload, leaves, link: Link::default() },
            peers: peers.collect(),
            protocol: Some(protocol),
            network: Network { latency: time(latency), burst: Bytes(0) },
            discipline: Discipline::default(),
            seed,
            until: later(until),
        };
        Scenario::new(parts).expect("the generator knows the rules")
    })
}
