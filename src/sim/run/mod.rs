//! The control flow of a run: who acts when, and what follows.

use prefetch_index::prefetch_index;

use super::boards::Boards;
use super::links::{End, FlowId, Links};
use super::queue::Queue;
use super::timing::{Pace, patience};
use crate::choose::{Seeded, sample};
use crate::chunks::{ChunkId, PeerId};
use crate::engine::boards::{BoardReader, NoBoards, Outbox};
use crate::engine::{Engine, Factory, Input, Introduce, Kind, NewEngine, Output, Payload, Timer};
use crate::scenario::Scenario;
use crate::trace::Event;
use crate::units::Time;

mod lifecycle;
mod multicast;
mod showing;
mod transfers;

use multicast::Call;

/// The stream of the seed that a run draws from; arrivals draw from those from 2^32 on.
const STREAM: u64 = 0;
/// How many events ahead memory is asked for.
const AHEAD: usize = 6;
/// The stream that decides who comes first of those that come at one instant.
const ORDER: u64 = 1;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// Every peer has come, and every present peer is complete.
    AllComplete,
    /// Nothing has moved for a long while, and no peer is to come or go.
    Stalled,
    /// Virtual time is up.
    CutOff,
}

/// How a run ended, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// How.
    pub ended: Ended,
    /// When.
    pub at: Time,
}

/// What one step of a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Virtual time went on.
    Went(Time),
    /// The run is over.
    Ended(Outcome),
}

/// Runs a scenario to its end, handing every event to `record` as it happens. [`Simulation`] takes
/// engines that a factory makes, too.
pub fn simulate<E: NewEngine, T: Introduce>(
    scenario: &Scenario,
    record: &mut dyn FnMut(Event),
) -> Outcome {
    let mut simulation = Simulation::<E, T>::new(scenario);
    loop {
        if let Step::Ended(outcome) = simulation.step(record) {
            return outcome;
        }
    }
}

/// A run in virtual time.
pub struct Simulation<E: Engine, T: Introduce> {
    scenario: Scenario,
    factory: Box<dyn Factory<Engine = E>>,
    pace: Pace,
    nodes: Vec<Node<E>>,
    /// How long anything takes to each node.
    latencies: Vec<Time>,
    tracker: T,
    /// Boards are kept if the engines read them, which the first one says.
    may_keep_boards: bool,
    /// What nodes have shown, where engines read it.
    boards: Option<Boards>,
    /// Nodes that watch one that has just shown something.
    watching: Vec<PeerId>,
    links: Links,
    queue: Queue<Happening<E::Message>>,
    choose: Seeded,
    /// Senders whose link has changed since they were last asked for more.
    touched: Vec<PeerId>,
    /// Arrivals, departures and changes of capacities that are scheduled.
    changes: usize,
    /// Receivers that are to come or are present and incomplete.
    unfinished: usize,
    /// Chunks that arrived.
    delivered: u64,
    /// When bytes last moved, or a node came or went.
    progress: Time,
    /// How long nothing may move before the run counts as stalled.
    patience: Time,
    /// What the source has sent, in bits.
    emitted: u128,
    /// The message of each transfer under way.
    parcels: Vec<Option<E::Message>>,
    ends: Vec<End>,
    /// Memory that is lent to one engine after another.
    outbox: Outbox<E::Message>,
}

/// A node of a run. What a chunk that is shown touches lies in one line of the cache.
#[derive(Debug)]
#[repr(C, align(64))]
struct Node<E> {
    /// None before it joins and after it left.
    engine: Option<E>,
    complete: bool,
    gone: bool,
    /// It knows that its uplink could carry another chunk.
    told: bool,
    /// In ascending order.
    neighbors: Vec<PeerId>,
    /// The place of the neighbor that it last said anything to.
    last: usize,
    timers: Vec<Timer>,
    /// The neighbors that watch what it shows, in ascending order.
    watchers: Vec<PeerId>,
    /// Neighbors that cannot have heard yet what it shows now: it has just become theirs.
    deaf: Vec<PeerId>,
}

#[derive(Clone, Debug)]
enum Happening<M> {
    Join(PeerId),
    Depart(PeerId),
    /// A message reaches a node.
    Message {
        to: PeerId,
        from: PeerId,
        message: M,
    },
    /// A node asks another to be a neighbor, or is one from now on, or no more.
    Asked(PeerId, PeerId),
    Connected(PeerId, PeerId),
    Disconnected(PeerId, PeerId),
    /// Another input, in a box: it is rare, and every event takes as much room as the largest.
    Input(PeerId, Box<Input<M>>),
    Timer(PeerId, Timer),
    /// What a node shows is seen after this delay.
    Show(PeerId, Option<ChunkId>, u8),
    /// What a node says arrives at a new neighbor.
    Hears(PeerId, PeerId),
    /// A message reaches several nodes.
    Call(Box<Call<M>>),
    /// The capacities of a node's link change.
    Capacity(PeerId),
    /// The last byte of a transfer leaves its sender.
    Sent(FlowId, u32),
    /// The last byte of a transfer arrives.
    Arrived(FlowId, u32),
    Tick,
}

