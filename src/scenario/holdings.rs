//! What peers hold when they join, and what they want.
//!
//! Of each peer: *needs* are the chunks that it wants and does not hold when it joins; it completes
//! when it has them. A **full holder** holds every chunk of the file: the source, and each peer
//! that is one more source. The other peers are the **receivers**, which N counts, and so does the
//! k of a k-th completion.

use super::{ChunkRanges, Malformed, Parts, Peer, Scenario, malformed};
use crate::chunks::{ChunkId, PeerId};
use crate::units::Bytes;

/// Checks what the peers hold and want, and writes it in one way: a peer that wants every chunk
/// wants everything.
pub(super) fn check(parts: &mut Parts) -> Result<(), Malformed> {
    let chunks = parts.file.chunks();
    for (at, peer) in parts.peers.iter_mut().enumerate() {
        within(&peer.holds, chunks, || format!("peers[{at}].holds"))?;
        let Some(wants) = &peer.wants else { continue };
        within(wants, chunks, || format!("peers[{at}].wants"))?;
        if wants.is_empty() {
            return Err(malformed(
                format!("peers[{at}].wants"),
                "wants nothing; write the chunks that it wants, or leave the field out for all of \
                 them",
            ));
        }
        if wants.is_all(chunks) {
            peer.wants = None;
        }
    }
    if parts.peers.iter().all(|peer| peer.holds.is_all(chunks)) {
        return Err(malformed(
            "peers",
            "every peer holds everything, so none receives the file; write at least one peer that \
             lacks something",
        ));
    }
    let in_part = |peer: &Peer| {
        let holds = !peer.holds.is_empty() && !peer.holds.is_all(chunks);
        if holds { Some("holds") } else { peer.wants.as_ref().map(|_| "wants") }
    };
    let part = || parts.peers.iter().enumerate().find_map(|(at, peer)| Some((at, in_part(peer)?)));
    match part() {
        Some((at, field)) if parts.discipline.coded => Err(malformed(
            format!("peers[{at}].{field}"),
            "a coded engine sends combinations of all chunks, of which a part of the file says \
             nothing; write everything or nothing, or coded = false",
        )),
        _ => Ok(()),
    }
}

/// No range ends beyond the last chunk.
fn within(
    ranges: &ChunkRanges,
    chunks: usize,
    field: impl FnOnce() -> String,
) -> Result<(), Malformed> {
    if ranges.end() as usize <= chunks {
        return Ok(());
    }
    let last = ranges.end() - 1;
    let known = match chunks {
        1 => "the file has only chunk 0".to_owned(),
        _ => format!("the file has chunks 0 to {}", chunks - 1),
    };
    Err(malformed(
        field(),
        format!("there is no chunk {last}: {known}; write a range that ends at {chunks} or before"),
    ))
}

impl Scenario {
    /// Can two nodes connect? Not two peers neither of which can be reached.
    pub fn can_connect(&self, one: PeerId, other: PeerId) -> bool {
        let reachable = |node| self.peer(node).is_none_or(|peer| peer.reachable);
        reachable(one) || reachable(other)
    }

    /// Does a node hold `chunk` when it joins? The source holds every chunk.
    pub fn holds(&self, node: PeerId, chunk: ChunkId) -> bool {
        self.peer(node).is_none_or(|peer| peer.holds.contains(chunk))
    }

    /// Does a peer want `chunk`? The source wants none.
    pub fn wants(&self, node: PeerId, chunk: ChunkId) -> bool {
        self.peer(node).is_some_and(|peer| match &peer.wants {
            None => true,
            Some(wants) => wants.contains(chunk),
        })
    }

    /// The chunks that a peer wants and does not hold when it joins; none for the source.
    pub fn needs(&self, node: PeerId) -> ChunkRanges {
        let Some(peer) = self.peer(node) else { return ChunkRanges::EMPTY };
        let chunks = self.0.file.chunks();
        match &peer.wants {
            None => peer.holds.complement(chunks),
            Some(wants) => wants.complement(chunks).union(&peer.holds).complement(chunks),
        }
    }

    /// The bytes of what a peer [needs](Scenario::needs).
    pub fn needed_bytes(&self, node: PeerId) -> Bytes {
        match self.peer(node) {
            None => Bytes(0),
            Some(peer) if peer.holds.is_empty() && peer.wants.is_none() => self.0.file.file(),
            Some(_) => self.needs(node).bytes(&self.0.file),
        }
    }

