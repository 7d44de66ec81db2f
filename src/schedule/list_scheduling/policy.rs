//! The policy of a run: plain data, and pure functions that give a total order.

use crate::units::Time;

/// The rules by which a run decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct Policy {
    /// The order in which senders decide.
    pub(in crate::schedule) sender_order: NodeOrder,
    /// Which receiver a sender serves first.
    pub(in crate::schedule) receiver_order: ReceiverOrder,
    /// The order among receivers that `receiver_order` ranks equal.
    pub(in crate::schedule) ties: NodeOrder,
    /// Which chunk is sent first.
    pub(in crate::schedule) chunk_order: ChunkOrder,
    /// A transfer begins only at 1/`rate_divisor` or more of the full rate of its two links: 1
    /// demands the full rate, [`u64::MAX`] accepts any.
    pub(in crate::schedule) rate_divisor: u64,
    /// No transfer takes more than 1/`source_shares` of the source's uplink.
    pub(in crate::schedule) source_shares: u64,
    /// No transfer takes more than 1/`peer_shares` of a peer's uplink.
    pub(in crate::schedule) peer_shares: u64,
    /// Whether the end of a new transfer is estimated at the full rate of its links rather than at
    /// the rate that is free now, since its rate grows when older transfers end.
    pub(in crate::schedule) assumes_full_rate: bool,
    /// Probability, in 256ths, that a sender stays idle at an instant.
    pub(in crate::schedule) idle_in_256: u8,
    /// Whether peers send, or only the source.
    pub(in crate::schedule) peers_send: bool,
    /// No transfer begins that would end later.
    pub(in crate::schedule) deadline: Time,
    /// Where randomness starts.
    pub(in crate::schedule) seed: u64,
}

/// An order of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum NodeOrder {
    /// The largest upload first.
    Fastest,
    /// The smallest upload first.
    Slowest,
    /// Random.
    Random,
}

/// An order of receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum ReceiverOrder {
    /// The receiver with the fewest chunks first.
    FewestChunks,
    /// The receiver with the most chunks first.
    MostChunks,
    /// The receiver with the fewest chunks for its upload first: fast uploaders may be ahead.
    FewestForUpload,
    /// The receiver whose downlink and latency need the longest for the rest first.
    LongestRemaining,
    /// Random.
    Random,
}

/// An order of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum ChunkOrder {
    /// The fewest copies first; among equals the lowest id.
    Rarest,
    /// The fewest copies first; among equals the highest id.
    RarestLast,
    /// The fewest copies first; among equals random.
    RarestRandom,
    /// The lowest id first.
    InOrder,
}

/// A receiver as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receiver {
    /// Chunks that it has or will have.
    pub(super) has: usize,
    /// Chunks that neither have arrived nor are on their way.
    pub(super) lacks: usize,
    /// Its upload in 1024ths of the largest upload of a peer.
    pub(super) upload_1024ths: u64,
    /// Time that its downlink and latency need for what it lacks.
    pub(super) remaining: Time,
    /// Random bits.
    pub(super) chance: u64,
}

/// Hashes a number (the finalizer of splitmix64, Steele et al. 2014).
pub(super) fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl NodeOrder {
    /// Lower comes first.
    pub(super) fn key(self, upload: u64, chance: u64) -> u64 {
        match self {
            NodeOrder::Fastest => u64::MAX - upload,
            NodeOrder::Slowest => upload,
            NodeOrder::Random => chance,
        }
    }
}

impl ReceiverOrder {
    /// Lower comes first.
    pub(super) fn key(self, of: &Receiver) -> u64 {
        match self {
            ReceiverOrder::FewestChunks => of.has as u64,
            ReceiverOrder::MostChunks => of.lacks as u64,
            // The fastest peer may have twice as many chunks as one without upload.
            ReceiverOrder::FewestForUpload => (of.has as u64) * 4096 / (1024 + of.upload_1024ths),
            ReceiverOrder::LongestRemaining => u64::MAX - of.remaining.0,
            ReceiverOrder::Random => of.chance,
        }
    }
}

impl ChunkOrder {
    /// The key of a chunk with this many copies; lower comes first.
    pub(super) fn key(self, copies: u32, chunk: usize, chance: u64) -> u64 {
        let copies = u64::from(copies) << 32;
        match self {
            ChunkOrder::Rarest => copies | chunk as u64,
            ChunkOrder::RarestLast => copies | (u64::from(u32::MAX) - chunk as u64),
            ChunkOrder::RarestRandom => copies | (mixed(chance ^ chunk as u64) >> 32),
            ChunkOrder::InOrder => chunk as u64,
        }
    }
}
