//! One run of list scheduling, in instalments.
//!
//! The type to know is [`Run`].

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::links::{End, Links};
use super::policy::{Pick, Policy, Receiver, mixed};
use super::rarity::{self, Rarity, WORD};
use super::receivers::Receivers;
use crate::chunks::{ChunkId, PeerId};
use crate::schedule::Send;
use crate::schedule::world::World;
use crate::units::{Rate, Time};

/// What a run has begun, in order: enough to do it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct Decision {
    at: Time,
    from: u32,
    to: u32,
    chunk: u32,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum State {
    /// There is more to do.
    Going,
    /// Everybody has the file.
    Done,
    /// It cannot end before its limit, or not before the end of time.
    Hopeless,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Gone(End),
    Arrives { to: u32, chunk: u32 },
    Joins(u32),
}

/// A run under way.
#[derive(Clone, Debug)]
pub(in crate::schedule) struct Run {
    policy: Policy,
    /// A run that ends at or after this is given up.
    limit: Time,
    /// What is done again before the policy decides, and how much of it is done.
    script: Vec<Decision>,
    done: usize,
    now: Time,
    links: Links,
    queue: BinaryHeap<Reverse<(Time, Happening)>>,
    /// Words of bit sets: what each node holds, and what it lacks that is not on its way.
    have: Vec<u64>,
    lack: Vec<u64>,
    words: usize,
    lacks: Vec<u32>,
    missing: Vec<u32>,
    here: Vec<bool>,
    rarity: Rarity,
    receivers: Receivers,
    /// Senders in the order in which they decide, and the place of each.
    order: Vec<u32>,
    rank: Vec<u32>,
    /// Senders by rank to whom something has happened, and those that found nothing to do.
    changed: BTreeSet<u32>,
    idle: BTreeSet<u32>,
    unfinished: usize,
    /// Nanobits that have not begun.
    left: u128,
    /// By how much the deadline moves when nothing else is left.
    patience: u64,
    pub(in crate::schedule) decisions: Vec<Decision>,
    pub(in crate::schedule) sends: Vec<Send>,
}