impl<E> Node<E> {
    fn absent() -> Self {
        Node {
            engine: None,
            complete: false,
            gone: false,
            told: false,
            neighbors: Vec::new(),
            last: 0,
            timers: Vec::new(),
            watchers: Vec::new(),
            deaf: Vec::new(),
        }
    }
}

impl<E: NewEngine, T: Introduce> Simulation<E, T> {
    /// A run of `scenario` that has not begun.
    pub fn new(scenario: &Scenario) -> Self {
        Simulation::with_engines(scenario, E::new)
    }
}

impl<M> Happening<M> {
    /// An input that reaches a node.
    #[inline]
    fn of(to: PeerId, input: Input<M>) -> Self {
        match input {
            Input::Received { from, message } => Happening::Message { to, from, message },
            Input::Asked(asker) => Happening::Asked(to, asker),
            Input::Connected(neighbor) => Happening::Connected(to, neighbor),
            Input::Disconnected(other) => Happening::Disconnected(to, other),
            input => Happening::Input(to, Box::new(input)),
        }
    }
}

impl<E: Engine, T: Introduce> Simulation<E, T> {
    /// A run of `scenario` that has not begun, by the engines of a factory.
    pub fn with_engines(scenario: &Scenario, factory: impl Factory<Engine = E> + 'static) -> Self {
        let pace = Pace::new(scenario);
        let links = Links::new(
            scenario.nodes().map(|node| transfers::capacities(scenario, node, Time::ZERO)),
        );
        let latencies: Vec<Time> = scenario.nodes().map(|node| scenario.latency_to(node)).collect();
        let mut simulation = Simulation {
            nodes: scenario.nodes().map(|_| Node::absent()).collect(),
            factory: Box::new(factory),
            latencies,
            may_keep_boards: true,
            boards: None,
            watching: Vec::new(),
            tracker: T::new(),
            links,
            queue: Queue::new(),
            choose: Seeded::new(scenario.parts().seed, STREAM),
            touched: Vec::new(),
            changes: 0,
            unfinished: scenario.receiver_count(),
            delivered: 0,
            progress: Time::ZERO,
            patience: patience(&pace.protocol),
            pace,
            emitted: 0,
            parcels: Vec::new(),
            ends: Vec::new(),
            outbox: Outbox::default(),
            scenario: scenario.clone(),
        };
        simulation.schedule_changes();
        simulation
    }

    /// The same run without boards: each chunk is told to each neighbor by a message. Slower, and
    /// for engines that are looked at from outside.
    #[must_use]
    pub fn without_boards(mut self) -> Self {
        self.may_keep_boards = false;
        self
    }

    fn schedule_changes(&mut self) {
        self.schedule_change(Time::ZERO, Happening::Join(PeerId::SOURCE));
        // Shuffle simultaneous joins, else the first group always gets the source.
        let mut peers: Vec<PeerId> = self.scenario.peers().map(|(peer, _)| peer).collect();
        let all = peers.len();
        sample(&mut peers, all, &mut Seeded::new(self.scenario.parts().seed, ORDER));
        for peer in peers {
            self.schedule_change(self.scenario.joins(peer), Happening::Join(peer));
        }
        for node in self.scenario.nodes() {
            if let Some(at) = self.scenario.leaves_at(node) {
                self.schedule_change(at, Happening::Depart(node));
            }
        }
        let changes: Vec<_> = self.scenario.capacity_changes().collect();
        for (at, node) in changes {
            self.schedule_change(at, Happening::Capacity(node));
            // A downlink changes for what leaves a latency before.
            let before = Time(at.0.saturating_sub(self.latencies[node.index()].0));
            if before != at {
                self.schedule_change(before, Happening::Capacity(node));
            }
        }
        self.queue.schedule(self.pace.protocol.announce, Happening::Tick);
    }

    fn schedule_change(&mut self, at: Time, change: Happening<E::Message>) {
        self.changes += 1;
        self.queue.schedule(at, change);
    }

    /// How many chunks have arrived so far.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The engine of a node that is present.
    pub fn engine(&self, node: PeerId) -> Option<&E> {
        self.nodes.get(node.index())?.engine.as_ref()
    }

