//! What `tolerates_byzantine_neighbors` must find.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use proptest::test_runner::{Config, RngSeed};

use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Output, Role, Settings};
use crate::suite::byzantine::tolerates_byzantine_neighbors;
use crate::suite::canary::download_faults::{LosesAChunk, NeverDrains};
use crate::suite::canary::faulty::{Fault, Faulty};
use crate::suite::canary::upload_faults::SendsWhatItLacks;
use crate::swarm::{Message, Peer};

fn found_in<E: Engine>() -> String
where
    E::Message: Send + Sync + 'static,
{
    let config = Config { cases: 256, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let config = Config { failure_persistence: None, ..config };
    tolerates_byzantine_neighbors::<E>(config).unwrap_err()
}

fn found<B: Fault + 'static>() -> String {
    found_in::<Faulty<B>>()
}

/// A message that the engine wrongly promises may wait.
trait Breach: Clone + Debug + Eq + Hash {
    /// Whether it promises that the message may wait.
    fn may_wait(message: &Message) -> bool;
}

/// The reference peer, but for its promises and what it does when they are due.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Promising<B>(Peer, PhantomData<B>);

impl<B: Breach> Engine for Promising<B> {
    type Message = Message;

    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        Promising(Peer::new(me, manifest, role, settings), PhantomData)
    }

    fn handle(&mut self, input: Input<Message>, choose: &mut dyn Choose) {
        self.0.handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<Message>> {
        self.0.poll()
    }

    fn have(&self) -> &ChunkSet {
        self.0.have()
    }

    fn may_wait(&self, from: PeerId, message: &Message) -> bool {
        B::may_wait(message) || self.0.may_wait(from, message)
    }

    /// Loses them.
    fn catch_up(&mut self, _: &[(PeerId, Message)], _: &mut dyn Choose) {}
}

/// The interest of another neighbor may fill a slot, so it may not wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PutsOffInterest;

impl Breach for PutsOffInterest {
    fn may_wait(message: &Message) -> bool {
        matches!(message, Message::Interested)
    }
}

/// To be choked has no answer, and nothing makes up for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ForgetsChokes;

impl Breach for ForgetsChokes {
    fn may_wait(message: &Message) -> bool {
        matches!(message, Message::Choke)
    }
}

#[test]
fn a_message_that_may_wait_and_has_an_answer_is_found() {
    let found = found_in::<Promising<PutsOffInterest>>();
    assert!(found.contains("after a message that may wait"), "{found}");
}

#[test]
fn a_message_that_may_wait_and_gets_lost_is_found() {
    let found = found_in::<Promising<ForgetsChokes>>();
    assert!(found.contains("it is another after these came late"), "{found}");
}

#[test]
fn a_chunk_that_is_sent_and_not_held_is_found() {
    let found = found::<SendsWhatItLacks>();
    assert!(found.contains("does not hold it"), "{found}");
}

#[test]
fn a_chunk_that_is_lost_is_found() {
    let found = found::<LosesAChunk>();
    assert!(found.contains("does not any more"), "{found}");
}

#[test]
fn outputs_without_an_end_are_found() {
    let found = found::<NeverDrains>();
    assert!(found.contains("and still more"), "{found}");
}
