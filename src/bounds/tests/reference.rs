//! The fast sums against slow exact ones, written from the theorems and not from the code.

use dashu_ratio::RBig;
use proptest::prelude::*;

use super::*;
use crate::chunks::PeerId;

fn whole(value: u128) -> RBig {
    RBig::from(value)
}

fn nanos(seconds: RBig) -> u64 {
    u64::try_from((seconds * whole(1_000_000_000)).floor()).unwrap()
}

/// A swarm in exact numbers: uploads in bits per second, bursts in bits, the delay in seconds.
struct ExactSwarm {
    source: u128,
    source_burst: u128,
    peers_burst: u128,
    uploads: Vec<u128>,
    delay: RBig,
}

impl ExactSwarm {
    fn of(scenario: &Scenario) -> ExactSwarm {
        let mut uploads: Vec<u128> =
            scenario.peers().map(|(id, _)| u128::from(scenario.upload(id).0)).collect();
        uploads.sort_by_key(|&upload| std::cmp::Reverse(upload));
        let delays = scenario.peers().map(|(id, _)| scenario.latency_to(id).0);
        ExactSwarm {
            source: scenario.upload(PeerId::SOURCE).0.into(),
            source_burst: scenario.burst(PeerId::SOURCE).bits(),
            peers_burst: scenario.peers().map(|(id, _)| scenario.burst(id).bits()).sum(),
            uploads,
            delay: RBig::from_parts(delays.min().unwrap().into(), 1_000_000_000u64.into()),
        }
    }

    /// The time at which a number of bits x that grows from `start` at time 0 reaches `target`: at
    /// most floor(x/c) peers send, and their bursts are added with the first chunk. Steps from one
    /// breakpoint to the next.
    fn growth(&self, start: RBig, chunk: u128, target: u128) -> RBig {
        let (mut now, mut bits, mut burst) = (RBig::ZERO, start, self.peers_burst);
        loop {
            let copies = (&bits / whole(chunk)).floor();
            let copies = usize::try_from(copies.clone()).unwrap_or(usize::MAX);
            if 0 < copies {
                bits += whole(std::mem::take(&mut burst));
            }
            if whole(target) <= bits {
                return now;
            }
            let copies = usize::try_from((&bits / whole(chunk)).floor()).unwrap_or(usize::MAX);
            let senders = copies.min(self.uploads.len());
            let rate = self.source + self.uploads[..senders].iter().sum::<u128>();
            let corner = if senders < self.uploads.len() {
                target.min((copies as u128 + 1) * chunk)
            } else {
                target
            };
            now += (whole(corner) - &bits) / whole(rate);
            bits = whole(corner);
        }
    }

    /// Parts B and C of the theorem for a file of `file` bits whose smallest chunk has `chunk`.
    fn warm_up(&self, file: u128, chunk: u128, k: u128) -> RBig {
        let all_bits = self.growth(whole(self.source_burst), chunk, k * file);
        // Bits of the last chunk: none before the source has sent the others.
        let others = file - chunk;
        let alone = others.saturating_sub(self.source_burst);
        let at_once = self.source_burst.saturating_sub(others);
        let last_chunk =
            whole(alone) / whole(self.source) + self.growth(whole(at_once), chunk, k * chunk);
        all_bits.max(last_chunk) + &self.delay
    }

    /// The number of copies of a chunk at `time`, capped at `most`, if one node sends a copy every
    /// `every` from 0 on and each of its receivers one every `peers`; recursive over descendants.
    fn family(&self, time: &RBig, every: &RBig, peers: Option<&RBig>, most: usize) -> usize {
        let mut count = 0;
        let mut born = every + &self.delay;
        while born <= *time && count < most {
            count += 1;
            if let Some(peers) = peers {
                count += self.family(&(time - &born), peers, Some(peers), most - count);
            }
            born += every;
        }
        count
    }

    /// h_k: the earliest of all possible arrival times of a copy by which k copies exist.
    fn kth_copy(&self, chunk: u128, k: usize) -> RBig {
        let source = whole(chunk) / whole(self.source);
        let peers = self.uploads.first().filter(|&&upload| 0 < upload);
        let peers = peers.map(|&upload| whole(chunk) / whole(upload));
        let mut times = Vec::new();
        for from_source in 1..=k {
            for from_peers in 0..if peers.is_some() { k } else { 1 } {
                for generations in 1..=k.min(from_peers + 1) {
                    times.push(
                        &source * whole(from_source as u128)
                            + peers.clone().unwrap_or(RBig::ZERO) * whole(from_peers as u128)
                            + &self.delay * whole(generations as u128),
                    );
                }
            }
        }
        times.retain(|time| k <= self.family(time, &source, peers.as_ref(), k));
        times.into_iter().min().unwrap()
    }

