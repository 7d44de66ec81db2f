//! Models by name, with options by name: what the commands `check` and `explore` call.
//!
//! It reads no clock and prints nothing: limits, the watch and the writers are the caller's.

use std::io::{BufRead, Write};
use std::net::ToSocketAddrs;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stateright::Model;

use super::choke::{Choking, Optimistic};
use super::churn::{Churn, Departures, SourceStays};
use super::error::{WorldError, riders_among};
use super::options::{Options, Refused, Taker};
use super::outcome::CheckOutcome;
use super::schedule::{EVERYONE, Leaving, Moves, Overlay, Rules, Schedule, ScheduleWorld};
use super::swarm::{self, Ready, Swarm, Timers};
use super::tracker::Introductions;
use super::words::{Barter, Calls, ChunkTimes, Downloads, ServingPolicy};
use crate::checker::{
    CheckError, CheckSettings, Checked, Explorable, KeepEdges, Limits, Quotient, Search, Spec,
    Stop, Watch, Workers,
};
use crate::scenario::{Choker, Seeding};
use crate::swarm::{Peer, Policy, Tracker};

/// A model that can be named.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The question that it asks.
    pub question: &'static str,
}

/// Every model.
pub static ALL: &[Entry] = &[
    Entry {
        name: "churn",
        question: "do all peers get the file when any of them may come and go?",
    },
    Entry { name: "schedule", question: "how many slots does the best schedule need?" },
    Entry { name: "tracker", question: "does the tracker list the peers that are present?" },
    Entry { name: "choke", question: "does the choker give each neighbor its turn, and no more?" },
    Entry { name: "swarm", question: "does every run of the reference engine end well?" },
];

/// A check beside its model and options: limits, threads, files.
pub struct ModelRun<'a> {
    /// How far to search.
    pub limits: Limits,
    /// Whether states that differ only in names are one; `schedule` always takes them for one.
    pub quotient: Quotient,
    /// The threads; the result does not depend on them.
    pub workers: &'a dyn Workers,
    /// Called from time to time to decide whether to continue; clocks live there.
    pub watch: &'a mut Watch<'a>,
    /// Where to write the graph.
    pub exports: Vec<Export<'a>>,
    /// A checkpoint to resume from; None starts anew.
    pub resume: Option<&'a mut dyn BufRead>,
    /// Where to save the search when it ends, to resume it later.
    pub save: Option<&'a mut dyn Write>,
}

/// A file to write the graph to.
pub struct Export<'a> {
    /// Its format.
    pub format: Format,
    /// The most states to write.
    pub most: usize,
    /// The file.
    pub out: &'a mut dyn Write,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// A state a line.
    JsonLines,
}

/// Checks the model of that name.
///
/// # Errors
/// A name or an option that does not exist, options that make no world, a question that makes no
/// sense for the model.
pub fn run(model: &str, options: &Options, run: ModelRun<'_>) -> Result<CheckOutcome, Refused> {
    match model {
        "churn" => {
            let churn = churn(options)?;
            let mut spec = churn.spec();
            if churn.departures == Departures::Once && run.quotient == Quotient::Raw {
                spec.claims.push(Churn::peer_one_can_complete());
            }
            answer(model, (&churn, &spec), options, Stop::Exhausted, run)
        }
        "schedule" => {
            let schedule = schedule(options)?;
            // No claim of it tells names apart, and without symmetry seven peers take too long.
            let run = ModelRun { quotient: Quotient::Symmetric, ..run };
            let outcome = check(model, &schedule, options, Stop::Reached(EVERYONE), run)?;
            let makespan = outcome.property(EVERYONE).and_then(|property| property.steps);
            Ok(CheckOutcome { makespan, ..outcome })
        }
        "tracker" => check(model, &tracker(options)?, options, Stop::Exhausted, run),
        "choke" => check(model, &choke(options)?, options, Stop::Exhausted, run),
        "swarm" => {
            let swarm = swarm(options)?;
            let left_out = swarm.world().left_out();
            Ok(CheckOutcome { left_out, ..unsaved("swarm", &swarm, options, run)? })
        }
        _ => Err(unknown(model)),
    }
}

/// Whether more threads than one find the same sooner. A step of `churn` costs less than handing
/// its states to another thread and back; a canonical form or a step of real code costs more.
pub fn shares_well(model: &str, quotient: Quotient) -> bool {
    quotient == Quotient::Symmetric || model != "churn"
}

/// Serves stateright's Explorer for the model of that name; returns only when it fails.
///
/// # Errors
/// A name or an option that does not exist, or options that make no world.
pub fn explore(model: &str, options: &Options, address: impl ToSocketAddrs) -> Result<(), Refused> {
    match model {
        "churn" => drop(churn(options)?.checker().serve(address)),
        "schedule" => drop(schedule(options)?.checker().serve(address)),
        "tracker" => drop(tracker(options)?.checker().serve(address)),
        "choke" => drop(choke(options)?.checker().serve(address)),
        "swarm" => drop(swarm(options)?.checker().serve(address)),
        _ => return Err(unknown(model)),
    }
    Ok(())
}

