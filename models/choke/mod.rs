//! Does the choker give each neighbor its turn, and none more?
//!
//! One peer serves neighbors that do anything: want something or not, give something or not, in
//! every order with the decisions. The swarm's [`select`] decides which neighbors are served, its
//! [`may_serve`] what may be sent; slots and the optimistic slot go round as in the reference peer,
//! with every choice of the optimistic neighbor. It knows no chunks, only how many went each way.
//! Waiting times grow without end, but only their order matters to a choker, so a state keeps their
//! ranks; and no neighbor gives more than a chunk ahead, or accounts would grow without end, too.

use serde::{Deserialize, Serialize};
use stateright::{Model, Property};

use crate::checker::{Checked, Class, Classes, Spec};
use crate::choose::{Enumerate, Recorded};
use crate::chunks::PeerId;
use crate::models::error::{WorldError, riders_among, within};
use crate::scenario::{Choker, Seeding};
use crate::swarm::{Account, Candidate, Policy, may_serve, select};

mod claims;
mod display;
mod serving;

/// The most neighbors.
pub const MOST_NEIGHBORS: usize = 4;

/// The most chunks that a neighbor may owe under barter on credit.
pub const MOST_CREDIT: u32 = 3;
/// The balance below which no neighbor gives.
const AHEAD: i8 = -1;

/// Decides which neighbors to serve: [`select`], or a broken variant in tests.
pub type Select = fn(Policy, usize, Vec<Candidate>) -> Vec<PeerId>;
/// Decides whether a chunk may be sent: [`may_serve`], or a broken variant in tests.
pub type MayServe = fn(Policy, Account) -> bool;

/// Whether there is an optimistic slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Optimistic {
    /// One, beside the others.
    On,
    /// None.
    Off,
}

/// A peer that serves, and its neighbors.
#[derive(Clone, Debug)]
pub struct Choking {
    neighbors: usize,
    slots: usize,
    policy: Policy,
    optimistic: Optimistic,
    /// Number of free riders (the last R neighbors), which never give anything.
    free_riders: usize,
    select: Select,
    may_serve: MayServe,
}

/// A neighbor.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seat {
    /// Whether it wants something.
    interested: bool,
    /// Whether it is served.
    served: bool,
    /// Whether it gave something since the last decision.
    gave: bool,
    /// Whether it took something since the last decision.
    took: bool,
    /// The rank of its waiting time among all that wait; 0 does not wait.
    waited: u8,
    /// Under barter: whether it serves the peer.
    serves: bool,
    /// Under barter: chunks sent to it less chunks got from it.
    balance: i8,
}

/// All neighbors; neighbor i is `seats[i - 1]`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChokeState {
    seats: Vec<Seat>,
    /// The neighbor in the optimistic slot; None if it is empty.
    lucky: Option<u8>,
}

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChokeEvent {
    /// A neighbor wants something from now on.
    Want(u8),
    /// A neighbor wants nothing any more.
    Content(u8),
    /// A neighbor gives something.
    Give(u8),
    /// A neighbor that is served takes something.
    Take(u8),
    /// A neighbor serves the peer from now on; it may give something or not.
    Offer(u8),
    /// A neighbor does not serve the peer any more.
    Withdraw(u8),
    /// The interval is over.
    Rechoke,
    /// The optimistic slot moves on.
    Rotate,
}

/// What happens, and what was chosen.
#[derive(Clone, PartialEq, Eq)]
pub struct ChokeAction {
    /// What happens.
    pub event: ChokeEvent,
    /// The choices of the optimistic neighbor, in order.
    pub choices: Vec<usize>,
    /// The neighbor in the optimistic slot afterwards; None if it is empty.
    pub lucky: Option<u8>,
}

