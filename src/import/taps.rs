//! The first look at a capture: which tap is whose, how their clocks differ, and when each byte of
//! a stream left its sender.
//!
//! A tap at one node sees nothing but what goes to it or comes from it; one behind all shapers sees
//! everything once. Clocks are aligned from the least delays each way between two nodes.

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use super::headers::{Carries, Datagram};
use super::tcp::Unwrap;
use super::utp;

/// A tap: a file and an interface in it.
pub(super) type Tap = (u32, u32);

/// A direction between two addresses, and the connection's number in uTP (0 in TCP).
pub(super) type Flow = (SocketAddr, SocketAddr, u32);

/// The number of a connection in uTP, as a flow has it: never 0.
pub(super) fn utp_number(id: u16) -> u32 {
    1 << 16 | u32::from(id)
}

/// Packets that are remembered to compare clocks.
const COMPARED: usize = 200_000;

/// What a tap is to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sees {
    /// What has left the sender.
    Leaving,
    /// What passes, somewhere between the two.
    Passing,
    /// What arrives at the receiver.
    Arriving,
}

/// When the packets of a flow were seen by one tap: number and time, both ascending. One that is
/// sent again was seen when it was first.
#[derive(Debug)]
struct Passage {
    numbers: Unwrap,
    at: Vec<(i64, u64)>,
}

/// A flow, as the taps see it.
#[derive(Debug)]
struct FlowSurvey {
    /// The number that its numbers count from.
    base: u32,
    by_tap: BTreeMap<Tap, Passage>,
}

/// Everything that the first look gathers.
#[derive(Debug, Default)]
pub(super) struct Survey {
    packets: BTreeMap<Tap, u64>,
    addresses: BTreeMap<Tap, BTreeMap<IpAddr, u64>>,
    flows: BTreeMap<Flow, FlowSurvey>,
    /// By a number that tells packets apart.
    sightings: BTreeMap<u64, Sighting>,
}

/// A packet that may be compared.
#[derive(Debug)]
struct Sighting {
    from: IpAddr,
    to: IpAddr,
    /// Where and when it was seen.
    seen: Vec<(Tap, u64)>,
}

impl Survey {
    /// A packet, as the first look takes it.
    pub(super) fn packet(&mut self, tap: Tap, at: u64, datagram: &Datagram<'_>) {
        let [from, to] = [datagram.from.ip(), datagram.to.ip()];
        *self.packets.entry(tap).or_default() += 1;
        let addresses = self.addresses.entry(tap).or_default();
        for address in [from, to] {
            *addresses.entry(address).or_default() += 1;
        }
        let (id, number) = match datagram.carries {
            Carries::Tcp { seq, syn, .. } => (0, seq.wrapping_add(syn.into())),
            Carries::Udp => match utp::read(datagram.payload) {
                Some((header, _)) => (utp_number(header.id), header.seq.into()),
                None => return,
            },
        };
        let flow = (datagram.from, datagram.to, id);
        let is_utp = matches!(datagram.carries, Carries::Udp);
        let survey = self.flows.entry(flow);
        let survey = survey.or_insert_with(|| FlowSurvey { base: number, by_tap: BTreeMap::new() });
        let base = survey.base;
        let passage = survey.by_tap.entry(tap);
        let passage = passage.or_insert_with(|| Passage { numbers: Unwrap::new(base), at: vec![] });
        if datagram.payload.is_empty() {
            return;
        }
        let offset = match is_utp {
            true => passage.numbers.short(number as u16),
            false => passage.numbers.offset(number),
        };
        if passage.at.last().is_none_or(|&(last, _)| last < offset) {
            passage.at.push((offset, at));
        }
        self.compare(tap, at, datagram, number);
    }

