//! `swarmbound curve`: client-server against peer-to-peer over the number of peers.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::bounds::Binding;
use swarmbound::scenario::{MOST_PEERS, Scenario};
use swarmbound::suite::peer::PeerProgram;

use super::peer::Decides;
use super::progress::Progress;
use super::{Failure, Format, input, judge, number, output, run};
use crate::report::bounds::BoundTable;
use crate::report::curve::{Curve, CurveDocument, Point, Row, numbers_of};
use crate::report::heading::heading;
use crate::report::run::{Mode, Run};
use crate::report::{chart, json, svg};

/// Where the picture would not gain from more runs.
const ROWS: usize = 36;

/// Arguments of `curve`.
#[derive(Args)]
pub(super) struct Arguments {
    /// A preset (see `swarmbound presets`), or the path of a .toml or resolved .json file; its
    /// peers are repeated or cut off to get N of them
    #[arg(value_name = "SCENARIO", default_value = run::DEFAULT)]
    scenario: String,
    /// From how many peers to how many, both included; `1..1000:50` takes every 50th (without it,
    /// at most 36 numbers of peers are simulated)
    #[arg(long, value_name = "FROM..TO[:STEP]", default_value = "1..35")]
    peers: Range,
    /// Write the picture as SVG, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Where randomness starts, instead of the scenario's seed
    #[arg(long, value_name = "N", value_parser = number::seed)]
    seed: Option<u64>,
    #[command(flatten)]
    decides: Decides,
    #[command(flatten)]
    format: Format,
}

/// Numbers of peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: usize,
    last: usize,
    step: usize,
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ends, step) = match text.split_once(':') {
            Some((ends, step)) => (ends, Some(step)),
            None => (text, None),
        };
        let (first, last) = ends.split_once("..").unwrap_or((ends, ends));
        let number = |text: &str| match text.trim().parse::<usize>() {
            Ok(number) if (1..=MOST_PEERS).contains(&number) => Ok(number),
            _ => Err(format!(
                "`{text}` is no number from 1 to {MOST_PEERS}; write a range like 1..35 or \
                 1..1000:50"
            )),
        };
        let (first, last) = (number(first)?, number(last)?);
        if last < first {
            return Err(format!("{first} is more than {last}; write {last}..{first}"));
        }
        let step = match step {
            Some(step) => number(step)?,
            None => (last - first + 1).div_ceil(ROWS),
        };
        Ok(Range { first, last, step })
    }
}

impl Range {
    /// Every step, and the end.
    fn iter(self) -> impl Iterator<Item = usize> {
        let steps = (self.first..self.last).step_by(self.step);
        steps.chain(std::iter::once(self.last))
    }
}

/// Simulates both ways for each number of peers and draws the result.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let scenario = input::runnable(&arguments.scenario, arguments.seed)?;
    let chunks = scenario.file().chunks() as u64;
    let copies: u64 = arguments.peers.iter().map(|peers| peers as u64 * chunks).sum();
    let mut progress = Progress::new("curve", Some(2 * copies), "chunks");
    let mut program = arguments.decides.program()?;
    let rows = arguments.peers.iter();
    let rows = rows.map(|peers| row(&scenario, peers, program.as_mut(), &mut progress));
    let curve = Curve {
        scenario: scenario.name().to_owned(),
        seed: scenario.parts().seed,
        rows: rows.collect::<Result<_, _>>()?,
    };
    drop(progress);
    if let Some(path) = &arguments.svg {
        let picture = svg::drawn(&curve).map_err(Failure)?;
        output::write(path, &picture)?;
    }
    if arguments.format.json {
        output::print(&json::document("curve", &CurveDocument::new(&curve)))?;
        return Ok(curve.verdict());
    }
    let style = output::style();
    let text = [
        heading(style, &scenario, Some(curve.seed)),
        chart::drawn(style, &curve),
        numbers_of(style, &curve),
        format!("every run audited: {}\n", style.verdict(curve.verdict())),
    ];
    output::print(&text.join("\n"))?;
    Ok(curve.verdict())
}

fn row(
    scenario: &Scenario,
    peers: usize,
    program: Option<&mut PeerProgram>,
    progress: &mut Progress,
) -> Result<Row, Failure> {
    let scenario = resized(scenario, peers)?;
    let all = BoundTable::of(&scenario, &mut |_| ());
    let p2p = match program {
        None => judge::run(Mode::P2p, &scenario, None, progress)?,
        Some(program) => judge::decided_by(program, &scenario, None, progress)?,
    };
    let client_server = judge::run(Mode::ClientServer, &scenario.client_server(), None, progress)?;
    Ok(Row {
        peers,
        p2p: point(all.p2p, &p2p),
        client_server: point(all.client_server, &client_server),
    })
}

fn point(bound: Binding, run: &Run) -> Point {
    let report = &run.report;
    let (time, completed) = (report.distribution_time, report.completed);
    Point { bound, time, completed, verdict: report.verdict }
}

/// The same swarm with this many peers: its own, over and over.
fn resized(scenario: &Scenario, peers: usize) -> Result<Scenario, Failure> {
    let mut parts = scenario.parts().clone();
    parts.peers = parts.peers.iter().cycle().take(peers).cloned().collect();
    parts.build().map_err(|malformed| Failure(malformed.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<usize> {
        text.parse::<Range>().unwrap().iter().collect()
    }

    #[test]
    fn a_range_includes_both_ends() {
        assert_eq!(numbers("1..3"), [1, 2, 3]);
        assert_eq!(numbers("7"), [7]);
        assert_eq!(numbers("1..10:4"), [1, 5, 9, 10]);
        assert_eq!(numbers("1..9:4"), [1, 5, 9]);
        assert_eq!(numbers("3..4:100"), [3, 4]);
    }

    #[test]
    fn a_long_range_is_thinned_out() {
        let numbers = numbers("1..1000");
        assert!(numbers.len() <= ROWS + 1, "{}", numbers.len());
        assert_eq!(numbers.first(), Some(&1));
        assert_eq!(numbers.last(), Some(&1000));
    }

    #[test]
    fn a_wrong_range_is_refused() {
        for wrong in ["", "0..5", "5..1", "a..b", "1..", "..3", "1..5:0", "1..99999999999", "-1..3"]
        {
            let refused = wrong.parse::<Range>();
            assert!(refused.is_err(), "{wrong}: {refused:?}");
        }
    }
}
