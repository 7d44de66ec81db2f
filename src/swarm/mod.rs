//! The reference swarm: the protocol of the lecture and of BEP 3, as pure state machines.
//!
//! A [`Peer`] registers with the [`Tracker`], gets a random list of members, connects to some,
//! tells them what it has, requests the rarest chunks first and serves by tit for tat. The swarm
//! knows neither the bounds that it is judged by nor the simulator that it runs in.
//! [`ClientServer`] is the other extreme: clients that only take, and a server that serves them
//! all.

mod choker;
mod client_server;
mod fetch;
mod heap;
mod message;
mod neighbor;
mod news;
mod offers;
mod peer;
mod pending;
mod picker;
mod rarity;
mod serve;
#[cfg(test)]
mod tests;
mod tracker;
mod upkeep;

#[doc(hidden)]
pub use choker::{Account, Candidate, Exchange, Policy, may_serve, select};
pub use client_server::{ClientServer, Parcel};
pub use message::Message;
pub use peer::Peer;
#[doc(hidden)]
pub use picker::{First, View, pick};
#[doc(hidden)]
pub use rarity::Rarity;
#[doc(hidden)]
pub use tracker::PATIENCE;
pub use tracker::Tracker;
