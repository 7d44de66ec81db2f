//! How many slots does the best schedule need, and does none beat a bound?
//!
//! Synchronous slots: in each, every node sends at most one chunk (the source `source_slots`) that
//! it had before the slot. Every step of the search is a slot, so the depth of the first complete
//! state is the optimum makespan. It knows no engine: it explores what **any** engine of this
//! discipline could do.

use std::ops::{Deref, Range};

use stateright::{Model, Property};

use crate::bounds::{Binding, Conditions, bindings};
use crate::checker::{Checked, Claim, ClaimKind, Class, Classes, Spec, Symmetry};
use crate::chunks::Manifest;
use crate::models::error::{WorldError, riders_among, within};
use crate::models::orbits::{ROW_CHUNKS, ROW_PEERS};
use crate::scenario::{Behavior, Leaves, Malformed, Parts, Peer, Scenario, Source};
use crate::units::{Bytes, NANO, Rate, Time};

mod arrivals;
mod canonical;
mod overlay;
mod slots;
mod state;

pub use overlay::{Overlay, Shape};
pub use state::{ScheduleState, Slot, Transfer};

use state::MOST_TRANSFERS;

/// The most chunks that the source can send a slot, to one peer.
#[cfg(feature = "cli")]
pub(super) const MOST_SOURCE_SLOTS: usize = MOST_TRANSFERS - 1;

/// The options of a world of slots, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleWorld {
    /// N, at most 7.
    pub peers: usize,
    /// M, at most 6.
    pub chunks: usize,
    /// How many chunks the source sends a slot.
    pub source_slots: u32,
    /// How many chunks a peer can receive a slot; None is unlimited.
    pub download_slots: Option<u32>,
    /// Number of free riders (the last R peers), which never send.
    pub free_riders: usize,
    /// What a peer does once it has the whole file.
    pub leaving: Leaving,
    /// Which nodes may send to each other.
    pub overlay: Overlay,
    /// What binds a slot beside the capacities.
    pub rules: Rules,
    /// Which slots are seen.
    pub moves: Moves,
}

/// What a peer does once it has the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It stays and sends.
    Altruistic,
    /// It leaves.
    Selfish,
}

/// What binds a slot beside the capacities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Nothing.
    Free,
    /// Every node, the source too, is in at most one call, which carries one chunk one way.
    Telegraph,
    /// The same, but a call carries one chunk each way.
    Telephone,
    /// Peers send only in a simultaneous swap of useful chunks; the source gives freely.
    Strict,
    /// The same, but three peers may also exchange in a cycle.
    Cycles3,
    /// A peer may have sent at most this many chunks more to another than it got from it.
    Credit(u8),
    /// Each node sends one chunk after the other and takes its own number of slots for each; the
    /// source's time first.
    Serial(Vec<u8>),
}

/// Which slots are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Every slot.
    All,
    /// Only slots to which no transfer can be added, one of those that differ in names only. Having
    /// more never hurts where peers stay and nothing is owed: whatever a schedule does from some
    /// state it also does from one with more chunks, leaving out what has become useless. So the
    /// earliest completions are the same, while fewer states are seen.
    Dominant,
}

impl ScheduleWorld {
    /// One chunk a slot for each node, no limit on downloads, no departures, no free riders.
    pub fn plain(peers: usize, chunks: usize) -> Self {
        ScheduleWorld {
            peers,
            chunks,
            source_slots: 1,
            download_slots: None,
            free_riders: 0,
            leaving: Leaving::Altruistic,
            overlay: Overlay::complete(peers.min(ROW_PEERS)),
            rules: Rules::Free,
            moves: Moves::All,
        }
    }

    /// Whether [`Moves::Dominant`] sees the earliest completions of this world.
    pub fn allows_dominance(&self) -> bool {
        self.rules == Rules::Free && self.leaving == Leaving::Altruistic
    }
}

/// A world of slots that makes sense, with what its bounds say.
#[derive(Clone, Debug)]
pub struct Schedule {
    world: ScheduleWorld,
    /// Peers that can change places.
    groups: Vec<Range<usize>>,
    /// For every k, the first slot after which k peers can be complete, as the bounds say.
    earliest: Vec<u32>,
}

impl Deref for Schedule {
    type Target = ScheduleWorld;

    fn deref(&self) -> &ScheduleWorld {
        &self.world
    }
}