fn unknown(name: &str) -> Refused {
    let known: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
    Refused::UnknownModel { name: name.into(), known: known.join(", ") }
}

fn check<M>(
    name: &str,
    model: &M,
    options: &Options,
    stop: Stop,
    run: ModelRun<'_>,
) -> Result<CheckOutcome, Refused>
where
    M: Checked + Explorable<State: Serialize + DeserializeOwned + Send> + Sync,
{
    answer(name, (model, &model.spec()), options, stop, run)
}

fn answer<M>(
    name: &str,
    (model, spec): (&M, &Spec<M>),
    options: &Options,
    stop: Stop,
    run: ModelRun<'_>,
) -> Result<CheckOutcome, Refused>
where
    M: Explorable<State: Serialize + DeserializeOwned + Send> + Sync,
{
    let settings = settings(&run, stop);
    let identity = format!("swarmbound {} {name} {options:?}", env!("CARGO_PKG_VERSION"));
    let mut search = match run.resume {
        Some(input) => Search::resume(model, spec, settings, &identity, input)?,
        None => Search::new(model, spec, settings)?,
    };
    let exploration = search.run_with(run.workers, run.limits, run.watch)?;
    export(&search, run.exports)?;
    if let Some(out) = run.save {
        search.save(&identity, out)?;
    }
    Ok(CheckOutcome::new(name, options, &search.report(exploration)?))
}

/// Checks a model whose states stay in this process: engines need not know how to be written down.
fn unsaved<M>(
    name: &'static str,
    model: &M,
    options: &Options,
    run: ModelRun<'_>,
) -> Result<CheckOutcome, Refused>
where
    M: Checked + Explorable<State: Send> + Sync,
{
    if run.save.is_some() || run.resume.is_some() {
        return Err(Refused::Unsaved(name));
    }
    let spec = model.spec();
    let mut search = Search::new(model, &spec, settings(&run, Stop::Exhausted))?;
    let exploration = search.run_with(run.workers, run.limits, run.watch)?;
    export(&search, run.exports)?;
    Ok(CheckOutcome::new(name, options, &search.report(exploration)?))
}

fn settings(run: &ModelRun<'_>, stop: Stop) -> CheckSettings {
    let edges = match run.exports.is_empty() {
        true => KeepEdges::AsClaimed,
        false => KeepEdges::Always,
    };
    CheckSettings { quotient: run.quotient, stop, edges }
}

fn export<M: Explorable>(
    search: &Search<'_, M>,
    exports: Vec<Export<'_>>,
) -> Result<(), CheckError> {
    for export in exports {
        match export.format {
            Format::Dot => search.write_dot(export.out, export.most)?,
            Format::JsonLines => search.write_json_lines(export.out, export.most)?,
        };
    }
    Ok(())
}

fn churn(options: &Options) -> Result<Churn, Refused> {
    let mut take = Taker::new("churn", options);
    let (peers, chunks) = (take.peers().unwrap_or(3), take.chunks().unwrap_or(2));
    let departures = take.churn().unwrap_or(Departures::Rejoin);
    let source = take.source().unwrap_or(SourceStays::Stays);
    let free_riders = take.free_riders().unwrap_or(0);
    let fairness = take.fair().unwrap_or_default();
    take.finish()?;
    riders_among(free_riders, peers)?;
    let churn = Churn::new(peers, chunks, departures, source)?;
    Ok(Churn { free_riders, fairness, ..churn })
}

fn schedule(options: &Options) -> Result<Schedule, Refused> {
    let mut take = Taker::new("schedule", options);
    let (peers, chunks) = (take.peers().unwrap_or(3), take.chunks().unwrap_or(2));
    let plain = ScheduleWorld::plain(peers, chunks);
    let mut world = ScheduleWorld {
        source_slots: take.source_slots().unwrap_or(1),
        download_slots: match take.download_slots() {
            Some(Downloads::Slots(slots)) => Some(slots),
            Some(Downloads::Unlimited) | None => None,
        },
        free_riders: take.free_riders().unwrap_or(0),
        leaving: match take.selfish() {
            Some(true) => Leaving::Selfish,
            _ => Leaving::Altruistic,
        },
        overlay: match take.overlay() {
            Some(shape) => Overlay::new(&shape, peers)?,
            None => plain.overlay.clone(),
        },
        rules: rules(take.calls(), take.barter(), take.times())?,
        ..plain
    };
    take.finish()?;
    if world.allows_dominance() {
        world.moves = Moves::Dominant;
    }
    Ok(Schedule::new(world)?)
}

