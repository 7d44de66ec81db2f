//! A judged run as a table: how fast it was, what each rule says, where the capacity went.
//!
//! The judgement itself is the audit's, and so are the bounds that a run is measured by.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use swarmbound::audit::{Report, Ruled, Slack, Verdict};
use swarmbound::bounds::{Binding, Senders};
use swarmbound::trace::{Evidence, Header, Stamps};
use swarmbound::units::Time;

use super::layout::Style;
use super::numbers;
use super::table::{Align, Cell, Table};
use super::wrapping::{follow, wrapped};

/// A run and what the audit says of it.
pub(crate) struct Run {
    /// Which of the two ways it was to go; None for a log, which does not say.
    pub(crate) mode: Option<Mode>,
    /// What the audit says.
    pub(crate) report: Report,
    /// The lines of the log that the witness of a rule is about, by the rule's name.
    pub(crate) lines: BTreeMap<&'static str, Lines>,
}

/// Lines of a log, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    first: Vec<u64>,
    count: usize,
}

impl Lines {
    /// More lines than these are counted only.
    const KEPT: usize = 100;
    /// More lines than these are not printed.
    const SHOWN: usize = 6;

    /// Adds a line behind the others.
    pub(crate) fn push(&mut self, line: u64) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(line);
        }
    }

    /// The first of them.
    pub(crate) fn first(&self) -> &[u64] {
        &self.first
    }

    /// `line 5`, `lines 5, 7 and 8`, `lines 5, 6, 7, 8, 9, 10 and 12 more`.
    pub(super) fn told(&self) -> String {
        let mut lines: Vec<String> = self.first.iter().map(ToString::to_string).collect();
        if Self::SHOWN < self.count {
            lines.truncate(Self::SHOWN);
            lines.push(format!("{} more", numbers::grouped((self.count - Self::SHOWN) as u128)));
        }
        match lines.split_last() {
            None => String::new(),
            Some((line, [])) => format!("line {line}"),
            Some((last, others)) => format!("lines {} and {last}", others.join(", ")),
        }
    }
}

/// The two ways to distribute that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Peers send to peers.
    P2p,
    /// Only the source sends.
    ClientServer,
}

impl Mode {
    /// Which nodes are to send.
    pub(crate) fn senders(self) -> Senders {
        match self {
            Mode::P2p => Senders::AllNodes,
            Mode::ClientServer => Senders::SourceOnly,
        }
    }

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mode::P2p => "p2p",
            Mode::ClientServer => "client-server",
        }
    }
}

impl Run {
    /// A run and its audit.
    pub(crate) fn new(mode: Option<Mode>, report: Report) -> Self {
        Run { mode, report, lines: BTreeMap::new() }
    }

    /// The last completion as a multiple of a bound on it.
    pub(crate) fn ratio_to(&self, bound: &Binding) -> Option<f64> {
        numbers::ratio(self.report.last?, bound.time()?)
    }

    /// The last completion as a multiple of the best bound on it.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.ratio_to(&self.report.best)
    }

    /// The bound that stands beside the best one: that of client and server, where only the source
    /// sent without having to.
    fn beside(&self) -> Option<&Binding> {
        self.report.client_server.as_ref().filter(|_| self.mode != Some(Mode::ClientServer))
    }

    /// Its name in tables.
    pub(crate) fn name(&self) -> &'static str {
        self.mode.map_or("trace", Mode::name)
    }
}

/// The worst verdict of several runs.
pub(crate) fn worst(runs: &[Run]) -> Verdict {
    runs.iter().map(|run| run.report.verdict).max().unwrap_or(Verdict::Holds)
}

/// How fast each run was.
pub(crate) fn speeds(style: Style, runs: &[Run]) -> String {
    let columns = [
        ("run", Align::Left),
        ("completed", Align::Right),
        ("last at", Align::Right),
        ("not before", Align::Right),
        ("ratio", Align::Right),
        ("by", Align::Left),
    ];
    let mut table = Table::new(style, &columns);
    for run in runs {
        let Report { peers, completed, last, .. } = run.report;
        let time = |time: Option<Time>| time.map_or_else(|| "never".to_owned(), numbers::seconds);
        let ratio = |bound: &Binding| {
            let ratio = run.ratio_to(bound).map_or_else(|| "-".to_owned(), numbers::times);
            Cell::new(ratio).bold()
        };
        let number = |count: usize| numbers::grouped(count as u128);
        let best = &run.report.best;
        table.row([
            Cell::new(run.name()),
            Cell::new(match completed == peers {
                true => format!("all {}", number(peers)),
                false => format!("{} of {}", number(completed), number(peers)),
            }),
            Cell::new(time(last)),
            Cell::new(time(best.time())),
            ratio(best),
            Cell::new(best.name),
        ]);
        if let Some(bound) = run.beside() {
            let mut cells = vec![Cell::new("source alone"), Cell::new(""), Cell::new("")];
            cells.extend([Cell::new(time(bound.time())), ratio(bound), Cell::new(bound.name)]);
            table.row(cells);
        }
    }
    let transfers = runs.iter().map(|run| {
        let transfers = numbers::grouped(run.report.transfers as u128);
        match runs {
            [_] => transfers,
            _ => format!("{} {transfers}", run.name()),
        }
    });
    let transfers = transfers.collect::<Vec<_>>().join(", ");
    table.text() + &wrapped(style, &format!("transfers: {transfers}"), 2)
}

