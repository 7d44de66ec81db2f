//! The lines that a peer reads: `init`, then all inputs of one instant in one line each.
//!
//! Inputs keep the order in which the simulator gives them. The same news to several nodes is
//! written once, with `nodes` in place of `node`, where one follows the other.

use serde::Serialize;
use serde_json::value::RawValue;

use super::message::Message;
use crate::chunks::{ChunkSet, PeerId};
use crate::engine::{Input, Role, Settings};
use crate::scenario::{Behavior, Protocol, Scenario};
use crate::units::Time;

/// The version of the protocol.
pub(super) const VERSION: u32 = 1;

/// The first line of each run: it resets everything.
#[derive(Serialize)]
struct Init {
    swarmbound: u32,
    r#type: &'static str,
    seed: u64,
    nodes: usize,
    chunks: usize,
    chunk_bytes: u64,
    file_bytes: u64,
}

/// The line that begins a run of `scenario`, with its end of line.
pub(super) fn init(scenario: &Scenario) -> String {
    let parts = scenario.parts();
    line(&Init {
        swarmbound: VERSION,
        r#type: "init",
        seed: parts.seed,
        nodes: scenario.peer_count() + 1,
        chunks: parts.file.chunks(),
        chunk_bytes: parts.file.chunk().0,
        file_bytes: parts.file.file().0,
    })
}

fn line(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value);
    text.expect("plain structs of numbers and strings are always JSON") + "\n"
}

/// What happens to a node, as it is written after `node`.
#[derive(Default, Serialize)]
struct RawInput<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<Vec<[u32; 2]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wants: Option<Vec<[u32; 2]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'a Protocol>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<PeerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<&'a [PeerId]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    say: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<Vec<[u32; 2]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<u32>,
}

/// The chunks of a set as half-open ranges, in ascending order.
pub(super) fn ranges(chunks: &ChunkSet) -> Vec<[u32; 2]> {
    let mut ranges: Vec<[u32; 2]> = Vec::new();
    for chunk in chunks.iter() {
        match ranges.last_mut() {
            Some([_, end]) if *end == chunk.0 => *end += 1,
            _ => ranges.push([chunk.0, chunk.0 + 1]),
        }
    }
    ranges
}

/// What a node is when it starts.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) role: Role,
    pub(super) settings: Settings,
    pub(super) holds: ChunkSet,
}

impl Start {
    fn raw(&self) -> RawInput<'_> {
        RawInput {
            r#type: "start",
            role: Some(match self.role {
                Role::Source => "source",
                Role::Peer(Behavior::FreeRider) => "free rider",
                Role::Peer(Behavior::Cooperative) => "peer",
            }),
            holds: Some(ranges(&self.holds)),
            wants: self
                .settings
                .wants
                .as_ref()
                .map(|wants| wants.ranges().iter().map(|range| [range.start, range.end]).collect()),
            requests: Some(self.settings.requests),
            protocol: Some(&self.settings.protocol),
            ..RawInput::default()
        }
    }
}

fn received(peer: PeerId, message: &Message) -> RawInput<'_> {
    let raw = RawInput { r#type: "received", peer: Some(peer), ..RawInput::default() };
    match message {
        Message::Chunk(chunk) => RawInput { say: Some("chunk"), chunk: Some(chunk.0), ..raw },
        Message::Choke => RawInput { say: Some("choke"), ..raw },
        Message::Unchoke => RawInput { say: Some("unchoke"), ..raw },
        Message::Request(chunk) => RawInput { say: Some("request"), chunk: Some(chunk.0), ..raw },
        Message::Have(chunk) => RawInput { say: Some("have"), chunk: Some(chunk.0), ..raw },
        Message::Bitfield(chunks) => {
            RawInput { say: Some("bitfield"), chunks: Some(ranges(chunks)), ..raw }
        }
        Message::Own { say, body } => RawInput {
            say: Some(say),
            body: body.clone().and_then(|body| RawValue::from_string(body).ok()),
            ..raw
        },
    }
}

fn raw<'a>(input: &'a Input<Message>, start: &'a Start) -> RawInput<'a> {
    let of = |r#type| RawInput { r#type, ..RawInput::default() };
    let with = |r#type, peer: &PeerId| RawInput { peer: Some(*peer), ..of(r#type) };
    match input {
        Input::Start => start.raw(),
        Input::Members(peers) => RawInput { peers: Some(peers), ..of("members") },
        Input::Asked(peer) => with("asked", peer),
        Input::Connected(peer) => with("connected", peer),
        Input::Disconnected(peer) => with("disconnected", peer),
        Input::Received { from, message } => received(*from, message),
        Input::Sent { to, chunk } => RawInput { chunk: Some(chunk.0), ..with("sent", to) },
        Input::Ready => of("ready"),
        Input::Expired(timer) => RawInput { timer: Some(timer.0), ..of("timer") },
        Input::Leave => of("leave"),
    }
}

/// The inputs of one instant.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// What happens, as JSON without its opening brace, and to which nodes.
    inputs: Vec<(String, Vec<PeerId>)>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Adds an input of `node`.
    pub(super) fn push(&mut self, node: PeerId, input: &Input<Message>, start: &Start) {
        let text = serde_json::to_string(&raw(input, start));
        let text = text.expect("plain structs of numbers and strings are always JSON").split_off(1);
        match self.inputs.last_mut() {
            Some((last, nodes)) if *last == text => nodes.push(node),
            _ => self.inputs.push((text, vec![node])),
        }
    }

    /// The line of everything that was added, with its end of line; the batch is empty then.
    pub(super) fn take_line(&mut self, at: Time) -> String {
        let written = self.inputs.drain(..).map(|(text, nodes)| match &nodes[..] {
            [PeerId(node)] => format!("{{\"node\":{node},{text}"),
            nodes => {
                let nodes: Vec<String> = nodes.iter().map(|node| node.0.to_string()).collect();
                format!("{{\"nodes\":[{}],{text}", nodes.join(","))
            }
        });
        let inputs = written.collect::<Vec<_>>().join(",");
        format!("{{\"t_ns\":{},\"in\":[{inputs}]}}\n", at.0)
    }
}
