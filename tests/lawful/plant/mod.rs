//! Plants one fault in a lawful log. Each kind checks by itself that no placement of what the log
//! leaves open explains what it has planted; where it cannot be sure it plants nothing.

use super::draw::Draw;
use super::log::{Event, Header, Log, Stamps, Transfer};
use super::play::Played;
use super::ranges::Ranges;
use super::setup::BYTE;

mod claims;
mod endings;
mod holdings;
mod links;
mod members;
mod protocol;

/// A kind of fault.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Plants it; None where this log offers no place for it.
    pub(crate) plant: fn(&Base, &mut Draw) -> Option<Log>,
}

/// Every kind.
pub(crate) fn kinds() -> Vec<Kind> {
    [links::KINDS, holdings::KINDS, claims::KINDS, members::KINDS, protocol::KINDS, endings::KINDS]
        .iter()
        .flat_map(|kinds| kinds.iter().map(|&(name, plant)| Kind { name, plant }))
        .collect()
}

/// What a file of kinds lists.
type Listed = (&'static str, fn(&Base, &mut Draw) -> Option<Log>);

/// A lawful log in which a fault is to be planted.
pub(crate) struct Base {
    pub(crate) played: Played,
}

impl Base {
    fn header(&self) -> &Header {
        &self.played.log.header
    }

    fn events(&self) -> &[Event] {
        &self.played.log.events
    }

    fn is_exact(&self) -> bool {
        self.header().stamps == Stamps::Exact
    }

    /// A copy of the log, with one change.
    fn with(&self, change: impl FnOnce(&mut Log)) -> Log {
        let mut log = self.played.log.clone();
        change(&mut log);
        log
    }

    /// The transfers, with their places among the events.
    fn transfers(&self) -> impl Iterator<Item = (usize, Transfer)> {
        self.events().iter().enumerate().filter_map(|(at, event)| match event {
            Event::Transfer(transfer) => Some((at, *transfer)),
            _ => None,
        })
    }

    /// One of the transfers that are as wanted.
    fn any(
        &self,
        draw: &mut Draw,
        wanted: impl Fn(&Transfer) -> bool,
    ) -> Option<(usize, Transfer)> {
        let found: Vec<_> = self.transfers().filter(|(_, transfer)| wanted(transfer)).collect();
        draw.any(&found)
    }

    /// The log with one transfer changed, and the claim that goes with its end.
    fn bend(&self, at: usize, change: impl FnOnce(&mut Transfer)) -> Log {
        self.with(|log| {
            if let Event::Transfer(transfer) = &mut log.events[at] {
                change(transfer);
            }
        })
    }

    /// The log with another line.
    fn plus(&self, event: Event) -> Log {
        self.with(|log| log.events.push(event))
    }

    /// When a node's transfers of a chunk from one sender, or from all of them where they may be
    /// joined, cover it: by definition. The source holds everything from the start.
    fn held(&self, node: usize, chunk: usize) -> Option<u64> {
        held(&self.played.log, node, chunk)
    }

    /// When a node claims.
    fn claim(&self, node: usize) -> Option<(usize, u64)> {
        self.events().iter().enumerate().find_map(|(at, event)| match *event {
            Event::Complete { t, node: other } if other == node => Some((at, t)),
            _ => None,
        })
    }

    /// When the last byte of a transfer can have left at the latest, with exact stamps.
    fn departure(&self, transfer: &Transfer) -> u64 {
        transfer.end - self.header().latency_to(transfer.to)
    }

    /// Is this more than an uplink can carry in a span?
    fn too_much_up(&self, node: usize, bytes: u64, span: u64) -> bool {
        let header = self.header();
        let carries = u128::from(header.upload(node)) * u128::from(span);
        carries + u128::from(header.upload_burst(node)) * BYTE < u128::from(bytes) * BYTE
    }

    /// Is this more than a downlink can carry in a span?
    fn too_much_down(&self, node: usize, bytes: u64, span: u64) -> bool {
        let header = self.header();
        header.nodes[node].download.is_some_and(|rate| {
            let carries = u128::from(rate) * u128::from(span);
            carries + u128::from(header.burst(node)) * BYTE < u128::from(bytes) * BYTE
        })
    }
}

/// See [`Base::held`].
pub(crate) fn held(log: &Log, node: usize, chunk: usize) -> Option<u64> {
    if node == 0 {
        return Some(0);
    }
    let joined = log.header.multi_source || log.header.coded;
    let own = |t: &&Transfer| (t.to, t.chunk, t.aborted) == (node, chunk, false);
    let mut got: Vec<&Transfer> = log.transfers().filter(own).collect();
    got.sort_by_key(|t| t.end);
    let mut covers: Vec<Ranges> = vec![Ranges::default(); log.header.nodes.len()];
    got.into_iter().find_map(|t| {
        let cover = &mut covers[if joined { 0 } else { t.from }];
        cover.insert((t.offset, t.offset + t.bytes));
        (cover.bytes() == log.header.length(chunk)).then_some(t.end)
    })
}

/// Does a node hold every chunk in the end?
fn is_whole(log: &Log, node: usize) -> bool {
    (0..log.header.chunks()).all(|chunk| held(log, node, chunk).is_some())
}
