//! Plays a lawful swarm from its first join to the end of its log.

use std::collections::BTreeSet;

use super::draw::Draw;
use super::log::{Choker, Event, Log, Stamps, Transfer};
use super::setup::{self, Evidence, Size};
use super::start::{LONGEST_QUEUE, Mood, Offer};
use super::world::{Flow, Task, World};

/// The most instants that a log may have.
const INSTANTS: usize = 400;

/// A lawful log, and what occurs in it.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) log: Log,
    pub(crate) features: BTreeSet<&'static str>,
    pub(crate) end: End,
}

/// The swarm at the end of the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    /// By node.
    pub(crate) present: Vec<bool>,
    /// Every pair, the smaller node first; None: the log says nothing of connections.
    pub(crate) links: Option<BTreeSet<(usize, usize)>>,
    /// None: the log says nothing of chokes.
    pub(crate) unchoked: Option<BTreeSet<(usize, usize)>>,
}

impl End {
    pub(crate) fn in_touch(&self, a: usize, b: usize) -> bool {
        let linked = self.links.as_ref().is_none_or(|links| links.contains(&(a.min(b), a.max(b))));
        a != b && self.present[a] && self.present[b] && linked
    }
}

/// How a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Nothing can move any more.
    AtRest,
    /// Cut off, with a line at `until`.
    Cut { logs_flights: bool },
    /// Cut off while every peer that lacks something waits for a transfer that is not logged.
    CutInFlight,
}

/// Plays until a seed gives a log; few do not.
pub(crate) fn play(draw: &mut Draw, size: Size, evidence: Evidence) -> Played {
    loop {
        if let Some(played) = attempt(draw, size, evidence) {
            return played;
        }
    }
}

fn attempt(draw: &mut Draw, size: Size, evidence: Evidence) -> Option<Played> {
    let header = setup::header(draw, size, evidence);
    let scale = setup::span_of(header.file, header.nodes[0].upload);
    let (links, chokes) = (draw.percent(40), draw.percent(40));
    let mut world = World::new(header, links, chokes);
    world.note_header();
    arrivals(&mut world, draw, scale);
    let ending = match draw.below(20) {
        0 | 1 => Ending::Cut { logs_flights: true },
        2 | 3 => Ending::Cut { logs_flights: false },
        4..=6 => Ending::CutInFlight,
        _ => Ending::AtRest,
    };
    let mut wild = draw.below(30);
    let cut_after = draw.below(40) as usize;
    for instant in 0..INSTANTS {
        let mood = if 0 < wild { Mood::Wild } else { Mood::Eager };
        wild = wild.saturating_sub(1);
        work(&mut world, draw, mood, scale);
        let next = world.next_due();
        if cut_after <= instant && ending != Ending::AtRest && cut(&mut world, draw, ending, next) {
            break;
        }
        let then = match next {
            Some(next) if mood == Mood::Wild && draw.percent(20) => draw.between(world.now, next),
            Some(next) => next,
            None if mood == Mood::Wild => world.now + draw.below(scale / 4 + 2),
            None => {
                rest(&mut world, draw)?;
                break;
            }
        };
        if instant + 1 == INSTANTS {
            cut(&mut world, draw, Ending::Cut { logs_flights: true }, next);
            break;
        }
        world.pass_until(then);
    }
    let silent = |wanted: fn(&Event) -> bool| !world.events.iter().any(wanted);
    if links && silent(|event| matches!(event, Event::Connect { .. })) {
        return None;
    }
    if chokes && silent(|event| matches!(event, Event::Unchoke { .. } | Event::Choke { .. })) {
        return None;
    }
    finish(&mut world, draw);
    let end = End {
        present: world.nodes.iter().map(|node| node.present).collect(),
        links: world.links,
        unchoked: world.unchoked,
    };
    let log = Log { header: world.header, events: world.events };
    Some(Played { log, features: world.features, end })
}

fn arrivals(world: &mut World, draw: &mut Draw, scale: u64) {
    for node in 0..world.nodes.len() {
        if let super::log::Departure::At(at) = world.header.nodes[node].leaves {
            world.schedule(at, Task::Leave(node));
        }
        if node == 0 {
            if draw.percent(5) {
                world.events.push(Event::Join { t: 0, node });
                world.feature("the source logs its join");
            }
            continue;
        }
        if draw.percent(6) {
            world.feature("never comes");
            continue;
        }
        let late = if draw.percent(20) { draw.below(scale + 1) } else { 0 };
        world.schedule(world.header.nodes[node].joins + late, Task::Join(node));
    }
}

