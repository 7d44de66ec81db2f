//! Engines that are broken on purpose, and the rule that each of them breaks.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use super::*;
use crate::chunks::{ChunkId, ChunkSet};
use crate::engine::{Input, NewEngine, Output};
use crate::swarm::Message;

type Outputs = VecDeque<Output<Message>>;

/// What is wrong with an engine.
trait Flaw: Clone + Debug + Default + Eq + Hash + 'static {
    /// After an input: what it does beside what the reference engine does.
    fn meddle(&mut self, _: &Input<Message>, _: &ChunkSet, _: &mut Outputs) {}

    /// What it does instead of an output of the reference engine.
    fn alter(&mut self, output: Output<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        outputs.push_back(output);
    }

    /// What it holds, if that is not what the reference engine holds.
    fn held(&self) -> Option<&ChunkSet> {
        None
    }
}

/// The reference engine with a flaw.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flawed<F> {
    peer: Peer,
    flaw: F,
    outputs: Outputs,
}

impl<F: Flaw> Engine for Flawed<F> {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        self.peer.handle(input.clone(), choose);
        while let Some(output) = self.peer.poll() {
            self.flaw.alter(output, self.peer.have(), &mut self.outputs);
        }
        self.flaw.meddle(&input, self.peer.have(), &mut self.outputs);
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.outputs.pop_front()
    }

    fn have(&self) -> &ChunkSet {
        self.flaw.held().unwrap_or_else(|| self.peer.have())
    }
}

impl<F: Flaw> NewEngine for Flawed<F> {
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let peer = Peer::new(me, manifest, role, settings);
        Flawed { peer, flaw: F::default(), outputs: VecDeque::new() }
    }
}

/// The steps of the witness against a claim that a flaw violates, in words, and its last state.
fn caught<F: Flaw>(world: SwarmWorld, claim: &str) -> (Vec<String>, String) {
    let report = report::<Flawed<F>>(world);
    assert!(violated(&report).contains(&claim), "{:?}", violated(&report));
    let witness = steps(&report, claim);
    let last = witness.steps.last().map_or(&witness.start, |(_, state)| state);
    (told(witness), format!("{last:?}"))
}

const FIRST: ChunkId = ChunkId(0);

fn say(to: PeerId, message: Message) -> Output<Message> {
    Output::Send { to, message }
}

/// It never requests a chunk twice, though the first answer never came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Forgetful(Vec<ChunkId>);

impl Flaw for Forgetful {
    fn alter(&mut self, output: Output<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        if let Output::Send { message: Message::Request(chunk), .. } = output {
            if self.0.contains(&chunk) {
                return;
            }
            self.0.push(chunk);
        }
        outputs.push_back(output);
    }
}

/// By hand: it asks and hears that it is a neighbor, that it is served and of the chunk; it
/// requests it, and the connection breaks.
#[test]
fn an_engine_that_forgets_to_request_again_after_a_loss_is_found() {
    let world = SwarmWorld::calm(1, 1);
    assert_eq!(violated(&report::<Flawed<Forgetful>>(fair(world.clone()))), [""; 0]);
    let world = SwarmWorld { losses: 1, ..world };
    assert_eq!(violated(&report::<Peer>(fair(world.clone()))), [""; 0]);
    let (words, _) = caught::<Forgetful>(world, "peer_1_can_complete");
    let expected = [
        "peer 1 asks the source to be its neighbor",
        "peer 1 hears that the source is its neighbor",
        "peer 1 hears that the source serves it",
        "peer 1 hears that the source has chunk 0",
        "the connection of the source and peer 1 breaks",
    ];
    assert_eq!(words, expected);
}

/// It sends what it should reject because it serves the other no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Generous;

impl Flaw for Generous {
    fn alter(&mut self, output: Output<Message>, held: &ChunkSet, outputs: &mut Outputs) {
        outputs.push_back(match output {
            Output::Send { to, message: Message::Reject(chunk) } if held.contains(chunk) => {
                say(to, Message::Chunk(chunk))
            }
            other => other,
        });
    }
}

#[test]
fn an_engine_that_sends_to_a_choked_peer_is_found() {
    let mut world = SwarmWorld { timers: Timers::Any(1), ..SwarmWorld::calm(2, 1) };
    world.protocol.unchoke_slots = 1;
    world.protocol.optimistic = None;
    world.protocol.super_seeding = false;
    assert_eq!(violated(&report::<Peer>(fair(world.clone()))), [""; 0]);
    let (words, last) = caught::<Generous>(world, "a_choked_peer_gets_nothing_new");
    // By hand: each of two asks, hears that it is a neighbor and what there is, and says that it
    // is interested; the first is served, hears of it and requests; then the other's turn comes,
    // and the request arrives.
    assert_eq!(words.len(), 11, "{words:#?}");
    let late = &words[7..];
    assert_eq!(late[0], "peer 2 hears that the source serves it");
    assert_eq!(late[2], "timer 0 of the source runs out");
    assert_eq!(late[3], "the source hears that peer 2 requests chunk 0");
    assert!(last.ends_with("the source sends peer 2 chunk 0 and chokes it"), "{last}");
}

/// As soon as it has a neighbor it says that it has a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Boastful;

impl Flaw for Boastful {
    fn meddle(&mut self, input: &Input<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        if let Input::Connected(to) = *input {
            outputs.push_back(say(to, Message::Have(FIRST)));
        }
    }
}

/// As soon as it has a neighbor it sends it a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Conjurer;

impl Flaw for Conjurer {
    fn meddle(&mut self, input: &Input<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        if let Input::Connected(to) = *input {
            outputs.push_back(say(to, Message::Chunk(FIRST)));
        }
    }
}

