//! Faults of holdings: a node sends what it does not have, or has what was never sent to it.

use super::{Base, Listed, is_whole};
use crate::lawful::draw::Draw;
use crate::lawful::log::{Event, Log, Transfer};

pub(super) const KINDS: &[Listed] = &[
    ("store and forward: sends 1 ns before it holds", before_holding),
    ("store and forward: sends what it never got", never_got),
    ("store and forward: sends from the start of a copy", same_step),
    ("circle: a chunk that never left the source", circle),
    ("phantom: a chunk that was never sent", phantom),
    ("phantom: an aborted copy counts", aborted_counts),
    ("phantom: a duplicate counts as another chunk", duplicate_counts),
    ("one sender: assembled from two", assembled),
    ("cut_through: a byte before it can have come", byte_too_soon),
    ("cut_through: all of it before its end", all_too_soon),
    ("cut_through: sends what it never got", never_got_cut),
    ("coded: sends with less than a chunk's bytes", below_gate),
    ("coded: completes with less than the file's bytes", rank),
    ("coded: sends with nothing received", coded_nothing),
];

fn is_stored(base: &Base) -> bool {
    let header = base.header();
    !header.cut_through && !header.coded
}

fn before_holding(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| t.from != 0 && 0 < base.held(t.from, t.chunk).unwrap_or(0))?;
    let held = base.held(t.from, t.chunk)?;
    (base.is_exact() && is_stored(base)).then(|| base.bend(at, |t| t.start = held - 1))
}

fn never_got(base: &Base, draw: &mut Draw) -> Option<Log> {
    let chunk = draw.below(base.header().chunks() as u64) as usize;
    let length = base.header().length(chunk);
    let (at, _) = base.any(draw, |t| {
        t.from != 0 && base.held(t.from, chunk).is_none() && t.offset + t.bytes <= length
    })?;
    is_stored(base).then(|| base.bend(at, |t| t.chunk = chunk))
}

/// Passes a chunk on from the start of the only copy that it gets.
fn same_step(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, copy) = base.any(draw, |t| t.to != 0 && t.start < t.end && !t.aborted)?;
    let (at, _) = base.any(draw, |t| (t.from, t.chunk) == (copy.to, copy.chunk))?;
    let first = base.held(copy.to, copy.chunk)?;
    let starts = copy.start.max(first.saturating_sub(draw.by_magnitude(1 << 40)));
    (base.is_exact() && is_stored(base) && starts < first)
        .then(|| base.bend(at, |t| t.start = starts))
}

/// The only transfer of a chunk by the source comes from a peer instead.
fn circle(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| t.from == 0 && t.to != 0)?;
    let copies = base.transfers().filter(|(_, other)| (other.from, other.chunk) == (0, t.chunk));
    let passed_on = base.transfers().any(|(_, other)| (other.from, other.chunk) == (t.to, t.chunk));
    let from = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let alone = copies.count() == 1 && !base.header().coded;
    (alone && passed_on && from != t.to).then(|| base.bend(at, |t| t.from = from))
}

/// The only copy of a chunk at a peer that claims the file.
fn only_copy(base: &Base, draw: &mut Draw) -> Option<(usize, Transfer)> {
    base.any(draw, |t| {
        let copies = base
            .transfers()
            .filter(|(_, other)| (other.to, other.chunk, other.aborted) == (t.to, t.chunk, false));
        !t.aborted && t.to != 0 && base.claim(t.to).is_some() && copies.count() == 1
    })
}

fn phantom(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = only_copy(base, draw)?;
    let log = base.with(|log| drop(log.events.remove(at)));
    (!base.header().coded && !is_whole(&log, t.to)).then_some(log)
}

fn aborted_counts(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, _) = only_copy(base, draw)?;
    (!base.header().coded).then(|| base.bend(at, |t| t.aborted = true))
}

fn duplicate_counts(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = only_copy(base, draw)?;
    let chunk = draw.below(base.header().chunks() as u64) as usize;
    let fits = t.offset + t.bytes <= base.header().length(chunk);
    (!base.header().coded && chunk != t.chunk && fits).then(|| base.bend(at, |t| t.chunk = chunk))
}

