//! Where the capacity went: an identity, not an inequality (theory 6.4).
//!
//! For every node, over `[0, horizon]`, in whole bits: capacity while present + what bursts added =
//! useful + duplicate + aborted + idle before its first chunk + idle after. The capacity is rounded
//! down once per node, and the idle rest is what remains, so the parts add up to the bit. It
//! judges nothing.
//!
//! Useful are the distinct bytes that a receiver got, whether or not they became part of a chunk
//! that it held in the end; a byte that it got before, from any sender, is a duplicate.
//!
//! A node's capacity and its transfers have at most 99 bits each: the sums of all nodes fit.

use std::ops::AddAssign;

use serde::Serialize;

use super::evidence::Facts;
use crate::chunks::PeerId;
use crate::units::{NANO, Rate, Supply, Time};

/// Where the capacity of one node, or of all, went; in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Slack {
    /// Upload capacity while present, up to the horizon.
    #[serde(rename = "capacity_bits")]
    pub capacity: u128,
    /// What was sent above it, out of bursts (or against the rules).
    #[serde(rename = "burst_bits")]
    pub burst: u128,
    /// Sent, delivered, and the receiver had not got it before.
    #[serde(rename = "useful_bits")]
    pub useful: u128,
    /// Sent, delivered, and the receiver had got it before.
    #[serde(rename = "duplicate_bits")]
    pub duplicate: u128,
    /// Sent, and the transfer was aborted.
    #[serde(rename = "aborted_bits")]
    pub aborted: u128,
    /// Idle before the node held a chunk that it could send.
    #[serde(rename = "idle_before_bits")]
    pub idle_before: u128,
    /// Idle after that.
    #[serde(rename = "idle_after_bits")]
    pub idle_after: u128,
}

impl Slack {
    /// The sum over every node.
    pub(super) fn of(facts: &Facts) -> Self {
        let mut sum = Slack::default();
        let horizon = facts.horizon();
        facts.scenario().nodes().for_each(|node| sum += Slack::of_node(facts, node, horizon));
        sum
    }

    /// One node, up to `horizon`.
    fn of_node(facts: &Facts, node: PeerId, horizon: Time) -> Self {
        let sent = facts.sent(node);
        // What is not known counts as nothing: all that is sent is beyond it.
        let supply = facts.uplink(node).unwrap_or(Supply::constant(Rate::ZERO));
        let capacity = present_bits(facts, node, &supply, horizon);
        let idle_before = match active(facts, node) {
            Some(active) => present_bits(facts, node, &supply, active.min(horizon)),
            None => capacity,
        };
        let (left, used) = (capacity - idle_before, sent.bytes() * 8);
        let slack = Slack {
            capacity,
            burst: used.saturating_sub(left),
            useful: sent.useful * 8,
            duplicate: sent.duplicate * 8,
            aborted: sent.aborted * 8,
            idle_before,
            idle_after: left.saturating_sub(used),
        };
        assert_eq!(slack.supplied(), slack.spent(), "the slack identity holds for every node");
        slack
    }

    /// What the links could carry, and what bursts added.
    pub fn supplied(&self) -> u128 {
        self.capacity + self.burst
    }

    /// What became of it: always the same.
    pub fn spent(&self) -> u128 {
        self.useful + self.duplicate + self.aborted + self.idle_before + self.idle_after
    }
}

impl AddAssign for Slack {
    fn add_assign(&mut self, other: Slack) {
        self.capacity += other.capacity;
        self.burst += other.burst;
        self.useful += other.useful;
        self.duplicate += other.duplicate;
        self.aborted += other.aborted;
        self.idle_before += other.idle_before;
        self.idle_after += other.idle_after;
    }
}

/// Since when a node can use its uplink: its first chunk, or its first byte sent where it cuts
/// through.
fn active(facts: &Facts, node: PeerId) -> Option<Time> {
    if node.is_source() {
        return Some(Time::ZERO);
    }
    let (chunk, sent) = (facts.arrived(node).first_chunk, facts.sent(node).first);
    match (chunk, sent) {
        (Some(chunk), Some(sent)) => Some(chunk.min(sent)),
        (chunk, sent) => chunk.or(sent),
    }
}

/// What an uplink carries while `node` is present within `[0, end]`, in bits, rounded down once.
fn present_bits(facts: &Facts, node: PeerId, supply: &Supply, end: Time) -> u128 {
    let spans = facts.presence(node).list.iter();
    // Disjoint, so that the sum is at most what is carried by `end`.
    let carried = spans.map(|span| supply.nanobits(span.from, span.to.min(end)));
    carried.fold(0, u128::saturating_add) / NANO
}
