//! Laws between the bounds, and of each bound under changes of the scenario, on arbitrary swarms.

use quickcheck::{Arbitrary, Gen, quickcheck};

use super::demand::Demand;
use super::relaxation::{FEW_PEERS, Receivers, RelaxedSwarm};
use super::*;

/// Any swarm: unequal rates, bursts, delays, arrivals, departures, free riders.
#[derive(Clone, Debug)]
struct Wild(Parts);

/// A swarm without churn or bursts.
#[derive(Clone, Debug)]
struct Calm(Parts);

fn below(g: &mut Gen, end: u64) -> u64 {
    u64::arbitrary(g) % end
}

/// Rates that divide nicely, rates that do not, and none.
fn rate(g: &mut Gen) -> u64 {
    match below(g, 4) {
        0 => 0,
        1 => 8 * below(g, 6),
        2 => below(g, 1000),
        _ => below(g, 10_000_000_000),
    }
}

fn any_peer(g: &mut Gen) -> Peer {
    let download = if bool::arbitrary(g) { None } else { Some(Rate(rate(g) + 1)) };
    let behavior = if below(g, 5) == 0 { Behavior::FreeRider } else { Behavior::Cooperative };
    Peer { download, behavior, ..peer(rate(g)) }
}

fn link(g: &mut Gen, file: u64) -> Link {
    let latency = (below(g, 3) == 0).then(|| Time(below(g, 5_000_000_000)));
    let burst = (below(g, 3) == 0).then(|| Bytes(below(g, 2 * file)));
    Link { latency, burst }
}

impl Arbitrary for Calm {
    fn arbitrary(g: &mut Gen) -> Self {
        let file = if bool::arbitrary(g) { 1 + below(g, 60) } else { 1 + below(g, 1_000_000) };
        let chunk = 1 + below(g, file + 10);
        let mut parts = swarm(file, chunk, rate(g) + 1);
        let peers = 1 + below(g, 9);
        parts.peers = (0..peers).map(|_| any_peer(g)).collect();
        parts.network.latency = Time(below(g, 2) * below(g, 5_000_000_000));
        parts.discipline = Discipline {
            cut_through: below(g, 6) == 0,
            multi_source: below(g, 6) == 0,
            coded: below(g, 6) == 0,
            stall: parts.discipline.stall,
        };
        Calm(parts)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(fewer_peers(&self.0).map(Calm))
    }
}

impl Arbitrary for Wild {
    fn arbitrary(g: &mut Gen) -> Self {
        let Calm(mut parts) = Calm::arbitrary(g);
        let file = parts.file.file().0;
        if bool::arbitrary(g) {
            parts.source.link = link(g, file);
            parts.peers.iter_mut().for_each(|peer| peer.link = link(g, file));
        }
        if bool::arbitrary(g) {
            let span = 2_000_000_000_000;
            if below(g, 3) == 0 {
                parts.source.leaves = SourceLeaves::At(Time(1 + below(g, span)));
            }
            for peer in &mut parts.peers {
                peer.joins = Time(below(g, 2) * below(g, span));
                if below(g, 3) == 0 {
                    peer.leaves = Leaves::At(peer.joins + Time(1 + below(g, span)));
                }
            }
        }
        Wild(parts)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(fewer_peers(&self.0).map(Wild))
    }
}

fn fewer_peers(parts: &Parts) -> impl Iterator<Item = Parts> + use<> {
    let parts = parts.clone();
    (0..parts.peers.len()).filter(|_| 1 < parts.peers.len()).collect::<Vec<_>>().into_iter().map(
        move |at| {
            let mut fewer = parts.clone();
            fewer.peers.remove(at);
            fewer
        },
    )
}

/// Every bound on every completion.
fn all(parts: &Parts) -> Vec<Result<Vec<Earliest>, Inapplicable>> {
    let scenario = scenario(parts.clone());
    ALL.iter().map(|bound| bound.completions(&scenario)).collect()
}

/// Is nothing of `left` later than in `right`? A bound that does not apply says nothing.
fn nowhere_later(
    left: &Result<Vec<Earliest>, Inapplicable>,
    right: &Result<Vec<Earliest>, Inapplicable>,
) -> bool {
    let (Ok(left), Ok(right)) = (left, right) else { return true };
    left.iter().zip(right).all(|(left, right)| {
        matches!(right, Earliest::Never(_)) || matches!(left, Earliest::At(_)) && left <= right
    })
}

/// `less` is `more` with something taken away; no bound may say that `more` takes longer.
fn never_raises(less: &Parts, more: &Parts) -> bool {
    for (bound, (more, less)) in ALL.iter().zip(all(more).iter().zip(&all(less))) {
        assert!(nowhere_later(more, less), "{}: {more:?} after {less:?}", bound.name());
    }
    true
}