    /// Goes on to the next instant at which anything happens, and does all that happens then.
    pub fn step(&mut self, record: &mut dyn FnMut(Event)) -> Step {
        let until = self.scenario.parts().until;
        let Some(at) = self.queue.next_at().filter(|&at| at <= until) else {
            self.queue.advance(until);
            return self.end(Ended::CutOff, record);
        };
        if self.is_stalled(at) {
            return self.end(Ended::Stalled, record);
        }
        self.queue.advance(at);
        loop {
            while let Some(happening) = self.queue.due() {
                self.fetch_ahead();
                self.happen(happening, record);
            }
            if self.flush(record) {
                continue;
            }
            self.settle();
            if !self.ask_for_more(record) {
                break;
            }
        }
        if self.unfinished == 0 {
            return self.end(Ended::AllComplete, record);
        }
        Step::Went(at)
    }

    fn is_stalled(&self, at: Time) -> bool {
        self.changes == 0 && self.patience < at.since(self.progress) && self.links.is_idle()
    }

    /// The run is over: what is under way has moved bytes, which must be in the books.
    fn end(&mut self, ended: Ended, record: &mut dyn FnMut(Event)) -> Step {
        let at = self.queue.now();
        for flow in self.links.all() {
            self.stop(flow, record);
        }
        if ended == Ended::CutOff {
            // The trace must show that it ends here and why: no node is present any more.
            for node in self.scenario.nodes() {
                if self.nodes[node.index()].engine.take().is_some() {
                    record(Event::Leave { at, node });
                }
            }
        }
        Step::Ended(Outcome { ended, at })
    }

    /// Asks for the memory of the node that an event soon due is about.
    #[inline]
    fn fetch_ahead(&self) {
        let node = match self.queue.soon(AHEAD) {
            Some(Happening::Message { to, .. }) => *to,
            Some(Happening::Timer(node, _) | Happening::Show(node, ..)) => *node,
            Some(Happening::Sent(flow, _) | Happening::Arrived(flow, _)) => {
                self.links.fetch(*flow);
                return;
            }
            _ => return,
        };
        prefetch_index(&self.nodes, node.index());
        if let Some(node) = self.nodes.get(node.index()) {
            prefetch_index(std::slice::from_ref(&node.neighbors), 0);
        }
    }

    fn happen(&mut self, happening: Happening<E::Message>, record: &mut dyn FnMut(Event)) {
        match happening {
            Happening::Join(node) => self.join(node, record),
            Happening::Depart(node) => self.depart(node, record),
            Happening::Message { to, from, message } => {
                self.hand(to, Input::Received { from, message }, record);
            }
            // A node that is gone cannot answer, and the one that asked must not wait forever.
            Happening::Asked(node, asker) if self.nodes[node.index()].engine.is_none() => {
                self.tell(node, asker, Input::Disconnected(node));
            }
            Happening::Asked(node, asker) => self.hand(node, Input::Asked(asker), record),
            Happening::Connected(node, neighbor) => {
                self.hand(node, Input::Connected(neighbor), record);
            }
            Happening::Disconnected(node, other) => {
                self.hand(node, Input::Disconnected(other), record);
            }
            Happening::Input(node, input) => self.hand(node, *input, record),
            Happening::Show(by, chunk, delay) => self.show(by, chunk, delay, record),
            Happening::Hears(by, neighbor) => {
                let deaf = &mut self.nodes[by.index()].deaf;
                deaf.retain(|&deaf| deaf != neighbor);
                if deaf.is_empty() {
                    *deaf = Vec::new();
                }
            }
            Happening::Call(call) => self.reach(&call, record),
            Happening::Timer(node, timer) => {
                self.nodes[node.index()].timers.retain(|&armed| armed != timer);
                self.hand(node, Input::Expired(timer), record);
            }
            Happening::Capacity(node) => self.change_capacity(node),
            Happening::Sent(flow, version) => self.sent(flow, version, record),
            Happening::Arrived(flow, version) => self.arrived(flow, version, record),
            Happening::Tick => {
                self.tracker.tick();
                self.queue.schedule_after(self.pace.protocol.announce, Happening::Tick);
            }
        }
    }

    /// Hands an input to an engine that is present and carries out what it wants.
    fn hand(&mut self, node: PeerId, input: Input<E::Message>, record: &mut dyn FnMut(Event)) {
        self.note_on_boards(node, &input);
        let Some(engine) = &mut self.nodes[node.index()].engine else { return };
        let (choose, outbox) = (&mut self.choose, &mut self.outbox);
        match (engine.board_reader(), &self.boards) {
            (Some(reader), Some(boards)) => {
                reader.handle_beside(input, &boards.seen_by(node), choose, outbox);
            }
            (Some(reader), None) => reader.handle_beside(input, &NoBoards, choose, outbox),
            (None, _) => {
                engine.handle(input, choose);
                outbox.outputs.extend(std::iter::from_fn(|| engine.poll()));
            }
        }
        self.drain(node, record);
    }

