use std::ops::ControlFlow;

use clap::{CommandFactory, Parser};

use super::*;
use crate::checker::{Fairness, Reason, SearchProgress};
use crate::models::Threads;
use crate::models::schedule::Shape;

/// A world as the command line writes it.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Written {
    #[command(flatten)]
    options: Options,
    #[arg(long)]
    fair: Option<Fairness>,
}

/// The options by their names without dashes, or why there are none.
fn read(pairs: &[(&str, &str)]) -> Result<Options, clap::Error> {
    let word = |(name, value): &(&str, &str)| match *value {
        "" => format!("--{name}"),
        value => format!("--{name}={value}"),
    };
    let written = Written::try_parse_from(pairs.iter().map(word))?;
    Ok(Options { fair: written.fair, ..written.options })
}

fn options(pairs: &[(&str, &str)]) -> Options {
    read(pairs).unwrap()
}

fn plain<'a>(watch: &'a mut Watch<'a>) -> ModelRun<'a> {
    ModelRun {
        limits: Limits::NONE,
        quotient: Quotient::Raw,
        workers: &Threads::ONE,
        watch,
        exports: Vec::new(),
        resume: None,
        save: None,
    }
}

fn go(_: &SearchProgress) -> ControlFlow<Reason> {
    ControlFlow::Continue(())
}

fn outcome(model: &str, pairs: &[(&str, &str)]) -> Result<CheckOutcome, Refused> {
    run(model, &options(pairs), plain(&mut go))
}

#[test]
fn every_model_runs_without_options_and_requires_nothing_that_fails() {
    for entry in ALL {
        let outcome = outcome(entry.name, &[]).unwrap();
        assert_eq!(outcome.exit_code(), 0, "{outcome:?}");
    }
}

#[test]
fn an_option_that_a_model_does_not_have_is_refused() {
    let refusals = [
        ("churn", "overlay", "path"),
        ("churn", "churn", "often"),
        ("churn", "peers", "-1"),
        ("churn", "peers", "8"),
        ("churn", "chunks", "0"),
        ("churn", "free-riders", "4"),
        ("churn", "fair", "WF(joining)"),
        ("schedule", "churn", "once"),
        ("schedule", "overlay", "torus"),
        ("schedule", "overlay", "0-9"),
        ("schedule", "overlay", "hypercube,"),
        ("schedule", "barter", "credit"),
        ("schedule", "barter", "credit:0"),
        ("schedule", "times", "1,2"),
        ("schedule", "times", "1:2,2"),
        ("schedule", "times", "1:2,0,2"),
        ("schedule", "download-slots", "0"),
        ("schedule", "source-slots", "8"),
        ("schedule", "free-riders", "4"),
        ("schedule", "peers", "999999999999"),
        ("tracker", "peers", "5"),
        ("tracker", "chunks", "2"),
        ("choke", "peers", "0"),
        ("choke", "slots", "0"),
        ("choke", "policy", "strict"),
        ("choke", "free-riders", "4"),
        ("swarm", "peers", "4"),
        ("swarm", "chunks", "5"),
        ("swarm", "free-riders", "3"),
        ("swarm", "source", "churns"),
        ("swarm", "departures", "1"),
        ("swarm", "losses", "256"),
        ("swarm", "timers", "any"),
        ("swarm", "ready", "late"),
        ("swarm", "slots", "0"),
        ("swarm", "neighbors", "0"),
        ("swarm", "barter", "cycles3"),
        ("swarm", "fair", "WF(transfer)"),
        ("swarm", "overlay", "path"),
    ];
    for (model, option, value) in refusals {
        let Ok(options) = read(&[(option, value)]) else { continue };
        let refused = run(model, &options, plain(&mut go));
        assert!(refused.is_err(), "{model} --{option} {value}");
    }
    assert!(outcome("choir", &[]).unwrap_err().to_string().contains("churn, schedule"));
    // Before a graph is made: it would not fit into any memory.
    let vast =
        Options { peers: Some(usize::MAX), overlay: Some(Shape::Path), ..Options::default() };
    let refused = run("schedule", &vast, plain(&mut go)).unwrap_err();
    assert!(refused.to_string().contains("write 1 to 7"), "{refused}");
    let both = [("barter", "strict"), ("calls", "telephone")];
    assert!(outcome("schedule", &both).is_err());
}

