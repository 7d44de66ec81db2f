//! Makes an accused lawful log smaller, by steps that keep it lawful: a peer that sends nothing
//! goes with all its lines, transfers that change nothing go, and of a log with gaps any line.

use super::judge::judge;
use super::log::{Choker, Event, Log, Transfer};
use super::plant::held;

/// The smallest log to which steps lead and of which the audit still says what `rule` said.
pub(crate) fn shrink(log: &Log, rule: &str) -> Log {
    let still = |log: &Log| judge(&log.text()).accusations().iter().any(|(other, _)| other == rule);
    let mut best = log.clone();
    while let Some(smaller) = steps(&best).into_iter().find(|smaller| still(smaller)) {
        best = smaller;
    }
    best
}

/// Every log that is one step smaller, the largest steps first.
fn steps(log: &Log) -> Vec<Log> {
    let peers = (1..log.header.nodes.len()).rev();
    let mut smaller: Vec<Log> = peers.filter_map(|peer| without_peer(log, peer)).collect();
    let lines = (0..log.events.len()).filter(|&at| is_idle(log, at));
    smaller.extend(lines.map(|at| {
        let mut less = log.clone();
        less.events.remove(at);
        less
    }));
    smaller
}

fn without_peer(log: &Log, peer: usize) -> Option<Log> {
    let sends = log.transfers().any(|t| t.from == peer);
    if log.header.stall.is_some() || sends || log.header.nodes.len() == 2 {
        return None;
    }
    let mut less = log.clone();
    less.header.nodes.remove(peer);
    less.events = log.events.iter().filter_map(|event| renamed(event, peer)).collect();
    Some(less)
}

/// An event when a peer is gone and those after it have moved up; None of its own events.
fn renamed(event: &Event, gone: usize) -> Option<Event> {
    let name = |node: usize| (node != gone).then_some(node - usize::from(gone < node));
    Some(match *event {
        Event::Join { t, node } => Event::Join { t, node: name(node)? },
        Event::Leave { t, node } => Event::Leave { t, node: name(node)? },
        Event::Complete { t, node } => Event::Complete { t, node: name(node)? },
        Event::Connect { t, a, b } => Event::Connect { t, a: name(a)?, b: name(b)? },
        Event::Disconnect { t, a, b } => Event::Disconnect { t, a: name(a)?, b: name(b)? },
        Event::Choke { t, from, to } => Event::Choke { t, from: name(from)?, to: name(to)? },
        Event::Unchoke { t, from, to } => Event::Unchoke { t, from: name(from)?, to: name(to)? },
        Event::Announce { t, node, ref peers } => {
            let peers = peers.iter().filter_map(|&peer| name(peer)).collect();
            Event::Announce { t, node: name(node)?, peers }
        }
        Event::Transfer(t) => {
            Event::Transfer(Transfer { from: name(t.from)?, to: name(t.to)?, ..t })
        }
    })
}

/// Is a log as lawful without a line?
fn is_idle(log: &Log, at: usize) -> bool {
    let header = &log.header;
    if !header.complete {
        return true;
    }
    let barters = header.protocol.is_some_and(|protocol| {
        matches!(protocol.choker, Choker::StrictBarter | Choker::Credit(_))
    });
    match &log.events[at] {
        Event::Announce { t, .. } => *t < header.until(),
        Event::Connect { .. } | Event::Unchoke { .. } => log.events[..at].contains(&log.events[at]),
        Event::Transfer(_) if header.stall.is_some() => false,
        Event::Transfer(transfer) if transfer.aborted => !header.cut_through,
        Event::Transfer(transfer) => {
            let mut less = log.clone();
            less.events.remove(at);
            let same = held(log, transfer.to, transfer.chunk);
            let unused = same == held(&less, transfer.to, transfer.chunk);
            unused && !header.cut_through && !header.coded && !barters
        }
        _ => false,
    }
}
