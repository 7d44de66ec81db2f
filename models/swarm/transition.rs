//! The transition after an event: inputs for engines, and the effects of their outputs.
//!
//! Outputs mean what they mean in the simulator (`sim`), without its clock: what the simulator does
//! at once happens in the same step, what it delays is in flight. A test keeps the two together:
//! every run of the simulator is a run here.

use std::collections::VecDeque;

use super::action::SwarmEvent;
use super::interning::Draft;
use super::state::{Channel, EngineFault, Few, NODES, Node, Packet, Remaining, SwarmState, Turn};
use super::{Ready, Swarm};
use crate::choose::Choose;
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::engine::{Input, Kind, Output, Payload, Role, Timer};
use crate::models::{ModelEngine, ModelTracker};

/// Inputs and outputs of one step beyond which an engine counts as restless.
const MOST_WORK: u32 = 10_000;

/// A state while an event changes it.
pub(super) struct Transition<'w, E: ModelEngine, T: ModelTracker> {
    swarm: &'w Swarm<E, T>,
    nodes: [Option<Draft<Node<E>>>; NODES],
    channels: [[Draft<Channel<E::Message>>; NODES]; NODES],
    tracker: Draft<T>,
    connections: [Few; NODES],
    unaware: [Few; NODES],
    gone: Few,
    left: Remaining,
    tick: Turn,
    fault: Option<EngineFault>,
    /// Inputs to hand over in this step, in order.
    soon: VecDeque<(PeerId, Input<E::Message>)>,
    work: u32,
}

fn bit(node: PeerId) -> Few {
    1 << node.0
}

/// One bit a chunk; chunks beyond any world's file are left out.
pub(super) fn bits(chunks: &ChunkSet) -> Few {
    chunks.iter().fold(0, |bits, chunk| bits | Few::checked_shl(1, chunk.0).unwrap_or(0))
}

fn lowest(bits: Few) -> ChunkId {
    ChunkId(bits.trailing_zeros())
}

impl<'w, E: ModelEngine, T: ModelTracker> Transition<'w, E, T> {
    pub(super) fn open(swarm: &'w Swarm<E, T>, state: &SwarmState<E, T>) -> Self {
        let kept = |node: &Option<_>| node.clone().map(Draft::Kept);
        Transition {
            swarm,
            nodes: state.nodes.each_ref().map(kept),
            channels: state.channels.each_ref().map(|channels| channels.clone().map(Draft::Kept)),
            tracker: Draft::Kept(state.tracker.clone()),
            connections: state.connections,
            unaware: state.unaware,
            gone: state.gone,
            left: state.left,
            tick: state.tick,
            fault: state.fault,
            soon: VecDeque::new(),
            work: 0,
        }
    }

    pub(super) fn close(mut self) -> SwarmState<E, T> {
        self.turn();
        let pools = &self.swarm.pools;
        SwarmState {
            nodes: self.nodes.map(|node| node.map(|node| node.intern(&pools.nodes))),
            channels: self
                .channels
                .map(|channels| channels.map(|channel| channel.intern(&pools.channels))),
            tracker: self.tracker.intern(&pools.trackers),
            connections: self.connections,
            unaware: self.unaware,
            gone: self.gone,
            left: self.left,
            tick: self.tick,
            fault: self.fault,
        }
    }

    /// A round is over when every timer has run out once: then all of them are due again.
    fn turn(&mut self) {
        let nodes = || self.nodes.iter().flatten();
        let due = |node: &Draft<Node<E>>| node.read().timers.iter().any(|&(_, t)| t == Turn::Due);
        if self.tick == Turn::Due || nodes().any(due) {
            return;
        }
        self.tick = Turn::Due;
        for node in self.nodes.iter_mut().flatten().filter(|node| !node.read().timers.is_empty()) {
            for (_, turn) in &mut node.write().timers {
                *turn = Turn::Due;
            }
        }
    }

