//! Constant rates that reach the fluid bound, with a certificate that no link is overloaded.
//!
//! [`Rates`] describe a fluid, which is forwarded while it arrives, so they are not a trace:
//! [`super::relay`] is the same construction in chunks. Latencies and bursts are ignored.
//!
//! > T = max{ F/u_s, F/d_min, N F/U } is always attained, with static rates and depth 2
//! > (Kumar & Ross, HotWeb 2006).
//!
//! # Construction
//! With r = min{ d_min, u_s, U/N } and P = sum u_i, the source sends peer i a stream of rate r_i
//! that i relays to the N - 1 others, and sends every peer a direct stream of rate r_0:
//! - if r (N-1) <= P: r_i = r u_i/P and r_0 = 0;
//! - else: r_i = u_i/(N-1) and r_0 = r - P/(N-1).
//!
//! Relays: (N-1) r_i <= u_i, by the case or with equality. Source: in the first case it sends r, in
//! the second P/(N-1) + N r_0 = N r - P <= u_s, since r <= U/N. Each peer receives r <= d_min. So
//! all have F bits at F/r, which is the bound. A single peer has no peer to relay to: r_0 = r.

use super::{Unable, refuse_what_plans_lack};
use crate::ratio::Ratio;
use crate::scenario::Scenario;
use crate::units::Time;

/// The rates of all streams in bits per second, exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// r: the rate at which each peer receives.
    pub each: Ratio,
    /// r_i: the rate of the stream that the source sends to peer i and peer i relays to each other
    /// peer; peer i is at i - 1.
    pub relayed: Vec<Ratio>,
    /// r_0: the rate of the direct stream from the source to each peer.
    pub direct: Ratio,
    pub(super) source: Ratio,
    pub(super) uploads: Vec<Ratio>,
    pub(super) downloads: Vec<Option<Ratio>>,
}

/// The five inequalities that make rates feasible; true if the inequality holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// (N-1) r_i <= u_i for every i: each relay can send its stream to all other peers.
    pub relays: bool,
    /// sum r_i + N r_0 <= u_s: the source sends each relayed stream once and the direct stream N
    /// times.
    pub source: bool,
    /// r <= d_i for every i.
    pub downlinks: bool,
    /// r <= r_0 + sum r_i: the streams together carry the whole file.
    pub whole: bool,
    /// 0 < r: the distribution ends.
    pub ends: bool,
}

impl Certificate {
    /// Does every inequality hold?
    pub fn holds(&self) -> bool {
        self.relays && self.source && self.downlinks && self.whole && self.ends
    }
}

fn whole(number: u64) -> Ratio {
    Ratio::new(u128::from(number), 1).expect("1 is not 0")
}

fn sum<'a>(ratios: impl Iterator<Item = &'a Ratio>) -> Ratio {
    ratios.fold(Ratio::zero(), |sum, ratio| sum.plus(ratio))
}

impl Rates {
    /// The rates for `scenario`.
    ///
    /// # Errors
    /// If a node may leave or a peer joins late: constant rates need every node all the time.
    pub fn new(scenario: &Scenario) -> Result<Self, Unable> {
        refuse_what_plans_lack(scenario)?;
        if let Some((id, peer)) = scenario.peers().find(|(_, peer)| peer.joins != Time::ZERO) {
            let joins = peer.joins;
            return Err(Unable(format!(
                "{id} joins at {joins}; static rates need every peer from the start"
            )));
        }
        let peers = scenario.peer_count() as u64;
        let source = whole(scenario.source().upload.0);
        let ids = scenario.peers().map(|(id, _)| id);
        let uploads: Vec<Ratio> = ids.clone().map(|id| whole(scenario.upload(id).0)).collect();
        let downloads: Vec<Option<Ratio>> =
            ids.map(|id| scenario.download(id).map(|rate| whole(rate.0))).collect();
        let all = sum(uploads.iter());
        let share = source.plus(&all).over(&whole(peers)).expect("there is a peer");
        let limits = downloads.iter().flatten().chain([&source, &share]);
        let each = limits.min().expect("the source has a rate").clone();
        let (relayed, direct) = streams(&each, &all, &uploads);
        Ok(Rates { each, relayed, direct, source, uploads, downloads })
    }

    /// F/r in seconds: the time at which all peers have a file of `bits` bits.
    ///
    /// # Panics
    /// Never: r is above 0, since the source uploads and every downlink has a rate.
    pub fn time(&self, bits: u128) -> Ratio {
        let file = Ratio::new(bits, 1).expect("1 is not 0");
        file.over(&self.each).expect("r is above 0")
    }

    /// Checks the rates against the capacities, independently of how they were computed.
    pub fn certificate(&self) -> Certificate {
        let others = whole(self.uploads.len() as u64 - 1);
        let relays = self.relayed.iter().zip(&self.uploads);
        let streams = sum(self.relayed.iter());
        let copies = self.direct.times(&whole(self.uploads.len() as u64));
        Certificate {
            relays: relays.clone().all(|(stream, upload)| stream.times(&others) <= *upload),
            source: streams.plus(&copies) <= self.source,
            downlinks: self.downloads.iter().flatten().all(|download| self.each <= *download),
            whole: self.each <= streams.plus(&self.direct),
            ends: Ratio::zero() < self.each,
        }
    }
}

/// r_i and r_0 of the construction.
fn streams(each: &Ratio, all: &Ratio, uploads: &[Ratio]) -> (Vec<Ratio>, Ratio) {
    let nothing = || vec![Ratio::zero(); uploads.len()];
    let others = whole(uploads.len() as u64 - 1);
    // No relays: there is only one peer, or no peer uploads.
    let (Some(per_other), Some(share)) = (all.over(&others), each.over(all)) else {
        return (nothing(), each.clone());
    };
    match each.minus(&per_other) {
        Some(direct) => {
            let relayed = uploads.iter().map(|upload| upload.over(&others));
            (relayed.map(|rate| rate.unwrap_or_else(Ratio::zero)).collect(), direct)
        }
        None => (uploads.iter().map(|upload| upload.times(&share)).collect(), Ratio::zero()),
    }
}
