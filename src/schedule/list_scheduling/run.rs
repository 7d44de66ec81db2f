//! One run of list scheduling, in instalments: an event queue and the decisions at each instant.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::active_transfers::{ActiveTransfers, TransferEnd};
use super::policy::{ChunkOrder, Policy, Receiver, mixed};
use super::rarity_bands::{self, RarityBands, WORD};
use super::receivers::Receivers;
use crate::chunks::{ChunkId, PeerId};
use crate::schedule::Send;
use crate::schedule::instance::Instance;
use crate::units::{Rate, Time};

/// A transfer that a run has begun. The sequence of decisions is enough to replay a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct Decision {
    at: Time,
    from: u32,
    to: u32,
    chunk: u32,
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum ListRunStatus {
    /// Some peer lacks a chunk.
    Running,
    /// All peers have the file.
    Done,
    /// It cannot end before its limit, or before [`Time::MAX`].
    Hopeless,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RunEvent {
    LastByteSent(TransferEnd),
    Arrival { to: u32, chunk: u32 },
    Join(u32),
}

/// A run in progress.
#[derive(Clone, Debug)]
pub(in crate::schedule) struct ListRun {
    policy: Policy,
    /// The run is abandoned if it cannot end before this time.
    limit: Time,
    /// The decisions to replay before the policy decides, and how many have been replayed.
    script: Vec<Decision>,
    done: usize,
    now: Time,
    transfers: ActiveTransfers,
    queue: BinaryHeap<Reverse<(Time, RunEvent)>>,
    /// Bit sets of `words` words per node: the chunks that it holds, and those that it lacks and
    /// that are not on their way.
    have: Vec<u64>,
    lack: Vec<u64>,
    words: usize,
    lacks: Vec<u32>,
    missing: Vec<u32>,
    here: Vec<bool>,
    rarity: RarityBands,
    receivers: Receivers,
    /// Senders in the order in which they decide, and the place of each.
    order: Vec<u32>,
    rank: Vec<u32>,
    /// Ranks of senders that must decide, and of those that found nothing to send.
    changed: BTreeSet<u32>,
    idle: BTreeSet<u32>,
    unfinished: usize,
    /// Nanobits of all transfers that have not begun.
    left: u128,
    /// By how many nanoseconds the deadline moves next.
    patience: u64,
    pub(in crate::schedule) decisions: Vec<Decision>,
    pub(in crate::schedule) sends: Vec<Send>,
}

impl ListRun {
    pub(in crate::schedule) fn new(
        instance: &Instance,
        policy: Policy,
        script: Vec<Decision>,
        limit: Time,
    ) -> Self {
        let (nodes, chunks) = (instance.up.len(), instance.chunks);
        let words = chunks.div_ceil(WORD);
        let full = (0..words).map(|word| match chunks - word * WORD {
            WORD.. => u64::MAX,
            rest => (1 << rest) - 1,
        });
        let full: Vec<u64> = full.collect();
        let mut have = vec![0; nodes * words];
        have[..words].copy_from_slice(&full);
        let mut lack: Vec<u64> = full.iter().copied().cycle().take(nodes * words).collect();
        lack[..words].fill(0);
        let mut order: Vec<u32> = (0..nodes as u32).collect();
        let chance = |node: u32| mixed(policy.seed ^ u64::from(node));
        order.sort_by_key(|&node| {
            (policy.sender_order.key(instance.up[node as usize], chance(node)), node)
        });
        let mut rank = vec![0; nodes];
        order.iter().zip(0..).for_each(|(&node, place)| rank[node as usize] = place);
        let patience = Rate(instance.fastest.max(instance.up[0]))
            .time_for(instance.longest())
            .unwrap_or(Time(1))
            .0
            .max(1);
        let queue =
            (1..nodes).map(|node| Reverse((instance.joins[node], RunEvent::Join(node as u32))));
        let file: u128 = (0..chunks).map(|chunk| instance.length(chunk)).sum();
        let mut run = ListRun {
            limit,
            done: 0,
            now: Time::ZERO,
            transfers: ActiveTransfers::new(instance),
            queue: queue.collect(),
            have,
            lack,
            words,
            lacks: vec![chunks as u32; nodes],
            missing: vec![chunks as u32; nodes],
            here: vec![false; nodes],
            rarity: RarityBands::new(chunks),
            receivers: Receivers::new(nodes),
            changed: BTreeSet::from([rank[0]]),
            order,
            rank,
            idle: BTreeSet::new(),
            unfinished: nodes - 1,
            left: file * (nodes as u128 - 1),
            patience,
            decisions: Vec::new(),
            sends: Vec::with_capacity((nodes - 1) * chunks),
            policy,
            script,
        };
        run.lacks[0] = 0;
        run
    }

    /// Continues until about `transfers` more transfers have begun.
    pub(in crate::schedule) fn advance(
        &mut self,
        instance: &Instance,
        transfers: usize,
    ) -> ListRunStatus {
        let enough = self.decisions.len() + transfers;
        while self.decisions.len() < enough {
            if self.unfinished == 0 {
                return ListRunStatus::Done;
            }
            let Some(&Reverse((at, _))) = self.queue.peek() else {
                if !self.extend(instance) {
                    return ListRunStatus::Hopeless;
                }
                continue;
            };
            self.now = at;
            if self.is_hopeless(instance) {
                return ListRunStatus::Hopeless;
            }
            self.happen(instance);
            self.decide(instance);
        }
        ListRunStatus::Running
    }

    /// Moves the deadline, because no transfer is under way and chunks are missing. False if the
    /// run has become hopeless.
    fn extend(&mut self, instance: &Instance) -> bool {
        let Some(deadline) = self.now.checked_add(Time(self.patience)) else { return false };
        self.patience = self.patience.saturating_mul(2);
        self.policy.deadline = deadline.max(self.policy.deadline);
        self.policy.rate_divisor = u64::MAX;
        self.idle.clear();
        self.changed.extend(0..self.order.len() as u32);
        self.decide(instance);
        deadline < self.limit
    }

    /// Can the run no longer end before its limit? What has not begun takes time even if all nodes
    /// send it together.
    fn is_hopeless(&self, instance: &Instance) -> bool {
        if self.limit <= self.now {
            return true;
        }
        if self.limit == Time::MAX {
            return false;
        }
        u128::from(self.limit.since(self.now).0) * instance.total_upload <= self.left
    }

    /// Handles all events of the current instant.
    fn happen(&mut self, instance: &Instance) {
        let mut finished = Vec::new();
        while let Some(&Reverse((at, event))) = self.queue.peek()
            && at == self.now
        {
            self.queue.pop();
            match event {
                RunEvent::Join(node) => {
                    self.here[node as usize] = true;
                    self.refresh(instance, node as usize);
                }
                RunEvent::LastByteSent(end) => {
                    if let Some(transfer) = self.transfers.finish(end) {
                        let end = self.now + instance.latency[transfer.to];
                        let (from, to) = (PeerId(transfer.from as u32), PeerId(transfer.to as u32));
                        let chunk = ChunkId(transfer.chunk as u32);
                        self.sends.push(Send { from, to, chunk, start: transfer.start, end });
                        let arrives = RunEvent::Arrival { to: to.0, chunk: chunk.0 };
                        self.queue.push(Reverse((end, arrives)));
                        finished.push((transfer.from, transfer.to));
                    }
                }
                RunEvent::Arrival { to, chunk } => self.arrive(to as usize, chunk as usize),
            }
        }
        let mut ends = Vec::new();
        for &(from, to) in &finished {
            self.transfers.reallocate(from, to, self.now, &mut ends);
        }
        for end in ends {
            let (_, to) = self.transfers.endpoints(end.transfer);
            self.refresh(instance, to);
            self.queue.push(Reverse((end.at, RunEvent::LastByteSent(end))));
        }
        for (from, to) in finished {
            self.changed.insert(self.rank[from]);
            self.refresh(instance, to);
        }
    }

    fn arrive(&mut self, to: usize, chunk: usize) {
        self.have[to * self.words + chunk / WORD] |= 1 << (chunk % WORD);
        self.missing[to] -= 1;
        self.unfinished -= usize::from(self.missing[to] == 0);
        self.changed.insert(self.rank[to]);
    }

    /// Updates the place of a node among the open receivers.
    fn refresh(&mut self, instance: &Instance, node: usize) {
        let lacks = self.lacks[node] as usize;
        let open = self.here[node] && lacks != 0 && self.transfers.free_down[node] != 0;
        let key = open.then(|| {
            let has = instance.chunks - lacks;
            let chance = mixed(self.policy.seed ^ ((node as u64) << 32 | has as u64));
            let fastest = u128::from(instance.fastest.max(1));
            let upload_1024ths = (u128::from(instance.up[node]) * 1024 / fastest) as u64;
            let rest = instance.longest() * lacks as u128;
            let remaining = Rate(instance.down[node]).time_for(rest).unwrap_or(Time::MAX);
            let remaining = remaining.checked_add(instance.latency[node]).unwrap_or(Time::MAX);
            let receiver = Receiver { has, lacks, upload_1024ths, remaining, chance };
            let tie = self.policy.ties.key(instance.up[node], chance);
            (self.policy.receiver_order.key(&receiver), tie)
        });
        self.receivers.set(node, key);
    }

    /// Begins all transfers that the script or the policy wants to begin now.
    fn decide(&mut self, instance: &Instance) {
        while let Some(next) = self.script.get(self.done)
            && next.at == self.now
        {
            let &Decision { from, to, chunk, .. } = next;
            self.done += 1;
            self.begin(instance, from as usize, to as usize, chunk as usize);
        }
        if self.done < self.script.len() {
            return;
        }
        if self.done != 0 {
            // The script is over: from here on the policy decides, for all senders.
            (self.script, self.done) = (Vec::new(), 0);
            self.changed.extend(0..self.order.len() as u32);
        }
        let mut resting = Vec::new();
        while let Some(rank) = self.changed.pop_first() {
            self.idle.remove(&rank);
            let chance = mixed(self.policy.seed ^ self.now.0 ^ (u64::from(rank) << 40));
            if (chance as u8) < self.policy.idle_in_256 && !self.queue.is_empty() {
                resting.push(rank);
                continue;
            }
            self.serve(instance, rank);
        }
        for to in self.receivers.take_newly_open() {
            self.attract(instance, to as usize);
        }
        self.receivers.newly_open.clear();
        self.changed.extend(resting);
    }

    /// Offers a receiver with unused downlink to the senders that found nothing to send.
    fn attract(&mut self, instance: &Instance, to: usize) {
        let mut next = 0;
        while self.receivers.is_open(to)
            && let Some(&rank) = self.idle.range(next..).next()
        {
            next = rank + 1;
            let from = self.order[rank as usize] as usize;
            if let Some(chunk) = self.choose(instance, from, to) {
                self.begin(instance, from, to, chunk);
                if self.transfers.free_up[from] == 0 {
                    self.idle.remove(&rank);
                }
            }
        }
    }

    /// Lets a sender begin as many transfers as it can.
    fn serve(&mut self, instance: &Instance, rank: u32) {
        let from = self.order[rank as usize] as usize;
        let silent = from != 0 && !self.policy.peers_send;
        if silent || self.missing[from] as usize == instance.chunks && from != 0 {
            return;
        }
        while self.in_time(instance, from) {
            let found =
                self.receivers.iter().find_map(|to| Some((to, self.choose(instance, from, to)?)));
            let Some((to, chunk)) = found else {
                self.idle.insert(rank);
                return;
            };
            self.begin(instance, from, to, chunk);
        }
    }

    /// Could a transfer that this sender begins now end before the deadline?
    fn in_time(&self, instance: &Instance, from: usize) -> bool {
        let cap = self.cap(instance, from);
        let free = self.transfers.free_up[from].min(cap);
        let rate = if self.policy.assumes_full_rate { cap } else { free };
        free != 0 && self.ends(instance.length(instance.chunks - 1), rate, Time::ZERO)
    }

    fn ends(&self, length: u128, rate: u64, latency: Time) -> bool {
        let end = Rate(rate).time_for(length).and_then(|span| self.now.checked_add(span));
        end.and_then(|end| end.checked_add(latency)).is_some_and(|end| end <= self.policy.deadline)
    }

    /// Largest rate that a sender gives to one transfer, in bits per second.
    fn cap(&self, instance: &Instance, from: usize) -> u64 {
        let shares = if from == 0 { self.policy.source_shares } else { self.policy.peer_shares };
        instance.up[from].div_ceil(shares)
    }

    /// The chunk to send from one node to another now; None if no transfer should begin.
    fn choose(&self, instance: &Instance, from: usize, to: usize) -> Option<usize> {
        let cap = self.cap(instance, from);
        let rate = self.transfers.free_up[from].min(self.transfers.free_down[to]).min(cap);
        let whole = cap.min(instance.down[to]);
        if from == to || rate == 0 || rate < whole / self.policy.rate_divisor {
            return None;
        }
        let chance = self.policy.seed ^ (self.decisions.len() as u64) << 20;
        let have = &self.have[from * self.words..][..self.words];
        let lack = &self.lack[to * self.words..][..self.words];
        let chunk = match self.policy.chunk_order {
            ChunkOrder::InOrder => rarity_bands::first(have, lack),
            chunk_order => self
                .rarity
                .least(have, lack, |copies, chunk| chunk_order.key(copies, chunk, chance)),
        }?;
        let rate = if self.policy.assumes_full_rate { whole } else { rate };
        self.ends(instance.length(chunk), rate, instance.latency[to]).then_some(chunk)
    }

    fn begin(&mut self, instance: &Instance, from: usize, to: usize, chunk: usize) {
        let length = instance.length(chunk);
        let cap = self.cap(instance, from);
        let end = self.transfers.begin((from, to, chunk), (length, cap), self.now);
        self.lack[to * self.words + chunk / WORD] &= !(1 << (chunk % WORD));
        self.lacks[to] -= 1;
        self.rarity.add(chunk);
        self.left -= length;
        let (at, sender, receiver) = (self.now, from as u32, to as u32);
        self.decisions.push(Decision { at, from: sender, to: receiver, chunk: chunk as u32 });
        if let Some(end) = end {
            self.queue.push(Reverse((end.at, RunEvent::LastByteSent(end))));
        }
        self.refresh(instance, to);
    }
}
