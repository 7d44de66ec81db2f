//! Why a peer has not got the file: the causes that a log can show, and their sentences.

use std::fmt;

use serde::Serialize;

use crate::chunks::{ChunkId, PeerId};
use crate::units::Time;

/// Peers without the file, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "incomplete")]
pub struct IncompletenessWitness {
    /// How many completed.
    pub completed: usize,
    /// The total.
    pub peers: usize,
    /// The others, each with the reason that the log shows.
    pub lacking: Vec<Lacking>,
}

impl fmt::Display for IncompletenessWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IncompletenessWitness { completed, peers, lacking } = self;
        write!(f, "{completed} of {peers} completed")?;
        let shown = lacking.iter().take(5);
        for Lacking { peer, cause } in shown {
            match cause {
                Some(cause) => write!(f, "; {peer}: {cause}")?,
                None => write!(f, "; {peer}: nothing in the log explains it")?,
            }
        }
        match lacking.len().saturating_sub(5) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// A peer without the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// Who.
    pub peer: PeerId,
    /// Why; None when nothing in the log explains it.
    pub cause: Option<Cause>,
}

/// Why a peer has not got the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// It left.
    Left {
        /// When.
        at_ns: Time,
    },
    /// It joins only after the end.
    Later {
        /// When.
        joins_ns: Time,
    },
    /// The run was cut off.
    CutOff {
        /// When.
        until_ns: Time,
    },
    /// Nobody who is there, and serves, holds a chunk that it lacks.
    NoHolder {
        /// The chunk.
        chunk: ChunkId,
        /// Who held it last and went.
        last_holder: Option<PeerId>,
        /// When that was.
        left_ns: Option<Time>,
    },
    /// Nobody to whom a path of neighbors leads holds a chunk that it lacks.
    Partition {
        /// The chunk.
        chunk: ChunkId,
        /// How many nodes the path reaches, itself included.
        reaches: usize,
        /// Somebody who holds it, out of reach.
        holder: PeerId,
    },
    /// Whoever holds what it lacks gives only for something in return, and it has nothing to give.
    Barter {
        /// A chunk that it lacks.
        chunk: ChunkId,
        /// Who holds it.
        holder: PeerId,
    },
    /// Under coding: the source is gone.
    SourceLeft {
        /// When.
        at_ns: Time,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Left { at_ns } => write!(f, "left at {at_ns}"),
            Cause::Later { joins_ns } => write!(f, "joins only at {joins_ns}"),
            Cause::CutOff { until_ns } => write!(f, "the run was cut off at {until_ns}"),
            Cause::NoHolder { chunk, last_holder, left_ns } => {
                write!(f, "nobody who is there and serves holds {chunk}")?;
                match (last_holder, left_ns) {
                    (Some(holder), Some(left)) => {
                        write!(f, ", which {holder} held last and left at {left}")
                    }
                    _ => Ok(()),
                }
            }
            Cause::Partition { chunk, reaches, holder } => write!(
                f,
                "no path of neighbors leads to {chunk}: it reaches {reaches} nodes, and {holder} \
                 is not among them"
            ),
            Cause::Barter { chunk, holder } => {
                write!(f, "has nothing to give to {holder} for {chunk}")
            }
            Cause::SourceLeft { at_ns } => write!(f, "the source left at {at_ns}"),
        }
    }
}
