//! What a choker must keep to, and what makes it come true.

use super::{ChokeEvent, ChokeState, Choking, MOST_NEIGHBORS, Optimistic, Seat};
use crate::checker::{Claim, ClaimKind, Condition, Fairness, Strength};
use crate::scenario::{Choker, Seeding};
use crate::swarm::Policy;

/// Two conditions on each neighbor that the world may have.
macro_rules! for_each_neighbor {
    ($from:ident, $goal:ident) => {{
        let pairs: [(Condition<Self>, Condition<Self>); MOST_NEIGHBORS] = [
            ($from::<1>, $goal::<1>),
            ($from::<2>, $goal::<2>),
            ($from::<3>, $goal::<3>),
            ($from::<4>, $goal::<4>),
        ];
        pairs
    }};
}

impl Choking {
    pub(super) fn keeps_to_its_slots(&self, state: &ChokeState) -> bool {
        let lucky = |seat: &Seat| seat.served && seat.interested;
        let marked =
            state.lucky.is_none_or(|lucky_one| lucky(&state.seats[lucky_one as usize - 1]));
        state.regular().count() <= self.slots && marked
    }

    /// A slot does not stay empty while a neighbor waits.
    fn wastes_no_slot(&self, state: &ChokeState) -> bool {
        let waits = state.seats.iter().any(|seat| seat.interested && !seat.served);
        let full = self.slots <= state.regular().count();
        !waits || (full && (self.optimistic == Optimistic::Off || state.lucky.is_some()))
    }

    /// Enough neighbors gave something to fill all slots.
    fn has_givers_enough(&self, state: &ChokeState) -> bool {
        self.slots <= state.seats.iter().filter(|seat| seat.interested && seat.gave).count()
    }

    /// Whatever the next decision is: with enough givers for all slots, no other neighbor gets one,
    /// apart from the optimistic slot.
    fn rewards_givers(&self, state: &ChokeState) -> bool {
        let gives = |at: usize| state.seats[at].interested && state.seats[at].gave;
        let decisions = || self.outcomes(state, ChokeEvent::Rechoke);
        !self.has_givers_enough(state)
            || decisions().iter().all(|(_, next)| next.regular().all(gives))
    }

    /// Whatever the next decision is: no neighbor in a slot owes more than one that is left out.
    fn prefers_who_owes_least(&self, state: &ChokeState) -> bool {
        self.outcomes(state, ChokeEvent::Rechoke).iter().all(|(_, next)| {
            let served = next.regular().map(|at| next.seats[at].balance).max();
            let left_out = (0..self.neighbors)
                .filter(|&at| next.seats[at].interested && next.regular().all(|other| other != at));
            let least = left_out.map(|at| next.seats[at].balance).min();
            served.is_none_or(|served| least.is_none_or(|least| served <= least))
        })
    }

    /// No neighbor got more chunks than it gave plus what the policy lends.
    fn keeps_accounts(&self, state: &ChokeState) -> bool {
        state.seats.iter().all(|seat| i64::from(seat.balance) <= self.lends())
    }

    /// How many chunks more than it gave the policy lets a neighbor have. Under strict barter a
    /// chunk goes out while another is promised.
    pub(super) fn lends(&self) -> i64 {
        match self.policy {
            Policy::Leecher(Choker::StrictBarter) => 1,
            Policy::Leecher(Choker::Credit(most)) => i64::from(most),
            Policy::Leecher(Choker::TitForTat | Choker::RoundRobin)
            | Policy::Seeder(_)
            | Policy::FirstPass => 0,
        }
    }

    /// The fairness under which each neighbor gets its turn: decisions if the choker takes turns,
    /// else the optimistic slot; None if neither brings a turn.
    fn turns(&self) -> Option<Fairness> {
        let turns = matches!(
            self.policy,
            Policy::Leecher(Choker::RoundRobin)
                | Policy::Seeder(Seeding::RoundRobin)
                | Policy::FirstPass
        );
        match (turns, self.optimistic) {
            (true, _) => Some(weak("rechoke")),
            (false, Optimistic::On) => Some(weak("rotate")),
            (false, Optimistic::Off) => None,
        }
    }

