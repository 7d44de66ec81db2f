//! Do all peers get the file when any of them may come and go?
//!
//! Untimed: peers and the source join, leave, and transfer one chunk at a time; all present nodes
//! are neighbors. It asks whether completion stays possible, whether it is inevitable
//! under fairness, and how the file gets lost. It knows no rates, no choking and no requests: those
//! belong to the models of the engine.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use stateright::{Model, Property};

use crate::checker::{Checked, Claim, ClaimKind, Class, Classes, Demand, Fairness, Spec, Symmetry};
use crate::models::error::{WorldError, within};
use crate::models::orbits::{self, CHUNK_BITS as CHUNKS, ROW_CHUNKS, ROW_PEERS};

/// The most peers; a state gives each a byte of a 64-bit word.
#[doc(hidden)]
pub const MOST_PEERS: usize = ROW_PEERS;
/// The most chunks; they share a peer's byte with its membership.
#[doc(hidden)]
pub const MOST_CHUNKS: usize = ROW_CHUNKS;

/// A world of joining, leaving and transferring.
#[derive(Clone, Debug)]
pub struct Churn {
    /// N, at most [`MOST_PEERS`].
    pub peers: usize,
    /// M, at most [`MOST_CHUNKS`].
    pub chunks: usize,
    /// What leaving means.
    pub departures: Departures,
    /// Whether the source may leave.
    pub source: SourceStays,
    /// Number of free riders (the last R peers).
    pub free_riders: usize,
    /// What may be assumed when completion is claimed to be inevitable.
    pub fairness: Fairness,
}

/// What leaving means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Departures {
    /// A peer that leaves keeps its chunks and may come back. At the start only the source is
    /// present.
    Rejoin,
    /// A peer that leaves is gone with its chunks. At the start only the source is present.
    Once,
    /// All nodes are present from the start and stay.
    None,
}

/// Whether the source may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum SourceStays {
    /// It stays.
    Stays,
    /// It comes and goes like a peer.
    Churns,
}

/// Where a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Membership {
    Away = 0,
    Here = 1,
    Gone = 2,
}

/// Which nodes are present and what they hold: byte 0 is the source, byte i is peer i; the low 6
/// bits are chunks, the high 2 bits say where the node is.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChurnState(pub u64);

impl ChurnState {
    fn byte(self, node: usize) -> u8 {
        (self.0 >> (8 * node)) as u8
    }

    /// By shifts: reading a word right after writing one of its bytes stalls the processor.
    fn with(self, node: usize, byte: u8) -> ChurnState {
        let others = self.0 & !(0xff << (8 * node));
        ChurnState(others | u64::from(byte) << (8 * node))
    }

    /// The chunks that a node has, one bit each.
    pub fn chunks(self, node: usize) -> u8 {
        self.byte(node) & CHUNKS
    }

    fn membership(self, node: usize) -> Membership {
        match self.byte(node) >> MOST_CHUNKS {
            0 => Membership::Away,
            1 => Membership::Here,
            _ => Membership::Gone,
        }
    }

    /// Whether a node is in the swarm.
    pub fn is_here(self, node: usize) -> bool {
        self.byte(node) >> MOST_CHUNKS == Membership::Here as u8
    }

    fn place(self, node: usize, membership: Membership, chunks: u8) -> ChurnState {
        self.with(node, (membership as u8) << MOST_CHUNKS | chunks)
    }
}

impl fmt::Debug for ChurnState {
    /// `source here; 1 here {0,2}; 2 away {}; 3 gone`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in 0..=MOST_PEERS {
            if self.byte(node) == 0 && 1 < node && self.0 >> (8 * node) == 0 {
                break;
            }
            let held = (0..MOST_CHUNKS).filter(|&chunk| self.chunks(node) >> chunk & 1 == 1);
            let held: Vec<String> = held.map(|chunk| chunk.to_string()).collect();
            let name = if node == 0 { "source".into() } else { format!("; {node}") };
            match self.membership(node) {
                Membership::Away => write!(f, "{name} away")?,
                Membership::Here => write!(f, "{name} here")?,
                Membership::Gone => write!(f, "{name} gone")?,
            }
            if 0 < node {
                write!(f, " {{{}}}", held.join(","))?;
            }
        }
        Ok(())
    }
}

/// What a node does. Node 0 is the source.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChurnAction {
    /// The node enters the swarm.
    Join(u8),
    /// The node leaves the swarm.
    Leave(u8),
    /// One chunk goes from one node to another.
    Transfer {
        /// The sender.
        from: u8,
        /// The receiver.
        to: u8,
        /// The chunk.
        chunk: u8,
    },
}