    pub(super) fn happen(&mut self, event: &SwarmEvent<E::Message>, choose: &mut dyn Choose) {
        match *event {
            SwarmEvent::Join(node) => self.join(node, choose),
            SwarmEvent::Leave(node) => {
                self.left.departures -= 1;
                self.hand(node, Input::Leave, choose);
                self.depart(node);
            }
            SwarmEvent::Vanish(node) => {
                self.left.departures -= 1;
                self.depart(node);
            }
            SwarmEvent::Lose(a, b) => self.lose(a, b),
            SwarmEvent::Ready(node) => self.ready(node, choose),
            SwarmEvent::Sent { from, to, chunk } => self.sent(from, to, chunk, choose),
            SwarmEvent::Arrive { from, to, .. } => {
                if let Some(packet) = self.channel(from, to).packets.pop_front() {
                    let input = match packet {
                        Packet::Says(message) => Input::Received { from, message },
                        Packet::Asks => Input::Asked(from),
                        Packet::Connects => Input::Connected(from),
                        Packet::Disconnects => Input::Disconnected(from),
                    };
                    self.hand(to, input, choose);
                }
            }
            SwarmEvent::Expire { node, timer, early } => {
                self.left.early -= u8::from(early);
                if let Some(node) = self.node(node) {
                    node.timers.retain(|&(armed, _)| armed != timer);
                }
                self.hand(node, Input::Expired(timer), choose);
            }
            SwarmEvent::Tick => {
                self.tick = Turn::Next;
                self.tracker.write().tick();
            }
        }
        self.settle(choose);
    }

    /// Hands over all inputs of this step, until there are none.
    pub(super) fn settle(&mut self, choose: &mut dyn Choose) {
        loop {
            while let Some((node, input)) = self.soon.pop_front() {
                self.hand(node, input, choose);
            }
            let at_once = self.swarm.world.ready == Ready::AtOnce && self.fault.is_none();
            match (0..NODES as u32).map(PeerId).find(|&node| at_once && self.is_spare(node)) {
                Some(node) => self.ready(node, choose),
                None => return,
            }
        }
    }

    /// Whether a node's uplink is free and the node has not heard so.
    fn is_spare(&self, node: PeerId) -> bool {
        let channels = &self.channels[node.index()];
        self.nodes[node.index()].as_ref().is_some_and(|node| !node.read().told)
            && self.swarm.world.uploads(node)
            && channels.iter().all(|channel| channel.read().leaving.is_empty())
    }

    fn ready(&mut self, node: PeerId, choose: &mut dyn Choose) {
        if let Some(node) = self.node(node) {
            node.told = true;
        }
        self.hand(node, Input::Ready, choose);
    }

    fn node(&mut self, node: PeerId) -> Option<&mut Node<E>> {
        Some(self.nodes.get_mut(node.index())?.as_mut()?.write())
    }

    fn is_here(&self, node: PeerId) -> bool {
        self.nodes.get(node.index()).is_some_and(Option::is_some)
    }

    fn channel(&mut self, from: PeerId, to: PeerId) -> &mut Channel<E::Message> {
        self.channels[from.index()][to.index()].write()
    }

    /// Sends a packet; it is lost if the receiver is absent.
    fn tell(&mut self, from: PeerId, to: PeerId, packet: Packet<E::Message>) {
        if self.is_here(to) {
            self.channel(from, to).packets.push_back(packet);
        }
    }

    fn are_neighbors(&self, a: PeerId, b: PeerId) -> bool {
        b.index() < NODES && self.connections[a.index()] & bit(b) != 0
    }

    fn fail(&mut self, fault: EngineFault) {
        self.fault = self.fault.or(Some(fault));
    }

    pub(super) fn join(&mut self, node: PeerId, choose: &mut dyn Choose) {
        let Swarm { world, manifest, settings, .. } = self.swarm;
        let role = world.role(node);
        let engine = self.swarm.engines.engine(node, manifest, role, settings);
        let held = bits(engine.have());
        let due = if role == Role::Source { world.file() } else { 0 };
        if held & !due != 0 {
            self.fail(EngineFault::Conjured(node, lowest(held & !due)));
        } else if held != due {
            self.fail(EngineFault::Lost(node, lowest(due & !held)));
        }
        let newcomer = Node {
            engine,
            timers: Vec::new(),
            told: false,
            heard: [0; NODES],
            serves: 0,
            chokes: false,
        };
        self.nodes[node.index()] = Some(Draft::Changed(Box::new(newcomer)));
        self.forget_former_life(node);
        self.hand(node, Input::Start, choose);
    }

    /// A node that comes back is a new one: what it sent before is lost, and each node that still
    /// counts it as a neighbor hears that it is none.
    fn forget_former_life(&mut self, node: PeerId) {
        for other in (0..NODES as u32).map(PeerId) {
            if self.gone & bit(node) != 0
                && !self.channels[node.index()][other.index()].read().is_empty()
            {
                let packets = &mut self.channel(node, other).packets;
                packets.retain(|packet| matches!(packet, Packet::Disconnects));
            }
            if self.unaware[other.index()] & bit(node) != 0 {
                self.unaware[other.index()] &= !bit(node);
                self.tell(node, other, Packet::Disconnects);
            }
        }
    }

