use std::collections::VecDeque;
use std::num::NonZeroUsize;

use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, NewEngine, Output, Role, Settings, Timer};
use crate::scenario::{Leaves, Parts, Peer, Scenario, Source, SourceLeaves};
use crate::sim::{Ended, Outcome, Simulation, Step, simulate};
use crate::swarm::{self, ClientServer, Parcel, Tracker};
use crate::trace::{Event, Outcome as Fate, Transfer};
use crate::units::{Bytes, Rate, Time};

/// Chunks of 125 bytes: 1000 bits, so a rate of 1000 bit/s sends one a second.
pub(super) fn parts(chunks: u64, source: u64, peers: &[u64]) -> Parts {
    let file = Manifest::new(Bytes(125 * chunks), Bytes(125)).unwrap();
    Parts::new(file, Source::new(Rate(source)))
        .peers(peers.iter().map(|&upload| Peer::new(Rate(upload))))
        .until(Time::from_secs(100_000))
}

fn run<E: NewEngine>(parts: Parts) -> (Outcome, Vec<Event>) {
    let mut events = Vec::new();
    let scenario = Scenario::new(parts).unwrap();
    let outcome = simulate::<E, Tracker>(&scenario, &mut |event| events.push(event));
    (outcome, events)
}

fn completions(events: &[Event]) -> Vec<(u64, u32)> {
    let complete = events.iter().filter_map(|event| match event {
        Event::Complete { at, node } => Some((at.0 / 1_000_000, node.0)),
        _ => None,
    });
    complete.collect()
}

fn transfers(events: &[Event]) -> Vec<Transfer> {
    let transfers = events.iter().filter_map(|event| match event {
        Event::Transfer(transfer) => Some(*transfer),
        _ => None,
    });
    transfers.collect()
}

#[test]
fn one_peer_gets_the_file_at_the_rate_of_the_source() {
    let (outcome, events) = run::<swarm::Peer>(parts(7, 1000, &[0]));
    assert_eq!(outcome, Outcome { ended: Ended::AllComplete, at: Time::from_secs(7) });
    assert_eq!(completions(&events), [(7_000, 1)]);
}

#[test]
fn client_and_server_take_as_long_as_the_textbook_says() {
    // N F / u_s = 3 * 4 s; the same with a download that binds: F / d = 4 * 2 s at 500 bit/s each
    // while the source could serve six at once.
    let (outcome, _) = run::<ClientServer>(parts(4, 1000, &[0, 0, 0]));
    assert_eq!(outcome.at, Time::from_secs(12));
    let mut slow = parts(4, 3000, &[0, 0, 0]);
    for peer in &mut slow.peers {
        peer.download = Some(Rate(500));
    }
    assert_eq!(run::<ClientServer>(slow).0.at, Time::from_secs(8));
}

#[test]
fn latency_delays_what_travels_and_nothing_else() {
    let mut late = parts(4, 1000, &[0]);
    late.network.latency = Time(250_000_000);
    // Ask 0.25 s, be accepted 0.25 s after; then the server sends without a pause: four chunks,
    // 0.25 s each on its way.
    let (outcome, events) = run::<ClientServer>(late);
    assert_eq!(outcome.at, Time(4_500_000_000));
    let first = transfers(&events)[0];
    assert_eq!((first.start, first.end), (Time(250_000_000), Time(1_500_000_000)));
}

#[test]
fn a_peer_that_leaves_early_vanishes_and_its_bytes_are_lost() {
    let mut parts = parts(4, 1000, &[0, 0]);
    parts.peers[0].leaves = Leaves::At(Time(2_500_000_000));
    let (outcome, events) = run::<ClientServer>(parts);
    assert_eq!(outcome.ended, Ended::AllComplete);
    // A chunk to each in turn; the third, to peer 1, is cut in the middle: 500 bits, 62 whole
    // bytes. From 2.5 s on peer 2 gets the three that it lacks.
    assert_eq!(completions(&events), [(5_500, 2)]);
    let lost: Vec<(PeerId, Bytes, Time)> = transfers(&events)
        .iter()
        .filter(|transfer| transfer.outcome == Fate::Aborted)
        .map(|transfer| (transfer.to, transfer.bytes, transfer.end))
        .collect();
    assert_eq!(lost, [(PeerId(1), Bytes(62), Time(2_500_000_000))]);
    assert!(events.contains(&Event::Leave { at: Time(2_500_000_000), node: PeerId(1) }));
}