impl fmt::Debug for ChurnAction {
    /// `peer 1 joins`, `the source sends chunk 2 to peer 1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |node: u8| match node {
            0 => "the source".to_owned(),
            peer => format!("peer {peer}"),
        };
        match *self {
            ChurnAction::Join(node) => write!(f, "{} joins", name(node)),
            ChurnAction::Leave(node) => write!(f, "{} leaves", name(node)),
            ChurnAction::Transfer { from, to, chunk } => {
                write!(f, "{} sends chunk {chunk} to {}", name(from), name(to))
            }
        }
    }
}

impl Churn {
    /// The world of the oracle tables: no free riders, no assumption on runs.
    ///
    /// # Errors
    /// More peers or chunks than a state can hold, or none; a source that leaves where no peer may.
    pub fn new(
        peers: usize,
        chunks: usize,
        departures: Departures,
        source: SourceStays,
    ) -> Result<Self, WorldError> {
        within("peers", peers, 1..=MOST_PEERS)?;
        within("chunks", chunks, 1..=MOST_CHUNKS)?;
        if departures == Departures::None && source == SourceStays::Churns {
            return Err(WorldError::Contradiction(
                "no node leaves, so the source stays; write another churn, or source stays",
            ));
        }
        let fairness = Fairness::none();
        Ok(Churn { peers, chunks, departures, source, free_riders: 0, fairness })
    }

    fn file(&self) -> u8 {
        (1 << self.chunks) - 1
    }

    fn rides_free(&self, peer: usize) -> bool {
        self.peers - self.free_riders < peer
    }

    /// Whether a peer has the whole file.
    pub fn is_complete(&self, state: &ChurnState, peer: usize) -> bool {
        state.chunks(peer) == self.file()
    }

    fn everyone_is_complete(&self, state: &ChurnState) -> bool {
        // A peer that is gone has nothing, so this holds of peers that are here or may come back.
        (1..=self.peers).all(|peer| self.is_complete(state, peer))
    }

    /// The chunks held by nodes that may send and are present or may come back.
    fn recoverable(&self, state: &ChurnState) -> u8 {
        let source = match state.membership(0) {
            Membership::Gone => 0,
            Membership::Away | Membership::Here => self.file(),
        };
        let senders = (1..=self.peers).filter(|&peer| !self.rides_free(peer));
        senders.fold(source, |chunks, peer| chunks | state.chunks(peer))
    }

    /// The chunks that each node can receive: what a peer lacks that is here.
    fn lacks(&self, state: &ChurnState) -> [u8; MOST_PEERS + 1] {
        let mut lacks = [0; MOST_PEERS + 1];
        for (peer, lacks) in lacks.iter_mut().enumerate().skip(1) {
            if state.is_here(peer) {
                *lacks = self.file() & !state.chunks(peer);
            }
        }
        lacks
    }

    /// Whether some peer lacks a chunk that no node can give any more.
    fn file_is_lost(&self, state: &ChurnState) -> bool {
        let recoverable = self.recoverable(state);
        (1..=self.peers).any(|peer| state.chunks(peer) | recoverable != self.file())
    }

    /// The one state that stands for all which differ in the names of peers and chunks only. Peers
    /// that ride free are not mixed with others.
    pub fn canonical(&self, state: &ChurnState) -> ChurnState {
        ChurnState(orbits::canonical(state.0, self.chunks, &self.alike()))
    }

    fn claims(&self) -> Vec<Claim<Self>> {
        // Not required where the departures of this world may destroy the file.
        let safe = match (self.departures, self.source) {
            (Departures::Once, _) => Demand::Informative,
            (Departures::Rejoin | Departures::None, _) => Demand::Required,
        };
        let assumed = match self.fairness.0.is_empty() {
            true => Demand::Informative,
            false => Demand::Required,
        };
        vec![
            Claim {
                name: "no_chunk_is_lost",
                kind: ClaimKind::Always(|churn, state| !churn.file_is_lost(state)),
                demand: safe,
            },
            Claim::required(
                "everyone_is_complete",
                ClaimKind::Sometimes(|churn, state| churn.everyone_is_complete(state)),
            ),
            Claim {
                name: "completion_stays_possible",
                kind: ClaimKind::PossibleFromEverywhere {
                    given: |_, _| true,
                    goal: |churn, state| churn.everyone_is_complete(state),
                },
                demand: safe,
            },
            Claim {
                name: "everyone_completes",
                kind: ClaimKind::Eventually {
                    goal: |churn, state| churn.everyone_is_complete(state),
                    fairness: self.fairness.clone(),
                },
                demand: assumed,
            },
        ]
    }

