//! Slots under no rule but the capacities: sets of arrivals for which there are senders.
//!
//! Which node sends what makes no difference afterwards, so sets of arrivals are enumerated, not
//! assignments of senders: a set is possible if its arrivals can be matched to senders, one each
//! (the source has several), which augmenting paths decide.

use super::slots::bits;
use super::state::{MOST_TRANSFERS, ScheduleState, Slot, Transfer};
use super::{Moves, Schedule};

/// A chunk that a peer lacks, and the senders that could give it, one bit each.
#[derive(Clone, Copy)]
struct Wanted {
    to: usize,
    chunk: usize,
    senders: u16,
}

/// What each sender sends: 1 + the index of something wanted, 0 for nothing.
type Matching = [u8; MOST_TRANSFERS];

/// Appends every slot, or every one that matters.
pub(super) fn slots(world: &Schedule, state: ScheduleState, slots: &mut Vec<Slot>) {
    let wanted = wanted(world, state);
    let mut choice = Choice { world, state, wanted, rank: 0, slots };
    choice.rank = choice.size_with_rest(Matching::default(), 0);
    choice.decide(0, Matching::default(), [0; 8]);
}

fn wanted(world: &Schedule, state: ScheduleState) -> Vec<Wanted> {
    let source = world.source_slots as usize;
    let mut wanted = Vec::new();
    for to in 1..=world.peers {
        for chunk in bits(world.file() & !state.chunks(to)) {
            let mut senders = 0;
            for from in (0..=world.peers).filter(|&from| from != to && world.joins(from, to)) {
                if world.can_give(state, from) >> chunk & 1 == 1 {
                    senders |= match from {
                        0 => (1 << source) - 1,
                        peer => 1 << (source + peer - 1),
                    };
                }
            }
            if senders != 0 {
                wanted.push(Wanted { to, chunk, senders });
            }
        }
    }
    wanted
}

struct Choice<'a> {
    world: &'a Schedule,
    state: ScheduleState,
    wanted: Vec<Wanted>,
    /// The most arrivals that have senders, whatever the receivers can take.
    rank: usize,
    slots: &'a mut Vec<Slot>,
}

impl Choice<'_> {
    /// Decides about everything wanted from `at` on; `arrivals` are the chosen chunks of each peer.
    fn decide(&mut self, at: usize, matching: Matching, arrivals: [u8; 8]) {
        if self.world.moves == Moves::Dominant && !self.in_order(at, &arrivals) {
            return;
        }
        let Some(&Wanted { to, chunk, .. }) = self.wanted.get(at) else {
            if self.matters(&matching, &arrivals) {
                self.slots.push(self.slot(&matching));
            }
            return;
        };
        if self.has_room(&arrivals, to) {
            let mut with = matching;
            if self.augment(at, &mut with, &mut 0) {
                let mut arrivals = arrivals;
                arrivals[to] |= 1 << chunk;
                self.decide(at + 1, with, arrivals);
            }
        }
        let hopeless = self.world.moves == Moves::Dominant
            && self.world.download_slots.is_none()
            && self.size_with_rest(matching, at + 1) < self.rank;
        if !hopeless {
            self.decide(at + 1, matching, arrivals);
        }
    }

    fn has_room(&self, arrivals: &[u8; 8], to: usize) -> bool {
        self.world.download_slots.is_none_or(|most| arrivals[to].count_ones() < most)
    }

    /// Finds a sender for something wanted, where needed by moving others to other senders.
    fn augment(&self, at: usize, matching: &mut Matching, tried: &mut u16) -> bool {
        let mut senders = self.wanted[at].senders;
        while senders & !*tried != 0 {
            let sender = (senders & !*tried).trailing_zeros() as usize;
            senders &= !(1 << sender);
            *tried |= 1 << sender;
            let other = matching[sender];
            if other == 0 || self.augment(usize::from(other) - 1, matching, tried) {
                matching[sender] = at as u8 + 1;
                return true;
            }
        }
        false
    }

    /// How many arrivals there can be if everything from `at` on may be chosen.
    fn size_with_rest(&self, mut matching: Matching, at: usize) -> usize {
        for rest in at..self.wanted.len() {
            self.augment(rest, &mut matching, &mut 0);
        }
        matching.iter().filter(|&&sent| sent != 0).count()
    }

    /// Whether the slot is to be seen: every slot, or only those to which nothing can be added and
    /// which stand for all that differ in names only.
    fn matters(&self, matching: &Matching, arrivals: &[u8; 8]) -> bool {
        if self.world.moves == Moves::All {
            return true;
        }
        let grows = (0..self.wanted.len()).any(|at| {
            let Wanted { to, chunk, .. } = self.wanted[at];
            let chosen = arrivals[to] >> chunk & 1 == 1;
            !chosen && self.has_room(arrivals, to) && self.augment(at, &mut { *matching }, &mut 0)
        });
        !grows && self.columns_in_order(arrivals)
    }

    /// Peers that are alike and have the same chunks can change places, chunks that the same peers
    /// have too. Of the slots that this makes one it suffices to see one with rows and columns in
    /// order (the greatest in its class has both: Flener et al. 2002).
    fn in_order(&self, at: usize, arrivals: &[u8; 8]) -> bool {
        let decided = self.wanted.get(at).map_or(self.world.peers + 1, |wanted| wanted.to);
        (2..decided).all(|peer| match self.twin(peer) {
            Some(twin) => arrivals[peer] <= arrivals[twin],
            None => true,
        })
    }

    /// The nearest lower peer that is alike and has the same chunks.
    fn twin(&self, peer: usize) -> Option<usize> {
        let group = self.world.groups.iter().find(|group| group.contains(&peer))?;
        let same = |&other: &usize| self.state.chunks(other) == self.state.chunks(peer);
        (group.start..peer).rev().find(same)
    }

    fn columns_in_order(&self, arrivals: &[u8; 8]) -> bool {
        let column = |chunk: usize, row: &dyn Fn(usize) -> u8| {
            (1..=self.world.peers).fold(0u8, |bits, peer| bits << 1 | (row(peer) >> chunk & 1))
        };
        let held = |chunk| column(chunk, &|peer| self.state.chunks(peer));
        let comes = |chunk| column(chunk, &|peer| arrivals[peer]);
        (1..self.world.chunks).all(|chunk| {
            let twin = (0..chunk).rev().find(|&other| held(other) == held(chunk));
            twin.is_none_or(|twin| comes(twin) <= comes(chunk))
        })
    }

    fn slot(&self, matching: &Matching) -> Slot {
        let source = self.world.source_slots as usize;
        let sent = matching.iter().enumerate().filter(|&(_, &sent)| sent != 0);
        sent.fold(Slot::new(self.state), |slot, (sender, &sent)| {
            let Wanted { to, chunk, .. } = self.wanted[usize::from(sent) - 1];
            let from = if sender < source { 0 } else { sender - source + 1 };
            slot.with(Transfer { from, to, chunk })
        })
    }
}
