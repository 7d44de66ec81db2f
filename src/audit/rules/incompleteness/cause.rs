//! Why a peer has not got the file: the causes that a log can show, and their sentences.

use std::collections::BTreeMap;
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
        let groups = by_cause(lacking);
        for (cause, peers) in groups.iter().take(SHOWN) {
            write!(f, "; {}: ", Names(peers))?;
            match cause {
                Some(cause) => cause.fmt(f)?,
                None => f.write_str(UNEXPLAINED)?,
            }
        }
        match groups.iter().skip(SHOWN).map(|(_, peers)| peers.len()).sum() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// How many causes, and how many names of one, a sentence shows.
const SHOWN: usize = 5;

/// The peers of each cause, in the order in which they are listed.
fn by_cause(lacking: &[Lacking]) -> Vec<(Option<Cause>, Vec<PeerId>)> {
    let mut groups: BTreeMap<Option<Cause>, (usize, Vec<PeerId>)> = BTreeMap::new();
    for (at, Lacking { peer, cause }) in lacking.iter().enumerate() {
        groups.entry(*cause).or_insert((at, Vec::new())).1.push(*peer);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|&(_, (at, _))| at);
    groups.into_iter().map(|(cause, (_, peers))| (cause, peers)).collect()
}

/// Peers by their numbers: `peer 3`, `peers 1 to 5`, `peers 1, 3 and 7 to 9`.
struct Names<'a>(&'a [PeerId]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Names(peers) = *self;
        let runs = peers.chunk_by(|one, next| one.0 + 1 == next.0);
        // Two in a row are named both.
        let runs = runs.flat_map(|run| run.chunks(if run.len() == 2 { 1 } else { run.len() }));
        let runs: Vec<&[PeerId]> = runs.collect();
        let shown = runs.len().min(SHOWN);
        let more = runs[shown..].iter().map(|run| run.len()).sum::<usize>();
        f.write_str(if peers.len() == 1 { "peer " } else { "peers " })?;
        for (at, run) in runs[..shown].iter().enumerate() {
            let joint = match at {
                0 => "",
                _ if at + 1 == runs.len() => " and ",
                _ => ", ",
            };
            match run {
                [one] => write!(f, "{joint}{}", one.0)?,
                [first, .., last] => write!(f, "{joint}{} to {}", first.0, last.0)?,
                [] => {}
            }
        }
        if more == 0 { Ok(()) } else { write!(f, " and {more} more") }
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
            Cause::Later { joins_ns } => write!(f, "arrival only at {joins_ns}"),
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
                "no path of neighbors leads to {}: the paths reach {reaches} nodes, and {holder} \
                 is not among them",
                Lacked(*chunk)
            ),
            Cause::Barter { chunk, holder } => {
                write!(f, "nothing to give to {holder} for {chunk}")
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
                    ", and since {since_ns} nothing had arrived although {holder} was free, had \
                     unchoked the receiver and held {chunk}"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_in_a_row_are_named_by_the_first_and_the_last() {
        let names = |ids: &[u32]| {
            let peers: Vec<PeerId> = ids.iter().map(|&id| PeerId(id)).collect();
            Names(&peers).to_string()
        };
        assert_eq!(names(&[3]), "peer 3");
        assert_eq!(names(&[3, 4]), "peers 3 and 4");
        assert_eq!(names(&[1, 2, 3, 4, 5]), "peers 1 to 5");
        assert_eq!(names(&[1, 3, 7, 8, 9]), "peers 1, 3 and 7 to 9");
        assert_eq!(names(&[1, 3, 5, 7, 9, 11, 13, 14]), "peers 1, 3, 5, 7, 9 and 3 more");
    }

    /// Six causes of which two peers share one: each is said once, the last only counted.
    #[test]
    fn a_cause_is_said_once_with_the_peers_that_share_it() {
        let at = |at| Some(Cause::Left { at_ns: Time(at) });
        let lacking = [9, 2, 9, 4, 5, 6, 7].into_iter().zip(1..);
        let lacking = lacking.map(|(ns, id)| Lacking { peer: PeerId(id), cause: at(ns) });
        let witness = IncompletenessWitness { completed: 1, peers: 8, lacking: lacking.collect() };
        assert_eq!(
            witness.to_string(),
            "1 of 8 completed; peers 1 and 3: left at 9 ns; peer 2: left at 2 ns; peer 4: left at \
             4 ns; peer 5: left at 5 ns; peer 6: left at 6 ns; and 1 more"
        );
    }
}
