//! Does the tracker list the peers that are present?
//!
//! Peers join, announce themselves, leave cleanly or crash silently, over a link that loses, delays
//! and reorders; intervals pass at any time. The tracker is the real one, or any other
//! [`Introduce`](crate::engine::Introduce). Beside it the model keeps, for each peer, the intervals
//! since it was last heard: that alone decides which peers the list must hold. It knows no chunks,
//! and neither does a tracker.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use stateright::{Model, Property};

use crate::checker::{
    Checked, Claim, ClaimKind, Class, Classes, Condition, Fairness, Spec, Strength,
};
use crate::choose::{Choose, Enumerate, Recorded};
use crate::chunks::PeerId;
use crate::engine::Presence;
use crate::models::ModelTracker;
use crate::models::error::{WorldError, within};
use crate::swarm::{PATIENCE, Tracker};

mod display;

/// The most peers; a peer has 32 states of its own, and they multiply.
pub const MOST_PEERS: usize = 4;

/// A tracker whose members the model can see.
pub trait Listed: ModelTracker {
    /// The listed peers, in ascending order.
    fn listed(&self) -> Vec<PeerId>;
}

impl Listed for Tracker {
    fn listed(&self) -> Vec<PeerId> {
        self.members().collect()
    }
}

/// A world of announcing and forgetting.
#[derive(Clone, Debug)]
pub struct Introductions<T> {
    peers: usize,
    /// How many members a peer asks for.
    want: u32,
    tracker: PhantomData<fn() -> T>,
}

/// A peer, its link to the tracker, and what the tracker knows of it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackedPeer {
    /// Whether it is in the swarm.
    alive: bool,
    /// Whether an announce is on its way.
    hello: bool,
    /// Whether a goodbye is on its way; nothing says which of the two arrives first.
    goodbye: bool,
    /// Intervals since it was last heard; None if never, after its goodbye, or too long ago.
    heard: Option<u8>,
}

/// The tracker and its peers; peer i is `nodes[i - 1]`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackerState<T> {
    tracker: T,
    nodes: Vec<TrackedPeer>,
}

impl<T: Listed> TrackerState<T> {
    fn lists(&self, peer: usize) -> bool {
        self.tracker.listed().contains(&PeerId(peer as u32))
    }

    fn node(&self, peer: usize) -> TrackedPeer {
        // Claims about peers beyond the world are not asked.
        self.nodes.get(peer - 1).copied().unwrap_or_default()
    }
}

/// What happens.
#[derive(Clone, PartialEq, Eq)]
pub enum TrackerAction {
    /// A peer enters and announces itself.
    Join(u8),
    /// A peer announces itself once more.
    Announce(u8),
    /// A peer leaves and says goodbye.
    Leave(u8),
    /// A peer crashes silently.
    Die(u8),
    /// An announce arrives; the tracker names members by these choices.
    Hear {
        /// Whose announce.
        peer: u8,
        /// The tracker's choices of the members to name, in order.
        choices: Vec<usize>,
    },
    /// A goodbye arrives.
    Part(u8),
    /// An announce is lost.
    LoseHello(u8),
    /// A goodbye is lost.
    LoseGoodbye(u8),
    /// An interval has passed.
    Tick,
}

/// The families of classes with a class for each peer, in the order of their classes.
const FAMILIES: [&str; 8] =
    ["join", "announce", "leave", "die", "hear", "part", "lose hello", "lose goodbye"];

impl<T: Listed> Introductions<T> {
    /// A world of `peers` peers, none of them present, each asking for `want` members at a time.
    ///
    /// # Errors
    /// More peers than can be searched, or none.
    pub fn new(peers: usize, want: u32) -> Result<Self, WorldError> {
        within("peers", peers, 1..=MOST_PEERS)?;
        Ok(Introductions { peers, want, tracker: PhantomData })
    }

    fn peers(&self) -> impl Iterator<Item = usize> {
        1..=self.peers
    }

    /// Every member was heard within the last intervals, and has not said goodbye since.
    fn lists_the_registered_only(&self, state: &TrackerState<T>) -> bool {
        let registered = |member: PeerId| {
            (1..=self.peers).contains(&member.index()) && state.node(member.index()).heard.is_some()
        };
        let listed = state.tracker.listed();
        listed.windows(2).all(|pair| pair[0] < pair[1]) && listed.into_iter().all(registered)
    }

    fn lists_all_registered(&self, state: &TrackerState<T>) -> bool {
        self.peers().all(|peer| state.node(peer).heard.is_none() || state.lists(peer))
    }

    /// Whatever the tracker chooses, it names as many others as are wanted and there, each once.
    fn names_members_only(&self, state: &TrackerState<T>) -> bool {
        self.peers().all(|peer| {
            let own = PeerId(peer as u32);
            let mut others = state.tracker.listed();
            others.retain(|&member| member != own);
            let mut choose = Enumerate::default();
            loop {
                let mut tracker = state.tracker.clone();
                let named = tracker.announce(own, Presence::Here, self.want, &mut choose);
                let mut distinct = named.clone();
                distinct.sort_unstable();
                distinct.dedup();
                let members = named.iter().all(|member| others.contains(member));
                let count = others.len().min(self.want as usize);
                if !members || distinct.len() != count || named.len() != count {
                    return false;
                }
                if !choose.advance() {
                    return true;
                }
            }
        })
    }