impl Schedule {
    /// Checks a world and takes the strongest bound on each completion in it.
    ///
    /// # Errors
    /// What does not fit into a state or contradicts something else, with what to write.
    pub fn new(world: ScheduleWorld) -> Result<Self, WorldError> {
        check(&world)?;
        let groups = groups(&world);
        let mut schedule = Schedule { world, groups, earliest: Vec::new() };
        schedule.earliest = schedule.earliest_by_bounds()?;
        Ok(schedule)
    }

    /// The same world with other lower bounds: the first slot after which k peers can be complete,
    /// for k = 0..=N.
    pub fn with_earliest(self, earliest: Vec<u32>) -> Self {
        Schedule { earliest, ..self }
    }

    /// The first slots after which k = 0..=N peers can be complete, as the bounds say.
    pub fn earliest(&self) -> &[u32] {
        &self.earliest
    }

    fn file(&self) -> u8 {
        (1 << self.chunks) - 1
    }

    fn joins(&self, one: usize, other: usize) -> bool {
        self.overlay.joins(one, other)
    }

    /// The chunks that a node may send.
    fn can_give(&self, state: ScheduleState, node: usize) -> u8 {
        if node == 0 {
            return self.file();
        }
        let rides_free = self.peers - self.free_riders < node;
        let left = self.leaving == Leaving::Selfish && state.chunks(node) == self.file();
        if rides_free || left { 0 } else { state.chunks(node) }
    }

    /// Number of peers that have the whole file.
    pub fn completed(&self, state: &ScheduleState) -> usize {
        (1..=self.peers).filter(|&peer| state.chunks(peer) == self.file()).count()
    }

    /// The scenario that allows everything which this world allows: one slot is a second.
    ///
    /// # Errors
    /// A world that no scenario describes.
    pub fn scenario(&self) -> Result<Scenario, Malformed> {
        // A chunk of 60 kbit: a slot carries it exactly, and so do most of the slower nodes.
        let chunk_bits = 60_000u64;
        let time = |node: usize| match &self.rules {
            Rules::Serial(times) => u64::from(times[node]),
            _ => 1,
        };
        let rate = |node: usize| chunk_bits.div_ceil(time(node));
        let download = self.download_slots.filter(|_| !matches!(self.rules, Rules::Serial(_)));
        let leaves = match self.leaving {
            Leaving::Altruistic => Leaves::Never,
            Leaving::Selfish => Leaves::AfterCompletion(Time::ZERO),
        };
        let peer = |node: usize| {
            let download = download.map(|slots| Rate(u64::from(slots) * chunk_bits));
            let behavior = match self.peers - self.free_riders < node {
                true => Behavior::FreeRider,
                false => Behavior::Cooperative,
            };
            Peer::new(Rate(rate(node))).download(download).leaves(leaves).behavior(behavior)
        };
        let chunk = Bytes(chunk_bits / 8);
        let file = Manifest::new(Bytes(chunk.0 * self.chunks as u64), chunk)
            .map_err(|error| Malformed { field: "file".into(), message: error.to_string() })?;
        let source = Source::new(Rate(rate(0) * u64::from(self.source_slots)));
        Parts::new(file, source)
            .name("schedule")
            .peers((1..=self.peers).map(peer))
            .protocol(None)
            .until(Time::MAX)
            .build()
    }

    /// What the bounds say, rounded up to whole slots: chunks arrive at the end of one.
    fn earliest_by_bounds(&self) -> Result<Vec<u32>, WorldError> {
        let scenario = self.scenario()?;
        let slots = |binding: Binding| {
            let slots = binding.time().map(|time| u128::from(time.0).div_ceil(NANO));
            slots.and_then(|slots| u32::try_from(slots).ok()).unwrap_or(u32::MAX)
        };
        let bindings = bindings(&scenario, Conditions::SWARM);
        Ok(std::iter::once(0).chain(bindings.into_iter().map(slots)).collect())
    }
}

/// The names of the claims that k peers are complete.
const COMPLETIONS: [&str; ROW_PEERS] = [
    "completion_1",
    "completion_2",
    "completion_3",
    "completion_4",
    "completion_5",
    "completion_6",
    "completion_7",
];

/// The conditions that go with them.
const COMPLETED: [fn(&Schedule, &ScheduleState) -> bool; ROW_PEERS] = [
    |world, state| 1 <= world.completed(state),
    |world, state| 2 <= world.completed(state),
    |world, state| 3 <= world.completed(state),
    |world, state| 4 <= world.completed(state),
    |world, state| 5 <= world.completed(state),
    |world, state| 6 <= world.completed(state),
    |world, state| 7 <= world.completed(state),
];

