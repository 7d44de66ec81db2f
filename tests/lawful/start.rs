//! Which transfers may begin now, and how fast they run: the discipline, the barter, the links.

use super::draw::Draw;
use super::log::{Choker, Stamps};
use super::ranges::{Range, Ranges};
use super::setup::BYTE;
use super::world::{Task, World};

/// The longest that a transfer waits on its way, in nanoseconds: 17 s.
pub(crate) const LONGEST_QUEUE: u64 = 1 << 34;

/// A transfer that may begin.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) chunk: usize,
    pub(crate) range: Range,
}

/// What limits a transfer that passes on what is still coming.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supply {
    ids: Vec<usize>,
    /// The fastest rate that never overtakes what comes; None: nothing is still coming.
    most: Option<u64>,
}

/// How choosy the swarm is about what it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Anything lawful: parts, duplicates, two copies at once.
    Wild,
    /// What the receiver lacks, all of it, as fast as it goes.
    Eager,
}

impl World {
    /// Could bytes move from one node to another, but for chokes?
    pub(crate) fn are_in_touch(&self, from: usize, to: usize) -> bool {
        from != to
            && self.nodes[from].present
            && self.nodes[to].present
            && !self.header.nodes[from].free_rider
            && self.are_linked(from, to)
    }

    /// What of a chunk the sender can pass on now, bytes still coming not counted.
    pub(crate) fn sendable(&self, from: usize, chunk: usize) -> Ranges {
        let length = self.header.length(chunk);
        let mut all = Ranges::default();
        all.insert((0, length));
        if from == 0 {
            return all;
        }
        let part = &self.parts[from][chunk];
        if self.header.coded {
            let received: u64 = self.parts[from].iter().map(|part| part.any.bytes()).sum();
            let may = self.header.cut_through || self.header.coded_gate() <= received;
            return if may { part.any.clone() } else { Ranges::default() };
        }
        match (part.held.is_some(), self.header.cut_through) {
            (true, _) => all,
            (false, true) => part.any.clone(),
            (false, false) => Ranges::default(),
        }
    }

    /// What the receiver lacks of a chunk, as far as this sender can fill it.
    pub(crate) fn lacks(&self, from: usize, to: usize, chunk: usize) -> Vec<Range> {
        if self.holds(to, chunk) {
            return Vec::new();
        }
        let part = &self.parts[to][chunk];
        let whole = (0, self.header.length(chunk));
        let mut has = if self.assembles() {
            part.any.clone()
        } else {
            part.by_sender.get(&from).cloned().unwrap_or_default()
        };
        let assembles = self.assembles();
        for flow in self.flows.iter().filter(|flow| (flow.to, flow.chunk) == (to, chunk)) {
            if !flow.aborted && (assembles || flow.from == from) {
                has.insert(flow.range());
            }
        }
        has.gaps(whole)
    }

    /// Do leechers give only in return?
    pub(crate) fn barters(&self) -> bool {
        let protocol = self.header.protocol;
        protocol.is_some_and(|protocol| {
            matches!(protocol.choker, Choker::StrictBarter | Choker::Credit(_))
        })
    }

    /// Does the barter let one node give a chunk to another? Counted so that no reading of "given"
    /// and "got back" is less strict: what was begun counts as given, what is whole from one sender
    /// as got back.
    pub(crate) fn barter_allows(&self, from: usize, to: usize, chunk: usize, more: u64) -> bool {
        let Some(protocol) = &self.header.protocol else { return true };
        let allowed = match protocol.choker {
            Choker::StrictBarter if self.header.upload(to) == 0 => 0,
            Choker::StrictBarter => 1,
            Choker::Credit(chunks) => chunks,
            Choker::TitForTat | Choker::RoundRobin => return true,
        };
        if from == 0 || self.nodes[from].claimed.is_some() {
            return true;
        }
        let begun = |of: usize| {
            let bytes = self.granted.get(&(from, to, of)).copied().unwrap_or(0);
            (bytes + if of == chunk { more } else { 0 }).div_ceil(self.header.length(of))
        };
        let given: u64 = (0..self.header.chunks()).map(begun).sum();
        given <= self.got_back(from, to) + allowed
    }

    /// Has a leecher lent a peer all that its credit allows, however that is counted?
    pub(crate) fn has_lent_all(&self, from: usize, to: usize, credit: u64) -> bool {
        let begun = |chunk: usize| {
            let bytes = self.granted.get(&(to, from, chunk)).copied().unwrap_or(0);
            bytes.div_ceil(self.header.length(chunk))
        };
        let back: u64 = (0..self.header.chunks()).map(begun).sum();
        back + credit <= self.got_back(to, from)
    }

    /// The chunks that a node has whole from one sender.
    fn got_back(&self, node: usize, from: usize) -> u64 {
        if node == 0 {
            return 0;
        }
        let whole = |(chunk, part): (usize, &super::world::Part)| {
            let bytes = part.by_sender.get(&from).map_or(0, Ranges::bytes);
            u64::from(bytes == self.header.length(chunk))
        };
        self.parts[node].iter().enumerate().map(whole).sum()
    }

