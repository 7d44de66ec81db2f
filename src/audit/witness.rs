//! The smallest evidence for a verdict: data first, then a sentence that a person understands.
//!
//! A witness judges nothing. The type to know is [`Witness`]: serde writes the data, `Display` the
//! sentence.

use std::fmt;

use serde::Serialize;

use crate::chunks::{ChunkId, PeerId};
use crate::trace::Transfer;
use crate::units::{Bytes, Rate, Time};

/// Evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Witness {
    /// Somebody acted while it was not there.
    Absent {
        /// Who.
        node: PeerId,
        /// What it did.
        act: &'static str,
        /// When.
        at_ns: Time,
        /// When it had to be there for that, at the latest.
        until_ns: Time,
        /// Its first join.
        joined_ns: Option<Time>,
        /// Its last departure.
        left_ns: Option<Time>,
    },
    /// Somebody joined before, or acted after, what the scenario announces.
    Unannounced {
        /// Who.
        node: PeerId,
        /// What it did.
        act: &'static str,
        /// When.
        at_ns: Time,
        /// The announced instant.
        announced_ns: Time,
    },
    /// Somebody joined or left twice in a row.
    Twice {
        /// Who.
        node: PeerId,
        /// What it did twice.
        act: &'static str,
        /// The second time.
        at_ns: Time,
    },
    /// The tracker named a node that was no member.
    Named {
        /// Who asked.
        node: PeerId,
        /// Who was named.
        peer: PeerId,
        /// When.
        at_ns: Time,
        /// When it joined, if ever.
        joined_ns: Option<Time>,
    },
    /// More bytes than a link can carry.
    Overload {
        /// Whose link.
        node: PeerId,
        /// `uplink` or `downlink`.
        link: &'static str,
        /// The window begins.
        from_ns: Time,
        /// The window ends.
        to_ns: Time,
        /// What moved within it.
        bytes: u128,
        /// What the link can carry within it, rounded down.
        allowed_bytes: u128,
        /// In how many transfers.
        transfers: usize,
        /// Its capacity in bits per second.
        capacity_bps: Rate,
        /// Its burst.
        burst_bytes: Bytes,
    },
    /// Somebody sent what it did not have.
    Acausal {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// Since when the sender has all that it sent; None is never.
        held_ns: Option<Time>,
        /// What the log shows instead.
        shows: Shows,
    },
    /// Under coding: fewer bytes of the file can have come from the source than it has.
    Rank {
        /// Who says that it has the file.
        node: PeerId,
        /// When it says so.
        at_ns: Time,
        /// How many bytes that tell something new can have come by then.
        most_bytes: u64,
        /// How many there are.
        file_bytes: u64,
    },
    /// Bytes were faster than the latency.
    TooQuick {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// The one-way delay to the receiver.
        latency_ns: Time,
    },
    /// A peer says that it has the file, and bytes never arrived.
    Phantom {
        /// Who.
        node: PeerId,
        /// When it says so.
        at_ns: Time,
        /// The first chunk that lacks bytes.
        chunk: Option<ChunkId>,
        /// How many bytes of the file arrived.
        arrived_bytes: u64,
        /// How many there are.
        file_bytes: u64,
    },
    /// One chunk copy came from several senders.
    Assembled {
        /// Who.
        node: PeerId,
        /// The chunk.
        chunk: ChunkId,
        /// Two of the senders.
        from: [PeerId; 2],
    },
    /// A claim of completion that is not the instant of the last arrival.
    Claim {
        /// Who.
        node: PeerId,
        /// What it says.
        claimed_ns: Option<Time>,
        /// What the log shows.
        arrived_ns: Option<Time>,
        /// What is wrong with it.
        fault: ClaimFault,
    },
    /// A transfer between nodes that are no neighbors.
    Strangers {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
    },
    /// A transfer to a choked node.
    Choked {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// When the sender choked the receiver, if it ever unchoked it.
        choked_ns: Option<Time>,
    },
    /// More unchoked neighbors than slots.
    Slots {
        /// Who.
        node: PeerId,
        /// When.
        at_ns: Time,
        /// How many it unchokes.
        unchoked: usize,
        /// How many it may.
        allowed: usize,
    },
    /// A leecher gave more than the barter allows.
    Credit {
        /// Who gave.
        from: PeerId,
        /// Who took.
        to: PeerId,
        /// When.
        at_ns: Time,
        /// Chunks given.
        given: u64,
        /// Chunks got back.
        back: u64,
        /// How many more may be given than came back.
        allowed: u64,
    },
    /// A completion before it is possible.
    TooEarly {
        /// The bound.
        bound: &'static str,
        /// Which completion.
        k: usize,
        /// Who.
        node: PeerId,
        /// When.
        at_ns: Time,
        /// The earliest possible time; None is never.
        earliest_ns: Option<Time>,
        /// Why it is never possible.
        why: Option<String>,
    },
    /// Peers without the file, and why.
    Incomplete {
        /// How many completed.
        completed: usize,
        /// How many there are.
        peers: usize,
        /// The others, each with the reason that the log shows.
        lacking: Vec<Lacking>,
    },
}