fn of(name: &str, parts: &Parts) -> Result<Vec<Earliest>, Inapplicable> {
    let bound = ALL.iter().find(|bound| bound.name() == name).unwrap();
    bound.completions(&scenario(parts.clone()))
}

fn some_peer(parts: &mut Parts, which: usize) -> &mut Peer {
    let count = parts.peers.len();
    &mut parts.peers[which % count]
}

/// The bounds that look at other subsets of the receivers where downlinks or arrivals differ, if
/// there are more than a few peers. See `relaxation.rs`.
const OVER_SUBSETS: [&str; 4] = ["last_chunk", "emitters", "downlinks", "order_split"];

/// [`never_raises`], where only every subset makes the bounds over subsets monotone.
fn never_raises_where_monotone(less: &Parts, more: &Parts) -> bool {
    let is_few = less.peers.len() <= FEW_PEERS;
    let is_monotone = |name: &str| is_few || !OVER_SUBSETS.contains(&name);
    for (bound, (more, less)) in ALL.iter().zip(all(more).iter().zip(&all(less))) {
        let holds = !is_monotone(bound.name()) || nowhere_later(more, less);
        assert!(holds, "{}: {more:?} after {less:?}", bound.name());
    }
    true
}

/// What the theorems over subsets say if the peers in `set` are the receivers.
fn claims_about(set: u64, parts: &Parts) -> Option<Vec<Vec<Option<Time>>>> {
    let scenario = scenario(parts.clone());
    if branching::inapplicable(&scenario).is_some() {
        return None;
    }
    let members = parts.peers.iter().zip(0..64).filter(|(_, bit)| set >> bit & 1 == 1);
    let from = members.map(|(peer, _)| peer.joins).min()?;
    let receivers = Receivers::Only(set);
    let relaxation = Relaxation { from, receivers, chunks: None, looked_at: 1, arrivals: 1 };
    let demand = Demand::of(&scenario);
    let swarm = RelaxedSwarm::new(&demand, relaxation)?;
    let (chunk, file, known) = (demand.chunk, scenario.file(), vec![Time::ZERO; swarm.count()]);
    let claims = [
        last_chunk::claims(chunk, file, &swarm),
        emitters::claims(chunk, &swarm, &known),
        downlinks::claims(chunk, file, &swarm),
        order_split::claims(chunk, file, &swarm, &known),
    ];
    Some(claims.into_iter().flatten().map(|claim| claim.times).collect())
}

/// Every capacity and size times `factor`.
fn scaled(parts: &Parts, factor: u64) -> Parts {
    let mut scaled = parts.clone();
    let rate = |rate: Rate| Rate(rate.0 * factor);
    let burst = |link: &mut Link| link.burst = link.burst.map(|burst| Bytes(burst.0 * factor));
    let sizes = [parts.file.file(), parts.file.chunk()].map(|size| Bytes(size.0 * factor));
    scaled.file = Manifest::new(sizes[0], sizes[1]).unwrap();
    scaled.source.upload = rate(parts.source.upload);
    burst(&mut scaled.source.link);
    for peer in &mut scaled.peers {
        peer.upload = rate(peer.upload);
        peer.download = peer.download.map(rate);
        burst(&mut peer.link);
    }
    scaled
}

/// The exact value of the term N F/U.
fn aggregate(parts: &Parts) -> Ratio {
    last(&Fluid, &scenario(parts.clone())).terms[2].exact.clone()
}

/// Six receivers are too many orders; five are not, as soon as their downlinks set them apart. What
/// is said of the five then holds before as well, and nothing rises for the same receivers.
#[test]
fn a_downlink_that_becomes_faster_may_show_what_was_missed() {
    let peers = [(24, 24), (24, 24), (0, 16), (0, 16), (16, 24), (8, 16)];
    let peers = peers.map(|(upload, download)| peer_with_download(upload, download));
    let slower = with_peers(swarm(1, 1, 8), peers);
    let mut faster = slower.clone();
    faster.peers[5].download = Some(Rate(32));
    let sixth = |parts: &Parts| time(&of("order_split", parts).unwrap()[5]);
    assert_eq!((sixth(&slower), sixth(&faster)), (Time(1_000_000_000), Time(1_666_666_666)));
    assert_eq!(claims_about(0b01_1111, &slower), claims_about(0b01_1111, &faster));
}

