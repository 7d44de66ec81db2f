//! The binomial pipeline: everybody sends and receives one chunk a slot, and the last chunk reaches
//! everybody as soon as copies can multiply.
//!
//! It asks every peer to upload; with unequal rates it is lawful and slow. The functions to know
//! are [`pipeline`] and [`slots`].
//!
//! > n nodes, the source among them, have M chunks after M - 1 + ceil(lg n) slots, and nobody can
//! > be faster (Bar-Noy, Kipnis & Schieber, DAM 100 (2000); Mundinger, Weber & Weiss, J. Scheduling
//! > 11 (2008)).
//!
//! # n = 2^l: a hypercube (Ganesan & Seshadri, ICDCS 2005)
//! In slot t every node sends to its neighbor across dimension t mod l the highest chunk that it
//! has; the source sends chunk min(t, M-1). Everybody is complete after M + l - 1 slots.
//!
//! # Every n: one or two nodes a vertex
//! With 2^l < n < 2^(l+1), a vertex other than the source's is one peer, or two that act as one
//! towards the neighbors and of whom each lacks at most one chunk that the other has. In a slot the
//! vertex sends X and receives Y. Whoever must send X (who alone has it, or else who is to be given
//! the chunk that it lacks) sends it; the other one gives the sender what it lacks, if that is
//! anything; and Y goes to whoever receives nothing then. After it each lacks at most one chunk
//! again: Y replaces what was given. So the vertices are complete after M + l - 1 slots as in the
//! hypercube, and one more, in which both give, completes everybody: M - 1 + ceil(lg n).
//!
//! # A faster source
//! One that is S times as fast as the slowest link of a peer serves S swarms of N/S peers.

use super::serial::Serial;
use super::world::World;
use super::{Plan, Unable};
use crate::chunks::ChunkId;
use crate::chunks::ChunkSet;
use crate::scenario::Scenario;

/// The name of this construction.
pub(crate) const NAME: &str = "pipeline";

/// A chunk that goes from one node to another in a slot; 0 is the source, peers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hop {
    /// Who sends.
    pub from: usize,
    /// Who receives.
    pub to: usize,
    /// Which chunk, counted from 0.
    pub chunk: usize,
}

/// The pipeline with the rates of `scenario`: a slot is a chunk time, and whoever could begin
/// sooner does.
///
/// # Errors
/// When a peer uploads nothing, which would break the pipeline behind it.
pub fn pipeline(scenario: &Scenario) -> Result<Plan, Unable> {
    let world = World::new(scenario)?;
    let uploads = world.up[1..].iter().zip(1..);
    if let Some((_, id)) = uploads.clone().find(|&(&upload, _)| upload == 0) {
        return Err(Unable(format!("peer {id} uploads nothing; a pipeline needs everybody")));
    }
    let slowest = world.up[1..].iter().chain(&world.down[1..]).min().copied().unwrap_or(1);
    let swarms = (world.up[0] / slowest).clamp(1, world.peers() as u64);
    // Where a downlink is slower than the source, the source must serve several at a time.
    let narrowest = world.down[1..].iter().min().copied().unwrap_or(u64::MAX);
    let lanes = world.up[0].div_ceil(narrowest).clamp(1, swarms);
    let mut serial = Serial::new(&world, lanes);
    let mut swarms: Vec<Swarm> = (0..swarms as usize)
        .map(|first| Swarm::new((first + 1..=world.peers()).step_by(swarms as usize), world.chunks))
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

/// The pipeline of `peers` peers and `chunks` chunks slot by slot, at least one each.
pub fn slots(peers: usize, chunks: usize) -> Vec<Vec<Hop>> {
    let mut swarm = Swarm::new(1..=peers, chunks);
    let mut slots = Vec::new();
    while !swarm.is_complete() {
        let mut hops = Vec::new();
        swarm.slot(&mut hops);
        slots.push(hops);
    }
    slots
}

/// A source and the peers that it serves.
struct Swarm {
    /// l: 2^l vertices.
    dimensions: usize,
    chunks: usize,
    /// The next slot.
    slot: usize,
    /// Vertex 0, the source's, is empty here.
    vertices: Vec<Vertex>,
}

/// One peer, or two that act as one.
#[derive(Default)]
struct Vertex {
    peers: Vec<usize>,
    /// What they have between them.
    has: Option<ChunkSet>,
    /// The highest of these.
    top: Option<usize>,
    /// The chunk that only the first of two has, and the one that only the second has.
    alone: [Option<usize>; 2],
}

/// What a vertex of two does in a slot.
struct Turn {
    /// Which of the two sends to the neighbor.
    sends: usize,
    /// Which of the two receives from the neighbor.
    receives: usize,
    /// Which of the two gives the other what only it has.
    gives: [bool; 2],
}

impl Swarm {
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
        Swarm { dimensions, chunks, slot: 0, vertices }
    }

    fn is_complete(&self) -> bool {
        self.vertices[1..].iter().all(|vertex| {
            vertex.has.as_ref().is_some_and(ChunkSet::is_full) && vertex.alone == [None; 2]
        })
    }

    /// The chunk that a vertex sends to its neighbor, unless that has it.
    fn offer(&self, from: usize, to: usize) -> Option<usize> {
        let chunk = match from {
            0 => Some(self.slot.min(self.chunks - 1)),
            _ => self.vertices[from].top,
        };
        let has = self.vertices[to].has.as_ref()?;
        chunk.filter(|&chunk| !has.contains(ChunkId(chunk as u32)))
    }

    /// One slot: what everybody sends depends on what everybody had before it.
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
    /// Who of the two does what in a slot that sends and receives these chunks.
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
            // Who receives from the other does not receive from the neighbor.
            _ if first.is_some() => turn(1, 0, [true, false]),
            _ => turn(0, 1, [false, true]),
        }
    }

    /// What happens within the vertex, and what has arrived after the slot.
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
