//! `check` and `explore`: what every run of a small swarm says, against tables that were computed
//! by other means (`models/oracles.json`).

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json as object};

use crate::{Said, fields, json, swarmbound};

fn oracles() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/oracles.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The words after `check`, split at blanks, and `--json`.
fn check(words: &str) -> (i32, Value) {
    let mut arguments = vec!["check"];
    arguments.extend(words.split(' '));
    arguments.push("--json");
    let (code, document) = json(&arguments);
    assert_eq!(document["models"].as_array().map(Vec::len), Some(1), "{document}");
    (code, document["models"][0].clone())
}

fn property<'a>(document: &'a Value, name: &str) -> &'a Value {
    let mut properties = document["properties"].as_array().unwrap().iter();
    properties.find(|property| property["name"] == name).unwrap()
}

#[test]
fn churn_counts_what_others_counted() {
    let oracle = &oracles()["churn_model"]["rejoin"]["n3_m2"];
    let (code, raw) = check("churn --peers 3 --chunks 2 --churn rejoin --source churns");
    assert_eq!(code, 0);
    assert_eq!(raw["states"], oracle["states"]);
    assert_eq!(raw["generated"], oracle["generated"]);
    assert_eq!((&raw["exploration"], &raw["symmetry"]), (&object!("exhausted"), &object!(false)));
    let (code, orbits) = check("churn --peers 3 --chunks 2 --source churns --symmetry");
    assert_eq!(code, 0);
    assert_eq!(orbits["states"], oracle["orbits"]);
    assert_eq!(orbits["symmetry"], true);
}

#[test]
fn the_document_has_its_fields() {
    let (_, churn) = check("churn --peers 2 --chunks 1 --max-states 5");
    let always = [
        "bytes",
        "coverage",
        "depth",
        "exploration",
        "generated",
        "model",
        "options",
        "outside",
        "properties",
        "reason",
        "seconds",
        "states",
        "symmetry",
        "verdict",
    ];
    assert_eq!(fields(&churn), always);
    assert_eq!(churn["model"], "churn");
    assert_eq!(churn["options"], object!({"peers": 2, "chunks": 1}));
    assert_eq!(
        (&churn["exploration"], &churn["reason"]),
        (&object!("bounded"), &object!("states"))
    );
    assert!(churn["seconds"].as_f64().is_some_and(|seconds| 0.0 < seconds));
    assert!(churn["coverage"]["join 1"].as_u64().is_some_and(|taken| 0 < taken));
    let (_, schedule) = check("schedule --peers 2 --chunks 1");
    assert_eq!(schedule["makespan"], 2);
    for property in schedule["properties"].as_array().unwrap() {
        for name in ["name", "kind", "verdict", "required"] {
            assert!(!property[name].is_null(), "{name} of {property}");
        }
    }
}

#[test]
fn liveness_is_judged_under_the_assumption_that_was_named() {
    let fair = "WF(join),SF(transfer)";
    let rows = [
        ("--source stays", "", 0, "violated", false),
        ("--source stays", "WF(all)", 1, "violated", true),
        ("--source stays", fair, 0, "holds", true),
        ("--source churns", fair, 1, "violated", true),
    ];
    for (source, fair, exit, verdict, required) in rows {
        let fair = if fair.is_empty() { String::new() } else { format!(" --fair {fair}") };
        let (code, document) = check(&format!("churn {source}{fair}"));
        let completes = property(&document, "everyone_completes");
        assert_eq!(code, exit, "{source}{fair}");
        assert_eq!(completes["verdict"], verdict, "{source}{fair}");
        assert_eq!(completes["required"], required, "{source}{fair}");
        assert_eq!(property(&document, "completion_stays_possible")["verdict"], "holds");
        // A run that never completes has to come back to where it was; one that does has no lasso.
        let violated = verdict == "violated";
        assert_eq!(completes["lasso_from"].is_u64(), violated, "{source}{fair}");
        assert_eq!(completes["steps"].is_u64(), violated, "{source}{fair}");
    }
}

