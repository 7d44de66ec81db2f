//! The capacities of links: constant, changing at announced instants, or not known.

use super::{Behavior, Malformed, Parts, Scenario, malformed};
use crate::chunks::PeerId;
use crate::units::{Rate, RateChanges, Supply, Time};

/// Checks the capacities, and writes each in one way: a change to the same rate is none.
pub(super) fn check(parts: &mut Parts) -> Result<(), Malformed> {
    let source = &mut parts.source;
    uplink("source", &mut source.upload, &mut source.upload_changes, source.upload_unknown)?;
    if !source.upload_unknown && highest(source.upload, &source.upload_changes) == Rate::ZERO {
        return Err(malformed(
            "source.upload",
            "the source uploads nothing, so no peer can ever finish; write a rate above 0",
        ));
    }
    for (at, peer) in parts.peers.iter_mut().enumerate() {
        let place = format!("peers[{at}]");
        uplink(&place, &mut peer.upload, &mut peer.upload_changes, peer.upload_unknown)?;
        let field = || format!("peers[{at}].download");
        let Some(download) = peer.download else {
            if peer.download_changes.is_empty() {
                continue;
            }
            return Err(malformed(
                field(),
                "a link without a limit has none later either; write rates only, or no limit",
            ));
        };
        in_order(&peer.download_changes, field)?;
        peer.download_changes = without_repeats(download, &peer.download_changes);
        if highest(download, &peer.download_changes) == Rate::ZERO {
            return Err(malformed(
                field(),
                "receives nothing, so it can never finish; write a rate above 0, or no limit",
            ));
        }
    }
    Ok(())
}

/// An uplink that is not known has one form.
fn uplink(
    node: &str,
    upload: &mut Rate,
    changes: &mut RateChanges,
    unknown: bool,
) -> Result<(), Malformed> {
    if unknown {
        (*upload, *changes) = (Rate::ZERO, RateChanges::NONE);
    }
    in_order(changes, || format!("{node}.upload"))?;
    *changes = without_repeats(*upload, changes);
    Ok(())
}

/// Each change is later than the one before, and after the start.
fn in_order(changes: &RateChanges, field: impl FnOnce() -> String) -> Result<(), Malformed> {
    let mut last = Time::ZERO;
    for &(at, _) in changes.list() {
        if at <= last {
            let what = if at == Time::ZERO {
                "changes at 0 s, where its first rate stands already".to_owned()
            } else {
                format!("changes at {at} after it has changed at {last}")
            };
            return Err(malformed(
                field(),
                format!("{what}; write the rates in the order of their times, each once"),
            ));
        }
        last = at;
    }
    Ok(())
}

fn without_repeats(first: Rate, changes: &RateChanges) -> RateChanges {
    let mut last = first;
    let differs = |&(_, rate): &(Time, Rate)| std::mem::replace(&mut last, rate) != rate;
    let differing: Vec<(Time, Rate)> = changes.list().iter().copied().filter(differs).collect();
    RateChanges::new(differing)
}

fn highest(first: Rate, changes: &RateChanges) -> Rate {
    Supply::new(first, changes.clone()).highest()
}

impl Scenario {
    /// The highest upload capacity that a node ever has, as bounds count it: a free rider's is 0,
    /// whatever its link could carry. One that is not known is the highest rate that there is.
    pub fn upload(&self, node: PeerId) -> Rate {
        match self.peer(node) {
            Some(peer) if peer.behavior == Behavior::FreeRider => Rate::ZERO,
            Some(peer) if peer.upload_unknown => Rate(u64::MAX),
            Some(peer) => highest(peer.upload, &peer.upload_changes),
            None if self.0.source.upload_unknown => Rate(u64::MAX),
            None => highest(self.0.source.upload, &self.0.source.upload_changes),
        }
    }

    /// What a node can upload over time; None where it is not known. A free rider uploads nothing.
    pub fn upload_supply(&self, node: PeerId) -> Option<Supply> {
        let known = |rate, changes: &RateChanges| Supply::new(rate, changes.clone());
        match self.peer(node) {
            Some(peer) if peer.behavior == Behavior::FreeRider => {
                Some(Supply::constant(Rate::ZERO))
            }
            Some(peer) => (!peer.upload_unknown).then(|| known(peer.upload, &peer.upload_changes)),
            None => {
                let source = &self.0.source;
                (!source.upload_unknown).then(|| known(source.upload, &source.upload_changes))
            }
        }
    }

    /// The highest download capacity that a node ever has; None is unlimited, as the source's is.
    pub fn download(&self, node: PeerId) -> Option<Rate> {
        let peer = self.peer(node)?;
        peer.download.map(|rate| highest(rate, &peer.download_changes))
    }

