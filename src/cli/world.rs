//! The options that make the world of a model, by the names that models know.
//!
//! Nothing is understood here: each model reads its own options and refuses those of others.

use clap::Args;
use swarmbound::checker::CheckError;
use swarmbound::models::{Options, Refused};

use super::Failure;

/// What a small world is like; each model says which of these it has.
#[derive(Args)]
#[command(next_help_heading = "The world of the model")]
pub(super) struct World {
    /// Peers beside the source (default 3, `swarm` and `tracker` 2)
    #[arg(long, value_name = "N")]
    peers: Option<String>,
    /// Chunks of the file (default 2)
    #[arg(long, value_name = "M")]
    chunks: Option<String>,
    /// What leaving means: a peer that leaves may come back with its chunks, is gone for good with
    /// them, or no peer leaves (default rejoin; `swarm`: none, and engines come back without)
    #[arg(long, value_name = "rejoin|once|none")]
    churn: Option<String>,
    /// Whether the source comes and goes, too (default stays)
    #[arg(long, value_name = "stays|churns")]
    source: Option<String>,
    /// Chunks that the source sends a slot (default 1)
    #[arg(long, value_name = "N")]
    source_slots: Option<String>,
    /// Chunks that a peer can receive a slot (default unlimited)
    #[arg(long, value_name = "N|unlimited")]
    download_slots: Option<String>,
    /// Peers send only in swaps, in cycles of at most three, or on credit of S chunks (default
    /// none)
    #[arg(long, value_name = "none|strict|cycles3|credit:S")]
    barter: Option<String>,
    /// Number of free riders: the last R peers never send (default 0)
    #[arg(long, value_name = "R")]
    free_riders: Option<String>,
    /// A peer that has the file leaves
    #[arg(long)]
    selfish: bool,
    /// Which nodes may send to which; EDGES are written 0-1,1-2 and 0 is the source (default: all
    /// to all)
    #[arg(long, value_name = "path|star|star-leaf|cycle|tree|hypercube|EDGES")]
    overlay: Option<String>,
    /// One call a slot and node, which carries a chunk one way or one each way (default any)
    #[arg(long, value_name = "any|telegraph|telephone")]
    calls: Option<String>,
    /// Slots that the source and each peer take for a chunk, such as 1:2,2,3
    #[arg(long, value_name = "S:a,b,c")]
    times: Option<String>,
    /// Members that a peer asks the tracker for (default 1)
    #[arg(long, value_name = "N")]
    want: Option<String>,
    /// Neighbors that are served at a time, beside the optimistic one (default 1; swarm: 4)
    #[arg(long, value_name = "N")]
    slots: Option<String>,
    /// Which neighbors the choker serves; barter is a policy of its own (default tit-for-tat)
    #[arg(long, value_name = "tit-for-tat|round-robin|seed-round-robin|seed-fastest-first")]
    policy: Option<String>,
    /// Whether one more slot goes to a random neighbor (default on)
    #[arg(long, value_name = "on|off")]
    optimistic: Option<String>,
    /// How many departures there may be in all (default 1 where peers may leave)
    #[arg(long, value_name = "N")]
    departures: Option<String>,
    /// How many connections may break in all (default 0)
    #[arg(long, value_name = "N")]
    losses: Option<String>,
    /// Timers run out when nothing else can happen, or N of them at any time (default idle)
    #[arg(long, value_name = "idle|any:N")]
    timers: Option<String>,
    /// When a node hears that its uplink is free (default at-once)
    #[arg(long, value_name = "at-once|any-time")]
    ready: Option<String>,
    /// Neighbors that a node looks for (default 4)
    #[arg(long, value_name = "N")]
    neighbors: Option<String>,
    /// Whether the source sends each chunk once before it repeats one (default true)
    #[arg(long, value_name = "true|false")]
    super_seeding: Option<String>,
}

impl World {
    /// The options that were written.
    pub(super) fn options(&self) -> Options {
        let selfish = self.selfish.then(|| "true".to_owned());
        let written = [
            ("peers", &self.peers),
            ("chunks", &self.chunks),
            ("churn", &self.churn),
            ("source", &self.source),
            ("source-slots", &self.source_slots),
            ("download-slots", &self.download_slots),
            ("barter", &self.barter),
            ("free-riders", &self.free_riders),
            ("selfish", &selfish),
            ("overlay", &self.overlay),
            ("calls", &self.calls),
            ("times", &self.times),
            ("want", &self.want),
            ("slots", &self.slots),
            ("policy", &self.policy),
            ("optimistic", &self.optimistic),
            ("departures", &self.departures),
            ("losses", &self.losses),
            ("timers", &self.timers),
            ("ready", &self.ready),
            ("neighbors", &self.neighbors),
            ("super-seeding", &self.super_seeding),
        ];
        written.into_iter().fold(Options::default(), |options, (name, value)| match value {
            Some(value) => options.with(name, value),
            None => options,
        })
    }
}

/// Says what is wrong as the command line writes it.
pub(super) fn refused(refused: Refused) -> Failure {
    Failure(match refused {
        Refused::UnknownOption { model, option, known } => {
            let known: Vec<String> = known.split(", ").map(|name| format!("--{name}")).collect();
            format!("{model} has no option --{option}; write one of {}", known.join(", "))
        }
        Refused::BadValue { option, message } => format!("--{option}: {message}"),
        Refused::UnknownModel { name, known } => {
            format!("`{name}` is no model; write one of {known}")
        }
        Refused::Check(CheckError::UnknownClass { name, known, .. }) => {
            format!("--fair: there is no action `{name}`; write all, or some of {known}")
        }
        Refused::Check(CheckError::FairnessInQuotient { .. }) => {
            "--fair and --symmetry: fairness speaks of single actions, which the symmetry takes \
             for one; leave out one of the two"
                .to_owned()
        }
        Refused::NoWorld(_) | Refused::Check(_) => refused.to_string(),
    })
}