/// What each rule says, and below it why.
pub(crate) fn rules(style: Style, runs: &[Run]) -> String {
    let mut columns = vec![("rule", Align::Left)];
    columns.extend(runs.iter().map(|run| (run.name(), Align::Left)));
    let mut table = Table::new(style, &columns);
    for entry in swarmbound::audit::ALL {
        let mut cells = vec![Cell::new(entry.name)];
        cells.extend(runs.iter().map(|run| match run.report.rule(entry.name) {
            Some(judgement) => Cell::verdict(judgement.verdict),
            None => Cell::new("-"),
        }));
        table.row(cells);
    }
    table.text() + &why(style, runs)
}

/// What every rule that does not simply hold has to say.
fn why(style: Style, runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs {
        for rule in &run.report.rules {
            let judgement = &rule.judgement;
            let said = [&judgement.reason, &judgement.explanation];
            let said: Vec<&str> = said.into_iter().flatten().map(String::as_str).collect();
            if said.is_empty() || judgement.verdict == Verdict::Skipped {
                continue;
            }
            let whose = match runs {
                [_] => String::new(),
                _ => format!(" ({})", run.name()),
            };
            let verdict = judgement.verdict;
            let mut said = numbers::groups(&said.join("; "));
            if let Some(lines) = run.lines.get(rule.name) {
                said += &format!(" ({})", lines.told());
            }
            let line = format!("{} {verdict}{whose}: {said}", rule.name);
            text += &painted(style, verdict, &wrapped(style, &line, 2));
        }
    }
    text
}

/// The same with the first word that is the verdict in its colour.
fn painted(style: Style, verdict: Verdict, text: &str) -> String {
    text.replacen(&verdict.to_string(), &style.verdict(verdict), 1)
}

/// Where the upload capacity went, in percent and in bits.
pub(crate) fn slack(style: Style, runs: &[Run]) -> String {
    let mut columns = vec![("upload capacity", Align::Left)];
    for run in runs {
        columns.push((run.name(), Align::Right));
        columns.push(("bits", Align::Right));
    }
    let mut table = Table::new(style, &columns);
    let slacks: Vec<&Slack> = runs.iter().map(|run| &run.report.slack).collect();
    for (at, (name, _)) in parts(&Slack::default()).iter().enumerate() {
        let mut cells = vec![(*name).to_owned()];
        for slack in &slacks {
            let (_, bits) = parts(slack)[at];
            cells.push(numbers::percent(bits, slack.spent()));
            cells.push(numbers::grouped(bits));
        }
        table.row(cells.into_iter().map(Cell::new));
    }
    let mut sum = vec!["all of it".to_owned()];
    for slack in &slacks {
        sum.push(numbers::percent(slack.spent(), slack.spent()));
        sum.push(numbers::grouped(slack.supplied()));
    }
    table.row(sum.into_iter().map(Cell::new));
    let bursts: u128 = slacks.iter().map(|slack| slack.burst).sum();
    let note = match bursts {
        0 => String::new(),
        bits => wrapped(
            style,
            &format!("(of that, {} bits above rate x time)", numbers::grouped(bits)),
            2,
        ),
    };
    table.text() + &note
}

