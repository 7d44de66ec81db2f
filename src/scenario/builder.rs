//! Scenarios written in code: constructors with defaults, and a method for each field that differs.
//!
//! ```
//! use swarmbound::chunks::Manifest;
//! use swarmbound::scenario::{Parts, Peer, Source};
//! use swarmbound::units::{Bytes, Rate, Time};
//!
//! let file = Manifest::new(Bytes(1_000_000), Bytes(250_000))?;
//! let scenario = Parts::new(file, Source::new(Rate(8_000_000)))
//!     .name("two classes")
//!     .peers(vec![Peer::new(Rate(1_000_000)); 30])
//!     .peers([Peer::new(Rate(0)).download(Rate(4_000_000)).joins(Time::from_secs(2))])
//!     .build()?;
//! assert_eq!(scenario.peer_count(), 31);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::{
    Behavior, ChunkRanges, DEFAULT_SEED, DEFAULT_UNTIL, Discipline, Leaves, Link, Malformed,
    Network, Parts, Peer, Protocol, Scenario, Source, SourceLeaves,
};
use crate::chunks::Manifest;
use crate::units::{Rate, RateChanges, Time};

impl Parts {
    /// A file and its source, no peers yet, and the defaults that a TOML file has: the default
    /// protocol, no latency, no burst, no discipline beyond store and forward, seed 1, 30 days.
    pub fn new(file: Manifest, source: Source) -> Self {
        Parts {
            name: "unnamed".to_owned(),
            file,
            source,
            peers: Vec::new(),
            protocol: Some(Protocol::default()),
            network: Network::default(),
            discipline: Discipline::default(),
            seed: DEFAULT_SEED,
            until: DEFAULT_UNTIL,
        }
    }

    /// Sets the name that tables and reports print.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds peers after those that are there.
    pub fn peers(mut self, peers: impl IntoIterator<Item = Peer>) -> Self {
        self.peers.extend(peers);
        self
    }

    /// Sets the protocol's settings; None leaves them unknown, so that slots and barter are not
    /// judged.
    pub fn protocol(self, protocol: impl Into<Option<Protocol>>) -> Self {
        Parts { protocol: protocol.into(), ..self }
    }

    /// Sets latency and burst of every link that does not set its own.
    pub fn network(self, network: Network) -> Self {
        Parts { network, ..self }
    }

    /// Sets what the engine may do.
    pub fn discipline(self, discipline: Discipline) -> Self {
        Parts { discipline, ..self }
    }

    /// Sets where randomness starts.
    pub fn seed(self, seed: u64) -> Self {
        Parts { seed, ..self }
    }

    /// Sets the virtual time after which a run is cut off.
    pub fn until(self, until: Time) -> Self {
        Parts { until, ..self }
    }

    /// Checks the parts.
    ///
    /// # Errors
    /// As [`Scenario::new`].
    pub fn build(self) -> Result<Scenario, Malformed> {
        Scenario::new(self)
    }
}

impl Source {
    /// A source that stays.
    pub fn new(upload: Rate) -> Self {
        Source {
            upload,
            upload_changes: RateChanges::NONE,
            upload_unknown: false,
            leaves: SourceLeaves::Never,
            link: Link::default(),
        }
    }

    /// Sets when it leaves.
    pub fn leaves(self, leaves: SourceLeaves) -> Self {
        Source { leaves, ..self }
    }

    /// Sets latency and burst of its own link.
    pub fn link(self, link: Link) -> Self {
        Source { link, ..self }
    }
}

impl Peer {
    /// A cooperative peer that joins at 0 and stays, with an unlimited downlink.
    pub fn new(upload: Rate) -> Self {
        Peer {
            upload,
            upload_changes: RateChanges::NONE,
            upload_unknown: false,
            download: None,
            download_changes: RateChanges::NONE,
            joins: Time::ZERO,
            leaves: Leaves::Never,
            behavior: Behavior::Cooperative,
            link: Link::default(),
            reachable: true,
            holds: ChunkRanges::EMPTY,
            wants: None,
        }
    }

    /// Sets how its upload capacity changes.
    pub fn upload_changes(self, upload_changes: RateChanges) -> Self {
        Peer { upload_changes, ..self }
    }

