//! A judged run as a table: how fast it was, what each rule says, where the capacity went.
//!
//! The judgement itself is the audit's, and so are the bounds that a run is measured by.

use comfy_table::{Attribute, Cell};
use serde::Serialize;
use swarmbound::audit::{Report, Ruled, Slack, Verdict};
use swarmbound::bounds::{Binding, Senders};
use swarmbound::trace::{Evidence, Header, Stamps};
use swarmbound::units::Time;

use super::layout::{Align, Style, lines, table, verdict_cell, wrapped};
use super::numbers;

/// A run and what the audit says of it.
pub(crate) struct Run {
    /// Which of the two ways it was to go; None for a log, which does not say.
    pub(crate) mode: Option<Mode>,
    /// What the audit says.
    pub(crate) report: Report,
}

/// The two ways to distribute that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
            Mode::P2p => Senders::Everybody,
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
        ("transfers", Align::Right),
    ];
    let mut table = table(style, &columns);
    for run in runs {
        let Report { peers, completed, last, transfers, .. } = run.report;
        let time = |time: Option<Time>| time.map_or_else(|| "never".to_owned(), numbers::seconds);
        let ratio = |bound: &Binding| {
            let ratio = run.ratio_to(bound).map_or_else(|| "-".to_owned(), numbers::times);
            Cell::new(ratio).add_attribute(Attribute::Bold)
        };
        let best = &run.report.best;
        table.add_row([
            Cell::new(run.name()),
            Cell::new(format!("{completed} of {peers}")),
            Cell::new(time(last)),
            Cell::new(time(best.time())),
            ratio(best),
            Cell::new(best.name),
            Cell::new(numbers::grouped(transfers as u128)),
        ]);
        if let Some(bound) = run.beside() {
            let mut cells = vec![Cell::new("source alone"), Cell::new(""), Cell::new("")];
            cells.extend([Cell::new(time(bound.time())), ratio(bound), Cell::new(bound.name)]);
            table.add_row(cells);
        }
    }
    lines(&table)
}

/// What each rule says, and below it why.
pub(crate) fn rules(style: Style, runs: &[Run]) -> String {
    let mut columns = vec![("rule", Align::Left)];
    columns.extend(runs.iter().map(|run| (run.name(), Align::Left)));
    let mut table = table(style, &columns);
    for entry in swarmbound::audit::ALL {
        let mut cells = vec![Cell::new(entry.name)];
        cells.extend(runs.iter().map(|run| match run.report.rule(entry.name) {
            Some(judgement) => verdict_cell(judgement.verdict),
            None => Cell::new("-"),
        }));
        table.add_row(cells);
    }
    lines(&table) + &why(style, runs)
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
            let line = format!("{} {verdict}{whose}: {}", rule.name, said.join("; "));
            text += &painted(style, verdict, &wrapped(&line, 2));
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
    let mut table = table(style, &columns);
    let slacks: Vec<&Slack> = runs.iter().map(|run| &run.report.slack).collect();
    for (at, (name, _)) in parts(&Slack::default()).iter().enumerate() {
        let mut cells = vec![(*name).to_owned()];
        for slack in &slacks {
            let (_, bits) = parts(slack)[at];
            cells.push(numbers::percent(bits, slack.spent()));
            cells.push(numbers::grouped(bits));
        }
        table.add_row(cells);
    }
    let mut sum = vec!["all of it".to_owned()];
    for slack in &slacks {
        sum.push(numbers::percent(slack.spent(), slack.spent()));
        sum.push(numbers::grouped(slack.supplied()));
    }
    table.add_row(sum);
    let bursts: u128 = slacks.iter().map(|slack| slack.burst).sum();
    let note = match bursts {
        0 => String::new(),
        bits => {
            wrapped(&format!("(of that, {} bits above rate x time)", numbers::grouped(bits)), 2)
        }
    };
    lines(&table) + &note
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
pub(crate) fn evidence(header: &Header) -> String {
    let Evidence { stamps, clock_tolerance, complete } = header.evidence;
    if header.evidence == Evidence::default() {
        return String::new();
    }
    let stamps = match stamps {
        Stamps::Exact => "exact times",
        Stamps::Receiver => "times taken by the receiver",
        Stamps::Wire => "times taken on the wire",
    };
    let gaps = if complete { "nothing is missing" } else { "it may have gaps" };
    let clocks = match clock_tolerance {
        Time::ZERO => String::new(),
        tolerance => format!(", clocks that differ by up to {}", numbers::span(tolerance)),
    };
    wrapped(&format!("the log has {stamps}{clocks}; {gaps}"), 2)
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
    painted(style, verdict, &wrapped(&format!("{verdict}: {sentence}."), 2))
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
        (done, peers) if done == peers => format!("all {peers} peers have the file after {last}"),
        (done, peers) => format!(
            "{done} of {peers} peers have the file after {last}, and the log shows why the others \
             have not"
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
        Some(first) => format!("{}: {first}", broken.join("; ")),
        None => broken.join("; "),
    }
}

#[cfg(test)]
mod tests;
