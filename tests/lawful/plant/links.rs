//! Faults of links: more bytes than a window carries, bytes that come too quickly.

use super::{Base, Listed};
use crate::lawful::draw::Draw;
use crate::lawful::log::{Event, Log, Transfer};
use crate::lawful::setup::BYTE;

pub(super) const KINDS: &[Listed] = &[
    ("uplink: ends 1 ns early", end_early_up),
    ("uplink: starts 1 ns late", start_late_up),
    ("uplink: ends 1 ns early, log with gaps", end_early_gaps),
    ("downlink: ends 1 ns early", end_early_down),
    ("uplink: a burst and one byte at once", burst_up),
    ("downlink: a burst and one byte at once", burst_down),
    ("uplink: one byte too many in a window", window_up),
    ("downlink: one byte too many in a window", window_down),
    ("uplink: overload in a long idle log", idle_window),
    ("uplink: two transfers charged as one", charged_once),
    ("uplink: aborted byte beside a full link", aborted_free),
    ("uplink: free rider uploads", free_rider),
    ("uplink: node without uplink uploads", no_uplink),
    ("uplink: prefix too large, receiver stamps", prefix_up),
    ("latency: arrives 1 ns too quickly", too_quick),
];

fn end_early_up(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| {
        t.start < base.departure(t)
            && base.too_much_up(t.from, t.bytes, base.departure(t) - t.start - 1)
    })?;
    base.is_exact().then(|| earlier(base, at, &t))
}

fn end_early_gaps(base: &Base, draw: &mut Draw) -> Option<Log> {
    let mut log = end_early_up(base, draw)?;
    log.header.complete = false;
    Some(log)
}

fn end_early_down(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, t) = base.any(draw, |t| {
        t.start < base.departure(t)
            && base.too_much_down(t.to, t.bytes, base.departure(t) - t.start - 1)
    })?;
    base.is_exact().then(|| earlier(base, at, &t))
}

/// The transfer ends 1 ns earlier, and so does the claim that rests on it.
fn earlier(base: &Base, at: usize, t: &Transfer) -> Log {
    let mut log = base.bend(at, |t| t.end -= 1);
    let last = (0..log.header.chunks()).filter_map(|chunk| super::held(&log, t.to, chunk)).max();
    if let (Some(last), Some((place, _))) = (last, base.claim(t.to))
        && let Event::Complete { t, .. } = &mut log.events[place]
    {
        *t = last;
    }
    log
}

fn start_late_up(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (at, _) = base.any(draw, |t| {
        t.start < base.departure(t)
            && base.too_much_up(t.from, t.bytes, base.departure(t) - t.start - 1)
    })?;
    base.is_exact().then(|| base.bend(at, |t| t.start += 1))
}

/// Another transfer beside an existing one, aborted, of the first bytes of its chunk.
fn beside(t: &Transfer, end: u64, bytes: u64) -> Event {
    Event::Transfer(Transfer { end, bytes, offset: 0, aborted: true, ..*t })
}

fn burst_up(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (_, t) = base.any(draw, |t| header.burst(t.from) < header.length(t.chunk))?;
    let end = t.start + header.latency_to(t.to);
    base.is_exact().then(|| base.plus(beside(&t, end, header.burst(t.from) + 1)))
}

fn burst_down(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (_, t) = base.any(draw, |t| {
        header.nodes[t.to].download.is_some() && header.burst(t.to) < header.length(t.chunk)
    })?;
    let end = t.start + header.latency_to(t.to);
    base.is_exact().then(|| base.plus(beside(&t, end, header.burst(t.to) + 1)))
}

/// The bytes that a link carries in a span, and one more.
fn one_more(rate: u64, span: u64, burst: u64) -> u64 {
    (u128::from(rate) * u128::from(span) / BYTE) as u64 + burst + 1
}

fn window_up(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (_, t) = base.any(draw, |t| t.start < base.departure(t))?;
    let span = draw.between(1, base.departure(&t) - t.start);
    let bytes = one_more(header.upload(t.from), span, header.burst(t.from));
    let end = t.start + span + header.latency_to(t.to);
    (base.is_exact() && bytes <= header.length(t.chunk)).then(|| base.plus(beside(&t, end, bytes)))
}

fn window_down(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (_, t) =
        base.any(draw, |t| t.start < base.departure(t) && header.nodes[t.to].download.is_some())?;
    let span = draw.between(1, base.departure(&t) - t.start);
    let bytes = one_more(header.nodes[t.to].download?, span, header.burst(t.to));
    let end = t.start + span + header.latency_to(t.to);
    (base.is_exact() && bytes <= header.length(t.chunk)).then(|| base.plus(beside(&t, end, bytes)))
}

