//! Does every run of a real engine end well?
//!
//! A source and a few peers, each of them the engine itself: [`Swarm`] takes any [`Engine`] and any
//! [`Introduce`] and sees every order of events and every choice they make. The events are those
//! that the seam of engines names: a message or a chunk arrives, the last byte of a chunk leaves, a
//! timer runs out, somebody joins, leaves with or without a goodbye, a connection breaks in the
//! middle of whatever goes on over it.
//!
//! What is cut, so that there is an end ([`World::left_out`] says it of one world):
//!
//! - Time. What one node sends another arrives in its order, after any delay; a chunk joins that
//!   order when its last byte leaves. An uplink carries one chunk at a time, and its owner hears
//!   that it is free at once, or at any time with [`Ready::AnyTime`]. The tracker answers at once.
//!   Timers have no length: each runs out once a round, in any order, when nothing else can happen,
//!   because a message is faster than a timer. With [`Timers::Any`] so many of them overtake it.
//! - Numbers. Few peers, few chunks, so many departures and broken connections in all.
//! - Nothing is taken for the same: engines may break ties by ids of peers and chunks, so there is
//!   no symmetry.
//!
//! Runs with fewer departures, breaks and hasty timers are all there; of runs with more nothing is
//! said. An engine whose state grows for ever (a count of everything that ever happened) has no end
//! here; one that keeps what it looks at has. A state carries the first fault on the way to it, and
//! nothing follows after that. The types to know are [`Swarm`], [`World`] and [`State`].

use std::sync::Arc;

use stateright::{Model, Property};

use crate::checker::Fairness;
use crate::choose::{Choose, Enumerate, Recorded};
use crate::chunks::{Manifest, PeerId};
use crate::engine::{Engine, Introduce, Role, Settings};
use crate::models::churn::{Departures, SourceStays};
use crate::scenario::{Behavior, Protocol};
use crate::units::Bytes;

mod action;
mod carry;
mod claims;
mod shared;
mod state;

pub use action::{Action, Event};
pub use state::{Fault, Letter, Node, State, Way};

use carry::Moment;
use claims::Doing;
use shared::{Pool, Shared};
use state::{Few, Left, NODES, Turn};

/// The most peers.
pub const MOST_PEERS: usize = 3;
/// The most chunks.
pub const MOST_CHUNKS: usize = 4;

/// A small world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Peers beside the source, at most [`MOST_PEERS`].
    pub peers: usize,
    /// Chunks of the file, at most [`MOST_CHUNKS`].
    pub chunks: usize,
    /// What leaving means. Whoever comes back has nothing: it is a new engine.
    pub churn: Departures,
    /// Whether the source may leave.
    pub source: SourceStays,
    /// How many departures there may be in all.
    pub departures: u8,
    /// How many connections may break in all.
    pub losses: u8,
    /// The last so many peers upload nothing.
    pub free_riders: usize,
    /// When timers run out.
    pub timers: Timers,
    /// When a node hears that its uplink is free.
    pub ready: Ready,
    /// What the engines are told; spans of time make no difference.
    pub protocol: Protocol,
    /// How many chunks to have requested of one neighbor at a time.
    pub requests: u32,
    /// What may be assumed when completion is claimed to be inevitable.
    pub fairness: Fairness,
}

/// When timers run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timers {
    /// When nothing else can happen.
    Idle,
    /// So many of them at any time, the others when nothing else can happen.
    Any(u8),
}

/// When a node hears that its uplink is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// At once.
    AtOnce,
    /// At any time after that.
    AnyTime,
}

