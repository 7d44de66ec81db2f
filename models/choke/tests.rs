use std::num::NonZeroUsize;

use stateright::Checker;

use super::*;
use crate::checker::{CheckSettings, Demand, Report, Verdict, Violation, check};
use crate::choose::{Choose, Seeded};
use crate::chunks::{ChunkId, ChunkSet, Manifest};
use crate::engine::{
    self, Engine, Input, Kind as Meaning, NewEngine, Output, Payload, Role, Timer,
};
use crate::scenario::{Behavior, Picker, Protocol};
use crate::swarm::{Message, Peer};
use crate::units::Bytes;

const TIT_FOR_TAT: Policy = Policy::Leecher(Choker::TitForTat);
const TURNS_OF_SEEDER: Policy = Policy::Seeder(Seeding::RoundRobin);
const FASTEST_FIRST: Policy = Policy::Seeder(Seeding::FastestFirst);
const STRICT: Policy = Policy::Leecher(Choker::StrictBarter);
const CREDIT: Policy = Policy::Leecher(Choker::Credit(1));

fn world(neighbors: usize, slots: usize, policy: Policy, optimistic: Optimistic) -> Choking {
    Choking::new(neighbors, slots, policy, optimistic).unwrap()
}

fn report(world: &Choking) -> Report<Choking> {
    check(world, &world.spec(), CheckSettings::default()).unwrap()
}

fn verdict(report: &Report<Choking>, name: &str) -> &'static str {
    report.finding(name).unwrap().verdict.name()
}

/// With a slot for each neighbor none waits: a neighbor wants something or not, and under tit for
/// tat it gave something or not; a free rider did not.
#[test]
fn slots_for_all_leave_two_or_four_states_a_neighbor() {
    for neighbors in 1..=3u32 {
        let count = neighbors as usize;
        let turns = world(count, count, TURNS_OF_SEEDER, Optimistic::Off);
        assert_eq!(report(&turns).states, 2usize.pow(neighbors));
        let gifts = world(count, count, TIT_FOR_TAT, Optimistic::Off);
        assert_eq!(report(&gifts).states, 4usize.pow(neighbors));
        let rider = gifts.with_free_riders(1).unwrap();
        assert_eq!(report(&rider).states, 2 * 4usize.pow(neighbors - 1));
    }
}

/// Under barter a neighbor wants something or not, serves or not, took something since the last
/// decision or not, and stands at one of -1 to s; a rider never gave, so it stands at one of 0 to s
/// and at 0 only before it took anything.
#[test]
fn slots_for_all_leave_a_balance_to_each_neighbor() {
    for (policy, balances) in [(STRICT, 3), (CREDIT, 3), (Policy::Leecher(Choker::Credit(2)), 4)] {
        for neighbors in 1..=2u32 {
            let count = neighbors as usize;
            let world = world(count, count, policy, Optimistic::Off);
            let each: usize = 2 * 2 * 2 * balances;
            assert_eq!(report(&world).states, each.pow(neighbors), "{policy:?}");
            let rider = report(&world.with_free_riders(1).unwrap()).states;
            let of_rider = 2 * 2 * (1 + 2 * (balances - 2));
            assert_eq!(rider, each.pow(neighbors - 1) * of_rider, "{policy:?}");
        }
    }
}

/// By hand for two neighbors and one slot: a neighbor that is served has not waited, and at most
/// one other has. None is served: 3 ways of having waited. One is: which, whether the other wants
/// something, and whether it has waited. The other counts are those of stateright.
#[test]
fn stateright_counts_the_same() {
    let worlds = [
        (world(2, 1, TURNS_OF_SEEDER, Optimistic::Off), 11),
        (world(3, 1, TURNS_OF_SEEDER, Optimistic::Off), 112),
        (world(3, 1, FASTEST_FIRST, Optimistic::On), 260),
        (world(3, 1, TIT_FOR_TAT, Optimistic::On).with_free_riders(1).unwrap(), 184),
        (world(2, 1, CREDIT, Optimistic::On), 1008),
        (world(2, 1, STRICT, Optimistic::Off).with_free_riders(1).unwrap(), 600),
    ];
    let mut counts = Vec::new();
    for (world, states) in worlds {
        let dfs = world.clone().checker().spawn_dfs().join();
        let ours = check(&world, &Spec::of_properties(&world), CheckSettings::default()).unwrap();
        assert_eq!(ours.states, dfs.unique_state_count());
        assert_eq!(ours.generated, dfs.state_count() as u64);
        counts.push((ours.states, states));
    }
    assert!(counts.iter().all(|(ours, stated)| ours == stated), "{counts:?}");
}

