//! Whether time was up: no bound allows another completion by then, the log reaches that time, or
//! transfers that it does not show can have been in flight.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::cause::{Cause, Idle};
use super::scene::Scene;
use crate::audit::evidence::ending::Ending;
use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::evidence::in_flight::InFlight;
use crate::audit::evidence::intervals::later;
use crate::audit::evidence::latest_start::LatestStart;
use crate::audit::evidence::stalls::{Stall, Stalls};
use crate::bounds::{self, Earliest};
use crate::chunks::PeerId;
use crate::units::Time;

/// What is known of the end of the time.
pub(super) struct CutOff<'f> {
    facts: &'f Facts,
    /// How many peers have the file.
    completed: usize,
    no_time: OnceCell<Option<Cause>>,
    /// By peer, where the run was cut off.
    idle: OnceCell<BTreeMap<PeerId, Idle>>,
    unlogged: OnceCell<Unlogged>,
    /// By group: what `moving` found; None until it is asked.
    moving: Vec<Option<Option<Cause>>>,
}

/// Transfers that the log does not show, as far as they can be in flight at its end.
struct Unlogged {
    latest_start: LatestStart,
    in_flight: InFlight,
}

impl Unlogged {
    fn new(facts: &Facts, ending: &Ending<'_>) -> Self {
        let (latest_start, in_flight) = (LatestStart::new(facts), InFlight::new(facts, ending));
        Unlogged { latest_start, in_flight }
    }

    /// Says that a node can have been sending to another at `until`; None where it cannot.
    fn explains(&self, sender: PeerId, to: PeerId, until_ns: Time) -> Option<Cause> {
        let since_ns = self.latest_start.of(sender, to);
        let over = later(since_ns, self.in_flight.longest(sender));
        (until_ns < over).then_some(Cause::InFlight { sender, since_ns, until_ns })
    }
}

impl<'f> CutOff<'f> {
    pub(super) fn new(facts: &'f Facts, completed: usize) -> Self {
        CutOff {
            facts,
            completed,
            no_time: OnceCell::new(),
            idle: OnceCell::new(),
            unlogged: OnceCell::new(),
            moving: Vec::new(),
        }
    }

    /// Does no bound allow one completion more by the time at which the run is cut off?
    fn no_time(&self) -> Option<Cause> {
        *self.no_time.get_or_init(|| {
            let until_ns = self.facts.scenario().parts().until;
            let k = self.completed + 1;
            let conditions = self.facts.conditions().for_a_swarm();
            let binding = bounds::binding(self.facts.measured(), k, conditions).ok()?;
            let earliest_ns = match binding.at {
                Earliest::At(time) if time <= with_tolerance(self.facts, until_ns) => return None,
                Earliest::At(time) => Some(time),
                Earliest::Never(_) => None,
            };
            Some(Cause::NoTime { k, bound: binding.name, earliest_ns, until_ns })
        })
    }

    /// The longest wait of a peer at the end beside a free neighbor that holds what it lacks.
    fn idle(&self, peer: PeerId) -> Option<Idle> {
        let all = self.idle.get_or_init(|| {
            if self.facts.scenario().discipline().coded || !Stalls::are_shown(self.facts) {
                return BTreeMap::new();
            }
            let mut longest: BTreeMap<PeerId, Idle> = BTreeMap::new();
            for Stall { peer, holder, chunk, from, .. } in Stalls::at_the_end(self.facts) {
                let idle = Idle { holder, chunk, since_ns: from };
                let other = longest.entry(peer).or_insert(idle);
                if from < other.since_ns {
                    *other = idle;
                }
            }
            longest
        });
        all.get(&peer).copied()
    }
}

impl Scene<'_> {
    /// Time was up, or may have been.
    pub(super) fn time_is_up(&mut self, peer: PeerId) -> Option<Cause> {
        let until_ns = self.facts.scenario().parts().until;
        if self.ending.goes_on() {
            return None;
        }
        let no_time = self.cut_off.no_time();
        let cut_off = self.ending.is_cut_off().then(|| {
            let idle = self.cut_off.idle(peer);
            Cause::CutOff { until_ns, idle }
        });
        no_time.or(cut_off).or_else(|| self.in_flight(peer))
    }

    fn unlogged(&self) -> &Unlogged {
        self.cut_off.unlogged.get_or_init(|| Unlogged::new(self.facts, &self.ending))
    }

    /// A node that can have been sending up to the cut-off: to the peer itself, or to any node on
    /// the way where no neighbor of the peer holds what it lacks.
    fn in_flight(&mut self, peer: PeerId) -> Option<Cause> {
        let until = self.facts.scenario().parts().until;
        let could = |&&holder: &&PeerId| self.can_move(holder, peer);
        let serving = &self.graph.members;
        let near = self.unlogged().in_flight.neighbors(peer).unwrap_or_else(|| &serving[0]);
        let explains = |holder: &PeerId| self.unlogged().explains(*holder, peer, until);
        let found = near.iter().filter(could).find_map(explains);
        let certain = self.graph.neighbors(peer).unwrap_or(&serving[0]);
        if found.is_some() || certain.iter().any(|holder| could(&holder)) {
            return found;
        }
        self.cut_off.moving.resize(self.graph.members.len(), None);
        (0..self.graph.groups(peer).len()).find_map(|at| {
            let group = self.graph.groups(peer)[at];
            let moving = self.cut_off.moving[group].unwrap_or_else(|| self.moving(group));
            self.cut_off.moving[group] = Some(moving);
            moving
        })
    }

    /// Can something that one node holds still move to another?
    pub(super) fn can_move(&self, from: PeerId, to: PeerId) -> bool {
        from != to
            && self.serves[from.index()]
            && self.holdings.beyond(from, to).is_some()
            && self.trades(from, to)
    }

    /// A node of a group that can have been sending to a neighbor up to the cut-off.
    fn moving(&self, group: usize) -> Option<Cause> {
        let until = self.facts.scenario().parts().until;
        self.graph.members[group].iter().find_map(|&node| {
            let near = self.unlogged().in_flight.neighbors(node).unwrap_or_default();
            near.iter().find_map(|&other| {
                let explains = self.unlogged().explains(node, other, until)?;
                self.can_move(node, other).then_some(explains)
            })
        })
    }
}