#[test]
fn a_violated_liveness_is_shown_as_a_run_that_repeats_itself() {
    let words = ["check", "churn", "--source", "churns", "--fair", "WF(join),SF(transfer)"];
    let Said { code, out, err } = swarmbound(&words);
    assert_eq!((code, err.as_str()), (1, ""));
    let (_, run) = out.split_once("everyone_completes: counterexample").unwrap();
    let (run, _) = run.split_once("\n\n").unwrap();
    assert!(run.contains("\n  0  source here"), "{run}");
    assert!(run.contains("the source leaves: source away"), "{run}");
    assert!(run.contains("and repeats the steps after step"), "{run}");
    assert!(out.ends_with("what the model requires: violated\n"), "{out}");
    // The states at both ends of the cycle, read from the document, are one.
    let (_, document) = check("churn --source churns --fair WF(join),SF(transfer)");
    let completes = property(&document, "everyone_completes");
    let number = |name: &str| completes[name].as_u64().unwrap() as usize;
    let state = |at: usize| {
        let line = completes["witness"][at].as_str().unwrap();
        line.split_once(": ").map_or(line, |(_, state)| state).to_owned()
    };
    assert!(number("lasso_from") < number("steps"));
    assert_eq!(state(number("lasso_from")), state(number("steps")));
}

#[test]
fn the_file_is_lost_when_the_source_leaves_for_good() {
    let (code, document) = check("churn --churn once --source churns");
    assert_eq!(code, 0, "it is not promised");
    let lost = property(&document, "no_chunk_is_lost");
    assert_eq!((&lost["verdict"], &lost["required"]), (&object!("violated"), &object!(false)));
    assert_eq!(lost["steps"], 1);
    let witness = lost["witness"].as_array().unwrap();
    assert!(witness[1].as_str().unwrap().starts_with("the source leaves: source gone"));
}

#[test]
fn makespans_are_the_least_that_there_are() {
    let oracles = oracles();
    let rows = [
        ("--peers 3 --chunks 4", "/cooperative_source1_any_download/3/3"),
        ("--peers 4 --chunks 2", "/cooperative_source1_any_download/4/1"),
        ("--peers 3 --chunks 3 --source-slots 2 --download-slots 1", "/source_slots/S2_D1/3/2"),
        ("--peers 3 --chunks 3 --source-slots 3 --download-slots 2", "/source_slots/S3_D2/3/2"),
        ("--peers 3 --chunks 3 --calls telegraph", "/one_call_per_node/telegraph/3/2"),
        ("--peers 3 --chunks 3 --calls telephone", "/one_call_per_node/telephone/3/2"),
        (
            "--peers 3 --chunks 3 --barter strict --download-slots 1",
            "/barter_source1/strict_D1/3/2",
        ),
        (
            "--peers 2 --chunks 3 --barter strict --download-slots 2",
            "/barter_source1/strict_D2/2/2",
        ),
        (
            "--peers 3 --chunks 3 --barter cycles3 --download-slots 2",
            "/barter_source1/cycles3_D2/3/2",
        ),
        ("--peers 3 --chunks 3 --barter credit:1", "/barter_source1/credit1/3/2"),
        ("--peers 3 --chunks 3 --free-riders 2", "/free_riders_of_source1/N3_r2/2"),
        ("--peers 3 --chunks 2 --selfish", "/selfish_leave_on_completion/3/1"),
        ("--peers 4 --chunks 3 --overlay path", "/overlays/path_N4/2"),
        ("--peers 3 --chunks 3 --overlay star-leaf", "/overlays/star_source_leaf_N3/2"),
        ("--peers 3 --chunks 3 --overlay 0-1,0-2,0-3", "/overlays/star_source_hub_N3/2"),
        ("--peers 4 --chunks 3 --overlay cycle", "/overlays/cycle_N4/2"),
        ("--peers 4 --chunks 3 --overlay tree", "/overlays/binary_tree_N4/2"),
        ("--times 1:1,2,2 --chunks 3", "/heterogeneous_serial/1/1,2,2/2"),
        ("--times 2:2,2 --peers 2 --chunks 3", "/heterogeneous_serial/2/2,2/2"),
    ];
    for (world, place) in rows {
        let (code, document) = check(&format!("schedule {world}"));
        let oracle = oracles.pointer(place).unwrap();
        assert_eq!((code, &document["makespan"]), (0, oracle), "{world} against {place}");
        assert_eq!(property(&document, "no_schedule_beats_a_bound")["verdict"], "holds", "{world}");
    }
}

