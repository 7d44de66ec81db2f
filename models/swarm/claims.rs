//! What is claimed of every run.

use super::action::{Action, Event};
use super::state::{Fault, State};
use super::{MOST_PEERS, Swarm};
use crate::checker::{Checked, Claim, Class, Classes, Condition, Demand, Kind, Spec};
use crate::chunks::PeerId;
use crate::engine::{Engine, Introduce};
use crate::models::churn::{Departures, SourceStays};

const CAN_COMPLETE: [&str; MOST_PEERS] =
    ["peer_1_can_complete", "peer_2_can_complete", "peer_3_can_complete"];

/// Classes of a node each, of an ordered pair each, and of all together.
const OF_NODES: [&str; 5] = ["join", "leave", "vanish", "expire", "ready"];
const OF_PAIRS: [&str; 3] = ["lose", "send", "arrive"];

fn without<E: Engine, T: Introduce>(
    name: &'static str,
    kept: Condition<Swarm<E, T>>,
) -> Claim<Swarm<E, T>> {
    Claim::required(name, Kind::Always(kept))
}

impl<E: Engine, T: Introduce> Swarm<E, T> {
    /// Whether everybody who has not left is there and has the whole file.
    pub(super) fn everyone_is_complete(&self, state: &State<E, T>) -> bool {
        let done =
            |peer| state.is_complete(peer) || (state.has_been(peer) && state.node(peer).is_none());
        (1..=self.world.peers).all(done)
            && (1..=self.world.peers).any(|peer| state.is_complete(peer))
    }

    /// Whether those who are there and upload hold the whole file together.
    fn file_is_here(&self, state: &State<E, T>) -> bool {
        let sharing = state.present().filter(|&(at, _)| self.world.uploads(PeerId(at as u32)));
        let held = sharing
            .flat_map(|(_, node)| node.engine.have().iter())
            .fold(0, |held, chunk| held | 1 << chunk.0);
        held == self.world.file()
    }

    fn keeps_the_rules() -> Vec<Claim<Self>> {
        vec![
            without("requests_what_it_was_told_of", |_, state| {
                !matches!(state.fault, Some(Fault::Untold(..)))
            }),
            without("says_what_it_holds", |_, state| {
                !matches!(state.fault, Some(Fault::Boast(..) | Fault::Early(..)))
            }),
            without("no_chunk_from_nowhere", |_, state| {
                !matches!(state.fault, Some(Fault::Nowhere(..) | Fault::Conjured(..)))
            }),
            without("a_choked_peer_gets_nothing_new", |_, state| {
                !matches!(state.fault, Some(Fault::Choked(..)))
            }),
            without("have_only_grows", |_, state| !matches!(state.fault, Some(Fault::Lost(..)))),
            without("comes_to_rest", |_, state| !matches!(state.fault, Some(Fault::Restless(..)))),
        ]
    }

    fn claims(&self) -> Vec<Claim<Self>> {
        let mut claims = Self::keeps_the_rules();
        claims.push(Claim::required(
            "everyone_is_complete",
            Kind::Sometimes(|swarm: &Self, state| swarm.everyone_is_complete(state)),
        ));
        claims.push(Claim::required(
            "never_stuck",
            Kind::NeverStuck {
                unless: |swarm: &Self, state| {
                    state.fault.is_some()
                        || swarm.everyone_is_complete(state)
                        || !swarm.file_is_here(state)
                },
            },
        ));
        let given: [Condition<Self>; MOST_PEERS] = [
            lacks_what_is_here::<E, T, 1>,
            lacks_what_is_here::<E, T, 2>,
            lacks_what_is_here::<E, T, 3>,
        ];
        let goal: [Condition<Self>; MOST_PEERS] =
            [completes::<E, T, 1>, completes::<E, T, 2>, completes::<E, T, 3>];
        let each = CAN_COMPLETE.into_iter().zip(given.into_iter().zip(goal));
        claims.extend(each.take(self.world.peers).map(|(name, (given, goal))| {
            Claim::required(name, Kind::PossibleFromEverywhere { given, goal })
        }));
        let assumed = !self.world.fairness.0.is_empty()
            && (self.world.source == SourceStays::Stays || self.world.churn == Departures::None);
        claims.push(Claim {
            name: "everyone_completes",
            kind: Kind::Eventually {
                goal: |swarm: &Self, state| swarm.everyone_is_complete(state),
                fairness: self.world.fairness.clone(),
            },
            demand: if assumed { Demand::Required } else { Demand::Informative },
        });
        claims
    }

    fn classes(&self) -> Classes<Self> {
        let nodes = self.world.peers + 1;
        let name = |node: usize| if node == 0 { "source".into() } else { node.to_string() };
        let mut all = Vec::new();
        for family in OF_NODES {
            all.extend(
                (0..nodes).map(|node| Class { family, label: format!("{family} {}", name(node)) }),
            );
        }
        for family in OF_PAIRS {
            for from in 0..nodes {
                all.extend((0..nodes).map(|to| Class {
                    family,
                    label: format!("{family} {}>{}", name(from), name(to)),
                }));
            }
        }
        all.push(Class { family: "tick", label: "tick".into() });
        Classes { all, of: class::<E, T> }
    }
}

fn lacks_what_is_here<E: Engine, T: Introduce, const PEER: usize>(
    swarm: &Swarm<E, T>,
    state: &State<E, T>,
) -> bool {
    state.fault.is_none() && state.node(PEER).is_some() && swarm.file_is_here(state)
}

fn completes<E: Engine, T: Introduce, const PEER: usize>(
    _: &Swarm<E, T>,
    state: &State<E, T>,
) -> bool {
    state.is_complete(PEER)
}

fn class<E: Engine, T: Introduce>(swarm: &Swarm<E, T>, action: &Action<E::Message>) -> usize {
    let nodes = swarm.world.peers + 1;
    let of_node = |family: usize, node: PeerId| family * nodes + node.index();
    let of_pair = |family: usize, from: PeerId, to: PeerId| {
        OF_NODES.len() * nodes + (family * nodes + from.index()) * nodes + to.index()
    };
    match action.event {
        Event::Join(node) => of_node(0, node),
        Event::Leave(node) => of_node(1, node),
        Event::Vanish(node) => of_node(2, node),
        Event::Expire { node, .. } => of_node(3, node),
        Event::Ready(node) => of_node(4, node),
        Event::Lose(a, b) => of_pair(0, a, b),
        Event::Sent { from, to, .. } => of_pair(1, from, to),
        Event::Arrive { from, to, .. } => of_pair(2, from, to),
        Event::Tick => OF_NODES.len() * nodes + OF_PAIRS.len() * nodes * nodes,
    }
}

impl<E: Engine, T: Introduce> Checked for Swarm<E, T> {
    fn spec(&self) -> Spec<Self> {
        Spec { claims: self.claims(), classes: self.classes(), symmetry: None }
    }
}
