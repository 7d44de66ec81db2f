//! That nothing changes because nodes show chunks on boards, and because one event carries a
//! message to many.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::judged::{among, cases};
use super::runs::parts;
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, NewEngine, Output, Role, Settings};
use crate::scenario::{ChunkRanges, Leaves, Scenario, SourceLeaves};
use crate::sim::{Outcome, Simulation, Step, simulate};
use crate::swarm::{Message, Peer, Tracker};
use crate::trace::Event;
use crate::units::{RateChanges, Time};

/// The reference peer, but it hears everything at once, by messages, and speaks to one neighbor at
/// a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Plain {
    peer: Peer,
    /// What it says to several, the last first.
    rest: Vec<Output<Message>>,
}

impl Engine for Plain {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        self.peer.handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        if let Some(output) = self.rest.pop() {
            return Some(output);
        }
        match self.peer.poll()? {
            Output::Tell { to, message } => {
                let each = to.into_iter().rev();
                self.rest.extend(each.map(|to| Output::Send { to, message: message.clone() }));
                self.rest.pop()
            }
            output => Some(output),
        }
    }

    fn have(&self) -> &ChunkSet {
        self.peer.have()
    }
}

impl NewEngine for Plain {
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        Plain { peer: Peer::new(me, manifest, role, settings), rest: Vec::new() }
    }
}

fn run<E: NewEngine>(scenario: &Scenario) -> (Outcome, Vec<Event>) {
    let mut events = Vec::new();
    let outcome = simulate::<E, Tracker>(scenario, &mut |event| events.push(event));
    (outcome, events)
}

/// The scenario, with another time to reach every third peer.
fn uneven(scenario: &Scenario) -> Scenario {
    let mut parts = scenario.parts().clone();
    for peer in parts.peers.iter_mut().step_by(3) {
        peer.link.latency = Some(Time(7_000_000));
    }
    Scenario::new(parts).expect("any latency will do")
}

/// The scenario, where everything arrives at once and peers stay. Otherwise the two kinds of runs
/// may differ: while a connection is known to be closed at one of its ends only, and in how many
/// decisions a peer that left without a word is missed.
fn calm(scenario: &Scenario) -> Scenario {
    let mut parts = scenario.parts().clone();
    parts.network.latency = Time::ZERO;
    parts.source.link.latency = None;
    parts.source.leaves = SourceLeaves::Never;
    parts.source.upload_changes = RateChanges::NONE;
    for peer in &mut parts.peers {
        peer.link.latency = None;
        peer.leaves = Leaves::Never;
        // Boards and messages differ in the order of what happens at one instant where capacities
        // change, and where a peer that has what it wants hears of the last chunk of a neighbor.
        peer.upload_changes = RateChanges::NONE;
        peer.download_changes = RateChanges::NONE;
        (peer.holds, peer.wants) = (ChunkRanges::EMPTY, None);
    }
    Scenario::new(parts).expect("any latency will do")
}

/// The events before the first connection is closed.
fn until_one_parts(events: &[Event]) -> &[Event] {
    let is_closed = |event: &Event| matches!(event, Event::Disconnect { .. });
    &events[..events.iter().position(is_closed).unwrap_or(events.len())]
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_board_says_what_messages_say(scenario in among(40)) {
        let scenario = calm(&scenario);
        let (_, boards) = run::<Peer>(&scenario);
        let (_, messages) = run::<Plain>(&scenario);
        prop_assert_eq!(until_one_parts(&boards), until_one_parts(&messages));
    }
}

/// An engine whose source says all kinds of things to any peer, together or apart, whenever it gets
/// a neighbor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Loud<const APART: bool> {
    have: ChunkSet,
    role: Role,
    outputs: VecDeque<Output<Message>>,
    heard: Vec<(PeerId, Message)>,
}

impl<const APART: bool> Engine for Loud<APART> {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, _: &mut dyn Choose) {
        match input {
            Input::Start => self.outputs.push_back(Output::Connect(PeerId::SOURCE)),
            Input::Asked(peer) => self.outputs.push_back(Output::Accept(peer)),
            Input::Received { from, message } => self.heard.push((from, message)),
            Input::Connected(_) if self.role == Role::Source => {
                let chunk = ChunkId(0);
                let to = [3, 0, 1, 9, 2, 2].map(PeerId);
                for message in [
                    Message::Unchoke,
                    Message::Have(chunk),
                    Message::Chunk(chunk),
                    Message::Choke,
                    Message::KeepAlive,
                ] {
                    if APART {
                        let say = |to| Output::Send { to, message: message.clone() };
                        self.outputs.extend(to.map(say));
                    } else {
                        self.outputs.push_back(Output::Tell { to: to.to_vec(), message });
                    }
                }
            }
            _ => {}
        }
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.outputs.pop_front()
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

impl<const APART: bool> NewEngine for Loud<APART> {
    fn new(_: PeerId, manifest: &Manifest, role: Role, _: &Settings) -> Self {
        let have = ChunkSet::empty(manifest.chunks());
        Loud { have, role, outputs: VecDeque::new(), heard: Vec::new() }
    }
}

#[test]
fn what_is_told_to_several_is_told_to_each() {
    fn told<const APART: bool>(scenario: &Scenario) -> (Vec<Event>, Vec<Vec<(PeerId, Message)>>) {
        let mut simulation = Simulation::<Loud<APART>, Tracker>::new(scenario);
        let mut events = Vec::new();
        while let Step::Went(_) = simulation.step(&mut |event| events.push(event)) {}
        let heard = scenario.nodes().map(|node| simulation.engine(node).unwrap().heard.clone());
        (events, heard.collect())
    }
    let scenario = uneven(&Scenario::new(parts(2, 4000, &[1000, 1000, 1000])).unwrap());
    let (events, heard) = told::<false>(&scenario);
    assert!(heard[1..].iter().all(|heard| !heard.is_empty()));
    // The source has no connection to itself.
    assert!(heard[0].is_empty());
    assert_eq!((events, heard), told::<true>(&scenario));
}
