//! Does every run of a real engine end well?
//!
//! A source and a few peers, each of them the engine itself: [`Swarm`] takes any [`ModelEngine`]
//! and any [`ModelTracker`] and sees every order of events and every choice they make. The events
//! are those that the seam of engines names: a message or a chunk arrives, the last byte of a chunk
//! leaves, a timer expires, a node joins, leaves cleanly or crashes silently, a connection breaks
//! at any moment.
//!
//! What is cut, so that there is an end ([`SwarmWorld::left_out`] says it of one world):
//!
//! - Time. What one node sends another arrives in its order, after any delay; a chunk joins that
//!   order when its last byte leaves. An uplink carries one chunk at a time, and its owner hears
//!   that it is free at once, or at any time with [`Ready::AnyTime`]. The tracker answers at once.
//!   Timers have no length: each runs out once a round, in any order, when nothing else can happen,
//!   because a message is faster than a timer. With [`Timers::Any`] a number of them overtake it.
//! - Numbers. Few peers and chunks, and a limited number of departures and broken connections.
//! - Nothing is taken for the same: engines may break ties by ids of peers and chunks, so there is
//!   no symmetry.
//!
//! Runs with fewer departures, breaks and hasty timers are all there; of runs with more nothing is
//! said. An engine whose state grows forever (a count of everything that ever happened) has no end
//! here; one that keeps what it looks at has. A state carries the first fault on the way to it, and
//! nothing follows after that.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;
use stateright::{Model, Property};

use crate::checker::Fairness;
use crate::choose::{Choose, Enumerate, Recorded};
use crate::chunks::{Manifest, PeerId};
use crate::engine::{Factory, NewEngine, Role, Settings};
use crate::models::churn::{Departures, SourceStays};
use crate::models::error::{WorldError, riders_among, within};
use crate::models::words::NoValue;
use crate::models::{ModelEngine, ModelTracker};
use crate::scenario::{Behavior, Protocol};
use crate::units::Bytes;

mod action;
mod claims;
mod interning;
mod state;
mod transition;

pub use action::{SwarmAction, SwarmEvent};
pub use state::{Channel, EngineFault, Node, Packet, SwarmState};

use claims::ActionClass;
use interning::{Interned, Pool};
use state::{Few, NODES, Remaining, Turn};
use transition::Transition;

/// The most peers.
pub const MOST_PEERS: usize = 3;
/// The most chunks.
pub const MOST_CHUNKS: usize = 4;

/// A small world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwarmWorld {
    /// Peers beside the source, at most [`MOST_PEERS`].
    pub peers: usize,
    /// Chunks of the file, at most [`MOST_CHUNKS`].
    pub chunks: usize,
    /// What leaving means. A peer that comes back has no chunks: it is a new engine.
    pub churn: Departures,
    /// Whether the source may leave.
    pub source: SourceStays,
    /// Maximum number of departures in a run.
    pub departures: u8,
    /// Maximum number of broken connections in a run.
    pub losses: u8,
    /// Number of free riders (the last R peers), which upload nothing.
    pub free_riders: usize,
    /// When timers run out.
    pub timers: Timers,
    /// When a node hears that its uplink is free.
    pub ready: Ready,
    /// The protocol settings of the engines; their times make no difference.
    pub protocol: Protocol,
    /// Maximum number of open requests to one neighbor.
    pub requests: u32,
    /// What may be assumed when completion is claimed to be inevitable.
    pub fairness: Fairness,
}

/// When timers run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timers {
    /// When nothing else can happen.
    Idle,
    /// This many of them at any time, the others when nothing else can happen.
    Any(u8),
}

impl FromStr for Timers {
    type Err = NoValue;

    /// `idle` or `any:N`
    fn from_str(text: &str) -> Result<Self, NoValue> {
        match (text, text.strip_prefix("any:").map(str::parse)) {
            ("idle", _) => Ok(Timers::Idle),
            (_, Some(Ok(most))) => Ok(Timers::Any(most)),
            _ => Err(NoValue::Form("idle, or any:3 for three of them at any time")),
        }
    }
}

impl fmt::Display for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Timers::Idle => f.write_str("idle"),
            Timers::Any(most) => write!(f, "any:{most}"),
        }
    }
}

/// When a node hears that its uplink is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Ready {
    /// At once.
    AtOnce,
    /// At any time after that.
    AnyTime,
}

impl SwarmWorld {
    /// A world in which all nodes are present from the start and nothing goes wrong.
    pub fn calm(peers: usize, chunks: usize) -> Self {
        // Room for all nodes; how long a peer waits before it looks for others follows from it.
        let protocol = Protocol { neighbors: MOST_PEERS as u32 + 1, ..Protocol::default() };
        SwarmWorld {
            peers,
            chunks,
            churn: Departures::None,
            source: SourceStays::Stays,
            departures: 0,
            losses: 0,
            free_riders: 0,
            timers: Timers::Idle,
            ready: Ready::AtOnce,
            protocol,
            requests: 1,
            fairness: Fairness::none(),
        }
    }

