//! Why a world is none that a model can explore: what to write instead.

use std::ops::RangeInclusive;

use crate::chunks::ManifestError;
use crate::scenario::Malformed;

/// Why a world is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// More of something than a state has room for, or too little.
    #[error("{given} {what}; write {least} to {most}")]
    OutOfRange {
        /// What is counted.
        what: &'static str,
        /// How many there would be.
        given: usize,
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// More free riders than peers.
    #[error("{riders} free riders; write at most {peers}")]
    FreeRiders {
        /// How many there would be.
        riders: usize,
        /// The peers.
        peers: usize,
    },
    /// More barter on credit than a state can hold.
    #[error("credit {credit} among {peers}; write 1 to 6 among at most 6 peers")]
    Credit {
        /// Chunks of credit.
        credit: u8,
        /// The peers.
        peers: usize,
    },
    /// Not one chunk time for each node.
    #[error(
        "{times} chunk times for {peers} peers; write the source's and one for each of at most 5 \
         peers"
    )]
    ChunkTimes {
        /// How many there are.
        times: usize,
        /// The peers.
        peers: usize,
    },
    /// An edge that leads nowhere.
    #[error("edge {one}-{other}; write two different nodes of 0..={peers}")]
    Edge {
        /// One end.
        one: usize,
        /// The other end.
        other: usize,
        /// The last node.
        peers: usize,
    },
    /// A number of nodes that is no power of two.
    #[error("{peers} peers; a hypercube has 1, 3 or 7 peers beside the source")]
    Hypercube {
        /// The peers.
        peers: usize,
    },
    /// Two parts of the world that exclude each other.
    #[error("{0}")]
    Contradiction(&'static str),
    /// A scenario that its bounds cannot be taken of.
    #[error(transparent)]
    Scenario(#[from] Malformed),
    /// A file that cannot be cut into so many chunks.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// Refuses a number that is not within its limits.
pub(super) fn within(
    what: &'static str,
    given: usize,
    limits: RangeInclusive<usize>,
) -> Result<(), WorldError> {
    let (&least, &most) = (limits.start(), limits.end());
    match limits.contains(&given) {
        true => Ok(()),
        false => Err(WorldError::OutOfRange { what, given, least, most }),
    }
}

/// Refuses more free riders than peers.
pub(super) fn riders_among(riders: usize, peers: usize) -> Result<(), WorldError> {
    if riders <= peers { Ok(()) } else { Err(WorldError::FreeRiders { riders, peers }) }
}
