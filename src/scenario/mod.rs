//! A swarm as data: the file, the source, the peers, their capacities, arrivals and departures,
//! what the engine may do, and the protocol's settings.
//!
//! A [`Scenario`] is resolved (every arrival is a time) and well formed: [`Scenario::new`] is the
//! only way to one, and refuses the rest with a sentence. It knows no bound and no engine.
//! [`Parts`] may be filled with anything; a [`Scenario`] is what bounds, engines and audit take.

use crate::chunks::{Manifest, PeerId};
use crate::units::{Bytes, Rate, RateChanges, Time};

mod builder;
mod capacities;
mod chunk_ranges;
mod file;
mod holdings;
mod json;
mod preset;
mod protocol;
mod words;

#[cfg(test)]
pub(crate) mod arbitrary;

pub use chunk_ranges::ChunkRanges;
pub use file::{FileError, read_toml};
// What only the command line reads.
#[doc(hidden)]
pub use file::{MOST_RUNS, Place, Sweep, Written, read_allowance};
pub(crate) use json::Document;
pub use json::JsonError;
#[cfg(feature = "schema")]
pub(crate) use json::described;
#[cfg(all(test, feature = "schema"))]
pub(crate) use json::validator;
pub use preset::{PRESETS, Preset};
pub use protocol::Protocol;
#[cfg(any(test, feature = "suite"))]
pub(crate) use protocol::rounded;
pub use words::UnknownWord;
#[cfg(any(test, feature = "suite"))]
pub(crate) use words::printable;

/// The most peers that a scenario may have.
#[doc(hidden)]
pub const MOST_PEERS: usize = 1_000_000;

/// The seed of a scenario that names none.
pub(crate) const DEFAULT_SEED: u64 = 1;

/// The size of a chunk of a file that names none.
pub(crate) const DEFAULT_CHUNK: Bytes = Bytes(256 << 10);

/// When a run is cut off whose scenario does not say it: 30 days.
pub(crate) const DEFAULT_UNTIL: Time = Time::from_secs(30 * 86_400);

/// A description of one distribution, resolved and well formed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scenario(Parts);

/// What a [`Scenario`] consists of, before it is checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[must_use]
pub struct Parts {
    /// The name that tables and reports print.
    pub name: String,
    /// The file and its chunks.
    pub file: Manifest,
    /// The node that has the whole file at time 0.
    pub source: Source,
    /// The receivers: `peers[i]` is [`PeerId`] `i + 1`.
    pub peers: Vec<Peer>,
    /// The settings of the protocol; a foreign trace may leave them out.
    pub protocol: Option<Protocol>,
    /// What holds for every link that does not say otherwise.
    pub network: Network,
    /// What the engine may do.
    pub discipline: Discipline,
    /// Where randomness starts.
    pub seed: u64,
    /// Virtual time after which a run is cut off.
    pub until: Time,
}

/// The node that has the whole file at time 0 (textbook: server).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Source {
    /// u_s, at first.
    pub upload: Rate,
    /// How it changes.
    pub upload_changes: RateChanges,
    /// Whether it is not known; `upload` says nothing then.
    pub upload_unknown: bool,
    /// When it goes.
    pub leaves: SourceLeaves,
    /// Its own link, where it differs from [`Network`].
    pub link: Link,
}

/// When the source goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceLeaves {
    /// It stays.
    Never,
    /// At this time.
    At(Time),
    /// As soon as it has sent this many times the bytes of the file.
    AfterCopies(u64),
}

/// A receiver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Peer {
    /// u_i at first, bits per second; 0 is legal.
    pub upload: Rate,
    /// How it changes.
    pub upload_changes: RateChanges,
    /// Whether it is not known; `upload` says nothing then.
    pub upload_unknown: bool,
    /// d_i at first, bits per second; None is unlimited, or not known.
    pub download: Option<Rate>,
    /// How it changes.
    pub download_changes: RateChanges,
    /// When it joins.
    pub joins: Time,
    /// When it goes.
    pub leaves: Leaves,
    /// Whether it serves others.
    pub behavior: Behavior,
    /// Its own link, where it differs from [`Network`].
    pub link: Link,
    /// Can others begin a connection with it? Two peers that cannot be reached never connect.
    pub reachable: bool,
    /// The chunks that it holds when it joins. A peer that holds all of them is one more source: it
    /// is no receiver.
    pub holds: ChunkRanges,
    /// The chunks that it wants; None is all of them. It completes when it holds these.
    pub wants: Option<ChunkRanges>,
}

