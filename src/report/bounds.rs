//! What every bound says of a scenario, as data and as a table.
//!
//! It proves nothing, and [`bounds::binding`] decides which binds.

use swarmbound::bounds::{self, Binding, Conditions, Earliest, Inapplicable, Lower, Senders};
use swarmbound::scenario::Scenario;
use swarmbound::units::Time;

use super::layout::Style;
use super::numbers;
use super::table::{Align, Cell, Table};
use super::wrapping::{follow, wrapped};

/// What every bound says of the last completion.
pub(crate) struct BoundTable {
    /// In the order of [`bounds::ALL`].
    pub(crate) rows: Vec<BoundRow>,
    /// The strongest for a run in which peers may send.
    pub(crate) p2p: Binding,
    /// The strongest for a run in which only the source sends.
    pub(crate) client_server: Binding,
}

/// What one bound says.
pub(crate) struct BoundRow {
    pub(crate) name: &'static str,
    pub(crate) formula: &'static str,
    pub(crate) cite: &'static str,
    pub(crate) senders: Senders,
    pub(crate) says: Result<Lower, Inapplicable>,
}

impl BoundTable {
    /// How many parts the work has that [`BoundTable::of`] does.
    pub(crate) const PARTS: u64 = bounds::ALL.len() as u64 + 2;

    /// Asks every bound about the last completion; `watch` hears how many parts are done.
    pub(crate) fn of(scenario: &Scenario, watch: &mut dyn FnMut(u64)) -> Self {
        let last = scenario.receiver_count();
        let mut done = 0;
        let mut passes = || {
            done += 1;
            watch(done);
        };
        let rows = bounds::ALL.iter().map(|bound| {
            let says = bound.completion(scenario, last);
            passes();
            BoundRow {
                name: bound.name(),
                formula: bound.formula(),
                cite: bound.cite(),
                senders: bound.senders(),
                says,
            }
        });
        let rows = rows.collect();
        let mut binding = |conditions| {
            let binding = bounds::binding(scenario, last, conditions);
            passes();
            binding.expect("a scenario has a last peer")
        };
        BoundTable {
            rows,
            p2p: binding(Conditions::SWARM),
            client_server: binding(Conditions::CLIENT_SERVER),
        }
    }
}

/// The bounds on the last completion: name, fraction, time, the term that binds, and below it why
/// some say nothing.
pub(crate) fn summary(style: Style, all: &BoundTable, peers: usize) -> String {
    let columns = [
        ("bound", Align::Left),
        ("exactly, s", Align::Right),
        ("earliest", Align::Right),
        ("what binds", Align::Left),
    ];
    let mut table = Table::new(style, &columns);
    for row in &all.rows {
        let name = match all.p2p.name == row.name {
            true => Cell::new(row.name).bold(),
            false => Cell::new(row.name),
        };
        let mut cells = vec![name];
        cells.extend(cells_of(row).map(Cell::new));
        table.row(cells);
    }
    let who = match peers {
        1 => "the peer".to_owned(),
        2 => "both peers".to_owned(),
        peers => format!("all {}", numbers::count(peers, "peer")),
    };
    let name = all.p2p.name;
    let when = match all.p2p.time() {
        Some(time) => format!("not before {} ({name})", numbers::span(time)),
        None => format!("never ({name})"),
    };
    let title =
        style.bold(wrapped(style, &format!("{who} can have the file: {when}"), 2).trim_end());
    format!("{title}\n{}{}", table.text(), nevers(style, all))
}

/// Why a completion is impossible or a theorem silent, below the table. A reason that several
/// theorems share is said once.
fn nevers(style: Style, all: &BoundTable) -> String {
    let mut text = String::new();
    let mut said = Vec::new();
    for row in &all.rows {
        match &row.says {
            Ok(Lower { at: Earliest::Never(why), .. }) => {
                text += &wrapped(style, &format!("{}: never, since {why}", row.name), 4);
            }
            Ok(_) => {}
            Err(reason) => {
                let reason = reason.to_string();
                if !said.contains(&reason) {
                    text += &wrapped(style, &silent(all, &reason), 4);
                    said.push(reason);
                }
            }
        }
    }
    text
}

/// The sentence about the theorems that do not apply for this reason.
fn silent(all: &BoundTable, reason: &str) -> String {
    let is_same = |row: &&BoundRow| row.says.as_ref().is_err_and(|why| why.to_string() == reason);
    let names: Vec<&str> = all.rows.iter().filter(is_same).map(|row| row.name).collect();
    let verb = if names.len() == 1 { "does" } else { "do" };
    format!("{} {verb} not apply: {reason}", names.join(", "))
}

/// More would push the other columns out of sight; `--json` has all of them.
const LONGEST_FRACTION: usize = 20;

fn cells_of(row: &BoundRow) -> [String; 3] {
    let dash = || "-".to_owned();
    let Ok(lower) = &row.says else {
        return [dash(), "inapplicable".to_owned(), dash()];
    };
    let exact = match lower.exact.as_ref().map(ToString::to_string) {
        Some(exact) if exact.len() <= LONGEST_FRACTION => numbers::groups(&exact),
        Some(_) => "see --json".to_owned(),
        None => dash(),
    };
    let at = match &lower.at {
        Earliest::At(Time::MAX) => "> 584 years".to_owned(),
        Earliest::At(time) => numbers::seconds(*time),
        Earliest::Never(_) => "never".to_owned(),
    };
    let mut binds = lower.binding.map_or_else(dash, ToOwned::to_owned);
    if let Some(relaxation) = &lower.relaxation {
        binds = format!("{relaxation}: {binds}");
    }
    if row.senders == Senders::SourceOnly {
        binds += " (if no peer serves)";
    }
    [exact, at, binds]
}

/// Every bound in full: its formula, its terms, where it comes from.
pub(crate) fn details(style: Style, all: &BoundTable) -> String {
    let mut text = String::new();
    for row in &all.rows {
        let formula = follow(style, &format!("{}  ", row.name), row.formula, 4);
        text += &format!("\n{}", formula.replacen(row.name, &style.bold(row.name), 1));
        if let Ok(lower) = &row.says {
            let width = lower.terms.iter().map(|term| term.formula.chars().count()).max();
            for term in &lower.terms {
                let binds = if lower.binding == Some(term.formula) { "  <- binds" } else { "" };
                let width = width.unwrap_or(0);
                text += &format!("    {:width$} = {} s{binds}\n", term.formula, term.exact);
            }
        }
        text += &follow(style, "    ", row.cite, 4);
    }
    text
}