/// The only copy of a chunk comes in two halves from two senders that hold it.
fn assembled(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = only_copy(base, draw)?;
    let header = base.header();
    let other = draw.below(header.nodes.len() as u64) as usize;
    let fits =
        other != t.from && other != t.to && 2 <= t.bytes && t.bytes == header.length(t.chunk);
    let holds = base.held(other, t.chunk).is_some_and(|at| at <= t.start);
    if !fits || !holds || header.multi_source || header.coded {
        return None;
    }
    let half = t.bytes / 2;
    let mut log = base.bend(at, |t| t.bytes = half);
    let rest = Transfer { from: other, offset: half, bytes: t.bytes - half, ..t };
    log.events.push(Event::Transfer(rest));
    Some(log)
}

fn is_cut_through(base: &Base) -> bool {
    base.is_exact() && base.header().cut_through && !base.header().coded
}

/// When the first byte of a chunk can have come to a node; aborted bytes may be passed on, too.
fn first_byte(base: &Base, node: usize, chunk: usize) -> Option<u64> {
    let came = base.transfers().filter(|(_, t)| (t.to, t.chunk) == (node, chunk));
    came.map(|(_, t)| t.start + base.header().latency_to(node)).min()
}

fn byte_too_soon(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| t.from != 0)?;
    let first = first_byte(base, t.from, t.chunk)?;
    let gone = first.checked_sub(1)?;
    let start = gone.saturating_sub(draw.below(t.end - t.start + 1));
    let end = gone + base.header().latency_to(t.to);
    is_cut_through(base).then(|| base.bend(at, |t| (t.start, t.end) = (start, end)))
}

/// All that one transfer brings leaves again before its last byte has come.
fn all_too_soon(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| t.from != 0)?;
    let mut copies =
        base.transfers().filter(|(_, copy)| (copy.to, copy.chunk) == (t.from, t.chunk));
    let (_, copy) = copies.next().filter(|(_, copy)| !copy.aborted)?;
    let covers = t.offset <= copy.offset && copy.offset + copy.bytes <= t.offset + t.bytes;
    let gone = copy.end.checked_sub(1)?;
    if copies.next().is_some() || !covers || !is_cut_through(base) {
        return None;
    }
    let first = copy.start + base.header().latency_to(copy.to);
    let end = gone + base.header().latency_to(t.to);
    (first <= gone)
        .then(|| base.bend(at, |t| (t.start, t.end) = (t.start.min(gone).min(first), end)))
}

fn never_got_cut(base: &Base, draw: &mut Draw) -> Option<Log> {
    let chunk = draw.below(base.header().chunks() as u64) as usize;
    let length = base.header().length(chunk);
    let (at, _) = base.any(draw, |t| {
        t.from != 0 && first_byte(base, t.from, chunk).is_none() && t.offset + t.bytes <= length
    })?;
    is_cut_through(base).then(|| base.bend(at, |t| t.chunk = chunk))
}

/// What a node has received by an instant, delivered or not, in bytes.
fn received(base: &Base, node: usize, by: u64) -> u64 {
    base.transfers().filter(|(_, t)| t.to == node && t.end <= by).map(|(_, t)| t.bytes).sum()
}

fn below_gate(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (_, got) = base.any(draw, |t| t.to != 0)?;
    let by = got.end;
    let has = received(base, got.to, by);
    let to = draw.below(header.nodes.len() as u64) as usize;
    let fits = header.coded && !header.cut_through && base.is_exact() && to != got.to;
    let shortest = header.length(header.chunks() - 1);
    if !fits || shortest <= has {
        return None;
    }
    let end = by + header.latency_to(to) + draw.by_magnitude(1 << 40);
    let sent = Transfer { from: got.to, to, start: by, end, offset: 0, bytes: 1, ..got };
    Some(base.plus(Event::Transfer(Transfer { aborted: false, ..sent })))
}

fn rank(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (at, t) = base.any(draw, |t| !t.aborted && base.claim(t.to).is_some())?;
    let came: u64 = base
        .transfers()
        .filter(|(place, other)| *place != at && other.to == t.to && !other.aborted)
        .map(|(_, other)| other.bytes)
        .sum();
    (header.coded && came < header.file).then(|| base.with(|log| drop(log.events.remove(at))))
}

fn coded_nothing(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| t.from == 0)?;
    let from = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let started = base.transfers().any(|(_, other)| other.to == from && other.start <= t.end);
    let fits = base.header().coded && from != t.to && !started;
    fits.then(|| base.bend(at, |t| t.from = from))
}
