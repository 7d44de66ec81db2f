use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

use stateright::Checker;

use super::*;
use crate::checker::{
    CheckSettings, Checked, Explorable, Exploration, Report, Spec, Verdict, Witness, WitnessOf,
    check,
};
use crate::chunks::{ChunkId, ChunkSet};
use crate::engine::{Engine, Timer};
use crate::models::Threads;
use crate::swarm::{ClientServer, Message, Peer, Tracker};

mod planted;
mod simulated;

fn report<E: ModelEngine + NewEngine>(world: SwarmWorld) -> Report<Swarm<E, Tracker>> {
    report_of(Swarm::new(world))
}

fn report_of<E: ModelEngine>(
    swarm: Result<Swarm<E, Tracker>, WorldError>,
) -> Report<Swarm<E, Tracker>> {
    let swarm = swarm.unwrap();
    let report = check(&swarm, &swarm.spec(), CheckSettings::default()).unwrap();
    assert_eq!(report.exploration, Exploration::Exhausted);
    report
}

fn violated<M: Explorable>(report: &Report<M>) -> Vec<&'static str> {
    let violated = report.findings.iter().filter(|f| f.verdict.name() == "violated");
    violated.map(|finding| finding.name).collect()
}

fn steps<'r, M: Explorable>(report: &'r Report<M>, name: &str) -> &'r WitnessOf<M> {
    report.finding(name).unwrap().verdict.witness().unwrap()
}

/// What happens in a witness, in words.
fn told<S, A: Debug>(witness: &Witness<S, A>) -> Vec<String> {
    witness.steps.iter().map(|(action, _)| format!("{action:?}")).collect()
}

fn fair(world: SwarmWorld) -> SwarmWorld {
    SwarmWorld { fairness: Fairness::parse("WF(all)").unwrap(), ..world }
}

fn churning(world: SwarmWorld, churn: Departures) -> SwarmWorld {
    SwarmWorld { churn, departures: 1, ..world }
}

/// The smallest worlds that have each kind of trouble.
fn worlds() -> Vec<SwarmWorld> {
    let calm = SwarmWorld::calm(1, 2);
    let mut plain = SwarmWorld { free_riders: 1, ..SwarmWorld::calm(2, 1) };
    plain.protocol.super_seeding = false;
    plain.protocol.optimistic = None;
    let mut tight = SwarmWorld::calm(2, 1);
    (tight.protocol.unchoke_slots, tight.protocol.neighbors) = (1, 2);
    let source = SourceStays::Churns;
    vec![
        SwarmWorld { losses: 1, ..calm.clone() },
        SwarmWorld { timers: Timers::Any(2), ready: Ready::AnyTime, ..calm.clone() },
        SwarmWorld { source, losses: 1, ..churning(calm.clone(), Departures::Once) },
        churning(calm, Departures::Rejoin),
        SwarmWorld { losses: 1, ..plain },
        tight,
    ]
}

/// By hand. The client asks; it is accepted, and the chunk begins to leave. Its last byte leaves
/// before or after the client hears that it is a neighbor, then the chunk arrives, and only the
/// tracker's clock ticks: six states, of which the second alone has two ways out.
#[test]
fn a_client_and_a_server_have_six_states() {
    let report = report::<ClientServer>(SwarmWorld::calm(1, 1));
    assert_eq!((report.states, report.generated, report.depth), (6, 8, 4));
    let witness = steps(&report, "everyone_is_complete");
    let words = told(witness);
    assert_eq!(words[0], "peer 1 asks the source to be its neighbor");
    assert_eq!(words[3], "peer 1 gets chunk 0 from the source");
    assert_eq!(format!("{:?}", witness.start), "source {0}; 1 {}; 1>source: ask");
    let (_, second) = &witness.steps[0];
    assert_eq!(format!("{second:?}"), "source {0}; 1 {}; source>1: chunk 0 leaves, connect");
}

#[test]
fn stateright_counts_the_same() {
    fn compare<E>(world: SwarmWorld)
    where
        E: ModelEngine + NewEngine + Engine<Message: Send + Sync> + Send + Sync,
    {
        let swarm = Swarm::<E, Tracker>::new(world.clone()).unwrap();
        let ours = check(&swarm, &Spec::of_properties(&swarm), CheckSettings::default()).unwrap();
        let dfs = swarm.checker().spawn_dfs().join();
        assert_eq!(ours.states, dfs.unique_state_count(), "{world:?}");
        assert_eq!(ours.generated, dfs.state_count() as u64, "{world:?}");
    }
    for world in worlds() {
        compare::<Peer>(world);
    }
    compare::<ClientServer>(SwarmWorld { losses: 2, ..SwarmWorld::calm(3, 2) });
}