#[test]
fn the_best_schedule_is_told_slot_by_slot() {
    let Said { code, out, .. } = swarmbound(&["check", "schedule", "--peers", "2"]);
    assert_eq!(code, 0);
    assert!(out.contains("makespan: 3 slots"), "{out}");
    assert!(out.contains("\n  1  the source sends chunk "), "{out}");
    assert!(out.contains("\n  3  "), "{out}");
    assert!(!out.contains('\u{1b}'), "no colour where no terminal shows it");
}

#[test]
fn without_a_model_all_of_them_hold_what_they_require() {
    let (code, documents) = json(&["check", "--json"]);
    assert_eq!(code, 0);
    assert_eq!(documents["verdict"], "holds");
    let documents = documents["models"].as_array().unwrap();
    for model in ["churn", "schedule", "tracker", "choke", "swarm"] {
        assert!(documents.iter().any(|document| document["model"] == model), "{model}");
    }
}

#[test]
fn the_reference_engine_completes_on_every_run() {
    let (code, document) = check("swarm --peers 1 --losses 1 --fair WF(all)");
    assert_eq!((code, &document["exploration"]), (0, &object!("exhausted")));
    for property in document["properties"].as_array().unwrap() {
        assert_eq!(
            (&property["verdict"], &property["required"]),
            (&object!("holds"), &object!(true))
        );
    }
    assert!(document["left_out"].as_array().is_some_and(|sentences| !sentences.is_empty()));
    assert!(document["coverage"]["lose source>1"].as_u64().is_some_and(|taken| 0 < taken));
    // With the source gone no peer is promised anything, and a counterexample is told in words.
    let words =
        "check swarm --peers 1 --churn once --source churns --fair WF(all) --optimistic off";
    let Said { code, out, .. } = swarmbound(&words.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0, "{out}");
    let (_, run) = out.split_once("everyone_completes: counterexample").unwrap();
    assert!(run.contains(" 0  source {0,1}"), "{run}");
    assert!(run.contains("the source says goodbye and leaves: source gone"), "{run}");
    assert!(out.contains("left out: an uplink carries one chunk at a time"), "{out}");
}

#[test]
fn a_search_that_was_cut_proves_nothing() {
    let words = ["check", "churn", "--max-states", "50"];
    let Said { code, out, .. } = swarmbound(&words);
    assert_eq!(code, 3);
    assert!(out.contains("bounded (states)"), "{out}");
    assert!(out.contains("the search was cut"), "{out}");
    let (code, cut) = check("churn --peers 4 --chunks 3 --max-memory 1MB");
    assert_eq!((code, &cut["reason"]), (3, &object!("memory")));
    let (code, cut) = check("churn --peers 5 --chunks 4 --max-time 1us");
    assert_eq!((code, &cut["reason"]), (3, &object!("time")));
    let (code, cut) = check("churn --max-depth 4");
    assert_eq!((code, &cut["reason"], &cut["depth"]), (3, &object!("depth"), &object!(4)));
}

