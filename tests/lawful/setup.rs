//! Draws what a log declares: file, capacities, arrivals, departures, discipline, protocol,
//! evidence.

use super::draw::Draw;
use super::log::{Choker, Departure, Header, NodePlan, Protocol, Stamps};

/// The fastest link, in bits per second: products of two rates and a time then fit `i128`.
const FASTEST: u64 = 100_000_000_000;
/// Bits in a byte times nanoseconds in a second: what a byte costs in nanobits.
pub(crate) const BYTE: u128 = 8_000_000_000;

/// How many peers and chunks a log may have at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) peers: u64,
    pub(crate) chunks: u64,
}

/// What a log says of its own evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Exact stamps, no gaps.
    Exact,
    /// A receiver's stamps, no gaps.
    Receiver,
    /// Anything.
    Drawn,
}

/// The nanoseconds in which `rate` carries `bytes`, rounded up; the rate is above 0.
pub(crate) fn span_of(bytes: u64, rate: u64) -> u64 {
    (u128::from(bytes) * BYTE).div_ceil(u128::from(rate)) as u64
}

/// Rates near `base`, where a division leaves a remainder or just does not.
fn rate(draw: &mut Draw, base: u64) -> u64 {
    let near = match draw.below(10) {
        0 | 1 => base,
        2 => base + 1,
        3 => base - 1,
        4 => base / 2,
        5 => base / 3,
        6 => base * 2,
        7 => draw.between(1, base),
        8 => base * 3 + 1,
        _ => draw.by_magnitude(base.saturating_mul(50).min(FASTEST)),
    };
    near.clamp(1, FASTEST)
}

/// Draws a header; `until` and the evidence's gaps are filled in after the run.
pub(crate) fn header(draw: &mut Draw, size: Size, wanted: Evidence) -> Header {
    let base = match draw.below(8) {
        0 | 1 => 8_000_000_000,
        2 => 1000,
        3 => draw.pick(&[1, 3, 7, 8, 9]),
        4 => draw.pick(&[7_999_999_999, 8_000_000_001, 999_999_937]),
        _ => draw.by_magnitude(FASTEST / 4),
    };
    let chunk = match draw.below(6) {
        0 => draw.between(1, 3),
        1 => draw.pick(&[7, 10, 100]),
        2 => draw.between(1, 100),
        3 => draw.pick(&[1000, 1024, 16384]),
        _ => draw.by_magnitude(20_000),
    };
    let chunks = draw.between(1, size.chunks);
    let file =
        if draw.percent(40) { (chunk * chunks - draw.below(chunk)).max(1) } else { chunk * chunks };
    let peers = draw.between(1, size.peers) as usize;
    // The time in which the source sends one copy: the scale of everything else.
    let upload = rate(draw, base);
    let scale = span_of(file, upload);
    let protocol = protocol(draw);
    let slow = draw.percent(35);
    let bursty = draw.percent(30);
    let mut header = Header {
        file,
        chunk,
        nodes: Vec::new(),
        protocol,
        latency: if slow { latency(draw, scale) } else { 0 },
        burst: if bursty { burst(draw, file) } else { 0 },
        cut_through: draw.percent(30),
        multi_source: draw.percent(30),
        coded: draw.percent(15),
        stall: None,
        until: None,
        stamps: Stamps::Exact,
        tolerance: 0,
        complete: true,
    };
    for node in 0..=peers {
        let plan = node_plan(draw, &header, node, (base, upload, scale));
        header.nodes.push(plan);
    }
    evidence(draw, &mut header, scale, wanted);
    header
}

fn protocol(draw: &mut Draw) -> Option<Protocol> {
    if draw.percent(30) {
        return None;
    }
    let choker = match draw.below(6) {
        0 | 1 => Choker::StrictBarter,
        2 | 3 => Choker::Credit(draw.between(1, 3)),
        4 => Choker::RoundRobin,
        _ => Choker::TitForTat,
    };
    Some(Protocol { slots: draw.between(1, 3) as usize, optimistic: draw.percent(40), choker })
}

fn latency(draw: &mut Draw, scale: u64) -> u64 {
    match draw.below(4) {
        0 => 1,
        1 => draw.between(1, 1000),
        _ => draw.between(1, scale / 2 + 1),
    }
}

fn burst(draw: &mut Draw, file: u64) -> u64 {
    match draw.below(3) {
        0 => 1,
        1 => draw.between(1, file),
        _ => draw.by_magnitude(file * 2),
    }
}

fn node_plan(
    draw: &mut Draw,
    header: &Header,
    node: usize,
    (base, source, scale): (u64, u64, u64),
) -> NodePlan {
    let is_source = node == 0;
    let joins = if is_source || draw.percent(60) { 0 } else { draw.below(scale * 2 + 1) };
    let barters = header.protocol.is_some_and(|protocol| {
        matches!(protocol.choker, Choker::StrictBarter | Choker::Credit(_))
    });
    let leaves = match draw.below(20) {
        // Only leechers are left, so that the barter decides.
        _ if is_source && barters && draw.percent(50) => Departure::AfterCopies(1),
        _ if is_source && barters && draw.percent(50) => {
            Departure::At(draw.between(scale / 4 + 1, scale * 2 + 1))
        }
        0 | 1 => Departure::At(joins + draw.between(1, scale * 4 + 1)),
        2 | 3 if is_source => Departure::AfterCopies(draw.between(1, 2)),
        2 | 3 => Departure::AfterCompletion(if draw.percent(40) { 0 } else { draw.below(scale) }),
        _ => Departure::Never,
    };
    let download = draw.percent(60).then(|| rate(draw, base));
    NodePlan {
        upload: if is_source {
            source
        } else if draw.percent(if barters { 25 } else { 12 }) {
            0
        } else {
            rate(draw, base)
        },
        download: if is_source { None } else { download },
        joins,
        leaves,
        free_rider: !is_source && draw.percent(8),
        latency: draw.percent(10).then(|| if draw.percent(30) { 0 } else { latency(draw, scale) }),
        burst: draw.percent(10).then(
            || {
                if draw.percent(30) { 0 } else { burst(draw, header.file) }
            },
        ),
    }
}

fn evidence(draw: &mut Draw, header: &mut Header, scale: u64, wanted: Evidence) {
    header.stamps = match (wanted, draw.below(10)) {
        (Evidence::Exact, _) | (Evidence::Drawn, 0..=5) => Stamps::Exact,
        (Evidence::Receiver, _) | (Evidence::Drawn, 6..=7) => Stamps::Receiver,
        (Evidence::Drawn, _) => Stamps::Wire,
    };
    if draw.percent(50) {
        header.tolerance = if draw.percent(30) { 1 } else { draw.below(scale / 4 + 2) };
    }
    header.complete = wanted != Evidence::Drawn || !draw.percent(20);
}
