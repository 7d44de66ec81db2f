//! One event on one line: its fields, and what they must say for a given header.
//!
//! It reads no streams. The types to know are `Form`, which reads a line, and `Written`, which is
//! the line of an event.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{JsonError, Malformed};
use crate::chunks::{ChunkId, Manifest, PeerId};
use crate::scenario::Scenario;
use crate::trace::{Event, Outcome, Transfer};
use crate::units::{Bytes, Time};

/// Every field that any event may have. One flat struct: an internally tagged enum would buffer
/// every line, and this is where an audit spends its time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with the fields of an event")]
struct Line {
    event: Kind,
    #[serde(default, deserialize_with = "present")]
    t: Option<Time>,
    #[serde(default, deserialize_with = "present")]
    node: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    from: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    to: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    chunk: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    start: Option<Time>,
    #[serde(default, deserialize_with = "present")]
    end: Option<Time>,
    #[serde(default, deserialize_with = "present")]
    bytes: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    offset: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    outcome: Option<RawOutcome>,
    #[serde(default, deserialize_with = "present")]
    a: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    b: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    peers: Option<Vec<u32>>,
    /// Free for the writer; nobody reads it.
    #[serde(default, rename = "x")]
    _x: Option<IgnoredAny>,
}

/// A field that may be left out but is not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "the name of an event")]
enum Kind {
    Join,
    Leave,
    Complete,
    Transfer,
    Connect,
    Disconnect,
    Choke,
    Unchoke,
    Announce,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "`delivered` or `aborted`")]
pub(super) enum RawOutcome {
    Delivered,
    Aborted,
}

/// Every field but `event` and `x`. A set of them is a word: field n of this list is bit n.
const FIELDS: [&str; 13] = [
    "t", "node", "from", "to", "chunk", "start", "end", "bytes", "offset", "outcome", "a", "b",
    "peers",
];

impl Kind {
    /// The fields that an event of this kind may have, beyond `event` and `x`.
    fn fields(self) -> u16 {
        match self {
            Kind::Join | Kind::Leave | Kind::Complete => 0b11,
            Kind::Transfer => 0b11_1111_1100,
            Kind::Connect | Kind::Disconnect => 0b1100_0000_0001,
            Kind::Choke | Kind::Unchoke => 0b1101,
            Kind::Announce => 0b1_0000_0000_0011,
        }
    }
}

impl Line {
    /// The fields that are there.
    fn present(&self) -> u16 {
        let there = [
            self.t.is_some(),
            self.node.is_some(),
            self.from.is_some(),
            self.to.is_some(),
            self.chunk.is_some(),
            self.start.is_some(),
            self.end.is_some(),
            self.bytes.is_some(),
            self.offset.is_some(),
            self.outcome.is_some(),
            self.a.is_some(),
            self.b.is_some(),
            self.peers.is_some(),
        ];
        there.into_iter().enumerate().fold(0, |set, (at, is)| set | u16::from(is) << at)
    }
}

/// What is wrong with the meaning of a line.
fn wrong(field: &str, message: impl Into<String>) -> Malformed {
    Malformed { field: field.to_owned(), message: message.into() }
}

/// A field that this kind of event must have.
fn need<T>(value: Option<T>, field: &str) -> Result<T, Malformed> {
    value.ok_or_else(|| wrong(field, "is missing; an event of this kind must have it"))
}

/// What the events of one header must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    peers: usize,
    chunks: usize,
    file: Manifest,
}

