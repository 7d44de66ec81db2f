//! How fast can a file possibly reach N peers, and did nobody claim to be faster?
//!
//! swarmbound states lower bounds on the time of a file distribution as exact numbers, lets a swarm
//! protocol deliver the file in virtual time, and audits what any swarm did.
//!
//! The modules stand on floors; each imports only lower ones:
//!
//! | floor | modules | what lives there |
//! |---|---|---|
//! | 0 | [`units`] [`ratio`] [`chunks`] [`choose`] | quantities, fractions, chunks, choices |
//! | 1 | [`scenario`] | a swarm as data |
//! | 1 | `checker` | exhaustive search of any stateright model (feature `models`) |
//! | 2 | [`bounds`] | one theorem a file |
//! | 3 | [`trace`] [`audit`] [`engine`] | events, the rules that judge them, the seam for engines |
//! | 4 | [`schedule`] [`swarm`] | constructions that reach the bounds; the reference engine |
//! | 5 | [`sim`] | virtual time, links, arrivals and departures |
//! | 6 | `suite` | generated tests for any engine (feature `suite`) |
//! | 6 | `models` | every run of a small swarm (feature `models`) |
//! | 7 | `cli` `report` | the command line, where everything meets (feature `cli`) |

pub mod audit;
pub mod bounds;
#[cfg(feature = "models")]
pub mod checker;
pub mod choose;
pub mod chunks;
pub mod engine;
#[cfg(feature = "models")]
#[path = "../models/mod.rs"]
pub mod models;
pub mod ratio;
pub mod scenario;
pub mod schedule;
pub mod sim;
#[cfg(any(test, feature = "suite"))]
pub mod suite;
pub mod swarm;
#[cfg(test)]
mod tidy;
pub mod trace;
pub mod units;
