//! The chunks of each peer between two slots, and what the rules remember beside them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::models::orbits::ROW_PEERS;

/// The chunks of each peer: byte i of `have` is peer i, one bit a chunk. `memory` is what the rules
/// remember: nothing, the balances of barter on credit, or the transfers under way.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScheduleState {
    /// The chunks of each peer.
    pub have: u64,
    /// What the rules remember.
    pub memory: u64,
}

impl ScheduleState {
    /// The chunks of a peer, one bit each.
    pub fn chunks(self, peer: usize) -> u8 {
        (self.have >> (8 * peer)) as u8
    }
}

impl fmt::Debug for ScheduleState {
    /// `1 {0,2}; 2 {}`, and the memory as a number where there is some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut divide = "";
        for peer in (1..=ROW_PEERS).filter(|&peer| self.chunks(peer) != 0) {
            let held = (0..8).filter(|chunk| self.chunks(peer) >> chunk & 1 == 1);
            let held: Vec<String> = held.map(|chunk| chunk.to_string()).collect();
            write!(f, "{divide}{peer} {{{}}}", held.join(","))?;
            divide = "; ";
        }
        if self.have == 0 {
            write!(f, "no peer has a chunk")?;
        }
        if self.memory != 0 {
            write!(f, " memory {:#x}", self.memory)?;
        }
        Ok(())
    }
}

/// One chunk from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The sender.
    pub from: usize,
    /// The receiver.
    pub to: usize,
    /// The chunk.
    pub chunk: usize,
}

/// What starts in one slot, and the state after it. Slots that lead to the same state are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The state after it.
    pub next: ScheduleState,
    /// At most ten transfers of 12 bits; none is zero, because no node sends to the source.
    transfers: u128,
}

/// The most transfers that a slot has room for.
pub(super) const MOST_TRANSFERS: usize = 10;

impl Slot {
    pub(super) fn new(state: ScheduleState) -> Self {
        Slot { next: state, transfers: 0 }
    }

    /// The slot with one more transfer, which does not arrive by that.
    pub(super) fn starting(self, Transfer { from, to, chunk }: Transfer) -> Self {
        let code = (from << 8 | to << 4 | chunk) as u128;
        Slot { transfers: self.transfers << 12 | code, ..self }
    }

    /// The slot with one more transfer, which arrives at its end.
    pub(super) fn with(self, transfer: Transfer) -> Self {
        let mut slot = self.starting(transfer);
        slot.next.have |= 1 << (8 * transfer.to + transfer.chunk);
        slot
    }

    /// What starts in it.
    pub fn transfers(self) -> impl Iterator<Item = Transfer> {
        (0..MOST_TRANSFERS).map(move |at| self.transfers >> (12 * at) & 0xfff).filter_map(|code| {
            let code = code as usize;
            let (from, to, chunk) = (code >> 8, code >> 4 & 15, code & 15);
            (to != 0).then_some(Transfer { from, to, chunk })
        })
    }
}

impl fmt::Debug for Slot {
    /// `the source sends chunk 2 to peer 1, peer 1 sends chunk 0 to peer 3`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut transfers: Vec<Transfer> = self.transfers().collect();
        transfers.sort_unstable_by_key(|transfer| (transfer.from, transfer.to, transfer.chunk));
        let text = |Transfer { from, to, chunk }: &Transfer| match from {
            0 => format!("the source sends chunk {chunk} to peer {to}"),
            from => format!("peer {from} sends chunk {chunk} to peer {to}"),
        };
        let texts: Vec<String> = transfers.iter().map(text).collect();
        match texts.is_empty() {
            true => write!(f, "idle"),
            false => write!(f, "{}", texts.join(", ")),
        }
    }
}

/// What barter on credit remembers: for each pair of peers, how many chunks more the lower sent to
/// the higher than it got back; 4 bits a pair, two's complement.
#[derive(Clone, Copy)]
pub(super) struct Balances(pub(super) u64);

impl Balances {
    fn place(lower: usize, higher: usize) -> usize {
        // Pairs (1,2), (1,3), (2,3), (1,4), ... do not move when a peer is added.
        4 * ((higher - 1) * (higher - 2) / 2 + lower - 1)
    }

    /// How many chunks more `from` sent to `to` than it got back.
    pub(super) fn net(self, from: usize, to: usize) -> i8 {
        let (lower, higher) = (from.min(to), from.max(to));
        let nibble = (self.0 >> Balances::place(lower, higher) & 15) as i8;
        let net = if nibble < 8 { nibble } else { nibble - 16 };
        if from < to { net } else { -net }
    }

    pub(super) fn set(self, from: usize, to: usize, net: i8) -> Self {
        let (lower, higher) = (from.min(to), from.max(to));
        let net = if from < to { net } else { -net };
        let place = Balances::place(lower, higher);
        Balances(self.0 & !(15 << place) | (net as u64 & 15) << place)
    }
}

/// What serial transfers remember: for each node the receiver, the chunk and the slots left; 10
/// bits a node.
#[derive(Clone, Copy)]
pub(super) struct UnderWay(pub(super) u64);

/// A transfer that takes several slots.
#[derive(Clone, Copy)]
pub(super) struct Sending {
    pub(super) to: usize,
    pub(super) chunk: usize,
    /// Slots left, at least 1.
    pub(super) left: u64,
}

impl UnderWay {
    pub(super) fn of(self, node: usize) -> Option<Sending> {
        let code = self.0 >> (10 * node) & 0x3ff;
        let sending =
            Sending { to: (code >> 7) as usize, chunk: (code >> 4 & 7) as usize, left: code & 15 };
        (0 < sending.left).then_some(sending)
    }

    pub(super) fn set(self, node: usize, sending: Option<Sending>) -> Self {
        let code = sending.map_or(0, |sending| {
            (sending.to as u64) << 7 | (sending.chunk as u64) << 4 | sending.left
        });
        UnderWay(self.0 & !(0x3ff << (10 * node)) | code << (10 * node))
    }
}
