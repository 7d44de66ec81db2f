//! The rules: one file or folder each, with its witness and its sentence beside it.
//!
//! A new rule is a module here, an entry of [`ALL`], a witness in [`Witness`], and a canary in
//! `suite` that it must catch.

use std::fmt;

use serde::Serialize;

use super::Rule;
use crate::trace::Header;

mod bounds_respected;
mod capacity;
mod causality;
mod choking;
mod completion;
mod conservation;
mod incompleteness;
mod membership;
mod neighbors;
mod progress;

pub(super) use bounds_respected::BoundsRespected;
pub use bounds_respected::BoundsWitness;
pub use capacity::CapacityWitness;
pub(super) use capacity::{DownlinkCapacity, UplinkCapacity};
pub(super) use causality::Causality;
pub use causality::{CausalityWitness, Shows};
pub(super) use choking::Choking;
pub use choking::ChokingWitness;
pub(super) use completion::Completion;
pub use completion::{ClaimFault, CompletionWitness};
pub(super) use conservation::Conservation;
pub use conservation::ConservationWitness;
pub(super) use incompleteness::IncompletenessExplained;
pub use incompleteness::{Cause, Idle, IncompletenessWitness, Lacking};
pub(super) use membership::Membership;
pub use membership::MembershipWitness;
pub(super) use neighbors::Neighbors;
pub use neighbors::NeighborsWitness;
pub(super) use progress::Progress;
pub use progress::ProgressWitness;

/// A rule in the registry.
#[derive(Clone, Copy, Debug)]
pub struct RuleEntry {
    /// Its one name in rules, models, tests, command line and manual.
    pub name: &'static str,
    /// What it demands, as one sentence.
    pub about: &'static str,
    /// A rule that has seen no event yet.
    pub(crate) begin: fn(&Header) -> Box<dyn Rule>,
}

/// Every rule.
pub static ALL: &[RuleEntry] = &[
    RuleEntry {
        name: "membership",
        about: "no node acts while it is absent, as logged and as announced",
        begin: |header| Box::new(Membership::new(header)),
    },
    RuleEntry {
        name: "uplink_capacity",
        about: "no node sends more than its upload capacity and burst allow",
        begin: |_| Box::new(UplinkCapacity),
    },
    RuleEntry {
        name: "downlink_capacity",
        about: "no node receives more than its download capacity and burst allow",
        begin: |_| Box::new(DownlinkCapacity),
    },
    RuleEntry {
        name: "causality",
        about: "a node sends only what it holds, and everything stems from the source",
        begin: |_| Box::new(Causality),
    },
    RuleEntry {
        name: "conservation",
        about: "a peer that has the file was sent every byte of it, each chunk by one sender",
        begin: |_| Box::new(Conservation),
    },
    RuleEntry {
        name: "completion",
        about: "a peer completes at the instant at which its last byte arrives",
        begin: |_| Box::new(Completion),
    },
    RuleEntry {
        name: "neighbors",
        about: "bytes move between connected neighbors only",
        begin: |_| Box::new(Neighbors),
    },
    RuleEntry {
        name: "choking",
        about: "transfers start while their sender unchokes the receiver, within slots and credit",
        begin: |_| Box::new(Choking),
    },
    RuleEntry {
        name: "bounds_respected",
        about: "no completion is earlier than a bound that applies",
        begin: |_| Box::new(BoundsRespected),
    },
    RuleEntry {
        name: "incompleteness_explained",
        about: "a peer that stays without the file has a reason that the log shows",
        begin: |_| Box::new(IncompletenessExplained),
    },
    RuleEntry {
        name: "progress",
        about: "no peer lacks a chunk for longer than declared beside a free neighbor that holds \
                it and unchokes the peer",
        begin: |_| Box::new(Progress),
    },
];

macro_rules! witnesses {
    ($($variant:ident($witness:ty)),* $(,)?) => {
        /// The evidence of a rule: serde writes its data, `Display` its sentence.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Witness {
            $($variant($witness),)*
        }

        impl fmt::Display for Witness {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Witness::$variant(witness) => witness.fmt(f),)*
                }
            }
        }

        $(impl From<$witness> for Witness {
            fn from(witness: $witness) -> Self {
                Witness::$variant(witness)
            }
        })*
    };
}

witnesses! {
    Membership(MembershipWitness),
    Capacity(CapacityWitness),
    Causality(CausalityWitness),
    Conservation(ConservationWitness),
    Completion(CompletionWitness),
    Neighbors(NeighborsWitness),
    Choking(ChokingWitness),
    Bounds(BoundsWitness),
    Incompleteness(IncompletenessWitness),
    Progress(ProgressWitness),
}
