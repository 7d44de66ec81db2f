//! Scenarios of every kind, that shrink towards few peers, few chunks, round numbers and no churn.
//!
//! Times are drawn as shares of what the distribution takes at least, so that arrivals, departures
//! and decisions fall into the run whatever the rates are, and keep doing so while a scenario
//! shrinks.

use proptest::prelude::*;

use super::scope::{Barter, Capacities, Churn, Holdings, Latency, Scope};
use crate::chunks::Manifest;
use crate::scenario::{
    Behavior, Choker, ChunkRanges, Discipline, Leaves, Link, Network, Parts, Peer, Picker,
    Protocol, Scenario, Seeding, Source, SourceLeaves,
};
use crate::units::{Bytes, NANO, Rate, RateChanges, Time};

/// The rate that the others are multiples of: one chunk of [`CHUNK`] a second.
const RATE: Rate = Rate(1000);
/// The size of most chunks.
const CHUNK: u64 = 125;

/// Thousandths of a rate: mostly equal, often unequal, sometimes of another order.
fn multiple() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(1000), 4 => 200..5000u64, 1 => 1..100u64, 1 => 5000..100_000u64]
}

/// The rate of which a scenario's rates are multiples.
fn base() -> impl Strategy<Value = Rate> {
    prop_oneof![3 => Just(RATE), 2 => (0..4u32, 100..1000u64)
        .prop_map(|(power, digits)| Rate(digits * 10u64.pow(power)))]
}

fn times(base: Rate, multiple: u64) -> Rate {
    Rate((base.0 * multiple / 1000).max(1))
}

/// A time, in thousandths of what the distribution takes at least.
type Share = u64;

/// The end of a run that should not be cut off: long after every peer that can complete has.
const LONG: Share = 300_000;

#[derive(Clone, Debug)]
enum PeerDeparture {
    Never,
    At(Share),
    After(Share),
}

fn departure() -> impl Strategy<Value = PeerDeparture> {
    prop_oneof![
        6 => Just(PeerDeparture::Never),
        1 => (1..3000u64).prop_map(PeerDeparture::At),
        2 => prop_oneof![Just(0), 0..1000u64].prop_map(PeerDeparture::After),
    ]
}

/// A peer, its rates as multiples and its times as shares.
#[derive(Clone, Debug)]
struct PeerDraft {
    upload: u64,
    download: Option<u64>,
    joins: Share,
    departure: PeerDeparture,
    behavior: Behavior,
    link: (Option<Share>, Option<Bytes>),
}

fn peer(churn: Churn, latency: Latency) -> BoxedStrategy<PeerDraft> {
    let upload = prop_oneof![5 => multiple(), 1 => Just(0)];
    let download = prop_oneof![2 => Just(None), 3 => multiple().prop_map(Some)];
    let behavior = prop_oneof![5 => Just(Behavior::Cooperative), 1 => Just(Behavior::FreeRider)];
    let (joins, departure) = match churn {
        Churn::None => (Just(0).boxed(), Just(PeerDeparture::Never).boxed()),
        Churn::Any => (prop_oneof![2 => Just(0), 1 => 0..2000u64].boxed(), departure().boxed()),
    };
    (upload, download, joins, departure, behavior, link(latency))
        .prop_map(|(upload, download, joins, departure, behavior, link)| PeerDraft {
            upload,
            download,
            joins,
            departure,
            behavior,
            link,
        })
        .boxed()
}

/// What one peer holds when it joins and what it wants, in thousandths of the file.
#[derive(Clone, Copy, Debug)]
struct PartDraft {
    holds: Option<(u64, u64)>,
    wants: Option<(u64, u64)>,
}

