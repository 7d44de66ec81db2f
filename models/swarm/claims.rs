//! What is claimed of every run.

use super::action::{SwarmAction, SwarmEvent};
use super::state::{EngineFault, SwarmState};
use super::transition::bits;
use super::{MOST_PEERS, Ready, Swarm, SwarmWorld};
use crate::checker::{
    Block, Checked, Claim, ClaimKind, Class, Classes, Condition, Demand, Heap, Spec,
};
use crate::chunks::PeerId;
use crate::models::churn::{Departures, SourceStays};
use crate::models::{ModelEngine, ModelTracker};

const CAN_COMPLETE: [&str; MOST_PEERS] =
    ["peer_1_can_complete", "peer_2_can_complete", "peer_3_can_complete"];

fn without<E: ModelEngine, T: ModelTracker>(
    name: &'static str,
    kept: Condition<Swarm<E, T>>,
) -> Claim<Swarm<E, T>> {
    Claim::required(name, ClaimKind::Always(kept))
}

impl<E: ModelEngine, T: ModelTracker> Swarm<E, T> {
    /// Whether every peer that has not left is present and has the whole file.
    pub(super) fn everyone_is_complete(&self, state: &SwarmState<E, T>) -> bool {
        let done =
            |peer| state.is_complete(peer) || (state.has_been(peer) && state.node(peer).is_none());
        (1..=self.world.peers).all(done)
            && (1..=self.world.peers).any(|peer| state.is_complete(peer))
    }

    /// Whether the present nodes that upload hold the whole file together.
    fn file_is_here(&self, state: &SwarmState<E, T>) -> bool {
        let sharing = state.present().filter(|&(at, _)| self.world.uploads(PeerId(at as u32)));
        let held = sharing.fold(0, |held, (_, node)| held | bits(node.engine.have()));
        held & self.world.file() == self.world.file()
    }

    fn keeps_the_rules() -> Vec<Claim<Self>> {
        vec![
            without("requests_what_it_was_told_of", |_, state| {
                !matches!(state.fault, Some(EngineFault::Untold(..)))
            }),
            without("says_what_it_holds", |_, state| {
                !matches!(state.fault, Some(EngineFault::Boast(..) | EngineFault::Early(..)))
            }),
            without("no_chunk_from_nowhere", |_, state| {
                !matches!(state.fault, Some(EngineFault::Nowhere(..) | EngineFault::Conjured(..)))
            }),
            without("a_choked_peer_gets_nothing_new", |_, state| {
                !matches!(state.fault, Some(EngineFault::Choked(..)))
            }),
            without("have_only_grows", |_, state| {
                !matches!(state.fault, Some(EngineFault::Lost(..)))
            }),
            without("comes_to_rest", |_, state| {
                !matches!(state.fault, Some(EngineFault::Restless(..)))
            }),
        ]
    }

    fn claims(&self) -> Vec<Claim<Self>> {
        let mut claims = Self::keeps_the_rules();
        claims.push(Claim::required(
            "everyone_is_complete",
            ClaimKind::Sometimes(|swarm: &Self, state| swarm.everyone_is_complete(state)),
        ));
        claims.push(Claim::required(
            "never_stuck",
            ClaimKind::NeverStuck {
                unless: |swarm: &Self, state| {
                    state.fault.is_some()
                        || swarm.everyone_is_complete(state)
                        || !swarm.file_is_here(state)
                },
            },
        ));
        let given: [Condition<Self>; MOST_PEERS] =
            [is_near_the_file::<E, T, 1>, is_near_the_file::<E, T, 2>, is_near_the_file::<E, T, 3>];
        let goal: [Condition<Self>; MOST_PEERS] =
            [completes::<E, T, 1>, completes::<E, T, 2>, completes::<E, T, 3>];
        let each = CAN_COMPLETE.into_iter().zip(given.into_iter().zip(goal));
        claims.extend(each.take(self.world.peers).map(|(name, (given, goal))| {
            Claim::required(name, ClaimKind::PossibleFromEverywhere { given, goal })
        }));
        let assumed = !self.world.fairness.0.is_empty()
            && (self.world.source == SourceStays::Stays || self.world.churn == Departures::None);
        claims.push(Claim {
            name: "everyone_completes",
            kind: ClaimKind::Eventually {
                goal: |swarm: &Self, state| swarm.everyone_is_complete(state),
                fairness: self.world.fairness.clone(),
            },
            demand: if assumed { Demand::Required } else { Demand::Informative },
        });
        claims
    }

