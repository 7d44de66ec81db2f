//! Runs of the reference engine under another scenario than the declared one, or with a log that is
//! changed afterwards.

#![allow(clippy::ptr_arg, reason = "all changes of a log have one signature; some remove lines")]

use crate::chunks::PeerId;
use crate::scenario::{Behavior, Leaves, Parts, Scenario, SourceLeaves};
use crate::suite::subject::{Failure, Simulated, Subject};
use crate::swarm::{Peer, Tracker};
use crate::trace::{Event, Evidence, Outcome, Transfer};
use crate::units::{Bytes, Rate, RateChanges, Time};

/// A run under a changed scenario, or with a changed log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doctored {
    /// Changes the scenario that the simulator gets.
    pub(super) law: fn(&mut Parts),
    /// Changes the log.
    pub(super) log: fn(&Scenario, &mut Vec<Event>),
}

impl Doctored {
    pub(super) fn law(law: fn(&mut Parts)) -> Self {
        Doctored { law, log: |_, _| {} }
    }

    pub(super) fn log(log: fn(&Scenario, &mut Vec<Event>)) -> Self {
        Doctored { law: |_| {}, log }
    }
}

impl Subject for Doctored {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        let mut parts = scenario.parts().clone();
        (self.law)(&mut parts);
        let other = Scenario::new(parts).expect("a false law is well formed all the same");
        let mut events = Vec::new();
        let mut subject = Simulated::<Peer, Tracker>::default();
        let evidence = subject.run(&other, &mut |event| events.push(event))?;
        (self.log)(scenario, &mut events);
        events.into_iter().for_each(record);
        Ok(evidence)
    }
}

/// The source sends one bit per second more than it can.
pub(super) fn faster_source(parts: &mut Parts) {
    parts.source.upload = Rate(parts.source.upload.0 + 1);
}

/// The last peer that uploads sends 1 % more than it can.
pub(super) fn faster_peer(parts: &mut Parts) {
    let uploads = |peer: &&mut crate::scenario::Peer| {
        peer.upload != Rate::ZERO && peer.behavior == Behavior::Cooperative
    };
    if let Some(peer) = parts.peers.iter_mut().rev().find(uploads) {
        peer.upload = Rate(peer.upload.0 + peer.upload.0.div_ceil(100));
    }
}

/// Every link carries twice as much.
pub(super) fn doubled(parts: &mut Parts) {
    parts.source.upload = Rate(parts.source.upload.0 * 2);
    for peer in &mut parts.peers {
        peer.upload = Rate(peer.upload.0 * 2);
        peer.download = peer.download.map(|rate| Rate(rate.0 * 2));
    }
}

/// All latencies are zero.
pub(super) fn no_latency(parts: &mut Parts) {
    parts.network.latency = Time::ZERO;
    parts.source.link.latency = None;
    for peer in &mut parts.peers {
        peer.link.latency = None;
    }
}

/// Declared free riders upload.
pub(super) fn free_riders_upload(parts: &mut Parts) {
    for peer in &mut parts.peers {
        peer.behavior = Behavior::Cooperative;
    }
}

/// No capacity ever falls: a lower rate is as if it had not been announced.
pub(super) fn never_slower(parts: &mut Parts) {
    parts.source.upload_changes = rising(parts.source.upload, &parts.source.upload_changes);
    for peer in &mut parts.peers {
        peer.upload_changes = rising(peer.upload, &peer.upload_changes);
        if let Some(download) = peer.download {
            peer.download_changes = rising(download, &peer.download_changes);
        }
    }
}

fn rising(first: Rate, changes: &RateChanges) -> RateChanges {
    let mut last = first;
    let highest = |&(at, rate): &(Time, Rate)| {
        last = last.max(rate);
        (at, last)
    };
    RateChanges::new(changes.list().iter().map(highest).collect::<Vec<_>>())
}

/// Each peer that holds a part when it joins acts as if it held one chunk more.
pub(super) fn holds_one_more(parts: &mut Parts) {
    let chunks = parts.file.chunks();
    for peer in parts.peers.iter_mut().filter(|peer| !peer.holds.is_empty()) {
        let one = peer.holds.complement(chunks).iter().take(1).collect();
        let more = peer.holds.union(&one);
        if !more.is_all(chunks) {
            peer.holds = more;
        }
    }
}

/// Each peer that wants a part takes another chunk for the last one that it wants.
pub(super) fn wants_another(parts: &mut Parts) {
    let chunks = parts.file.chunks();
    for peer in &mut parts.peers {
        let Some(wants) = &peer.wants else { continue };
        let Some(other) = wants.complement(chunks).iter().next() else { continue };
        let kept = wants.iter().take(wants.count() - 1);
        peer.wants = Some(kept.chain([other]).collect());
    }
}

/// `at` and a quarter, for a late departure.
fn later(at: Time) -> Time {
    Time(at.0 + at.0 / 4 + 1)
}

/// Departures at an announced time happen a quarter later.
pub(super) fn goes_later(parts: &mut Parts) {
    if let SourceLeaves::At(at) = &mut parts.source.leaves {
        *at = later(*at);
    }
    for peer in &mut parts.peers {
        if let Leaves::At(at) = &mut peer.leaves {
            *at = later(*at);
        }
    }
}