/// A transfer, as a witness shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Who sent.
    pub from: PeerId,
    /// Who received.
    pub to: PeerId,
    /// The chunk.
    pub chunk: ChunkId,
    /// When it started.
    pub start_ns: Time,
    /// When it ended.
    pub end_ns: Time,
    /// How many bytes.
    pub bytes: Bytes,
}

impl From<&Transfer> for Moved {
    fn from(t: &Transfer) -> Self {
        Moved {
            from: t.from,
            to: t.to,
            chunk: t.chunk,
            start_ns: t.start,
            end_ns: t.end,
            bytes: t.bytes,
        }
    }
}

/// What the log shows of a sender that did not hold what it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// It got it later.
    Later,
    /// It got it from nodes that cannot have had it either.
    Circle,
    /// It never got all of it.
    Nothing,
}

/// What is wrong with a claim of completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimFault {
    /// The last byte came later.
    Early,
    /// The last byte came before.
    Late,
    /// It has everything and never says so.
    Missing,
    /// It says so twice.
    Twice,
    /// It is the source.
    Source,
    /// Bytes never came.
    Phantom,
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

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Moved { from, to, chunk, start_ns, end_ns, .. } = self;
        write!(f, "{from} sent {chunk} to {to} from {start_ns} to {end_ns}")
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Witness::Absent { .. }
            | Witness::Unannounced { .. }
            | Witness::Twice { .. }
            | Witness::Named { .. } => self.membership(f),
            Witness::Overload { node, link, from_ns, to_ns, bytes, allowed_bytes, .. } => write!(
                f,
                "the {link} of {node} moved {bytes} B between {from_ns} and {to_ns}, where it can \
                 move {allowed_bytes} B"
            ),
            Witness::Acausal { .. } | Witness::TooQuick { .. } | Witness::Rank { .. } => {
                self.causality(f)
            }
            Witness::Phantom { .. } | Witness::Assembled { .. } | Witness::Claim { .. } => {
                self.arrival(f)
            }
            Witness::Strangers { .. }
            | Witness::Choked { .. }
            | Witness::Slots { .. }
            | Witness::Credit { .. } => self.protocol(f),
            Witness::TooEarly { bound, k, node, at_ns, earliest_ns, why } => {
                write!(f, "{node} is number {k} to complete, at {at_ns}; by the bound {bound} ")?;
                match (earliest_ns, why) {
                    (Some(earliest), _) => write!(f, "that is not possible before {earliest}"),
                    (None, Some(why)) => write!(f, "that is never possible: {why}"),
                    (None, None) => f.write_str("that is never possible"),
                }
            }
            Witness::Incomplete { completed, peers, lacking } => {
                incomplete(f, *completed, *peers, lacking)
            }
        }
    }
}

