//! What a run likes: pure data and pure functions with a total order.

use crate::units::Time;

/// How a run decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct Policy {
    /// Which sender decides first.
    pub(in crate::schedule) sender_order: NodeOrder,
    /// Whom it serves first.
    pub(in crate::schedule) receiver_order: ReceiverOrder,
    /// Whom of those that are alike.
    pub(in crate::schedule) ties: NodeOrder,
    /// Which chunk.
    pub(in crate::schedule) chunk_order: ChunkOrder,
    /// A transfer begins with at least this part of what its two links could carry: 1 is all of it.
    pub(in crate::schedule) rate_divisor: u64,
    /// No transfer takes more of the source's uplink than this part of it.
    pub(in crate::schedule) source_shares: u64,
    /// The same for peers.
    pub(in crate::schedule) peer_shares: u64,
    /// Whether a transfer counts as if it soon had all that its links can carry: what is left over
    /// now grows when something older ends.
    pub(in crate::schedule) assumes_full_rate: bool,
    /// How often, in 256, a sender sits out an instant.
    pub(in crate::schedule) idle_in_256: u8,
    /// Whether peers send at all.
    pub(in crate::schedule) peers_send: bool,
    /// Nothing begins that ends later.
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
    /// By chance.
    Random,
}

/// Whom a sender serves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum ReceiverOrder {
    /// Whoever has the fewest chunks.
    FewestChunks,
    /// Whoever has the most.
    MostChunks,
    /// Whoever has the fewest, where those who upload much may be ahead.
    FewestForUpload,
    /// Whoever needs the longest for the rest, by its own downlink and latency.
    LongestRemaining,
    /// Anybody.
    Random,
}

/// Which chunk a sender picks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum ChunkOrder {
    /// The one with the fewest copies, of equals the first.
    Rarest,
    /// Of equals the last.
    RarestLast,
    /// Of equals any.
    RarestRandom,
    /// The first.
    InOrder,
}

/// A receiver as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receiver {
    /// Chunks that it has or will have.
    pub(super) has: usize,
    /// All the others.
    pub(super) lacks: usize,
    /// Its upload in 1024ths of the largest.
    pub(super) upload_1024ths: u64,
    /// How long its downlink takes for what it lacks.
    pub(super) remaining: Time,
    /// Random bits.
    pub(super) chance: u64,
}

/// Well mixed bits of a number (the finalizer of splitmix64, Steele et al. 2014).
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
            // With all the upload there is one may have twice as many as with none.
            ReceiverOrder::FewestForUpload => (of.has as u64) * 4096 / (1024 + of.upload_1024ths),
            ReceiverOrder::LongestRemaining => u64::MAX - of.remaining.0,
            ReceiverOrder::Random => of.chance,
        }
    }
}

impl ChunkOrder {
    /// Lower comes first, for a chunk with so many copies.
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