    fn compare(&mut self, tap: Tap, at: u64, datagram: &Datagram<'_>, number: u32) {
        let mut key = 0xcbf2_9ce4_8422_2325u64;
        let mut mix = |word: u64| key = (key ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        for address in [datagram.from, datagram.to] {
            let ip = match address.ip() {
                IpAddr::V4(ip) => u128::from(ip.to_bits()),
                IpAddr::V6(ip) => ip.to_bits(),
            };
            mix(ip as u64);
            mix((ip >> 64) as u64);
            mix(address.port().into());
        }
        mix(number.into());
        mix(datagram.payload.len() as u64);
        mix(datagram.number.into());
        let is_full = COMPARED <= self.sightings.len();
        if is_full && !self.sightings.contains_key(&key) {
            return;
        }
        let (from, to) = (datagram.from.ip(), datagram.to.ip());
        let sighting = self.sightings.entry(key);
        sighting.or_insert(Sighting { from, to, seen: Vec::new() }).seen.push((tap, at));
    }

    /// Whose the taps are and how their clocks differ.
    pub(super) fn finish(self) -> Taps {
        let owners = self.owners();
        let sees = |tap: Tap, from: IpAddr, to: IpAddr| match owners.get(&tap) {
            None => Some(Sees::Passing),
            Some(owner) if *owner == to => Some(Sees::Arriving),
            Some(owner) if *owner == from => Some(Sees::Leaving),
            Some(_) => None,
        };
        let mut least: BTreeMap<(Tap, Tap), i64> = BTreeMap::new();
        for Sighting { from, to, seen } in self.sightings.values() {
            let once = |tap: Tap| seen.iter().filter(|(other, _)| *other == tap).count() == 1;
            for &(one, sent) in seen.iter().filter(|&&(tap, _)| once(tap)) {
                for &(other, came) in seen.iter().filter(|&&(tap, _)| once(tap)) {
                    let (Some(here), Some(there)) =
                        (sees(one, *from, *to), sees(other, *from, *to))
                    else {
                        continue;
                    };
                    if here < there {
                        let delay = came as i64 - sent as i64;
                        let known = least.entry((one, other)).or_insert(delay);
                        *known = delay.min(*known);
                    }
                }
            }
        }
        let taps: Vec<Tap> = self.packets.keys().copied().collect();
        let clocks = Clocks::aligned(&taps, &least);
        let mut flows = BTreeMap::new();
        for (flow, survey) in self.flows {
            let rank = |tap: Tap| sees(tap, flow.0.ip(), flow.1.ip()).map_or(0, |it| 1 + it as u8);
            let seen: Vec<Tap> = survey.by_tap.keys().copied().collect();
            // Of taps that see the same, the first.
            let reading = seen.iter().copied().rev().max_by_key(|&tap| rank(tap));
            let own = seen.iter().copied().filter(|&tap| rank(tap) != 0);
            let leaving = own.min_by_key(|&tap| rank(tap)).or(reading);
            let (Some(reading), Some(leaving)) = (reading, leaving) else { continue };
            let mut by_tap = survey.by_tap;
            let departures = by_tap.remove(&leaving).map_or(Vec::new(), |passage| passage.at);
            flows.insert(flow, SurveyedFlow { base: survey.base, reading, leaving, departures });
        }
        Taps { clocks, flows, count: taps.len() }
    }

    /// A tap at one node sees what goes to it or comes from it, and little else.
    fn owners(&self) -> BTreeMap<Tap, IpAddr> {
        let mut owners = BTreeMap::new();
        for (tap, addresses) in &self.addresses {
            let packets = self.packets.get(tap).copied().unwrap_or(0);
            let mut counts: Vec<(u64, IpAddr)> =
                addresses.iter().map(|(address, count)| (*count, *address)).collect();
            counts.sort_unstable_by(|one, other| other.cmp(one));
            if let Some(&(first, address)) = counts.first()
                && packets * 9 <= first * 10
                && counts.get(1).is_none_or(|&(second, _)| second < first)
            {
                owners.insert(*tap, address);
            }
        }
        owners
    }
}

/// A flow after the first look.
#[derive(Debug)]
struct SurveyedFlow {
    base: u32,
    /// The tap that is nearest to the receiver, and that nearest to the sender.
    reading: Tap,
    leaving: Tap,
    /// What the latter saw.
    departures: Vec<(i64, u64)>,
}

/// How the clocks of taps differ.
#[derive(Debug, Default)]
struct Clocks {
    /// What is taken off the times of a tap.
    offsets: BTreeMap<Tap, i64>,
    /// How far the clocks may still differ.
    residue: u64,
}

impl Clocks {
    /// Joins tap after tap to the first one, over the pair of taps that is known best.
    fn aligned(taps: &[Tap], least: &BTreeMap<(Tap, Tap), i64>) -> Clocks {
        // A pair of taps: how far the second is ahead, and how far that may be wrong.
        let edge = |one: Tap, other: Tap| {
            let (there, back) = (least.get(&(one, other))?, least.get(&(other, one))?);
            let ahead = (i128::from(*there) - i128::from(*back)) / 2;
            let doubt = (i128::from(*there) + i128::from(*back)).unsigned_abs().div_ceil(2);
            Some((u64::try_from(doubt).ok()?, i64::try_from(ahead).ok()?))
        };
        let mut joined: BTreeMap<Tap, (i64, u64)> = BTreeMap::new();
        for first in taps {
            joined.entry(*first).or_insert((0, 0));
            loop {
                let edges = joined.iter().flat_map(|(&one, &(offset, doubt))| {
                    let new = taps.iter().filter(|tap| !joined.contains_key(tap));
                    new.filter_map(move |&other| {
                        let (more, ahead) = edge(one, other)?;
                        let doubt = doubt.saturating_add(more);
                        Some((doubt, other, offset.saturating_add(ahead)))
                    })
                });
                let Some((doubt, tap, offset)) = edges.min() else { break };
                joined.insert(tap, (offset, doubt));
            }
        }
        let residue = joined.values().map(|&(_, doubt)| doubt).max().unwrap_or(0);
        let offsets = joined.into_iter().map(|(tap, (offset, _))| (tap, offset)).collect();
        Clocks { offsets, residue }
    }
}

/// What the survey came to.
#[derive(Debug)]
pub(super) struct Taps {
    clocks: Clocks,
    flows: BTreeMap<Flow, SurveyedFlow>,
    /// How many there are.
    pub(super) count: usize,
}

impl Taps {
    /// The time of a tap by the clock of all.
    pub(super) fn time(&self, tap: Tap, at: u64) -> u64 {
        let offset = self.clocks.offsets.get(&tap).copied().unwrap_or(0);
        at.saturating_add_signed(offset.saturating_neg())
    }

    /// How far two of their stamps may differ.
    pub(super) fn tolerance(&self) -> u64 {
        self.clocks.residue.saturating_mul(2)
    }

    /// Is this the tap that decides what arrives?
    pub(super) fn reads(&self, tap: Tap, flow: &Flow) -> bool {
        self.flows.get(flow).is_some_and(|flow| flow.reading == tap)
    }

    /// The number that the numbers of a flow count from.
    pub(super) fn base(&self, flow: &Flow) -> u32 {
        self.flows.get(flow).map_or(0, |flow| flow.base)
    }

    /// When what stands at a number left its sender; None where no tap saw it.
    pub(super) fn departure(&self, flow: &Flow, number: i64) -> Option<u64> {
        let flow = self.flows.get(flow)?;
        let after = flow.departures.partition_point(|&(first, _)| first <= number);
        let (_, at) = flow.departures.get(after.checked_sub(1)?)?;
        Some(self.time(flow.leaving, *at))
    }
}
