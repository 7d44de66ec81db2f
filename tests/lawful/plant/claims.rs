//! Faults of claims: too early, too late, twice, by the wrong node, never.

use super::{Base, Listed, is_whole};
use crate::lawful::draw::Draw;
use crate::lawful::log::{Event, Log, Transfer};

pub(super) const KINDS: &[Listed] = &[
    ("claim: 1 ns early", early),
    ("claim: 1 ns late", late),
    ("claim: one chunk early", chunk_early),
    ("claim: early beyond the tolerance, receiver stamps", early_receiver),
    ("claim: a second time", second),
    ("claim: by the source", by_source),
    ("claim: never", never),
    ("claim: without the file", without),
];

/// A peer that claims; its place among the events, and when.
fn claim(base: &Base, draw: &mut Draw) -> Option<(usize, usize, u64)> {
    let claims: Vec<(usize, usize, u64)> = (1..base.header().nodes.len())
        .filter_map(|node| base.claim(node).map(|(at, t)| (node, at, t)))
        .collect();
    draw.any(&claims)
}

fn moved(base: &Base, at: usize, to: u64) -> Log {
    base.with(|log| {
        if let Event::Complete { t, .. } = &mut log.events[at] {
            *t = to;
        }
    })
}

/// May single bytes of what comes to a node be there sooner than its end says? Under `cut_through`
/// a byte that several transfers bring came with any of them, and under coding an aborted one may
/// have brought some.
fn is_open(base: &Base, node: usize, by: u64) -> bool {
    let header = base.header();
    let came = base.transfers().map(|(_, t)| t).filter(|t| t.to == node);
    if header.coded {
        let by_then = |t: &Transfer| if header.cut_through { t.start <= by } else { t.end <= by };
        let counts = |t: &Transfer| header.cut_through || !t.aborted;
        let bytes: u64 = came.filter(|t| by_then(t) && counts(t)).map(|t| t.bytes).sum();
        return header.file <= bytes.saturating_sub(u64::from(header.cut_through));
    }
    let copies: Vec<Transfer> = came.filter(|t| !t.aborted).collect();
    let meet = |a: &Transfer, b: &Transfer| {
        a.chunk == b.chunk && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes
    };
    header.cut_through
        && (1..copies.len()).any(|at| copies[..at].iter().any(|other| meet(other, &copies[at])))
}

fn early(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (node, at, t) = claim(base, draw)?;
    let by = t.checked_sub(1)?;
    (base.is_exact() && !is_open(base, node, by)).then(|| moved(base, at, by))
}

fn late(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, at, t) = claim(base, draw)?;
    (base.is_exact() && !base.header().coded).then(|| moved(base, at, t + 1))
}

/// Claims when all chunks but the last have come.
fn chunk_early(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (node, at, t) = claim(base, draw)?;
    let held = (0..base.header().chunks()).filter_map(|chunk| base.held(node, chunk));
    let before = held.filter(|&at| at < t).max()?;
    let fits = base.is_exact() && !base.header().coded && !is_open(base, node, before);
    fits.then(|| moved(base, at, before))
}

fn early_receiver(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (node, at, _) = claim(base, draw)?;
    // The last byte of the only copy came at its end by the receiver's own clock.
    let mut copies = base.transfers().filter(|(_, t)| t.to == node && !t.aborted);
    let single = (0..header.chunks()).all(|chunk| {
        base.transfers().filter(|(_, t)| (t.to, t.chunk, t.aborted) == (node, chunk, false)).count()
            == 1
    });
    let last = copies.by_ref().map(|(_, t)| t.end).max()?;
    let by = last.checked_sub(header.tolerance + 1)?;
    (!base.is_exact() && single && !header.coded).then(|| moved(base, at, by))
}

fn second(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (node, _, t) = claim(base, draw)?;
    Some(base.plus(Event::Complete { t, node }))
}

fn by_source(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = draw.below(base.played.log.last() + 1);
    Some(base.plus(Event::Complete { t, node: 0 }))
}

fn never(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, at, _) = claim(base, draw)?;
    let fits = base.is_exact() && !base.header().coded;
    fits.then(|| base.with(|log| drop(log.events.remove(at))))
}

fn without(base: &Base, draw: &mut Draw) -> Option<Log> {
    let log = &base.played.log;
    let lacking: Vec<usize> = (1..log.header.nodes.len())
        .filter(|&node| base.claim(node).is_none() && !is_whole(log, node))
        .collect();
    let node = draw.any(&lacking)?;
    (!log.header.coded).then(|| base.plus(Event::Complete { t: log.last(), node }))
}
