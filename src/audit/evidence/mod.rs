//! What a trace shows, derived once for every rule: transfers, presence, connections, byte ranges.
//!
//! Nothing here judges. [`Ledger`] collects events in any order of lines; [`Facts`] puts them in
//! order.

pub(super) mod balances;
pub(super) mod byte_ranges;
mod completions;
pub(super) mod connections;
pub(super) mod delivery;
pub(super) mod ending;
pub(super) mod facts;
pub(super) mod in_flight;
pub(super) mod intervals;
pub(super) mod latest_start;
mod ledger;
pub(super) mod pairs;
mod presence;
pub(super) mod stalls;
pub(super) mod unchokes;

pub use completions::Completed;
pub(super) use facts::Facts;
pub(super) use ledger::Ledger;