/// Everything that happens at one instant.
fn work(world: &mut World, draw: &mut Draw, mood: Mood, scale: u64) {
    for _ in 0..40 {
        let before = world.events.len();
        world.do_tasks(draw);
        world.settle(draw);
        world.leave_after_copies(draw);
        match mood {
            Mood::Wild => {
                world.act(draw, scale);
                let more = if world.header.cut_through { 10 } else { 0 };
                for _ in 0..draw.below(6) + more {
                    if let Some(offer) = world.wild_offer(draw) {
                        world.start(&offer, mood, draw);
                    }
                }
            }
            Mood::Eager => start_all(world, draw),
        }
        world.share(mood, draw);
        world.settle(draw);
        let is_due = world.next_due().is_some_and(|due| due <= world.now);
        let goes_on = mood == Mood::Eager && before != world.events.len();
        if !is_due && !goes_on {
            return;
        }
    }
}

/// Begins whatever is of use, as far as the links carry it.
fn start_all(world: &mut World, draw: &mut Draw) {
    for _ in 0..200 {
        let mut offers = world.useful_offers(true);
        offers.retain(|offer| {
            world.nodes[offer.from].up.rate == 0 || 0 < world.spare(offer.from, offer.to)
        });
        if offers.is_empty() {
            return;
        }
        let offer = offers.swap_remove(draw.below(offers.len() as u64) as usize);
        world.let_in(offer.from, offer.to, draw);
        world.start(&offer, Mood::Eager, draw);
        world.share(Mood::Eager, draw);
        world.settle(draw);
    }
}

/// Nothing moves any more. What only the barter holds back must be held back by every reading of
/// it; else the run is cut off here.
fn rest(world: &mut World, draw: &mut Draw) -> Option<()> {
    if !world.useful_offers(true).is_empty() {
        return None;
    }
    world.feature("at rest");
    let protocol = world.header.protocol;
    if let Some(protocol) = protocol.filter(|_| world.barters()) {
        world.header.protocol = None;
        let held_back = world.useful_offers(true);
        world.header.protocol = Some(protocol);
        if !held_back.is_empty() {
            world.feature("held back by the barter");
            world.unlogged = true;
            let swaps = |offer: &Offer| {
                held_back.iter().any(|back| (back.to, back.from) == (offer.from, offer.to))
            };
            let is_clear = held_back.iter().all(|offer| match protocol.choker {
                Choker::Credit(credit) => world.has_lent_all(offer.from, offer.to, credit),
                _ => !swaps(offer),
            });
            if !is_clear {
                return cut(world, draw, Ending::Cut { logs_flights: true }, None).then_some(());
            }
            world.feature("at rest for the barter alone");
        }
    }
    let lacking = (1..world.nodes.len())
        .any(|node| world.nodes[node].present && world.nodes[node].completed.is_none());
    if lacking {
        world.feature("at rest though a peer lacks something");
    }
    Some(())
}

/// Cuts the run off now or before the next thing is due; false where that explains nothing.
fn cut(world: &mut World, draw: &mut Draw, ending: Ending, next: Option<u64>) -> bool {
    let until = match next {
        Some(next) if draw.percent(70) => draw.between(world.now, next.max(world.now + 1) - 1),
        _ => world.now,
    };
    if until == 0 || until < world.now {
        return false;
    }
    match ending {
        Ending::AtRest => return false,
        Ending::Cut { logs_flights } => {
            world.pass_until(until);
            end_flights(world, logs_flights);
            if let Some(node) = draw.any(&world.present()) {
                world.events.push(Event::Announce { t: until, node, peers: Vec::new() });
            }
            world.feature("cut off with a line at the end");
        }
        Ending::CutInFlight => {
            if !all_wait(world) {
                return false;
            }
            end_flights(world, false);
            world.feature("cut off, flights not logged");
        }
    }
    for node in 1..world.nodes.len() {
        if world.nodes[node].completed.is_some() && world.nodes[node].present {
            world.claim(node);
        }
    }
    world.header.until = Some(until);
    true
}

/// Logs what is under way as aborted, or only what others have passed on of it.
fn end_flights(world: &mut World, logs_flights: bool) {
    if logs_flights {
        world.feature("cut off, flights logged");
    }
    let logged = world.flows.iter().filter(|flow| logs_flights || flow.passed_on);
    let logged: Vec<usize> = logged.map(|flow| flow.id).collect();
    logged.iter().for_each(|&id| world.stop(id, true));
    for flow in std::mem::take(&mut world.flows) {
        if logged.contains(&flow.id) {
            world.flows.push(flow);
            world.land();
        } else {
            world.unlogged = true;
        }
    }
}

