//! What is claimed of every run.

use super::action::{Action, Event};
use super::carry::bits;
use super::state::{Fault, State};
use super::{MOST_PEERS, Ready, Swarm, World};
use crate::checker::{Block, Checked, Claim, Class, Classes, Condition, Demand, Heap, Kind, Spec};
use crate::chunks::PeerId;
use crate::engine::{Engine, Introduce};
use crate::models::churn::{Departures, SourceStays};

const CAN_COMPLETE: [&str; MOST_PEERS] =
    ["peer_1_can_complete", "peer_2_can_complete", "peer_3_can_complete"];

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
        let held = sharing.fold(0, |held, (_, node)| held | bits(node.engine.have()));
        held & self.world.file() == self.world.file()
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
        let given: [Condition<Self>; MOST_PEERS] =
            [is_near_the_file::<E, T, 1>, is_near_the_file::<E, T, 2>, is_near_the_file::<E, T, 3>];
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
        let name = |node: u8| if node == 0 { "source".into() } else { node.to_string() };
        let all = self.doings.iter().map(|&doing| match doing {
            Doing::Of(family, node) => Class { family, label: format!("{family} {}", name(node)) },
            Doing::Between(family, from, to) => {
                Class { family, label: format!("{family} {}>{}", name(from), name(to)) }
            }
            Doing::Tick => Class { family: "tick", label: "tick".into() },
        });
        Classes { all: all.collect(), of: class::<E, T> }
    }
}

/// What may be done in a world, each a class of actions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    Of(&'static str, u8),
    Between(&'static str, u8, u8),
    Tick,
}

impl World {
    /// Everything that may be done, in ascending order.
    pub(super) fn doings(&self) -> Vec<Doing> {
        let mut doings = vec![Doing::Tick];
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
            doings.extend(possible.map(|(family, _)| Doing::Of(family, node)));
            for other in nodes.clone().filter(|&other| other != node) {
                doings.push(Doing::Between("arrive", node, other));
                if self.uploads(id) {
                    doings.push(Doing::Between("send", node, other));
                }
                if 0 < self.losses && node < other {
                    doings.push(Doing::Between("lose", node, other));
                }
            }
        }
        doings.sort_unstable();
        doings
    }
}

fn is_near_the_file<E: Engine, T: Introduce, const PEER: usize>(
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
    let of = |family, node: PeerId| Doing::Of(family, node.0 as u8);
    let between = |family, a: PeerId, b: PeerId| Doing::Between(family, a.0 as u8, b.0 as u8);
    let doing = match action.event {
        Event::Join(node) => of("join", node),
        Event::Leave(node) => of("leave", node),
        Event::Vanish(node) => of("vanish", node),
        Event::Ready(node) => of("ready", node),
        Event::Expire { node, .. } => of("expire", node),
        Event::Lose(a, b) => between("lose", a, b),
        Event::Sent { from, to, .. } => between("send", from, to),
        Event::Arrive { from, to, .. } => between("arrive", from, to),
        Event::Tick => Doing::Tick,
    };
    swarm.doings.binary_search(&doing).expect("every action of a world is one of its doings")
}

impl<E: Engine, T: Introduce> Checked for Swarm<E, T> {
    fn spec(&self) -> Spec<Self> {
        let heap = |_: &Self, state: &State<E, T>, each: &mut dyn FnMut(Block)| {
            state.shared().for_each(each);
        };
        let heap = Some(heap as Heap<Self>);
        Spec { claims: self.claims(), classes: self.classes(), symmetry: None, heap }
    }
}
