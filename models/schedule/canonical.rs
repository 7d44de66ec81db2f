//! States that differ in the names of peers and chunks only.

use super::state::{Balances, ScheduleState, Sending, UnderWay};
use super::{Rules, Schedule};
use crate::models::orbits::{self, Swap, next_permutation};

/// New names: of each node, and of each chunk.
struct Renaming {
    node: [usize; 8],
    chunk: [usize; 8],
}

impl Renaming {
    const OLD: Renaming =
        Renaming { node: [0, 1, 2, 3, 4, 5, 6, 7], chunk: [0, 1, 2, 3, 4, 5, 6, 7] };
}

pub(super) fn generators(world: &Schedule) -> Vec<String> {
    orbits::swaps(world.chunks, &world.groups).into_iter().map(|(_, name)| name).collect()
}

pub(super) fn permute(world: &Schedule, generator: usize, state: ScheduleState) -> ScheduleState {
    let mut names = Renaming::OLD;
    match orbits::swaps(world.chunks, &world.groups)[generator].0 {
        Swap::Peers(peer) => names.node.swap(peer, peer + 1),
        Swap::Chunks(chunk) => names.chunk.swap(chunk, chunk + 1),
    }
    rename(world, state, &names)
}

fn rename(world: &Schedule, state: ScheduleState, names: &Renaming) -> ScheduleState {
    let mut have = [0u8; 8];
    for peer in 1..=world.peers {
        let row = state.chunks(peer);
        have[names.node[peer]] = (0..world.chunks)
            .fold(0, |renamed, chunk| renamed | (row >> chunk & 1) << names.chunk[chunk]);
    }
    let memory = match world.rules {
        Rules::Credit(_) => {
            let old = Balances(state.memory);
            let mut new = Balances(0);
            for one in 1..=world.peers {
                for two in one + 1..=world.peers {
                    new = new.set(names.node[one], names.node[two], old.net(one, two));
                }
            }
            new.0
        }
        Rules::Serial(_) => {
            let old = UnderWay(state.memory);
            (0..=world.peers)
                .fold(UnderWay(0), |new, node| {
                    let sending = old.of(node).map(|sending| Sending {
                        to: names.node[sending.to],
                        chunk: names.chunk[sending.chunk],
                        ..sending
                    });
                    new.set(names.node[node], sending)
                })
                .0
        }
        _ => state.memory,
    };
    ScheduleState { have: u64::from_le_bytes(have), memory }
}

/// The one state that stands for all which differ in names only.
pub(super) fn canonical(world: &Schedule, state: ScheduleState) -> ScheduleState {
    match world.rules {
        Rules::Credit(_) | Rules::Serial(_) => by_trying(world, state),
        _ => ScheduleState {
            have: orbits::canonical(state.have, world.chunks, &world.groups),
            ..state
        },
    }
}

/// Tries every order of peers within their groups in which the number of chunks ascends, and of
/// chunks in which the number of holders ascends: balances and transfers under way tie rows
/// together, so that sorting them one by one is not enough.
fn by_trying(world: &Schedule, state: ScheduleState) -> ScheduleState {
    let weight = |peer: usize| state.chunks(peer).count_ones();
    let mut group_of = [0u32; 8];
    for (at, group) in world.groups.iter().enumerate() {
        group_of[group.clone()].fill(at as u32);
    }
    let mut peers: Vec<(u32, u32, usize)> =
        (1..=world.peers).map(|peer| (group_of[peer], weight(peer), peer)).collect();
    orbits::insertion_sort(&mut peers);
    let holders =
        |chunk: usize| (1..=world.peers).filter(move |&p| state.chunks(p) >> chunk & 1 == 1);
    let mut chunks: Vec<(u32, u32, usize)> =
        (0..world.chunks).map(|chunk| (0, holders(chunk).count() as u32, chunk)).collect();
    orbits::insertion_sort(&mut chunks);
    let mut best: Option<ScheduleState> = None;
    loop {
        loop {
            let mut names = Renaming::OLD;
            for (at, &(_, _, peer)) in peers.iter().enumerate() {
                names.node[peer] = at + 1;
            }
            for (at, &(_, _, chunk)) in chunks.iter().enumerate() {
                names.chunk[chunk] = at;
            }
            let renamed = rename(world, state, &names);
            best = Some(best.map_or(renamed, |best| best.min(renamed)));
            if !next_within_ties(&mut chunks) {
                break;
            }
        }
        if !next_within_ties(&mut peers) {
            return best.unwrap_or(state);
        }
    }
}

/// The next order in which the first two fields still ascend; the first, and false, after the last.
fn next_within_ties(items: &mut [(u32, u32, usize)]) -> bool {
    let mut end = items.len();
    while 0 < end {
        let tie = (items[end - 1].0, items[end - 1].1);
        let start = items[..end].iter().rposition(|i| (i.0, i.1) != tie).map_or(0, |at| at + 1);
        if next_permutation(&mut items[start..end]) {
            return true;
        }
        end = start;
    }
    false
}
