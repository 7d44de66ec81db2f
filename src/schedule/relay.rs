//! The fluid construction in whole chunks, store and forward.
//!
//! [`relay`] uses the constant rates of [`super::fluid`], so every peer must be present from the
//! start.
//!
//! > T <= F/r + c max 1/r_i, where every stream is a whole number of chunks; in general one
//! > c max 1/r_i more.
//!
//! Stream i is cut into chunks that the source sends to peer i one after another, each in
//! t_i = c/r_i. While the next chunk arrives, peer i sends the previous one to all other peers, to
//! each at rate r_i. So all peers have n chunks of stream i at (n + 1) t_i, and n chunks of the
//! direct stream at n t_0. By the certificate the constant rates fit the capacities, and times are
//! rounded up, so no window of time holds more than a link can carry.
//!
//! # Which chunks in which stream
//! Equal chunks differ only in their stream, so an assignment is a number n_i for each stream, with
//! sum M. Each chunk goes to the stream that would end first with it. Since the end of a stream
//! increases with its number of chunks, no other assignment ends sooner (minimizing a maximum of
//! increasing functions under a given sum of arguments). The numbers `ceil(M r_i/r)` end by
//! F/r + 2 c max 1/r_i, so the chosen ones do too.
//!
//! A relayed chunk incurs the latency to the relay and the latency to its receiver. A short last
//! chunk keeps the slot of a whole one but ends sooner.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::fluid::Rates;
use super::instance::{Instance, plus};
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
/// If a node may leave, or a peer joins late.
pub fn relay(scenario: &Scenario) -> Result<Plan, Unable> {
    let rates = Rates::new(scenario)?;
    let instance = Instance::new(scenario)?;
    let streams = Streams::new(&rates, &instance)?;
    let mut sends = Vec::with_capacity(instance.peers() * instance.chunks);
    let mut next = vec![0; streams.pace.len()];
    let mut queue: BinaryHeap<Reverse<(Time, usize)>> = BinaryHeap::new();
    for stream in (0..streams.pace.len()).filter(|&stream| streams.pace[stream].is_some()) {
        queue.push(Reverse((streams.end(stream, 1)?, stream)));
    }
    for chunk in 0..instance.chunks {
        let Some(Reverse((_, stream))) = queue.pop() else { break };
        streams.send(&instance, stream, next[stream], chunk, &mut sends)?;
        next[stream] += 1;
        queue.push(Reverse((streams.end(stream, next[stream] + 1)?, stream)));
    }
    Ok(Plan::new(scenario, NAME, sends))
}

/// The streams: 0 is the direct one, i is relayed by peer i.
struct Streams<'a> {
    rates: &'a Rates,
    /// Time per chunk of each stream, rounded up; None if its rate is 0.
    pace: Vec<Option<Time>>,
}

impl<'a> Streams<'a> {
    fn new(rates: &'a Rates, instance: &Instance) -> Result<Self, Unable> {
        let all = [&rates.direct].into_iter().chain(&rates.relayed);
        let pace = all.map(|rate| {
            let span = span(instance.longest(), rate);
            span.map(|span| span.ceil_nanos().ok_or_else(too_long)).transpose()
        });
        Ok(Streams { rates, pace: pace.collect::<Result<_, _>>()? })
    }

    /// The time at which a stream begins its `n`-th chunk, counted from 0.
    fn begin(&self, stream: usize, n: usize) -> Result<Time, Unable> {
        let pace = self.pace[stream].map_or(0, |pace| pace.0);
        pace.checked_mul(n as u64).map(Time).ok_or_else(too_long)
    }

    /// The time at which all peers have `n` chunks of a stream, excluding latency.
    fn end(&self, stream: usize, n: usize) -> Result<Time, Unable> {
        self.begin(stream, if stream == 0 { n } else { n + 1 })
    }

    /// Appends the sends of a chunk as the `n`-th of a stream, counted from 0.
    fn send(
        &self,
        instance: &Instance,
        stream: usize,
        n: usize,
        chunk: usize,
        sends: &mut Vec<Send>,
    ) -> Result<(), Unable> {
        let rate = if stream == 0 { &self.rates.direct } else { &self.rates.relayed[stream - 1] };
        let takes = span(instance.length(chunk), rate).and_then(|span| span.ceil_nanos());
        let takes = takes.ok_or_else(too_long)?;
        let mut hop = |from: usize, to: usize, start: Time| {
            let end = plus(plus(start, takes)?, instance.latency[to])?;
            let (from, to) = (PeerId(from as u32), PeerId(to as u32));
            sends.push(Send { from, to, chunk: ChunkId(chunk as u32), start, end });
            Ok(())
        };
        let start = self.begin(stream, n)?;
        if stream != 0 {
            hop(0, stream, start)?;
        }
        // By then the relay has sent the previous chunk, so its uplink is free.
        let from_relay = plus(self.begin(stream, n + 1)?, instance.latency[stream])?;
        for to in (1..=instance.peers()).filter(|&to| to != stream) {
            match stream {
                0 => hop(0, to, start)?,
                relay => hop(relay, to, from_relay)?,
            }
        }
        Ok(())
    }
}

/// `nanobits / rate` in seconds; None if the rate is 0.
fn span(nanobits: u128, rate: &Ratio) -> Option<Ratio> {
    Ratio::new(nanobits / NANO, 1)?.over(rate)
}