    fn lists_the_alive(&self, state: &TrackerState<T>) -> bool {
        self.peers().all(|peer| state.lists(peer) == state.node(peer).alive)
    }

    /// Everything on its way and everything heard, after this happened.
    fn after(&self, state: &TrackerState<T>, action: &TrackerAction) -> TrackerState<T> {
        let mut next = state.clone();
        let at = |peer: u8| usize::from(peer) - 1;
        match *action {
            TrackerAction::Join(peer) => {
                let node = &mut next.nodes[at(peer)];
                (node.alive, node.hello) = (true, true);
            }
            TrackerAction::Announce(peer) => next.nodes[at(peer)].hello = true,
            TrackerAction::Leave(peer) => {
                let node = &mut next.nodes[at(peer)];
                (node.alive, node.goodbye) = (false, true);
            }
            TrackerAction::Die(peer) => next.nodes[at(peer)].alive = false,
            TrackerAction::Hear { peer, ref choices } => {
                let mut choose = Recorded::new(choices.clone());
                self.hear(&mut next, peer, &mut choose);
            }
            TrackerAction::Part(peer) => {
                let id = PeerId(u32::from(peer));
                let mut choose = Recorded::default();
                next.tracker.announce(id, Presence::Gone, 0, &mut choose);
                let node = &mut next.nodes[at(peer)];
                (node.goodbye, node.heard) = (false, None);
            }
            TrackerAction::LoseHello(peer) => next.nodes[at(peer)].hello = false,
            TrackerAction::LoseGoodbye(peer) => next.nodes[at(peer)].goodbye = false,
            TrackerAction::Tick => {
                next.tracker.tick();
                for node in &mut next.nodes {
                    node.heard = node.heard.map(|ago| ago + 1).filter(|&ago| ago <= PATIENCE);
                }
            }
        }
        next
    }

    fn hear(&self, state: &mut TrackerState<T>, peer: u8, choose: &mut dyn Choose) {
        let id = PeerId(u32::from(peer));
        state.tracker.announce(id, Presence::Here, self.want, choose);
        let node = &mut state.nodes[usize::from(peer) - 1];
        (node.hello, node.heard) = (false, Some(0));
    }

    /// One action for everything that the tracker may choose when it hears a peer.
    fn hearings(&self, state: &TrackerState<T>, peer: u8, actions: &mut Vec<TrackerAction>) {
        let mut choose = Enumerate::default();
        loop {
            self.hear(&mut state.clone(), peer, &mut choose);
            actions.push(TrackerAction::Hear { peer, choices: choose.choices() });
            if !choose.advance() {
                return;
            }
        }
    }
}

/// A claim for each peer that the world may have: its names, and the condition with its number.
macro_rules! for_each_peer {
    ($condition:ident) => {
        [$condition::<T, 1>, $condition::<T, 2>, $condition::<T, 3>, $condition::<T, 4>]
    };
}

fn is_a_ghost<T: Listed, const PEER: usize>(_: &Introductions<T>, state: &TrackerState<T>) -> bool {
    !state.node(PEER).alive && state.lists(PEER)
}

fn is_no_ghost<T: Listed, const PEER: usize>(
    _: &Introductions<T>,
    state: &TrackerState<T>,
) -> bool {
    state.node(PEER).alive || !state.lists(PEER)
}

fn is_overlooked<T: Listed, const PEER: usize>(
    _: &Introductions<T>,
    state: &TrackerState<T>,
) -> bool {
    state.node(PEER).alive && !state.lists(PEER)
}

fn is_not_overlooked<T: Listed, const PEER: usize>(
    _: &Introductions<T>,
    state: &TrackerState<T>,
) -> bool {
    !state.node(PEER).alive || state.lists(PEER)
}

const VANISH: [&str; MOST_PEERS] =
    ["dead_1_vanishes", "dead_2_vanishes", "dead_3_vanishes", "dead_4_vanishes"];
const KNOWN: [&str; MOST_PEERS] = [
    "alive_1_is_known_again",
    "alive_2_is_known_again",
    "alive_3_is_known_again",
    "alive_4_is_known_again",
];

/// A peer that is alive announces itself infinitely often, and of infinitely many announces some
/// arrive.
fn fair_link() -> Fairness {
    Fairness(vec![(Strength::Weak, "announce".into()), (Strength::Strong, "hear".into())])
}