/// What the peers hold and want, in turn; none where all start with nothing and want everything.
fn parts(holdings: Holdings) -> BoxedStrategy<Vec<PartDraft>> {
    if holdings == Holdings::None {
        return Just(Vec::new()).boxed();
    }
    let part = || (0..1000u64, 1..1000u64).prop_map(|(from, span)| (from, from + span));
    let holds = prop_oneof![
        4 => Just(None),
        1 => Just(Some((0, 1000))),
        2 => part().prop_map(Some)
    ];
    let wants = prop_oneof![4 => Just(None), 1 => part().prop_map(Some)];
    let draft = (holds, wants).prop_map(|(holds, wants)| PartDraft { holds, wants });
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(draft, 1..6)].boxed()
}

/// How the capacities of one node change: when, and to which multiple; 0 is no capacity.
#[derive(Clone, Debug)]
struct ChangesDraft {
    upload: Vec<(Share, u64)>,
    download: Vec<(Share, u64)>,
}

/// How the capacities of the nodes change, in turn, the source first; none where they stay.
fn capacity_changes(capacities: Capacities) -> BoxedStrategy<Vec<ChangesDraft>> {
    if capacities == Capacities::Constant {
        return Just(Vec::new()).boxed();
    }
    let changes = |rate| {
        let change = (1..2000u64, rate);
        prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(change, 1..4)]
    };
    let upload = changes(prop_oneof![5 => multiple(), 1 => Just(0)].boxed());
    let download = changes(multiple().boxed());
    let draft = (upload, download).prop_map(|(upload, download)| ChangesDraft { upload, download });
    prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(draft, 1..6)].boxed()
}

/// Changes at these times; of several at one instant the first.
fn changes_at(
    drafts: &[(Share, u64)],
    time: impl Fn(Share) -> Time,
    rate: impl Fn(u64) -> Rate,
) -> RateChanges {
    let mut changes: Vec<(Time, Rate)> =
        drafts.iter().map(|&(share, multiple)| (time(share), rate(multiple))).collect();
    changes.sort_by_key(|&(at, _)| at);
    changes.dedup_by_key(|&mut (at, _)| at);
    RateChanges::new(changes)
}

/// The chunks of a file in a part of it, at least one.
fn chunks_in((from, to): (u64, u64), file: &Manifest) -> ChunkRanges {
    let chunks = file.chunks() as u64;
    let from = from * chunks / 1000;
    let to = (to.min(1000) * chunks).div_ceil(1000).max(from + 1);
    ChunkRanges::new([from as u32..to as u32])
}

/// Gives the peers what they hold and want. One of them lacks something; under coding a peer holds
/// all or nothing, and wants everything.
fn give_parts(peers: &mut [Peer], drafts: &[PartDraft], file: &Manifest, discipline: Discipline) {
    for (peer, draft) in peers.iter_mut().zip(drafts.iter().cycle()) {
        let holds = draft.holds.map(|part| chunks_in(part, file));
        peer.holds = holds.unwrap_or_default();
        peer.wants = draft.wants.map(|part| chunks_in(part, file));
        if discipline.coded {
            peer.wants = None;
            if !peer.holds.is_all(file.chunks()) {
                peer.holds = ChunkRanges::EMPTY;
            }
        }
    }
    if peers.iter().all(|peer| peer.holds.is_all(file.chunks())) {
        peers[0].holds = ChunkRanges::EMPTY;
    }
}

/// The latency and the burst of one node, where it has its own.
fn link(latency: Latency) -> impl Strategy<Value = (Option<Share>, Option<Bytes>)> {
    let latency = match latency {
        Latency::None => Just(None).boxed(),
        Latency::Any => prop_oneof![9 => Just(None), 1 => (0..40u64).prop_map(Some)].boxed(),
    };
    let burst = prop_oneof![9 => Just(None), 1 => (0..500u64).prop_map(|b| Some(Bytes(b)))];
    (latency, burst)
}