#[test]
fn the_models_of_choker_and_tracker_take_their_options() {
    let worlds = [
        "choke --peers 2 --slots 2 --policy round-robin --optimistic off",
        "choke --peers 2 --policy seed-fastest-first",
        "choke --peers 2 --barter strict --free-riders 1",
        "choke --peers 2 --barter credit:2 --free-riders 2",
        "tracker --peers 2 --want 2",
    ];
    for world in worlds {
        let (code, document) = check(world);
        assert_eq!((code, &document["exploration"]), (0, &object!("exhausted")), "{world}");
    }
    // Two slots for two, turn by turn and without luck: each wants something or not.
    let (_, turns) = check(worlds[0]);
    assert_eq!(turns["states"], 4);
    let Said { out, .. } = swarmbound(&["check", "choke", "--peers", "2", "--barter", "strict"]);
    assert!(out.contains(" is sent a chunk: 1 is served, took, serves, owes 1; 2"), "{out}");
}

#[test]
fn a_peer_may_be_here_and_never_complete_once_the_source_is_gone() {
    let (code, document) = check("churn --peers 5 --chunks 3 --churn once --source churns");
    let oracle = &oracles()["churn_model"]["liveness"]["n5_m3_once_source_leaves"];
    assert_eq!((code, &document["states"]), (0, &oracle["states"]));
    let doomed = property(&document, "peer_one_can_complete");
    assert_eq!((&doomed["states"], &doomed["steps"]), (&object!(14_097), &object!(2)), "{oracle}");
}

/// All that a document says but for the time that it took.
fn timeless(mut document: Value) -> Value {
    document["seconds"] = Value::Null;
    document
}

#[test]
fn threads_and_interruptions_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("search.jsonl");
    let path = path.to_str().unwrap();
    let world = "churn --peers 4 --fair WF(join),SF(transfer)";
    let whole = check(&format!("{world} --threads 1"));
    let together = check(&format!("{world} --threads 3"));
    assert_eq!((whole.0, timeless(together.1)), (together.0, timeless(whole.1.clone())));
    let (code, _) = check(&format!("{world} --max-states 1000 --save {path}"));
    assert_eq!(code, 3);
    for next in ["--max-states 2000", "--max-depth 9", "--threads 2"] {
        let saved = check(&format!("{world} {next} --resume {path} --save {path}"));
        if next == "--threads 2" {
            assert_eq!((saved.0, timeless(saved.1)), (whole.0, timeless(whole.1.clone())));
        }
    }
    let other = ["check", "churn", "--resume", path];
    let Said { code, err, .. } = swarmbound(&other);
    assert_eq!(code, 2);
    assert!(err.contains("checkpoint line 1") && err.contains("other options"), "{err}");
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1, "nothing half written stays: {files:?}");
}

#[test]
fn the_graph_is_written_for_graphviz() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("churn.dot");
    let path = path.to_str().unwrap();
    let words = ["check", "churn", "--peers", "1", "--chunks", "1", "--dot", path];
    assert_eq!(swarmbound(&words).code, 0);
    // Peer 1 away or here, with the chunk or without.
    let graph = fs::read_to_string(path).unwrap();
    assert!(graph.starts_with("digraph states {"), "{graph}");
    assert!(graph.contains("0 -> 1 [label=\"join 1\"]"), "{graph}");
    let nodes = graph.lines().filter(|line| line.contains("[label=") && !line.contains("->"));
    assert_eq!(nodes.count(), 4, "{graph}");
}

#[test]
fn a_graph_of_orbits_says_so_on_its_edges() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("churn.dot");
    let path = path.to_str().unwrap();
    let words = ["check", "churn", "--peers", "2", "--chunks", "1", "--symmetry", "--dot", path];
    assert_eq!(swarmbound(&words).code, 0);
    let graph = fs::read_to_string(path).unwrap();
    let edges: Vec<&str> = graph.lines().filter(|line| line.contains("->")).collect();
    assert!(!edges.is_empty());
    for edge in edges {
        assert!(edge.ends_with(" (up to names)\"];"), "{edge}");
    }
}

