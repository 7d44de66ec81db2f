//! How near the best bound comes to the best known schedules, as a Markdown table: the ratio of
//! schedule to bound, without the bounds over relaxations and with all.
//!
//! ```text
//! cargo run --release --example gaps
//! ```

use swarmbound::{bounds, chunks, scenario, units};

#[path = "../src/bounds/tests/gaps.rs"]
mod gaps;

use gaps::{Distribution, Gap, Which};

fn main() {
    println!("| swarms | bounds | mean | median | 90 % | max | tight | above 1.2 |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, gaps) in [("random", gaps::random()), ("tiny", gaps::tiny())] {
        print_rows(name, &gaps);
    }
}

fn print_rows(name: &str, gaps: &[Gap]) {
    for (bounds, which) in [("plain", Which::WithoutRelaxations), ("all", Which::All)] {
        let ratios = Distribution::new(gaps, which);
        let summary = ratios.summary().map(|ratio| format!("{:.4}", ratio as f64 / 1e6));
        let (tight, of, above) = (ratios.tight(), gaps.len(), ratios.above(1_200_000));
        println!("| {name} | {bounds} | {} | {tight} of {of} | {above} |", summary.join(" | "));
    }
    let worst = gaps.iter().max_by_key(|gap| gap.schedule * 1000 / gap.best(Which::All));
    if let Some(gap) = worst {
        let Gap { name: swarm, schedule, known, says } = gap;
        eprintln!("{name}: worst {swarm}, {schedule} ns planned, {known} ns known, {says:?}");
    }
}
