//! List scheduling over time: whoever can send begins something useful at once.
//!
//! A run decides with full knowledge and by a [`Policy`]: which sender first, for which receiver,
//! which chunk. It never begins what would end after its deadline, so that slow links do not hold
//! up the end; when nothing else is left, the deadline moves. Time is exact: rates are whole bits
//! per second, ends are rounded up. The types to know are [`Policy`] and [`ListRun`].

mod active_transfers;
mod policy;
mod rarity_bands;
mod receivers;
mod run;

pub(super) use policy::{ChunkOrder, NodeOrder, Policy, ReceiverOrder};
pub(super) use run::{Decision, ListRun, ListRunStatus};