#[test]
fn the_choker_keeps_its_slots_and_gives_each_neighbor_a_turn() {
    for (neighbors, slots) in [(2, 1), (3, 1), (3, 2)] {
        let barter = [STRICT, CREDIT].into_iter().filter(|_| neighbors == 2);
        for policy in [TIT_FOR_TAT, TURNS_OF_SEEDER, FASTEST_FIRST].into_iter().chain(barter) {
            for optimistic in [Optimistic::On, Optimistic::Off] {
                let world = world(neighbors, slots, policy, optimistic);
                let report = report(&world.with_free_riders(1).unwrap());
                let mut failed = report.findings.iter().filter(|finding| {
                    finding.demand == Demand::Required && finding.verdict.name() != "holds"
                });
                let failed = failed.next().map(|finding| finding.name);
                assert_eq!(failed, None, "{policy:?} {optimistic:?}");
            }
        }
    }
}

/// Without the optimistic slot a free rider starves among givers, and a slow taker among fast ones.
#[test]
fn without_the_optimistic_slot_a_neighbor_may_starve() {
    let rider = world(2, 1, TIT_FOR_TAT, Optimistic::Off).with_free_riders(1).unwrap();
    assert_eq!(verdict(&report(&rider), "2_gets_its_turn"), "violated");
    let slow = world(2, 1, FASTEST_FIRST, Optimistic::Off);
    assert_eq!(verdict(&report(&slow), "2_gets_its_turn"), "violated");
}

fn planted(world: Choking, select: Select) -> Choking {
    Choking { select, ..world }
}

fn shortest(report: &Report<Choking>, name: &str) -> Vec<ChokeEvent> {
    let Verdict::Violated(Violation { witness: Some(witness), .. }) =
        &report.finding(name).unwrap().verdict
    else {
        panic!("{name} must not hold");
    };
    witness.steps.iter().map(|(action, _)| action.event).collect()
}

/// Planted: a choker that starves, for it serves by name alone. Both want something; from then on
/// one decision after the other serves the first.
#[test]
fn a_choker_that_starves_is_found() {
    let by_name: Select = |_, slots, candidates| {
        candidates.iter().map(|candidate| candidate.peer).take(slots).collect()
    };
    let world = world(2, 1, TURNS_OF_SEEDER, Optimistic::Off);
    let report = report(&planted(world, by_name));
    assert_eq!(verdict(&report, "1_gets_its_turn"), "holds");
    assert_eq!(verdict(&report, "slots_are_kept"), "holds");
    let finding = report.finding("2_gets_its_turn").unwrap();
    let witness = finding.verdict.witness().unwrap();
    let cycle = &witness.steps[witness.lasso_from.unwrap()..];
    assert!(cycle.iter().all(|(_, state)| !state.seats[1].served && state.seats[0].served));
    let stem = &shortest(&report, "2_gets_its_turn")[..2];
    assert_eq!(stem, [ChokeEvent::Want(1), ChokeEvent::Want(2)]);
}

/// Planted: a choker that forgets to stop at its slots. At a decision it serves every neighbor that
/// waits.
#[test]
fn a_choker_that_serves_too_many_is_found() {
    let all: Select =
        |_, _, candidates| candidates.iter().map(|candidate| candidate.peer).collect();
    let world = world(2, 1, TURNS_OF_SEEDER, Optimistic::Off);
    let events = shortest(&report(&planted(world, all)), "slots_are_kept");
    assert_eq!(events.len(), 3, "two want something, then a decision: {events:?}");
    assert_eq!(events[2], ChokeEvent::Rechoke);
}

/// Planted: tit for tat that forgets which neighbors gave. Both want something, the rider waits for
/// one decision, the other gives: the next decision serves the rider all the same.
#[test]
fn a_choker_that_does_not_reward_is_found() {
    let by_waiting: Select = |_, slots, candidates| select(TURNS_OF_SEEDER, slots, candidates);
    let world = world(2, 1, TIT_FOR_TAT, Optimistic::Off).with_free_riders(1).unwrap();
    let report = report(&planted(world, by_waiting));
    let events = shortest(&report, "givers_come_first");
    assert_eq!(events.len(), 4, "{events:?}");
    let needed =
        [ChokeEvent::Want(1), ChokeEvent::Want(2), ChokeEvent::Rechoke, ChokeEvent::Give(1)];
    assert!(needed.iter().all(|event| events.contains(event)), "{events:?}");
}

