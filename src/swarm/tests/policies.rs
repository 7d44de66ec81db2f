use proptest::prelude::*;
use quickcheck::quickcheck;

use crate::choose::{Enumerate, Seeded};
use crate::chunks::{ChunkId, ChunkSet, PeerId};
use crate::scenario::{Choker, Picker, Seeding};
use crate::swarm::{
    Account, Candidate, Exchange, First, Policy, Rarity, View, may_serve, pick, select,
};

const CHUNKS: usize = 70;

fn set(chunks: &[u8]) -> ChunkSet {
    let mut set = ChunkSet::empty(CHUNKS);
    for &chunk in chunks {
        set.insert(ChunkId(u32::from(chunk) % CHUNKS as u32));
    }
    set
}

fn rarity(neighbors: &[ChunkSet]) -> Rarity {
    let mut rarity = Rarity::new(CHUNKS);
    for neighbor in neighbors {
        neighbor.iter().for_each(|chunk| rarity.add(chunk));
    }
    rarity
}

quickcheck! {
    /// Every answer that rarest first can give is one of the chunks with the least availability
    /// among those that fit, and every such chunk is an answer.
    fn rarest_first_gives_every_rarest_chunk_and_no_other(
        neighbors: Vec<Vec<u8>>, theirs: Vec<u8>, open: Vec<u8>
    ) -> bool {
        let neighbors: Vec<ChunkSet> = neighbors.iter().map(|n| set(n)).collect();
        let (theirs, open, rarity) = (set(&theirs), set(&open), rarity(&neighbors));
        let count = |chunk: ChunkId| neighbors.iter().filter(|n| n.contains(chunk)).count();
        let fitting: Vec<ChunkId> = theirs.iter().filter(|&c| open.contains(c)).collect();
        let least = fitting.iter().map(|&chunk| count(chunk)).min();
        let rarest: Vec<ChunkId> =
            fitting.iter().copied().filter(|&chunk| Some(count(chunk)) == least).collect();
        let counts = [Some(&rarity), None];
        counts.into_iter().all(|rarity| {
            let rows = neighbors.iter().map(ChunkSet::words);
            let (theirs, open) = (theirs.words(), open.words());
            let view = View { theirs, open, rarity, rows, first: First::No };
            let mut answers = Vec::new();
            let mut all = Enumerate::default();
            loop {
                answers.extend(pick(Picker::RarestFirst, &view, &mut all));
                if !all.advance() {
                    break;
                }
            }
            answers == rarest
        })
    }

    fn the_other_pickers_pick_what_fits(theirs: Vec<u8>, open: Vec<u8>, seed: u64) -> bool {
        let (theirs, open) = (set(&theirs), set(&open));
        let rows = [].into_iter();
        let (their_words, open_words) = (theirs.words(), open.words());
        let view =
            View { theirs: their_words, open: open_words, rarity: None, rows, first: First::No };
        let fits = |chunk: ChunkId| theirs.contains(chunk) && open.contains(chunk);
        let lowest = theirs.iter().find(|&chunk| fits(chunk));
        let random = pick(Picker::Random, &view, &mut Seeded::new(seed, 0));
        pick(Picker::InOrder, &view, &mut Seeded::new(seed, 0)) == lowest
            && random.is_some() == lowest.is_some()
            && random.is_none_or(fits)
    }

    fn a_set_of_chunks_is_added_at_once_as_one_by_one(neighbors: Vec<Vec<u8>>) -> bool {
        let neighbors: Vec<ChunkSet> = neighbors.iter().map(|n| set(n)).collect();
        let mut at_once = Rarity::new(CHUNKS);
        neighbors.iter().for_each(|neighbor| at_once.add_all(neighbor.words()));
        at_once == rarity(&neighbors)
    }

    /// Adding neighbors and taking them away again leaves no trace: equal states are equal values.
    fn rarity_forgets_who_left(neighbors: Vec<Vec<u8>>, stay: usize) -> bool {
        let neighbors: Vec<ChunkSet> = neighbors.iter().map(|n| set(n)).collect();
        let stay = stay.min(neighbors.len());
        let mut all = rarity(&neighbors);
        for (at, neighbor) in neighbors[stay..].iter().enumerate() {
            match at % 2 {
                0 => neighbor.iter().for_each(|chunk| all.remove(chunk)),
                _ => all.remove_all(neighbor.words()),
            }
        }
        let counts = (0..CHUNKS as u32).map(ChunkId).all(|chunk| {
            let count = neighbors[..stay].iter().filter(|n| n.contains(chunk)).count();
            all.availability(chunk) as usize == count
        });
        counts && all == rarity(&neighbors[..stay])
    }
}

fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let candidate = (0..4u64, 0..4u64, 0..4u32, -3..4i64, 0..4u32);
    prop::collection::vec(candidate, 0..12).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(at, (received, sent, waited, balance, kept_back))| Candidate {
            peer: PeerId(at as u32 + 1),
            received,
            sent,
            waited,
            balance,
            kept_back,
        })
        .collect()
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::Leecher(Choker::TitForTat)),
        Just(Policy::Leecher(Choker::RoundRobin)),
        Just(Policy::Leecher(Choker::StrictBarter)),
        Just(Policy::Leecher(Choker::Credit(2))),
        Just(Policy::Seeder(Seeding::RoundRobin)),
        Just(Policy::Seeder(Seeding::FastestFirst)),
        Just(Policy::FirstPass),
    ]
}

/// Is `a` preferred to `b`? Written from the words of the policy, not from its code.
fn prefers(policy: Policy, a: &Candidate, b: &Candidate) -> bool {
    match policy {
        Policy::Leecher(Choker::TitForTat) => b.received < a.received,
        Policy::Leecher(Choker::StrictBarter | Choker::Credit(_)) => a.balance < b.balance,
        Policy::Leecher(Choker::RoundRobin) | Policy::Seeder(Seeding::RoundRobin) => {
            b.waited < a.waited
        }
        Policy::Seeder(Seeding::FastestFirst) => b.sent < a.sent,
        Policy::FirstPass => a.kept_back < b.kept_back,
    }
}

proptest! {
    #[test]
    fn nobody_is_served_before_somebody_preferred(
        policy in policies(), slots in 0..6usize, candidates in candidates(),
    ) {
        let chosen = select(policy, slots, candidates.clone());
        prop_assert_eq!(chosen.len(), slots.min(candidates.len()));
        let (served, waiting): (Vec<&Candidate>, Vec<&Candidate>) =
            candidates.iter().partition(|candidate| chosen.contains(&candidate.peer));
        for waits in waiting {
            prop_assert!(!served.iter().any(|serves| prefers(policy, waits, serves)));
        }
        let mut shuffled = candidates;
        shuffled.reverse();
        prop_assert_eq!(chosen, select(policy, slots, shuffled), "the order is total");
    }
}

#[test]
fn barter_gives_nothing_to_who_gives_nothing() {
    let strict = Policy::Leecher(Choker::StrictBarter);
    let account = |balance, exchange| Account { balance, exchange };
    assert!(may_serve(strict, account(-1, Exchange::OneWay)), "a debt is paid");
    assert!(may_serve(strict, account(0, Exchange::Mutual)));
    assert!(!may_serve(strict, account(0, Exchange::OneWay)), "no first gift");
    assert!(!may_serve(strict, account(1, Exchange::Mutual)), "no second gift");
    let credit = Policy::Leecher(Choker::Credit(2));
    assert!(may_serve(credit, account(1, Exchange::OneWay)));
    assert!(!may_serve(credit, account(2, Exchange::Mutual)));
    let seeder = Policy::Seeder(Seeding::RoundRobin);
    assert!(may_serve(seeder, account(9, Exchange::OneWay)), "who has all gives freely");
}