impl World {
    /// So many peers and chunks, everybody there from the start; nothing goes wrong.
    pub fn calm(peers: usize, chunks: usize) -> Self {
        // Room for everybody; how long a peer waits before it looks for others follows from it.
        let protocol = Protocol { neighbors: MOST_PEERS as u32 + 1, ..Protocol::default() };
        World {
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

    /// What its runs leave out, in sentences.
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
pub struct Swarm<E: Engine, T: Introduce> {
    world: World,
    manifest: Manifest,
    settings: Settings,
    /// The classes of actions.
    doings: Vec<Doing>,
    pools: Arc<Pools<E, T>>,
}

/// What states share.
struct Pools<E: Engine, T> {
    nodes: Pool<Node<E>>,
    ways: Pool<Way<E::Message>>,
    trackers: Pool<T>,
}

impl<E: Engine, T: Introduce> Swarm<E, T> {
    /// The model of a world.
    ///
    /// # Errors
    /// A sentence that says what to write: more peers, chunks or free riders than can be, or none.
    pub fn new(world: World) -> Result<Self, String> {
        let World { peers, chunks, free_riders, .. } = world;
        if !(1..=MOST_PEERS).contains(&peers) {
            return Err(format!("{peers} peers; write 1 to {MOST_PEERS}"));
        }
        if !(1..=MOST_CHUNKS).contains(&chunks) {
            return Err(format!("{chunks} chunks; write 1 to {MOST_CHUNKS}"));
        }
        if peers < free_riders {
            return Err(format!("{free_riders} free riders; write at most {peers}"));
        }
        // Chunks of one byte: no rule looks at their size.
        let manifest = Manifest::new(Bytes(chunks as u64), Bytes(1)).map_err(|e| e.to_string())?;
        let settings = Settings { protocol: world.protocol.clone(), requests: world.requests };
        let pools = Pools {
            nodes: Pool::new(Node::heap_bytes),
            ways: Pool::new(Way::heap_bytes),
            trackers: Pool::new(T::heap_bytes),
        };
        Ok(Swarm { doings: world.doings(), world, manifest, settings, pools: Arc::new(pools) })
    }

    /// The world that it is a model of.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Before anybody has come.
    fn void(&self) -> State<E, T> {
        let nothing: Shared<Way<E::Message>> = self.pools.ways.share(Way::empty());
        let early = match self.world.timers {
            Timers::Idle => 0,
            Timers::Any(most) => most,
        };
        State {
            nodes: [const { None }; NODES],
            ways: std::array::from_fn(|_| std::array::from_fn(|_| nothing.clone())),
            tracker: self.pools.trackers.share(T::new()),
            connections: [0; NODES],
            unaware: [0; NODES],
            gone: 0,
            left: Left { departures: self.world.departures, losses: self.world.losses, early },
            tick: Turn::Due,
            fault: None,
        }
    }

    /// Everything that may follow: `act` is asked once for every sequence of choices.
    fn branch(
        &self,
        state: &State<E, T>,
        act: impl Fn(&mut Moment<'_, E, T>, &mut dyn Choose),
        mut each: impl FnMut(Vec<usize>, Moment<'_, E, T>),
    ) {
        let mut choose = Enumerate::default();
        loop {
            let mut moment = Moment::open(self, state);
            act(&mut moment, &mut choose);
            each(choose.choices(), moment);
            if !choose.advance() {
                return;
            }
        }
    }

    /// Everything that can happen, whatever is chosen then.
    fn events(&self, state: &State<E, T>) -> Vec<Event<E::Message>> {
        let mut events = Vec::new();
        if state.fault.is_some() {
            return events;
        }
        let idle = state.present().filter(|&(at, node)| !node.told && self.is_free(state, at));
        events.extend(idle.map(|(at, _)| Event::Ready(PeerId(at as u32))));
        let mut calm = events.is_empty();
        for (from, to, way) in state.busy() {
            if self.world.uploads(from) {
                let leaving = way.leaving.iter().map(|&(chunk, _)| chunk);
                events.extend(leaving.map(|chunk| Event::Sent { from, to, chunk }));
                calm &= way.leaving.is_empty();
            }
            if let Some(letter) = way.letters.front() {
                events.push(Event::Arrive { from, to, letter: letter.clone() });
                calm = false;
            }
        }
        self.timeouts(state, calm, &mut events);
        self.changes(state, &mut events);
        events
    }

    /// Whether a node's uplink could carry a chunk.
    fn is_free(&self, state: &State<E, T>, node: usize) -> bool {
        let nothing_leaves = || state.ways[node].iter().all(|way| way.leaving.is_empty());
        self.world.uploads(PeerId(node as u32)) && nothing_leaves()
    }

    fn timeouts(&self, state: &State<E, T>, calm: bool, events: &mut Vec<Event<E::Message>>) {
        for (at, node) in state.present() {
            let id = PeerId(at as u32);
            for &(timer, turn) in &node.timers {
                let due = calm && turn == Turn::Due;
                if due || 0 < state.left.early {
                    events.push(Event::Expire { node: id, timer, early: !due });
                }
            }
        }
        if calm && state.tick == Turn::Due {
            events.push(Event::Tick);
        }
    }

    /// Who may come and go, and which connections may break.
    fn changes(&self, state: &State<E, T>, events: &mut Vec<Event<E::Message>>) {
        for at in 0..=self.world.peers {
            let node = PeerId(at as u32);
            if state.node(at).is_none() {
                if !state.has_been(at) || self.world.churn == Departures::Rejoin {
                    events.push(Event::Join(node));
                }
                continue;
            }
            if self.world.may_leave(node) && 0 < state.left.departures {
                events.extend([Event::Leave(node), Event::Vanish(node)]);
            }
            if 0 < state.left.losses {
                let others = (at + 1..=self.world.peers)
                    .filter(|other| state.connections[at] >> other & 1 == 1);
                events.extend(others.map(|other| Event::Lose(node, PeerId(other as u32))));
            }
        }
    }
}

impl<E: Engine, T: Introduce> Model for Swarm<E, T> {
    type State = State<E, T>;
    type Action = Action<E::Message>;

    fn init_states(&self) -> Vec<State<E, T>> {
        let last = match self.world.churn {
            Departures::None => self.world.peers,
            Departures::Once | Departures::Rejoin => 0,
        };
        let start = |moment: &mut Moment<'_, E, T>, choose: &mut dyn Choose| {
            for node in 0..=last {
                moment.join(PeerId(node as u32), choose);
                moment.settle(choose);
            }
        };
        let mut states: Vec<State<E, T>> = Vec::new();
        self.branch(&self.void(), start, |_, moment| {
            let state = moment.close();
            if !states.contains(&state) {
                states.push(state);
            }
        });
        states
    }

    fn actions(&self, state: &State<E, T>, actions: &mut Vec<Action<E::Message>>) {
        for event in self.events(state) {
            let happen = |moment: &mut Moment<'_, E, T>, choose: &mut dyn Choose| {
                moment.happen(&event, choose);
            };
            self.branch(state, happen, |choices, _| {
                actions.push(Action { event: event.clone(), choices });
            });
        }
    }

    fn next_state(&self, state: &State<E, T>, action: Self::Action) -> Option<State<E, T>> {
        let mut moment = Moment::open(self, state);
        moment.happen(&action.event, &mut Recorded::new(action.choices));
        Some(moment.close())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every_engine_keeps_the_rules", |_, state: &State<E, T>| {
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