/// Planted: tit for tat that serves the rider whatever the other gives, by the highest name.
#[test]
fn a_choker_that_keeps_a_free_rider_is_found() {
    let by_name: Select = |_, slots, candidates| {
        candidates.iter().rev().map(|candidate| candidate.peer).take(slots).collect()
    };
    let world = world(2, 1, TIT_FOR_TAT, Optimistic::Off).with_free_riders(1).unwrap();
    assert_eq!(verdict(&report(&world), "2_gives_or_goes"), "holds");
    let report = report(&planted(world, by_name));
    let finding = report.finding("2_gives_or_goes").unwrap();
    let witness = finding.verdict.witness().unwrap();
    let cycle = &witness.steps[witness.lasso_from.unwrap()..];
    assert!(cycle.iter().any(|(action, _)| action.event == ChokeEvent::Rechoke));
    assert!(cycle.iter().all(|(_, state)| state.seats[1].served && state.seats[0].interested));
}

/// Planted: an account that lends one chunk more. One neighbor wants something and takes twice.
#[test]
fn a_choker_that_lends_too_much_is_found() {
    let generous: MayServe = |_, account| account.balance < 2;
    let world = world(2, 1, CREDIT, Optimistic::Off);
    let report = report(&Choking { may_serve: generous, ..world });
    let events = shortest(&report, "accounts_are_kept");
    assert!(matches!(
        events[..],
        [ChokeEvent::Want(a), ChokeEvent::Take(b), ChokeEvent::Take(c)] if a == b && b == c
    ));
}

/// Planted: barter that serves by name. Both want something, the first takes a chunk and owes it:
/// the next decision serves it all the same.
#[test]
fn a_choker_that_prefers_debtors_is_found() {
    let by_name: Select = |_, slots, candidates| {
        candidates.iter().map(|candidate| candidate.peer).take(slots).collect()
    };
    let world = world(2, 1, CREDIT, Optimistic::Off);
    let events = shortest(&report(&planted(world, by_name)), "who_owes_least_comes_first");
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(
        events.contains(&ChokeEvent::Take(1)) && events.contains(&ChokeEvent::Want(2)),
        "{events:?}"
    );
}

/// Planted: strict barter that waits for the other to send first. Two that wait for each other do
/// so forever.
#[test]
fn a_choker_that_waits_for_the_other_to_begin_is_found() {
    let wary: MayServe = |_, account| account.balance < 0;
    let world = world(2, 1, STRICT, Optimistic::On);
    assert_eq!(verdict(&report(&world), "1_gets_its_due"), "holds");
    let report = report(&Choking { may_serve: wary, ..world });
    assert_eq!(verdict(&report, "credit_is_used_up"), "violated");
}

/// The reference peer in the place of the model's arithmetic of slots.
#[derive(Clone, PartialEq)]
struct Reference {
    peer: Peer,
    served: Vec<bool>,
    /// How many chunks its neighbors gave it.
    given: u32,
}

/// More than a walk gives.
const CHUNKS: u64 = 300;

impl Reference {
    fn new(world: &Choking) -> Self {
        let manifest = Manifest::new(Bytes(CHUNKS), Bytes(1)).unwrap();
        let mut protocol = Protocol { unchoke_slots: world.slots as u32, ..Protocol::default() };
        protocol.super_seeding = false;
        protocol.picker = Picker::InOrder;
        if world.optimistic == Optimistic::Off {
            protocol.optimistic = None;
        }
        let role = match world.policy {
            Policy::Seeder(seeding) => {
                protocol.seeding = seeding;
                Role::Source
            }
            Policy::Leecher(choker) => {
                protocol.choker = choker;
                Role::Peer(Behavior::Cooperative)
            }
            Policy::FirstPass => panic!("no world of this model has a first pass"),
        };
        let settings = engine::Settings::new(protocol, 1);
        let peer = Peer::new(PeerId(9), &manifest, role, &settings);
        let mut reference = Reference { peer, served: vec![false; world.neighbors], given: 0 };
        let mut choose = Recorded::default();
        // What it has to send; the source keeps no account.
        reference.hear(0, Message::Chunk(ChunkId(CHUNKS as u32 - 1)), &mut choose);
        for neighbor in 1..=world.neighbors as u32 {
            reference.tell(Input::Connected(PeerId(neighbor)), &mut choose);
            if world.barters() {
                let all = Message::bitfield(ChunkSet::full(CHUNKS as usize));
                reference.hear(neighbor as u8, all, &mut choose);
            }
        }
        reference
    }