    /// What its runs leave out, one sentence each.
    pub fn left_out(&self) -> Vec<String> {
        let uplinks = match self.ready {
            Ready::AtOnce => {
                "an uplink carries one chunk at a time; its owner knows when it is free"
            }
            Ready::AnyTime => "an uplink carries one chunk at a time",
        };
        let timers = match self.timers {
            Timers::Idle => "timers run out once a round, when nothing else can happen".to_owned(),
            Timers::Any(most) => format!(
                "timers run out once a round, when nothing else can happen, but for {most} in all"
            ),
        };
        let (left, lost) = (self.departures, self.losses);
        let changes =
            format!("no more than {left} departures and {lost} broken connections in all");
        vec![uplinks.to_owned(), timers, changes]
    }

    fn file(&self) -> Few {
        (1 << self.chunks) - 1
    }

    fn role(&self, node: PeerId) -> Role {
        match node.index() {
            0 => Role::Source,
            peer if self.peers - self.free_riders < peer => Role::Peer(Behavior::FreeRider),
            _ => Role::Peer(Behavior::Cooperative),
        }
    }

    /// Whether a node's uplink carries anything.
    fn uploads(&self, node: PeerId) -> bool {
        self.role(node) != Role::Peer(Behavior::FreeRider)
    }

    fn may_leave(&self, node: PeerId) -> bool {
        let stays = node.is_source() && self.source == SourceStays::Stays;
        self.churn != Departures::None && !stays
    }
}

/// A small world of engines of one kind, and a tracker.
#[derive(Clone)]
pub struct Swarm<E: ModelEngine, T: ModelTracker> {
    world: SwarmWorld,
    engines: Arc<dyn Factory<Engine = E> + Send + Sync>,
    manifest: Manifest,
    settings: Settings,
    /// The classes of actions.
    action_classes: Vec<ActionClass>,
    pools: Arc<Pools<E, T>>,
}

/// What states share.
struct Pools<E: ModelEngine, T> {
    nodes: Pool<Node<E>>,
    channels: Pool<Channel<E::Message>>,
    trackers: Pool<T>,
}

impl<E: ModelEngine + NewEngine, T: ModelTracker> Swarm<E, T> {
    /// The model of a world.
    ///
    /// # Errors
    /// A sentence that says what to write: more peers, chunks or free riders than can be, or none.
    pub fn new(world: SwarmWorld) -> Result<Self, WorldError> {
        Swarm::with_engines(world, E::new)
    }
}

impl<E: ModelEngine, T: ModelTracker> Swarm<E, T> {
    /// The model of a world, with the engines of a factory. Equal requests must get equal engines.
    ///
    /// # Errors
    /// As [`Swarm::new`].
    pub fn with_engines(
        world: SwarmWorld,
        factory: impl Factory<Engine = E> + Send + Sync + 'static,
    ) -> Result<Self, WorldError> {
        let SwarmWorld { peers, chunks, free_riders, .. } = world;
        within("peers", peers, 1..=MOST_PEERS)?;
        within("chunks", chunks, 1..=MOST_CHUNKS)?;
        riders_among(free_riders, peers)?;
        // Chunks of one byte: no rule looks at their size.
        let manifest = Manifest::new(Bytes(chunks as u64), Bytes(1))?;
        let settings = Settings::new(world.protocol.clone(), world.requests);
        let pools = Pools {
            nodes: Pool::new(Node::heap_bytes),
            channels: Pool::new(Channel::heap_bytes),
            trackers: Pool::new(T::heap_bytes),
        };
        Ok(Swarm {
            action_classes: world.action_classes(),
            world,
            engines: Arc::new(factory),
            manifest,
            settings,
            pools: Arc::new(pools),
        })
    }

    /// The world that it is a model of.
    pub fn world(&self) -> &SwarmWorld {
        &self.world
    }

    /// The state before any node has joined.
    fn void(&self) -> SwarmState<E, T> {
        let nothing: Interned<Channel<E::Message>> = self.pools.channels.intern(Channel::empty());
        let early = match self.world.timers {
            Timers::Idle => 0,
            Timers::Any(most) => most,
        };
        SwarmState {
            nodes: [const { None }; NODES],
            channels: std::array::from_fn(|_| std::array::from_fn(|_| nothing.clone())),
            tracker: self.pools.trackers.intern(T::new()),
            connections: [0; NODES],
            unaware: [0; NODES],
            gone: 0,
            left: Remaining { departures: self.world.departures, losses: self.world.losses, early },
            tick: Turn::Due,
            fault: None,
        }
    }

