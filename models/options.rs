//! The options of models: what `check` and `explore` take on the command line and repeat in JSON.
//!
//! The one table from which the command line, its help and the JSON follow. A model takes what it
//! knows of them; what is left over is refused, so that no option is ignored in silence.

use serde::Serialize;

use super::choke::Optimistic;
use super::churn::{Departures, SourceStays};
use super::error::WorldError;
#[cfg(feature = "cli")]
use super::orbits::{ROW_CHUNKS, ROW_PEERS};
#[cfg(feature = "cli")]
use super::schedule::MOST_SOURCE_SLOTS;
use super::schedule::Shape;
use super::swarm::{Ready, Timers};
#[cfg(feature = "cli")]
use super::words::number;
use super::words::{Barter, Calls, ChunkTimes, Downloads, ServingPolicy};
use crate::checker::{CheckError, Fairness};

/// Why a model does not run.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no model of that name.
    #[error("no model is called {name:?}; there are {known}")]
    UnknownModel {
        /// The unknown name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The model has no such option.
    #[error("{model} has no option {option:?}; it has {}", known.join(", "))]
    UnknownOption {
        /// The model.
        model: &'static str,
        /// The option that it does not have.
        option: String,
        /// The options that it has.
        known: Vec<String>,
    },
    /// The states of the model stay in this process.
    #[error("a search of {0} cannot be saved; run it in one go")]
    Unsaved(&'static str),
    /// The options make no world together.
    #[error(transparent)]
    NoWorld(#[from] WorldError),
    /// The question makes no sense for the model.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// Makes the options, and what a model takes of them, from the table below.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty, arg($($arg:tt)*);)*) => {
        /// A world as far as it is said: what is left out has the default of the model.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[cfg_attr(feature = "cli", derive(clap::Args))]
        #[cfg_attr(feature = "cli", command(next_help_heading = "The world of the model"))]
        pub struct Options {
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                #[cfg_attr(feature = "cli", arg($($arg)*))]
                pub $name: Option<$type>,
            )*
        }

        impl Taker<'_> {
            $(
                /// The value of the option, which the model thereby knows.
                pub(super) fn $name(&mut self) -> Option<$type> {
                    self.known.push(stringify!($name));
                    self.options.$name.clone()
                }
            )*

            /// The options that are given.
            fn given(&self) -> impl Iterator<Item = &'static str> {
                let given = [$((stringify!($name), self.options.$name.is_some()),)*];
                given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name))
            }
        }
    };
}

