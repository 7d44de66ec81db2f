//! Property `tolerates_byzantine_neighbors`: one engine, any sequence of inputs, and what it may
//! never do.
//!
//! The engine gets messages of real runs of its own kind, but from any node, in any order, about
//! another file with more chunks, from nodes that it does not know, after they have left; also
//! connections that it already has, and members that do not exist. Beside it, a reference tracks
//! what can be observed from outside, the chunks that ever arrived. Only neighbors lie, never the
//! driver: what the driver reports has happened.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::mem::discriminant;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use super::examine::generate;
use super::scope::Scope;
use crate::choose::{Choose, Seeded};
use crate::chunks::{ChunkId, ChunkSet, Manifest, PeerId};
use crate::engine::{
    AnyEngine, Engine, Factory, Input, Kind, Output, Payload, Role, Settings, Timer,
};
use crate::scenario::{Behavior, Protocol, Scenario};
use crate::sim::{Simulation, Step};
use crate::swarm::Tracker;
use crate::units::{Bytes, Time};

/// Chunks of the file.
const CHUNKS: u64 = 5;
/// Chunks of the other file that neighbors talk about.
const MORE: u64 = 90;
/// Nodes that occur in inputs; not all are ever connected.
const NODES: u32 = 5;
/// Runs from which messages are collected.
const RUNS: u32 = 8;
/// Outputs after one input, at which the engine counts as one that never drains.
const OUTPUTS: u32 = 10_000;

/// A message of any engine.
pub(super) trait Word: Payload + Clone + Debug + 'static {}

impl<M: Payload + Clone + Debug + 'static> Word for M {}

/// What makes the engines under test.
pub(super) type Engines<M> = Rc<dyn Factory<Engine = AnyEngine<M>>>;

fn file(chunks: u64) -> Manifest {
    Manifest::new(Bytes(125 * chunks), Bytes(125)).expect("a small file")
}

/// What engines have said. Messages that look the same are the same.
type Said<M> = BTreeMap<String, M>;

/// Makes engines whose messages are recorded.
struct Recorder<M> {
    engines: Engines<M>,
    said: Rc<RefCell<Said<M>>>,
}

impl<M: Payload + Clone + Debug> Factory for Recorder<M> {
    type Engine = Recorded<M>;

    fn engine(
        &self,
        me: PeerId,
        manifest: &Manifest,
        role: Role,
        settings: &Settings,
    ) -> Recorded<M> {
        let engine = self.engines.engine(me, manifest, role, settings);
        Recorded { engine, said: Rc::clone(&self.said), outputs: 0 }
    }

    fn flush(&self, at: Time) -> Vec<PeerId> {
        self.engines.flush(at)
    }
}

/// An engine whose messages are recorded.
#[derive(Debug)]
struct Recorded<M> {
    engine: AnyEngine<M>,
    said: Rc<RefCell<Said<M>>>,
    outputs: u32,
}

impl<M: Payload + Clone + Debug> Engine for Recorded<M> {
    type Message = M;

    fn handle(&mut self, input: Input<M>, choose: &mut dyn Choose) {
        self.outputs = 0;
        self.engine.handle(input, choose);
    }

    fn poll(&mut self) -> Option<Output<M>> {
        // An engine that never drains has sent enough.
        self.outputs += 1;
        let output = if self.outputs < OUTPUTS { self.engine.poll() } else { None };
        if let Some(Output::Send { message, .. } | Output::Tell { message, .. }) = &output {
            let mut said = self.said.borrow_mut();
            said.entry(format!("{message:?}")).or_insert_with(|| message.clone());
        }
        output
    }

    fn have(&self) -> &ChunkSet {
        self.engine.have()
    }
}

/// All messages that engines of this kind send while they distribute a file of `chunks` chunks.
fn message_pool<M: Word>(engines: &Engines<M>, chunks: u64) -> MessagePool<M> {
    let scope = Scope { peers: 6, ..Scope::default() };
    let said = Rc::default();
    for case in 0..RUNS {
        let mut parts = generate(&scope, u64::from(RUNS), case).current().into_parts();
        parts.file = file(chunks);
        let scenario = Scenario::new(parts).expect("any file will do");
        let recorder = Recorder { engines: Rc::clone(engines), said: Rc::clone(&said) };
        let mut simulation = Simulation::<_, Tracker>::with_engines(&scenario, recorder);
        // Enough to see everything that is ever said; some runs go on for long.
        for _ in 0..5000 {
            if let Step::Ended(_) = simulation.step(&mut |_| {}) {
                break;
            }
        }
    }
    MessagePool::new(said.take())
}

/// Messages to deliver, grouped by kind, so that a frequent kind does not drown the others. A
/// failure need not print them.
#[derive(Clone)]
struct MessagePool<M>(Rc<Vec<Vec<M>>>);

impl<M: Clone> MessagePool<M> {
    fn new(said: Said<M>) -> Self {
        let mut kinds: Vec<Vec<M>> = Vec::new();
        for message in said.into_values() {
            let kind = discriminant(&message);
            match kinds.iter_mut().find(|known| discriminant(&known[0]) == kind) {
                Some(known) => known.push(message),
                None => kinds.push(vec![message]),
            }
        }
        MessagePool(Rc::new(kinds))
    }

