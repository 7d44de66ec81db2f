//! The reference engine with a fault: its settings, inputs or outputs are changed.
//!
//! The engine inside is untouched, so a canary is wrong in one thing only.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use crate::choose::Choose;
use crate::chunks::{ChunkSet, Manifest, PeerId};
use crate::engine::{Engine, Input, NewEngine, Output, Role, Settings};
use crate::swarm::{Message, Peer};

/// An input of the reference engine.
pub(in crate::suite) type PeerInput = Input<Message>;
/// An output of the reference engine.
pub(in crate::suite) type PeerOutput = Output<Message>;

/// A fault of an engine; each method that is not overridden changes nothing.
pub(in crate::suite) trait Fault:
    Default + Clone + Debug + Eq + Hash + 'static
{
    /// Changes the settings before the engine is made.
    fn settings(settings: &mut Settings) {
        let _ = settings;
    }

    /// The input that the engine gets instead of `input`, None for no input; may add outputs to
    /// `said`.
    fn on_input(
        &mut self,
        input: PeerInput,
        peer: &Peer,
        said: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        let _ = (peer, said);
        Some(input)
    }

    /// Adds to `said` what goes out instead of `output`.
    fn on_output(&mut self, output: PeerOutput, peer: &Peer, said: &mut Vec<PeerOutput>) {
        let _ = peer;
        said.push(output);
    }

    /// The source of choices for the next input.
    fn choices<'a>(
        &self,
        choose: &'a mut dyn Choose,
        lowest: &'a mut Lowest,
    ) -> &'a mut dyn Choose {
        let _ = lowest;
        choose
    }

    /// The chunks that it holds; None if they are those of the engine inside.
    fn have(&self) -> Option<&ChunkSet> {
        None
    }

    /// An output after the last one, if there is one.
    fn when_drained(&mut self) -> Option<PeerOutput> {
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
pub(in crate::suite) struct Faulty<B> {
    peer: Peer,
    fault: B,
    said: VecDeque<PeerOutput>,
}

impl<B: Fault> Engine for Faulty<B> {
    type Message = Message;

    fn handle(&mut self, input: PeerInput, choose: &mut dyn Choose) {
        let mut said = Vec::new();
        if let Some(input) = self.fault.on_input(input, &self.peer, &mut said) {
            let mut lowest = Lowest;
            self.peer.handle(input, self.fault.choices(choose, &mut lowest));
            while let Some(output) = self.peer.poll() {
                self.fault.on_output(output, &self.peer, &mut said);
            }
        }
        self.said.extend(said);
    }

    fn poll(&mut self) -> Option<PeerOutput> {
        self.said.pop_front().or_else(|| self.fault.when_drained())
    }

    fn have(&self) -> &ChunkSet {
        self.fault.have().unwrap_or_else(|| self.peer.have())
    }
}

impl<B: Fault> NewEngine for Faulty<B> {
    fn new(me: PeerId, manifest: &Manifest, role: Role, settings: &Settings) -> Self {
        let mut settings = settings.clone();
        B::settings(&mut settings);
        let peer = Peer::new(me, manifest, role, &settings);
        Faulty { peer, fault: B::default(), said: VecDeque::new() }
    }
}