    /// Both forms for a file of `file` bits whose smallest chunk has `chunk`.
    fn branching(&self, file: u128, chunk: u128, k: usize) -> RBig {
        let copies: Vec<RBig> = (1..=self.uploads.len()).map(|j| self.kth_copy(chunk, j)).collect();
        let last_chunk = whole(file - chunk) / whole(self.source) + &copies[k - 1];
        // Bits sent by all nodes, stepping from one new sender to the next.
        let target = whole(k as u128 * file);
        let (mut now, mut sent, mut rate) = (RBig::ZERO, RBig::ZERO, self.source);
        for (begins, upload) in copies.iter().zip(&self.uploads) {
            let until = begins.clone().max(now.clone());
            let more = (&until - &now) * whole(rate);
            if target <= &sent + &more {
                break;
            }
            (now, sent, rate) = (until, sent + more, rate + upload);
        }
        let counting = now + (target - sent) / whole(rate) + &self.delay;
        last_chunk.max(counting)
    }

    /// `(F - b_s)/u_s + L`.
    fn one_copy(&self, file: u128) -> RBig {
        whole(file.saturating_sub(self.source_burst)) / whole(self.source) + &self.delay
    }
}

/// The two payloads that both theorems use if the last chunk is short: the whole file, and its
/// whole chunks; as (bits, bits of the smallest chunk).
fn payloads(scenario: &Scenario) -> Vec<(u128, u128)> {
    let file = scenario.file();
    let mut payloads = vec![(file.file().bits(), file.smallest().bits())];
    if 0 < file.whole_chunks() {
        payloads.push((file.whole_chunks() as u128 * file.chunk().bits(), file.chunk().bits()));
    }
    payloads
}

/// Up to 6 peers with unlimited downlinks and rates that give awkward fractions. A burst near
/// `burst` often covers the whole file and leaves nothing to bound, so most are small or 0.
fn awkward_swarms(burst: u64) -> impl Strategy<Value = Scenario> {
    let rates = prop_oneof![Just(0u64), 1..40u64, 1..1_000_000u64];
    (1..60u64, 1..20u64, 1..1000u64, prop::collection::vec(rates, 1..=6), 0..2_000_000_000u64)
        .prop_flat_map(move |(file, chunk, source, uploads, latency)| {
            let burst = prop_oneof![4 => Just(0), 2 => 0..=burst.min(2), 1 => 0..=burst];
            let bursts = prop::collection::vec(burst, uploads.len() + 1);
            let latency = if latency < 1_000_000_000 { 0 } else { latency };
            (Just((file, chunk, source, uploads, latency)), bursts)
        })
        .prop_map(|((file, chunk, source, uploads, latency), bursts)| {
            let mut parts = swarm(file, chunk, source);
            parts.network.latency = Time(latency);
            parts.source.link.burst = Some(Bytes(bursts[0]));
            parts.peers = uploads.into_iter().map(peer).collect();
            for (peer, &burst) in parts.peers.iter_mut().zip(&bursts[1..]) {
                peer.link.burst = Some(Bytes(burst));
            }
            scenario(parts)
        })
}

/// Not above the exact value, and at most the documented 1 ns below.
fn agrees(fast: &Earliest, exact: RBig) -> Result<(), TestCaseError> {
    let (fast, exact) = (time(fast).0, nanos(exact));
    prop_assert!(fast <= exact, "{fast} ns is above {exact} ns");
    prop_assert!(exact <= fast + 1, "{fast} ns is far below {exact} ns");
    Ok(())
}

proptest! {
    #[test]
    fn warm_up_is_the_exact_sum_rounded_down(scenario in awkward_swarms(50)) {
        let exact_swarm = ExactSwarm::of(&scenario);
        let file = scenario.file().file().bits();
        let fast = WarmUp.completions(&scenario).unwrap();
        for (k, fast) in (1..).zip(&fast) {
            let exact = |(file, chunk)| exact_swarm.warm_up(file, chunk, k);
            let exact = payloads(&scenario).into_iter().map(exact).max().unwrap();
            agrees(fast, exact.max(exact_swarm.one_copy(file)))?;
        }
    }

    #[test]
    fn branching_is_the_exact_process_rounded_down(scenario in awkward_swarms(0)) {
        let exact_swarm = ExactSwarm::of(&scenario);
        let file = scenario.file().file().bits();
        let fast = Branching.completions(&scenario).unwrap();
        for (k, fast) in (1..).zip(&fast) {
            let exact = |(file, chunk)| exact_swarm.branching(file, chunk, k);
            let exact = payloads(&scenario).into_iter().map(exact).max().unwrap();
            agrees(fast, exact.max(exact_swarm.one_copy(file)))?;
        }
    }
}
