//! Arrivals and departures: no node sends before it can, nor after it has left.
//!
//! [`Presence`] uses announced departures only. A peer that leaves some time after its completion
//! counts as present forever, and so does a source that leaves after a number of copies.
//!
//! > received_K <= sum_j integral of u_j over [t1, t2], while j is present and has a chunk
//!
//! Proved by machine: `Formulas.churn_bound`, `Formulas.churn_server_bound` and
//! `Formulas.churn_others_bound`; without bursts. See [`proofs`](super::proofs).
//!
//! # Proof
//! Node j can send from g_j on. That is 0 for the source. A peer must have joined and, under store
//! and forward, have received a chunk, whose c bits all left the source (`(c - b_s)/u_s + L_j`) and
//! passed the peer's downlink after it joined (`join_j + L_j + (c - b_j)/d_j`). In [t1, t2], j
//! sends at most u_j times the time that it is present after g_j, plus its burst. Let A(t1, t2) be
//! the sum over all nodes and B the sum of all bursts; `A_i` and `B_i` are the same sums without i.
//! - All nodes: k copies are received by T, so they are sent by T - L: `A(0, T-L) + B >= k F`.
//! - The source: one peer has the file, so all of it left the source by T - L, while the source was
//!   present.
//! - Each peer alone: i receives F bits that other nodes send between its arrival and T - L_i, so
//!   `A_i(join_i, T - L_i) + B_i >= F`; by its downlink, `T >= join_i + L_i + (F - b_i)/d_i`. If
//!   the earliest such T is after its announced departure, i never completes. The k-th completion
//!   is no earlier than the k-th smallest of these times.
//!
//! The first two are the interval theorem and the cut theorem for the set of all peers. Since
//! A(0, t) <= U t, the bound is never below that of [`super::fluid`].
//!
//! A is piecewise linear with breakpoints at whole nanoseconds, so all arithmetic is exact in
//! nanobits. A sum beyond 128 bits, far more than is ever needed, saturates in the direction that
//! lowers the bound.

use std::collections::BTreeMap;

use super::access_links::{self, Span, SwarmTotals};
use super::supply::Supply;
use super::terms::{TermTimes, strongest, strongest_at};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::chunks::PeerId;
use crate::scenario::Scenario;
use crate::units::{Bytes, NANO, Time};

const SOURCE: &str = "integral of u_s >= F";
const AGGREGATE: &str = "integral of all uploads over [0, T] >= N F";
const EACH_PEER: &str = "integral of the others' uploads over [join_i, T] >= F";

/// The bound by arrivals and announced departures.
#[derive(Clone, Copy, Debug)]
pub struct Presence;

impl Bound for Presence {
    fn name(&self) -> &'static str {
        "presence"
    }

    fn formula(&self) -> &'static str {
        "sum_j integral of u_j over the time that j is there and can send >= N F, \
         and the same for each peer alone"
    }

    fn cite(&self) -> &'static str {
        "interval capacity and cut (Ahlswede, Cai, Li & Yeung, IEEE T-IT 46, 2000); \
         proved in the documentation of bounds::presence"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        need_empty_peers(scenario)?;
        Ok(strongest_at(&terms(scenario), index))
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        need_empty_peers(scenario)?;
        Ok(strongest(terms(scenario)))
    }
}

fn terms(scenario: &Scenario) -> Vec<TermTimes> {
    let totals = SwarmTotals::new(scenario);
    let one_copy = one_copy(scenario, &totals);
    let supplies: Vec<Option<Supply>> =
        scenario.nodes().map(|id| supply_of(scenario, &totals, id)).collect();
    let supply = TotalSupply::new(supplies.iter().flatten());
    let peers = each_peer(scenario, &totals, &supplies, &supply);
    let ranks = 1..=scenario.peer_count();
    vec![
        TermTimes { formula: SOURCE, at: ranks.clone().map(|_| one_copy.clone()).collect() },
        TermTimes { formula: EACH_PEER, at: peers },
        TermTimes { formula: AGGREGATE, at: ranks.map(|k| supply.copies(&totals, k)).collect() },
    ]
}

/// The earliest time at which all of the file can have left the source and arrived.
fn one_copy(scenario: &Scenario, totals: &SwarmTotals) -> Earliest {
    let source = PeerId::SOURCE;
    if let Some(leaves) = scenario.leaves_at(source) {
        let sent =
            scenario.upload(source).nanobits(leaves).saturating_add(totals.source_burst * NANO);
        if sent < totals.file * NANO {
            let sent = Bytes((sent / NANO / 8) as u64);
            let file = scenario.file().file();
            return Earliest::Never(format!(
                "the source leaves at {leaves}, having sent at most {sent} of {file}"
            ));
        }
    }
    Earliest::At(totals.one_copy().floor())
}

/// The earliest completion of each peer taken alone, in ascending order, with peers that never
/// complete at the end.
fn each_peer(
    scenario: &Scenario,
    totals: &SwarmTotals,
    supplies: &[Option<Supply>],
    supply: &TotalSupply,
) -> Vec<Earliest> {
    let mut able: Vec<Time> = scenario
        .peers()
        .filter_map(|(id, peer)| {
            let own = supplies[id.index()].as_ref();
            let delay = scenario.latency_to(id);
            let target =
                (totals.file * NANO).saturating_sub(supply.burst - own.map_or(0, |own| own.burst));
            let from_others = supply.earliest(peer.joins, own, target)?;
            let one_copy = Span::new(
                totals.file.saturating_sub(totals.source_burst),
                totals.source_upload,
                Time::ZERO,
            );
            let sent = from_others.max(one_copy.floor());
            let received = access_links::download(scenario, id).floor();
            let at = later(sent, delay).max(later(received, peer.joins));
            let in_time = scenario.leaves_at(id).is_none_or(|leaves| at <= leaves);
            in_time.then_some(at)
        })
        .collect();
    able.sort_unstable();
    let reason = format!(
        "only {} of {} peers can have the file before they leave, and while others are there to \
         send it",
        able.len(),
        scenario.peer_count()
    );
    let never = (able.len()..scenario.peer_count()).map(|_| Earliest::Never(reason.clone()));
    able.iter().map(|&at| Earliest::At(at)).chain(never).collect()
}