    fn say(&self, kind: Index, which: Index) -> M {
        let kind: &Vec<M> = kind.get(self.0.as_slice());
        which.get(kind.as_slice()).clone()
    }
}

impl<M> Debug for MessagePool<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages", self.0.iter().map(Vec::len).sum::<usize>())
    }
}

/// What can be observed of an engine from outside.
#[derive(Clone, Debug)]
struct Observed {
    role: Role,
    /// Chunks that ever arrived, from any node.
    arrived: ChunkSet,
}

/// What happens to the engine.
#[derive(Clone, Debug)]
enum Act<M> {
    Members(Vec<PeerId>),
    Asked(PeerId),
    Connected(PeerId),
    Disconnected(PeerId),
    Received {
        from: PeerId,
        message: M,
    },
    /// One of the chunks that are on their way has left.
    Sent(Index),
    Ready,
    /// One of the timers that are armed has run out.
    Expired(Index),
    /// It leaves, and another one starts in its place.
    Leave,
}

/// What may happen next, at any time: inputs of the driver and messages of neighbors in similar
/// numbers. `pools` are messages about this file, and about one with more chunks.
fn acts<M: Clone + Debug + 'static>(pools: [MessagePool<M>; 2]) -> BoxedStrategy<Act<M>> {
    let other = || (0..NODES).prop_filter("itself", |&id| id != ME.0).prop_map(PeerId);
    let members = prop::collection::vec((0..2 * NODES).prop_map(PeerId), 0..6);
    let control = prop_oneof![
        1 => members.prop_map(Act::Members),
        1 => other().prop_map(Act::Asked),
        3 => other().prop_map(Act::Connected),
        1 => other().prop_map(Act::Disconnected),
        2 => any::<Index>().prop_map(Act::Sent),
        2 => Just(Act::Ready),
        3 => any::<Index>().prop_map(Act::Expired),
    ];
    if pools.iter().any(|message_pool| message_pool.0.is_empty()) {
        return control.boxed();
    }
    let of_this_file = prop_oneof![5 => Just(0), 1 => Just(1)];
    let heard = (other(), of_this_file, any::<[Index; 2]>()).prop_map(
        move |(from, file, [kind, which])| Act::Received {
            from,
            message: pools[file].say(kind, which),
        },
    );
    prop_oneof![30 => control, 50 => heard, 1 => Just(Act::Leave)].boxed()
}

impl Observed {
    /// What is known after `act`.
    fn after<M: Payload>(mut self, act: &Act<M>) -> Self {
        match act {
            Act::Received { message, .. } => {
                if let Kind::Chunk(chunk) = message.kind()
                    && chunk.index() < self.arrived.capacity()
                {
                    self.arrived.insert(chunk);
                }
            }
            Act::Leave => self.arrived = held(self.role),
            _ => {}
        }
        self
    }
}

/// Any role.
fn roles() -> impl Strategy<Value = Role> {
    prop_oneof![
        Just(Role::Peer(Behavior::Cooperative)),
        Just(Role::Source),
        Just(Role::Peer(Behavior::FreeRider)),
    ]
}

/// The node under test; it may be told that it is the source.
const ME: PeerId = PeerId(1);

/// The chunks that it holds at the start.
fn held(role: Role) -> ChunkSet {
    match role {
        Role::Source => ChunkSet::full(CHUNKS as usize),
        Role::Peer(_) => ChunkSet::empty(CHUNKS as usize),
    }
}

/// The engine under test, and the state of its driver.
struct Driven<M> {
    engine: AnyEngine<M>,
    choose: Seeded,
    armed: Vec<Timer>,
    sending: Vec<(PeerId, ChunkId)>,
    /// What it held after the last input.
    have: ChunkSet,
    completed: bool,
}

/// Fails with a sentence. A panic would do, but each prints a trace of its stack, and a sequence
/// that becomes shorter fails a thousand times.
fn demand(fine: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if fine { Ok(()) } else { Err(fault()) }
}

impl<M: Word> Driven<M> {
    fn start(engines: &Engines<M>, role: Role) -> Result<Self, String> {
        let second = Time::from_secs(1);
        let protocol = Protocol {
            neighbors: 5,
            unchoke_slots: 2,
            rechoke: second,
            optimistic: Some(second),
            announce: second,
            ..Protocol::default()
        };
        let settings = Settings::new(protocol, 2);
        let mut driven = Driven {
            engine: engines.engine(ME, &file(CHUNKS), role, &settings),
            choose: Seeded::new(1, 0),
            armed: Vec::new(),
            sending: Vec::new(),
            have: held(role),
            completed: false,
        };
        driven.hand(Input::Start, &held(role))?;
        Ok(driven)
    }