    /// Every transfer of something new that may begin now. `choked`: also those that only a choke
    /// keeps from it.
    pub(crate) fn useful_offers(&self, choked: bool) -> Vec<Offer> {
        let mut offers = Vec::new();
        for from in self.present() {
            for to in self.present() {
                if to == 0 || !self.are_in_touch(from, to) {
                    continue;
                }
                if !choked && !self.is_unchoked(from, to) {
                    continue;
                }
                for chunk in 0..self.header.chunks() {
                    self.offers_of(from, to, chunk, &mut offers);
                }
            }
        }
        offers
    }

    fn offers_of(&self, from: usize, to: usize, chunk: usize, offers: &mut Vec<Offer>) {
        let elsewhere = self
            .flows
            .iter()
            .any(|flow| (flow.to, flow.chunk) == (to, chunk) && flow.from != from && !flow.aborted);
        if elsewhere && !self.assembles() {
            return;
        }
        let can = self.sendable(from, chunk);
        for gap in self.lacks(from, to, chunk) {
            for &(start, end) in can.list() {
                let range = (start.max(gap.0), end.min(gap.1));
                let Some(range) = self.within_burst(from, to, range) else { continue };
                if self.barter_allows(from, to, chunk, range.1 - range.0) {
                    offers.push(Offer { from, to, chunk, range });
                }
            }
        }
    }

    /// A node without capacity sends what its burst still has, at once, or nothing.
    fn within_burst(&self, from: usize, to: usize, (start, end): Range) -> Option<Range> {
        if end <= start {
            return None;
        }
        if self.nodes[from].up.rate != 0 {
            return Some((start, end));
        }
        let down = self.nodes[to].down.as_ref().map_or(u128::MAX, |down| down.level);
        let bytes = (self.nodes[from].up.level.min(down) / BYTE).min(u128::from(end - start));
        (bytes != 0).then_some((start, start + bytes as u64))
    }

    /// Any lawful transfer: now and then of what the receiver has, or of a part.
    pub(crate) fn wild_offer(&self, draw: &mut Draw) -> Option<Offer> {
        let present = self.present();
        let (from, to) = (draw.any(&present)?, draw.any(&present)?);
        let chunk = draw.below(self.header.chunks() as u64) as usize;
        if !self.are_in_touch(from, to) || !self.is_unchoked(from, to) {
            return None;
        }
        if to == 0 && !draw.percent(20) {
            return None;
        }
        let gaps = self.lacks(from, to, chunk);
        let wanted = match draw.any(&gaps) {
            Some(gap) => gap,
            None if draw.percent(12) => (0, self.header.length(chunk)),
            None => return None,
        };
        let elsewhere =
            self.flows.iter().any(|flow| (flow.to, flow.chunk) == (to, chunk) && flow.from != from);
        if elsewhere && !self.assembles() && !draw.percent(25) {
            return None;
        }
        let can = self.coming(from, chunk);
        let pieces: Vec<Range> = can
            .list()
            .iter()
            .map(|&(start, end)| (start.max(wanted.0), end.min(wanted.1)))
            .filter(|&(start, end)| start < end)
            .collect();
        let (start, end) = draw.any(&pieces)?;
        let (start, end) = if draw.percent(25) {
            let start = draw.between(start, end - 1);
            (start, draw.between(start + 1, end))
        } else {
            (start, end)
        };
        let range = self.within_burst(from, to, (start, end))?;
        let allowed = self.barter_allows(from, to, chunk, range.1 - range.0);
        allowed.then_some(Offer { from, to, chunk, range })
    }

    /// What a sender can pass on now or while it comes.
    fn coming(&self, from: usize, chunk: usize) -> Ranges {
        let mut can = self.sendable(from, chunk);
        if self.header.cut_through {
            for flow in self.flows.iter().filter(|flow| (flow.to, flow.chunk) == (from, chunk)) {
                if flow.steady && !flow.aborted {
                    can.insert(flow.range());
                }
            }
        }
        can
    }

    /// What brings the bytes of an offer that the sender does not have yet, and how fast they may
    /// be passed on at most. None when some byte would come too late at every rate.
    fn supply(&self, offer: &Offer) -> Option<Supply> {
        let here = self.sendable(offer.from, offer.chunk);
        let mut supply = Supply::default();
        for gap in here.gaps(offer.range) {
            let mut rest = Ranges::default();
            for flow in &self.flows {
                let brings = (flow.to, flow.chunk) == (offer.from, offer.chunk);
                if !brings || !flow.steady || flow.aborted || flow.steady_rate == 0 {
                    continue;
                }
                let (start, end) = (flow.offset.max(gap.0), (flow.offset + flow.bytes).min(gap.1));
                if end <= start {
                    continue;
                }
                let delay = self.header.latency_to(flow.to);
                let begin = i128::from(self.now) - i128::from(flow.start) - i128::from(delay);
                let most = fastest(
                    begin,
                    flow.steady_rate,
                    start - flow.offset,
                    (start - offer.range.0, end - start),
                )?;
                supply.most = Some(supply.most.map_or(most, |other| other.min(most)));
                supply.ids.push(flow.id);
                rest.insert((start, end));
            }
            if !rest.contains(gap) {
                return None;
            }
        }
        Some(supply)
    }

