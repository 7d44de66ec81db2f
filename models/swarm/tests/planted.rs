//! Engines that are broken on purpose, and the rule that each of them breaks.

use std::collections::VecDeque;

use super::*;
use crate::chunks::{ChunkId, ChunkSet};
use crate::engine::{Input, NewEngine, Output};
use crate::swarm::Message;

type Outputs = VecDeque<Output<Message>>;

/// What is wrong with an engine, with what it remembers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Flaw {
    /// It never requests a chunk twice, though the first answer never came.
    NeverAsksTwice(Vec<ChunkId>),
    /// It sends what it should reject because it serves the other no more.
    ServesTheChoked,
    /// As soon as it has a neighbor it says that it has a chunk.
    Boasts,
    /// As soon as it has a neighbor it sends it a chunk.
    Conjures,
    /// As soon as it has a neighbor it requests a chunk of it.
    AsksAtRandom,
    /// It says that it is complete before it has begun.
    CompletesEarly,
    /// It holds the file as soon as it starts.
    HoldsFromTheStart(Option<ChunkSet>),
    /// It holds nothing any more when it loses a neighbor.
    LosesAll(Option<ChunkSet>),
    /// It asks a node that cannot exist to be its neighbor, again and again.
    NeverRests,
    /// It takes a new connection for the old one: it requests what was announced then.
    RequestsWhatWasAnnounced { told: bool },
    /// It takes a new connection for the old one: it sends to the neighbor that it served then.
    SendsToTheServed { served: bool },
}

impl Flaw {
    /// After an input: what it does beside what the reference engine does.
    fn meddle(&mut self, input: &Input<Message>, held: &ChunkSet, outputs: &mut Outputs) {
        let connected = match *input {
            Input::Connected(to) => Some(to),
            _ => None,
        };
        let adds = match (self, input, connected) {
            (Flaw::Boasts, _, Some(to)) => say(to, Message::Have(FIRST)),
            (Flaw::Conjures, _, Some(to)) => say(to, Message::Chunk(FIRST)),
            (Flaw::AsksAtRandom, _, Some(to)) if !held.contains(FIRST) => {
                say(to, Message::Request(FIRST))
            }
            (Flaw::CompletesEarly, Input::Start, _) => Output::Completed,
            (Flaw::HoldsFromTheStart(shown), Input::Start, _) => {
                *shown = Some(ChunkSet::full(held.capacity()));
                return;
            }
            (Flaw::LosesAll(shown), Input::Disconnected(_), _) if held.is_full() => {
                *shown = Some(ChunkSet::empty(held.capacity()));
                return;
            }
            (Flaw::NeverRests, Input::Start | Input::Disconnected(PeerId(99)), _) => {
                Output::Connect(PeerId(99))
            }
            (
                Flaw::RequestsWhatWasAnnounced { told },
                Input::Received { message: Message::Bitfield(_), .. },
                _,
            ) => {
                *told = true;
                return;
            }
            (Flaw::RequestsWhatWasAnnounced { told: true }, _, Some(to))
                if !held.contains(FIRST) =>
            {
                say(to, Message::Request(FIRST))
            }
            (Flaw::SendsToTheServed { served: true }, _, Some(to)) => {
                say(to, Message::Chunk(FIRST))
            }
            _ => return,
        };
        outputs.push_back(adds);
    }

    /// What it does instead of an output of the reference engine; None for nothing.
    fn alter(&mut self, output: Output<Message>, held: &ChunkSet) -> Option<Output<Message>> {
        match (self, output) {
            (
                Flaw::NeverAsksTwice(asked),
                Output::Send { to, message: Message::Request(chunk) },
            ) => {
                if asked.contains(&chunk) {
                    return None;
                }
                asked.push(chunk);
                Some(say(to, Message::Request(chunk)))
            }
            (Flaw::ServesTheChoked, Output::Send { to, message: Message::Reject(chunk) })
                if held.contains(chunk) =>
            {
                Some(say(to, Message::Chunk(chunk)))
            }
            (Flaw::SendsToTheServed { served }, output) => {
                *served |= matches!(output, Output::Send { message: Message::Unchoke, .. });
                Some(output)
            }
            (_, output) => Some(output),
        }
    }

    /// What it holds, if that is not what the reference engine holds.
    fn held(&self) -> Option<&ChunkSet> {
        match self {
            Flaw::HoldsFromTheStart(shown) | Flaw::LosesAll(shown) => shown.as_ref(),
            _ => None,
        }
    }
}

/// The reference engine with a flaw.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flawed {
    peer: Peer,
    flaw: Flaw,
    outputs: Outputs,
}