    /// What a node can download over time; None is unlimited, as the source's is.
    pub fn download_supply(&self, node: PeerId) -> Option<Supply> {
        let peer = self.peer(node)?;
        peer.download.map(|rate| Supply::new(rate, peer.download_changes.clone()))
    }

    /// The first node whose upload capacity is not known.
    pub fn unknown_upload(&self) -> Option<PeerId> {
        self.nodes().find(|&node| self.upload_supply(node).is_none())
    }

    /// Every change of a link's capacity: when, and whose.
    pub fn capacity_changes(&self) -> impl Iterator<Item = (Time, PeerId)> + '_ {
        let source = self.0.source.upload_changes.list().iter();
        let source = source.map(|&(at, _)| (at, PeerId::SOURCE));
        let peers = self.peers().flat_map(|(id, peer)| {
            let changes = peer.upload_changes.list().iter().chain(peer.download_changes.list());
            changes.map(move |&(at, _)| (at, id))
        });
        source.chain(peers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunks::Manifest;
    use crate::scenario::{Peer, Source};
    use crate::units::Bytes;

    fn changes(list: &[(u64, u64)]) -> RateChanges {
        RateChanges::new(list.iter().map(|&(at, rate)| (Time(at), Rate(rate))))
    }

    fn parts(source: Source, peer: Peer) -> Parts {
        Parts::new(Manifest::new(Bytes(9), Bytes(2)).unwrap(), source).peers([peer])
    }

    #[test]
    fn a_change_to_the_same_rate_is_none() {
        let plain = parts(Source::new(Rate(8)), Peer::new(Rate(3)).download(Rate(4)));
        let mut said = plain.clone();
        said.source.upload_changes = changes(&[(5, 8), (9, 8)]);
        said.peers[0].upload_changes = changes(&[(1, 3)]);
        said.peers[0].download_changes = changes(&[(7, 4)]);
        assert_eq!(said.build(), plain.clone().build());
        let mut said = plain;
        said.peers[0].upload_changes = changes(&[(1, 5), (2, 5), (3, 3)]);
        let scenario = said.build().unwrap();
        let peer = &scenario.parts().peers[0];
        assert_eq!(peer.upload_changes, changes(&[(1, 5), (3, 3)]));
        assert_eq!(scenario.upload(PeerId(1)), Rate(5), "the highest");
        let all: Vec<_> = scenario.capacity_changes().collect();
        assert_eq!(all, [(Time(1), PeerId(1)), (Time(3), PeerId(1))]);
    }

    #[test]
    fn what_is_not_known_says_nothing_of_a_rate() {
        let mut said = parts(Source::new(Rate(8)), Peer::new(Rate(3)));
        said.peers[0].upload_unknown = true;
        let scenario = said.clone().build().unwrap();
        said.peers[0].upload = Rate(7);
        assert_eq!(said.build().as_ref(), Ok(&scenario));
        assert_eq!(scenario.unknown_upload(), Some(PeerId(1)));
        assert_eq!(scenario.upload_supply(PeerId(1)), None);
        assert_eq!(scenario.client_server().upload(PeerId(1)), Rate::ZERO);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |change: fn(&mut Parts)| {
            let mut parts = parts(Source::new(Rate(8)), Peer::new(Rate(3)).download(Rate(4)));
            change(&mut parts);
            parts.build().unwrap_err().to_string()
        };
        let said = refused(|parts| parts.peers[0].upload_changes = changes(&[(5, 1), (4, 2)]));
        assert_eq!(
            said,
            "peers[0].upload: changes at 4 ns after it has changed at 5 ns; write the rates in the \
             order of their times, each once"
        );
        let said = refused(|parts| parts.source.upload_changes = changes(&[(0, 1)]));
        assert!(said.starts_with("source.upload: changes at 0 s, where its first"), "{said}");
        let said = refused(|parts| parts.peers[0].download_changes = changes(&[(3, 1), (3, 2)]));
        assert!(said.starts_with("peers[0].download: changes at 3 ns after"), "{said}");
        let said = refused(|parts| {
            parts.peers[0].download = None;
            parts.peers[0].download_changes = changes(&[(3, 1)]);
        });
        assert!(said.starts_with("peers[0].download: a link without a limit"), "{said}");
        let said = refused(|parts| {
            parts.source.upload = Rate::ZERO;
            parts.source.upload_changes = changes(&[(3, 0)]);
        });
        assert!(said.starts_with("source.upload: the source uploads nothing"), "{said}");
    }
}
