//! Arbitrary scenarios for property tests: every field of the format takes every kind of value.

use proptest::prelude::*;

use super::*;

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![Just(0), 0..1_000_000u64, any::<u64>()].prop_map(Time)
}

fn positive_time() -> impl Strategy<Value = Time> {
    time().prop_map(|time| Time(time.0.max(1)))
}

fn link() -> impl Strategy<Value = Link> {
    (proptest::option::of(time()), proptest::option::of(any::<u64>().prop_map(Bytes)))
        .prop_map(|(latency, burst)| Link { latency, burst })
}

/// Ranges within the largest file that is drawn; those beyond the end of a smaller one are cut.
fn chunk_ranges() -> impl Strategy<Value = ChunkRanges> {
    let range = prop_oneof![Just(0..64u32), (0..64u32, 0..64u32).prop_map(|(a, b)| a..b)];
    prop_oneof![
        2 => Just(ChunkRanges::EMPTY),
        1 => proptest::collection::vec(range, 1..4).prop_map(ChunkRanges::new)
    ]
}

/// What peers hold and want, within the file and as far as a scenario may say it.
fn fit(peer: Peer, file: &Manifest, coded: bool) -> Peer {
    let chunks = file.chunks();
    let holds = peer.holds.before(chunks);
    let wants = peer.wants.map(|wants| wants.before(chunks)).filter(|wants| !wants.is_empty());
    if coded {
        let full = if holds.is_all(chunks) { holds } else { ChunkRanges::EMPTY };
        return Peer { holds: full, wants: None, ..peer };
    }
    Peer { holds, wants, ..peer }
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![Just(0), 0..100_000_000u64, any::<u64>()].prop_map(Rate)
}

/// A few changes of a rate.
fn changes() -> impl Strategy<Value = RateChanges> {
    let times = proptest::collection::btree_set(positive_time(), 1..4);
    let rates = proptest::collection::vec(rate(), 3);
    let changes = (times, rates).prop_map(|(times, rates)| {
        RateChanges::new(times.into_iter().zip(rates).collect::<Vec<_>>())
    });
    prop_oneof![3 => Just(RateChanges::NONE), 1 => changes]
}

fn positive_rate() -> impl Strategy<Value = Rate> {
    rate().prop_map(|rate| Rate(rate.0.max(1)))
}

prop_compose! {
    fn source()(
        upload in positive_rate(),
        upload_changes in changes(),
        upload_unknown in prop_oneof![9 => Just(false), 1 => Just(true)],
        leaves in prop_oneof![
            Just(SourceLeaves::Never),
            positive_time().prop_map(SourceLeaves::At),
            (1..=u64::MAX).prop_map(SourceLeaves::AfterCopies),
        ],
        link in link(),
    ) -> Source {
        Source { upload, upload_changes, upload_unknown, leaves, link }
    }
}

prop_compose! {
    fn peer()(
        upload in rate(),
        changes in (changes(), changes()),
        upload_unknown in prop_oneof![9 => Just(false), 1 => Just(true)],
        download in proptest::option::of(positive_rate()),
        joins in (0..u64::MAX).prop_map(Time),
    )(
        leaves in prop_oneof![
            Just(Leaves::Never),
            (joins.0 + 1..=u64::MAX).prop_map(|at| Leaves::At(Time(at))),
            time().prop_map(Leaves::AfterCompletion),
        ],
        behavior in prop_oneof![Just(Behavior::Cooperative), Just(Behavior::FreeRider)],
        (link, reachable) in (link(), any::<bool>()),
        (holds, wants) in (chunk_ranges(), proptest::option::of(chunk_ranges())),
        upload in Just(upload),
        ((upload_changes, download_changes), upload_unknown) in Just((changes, upload_unknown)),
        download in Just(download),
        joins in Just(joins),
    ) -> Peer {
        let download_changes = download.map_or(RateChanges::NONE, |_| download_changes);
        Peer {
            upload,
            upload_changes,
            upload_unknown,
            download,
            download_changes,
            joins,
            leaves,
            behavior,
            link,
            reachable,
            holds,
            wants,
        }
    }
}

impl Arbitrary for Time {
    type Parameters = ();
    type Strategy = BoxedStrategy<Time>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        time().boxed()
    }
}

/// Enums of words, with strategies for their values.
macro_rules! arbitrary {
    ($($word:ident: [$($value:expr),*];)*) => {$(
        impl Arbitrary for $word {
            type Parameters = ();
            type Strategy = BoxedStrategy<$word>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                prop_oneof![$($value),*].boxed()
            }
        }
    )*};
}

arbitrary! {
    Picker: [Just(Picker::RarestFirst), Just(Picker::Random), Just(Picker::InOrder)];
    Choker: [
        Just(Choker::TitForTat),
        Just(Choker::RoundRobin),
        Just(Choker::StrictBarter),
        (1..=u32::MAX).prop_map(Choker::Credit)
    ];
    Seeding: [Just(Seeding::RoundRobin), Just(Seeding::FastestFirst)];
}

prop_compose! {
    /// A file of at most 64 chunks.
    fn manifest()(
        chunk in prop_oneof![1..1000u64, 1..1u64 << 50],
        chunks in 1..=64u64,
    )(
        short in 0..chunk,
        chunk in Just(chunk),
        chunks in Just(chunks),
    ) -> Manifest {
        Manifest::new(Bytes(chunk * chunks - short), Bytes(chunk)).unwrap()
    }
}

prop_compose! {
    /// Any scenario of at most 12 peers and 64 chunks.
    pub(crate) fn scenario()(
        name: String,
        file in manifest(),
        source in source(),
        peers in proptest::collection::vec(peer(), 1..12),
        protocol in proptest::option::of(Protocol::any()),
        network in (time(), any::<u64>().prop_map(Bytes)),
        discipline: [bool; 3],
        stall in proptest::option::of(time()),
        seed: u64,
        until in positive_time(),
    ) -> Scenario {
        let [cut_through, multi_source, coded] = discipline;
        let mut peers: Vec<Peer> = peers.into_iter().map(|peer| fit(peer, &file, coded)).collect();
        peers[0].holds = peers[0].holds.before(file.chunks() - 1);
        if coded {
            peers[0].holds = ChunkRanges::EMPTY;
        }
        let parts = Parts {
            name,
            file,
            source,
            peers,
            protocol,
            network: Network { latency: network.0, burst: network.1 },
            discipline: Discipline { cut_through, multi_source, coded, stall },
            seed,
            until,
        };
        Scenario::new(parts).expect("the generator makes well-formed parts")
    }
}