options! {
    /// Peers beside the source: `churn` and `schedule` 1 to 7 (default 3), `choke` 1 to 4
    /// neighbors (default 3), `tracker` 1 to 4 (default 2), `swarm` 1 to 3 (default 2)
    peers: usize, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<usize>(it, 1, ROW_PEERS),
    );
    /// Chunks of the file: `churn` and `schedule` 1 to 6, `swarm` 1 to 4 (default 2)
    chunks: usize, arg(
        long,
        value_name = "M",
        value_parser = |it: &str| number::<usize>(it, 1, ROW_CHUNKS),
    );
    /// What leaving means: a peer that leaves may come back with its chunks, is gone for good with
    /// them, or no peer leaves (default rejoin; `swarm`: none, and engines come back without)
    churn: Departures, arg(long, value_name = "rejoin|once|none", hide_possible_values = true);
    /// Whether the source comes and goes, too (default stays)
    source: SourceStays, arg(long, value_name = "stays|churns", hide_possible_values = true);
    /// Chunks that the source sends a slot: 1 to 10 less the peers (default 1)
    source_slots: u32, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<u32>(it, 1, MOST_SOURCE_SLOTS),
    );
    /// Chunks that a peer can receive a slot, from 1 (default unlimited)
    download_slots: Downloads, arg(long, value_name = "N|unlimited");
    /// Peers send only in swaps, in cycles of at most three, or on credit of S chunks: `schedule` 1
    /// to 6, `choke` 1 to 3 (default none)
    barter: Barter, arg(long, value_name = "none|strict|cycles3|credit:S");
    /// Number of free riders: the last R peers never send, at most all of them (default 0; `choke`:
    /// 1)
    free_riders: usize, arg(
        long,
        value_name = "R",
        value_parser = |it: &str| number::<usize>(it, 0, ROW_PEERS),
    );
    /// A peer that has the file leaves
    selfish: bool, arg(
        long,
        num_args = 0,
        default_missing_value = "true",
    );
    /// Which nodes may send to which; EDGES are written 0-1,1-2 and 0 is the source (default: all
    /// to all)
    overlay: Shape, arg(long, value_name = "path|star|star-leaf|cycle|tree|hypercube|EDGES");
    /// One call a slot and node, which carries a chunk one way or one each way (default any)
    calls: Calls, arg(long, value_name = "any|telegraph|telephone", hide_possible_values = true);
    /// Slots that the source and each peer take for a chunk, such as 1:2,2,3: 1 to 15 each, for at
    /// most 5 peers
    times: ChunkTimes, arg(long, value_name = "S:a,b,c");
    /// Members that a peer asks the tracker for: 0 to 4294967295 (default 1)
    want: u32, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<u32>(it, 0, u32::MAX as usize),
    );
    /// Neighbors that are served at a time, beside the optimistic one: `choke` 1 to 4 (default 1),
    /// `swarm` 1 to 4294967295 (default 4)
    slots: u32, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<u32>(it, 1, u32::MAX as usize),
    );
    /// Which neighbors the choker serves; barter is a policy of its own (default tit-for-tat)
    policy: ServingPolicy, arg(
        long,
        value_name = "tit-for-tat|round-robin|seed-round-robin|seed-fastest-first",
        hide_possible_values = true,
    );
    /// Whether one more slot goes to a random neighbor (default on)
    optimistic: Optimistic, arg(long, value_name = "on|off", hide_possible_values = true);
    /// How many departures there may be in all: 0 to 255 (default 1 where peers may leave)
    departures: u8, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<u8>(it, 0, u8::MAX.into()),
    );
    /// How many connections may break in all: 0 to 255 (default 0)
    losses: u8, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<u8>(it, 0, u8::MAX.into()),
    );
    /// Timers run out when nothing else can happen, or N of them at any time, 0 to 255 (default
    /// idle)
    timers: Timers, arg(long, value_name = "idle|any:N");
    /// When a node hears that its uplink is free (default at-once)
    ready: Ready, arg(long, value_name = "at-once|any-time", hide_possible_values = true);
    /// Neighbors that a node looks for: 1 to 4294967295 (default 4)
    neighbors: u32, arg(
        long,
        value_name = "N",
        value_parser = |it: &str| number::<u32>(it, 1, u32::MAX as usize),
    );
    /// Whether the source sends each chunk once before it repeats one (default true)
    super_seeding: bool, arg(long, value_name = "true|false", hide_possible_values = true);
    /// What may be assumed of runs when `everyone_completes` is judged: weak and strong fairness
    /// of the named actions (default: nothing)
    fair: Fairness, arg(skip);
}

/// Takes options one by one and remembers which the model knows.
pub(super) struct Taker<'o> {
    model: &'static str,
    options: &'o Options,
    known: Vec<&'static str>,
}

impl<'o> Taker<'o> {
    pub(super) fn new(model: &'static str, options: &'o Options) -> Self {
        Taker { model, options, known: Vec::new() }
    }

    /// Refuses options that the model did not take.
    ///
    /// # Errors
    /// The first of them.
    pub(super) fn finish(self) -> Result<(), Refused> {
        let written = |name: &str| name.replace('_', "-");
        let foreign = self.given().find(|name| !self.known.contains(name));
        foreign.map_or(Ok(()), |option| {
            Err(Refused::UnknownOption {
                model: self.model,
                option: written(option),
                known: self.known.iter().map(|name| written(name)).collect(),
            })
        })
    }
}
