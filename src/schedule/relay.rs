//! The fluid construction in whole chunks, store and forward.
//!
//! It needs everybody from the start, since its rates are those of [`super::fluid`]. The function
//! to know is [`relay`].
//!
//! > T <= F/r + c max 1/r_i, where every stream is a whole number of chunks; in general one
//! > c max 1/r_i more.
//!
//! Stream i is cut into chunks that the source sends to peer i one after another, each in
//! t_i = c/r_i; while the next arrives, peer i sends the last one to everybody else, to each at
//! rate r_i. So n chunks of stream i are everywhere at (n + 1) t_i, and n chunks of the direct
//! stream at n t_0. All rates are constant and below the capacities by the certificate, times are
//! rounded up, so no window of time holds more than a link can carry.
//!
//! # Which chunks in which stream
//! Equal chunks differ in nothing but their stream, so an order is a number n_i for each stream,
//! with sum M. Each chunk goes to the stream that would end first with it: as the end of a stream
//! grows with its chunks, no other numbers end sooner (the largest of increasing functions with a
//! given sum of arguments). The numbers `ceil(M r_i/r)` end by F/r + 2 c max 1/r_i, so these do,
//! too.
//!
//! A latency comes once on the way to the relay and once on the way from it. A short last chunk is
//! sent as if it were whole, but it ends the sooner.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::fluid::Rates;
use super::world::{World, plus};
use super::{Plan, Send, Unable, too_long};
use crate::chunks::{ChunkId, PeerId};
use crate::ratio::Ratio;
use crate::scenario::Scenario;
use crate::units::{NANO, Time};

/// The name of this construction.
pub(crate) const NAME: &str = "relay";

/// The fluid construction in whole chunks.
///
/// # Errors
/// Why static rates do not serve the scenario.
pub fn relay(scenario: &Scenario) -> Result<Plan, Unable> {
    let rates = Rates::new(scenario)?;
    let world = World::new(scenario)?;
    let streams = Streams::new(&rates, &world)?;
    let mut sends = Vec::with_capacity(world.peers() * world.chunks);
    let mut next = vec![0; streams.pace.len()];
    let mut queue: BinaryHeap<Reverse<(Time, usize)>> = BinaryHeap::new();
    for stream in (0..streams.pace.len()).filter(|&stream| streams.pace[stream].is_some()) {
        queue.push(Reverse((streams.end(stream, 1)?, stream)));
    }
    for chunk in 0..world.chunks {
        let Some(Reverse((_, stream))) = queue.pop() else { break };
        streams.send(&world, stream, next[stream], chunk, &mut sends)?;
        next[stream] += 1;
        queue.push(Reverse((streams.end(stream, next[stream] + 1)?, stream)));
    }
    Ok(Plan::new(scenario, NAME, sends))
}

/// The streams that there are: 0 is the direct one, i is relayed by peer i.
struct Streams<'a> {
    rates: &'a Rates,
    /// How long each takes for a chunk; None has no rate.
    pace: Vec<Option<Time>>,
}

impl<'a> Streams<'a> {
    fn new(rates: &'a Rates, world: &World) -> Result<Self, Unable> {
        let all = [&rates.direct].into_iter().chain(&rates.relayed);
        let pace = all.map(|rate| {
            let span = span(world.longest(), rate);
            span.map(|span| span.ceil_nanos().ok_or_else(too_long)).transpose()
        });
        Ok(Streams { rates, pace: pace.collect::<Result<_, _>>()? })
    }

    /// How many steps of its pace after the start a stream begins its `n`-th chunk.
    fn begin(&self, stream: usize, n: usize) -> Result<Time, Unable> {
        let pace = self.pace[stream].map_or(0, |pace| pace.0);
        pace.checked_mul(n as u64).map(Time).ok_or_else(too_long)
    }

    /// When `n` chunks of a stream are everywhere.
    fn end(&self, stream: usize, n: usize) -> Result<Time, Unable> {
        self.begin(stream, if stream == 0 { n } else { n + 1 })
    }

    /// Sends a chunk as the `n`-th of a stream, counted from 0.
    fn send(
        &self,
        world: &World,
        stream: usize,
        n: usize,
        chunk: usize,
        sends: &mut Vec<Send>,
    ) -> Result<(), Unable> {
        let rate = if stream == 0 { &self.rates.direct } else { &self.rates.relayed[stream - 1] };
        let takes = span(world.length(chunk), rate).and_then(|span| span.ceil_nanos());
        let takes = takes.ok_or_else(too_long)?;
        let mut hop = |from: usize, to: usize, start: Time| {
            let end = plus(plus(start, takes)?, world.latency[to])?;
            let (from, to) = (PeerId(from as u32), PeerId(to as u32));
            sends.push(Send { from, to, chunk: ChunkId(chunk as u32), start, end });
            Ok(())
        };
        let start = self.begin(stream, n)?;
        if stream != 0 {
            hop(0, stream, start)?;
        }
        // The relay's link is free when it has sent the chunk before.
        let from_relay = plus(self.begin(stream, n + 1)?, world.latency[stream])?;
        for to in (1..=world.peers()).filter(|&to| to != stream) {
            match stream {
                0 => hop(0, to, start)?,
                relay => hop(relay, to, from_relay)?,
            }
        }
        Ok(())
    }
}

/// `nanobits / rate` in seconds; None where there is no rate.
fn span(nanobits: u128, rate: &Ratio) -> Option<Ratio> {
    Ratio::new(nanobits / NANO, 1)?.over(rate)
}