    pub(super) fn claims(&self) -> Vec<Claim<Self>> {
        let always =
            |name, condition: Condition<Self>| Claim::required(name, ClaimKind::Always(condition));
        let mut claims = vec![
            always("slots_are_kept", |world, state| world.keeps_to_its_slots(state)),
            always("no_slot_is_wasted", |world, state| world.wastes_no_slot(state)),
            Claim::required(
                "a_slot_is_taken",
                ClaimKind::Sometimes(|_: &Self, state: &ChokeState| 0 < state.regular().count()),
            ),
        ];
        if self.policy == Policy::Leecher(Choker::TitForTat) {
            claims.push(always("givers_come_first", |world, state| world.rewards_givers(state)));
            claims.extend(self.claims_on_riders());
        }
        if self.barters() {
            claims.push(always("accounts_are_kept", |world, state| world.keeps_accounts(state)));
            claims.push(always("who_owes_least_comes_first", |world, state| {
                world.prefers_who_owes_least(state)
            }));
            claims.push(Claim::required(
                "credit_is_used_up",
                ClaimKind::Sometimes(|world: &Self, state: &ChokeState| {
                    state.seats.iter().any(|seat| world.lends() <= i64::from(seat.balance))
                }),
            ));
        }
        claims.extend(self.claims_on_turns());
        claims
    }

    /// Each neighbor gets its turn, and under barter what its account allows.
    fn claims_on_turns(&self) -> Vec<Claim<Self>> {
        let (turns, demanded): (_, fn(_, _) -> _) = match self.turns() {
            Some(turns) => (turns, Claim::required),
            // Nothing makes a turn come: whether it can come is of interest.
            None => (weak("rechoke"), Claim::informative),
        };
        let each = TURNS.into_iter().zip(for_each_neighbor!(waits, does_not_wait));
        let mut claims = Vec::new();
        for (name, (from, goal)) in each.take(self.neighbors) {
            let fairness = turns.clone();
            claims.push(demanded(name, ClaimKind::LeadsTo { from, goal, fairness }));
        }
        if self.barters() {
            let mut fairness = turns;
            fairness.0.push((Strength::Strong, "take".into()));
            let each = DUES.into_iter().zip(for_each_neighbor!(has_something_due, gets_its_due));
            for (name, (from, goal)) in each.take(self.neighbors) {
                let fairness = fairness.clone();
                claims.push(demanded(name, ClaimKind::LeadsTo { from, goal, fairness }));
            }
        }
        claims
    }

    /// A free rider holds no slot forever: it goes at the next decision unless givers are too few.
    fn claims_on_riders(&self) -> impl Iterator<Item = Claim<Self>> {
        let each = PAYS.into_iter().zip(for_each_neighbor!(is_kept_for_nothing, pays_or_goes));
        let riders = each.take(self.neighbors).skip(self.neighbors - self.free_riders);
        riders.map(|(name, (from, goal))| {
            Claim::required(name, ClaimKind::LeadsTo { from, goal, fairness: weak("rechoke") })
        })
    }
}

const TURNS: [&str; MOST_NEIGHBORS] =
    ["1_gets_its_turn", "2_gets_its_turn", "3_gets_its_turn", "4_gets_its_turn"];
const DUES: [&str; MOST_NEIGHBORS] =
    ["1_gets_its_due", "2_gets_its_due", "3_gets_its_due", "4_gets_its_due"];
const PAYS: [&str; MOST_NEIGHBORS] =
    ["1_gives_or_goes", "2_gives_or_goes", "3_gives_or_goes", "4_gives_or_goes"];

fn waits<const N: usize>(_: &Choking, state: &ChokeState) -> bool {
    // Claims about neighbors beyond the world are not asked.
    state.seats.get(N - 1).is_some_and(|seat| seat.interested && !seat.served)
}

fn does_not_wait<const N: usize>(world: &Choking, state: &ChokeState) -> bool {
    !waits::<N>(world, state)
}

/// It wants something, and the policy would send it a chunk if it had a slot.
fn has_something_due<const N: usize>(world: &Choking, state: &ChokeState) -> bool {
    state.seats.get(N - 1).is_some_and(|seat| seat.interested && world.may_send(seat))
}

fn gets_its_due<const N: usize>(world: &Choking, state: &ChokeState) -> bool {
    let took = state.seats.get(N - 1).is_some_and(|seat| seat.took);
    took || !has_something_due::<N>(world, state)
}

fn holds_a_slot<const N: usize>(state: &ChokeState) -> bool {
    state.regular().any(|at| at + 1 == N)
}

fn is_kept_for_nothing<const N: usize>(world: &Choking, state: &ChokeState) -> bool {
    holds_a_slot::<N>(state) && world.has_givers_enough(state)
}

/// It lost its slot, or too few neighbors that might take it are interested.
fn pays_or_goes<const N: usize>(world: &Choking, state: &ChokeState) -> bool {
    let others = (1..).zip(&state.seats).filter(|&(neighbor, _)| !world.rides_free(neighbor));
    let wanting = others.filter(|(_, seat)| seat.interested).count();
    !holds_a_slot::<N>(state) || wanting < world.slots
}

fn weak(family: &str) -> Fairness {
    Fairness(vec![(Strength::Weak, family.into())])
}
