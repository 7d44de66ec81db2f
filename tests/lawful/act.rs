//! What nodes do besides transfers: join, leave, connect, choke, announce.

use super::draw::Draw;
use super::log::{Departure, Event, Stamps};
use super::setup::BYTE;
use super::world::{Task, World};

impl World {
    /// Carries out what is due by now.
    pub(crate) fn do_tasks(&mut self, draw: &mut Draw) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| *entry.key() <= self.now) {
            let mut tasks = entry.remove();
            draw.shuffle(&mut tasks);
            for task in tasks {
                match task {
                    Task::Join(node) => self.join(node),
                    Task::Leave(node) if self.nodes[node].present => self.leave(node, draw),
                    Task::Claim(node) if self.nodes[node].present => self.claims(node),
                    Task::Leave(_) | Task::Claim(_) | Task::Wake => {}
                }
            }
        }
    }

    fn join(&mut self, node: usize) {
        let announced = match self.header.nodes[node].leaves {
            Departure::At(at) => Some(at),
            _ => None,
        };
        if self.nodes[node].present || announced.is_some_and(|at| at <= self.now) {
            return;
        }
        if self.nodes[node].joined {
            self.feature("rejoin");
            let left = Event::Leave { t: self.now, node };
            if self.events.contains(&left) {
                self.feature("rejoin at the instant of leaving");
            }
        } else if self.header.nodes[node].joins < self.now {
            self.feature("comes later than announced");
        }
        (self.nodes[node].present, self.nodes[node].joined) = (true, true);
        self.events.push(Event::Join { t: self.now, node });
    }

    /// A node leaves: what it was receiving is lost, what it has sent still arrives.
    pub(crate) fn leave(&mut self, node: usize, draw: &mut Draw) {
        if self.nodes[node].completed.is_some() {
            self.claims(node);
        }
        let own = |flow: &&super::world::Flow| {
            flow.to == node || (flow.from == node && flow.arrives.is_none())
        };
        let ended: Vec<(usize, bool)> =
            self.flows.iter().filter(own).map(|flow| (flow.id, flow.to == node)).collect();
        for (id, is_receiver) in ended {
            let aborted = is_receiver || draw.percent(60);
            self.stop(id, aborted);
            self.feature("broken off by a departure");
        }
        self.nodes[node].present = false;
        let apart = |&(a, b): &(usize, usize)| a != node && b != node;
        let mut gone = Vec::new();
        if let Some(links) = &mut self.links {
            gone = links.iter().copied().filter(|link| !apart(link)).collect();
            links.retain(apart);
        }
        if let Some(unchoked) = &mut self.unchoked {
            unchoked.retain(apart);
        }
        self.events.push(Event::Leave { t: self.now, node });
        for (a, b) in gone {
            if draw.percent(30) {
                self.events.push(Event::Disconnect { t: self.now, a, b });
                self.feature("disconnect at a departure");
            }
        }
        let name = match self.header.nodes[node].leaves {
            _ if node == 0 => "source leaves",
            Departure::At(at) if at == self.now => "announced departure",
            Departure::AfterCompletion(_) if self.nodes[node].claimed.is_some() => {
                "leaves after completion"
            }
            _ => "leaves unannounced",
        };
        self.feature(name);
    }

    /// A claim, and the departure that follows from it.
    pub(crate) fn claims(&mut self, node: usize) {
        let is_new = self.nodes[node].claimed.is_none();
        self.claim(node);
        if let Departure::AfterCompletion(span) = self.header.nodes[node].leaves
            && is_new
        {
            self.schedule(self.now + span, Task::Leave(node));
        }
    }

    /// A source that leaves after some copies has sent them.
    pub(crate) fn leave_after_copies(&mut self, draw: &mut Draw) {
        if let Departure::AfterCopies(copies) = self.header.nodes[0].leaves
            && self.nodes[0].present
            && u128::from(copies * self.header.file) * BYTE <= self.nodes[0].sent
        {
            self.leave(0, draw);
            self.feature("source leaves after copies");
        }
    }

    /// Random acts of one instant.
    pub(crate) fn act(&mut self, draw: &mut Draw, scale: u64) {
        if draw.percent(12)
            && let Some(flow) = draw.any(&(0..self.flows.len()).collect::<Vec<_>>())
        {
            let (id, aborted) = (self.flows[flow].id, draw.percent(50));
            if self.flows[flow].arrives.is_none() {
                self.stop(id, aborted);
                self.feature("broken off");
            }
        }
        if draw.percent(6) {
            self.part_ways(draw, scale);
        }
        if self.links.is_some() {
            for _ in 0..draw.below(5) {
                self.connect_some(draw);
            }
            if draw.percent(12) {
                self.disconnect_one(draw);
            }
        }
        if self.unchoked.is_some() {
            for _ in 0..draw.below(5) {
                self.choke_some(draw);
            }
        }
        if draw.percent(6) {
            self.announce(draw);
        }
    }

    /// A node leaves though nothing announced it, and perhaps comes back.
    fn part_ways(&mut self, draw: &mut Draw, scale: u64) {
        let node = draw.pick(&self.present_or_source());
        if !self.nodes[node].present || (node == 0 && !draw.percent(20)) {
            return;
        }
        self.leave(node, draw);
        if draw.percent(70) {
            let wait = match draw.below(3) {
                0 => 0,
                1 => 1,
                _ => draw.below(scale + 1),
            };
            self.schedule(self.now + wait, Task::Join(node));
            if wait == 0 {
                self.do_tasks(draw);
            }
        }
    }

    fn present_or_source(&self) -> Vec<usize> {
        let present = self.present();
        if present.is_empty() { vec![0] } else { present }
    }

    fn connect_some(&mut self, draw: &mut Draw) {
        let present = self.present_or_source();
        let (a, b) = (draw.pick(&present), draw.pick(&present));
        let is_there = self.nodes[a].present && self.nodes[b].present;
        if a == b || !is_there || (self.are_linked(a, b) && !draw.percent(10)) {
            return;
        }
        if self.are_linked(a, b) {
            self.feature("connected twice");
        }
        let now = self.now;
        if let Some(links) = &mut self.links {
            links.insert((a.min(b), a.max(b)));
        }
        self.events.push(Event::Connect { t: now, a, b });
        if draw.percent(20) {
            self.events.push(Event::Connect { t: now, a: b, b: a });
            self.feature("both ends log a connect");
        }
    }

    fn disconnect_one(&mut self, draw: &mut Draw) {
        let links: Vec<(usize, usize)> = self.links.iter().flatten().copied().collect();
        let Some((a, b)) = draw.any(&links) else { return };
        let between = |flow: &&super::world::Flow| {
            (flow.from.min(flow.to), flow.from.max(flow.to)) == (a, b) && flow.arrives.is_none()
        };
        let broken: Vec<usize> = self.flows.iter().filter(between).map(|flow| flow.id).collect();
        for id in broken {
            let aborted = draw.percent(50);
            self.stop(id, aborted);
            self.feature("broken off by a disconnect");
        }
        if let Some(links) = &mut self.links {
            links.remove(&(a, b));
        }
        if let Some(unchoked) = &mut self.unchoked {
            unchoked.remove(&(a, b));
            unchoked.remove(&(b, a));
        }
        self.events.push(Event::Disconnect { t: self.now, a, b });
        self.feature("disconnect");
        if draw.percent(20) {
            if let Some(links) = &mut self.links {
                links.insert((a, b));
            }
            self.events.push(Event::Connect { t: self.now, a, b });
            self.feature("connects at the instant of a disconnect");
        }
    }

    fn choke_some(&mut self, draw: &mut Draw) {
        let present = self.present_or_source();
        let (from, to) = (draw.pick(&present), draw.pick(&present));
        if from == to || !self.are_in_touch(from, to) {
            return;
        }
        if self.is_unchoked(from, to) {
            if draw.percent(15) {
                self.choke(from, to);
            } else if draw.percent(10) {
                self.events.push(Event::Unchoke { t: self.now, from, to });
                self.feature("unchoked twice");
            }
        } else if self.has_slot(from) {
            self.unchoke(from, to);
        } else if draw.percent(30) {
            self.make_room(from, draw);
            self.unchoke(from, to);
        }
    }

    fn has_slot(&self, from: usize) -> bool {
        let open = self.unchoked.iter().flatten().filter(|(node, _)| *node == from).count();
        self.header.slots().is_none_or(|slots| open < slots)
    }

    pub(crate) fn choke(&mut self, from: usize, to: usize) {
        if let Some(unchoked) = &mut self.unchoked {
            unchoked.remove(&(from, to));
        }
        self.events.push(Event::Choke { t: self.now, from, to });
        if self.flows.iter().any(|flow| (flow.from, flow.to) == (from, to)) {
            self.feature("choked while a transfer runs");
        }
    }

    fn unchoke(&mut self, from: usize, to: usize) {
        if let Some(unchoked) = &mut self.unchoked {
            unchoked.insert((from, to));
        }
        self.events.push(Event::Unchoke { t: self.now, from, to });
        if self.header.slots().is_some() && !self.has_slot(from) {
            self.feature("all slots taken");
        }
    }

    /// Chokes a neighbor so that another can be unchoked.
    fn make_room(&mut self, from: usize, draw: &mut Draw) {
        let unchoked = self.unchoked.iter().flatten();
        let served: Vec<usize> =
            unchoked.filter(|(node, _)| *node == from).map(|&(_, to)| to).collect();
        if let Some(to) = draw.any(&served) {
            self.choke(from, to);
            self.feature("a slot changes hands at one instant");
        }
    }

    /// Unchokes a neighbor, whatever that takes.
    pub(crate) fn let_in(&mut self, from: usize, to: usize, draw: &mut Draw) {
        if self.is_unchoked(from, to) {
            return;
        }
        if !self.has_slot(from) {
            self.make_room(from, draw);
        }
        self.unchoke(from, to);
    }

    pub(crate) fn announce(&mut self, draw: &mut Draw) {
        let Some(node) = draw.any(&self.present()) else { return };
        let joined = (0..self.nodes.len()).filter(|&other| self.nodes[other].joined);
        let named: Vec<usize> = joined.filter(|&other| other != node && draw.percent(60)).collect();
        self.events.push(Event::Announce { t: self.now, node, peers: named });
        self.feature("announce");
    }

    /// What the drawn header says, for the table of features.
    pub(crate) fn note_header(&mut self) {
        let header = self.header.clone();
        let unequal = |pick: fn(&super::log::NodePlan) -> bool| header.nodes.iter().any(pick);
        let features = [
            ("store and forward", !header.cut_through && !header.coded && !header.multi_source),
            ("cut_through", header.cut_through),
            ("multi_source", header.multi_source),
            ("coded", header.coded),
            ("cut_through and multi_source", header.cut_through && header.multi_source),
            ("cut_through and coded", header.cut_through && header.coded),
            ("latency", 0 < header.latency),
            ("latency of one node", unequal(|plan| plan.latency.is_some())),
            ("burst", 0 < header.burst),
            ("burst of one node", unequal(|plan| plan.burst.is_some())),
            ("short last chunk", !header.file.is_multiple_of(header.chunk)),
            ("free rider", unequal(|plan| plan.free_rider)),
            ("uplink of 0", unequal(|plan| plan.upload == 0)),
            ("downlink limited", unequal(|plan| plan.download.is_some())),
            ("exact stamps", header.stamps == Stamps::Exact),
            ("exact stamps with a tolerance", {
                header.stamps == Stamps::Exact && header.tolerance != 0
            }),
            ("receiver stamps", header.stamps == Stamps::Receiver),
            ("wire stamps", header.stamps == Stamps::Wire),
            ("clocks differ", header.stamps != Stamps::Exact && header.tolerance != 0),
            ("connections logged", self.links.is_some()),
            ("chokes logged", self.unchoked.is_some()),
        ];
        self.features.extend(features.iter().filter(|(_, there)| *there).map(|(name, _)| name));
    }
}