/// These change with every change of the engine's behavior; stateright finds the same states.
#[test]
fn the_reference_engine_has_so_many_states() {
    let counted: Vec<(usize, u64, u32)> = worlds()
        .into_iter()
        .map(|world| {
            let report = report::<Peer>(world);
            (report.states, report.generated, report.depth)
        })
        .collect();
    assert_eq!(counted, COUNTED);
}
const COUNTED: [(usize, u64, u32); 6] = [
    (10288, 21773, 45),
    (5381, 24293, 37),
    (30341, 119727, 46),
    (7957, 22438, 43),
    (15761, 47362, 44),
    (30705, 148625, 41),
];

#[test]
fn every_run_of_the_reference_engine_ends_well() {
    for world in worlds() {
        let report = report::<Peer>(fair(world.clone()));
        let expected: &[&str] = match world.source {
            SourceStays::Stays => &[],
            // No peer can have what left with the source.
            SourceStays::Churns => &["everyone_completes"],
        };
        assert_eq!(violated(&report), expected, "{world:?}");
    }
}

#[test]
fn nothing_is_inevitable_unless_steps_are_taken() {
    for (fairness, verdict) in [
        ("", "violated"),
        ("WF(arrive),WF(send)", "holds"),
        ("WF(arrive)", "violated"),
        ("WF(send),WF(expire)", "violated"),
    ] {
        let fairness = Fairness::parse(fairness).unwrap();
        let report = report::<Peer>(SwarmWorld { fairness, ..SwarmWorld::calm(1, 2) });
        let completes = &report.finding("everyone_completes").unwrap().verdict;
        assert_eq!(completes.name(), verdict);
    }
}

/// It is generic: clients that only take, and a server, are engines like any other. They never ask
/// twice, so that a broken connection is the end.
#[test]
fn client_and_server_do_well_while_no_connection_breaks() {
    let calm = report::<ClientServer>(fair(SwarmWorld::calm(2, 2)));
    assert_eq!(violated(&calm), [""; 0]);
    let broken = report::<ClientServer>(SwarmWorld { losses: 1, ..SwarmWorld::calm(1, 1) });
    assert_eq!(violated(&broken), ["never_stuck", "peer_1_can_complete", "everyone_completes"]);
    // Accepted, and cut off.
    let doomed = told(steps(&broken, "peer_1_can_complete"));
    assert_eq!(doomed[1], "the connection of the source and peer 1 breaks");
    assert_eq!(doomed.len(), 2);
    // Stuck when both have heard of it.
    let stuck = steps(&broken, "never_stuck");
    assert_eq!(told(stuck).len(), 5);
    assert_eq!(format!("{:?}", stuck.steps[4].1), "source {0}; 1 {}");
}

/// The state after the one action that is shown so.
fn after<E: ModelEngine>(
    swarm: &Swarm<E, Tracker>,
    state: &SwarmState<E, Tracker>,
    words: &str,
) -> SwarmState<E, Tracker> {
    let mut actions = Vec::new();
    swarm.actions(state, &mut actions);
    let told = actions.into_iter().find(|action| format!("{action:?}") == words);
    swarm.next_state(state, told.unwrap()).unwrap()
}

/// A node that asked must not wait forever: not for a node that left before it heard of it, and not
/// for one that had left already.
#[test]
fn a_node_that_asks_an_absent_node_hears_of_it() {
    let world = SwarmWorld { source: SourceStays::Churns, ..SwarmWorld::calm(1, 1) };
    let swarm = Swarm::<ClientServer, Tracker>::new(churning(world, Departures::Once)).unwrap();
    let alone = swarm.init_states().remove(0);
    let vanishes = "the source crashes silently";
    let asked = after(&swarm, &alone, "peer 1 joins");
    let late = after(&swarm, &asked, vanishes);
    let never = after(&swarm, &after(&swarm, &alone, vanishes), "peer 1 joins");
    for state in [late, never] {
        assert_eq!(format!("{state:?}"), "source gone; 1 {}; source>1: disconnect");
    }
}

#[test]
fn worlds_beyond_reach_are_refused() {
    let refused = |world: SwarmWorld| Swarm::<Peer, Tracker>::new(world).err().unwrap().to_string();
    assert!(refused(SwarmWorld::calm(0, 1)).contains("write 1 to 3"));
    assert!(refused(SwarmWorld::calm(4, 1)).contains("write 1 to 3"));
    assert!(refused(SwarmWorld::calm(1, 0)).contains("write 1 to 4"));
    assert!(refused(SwarmWorld::calm(1, 5)).contains("write 1 to 4"));
    assert!(refused(SwarmWorld { free_riders: 2, ..SwarmWorld::calm(1, 1) }).contains("at most 1"));
}

