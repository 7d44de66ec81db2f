//! The tracker: introduces peers, knows who is in the swarm, never who has what.
//!
//! It counts intervals instead of reading a clock: a member that has not announced itself for
//! [`PATIENCE`] intervals is forgotten.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::choose::Choose;
use crate::chunks::PeerId;
use crate::engine::{Introduce, Presence};

/// Intervals of silence after which a member is forgotten: members announce once an interval, so
/// one lost announce is forgiven and two are not.
pub const PATIENCE: u8 = 2;

/// A tracker of one swarm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tracker {
    /// Members and their intervals of silence, in ascending order of ids.
    members: Vec<(PeerId, u8)>,
}

impl Tracker {
    /// Who is in, in ascending order.
    pub fn members(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.members.iter().map(|&(member, _)| member)
    }

    /// Up to `want` members other than `node`, every selection equally likely (Floyd's method: no
    /// copy of the member list, which may be long).
    fn introduce(&self, node: PeerId, want: u32, choose: &mut dyn Choose) -> Vec<PeerId> {
        let own = self.members.binary_search_by_key(&node, |&(member, _)| member).ok();
        let others = self.members.len() - usize::from(own.is_some());
        let count = others.min(want as usize);
        // Positions count without `node` itself.
        let member = |position: usize| match own {
            Some(own) if own <= position => self.members[position + 1].0,
            _ => self.members[position].0,
        };
        if count == others {
            return (0..others).map(member).collect();
        }
        let mut chosen: Vec<usize> = Vec::with_capacity(count);
        for last in others - count..others {
            let bound = NonZeroUsize::new(last + 1).expect("one more than an index");
            let position = choose.index(bound);
            chosen.push(if chosen.contains(&position) { last } else { position });
        }
        chosen.into_iter().map(member).collect()
    }
}

impl Introduce for Tracker {
    fn new() -> Self {
        Tracker::default()
    }

    fn heap_bytes(&self) -> usize {
        self.members.len() * size_of::<(PeerId, u8)>()
    }

    fn announce(
        &mut self,
        node: PeerId,
        presence: Presence,
        want: u32,
        choose: &mut dyn Choose,
    ) -> Vec<PeerId> {
        let place = self.members.binary_search_by_key(&node, |&(member, _)| member);
        match (presence, place) {
            (Presence::Here, Ok(at)) => self.members[at].1 = 0,
            (Presence::Here, Err(at)) => self.members.insert(at, (node, 0)),
            (Presence::Gone, Ok(at)) => {
                self.members.remove(at);
            }
            (Presence::Gone, Err(_)) => {}
        }
        match presence {
            Presence::Here => self.introduce(node, want, choose),
            Presence::Gone => Vec::new(),
        }
    }

    fn tick(&mut self) {
        for (_, silence) in &mut self.members {
            *silence += 1;
        }
        self.members.retain(|&(_, silence)| silence <= PATIENCE);
    }
}
