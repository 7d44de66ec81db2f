//! Faults in what an engine uploads: chunks that it lacks, to choked neighbors, to too many or
//! none.

use std::collections::BTreeSet;

use super::faulty::{Fault, PeerInput, PeerOutput};
use crate::chunks::{ChunkId, PeerId};
use crate::engine::{Engine, Input, Output, Settings};
use crate::scenario::Choker;
use crate::swarm::{Message, Peer};

/// Sends the next chunk that it lacks instead of the one that was asked for.
#[derive(Debug, Default)]
pub(in crate::suite) struct SendsWhatItLacks;

impl Fault for SendsWhatItLacks {
    fn on_output(&mut self, output: PeerOutput, peer: &Peer, said: &mut Vec<PeerOutput>) {
        said.push(match (&output, peer.have().missing().next()) {
            (&Output::Send { to, message: Message::Chunk(_) }, Some(lacking)) => {
                Output::Send { to, message: Message::Chunk(lacking) }
            }
            _ => output,
        });
    }
}

/// Announces a chunk to every neighbor as soon as it has requested it, and answers requests for it.
#[derive(Debug, Default)]
pub(in crate::suite) struct HaveTooSoon {
    neighbors: BTreeSet<PeerId>,
    served: BTreeSet<PeerId>,
    asked: Option<(PeerId, ChunkId)>,
}

impl Fault for HaveTooSoon {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        self.asked = None;
        match input {
            Input::Connected(peer) => {
                self.neighbors.insert(peer);
            }
            Input::Disconnected(peer) => {
                self.neighbors.remove(&peer);
                self.served.remove(&peer);
            }
            Input::Received { from, message: Message::Request(chunk) } => {
                self.asked = Some((from, chunk));
            }
            _ => {}
        }
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        match output {
            Output::Send { to, message: Message::Request(chunk) } => {
                let others = self.neighbors.iter().filter(|&&other| other != to);
                said.extend(others.map(|&to| Output::Send { to, message: Message::Have(chunk) }));
            }
            Output::Send { to, message: Message::Unchoke } => {
                self.served.insert(to);
            }
            Output::Send { to, message: Message::Choke } => {
                self.served.remove(&to);
            }
            Output::Send { to, message: Message::Reject(chunk) }
                if self.asked == Some((to, chunk)) && self.served.contains(&to) =>
            {
                said.push(Output::Send { to, message: Message::Chunk(chunk) });
                return;
            }
            _ => {}
        }
        said.push(output);
    }
}

/// Sends what a neighbor had asked for although it has just choked it.
#[derive(Debug, Default)]
pub(in crate::suite) struct ServesTheChoked {
    choked: Option<PeerId>,
}

impl Fault for ServesTheChoked {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        self.choked = None;
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, peer: &Peer, said: &mut Vec<PeerOutput>) {
        match output {
            Output::Send { to, message: Message::Choke } => self.choked = Some(to),
            Output::Send { to, message: Message::Reject(chunk) }
                if self.choked == Some(to) && peer.have().contains(chunk) =>
            {
                said.push(Output::Send { to, message: Message::Chunk(chunk) });
                return;
            }
            _ => {}
        }
        said.push(output);
    }
}

/// Serves one neighbor more than it has slots.
#[derive(Debug, Default)]
pub(in crate::suite) struct OneSlotTooMany;

impl Fault for OneSlotTooMany {
    fn settings(&self, settings: &mut Settings) {
        settings.protocol.unchoke_slots += 1;
    }
}

/// Unchokes every neighbor.
#[derive(Debug, Default)]
pub(in crate::suite) struct UnchokesAllNeighbors;

impl Fault for UnchokesAllNeighbors {
    fn settings(&self, settings: &mut Settings) {
        settings.protocol.unchoke_slots = u32::MAX;
    }
}

/// Serves by tit for tat where barter is strict: a neighbor that gives nothing gets the optimistic
/// slot in turn.
#[derive(Debug, Default)]
pub(in crate::suite) struct ForgetsTheBarter;

impl Fault for ForgetsTheBarter {
    fn settings(&self, settings: &mut Settings) {
        if settings.protocol.choker == Choker::StrictBarter {
            settings.protocol.choker = Choker::TitForTat;
        }
    }
}

/// Timers of a node that expire before a new neighbor counts as late.
const EARLY: u32 = 2;

/// Never unchokes a neighbor that connects after its first decisions.
#[derive(Debug, Default)]
pub(in crate::suite) struct StarvesLateJoiners {
    timers: u32,
    late: BTreeSet<PeerId>,
}

impl Fault for StarvesLateJoiners {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        match input {
            Input::Expired(_) => self.timers = self.timers.saturating_add(1),
            Input::Connected(peer) if EARLY <= self.timers => {
                self.late.insert(peer);
            }
            _ => {}
        }
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        let starved = matches!(&output, Output::Send { to, message: Message::Unchoke }
            if self.late.contains(to));
        if !starved {
            said.push(output);
        }
    }
}

/// In the loop over its neighbors, at each of its timers, it returns at the first one that wants
/// nothing, where it should go on with the next.
#[derive(Debug, Default)]
pub(in crate::suite) struct ReturnForContinue {
    /// The neighbors, and whether each wants something.
    interested: std::collections::BTreeMap<PeerId, bool>,
    looping: bool,
}

impl Fault for ReturnForContinue {
    fn on_input(
        &mut self,
        input: PeerInput,
        _: &Peer,
        _: &mut Vec<PeerOutput>,
    ) -> Option<PeerInput> {
        self.looping = matches!(input, Input::Expired(_));
        match &input {
            Input::Connected(peer) if !peer.is_source() => {
                self.interested.insert(*peer, false);
            }
            Input::Disconnected(peer) => {
                self.interested.remove(peer);
            }
            Input::Received { from, message: Message::Interested } => {
                self.interested.insert(*from, true);
            }
            Input::Received { from, message: Message::NotInterested } => {
                self.interested.insert(*from, false);
            }
            _ => {}
        }
        Some(input)
    }

    fn on_output(&mut self, output: PeerOutput, _: &Peer, said: &mut Vec<PeerOutput>) {
        let content = self.interested.iter().find(|&(_, &interested)| !interested);
        let returned = content.map(|(&peer, _)| peer).filter(|_| self.looping);
        let unreached = matches!(&output, Output::Send { to, message: Message::Unchoke }
            if returned.is_some_and(|at| at < *to));
        if !unreached {
            said.push(output);
        }
    }
}