fn later(time: Time, span: Time) -> Time {
    time.checked_add(span).unwrap_or(Time::MAX)
}

/// What a node can send while it is there and holds a chunk; None if it leaves before.
fn supply_of(scenario: &Scenario, totals: &SwarmTotals, id: PeerId) -> Option<Supply> {
    let from = able_to_send(scenario, totals, id);
    let until = scenario.leaves_at(id);
    if until.is_some_and(|until| until < from) {
        return None;
    }
    let burst = scenario.burst(id).nanobits();
    Some(Supply { rate: scenario.upload(id), changes: Vec::new(), burst, from, until })
}

/// g_j: the earliest time at which a node can send.
fn able_to_send(scenario: &Scenario, totals: &SwarmTotals, id: PeerId) -> Time {
    let joins = scenario.joins(id);
    let discipline = scenario.discipline();
    if id.is_source() || discipline.cut_through || discipline.coded {
        return joins;
    }
    let chunk = scenario.file().smallest().bits();
    let delay = scenario.latency_to(id);
    let sent = Span::new(chunk.saturating_sub(totals.source_burst), totals.source_upload, delay);
    let received = access_links::download_of(scenario, id, chunk);
    sent.floor().max(later(received.floor(), joins))
}

/// What all nodes together can send over time: a piecewise linear function.
struct TotalSupply {
    /// In order of time; the first is at 0.
    breakpoints: Vec<Breakpoint>,
    /// The sum of the bursts of all nodes that can ever send, in nanobits.
    burst: u128,
}

/// The start of a linear piece.
struct Breakpoint {
    at: Time,
    /// What can be sent by `at`, in nanobits; saturates.
    sent: u128,
    /// The slope after `at`, in bits per second.
    rate: u128,
}

impl TotalSupply {
    fn new<'a>(supplies: impl Iterator<Item = &'a Supply> + Clone) -> TotalSupply {
        // The rates that begin and that end at each time.
        let mut changes = BTreeMap::from([(Time::ZERO, (0u128, 0u128))]);
        for supply in supplies.clone() {
            let rate = u128::from(supply.rate.0);
            changes.entry(supply.from).or_default().0 += rate;
            if let Some(until) = supply.until {
                changes.entry(until).or_default().1 += rate;
            }
        }
        let mut breakpoints: Vec<Breakpoint> = Vec::with_capacity(changes.len());
        for (at, (begins, ends)) in changes {
            let (sent, rate) = match breakpoints.last() {
                None => (0, 0),
                Some(breakpoint) => (breakpoint.sent_by(at), breakpoint.rate),
            };
            breakpoints.push(Breakpoint { at, sent, rate: rate + begins - ends });
        }
        TotalSupply { breakpoints, burst: supplies.map(|supply| supply.burst).sum() }
    }

    /// The earliest time at which k copies of the file can have arrived.
    fn copies(&self, totals: &SwarmTotals, k: usize) -> Earliest {
        let file = totals.file * NANO;
        let target = (k as u128 * file).saturating_sub(self.burst);
        if let Some(sent) = self.earliest(Time::ZERO, None, target) {
            return Earliest::At(later(sent, totals.min_delay));
        }
        let last = &self.breakpoints[self.breakpoints.len() - 1];
        Earliest::Never(format!(
            "all senders have left by {}, after at most {} copies of the file; {k} are needed",
            last.at,
            last.sent.saturating_add(self.burst) / file
        ))
    }

    /// The earliest time, rounded down, by which all nodes except `own` can have sent `target`
    /// nanobits since `begin`, given that `own` sends nothing before `begin`; None if never.
    ///
    /// The comparisons add rather than subtract, so that saturation makes the result earlier.
    fn earliest(&self, begin: Time, own: Option<&Supply>, target: u128) -> Option<Time> {
        let before = self.breakpoints.partition_point(|breakpoint| breakpoint.at <= begin);
        let target = target.saturating_add(self.breakpoints[before - 1].sent_by(begin));
        let needed = |at| target.saturating_add(own.map_or(0, |own| own.sent(at)));
        let after =
            self.breakpoints.partition_point(|breakpoint| breakpoint.sent < needed(breakpoint.at));
        let Some(breakpoint) = after.checked_sub(1).map(|at| &self.breakpoints[at]) else {
            return Some(begin);
        };
        let rate = breakpoint.rate - own.map_or(0, |own| own.rate_after(breakpoint.at));
        if rate == 0 {
            return self.breakpoints.get(after).map(|next| next.at.max(begin));
        }
        let span = (needed(breakpoint.at) - breakpoint.sent) / rate;
        let at = u64::try_from(span).map_or(Time::MAX, |span| later(breakpoint.at, Time(span)));
        Some(at.max(begin))
    }
}

impl Breakpoint {
    /// What can be sent by `time`, which must lie between this breakpoint and the next.
    fn sent_by(&self, time: Time) -> u128 {
        let since = u128::from(time.since(self.at).0);
        self.sent.saturating_add(self.rate.saturating_mul(since))
    }
}
