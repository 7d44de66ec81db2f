//! The swarm as it truly is at one instant, and how it moves on: links, transfers under way, chunks
//! held, who is there. Decides nothing: see `play`.
//!
//! A link is a bucket of tokens: it holds at most its burst, fills at its capacity and is drained
//! by what moves. What never drains below zero moves, in every window, at most capacity x length +
//! burst. Downlinks are kept in the time of sending: everything that is sent to one peer arrives
//! the same latency later.

use std::collections::{BTreeMap, BTreeSet};

use super::draw::Draw;
use super::log::{Event, Header, Stamps, Transfer};
use super::ranges::{Range, Ranges};
use super::setup::BYTE;

/// One direction of a link; everything in nanobits.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) rate: u64,
    pub(crate) burst: u128,
    pub(crate) level: u128,
}

impl Bucket {
    fn new(rate: u64, burst: u64) -> Self {
        let burst = u128::from(burst) * BYTE;
        Bucket { rate, burst, level: burst }
    }

    fn pass(&mut self, span: u64, used: u64) {
        assert!(used <= self.rate, "shares add up to the capacity at most");
        let filled = u128::from(self.rate - used) * u128::from(span);
        self.level = (self.level + filled).min(self.burst);
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) present: bool,
    pub(crate) joined: bool,
    /// When it held the whole file.
    pub(crate) completed: Option<u64>,
    pub(crate) claimed: Option<u64>,
    pub(crate) up: Bucket,
    /// None: unlimited.
    pub(crate) down: Option<Bucket>,
    /// Nanobits that left it.
    pub(crate) sent: u128,
}

/// What one node has of one chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) any: Ranges,
    pub(crate) by_sender: BTreeMap<usize, Ranges>,
    pub(crate) held: Option<u64>,
}

/// A transfer under way.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) id: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) chunk: usize,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) start: u64,
    /// Nanobits that left.
    pub(crate) sent: u128,
    pub(crate) rate: u64,
    /// The rate stays as it is from start to end, so that others may pass on what comes.
    pub(crate) steady: bool,
    /// That rate.
    pub(crate) steady_rate: u64,
    /// How much later than the latency says it arrives: a queue on the way.
    pub(crate) queued: u64,
    /// When its last whole byte left so far.
    pub(crate) last_byte: u64,
    /// Until when both of its links had room to spare, while it was being sent.
    pub(crate) idle_until: u64,
    /// When the last byte arrives; None while it is being sent.
    pub(crate) arrives: Option<u64>,
    /// Transfers that bring its sender what it passes on.
    pub(crate) supplies: Vec<usize>,
    /// Another transfer passes on what this one brings.
    pub(crate) passed_on: bool,
    /// Stopped before its end: what it brings counts, but does not make `bytes` whole.
    pub(crate) aborted: bool,
}

impl Flow {
    pub(crate) fn range(&self) -> Range {
        (self.offset, self.offset + self.bytes)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Join(usize),
    Leave(usize),
    Claim(usize),
    Wake,
}

pub(crate) struct World {
    pub(crate) header: Header,
    pub(crate) now: u64,
    pub(crate) nodes: Vec<Node>,
    /// `parts[node][chunk]`; the source's are not kept.
    pub(crate) parts: Vec<Vec<Part>>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) agenda: BTreeMap<u64, Vec<Task>>,
    /// None: the log says nothing of connections.
    pub(crate) links: Option<BTreeSet<(usize, usize)>>,
    /// None: the log says nothing of chokes.
    pub(crate) unchoked: Option<BTreeSet<(usize, usize)>>,
    /// Bytes of a chunk that one node has begun to give to another.
    pub(crate) granted: BTreeMap<(usize, usize, usize), u64>,
    pub(crate) events: Vec<Event>,
    pub(crate) features: BTreeSet<&'static str>,
    /// By node: since when it could have been served and was not.
    stalled: Vec<Option<u64>>,
    /// The longest that any peer could have been served and was not.
    pub(crate) longest_stall: u64,
    /// Something was under way that no line tells of.
    pub(crate) unlogged: bool,
    next_id: usize,
}