    /// A node leaves: its uploads stop, what is in flight to it is lost, and its neighbors find out
    /// by themselves. What it has sent still arrives.
    fn depart(&mut self, node: PeerId) {
        self.nodes[node.index()] = None;
        self.gone |= bit(node);
        self.unaware[node.index()] = 0;
        for other in (0..NODES as u32).map(PeerId) {
            if self.are_neighbors(other, node) {
                self.connections[other.index()] &= !bit(node);
                self.unaware[other.index()] |= bit(node);
            }
            if !self.channels[node.index()][other.index()].read().leaving.is_empty() {
                self.channel(node, other).leaving.clear();
            }
            if !self.channels[other.index()][node.index()].read().is_empty() {
                let lost = std::mem::replace(self.channel(other, node), Channel::empty());
                for _ in lost.packets.iter().filter(|packet| matches!(packet, Packet::Asks)) {
                    self.tell(node, other, Packet::Disconnects);
                }
            }
        }
        self.connections[node.index()] = 0;
    }

    /// A connection breaks: what was on its way over it is lost, and both ends hear of it.
    fn lose(&mut self, a: PeerId, b: PeerId) {
        self.left.losses -= 1;
        self.part(a, b);
        for (from, to) in [(a, b), (b, a)] {
            let packets = &mut self.channel(from, to).packets;
            packets.retain(|packet| !matches!(packet, Packet::Says(_)));
            packets.push_back(Packet::Disconnects);
        }
    }

    fn part(&mut self, a: PeerId, b: PeerId) {
        for (from, to) in [(a, b), (b, a)] {
            self.connections[from.index()] &= !bit(to);
            if !self.channels[from.index()][to.index()].read().leaving.is_empty() {
                self.channel(from, to).leaving.clear();
            }
        }
    }

    /// The last byte of a chunk leaves.
    fn sent(&mut self, from: PeerId, to: PeerId, chunk: ChunkId, choose: &mut dyn Choose) {
        let channel = self.channel(from, to);
        if let Some(at) = channel.leaving.iter().position(|&(leaving, _)| leaving == chunk) {
            let (_, message) = channel.leaving.remove(at);
            channel.packets.push_back(Packet::Says(message));
            self.hand(from, Input::Sent { to, chunk }, choose);
        }
    }

    /// Hands an input to an engine that is there and carries out what it wants.
    fn hand(&mut self, to: PeerId, input: Input<E::Message>, choose: &mut dyn Choose) {
        let chunks = self.swarm.world.chunks;
        let Some(node) = self.node(to) else {
            return;
        };
        let mut arrived = 0;
        match &input {
            Input::Connected(other) | Input::Disconnected(other) => node.forget(*other),
            Input::Received { from, message } => match message.kind() {
                Kind::Chunk(chunk) if chunk.index() < chunks => arrived = 1 << chunk.0,
                Kind::Have(chunk) if chunk.index() < chunks => {
                    node.heard[from.index()] |= 1 << chunk.0;
                }
                Kind::Bitfield(theirs) if theirs.capacity() == chunks => {
                    node.heard[from.index()] |= bits(theirs);
                }
                _ => {}
            },
            _ => {}
        }
        let before = bits(node.engine.have());
        node.engine.handle(input, choose);
        let after = bits(node.engine.have());
        if before & !after != 0 {
            self.fail(EngineFault::Lost(to, lowest(before & !after)));
        }
        if after & !before & !arrived != 0 {
            self.fail(EngineFault::Conjured(to, lowest(after & !before & !arrived)));
        }
        while let Some(output) = self.node(to).and_then(|node| node.engine.poll()) {
            self.work += 1;
            if MOST_WORK < self.work {
                self.fail(EngineFault::Restless(to));
            }
            if self.fault.is_some() {
                self.soon.clear();
                return;
            }
            self.carry_out(to, output, choose);
        }
    }

    fn carry_out(&mut self, node: PeerId, output: Output<E::Message>, choose: &mut dyn Choose) {
        match output {
            Output::Announce { presence, want } => {
                let peers = self.tracker.write().announce(node, presence, want, choose);
                self.soon.push_back((node, Input::Members(peers)));
            }
            Output::Connect(to) if to == node || self.swarm.world.peers < to.index() => {
                self.soon.push_back((node, Input::Disconnected(to)));
            }
            Output::Connect(to) if !self.is_here(to) => self.tell(to, node, Packet::Disconnects),
            Output::Connect(to) => self.tell(node, to, Packet::Asks),
            Output::Accept(from) => self.connect(node, from),
            Output::Refuse(from) => {
                if !self.are_neighbors(node, from) {
                    self.tell(node, from, Packet::Disconnects);
                }
            }
            Output::Disconnect(other) => self.disconnect(node, other),
            Output::Send { to, message } => self.send(node, to, message),
            Output::Tell { to, message } => {
                for to in to {
                    self.send(node, to, message.clone());
                }
            }
            Output::Abort { to, chunk } if to.index() < NODES => {
                self.channel(node, to).leaving.retain(|&(leaving, _)| leaving != chunk);
            }
            Output::Abort { .. } => {}
            Output::Arm { timer, .. } => self.arm(node, timer),
            Output::Completed => {
                let held = self.node(node).map_or(0, |node| bits(node.engine.have()));
                let missing = self.swarm.world.file() & !held;
                if missing != 0 {
                    self.fail(EngineFault::Early(node, lowest(missing)));
                }
            }
        }
    }

