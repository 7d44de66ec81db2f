//! The lines that a peer answers with, and what is wrong with one that cannot be understood.
//!
//! Every field is known, and each type of output has its own: a misspelled or forgotten field is
//! an error that names it, never a silent default.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::inputs::VERSION;
use super::message::Message;
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::engine::{Output, Presence, Timer};
use crate::scenario::printable;
use crate::suite::Failure;
use crate::units::Time;

/// The most characters of a line that an explanation shows.
const SHOWN: usize = 200;

/// What a peer says of itself in its answer to `init`: scenarios with what it does not do are not
/// drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// It keeps to chokers that barter.
    pub barter: bool,
    /// It copes with arrivals and departures.
    pub churn: bool,
    /// It copes with latency.
    pub latency: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object like {\"swarmbound\":1}")]
struct RawHello {
    swarmbound: Value,
    #[serde(default = "yes")]
    barter: bool,
    #[serde(default = "yes")]
    churn: bool,
    #[serde(default = "yes")]
    latency: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object like {\"out\":[]}")]
struct RawAnswer<'a> {
    #[serde(borrow)]
    out: Vec<&'a RawValue>,
}

/// All fields of all outputs; which of them an output has depends on its type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object like {\"node\":1,\"type\":\"completed\"}")]
struct RawOutput<'a> {
    node: u32,
    r#type: String,
    peer: Option<u32>,
    peers: Option<Vec<u32>>,
    say: Option<String>,
    chunk: Option<u32>,
    chunks: Option<Vec<[u32; 2]>>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    want: Option<u32>,
    gone: Option<bool>,
    timer: Option<u32>,
    after_ns: Option<u64>,
}

/// The types of outputs, with the fields that each must have and those that it may have.
const TYPES: &[(&str, &[&str], &[&str])] = &[
    ("announce", &["want"], &["gone"]),
    ("connect", &["peer"], &[]),
    ("accept", &["peer"], &[]),
    ("refuse", &["peer"], &[]),
    ("disconnect", &["peer"], &[]),
    ("send", &["peers", "say"], &["chunk", "chunks", "body"]),
    ("abort", &["peer", "chunk"], &[]),
    ("timer", &["timer", "after_ns"], &[]),
    ("completed", &[], &[]),
];

/// The words that mean something to links and rules, and the field that each takes beside `say`.
const SAYS: &[(&str, Option<&str>)] = &[
    ("chunk", Some("chunk")),
    ("request", Some("chunk")),
    ("have", Some("chunk")),
    ("bitfield", Some("chunks")),
    ("choke", None),
    ("unchoke", None),
];

/// A line, cut where it is long, without what a terminal would obey.
pub(super) fn shown(line: &str) -> String {
    let line = line.trim_end();
    let cut: String = line.chars().take(SHOWN).collect();
    let dots = if cut.len() < line.len() { "..." } else { "" };
    printable(cut) + dots
}

fn malformed(line: &str, why: impl std::fmt::Display) -> Failure {
    Failure::new("malformed answer", format!("{why}; the line was `{}`", shown(line)))
}

/// Fails if a line is no JSON object: then it was printed by mistake.
fn object(line: &str, expected: &str) -> Result<(), Failure> {
    if line.trim_start().starts_with('{') {
        return Ok(());
    }
    Err(Failure::new(
        "printed on standard output",
        format!(
            "it printed `{}` where {expected} was expected; standard output belongs to the \
             protocol: print everything else on standard error",
            shown(line)
        ),
    ))
}

/// Reads the answer to `init`.
pub(super) fn hello(line: &str) -> Result<Declared, Failure> {
    object(line, "the answer to init, {\"swarmbound\":1},")?;
    let raw: RawHello = serde_json::from_str(line).map_err(|error| malformed(line, error))?;
    if raw.swarmbound.as_u64() != Some(VERSION.into()) {
        return Err(Failure::new(
            "another version",
            format!(
                "it speaks version {} of the protocol, and only version {VERSION} is known; answer \
                 {{\"swarmbound\":{VERSION}}}",
                shown(&raw.swarmbound.to_string())
            ),
        ));
    }
    Ok(Declared { barter: raw.barter, churn: raw.churn, latency: raw.latency })
}

/// The sizes that outputs are checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    pub(super) nodes: usize,
    pub(super) chunks: usize,
}

/// Reads an answer to a line of inputs: outputs in their order, each with its node.
pub(super) fn outputs(line: &str, world: World) -> Result<Vec<(PeerId, Output<Message>)>, Failure> {
    object(line, "an answer, {\"out\":[...]},")?;
    let answer: RawAnswer<'_> =
        serde_json::from_str(line).map_err(|error| malformed(line, error))?;
    answer.out.into_iter().map(|value| output(value.get(), world)).collect()
}

fn output(text: &str, world: World) -> Result<(PeerId, Output<Message>), Failure> {
    let raw: RawOutput<'_> = serde_json::from_str(text).map_err(|error| malformed(text, error))?;
    raw.fields().map_err(|why| malformed(text, why))?;
    let read = world.node(raw.node).and_then(|node| Ok((node, raw.read(world)?)));
    read.map_err(|(name, why)| Failure::new(name, format!("{why}, in `{}`", shown(text))))
}

