//! Which neighbors to serve: a pure function of what they did, with a total order.
//!
//! It never sees a clock: rates are bytes since the last decision.

use std::cmp::Reverse;

use crate::chunks::PeerId;
use crate::scenario::{Choker, Seeding};

/// A neighbor that wants something, as the choker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub peer: PeerId,
    /// Bytes got from it since the last decision.
    pub received: u64,
    /// Bytes sent to it since the last decision.
    pub sent: u64,
    /// Decisions that it has been waiting for, wanting something and not being served.
    pub waited: u32,
    /// Chunks sent to it less chunks got from it, ever.
    pub balance: i64,
    /// During the source's first pass: chunks that only it was given and no other peer has yet.
    pub kept_back: u32,
}

/// How a node decides at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// It lacks chunks.
    Leecher(Choker),
    /// It has them all.
    Seeder(Seeding),
    /// It is the source, and some chunks have not been given to any peer.
    FirstPass,
}

/// The neighbors to serve, the best `slots` of the order that the policy gives. Equal candidates
/// stand in the order of their waiting, then of their ids, so that the order is total.
pub fn select(policy: Policy, slots: usize, candidates: Vec<Candidate>) -> Vec<PeerId> {
    match policy {
        // Who gave the most; who gave nothing, in turn.
        Policy::Leecher(Choker::TitForTat) => {
            best(slots, candidates, |c| (Reverse(c.received), Reverse(c.waited), c.peer))
        }
        // Who owes the least: a peer that owes too much is not served at all, see `may_serve`.
        Policy::Leecher(Choker::StrictBarter | Choker::Credit(_)) => {
            best(slots, candidates, |c| (c.balance, Reverse(c.waited), c.peer))
        }
        Policy::Leecher(Choker::RoundRobin) | Policy::Seeder(Seeding::RoundRobin) => {
            best(slots, candidates, |c| (Reverse(c.waited), c.peer))
        }
        // Who passes on what it gets.
        Policy::FirstPass => best(slots, candidates, |c| (c.kept_back, Reverse(c.waited), c.peer)),
        Policy::Seeder(Seeding::FastestFirst) => {
            best(slots, candidates, |c| (Reverse(c.sent), Reverse(c.waited), c.peer))
        }
    }
}

/// The first `slots` of an order, in it. Slots are few: the best so far are kept in order.
fn best<K: Ord>(
    slots: usize,
    candidates: Vec<Candidate>,
    key: impl Fn(&Candidate) -> K,
) -> Vec<PeerId> {
    let mut best: Vec<(K, PeerId)> = Vec::with_capacity(slots.min(candidates.len()));
    for candidate in candidates {
        let key = key(&candidate);
        if best.len() == slots {
            match best.last() {
                Some((last, _)) if key < *last => best.pop(),
                _ => continue,
            };
        }
        let place = best.partition_point(|(other, _)| *other < key);
        best.insert(place, (key, candidate.peer));
    }
    best.into_iter().map(|(_, peer)| peer).collect()
}

/// What barter looks at before a chunk is sent to a neighbor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Chunks sent to it, those under way included, less chunks got from it.
    pub balance: i64,
    /// Whether it sends at the same time.
    pub exchange: Exchange,
}

/// Whether a neighbor has committed itself to send in return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// It serves this peer, which has requested something of it.
    Mutual,
    /// It does not.
    OneWay,
}

/// May the next chunk go to this neighbor? A node that has the whole file gives freely.
pub fn may_serve(policy: Policy, account: Account) -> bool {
    match policy {
        Policy::Leecher(Choker::StrictBarter) => {
            account.balance < 0 || (account.balance == 0 && account.exchange == Exchange::Mutual)
        }
        Policy::Leecher(Choker::Credit(most)) => account.balance < i64::from(most),
        Policy::Leecher(Choker::TitForTat | Choker::RoundRobin)
        | Policy::Seeder(_)
        | Policy::FirstPass => true,
    }
}
