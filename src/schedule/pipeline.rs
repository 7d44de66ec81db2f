//! The binomial pipeline: each node sends and receives one chunk per slot, and the last chunk
//! reaches all nodes as fast as copies can multiply.
//!
//! [`pipeline`] gives a plan, [`slots`] the pipeline itself. Every peer must upload; with unequal
//! rates the plan is lawful but slow.
//!
//! > n nodes, the source among them, have M chunks after M - 1 + ceil(lg n) slots, and no schedule
//! > is faster (Bar-Noy, Kipnis & Schieber, DAM 100 (2000); Mundinger, Weber & Weiss, J. Scheduling
//! > 11 (2008)).
//!
//! # n = 2^l: a hypercube (Ganesan & Seshadri, ICDCS 2005)
//! In slot t every node sends the highest chunk that it has to its neighbor across dimension
//! t mod l; the source sends chunk min(t, M-1). All nodes are complete after M + l - 1 slots.
//!
//! # Any n: one or two peers per vertex
//! With 2^l < n < 2^(l+1), every vertex except the source's is one peer, or a pair of peers that
//! act as one towards the neighboring vertices. Each peer of a pair lacks at most one chunk that
//! the other has. In each slot the vertex sends a chunk X and receives a chunk Y:
//! - X is sent by the peer that alone has it, or else by the peer that lacks a chunk of the other;
//! - the other peer gives the sender of X the chunk that it lacks, if any;
//! - Y goes to the peer that was given nothing.
//!
//! Afterwards each lacks at most one chunk again: Y replaces what was given. So the vertices are
//! complete after M + l - 1 slots, as in the hypercube, and one more slot, in which both peers of a
//! pair give, completes all nodes: M - 1 + ceil(lg n).
//!
//! # A faster source
//! A source S times as fast as the slowest link of a peer serves S separate swarms of N/S peers.

use super::instance::Instance;
use super::serial::SerialSchedule;
use super::{Plan, Unable};
use crate::chunks::ChunkId;
use crate::chunks::ChunkSet;
use crate::scenario::Scenario;

/// The name of this construction.
pub(crate) const NAME: &str = "pipeline";

/// A chunk sent from one node to another in a slot; 0 is the source, peers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hop {
    /// The sender.
    pub from: usize,
    /// The receiver.
    pub to: usize,
    /// The chunk, counted from 0.
    pub chunk: usize,
}

/// The pipeline at the rates of `scenario`: the order of the slots is kept, but each send begins as
/// soon as its links and its chunk allow.
///
/// # Errors
/// If a node may leave, or a peer uploads nothing: peers behind it would never receive its chunks.
pub fn pipeline(scenario: &Scenario) -> Result<Plan, Unable> {
    let instance = Instance::new(scenario)?;
    let uploads = instance.up[1..].iter().zip(1..);
    if let Some((_, id)) = uploads.clone().find(|&(&upload, _)| upload == 0) {
        return Err(Unable(format!(
            "peer {id} uploads nothing; a pipeline needs every peer to upload"
        )));
    }
    let slowest = instance.up[1..].iter().chain(&instance.down[1..]).min().copied().unwrap_or(1);
    let swarms = (instance.up[0] / slowest).clamp(1, instance.peers() as u64);
    // If a downlink is slower than the source, the source must serve several peers at a time.
    let narrowest = instance.down[1..].iter().min().copied().unwrap_or(u64::MAX);
    let shares = instance.up[0].div_ceil(narrowest).clamp(1, swarms);
    let mut serial = SerialSchedule::new(&instance, shares);
    let mut swarms: Vec<SubSwarm> = (0..swarms as usize)
        .map(|first| {
            SubSwarm::new((first + 1..=instance.peers()).step_by(swarms as usize), instance.chunks)
        })
        .collect();
    let mut hops = Vec::new();
    while swarms.iter().any(|swarm| !swarm.is_complete()) {
        hops.clear();
        swarms.iter_mut().for_each(|swarm| swarm.slot(&mut hops));
        for &Hop { from, to, chunk } in &hops {
            serial.send(from, to, chunk)?;
        }
    }
    Ok(Plan::new(scenario, NAME, serial.sends()))
}

/// The pipeline of `peers` peers and `chunks` chunks, both at least 1: the hops of each slot.
pub fn slots(peers: usize, chunks: usize) -> Vec<Vec<Hop>> {
    let mut swarm = SubSwarm::new(1..=peers, chunks);
    let mut slots = Vec::new();
    while !swarm.is_complete() {
        let mut hops = Vec::new();
        swarm.slot(&mut hops);
        slots.push(hops);
    }
    slots
}

/// A source and the peers that it serves.
struct SubSwarm {
    /// l, where the hypercube has 2^l vertices.
    dimensions: usize,
    chunks: usize,
    /// The number of the next slot.
    slot: usize,
    /// By address; vertex 0, the source's, has no peers.
    vertices: Vec<Vertex>,
}