#[test]
fn a_source_that_leaves_too_early_leaves_a_stalled_swarm() {
    let mut parts = parts(8, 1000, &[1000, 1000, 1000]);
    parts.source.leaves = SourceLeaves::At(Time::from_secs(5));
    let (outcome, events) = run::<swarm::Peer>(parts);
    assert_eq!(outcome.ended, Ended::Stalled);
    assert_eq!(completions(&events), []);
}

#[test]
fn a_source_leaves_after_its_copies() {
    let mut two = parts(6, 1000, &[1000, 1000, 1000, 1000]);
    two.source.leaves = SourceLeaves::AfterCopies(2);
    let (outcome, events) = run::<swarm::Peer>(two);
    assert_eq!(outcome.ended, Ended::AllComplete);
    let emitted: u64 =
        transfers(&events).iter().filter(|t| t.from.is_source()).map(|t| t.bytes.0).sum();
    assert!(emitted <= 2 * 6 * 125, "{emitted}");
}

#[test]
fn what_has_left_arrives_though_its_sender_is_gone() {
    for latency in [0, 1, 250_000_000] {
        let mut once = parts(6, 1000, &[1000, 1000, 1000]);
        once.source.leaves = SourceLeaves::AfterCopies(1);
        once.network.latency = Time(latency);
        let (outcome, events) = run::<swarm::Peer>(once);
        assert_eq!(outcome.ended, Ended::AllComplete, "latency {latency}");
        assert_eq!(completions(&events).len(), 3, "latency {latency}");
    }
}

#[test]
fn time_runs_out() {
    let mut short = parts(10, 1000, &[0]);
    short.until = Time(3_500_000_000);
    let (outcome, events) = run::<ClientServer>(short);
    assert_eq!(outcome, Outcome { ended: Ended::CutOff, at: Time(3_500_000_000) });
    let last = *transfers(&events).last().unwrap();
    assert_eq!((last.bytes, last.outcome), (Bytes(62), Fate::Aborted));
}

#[test]
fn the_same_seed_gives_the_same_events_and_another_seed_others() {
    let crowd = || parts(12, 2000, &[1000, 500, 0, 700, 1000, 300, 900, 1000, 100, 800]);
    let (first, second) = (run::<swarm::Peer>(crowd()), run::<swarm::Peer>(crowd()));
    assert_eq!(first, second);
    let other = run::<swarm::Peer>(Parts { seed: 2, ..crowd() });
    assert_ne!(first.1, other.1);
}

/// A peer whose uplink carries nothing would keep the peers it served waiting: it serves none, and
/// each peer has the file from the source, whatever it wants to give.
#[test]
fn nobody_waits_for_an_uplink_that_carries_nothing() {
    let (outcome, events) = run::<swarm::Peer>(parts(6, 4000, &[0, 0, 0, 0, 0, 0]));
    assert_eq!(outcome.ended, Ended::AllComplete);
    // No other node sends anything, and the source never idles: 6 * 6 / 4 = 9 s.
    assert_eq!(outcome.at, Time::from_secs(9));
    let unchoked = |event: &Event| matches!(event, Event::Unchoke { from, .. } if from.0 != 0);
    assert!(!events.iter().any(unchoked));
}

/// What moved until the end is in the log, also when the end is another peer's completion.
#[test]
fn what_is_under_way_at_the_end_is_logged() {
    // 1000 bits to each at once, in 1 s and 1 2/3 s; in the last 2/3 s peer 1 gets 666 bits of its
    // second copy: 83 whole bytes.
    let mut twice = parts(1, 3000, &[0, 0]);
    twice.peers[0].download = Some(Rate(1000));
    twice.peers[1].download = Some(Rate(600));
    let (outcome, events) = run::<Lavish>(twice);
    assert_eq!(outcome, Outcome { ended: Ended::AllComplete, at: Time(1_666_666_667) });
    let moved = transfers(&events);
    let moved: Vec<_> = moved.iter().map(|t| (t.to.0, t.bytes.0, t.outcome)).collect();
    let expected = [(1, 125, Fate::Delivered), (2, 125, Fate::Delivered), (1, 83, Fate::Aborted)];
    assert_eq!(moved, expected);
}

