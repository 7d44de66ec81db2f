//! List scheduling over time: whoever can send begins something useful at once.
//!
//! A run decides with full knowledge and by a [`Policy`]: which sender first, for which receiver,
//! which chunk. It never begins what would end after its deadline, so that slow links do not hold
//! up the end; when nothing else is left, the deadline moves. Time is exact: rates are whole bits
//! per second, ends are rounded up. The types to know are [`Policy`] and [`Run`].

mod links;
mod policy;
mod rarity;
mod receivers;
mod run;

pub(super) use policy::{Order, Pick, Policy, Wants};
pub(super) use run::{Decision, Run, State};
