//! An independent generator against the audit: it accuses no lawful log, finds every planted fault,
//! and answers whatever numbers a log has.

use std::path::PathBuf;

#[path = "mod.rs"]
mod lawful;

use lawful::campaign::Campaign;
use lawful::extreme::Extremes;
use lawful::sowing::Sowing;

/// How many logs of each sort are judged here; `examples/lawful.rs` judges as many as one likes.
const LOGS: u64 = 2000;

/// Writes a log where it can be looked at, and says where.
fn kept(name: &str, text: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{}.jsonl", name.replace(|c: char| !c.is_alphanumeric(), "-")));
    std::fs::write(&path, text).expect("the folder of the tests can be written to");
    path.display().to_string()
}

#[test]
fn no_lawful_log_is_accused() {
    let campaign = Campaign::run(0..LOGS);
    print!("{}", campaign.table());
    let found = campaign.findings().into_iter().map(|(count, least, text)| {
        let path = kept(&format!("accused by {}", least.rule), &text);
        format!("{} accuses {count}; seed {}: {}\n  {path}", least.rule, least.seed, least.why)
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_feature_occurs_in_one_of_a_hundred_logs() {
    let campaign = Campaign::run(0..LOGS);
    let rare: Vec<_> = campaign.features.iter().filter(|(_, count)| **count < LOGS / 100).collect();
    assert!(rare.is_empty(), "{rare:?}");
    assert!(60 <= campaign.features.len(), "{} features", campaign.features.len());
}

#[test]
fn every_planted_fault_is_found() {
    let kinds = lawful::plant::kinds().len() as u64;
    assert!(40 <= kinds, "{kinds} kinds");
    let quota = LOGS.div_ceil(kinds);
    let sowing = Sowing::run(0..20_000, quota);
    print!("{}", sowing.table());
    let missed = sowing.missed().map(|(name, seed, text)| {
        format!("not found: {name}; seed {seed}\n  {}", kept(name, text))
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n"));
    let scarce: Vec<_> =
        sowing.kinds.iter().filter(|(_, sown)| sown.planted < quota).map(|kind| kind.0).collect();
    assert!(scarce.is_empty(), "too few logs offer a place for {scarce:?}");
}

#[test]
fn no_number_makes_the_audit_panic() {
    let extremes = Extremes::run(0..LOGS);
    println!("{:?}", extremes.verdicts);
    let found = extremes.panics.iter().map(|(seed, said, text)| {
        format!("seed {seed}: {said}\n  {}", kept(&format!("panic {seed}"), text))
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_log() {
    for seed in 0..50 {
        let texts = [0, 1].map(|_| lawful::campaign::lawful(seed).log.text());
        assert_eq!(texts[0], texts[1], "seed {seed}");
    }
}
