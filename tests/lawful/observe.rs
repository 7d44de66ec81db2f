//! From what happened to what a log says of it: clocks that differ, receivers that stamp, lines
//! that are missing, lines in any order.

use super::draw::Draw;
use super::log::{Event, Stamps, Transfer};
use super::play::Played;

/// A node's clock: what it adds to the true time. A clock shows no time before 0.
type Clock = i128;

fn shown(clock: Clock, at: u64) -> u64 {
    (i128::from(at) + clock).max(0) as u64
}

/// Distorts a log as its header allows.
pub(crate) fn observe(played: &mut Played, draw: &mut Draw) {
    let header = &mut played.log.header;
    if header.stamps != Stamps::Exact {
        stamp(played, draw);
    }
    let header = &mut played.log.header;
    if !header.complete {
        let share = draw.pick(&[0, 3, 10, 30, 60, 90]);
        let before = played.log.events.len();
        played.log.events.retain(|_| !draw.percent(share));
        if played.log.events.len() < before {
            played.features.insert("lines missing");
        }
    }
    if draw.percent(50) {
        draw.shuffle(&mut played.log.events);
        played.features.insert("lines in any order");
    } else {
        played.log.events.sort_by_key(Event::at);
    }
}

fn stamp(played: &mut Played, draw: &mut Draw) {
    let header = &played.log.header;
    // The clock of the announced times is one of them: it shows the true time.
    let lowest = if draw.percent(50) { 0 } else { -i128::from(draw.below(header.tolerance + 1)) };
    let clock = |draw: &mut Draw| lowest + i128::from(draw.below(header.tolerance + 1));
    let clocks: Vec<Clock> = header.nodes.iter().map(|_| clock(draw)).collect();
    let observer = clock(draw);
    let latency: Vec<u64> = (0..header.nodes.len()).map(|node| header.latency_to(node)).collect();
    let wire = header.stamps == Stamps::Wire;
    for event in &mut played.log.events {
        match event {
            Event::Join { t, node }
            | Event::Leave { t, node }
            | Event::Complete { t, node }
            | Event::Announce { t, node, .. } => *t = shown(clocks[*node], *t),
            Event::Connect { t, a, .. } | Event::Disconnect { t, a, .. } => {
                *t = shown(clocks[*a], *t);
            }
            Event::Choke { t, from, .. } | Event::Unchoke { t, from, .. } => {
                *t = shown(clocks[*from], *t);
            }
            Event::Transfer(transfer) => {
                let Transfer { to, start, end, aborted, .. } = *transfer;
                let clock = if wire { observer } else { clocks[to] };
                // A receiver may take a transfer for begun when its first byte is there.
                let seen = (end - start).min(latency[to]);
                // The receiver of an aborted transfer may be gone by then.
                let later = if !aborted && draw.percent(50) { draw.below(seen + 1) } else { 0 };
                transfer.start = shown(clock, start + later);
                transfer.end = shown(clock, end);
            }
        }
    }
}
