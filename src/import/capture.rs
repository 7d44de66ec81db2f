//! Packets of a capture file: pcap or pcapng, gzip or not, as a stream.
//!
//! It knows no protocol. A file that ends within a packet has the packets before it.

use std::io::{self, BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

/// Room for one block; it grows for larger ones.
const ROOM: usize = 1 << 20;
/// No packet is larger.
const MOST_ROOM: usize = 1 << 26;

/// A packet as one tap saw it.
pub(super) struct Packet<'a> {
    /// The interface within its file.
    pub(super) interface: u32,
    /// Nanoseconds since 1970.
    pub(super) at: u64,
    pub(super) link: Linktype,
    pub(super) data: &'a [u8],
    /// How long it was on the wire.
    pub(super) length: u32,
}

/// How a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    /// Within a packet, or at bytes that are none.
    Damaged,
}

/// Why a file is no capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The first bytes are those of no capture.
    #[error("this is no capture; write the path of a pcap or pcapng file")]
    Unknown,
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first bytes of captures: pcap in both orders, in microseconds and nanoseconds, and pcapng.
const MAGIC: [[u8; 4]; 5] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

/// Reads all packets of a file.
pub(super) fn read(
    mut input: impl BufRead + Send,
    each: &mut dyn FnMut(Packet<'_>),
) -> Result<Ending, CaptureError> {
    match input.fill_buf()?.starts_with(&GZIP) {
        true => plain(BufReader::with_capacity(ROOM, MultiGzDecoder::new(input)), each),
        false => plain(input, each),
    }
}

fn plain(
    mut input: impl BufRead + Send,
    each: &mut dyn FnMut(Packet<'_>),
) -> Result<Ending, CaptureError> {
    let begin = input.fill_buf().map_err(|_| CaptureError::Unknown)?;
    if !MAGIC.iter().any(|magic| begin.starts_with(magic)) {
        return Err(CaptureError::Unknown);
    }
    let Ok(mut reader) = create_reader(ROOM, input) else { return Ok(Ending::Damaged) };
    let mut interfaces = Interfaces::default();
    let mut room = ROOM;
    loop {
        let wants_room = match reader.next() {
            Ok((length, block)) => {
                interfaces.block(&block, each);
                reader.consume(length);
                continue;
            }
            Err(PcapError::Eof) => return Ok(Ending::Whole),
            Err(PcapError::Incomplete(_)) => false,
            Err(PcapError::BufferTooSmall) => true,
            Err(_) => return Ok(Ending::Damaged),
        };
        if wants_room {
            room *= 2;
            if MOST_ROOM < room || !reader.grow(room) {
                return Ok(Ending::Damaged);
            }
        }
        if reader.reader_exhausted() || reader.refill().is_err() {
            return Ok(Ending::Damaged);
        }
    }
}

/// How the clock of an interface counts.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Units a second.
    resolution: u64,
    /// Seconds that are added.
    offset: i64,
}

/// The interfaces of a file; those of a later section follow the earlier ones.
#[derive(Default)]
struct Interfaces {
    all: Vec<Interface>,
    section: usize,
}

impl Interfaces {
    fn block(&mut self, block: &PcapBlockOwned<'_>, each: &mut dyn FnMut(Packet<'_>)) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution =
                    if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                self.all.push(Interface { link: header.network, resolution, offset: 0 });
            }
            PcapBlockOwned::Legacy(packet) => {
                let Some(interface) = self.all.first() else { return };
                let part = u128::from(packet.ts_usec) * 1_000_000_000;
                let part = part / u128::from(interface.resolution);
                let at = u128::from(packet.ts_sec) * 1_000_000_000 + part;
                let data = within(packet.data, packet.caplen);
                each(Packet {
                    interface: 0,
                    at: u64::try_from(at).unwrap_or(u64::MAX),
                    link: interface.link,
                    data,
                    length: packet.origlen,
                });
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => self.section = self.all.len(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.all.push(Interface {
                    link: interface.linktype,
                    resolution: interface.ts_resolution().filter(|it| 0 < *it).unwrap_or(1_000_000),
                    offset: interface.ts_offset(),
                });
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let at = self.section + packet.if_id as usize;
                let Some(interface) = self.all.get(at) else { return };
                let units = u128::from(packet.ts_high) << 32 | u128::from(packet.ts_low);
                let ns = units * 1_000_000_000 / u128::from(interface.resolution);
                let ns = i128::try_from(ns).unwrap_or(i128::MAX);
                let ns = ns.saturating_add(i128::from(interface.offset) * 1_000_000_000);
                each(Packet {
                    interface: at as u32,
                    at: u64::try_from(ns.max(0)).unwrap_or(u64::MAX),
                    link: interface.link,
                    data: within(packet.data, packet.caplen),
                    length: packet.origlen,
                });
            }
            PcapBlockOwned::NG(_) => {}
        }
    }
}

/// What was captured, without the padding behind it.
fn within(data: &[u8], captured: u32) -> &[u8] {
    &data[..data.len().min(captured as usize)]
}