/// The claim whose shortest run is the makespan.
pub const EVERYONE: &str = "everyone_is_complete";

impl Checked for Schedule {
    fn spec(&self) -> Spec<Self> {
        let mut claims = vec![
            Claim::required(
                "no_schedule_beats_a_bound",
                ClaimKind::NotBefore {
                    earliest: |world: &Schedule, state: &ScheduleState| {
                        world.earliest[world.completed(state)]
                    },
                    horizon: self.earliest.iter().copied().max().unwrap_or(0),
                },
            ),
            Claim::required(
                EVERYONE,
                ClaimKind::Sometimes(|world, state| world.completed(state) == world.peers),
            ),
        ];
        let each = COMPLETIONS.iter().zip(COMPLETED).take(self.peers);
        claims.extend(each.map(|(name, done)| Claim::required(name, ClaimKind::Sometimes(done))));
        let symmetry = Symmetry {
            canonical: |world, state| canonical::canonical(world, *state),
            permute: |world, generator, state| canonical::permute(world, generator, *state),
            generators: canonical::generators(self),
        };
        let all = vec![Class { family: "slot", label: "slot".into() }];
        Spec {
            claims,
            classes: Classes { all, of: |_, _| 0 },
            symmetry: Some(symmetry),
            heap: None,
        }
    }
}

impl Model for Schedule {
    type State = ScheduleState;
    type Action = Slot;

    fn init_states(&self) -> Vec<ScheduleState> {
        vec![ScheduleState::default()]
    }

    fn actions(&self, state: &ScheduleState, actions: &mut Vec<Slot>) {
        if self.completed(state) < self.peers {
            slots::slots(self, *state, actions);
        }
    }

    fn next_state(&self, _: &ScheduleState, slot: Slot) -> Option<ScheduleState> {
        Some(slot.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("only_the_file", |world: &Schedule, state: &ScheduleState| {
                (1..=world.peers).all(|peer| state.chunks(peer) & !world.file() == 0)
            }),
            Property::sometimes(EVERYONE, |world, state| world.completed(state) == world.peers),
        ]
    }
}

/// Refuses a world that makes no sense, with what to write instead.
fn check(world: &ScheduleWorld) -> Result<(), WorldError> {
    let ScheduleWorld { peers, chunks, source_slots, .. } = *world;
    within("peers", peers, 1..=ROW_PEERS)?;
    within("chunks", chunks, 1..=ROW_CHUNKS)?;
    within("source slots", source_slots as usize, 1..=MOST_TRANSFERS - peers)?;
    if let Some(slots) = world.download_slots {
        within("download slots", slots as usize, 1..=u32::MAX as usize)?;
    }
    riders_among(world.free_riders, peers)?;
    if world.moves == Moves::Dominant && !world.allows_dominance() {
        let wrong = "dominated slots matter where something is owed or peers leave";
        return Err(WorldError::Contradiction(wrong));
    }
    match &world.rules {
        &Rules::Credit(credit) if peers == ROW_PEERS || !(1..=6).contains(&credit) => {
            Err(WorldError::Credit { credit, peers })
        }
        Rules::Serial(times) => check_times(world, times),
        _ => Ok(()),
    }
}

fn check_times(world: &ScheduleWorld, times: &[u8]) -> Result<(), WorldError> {
    let peers = world.peers;
    if 5 < peers || times.len() != peers + 1 {
        return Err(WorldError::ChunkTimes { times: times.len(), peers });
    }
    for &time in times {
        within("slots for a chunk", time.into(), 1..=15)?;
    }
    if world.source_slots != 1 || world.leaving == Leaving::Selfish {
        let wrong = "chunk times need one source slot and peers that stay";
        return Err(WorldError::Contradiction(wrong));
    }
    Ok(())
}

/// Runs of neighbors in the order of names that nothing tells apart.
fn groups(world: &ScheduleWorld) -> Vec<Range<usize>> {
    let cooperative = world.peers - world.free_riders;
    let alike = |one: usize, other: usize| {
        let times = match &world.rules {
            Rules::Serial(times) => times[one] == times[other],
            _ => true,
        };
        let both = (one <= cooperative) == (other <= cooperative);
        times && both && world.overlay.interchangeable(one, other)
    };
    let mut groups: Vec<Range<usize>> = Vec::new();
    for peer in 1..=world.peers {
        match groups.last_mut() {
            Some(group) if group.clone().all(|other| alike(other, peer)) => group.end = peer + 1,
            _ => groups.push(peer..peer + 1),
        }
    }
    groups
}

#[cfg(test)]
mod tests;