#[test]
fn a_search_that_was_cut_proves_nothing_of_an_engine() {
    let swarm = Swarm::<Peer, Tracker>::new(SwarmWorld::calm(2, 2)).unwrap();
    let spec = swarm.spec();
    let mut search = crate::checker::Search::new(&swarm, &spec, CheckSettings::default()).unwrap();
    let limits = crate::checker::Limits { states: 100, ..crate::checker::Limits::NONE };
    let exploration = search.run(limits, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    let report = search.report(exploration).unwrap();
    let can = &report.finding("peer_1_can_complete").unwrap().verdict;
    assert!(matches!(can, Verdict::Unknown(_)));
}

/// The bytes of every value that some state of a world has, with equal values counted once.
fn common(world: SwarmWorld) -> usize {
    fn add<T: Clone + Eq + Hash>(known: &mut HashMap<T, usize>, shared: &Interned<T>) {
        let bytes = shared.block().bytes;
        let before = known.insert(T::clone(shared), bytes);
        assert!(before.is_none_or(|before| before == bytes), "equal values take the same");
    }
    let swarm = Swarm::<Peer, Tracker>::new(world).unwrap();
    let (mut nodes, mut channels, mut trackers) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut waiting = swarm.init_states();
    let mut known: HashSet<SwarmState<Peer, Tracker>> = waiting.iter().cloned().collect();
    while let Some(state) = waiting.pop() {
        state.nodes.iter().flatten().for_each(|node| add(&mut nodes, node));
        state.channels.iter().flatten().for_each(|channel| add(&mut channels, channel));
        add(&mut trackers, &state.tracker);
        let mut actions = Vec::new();
        swarm.actions(&state, &mut actions);
        let next = actions.into_iter().filter_map(|action| swarm.next_state(&state, action));
        waiting.extend(next.filter(|next| known.insert(next.clone())));
    }
    let address = 3 * size_of::<usize>();
    let all = nodes.values().chain(channels.values()).chain(trackers.values());
    all.map(|bytes| bytes + address).sum()
}

#[test]
fn memory_counts_what_states_share_and_counts_it_once() {
    let world = SwarmWorld { losses: 1, ..SwarmWorld::calm(1, 2) };
    let bytes = |heap: bool, threads: usize| {
        let swarm = Swarm::<Peer, Tracker>::new(world.clone()).unwrap();
        let mut spec = swarm.spec();
        spec.heap = spec.heap.filter(|_| heap);
        let mut search =
            crate::checker::Search::new(&swarm, &spec, CheckSettings::default()).unwrap();
        let threads = Threads(threads.try_into().unwrap());
        let go = &mut |_: &_| std::ops::ControlFlow::Continue(());
        let exploration = search.run_with(&threads, crate::checker::Limits::NONE, go).unwrap();
        search.report(exploration).unwrap().bytes
    };
    let heap = common(world.clone());
    assert_eq!(bytes(true, 1), bytes(false, 1) + heap);
    assert_eq!(bytes(true, 3), bytes(true, 1), "threads change nothing");
}

#[test]
fn a_node_takes_what_its_parts_take() {
    let node = |have: usize, timers: usize| Node {
        engine: ClientServer::new(
            PeerId(1),
            &Manifest::new(Bytes(have as u64), Bytes(1)).unwrap(),
            Role::Peer(Behavior::Cooperative),
            &Settings::new(Protocol::default(), 1),
        ),
        timers: (0..timers as u32).map(|timer| (Timer(timer), Turn::Due)).collect(),
        told: false,
        heard: [0; NODES],
        serves: 0,
        chokes: false,
    };
    // A set of chunks takes whole blocks of 256 bits, a timer its name and its turn.
    assert_eq!(node(256, 0).heap_bytes(), 32);
    assert_eq!(node(257, 3).heap_bytes(), 64 + 3 * 8);
    let bitfield = |chunks| Message::bitfield(ChunkSet::empty(chunks));
    let mut channel = Channel::empty();
    assert_eq!(channel.heap_bytes(), 0);
    channel.packets.extend([Packet::Asks, Packet::Says(bitfield(300))]);
    channel.leaving.push((ChunkId(0), Message::Chunk(ChunkId(0))));
    let packets = 2 * size_of::<Packet<Message>>() + size_of::<ChunkSet>() + 64;
    assert_eq!(channel.heap_bytes(), packets + size_of::<(ChunkId, Message)>());
}