    /// Sets how its download capacity changes.
    pub fn download_changes(self, download_changes: RateChanges) -> Self {
        Peer { download_changes, ..self }
    }

    /// Sets d_i; None is unlimited.
    pub fn download(self, download: impl Into<Option<Rate>>) -> Self {
        Peer { download: download.into(), ..self }
    }

    /// Sets when it joins.
    pub fn joins(self, joins: Time) -> Self {
        Peer { joins, ..self }
    }

    /// Sets when it leaves.
    pub fn leaves(self, leaves: Leaves) -> Self {
        Peer { leaves, ..self }
    }

    /// Sets whether it serves other peers.
    pub fn behavior(self, behavior: Behavior) -> Self {
        Peer { behavior, ..self }
    }

    /// Sets latency and burst of its own link.
    pub fn link(self, link: Link) -> Self {
        Peer { link, ..self }
    }

    /// Sets whether others can begin a connection with it.
    pub fn reachable(self, reachable: bool) -> Self {
        Peer { reachable, ..self }
    }

    /// Sets the chunks that it holds when it joins.
    pub fn holds(self, holds: ChunkRanges) -> Self {
        Peer { holds, ..self }
    }

    /// Sets the chunks that it wants; None is all of them.
    pub fn wants(self, wants: impl Into<Option<ChunkRanges>>) -> Self {
        Peer { wants: wants.into(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_toml;
    use crate::units::Bytes;

    #[test]
    fn the_defaults_are_those_of_a_toml_file() {
        let text = "name = \"unnamed\"\n[file]\nsize = \"10 B\"\nchunk = \"4 B\"\n\
                    [source]\nupload = \"8 bit/s\"\n[[peers]]\ncount = 2\nupload = \"3 bit/s\"\n";
        let file = Manifest::new(Bytes(10), Bytes(4)).unwrap();
        let parts = Parts::new(file, Source::new(Rate(8))).peers(vec![Peer::new(Rate(3)); 2]);
        assert_eq!(parts.build(), Ok(read_toml("x.toml", text, None).unwrap()));
    }

    #[test]
    fn each_method_sets_its_field() {
        let link = Link { latency: Some(Time(1)), burst: Some(Bytes(2)) };
        let changes = |at| RateChanges::new([(Time(at), Rate(15))]);
        let peer = Peer::new(Rate(3))
            .download(Rate(4))
            .upload_changes(changes(13))
            .download_changes(changes(14))
            .joins(Time(5))
            .leaves(Leaves::At(Time(6)))
            .behavior(Behavior::FreeRider)
            .link(link)
            .reachable(false)
            .holds(ChunkRanges::new([0..1]))
            .wants(ChunkRanges::new([1..2]));
        let source = Source::new(Rate(7)).leaves(SourceLeaves::AfterCopies(8)).link(link);
        let file = Manifest::new(Bytes(10), Bytes(4)).unwrap();
        let network = Network { latency: Time(9), burst: Bytes(10) };
        let discipline = Discipline { coded: true, ..Discipline::default() };
        let parts = Parts::new(file, source.clone())
            .name("all")
            .peers([peer.clone()])
            .protocol(None)
            .network(network)
            .discipline(discipline)
            .seed(11)
            .until(Time(12));
        let written = Peer {
            upload: Rate(3),
            upload_changes: changes(13),
            upload_unknown: false,
            download: Some(Rate(4)),
            download_changes: changes(14),
            joins: Time(5),
            leaves: Leaves::At(Time(6)),
            behavior: Behavior::FreeRider,
            link,
            reachable: false,
            holds: ChunkRanges::new([0..1]),
            wants: Some(ChunkRanges::new([1..2])),
        };
        assert_eq!(peer, written);
        let written = Source { leaves: SourceLeaves::AfterCopies(8), link, ..Source::new(Rate(7)) };
        assert_eq!(source, written);
        let written = Parts {
            name: "all".to_owned(),
            file,
            source,
            peers: vec![peer],
            protocol: None,
            network,
            discipline,
            seed: 11,
            until: Time(12),
        };
        assert_eq!(parts, written);
    }
}
