//! The second look at a capture: what the nodes of one swarm say to each other and to trackers.
//!
//! Nothing is concluded here: it is a list of messages with their times.

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

use super::headers::{Carries, Datagram};
use super::taps::{Flow, Tap, Taps, utp_number};
use super::tcp::{self, Piece};
use super::torrent::Torrent;
use super::trackers::{self, Announce, Http};
use super::utp;
use super::wire::{Message, Said, Wire};

/// Bytes that a stream of unknown kind must have to look encrypted: a key of Diffie and Hellman.
const KEY: u64 = 96;
/// The longest handshake of MSE/PE with one of BitTorrent in it: a connection with no more in
/// either direction was given up, and nothing moved.
const MOST_HANDSHAKE: u64 = 96 + 512 + 40 + 14 + 512 + 2 + 68;

/// A message of a node to another.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The connection: its two addresses in order.
    pub(super) pair: (SocketAddr, SocketAddr),
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) said: Said,
    /// When its first byte left the sender, as far as a tap saw it.
    pub(super) left: u64,
}

/// What passes between a node and the tracker.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// A node announces itself.
    Request { node: IpAddr, announce: Announce, at: u64 },
    /// The tracker names nodes to it.
    Answer { node: IpAddr, named: Vec<(IpAddr, u16)>, at: u64 },
}

/// What comes out of one direction of a connection.
enum Out {
    Said(Said),
    Request(Announce, u64),
    Answer(Vec<(IpAddr, u16)>, u64),
}

/// The direction against a flow: of the two numbers that it may have in uTP, one is used.
fn backs(flow: &Flow) -> Vec<Flow> {
    let id = flow.2 as u16;
    let numbers = match flow.2 {
        0 => vec![0],
        _ => vec![utp_number(id.wrapping_sub(1)), utp_number(id.wrapping_add(1))],
    };
    numbers.into_iter().map(|number| (flow.1, flow.0, number)).collect()
}

/// What kind of stream it is.
#[derive(Debug)]
enum Content {
    Wire(Wire),
    Http(Http),
}

/// What understands the bytes of one direction.
#[derive(Debug)]
struct Reader {
    content: Content,
    bytes: u64,
    /// Its first bytes.
    opening: [u8; 2],
}

impl Reader {
    fn piece(&mut self, torrent: &Torrent, piece: Piece<'_>, from_start: bool, out: &mut Vec<Out>) {
        if let Piece::Bytes { bytes, .. } = piece {
            if self.bytes == 0 {
                self.opening = [bytes[0], bytes.get(1).copied().unwrap_or(0)];
                if Http::begins(bytes) {
                    self.content = Content::Http(Http::default());
                }
            }
            self.bytes += bytes.len() as u64;
        }
        match &mut self.content {
            Content::Wire(wire) => {
                wire.piece(torrent, piece, from_start, &mut |said| out.push(Out::Said(said)));
            }
            Content::Http(http) => {
                if let Piece::Bytes { bytes, at, .. } = piece {
                    http.bytes(bytes);
                    while let Some(announce) = http.request() {
                        out.push(Out::Request(announce, at));
                    }
                    while let Some(named) = http.answer() {
                        out.push(Out::Answer(named, at));
                    }
                }
            }
        }
    }
}

#[derive(Debug)]
enum Transport {
    Tcp(tcp::Stream),
    Utp(utp::Stream),
}

/// One direction of a connection.
#[derive(Debug)]
struct Direction {
    transport: Transport,
    reader: Reader,
    /// Its first packet.
    first: u64,
    /// The packet that ends it.
    closed: Option<u64>,
}

impl Direction {
    fn new(transport: Transport, first: u64) -> Self {
        let content = Content::Wire(Wire::new());
        let reader = Reader { content, bytes: 0, opening: [0; 2] };
        Direction { transport, reader, first, closed: None }
    }

