//! Does the choker give everybody its turn, and nobody more?
//!
//! One peer serves neighbors that do anything: want something or not, give something or not, in
//! every order with the decisions. Whom to serve is decided by the swarm's [`select`]; slots and
//! the optimistic slot go round as in the reference peer, with every choice of the lucky one. It
//! knows no chunks and no accounts of barter. Waiting times grow without end, but only their order
//! matters to a choker, so a state keeps their ranks. The types to know are [`Choking`] and
//! [`State`].

use serde::{Deserialize, Serialize};
use stateright::{Model, Property};

use crate::checker::{Checked, Claim, Class, Classes, Condition, Fairness, Kind, Spec, Strength};
use crate::choose::{Choose, Enumerate, Recorded, pick};
use crate::chunks::PeerId;
use crate::scenario::{Choker, Seeding};
use crate::swarm::{Candidate, Policy, select};

/// The most neighbors.
pub const MOST_NEIGHBORS: usize = 4;

/// Decides whom to serve: [`select`], or what it is compared with.
pub type Select = fn(Policy, usize, Vec<Candidate>) -> Vec<PeerId>;

/// Whether there is an optimistic slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The last so many neighbors never give anything.
    free_riders: usize,
    select: Select,
}

/// A neighbor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
}

/// All neighbors; neighbor i is `seats[i - 1]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct State {
    seats: Vec<Seat>,
    /// Whom the optimistic slot serves.
    lucky: Option<u8>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A neighbor wants something from now on.
    Want(u8),
    /// A neighbor wants nothing any more.
    Content(u8),
    /// A neighbor gives something.
    Give(u8),
    /// A neighbor that is served takes something.
    Take(u8),
    /// The interval is over.
    Rechoke,
    /// The optimistic slot moves on.
    Rotate,
}

/// What happens, and what was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What happens.
    pub event: Event,
    /// The answers to the questions of whom to serve by luck.
    pub choices: Vec<usize>,
    /// Whom the optimistic slot serves afterwards.
    pub lucky: Option<u8>,
}

impl Choking {
    /// A peer with so many slots, all of whose neighbors may give.
    ///
    /// # Errors
    /// More neighbors than can be searched, or none; no slots; barter, whose accounts this lacks.
    pub fn new(
        neighbors: usize,
        slots: usize,
        policy: Policy,
        optimistic: Optimistic,
    ) -> Result<Self, String> {
        if !(1..=MOST_NEIGHBORS).contains(&neighbors) {
            return Err(format!("{neighbors} neighbors; write 1 to {MOST_NEIGHBORS}"));
        }
        if !(1..=MOST_NEIGHBORS).contains(&slots) {
            return Err(format!("{slots} slots; write 1 to {MOST_NEIGHBORS}"));
        }
        if matches!(policy, Policy::Leecher(Choker::StrictBarter | Choker::Credit(_))) {
            return Err("barter needs accounts; write another choker".into());
        }
        Ok(Choking { neighbors, slots, policy, optimistic, free_riders: 0, select })
    }

    /// The same where the last so many neighbors never give anything.
    ///
    /// # Errors
    /// More than there are neighbors.
    pub fn with_free_riders(self, free_riders: usize) -> Result<Self, String> {
        if self.neighbors < free_riders {
            return Err(format!("{free_riders} free riders; write at most {}", self.neighbors));
        }
        Ok(Choking { free_riders, ..self })
    }

    fn rides_free(&self, neighbor: usize) -> bool {
        self.neighbors - self.free_riders < neighbor
    }

    fn candidates(&self, state: &State, wanted: impl Fn(&Seat) -> bool) -> Vec<Candidate> {
        let all = (1u32..).zip(&state.seats).filter(|(_, seat)| wanted(seat));
        all.map(|(peer, seat)| Candidate {
            peer: PeerId(peer),
            received: u64::from(seat.gave),
            sent: u64::from(seat.took),
            waited: u32::from(seat.waited),
            balance: 0,
        })
        .collect()
    }

    /// As in `Peer::rechoke`.
    fn rechoke(&self, state: &mut State, choose: &mut dyn Choose) {
        let candidates = self.candidates(state, |seat| seat.interested);
        let chosen = (self.select)(self.policy, self.slots, candidates);
        let is_chosen = |neighbor: u8| chosen.contains(&PeerId(u32::from(neighbor)));
        state.lucky = state.lucky.filter(|&lucky| !is_chosen(lucky));
        for (neighbor, seat) in (1u8..).zip(&mut state.seats) {
            if is_chosen(neighbor) {
                seat.serve();
            } else if state.lucky != Some(neighbor) {
                seat.served = false;
            }
        }
        self.fill_slots(state, choose);
        for seat in &mut state.seats {
            let waits = seat.interested && !seat.served;
            seat.waited = if waits { seat.waited + 1 } else { 0 };
            (seat.gave, seat.took) = (false, false);
        }
        state.rank();
    }