    /// If a peer that is here can always still complete. It tells peer 1 from the others, so it is
    /// no claim of a search with symmetry.
    pub fn peer_one_can_complete() -> Claim<Self> {
        Claim::informative(
            "peer_one_can_complete",
            ClaimKind::PossibleFromEverywhere {
                given: |_, state| state.is_here(1),
                goal: |churn, state| churn.is_complete(state, 1),
            },
        )
    }
}

impl Model for Churn {
    type State = ChurnState;
    type Action = ChurnAction;

    fn init_states(&self) -> Vec<ChurnState> {
        let start = ChurnState::default().place(0, Membership::Here, 0);
        vec![match self.departures {
            Departures::Rejoin | Departures::Once => start,
            Departures::None => {
                (1..=self.peers).fold(start, |state, peer| state.place(peer, Membership::Here, 0))
            }
        }]
    }

    fn actions(&self, state: &ChurnState, actions: &mut Vec<ChurnAction>) {
        if self.departures != Departures::None {
            let first = match self.source {
                SourceStays::Stays => 1,
                SourceStays::Churns => 0,
            };
            for node in first..=self.peers {
                match state.membership(node) {
                    Membership::Away => actions.push(ChurnAction::Join(node as u8)),
                    Membership::Here => actions.push(ChurnAction::Leave(node as u8)),
                    Membership::Gone => {}
                }
            }
        }
        let lacks = self.lacks(state);
        for from in 0..self.peers + 1 {
            if !state.is_here(from) || (0 < from && self.rides_free(from)) {
                continue;
            }
            let has = if from == 0 { self.file() } else { state.chunks(from) };
            for (to, lacks) in (0u8..).zip(lacks).take(self.peers + 1) {
                let mut useful = has & lacks;
                while useful != 0 {
                    let chunk = useful.trailing_zeros() as u8;
                    useful &= useful - 1;
                    actions.push(ChurnAction::Transfer { from: from as u8, to, chunk });
                }
            }
        }
    }

    fn next_state(&self, state: &ChurnState, action: ChurnAction) -> Option<ChurnState> {
        Some(match action {
            ChurnAction::Join(node) => {
                let node = usize::from(node);
                state.place(node, Membership::Here, state.chunks(node))
            }
            ChurnAction::Leave(node) => {
                let node = usize::from(node);
                match self.departures {
                    Departures::Once => state.place(node, Membership::Gone, 0),
                    Departures::Rejoin | Departures::None => {
                        state.place(node, Membership::Away, state.chunks(node))
                    }
                }
            }
            ChurnAction::Transfer { to, chunk, .. } => {
                let to = usize::from(to);
                state.with(to, state.byte(to) | 1 << chunk)
            }
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no_chunk_is_lost", |churn, state| !churn.file_is_lost(state)),
            Property::sometimes("everyone_is_complete", |churn, state| {
                churn.everyone_is_complete(state)
            }),
        ]
    }
}

impl Checked for Churn {
    fn spec(&self) -> Spec<Self> {
        Spec {
            claims: self.claims(),
            classes: self.classes(),
            symmetry: Some(self.symmetry()),
            heap: None,
        }
    }
}

impl Churn {
    /// A class for each node's joining, for each node's leaving, and for transfers to each peer.
    fn classes(&self) -> Classes<Self> {
        let name = |node: usize| if node == 0 { "source".into() } else { node.to_string() };
        let class =
            |family, verb: &str, node| Class { family, label: format!("{verb} {}", name(node)) };
        let all = [("join", "join", 0), ("leave", "leave", 0), ("transfer", "transfer to", 1)];
        let all = all.into_iter().flat_map(|(family, verb, first)| {
            (first..=self.peers).map(move |node| class(family, verb, node))
        });
        let of = |churn: &Churn, action: &ChurnAction| match *action {
            ChurnAction::Join(node) => usize::from(node),
            ChurnAction::Leave(node) => churn.peers + 1 + usize::from(node),
            ChurnAction::Transfer { to, .. } => 2 * churn.peers + 1 + usize::from(to),
        };
        Classes { all: all.collect(), of }
    }

    /// The peers that behave alike.
    fn alike(&self) -> [Range<usize>; 2] {
        let first_free = self.peers - self.free_riders + 1;
        [1..first_free, first_free..self.peers + 1]
    }

    fn symmetry(&self) -> Symmetry<Self> {
        Symmetry {
            canonical: Churn::canonical,
            permute: |churn, generator, state| {
                let swaps = orbits::swaps(churn.chunks, &churn.alike());
                ChurnState(swaps[generator].0.apply(state.0))
            },
            generators: orbits::swaps(self.chunks, &self.alike())
                .into_iter()
                .map(|(_, name)| name)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