    /// Hands it an input, checks every output, and checks what it holds then.
    fn hand(&mut self, input: Input<M>, arrived: &ChunkSet) -> Result<(), String> {
        let asked = match input {
            Input::Asked(peer) => Some(peer),
            _ => None,
        };
        self.engine.handle(input, &mut self.choose);
        let mut answered = asked.is_none();
        let mut outputs = 0;
        while let Some(output) = self.engine.poll() {
            outputs += 1;
            demand(outputs < OUTPUTS, || {
                format!("it says {OUTPUTS} things after one input, and still more")
            })?;
            answered |= matches!(output, Output::Accept(peer) | Output::Refuse(peer)
                if Some(peer) == asked);
            self.said(output)?;
        }
        demand(answered, || "a node that asks to be a neighbor gets no answer".to_owned())?;
        let have = self.engine.have();
        if let Some(chunk) = self.have.iter().find(|&chunk| !have.contains(chunk)) {
            return Err(format!("it held {chunk} and does not any more"));
        }
        if let Some(chunk) = have.iter().find(|&chunk| !arrived.contains(chunk)) {
            return Err(format!("it holds {chunk}, which never arrived"));
        }
        self.have = have.clone();
        Ok(())
    }

    fn said(&mut self, output: Output<M>) -> Result<(), String> {
        let have = self.engine.have();
        match output {
            Output::Send { to, message } => {
                demand(to != ME, || "it sends something to itself".to_owned())?;
                if let Kind::Chunk(chunk) = message.kind() {
                    let holds = chunk.index() < have.capacity() && have.contains(chunk);
                    demand(holds, || format!("it sends {chunk} to {to} and does not hold it"))?;
                    self.sending.push((to, chunk));
                }
            }
            Output::Tell { to, message } => {
                for to in to {
                    self.said(Output::Send { to, message: message.clone() })?;
                }
            }
            Output::Abort { to, chunk } => self.sending.retain(|&sent| sent != (to, chunk)),
            Output::Arm { timer, .. } => {
                if !self.armed.contains(&timer) {
                    self.armed.push(timer);
                }
            }
            Output::Connect(to) => {
                demand(to != ME, || "it asks itself to be a neighbor".to_owned())?;
            }
            Output::Completed => {
                demand(have.is_full(), || "it says that it is complete and is not".to_owned())?;
                demand(!self.completed, || "it says twice that it is complete".to_owned())?;
                self.completed = true;
            }
            Output::Announce { .. } | Output::Accept(_) | Output::Refuse(_) => {}
            Output::Disconnect(from) => self.sending.retain(|&(to, _)| to != from),
        }
        Ok(())
    }

    /// Lets something happen to it; `observed` is what is known afterwards.
    fn act(
        &mut self,
        engines: &Engines<M>,
        act: Act<M>,
        observed: &Observed,
    ) -> Result<(), String> {
        let input = match act {
            Act::Members(members) => Input::Members(members),
            Act::Asked(peer) => Input::Asked(peer),
            Act::Connected(peer) => Input::Connected(peer),
            Act::Disconnected(peer) => {
                self.sending.retain(|&(to, _)| to != peer);
                Input::Disconnected(peer)
            }
            Act::Received { from, message } => Input::Received { from, message },
            Act::Sent(index) => {
                if self.sending.is_empty() {
                    return Ok(());
                }
                let (to, chunk) = self.sending.remove(index.index(self.sending.len()));
                Input::Sent { to, chunk }
            }
            Act::Ready => Input::Ready,
            Act::Expired(index) => {
                if self.armed.is_empty() {
                    return Ok(());
                }
                Input::Expired(self.armed.remove(index.index(self.armed.len())))
            }
            Act::Leave => {
                self.hand(Input::Leave, &ChunkSet::full(CHUNKS as usize))?;
                *self = Driven::start(engines, observed.role)?;
                return Ok(());
            }
        };
        self.hand(input, &observed.arrived)
    }
}

/// Lets a sequence of acts happen to a new engine.
fn happen<M: Word>(engines: &Engines<M>, role: Role, acts: Vec<Act<M>>) -> Result<(), String> {
    let mut observed = Observed { role, arrived: held(role) };
    let mut driven = Driven::start(engines, role)?;
    for act in acts {
        observed = observed.after(&act);
        driven.act(engines, act, &observed)?;
    }
    Ok(())
}

/// Hands engines of this kind one sequence of inputs after the other.
///
/// # Errors
/// The shortest sequence found that it does not withstand, and what it did.
pub(super) fn tolerates_byzantine_neighbors<M: Word>(
    engines: Engines<M>,
    config: Config,
) -> Result<(), String> {
    let pools = [CHUNKS, MORE].map(|chunks| message_pool(&engines, chunks));
    let sequences = (roles(), prop::collection::vec(acts(pools), 1..120));
    let mut runner = TestRunner::new(config);
    let run = runner
        .run(&sequences, |(role, acts)| happen(&engines, role, acts).map_err(TestCaseError::fail));
    match run {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(format!("the test was given up: {reason}")),
        Err(TestError::Fail(reason, (role, acts))) => {
            let acts = acts.iter().map(|act| format!("\n    {act:?}"));
            let inputs = acts.collect::<String>();
            Err(format!("{}, as {role:?} after these inputs:{inputs}", reason.message()))
        }
    }
}