impl World {
    pub(crate) fn new(header: Header, logs_links: bool, logs_chokes: bool) -> Self {
        let node = |at: usize| Node {
            present: at == 0,
            joined: at == 0,
            completed: None,
            claimed: None,
            up: Bucket::new(header.upload(at), header.burst(at)),
            down: header.nodes[at].download.map(|rate| Bucket::new(rate, header.burst(at))),
            sent: 0,
        };
        World {
            now: 0,
            nodes: (0..header.nodes.len()).map(node).collect(),
            parts: vec![vec![Part::default(); header.chunks()]; header.nodes.len()],
            flows: Vec::new(),
            agenda: BTreeMap::new(),
            links: logs_links.then(BTreeSet::new),
            unchoked: logs_chokes.then(BTreeSet::new),
            granted: BTreeMap::new(),
            events: Vec::new(),
            features: BTreeSet::new(),
            stalled: vec![None; header.nodes.len()],
            longest_stall: 0,
            unlogged: false,
            next_id: 0,
            header,
        }
    }

    pub(crate) fn schedule(&mut self, at: u64, task: Task) {
        self.agenda.entry(at).or_default().push(task);
    }

    pub(crate) fn feature(&mut self, name: &'static str) {
        self.features.insert(name);
    }

    pub(crate) fn present(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|&node| self.nodes[node].present).collect()
    }

    pub(crate) fn are_linked(&self, a: usize, b: usize) -> bool {
        self.links.as_ref().is_none_or(|links| links.contains(&(a.min(b), a.max(b))))
    }

    pub(crate) fn is_unchoked(&self, from: usize, to: usize) -> bool {
        self.unchoked.as_ref().is_none_or(|unchoked| unchoked.contains(&(from, to)))
    }

    /// Does a node hold all of a chunk, as the discipline counts it?
    pub(crate) fn holds(&self, node: usize, chunk: usize) -> bool {
        node == 0 || self.parts[node][chunk].held.is_some()
    }

    /// May bytes of a chunk come from several senders?
    pub(crate) fn assembles(&self) -> bool {
        self.header.multi_source || self.header.coded
    }

    /// What the transfers under way use of a node's links.
    pub(crate) fn used(&self, node: usize) -> (u64, u64) {
        let sending = self.flows.iter().filter(|flow| flow.arrives.is_none());
        sending.fold((0, 0), |(up, down), flow| {
            let (sends, receives) = (flow.from == node, flow.to == node);
            (up + flow.rate * u64::from(sends), down + flow.rate * u64::from(receives))
        })
    }

    /// What is left of the capacities on the way from one node to another; u64::MAX never binds.
    pub(crate) fn spare(&self, from: usize, to: usize) -> u64 {
        let up = self.nodes[from].up.rate - self.used(from).0;
        match &self.nodes[to].down {
            None => up,
            Some(down) => up.min(down.rate - self.used(to).1),
        }
    }

    /// When the next transfer ends being sent, arrives, or a task is due.
    pub(crate) fn next_due(&self) -> Option<u64> {
        let flows = self.flows.iter().filter_map(|flow| match flow.arrives {
            Some(at) => Some(at),
            None if flow.rate == 0 => None,
            None => {
                let rest = u128::from(flow.bytes) * BYTE - flow.sent;
                Some(self.now + rest.div_ceil(u128::from(flow.rate)) as u64)
            }
        });
        flows.chain(self.agenda.keys().next().copied()).min()
    }

    /// Time passes: bytes move, links fill.
    pub(crate) fn pass_until(&mut self, then: u64) {
        let span = then - self.now;
        self.note_stalls(then);
        self.note_idle(then);
        for node in 0..self.nodes.len() {
            let (up, down) = self.used(node);
            self.nodes[node].up.pass(span, up);
            if let Some(bucket) = &mut self.nodes[node].down {
                bucket.pass(span, down);
            }
        }
        for flow in self.flows.iter_mut().filter(|flow| flow.arrives.is_none()) {
            let before = flow.sent;
            let whole = u128::from(flow.bytes) * BYTE;
            flow.sent = whole.min(before + u128::from(flow.rate) * u128::from(span));
            self.nodes[flow.from].sent += flow.sent - before;
            let last = flow.sent / BYTE * BYTE;
            if before / BYTE < flow.sent / BYTE {
                let took = (last - before).div_ceil(u128::from(flow.rate)) as u64;
                flow.last_byte = self.now + took;
            }
        }
        self.now = then;
    }

    /// Have both links of a transfer room to spare?
    pub(crate) fn has_room(&self, flow: &Flow) -> bool {
        let down = self.nodes[flow.to].down.as_ref();
        self.used(flow.from).0 < self.nodes[flow.from].up.rate
            && down.is_none_or(|down| self.used(flow.to).1 < down.rate)
    }

    /// Transfers whose links both have room to spare until `then`.
    fn note_idle(&mut self, then: u64) {
        let idle: Vec<bool> = self.flows.iter().map(|flow| self.has_room(flow)).collect();
        for (flow, idle) in self.flows.iter_mut().zip(idle) {
            if idle && flow.arrives.is_none() && self.now < then {
                flow.idle_until = then;
            }
        }
    }

    /// Peers that are not served until `then` though they could be.
    fn note_stalls(&mut self, then: u64) {
        for node in 1..self.nodes.len() {
            if !self.could_be_served(node) {
                self.stalled[node] = None;
                continue;
            }
            let since = *self.stalled[node].get_or_insert(self.now);
            self.longest_stall = self.longest_stall.max(then - since);
        }
    }

    /// Does nothing move to a peer though a neighbor that unchokes it has a chunk that it lacks
    /// and some uplink to spare?
    fn could_be_served(&self, node: usize) -> bool {
        let served = self.flows.iter().any(|flow| flow.to == node && flow.rate != 0);
        let serves = |&from: &usize| {
            self.are_in_touch(from, node)
                && self.is_unchoked(from, node)
                && self.used(from).0 < self.nodes[from].up.rate
        };
        let has = |from: usize| {
            (0..self.header.chunks()).any(|chunk| {
                !self.holds(node, chunk) && !self.sendable(from, chunk).list().is_empty()
            })
        };
        let lacks = self.nodes[node].present && self.nodes[node].completed.is_none();
        lacks && !served && (0..self.nodes.len()).filter(serves).any(has)
    }

    /// Moves bytes at once, as far as the bursts of both links have them.
    pub(crate) fn burst(&mut self, at: usize, most: u64) {
        let (from, to) = (self.flows[at].from, self.flows[at].to);
        let down = self.nodes[to].down.as_ref().map_or(u128::MAX, |down| down.level);
        let allowed = self.nodes[from].up.level.min(down) / BYTE * BYTE;
        let rest = u128::from(self.flows[at].bytes) * BYTE - self.flows[at].sent;
        let moved = allowed.min(u128::from(most) * BYTE).min(rest);
        if moved == 0 {
            return;
        }
        self.nodes[from].up.level -= moved;
        if let Some(down) = &mut self.nodes[to].down {
            down.level -= moved;
        }
        self.nodes[from].sent += moved;
        self.flows[at].sent += moved;
        self.flows[at].last_byte = self.now;
        self.feature("burst used");
        if moved == allowed {
            self.feature("burst used up to the byte");
        }
    }

    /// A new transfer begins; its rate is 0.
    pub(crate) fn begin(
        &mut self,
        (from, to): (usize, usize),
        chunk: usize,
        (offset, end): Range,
        queued: u64,
    ) -> usize {
        let id = self.next_id;
        self.next_id += 1;
        let bytes = end - offset;
        *self.granted.entry((from, to, chunk)).or_default() += bytes;
        self.flows.push(Flow {
            id,
            from,
            to,
            chunk,
            offset,
            bytes,
            start: self.now,
            sent: 0,
            rate: 0,
            steady: false,
            steady_rate: 0,
            queued,
            last_byte: self.now,
            idle_until: 0,
            arrives: None,
            supplies: Vec::new(),
            passed_on: false,
            aborted: false,
        });
        self.flows.len() - 1
    }

    /// The sending of a transfer stops now, before its end: what has left still arrives.
    pub(crate) fn stop(&mut self, id: usize, aborted: bool) {
        let mut stopped = vec![(id, aborted)];
        while let Some((id, aborted)) = stopped.pop() {
            let Some(at) = self.flows.iter().position(|flow| flow.id == id) else { continue };
            let fed = self
                .flows
                .iter()
                .filter(|flow| flow.arrives.is_none() && flow.supplies.contains(&id));
            stopped.extend(fed.map(|flow| (flow.id, aborted)));
            if self.flows[at].arrives.is_some() {
                self.flows[at].aborted |= aborted;
                continue;
            }
            let delay = self.header.latency_to(self.flows[at].to);
            let flow = &mut self.flows[at];
            let whole = (flow.sent / BYTE) as u64;
            let arrives = flow.last_byte + delay + flow.queued;
            // The last byte came before now, and a claim that rests on it would come too late.
            let aborted = aborted || arrives < self.now;
            let granted = self.granted.entry((flow.from, flow.to, flow.chunk)).or_default();
            *granted -= if aborted { flow.bytes } else { flow.bytes - whole };
            flow.bytes = whole;
            flow.rate = 0;
            flow.aborted = aborted;
            flow.steady = false;
            flow.arrives = Some(arrives);
            // What moved after the last whole byte shows in no line.
            self.unlogged |= self.flows[at].last_byte < self.now;
            if whole == 0 {
                self.flows.remove(at);
            } else if self.flows[at].arrives <= Some(self.now) {
                self.arrive(at);
            }
        }
    }

    /// What is due at this instant: the ends of sending, then arrivals.
    pub(crate) fn settle(&mut self, draw: &mut Draw) {
        for flow in &mut self.flows {
            if flow.arrives.is_none() && flow.sent == u128::from(flow.bytes) * BYTE {
                let delay = self.header.latency_to(flow.to);
                flow.arrives = Some(flow.last_byte + delay + flow.queued);
                flow.rate = 0;
            }
        }
        while let Some(at) = self
            .flows
            .iter()
            .position(|flow| flow.arrives.is_some_and(|arrives| arrives <= self.now))
        {
            let fails = !self.flows[at].passed_on && draw.percent(3);
            if fails && !self.flows[at].aborted {
                self.flows[at].aborted = true;
                self.feature("hash failure");
            }
            self.arrive(at);
        }
        self.claim_when_complete(draw);
    }

    /// The last transfer arrives, whenever that is.
    pub(crate) fn land(&mut self) {
        self.arrive(self.flows.len() - 1);
    }

    fn arrive(&mut self, at: usize) {
        let flow = self.flows.remove(at);
        let end = flow.arrives.unwrap_or(self.now);
        self.events.push(Event::Transfer(Transfer {
            from: flow.from,
            to: flow.to,
            chunk: flow.chunk,
            start: flow.start,
            end,
            offset: flow.offset,
            bytes: flow.bytes,
            aborted: flow.aborted,
        }));
        if flow.aborted {
            self.feature("aborted");
            return;
        }
        if flow.to == 0 {
            self.feature("sent to the source");
            return;
        }
        let length = self.header.length(flow.chunk);
        let assembles = self.assembles();
        let part = &mut self.parts[flow.to][flow.chunk];
        let known = part.any.gaps(flow.range()).is_empty();
        let own = part.by_sender.entry(flow.from).or_default();
        own.insert(flow.range());
        part.any.insert(flow.range());
        let whole = if assembles { part.any.bytes() } else { own.bytes() } == length;
        let first = part.held.is_none();
        if whole && first {
            part.held = Some(end);
        }
        let senders = part.by_sender.len();
        if flow.bytes < length {
            self.feature("part of a chunk");
        }
        if known {
            self.feature("duplicate");
        }
        if whole && first && 1 < senders {
            let joint =
                if assembles { "assembled from several senders" } else { "copy begun again" };
            self.feature(joint);
        }
    }

    /// Peers that have just got the last chunk.
    fn claim_when_complete(&mut self, draw: &mut Draw) {
        for node in 1..self.nodes.len() {
            if self.nodes[node].completed.is_some() {
                continue;
            }
            let held: Option<Vec<u64>> = self.parts[node].iter().map(|part| part.held).collect();
            let Some(at) = held.and_then(|held| held.into_iter().max()) else { continue };
            self.nodes[node].completed = Some(at);
            let late = self.header.stamps != Stamps::Exact && draw.percent(50);
            let most = 1 << draw.between(1, 30);
            let wait = if late { draw.by_magnitude(most) } else { 0 };
            if late {
                self.feature("late claim");
            }
            if wait == 0 {
                self.claims(node);
            } else {
                self.schedule(self.now + wait, Task::Claim(node));
            }
        }
    }

    pub(crate) fn claim(&mut self, node: usize) {
        if self.nodes[node].claimed.is_none() {
            self.nodes[node].claimed = Some(self.now);
            self.events.push(Event::Complete { t: self.now, node });
        }
    }
}
