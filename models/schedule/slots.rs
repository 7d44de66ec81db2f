//! Every slot that the rules allow in a state.
//!
//! Only useful transfers: a chunk that the receiver lacks and that no other node sends it in the
//! same slot. A sender needs the chunk **before** the slot: store and forward. Slots that lead to
//! the same state are one, so the sender is not recorded where it makes no difference.

use super::state::{Balances, ScheduleState, Sending, Slot, Transfer, UnderWay};
use super::{Rules, Schedule};

/// Every slot, into an empty list.
pub(super) fn slots(world: &Schedule, state: ScheduleState, slots: &mut Vec<Slot>) {
    let mut walk = SlotWalk { world, state, slots };
    let start = Slot::new(state);
    match &world.rules {
        Rules::Free => super::arrivals::slots(world, state, walk.slots),
        Rules::Telegraph => walk.calls(start, 0, CallDirection::OneWay),
        Rules::Telephone => walk.calls(start, 0, CallDirection::BothWays),
        Rules::Strict => walk.gifts(start, 0, world.source_slots, AfterGifts::Swaps(2)),
        Rules::Cycles3 => walk.gifts(start, 0, world.source_slots, AfterGifts::Swaps(3)),
        Rules::Credit(most) => {
            walk.gifts(start, 0, world.source_slots, AfterGifts::Credit(*most));
        }
        Rules::Serial(times) => walk.serial(start, UnderWay(state.memory), 0, times),
    }
    // The caller's list is empty, as the search's and stateright's are.
    slots.sort_unstable();
    slots.dedup_by_key(|slot| slot.next);
}

/// Whether a call carries one chunk or one each way.
#[derive(Clone, Copy)]
enum CallDirection {
    OneWay,
    BothWays,
}

/// What happens among peers after the source's sends.
#[derive(Clone, Copy)]
enum AfterGifts {
    /// Exchanges in cycles of at most this many peers.
    Swaps(usize),
    /// Each peer sends where the balance allows.
    Credit(u8),
}

struct SlotWalk<'a> {
    world: &'a Schedule,
    state: ScheduleState,
    slots: &'a mut Vec<Slot>,
}

