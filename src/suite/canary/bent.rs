//! The reference engine with a bend: what it is told, hears or says is changed on the way.
//!
//! The engine inside is untouched, so that a canary is wrong in one thing only. The types to know
//! are [`Bend`] and [`Bent`].

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, Output, Role, Settings};
use crate::swarm::{Message, Peer};

/// What a bent engine hears.
pub(in crate::suite) type Heard = Input<Message>;
/// What a bent engine says.
pub(in crate::suite) type Said = Output<Message>;

/// What is wrong with an engine.
pub(in crate::suite) trait Bend: Default + Clone + Debug + Eq + Hash {
    /// Changes what the engine is told.
    fn settings(settings: &mut Settings) {
        let _ = settings;
    }

    /// What the engine hears instead of an input.
    fn hears(&mut self, input: Heard, peer: &Peer, said: &mut Vec<Said>) -> Option<Heard> {
        let _ = (peer, said);
        Some(input)
    }

    /// What it says instead of an output.
    fn says(&mut self, output: Said, peer: &Peer, said: &mut Vec<Said>) {
        let _ = peer;
        said.push(output);
    }

    /// Who answers its choices.
    fn choices<'a>(
        &self,
        choose: &'a mut dyn Choose,
        lowest: &'a mut Lowest,
    ) -> &'a mut dyn Choose {
        let _ = lowest;
        choose
    }

    /// What it holds, where that is not what the engine inside holds.
    fn have(&self) -> Option<&ChunkSet> {
        None
    }

    /// What it says when it has said everything.
    fn more(&mut self) -> Option<Said> {
        None
    }
}

/// Answers every choice with the lowest index.
#[derive(Clone, Copy, Debug)]
pub(in crate::suite) struct Lowest;

impl Choose for Lowest {
    fn index(&mut self, _: std::num::NonZeroUsize) -> usize {
        0
    }
}

/// The reference engine with a bend.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::suite) struct Bent<B> {
    peer: Peer,
    bend: B,
    said: VecDeque<Said>,
}

impl<B: Bend> Engine for Bent<B> {
    type Message = Message;

    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let mut settings = settings.clone();
        B::settings(&mut settings);
        let peer = Peer::new(me, manifest, role, &settings);
        Bent { peer, bend: B::default(), said: VecDeque::new() }
    }

    fn handle(&mut self, input: Heard, choose: &mut dyn Choose) {
        let mut said = Vec::new();
        if let Some(input) = self.bend.hears(input, &self.peer, &mut said) {
            let mut lowest = Lowest;
            self.peer.handle(input, self.bend.choices(choose, &mut lowest));
            while let Some(output) = self.peer.poll() {
                self.bend.says(output, &self.peer, &mut said);
            }
        }
        self.said.extend(said);
    }

    fn poll(&mut self) -> Option<Said> {
        self.said.pop_front().or_else(|| self.bend.more())
    }

    fn have(&self) -> &ChunkSet {
        self.bend.have().unwrap_or_else(|| self.peer.have())
    }
}