/// What is wrong with an output: its name and a sentence.
type Wrong = (&'static str, String);

impl World {
    fn node(self, node: u32) -> Result<PeerId, Wrong> {
        if (node as usize) < self.nodes {
            return Ok(PeerId(node));
        }
        let last = self.nodes.saturating_sub(1);
        Err(("unknown node", format!("there is no node {node}: the nodes are 0 to {last}")))
    }

    fn chunk(self, chunk: u32) -> Result<ChunkId, Wrong> {
        if (chunk as usize) < self.chunks {
            return Ok(ChunkId(chunk));
        }
        let last = self.chunks.saturating_sub(1);
        Err(("unknown chunk", format!("there is no chunk {chunk}: the chunks are 0 to {last}")))
    }

    fn set(self, ranges: &[[u32; 2]]) -> Result<ChunkSet, Wrong> {
        let mut set = ChunkSet::empty(self.chunks);
        for &[start, end] in ranges {
            if end <= start {
                let why = format!("the range [{start},{end}] is empty: its end is not in it");
                return Err(("malformed answer", why));
            }
            self.chunk(end - 1)?;
            for chunk in start..end {
                set.insert(ChunkId(chunk));
            }
        }
        Ok(set)
    }
}

impl RawOutput<'_> {
    /// The names of the fields that it has, beside `node` and `type`.
    fn names(&self) -> Vec<&'static str> {
        let there = [
            ("peer", self.peer.is_some()),
            ("peers", self.peers.is_some()),
            ("say", self.say.is_some()),
            ("chunk", self.chunk.is_some()),
            ("chunks", self.chunks.is_some()),
            ("body", self.body.is_some()),
            ("want", self.want.is_some()),
            ("gone", self.gone.is_some()),
            ("timer", self.timer.is_some()),
            ("after_ns", self.after_ns.is_some()),
        ];
        there.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    /// Does it have the fields of its type, and no others?
    fn fields(&self) -> Result<(), String> {
        let Some((kind, must, may)) = TYPES.iter().find(|(name, ..)| *name == self.r#type) else {
            let known: Vec<&str> = TYPES.iter().map(|(name, ..)| *name).collect();
            let known = known.join(", ");
            return Err(format!("`{}` is no type of output; write one of {known}", self.r#type));
        };
        self.has_only(kind, must, may)?;
        let Some(say) = self.say.as_deref() else { return Ok(()) };
        let what = format!("send with say `{say}`");
        match SAYS.iter().find(|(name, _)| *name == say) {
            Some((_, Some(field))) => self.has_only(&what, &["peers", "say", field], &[]),
            Some((_, None)) => self.has_only(&what, &["peers", "say"], &[]),
            None => self.has_only(&what, &["peers", "say"], &["body"]),
        }
    }

    fn has_only(&self, what: &str, must: &[&str], may: &[&str]) -> Result<(), String> {
        let names = self.names();
        if let Some(missing) = must.iter().find(|field| !names.contains(*field)) {
            return Err(format!("{what} has no `{missing}`; write it"));
        }
        match names.iter().find(|name| !must.contains(*name) && !may.contains(*name)) {
            Some(other) => Err(format!("{what} has no field `{other}`; leave it out")),
            None => Ok(()),
        }
    }

    fn read(&self, world: World) -> Result<Output<Message>, Wrong> {
        // All fields of the type are there: `fields` has seen to it.
        let peer = || world.node(self.peer.unwrap_or_default());
        let chunk = || world.chunk(self.chunk.unwrap_or_default());
        Ok(match self.r#type.as_str() {
            "announce" => Output::Announce {
                presence: match self.gone {
                    Some(true) => Presence::Gone,
                    _ => Presence::Here,
                },
                want: self.want.unwrap_or_default(),
            },
            "connect" => Output::Connect(peer()?),
            "accept" => Output::Accept(peer()?),
            "refuse" => Output::Refuse(peer()?),
            "disconnect" => Output::Disconnect(peer()?),
            "abort" => Output::Abort { to: peer()?, chunk: chunk()? },
            "timer" => Output::Arm {
                timer: Timer(self.timer.unwrap_or_default()),
                after: Time(self.after_ns.unwrap_or_default()),
            },
            "send" => self.send(world)?,
            _ => Output::Completed,
        })
    }

    fn send(&self, world: World) -> Result<Output<Message>, Wrong> {
        let peers = self.peers.iter().flatten().map(|&peer| world.node(peer));
        let to: Vec<PeerId> = peers.collect::<Result<_, _>>()?;
        let chunk = || world.chunk(self.chunk.unwrap_or_default());
        let message = match self.say.as_deref().unwrap_or_default() {
            "chunk" => Message::Chunk(chunk()?),
            "request" => Message::Request(chunk()?),
            "have" => Message::Have(chunk()?),
            "bitfield" => Message::Bitfield(world.set(self.chunks.as_deref().unwrap_or_default())?),
            "choke" => Message::Choke,
            "unchoke" => Message::Unchoke,
            say => Message::Own {
                say: say.to_owned(),
                body: self.body.map(|body| body.get().to_owned()),
            },
        };
        Ok(match to[..] {
            [to] => Output::Send { to, message },
            _ => Output::Tell { to, message },
        })
    }
}
