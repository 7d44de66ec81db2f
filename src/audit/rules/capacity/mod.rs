//! Rules `uplink_capacity` and `downlink_capacity`: no link carries more than it can.
//!
//! With exact stamps every window of time is judged, so capacity cannot be saved up (theory: for
//! all windows, bytes moved <= capacity x length + burst). Receivers bunch deliveries, so with
//! their stamps only prefixes are judged: what arrived since the join. Aborted bytes count: they
//! moved.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::trace::Transfer;
use crate::units::{Bytes, Rate, Supply, Time};

mod demand;

use demand::{Job, Overload, carries, overload};

/// No node sends more than its upload capacity and burst allow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UplinkCapacity;

/// No node receives more than its download capacity and burst allow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DownlinkCapacity;

/// More bytes than a link can carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "overload")]
pub struct CapacityWitness {
    /// The node at the end of the link.
    pub node: PeerId,
    /// `uplink` or `downlink`.
    pub link: &'static str,
    /// The window begins.
    pub from_ns: Time,
    /// The window ends.
    pub to_ns: Time,
    /// What moved within it.
    pub bytes: u128,
    /// What the link can carry within it, rounded down.
    pub allowed_bytes: u128,
    /// In how many transfers.
    pub transfers: usize,
    /// Its capacity at the beginning of the window, in bits per second.
    pub capacity_bps: Rate,
    /// Its burst.
    pub burst_bytes: Bytes,
}

impl fmt::Display for CapacityWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CapacityWitness { node, link, from_ns, to_ns, bytes, allowed_bytes, .. } = self;
        write!(
            f,
            "the {link} of {node} moved {bytes} B between {from_ns} and {to_ns}, where it can move \
             {allowed_bytes} B"
        )?;
        if from_ns == to_ns {
            f.write_str(": a transfer no longer than its latency has no time for its bytes")?;
        }
        Ok(())
    }
}

impl Rule for UplinkCapacity {
    fn finish(&self, facts: &Facts) -> Judgement {
        let scenario = facts.scenario();
        let mut worst = Fewest::default();
        for node in scenario.nodes() {
            // What is not known is not judged.
            let Some(supply) = facts.uplink(node) else { continue };
            let window = |t: &Transfer| (t.start, facts.departure(t));
            let jobs = facts.sent_by(node).map(|t| job(facts, t, window)).collect();
            let link = Link { node, name: "uplink", supply, burst: scenario.upload_burst(node) };
            let found = judge(facts, &link, jobs);
            worst.offer(link, found);
        }
        worst.judgement(facts)
    }
}

impl Rule for DownlinkCapacity {
    fn finish(&self, facts: &Facts) -> Judgement {
        let scenario = facts.scenario();
        let mut worst = Fewest::default();
        for (node, _) in scenario.peers() {
            let Some(supply) = scenario.download_supply(node) else { continue };
            let flight = scenario.latency_to(node);
            let window =
                |t: &Transfer| (t.start.checked_add(flight).unwrap_or(t.end).min(t.end), t.end);
            let jobs = facts.received_by(node).map(|t| job(facts, t, window)).collect();
            let link = Link { node, name: "downlink", supply, burst: scenario.burst(node) };
            let found = judge(facts, &link, jobs);
            worst.offer(link, found);
        }
        worst.judgement(facts)
    }
}

/// A link of one node in one direction.
struct Link {
    node: PeerId,
    name: &'static str,
    supply: Supply,
    burst: Bytes,
}

/// When the bytes of a transfer have to cross a link. Bunched bytes arrive by the end, and nothing
/// more is known.
fn job(facts: &Facts, t: &Transfer, window: impl Fn(&Transfer) -> (Time, Time)) -> Job {
    let (start, end) = if facts.is_exact() { window(t) } else { (Time::ZERO, t.end) };
    Job { start, end, bytes: t.bytes }
}

fn judge(facts: &Facts, link: &Link, mut jobs: Vec<Job>) -> Option<Overload> {
    if facts.is_exact() {
        return overload(&mut jobs, &link.supply, link.burst);
    }
    jobs.sort_unstable_by_key(|job| job.end);
    let joined = joined(facts, link.node);
    let mut bytes = 0;
    for (at, job) in jobs.iter().enumerate() {
        // Fewer than 2^32 transfers of less than 2^64 bytes each.
        bytes += u128::from(job.bytes.0);
        // Within one instant the order is open, so only its last transfer decides.
        let is_last = jobs.get(at + 1).is_none_or(|next| job.end < next.end);
        let end = with_tolerance(facts, job.end);
        // A link that carries 2^128 nanobits or more is never overloaded; what is more than that is
        // more than any other link carries.
        let carried = link.supply.nanobits(joined, end).saturating_add(link.burst.nanobits());
        if is_last && carried < bytes.saturating_mul(Bytes(1).nanobits()) {
            return Some(Overload { from: joined, to: job.end, bytes, jobs: at + 1 });
        }
    }
    None
}

/// The earliest join: where lines may be missing, the first one may be, and then only the announced
/// arrival is known.
fn joined(facts: &Facts, node: PeerId) -> Time {
    let announced = facts.scenario().joins(node);
    match facts.presence(node).first() {
        Some(first) if facts.is_complete() => first,
        Some(first) => first.min(announced),
        None => announced,
    }
}

/// The overload with the fewest transfers, over all links.
#[derive(Default)]
struct Fewest(Option<(Overload, Link)>);

impl Fewest {
    fn offer(&mut self, link: Link, found: Option<Overload>) {
        let Some(found) = found else { return };
        if self.0.as_ref().is_none_or(|(best, _)| (found.jobs, found.to) < (best.jobs, best.to)) {
            self.0 = Some((found, link));
        }
    }

    fn judgement(self, facts: &Facts) -> Judgement {
        let Some((found, link)) = self.0 else { return Judgement::holds() };
        let to = with_tolerance(facts, found.to);
        Judgement::violated(CapacityWitness {
            node: link.node,
            link: link.name,
            from_ns: found.from,
            to_ns: found.to,
            bytes: found.bytes,
            allowed_bytes: carries(&link.supply, found.from, to, link.burst),
            transfers: found.jobs,
            capacity_bps: link.supply.rate_at(found.from),
            burst_bytes: link.burst,
        })
    }
}
