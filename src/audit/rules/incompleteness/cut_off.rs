//! Whether time was up: no bound allows another completion by then, the log reaches that time, or
//! transfers that it does not show can have been in flight.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::cause::{Cause, Idle};
use super::scene::Scene;
use crate::audit::evidence::ending::Ending;
use crate::audit::evidence::facts::{Facts, with_tolerance};
use crate::audit::evidence::in_flight::InFlight;
use crate::audit::evidence::intervals::{Edge, later};
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
    in_flight: InFlight,
    /// By node: when it was last seen to come, to receive, to send or to unchoke a neighbor.
    seen: Vec<Time>,
    /// By node: when it was last seen to come or to receive.
    got: Vec<Time>,
    /// By group: what `busiest` found; None until it is asked.
    busiest: Vec<Option<Vec<PeerId>>>,
}

impl<'f> CutOff<'f> {
    pub(super) fn new(facts: &'f Facts, ending: &Ending<'_>, completed: usize) -> Self {
        let came = |node| facts.presence(node).list.last().map_or(Time::ZERO, |stay| stay.from);
        let mut got: Vec<Time> = facts.scenario().nodes().map(came).collect();
        for t in facts.transfers() {
            let got = &mut got[t.to.index()];
            *got = t.end.max(*got);
        }
        let mut seen = got.clone();
        for t in facts.transfers() {
            let seen = &mut seen[t.from.index()];
            *seen = t.end.max(*seen);
        }
        // What is in flight may have waited for an unchoke.
        for node in facts.scenario().nodes() {
            let opens = facts.chokes_by(node).iter().filter(|act| act.2 == Edge::Open);
            let last = opens.map(|act| act.1).max().unwrap_or(Time::ZERO);
            let seen = &mut seen[node.index()];
            *seen = last.max(*seen);
        }
        let in_flight = InFlight::new(facts, ending);
        CutOff {
            facts,
            completed,
            no_time: OnceCell::new(),
            idle: OnceCell::new(),
            in_flight,
            seen,
            got,
            busiest: Vec::new(),
        }
    }

    /// Does no bound allow one completion more by the time at which the run is cut off?
    fn no_time(&self) -> Option<Cause> {
        *self.no_time.get_or_init(|| {
            let until_ns = self.facts.scenario().parts().until;
            let k = self.completed + 1;
            let conditions = self.facts.conditions().for_a_swarm();
            let binding = bounds::binding(self.facts.scenario(), k, conditions).ok()?;
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

    /// How long `holder` may have been sending to a peer that was last seen to receive at `got`.
    fn occupied(&self, holder: PeerId, since: Time) -> Time {
        later(self.seen[holder.index()].max(since), self.in_flight.longest(holder))
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

    /// A node that can have been sending up to the cut-off, without a pause since it was last seen
    /// busy: to the peer itself where a neighbor holds what it lacks, else to any node on the way.
    fn in_flight(&mut self, peer: PeerId) -> Option<Cause> {
        let until_ns = self.facts.scenario().parts().until;
        let got = self.cut_off.got[peer.index()];
        let mut holds = false;
        let mut explains = |holder: PeerId, since: Time| {
            let could = holder != peer
                && self.serves[holder.index()]
                && self.holdings.beyond(holder, peer).is_some()
                && self.trades(holder, peer);
            holds |= could;
            could && until_ns < self.cut_off.occupied(holder, since.max(got))
        };
        let found = match self.graph.neighbors(peer) {
            Some(neighbors) => neighbors
                .iter()
                .find(|&&(node, since)| explains(node, since))
                .map(|&(node, _)| node),
            None => self.graph.members[0].iter().copied().find(|&node| explains(node, Time::ZERO)),
        };
        let found = found.or_else(|| if holds { None } else { self.on_the_way(peer, got) });
        found.map(|sender| Cause::InFlight {
            sender,
            busy_ns: self.cut_off.seen[sender.index()],
            until_ns,
        })
    }

    /// Does a neighbor of a node lack something that the node holds?
    fn gives(&self, node: PeerId) -> bool {
        let mut neighbors = self.graph.neighbors(node).unwrap_or_default().iter();
        neighbors.any(|&(other, _)| self.holdings.beyond(node, other).is_some())
    }

    /// A node within reach that can have been sending to any other, where no neighbor of the peer
    /// holds what it lacks.
    fn on_the_way(&mut self, peer: PeerId, got: Time) -> Option<PeerId> {
        let until = self.facts.scenario().parts().until;
        self.cut_off.busiest.resize_with(self.graph.members.len(), || None);
        for &group in self.graph.groups(peer) {
            let busiest = match self.cut_off.busiest[group].take() {
                Some(busiest) => busiest,
                None => self.busiest(group),
            };
            let occupied = |node: &&PeerId| until < self.cut_off.occupied(**node, got);
            let found = busiest.iter().find(occupied).copied();
            self.cut_off.busiest[group] = Some(busiest);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Of the nodes of a group that a neighbor lacks something of: the one that may have been
    /// sending to the latest instant, and the one that may send for longest.
    fn busiest(&self, group: usize) -> Vec<PeerId> {
        let members = self.graph.members[group].iter().copied();
        let gives: Vec<PeerId> = members.filter(|&node| self.gives(node)).collect();
        let latest = gives.iter().max_by_key(|&&node| self.cut_off.occupied(node, Time::ZERO));
        let longest = gives.iter().max_by_key(|&&node| self.cut_off.in_flight.longest(node));
        latest.into_iter().chain(longest).copied().collect()
    }
}