impl Run {
    pub(in crate::schedule) fn new(
        world: &World,
        policy: Policy,
        script: Vec<Decision>,
        limit: Time,
    ) -> Self {
        let (nodes, chunks) = (world.up.len(), world.chunks);
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
        order
            .sort_by_key(|&node| (policy.senders.key(world.up[node as usize], chance(node)), node));
        let mut rank = vec![0; nodes];
        order.iter().zip(0..).for_each(|(&node, place)| rank[node as usize] = place);
        let patience = Rate(world.fastest.max(world.up[0]))
            .time_for(world.longest())
            .unwrap_or(Time(1))
            .0
            .max(1);
        let queue =
            (1..nodes).map(|node| Reverse((world.joins[node], Happening::Joins(node as u32))));
        let file: u128 = (0..chunks).map(|chunk| world.length(chunk)).sum();
        let mut run = Run {
            limit,
            done: 0,
            now: Time::ZERO,
            links: Links::new(world),
            queue: queue.collect(),
            have,
            lack,
            words,
            lacks: vec![chunks as u32; nodes],
            missing: vec![chunks as u32; nodes],
            here: vec![false; nodes],
            rarity: Rarity::new(chunks),
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

    /// Goes on until about so many transfers have begun.
    pub(in crate::schedule) fn advance(&mut self, world: &World, transfers: usize) -> State {
        let enough = self.decisions.len() + transfers;
        while self.decisions.len() < enough {
            if self.unfinished == 0 {
                return State::Done;
            }
            let Some(&Reverse((at, _))) = self.queue.peek() else {
                if !self.extend(world) {
                    return State::Hopeless;
                }
                continue;
            };
            self.now = at;
            if self.is_hopeless(world) {
                return State::Hopeless;
            }
            self.happen(world);
            self.decide(world);
        }
        State::Going
    }

    /// Nothing is under way and something is missing: what the deadline forbade must be.
    fn extend(&mut self, world: &World) -> bool {
        let Some(deadline) = self.now.checked_add(Time(self.patience)) else { return false };
        self.patience = self.patience.saturating_mul(2);
        self.policy.deadline = deadline.max(self.policy.deadline);
        self.policy.part = u64::MAX;
        self.idle.clear();
        self.changed.extend(0..self.order.len() as u32);
        self.decide(world);
        deadline < self.limit
    }

    /// What has not begun needs its time even if everybody sends it together.
    fn is_hopeless(&self, world: &World) -> bool {
        if self.limit <= self.now {
            return true;
        }
        if self.limit == Time::MAX {
            return false;
        }
        u128::from(self.limit.since(self.now).0) * world.everybody <= self.left
    }

    /// Everything that happens at this instant.
    fn happen(&mut self, world: &World) {
        let mut settled = Vec::new();
        while let Some(&Reverse((at, happening))) = self.queue.peek()
            && at == self.now
        {
            self.queue.pop();
            match happening {
                Happening::Joins(node) => {
                    self.here[node as usize] = true;
                    self.refresh(world, node as usize);
                }
                Happening::Gone(end) => {
                    if let Some(flow) = self.links.finish(end) {
                        let end = self.now + world.latency[flow.to];
                        let (from, to) = (PeerId(flow.from as u32), PeerId(flow.to as u32));
                        let chunk = ChunkId(flow.chunk as u32);
                        self.sends.push(Send { from, to, chunk, start: flow.start, end });
                        let arrives = Happening::Arrives { to: to.0, chunk: chunk.0 };
                        self.queue.push(Reverse((end, arrives)));
                        settled.push((flow.from, flow.to));
                    }
                }
                Happening::Arrives { to, chunk } => self.arrive(to as usize, chunk as usize),
            }
        }
        let mut ends = Vec::new();
        for &(from, to) in &settled {
            self.links.settle(from, to, self.now, &mut ends);
        }
        for end in ends {
            let (_, to) = self.links.ends_of(end.flow);
            self.refresh(world, to);
            self.queue.push(Reverse((end.at, Happening::Gone(end))));
        }
        for (from, to) in settled {
            self.changed.insert(self.rank[from]);
            self.refresh(world, to);
        }
    }

    fn arrive(&mut self, to: usize, chunk: usize) {
        self.have[to * self.words + chunk / WORD] |= 1 << (chunk % WORD);
        self.missing[to] -= 1;
        self.unfinished -= usize::from(self.missing[to] == 0);
        self.changed.insert(self.rank[to]);
    }

    /// Puts a receiver where it belongs.
    fn refresh(&mut self, world: &World, node: usize) {
        let lacks = self.lacks[node] as usize;
        let open = self.here[node] && lacks != 0 && self.links.free_down[node] != 0;
        let key = open.then(|| {
            let has = world.chunks - lacks;
            let chance = mixed(self.policy.seed ^ ((node as u64) << 32 | has as u64));
            let fastest = u128::from(world.fastest.max(1));
            let share = (u128::from(world.up[node]) * 1024 / fastest) as u64;
            let rest = world.longest() * lacks as u128;
            let needs = Rate(world.down[node]).time_for(rest).unwrap_or(Time::MAX);
            let needs = needs.checked_add(world.latency[node]).unwrap_or(Time::MAX);
            let receiver = Receiver { has, lacks, share, needs, chance };
            let tie = self.policy.ties.key(world.up[node], chance);
            (self.policy.wants.key(&receiver), tie)
        });
        self.receivers.set(node, key);
    }

    /// Begins whatever should begin now.
    fn decide(&mut self, world: &World) {
        while let Some(next) = self.script.get(self.done)
            && next.at == self.now
        {
            let &Decision { from, to, chunk, .. } = next;
            self.done += 1;
            self.begin(world, from as usize, to as usize, chunk as usize);
        }
        if self.done < self.script.len() {
            return;
        }
        if self.done != 0 {
            // From here on the policy decides, for everybody.
            (self.script, self.done) = (Vec::new(), 0);
            self.changed.extend(0..self.order.len() as u32);
        }
        let mut resting = Vec::new();
        while let Some(rank) = self.changed.pop_first() {
            self.idle.remove(&rank);
            let chance = mixed(self.policy.seed ^ self.now.0 ^ (u64::from(rank) << 40));
            if (chance as u8) < self.policy.idles && !self.queue.is_empty() {
                resting.push(rank);
                continue;
            }
            self.serve(world, rank);
        }
        for to in self.receivers.take_fresh() {
            self.attract(world, to as usize);
        }
        self.receivers.fresh.clear();
        self.changed.extend(resting);
    }

    /// Senders that found nothing to do look at a receiver that has room again.
    fn attract(&mut self, world: &World, to: usize) {
        let mut next = 0;
        while self.receivers.is_open(to)
            && let Some(&rank) = self.idle.range(next..).next()
        {
            next = rank + 1;
            let from = self.order[rank as usize] as usize;
            if let Some(chunk) = self.choose(world, from, to) {
                self.begin(world, from, to, chunk);
                if self.links.free_up[from] == 0 {
                    self.idle.remove(&rank);
                }
            }
        }
    }

    /// A sender begins all that it can.
    fn serve(&mut self, world: &World, rank: u32) {
        let from = self.order[rank as usize] as usize;
        let silent = from != 0 && !self.policy.peers_send;
        if silent || self.missing[from] as usize == world.chunks && from != 0 {
            return;
        }
        while self.in_time(world, from) {
            let found =
                self.receivers.iter().find_map(|to| Some((to, self.choose(world, from, to)?)));
            let Some((to, chunk)) = found else {
                self.idle.insert(rank);
                return;
            };
            self.begin(world, from, to, chunk);
        }
    }

    /// Could anything end before the deadline that this sender begins now?
    fn in_time(&self, world: &World, from: usize) -> bool {
        let cap = self.cap(world, from);
        let free = self.links.free_up[from].min(cap);
        let rate = if self.policy.hopes { cap } else { free };
        free != 0 && self.ends(world.length(world.chunks - 1), rate, Time::ZERO)
    }

    fn ends(&self, length: u128, rate: u64, latency: Time) -> bool {
        let end = Rate(rate).time_for(length).and_then(|span| self.now.checked_add(span));
        end.and_then(|end| end.checked_add(latency)).is_some_and(|end| end <= self.policy.deadline)
    }

    /// The most of its uplink that a sender gives to one transfer.
    fn cap(&self, world: &World, from: usize) -> u64 {
        let lanes = if from == 0 { self.policy.source_lanes } else { self.policy.peer_lanes };
        world.up[from].div_ceil(lanes)
    }

    /// The chunk that goes from one to the other now, if any should.
    fn choose(&self, world: &World, from: usize, to: usize) -> Option<usize> {
        let cap = self.cap(world, from);
        let rate = self.links.free_up[from].min(self.links.free_down[to]).min(cap);
        let whole = cap.min(world.down[to]);
        if from == to || rate == 0 || rate < whole / self.policy.part {
            return None;
        }
        let chance = self.policy.seed ^ (self.decisions.len() as u64) << 20;
        let have = &self.have[from * self.words..][..self.words];
        let lack = &self.lack[to * self.words..][..self.words];
        let chunk = match self.policy.pick {
            Pick::InOrder => rarity::first(have, lack),
            pick => self.rarity.least(have, lack, |copies, chunk| pick.key(copies, chunk, chance)),
        }?;
        let rate = if self.policy.hopes { whole } else { rate };
        self.ends(world.length(chunk), rate, world.latency[to]).then_some(chunk)
    }

    fn begin(&mut self, world: &World, from: usize, to: usize, chunk: usize) {
        let length = world.length(chunk);
        let cap = self.cap(world, from);
        let end = self.links.begin((from, to, chunk), (length, cap), self.now);
        self.lack[to * self.words + chunk / WORD] &= !(1 << (chunk % WORD));
        self.lacks[to] -= 1;
        self.rarity.add(chunk);
        self.left -= length;
        let (at, sender, receiver) = (self.now, from as u32, to as u32);
        self.decisions.push(Decision { at, from: sender, to: receiver, chunk: chunk as u32 });
        if let Some(end) = end {
            self.queue.push(Reverse((end.at, Happening::Gone(end))));
        }
        self.refresh(world, to);
    }
}