    /// What comes out when `act` happens to its transport.
    fn after(
        &mut self,
        torrent: &Torrent,
        act: impl FnOnce(&mut Transport, &mut dyn FnMut(Piece<'_>)),
    ) -> Vec<Out> {
        let Direction { transport, reader, .. } = self;
        let from_start = match &transport {
            Transport::Tcp(stream) => stream.from_start,
            Transport::Utp(stream) => stream.from_start,
        };
        let mut out = Vec::new();
        act(transport, &mut |piece| reader.piece(torrent, piece, from_start, &mut out));
        out
    }

    /// Long, and of no protocol that is known.
    fn is_strange(&self) -> bool {
        let is_wire = matches!(&self.reader.content, Content::Wire(wire) if !wire.spoke);
        let is_known = [*b"SS", [0x16, 3]].contains(&self.reader.opening);
        is_wire && !is_known && KEY <= self.reader.bytes
    }
}

/// Everything that was heard.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    directions: BTreeMap<Flow, Direction>,
    /// In the order of the file.
    pub(super) heard: Vec<Heard>,
    pub(super) told: Vec<Told>,
    /// Announces over UDP whose answer is to come.
    asked: BTreeSet<(SocketAddr, SocketAddr, u32)>,
    pub(super) packets: u64,
    /// Packets that the capture cut off.
    pub(super) cut: u64,
}

impl Hearing {
    /// A packet, as the second look takes it.
    pub(super) fn packet(
        &mut self,
        (torrent, taps): (&Torrent, &Taps),
        (tap, at): (Tap, u64),
        datagram: &Datagram<'_>,
    ) {
        let at = taps.time(tap, at);
        self.packets += 1;
        self.cut += u64::from(0 < datagram.cut);
        let [from, to] = [datagram.from, datagram.to];
        match datagram.carries {
            Carries::Tcp { seq, ack, syn, fin, rst } => {
                let payload = (datagram.payload, datagram.cut);
                let (flow, back) = ((from, to, 0), (to, from, 0));
                if taps.reads(tap, &flow) {
                    self.happens((torrent, taps), flow, at, |transport, each| {
                        if let Transport::Tcp(stream) = transport {
                            stream.segment((seq, syn), payload, at, each);
                        }
                    });
                    self.closes(flow, at, fin || rst);
                }
                // A reset answers what came too late, and is no receipt.
                if let Some(ack) = ack.filter(|_| !rst && taps.reads(tap, &back)) {
                    self.happens((torrent, taps), back, at, |transport, each| {
                        if let Transport::Tcp(stream) = transport {
                            stream.acknowledged(ack, at, each);
                        }
                    });
                }
            }
            Carries::Udp if self.tracker(torrent, datagram, at) => {}
            Carries::Udp => {
                let Some((header, payload)) = utp::read(datagram.payload) else { return };
                let flow = (from, to, utp_number(header.id));
                if taps.reads(tap, &flow) {
                    self.happens((torrent, taps), flow, at, |transport, each| {
                        if let Transport::Utp(stream) = transport {
                            stream.packet(header, payload, at, each);
                        }
                    });
                    let ends = [utp::Kind::Fin, utp::Kind::Reset].contains(&header.kind);
                    self.closes(flow, at, ends);
                }
                for back in backs(&flow).into_iter().filter(|back| taps.reads(tap, back)) {
                    self.happens((torrent, taps), back, at, |transport, each| {
                        if let Transport::Utp(stream) = transport {
                            stream.acknowledged(header.ack, at, each);
                        }
                    });
                }
            }
        }
    }