/// When a peer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaves {
    /// It stays.
    Never,
    /// At this time; a peer that lacks some chunks then crashes silently.
    At(Time),
    /// This long after its completion.
    AfterCompletion(Time),
}

/// Whether a peer serves others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Behavior {
    /// It serves as the protocol says.
    Cooperative,
    /// It uploads nothing by policy, whatever its capacity.
    FreeRider,
}

/// Settings of one node's link that override [`Network`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Link {
    /// The one-way delay of everything sent **to** this node.
    pub latency: Option<Time>,
    /// Bytes that the link may carry above rate x time, in each direction.
    pub burst: Option<Bytes>,
}

/// What holds for every link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Network {
    /// The one-way delay between any two nodes.
    pub latency: Time,
    /// Bytes that a link may carry above rate x time, in each direction.
    pub burst: Bytes,
}

/// What an engine is allowed to do; decides which bounds bind it. The default is the reference
/// engine's: store and forward, one sender per chunk copy, no coding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Discipline {
    /// It may forward a chunk of which it holds only a part.
    pub cut_through: bool,
    /// It may assemble one chunk copy from several senders.
    pub multi_source: bool,
    /// It may send combinations of chunks.
    pub coded: bool,
    /// How long a peer may lack a chunk beside a free neighbor that holds it and unchokes it; None
    /// promises nothing. No bound asks for it: the rule `progress` does.
    pub stall: Option<Time>,
}

/// Which chunk is requested next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Picker {
    /// The chunk that the fewest neighbors have; the first chunk of all at random.
    RarestFirst,
    /// Any.
    Random,
    /// The lowest.
    InOrder,
}

/// Which neighbors a leecher serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Choker {
    /// Those that sent it the most in the last interval.
    TitForTat,
    /// All in turn.
    RoundRobin,
    /// Only in a simultaneous exchange of useful chunks.
    StrictBarter,
    /// Those that owe it less than this many chunks.
    Credit(u32),
}

/// Which neighbors a node with the whole file serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Seeding {
    /// All in turn.
    RoundRobin,
    /// Those who take the most.
    FastestFirst,
}

/// Why the parts make no scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Malformed {
    /// The path of the field, as it stands in the resolved JSON.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

fn malformed(field: impl Into<String>, message: impl Into<String>) -> Malformed {
    Malformed { field: field.into(), message: message.into() }
}

