//! One direction of a node's link, and what is on it in the order of beginnings.
//!
//! The oldest transfer takes what both its ends can carry, so a direction has three parts:
//! transfers that something else holds back, one that takes the rest, and those behind it that get
//! nothing. When a rate changes, only transfers at the borders of these parts can be affected, and
//! a direction finds them without looking at the others. It never knows the other end of a
//! transfer.

use super::links::FlowId;
use crate::units::Rate;

/// One direction of a node's link.
#[derive(Clone, Debug)]
pub(super) struct LinkDirection {
    /// None is unlimited.
    capacity: Option<Rate>,
    /// What is on it, oldest first.
    shares: Vec<Share>,
    /// The sum of the rates.
    used: u128,
    /// The transfers that get no more because this direction has no more for them, in the same
    /// order.
    held_back: Vec<u64>,
}

/// What a transfer has of a direction.
#[derive(Clone, Copy, Debug)]
struct Share {
    /// When it began, in the order of beginnings.
    order: u64,
    flow: FlowId,
    rate: Rate,
}

/// Whether a direction is what holds a transfer back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Binds,
    Spares,
}

impl LinkDirection {
    pub(super) fn new(capacity: Option<Rate>) -> Self {
        LinkDirection { capacity, shares: Vec::new(), used: 0, held_back: Vec::new() }
    }

    /// What is on it, oldest first.
    pub(super) fn flows(&self) -> impl Iterator<Item = FlowId> + '_ {
        self.shares.iter().map(|share| share.flow)
    }

    /// The place of a transfer.
    fn place(&self, order: u64) -> Option<usize> {
        self.shares.binary_search_by_key(&order, |share| share.order).ok()
    }

    /// Puts the youngest transfer on it, without a rate.
    pub(super) fn push(&mut self, order: u64, flow: FlowId) {
        self.shares.push(Share { order, flow, rate: Rate::ZERO });
    }

    /// Takes a transfer off.
    pub(super) fn remove(&mut self, order: u64) {
        if let Some(at) = self.place(order) {
            self.used -= u128::from(self.shares.remove(at).rate.0);
            self.note(order, Binding::Spares);
        }
    }

    /// What older transfers leave of it for one that began at `order`.
    pub(super) fn left_for(&self, order: u64) -> Rate {
        let Some(capacity) = self.capacity else {
            return Rate(u64::MAX);
        };
        let at = self.shares.partition_point(|share| share.order < order);
        let sum =
            |shares: &[Share]| shares.iter().map(|share| u128::from(share.rate.0)).sum::<u128>();
        let (older, younger) = self.shares.split_at(at);
        // Most changes are near the young end: the shorter part is summed.
        let used = match older.len() < younger.len() {
            true => sum(older),
            false => self.used - sum(younger),
        };
        Rate(u128::from(capacity.0).saturating_sub(used) as u64)
    }

    /// Is there unused capacity?
    pub(super) fn has_spare(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.used < u128::from(capacity.0))
    }

    /// Its capacity changes: the transfers whose rates must be looked at first.
    pub(super) fn change(&mut self, capacity: Option<Rate>) -> Vec<(u64, FlowId)> {
        self.capacity = capacity;
        let held_back = self.held_back.first().copied().and_then(|held| self.with_room(held));
        [self.first_beyond(), held_back].into_iter().flatten().collect()
    }

    /// Gives a transfer its rate.
    pub(super) fn set(&mut self, order: u64, rate: Rate, binding: Binding) {
        if let Some(at) = self.place(order) {
            let share = &mut self.shares[at];
            self.used = self.used - u128::from(share.rate.0) + u128::from(rate.0);
            share.rate = rate;
            if self.capacity.is_some() {
                self.note(order, binding);
            }
        }
    }

    fn note(&mut self, order: u64, binding: Binding) {
        match (self.held_back.binary_search(&order), binding) {
            (Err(at), Binding::Binds) => self.held_back.insert(at, order),
            (Ok(at), Binding::Spares) => {
                self.held_back.remove(at);
            }
            _ => {}
        }
    }

    /// The transfers younger than `order` whose rates must be looked at first after a change at
    /// `order`: the oldest that has more than is left for it, and the oldest that this direction
    /// held back and for which it has more now. Those behind them follow when these are settled.
    pub(super) fn affected(&self, order: u64) -> impl Iterator<Item = (u64, FlowId)> {
        [self.first_beyond(), self.first_with_room(order)].into_iter().flatten()
    }

    fn first_beyond(&self) -> Option<(u64, FlowId)> {
        let capacity = u128::from(self.capacity?.0);
        if self.used <= capacity {
            return None;
        }
        let mut sum = self.used;
        let mut first = self.shares.len();
        while capacity < sum {
            first -= 1;
            sum -= u128::from(self.shares[first].rate.0);
        }
        let share = self.shares[first];
        Some((share.order, share.flow))
    }

    fn first_with_room(&self, order: u64) -> Option<(u64, FlowId)> {
        let next = self.held_back.partition_point(|&other| other <= order);
        self.with_room(*self.held_back.get(next)?)
    }

    /// A transfer that was held back, if this direction has more for it now.
    fn with_room(&self, held: u64) -> Option<(u64, FlowId)> {
        let share = self.shares[self.place(held)?];
        (share.rate < self.left_for(held)).then_some((held, share.flow))
    }
}
