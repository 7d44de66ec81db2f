//! Faults of connections, chokes, slots and barter.

use super::{Base, Listed};
use crate::lawful::draw::Draw;
use crate::lawful::log::{Choker, Event, Log, Protocol, Transfer};

pub(super) const KINDS: &[Listed] = &[
    ("link: strangers", strangers),
    ("link: connects 1 ns after the start", connects_late),
    ("link: disconnects during a transfer", disconnects),
    ("choke: never unchoked", never_unchoked),
    ("choke: choked 1 ns before the start", choked_before),
    ("choke: one slot too many", slot_too_many),
    ("barter: credit exceeded by one chunk", credit),
    ("barter: strict, two chunks ahead", strict_ahead),
    ("barter: strict, to a peer without uplink", strict_no_uplink),
];

fn is_pair(t: &Transfer, a: usize, b: usize) -> bool {
    (t.from, t.to) == (a, b) || (t.from, t.to) == (b, a)
}

fn strangers(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |_| true)?;
    base.played.end.links.as_ref()?;
    let log = base.with(|log| {
        log.events
            .retain(|event| !matches!(event, Event::Connect { a, b, .. } if is_pair(&t, *a, *b)));
    });
    let judged = log.events.iter().any(|event| matches!(event, Event::Connect { .. }));
    judged.then_some(log)
}

fn connects_late(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |_| true)?;
    base.played.end.links.as_ref()?;
    let lasts = t.start + 1 < base.departure(&t);
    let log = base.with(|log| {
        for event in &mut log.events {
            if let Event::Connect { t: at, a, b } = event
                && is_pair(&t, *a, *b)
            {
                *at = (*at).max(t.start + 1);
            }
        }
    });
    (base.is_exact() && lasts).then_some(log)
}

fn disconnects(base: &Base, draw: &mut Draw) -> Option<Log> {
    // An aborted transfer needs its connection at its start only.
    let (_, t) = base.any(draw, |t| !t.aborted && t.start + 1 < base.departure(t))?;
    base.played.end.links.as_ref()?;
    let at = draw.between(t.start + 1, base.departure(&t) - 1);
    let meets = base.events().iter().any(|event| {
        matches!(event, Event::Connect { t: other, a, b } if is_pair(&t, *a, *b) && *other == at)
    });
    let fits = base.is_exact() && !meets;
    fits.then(|| base.plus(Event::Disconnect { t: at, a: t.from, b: t.to }))
}

fn never_unchoked(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |_| true)?;
    base.played.end.unchoked.as_ref()?;
    let log = base.with(|log| {
        log.events.retain(|event| {
            !matches!(event, Event::Unchoke { from, to, .. } if (*from, *to) == (t.from, t.to))
        });
    });
    let is_choke = |event: &Event| matches!(event, Event::Unchoke { .. } | Event::Choke { .. });
    log.events.iter().any(is_choke).then_some(log)
}

fn choked_before(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |t| 0 < t.start)?;
    base.played.end.unchoked.as_ref()?;
    let (at, from) = (t.start - 1, t.from);
    let meets = base.events().iter().any(|event| {
        matches!(event, Event::Unchoke { t: other, from, to }
            if (*from, *to) == (t.from, t.to) && at <= *other && *other <= t.start)
    });
    let there = base.events().iter().all(|event| match *event {
        Event::Join { t, node } | Event::Leave { t, node } => node != from || t < at,
        _ => true,
    });
    let fits = base.is_exact() && !meets && there;
    fits.then(|| base.plus(Event::Choke { t: at, from, to: t.to }))
}

/// At the end a node unchokes one neighbor more than it has slots.
fn slot_too_many(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (header, end) = (base.header(), &base.played.end);
    let slots = header.slots()?;
    let from = draw.below(header.nodes.len() as u64) as usize;
    let near = (0..header.nodes.len()).filter(|&node| end.in_touch(from, node));
    let near: Vec<usize> = near.take(slots + 1).collect();
    if near.len() <= slots || !base.is_exact() {
        return None;
    }
    let last = base.played.log.last();
    Some(base.with(|log| {
        let unchoke = |&to: &usize| Event::Unchoke { t: last + 1, from, to };
        log.events.extend(near.iter().map(unchoke));
        // Something happens later, so that all of them are open for a while.
        log.events.push(Event::Announce { t: last + 2, node: from, peers: vec![] });
        log.header.until = Some(log.header.until().max(last + 3));
    }))
}

/// Copies of whole chunks in single transfers that one node gave another by an instant: no more
/// than were given.
fn given(base: &Base, from: usize, to: usize, by: u64) -> u64 {
    let whole = |t: &Transfer| {
        (t.from, t.to) == (from, to)
            && t.end <= by
            && !t.aborted
            && t.bytes == base.header().length(t.chunk)
    };
    base.transfers().filter(|(_, t)| whole(t)).count() as u64
}

/// No fewer copies than came back: any part of a chunk counts as a copy, from its start on.
fn back(base: &Base, from: usize, to: usize, by: u64) -> u64 {
    base.transfers().filter(|(_, t)| (t.from, t.to) == (from, to) && t.start <= by).count() as u64
}

/// A leecher that is some whole chunks ahead of a peer at an instant, and how many.
fn ahead(base: &Base, draw: &mut Draw) -> Option<(usize, u64)> {
    let (_, t) = base.any(draw, |t| {
        t.from != 0 && !t.aborted && base.claim(t.from).is_none_or(|(_, claim)| t.end < claim)
    })?;
    let lead = given(base, t.from, t.to, t.end).checked_sub(back(base, t.to, t.from, t.end))?;
    // Under `cut_through` single bytes may make it a seeder before the ends of transfers say so.
    let fits = base.is_exact() && !base.header().coded && !base.header().cut_through;
    fits.then_some((t.to, lead))
}

fn declared(base: &Base, choker: Choker) -> Log {
    base.with(|log| {
        let protocol =
            log.header.protocol.unwrap_or(Protocol { slots: 1000, optimistic: false, choker });
        log.header.protocol = Some(Protocol { choker, ..protocol });
    })
}

fn credit(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, lead) = ahead(base, draw)?;
    (2 <= lead).then(|| declared(base, Choker::Credit(lead - 1)))
}

fn strict_ahead(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, lead) = ahead(base, draw)?;
    (2 <= lead).then(|| declared(base, Choker::StrictBarter))
}

fn strict_no_uplink(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (to, lead) = ahead(base, draw)?;
    let shortest = header.length(header.chunks() - 1);
    let never = header.upload(to) == 0 && header.burst(to) < shortest;
    (1 <= lead && never && to != 0).then(|| declared(base, Choker::StrictBarter))
}
