//! Judges lawful logs, planted faults and extreme numbers by the hundred thousand, where `cargo
//! test` judges 2000 of each. The exit code is 1 where the audit was wrong.
//!
//! ```text
//! cargo run --release --example lawful -- logs 100000
//! cargo run --release --example lawful -- plants 2000
//! cargo run --release --example lawful -- extremes 10000
//! cargo run --release --example lawful -- log 4711
//! ```
//!
//! `logs` and `extremes` take how many, and from which seed on; `plants` takes how many of each
//! kind; `log` prints the lawful log of a seed.

use std::process::ExitCode;

#[path = "../tests/lawful/mod.rs"]
mod lawful;

use lawful::campaign::{Campaign, lawful as lawful_log};
use lawful::extreme::Extremes;
use lawful::sowing::Sowing;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let numbers: Vec<u64> = words.iter().skip(1).map_while(|word| word.parse().ok()).collect();
    match (words.first(), numbers.as_slice()) {
        (Some(&"logs"), &[count]) => logs(0, count),
        (Some(&"logs"), &[count, from]) => logs(from, count),
        (Some(&"plants"), &[quota]) => plants(quota),
        (Some(&"extremes"), &[count]) => extremes(0, count),
        (Some(&"extremes"), &[count, from]) => extremes(from, count),
        (Some(&"log"), &[seed]) => {
            print!("{}", lawful_log(seed).log.text());
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!(
                "usage: lawful logs COUNT [FROM] | plants EACH | extremes COUNT [FROM] | log SEED"
            );
            ExitCode::from(2)
        }
    }
}

fn logs(from: u64, count: u64) -> ExitCode {
    let campaign = Campaign::run(from..from + count);
    print!("{}", campaign.table());
    for (count, least, text) in campaign.findings() {
        println!(
            "\n{} accuses {count} lawful logs; seed {}: {}",
            least.rule, least.seed, least.why
        );
        print!("{text}");
    }
    ExitCode::from(u8::from(!campaign.accused.is_empty()))
}

fn plants(quota: u64) -> ExitCode {
    let sowing = Sowing::run(0..quota * 300, quota);
    print!("{}", sowing.table());
    for (name, seed, text) in sowing.missed() {
        println!("\nnot found: {name}; seed {seed}");
        print!("{text}");
    }
    ExitCode::from(u8::from(sowing.missed().next().is_some()))
}

fn extremes(from: u64, count: u64) -> ExitCode {
    let extremes = Extremes::run(from..from + count);
    for (verdict, count) in &extremes.verdicts {
        println!("{verdict:<12}{count:>8}");
    }
    for (seed, said, text) in &extremes.panics {
        println!("\npanic at seed {seed}: {said}");
        print!("{text}");
    }
    ExitCode::from(u8::from(!extremes.panics.is_empty()))
}
