use std::collections::BTreeSet;

use super::*;
use crate::chunks::PeerId;
use crate::scenario::{Leaves, Peer, SourceLeaves};
use crate::units::{Bytes, Time};

/// What the presets are known for, by arithmetic apart from the program.
#[test]
fn presets_are_the_scenarios_that_they_are_named_for() {
    let preset = |name| Preset::named(name).unwrap().scenario(None).unwrap();
    let bits = |scenario: &Scenario| scenario.file().file().bits();
    let sum = |scenario: &Scenario| scenario.peers().map(|(id, _)| scenario.upload(id).0).sum();
    let rates = |scenario: &Scenario| -> (u64, u64) { (scenario.source().upload.0, sum(scenario)) };

    let figure = preset("figure");
    assert_eq!(bits(&figure), 3600 * u128::from(figure.upload(PeerId(1)).0), "F/u is an hour");
    assert_eq!(rates(&figure), (10_000_000, 30 * 1_000_000));
    let homework = preset("homework");
    assert_eq!(bits(&homework), 15_000_000_000);
    assert_eq!(rates(&homework), (30_000_000, 100 * 700_000));
    let kraken = preset("kraken");
    assert_eq!(kraken.file().chunk(), Bytes(4 << 20));
    assert_eq!(
        bits(&kraken),
        10 * u128::from(kraken.download(PeerId(1)).unwrap().0),
        "F/d is 10 s"
    );
    assert_eq!(rates(&kraken), (8 * 1_500_000_000, 2600 * 8 * 300_000_000));
    let weights = preset("weights");
    assert_eq!((bits(&weights), weights.file().chunk()), (8 * 140_000_000_000, Bytes(64_000_000)));
    assert_eq!(rates(&weights), (400_000_000_000, 64 * 400_000_000_000));

    let crowd = preset("flash-crowd");
    let on_completion = |peer: &Peer| peer.leaves == Leaves::AfterCompletion(Time::ZERO);
    assert_eq!(crowd.peer_count(), 300);
    assert_eq!(crowd.peers().filter(|(_, peer)| on_completion(peer)).count(), 100);
    assert!(crowd.peers().all(|(_, peer)| peer.joins <= Time::from_secs(60)));
    let kinds: BTreeSet<_> = crowd.peers().map(|(_, peer)| peer.upload).collect();
    assert_eq!(kinds.len(), 4);
    let churn = preset("churn");
    assert_eq!(churn.source().leaves, SourceLeaves::AfterCopies(2));
    assert!(churn.peers().any(|(_, peer)| matches!(peer.leaves, Leaves::At(_))));
    let riders = preset("free-riders");
    let idle = riders.peers().filter(|&(id, _)| riders.upload(id).0 == 0).count();
    assert_eq!(3 * idle, riders.peer_count());

    let origins = preset("multi-origin");
    assert_eq!((origins.peer_count(), origins.receiver_count()), (42, 40));
    let resume = preset("resume");
    // 60 % and 20 % of 256 chunks, to the nearest.
    let held: Vec<usize> = resume.peers().map(|(_, peer)| peer.holds.count()).collect();
    assert_eq!(held, [vec![154; 20], vec![51; 15], vec![0; 5]].concat());
    let shards = preset("shards");
    let wanted: BTreeSet<_> = shards
        .peers()
        .map(|(_, peer)| peer.wants.clone().unwrap())
        .map(|wants| (wants.count(), wants.end()))
        .collect();
    assert_eq!(wanted, BTreeSet::from([(35, 35), (35, 66), (35, 97), (35, 128)]));
}

#[test]
fn presets_are_read_with_every_seed_and_say_what_they_are() {
    for preset in PRESETS {
        let scenario = preset.scenario(None).unwrap();
        assert_eq!(scenario.name(), preset.name);
        assert!(preset.toml.contains(&format!("about = \"{}\"", preset.about)), "{}", preset.name);
        for seed in 0..50 {
            assert_eq!(preset.scenario(Some(seed)).unwrap().parts().seed, seed);
        }
        assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario));
    }
    assert_eq!(Preset::named("nobody"), None);
}
