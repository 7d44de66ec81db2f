//! Captures of real clients as traces: packets in, events out.
//!
//! [`import`] looks at the capture twice: first at its taps and clocks, then at what the nodes say.
//! It decrypts nothing and guesses no capacity.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::trace::Trace;
use crate::units::{Bytes, Rate};

mod bencode;
mod capture;
mod headers;
mod heard;
mod mapping;
mod swarm;
mod taps;
mod tcp;
mod torrent;
mod trackers;
mod utp;
mod wire;

pub use capture::CaptureError;
use capture::{Ending, Packet};
use heard::Hearing;
use mapping::Lacks;
use swarm::Swarm;
use taps::{Survey, Tap};
use torrent::Torrent;
pub use torrent::TorrentError;

/// What a user says of a capture.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The capacities of nodes, up and down; None down is unlimited.
    pub capacities: BTreeMap<IpAddr, (Rate, Option<Rate>)>,
    /// The node that has the whole file, where the capture does not say it.
    pub source: Option<IpAddr>,
    /// Bytes that a link may carry above rate x time.
    pub burst: Bytes,
    /// The user's word that the capture has everything.
    pub complete: bool,
}

/// What was in a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Packets of TCP and UDP.
    pub packets: u64,
    /// Taps that saw them.
    pub taps: usize,
    /// Nodes of the swarm.
    pub nodes: usize,
    /// Connections of the swarm.
    pub connections: usize,
    /// Blocks that moved, those that moved again included.
    pub blocks: u64,
    /// Blocks whose receiver had them.
    pub duplicates: u64,
    /// Transfers that they make.
    pub transfers: usize,
    /// How far the clocks may differ, in nanoseconds.
    pub tolerance: u64,
    /// How often bytes are missing.
    pub holes: u64,
    /// Connections that look encrypted.
    pub encrypted: usize,
}

/// Why a capture gives no trace.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The torrent file is none.
    #[error("the torrent: {0}")]
    NoTorrent(#[from] TorrentError),
    /// The torrent makes no scenario.
    #[error("the torrent: {0}")]
    Torrent(String),
    /// A file is no capture, or cannot be read.
    #[error("{}: {error}", file.display())]
    Capture {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: CaptureError,
    },
    /// Nothing can be read.
    #[error(
        "{} encrypted (MSE/PE): disable encryption in the clients; a capture cannot be decrypted \
         afterwards", looking(*.0)
    )]
    Encrypted(usize),
    /// Nothing is of this torrent.
    #[error("no connection of this torrent in {packets} packets ({others} of other torrents)")]
    NoConnection {
        /// Packets that were looked at.
        packets: u64,
        /// Connections of other torrents.
        others: usize,
    },
    /// The packets are not whole.
    #[error("{0} packets are cut: capture whole packets with `tcpdump -s 0`")]
    Cut(u64),
    /// No node is seen to have the file.
    #[error("no node has the whole file at the start; write --source ADDRESS")]
    NoSource,
    /// The user names a node that is not there.
    #[error("{0} is no node of this swarm; write the address of one that is")]
    UnknownNode(IpAddr),
    /// A capacity is missing.
    #[error("the capacity of {0} is not known; write --capacity {0}=UP/DOWN")]
    NoCapacity(IpAddr),
    /// The capture lacks something.
    #[error("--complete is contradicted: {0}")]
    Contradicted(String),
}

/// `1 stream looks`, `14 streams look`.
fn looking(streams: usize) -> String {
    if streams == 1 { "1 stream looks".to_owned() } else { format!("{streams} streams look") }
}

/// Reads captures of one swarm.
///
/// # Errors
/// Files that are no captures, a swarm that is not in them, or what they contradict.
pub fn import(
    files: &[PathBuf],
    torrent: &[u8],
    options: &Options,
) -> Result<(Trace, Summary), ImportError> {
    read(torrent, options, &mut |each| {
        let mut damaged = 0;
        for (number, path) in (0..).zip(files) {
            let wrong = |error| ImportError::Capture { file: path.clone(), error };
            let file = open(path).map_err(wrong)?;
            let ending =
                capture::read(file, &mut |packet| each((number, packet.interface), &packet));
            damaged += usize::from(ending.map_err(wrong)? == Ending::Damaged);
        }
        Ok(damaged)
    })
}

fn open(path: &Path) -> Result<BufReader<File>, CaptureError> {
    Ok(BufReader::with_capacity(1 << 18, File::open(path)?))
}

/// Takes a packet and the tap that saw it.
type Each<'a> = dyn FnMut(Tap, &Packet<'_>) + 'a;

/// Looks twice at the packets that `look` gives, and says what they come to. `look` says how many
/// of its files are damaged.
fn read(
    torrent: &[u8],
    options: &Options,
    look: &mut dyn FnMut(&mut Each<'_>) -> Result<usize, ImportError>,
) -> Result<(Trace, Summary), ImportError> {
    let torrent = Torrent::read(torrent)?;
    let mut survey = Survey::default();
    let damaged = look(&mut |tap, packet| {
        if let Some(datagram) = headers::read(packet) {
            survey.packet(tap, packet.at, &datagram);
        }
    })?;
    let taps = survey.finish();
    let mut hearing = Hearing::default();
    look(&mut |tap, packet| {
        if let Some(datagram) = headers::read(packet) {
            hearing.packet((&torrent, &taps), (tap, packet.at), &datagram);
        }
    })?;
    hearing.finish(&torrent, &taps);
    let swarm = Swarm::new(&hearing, &torrent);
    let (holes, encrypted) = (hearing.holes(), hearing.encrypted());
    if swarm.connections == 0 {
        let (packets, others) = (hearing.packets, swarm.others);
        return Err(match (encrypted, hearing.cut) {
            (0, 0) => ImportError::NoConnection { packets, others },
            (0, cut) => ImportError::Cut(cut),
            (encrypted, _) => ImportError::Encrypted(encrypted),
        });
    }
    let lacks = Lacks { holes, encrypted, damaged };
    let trace = mapping::trace(&swarm, &torrent, options, lacks, taps.tolerance())?;
    let summary = Summary {
        packets: hearing.packets,
        taps: taps.count,
        nodes: swarm.nodes.len(),
        connections: swarm.connections,
        blocks: swarm.blocks,
        duplicates: swarm.duplicates,
        transfers: swarm.transfers.len(),
        tolerance: taps.tolerance(),
        holes,
        encrypted,
    };
    Ok((trace, summary))
}

#[cfg(test)]
mod tests;
