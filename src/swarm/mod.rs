//! The reference swarm: the protocol of the lecture and of BEP 3, as pure state machines.
//!
//! A [`Peer`] registers with the [`Tracker`], gets a random list of members, connects to some,
//! tells them what it has, requests the rarest chunks first and serves by tit for tat. The swarm
//! knows neither the bounds that it is judged by nor the simulator that it runs in.
//! [`ClientServer`] is the other extreme: clients that only take, and a server that serves them
//! all.

mod availability;
mod barter;
mod choker;
mod client_server;
mod endgame;
mod heap;
mod interest;
mod membership;
mod message;
mod neighbors;
mod partial_download;
mod peer;
mod pending;
mod picker;
mod policy;
mod rarity;
mod requests;
mod slots;
mod super_seeding;
#[cfg(test)]
mod tests;
mod tracker;
mod uploads;
mod watching;

pub use client_server::{ClientServer, Parcel};
pub use message::Message;
pub use peer::Peer;
#[doc(hidden)]
pub use picker::{First, View, pick};
#[doc(hidden)]
pub use policy::{Account, Candidate, Exchange, Policy, may_serve, select};
#[doc(hidden)]
pub use rarity::Rarity;
#[doc(hidden)]
pub use tracker::PATIENCE;
pub use tracker::Tracker;