/// One peer, or a pair that acts as one.
#[derive(Default)]
struct Vertex {
    peers: Vec<usize>,
    /// The chunks that they have between them; None for the source's vertex.
    has: Option<ChunkSet>,
    /// The highest of these chunks.
    top: Option<usize>,
    /// The chunk that only the first of a pair has, and the chunk that only the second has.
    alone: [Option<usize>; 2],
}

/// What a pair does in a slot; 0 is its first peer.
struct Turn {
    /// The peer that sends to the neighboring vertex.
    sends: usize,
    /// The peer that receives from the neighboring vertex.
    receives: usize,
    /// For each peer: does it give the other the chunk that only it has?
    gives: [bool; 2],
}

impl SubSwarm {
    fn new(peers: impl Iterator<Item = usize>, chunks: usize) -> Self {
        let peers: Vec<usize> = peers.collect();
        let dimensions = (peers.len() + 1).ilog2() as usize;
        let mut vertices = vec![Vertex::default()];
        let others = (1 << dimensions) - 1;
        for vertex in 0..others {
            let two = [peers.get(vertex), peers.get(vertex + others)];
            let peers = two.into_iter().flatten().copied().collect();
            let has = Some(ChunkSet::empty(chunks));
            vertices.push(Vertex { peers, has, ..Vertex::default() });
        }
        SubSwarm { dimensions, chunks, slot: 0, vertices }
    }

    fn is_complete(&self) -> bool {
        self.vertices[1..].iter().all(|vertex| {
            vertex.has.as_ref().is_some_and(ChunkSet::is_full) && vertex.alone == [None; 2]
        })
    }

    /// The chunk that a vertex sends to its neighbor; None if it has none that the neighbor lacks.
    fn offer(&self, from: usize, to: usize) -> Option<usize> {
        let chunk = match from {
            0 => Some(self.slot.min(self.chunks - 1)),
            _ => self.vertices[from].top,
        };
        let has = self.vertices[to].has.as_ref()?;
        chunk.filter(|&chunk| !has.contains(ChunkId(chunk as u32)))
    }

    /// Appends the hops of one slot. What a node sends depends only on the state before the slot.
    fn slot(&mut self, hops: &mut Vec<Hop>) {
        let across = 1 << (self.slot % self.dimensions);
        let neighbors = |vertex: usize| vertex ^ across;
        let vertices = 0..self.vertices.len();
        let offers: Vec<Option<usize>> =
            vertices.clone().map(|from| self.offer(from, neighbors(from))).collect();
        let turns: Vec<Turn> = vertices
            .clone()
            .map(|at| self.vertices[at].turn(offers[at], offers[neighbors(at)]))
            .collect();
        for from in vertices.clone() {
            let to = neighbors(from);
            if let Some(chunk) = offers[from] {
                let sender = self.vertices[from].peers.get(turns[from].sends).copied();
                let receiver = self.vertices[to].peers[turns[to].receives];
                hops.push(Hop { from: sender.unwrap_or(0), to: receiver, chunk });
            }
        }
        for at in vertices {
            let arrives = offers[neighbors(at)];
            self.vertices[at].pass(&turns[at], arrives, hops);
        }
        self.slot += 1;
    }
}

impl Vertex {
    /// The roles of a pair in a slot in which its vertex sends and receives these chunks.
    fn turn(&self, sends: Option<usize>, receives: Option<usize>) -> Turn {
        let turn = |sends, receives, gives| Turn { sends, receives, gives };
        if self.peers.len() < 2 {
            return turn(0, 0, [false; 2]);
        }
        let [first, second] = self.alone;
        match (sends, receives) {
            (None, None) => turn(0, 0, [true, true]),
            (Some(chunk), _) if first == Some(chunk) => turn(0, 1, [false, true]),
            (Some(chunk), _) if second == Some(chunk) => turn(1, 0, [true, false]),
            // The peer that receives from the other does not receive from the neighbor.
            _ if first.is_some() => turn(1, 0, [true, false]),
            _ => turn(0, 1, [false, true]),
        }
    }

    /// Appends the hops within the vertex, and records the chunk that arrives from outside.
    fn pass(&mut self, turn: &Turn, arrives: Option<usize>, hops: &mut Vec<Hop>) {
        for giver in 0..2 {
            if turn.gives[giver]
                && let Some(chunk) = self.alone[giver].take()
            {
                hops.push(Hop { from: self.peers[giver], to: self.peers[1 - giver], chunk });
            }
        }
        let (Some(chunk), Some(has)) = (arrives, self.has.as_mut()) else { return };
        has.insert(ChunkId(chunk as u32));
        self.top = self.top.max(Some(chunk));
        if 1 < self.peers.len() {
            let old = self.alone[turn.receives].replace(chunk);
            assert_eq!(old, None, "each of two lacks at most one chunk of the other");
        }
    }
}