/// As soon as it has a neighbor it requests a chunk of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Pushy;

impl Flaw for Pushy {
    fn meddle(&mut self, input: &Input<Message>, held: &ChunkSet, outputs: &mut Outputs) {
        if let Input::Connected(to) = *input
            && !held.contains(FIRST)
        {
            outputs.push_back(say(to, Message::Request(FIRST)));
        }
    }
}

/// By hand: the peer asks, hears that it is a neighbor, and does it.
#[test]
fn an_engine_that_lies_conjures_or_asks_at_random_is_found() {
    let calm = || SwarmWorld::calm(1, 1);
    let found = [
        caught::<Boastful>(calm(), "says_what_it_holds"),
        caught::<Conjurer>(calm(), "no_chunk_from_nowhere"),
        caught::<Pushy>(calm(), "requests_what_it_was_told_of"),
    ];
    let faults = [
        "peer 1 tells the source that it has chunk 0: a lie",
        "peer 1 sends the source chunk 0, which it lacks",
        "peer 1 requests chunk 0 of the source, which never told it that it has it",
    ];
    for ((words, last), fault) in found.iter().zip(faults) {
        assert_eq!(words.len(), 2, "{words:?}");
        assert_eq!(words[1], "peer 1 hears that the source is its neighbor");
        assert!(last.ends_with(fault), "{last}");
    }
}

/// It says that it is complete before it has begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Hasty;

impl Flaw for Hasty {
    fn meddle(&mut self, input: &Input<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        if *input == Input::Start {
            outputs.push_back(Output::Completed);
        }
    }
}

/// It holds the file as soon as it starts, or nothing any more when it loses a neighbor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Shown<const FROM_THE_START: bool>(Option<ChunkSet>);

impl<const FROM_THE_START: bool> Flaw for Shown<FROM_THE_START> {
    fn meddle(&mut self, input: &Input<Message>, held: &ChunkSet, _: &mut Outputs) {
        match *input {
            Input::Start if FROM_THE_START => self.0 = Some(ChunkSet::full(held.capacity())),
            Input::Disconnected(_) if !FROM_THE_START && held.is_full() => {
                self.0 = Some(ChunkSet::empty(held.capacity()));
            }
            _ => {}
        }
    }

    fn held(&self) -> Option<&ChunkSet> {
        self.0.as_ref()
    }
}

/// It asks a node that cannot exist to be its neighbor, again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Restless;

impl Flaw for Restless {
    fn meddle(&mut self, input: &Input<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        if matches!(input, Input::Start | Input::Disconnected(PeerId(99))) {
            outputs.push_back(Output::Connect(PeerId(99)));
        }
    }
}

#[test]
fn an_engine_that_miscounts_what_it_holds_or_finds_no_end_is_found() {
    let calm = || SwarmWorld::calm(1, 1);
    let (words, last) = caught::<Hasty>(calm(), "says_what_it_holds");
    assert_eq!(words.len(), 0);
    assert!(last.ends_with("peer 1 says that it is complete, without chunk 0"), "{last}");
    let (words, last) = caught::<Shown<true>>(calm(), "no_chunk_from_nowhere");
    assert_eq!(words.len(), 0);
    assert!(last.ends_with("peer 1 holds chunk 0, which has not arrived"), "{last}");
    // By hand: asked, accepted, and as soon as the connection breaks the source hears of it.
    let losing = SwarmWorld { losses: 1, ..calm() };
    let (words, last) = caught::<Shown<false>>(losing, "have_only_grows");
    assert_eq!(words.len(), 3, "{words:?}");
    assert!(last.ends_with("the source does not hold chunk 0 any more"), "{last}");
    let (words, last) = caught::<Restless>(calm(), "comes_to_rest");
    assert_eq!(words.len(), 0);
    assert!(last.ends_with("the source finds no end of things to do at once"), "{last}");
}

/// It takes a new connection for the old one: it requests what was announced then, and sends to
/// the neighbor that it served then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Nostalgic<const AS: char> {
    told: bool,
    served: bool,
}

impl<const AS: char> Flaw for Nostalgic<AS> {
    fn alter(&mut self, output: Output<Message>, _: &ChunkSet, outputs: &mut Outputs) {
        self.served |= matches!(output, Output::Send { message: Message::Unchoke, .. });
        outputs.push_back(output);
    }

    fn meddle(&mut self, input: &Input<Message>, held: &ChunkSet, outputs: &mut Outputs) {
        match *input {
            Input::Received { message: Message::Bitfield(_), .. } => self.told = true,
            Input::Connected(to) if AS == 'r' && self.told && !held.contains(FIRST) => {
                outputs.push_back(say(to, Message::Request(FIRST)));
            }
            Input::Connected(to) if AS == 's' && self.served => {
                outputs.push_back(say(to, Message::Chunk(FIRST)));
            }
            _ => {}
        }
    }
}

#[test]
fn an_engine_that_takes_a_new_connection_for_the_old_one_is_found() {
    let mut world = SwarmWorld { losses: 1, ..SwarmWorld::calm(1, 1) };
    world.protocol.super_seeding = false;
    let broken = "the connection of the source and peer 1 breaks".to_owned();
    let (words, _) = caught::<Nostalgic<'r'>>(world.clone(), "requests_what_it_was_told_of");
    assert!(words.contains(&broken), "{words:#?}");
    let (words, _) = caught::<Nostalgic<'s'>>(world, "a_choked_peer_gets_nothing_new");
    assert!(words.contains(&broken), "{words:#?}");
}