    /// Hands it an input; returns the neighbor to which it then sent a chunk, if any.
    fn tell(&mut self, input: Input<Message>, choose: &mut dyn Choose) -> Option<u8> {
        self.peer.handle(input, choose);
        let mut sent = None;
        while let Some(output) = self.peer.poll() {
            let Output::Send { to, message } = output else {
                continue;
            };
            match message.kind() {
                Meaning::Unchoke => self.served[to.index() - 1] = true,
                Meaning::Choke => self.served[to.index() - 1] = false,
                Meaning::Chunk(_) => sent = Some(to.index() as u8),
                _ => {}
            }
        }
        sent
    }

    /// A neighbor requests a chunk while the uplink is free; whether it gets it.
    fn sends_to(&mut self, neighbor: u8) -> bool {
        let choose = &mut Recorded::default();
        let chunk = ChunkId(CHUNKS as u32 - 1);
        self.hear(neighbor, Message::Request(chunk), choose);
        let sent = self.tell(Input::Ready, choose) == Some(neighbor);
        if sent {
            self.tell(Input::Sent { to: PeerId(u32::from(neighbor)), chunk }, choose);
        }
        sent
    }

    fn hear(&mut self, neighbor: u8, message: Message, choose: &mut dyn Choose) {
        let _ = self.tell(Input::Received { from: PeerId(u32::from(neighbor)), message }, choose);
    }

    /// Everything that may follow from an event: a choice is a place in the peer's own order.
    fn follow(&self, event: ChokeEvent) -> Vec<Reference> {
        let mut choose = Enumerate::default();
        let mut outcomes = Vec::new();
        loop {
            let mut next = self.clone();
            next.meet(event, &mut choose);
            outcomes.push(next);
            if !choose.advance() {
                return outcomes;
            }
        }
    }

    fn meet(&mut self, event: ChokeEvent, choose: &mut dyn Choose) {
        match event {
            ChokeEvent::Want(neighbor) => self.hear(neighbor, Message::Interested, choose),
            ChokeEvent::Content(neighbor) => self.hear(neighbor, Message::NotInterested, choose),
            ChokeEvent::Rechoke => {
                for neighbor in 1..=self.served.len() as u8 {
                    self.hear(neighbor, Message::KeepAlive, choose);
                }
                self.tell(Input::Expired(Timer(0)), choose);
            }
            ChokeEvent::Rotate => {
                self.tell(Input::Expired(Timer(1)), choose);
            }
            ChokeEvent::Offer(neighbor) => self.hear(neighbor, Message::Unchoke, choose),
            ChokeEvent::Withdraw(neighbor) => self.hear(neighbor, Message::Choke, choose),
            ChokeEvent::Give(neighbor) => {
                self.given += 1;
                self.hear(neighbor, Message::Chunk(ChunkId(self.given - 1)), choose);
            }
            ChokeEvent::Take(neighbor) => {
                assert!(self.sends_to(neighbor), "it may send to {neighbor}")
            }
        }
    }
}

/// The model's slots are those of the reference peer: on long random walks the peer can
/// always serve the same neighbors. What the model chose is a set of peers that agree with it.
#[test]
fn the_reference_peer_serves_whom_the_model_serves() {
    for policy in [TIT_FOR_TAT, TURNS_OF_SEEDER, STRICT, CREDIT] {
        for optimistic in [Optimistic::On, Optimistic::Off] {
            for seed in 0..5 {
                let world = world(4, 2, policy, optimistic);
                let riders = if world.barters() { 1 } else { 4 };
                let world = world.with_free_riders(riders).unwrap();
                let mut state = world.init_states().remove(0);
                let mut agreeing = vec![Reference::new(&world)];
                let mut choose = Seeded::new(seed, 0);
                for _ in 0..200 {
                    let mut actions = Vec::new();
                    world.actions(&state, &mut actions);
                    let at = choose.index(NonZeroUsize::new(actions.len()).unwrap());
                    let action = actions.swap_remove(at);
                    let event = action.event;
                    state = world.next_state(&state, action).unwrap();
                    let served: Vec<bool> = state.seats.iter().map(|seat| seat.served).collect();
                    let mut next: Vec<Reference> = Vec::new();
                    for outcome in agreeing.iter().flat_map(|peer| peer.follow(event)) {
                        if outcome.served == served && !next.contains(&outcome) {
                            next.push(outcome);
                        }
                    }
                    assert!(!next.is_empty(), "{policy:?}: {event:?} leads to {state:?}");
                    if world.barters() {
                        for (neighbor, seat) in (1u8..).zip(&state.seats) {
                            if seat.served && !world.may_send(seat) {
                                assert!(!next[0].clone().sends_to(neighbor), "{state:?}");
                            }
                        }
                    }
                    agreeing = next;
                }
            }
        }
    }
}