/// What the help says of a model is what the model keeps.
#[test]
fn the_limits_are_those_of_the_help() {
    let mut command = Written::command();
    let help = command.render_long_help().to_string();
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let limits = [
        ("churn", "peers", 1, 7, "Peers beside the source: `churn` and `schedule` 1 to 7"),
        ("schedule", "peers", 1, 7, "`churn` and `schedule` 1 to 7"),
        ("choke", "peers", 1, 4, "`choke` 1 to 4 neighbors"),
        ("tracker", "peers", 1, 4, "`tracker` 1 to 4 (default 2)"),
        ("swarm", "peers", 1, 3, "`swarm` 1 to 3 (default 2)"),
        ("churn", "chunks", 1, 6, "Chunks of the file: `churn` and `schedule` 1 to 6"),
        ("schedule", "chunks", 1, 6, "`churn` and `schedule` 1 to 6"),
        ("swarm", "chunks", 1, 4, "`swarm` 1 to 4 (default 2)"),
        ("schedule", "source-slots", 1, 7, "1 to 10 less the peers (default 1)"),
        ("choke", "slots", 1, 4, "`choke` 1 to 4 (default 1)"),
        ("churn", "free-riders", 0, 3, "at most all of them"),
    ];
    let makes = |model, option, value: usize| {
        let Ok(options) = read(&[(option, &value.to_string())]) else { return false };
        match model {
            "churn" => churn(&options).is_ok(),
            "schedule" => schedule(&options).is_ok(),
            "tracker" => tracker(&options).is_ok(),
            "choke" => choke(&options).is_ok(),
            _ => swarm(&options).is_ok(),
        }
    };
    for (model, option, least, most, said) in limits {
        assert!(words.contains(said), "{said}: {words}");
        assert!(makes(model, option, least) && makes(model, option, most), "{model} {option}");
        assert!(!makes(model, option, most + 1), "{model} {option}");
        assert!(least == 0 || !makes(model, option, least - 1), "{model} {option}");
    }
}

/// What is repeated in JSON is read as the same.
#[test]
fn options_are_written_as_they_are_read() {
    let all = [
        ("peers", "4"),
        ("churn", "once"),
        ("source", "churns"),
        ("download-slots", "unlimited"),
        ("barter", "credit:2"),
        ("overlay", "0-1,1-2"),
        ("calls", "telephone"),
        ("times", "1:2,2,3"),
        ("policy", "seed-round-robin"),
        ("optimistic", "off"),
        ("timers", "any:3"),
        ("ready", "any-time"),
        ("super-seeding", "false"),
        ("fair", "WF(join),SF(transfer)"),
    ];
    let written = serde_json::to_value(options(&all)).unwrap();
    for (name, value) in all {
        let said = &written[name];
        let said = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
        assert_eq!(said, value, "{name}");
    }
    assert_eq!(written.as_object().unwrap().len(), all.len());
    for shape in ["path", "cycle", "star", "star-leaf", "tree", "hypercube"] {
        assert_eq!(shape.parse::<Shape>().unwrap().to_string(), shape);
    }
}