impl Scenario {
    /// Reads a scenario from TOML, as [`read_toml`] with the file name `scenario.toml` and the seed
    /// of the text.
    ///
    /// # Errors
    /// As [`read_toml`].
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        read_toml("scenario.toml", text, None)
    }

    /// Checks the parts.
    ///
    /// # Errors
    /// The first part that makes no sense, with what to write instead: no peers, a source that
    /// uploads nothing, a departure that is not after the arrival, a protocol without slots.
    pub fn new(mut parts: Parts) -> Result<Self, Malformed> {
        if parts.peers.is_empty() {
            return Err(malformed("peers", "no peer receives the file; write at least one peer"));
        }
        if MOST_PEERS < parts.peers.len() {
            return Err(malformed("peers", format!("more than {MOST_PEERS} peers; write fewer")));
        }
        capacities::check(&mut parts)?;
        match parts.source.leaves {
            SourceLeaves::At(Time::ZERO) => {
                return Err(malformed(
                    "source.leaves",
                    "the source leaves before anything happens; write a time above 0 s",
                ));
            }
            SourceLeaves::AfterCopies(0) => {
                return Err(malformed(
                    "source.leaves",
                    "the source leaves after no copy, so no peer can ever finish; write at least 1",
                ));
            }
            _ => {}
        }
        for (at, peer) in parts.peers.iter().enumerate() {
            peer.check(&format!("peers[{at}]"))?;
        }
        holdings::check(&mut parts)?;
        if parts.until == Time::ZERO {
            return Err(malformed("run.until", "the run ends before it starts; write a time"));
        }
        if let Some(protocol) = &parts.protocol {
            protocol.check()?;
        }
        Ok(Scenario(parts))
    }

    /// Everything that it says.
    pub fn parts(&self) -> &Parts {
        &self.0
    }

    /// Gives the parts back, to change them and check them again.
    pub fn into_parts(self) -> Parts {
        self.0
    }

    /// The name that tables and reports print.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The file and its chunks.
    pub fn file(&self) -> &Manifest {
        &self.0.file
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.0.source
    }

    /// How many peers there are: the source is not one of them. N is the number of
    /// [receivers](Scenario::receivers).
    pub fn peer_count(&self) -> usize {
        self.0.peers.len()
    }

    /// The peers with their ids, 1..=N.
    pub fn peers(&self) -> impl ExactSizeIterator<Item = (PeerId, &Peer)> + Clone {
        self.0.peers.iter().enumerate().map(|(at, peer)| (PeerId(at as u32 + 1), peer))
    }

    /// One peer; None for the source and for unknown ids.
    pub fn peer(&self, id: PeerId) -> Option<&Peer> {
        self.0.peers.get(id.index().checked_sub(1)?)
    }

    /// Every node: the source, then the peers.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = PeerId> + use<> {
        (0..self.0.peers.len() + 1).map(|at| PeerId(at as u32))
    }

    /// What the engine may do.
    pub fn discipline(&self) -> Discipline {
        self.0.discipline
    }

    fn link(&self, node: PeerId) -> &Link {
        self.peer(node).map_or(&self.0.source.link, |peer| &peer.link)
    }

    /// The one-way delay of everything sent to `node`.
    pub fn latency_to(&self, node: PeerId) -> Time {
        self.link(node).latency.unwrap_or(self.0.network.latency)
    }

    /// Bytes that the link of `node` may carry above rate x time, in each direction.
    pub fn burst(&self, node: PeerId) -> Bytes {
        self.link(node).burst.unwrap_or(self.0.network.burst)
    }

    /// What a node may send above rate x time: its burst, and nothing for a free rider.
    pub fn upload_burst(&self, node: PeerId) -> Bytes {
        match self.peer(node) {
            Some(peer) if peer.behavior == Behavior::FreeRider => Bytes(0),
            _ => self.burst(node),
        }
    }

    /// When a node joins; the source is there from the start.
    pub fn joins(&self, node: PeerId) -> Time {
        self.peer(node).map_or(Time::ZERO, |peer| peer.joins)
    }

    /// When a node leaves, where that is known before the run: a departure that depends on the run
    /// counts as none.
    pub fn leaves_at(&self, node: PeerId) -> Option<Time> {
        match self.peer(node) {
            None => match self.0.source.leaves {
                SourceLeaves::At(time) => Some(time),
                SourceLeaves::Never | SourceLeaves::AfterCopies(_) => None,
            },
            Some(peer) => match peer.leaves {
                Leaves::At(time) => Some(time),
                // What needs nothing is complete when it joins.
                Leaves::AfterCompletion(span) if self.needs_nothing(node) => {
                    peer.joins.checked_add(span)
                }
                Leaves::Never | Leaves::AfterCompletion(_) => None,
            },
        }
    }

    /// The same distribution by client and server: the peers upload nothing.
    pub fn client_server(&self) -> Scenario {
        let mut parts = self.0.clone();
        for peer in &mut parts.peers {
            peer.upload = Rate::ZERO;
            (peer.upload_changes, peer.upload_unknown) = (RateChanges::NONE, false);
        }
        Scenario(parts)
    }
}

impl Peer {
    fn check(&self, field: &str) -> Result<(), Malformed> {
        if let Leaves::At(leaves) = self.leaves
            && leaves <= self.joins
        {
            return Err(malformed(
                format!("{field}.leaves"),
                format!(
                    "leaves at {leaves} but joins at {}; write a departure after the arrival",
                    self.joins
                ),
            ));
        }
        Ok(())
    }
}