/// What binds a slot: one of calls, barter and times.
fn rules(
    calls: Option<Calls>,
    barter: Option<Barter>,
    times: Option<ChunkTimes>,
) -> Result<Rules, WorldError> {
    let calls = calls.and_then(|calls| match calls {
        Calls::Any => None,
        Calls::Telegraph => Some(Rules::Telegraph),
        Calls::Telephone => Some(Rules::Telephone),
    });
    let barter = barter.and_then(|barter| match barter {
        Barter::None => None,
        Barter::Strict => Some(Rules::Strict),
        Barter::Cycles3 => Some(Rules::Cycles3),
        Barter::Credit(most) => Some(Rules::Credit(most)),
    });
    let times = times.map(|ChunkTimes(times)| Rules::Serial(times));
    let mut rules = [calls, barter, times].into_iter().flatten();
    match (rules.next(), rules.next()) {
        (chosen, None) => Ok(chosen.unwrap_or(Rules::Free)),
        _ => Err(WorldError::Contradiction(
            "calls, barter and times exclude each other; write one of them",
        )),
    }
}

fn tracker(options: &Options) -> Result<Introductions<Tracker>, Refused> {
    let mut take = Taker::new("tracker", options);
    let (peers, want) = (take.peers().unwrap_or(2), take.want().unwrap_or(1));
    take.finish()?;
    Ok(Introductions::new(peers, want)?)
}

fn choke(options: &Options) -> Result<Choking, Refused> {
    let mut take = Taker::new("choke", options);
    let (neighbors, slots) = (take.peers().unwrap_or(3), take.slots().unwrap_or(1));
    let free_riders = take.free_riders().unwrap_or(1);
    let (policy, barter) = (take.policy(), take.barter());
    let optimistic = take.optimistic().unwrap_or(Optimistic::On);
    take.finish()?;
    let policy = match (policy, barter.map_or(Ok(Choker::TitForTat), choker)?) {
        (None, choker) => Policy::Leecher(choker),
        (Some(_), Choker::StrictBarter | Choker::Credit(_)) => {
            return Err(Refused::NoWorld(WorldError::Contradiction(
                "barter is a policy of its own; leave out the policy, or the barter",
            )));
        }
        (Some(ServingPolicy::TitForTat), _) => Policy::Leecher(Choker::TitForTat),
        (Some(ServingPolicy::RoundRobin), _) => Policy::Leecher(Choker::RoundRobin),
        (Some(ServingPolicy::SeedRoundRobin), _) => Policy::Seeder(Seeding::RoundRobin),
        (Some(ServingPolicy::SeedFastestFirst), _) => Policy::Seeder(Seeding::FastestFirst),
    };
    let world = Choking::new(neighbors, slots as usize, policy, optimistic)?;
    Ok(world.with_free_riders(free_riders)?)
}

fn swarm(options: &Options) -> Result<Swarm<Peer, Tracker>, Refused> {
    let mut take = Taker::new("swarm", options);
    let (peers, chunks) = (take.peers().unwrap_or(2), take.chunks().unwrap_or(2));
    let mut world = swarm::SwarmWorld::calm(peers, chunks);
    world.churn = take.churn().unwrap_or(Departures::None);
    world.source = take.source().unwrap_or(SourceStays::Stays);
    let no_node_leaves = world.churn == Departures::None;
    world.departures = take.departures().unwrap_or(if no_node_leaves { 0 } else { 1 });
    if no_node_leaves && (world.departures != 0 || world.source == SourceStays::Churns) {
        return Err(Refused::NoWorld(WorldError::Contradiction(
            "no node leaves with --churn none; write --churn once or --churn rejoin",
        )));
    }
    world.losses = take.losses().unwrap_or(0);
    world.free_riders = take.free_riders().unwrap_or(0);
    world.timers = take.timers().unwrap_or(Timers::Idle);
    world.ready = take.ready().unwrap_or(Ready::AtOnce);
    world.fairness = take.fair().unwrap_or_default();
    let protocol = &mut world.protocol;
    protocol.unchoke_slots = take.slots().unwrap_or(4);
    protocol.neighbors = take.neighbors().unwrap_or(4);
    protocol.super_seeding = take.super_seeding().unwrap_or(true);
    if take.optimistic() == Some(Optimistic::Off) {
        protocol.optimistic = None;
    }
    protocol.choker = take.barter().map_or(Ok(Choker::TitForTat), choker)?;
    take.finish()?;
    Ok(Swarm::new(world)?)
}

/// The barter that the reference engine knows.
fn choker(barter: Barter) -> Result<Choker, WorldError> {
    match barter {
        Barter::None => Ok(Choker::TitForTat),
        Barter::Strict => Ok(Choker::StrictBarter),
        Barter::Credit(most) => Ok(Choker::Credit(most.into())),
        Barter::Cycles3 => Err(WorldError::Contradiction(
            "a choker knows no cycles of three; write none, strict or credit:1",
        )),
    }
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;
