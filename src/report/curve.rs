//! Distribution time over the number of peers: the rows behind the pictures, as table and as JSON.
//!
//! It runs nothing.

use schemars::JsonSchema;
use serde::Serialize;
use swarmbound::audit::Verdict;
use swarmbound::bounds::Binding;
use swarmbound::units::Time;

use super::json::{self, BindingEntry, VERDICTS};
use super::layout::{Series, Style};
use super::numbers;
use super::table::{Align, Cell, Table};

/// Client-server against peer-to-peer over N.
pub(crate) struct Curve {
    pub(crate) scenario: String,
    pub(crate) seed: u64,
    /// In ascending order of N; at least one.
    pub(crate) rows: Vec<Row>,
}

/// Both ways to distribute to N peers.
pub(crate) struct Row {
    pub(crate) peers: usize,
    pub(crate) p2p: Point,
    pub(crate) client_server: Point,
}

/// A bound on the distribution time, and a run.
pub(crate) struct Point {
    /// The strongest bound on the last of N completions.
    pub(crate) bound: Binding,
    /// The distribution time, when all peers completed.
    pub(crate) time: Option<Time>,
    pub(crate) completed: usize,
    pub(crate) verdict: Verdict,
}

impl Row {
    /// One of the two ways.
    pub(crate) fn point(&self, series: Series) -> &Point {
        match series {
            Series::P2p => &self.p2p,
            Series::ClientServer => &self.client_server,
        }
    }
}

impl Point {
    /// Where the bound is, unless it is never.
    pub(crate) fn bound(&self) -> Option<Time> {
        self.bound.time()
    }

    fn ratio(&self) -> Option<f64> {
        numbers::ratio(self.time?, self.bound()?)
    }
}

impl Curve {
    /// The worst verdict of all runs.
    pub(crate) fn verdict(&self) -> Verdict {
        let verdicts = self.rows.iter().flat_map(|row| [&row.p2p, &row.client_server]);
        verdicts.map(|point| point.verdict).max().unwrap_or(Verdict::Holds)
    }

    /// The latest time that there is.
    pub(crate) fn latest(&self) -> Time {
        let points = self.rows.iter().flat_map(|row| [&row.p2p, &row.client_server]);
        points.flat_map(|point| [point.bound(), point.time]).flatten().max().unwrap_or(Time::ZERO)
    }

    /// The least and the greatest N.
    pub(crate) fn span(&self) -> (usize, usize) {
        let peers = |row: Option<&Row>| row.map_or(0, |row| row.peers);
        (peers(self.rows.first()), peers(self.rows.last()))
    }
}

/// More rows than these say no more on a terminal.
const MOST_ROWS: usize = 12;

/// Some rows in numbers: the first, the last, and what lies evenly between.
pub(crate) fn numbers_of(style: Style, curve: &Curve) -> String {
    let columns = [
        ("peers", Align::Right),
        ("client-server: bound", Align::Right),
        ("run", Align::Right),
        ("p2p: bound", Align::Right),
        ("run", Align::Right),
        ("ratio", Align::Right),
        ("speedup", Align::Right),
    ];
    let mut table = Table::new(style, &columns);
    let last = curve.rows.len().saturating_sub(1);
    let shown = last.clamp(1, MOST_ROWS - 1);
    let mut at: Vec<usize> = (0..=shown).map(|at| at * last / shown).collect();
    at.dedup();
    for row in at.into_iter().map(|at| &curve.rows[at]) {
        let said = |time: Option<Time>| time.map_or_else(|| "-".to_owned(), numbers::seconds);
        let times = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), numbers::times);
        let gain = row.client_server.time.zip(row.p2p.time);
        let gain = gain.and_then(|(slow, fast)| numbers::ratio(slow, fast));
        table.row([
            Cell::new(numbers::grouped(row.peers as u128)),
            Cell::new(said(row.client_server.bound())),
            Cell::new(said(row.client_server.time)),
            Cell::new(said(row.p2p.bound())),
            Cell::new(said(row.p2p.time)),
            Cell::new(times(row.p2p.ratio())),
            Cell::new(times(gain)),
        ]);
    }
    table.text()
}

/// What `curve --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct CurveDocument<'a> {
    scenario: &'a str,
    seed: u64,
    rows: Vec<RowEntry>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RowEntry {
    peers: usize,
    p2p: PointEntry,
    client_server: PointEntry,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PointEntry {
    best_bound: BindingEntry,
    best_bound_ns: Option<u64>,
    distribution_time_ns: Option<u64>,
    completed: usize,
    ratio: Option<f64>,
    ratio_exact: Option<String>,
    #[schemars(with = "String", extend("enum" = VERDICTS))]
    verdict: Verdict,
}

impl<'a> CurveDocument<'a> {
    /// Every row.
    pub(crate) fn new(curve: &'a Curve) -> Self {
        let rows = curve.rows.iter().map(|row| RowEntry {
            peers: row.peers,
            p2p: PointEntry::new(&row.p2p),
            client_server: PointEntry::new(&row.client_server),
        });
        CurveDocument {
            scenario: &curve.scenario,
            seed: curve.seed,
            rows: rows.collect(),
            verdict: curve.verdict(),
        }
    }
}

impl PointEntry {
    fn new(point: &Point) -> Self {
        let (ratio_exact, ratio) = json::ratios(point.time, point.bound());
        PointEntry {
            best_bound: BindingEntry::from(&point.bound),
            best_bound_ns: point.bound().map(|time| time.0),
            distribution_time_ns: point.time.map(|time| time.0),
            completed: point.completed,
            ratio,
            ratio_exact,
            verdict: point.verdict,
        }
    }
}
