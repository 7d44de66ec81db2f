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
use super::options::{Options, Refused, Taker};
use super::outcome::CheckOutcome;
use super::schedule::{EVERYONE, Leaving, Moves, Overlay, Rules, Schedule, ScheduleWorld};
use super::swarm::{self, Ready, Swarm, Timers};
use super::tracker::Introductions;
use crate::checker::{
    CheckError, CheckSettings, Checked, Explorable, Fairness, KeepEdges, Limits, Quotient, Search,
    Spec, Stop, Watch, Workers,
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
            Ok(CheckOutcome { left_out, ..unsaved(model, &swarm, options, run)? })
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
    let identity = format!("swarmbound {} {name} {:?}", env!("CARGO_PKG_VERSION"), options.0);
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
    name: &str,
    model: &M,
    options: &Options,
    run: ModelRun<'_>,
) -> Result<CheckOutcome, Refused>
where
    M: Checked + Explorable<State: Send> + Sync,
{
    if run.save.is_some() || run.resume.is_some() {
        let message = format!("a search of {name} cannot be saved; run it in one go");
        return Err(Refused::NoWorld(message));
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
    let peers = take.number("peers", 3)?;
    let chunks = take.number("chunks", 2)?;
    let departures = take.word(
        "churn",
        &[("rejoin", Departures::Rejoin), ("once", Departures::Once), ("none", Departures::None)],
    )?;
    let source =
        take.word("source", &[("stays", SourceStays::Stays), ("churns", SourceStays::Churns)])?;
    let free_riders = take.number("free-riders", 0)?;
    let fairness = take.parsed("fair", "", Fairness::parse)?;
    take.finish()?;
    if peers < free_riders {
        let message = format!("{free_riders} free riders; write at most {peers}");
        return Err(Refused::NoWorld(message));
    }
    let churn = Churn::new(peers, chunks, departures, source).map_err(Refused::NoWorld)?;
    Ok(Churn { free_riders, fairness, ..churn })
}

fn schedule(options: &Options) -> Result<Schedule, Refused> {
    let mut take = Taker::new("schedule", options);
    let peers = take.number("peers", 3)?;
    let chunks = take.number("chunks", 2)?;
    let source_slots = take.number("source-slots", 1)?;
    let download_slots = take.parsed("download-slots", "unlimited", |text| match text {
        "unlimited" => Ok(None),
        _ => text.parse().map(Some).map_err(|_| format!("{text:?}; write a number or unlimited")),
    })?;
    let free_riders = take.number("free-riders", 0)?;
    let leaving =
        take.word("selfish", &[("false", Leaving::Altruistic), ("true", Leaving::Selfish)])?;
    let overlay = take.text("overlay");
    let calls = take
        .word(
            "calls",
            &[
                ("any", None),
                ("telegraph", Some(Rules::Telegraph)),
                ("telephone", Some(Rules::Telephone)),
            ]
            .each_ref()
            .map(|(word, rules)| (*word, rules.as_ref())),
        )?
        .cloned();
    let barter = take.parsed("barter", "none", barter)?;
    let times = take.parsed("times", "", times)?;
    take.finish()?;
    let mut rules = [calls, barter, times].into_iter().flatten();
    let chosen = rules.next().unwrap_or(Rules::Free);
    if rules.next().is_some() {
        let message = "calls, barter and times exclude each other; write one of them";
        return Err(Refused::NoWorld(message.into()));
    }
    let plain = ScheduleWorld::plain(peers, chunks);
    let overlay = match overlay {
        None => plain.overlay.clone(),
        Some(text) => Overlay::parse(text, peers)
            .map_err(|message| Refused::BadValue { option: "overlay", message })?,
    };
    let mut world = ScheduleWorld {
        source_slots,
        download_slots,
        free_riders,
        leaving,
        overlay,
        rules: chosen,
        ..plain
    };
    if world.allows_dominance() {
        world.moves = Moves::Dominant;
    }
    Schedule::new(world).map_err(Refused::NoWorld)
}

fn tracker(options: &Options) -> Result<Introductions<Tracker>, Refused> {
    let mut take = Taker::new("tracker", options);
    let peers = take.number("peers", 2)?;
    let want = take.number("want", 1)?;
    take.finish()?;
    Introductions::new(peers, want).map_err(Refused::NoWorld)
}

fn choke(options: &Options) -> Result<Choking, Refused> {
    let mut take = Taker::new("choke", options);
    let neighbors = take.number("peers", 3)?;
    let slots = take.number("slots", 1)?;
    let free_riders = take.number("free-riders", 1)?;
    let policy = take.word(
        "policy",
        &[
            ("tit-for-tat", Policy::Leecher(Choker::TitForTat)),
            ("round-robin", Policy::Leecher(Choker::RoundRobin)),
            ("seed-round-robin", Policy::Seeder(Seeding::RoundRobin)),
            ("seed-fastest-first", Policy::Seeder(Seeding::FastestFirst)),
        ],
    )?;
    let optimistic =
        take.word("optimistic", &[("on", Optimistic::On), ("off", Optimistic::Off)])?;
    let policy = match take.parsed("barter", "none", barter)? {
        None => policy,
        Some(_) if options.0.contains_key("policy") => {
            let message = "barter is a policy of its own; leave out the policy, or the barter";
            return Err(Refused::NoWorld(message.into()));
        }
        Some(Rules::Credit(most)) => Policy::Leecher(Choker::Credit(u32::from(most))),
        Some(Rules::Strict) => Policy::Leecher(Choker::StrictBarter),
        Some(_) => {
            let message = "a choker knows no cycles of three; write none, strict or credit:1";
            return Err(Refused::BadValue { option: "barter", message: message.into() });
        }
    };
    take.finish()?;
    let world = Choking::new(neighbors, slots, policy, optimistic).map_err(Refused::NoWorld)?;
    world.with_free_riders(free_riders).map_err(Refused::NoWorld)
}

fn swarm(options: &Options) -> Result<Swarm<Peer, Tracker>, Refused> {
    let mut take = Taker::new("swarm", options);
    let mut world = swarm::SwarmWorld::calm(take.number("peers", 2)?, take.number("chunks", 2)?);
    world.churn = take.word(
        "churn",
        &[("none", Departures::None), ("once", Departures::Once), ("rejoin", Departures::Rejoin)],
    )?;
    world.source =
        take.word("source", &[("stays", SourceStays::Stays), ("churns", SourceStays::Churns)])?;
    let no_node_leaves = world.churn == Departures::None;
    world.departures = take.number("departures", if no_node_leaves { 0 } else { 1 })?;
    if no_node_leaves && (world.departures != 0 || world.source == SourceStays::Churns) {
        let message = "no node leaves with --churn none; write --churn once or --churn rejoin";
        return Err(Refused::NoWorld(message.into()));
    }
    world.losses = take.number("losses", 0)?;
    world.free_riders = take.number("free-riders", 0)?;
    world.timers = take.parsed("timers", "idle", timers)?;
    world.ready =
        take.word("ready", &[("at-once", Ready::AtOnce), ("any-time", Ready::AnyTime)])?;
    world.fairness = take.parsed("fair", "", Fairness::parse)?;
    let protocol = &mut world.protocol;
    protocol.unchoke_slots = take.parsed("slots", "4", at_least_one)?;
    protocol.neighbors = take.parsed("neighbors", "4", at_least_one)?;
    protocol.super_seeding = take.word("super-seeding", &[("true", true), ("false", false)])?;
    let optimistic = protocol.optimistic;
    protocol.optimistic = take.word("optimistic", &[("on", optimistic), ("off", None)])?;
    protocol.choker = take.parsed("barter", "none", choker)?;
    take.finish()?;
    Swarm::new(world).map_err(Refused::NoWorld)
}

/// `idle` or `any:N`.
fn timers(text: &str) -> Result<Timers, String> {
    match (text, text.strip_prefix("any:").map(str::parse)) {
        ("idle", _) => Ok(Timers::Idle),
        (_, Some(Ok(most))) => Ok(Timers::Any(most)),
        _ => Err(format!("{text:?}; write idle, or any:3 for three of them at any time")),
    }
}

fn at_least_one(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number) if 0 < number => Ok(number),
        _ => Err(format!("{text:?}; write a number from 1 on")),
    }
}

