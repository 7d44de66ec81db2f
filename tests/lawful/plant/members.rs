//! Faults of membership: acts of nodes that are not there, as logged or as announced.

use super::{Base, Listed};
use crate::lawful::draw::Draw;
use crate::lawful::log::{Departure, Event, Log, Transfer};

pub(super) const KINDS: &[Listed] = &[
    ("member: receives before it joins", before_join),
    ("member: never joins and receives", never_joins),
    ("member: receives after it left", after_leave),
    ("member: sends after it left", sends_after_leave),
    ("member: transfer across a leave and join", across),
    ("member: transfer across a leave and join of the sender", across_sender),
    ("member: receives after its announced departure", after_announced),
    ("member: joins before its announced arrival", before_announced),
    ("member: joins twice", joins_twice),
    ("member: leaves twice", leaves_twice),
    ("member: tracker names a peer before it joins", named_early),
    ("member: announces itself after it left", announces_gone),
    ("member: sends after the cut-off", sends_after_until),
];

/// The run is cut off just before a transfer begins.
fn sends_after_until(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |_| true)?;
    let tolerance = if base.is_exact() { 0 } else { base.header().tolerance };
    let until = t.start.checked_sub(tolerance + 1).filter(|&until| until != 0)?;
    Some(base.with(|log| log.header.until = Some(until)))
}

/// The instants at which a node joins or leaves.
fn turns(base: &Base, node: usize) -> Vec<(usize, u64, bool)> {
    let own = base.events().iter().enumerate();
    own.filter_map(|(at, event)| match *event {
        Event::Join { t, node: other } if other == node => Some((at, t, true)),
        Event::Leave { t, node: other } if other == node => Some((at, t, false)),
        _ => None,
    })
    .collect()
}

/// Does a node join once and never leave?
fn stays(base: &Base, node: usize) -> bool {
    let leaves = turns(base, node).iter().any(|&(_, _, joins)| !joins);
    !leaves && base.header().nodes[node].leaves == Departure::Never
}

fn delivered(base: &Base, draw: &mut Draw, wanted: impl Fn(&Transfer) -> bool) -> Option<Transfer> {
    base.any(draw, |t| !t.aborted && t.to != 0 && wanted(t)).map(|(_, t)| t)
}

fn before_join(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |t| stays(base, t.to))?;
    let (at, _, _) = *turns(base, t.to).first()?;
    base.is_exact()
        .then(|| base.with(|log| log.events[at] = Event::Join { t: t.start + 1, node: t.to }))
}

fn never_joins(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |_| true)?;
    Some(base.with(|log| {
        log.events.retain(|event| {
            !matches!(event,
            Event::Join { node, .. } | Event::Leave { node, .. } if *node == t.to)
        });
    }))
}

fn after_leave(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |t| stays(base, t.to) && 0 < t.end)?;
    let joined = turns(base, t.to).first()?.1;
    let gone = t.end - 1;
    (base.is_exact() && joined <= gone).then(|| base.plus(Event::Leave { t: gone, node: t.to }))
}

fn sends_after_leave(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |t| stays(base, t.from) && t.start < base.departure(t))?;
    let left = Event::Leave { t: base.departure(&t) - 1, node: t.from };
    base.is_exact().then(|| base.plus(left))
}

/// A leave and a join at one instant in the middle of a transfer.
fn turn(base: &Base, draw: &mut Draw, node: usize, (from, to): (u64, u64)) -> Option<Log> {
    let at = draw.between(from + 1, to - 1);
    let busy = turns(base, node).iter().any(|&(_, t, _)| t == at);
    (base.is_exact() && !busy).then(|| {
        base.with(|log| {
            log.events.push(Event::Leave { t: at, node });
            log.events.push(Event::Join { t: at, node });
        })
    })
}

fn across(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |t| t.start + 1 < t.end)?;
    turn(base, draw, t.to, (t.start, t.end))
}

fn across_sender(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |t| t.start + 1 < base.departure(t))?;
    turn(base, draw, t.from, (t.start, base.departure(&t)))
}

fn after_announced(base: &Base, draw: &mut Draw) -> Option<Log> {
    let t = delivered(base, draw, |t| 0 < t.end)?;
    let gone = t.end - 1;
    let fits = base.is_exact() && base.header().nodes[t.to].joins < gone;
    fits.then(|| base.with(|log| log.header.nodes[t.to].leaves = Departure::At(gone)))
}

fn before_announced(base: &Base, draw: &mut Draw) -> Option<Log> {
    let node = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let first = turns(base, node).iter().map(|&(_, t, _)| t).min()?;
    let fits = base.header().nodes[node].leaves == Departure::Never && base.is_exact();
    fits.then(|| base.with(|log| log.header.nodes[node].joins = first + 1))
}

fn joins_twice(base: &Base, draw: &mut Draw) -> Option<Log> {
    let node = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let &[(_, joined, _)] = turns(base, node).as_slice() else { return None };
    Some(base.plus(Event::Join { t: joined + draw.below(1000), node }))
}

fn leaves_twice(base: &Base, draw: &mut Draw) -> Option<Log> {
    let node = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let &[_, (_, left, false)] = turns(base, node).as_slice() else { return None };
    let announced = base.header().nodes[node].leaves != Departure::Never;
    (!announced).then(|| base.plus(Event::Leave { t: left + draw.below(1000), node }))
}

fn named_early(base: &Base, draw: &mut Draw) -> Option<Log> {
    let node = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let first = turns(base, node).iter().map(|&(_, t, _)| t).min()?;
    let t = first.checked_sub(1)?;
    let there = base.header().nodes[0].leaves == Departure::Never && turns(base, 0).is_empty();
    (base.is_exact() && there).then(|| base.plus(Event::Announce { t, node: 0, peers: vec![node] }))
}

fn announces_gone(base: &Base, draw: &mut Draw) -> Option<Log> {
    let node = draw.between(1, base.header().nodes.len() as u64 - 1) as usize;
    let &[_, (_, left, false)] = turns(base, node).as_slice() else { return None };
    let t = left + 1 + draw.below(1000);
    base.is_exact().then(|| base.plus(Event::Announce { t, node, peers: vec![] }))
}
