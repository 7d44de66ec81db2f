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

impl Kind {
    /// The fields that an event of this kind may have, beyond `event` and `x`.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Kind::Join | Kind::Leave | Kind::Complete => &["t", "node"],
            Kind::Transfer => {
                &["from", "to", "chunk", "start", "end", "bytes", "offset", "outcome"]
            }
            Kind::Connect | Kind::Disconnect => &["t", "a", "b"],
            Kind::Choke | Kind::Unchoke => &["t", "from", "to"],
            Kind::Announce => &["t", "node", "peers"],
        }
    }
}

impl Line {
    /// Every field but `event` and `x`, and whether it is there.
    fn present(&self) -> [(&'static str, bool); 13] {
        [
            ("t", self.t.is_some()),
            ("node", self.node.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("chunk", self.chunk.is_some()),
            ("start", self.start.is_some()),
            ("end", self.end.is_some()),
            ("bytes", self.bytes.is_some()),
            ("offset", self.offset.is_some()),
            ("outcome", self.outcome.is_some()),
            ("a", self.a.is_some()),
            ("b", self.b.is_some()),
            ("peers", self.peers.is_some()),
        ]
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
#[derive(Debug)]
pub(super) struct Form {
    peers: usize,
    file: Manifest,
}

impl Form {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Form { peers: scenario.peer_count(), file: *scenario.file() }
    }

    /// The event that a line says.
    pub(super) fn event(&self, text: &[u8]) -> Result<Event, JsonError> {
        JsonError::need_object(text)?;
        let line: Line = match serde_json::from_slice(text) {
            Ok(line) => line,
            // Following the path costs time, so only a line that is wrong is read twice.
            Err(_) => JsonError::read(text)?,
        };
        self.resolve(line).map_err(|malformed| JsonError::semantic(malformed, text))
    }

    fn resolve(&self, line: Line) -> Result<Event, Malformed> {
        let kind = line.event;
        let odd = line
            .present()
            .into_iter()
            .find(|(name, there)| *there && !kind.fields().contains(name));
        if let Some((name, _)) = odd {
            let known = kind.fields().join(", ");
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
        let chunks = self.file.chunks();
        if chunks <= chunk as usize {
            let last = chunks - 1;
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
