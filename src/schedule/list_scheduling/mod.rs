//! List scheduling over time: each node that can send begins a useful transfer at once.
//!
//! A [`ListRun`] has full knowledge and decides by a [`Policy`]: which sender goes first, to which
//! receiver, with which chunk. It never begins a transfer that would end after its deadline, so
//! slow links do not delay the end; if nothing else is possible, the deadline moves. Time is exact:
//! rates are whole bits per second, and ends are rounded up.

mod active_transfers;
mod policy;
mod rarity_bands;
mod receivers;
mod run;

pub(super) use policy::{ChunkOrder, NodeOrder, Policy, ReceiverOrder};
pub(super) use run::{Decision, ListRun, ListRunStatus};