#[test]
fn the_exit_code_follows_what_was_required_and_what_stayed_open() {
    // Without assumed fairness, that completion is not inevitable is an answer, no failure.
    let calm = outcome("churn", &[]).unwrap();
    assert_eq!(calm.property("everyone_completes").unwrap().verdict, "violated");
    assert_eq!(calm.exit_code(), 0);
    // With assumed fairness it is required, and fails.
    let weak = outcome("churn", &[("fair", "WF(all)")]).unwrap();
    assert_eq!(weak.exit_code(), 1);
    let strong = outcome("churn", &[("fair", "WF(join),SF(transfer)")]).unwrap();
    assert_eq!(strong.exit_code(), 0);
    let mut watch = go;
    let limits = Limits { states: 50, ..Limits::NONE };
    let fair = options(&[("fair", "WF(join),SF(transfer)")]);
    let cut = run("churn", &fair, ModelRun { limits, ..plain(&mut watch) }).unwrap();
    assert_eq!((cut.exploration, cut.reason, cut.exit_code()), ("bounded", Some("states"), 3));
}

#[test]
fn a_schedule_tells_its_makespan() {
    let outcome = outcome("schedule", &[("peers", "4"), ("chunks", "3")]).unwrap();
    // Mundinger, Weber and Weiss 2008: M + floor(lg N).
    assert_eq!(outcome.makespan, Some(5));
    assert_eq!(outcome.property("no_schedule_beats_a_bound").unwrap().verdict, "holds");
    let json = serde_json::to_value(&outcome).unwrap();
    assert_eq!(json["options"], serde_json::json!({"peers": 4, "chunks": 3}));
    assert_eq!((json["makespan"].as_u64(), json["symmetry"].as_bool()), (Some(5), Some(true)));
}

#[test]
fn a_search_of_engines_says_what_it_leaves_out_and_stays_in_one_process() {
    let small = [("peers", "1"), ("losses", "2"), ("timers", "any:1"), ("fair", "WF(all)")];
    let swarm = outcome("swarm", &small).unwrap();
    assert_eq!((swarm.exit_code(), swarm.exploration), (0, "exhausted"));
    let left_out = swarm.left_out.join("; ");
    assert!(left_out.contains("but for 1 in all"), "{left_out}");
    assert!(left_out.contains("0 departures and 2 broken connections"), "{left_out}");
    let mut saved = Vec::new();
    let mut watch = go;
    let saving = ModelRun { save: Some(&mut saved), ..plain(&mut watch) };
    let refusal = run("swarm", &options(&small), saving).unwrap_err().to_string();
    assert!(refusal.contains("cannot be saved"), "{refusal}");
    // Engines may tell names apart.
    let mut watch = go;
    let quotient = ModelRun { quotient: Quotient::Symmetric, ..plain(&mut watch) };
    let refusal = run("swarm", &options(&small), quotient).unwrap_err().to_string();
    assert!(refusal.contains("no symmetry"), "{refusal}");
}

#[test]
fn a_check_can_be_saved_and_taken_up_again() {
    let fair = options(&[("fair", "WF(join),SF(transfer)")]);
    let whole = run("churn", &fair, plain(&mut go)).unwrap();
    let mut saved = Vec::new();
    let mut watch = go;
    let limits = Limits { states: 100, ..Limits::NONE };
    run("churn", &fair, ModelRun { limits, save: Some(&mut saved), ..plain(&mut watch) }).unwrap();
    let mut input = saved.as_slice();
    let mut dot = Vec::new();
    let mut watch = go;
    let export = Export { format: Format::Dot, most: 10, out: &mut dot };
    let mut graph = plain(&mut watch);
    graph.exports.push(export);
    graph.resume = Some(&mut input);
    let resumed = run("churn", &fair, graph).unwrap();
    assert_eq!((resumed.states, resumed.generated), (whole.states, whole.generated));
    assert_eq!(resumed.properties, whole.properties);
    assert!(String::from_utf8(dot).unwrap().contains("join 1"));
    let mut input = saved.as_slice();
    let mut watch = go;
    let other = ModelRun { resume: Some(&mut input), ..plain(&mut watch) };
    assert!(run("churn", &options(&[]), other).is_err(), "other options");
}