/// Does every peer that is there and lacks something wait for a transfer under way, or for what one
/// brings to another? Then nothing stands still.
fn all_wait(world: &World) -> bool {
    let lacks = |&node: &usize| world.nodes[node].present && world.nodes[node].completed.is_none();
    let lacking: Vec<usize> = (1..world.nodes.len()).filter(lacks).collect();
    if lacking.is_empty() || !world.flows.iter().all(|flow| is_of_use(world, flow)) {
        return false;
    }
    let flows: Vec<&Flow> = world.flows.iter().filter(|flow| full_speed(world, flow)).collect();
    let offers = world.useful_offers(true);
    let receives = |node: usize| flows.iter().any(|flow| flow.to == node);
    // In a barter those that hold nothing for it may wait for other reasons.
    let behind = |node: usize| {
        !world.barters()
            && !world.flows.iter().any(|flow| flow.to == node)
            && !offers.iter().any(|offer| offer.to == node)
            && flows
                .iter()
                .any(|flow| world.are_in_touch(flow.to, node) && !world.holds(node, flow.chunk))
    };
    lacking.iter().all(|&node| receives(node) || behind(node))
}

/// Does a transfer bring what its receiver lacks, and does no other one of its sender?
fn is_of_use(world: &World, flow: &Flow) -> bool {
    let same = |other: &&Flow| {
        (other.from, other.to, other.chunk) == (flow.from, flow.to, flow.chunk)
            && other.offset < flow.offset + flow.bytes
            && flow.offset < other.offset + other.bytes
    };
    let known = world.parts[flow.to][flow.chunk].by_sender.get(&flow.from);
    !flow.aborted
        && !world.holds(flow.to, flow.chunk)
        && world.flows.iter().filter(same).count() == 1
        && known.is_none_or(|known| known.gaps(flow.range()) == [flow.range()])
}

/// Has one of a transfer's links been full since the last line that shows that it could begin, and
/// did it begin by then?
fn full_speed(world: &World, flow: &Flow) -> bool {
    let ends = [flow.from, flow.to];
    let seen = |event: &Event| match *event {
        Event::Join { t, node } => ends.contains(&node).then_some(t),
        Event::Complete { t, node } => (node == flow.from).then_some(t),
        Event::Connect { t, a, b } => (ends == [a, b] || ends == [b, a]).then_some(t),
        Event::Disconnect { t, a, b } => (ends.contains(&a) || ends.contains(&b)).then_some(t),
        Event::Leave { t, .. } => world.links.is_none().then_some(t),
        Event::Unchoke { t, from, .. } => (from == flow.from).then_some(t),
        Event::Transfer(Transfer { from, to, end, .. }) => {
            (from == flow.from || ends.contains(&to)).then_some(end)
        }
        Event::Choke { .. } | Event::Announce { .. } => None,
    };
    let since = world.events.iter().filter_map(seen).max().unwrap_or(0);
    let is_sent = world.nodes[flow.from].up.rate != 0
        && flow.queued == 0
        && (flow.arrives.is_some() || !world.has_room(flow));
    is_sent && flow.start.max(flow.idle_until) <= since
}

/// The instant of `until` where nothing was cut off, and the order of the lines.
fn finish(world: &mut World, draw: &mut Draw) {
    let last = world.events.iter().map(Event::at).max().unwrap_or(0);
    if world.header.until.is_none() {
        if world.header.until() <= last || draw.percent(50) {
            world.header.until = Some(last + draw.by_magnitude(1 << 40));
        }
    } else {
        world.feature("cut off");
    }
    if !world.unlogged && draw.percent(40) {
        declare_stall(world, draw);
    }
}

/// Declares a stall that is longer than any that there was.
fn declare_stall(world: &mut World, draw: &mut Draw) {
    let header = &world.header;
    let latency = (0..header.nodes.len()).map(|node| header.latency_to(node)).max().unwrap_or(0);
    // A transfer may be stamped from its first byte's arrival on, and queues hide when bytes moved.
    let unsure = match header.stamps {
        Stamps::Exact => 0,
        Stamps::Receiver | Stamps::Wire => LONGEST_QUEUE + 4 * header.tolerance,
    };
    let stall = world.longest_stall + 2 * latency + unsure + draw.by_magnitude(1 << 30);
    world.header.stall = Some(stall);
    world.feature("stall declared");
}