    /// Begins a transfer; false where the links or the supply do not let it.
    pub(crate) fn start(&mut self, offer: &Offer, mood: Mood, draw: &mut Draw) -> bool {
        let Some(supply) = self.supply(offer) else { return false };
        let spare = self.spare(offer.from, offer.to);
        let steady = supply.most.is_some()
            || (self.header.cut_through && mood == Mood::Wild && draw.percent(80));
        let rate = match mood {
            Mood::Wild if draw.percent(40) => draw.between(0, spare),
            _ => spare,
        };
        let rate = supply.most.map_or(rate, |most| rate.min(most));
        if steady && rate == 0 {
            return false;
        }
        let queues = self.header.stamps != Stamps::Exact && mood == Mood::Wild && draw.percent(25);
        let queued = if queues && !steady { draw.by_magnitude(LONGEST_QUEUE) } else { 0 };
        let at = self.begin((offer.from, offer.to), offer.chunk, offer.range, queued);
        if queues && !steady {
            self.feature("queued on the way");
        }
        self.flows[at].steady = steady;
        if supply.most.is_some() {
            self.feature("passed on while it came");
        }
        for flow in self.flows.iter_mut().filter(|flow| supply.ids.contains(&flow.id)) {
            flow.passed_on = true;
        }
        self.flows[at].supplies = supply.ids;
        if steady {
            (self.flows[at].rate, self.flows[at].steady_rate) = (rate, rate);
            // When its first byte has come, its receiver may pass it on.
            let first = BYTE.div_ceil(u128::from(rate)) as u64;
            let delay = self.header.latency_to(offer.to);
            self.schedule(self.now + delay + first, Task::Wake);
        } else if self.nodes[offer.from].up.rate == 0 || draw.percent(50) {
            let bytes = offer.range.1 - offer.range.0;
            let most = if self.nodes[offer.from].up.rate != 0 && draw.percent(30) {
                draw.between(1, bytes)
            } else {
                bytes
            };
            self.burst(at, most);
        }
        true
    }

    /// Shares the links anew among the transfers whose rate may change.
    pub(crate) fn share(&mut self, mood: Mood, draw: &mut Draw) {
        let mut order: Vec<usize> = (0..self.flows.len())
            .filter(|&at| self.flows[at].arrives.is_none() && !self.flows[at].steady)
            .collect();
        let running = order.iter().filter(|&&at| self.flows[at].rate != 0).count();
        if mood == Mood::Wild && running != 0 && draw.percent(40) {
            // Those that run go on; only those at rest get something.
            order.retain(|&at| self.flows[at].rate == 0);
        }
        order.iter().for_each(|&at| self.flows[at].rate = 0);
        draw.shuffle(&mut order);
        for at in order {
            let spare = self.spare(self.flows[at].from, self.flows[at].to);
            self.flows[at].rate = match mood {
                Mood::Eager => spare,
                Mood::Wild => match draw.below(10) {
                    0 => 0,
                    1 | 2 => draw.between(0, spare),
                    3 => spare.div_ceil(2),
                    _ => spare,
                },
            };
            if self.flows[at].rate == 0 && spare != 0 {
                self.feature("pause");
            }
            if self.flows[at].rate != 0 && self.flows[at].rate < spare {
                self.feature("share below the capacity");
            }
        }
        let sending = |flow: &&super::world::Flow| flow.rate != 0;
        let from: Vec<usize> = self.flows.iter().filter(sending).map(|flow| flow.from).collect();
        let shared = from.iter().any(|&node| {
            1 < from.iter().filter(|&&other| other == node).count()
                && self.used(node).0 == self.nodes[node].up.rate
        });
        if shared {
            self.feature("shares add up to the capacity");
        }
    }
}

/// The fastest rate at which bytes can be passed on that come at `coming` bits per second since
/// `begin` nanoseconds ago: `first` is the first of them in the transfer that brings them, and they
/// are `count` from `place` on in the one that passes them on. None: not even the first is here.
///
/// Byte `k` is here at `8e9 (k + 1) / coming - begin` from now and needed at `8e9 j / rate`, where
/// `j` counts in the other transfer. Both are lines, so the first and the last byte decide.
fn fastest(begin: i128, coming: u64, first: u64, (place, count): (u64, u64)) -> Option<u64> {
    let byte = BYTE as i128;
    let coming = i128::from(coming);
    let mut most = i128::from(u64::MAX);
    for nth in [0, count - 1] {
        let here = byte * i128::from(first + nth + 1) - begin * coming;
        if here <= 0 {
            continue;
        }
        let needed = byte * i128::from(place + nth);
        // needed / rate >= here / coming, so rate <= needed * coming / here, rounded down.
        if needed == 0 {
            return None;
        }
        most = most.min(needed * coming / here);
    }
    (0 < most).then_some(most as u64)
}
