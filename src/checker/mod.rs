//! Exhaustive search of any `stateright::Model`, with real liveness.
//!
//! What stateright's own engines cannot do: states are compared by equality and never lost to equal
//! fingerprints; witnesses are shortest; "possible from everywhere" (AG EF) and "eventually, under
//! weak and strong fairness" are decided on the exact state graph, with lassos as witnesses; and a
//! search that was cut says so ([`Exploration::Bounded`]) and proves nothing.
//!
//! It knows nothing of swarms, reads no clock and starts no thread; [`Workers`] may lend it some. A
//! model's `within_boundary` is part of the model: what it cuts off does not exist, but is counted.
//!
//! A [`Spec`] holds the claims, a [`Search`] explores (it can stop and resume), a [`Report`] has
//! the answers. A plain stateright model with its own properties:
//!
//! ```
//! use stateright::{Model, Property};
//! use swarmbound::checker::{Exploration, CheckSettings, Spec, check};
//!
//! struct Clock;
//! impl Model for Clock {
//!     type State = u8;
//!     type Action = u8;
//!     fn init_states(&self) -> Vec<u8> { vec![0] }
//!     fn actions(&self, _: &u8, actions: &mut Vec<u8>) { actions.push(1) }
//!     fn next_state(&self, hour: &u8, by: u8) -> Option<u8> { Some((hour + by) % 12) }
//!     fn properties(&self) -> Vec<Property<Self>> {
//!         vec![
//!             Property::always("below twelve", |_, hour| *hour < 12),
//!             Property::eventually("midnight comes back", |_, hour| *hour == 11),
//!         ]
//!     }
//! }
//! let report = check(&Clock, &Spec::of_properties(&Clock), CheckSettings::default())?;
//! assert_eq!(report.exploration, Exploration::Exhausted);
//! assert_eq!((report.states, report.generated, report.depth), (12, 13, 11));
//! assert!(report.findings.iter().all(|finding| finding.verdict.name() == "holds"));
//! # Ok::<(), swarmbound::checker::CheckError>(())
//! ```

mod checkpoint;
mod claim;
mod error;
mod expand;
mod export;
mod graph;
mod hash;
mod heap;
mod liveness;
mod report;
mod search;
mod store;
mod symmetry;
mod witness;
mod workers;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

pub use claim::{
    ALL_CLASSES, ANY_STEP, Canonical, Checked, Claim, ClaimKind, Class, Classes, Condition, Demand,
    Explorable, Fairness, NoFairness, Spec, Strength, Symmetry,
};
pub use error::CheckError;
pub use export::Exported;
pub use heap::{Block, Heap};
pub use report::{Finding, Report, Verdict, Violation};
pub use search::{
    CheckSettings, Exploration, KeepEdges, Limits, Quotient, Reason, Search, SearchProgress, Stop,
    Watch,
};
pub use witness::{Witness, WitnessOf};
pub use workers::Workers;

/// Searches a model to the end and answers its claims.
///
/// # Errors
/// When a claim does not fit the model; see [`CheckError`].
pub fn check<M: Explorable>(
    model: &M,
    spec: &Spec<M>,
    settings: CheckSettings,
) -> Result<Report<M>, CheckError> {
    let mut search = Search::new(model, spec, settings)?;
    let exploration = search.run(Limits::NONE, &mut |_| ControlFlow::Continue(()))?;
    search.report(exploration)
}
