//! Faults in what an engine requests and remembers: requests that are never repeated, neighbors
//! that are never forgotten, chunks that are; and runs that never end or are not deterministic.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use super::faulty::{Fault, Lowest, PeerInput, PeerOutput};
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::engine::{Engine, Input, Output, Settings, Timer};
use crate::scenario::{Picker, Seeding};
use crate::swarm::{Message, Peer};
use crate::units::Time;

/// Never asks again for a chunk whose sender went away or rejected it.
#[derive(Debug, Default)]
pub(in crate::suite) struct NeverAsksAgain {
    asked: BTreeSet<(PeerId, ChunkId)>,
    lost: BTreeSet<ChunkId>,
}

impl Fault for NeverAsksAgain {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        match input {
            Input::Disconnected(gone) => {
                let awaited = self.asked.iter().filter(|&&(peer, _)| peer == gone);
                self.lost.extend(awaited.map(|&(_, chunk)| chunk));
                self.asked.retain(|&(peer, _)| peer != gone);
            }
            Input::Received { from, message: Message::Chunk(chunk) } => {
                self.asked.remove(&(from, chunk));
            }
            _ => {}
        }
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        if let Output::Send { to, message: Message::Request(chunk) } = output {
            if self.lost.contains(&chunk) {
                return;
            }
            self.asked.insert((to, chunk));
        }
        said.push(output);
    }
}

/// Asks a neighbor for chunks only when that neighbor has just said something: one that holds the
/// last chunk and has nothing to say is never asked.
#[derive(Debug, Default)]
pub(in crate::suite) struct NoEndgame {
    speaks: Option<PeerId>,
}

impl Fault for NoEndgame {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        self.speaks = match &input {
            Input::Received { from, .. } => Some(*from),
            _ => None,
        };
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        let silent = matches!(&output, Output::Send { to, message: Message::Request(_) }
            if self.speaks != Some(*to));
        if !silent {
            said.push(output);
        }
    }
}

/// Asks for every chunk but the last one that it lacks.
#[derive(Debug, Default)]
pub(in crate::suite) struct StallsAt99Percent {
    asked: BTreeSet<ChunkId>,
}

impl Fault for StallsAt99Percent {
    fn on_output(&mut self, output: PeerOutput, peer: &Peer, said: &mut Vec<PeerOutput>) {
        if let Output::Send { message: Message::Request(chunk), .. } = output {
            let is_last =
                peer.have().missing().all(|one| one == chunk || self.asked.contains(&one));
            if is_last && !self.asked.contains(&chunk) {
                return;
            }
            self.asked.insert(chunk);
        }
        said.push(output);
    }
}

/// Keeps a neighbor that has gone on all its lists.
#[derive(Debug, Default)]
pub(in crate::suite) struct KeepsTheDeparted {
    interested: BTreeSet<PeerId>,
    departed: BTreeSet<PeerId>,
}

impl Fault for KeepsTheDeparted {
    fn on_input(
        &mut self,
        input: PeerInput,
        peer: &Peer,
        said: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        let _ = (peer, said);
        match &input {
            Input::Received { from, message: Message::Interested } => {
                self.interested.insert(*from);
            }
            Input::Received { from, message: Message::NotInterested } => {
                self.interested.remove(from);
            }
            Input::Connected(other) => {
                self.departed.remove(other);
            }
            Input::Disconnected(other) if self.interested.contains(other) => {
                self.departed.insert(*other);
                return None;
            }
            _ => {}
        }
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        let gives_up = matches!(&output, Output::Disconnect(other)
            if self.interested.contains(other));
        if !gives_up {
            said.push(output);
        }
    }
}

/// Forgets the chunk that a neighbor gave it last when that neighbor goes.
#[derive(Debug, Default)]
pub(in crate::suite) struct LosesAChunk {
    last: BTreeMap<PeerId, ChunkId>,
    lost: BTreeSet<ChunkId>,
    /// The chunks that are left; None before the first loss.
    left: Option<ChunkSet>,
}

impl Fault for LosesAChunk {
    fn on_input(
        &mut self,
        input: PeerInput,
        peer: &Peer,
        said: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        match input {
            Input::Received { from, message: Message::Chunk(chunk) }
                if chunk.index() < peer.have().capacity() =>
            {
                self.last.insert(from, chunk);
                if let Some(left) = &mut self.left {
                    left.insert(chunk);
                }
            }
            Input::Received { from, message: Message::Request(chunk) }
                if self.lost.contains(&chunk) =>
            {
                said.push(Output::Send { to: from, message: Message::Reject(chunk) });
                return None;
            }
            Input::Disconnected(gone) => {
                if let Some(chunk) = self.last.remove(&gone) {
                    self.lost.insert(chunk);
                    self.left.get_or_insert_with(|| peer.have().clone()).remove(chunk);
                }
            }
            _ => {}
        }
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        if output != Output::Completed || self.lost.is_empty() {
            said.push(output);
        }
    }

    fn have(&self) -> Option<&ChunkSet> {
        self.left.as_ref()
    }
}

/// Connects to members in the order in which a hash table lists them.
#[derive(Debug, Default)]
pub(in crate::suite) struct HashOrder;

impl Fault for HashOrder {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        said: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        let _ = said;
        let Input::Members(members) = &input else { return Some(input) };
        let state = RandomState::new();
        let mut members = members.clone();
        members.sort_by_key(|member| state.hash_one(member));
        members.truncate(members.len().div_ceil(2));
        Some(Input::Members(members))
    }
}

/// After a while `poll` never answers None.
#[derive(Debug, Default)]
pub(in crate::suite) struct NeverDrains {
    timers: u32,
}

impl Fault for NeverDrains {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        if matches!(input, Input::Expired(_)) {
            self.timers = self.timers.saturating_add(1);
        }
        Some(input)
    }

    fn when_drained(&mut self) -> Option<PeerOutput> {
        (2 < self.timers).then_some(Output::Arm { timer: Timer(0), after: Time(1) })
    }
}

/// Answers each keep-alive with a keep-alive.
#[derive(Debug, Default)]
pub(in crate::suite) struct NeverEnds;

impl Fault for NeverEnds {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        said: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        if let Input::Received { from, message: Message::KeepAlive } = input {
            said.push(Output::Send { to: from, message: Message::KeepAlive });
        }
        Some(input)
    }
}

/// Requests the lowest of equally rare chunks, as all its neighbors do.
#[derive(Debug, Default)]
pub(in crate::suite) struct LowestIndex {
    fetches: bool,
}

impl Fault for LowestIndex {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        // Its timers move its slots, which stay a matter of choice.
        self.fetches = matches!(input, Input::Received { .. });
        Some(input)
    }

    fn choices<'a>(
        &self,
        choose: &'a mut dyn Choose,
        lowest: &'a mut Lowest,
    ) -> &'a mut dyn Choose {
        if self.fetches { lowest } else { choose }
    }
}

/// Never cancels a request: neighbors send chunks that it already has.
#[derive(Debug, Default)]
pub(in crate::suite) struct NeverCancels;

impl Fault for NeverCancels {
    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        if !matches!(output, Output::Send { message: Message::Cancel(_), .. }) {
            said.push(output);
        }
    }
}

/// As a source, sends some chunks again before every chunk was sent once.
#[derive(Debug, Default)]
pub(in crate::suite) struct SourceRepeats;

impl Fault for SourceRepeats {
    fn settings(&self, settings: &mut Settings) {
        settings.protocol.super_seeding = false;
        settings.protocol.picker = Picker::InOrder;
        settings.protocol.seeding = Seeding::FastestFirst;
    }
}
