//! What all nodes of a run share: the processes, the inputs of the instant, and the answers.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

use super::inputs::{Batch, Start};
use super::message::Message;
use super::outputs::{World, outputs};
use super::session::Session;
use crate::chunks::PeerId;
use crate::engine::{Input, Output};
use crate::suite::Failure;
use crate::units::Time;

/// Lines at one instant beyond which nodes talk without end: a neighborship, a bitfield, interest,
/// an unchoke and a request take ten, and no chunk takes no time. It does not grow with the run.
const MOST_LINES_AT_ONCE: u32 = 1000;

/// Whether a node is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    NotStarted,
    Running,
    Gone,
}

/// A node, as far as the wire has to know it.
#[derive(Debug)]
struct WireNode {
    standing: Standing,
    outputs: VecDeque<Output<Message>>,
    neighbors: BTreeSet<PeerId>,
}

/// The conversation of one run.
#[derive(Debug)]
pub(super) struct Wire {
    /// One process for all nodes, or one for each.
    sessions: Vec<Session>,
    batches: Vec<Batch>,
    /// The sessions that have inputs, in the order of their first ones.
    waiting: Vec<usize>,
    nodes: Vec<WireNode>,
    world: World,
    /// The instant of the last lines, and their number.
    at: Time,
    lines_at: u32,
    /// Inputs that may still be given.
    inputs_left: u64,
    /// Messages to nodes that were no neighbors, which were dropped.
    misdirected: u64,
    failure: Option<Failure>,
    interruption: Option<Instant>,
    log: Option<BufWriter<File>>,
}

impl Wire {
    /// The conversation with processes that have answered `init`.
    pub(super) fn new(
        sessions: Vec<Session>,
        world: World,
        inputs: u64,
        interruption: Option<Instant>,
        log: Option<BufWriter<File>>,
    ) -> Self {
        let node = || WireNode {
            standing: Standing::NotStarted,
            outputs: VecDeque::new(),
            neighbors: BTreeSet::new(),
        };
        Wire {
            batches: sessions.iter().map(|_| Batch::default()).collect(),
            sessions,
            waiting: Vec::new(),
            nodes: (0..world.nodes).map(|_| node()).collect(),
            world,
            at: Time::ZERO,
            lines_at: 0,
            inputs_left: inputs,
            misdirected: 0,
            failure: None,
            interruption,
            log,
        }
    }

    /// Takes an input of a node, for the next line.
    pub(super) fn push(&mut self, node: PeerId, input: &Input<Message>, start: &Start) {
        if self.failure.is_some() {
            return;
        }
        let Some(left) = self.inputs_left.checked_sub(1) else {
            self.failure = Some(Failure::new(
                "never ends",
                "the run goes on and on: its nodes were given 8 times as many inputs as their \
                 timers and chunks account for",
            ));
            return;
        };
        self.inputs_left = left;
        let state = &mut self.nodes[node.index()];
        match input {
            Input::Start => state.standing = Standing::Running,
            Input::Connected(peer) => drop(state.neighbors.insert(*peer)),
            Input::Disconnected(peer) => drop(state.neighbors.remove(peer)),
            _ => {}
        }
        let session = node.index().min(self.batches.len() - 1);
        if self.batches[session].is_empty() {
            self.waiting.push(session);
        }
        self.batches[session].push(node, input, start);
    }

    /// A node is gone, and says nothing any more.
    pub(super) fn gone(&mut self, node: PeerId) {
        let state = &mut self.nodes[node.index()];
        state.standing = Standing::Gone;
        state.outputs.clear();
    }

    /// The next output of a node that an answer has brought.
    pub(super) fn poll(&mut self, node: PeerId) -> Option<Output<Message>> {
        self.nodes[node.index()].outputs.pop_front()
    }

    /// Hands over all inputs of the instant `at`, and takes the answers. Returns the nodes that
    /// have said something, in the order in which they did.
    pub(super) fn flush(&mut self, at: Time) -> Vec<PeerId> {
        let mut spoken = Vec::new();
        for session in std::mem::take(&mut self.waiting) {
            if let Err(failure) = self.ask(session, at, &mut spoken) {
                self.failure = Some(failure);
                return Vec::new();
            }
        }
        spoken
    }

    fn ask(&mut self, session: usize, at: Time, spoken: &mut Vec<PeerId>) -> Result<(), Failure> {
        self.lines_at = if self.at == at { self.lines_at + 1 } else { 1 };
        self.at = at;
        let most = MOST_LINES_AT_ONCE.saturating_mul(self.sessions.len() as u32);
        if most < self.lines_at {
            return Err(Failure::new(
                "talks without end",
                format!("its nodes have exchanged {most} lines at {at} and time does not go on"),
            ));
        }
        let line = self.batches[session].take_line(at);
        self.note('>', &line);
        let answer = self.sessions[session].ask(&line, self.interruption)?;
        self.note('<', &answer);
        for (node, output) in outputs(&answer, self.world)? {
            self.take(session, node, output, spoken)?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        session: usize,
        node: PeerId,
        output: Output<Message>,
        spoken: &mut Vec<PeerId>,
    ) -> Result<(), Failure> {
        if 1 < self.sessions.len() && node.index() != session {
            let why = format!("the process of node {session} answered for node {}", node.0);
            return Err(Failure::new("unknown node", why));
        }
        let state = &mut self.nodes[node.index()];
        match state.standing {
            Standing::NotStarted => {
                let why = format!("it answered for node {}, which has not started yet", node.0);
                return Err(Failure::new("unknown node", why));
            }
            // It may have crashed at this very instant.
            Standing::Gone => return Ok(()),
            Standing::Running => {}
        }
        let strangers =
            |to: &[PeerId]| to.iter().filter(|to| !state.neighbors.contains(to)).count();
        self.misdirected += match &output {
            Output::Send { to, .. } => strangers(&[*to]),
            Output::Tell { to, .. } => strangers(to),
            _ => 0,
        } as u64;
        if let Output::Disconnect(peer) = &output {
            state.neighbors.remove(peer);
        }
        state.outputs.push_back(output);
        if !spoken.contains(&node) {
            spoken.push(node);
        }
        Ok(())
    }

    /// Keeps a line, with its direction.
    fn note(&mut self, direction: char, line: &str) {
        if let Some(log) = &mut self.log {
            // What cannot be kept is missed by the reader of the log alone.
            let _ = write!(log, "{direction} {line}");
        }
    }

    /// Why there can be no trace, if it is known by now.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Ends the conversation.
    pub(super) fn close(&mut self) -> Closed {
        Closed {
            sessions: std::mem::take(&mut self.sessions),
            log: self.log.take(),
            misdirected: self.misdirected,
            failure: self.failure.take(),
        }
    }
}

/// What is left of a conversation.
pub(super) struct Closed {
    pub(super) sessions: Vec<Session>,
    pub(super) log: Option<BufWriter<File>>,
    pub(super) misdirected: u64,
    pub(super) failure: Option<Failure>,
}