    /// Every outcome of `act`, which is called once for each sequence of choices.
    fn branch(
        &self,
        state: &SwarmState<E, T>,
        act: impl Fn(&mut Transition<'_, E, T>, &mut dyn Choose),
        mut each: impl FnMut(Vec<usize>, Transition<'_, E, T>),
    ) {
        let mut choose = Enumerate::default();
        loop {
            let mut transition = Transition::open(self, state);
            act(&mut transition, &mut choose);
            each(choose.choices(), transition);
            if !choose.advance() {
                return;
            }
        }
    }

    /// Every event that can happen in a state, apart from its choices.
    fn events(&self, state: &SwarmState<E, T>) -> Vec<SwarmEvent<E::Message>> {
        let mut events = Vec::new();
        if state.fault.is_some() {
            return events;
        }
        let idle = state.present().filter(|&(at, node)| !node.told && self.is_free(state, at));
        events.extend(idle.map(|(at, _)| SwarmEvent::Ready(PeerId(at as u32))));
        let mut calm = events.is_empty();
        for (from, to, channel) in state.busy() {
            if self.world.uploads(from) {
                let leaving = channel.leaving.iter().map(|&(chunk, _)| chunk);
                events.extend(leaving.map(|chunk| SwarmEvent::Sent { from, to, chunk }));
                calm &= channel.leaving.is_empty();
            }
            if let Some(packet) = channel.packets.front() {
                events.push(SwarmEvent::Arrive { from, to, packet: packet.clone() });
                calm = false;
            }
        }
        self.timeouts(state, calm, &mut events);
        self.changes(state, &mut events);
        events
    }

    /// Whether a node's uplink could carry a chunk.
    fn is_free(&self, state: &SwarmState<E, T>, node: usize) -> bool {
        let nothing_leaves =
            || state.channels[node].iter().all(|channel| channel.leaving.is_empty());
        self.world.uploads(PeerId(node as u32)) && nothing_leaves()
    }

    fn timeouts(
        &self,
        state: &SwarmState<E, T>,
        calm: bool,
        events: &mut Vec<SwarmEvent<E::Message>>,
    ) {
        for (at, node) in state.present() {
            let id = PeerId(at as u32);
            for &(timer, turn) in &node.timers {
                let due = calm && turn == Turn::Due;
                if due || 0 < state.left.early {
                    events.push(SwarmEvent::Expire { node: id, timer, early: !due });
                }
            }
        }
        if calm && state.tick == Turn::Due {
            events.push(SwarmEvent::Tick);
        }
    }

    /// Arrivals, departures and breaks of connections that may happen.
    fn changes(&self, state: &SwarmState<E, T>, events: &mut Vec<SwarmEvent<E::Message>>) {
        for at in 0..=self.world.peers {
            let node = PeerId(at as u32);
            if state.node(at).is_none() {
                if !state.has_been(at) || self.world.churn == Departures::Rejoin {
                    events.push(SwarmEvent::Join(node));
                }
                continue;
            }
            if self.world.may_leave(node) && 0 < state.left.departures {
                events.extend([SwarmEvent::Leave(node), SwarmEvent::Vanish(node)]);
            }
            if 0 < state.left.losses {
                let others = (at + 1..=self.world.peers)
                    .filter(|other| state.connections[at] >> other & 1 == 1);
                events.extend(others.map(|other| SwarmEvent::Lose(node, PeerId(other as u32))));
            }
        }
    }
}

impl<E: ModelEngine, T: ModelTracker> Model for Swarm<E, T> {
    type State = SwarmState<E, T>;
    type Action = SwarmAction<E::Message>;

    fn init_states(&self) -> Vec<SwarmState<E, T>> {
        let last = match self.world.churn {
            Departures::None => self.world.peers,
            Departures::Once | Departures::Rejoin => 0,
        };
        let start = |transition: &mut Transition<'_, E, T>, choose: &mut dyn Choose| {
            for node in 0..=last {
                transition.join(PeerId(node as u32), choose);
                transition.settle(choose);
            }
        };
        let mut states: Vec<SwarmState<E, T>> = Vec::new();
        self.branch(&self.void(), start, |_, transition| {
            let state = transition.close();
            if !states.contains(&state) {
                states.push(state);
            }
        });
        states
    }

    fn actions(&self, state: &SwarmState<E, T>, actions: &mut Vec<SwarmAction<E::Message>>) {
        for event in self.events(state) {
            let happen = |transition: &mut Transition<'_, E, T>, choose: &mut dyn Choose| {
                transition.happen(&event, choose);
            };
            self.branch(state, happen, |choices, _| {
                actions.push(SwarmAction { event: event.clone(), choices });
            });
        }
    }

    fn next_state(
        &self,
        state: &SwarmState<E, T>,
        action: Self::Action,
    ) -> Option<SwarmState<E, T>> {
        let mut transition = Transition::open(self, state);
        transition.happen(&action.event, &mut Recorded::new(action.choices));
        Some(transition.close())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every_engine_keeps_the_rules", |_, state: &SwarmState<E, T>| {
                state.fault.is_none()
            }),
            Property::sometimes("everyone_is_complete", |swarm: &Self, state| {
                swarm.everyone_is_complete(state)
            }),
        ]
    }
}

#[cfg(test)]
mod tests;
