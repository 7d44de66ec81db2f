//! How fast can a file possibly reach N peers, and did this swarm keep to the rules?
//!
//! swarmbound states lower bounds on the time of a file distribution as exact numbers, runs a swarm
//! protocol in virtual time, and audits the trace of any engine, whatever language that is written
//! in. It opens no socket, and no verdict comes from floating point.
//!
//! ```
//! use swarmbound::audit::{Audit, Verdict};
//! use swarmbound::bounds::{Bound, Fluid};
//! use swarmbound::ratio::Ratio;
//! use swarmbound::scenario::Scenario;
//! use swarmbound::swarm::{Peer, Tracker};
//! use swarmbound::{sim, trace::codec::read_trace};
//!
//! // 10 MB from a source of 8 Mbit/s to three peers of 2 Mbit/s.
//! let scenario = Scenario::from_toml(
//!     "[file]\nsize = '10 MB'\n[source]\nupload = '8 Mbit/s'\n\
//!      [[peers]]\ncount = 3\nupload = '2 Mbit/s'",
//! )?;
//! // No swarm brings 30 MB over uplinks of 14 Mbit/s in less than 120/7 s.
//! assert_eq!(Fluid.completion(&scenario, 3)?.exact, Ratio::new(120, 7));
//!
//! // A run of the reference engine in virtual time, and its audit.
//! let report = Audit::of(&sim::run::<Peer, Tracker>(&scenario));
//! assert_eq!(report.verdict, Verdict::Holds);
//!
//! // The log of another engine: a chunk of 256 KiB in a millisecond, over a link of 8 Mbit/s.
//! let log = scenario.to_json() + r#"
//! {"event":"join","t":0,"node":1}
//! {"event":"transfer","from":0,"to":1,"chunk":0,"start":0,"end":1000000,"bytes":262144}"#;
//! let report = Audit::of(&read_trace(log.as_bytes())?);
//! report.violations().for_each(|violation| println!("{violation}"));
//! assert_eq!(report.violations().next().unwrap().name, "uplink_capacity");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to begin
//!
//! | to | take |
//! |---|---|
//! | describe a swarm | [`Scenario::from_toml`], [`Parts::new`] |
//! | know what no swarm can beat | [`bounds::binding()`], [`bounds::ALL`] |
//! | judge a trace | [`Audit::of`]; [`Audit::new`] takes one event after the other |
//! | read and write logs | [`trace::codec`] |
//! | run an engine in virtual time | [`engine::Engine`], [`sim::run`] |
//! | test an engine | `suite!` (feature `suite`); `examples/engines/minimal.rs` is a whole engine |
//! | look for a fast schedule | [`schedule::Planner`] |
//! | see every run of a small swarm | `models`, `checker` (feature `models`) |
//!
//! `default-features = false` leaves out the command line and everything that only it needs.
//!
//! [`Audit::new`]: audit::Audit::new
//! [`Audit::of`]: audit::Audit::of
//! [`Parts::new`]: scenario::Parts::new
//! [`Scenario::from_toml`]: scenario::Scenario::from_toml
//!
//! # Floors
//!
//! The modules stand on floors; each imports only lower ones:
//!
//! | floor | modules | what is there |
//! |---|---|---|
//! | 0 | [`units`] [`ratio`] [`chunks`] [`choose`] | quantities, fractions, chunks, choices |
//! | 1 | [`scenario`] | a swarm as data |
//! | 1 | `checker` | exhaustive search of any stateright model (feature `models`) |
//! | 2 | [`bounds`] | one theorem a file |
//! | 3 | [`trace`] [`audit`] [`engine`] | events, the rules that judge them, the seam for engines |
//! | 4 | `import` | packet captures of real clients as traces (feature `import`) |
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
#[cfg(feature = "import")]
pub mod import;
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