    /// Does a node lack nothing that it wants when it joins? Then it is complete from there on.
    pub fn needs_nothing(&self, node: PeerId) -> bool {
        self.peer(node).is_none_or(|peer| match &peer.wants {
            None => peer.holds.is_all(self.0.file.chunks()),
            Some(wants) => wants.is_subset(&peer.holds),
        })
    }

    /// Does a node hold every chunk when it joins, as the source does?
    pub fn is_full_holder(&self, node: PeerId) -> bool {
        self.peer(node).is_none_or(|peer| peer.holds.is_all(self.0.file.chunks()))
    }

    /// The peers that are no full holders.
    pub fn receivers(&self) -> impl Iterator<Item = (PeerId, &Peer)> + Clone {
        let chunks = self.0.file.chunks();
        self.peers().filter(move |(_, peer)| !peer.holds.is_all(chunks))
    }

    /// How many receivers there are (N).
    pub fn receiver_count(&self) -> usize {
        self.receivers().count()
    }

    /// Does each peer hold nothing when it joins, and want everything?
    pub fn starts_empty(&self) -> bool {
        self.0.peers.iter().all(|peer| peer.holds.is_empty() && peer.wants.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunks::Manifest;
    use crate::scenario::{Discipline, Source};
    use crate::units::Rate;

    fn parts(peers: Vec<Peer>) -> Parts {
        let file = Manifest::new(Bytes(9), Bytes(2)).unwrap();
        Parts::new(file, Source::new(Rate(8))).peers(peers)
    }

    fn peer() -> Peer {
        Peer::new(Rate(8))
    }

    fn ranges(start: u32, end: u32) -> ChunkRanges {
        ChunkRanges::new([start..end])
    }

    #[test]
    fn needs_are_what_is_wanted_and_not_held() {
        let full = peer().holds(ranges(0, 5));
        let resumed = peer().holds(ranges(1, 3));
        let selective = peer().holds(ranges(1, 2)).wants(ranges(0, 3));
        let content = peer().holds(ranges(0, 2)).wants(ranges(1, 2));
        let scenario = parts(vec![full, resumed, selective, content, peer()]).build().unwrap();
        let needs: Vec<String> =
            scenario.nodes().map(|node| scenario.needs(node).to_string()).collect();
        let none = "no chunk";
        let expected =
            [none, none, "chunk 0, chunks 3..5", "chunk 0, chunk 2", none, "chunks 0..5"];
        assert_eq!(needs, expected);
        let bytes: Vec<u64> = scenario.nodes().map(|node| scenario.needed_bytes(node).0).collect();
        assert_eq!(bytes, [0, 0, 5, 4, 0, 9], "the last chunk has 1 B");
        let nothing = scenario.nodes().map(|node| scenario.needs_nothing(node));
        assert!(nothing.eq(bytes.iter().map(|&bytes| bytes == 0)));
        let receivers: Vec<u32> = scenario.receivers().map(|(peer, _)| peer.0).collect();
        assert_eq!(receivers, [2, 3, 4, 5], "a full holder receives nothing");
        assert!(!scenario.starts_empty());
    }

    #[test]
    fn to_want_every_chunk_is_to_want_everything() {
        let one = parts(vec![peer().wants(ranges(0, 5))]).build().unwrap();
        assert_eq!(one, parts(vec![peer()]).build().unwrap());
        assert!(one.starts_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |peers| parts(peers).build().unwrap_err().to_string();
        let said = refused(vec![peer(), peer().holds(ranges(4, 6))]);
        assert!(
            said.starts_with("peers[1].holds: there is no chunk 5: the file has chunks 0 to 4")
        );
        let said = refused(vec![peer().wants(ranges(5, 9))]);
        assert!(said.starts_with("peers[0].wants: there is no chunk 8"), "{said}");
        let said = refused(vec![peer().wants(ChunkRanges::EMPTY)]);
        assert!(said.starts_with("peers[0].wants: wants nothing"), "{said}");
        let said = refused(vec![peer().holds(ranges(0, 5)); 2]);
        assert!(said.starts_with("peers: every peer holds everything"), "{said}");
        let coded = Discipline { coded: true, ..Discipline::default() };
        let said = parts(vec![peer(), peer().holds(ranges(0, 2))]).discipline(coded).build();
        assert!(said.unwrap_err().to_string().starts_with("peers[1].holds: a coded engine"));
        let full = parts(vec![peer(), peer().holds(ranges(0, 5))]).discipline(coded).build();
        assert!(full.is_ok(), "a second source may send combinations");
    }
}
