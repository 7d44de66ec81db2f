//! The transfers under way and their rates. A transfer never gives up rate, and takes what becomes
//! free on its two links before any new transfer begins.
//!
//! [`ActiveTransfers`] keeps the sum of rates on each link within its capacity. Which transfer
//! begins is decided elsewhere.

use crate::schedule::instance::Instance;
use crate::units::{Rate, Time};

/// A transfer under way.
#[derive(Clone, Debug)]
pub(super) struct ActiveTransfer {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) chunk: usize,
    pub(super) start: Time,
    /// Nanobits left to send at `since`.
    left: u128,
    since: Time,
    /// Bits per second since `since`.
    rate: u64,
    /// Largest rate that it may take, in bits per second.
    cap: u64,
    /// Incremented whenever its end moves or its id is reused, so that old ends are recognized.
    version: u32,
}

/// The expected end of a transfer: the time at which its last byte leaves the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TransferEnd {
    pub(super) at: Time,
    pub(super) transfer: u32,
    pub(super) version: u32,
}

/// All transfers under way, and the unused rate of each link.
#[derive(Clone, Debug)]
pub(super) struct ActiveTransfers {
    /// Unused rate of each uplink and downlink, in bits per second.
    pub(super) free_up: Vec<u64>,
    pub(super) free_down: Vec<u64>,
    /// Ids of transfers under way by sender and by receiver, the oldest first.
    by_sender: Vec<Vec<u32>>,
    by_receiver: Vec<Vec<u32>>,
    transfers: Vec<ActiveTransfer>,
    free_ids: Vec<u32>,
}

impl ActiveTransfers {
    pub(super) fn new(instance: &Instance) -> Self {
        let nodes = instance.up.len();
        ActiveTransfers {
            free_up: instance.up.clone(),
            free_down: instance.down.clone(),
            by_sender: vec![Vec::new(); nodes],
            by_receiver: vec![Vec::new(); nodes],
            transfers: Vec::new(),
            free_ids: Vec::new(),
        }
    }

    /// Begins a transfer of `length` nanobits at the unused rate of its links, up to `cap`. None if
    /// there is none, or the end lies beyond [`Time::MAX`].
    pub(super) fn begin(
        &mut self,
        (from, to, chunk): (usize, usize, usize),
        (length, cap): (u128, u64),
        now: Time,
    ) -> Option<TransferEnd> {
        let transfer = ActiveTransfer {
            from,
            to,
            chunk,
            start: now,
            left: length,
            since: now,
            rate: 0,
            cap,
            version: 0,
        };
        let id = match self.free_ids.pop() {
            Some(id) => {
                let version = self.transfers[id as usize].version + 1;
                self.transfers[id as usize] = ActiveTransfer { version, ..transfer };
                id
            }
            None => {
                self.transfers.push(transfer);
                self.transfers.len() as u32 - 1
            }
        };
        self.by_sender[from].push(id);
        self.by_receiver[to].push(id);
        self.raise(id, now)
    }

    /// Ends a transfer; None if its end has moved meanwhile.
    pub(super) fn finish(&mut self, end: TransferEnd) -> Option<ActiveTransfer> {
        let transfer = self.transfers[end.transfer as usize].clone();
        if transfer.version != end.version {
            return None;
        }
        self.free_up[transfer.from] += transfer.rate;
        self.free_down[transfer.to] += transfer.rate;
        self.by_sender[transfer.from].retain(|&id| id != end.transfer);
        self.by_receiver[transfer.to].retain(|&id| id != end.transfer);
        self.transfers[end.transfer as usize].version += 1;
        self.free_ids.push(end.transfer);
        Some(transfer)
    }

    /// Lets the transfers on the uplink of `from` and the downlink of `to` take the unused rate,
    /// and appends their new ends to `ends`.
    pub(super) fn reallocate(
        &mut self,
        from: usize,
        to: usize,
        now: Time,
        ends: &mut Vec<TransferEnd>,
    ) {
        if self.free_up[from] != 0 {
            for at in 0..self.by_sender[from].len() {
                ends.extend(self.raise(self.by_sender[from][at], now));
            }
        }
        if self.free_down[to] != 0 {
            for at in 0..self.by_receiver[to].len() {
                ends.extend(self.raise(self.by_receiver[to][at], now));
            }
        }
    }

    /// The sender and the receiver of a transfer under way.
    pub(super) fn endpoints(&self, transfer: u32) -> (usize, usize) {
        (self.transfers[transfer as usize].from, self.transfers[transfer as usize].to)
    }

    fn raise(&mut self, id: u32, now: Time) -> Option<TransferEnd> {
        let transfer = &mut self.transfers[id as usize];
        let free = self.free_up[transfer.from].min(self.free_down[transfer.to]);
        let more = free.min(transfer.cap - transfer.rate);
        if more == 0 {
            return None;
        }
        self.free_up[transfer.from] -= more;
        self.free_down[transfer.to] -= more;
        let moved = Rate(transfer.rate).nanobits(now.since(transfer.since));
        transfer.left = transfer.left.saturating_sub(moved);
        transfer.since = now;
        transfer.rate += more;
        transfer.version += 1;
        let span = Rate(transfer.rate).time_for(transfer.left)?;
        Some(TransferEnd { at: now.checked_add(span)?, transfer: id, version: transfer.version })
    }
}