#[test]
fn the_command_is_shown_as_it_was_given() {
    let given = "check churn --symmetry --peers 2 --chunks=1 --max-states 5 --max-depth 1000000000 \
                 --max-memory 8MiB --max-time 1000000s --threads 2";
    let Said { out, .. } = swarmbound(&given.split(' ').collect::<Vec<_>>());
    let shown = format!("\nswarmbound {}\n", given.replace('=', " "));
    assert!(out.contains(&shown), "{out}");
    let Said { out, .. } = swarmbound(&["check", "--max-states", "5"]);
    let shown = "swarmbound check MODEL --max-states 5 with the options of a row shows";
    assert!(out.contains(shown), "{out}");
}

#[test]
fn wrong_options_say_what_to_write() {
    let rows: [(&[&str], &str); 29] = [
        (&["check", "choir"], "write one of churn, schedule"),
        (&["check", "churn", "--overlay", "path"], "--free-riders"),
        (&["check", "churn", "--peers", "many"], "write 1 to 7"),
        (&["check", "churn", "--peers", "8"], "write 1 to 7"),
        (&["check", "churn", "--chunks", "0"], "write 1 to 6"),
        (&["check", "churn", "--churn", "often"], "rejoin, once, none"),
        (&["check", "churn", "--fair", "WF(joining)"], "--fair: there is no action `joining`"),
        (&["check", "churn", "--symmetry", "--fair", "WF(join)"], "leave out one of the two"),
        (&["check", "churn", "--churn", "none", "--source", "churns"], "the source stays"),
        (&["check", "churn", "--max-memory", "5"], "write a unit"),
        (&["check", "schedule", "--overlay", "0-0"], "two different nodes"),
        (&["check", "schedule", "--barter", "credit"], "credit:1"),
        (&["check", "schedule", "--times", "1:2,2"], "one for each"),
        (&["check", "schedule", "--peers", "999999999999", "--overlay", "path"], "write 1 to 7"),
        (&["check", "swarm", "--peers", "4"], "write 1 to 3"),
        (&["check", "swarm", "--timers", "any"], "any:3"),
        (&["check", "swarm", "--source", "churns"], "--churn once"),
        (&["check", "--peers", "3"], "check MODEL"),
        (&["check", "--save", "x.jsonl"], "check MODEL"),
        (&["check", "tracker", "--want", "few"], "write 0 to 4294967295"),
        (&["check", "tracker", "--slots", "2"], "--want"),
        (&["check", "choke", "--slots", "9"], "write 1 to 4"),
        (&["check", "choke", "--policy", "kind"], "seed-fastest-first"),
        (&["check", "choke", "--barter", "cycles3"], "none, strict or credit:1"),
        (&["check", "choke", "--barter", "credit:9"], "write 1 to 3"),
        (&["check", "choke", "--barter", "strict", "--policy", "tit-for-tat"], "leave out"),
        (&["check", "churn", "--resume", "/no/such/file"], "there is no such file"),
        (&["check", "churn", "--dot", "/no/such/folder/x.dot"], "/no/such/folder/x.dot"),
        (&["explore", "schedule", "--port", "0", "--churn", "once"], "--barter"),
    ];
    for (words, hint) in rows {
        let Said { code, err, .. } = swarmbound(words);
        assert_eq!(code, 2, "{words:?}: {err}");
        assert!(err.starts_with("error: "), "{words:?}: {err}");
        assert!(err.contains(hint), "{words:?}, {hint}: {err}");
        assert!(!err.contains("panicked"), "{words:?}: {err}");
    }
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let Said { code, err, .. } = swarmbound(&["explore", "churn", "--port", &port]);
    assert_eq!(code, 2);
    assert!(err.contains("write another port"), "{err}");
}
