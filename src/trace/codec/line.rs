//! One event on one line: what it must say for a given header.
//!
//! It reads no streams, and knows no fields: those are in `fields`.

use super::fields::{Line, RawEvent, RawOutcome, wrong};
use super::{JsonError, Malformed};
use crate::chunks::{ChunkId, Manifest, PeerId};
use crate::scenario::Scenario;
use crate::trace::{Event, Outcome, Transfer};
use crate::units::Bytes;

/// What the events of one header must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventSchema {
    peers: usize,
    chunks: usize,
    file: Manifest,
}

impl EventSchema {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let file = *scenario.file();
        EventSchema { peers: scenario.peer_count(), chunks: file.chunks(), file }
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
        let event = line.sorted().and_then(|event| self.resolve(event));
        event.map_err(|malformed| JsonError::semantic(malformed, text))
    }

    fn resolve(&self, event: RawEvent) -> Result<Event, Malformed> {
        Ok(match event {
            RawEvent::Join { t: at, node } => Event::Join { at, node: self.node(node)? },
            RawEvent::Leave { t: at, node } => Event::Leave { at, node: self.node(node)? },
            RawEvent::Complete { t: at, node } => Event::Complete { at, node: self.node(node)? },
            RawEvent::Transfer { from, to, chunk, start, end, bytes, offset, outcome } => {
                let offset = offset.unwrap_or(Bytes(0));
                let outcome = match outcome {
                    None | Some(RawOutcome::Delivered) => Outcome::Delivered,
                    Some(RawOutcome::Aborted) => Outcome::Aborted,
                };
                let transfer = Transfer { from, to, chunk, start, end, offset, bytes, outcome };
                self.transfer(&transfer)?;
                Event::Transfer(transfer)
            }
            RawEvent::Connect { t: at, a, b } => {
                self.pair([a, b], ["a", "b"])?;
                Event::Connect { at, a, b }
            }
            RawEvent::Disconnect { t: at, a, b } => {
                self.pair([a, b], ["a", "b"])?;
                Event::Disconnect { at, a, b }
            }
            RawEvent::Choke { t: at, from, to } => {
                self.pair([from, to], ["from", "to"])?;
                Event::Choke { at, from, to }
            }
            RawEvent::Unchoke { t: at, from, to } => {
                self.pair([from, to], ["from", "to"])?;
                Event::Unchoke { at, from, to }
            }
            RawEvent::AllowedFast { t: at, from, to, chunk } => {
                self.pair([from, to], ["from", "to"])?;
                self.chunk(chunk)?;
                Event::AllowedFast { at, from, to, chunk }
            }
            RawEvent::Capacity { t: at, node, upload_bps: upload } => {
                Event::Capacity { at, node: self.node(node)?, upload }
            }
            RawEvent::Announce { t: at, node, peers } => {
                let node = self.node(node)?;
                for (at, &peer) in peers.iter().enumerate() {
                    self.known(peer, || format!("peers[{at}]"))?;
                }
                Event::Announce { at, node, peers }
            }
        })
    }

    fn known(&self, node: PeerId, field: impl Fn() -> String) -> Result<(), Malformed> {
        if node.index() <= self.peers {
            return Ok(());
        }
        let (node, last) = (node.0, self.peers);
        Err(wrong(
            &field(),
            format!("the header knows no node {node}; write 0 (the source) or a peer, 1 to {last}"),
        ))
    }

    fn node(&self, node: PeerId) -> Result<PeerId, Malformed> {
        self.known(node, || "node".to_owned())?;
        Ok(node)
    }

    /// Two nodes that must differ.
    fn pair(&self, [one, other]: [PeerId; 2], fields: [&str; 2]) -> Result<(), Malformed> {
        self.known(one, || fields[0].to_owned())?;
        self.known(other, || fields[1].to_owned())?;
        if one == other {
            let message = format!("is node {}, as `{}` is; write another node", one.0, fields[0]);
            return Err(wrong(fields[1], message));
        }
        Ok(())
    }

    /// Whether a chunk exists.
    fn chunk(&self, chunk: ChunkId) -> Result<(), Malformed> {
        if chunk.index() < self.chunks {
            return Ok(());
        }
        let (chunk, last) = (chunk.0, self.chunks - 1);
        let message = format!("the file has no chunk {chunk}; write 0 to {last}");
        Err(wrong("chunk", message))
    }

    /// Whether a transfer is one of nodes and bytes that exist.
    fn transfer(&self, transfer: &Transfer) -> Result<(), Malformed> {
        let &Transfer { from, to, chunk, start, end, .. } = transfer;
        let (offset, bytes) = (transfer.offset.0, transfer.bytes.0);
        self.pair([from, to], ["from", "to"])?;
        self.chunk(chunk)?;
        if end < start {
            let message = format!(
                "time goes backwards: the transfer starts at {} ns and ends at {} ns; \
                 write an end that is not before the start",
                start.0, end.0
            );
            return Err(wrong("end", message));
        }
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
        Ok(())
    }
}

impl From<&Event> for RawEvent {
    fn from(event: &Event) -> Self {
        match event {
            &Event::Join { at: t, node } => RawEvent::Join { t, node },
            &Event::Leave { at: t, node } => RawEvent::Leave { t, node },
            &Event::Complete { at: t, node } => RawEvent::Complete { t, node },
            &Event::Transfer(Transfer { from, to, chunk, start, end, offset, bytes, outcome }) => {
                // What is as ever is left out.
                let offset = Some(offset).filter(|&offset| offset != Bytes(0));
                let outcome = match outcome {
                    Outcome::Delivered => None,
                    Outcome::Aborted => Some(RawOutcome::Aborted),
                };
                RawEvent::Transfer { from, to, chunk, start, end, bytes, offset, outcome }
            }
            &Event::Connect { at: t, a, b } => RawEvent::Connect { t, a, b },
            &Event::Disconnect { at: t, a, b } => RawEvent::Disconnect { t, a, b },
            &Event::Choke { at: t, from, to } => RawEvent::Choke { t, from, to },
            &Event::Unchoke { at: t, from, to } => RawEvent::Unchoke { t, from, to },
            &Event::AllowedFast { at: t, from, to, chunk } => {
                RawEvent::AllowedFast { t, from, to, chunk }
            }
            &Event::Capacity { at: t, node, upload } => {
                RawEvent::Capacity { t, node, upload_bps: upload }
            }
            Event::Announce { at: t, node, peers } => {
                RawEvent::Announce { t: *t, node: *node, peers: peers.clone() }
            }
        }
    }
}
