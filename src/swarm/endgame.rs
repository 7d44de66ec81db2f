//! Endgame: a chunk that keeps a peer waiting is requested of a second neighbor, too.
//!
//! Only when a neighbor has nothing else to offer, and only a chunk that all who were asked for it
//! have kept this peer waiting for. There is no limit to how many are asked, one after another:
//! some links carry nothing at all.

use super::requests::{Awaited, OVERDUE, Requests};
use crate::choose::{Choose, pick};
use crate::chunks::ChunkId;

/// An overdue chunk that the neighbor at a slot has and was not asked for.
pub(super) fn pick_overdue(
    requests: &Requests,
    slot: usize,
    holds: impl Fn(ChunkId) -> bool,
    choose: &mut dyn Choose,
) -> Option<ChunkId> {
    if !requests.is_any_overdue() {
        return None;
    }
    let awaited = requests.awaited();
    let overdue = awaited.all().filter(|awaited| OVERDUE <= awaited.age);
    let mut overdue: Vec<ChunkId> = overdue.map(|awaited| awaited.chunk).collect();
    overdue.sort_unstable();
    overdue.dedup();
    overdue.retain(|&chunk| {
        let is_fresh = |awaited: Awaited| awaited.chunk == chunk && awaited.age < OVERDUE;
        holds(chunk)
            && !awaited.all().any(is_fresh)
            && !awaited.with(slot).any(|awaited| awaited.chunk == chunk)
    });
    pick(&overdue, choose)
}
