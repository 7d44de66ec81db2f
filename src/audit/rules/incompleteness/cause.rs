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

/// What would explain a peer without the file.
const UNEXPLAINED: &str = "nothing in the log explains it: it did not leave, a path of connected \
                           nodes that serve leads to everything that it lacks, no barter holds it \
                           back, and the run was not cut off";

impl fmt::Display for IncompletenessWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IncompletenessWitness { completed, peers, lacking } = self;
        write!(f, "{completed} of {peers} completed")?;
        let shown = lacking.iter().take(5);
        for Lacking { peer, cause } in shown {
            match cause {
                Some(cause) => write!(f, "; {peer}: {cause}")?,
                None => write!(f, "; {peer}: {UNEXPLAINED}")?,
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
    /// The peer.
    pub peer: PeerId,
    /// The reason; None when nothing in the log explains it.
    pub cause: Option<Cause>,
}

/// Why a peer has not got the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// It left, before the run was cut off.
    Left {
        /// The instant of its departure.
        at_ns: Time,
    },
    /// It joins only after the end.
    Later {
        /// The announced instant.
        joins_ns: Time,
    },
    /// It never joined.
    NeverCame {
        /// The announced instant.
        joins_ns: Time,
    },
    /// No node that is there and serves holds a chunk that it lacks.
    NoHolder {
        /// The chunk; None under coding, where no chunk is lacked by name.
        chunk: Option<ChunkId>,
        /// The last of its holders to leave.
        last_holder: Option<PeerId>,
        /// The instant of that departure.
        left_ns: Option<Time>,
    },
    /// No path of connected nodes that serve leads to a chunk that it lacks.
    Partition {
        /// The chunk; None under coding, where no chunk is lacked by name.
        chunk: Option<ChunkId>,
        /// How many nodes the paths reach, itself included.
        reaches: usize,
        /// A node that holds it, out of reach.
        holder: PeerId,
    },
    /// The nodes that hold what it lacks give only for something in return, and it has nothing to
    /// give.
    Barter {
        /// A chunk that it lacks.
        chunk: ChunkId,
        /// A node that holds it.
        holder: PeerId,
    },
    /// Under coding: the source is gone, and no peer that is there holds the file.
    SourceLeft {
        /// The instant of its departure.
        at_ns: Time,
    },
    /// No bound allows one completion more before the run is cut off.
    NoTime {
        /// Which completion.
        k: usize,
        /// The bound.
        bound: &'static str,
        /// The earliest instant that the bound allows; None is never.
        earliest_ns: Option<Time>,
        /// The time at which the run is cut off.
        until_ns: Time,
    },
    /// The run was cut off.
    CutOff {
        /// The time at which it was.
        until_ns: Time,
        /// What the peer was waiting beside; None where that is not in the log.
        idle: Option<Idle>,
    },
    /// The log ends before the run was cut off, and transfers that it does not show can have been
    /// in flight all that time.
    InFlight {
        /// A node that can have been sending.
        sender: PeerId,
        /// The latest instant at which it can have begun, as far as the log shows a reason to wait.
        since_ns: Time,
        /// The time at which the run is cut off.
        until_ns: Time,
    },
}

/// A free neighbor of a peer to which nothing came any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Idle {
    /// The neighbor.
    pub holder: PeerId,
    /// A chunk that it held and the peer lacked.
    pub chunk: ChunkId,
    /// Since when.
    pub since_ns: Time,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Left { at_ns } => write!(f, "left at {at_ns}"),
            Cause::Later { joins_ns } => write!(f, "joins only at {joins_ns}"),
            Cause::NeverCame { joins_ns } => {
                write!(f, "never joined, though announced for {joins_ns}")
            }
            Cause::NoHolder { chunk, last_holder, left_ns } => {
                let what = Lacked(*chunk);
                write!(f, "no node that is there and serves holds {what}")?;
                match (last_holder, left_ns) {
                    (Some(holder), Some(left)) => {
                        write!(f, ", which {holder} held last and left at {left}")
                    }
                    _ => Ok(()),
                }
            }
            Cause::Partition { chunk, reaches, holder } => write!(
                f,
                "no path of neighbors leads to {}: it reaches {reaches} nodes, and {holder} is \
                 not among them",
                Lacked(*chunk)
            ),
            Cause::Barter { chunk, holder } => {
                write!(f, "has nothing to give to {holder} for {chunk}")
            }
            Cause::SourceLeft { at_ns } => write!(f, "the source left at {at_ns}"),
            Cause::NoTime { k, bound, earliest_ns, until_ns } => {
                write!(f, "by the bound {bound} completion number {k} is ")?;
                match earliest_ns {
                    Some(earliest) => write!(f, "not possible before {earliest}")?,
                    None => f.write_str("never possible")?,
                }
                write!(f, ", and the run is cut off at {until_ns}")
            }
            Cause::CutOff { until_ns, idle } => {
                write!(f, "the run was cut off at {until_ns}")?;
                let Some(Idle { holder, chunk, since_ns }) = idle else { return Ok(()) };
                write!(
                    f,
                    ", and since {since_ns} nothing had come to it although {holder} was free, \
                     unchoked it and held {chunk}"
                )
            }
            Cause::InFlight { sender, since_ns, until_ns } => write!(
                f,
                "{sender} can have been sending from {since_ns} until the run was cut off at \
                 {until_ns}"
            ),
        }
    }
}

/// What a peer lacks, in words.
struct Lacked(Option<ChunkId>);

impl fmt::Display for Lacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(chunk) => chunk.fmt(f),
            None => f.write_str("the file"),
        }
    }
}