/// Who asks a node that is gone by the time the question arrives hears that no node is there.
#[test]
fn who_asks_the_dead_gets_an_answer() {
    let mut late = parts(2, 1000, &[1000, 1000]);
    late.network.latency = Time(100_000_000);
    late.peers[1].joins = Time(1_950_000_000);
    late.source.leaves = SourceLeaves::At(Time::from_secs(2));
    let scenario = Scenario::new(late).unwrap();
    let mut simulation = Simulation::<Lavish, Tracker>::new(&scenario);
    while let Step::Went(at) = simulation.step(&mut |_| {})
        && at < Time::from_secs(3)
    {}
    // It joined 0.05 s before the source left, and its question took 0.1 s.
    assert_eq!(simulation.engine(PeerId(2)).unwrap().refused, 1);
    assert_eq!(simulation.engine(PeerId(1)).unwrap().refused, 0);
}

/// An engine whose source sends the first chunk twice to each peer, and that counts how often it is
/// refused or left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lavish {
    have: ChunkSet,
    source: bool,
    outputs: VecDeque<Output<Parcel>>,
    refused: u32,
}

impl Engine for Lavish {
    type Message = Parcel;

    fn handle(&mut self, input: Input<Parcel>, _: &mut dyn Choose) {
        let outputs = &mut self.outputs;
        match input {
            Input::Start => outputs.push_back(Output::Connect(PeerId::SOURCE)),
            Input::Asked(peer) => outputs.push_back(Output::Accept(peer)),
            Input::Connected(to) if self.source => {
                let parcel = || Output::Send { to, message: Parcel::Chunk(ChunkId(0)) };
                outputs.extend([parcel(), parcel()]);
            }
            Input::Received { message: Parcel::Chunk(chunk), .. } if self.have.insert(chunk) => {
                outputs.push_back(Output::Completed);
            }
            Input::Disconnected(_) => self.refused += 1,
            _ => {}
        }
    }

    fn poll(&mut self) -> Option<Output<Parcel>> {
        self.outputs.pop_front()
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

impl NewEngine for Lavish {
    fn new(_: PeerId, manifest: &Manifest, role: Role, _: &Settings) -> Self {
        let have = ChunkSet::empty(manifest.chunks());
        Lavish { have, source: role == Role::Source, outputs: VecDeque::new(), refused: 0 }
    }
}

/// An engine that arms a timer of no length for ever: time goes on all the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Hasty {
    have: ChunkSet,
    armed: u32,
}

impl Engine for Hasty {
    type Message = Parcel;

    fn handle(&mut self, _: Input<Parcel>, choose: &mut dyn Choose) {
        self.armed = 1;
        choose.index(NonZeroUsize::MIN);
    }

    fn poll(&mut self) -> Option<Output<Parcel>> {
        self.armed = self.armed.checked_sub(1)?;
        Some(Output::Arm { timer: Timer(9), after: Time::ZERO })
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

impl NewEngine for Hasty {
    fn new(_: PeerId, manifest: &Manifest, _: Role, _: &Settings) -> Self {
        Hasty { have: ChunkSet::empty(manifest.chunks()), armed: 1 }
    }
}

#[test]
fn an_engine_cannot_stop_time() {
    let mut simulation =
        Simulation::<Hasty, Tracker>::new(&Scenario::new(parts(1, 1000, &[0])).unwrap());
    let mut record = |_| {};
    let steps: Vec<Step> = (0..4).map(|_| simulation.step(&mut record)).collect();
    let times = [0, 1, 2, 3].map(|at| Step::Went(Time(at)));
    assert_eq!(steps, times);
}