    /// As in `Peer::fill_slots`.
    fn fill_slots(&self, state: &mut State, choose: &mut dyn Choose) {
        let taken = state.seats.iter().filter(|seat| seat.served).count()
            - usize::from(state.lucky.is_some());
        if taken < self.slots {
            let waiting = self.candidates(state, |seat| seat.interested && !seat.served);
            for peer in (self.select)(self.policy, self.slots - taken, waiting) {
                state.seats[peer.index() - 1].serve();
            }
        }
        if state.lucky.is_none() {
            self.fill_optimistic(state, choose);
        }
    }

    /// As in `Peer::fill_optimistic`.
    fn fill_optimistic(&self, state: &mut State, choose: &mut dyn Choose) {
        if self.optimistic == Optimistic::Off {
            return;
        }
        let all = (1u8..).zip(&state.seats);
        let waiting: Vec<u8> = all
            .filter(|(_, seat)| seat.interested && !seat.served)
            .map(|(neighbor, _)| neighbor)
            .collect();
        if let Some(lucky) = pick(&waiting, choose) {
            state.lucky = Some(lucky);
            state.seats[usize::from(lucky) - 1].serve();
        }
    }

    /// As in `Peer::move_optimistic`.
    fn rotate(&self, state: &mut State, choose: &mut dyn Choose) {
        let former = state.lucky.take();
        self.fill_optimistic(state, choose);
        if let Some(former) = former {
            if state.lucky.is_none() {
                state.lucky = Some(former);
            } else {
                state.seats[usize::from(former) - 1].served = false;
                self.fill_slots(state, choose);
            }
        }
    }

    /// As in `Peer::stop_serving_the_content`.
    fn content(&self, state: &mut State, neighbor: u8, choose: &mut dyn Choose) {
        let seat = &mut state.seats[usize::from(neighbor) - 1];
        seat.interested = false;
        if seat.served {
            seat.served = false;
            state.lucky = state.lucky.filter(|&lucky| lucky != neighbor);
            self.fill_slots(state, choose);
        }
    }

    fn after(&self, state: &State, event: Event, choose: &mut dyn Choose) -> State {
        let mut next = state.clone();
        let at = |neighbor: u8| usize::from(neighbor) - 1;
        match event {
            Event::Want(neighbor) => {
                next.seats[at(neighbor)].interested = true;
                self.fill_slots(&mut next, choose);
            }
            Event::Content(neighbor) => self.content(&mut next, neighbor, choose),
            Event::Give(neighbor) => next.seats[at(neighbor)].gave = true,
            Event::Take(neighbor) => next.seats[at(neighbor)].took = true,
            Event::Rechoke => self.rechoke(&mut next, choose),
            Event::Rotate => self.rotate(&mut next, choose),
        }
        next
    }

    /// Everything that may follow from an event.
    fn outcomes(&self, state: &State, event: Event) -> Vec<(Action, State)> {
        let mut choose = Enumerate::default();
        let mut outcomes = Vec::new();
        loop {
            let next = self.after(state, event, &mut choose);
            let action = Action { event, choices: choose.choices(), lucky: next.lucky };
            outcomes.push((action, next));
            if !choose.advance() {
                return outcomes;
            }
        }
    }

    fn keeps_to_its_slots(&self, state: &State) -> bool {
        let lucky = |seat: &Seat| seat.served && seat.interested;
        let marked =
            state.lucky.is_none_or(|lucky_one| lucky(&state.seats[lucky_one as usize - 1]));
        state.regular().count() <= self.slots && marked
    }

    /// A slot does not stand empty while somebody waits.
    fn wastes_no_slot(&self, state: &State) -> bool {
        let waits = state.seats.iter().any(|seat| seat.interested && !seat.served);
        let full = self.slots <= state.regular().count();
        !waits || (full && (self.optimistic == Optimistic::Off || state.lucky.is_some()))
    }

    /// Whatever the next decision is: with givers enough for all slots, nobody else gets one that
    /// is not the optimistic slot.
    fn rewards_givers(&self, state: &State) -> bool {
        let gives = |at: usize| state.seats[at].interested && state.seats[at].gave;
        let givers = (0..self.neighbors).filter(|&at| gives(at)).count();
        let tit_for_tat = self.policy == Policy::Leecher(Choker::TitForTat);
        !tit_for_tat
            || givers < self.slots
            || self
                .outcomes(state, Event::Rechoke)
                .iter()
                .all(|(_, next)| next.regular().all(gives))
    }

    /// What makes everybody's turn come: decisions where the choker takes turns, else luck.
    fn turns(&self) -> Option<Fairness> {
        let turns = matches!(
            self.policy,
            Policy::Leecher(Choker::RoundRobin) | Policy::Seeder(Seeding::RoundRobin)
        );
        match (turns, self.optimistic) {
            (true, _) => Some(weak("rechoke")),
            (false, Optimistic::On) => Some(weak("rotate")),
            (false, Optimistic::Off) => None,
        }
    }
}

impl Seat {
    /// Whoever is served waits no more, and begins anew when it has to wait again.
    fn serve(&mut self) {
        if !self.served {
            (self.served, self.waited) = (true, 0);
        }
    }
}