impl SlotWalk<'_> {
    /// The useful chunks that `from` could send to `to` in this slot.
    fn useful(&self, slot: Slot, from: usize, to: usize) -> u8 {
        if to == 0 || from == to || !self.world.joins(from, to) {
            return 0;
        }
        self.world.can_give(self.state, from) & !slot.next.chunks(to)
    }

    fn each_useful(&self, slot: Slot, from: usize, to: usize) -> impl Iterator<Item = Transfer> {
        bits(self.useful(slot, from, to)).map(move |chunk| Transfer { from, to, chunk })
    }

    /// Whether a peer may receive one chunk more in this slot.
    fn has_room(&self, slot: Slot, to: usize) -> bool {
        let arrived = slot.next.chunks(to).count_ones() - self.state.chunks(to).count_ones();
        self.world.download_slots.is_none_or(|most| arrived < most)
    }

    /// Each node in at most one call; nodes below `node` have decided.
    fn calls(&mut self, slot: Slot, node: usize, exchange: CallDirection) {
        self.calls_without(slot, node, exchange, 0);
    }

    fn calls_without(&mut self, slot: Slot, node: usize, exchange: CallDirection, busy: u16) {
        if self.world.peers < node {
            self.slots.push(slot);
            return;
        }
        self.calls_without(slot, node + 1, exchange, busy);
        if busy >> node & 1 == 1 {
            return;
        }
        for other in (node + 1..=self.world.peers).filter(|&other| busy >> other & 1 == 0) {
            let busy = busy | 1 << other;
            let there: Vec<Transfer> = self.each_useful(slot, node, other).collect();
            let back: Vec<Transfer> = self.each_useful(slot, other, node).collect();
            for &transfer in there.iter().chain(&back) {
                self.calls_without(slot.with(transfer), node + 1, exchange, busy);
            }
            if let CallDirection::BothWays = exchange {
                for &there in &there {
                    for &back in &back {
                        let slot = slot.with(there).with(back);
                        self.calls_without(slot, node + 1, exchange, busy);
                    }
                }
            }
        }
    }

    /// The source gives at most `left` chunks, of the pairs of receiver and chunk from `pair` on.
    fn gifts(&mut self, slot: Slot, pair: usize, left: u32, after: AfterGifts) {
        match after {
            AfterGifts::Swaps(longest) => self.swaps(slot, 1, longest),
            AfterGifts::Credit(most) => self.credit(slot, Balances(self.state.memory), 1, most),
        }
        if left == 0 {
            return;
        }
        for pair in pair..self.world.peers * self.world.chunks {
            let (to, chunk) = (pair / self.world.chunks + 1, pair % self.world.chunks);
            let useful = self.useful(slot, 0, to) >> chunk & 1 == 1;
            if useful && self.has_room(slot, to) {
                let gift = Transfer { from: 0, to, chunk };
                self.gifts(slot.with(gift), pair + 1, left - 1, after);
            }
        }
    }

    /// Peers exchange in cycles; those below `peer` have decided.
    fn swaps(&mut self, slot: Slot, peer: usize, longest: usize) {
        self.swaps_without(slot, peer, longest, 0);
    }

    fn swaps_without(&mut self, slot: Slot, peer: usize, longest: usize, busy: u16) {
        if self.world.peers < peer {
            self.slots.push(slot);
            return;
        }
        self.swaps_without(slot, peer + 1, longest, busy);
        if busy >> peer & 1 == 1 {
            return;
        }
        let free = |busy: u16, other: usize| busy >> other & 1 == 0;
        for second in (peer + 1..=self.world.peers).filter(|&other| free(busy, other)) {
            let both = busy | 1 << second;
            for slot in self.around(slot, &[peer, second]) {
                self.swaps_without(slot, peer + 1, longest, both);
            }
            if longest < 3 {
                continue;
            }
            for third in (second + 1..=self.world.peers).filter(|&other| free(busy, other)) {
                let three = both | 1 << third;
                for cycle in [[peer, second, third], [peer, third, second]] {
                    for slot in self.around(slot, &cycle) {
                        self.swaps_without(slot, peer + 1, longest, three);
                    }
                }
            }
        }
    }

    /// The slots in which each peer on the cycle sends one chunk to the next.
    fn around(&self, slot: Slot, cycle: &[usize]) -> Vec<Slot> {
        let mut slots = vec![slot];
        for (at, &from) in cycle.iter().enumerate() {
            let to = cycle[(at + 1) % cycle.len()];
            let mut longer = Vec::new();
            for slot in slots.into_iter().filter(|&slot| self.has_room(slot, to)) {
                longer.extend(self.each_useful(slot, from, to).map(|transfer| slot.with(transfer)));
            }
            slots = longer;
        }
        slots
    }

    /// Each peer sends one chunk at most; those below `peer` have decided. Balances count at the
    /// end of the slot, so that what is exchanged at once costs nothing.
    fn credit(&mut self, slot: Slot, balances: Balances, peer: usize, most: u8) {
        let peers = self.world.peers;
        if peers < peer {
            let pairs = (1..=peers).flat_map(|one| (one + 1..=peers).map(move |two| (one, two)));
            if pairs.into_iter().all(|(one, two)| balances.net(one, two).unsigned_abs() <= most) {
                let mut slot = slot;
                slot.next.memory = balances.0;
                self.slots.push(slot);
            }
            return;
        }
        self.credit(slot, balances, peer + 1, most);
        for to in (1..=peers).filter(|&to| to != peer) {
            if !self.has_room(slot, to) {
                continue;
            }
            let net = balances.net(peer, to) + 1;
            // One chunk may come back in this slot.
            if most as i8 + 1 < net {
                continue;
            }
            let after = balances.set(peer, to, net);
            let useful: Vec<Transfer> = self.each_useful(slot, peer, to).collect();
            for transfer in useful {
                self.credit(slot.with(transfer), after, peer + 1, most);
            }
        }
    }

    /// Every idle node starts one transfer at most; nodes below `node` have decided.
    fn serial(&mut self, slot: Slot, under_way: UnderWay, node: usize, times: &[u8]) {
        let nodes = self.world.peers + 1;
        if node == nodes {
            self.slots.push(self.advance(slot, under_way));
            return;
        }
        self.serial(slot, under_way, node + 1, times);
        if under_way.of(node).is_some() {
            return;
        }
        let coming = |to: usize| {
            let to_there = (0..nodes).filter_map(|node| under_way.of(node));
            to_there.filter(move |sending| sending.to == to)
        };
        let full = |to: usize| {
            let most = self.world.download_slots;
            most.is_some_and(|most| most as usize <= coming(to).count())
        };
        for to in (1..nodes).filter(|&to| !full(to)) {
            let comes = coming(to).fold(0u8, |chunks, sending| chunks | 1 << sending.chunk);
            for chunk in bits(self.useful(slot, node, to) & !comes) {
                let sending = Sending { to, chunk, left: u64::from(times[node]) };
                let slot = slot.starting(Transfer { from: node, to, chunk });
                self.serial(slot, under_way.set(node, Some(sending)), node + 1, times);
            }
        }
    }

    /// One slot passes: what is due arrives.
    fn advance(&self, mut slot: Slot, mut under_way: UnderWay) -> Slot {
        for node in 0..=self.world.peers {
            let Some(sending) = under_way.of(node) else {
                continue;
            };
            let left = sending.left - 1;
            if left == 0 {
                slot.next.have |= 1 << (8 * sending.to + sending.chunk);
            }
            let rest = Some(Sending { left, ..sending }).filter(|_| 0 < left);
            under_way = under_way.set(node, rest);
        }
        slot.next.memory = under_way.0;
        slot
    }
}

/// The positions of the set bits.
pub(super) fn bits(mut set: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (at < 8).then_some(at)
    })
}