    /// Carries out what nodes say only when all inputs of an instant have been handed over; says
    /// whether there was any.
    fn flush(&mut self, record: &mut dyn FnMut(Event)) -> bool {
        let nodes = self.factory.flush(self.queue.now());
        for &node in &nodes {
            if let Some(engine) = &mut self.nodes[node.index()].engine {
                self.outbox.outputs.extend(std::iter::from_fn(|| engine.poll()));
            }
            self.drain(node, record);
        }
        !nodes.is_empty()
    }

    /// Carries out everything that a node wants done.
    fn drain(&mut self, node: PeerId, record: &mut dyn FnMut(Event)) {
        self.take_shown(node);
        self.take_watches(node);
        if self.outbox.outputs.is_empty() {
            return;
        }
        let mut outputs = std::mem::take(&mut self.outbox.outputs);
        for output in outputs.drain(..) {
            self.carry_out(node, output, record);
        }
        self.outbox.outputs = outputs;
    }

    fn carry_out(
        &mut self,
        node: PeerId,
        output: Output<E::Message>,
        record: &mut dyn FnMut(Event),
    ) {
        let now = self.queue.now();
        match output {
            Output::Announce { presence, want } => {
                let peers = self.tracker.announce(node, presence, want, &mut self.choose);
                record(Event::Announce { at: now, node, peers: peers.clone() });
                self.give(node, Input::Members(peers));
            }
            Output::Connect(to) if to == node || self.nodes.len() <= to.index() => {
                self.give(node, Input::Disconnected(to));
            }
            Output::Connect(to) if self.nodes[to.index()].engine.is_none() => {
                self.tell(to, node, Input::Disconnected(to));
            }
            Output::Connect(to) if !self.scenario.can_connect(node, to) => {
                self.tell(to, node, Input::Disconnected(to));
            }
            Output::Connect(to) => self.tell(node, to, Input::Asked(node)),
            Output::Accept(from) => self.connect(node, from, record),
            Output::Refuse(from) => {
                if !self.are_neighbors(node, from) {
                    self.tell(node, from, Input::Disconnected(node));
                }
            }
            Output::Disconnect(other) => self.disconnect(node, other, record),
            Output::Send { to, message } => self.send(node, to, message, record),
            Output::Tell { to, message } => self.call(node, to, message, record),
            Output::Abort { to, chunk } => {
                for flow in self.links.between(node, to) {
                    if self.links.flow(flow).chunk == chunk {
                        self.stop(flow, record);
                    }
                }
            }
            Output::Arm { timer, after } => self.arm(node, timer, after),
            Output::Completed => self.complete(node, record),
        }
    }

    /// Delivers an input at this instant.
    fn give(&mut self, to: PeerId, input: Input<E::Message>) {
        self.queue.schedule_after(Time::ZERO, Happening::of(to, input));
    }

    /// Delivers an input after the delay to its receiver.
    fn tell(&mut self, from: PeerId, to: PeerId, input: Input<E::Message>) {
        debug_assert_ne!(from, to, "no node talks to itself");
        self.queue.schedule_after(self.latencies[to.index()], Happening::of(to, input));
    }

    fn arm(&mut self, node: PeerId, timer: Timer, after: Time) {
        let timers = &mut self.nodes[node.index()].timers;
        if timers.contains(&timer) {
            return;
        }
        timers.push(timer);
        // A timer without a span would keep time from going on.
        self.queue.schedule_after(after.max(Time(1)), Happening::Timer(node, timer));
    }

    fn send(
        &mut self,
        from: PeerId,
        to: PeerId,
        message: E::Message,
        record: &mut dyn FnMut(Event),
    ) {
        let now = self.queue.now();
        if from == to || self.nodes.len() <= to.index() {
            return;
        }
        let kind = message.kind();
        if matches!(kind, Kind::Chunk(_)) {
            self.nodes[from.index()].told = false;
            self.touched.push(from);
        }
        // Who was dropped may not know it yet: there is no connection to write to.
        if !self.are_neighbors(from, to) {
            return;
        }
        match kind {
            Kind::Chunk(chunk) => {
                let exists = chunk.index() < self.scenario.file().chunks();
                let present = self.nodes[to.index()].engine.is_some();
                if exists && present {
                    let bytes = self.scenario.file().length(chunk);
                    let flow = self.links.begin((from, to), (chunk, bytes), now);
                    self.parcels.resize(self.parcels.len().max(flow.index() + 1), None);
                    self.parcels[flow.index()] = Some(message);
                }
                return;
            }
            Kind::Choke => record(Event::Choke { at: now, from, to }),
            Kind::Unchoke => record(Event::Unchoke { at: now, from, to }),
            Kind::Request(_) | Kind::Have(_) | Kind::Bitfield(_) | Kind::Control => {}
        }
        self.tell(from, to, Input::Received { from, message });
    }
}