    fn arm(&mut self, node: PeerId, timer: Timer) {
        if let Some(node) = self.node(node)
            && let Err(at) = node.timers.binary_search_by_key(&timer, |&(armed, _)| armed)
        {
            node.timers.insert(at, (timer, Turn::Next));
        }
    }

    fn connect(&mut self, node: PeerId, asker: PeerId) {
        if !self.is_here(asker) || node == asker {
            // It went without waiting for the answer.
            self.soon.push_back((node, Input::Disconnected(asker)));
        } else if !self.are_neighbors(node, asker) {
            self.connections[node.index()] |= bit(asker);
            self.connections[asker.index()] |= bit(node);
            self.soon.push_back((node, Input::Connected(asker)));
            self.tell(node, asker, Packet::Connects);
        }
    }

    fn disconnect(&mut self, node: PeerId, other: PeerId) {
        if NODES <= other.index() {
            return;
        }
        self.unaware[node.index()] &= !bit(other);
        if let Some(node) = self.node(node) {
            node.forget(other);
        }
        if self.are_neighbors(node, other) {
            self.part(node, other);
            self.tell(node, other, Packet::Disconnects);
        }
    }

    fn send(&mut self, from: PeerId, to: PeerId, message: E::Message) {
        if from == to || self.swarm.world.peers < to.index() {
            return;
        }
        self.judge(from, to, &message);
        let chunk = match message.kind() {
            Kind::Chunk(chunk) => Some(chunk),
            _ => None,
        };
        if chunk.is_some()
            && let Some(node) = self.node(from)
        {
            node.told = false;
        }
        // A node that was dropped may not know it yet: there is no connection to write to.
        if !self.are_neighbors(from, to) {
            return;
        }
        match chunk {
            Some(chunk) => self.channel(from, to).leaving.push((chunk, message)),
            None => self.tell(from, to, Packet::Says(message)),
        }
    }

    /// Checks whether a message may be sent, whether it is received or not.
    fn judge(&mut self, from: PeerId, to: PeerId, message: &E::Message) {
        let chunks = self.swarm.world.chunks;
        let Some(node) = self.node(from) else {
            return;
        };
        let held = bits(node.engine.have());
        let holds = |chunk: ChunkId| chunk.index() < chunks && held >> chunk.0 & 1 == 1;
        let fault = match message.kind() {
            Kind::Chunk(chunk) if !holds(chunk) => Some(EngineFault::Nowhere(from, to, chunk)),
            Kind::Chunk(chunk) if node.chokes && node.serves & bit(to) == 0 => {
                Some(EngineFault::Choked(from, to, chunk))
            }
            Kind::Request(chunk)
                if chunks <= chunk.index() || node.heard[to.index()] >> chunk.0 & 1 == 0 =>
            {
                Some(EngineFault::Untold(from, to, chunk))
            }
            Kind::Have(chunk) if !holds(chunk) => Some(EngineFault::Boast(from, to, chunk)),
            Kind::Bitfield(said) => {
                let lie = said.iter().find(|&chunk| !holds(chunk));
                lie.map(|chunk| EngineFault::Boast(from, to, chunk))
            }
            Kind::Choke | Kind::Unchoke => {
                node.chokes = true;
                node.serves &= !bit(to);
                if message.kind() == Kind::Unchoke {
                    node.serves |= bit(to);
                }
                None
            }
            Kind::Chunk(_) | Kind::Request(_) | Kind::Have(_) | Kind::Control => None,
        };
        if let Some(fault) = fault {
            self.fail(fault);
        }
    }
}

impl<E> Node<E> {
    /// A connection begins or ends: nothing is known of what it will say.
    fn forget(&mut self, other: PeerId) {
        if let Some(heard) = self.heard.get_mut(other.index()) {
            *heard = 0;
            self.serves &= !bit(other);
        }
    }
}