/// The file in bytes and the size of a chunk; the last chunk is often short.
fn file(most: usize) -> impl Strategy<Value = Manifest> {
    let most = most.max(1) as u64;
    let whole = prop_oneof![3 => 1..=most.min(6), 2 => 1..=most];
    let chunk = prop_oneof![3 => Just(CHUNK), 2 => 1..5000u64];
    let short = prop_oneof![2 => Just(0), 1 => 0..5000u64];
    (whole, chunk, short).prop_map(|(whole, chunk, short)| {
        let file = Manifest::new(Bytes(whole * chunk - short % chunk), Bytes(chunk));
        file.expect("a file of at least a byte, in few chunks")
    })
}

/// The settings without their times, and the shares from which those follow.
fn protocol(barter: Barter) -> impl Strategy<Value = (Protocol, Share)> {
    let picker =
        prop_oneof![Just(Picker::RarestFirst), Just(Picker::Random), Just(Picker::InOrder)];
    let giving = prop_oneof![3 => Just(Choker::TitForTat), 1 => Just(Choker::RoundRobin)];
    let choker = match barter {
        Barter::None => giving.boxed(),
        Barter::Any => prop_oneof![
            4 => giving,
            1 => Just(Choker::StrictBarter),
            1 => (1..4u32).prop_map(Choker::Credit),
        ]
        .boxed(),
    };
    let seeding = prop_oneof![Just(Seeding::RoundRobin), Just(Seeding::FastestFirst)];
    let settings = (1..20u32, 1..6u32, picker, choker, seeding, any::<bool>(), any::<bool>());
    let rechoke = prop_oneof![Just(100), 10..200u64];
    (settings, rechoke).prop_map(
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

/// When the source leaves: after a share, after some copies, or never.
fn source_leaves(churn: Churn) -> BoxedStrategy<(Share, u64)> {
    match churn {
        Churn::None => Just((0, 0)).boxed(),
        Churn::Any => {
            prop_oneof![4 => Just((0, 0)), 1 => (1..4000u64, Just(0)), 1 => (Just(0), 1..4u64)]
                .boxed()
        }
    }
}

/// Everything that decides a scenario.
type ScenarioDraft = (
    Manifest,
    (Rate, u64, (Option<Share>, Option<Bytes>)),
    (Share, u64),
    Vec<PeerDraft>,
    (Protocol, Share),
    (Share, Bytes),
    Share,
    u64,
    (Vec<PartDraft>, Vec<ChangesDraft>),
);

/// Scenarios within `scope`.
pub fn scenarios(scope: &Scope) -> BoxedStrategy<Scenario> {
    let most = scope.peers.max(1);
    let crowd = |most| prop::collection::vec(peer(scope.churn, scope.latency), 1..=most);
    let peers = prop_oneof![6 => crowd(most.min(5)), 3 => crowd(most.min(14)), 1 => crowd(most)];
    let latency = match scope.latency {
        Latency::None => Just(0).boxed(),
        Latency::Any => prop_oneof![3 => Just(0), 1 => 1..20u64].boxed(),
    };
    let burst = prop_oneof![9 => Just(0), 1 => 0..500u64].prop_map(Bytes);
    let until = match scope.churn {
        Churn::None => Just(LONG).boxed(),
        Churn::Any => prop_oneof![4 => Just(LONG), 1 => 500..4000u64].boxed(),
    };
    let scope = *scope;
    let source = (base(), multiple(), link(scope.latency));
    let draft = (
        file(scope.chunks),
        source,
        source_leaves(scope.churn),
        peers,
        protocol(scope.barter),
        (latency, burst),
        until,
        any::<u64>(),
        // Drawn last: the rest of a case is the same with them and without.
        (parts(scope.holdings), capacity_changes(scope.capacities)),
    );
    draft.prop_map(move |draft| draw(draft, &scope)).boxed()
}

/// Least distribution time if all peers are present, in nanoseconds: the unit of shares.
fn pace(file: &Manifest, source: Rate, peers: &[PeerDraft], base: Rate) -> u128 {
    let uploads: u128 = peers.iter().map(|peer| u128::from(times(base, peer.upload).0)).sum();
    let copies = file.file().bits() * peers.len() as u128;
    let one = file.file().nanobits() / u128::from(source.0);
    let all = copies * NANO / (uploads + u128::from(source.0));
    one.max(all).max(1000)
}

fn draw(draft: ScenarioDraft, scope: &Scope) -> Scenario {
    let Scope { discipline, burst, stall_rechokes, .. } = *scope;
    let (file, source, source_leaves, drafts, protocol, network, until, seed, words) = draft;
    let (parts, changes) = words;
    let (base, multiple, link) = source;
    let upload = times(base, multiple);
    let pace = pace(&file, upload, &drafts, base);
    let time = |share: Share| Time((pace * u128::from(share) / 1000) as u64);
    let later = |share: Share| Time(time(share).0 + 1);
    let own = |(latency, own): (Option<Share>, Option<Bytes>)| Link {
        latency: latency.map(time),
        burst: own.filter(|_| burst.is_none()),
    };
    let uplink = |multiple| if multiple == 0 { Rate::ZERO } else { times(base, multiple) };
    let peer = |draft: &PeerDraft| Peer {
        joins: time(draft.joins),
        leaves: match draft.departure {
            PeerDeparture::Never => Leaves::Never,
            PeerDeparture::At(share) => Leaves::At(Time(time(draft.joins).0 + later(share).0)),
            PeerDeparture::After(share) => Leaves::AfterCompletion(time(share)),
        },
        behavior: draft.behavior,
        link: own(draft.link),
        ..Peer::new(uplink(draft.upload)).download(draft.download.map(|it| times(base, it)))
    };
    let mut peers: Vec<Peer> = drafts.iter().map(peer).collect();
    give_parts(&mut peers, &parts, &file, discipline);
    let mut source = Source::new(upload).link(own(link));
    let rates = |drafts: &[(Share, u64)]| changes_at(drafts, later, uplink);
    for (at, changes) in (0..=peers.len()).zip(changes.iter().cycle()) {
        match at.checked_sub(1).map(|at| &mut peers[at]) {
            None => source.upload_changes = rates(&changes.upload),
            Some(peer) => {
                peer.upload_changes = rates(&changes.upload);
                peer.download_changes = match peer.download {
                    None => RateChanges::NONE,
                    Some(_) => rates(&changes.download),
                };
            }
        }
    }
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
        source: source.leaves(leaves),
        peers,
        protocol: Some(protocol),
        network: Network { latency: time(network.0), burst: burst.unwrap_or(network.1) },
        discipline,
        seed,
        until: later(until),
    };
    let scenario = Scenario::new(parts).expect("the generator knows the rules");
    stall_rechokes.map_or_else(|| scenario.clone(), |count| declare_stall(&scenario, count))
}

/// Declares a stall of `rechokes` intervals of the choker. As links that cannot follow stretch
/// them, two round trips and a chunk of the fastest uplink count with each.
fn declare_stall(scenario: &Scenario, rechokes: u64) -> Scenario {
    let mut parts = scenario.parts().clone();
    let rechoke = parts.protocol.as_ref().map_or(Time::ZERO, |protocol| protocol.rechoke);
    let latency = scenario.nodes().map(|node| scenario.latency_to(node)).max();
    let fastest = scenario.nodes().map(|node| scenario.upload(node)).max();
    let chunk = fastest.and_then(|rate| rate.time_for(parts.file.chunk().nanobits()));
    let trips = latency.unwrap_or(Time::ZERO).0.saturating_mul(4);
    let once = rechoke.0.saturating_add(trips).saturating_add(chunk.unwrap_or(Time::MAX).0);
    parts.discipline.stall = Some(Time(once.saturating_mul(rechokes)));
    Scenario::new(parts).expect("any stall may be declared")
}
