//! Which neighbors the peer serves after an event: what `Peer` does, on seats.
//!
//! Every function here says which one of the reference peer it repeats; a test holds the two
//! together on long random walks.

use super::{ChokeEvent, ChokeState, Choking, Optimistic, Seat};
use crate::choose::{Choose, pick};
use crate::chunks::PeerId;
use crate::swarm::{Account, Candidate, Exchange};

impl Choking {
    fn candidates(&self, state: &ChokeState, wanted: impl Fn(&Seat) -> bool) -> Vec<Candidate> {
        let all = (1u32..).zip(&state.seats).filter(|(_, seat)| wanted(seat));
        all.map(|(peer, seat)| Candidate {
            peer: PeerId(peer),
            received: u64::from(seat.gave),
            sent: u64::from(seat.took),
            waited: u32::from(seat.waited),
            balance: i64::from(seat.balance),
            kept_back: 0,
        })
        .collect()
    }

    /// As in `Peer::rechoke`.
    fn rechoke(&self, state: &mut ChokeState, choose: &mut dyn Choose) {
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
    fn fill_slots(&self, state: &mut ChokeState, choose: &mut dyn Choose) {
        self.fill_free_slots(state);
        if state.lucky.is_none() {
            self.fill_optimistic(state, choose);
        }
    }

    /// As in `Peer::fill_free_slots`.
    fn fill_free_slots(&self, state: &mut ChokeState) {
        let taken = state.regular().count();
        if taken < self.slots {
            let waiting = self.candidates(state, |seat| seat.interested && !seat.served);
            for peer in (self.select)(self.policy, self.slots - taken, waiting) {
                state.seats[peer.index() - 1].serve();
            }
        }
    }

    /// As in `Peer::fill_optimistic`.
    fn fill_optimistic(&self, state: &mut ChokeState, choose: &mut dyn Choose) {
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
    fn rotate(&self, state: &mut ChokeState, choose: &mut dyn Choose) {
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
    fn content(&self, state: &mut ChokeState, neighbor: u8, choose: &mut dyn Choose) {
        let seat = &mut state.seats[usize::from(neighbor) - 1];
        seat.interested = false;
        if seat.served {
            seat.served = false;
            state.lucky = state.lucky.filter(|&lucky| lucky != neighbor);
            self.fill_slots(state, choose);
        }
    }

    /// As in `Peer::reciprocate`: under barter a neighbor that serves this peer gets the slot of
    /// one that does not, at once.
    fn reciprocate(&self, state: &mut ChokeState, neighbor: u8) {
        let at = usize::from(neighbor) - 1;
        let waits = state.seats[at].interested && !state.seats[at].served;
        if !self.barters() || !waits {
            return;
        }
        self.fill_free_slots(state);
        if state.seats[at].served {
            return;
        }
        let one_way = state.regular().find(|&other| !state.seats[other].serves);
        if let Some(other) = one_way {
            state.seats[other].served = false;
            state.seats[at].serve();
        }
    }

    /// Whether the next chunk may go to a neighbor that is served, as in `Peer::serve`. What it
    /// serves this peer is taken for something that this peer has requested.
    pub(super) fn may_send(&self, seat: &Seat) -> bool {
        let exchange = if seat.serves { Exchange::Mutual } else { Exchange::OneWay };
        let account = Account { balance: i64::from(seat.balance), exchange };
        (self.may_serve)(self.policy, account)
    }

    /// The state after an event.
    pub(super) fn after(
        &self,
        state: &ChokeState,
        event: ChokeEvent,
        choose: &mut dyn Choose,
    ) -> ChokeState {
        let mut next = state.clone();
        let at = |neighbor: u8| usize::from(neighbor) - 1;
        match event {
            ChokeEvent::Want(neighbor) => {
                next.seats[at(neighbor)].interested = true;
                self.fill_slots(&mut next, choose);
            }
            ChokeEvent::Content(neighbor) => self.content(&mut next, neighbor, choose),
            ChokeEvent::Offer(neighbor) => {
                next.seats[at(neighbor)].serves = true;
                self.reciprocate(&mut next, neighbor);
            }
            ChokeEvent::Withdraw(neighbor) => next.seats[at(neighbor)].serves = false,
            ChokeEvent::Give(neighbor) if self.barters() => next.seats[at(neighbor)].balance -= 1,
            ChokeEvent::Give(neighbor) => next.seats[at(neighbor)].gave = true,
            ChokeEvent::Take(neighbor) => {
                let seat = &mut next.seats[at(neighbor)];
                seat.took = true;
                seat.balance += i8::from(self.barters());
            }
            ChokeEvent::Rechoke => self.rechoke(&mut next, choose),
            ChokeEvent::Rotate => self.rotate(&mut next, choose),
        }
        next
    }
}