/// The barter that the reference engine knows.
fn choker(text: &str) -> Result<Choker, String> {
    match barter(text)? {
        None => Ok(Choker::TitForTat),
        Some(Rules::Strict) => Ok(Choker::StrictBarter),
        Some(Rules::Credit(most)) => Ok(Choker::Credit(u32::from(most))),
        Some(_) => Err(format!("{text:?} is for schedules; write none, strict or credit:1")),
    }
}

/// `none`, `strict`, `cycles3` or `credit:S`.
fn barter(text: &str) -> Result<Option<Rules>, String> {
    match text {
        "none" => Ok(None),
        "strict" => Ok(Some(Rules::Strict)),
        "cycles3" => Ok(Some(Rules::Cycles3)),
        _ => match text.strip_prefix("credit:").map(str::parse) {
            Some(Ok(most)) => Ok(Some(Rules::Credit(most))),
            _ => Err(format!("{text:?}; write none, strict, cycles3 or credit:1")),
        },
    }
}

/// `S:a,b,c`: the slots that the source and each peer take for a chunk.
fn times(text: &str) -> Result<Option<Rules>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let numbers = text.split([':', ',']).map(str::parse);
    match (text.split_once(':'), numbers.collect::<Result<Vec<u8>, _>>()) {
        (Some(_), Ok(times)) => Ok(Some(Rules::Serial(times))),
        _ => Err(format!("{text:?}; write the slots of a chunk, such as 1:2,2,3")),
    }
}

#[cfg(test)]
mod tests;