impl Form {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let file = *scenario.file();
        Form { peers: scenario.peer_count(), chunks: file.chunks(), file }
    }

    /// The event that a line says.
    pub(super) fn event(&self, text: &[u8]) -> Result<Event, JsonError> {
        JsonError::need_object(text)?;
        // One look at the whole line is quicker than one at each of its strings.
        let quick = match str::from_utf8(text) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(text),
        };
        let line: Line = match quick {
            Ok(line) => line,
            // Following the path costs time, so only a line that is wrong is read twice.
            Err(_) => JsonError::read(text)?,
        };
        self.resolve(line).map_err(|malformed| JsonError::semantic(malformed, text))
    }

    fn resolve(&self, line: Line) -> Result<Event, Malformed> {
        let kind = line.event;
        let odd = line.present() & !kind.fields();
        if odd != 0 {
            let names =
                |set: u16| FIELDS.iter().enumerate().filter(move |(at, _)| set >> at & 1 != 0);
            let known: Vec<&str> = names(kind.fields()).map(|(_, name)| *name).collect();
            let (name, known) = (names(odd).next().map_or("", |(_, name)| name), known.join(", "));
            return Err(wrong(name, format!("an event of this kind has only {known}; remove it")));
        }
        if kind == Kind::Transfer {
            return self.transfer(&line).map(Event::Transfer);
        }
        let at = need(line.t, "t")?;
        Ok(match kind {
            Kind::Join => Event::Join { at, node: self.node(line.node, "node")? },
            Kind::Leave => Event::Leave { at, node: self.node(line.node, "node")? },
            Kind::Complete => Event::Complete { at, node: self.node(line.node, "node")? },
            Kind::Connect | Kind::Disconnect => {
                let [a, b] = self.pair([line.a, line.b], ["a", "b"])?;
                match kind {
                    Kind::Connect => Event::Connect { at, a, b },
                    _ => Event::Disconnect { at, a, b },
                }
            }
            Kind::Choke | Kind::Unchoke | Kind::Transfer => {
                let [from, to] = self.pair([line.from, line.to], ["from", "to"])?;
                match kind {
                    Kind::Choke => Event::Choke { at, from, to },
                    _ => Event::Unchoke { at, from, to },
                }
            }
            Kind::Announce => {
                let node = self.node(line.node, "node")?;
                let peers = need(line.peers, "peers")?.into_iter().enumerate();
                let peers = peers
                    .map(|(at, peer)| self.known(peer, || format!("peers[{at}]")))
                    .collect::<Result<_, _>>()?;
                Event::Announce { at, node, peers }
            }
        })
    }

    fn known(&self, node: u32, field: impl Fn() -> String) -> Result<PeerId, Malformed> {
        if node as usize <= self.peers {
            return Ok(PeerId(node));
        }
        let last = self.peers;
        Err(wrong(
            &field(),
            format!("the header knows no node {node}; write 0 (the source) or a peer, 1 to {last}"),
        ))
    }

    fn node(&self, node: Option<u32>, field: &str) -> Result<PeerId, Malformed> {
        self.known(need(node, field)?, || field.to_owned())
    }

    /// Two nodes that must differ.
    fn pair(&self, nodes: [Option<u32>; 2], fields: [&str; 2]) -> Result<[PeerId; 2], Malformed> {
        let one = self.node(nodes[0], fields[0])?;
        let other = self.node(nodes[1], fields[1])?;
        if one == other {
            let message = format!("is node {}, as `{}` is; write another node", one.0, fields[0]);
            return Err(wrong(fields[1], message));
        }
        Ok([one, other])
    }

    fn transfer(&self, line: &Line) -> Result<Transfer, Malformed> {
        let [from, to] = self.pair([line.from, line.to], ["from", "to"])?;
        let chunk = need(line.chunk, "chunk")?;
        let start = need(line.start, "start")?;
        let end = need(line.end, "end")?;
        let bytes = need(line.bytes, "bytes")?;
        let offset = line.offset.unwrap_or(0);
        if self.chunks <= chunk as usize {
            let last = self.chunks - 1;
            let message = format!("the file has no chunk {chunk}; write 0 to {last}");
            return Err(wrong("chunk", message));
        }
        if end < start {
            let message = format!(
                "time goes backwards: the transfer starts at {} ns and ends at {} ns; \
                 write an end that is not before the start",
                start.0, end.0
            );
            return Err(wrong("end", message));
        }
        let chunk = ChunkId(chunk);
        let length = self.file.length(chunk).0;
        if bytes == 0 {
            return Err(wrong("bytes", "nothing was transferred; write at least 1"));
        }
        if length <= offset {
            let message = format!("{chunk} has {length} bytes; write less than {length}");
            return Err(wrong("offset", message));
        }
        if length - offset < bytes {
            let most = length - offset;
            let message = format!(
                "{bytes} bytes from offset {offset} reach beyond the end of {chunk}, which has \
                 {length} bytes; write at most {most}"
            );
            return Err(wrong("bytes", message));
        }
        Ok(Transfer {
            from,
            to,
            chunk,
            start,
            end,
            offset: Bytes(offset),
            bytes: Bytes(bytes),
            outcome: match line.outcome {
                None | Some(RawOutcome::Delivered) => Outcome::Delivered,
                Some(RawOutcome::Aborted) => Outcome::Aborted,
            },
        })
    }
}

/// The line of an event.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Written<'e> {
    Join {
        t: Time,
        node: PeerId,
    },
    Leave {
        t: Time,
        node: PeerId,
    },
    Complete {
        t: Time,
        node: PeerId,
    },
    Transfer {
        from: PeerId,
        to: PeerId,
        chunk: ChunkId,
        start: Time,
        end: Time,
        bytes: Bytes,
        #[serde(skip_serializing_if = "Option::is_none")]
        offset: Option<Bytes>,
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<RawOutcome>,
    },
    Connect {
        t: Time,
        a: PeerId,
        b: PeerId,
    },
    Disconnect {
        t: Time,
        a: PeerId,
        b: PeerId,
    },
    Choke {
        t: Time,
        from: PeerId,
        to: PeerId,
    },
    Unchoke {
        t: Time,
        from: PeerId,
        to: PeerId,
    },
    Announce {
        t: Time,
        node: PeerId,
        peers: &'e [PeerId],
    },
}

impl<'e> From<&'e Event> for Written<'e> {
    fn from(event: &'e Event) -> Self {
        match event {
            &Event::Join { at: t, node } => Written::Join { t, node },
            &Event::Leave { at: t, node } => Written::Leave { t, node },
            &Event::Complete { at: t, node } => Written::Complete { t, node },
            Event::Transfer(transfer) => Written::Transfer {
                from: transfer.from,
                to: transfer.to,
                chunk: transfer.chunk,
                start: transfer.start,
                end: transfer.end,
                bytes: transfer.bytes,
                offset: Some(transfer.offset).filter(|&offset| offset != Bytes(0)),
                outcome: match transfer.outcome {
                    Outcome::Delivered => None,
                    Outcome::Aborted => Some(RawOutcome::Aborted),
                },
            },
            &Event::Connect { at: t, a, b } => Written::Connect { t, a, b },
            &Event::Disconnect { at: t, a, b } => Written::Disconnect { t, a, b },
            &Event::Choke { at: t, from, to } => Written::Choke { t, from, to },
            &Event::Unchoke { at: t, from, to } => Written::Unchoke { t, from, to },
            Event::Announce { at: t, node, peers } => {
                Written::Announce { t: *t, node: *node, peers }
            }
        }
    }
}