/// The log shows departures at their announced times.
pub(super) fn says_it_has_left(scenario: &Scenario, events: &mut Vec<Event>) {
    for event in events {
        if let Event::Leave { at, node } = event
            && let Some(announced) = scenario.leaves_at(*node)
        {
            *at = announced.min(*at);
        }
    }
}

/// The time of the last completion.
fn last_completion(events: &mut [Event]) -> Option<(&mut Time, PeerId)> {
    events.iter_mut().rev().find_map(|event| match event {
        Event::Complete { at, node } => Some((at, *node)),
        _ => None,
    })
}

/// The last peer to complete says so a nanosecond early.
pub(super) fn completes_early(_: &Scenario, events: &mut Vec<Event>) {
    if let Some((at, _)) = last_completion(events) {
        at.0 -= 1;
    }
}

/// The last peer to complete says so a nanosecond late.
pub(super) fn completes_late(_: &Scenario, events: &mut Vec<Event>) {
    if let Some((at, _)) = last_completion(events) {
        at.0 += 1;
    }
}

/// Each peer reports its completion when its last chunk but one arrives.
pub(super) fn one_piece_early(_: &Scenario, events: &mut Vec<Event>) {
    let mut arrivals: Vec<(PeerId, Time)> = Vec::new();
    for event in events.iter() {
        if let Event::Transfer(t) = event
            && t.outcome == Outcome::Delivered
        {
            arrivals.push((t.to, t.end));
        }
    }
    for event in events {
        if let Event::Complete { at, node } = event {
            let mut own = arrivals.iter().filter(|&&(to, end)| to == *node && end <= *at).rev();
            if let Some(&(_, before)) = own.nth(1) {
                *at = before;
            }
        }
    }
}

/// The first transfer between two peers is missing from the log.
pub(super) fn phantom_chunk(_: &Scenario, events: &mut Vec<Event>) {
    let from_a_peer = |event: &Event| {
        matches!(event, Event::Transfer(t)
            if !t.from.is_source() && t.outcome == Outcome::Delivered)
    };
    if let Some(at) = events.iter().position(from_a_peer) {
        events.remove(at);
    }
}

/// Start and end of the reception of the chunk that `sent` passes on; None if it is not in the log.
fn reception(events: &[Event], sent: &Transfer) -> Option<(Time, Time)> {
    let mut received = events.iter().filter_map(|event| match event {
        Event::Transfer(t)
            if t.to == sent.from
                && t.chunk == sent.chunk
                && t.outcome == Outcome::Delivered
                && t.end <= sent.start =>
        {
            Some((t.start, t.end))
        }
        _ => None,
    });
    received.next()
}

/// Moves the start of every forwarded chunk to `from(start, end)` of its reception.
fn forward_from(events: &mut [Event], from: fn(Time, Time) -> Time) {
    let begins: Vec<Option<Time>> = events
        .iter()
        .map(|event| match event {
            Event::Transfer(t) if !t.from.is_source() => {
                reception(events, t).map(|(start, end)| from(start, end))
            }
            _ => None,
        })
        .collect();
    for (event, begin) in events.iter_mut().zip(begins) {
        if let (Event::Transfer(t), Some(begin)) = (event, begin) {
            t.start = begin;
        }
    }
}

/// Chunks are passed on from the middle of their reception.
pub(super) fn cut_through(_: &Scenario, events: &mut Vec<Event>) {
    forward_from(events, |start, end| Time(start.0 + end.since(start).0 / 2));
}

/// Chunks are passed on one nanosecond before they are there.
pub(super) fn before_completion(_: &Scenario, events: &mut Vec<Event>) {
    forward_from(events, |_, end| Time(end.0 - 1));
}

/// The time that an aborted transfer took is given to the next one of the same sender.
pub(super) fn aborted_for_nothing(_: &Scenario, events: &mut Vec<Event>) {
    let transfer = |event: &Event| match event {
        Event::Transfer(t) => Some(*t),
        _ => None,
    };
    let transfers: Vec<Transfer> = events.iter().filter_map(transfer).collect();
    for lost in transfers.iter().filter(|t| t.outcome == Outcome::Aborted) {
        for event in events.iter_mut() {
            if let Event::Transfer(t) = event
                && t.from == lost.from
                && lost.end <= t.start
                && t.outcome == Outcome::Delivered
            {
                let refund = lost.end.since(lost.start).0.min(t.end.since(t.start).0 - 1);
                t.end = Time(t.end.0 - refund);
                break;
            }
        }
    }
}

/// Blocks that do not divide a chunk: the first chunk that arrives lacks what lies beyond its last
/// whole block.
pub(super) fn ends_at_a_block(_: &Scenario, events: &mut Vec<Event>) {
    let delivered = events.iter_mut().find_map(|event| match event {
        Event::Transfer(t) if t.outcome == Outcome::Delivered && 2 < t.bytes.0 => Some(t),
        _ => None,
    });
    if let Some(t) = delivered {
        let block = t.bytes.0 / 2;
        t.bytes = Bytes(t.bytes.0 - t.bytes.0 % block.max(1)).min(Bytes(block * 2 - 1));
    }
}

/// The tracker names a peer that is still to come.
pub(super) fn named_too_soon(scenario: &Scenario, events: &mut Vec<Event>) {
    for event in events {
        if let Event::Announce { at, node, peers } = event {
            let coming = scenario.peers().find(|(id, peer)| *at < peer.joins && id != node);
            if let Some((id, _)) = coming {
                peers.push(id);
                return;
            }
        }
    }
}