/// What became of a capacity.
fn parts(slack: &Slack) -> [(&'static str, u128); 5] {
    [
        ("useful", slack.useful),
        ("duplicate", slack.duplicate),
        ("aborted", slack.aborted),
        ("idle before a chunk", slack.idle_before),
        ("idle after", slack.idle_after),
    ]
}

/// How far a log can be trusted, when that is not completely.
pub(crate) fn evidence(style: Style, header: &Header) -> String {
    let Evidence { stamps, clock_tolerance, complete, whole_swarm } = header.evidence;
    if header.evidence == Evidence::default() {
        return String::new();
    }
    let stamps = match stamps {
        Stamps::Exact => "exact",
        Stamps::Receiver => "receiver side",
        Stamps::Wire => "on the wire",
    };
    let gaps = if complete { "the log is complete" } else { "the log may have gaps" };
    let part = if whole_swarm { "" } else { ", and sees a part of the swarm" };
    let clocks = match clock_tolerance {
        Time::ZERO => String::new(),
        tolerance => format!(", clock skew up to {}", numbers::span(tolerance)),
    };
    follow(style, "  ", &format!("timestamps: {stamps}{clocks}; {gaps}{part}"), 4)
}

/// The verdict of a comparison as one sentence.
pub(crate) fn compared(style: Style, p2p: &Run, client_server: &Run) -> String {
    let verdict = p2p.report.verdict.max(client_server.report.verdict);
    let mut sentence = match verdict {
        Verdict::Holds | Verdict::Skipped => speed(p2p),
        _ => faults(&[p2p, client_server]),
    };
    if verdict == Verdict::Holds {
        sentence += &comparison(p2p, client_server);
    }
    pronounce(style, verdict, &sentence)
}

/// The verdict of one trace as one sentence.
pub(crate) fn judged(style: Style, run: &Run) -> String {
    let sentence = match run.report.verdict {
        Verdict::Holds | Verdict::Skipped => speed(run),
        _ => faults(&[run]),
    };
    pronounce(style, run.report.verdict, &sentence)
}

fn pronounce(style: Style, verdict: Verdict, sentence: &str) -> String {
    painted(style, verdict, &wrapped(style, &format!("{verdict}: {sentence}."), 2))
}

/// How fast a lawful run was.
fn speed(run: &Run) -> String {
    let Report { peers, completed, last, best, .. } = &run.report;
    let Some(last) = *last else {
        return "no peer has the file, and the log shows why".to_owned();
    };
    let last = numbers::span(last);
    let who = match (*completed, *peers) {
        (1, 1) => format!("the peer has the file after {last}"),
        (2, 2) => format!("both peers have the file after {last}"),
        (done, peers) if done == peers => {
            format!("all {} have the file after {last}", numbers::count(peers, "peer"))
        }
        (done, peers) => format!(
            "{} of {} have the file after {last}, and the log shows why the others \
             have not",
            numbers::grouped(done as u128),
            numbers::count(peers, "peer")
        ),
    };
    let Some(ratio) = run.ratio() else { return who };
    let mut said = format!("{who}, {} x the best bound ({})", numbers::times(ratio), best.name);
    if let Some(bound) = run.beside()
        && let Some(ratio) = run.ratio_to(bound)
    {
        let ratio = numbers::times(ratio);
        said += &format!("; only the source sent: {ratio} x the bound on that ({})", bound.name);
    }
    said
}

fn comparison(p2p: &Run, client_server: &Run) -> String {
    let pair = (p2p.report.distribution_time, client_server.report.distribution_time);
    let (Some(p2p), Some(client_server)) = pair else {
        return String::new();
    };
    let took = numbers::span(client_server);
    match numbers::ratio(client_server, p2p) {
        Some(factor) => {
            format!("; client-server takes {took}, {} times as long", numbers::times(factor))
        }
        None => format!("; client-server takes {took}"),
    }
}

/// What is wrong with runs, by the names of the rules, and the first of it in full.
fn faults(runs: &[&Run]) -> String {
    let mut broken = Vec::new();
    let mut first = None;
    for verdict in [Verdict::Violated, Verdict::Unknown] {
        for run in runs {
            let rules = run.report.rules.iter();
            let rules: Vec<&Ruled> =
                rules.filter(|rule| rule.judgement.verdict == verdict).collect();
            let Some(judgement) = rules.first().map(|rule| &rule.judgement) else {
                continue;
            };
            let said = judgement.explanation.as_ref().or(judgement.reason.as_ref());
            first = first.or(said);
            let names = rules.iter().map(|rule| rule.name).collect::<Vec<_>>().join(" and ");
            let whose = match runs {
                [_] => "the trace".to_owned(),
                _ => format!("the {} run", run.name()),
            };
            broken.push(match verdict {
                Verdict::Violated => format!("{whose} breaks {names}"),
                _ => format!("{whose} leaves {names} undecided"),
            });
        }
    }
    match first {
        Some(first) => format!("{}: {}", broken.join("; "), numbers::groups(first)),
        None => broken.join("; "),
    }
}

#[cfg(test)]
mod tests;