    /// Something happens to one direction of a connection.
    fn happens(
        &mut self,
        (torrent, taps): (&Torrent, &Taps),
        flow: Flow,
        at: u64,
        act: impl FnOnce(&mut Transport, &mut dyn FnMut(Piece<'_>)),
    ) {
        let direction = self.directions.entry(flow).or_insert_with(|| {
            let transport = match flow.2 {
                0 => Transport::Tcp(tcp::Stream::new(taps.base(&flow))),
                _ => Transport::Utp(utp::Stream::new(taps.base(&flow))),
            };
            Direction::new(transport, at)
        });
        let out = direction.after(torrent, act);
        self.take((torrent, taps), flow, out);
    }

    fn closes(&mut self, flow: Flow, at: u64, ends: bool) {
        if let Some(direction) = self.directions.get_mut(&flow).filter(|_| ends) {
            direction.closed.get_or_insert(at);
        }
    }

    fn take(&mut self, (torrent, taps): (&Torrent, &Taps), flow: Flow, out: Vec<Out>) {
        let [from, to] = [flow.0.ip(), flow.1.ip()];
        for out in out {
            match out {
                Out::Said(said) => {
                    let number = if flow.2 == 0 { Some(said.offset) } else { said.number };
                    let left = number.and_then(|number| taps.departure(&flow, number));
                    let left = left.unwrap_or(said.last).min(said.last);
                    let pair = (flow.0.min(flow.1), flow.0.max(flow.1));
                    self.heard.push(Heard { pair, from, to, said, left });
                }
                Out::Request(announce, at) if torrent.hashes.contains(&announce.hash) => {
                    self.asked.insert((flow.0, flow.1, 0));
                    self.told.push(Told::Request { node: from, announce, at });
                }
                Out::Request(..) => {}
                Out::Answer(named, at) if self.asked.contains(&(flow.1, flow.0, 0)) => {
                    self.told.push(Told::Answer { node: to, named, at });
                }
                Out::Answer(..) => {}
            }
        }
    }

    /// Takes a datagram that is an announce or its answer.
    fn tracker(&mut self, torrent: &Torrent, datagram: &Datagram<'_>, at: u64) -> bool {
        let [from, to] = [datagram.from, datagram.to];
        match trackers::udp(datagram.payload) {
            Some(trackers::Udp::Request { transaction, announce })
                if torrent.hashes.contains(&announce.hash) =>
            {
                if self.asked.insert((from, to, transaction)) {
                    self.told.push(Told::Request { node: from.ip(), announce, at });
                }
                true
            }
            Some(trackers::Udp::Answer { transaction, named }) => {
                let known = self.asked.contains(&(to, from, transaction));
                if known {
                    self.told.push(Told::Answer { node: to.ip(), named, at });
                }
                known
            }
            _ => false,
        }
    }

    /// The capture is over: what streams still hold comes out.
    pub(super) fn finish(&mut self, torrent: &Torrent, taps: &Taps) {
        let flows: Vec<Flow> = self.directions.keys().copied().collect();
        for flow in flows {
            self.happens((torrent, taps), flow, 0, |transport, each| match transport {
                Transport::Tcp(stream) => stream.finish(each),
                Transport::Utp(stream) => stream.finish(each),
            });
            let Some(direction) = self.directions.get_mut(&flow) else { continue };
            if let Content::Wire(wire) = &mut direction.reader.content {
                let mut out = Vec::new();
                wire.finish(torrent, &mut |said| out.push(Out::Said(said)));
                self.take((torrent, taps), flow, out);
            }
        }
    }

    /// How many connections look encrypted.
    pub(super) fn encrypted(&self) -> usize {
        let strange = |flow: &Flow| self.directions.get(flow).is_some_and(Direction::is_strange);
        let bytes = |flow: &Flow| self.directions.get(flow).map_or(0, |it| it.reader.bytes);
        let both = self.directions.keys().filter(|flow| {
            let back = backs(flow).into_iter().find(strange);
            let most = back.map_or(0, |back| bytes(&back).max(bytes(flow)));
            flow.0 < flow.1 && strange(flow) && MOST_HANDSHAKE < most
        });
        both.count()
    }

    /// How often bytes of this swarm are missing.
    pub(super) fn holes(&self) -> u64 {
        let wires =
            self.directions.values().filter_map(|direction| match &direction.reader.content {
                Content::Wire(wire) if wire.spoke => Some(wire.holes),
                _ => None,
            });
        wires.sum()
    }

    /// When each connection was first used in this direction, and when it was closed.
    pub(super) fn flows(&self) -> impl Iterator<Item = (&Flow, u64, Option<u64>)> {
        self.directions.iter().map(|(flow, it)| (flow, it.first, it.closed))
    }

    /// The handshakes of each connection, by their hash.
    pub(super) fn is_of(&self, torrent: &Torrent) -> BTreeMap<(SocketAddr, SocketAddr), bool> {
        let mut known = BTreeMap::new();
        for heard in &self.heard {
            if let Message::Handshake { hash } = &heard.said.message {
                known.insert(heard.pair, torrent.hashes.contains(hash));
            }
        }
        known
    }
}