impl Choking {
    /// A peer with `slots` slots, all of whose neighbors may give.
    ///
    /// # Errors
    /// More neighbors than can be searched, or none; no slots; more credit than can be searched.
    pub fn new(
        neighbors: usize,
        slots: usize,
        policy: Policy,
        optimistic: Optimistic,
    ) -> Result<Self, WorldError> {
        within("neighbors", neighbors, 1..=MOST_NEIGHBORS)?;
        within("slots", slots, 1..=MOST_NEIGHBORS)?;
        if let Policy::Leecher(Choker::Credit(most)) = policy {
            within("chunks of credit", most as usize, 1..=MOST_CREDIT as usize)?;
        }
        let free_riders = 0;
        Ok(Choking { neighbors, slots, policy, optimistic, free_riders, select, may_serve })
    }

    /// The same with `free_riders` neighbors, the last ones, that never give anything.
    ///
    /// # Errors
    /// More than there are neighbors.
    pub fn with_free_riders(self, free_riders: usize) -> Result<Self, WorldError> {
        riders_among(free_riders, self.neighbors)?;
        Ok(Choking { free_riders, ..self })
    }

    fn rides_free(&self, neighbor: usize) -> bool {
        self.neighbors - self.free_riders < neighbor
    }

    fn barters(&self) -> bool {
        matches!(self.policy, Policy::Leecher(Choker::StrictBarter | Choker::Credit(_)))
    }

    /// What may happen with each neighbor: the families of classes with a class for each. The lucky
    /// one stands last, where there is none it is left out.
    fn families(&self) -> &'static [&'static str] {
        let families: &[&str] = match self.policy {
            Policy::Leecher(Choker::TitForTat) => &["want", "content", "give", "rotate"],
            Policy::Leecher(Choker::StrictBarter | Choker::Credit(_)) => {
                &["want", "content", "give", "take", "offer", "withdraw", "rotate"]
            }
            // Here nothing is kept back, so the first pass is as the round robin after it.
            Policy::Leecher(Choker::RoundRobin)
            | Policy::Seeder(Seeding::RoundRobin)
            | Policy::FirstPass => &["want", "content", "rotate"],
            Policy::Seeder(Seeding::FastestFirst) => &["want", "content", "take", "rotate"],
        };
        match self.optimistic {
            Optimistic::On => families,
            Optimistic::Off => &families[..families.len() - 1],
        }
    }

    /// What a neighbor may do. What a choker does not look at makes no difference, and would make
    /// states.
    fn events_of(&self, neighbor: u8, seat: &Seat, events: &mut Vec<ChokeEvent>) {
        events.push(match seat.interested {
            true => ChokeEvent::Content(neighbor),
            false => ChokeEvent::Want(neighbor),
        });
        let gives = match self.policy {
            Policy::Leecher(Choker::TitForTat) => !seat.gave,
            _ => self.barters() && AHEAD < seat.balance,
        };
        if gives && !self.rides_free(usize::from(neighbor)) {
            events.push(ChokeEvent::Give(neighbor));
        }
        let takes = match self.policy {
            Policy::Seeder(Seeding::FastestFirst) => !seat.took,
            _ => self.barters() && seat.interested && self.may_send(seat),
        };
        if takes && seat.served {
            events.push(ChokeEvent::Take(neighbor));
        }
        if self.barters() {
            events.push(match seat.serves {
                true => ChokeEvent::Withdraw(neighbor),
                false => ChokeEvent::Offer(neighbor),
            });
        }
    }

    /// Everything that may follow from an event.
    fn outcomes(&self, state: &ChokeState, event: ChokeEvent) -> Vec<(ChokeAction, ChokeState)> {
        let mut choose = Enumerate::default();
        let mut outcomes = Vec::new();
        loop {
            let next = self.after(state, event, &mut choose);
            let action = ChokeAction { event, choices: choose.choices(), lucky: next.lucky };
            outcomes.push((action, next));
            if !choose.advance() {
                return outcomes;
            }
        }
    }
}