    fn classes(&self) -> Classes<Self> {
        let name = |node: u8| if node == 0 { "source".into() } else { node.to_string() };
        let all = self.action_classes.iter().map(|&class| match class {
            ActionClass::Of(family, node) => {
                Class { family, label: format!("{family} {}", name(node)) }
            }
            ActionClass::Between(family, from, to) => {
                Class { family, label: format!("{family} {}>{}", name(from), name(to)) }
            }
            ActionClass::Tick => Class { family: "tick", label: "tick".into() },
        });
        Classes { all: all.collect(), of: class::<E, T> }
    }
}

/// A class of actions: what one node, or one node with another, may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ActionClass {
    Of(&'static str, u8),
    Between(&'static str, u8, u8),
    Tick,
}

impl SwarmWorld {
    /// Every class of actions of the world, in ascending order.
    pub(super) fn action_classes(&self) -> Vec<ActionClass> {
        let mut action_classes = vec![ActionClass::Tick];
        let nodes = 0..=self.peers as u8;
        for node in nodes.clone() {
            let id = PeerId(u32::from(node));
            let leaves = self.may_leave(id) && 0 < self.departures;
            let returns = leaves && self.churn == Departures::Rejoin;
            let comes = self.churn != Departures::None && !id.is_source();
            let families = [
                ("expire", true),
                ("join", comes || returns),
                ("leave", leaves),
                ("ready", self.ready == Ready::AnyTime && self.uploads(id)),
                ("vanish", leaves),
            ];
            let possible = families.into_iter().filter(|&(_, possible)| possible);
            action_classes.extend(possible.map(|(family, _)| ActionClass::Of(family, node)));
            for other in nodes.clone().filter(|&other| other != node) {
                action_classes.push(ActionClass::Between("arrive", node, other));
                if self.uploads(id) {
                    action_classes.push(ActionClass::Between("send", node, other));
                }
                if 0 < self.losses && node < other {
                    action_classes.push(ActionClass::Between("lose", node, other));
                }
            }
        }
        action_classes.sort_unstable();
        action_classes
    }
}

fn is_near_the_file<E: ModelEngine, T: ModelTracker, const PEER: usize>(
    swarm: &Swarm<E, T>,
    state: &SwarmState<E, T>,
) -> bool {
    state.fault.is_none() && state.node(PEER).is_some() && swarm.file_is_here(state)
}

fn completes<E: ModelEngine, T: ModelTracker, const PEER: usize>(
    _: &Swarm<E, T>,
    state: &SwarmState<E, T>,
) -> bool {
    state.is_complete(PEER)
}

fn class<E: ModelEngine, T: ModelTracker>(
    swarm: &Swarm<E, T>,
    action: &SwarmAction<E::Message>,
) -> usize {
    let of = |family, node: PeerId| ActionClass::Of(family, node.0 as u8);
    let between = |family, a: PeerId, b: PeerId| ActionClass::Between(family, a.0 as u8, b.0 as u8);
    let class = match action.event {
        SwarmEvent::Join(node) => of("join", node),
        SwarmEvent::Leave(node) => of("leave", node),
        SwarmEvent::Vanish(node) => of("vanish", node),
        SwarmEvent::Ready(node) => of("ready", node),
        SwarmEvent::Expire { node, .. } => of("expire", node),
        SwarmEvent::Lose(a, b) => between("lose", a, b),
        SwarmEvent::Sent { from, to, .. } => between("send", from, to),
        SwarmEvent::Arrive { from, to, .. } => between("arrive", from, to),
        SwarmEvent::Tick => ActionClass::Tick,
    };
    swarm
        .action_classes
        .binary_search(&class)
        .expect("every action of a world is in one of its classes")
}

impl<E: ModelEngine, T: ModelTracker> Checked for Swarm<E, T> {
    fn spec(&self) -> Spec<Self> {
        let heap = |_: &Self, state: &SwarmState<E, T>, each: &mut dyn FnMut(Block)| {
            state.shared().for_each(each);
        };
        let heap = Some(heap as Heap<Self>);
        Spec { claims: self.claims(), classes: self.classes(), symmetry: None, heap }
    }
}
