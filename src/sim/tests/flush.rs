//! Engines that answer only when all inputs of an instant have been handed over, as those do that
//! ask another process for all nodes at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::runs::parts;
use crate::audit::{Audit, Verdict};
use crate::choose::{Choose, Seeded};
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Factory, Input, NewEngine, Output, Role, Settings};
use crate::scenario::{Leaves, Scenario};
use crate::sim::{Ended, Simulation, Step};
use crate::swarm::{Message, Peer, Tracker};
use crate::trace::{Event, Header, Trace};
use crate::units::Time;

/// All nodes of a run, in one place.
struct Host {
    peers: BTreeMap<PeerId, Peer>,
    inputs: Vec<(PeerId, Input<Message>)>,
    outputs: BTreeMap<PeerId, VecDeque<Output<Message>>>,
    choose: Seeded,
    /// How many inputs came before each flush.
    batches: Vec<usize>,
}

impl Host {
    fn answer(&mut self) -> Vec<PeerId> {
        if !self.inputs.is_empty() {
            self.batches.push(self.inputs.len());
        }
        for (node, input) in self.inputs.drain(..) {
            let peer = self.peers.get_mut(&node).unwrap();
            peer.handle(input, &mut self.choose);
            let outputs = std::iter::from_fn(|| peer.poll());
            self.outputs.entry(node).or_default().extend(outputs);
        }
        self.outputs.retain(|_, outputs| !outputs.is_empty());
        self.outputs.keys().copied().collect()
    }
}

#[derive(Clone)]
struct Hosted(Rc<RefCell<Host>>);

impl Factory for Hosted {
    type Engine = Remote;

    fn engine(&self, me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Remote {
        let peer = Peer::new(me, manifest, role, settings);
        let have = peer.have().clone();
        self.0.borrow_mut().peers.insert(me, peer);
        Remote { me, have, host: Rc::clone(&self.0) }
    }

    fn flush(&self, _: Time) -> Vec<PeerId> {
        self.0.borrow_mut().answer()
    }
}

/// A node of the host, as the driver has it.
struct Remote {
    me: PeerId,
    have: ChunkSet,
    host: Rc<RefCell<Host>>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of a host", self.me)
    }
}

impl Engine for Remote {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, _: &mut dyn Choose) {
        if let Input::Received { message: Message::Chunk(chunk), .. } = &input {
            self.have.insert(*chunk);
        }
        self.host.borrow_mut().inputs.push((self.me, input));
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.host.borrow_mut().outputs.get_mut(&self.me)?.pop_front()
    }

    fn have(&self) -> &ChunkSet {
        &self.have
    }
}

fn hosted() -> Hosted {
    Hosted(Rc::new(RefCell::new(Host {
        peers: BTreeMap::new(),
        inputs: Vec::new(),
        outputs: BTreeMap::new(),
        choose: Seeded::new(7, 0),
        batches: Vec::new(),
    })))
}

#[test]
fn engines_that_wait_for_the_end_of_an_instant_are_lawful_and_complete() {
    let mut parts = parts(6, 4000, &[1000, 2000, 500, 1000, 1000, 0]);
    parts.network.latency = Time(1_000_000);
    parts.peers[1].leaves = Leaves::AfterCompletion(Time::ZERO);
    let scenario = Scenario::new(parts).unwrap();
    let engines = hosted();
    let mut simulation = Simulation::<Remote, Tracker>::with_engines(&scenario, engines.clone());
    let mut events = Vec::new();
    let outcome = loop {
        if let Step::Ended(outcome) = simulation.step(&mut |event| events.push(event)) {
            break outcome;
        }
    };
    assert_eq!(outcome.ended, Ended::AllComplete);
    // All nodes start at once, and are asked at once.
    assert_eq!(engines.0.borrow().batches[0], 7);
    // The last that a node says when it leaves is not lost: it tells the tracker.
    let left = |event: &Event| matches!(event, Event::Leave { node: PeerId(2), .. });
    let at = events.iter().find(|event| left(event)).unwrap().at();
    let says = Event::Announce { at, node: PeerId(2), peers: Vec::new() };
    assert!(events.contains(&says), "{events:#?}");
    let trace = Trace { header: Header::exact(scenario), events };
    assert_eq!(Audit::of(&trace).verdict, Verdict::Holds);
}