impl State {
    /// The neighbors in slots other than the optimistic one, by position.
    fn regular(&self) -> impl Iterator<Item = usize> + '_ {
        let lucky = self.lucky.map(|lucky| usize::from(lucky) - 1);
        (0..self.seats.len()).filter(move |&at| self.seats[at].served && lucky != Some(at))
    }

    /// Replaces waiting times by their ranks: all who wait grow older together, so their order is
    /// that of the waiting times for ever.
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

    fn waits(&self, neighbor: usize) -> bool {
        // Claims about neighbors beyond the world are not asked.
        self.seats.get(neighbor - 1).is_some_and(|seat| seat.interested && !seat.served)
    }
}

const TURNS: [&str; MOST_NEIGHBORS] =
    ["1_gets_its_turn", "2_gets_its_turn", "3_gets_its_turn", "4_gets_its_turn"];
const WAITS: [Condition<Choking>; MOST_NEIGHBORS] = [
    |_, state| state.waits(1),
    |_, state| state.waits(2),
    |_, state| state.waits(3),
    |_, state| state.waits(4),
];
const DOES_NOT_WAIT: [Condition<Choking>; MOST_NEIGHBORS] = [
    |_, state| !state.waits(1),
    |_, state| !state.waits(2),
    |_, state| !state.waits(3),
    |_, state| !state.waits(4),
];

fn weak(family: &str) -> Fairness {
    Fairness(vec![(Strength::Weak, family.into())])
}

impl Checked for Choking {
    fn spec(&self) -> Spec<Self> {
        let mut claims = vec![
            Claim::required(
                "slots_are_kept",
                Kind::Always(|world: &Self, state: &State| world.keeps_to_its_slots(state)),
            ),
            Claim::required(
                "no_slot_is_wasted",
                Kind::Always(|world: &Self, state: &State| world.wastes_no_slot(state)),
            ),
            Claim::required(
                "givers_come_first",
                Kind::Always(|world: &Self, state: &State| world.rewards_givers(state)),
            ),
            Claim::required(
                "a_slot_is_taken",
                Kind::Sometimes(|_: &Self, state: &State| 0 < state.regular().count()),
            ),
        ];
        let fairness = self.turns();
        let each = TURNS.into_iter().zip(WAITS.into_iter().zip(DOES_NOT_WAIT));
        claims.extend(each.take(self.neighbors).map(|(name, (from, goal))| match &fairness {
            Some(fairness) => {
                let fairness = fairness.clone();
                Claim::required(name, Kind::LeadsTo { from, goal, fairness })
            }
            // Nothing makes a turn come: whether it can come is of interest.
            None => {
                Claim::informative(name, Kind::LeadsTo { from, goal, fairness: weak("rechoke") })
            }
        }));
        let families = ["want", "content", "give", "take", "rotate"];
        let of_neighbors = families.into_iter().flat_map(|family| {
            let class = move |neighbor| Class { family, label: format!("{family} {neighbor}") };
            (1..=self.neighbors).map(class)
        });
        let mut all: Vec<Class> = of_neighbors.collect();
        all.push(Class { family: "rotate", label: "rotate".into() });
        all.push(Class { family: "rechoke", label: "rechoke".into() });
        let of = |world: &Self, action: &Action| {
            let (family, neighbor) = match (action.event, action.lucky) {
                (Event::Want(neighbor), _) => (0, neighbor),
                (Event::Content(neighbor), _) => (1, neighbor),
                (Event::Give(neighbor), _) => (2, neighbor),
                (Event::Take(neighbor), _) => (3, neighbor),
                (Event::Rotate, Some(lucky)) => (4, lucky),
                (Event::Rotate, None) => (5, 1),
                (Event::Rechoke, _) => (5, 2),
            };
            family * world.neighbors + usize::from(neighbor) - 1
        };
        Spec { claims, classes: Classes { all, of }, symmetry: None }
    }
}

impl Model for Choking {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State { seats: vec![Seat::default(); self.neighbors], lucky: None }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let mut events = vec![Event::Rechoke];
        for (neighbor, seat) in (1u8..).zip(&state.seats) {
            events.push(match seat.interested {
                true => Event::Content(neighbor),
                false => Event::Want(neighbor),
            });
            // What a choker does not look at makes no difference, and would make states.
            let looks_at_gifts = self.policy == Policy::Leecher(Choker::TitForTat);
            if looks_at_gifts && !seat.gave && !self.rides_free(usize::from(neighbor)) {
                events.push(Event::Give(neighbor));
            }
            let looks_at_taking = self.policy == Policy::Seeder(Seeding::FastestFirst);
            if looks_at_taking && seat.served && !seat.took {
                events.push(Event::Take(neighbor));
            }
        }
        if self.optimistic == Optimistic::On {
            events.push(Event::Rotate);
        }
        for event in events {
            actions.extend(self.outcomes(state, event).into_iter().map(|(action, _)| action));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        Some(self.after(state, action.event, &mut Recorded::new(action.choices)))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("slots_are_kept", |world: &Self, state| {
                world.keeps_to_its_slots(state)
            }),
            Property::sometimes("a_slot_is_taken", |_, state: &State| 0 < state.regular().count()),
        ]
    }
}

#[cfg(test)]
mod tests;