quickcheck! {
    fn scaling_file_and_capacities_changes_no_time(swarm: Wild, factor: u16) -> bool {
        let times = |parts: &Parts| -> Vec<Option<Vec<Option<Time>>>> {
            let time = |at| if let Earliest::At(time) = at { Some(time) } else { None };
            let times = |bound: Vec<Earliest>| bound.into_iter().map(time).collect();
            all(parts).into_iter().map(|bound| bound.ok().map(times)).collect()
        };
        times(&swarm.0) == times(&scaled(&swarm.0, u64::from(factor) + 1))
    }

    fn the_order_of_peers_does_not_matter(swarm: Wild, first: usize) -> bool {
        let mut turned = swarm.0.clone();
        let count = turned.peers.len();
        turned.peers.rotate_left(first % count);
        let forth = all(&swarm.0);
        let mut back = turned.clone();
        back.peers.reverse();
        forth == all(&turned) && forth == all(&back)
    }

    fn more_upload_never_raises_a_bound(swarm: Wild, which: usize, more: u32) -> bool {
        let mut faster = swarm.0.clone();
        some_peer(&mut faster, which).upload.0 += u64::from(more);
        never_raises(&swarm.0, &faster)
    }

    fn more_upload_of_the_source_never_raises_a_bound(swarm: Wild, more: u32) -> bool {
        let mut faster = swarm.0.clone();
        faster.source.upload.0 += u64::from(more);
        never_raises(&swarm.0, &faster)
    }

    fn more_download_never_raises_a_bound(swarm: Wild, which: usize, more: u32) -> bool {
        let mut faster = swarm.0.clone();
        let peer = some_peer(&mut faster, which);
        peer.download = peer.download.map(|rate| Rate(rate.0 + u64::from(more)));
        let mut unlimited = faster.clone();
        some_peer(&mut unlimited, which).download = None;
        never_raises_where_monotone(&swarm.0, &faster)
            && never_raises_where_monotone(&faster, &unlimited)
    }

    fn no_better_link_raises_a_claim_about_the_same_receivers(
        swarm: Wild,
        which: usize,
        more: u32,
        set: u64
    ) -> bool {
        let better = |change: &dyn Fn(&mut Parts)| {
            let mut better = swarm.0.clone();
            change(&mut better);
            let (less, more) = (claims_about(set, &swarm.0), claims_about(set, &better));
            less.zip(more).is_none_or(|(less, more)| {
                less.iter().flatten().zip(more.iter().flatten()).all(|(less, more)| more <= less)
            })
        };
        let more = u64::from(more);
        better(&|parts| parts.source.upload.0 += more)
            && better(&|parts| some_peer(parts, which).upload.0 += more)
            && better(&|parts| some_peer(parts, which).download = None)
            && better(&|parts| {
                let download = &mut some_peer(parts, which).download;
                *download = download.map(|rate| Rate(rate.0 + more));
            })
            && better(&|parts| some_peer(parts, which).leaves = Leaves::Never)
            && better(&|parts| {
                let network = parts.network.latency;
                let latency = &mut some_peer(parts, which).link.latency;
                *latency = Some(latency.unwrap_or(network).since(Time(more)));
            })
    }

    fn more_burst_never_raises_a_bound(swarm: Wild, which: usize, more: u16) -> bool {
        let mut peers = swarm.0.clone();
        let link = &mut some_peer(&mut peers, which).link;
        link.burst = Some(Bytes(link.burst.unwrap_or_default().0 + u64::from(more)));
        let mut source = swarm.0.clone();
        let link = &mut source.source.link;
        link.burst = Some(Bytes(link.burst.unwrap_or_default().0 + u64::from(more)));
        never_raises(&swarm.0, &peers) && never_raises(&swarm.0, &source)
    }

    fn less_delay_never_raises_a_bound(swarm: Wild, which: usize, more: u32) -> bool {
        let mut slower = swarm.0.clone();
        let network = slower.network.latency;
        let link = &mut some_peer(&mut slower, which).link;
        link.latency = Some(link.latency.unwrap_or(network) + Time(u64::from(more)));
        never_raises(&slower, &swarm.0)
    }

    fn being_there_longer_never_raises_a_bound(swarm: Wild, which: usize, earlier: u64) -> bool {
        let mut longer = swarm.0.clone();
        let peer = some_peer(&mut longer, which);
        peer.joins = Time(peer.joins.0.saturating_sub(earlier % 1_000_000_000_000));
        let mut for_ever = longer.clone();
        some_peer(&mut for_ever, which).leaves = Leaves::Never;
        let mut source = for_ever.clone();
        source.source.leaves = SourceLeaves::Never;
        // An arrival decides which suffixes are looked at.
        never_raises_where_monotone(&swarm.0, &longer)
            && never_raises(&longer, &for_ever)
            && never_raises(&for_ever, &source)
    }

    fn fluid_is_never_above_warm_up(swarm: Wild) -> bool {
        nowhere_later(&of("fluid", &swarm.0), &of("warm_up", &swarm.0))
    }

    fn fluid_is_never_above_branching(swarm: Wild) -> bool {
        nowhere_later(&of("fluid", &swarm.0), &of("branching", &swarm.0))
    }

    fn fluid_is_never_above_presence(swarm: Wild) -> bool {
        nowhere_later(&of("fluid", &swarm.0), &of("presence", &swarm.0))
    }

    fn peer_to_peer_is_never_above_client_server(swarm: Wild) -> bool {
        let alone = scenario(swarm.0.clone()).client_server().into_parts();
        nowhere_later(&of("fluid", &swarm.0), &of("client_server", &swarm.0))
            && nowhere_later(&of("fluid", &swarm.0), &of("fluid", &alone))
    }

    fn later_completions_are_later(swarm: Wild) -> bool {
        all(&swarm.0).into_iter().flatten().all(|completions| {
            let (earlier, later) = (Ok(completions[..completions.len() - 1].to_vec()),
                Ok(completions[1..].to_vec()));
            nowhere_later(&earlier, &later)
        })
    }

    fn one_completion_is_what_all_of_them_say(swarm: Wild) -> bool {
        let scenario = scenario(swarm.0);
        ALL.iter().all(|bound| match bound.completions(&scenario) {
            Err(reason) => bound.completion(&scenario, 1) == Err(reason),
            Ok(all) => (1..).zip(all).all(|(k, at)| {
                bound.completion(&scenario, k).is_ok_and(|one| one.at == at)
            }),
        })
    }

    fn a_closed_form_is_its_largest_term(swarm: Wild) -> bool {
        let scenario = scenario(swarm.0);
        let closed: [&dyn Bound; 2] = [&ClientServer, &Fluid];
        closed.iter().all(|bound| (1..=scenario.peer_count()).all(|k| {
            let lower = bound.completion(&scenario, k).unwrap();
            let exact = lower.exact.unwrap();
            let binding = lower.terms.iter().find(|term| term.exact == exact).unwrap();
            lower.terms.iter().all(|term| term.exact <= exact)
                && lower.binding == Some(binding.formula)
                && lower.at == Earliest::At(exact.floor_nanos())
        }))
    }

    fn a_newcomer_helps_exactly_when_it_uploads_its_share(swarm: Calm, upload: u32) -> bool {
        let parts = with_peers(super::swarm(1000, 10, swarm.0.source.upload.0),
            swarm.0.peers.iter().map(|one| peer(one.upload.0)));
        let newcomer = with_peers(parts.clone(), [peer(u64::from(upload))]);
        let all: u64 = parts.source.upload.0 + parts.peers.iter().map(|p| p.upload.0).sum::<u64>();
        // u_new >= U/N
        let helps = u128::from(all) <= u128::from(upload) * parts.peers.len() as u128;
        (aggregate(&newcomer) <= aggregate(&parts)) == helps
    }

    fn a_free_rider_never_lowers_the_last_completion(swarm: Calm) -> bool {
        let rider = Peer { behavior: Behavior::FreeRider, ..peer(1_000_000) };
        let more = with_peers(swarm.0.clone(), [rider]);
        let last = |name, parts: &Parts| {
            of(name, parts).map(|completions| completions[completions.len() - 1..].to_vec())
        };
        // Those stop looking at every subset, or at every order, when there are too many peers.
        let is_one_too_many = swarm.0.peers.len() == FEW_PEERS;
        for name in ALL.iter().map(|bound| bound.name()) {
            let has_limit = is_one_too_many && OVER_SUBSETS.contains(&name);
            let holds = nowhere_later(&last(name, &swarm.0), &last(name, &more));
            assert!(has_limit || name == "order_split" || holds, "{name}");
        }
        true
    }

    fn smaller_chunks_never_raise_warm_up(swarm: Calm, chunks: u8) -> bool {
        let mut coarse = swarm.0;
        let (chunks, chunk) = (u64::from(chunks) + 1, coarse.file.chunk().0);
        coarse.file = Manifest::new(Bytes(2 * chunk * chunks), Bytes(2 * chunk)).unwrap();
        let mut fine = coarse.clone();
        fine.file = Manifest::new(coarse.file.file(), Bytes(chunk)).unwrap();
        let (Ok(fine), Ok(coarse)) = (of("warm_up", &fine), of("warm_up", &coarse)) else {
            return true;
        };
        // Each sum may lack 1 ns of its exact value, so the smaller one may seem 1 ns above.
        fine.iter().zip(&coarse).all(|(fine, coarse)| time(fine).0 <= time(coarse).0 + 1)
    }

    fn a_delay_for_all_delays_the_textbook_bounds_by_just_that(swarm: Calm, more: u32) -> bool {
        let mut slower = swarm.0.clone();
        slower.network.latency = slower.network.latency + Time(u64::from(more));
        let closed: [&dyn Bound; 2] = [&ClientServer, &Fluid];
        closed.iter().all(|bound| {
            let exact = |parts: &Parts| last(*bound, &scenario(parts.clone())).exact.unwrap();
            exact(&slower) == exact(&swarm.0).plus(&seconds(more.into(), 1_000_000_000))
        })
    }
}