impl Engine for Flawed {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        self.peer.handle(input.clone(), choose);
        while let Some(output) = self.peer.poll() {
            self.outputs.extend(self.flaw.alter(output, self.peer.have()));
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

fn reported(flaw: Flaw, world: SwarmWorld) -> Report<Swarm<Flawed, Tracker>> {
    report_of(Swarm::with_engines(
        world,
        move |me, manifest: &Manifest, role, settings: &Settings| {
            let peer = Peer::new(me, manifest, role, settings);
            Flawed { peer, flaw: flaw.clone(), outputs: VecDeque::new() }
        },
    ))
}

/// The steps of the witness against a claim that a flaw violates, in words, and its last state.
fn caught(flaw: Flaw, world: SwarmWorld, claim: &str) -> (Vec<String>, String) {
    let report = reported(flaw, world);
    assert!(violated(&report).contains(&claim), "{:?}", violated(&report));
    let witness = steps(&report, claim);
    let last = witness.steps.last().map_or(&witness.start, |(_, state)| state);
    (told(witness), format!("{last:?}"))
}

const FIRST: ChunkId = ChunkId(0);

fn say(to: PeerId, message: Message) -> Output<Message> {
    Output::Send { to, message }
}

/// By hand: it asks and hears that it is a neighbor, that it is served and of the chunk; it
/// requests it, and the connection breaks.
#[test]
fn an_engine_that_forgets_to_request_again_after_a_loss_is_found() {
    let world = SwarmWorld::calm(1, 1);
    assert_eq!(violated(&reported(Flaw::NeverAsksTwice(Vec::new()), fair(world.clone()))), [""; 0]);
    let world = SwarmWorld { losses: 1, ..world };
    assert_eq!(violated(&report::<Peer>(fair(world.clone()))), [""; 0]);
    let (words, _) = caught(Flaw::NeverAsksTwice(Vec::new()), world, "peer_1_can_complete");
    let expected = [
        "peer 1 asks the source to be its neighbor",
        "peer 1 hears that the source is its neighbor",
        "peer 1 hears that the source serves it",
        "peer 1 hears that the source has chunk 0",
        "the connection of the source and peer 1 breaks",
    ];
    assert_eq!(words, expected);
}

#[test]
fn an_engine_that_sends_to_a_choked_peer_is_found() {
    let mut world = SwarmWorld { timers: Timers::Any(1), ..SwarmWorld::calm(2, 1) };
    world.protocol.unchoke_slots = 1;
    world.protocol.optimistic = None;
    world.protocol.super_seeding = false;
    assert_eq!(violated(&report::<Peer>(fair(world.clone()))), [""; 0]);
    let (words, last) = caught(Flaw::ServesTheChoked, world, "a_choked_peer_gets_nothing_new");
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

/// By hand: the peer asks, hears that it is a neighbor, and does it.
#[test]
fn an_engine_that_lies_conjures_or_asks_at_random_is_found() {
    let calm = || SwarmWorld::calm(1, 1);
    let found = [
        caught(Flaw::Boasts, calm(), "says_what_it_holds"),
        caught(Flaw::Conjures, calm(), "no_chunk_from_nowhere"),
        caught(Flaw::AsksAtRandom, calm(), "requests_what_it_was_told_of"),
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

#[test]
fn an_engine_that_miscounts_what_it_holds_or_finds_no_end_is_found() {
    let calm = || SwarmWorld::calm(1, 1);
    let (words, last) = caught(Flaw::CompletesEarly, calm(), "says_what_it_holds");
    assert_eq!(words.len(), 0);
    assert!(last.ends_with("peer 1 says that it is complete, without chunk 0"), "{last}");
    let (words, last) = caught(Flaw::HoldsFromTheStart(None), calm(), "no_chunk_from_nowhere");
    assert_eq!(words.len(), 0);
    assert!(last.ends_with("peer 1 holds chunk 0, which has not arrived"), "{last}");
    // By hand: asked, accepted, and as soon as the connection breaks the source hears of it.
    let losing = SwarmWorld { losses: 1, ..calm() };
    let (words, last) = caught(Flaw::LosesAll(None), losing, "have_only_grows");
    assert_eq!(words.len(), 3, "{words:?}");
    assert!(last.ends_with("the source does not hold chunk 0 any more"), "{last}");
    let (words, last) = caught(Flaw::NeverRests, calm(), "comes_to_rest");
    assert_eq!(words.len(), 0);
    assert!(last.ends_with("the source finds no end of things to do at once"), "{last}");
}

#[test]
fn an_engine_that_takes_a_new_connection_for_the_old_one_is_found() {
    let mut world = SwarmWorld { losses: 1, ..SwarmWorld::calm(1, 1) };
    world.protocol.super_seeding = false;
    let broken = "the connection of the source and peer 1 breaks".to_owned();
    let (words, _) = caught(
        Flaw::RequestsWhatWasAnnounced { told: false },
        world.clone(),
        "requests_what_it_was_told_of",
    );
    assert!(words.contains(&broken), "{words:#?}");
    let (words, _) =
        caught(Flaw::SendsToTheServed { served: false }, world, "a_choked_peer_gets_nothing_new");
    assert!(words.contains(&broken), "{words:#?}");
}
