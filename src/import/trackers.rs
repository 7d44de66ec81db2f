//! What nodes tell a tracker and what it answers: over HTTP (BEP 3, 7, 23) and UDP (BEP 15).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bencode::{self, Kind, Value};
use super::torrent::InfoHash;

/// What a node tells the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announce {
    pub(super) hash: InfoHash,
    /// Bytes that it lacks; None where it does not say.
    pub(super) left: Option<u64>,
    pub(super) event: Happened,
    /// The port on which it listens.
    pub(super) port: u16,
}

/// Why a node announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    Nothing,
    Started,
    Completed,
    Stopped,
}

/// Bytes that a request or an answer may have.
const LONGEST: usize = 1 << 16;

/// One direction of a connection to a tracker over HTTP.
#[derive(Debug, Default)]
pub(super) struct Http {
    buffer: Vec<u8>,
}

impl Http {
    /// Does a stream begin as one?
    pub(super) fn begins(bytes: &[u8]) -> bool {
        bytes.starts_with(b"GET ") || bytes.starts_with(b"HTTP/1.")
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The announce of a request whose headers are there; it is passed.
    pub(super) fn request(&mut self) -> Option<Announce> {
        let end = find(&self.buffer, b"\r\n\r\n")?;
        let head: Vec<u8> = self.buffer.drain(..end + 4).collect();
        let line = head.split(|&byte| byte == b'\r').next()?;
        let path = line.strip_prefix(b"GET ")?.split(|&byte| byte == b' ').next()?;
        let at = path.iter().position(|&byte| byte == b'?')?;
        announce(&path[at + 1..])
    }

    /// The nodes that an answer names, when the whole of it is there.
    pub(super) fn answer(&mut self) -> Option<Vec<(IpAddr, u16)>> {
        let end = find(&self.buffer, b"\r\n\r\n")? + 4;
        let value = bencode::read(&self.buffer[end..]).ok()?;
        let named = named(&value);
        let end = end + value.span.end;
        self.buffer.drain(..end);
        Some(named)
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// What the query of a request says.
fn announce(query: &[u8]) -> Option<Announce> {
    let (mut hash, mut left, mut port) = (None, None, 0);
    let mut event = Happened::Nothing;
    for field in query.split(|&byte| byte == b'&') {
        let Some(at) = field.iter().position(|&byte| byte == b'=') else { continue };
        let (name, value) = (&field[..at], plain(&field[at + 1..]));
        let text = String::from_utf8_lossy(&value);
        match name {
            b"info_hash" => hash = InfoHash::try_from(value.as_slice()).ok(),
            b"left" => left = text.parse().ok(),
            b"port" => port = text.parse().unwrap_or(0),
            b"event" => {
                event = match text.as_ref() {
                    "started" => Happened::Started,
                    "completed" => Happened::Completed,
                    "stopped" => Happened::Stopped,
                    _ => Happened::Nothing,
                }
            }
            _ => {}
        }
    }
    Some(Announce { hash: hash?, left, event, port })
}

/// `%41b` is `Ab`.
fn plain(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    let (mut plain, mut at) = (Vec::new(), 0);
    while let Some(&byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

/// The nodes in an answer: compact, compact of IPv6, or a list of dictionaries.
fn named(answer: &Value<'_>) -> Vec<(IpAddr, u16)> {
    let mut named = Vec::new();
    match answer.get("peers").map(|peers| &peers.kind) {
        Some(Kind::Bytes(bytes)) => named.extend(compact(bytes)),
        Some(Kind::List(list)) => named.extend(list.iter().filter_map(|peer| {
            let address = std::str::from_utf8(peer.get("ip")?.bytes()?).ok()?;
            let port = u16::try_from(peer.get("port")?.whole()?).ok()?;
            Some((address.parse::<IpAddr>().ok()?.to_canonical(), port))
        })),
        _ => {}
    }
    let six = answer.get("peers6").and_then(Value::bytes).unwrap_or(b"");
    named.extend(six.chunks_exact(18).map(|entry| {
        let mut address = [0; 16];
        address.copy_from_slice(&entry[..16]);
        (IpAddr::V6(Ipv6Addr::from(address)), u16::from_be_bytes([entry[16], entry[17]]))
    }));
    named
}

fn compact(bytes: &[u8]) -> impl Iterator<Item = (IpAddr, u16)> {
    bytes.chunks_exact(6).map(|entry| {
        let address = Ipv4Addr::new(entry[0], entry[1], entry[2], entry[3]);
        (IpAddr::V4(address), u16::from_be_bytes([entry[4], entry[5]]))
    })
}

/// A datagram to or from a tracker over UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Udp {
    Request { transaction: u32, announce: Announce },
    Answer { transaction: u32, named: Vec<(IpAddr, u16)> },
}

/// What a datagram says, if it is an announce or looks like the answer to one.
pub(super) fn udp(datagram: &[u8]) -> Option<Udp> {
    let word = |at: usize| {
        let bytes = datagram.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*bytes))
    };
    if 98 <= datagram.len() && word(8) == Some(1) {
        let mut hash = [0; 20];
        hash.copy_from_slice(&datagram[16..36]);
        let left = u64::from(word(64)?) << 32 | u64::from(word(68)?);
        let event = match word(80)? {
            1 => Happened::Completed,
            2 => Happened::Started,
            3 => Happened::Stopped,
            _ => Happened::Nothing,
        };
        let port = u16::from_be_bytes([datagram[96], datagram[97]]);
        let announce = Announce { hash, left: Some(left), event, port };
        return Some(Udp::Request { transaction: word(12)?, announce });
    }
    if word(0) == Some(1) && 20 <= datagram.len() && (datagram.len() - 20).is_multiple_of(6) {
        let named = compact(&datagram[20..]).collect();
        return Some(Udp::Answer { transaction: word(4)?, named });
    }
    None
}
