//! Few peers: every order in which they first hold a chunk, each with its own rate.
//!
//! [`OrderSplit`] assumes store and forward, one sender a chunk copy, no coding and no burst. It
//! sharpens [`super::last_chunk`] and [`super::emitters`] where receivers differ and have few
//! different orders.
//!
//! > T_k >= t1 + min over orders of h_k, and the same for sum floor(S_e/c) >= k M
//!
//! Own. Not proved by machine.
//!
//! # Proof
//! In a run, the receivers hold the last chunk for the first time in some order. If it is the order
//! i_1, i_2, ..., then the process in `copies.rs` may send copies of the n-th holder at the rate of
//! i_n instead of the fastest rate, and i_n holds nothing before its own arrival and reception. So
//! h_k for that order bounds T_k, and the smallest of all orders bounds it for every run.
//!
//! A receiver that never holds the chunk may stand anywhere behind those that do: they are the
//! first in the order, and a copy that is not sent only makes the others later. The first k hold x
//! at T_k.
//!
//! The same holds for the order in which receivers first hold any chunk: then i_n has sent at most
//! `floor((S_{i_n}(x) - S_{i_n}(h_n))/c)` copies by x, as in [`super::emitters`]. The least x at
//! which the copies suffice in some order is the smallest of the least x of all orders. The two
//! orders need not be the same, so each form takes its own minimum.

use super::branching;
use super::copies::{CopyProcess, Holder};
use super::demand::Demand;
use super::emitters::least_time;
use super::fixed_point::Fixed;
use super::fluid;
use super::last_chunk::{Sent, times};
use super::relaxation::{self, Claim, FEW_PEERS, Receiver, RelaxedSwarm, Strongest};
use super::supply::Supply;
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::chunks::Manifest;
use crate::scenario::Scenario;
use crate::units::{NANO, Time};

const LAST_CHUNK: &str = "min over orders of h_N";
const EMITTERS: &str = "min over orders: sum floor(S_e/c) >= N M";

/// The bound by every order in which peers first hold a chunk.
#[derive(Clone, Copy, Debug)]
pub struct OrderSplit;

impl Bound for OrderSplit {
    fn name(&self) -> &'static str {
        "order_split"
    }

    fn formula(&self) -> &'static str {
        "min over orders of t1 + h_N, and of sum floor(S_e/c) >= N M"
    }

    fn cite(&self) -> &'static str {
        "the model is that of Mundinger, Weber & Weiss, J. Scheduling 11 (2008); \
         proved in the documentation of bounds::order_split"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        Ok(all(scenario)?[index].lower())
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        Ok(all(scenario)?.iter().map(Strongest::earliest).collect())
    }
}

fn all(scenario: &Scenario) -> Result<Vec<Strongest>, Inapplicable> {
    need_empty_peers(scenario)?;
    if let Some(reason) = branching::inapplicable(scenario) {
        return Err(Inapplicable::Assumption(reason));
    }
    let known = fluid::best(scenario);
    let (demand, file) = (Demand::of(scenario), scenario.file());
    let claims = |swarm: &RelaxedSwarm, known: &[Time]| claims(demand.chunk, file, swarm, known);
    Ok(relaxation::strongest(&demand, known, claims))
}

/// What the theorem says of a relaxed swarm beyond what is known, for chunks of `chunk` bits;
/// nothing of many receivers.
pub(super) fn claims(
    chunk: u128,
    file: &Manifest,
    swarm: &RelaxedSwarm,
    known: &[Time],
) -> Vec<Claim> {
    if FEW_PEERS < swarm.receivers.len() {
        return Vec::new();
    }
    let orders = orders(swarm);
    let last_chunk = times(swarm, chunk, file, |process, sent| match sent {
        Sent::Whole(others) => earliest(process, &orders, || process.whole_copies(others)),
        Sent::Bits(others) => earliest(process, &orders, || process.bits(others)),
    });
    vec![
        Claim { formula: LAST_CHUNK, times: last_chunk },
        Claim { formula: EMITTERS, times: emitters(swarm, &orders, chunk, known) },
    ]
}

/// All different orders of the receivers.
fn orders(swarm: &RelaxedSwarm) -> Vec<Vec<Receiver>> {
    let mut next = swarm.receivers.clone();
    next.sort_unstable();
    let mut orders = vec![next.clone()];
    while let Some(swap) = next.windows(2).rposition(|pair| pair[0] < pair[1]) {
        let with = next.iter().rposition(|receiver| next[swap] < *receiver);
        next.swap(swap, with.expect("the one behind it is larger"));
        next[swap + 1..].reverse();
        orders.push(next.clone());
    }
    orders
}

fn holders(process: &CopyProcess<'_>, order: &[Receiver]) -> Vec<Holder> {
    order.iter().map(|receiver| process.holder(receiver)).collect()
}

/// For every k, the earliest h_k of all orders.
fn earliest<S: Iterator<Item = Fixed>>(
    process: &CopyProcess<'_>,
    orders: &[Vec<Receiver>],
    sent: impl Fn() -> S,
) -> Vec<Fixed> {
    let held = orders.iter().map(|order| process.in_order(sent(), &holders(process, order)));
    let first = |best: Vec<Fixed>, held: Vec<Fixed>| {
        best.into_iter().zip(held).map(|(best, held)| best.min(held)).collect()
    };
    held.reduce(first).unwrap_or_default()
}

/// For every k, the earliest time at which the whole copies of some order suffice, if that is later
/// than `known`.
fn emitters(
    swarm: &RelaxedSwarm,
    orders: &[Vec<Receiver>],
    chunk: u128,
    known: &[Time],
) -> Vec<Option<Time>> {
    let process = CopyProcess::new(swarm, chunk);
    let supplies = |order: &Vec<Receiver>| -> Vec<Supply> {
        let held = process.in_order(process.whole_copies(0), &holders(&process, order));
        let supply = |(receiver, held): (&Receiver, Fixed)| Supply {
            from: held.floor(),
            ..receiver.upload.clone()
        };
        order.iter().zip(held).map(supply).collect()
    };
    let orders: Vec<Vec<Supply>> = orders.iter().map(supplies).collect();
    let least = |(k, &known)| {
        least_time(swarm, known, |time, last_bit| {
            let copies = |supply: &Supply| last_bit.copies(supply.sent(time), chunk * NANO);
            let by_sources: u128 = swarm.sources.iter().map(|kind| kind.all(copies)).sum();
            let by_receivers = orders.iter().map(|order| order.iter().map(copies).sum::<u128>());
            let sent = by_sources + by_receivers.max().unwrap_or(0);
            sent < swarm.needs_of(k)
        })
    };
    (1..).zip(known).map(least).collect()
}