impl Seat {
    /// Takes a slot: a neighbor that is served does not wait, and waits from 0 when it loses the
    /// slot.
    fn serve(&mut self) {
        if !self.served {
            (self.served, self.waited) = (true, 0);
        }
    }
}

impl ChokeState {
    /// The neighbors in slots other than the optimistic one, by position.
    fn regular(&self) -> impl Iterator<Item = usize> + '_ {
        let lucky = self.lucky.map(|lucky| usize::from(lucky) - 1);
        (0..self.seats.len()).filter(move |&at| self.seats[at].served && lucky != Some(at))
    }

    /// Replaces waiting times by their ranks: all waiting neighbors grow older together, so their
    /// order is that of the waiting times forever.
    fn rank(&mut self) {
        let mut times: Vec<u8> = self.seats.iter().map(|seat| seat.waited).collect();
        times.push(0);
        times.sort_unstable();
        times.dedup();
        for seat in &mut self.seats {
            let rank = times.iter().filter(|&&time| time < seat.waited).count();
            seat.waited = rank as u8;
        }
    }
}

impl Checked for Choking {
    fn spec(&self) -> Spec<Self> {
        let mut all = Vec::new();
        for &family in self.families() {
            let class = |neighbor| Class { family, label: format!("{family} {neighbor}") };
            all.extend((1..=self.neighbors).map(class));
        }
        all.push(Class { family: "rechoke", label: "rechoke".into() });
        all.push(Class { family: "rotate", label: "rotate".into() });
        if self.optimistic == Optimistic::Off {
            all.pop();
        }
        let of = |world: &Self, action: &ChokeAction| {
            let (family, neighbor) = match (action.event, action.lucky) {
                (ChokeEvent::Want(neighbor), _) => ("want", neighbor),
                (ChokeEvent::Content(neighbor), _) => ("content", neighbor),
                (ChokeEvent::Give(neighbor), _) => ("give", neighbor),
                (ChokeEvent::Take(neighbor), _) => ("take", neighbor),
                (ChokeEvent::Offer(neighbor), _) => ("offer", neighbor),
                (ChokeEvent::Withdraw(neighbor), _) => ("withdraw", neighbor),
                (ChokeEvent::Rotate, Some(lucky)) => ("rotate", lucky),
                (ChokeEvent::Rechoke, _) => ("", 1),
                (ChokeEvent::Rotate, None) => ("", 2),
            };
            let families = world.families();
            let at = families.iter().position(|&known| known == family);
            at.unwrap_or(families.len()) * world.neighbors + usize::from(neighbor) - 1
        };
        Spec { claims: self.claims(), classes: Classes { all, of }, symmetry: None, heap: None }
    }
}

impl Model for Choking {
    type State = ChokeState;
    type Action = ChokeAction;

    fn init_states(&self) -> Vec<ChokeState> {
        vec![ChokeState { seats: vec![Seat::default(); self.neighbors], lucky: None }]
    }

    fn actions(&self, state: &ChokeState, actions: &mut Vec<ChokeAction>) {
        let mut events = vec![ChokeEvent::Rechoke];
        for (neighbor, seat) in (1u8..).zip(&state.seats) {
            self.events_of(neighbor, seat, &mut events);
        }
        if self.optimistic == Optimistic::On {
            events.push(ChokeEvent::Rotate);
        }
        for event in events {
            actions.extend(self.outcomes(state, event).into_iter().map(|(action, _)| action));
        }
    }

    fn next_state(&self, state: &ChokeState, action: ChokeAction) -> Option<ChokeState> {
        Some(self.after(state, action.event, &mut Recorded::new(action.choices)))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("slots_are_kept", |world: &Self, state| {
                world.keeps_to_its_slots(state)
            }),
            Property::sometimes("a_slot_is_taken", |_, state: &ChokeState| {
                0 < state.regular().count()
            }),
        ]
    }
}

#[cfg(test)]
mod tests;