/// Two transfers an hour after everything else; each fits, both do not.
fn idle_window(base: &Base, draw: &mut Draw) -> Option<Log> {
    const HOUR: u64 = 3_600_000_000_000;
    let (header, end) = (base.header(), &base.played.end);
    let (_, t) = base.any(draw, |t| end.in_touch(t.from, t.to))?;
    let served = end.unchoked.as_ref().is_none_or(|pairs| pairs.contains(&(t.from, t.to)));
    let length = header.length(t.chunk);
    let rate = header.upload(t.from);
    if !base.is_exact() || !served || rate == 0 || length < 2 {
        return None;
    }
    let start = base.played.log.last() + HOUR;
    // The span in which the link carries half of the bytes of both and not a byte more.
    let bytes = draw.between(1, length / 2) + header.burst(t.from);
    if length < bytes {
        return None;
    }
    let span = (u128::from(bytes) * BYTE).div_ceil(u128::from(rate)) as u64;
    let last = start + span + header.latency_to(t.to);
    if !base.too_much_up(t.from, 2 * bytes, span) {
        return None;
    }
    Some(base.with(|log| {
        for _ in 0..2 {
            let late = Transfer { start, end: last, bytes, offset: 0, aborted: true, ..t };
            log.events.push(Event::Transfer(late));
        }
        log.header.until = Some(log.header.until().max(last + 1));
    }))
}

fn charged_once(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |t| {
        let span = base.departure(t) - t.start;
        base.too_much_up(t.from, 2 * t.bytes, span)
    })?;
    base.is_exact().then(|| base.plus(Event::Transfer(Transfer { aborted: true, ..t })))
}

fn aborted_free(base: &Base, draw: &mut Draw) -> Option<Log> {
    let (_, t) = base.any(draw, |t| {
        let span = base.departure(t) - t.start;
        base.too_much_up(t.from, t.bytes + 1, span)
    })?;
    base.is_exact().then(|| base.plus(beside(&t, t.end, 1)))
}

/// One of the two ways to send without an uplink: a transfer is given to another sender.
fn by_another(base: &Base, draw: &mut Draw, wanted: fn(&Base, usize) -> bool) -> Option<Log> {
    let header = base.header();
    let senders: Vec<usize> = (1..header.nodes.len()).filter(|&node| wanted(base, node)).collect();
    let from = draw.any(&senders)?;
    let chunk = draw.below(header.chunks() as u64) as usize;
    let start = base.held(from, chunk)?;
    let to = draw.between(1, header.nodes.len() as u64 - 1) as usize;
    let bytes = header.length(chunk);
    if to == from || bytes <= header.upload_burst(from) || !base.is_exact() {
        return None;
    }
    let end = start + header.latency_to(to) + draw.by_magnitude(1 << 40);
    let sent = Transfer { from, to, chunk, start, end, offset: 0, bytes, aborted: true };
    Some(base.plus(Event::Transfer(sent)))
}

fn free_rider(base: &Base, draw: &mut Draw) -> Option<Log> {
    by_another(base, draw, |base, node| base.header().nodes[node].free_rider)
}

fn no_uplink(base: &Base, draw: &mut Draw) -> Option<Log> {
    by_another(base, draw, |base, node| base.header().nodes[node].upload == 0)
}

/// With a receiver's stamps all that came by the end of a transfer must fit since the join.
fn prefix_up(base: &Base, draw: &mut Draw) -> Option<Log> {
    let header = base.header();
    let (at, t) = base.any(draw, |t| t.from == 0 && t.end != t.start)?;
    if base.is_exact() || base.events().contains(&Event::Leave { t: 0, node: 0 }) {
        return None;
    }
    // The source is there from the start, so by `end` it sends no more than this.
    let end = draw.between(t.start, t.end - 1);
    let span = end + header.tolerance;
    base.too_much_up(0, t.bytes, span).then(|| base.bend(at, |t| t.end = end))
}

fn too_quick(base: &Base, draw: &mut Draw) -> Option<Log> {
    let latency = |t: &Transfer| base.header().latency_to(t.to);
    let (at, t) = base.any(draw, |t| 0 < latency(t) && !t.aborted)?;
    base.is_exact().then(|| base.bend(at, |bent| bent.end = t.start + latency(&t) - 1))
}