impl<T: Listed> Introductions<T> {
    fn lasting_claims(&self) -> Vec<Claim<Self>> {
        let each = |names: [&'static str; MOST_PEERS],
                    from: [Condition<Self>; MOST_PEERS],
                    goal: [Condition<Self>; MOST_PEERS],
                    fairness: Fairness| {
            let claims = names.into_iter().zip(from.into_iter().zip(goal)).take(self.peers);
            let claim = move |(name, (from, goal))| {
                Claim::required(name, ClaimKind::LeadsTo { from, goal, fairness: fairness.clone() })
            };
            claims.map(claim).collect::<Vec<_>>()
        };
        let passing = Fairness(vec![(Strength::Weak, "tick".into())]);
        let mut claims =
            each(VANISH, for_each_peer!(is_a_ghost), for_each_peer!(is_no_ghost), passing);
        claims.extend(each(
            KNOWN,
            for_each_peer!(is_overlooked),
            for_each_peer!(is_not_overlooked),
            fair_link(),
        ));
        claims
    }
}

impl<T: Listed> Checked for Introductions<T> {
    fn spec(&self) -> Spec<Self> {
        let mut claims = vec![
            Claim::required(
                "only_the_registered_are_listed",
                ClaimKind::Always(|world: &Self, state: &TrackerState<T>| {
                    world.lists_the_registered_only(state)
                }),
            ),
            Claim::required(
                "all_registered_are_listed",
                ClaimKind::Always(|world: &Self, state: &TrackerState<T>| {
                    world.lists_all_registered(state)
                }),
            ),
            Claim::required(
                "only_members_are_named",
                ClaimKind::Always(|world: &Self, state: &TrackerState<T>| {
                    world.names_members_only(state)
                }),
            ),
            Claim::required(
                "everyone_is_listed",
                ClaimKind::Sometimes(|world: &Self, state: &TrackerState<T>| {
                    world.peers().all(|peer| state.lists(peer))
                }),
            ),
            Claim::required(
                "a_dead_peer_is_listed",
                ClaimKind::Sometimes(|world: &Self, state: &TrackerState<T>| {
                    world.peers().any(|peer| state.lists(peer) && !state.node(peer).alive)
                }),
            ),
            Claim::required(
                "the_list_can_become_right",
                ClaimKind::PossibleFromEverywhere {
                    given: |_, _| true,
                    goal: |world: &Self, state: &TrackerState<T>| world.lists_the_alive(state),
                },
            ),
        ];
        claims.extend(self.lasting_claims());
        let of_peers = FAMILIES.iter().flat_map(|&family| {
            self.peers().map(move |peer| Class { family, label: format!("{family} {peer}") })
        });
        let mut all: Vec<Class> = of_peers.collect();
        all.push(Class { family: "tick", label: "tick".into() });
        let of = |world: &Self, action: &TrackerAction| {
            let (family, peer) = match *action {
                TrackerAction::Join(peer) => (0, peer),
                TrackerAction::Announce(peer) => (1, peer),
                TrackerAction::Leave(peer) => (2, peer),
                TrackerAction::Die(peer) => (3, peer),
                TrackerAction::Hear { peer, .. } => (4, peer),
                TrackerAction::Part(peer) => (5, peer),
                TrackerAction::LoseHello(peer) => (6, peer),
                TrackerAction::LoseGoodbye(peer) => (7, peer),
                TrackerAction::Tick => (FAMILIES.len(), 1),
            };
            family * world.peers + usize::from(peer) - 1
        };
        Spec { claims, classes: Classes { all, of }, symmetry: None, heap: None }
    }
}

impl<T: Listed> Model for Introductions<T> {
    type State = TrackerState<T>;
    type Action = TrackerAction;

    fn init_states(&self) -> Vec<TrackerState<T>> {
        vec![TrackerState { tracker: T::new(), nodes: vec![TrackedPeer::default(); self.peers] }]
    }

    fn actions(&self, state: &TrackerState<T>, actions: &mut Vec<TrackerAction>) {
        for (peer, node) in (1u8..).zip(&state.nodes) {
            if node.alive {
                actions.push(TrackerAction::Leave(peer));
                actions.push(TrackerAction::Die(peer));
                if !node.hello {
                    actions.push(TrackerAction::Announce(peer));
                }
            } else {
                actions.push(TrackerAction::Join(peer));
            }
            if node.hello {
                self.hearings(state, peer, actions);
                actions.push(TrackerAction::LoseHello(peer));
            }
            if node.goodbye {
                actions.push(TrackerAction::Part(peer));
                actions.push(TrackerAction::LoseGoodbye(peer));
            }
        }
        actions.push(TrackerAction::Tick);
    }

    fn next_state(
        &self,
        state: &TrackerState<T>,
        action: TrackerAction,
    ) -> Option<TrackerState<T>> {
        Some(self.after(state, &action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "only_the_registered_are_listed",
                |world: &Self, state: &TrackerState<T>| world.lists_the_registered_only(state),
            ),
            Property::sometimes("everyone_is_listed", |world: &Self, state: &TrackerState<T>| {
                world.peers().all(|peer| state.lists(peer))
            }),
        ]
    }
}

#[cfg(test)]
mod tests;