impl Witness {
    fn membership(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Witness::Absent { node, act, at_ns, until_ns, joined_ns, left_ns } => {
                write!(f, "{node} {act} at {at_ns}")?;
                if at_ns < until_ns {
                    write!(f, " and had to stay until {until_ns}")?;
                }
                match (joined_ns, left_ns) {
                    (None, _) => f.write_str(", but it never joined"),
                    (Some(joined), _) if at_ns < joined => {
                        write!(f, ", but it joined at {joined}")
                    }
                    (_, Some(left)) => write!(f, ", but it left at {left}"),
                    (Some(_), None) => f.write_str(", but it was not there"),
                }
            }
            Witness::Unannounced { node, act, at_ns, announced_ns } if at_ns < announced_ns => {
                write!(f, "{node} {act} at {at_ns}, but is announced to join at {announced_ns}")
            }
            Witness::Unannounced { node, act, at_ns, announced_ns } => {
                write!(f, "{node} {act} at {at_ns}, but is announced to leave at {announced_ns}")
            }
            Witness::Twice { node, act, at_ns } => {
                write!(f, "{node} {act} at {at_ns}, for the second time in a row")
            }
            Witness::Named { node, peer, at_ns, joined_ns } => {
                write!(f, "the tracker named {peer} to {node} at {at_ns}, but {peer} ")?;
                match joined_ns {
                    Some(joined) => write!(f, "joined at {joined}"),
                    None => f.write_str("never joined"),
                }
            }
            _ => Ok(()),
        }
    }

    fn causality(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Witness::Acausal { transfer, held_ns, shows } => {
                write!(f, "{transfer}, but {} ", transfer.from)?;
                match (shows, held_ns) {
                    (Shows::Later, Some(held)) => write!(f, "had it only from {held} on"),
                    (Shows::Later, None) => f.write_str("had it only later"),
                    (Shows::Circle, _) => {
                        f.write_str("had it only from nodes that cannot have had it before")
                    }
                    (Shows::Nothing, _) => f.write_str("never got all of it"),
                }
            }
            Witness::Rank { node, at_ns, most_bytes, file_bytes } => write!(
                f,
                "{node} says at {at_ns} that it has the file, but no more than {most_bytes} of its \
                 {file_bytes} B can have come from the source by then"
            ),
            Witness::TooQuick { transfer, latency_ns } => {
                write!(f, "{transfer}, which is less than the latency of {latency_ns}")
            }
            _ => Ok(()),
        }
    }

    fn arrival(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Witness::Phantom { node, at_ns, chunk, arrived_bytes, file_bytes } => {
                write!(f, "{node} says at {at_ns} that it has the file, but ")?;
                if let Some(chunk) = chunk {
                    write!(f, "never got all of {chunk}: ")?;
                }
                write!(f, "{arrived_bytes} of {file_bytes} B arrived")
            }
            Witness::Assembled { node, chunk, from: [one, other] } => write!(
                f,
                "{node} got parts of {chunk} from {one} and {other} and a whole copy from nobody"
            ),
            Witness::Claim { node, claimed_ns, arrived_ns, fault } => {
                match claimed_ns {
                    Some(claimed) => write!(f, "{node} says at {claimed} that it has the file")?,
                    None => write!(f, "{node} never says that it has the file")?,
                }
                let arrived = arrived_ns.unwrap_or(Time::ZERO);
                match fault {
                    ClaimFault::Early => write!(f, ", but its last byte came only at {arrived}"),
                    ClaimFault::Late => write!(f, ", but its last byte came already at {arrived}"),
                    ClaimFault::Missing => write!(f, ", but its last byte came at {arrived}"),
                    ClaimFault::Twice => f.write_str(", and has said so before"),
                    ClaimFault::Source => f.write_str(", which it has had all along"),
                    ClaimFault::Phantom => f.write_str(", but some bytes never came"),
                }
            }
            _ => Ok(()),
        }
    }

    fn protocol(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Witness::Strangers { transfer } => {
                write!(f, "{transfer}, but the two were not neighbors all that time")
            }
            Witness::Choked { transfer, choked_ns } => {
                write!(f, "{transfer}, but had ")?;
                match choked_ns {
                    Some(choked) => write!(f, "choked it at {choked}"),
                    None => f.write_str("not unchoked it"),
                }
            }
            Witness::Slots { node, at_ns, unchoked, allowed } => write!(
                f,
                "{node} unchokes {unchoked} neighbors at {at_ns} and has slots for {allowed}"
            ),
            Witness::Credit { from, to, at_ns, given, back, allowed } => write!(
                f,
                "by {at_ns} {from} had given {to} {given} chunks and got back {back}, more than \
                 {allowed} ahead"
            ),
            _ => Ok(()),
        }
    }
}

/// Every cause once, with the peers that it explains.
fn incomplete(
    f: &mut fmt::Formatter<'_>,
    completed: usize,
    peers: usize,
    lacking: &[Lacking],
) -> fmt::Result {
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
