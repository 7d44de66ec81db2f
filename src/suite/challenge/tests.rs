use super::*;
use crate::suite::Simulated;
use crate::swarm::{ClientServer, Peer, Tracker};

#[test]
fn the_steps_are_numbered_from_one_and_their_scenarios_are_sound() {
    for (at, challenge) in LADDER.iter().enumerate() {
        assert_eq!(challenge.number as usize, at + 1);
        let scenario = challenge.scenario(7);
        assert_eq!(scenario.parts().seed, 7);
        assert!(!due(challenge.measure, &scenario).is_empty());
    }
}

#[test]
fn the_reference_passes_every_step_with_ten_seeds() {
    for challenge in &LADDER {
        for seed in 1..=10 {
            let attempt = attempt(challenge, &mut Simulated::<Peer, Tracker>::default(), seed);
            let (name, ratio) = (challenge.name, attempt.ratio());
            assert!(attempt.is_passed(), "{name}, seed {seed}: {ratio:?}, {:?}", attempt.hint);
        }
    }
}

#[test]
fn a_source_that_sends_everything_itself_passes_the_first_step_only() {
    for challenge in &LADDER {
        let mut alone = Simulated::<ClientServer, Tracker>::default();
        let attempt = attempt(challenge, &mut alone, 1);
        assert_eq!(attempt.is_passed(), challenge.number == 1, "{}: {attempt:?}", challenge.name);
        if 1 < challenge.number && attempt.took.is_some() {
            assert!(attempt.hint.unwrap().starts_with("only the source sends"));
        }
    }
}

/// The target is kept exactly: a nanosecond above it does not pass.
#[test]
fn ratios_are_rounded_up() {
    let challenge = &LADDER[0];
    let at = |took, bound| {
        let mut attempt = Attempt::failed(challenge, &Failure::interruption());
        (attempt.took, attempt.bound) = (Some(Time(took)), Some(Time(bound)));
        attempt.ratio()
    };
    assert_eq!(at(1_000_000, 1_000_000), Some(1000));
    assert_eq!(at(1_000_001, 1_000_000), Some(1001));
    assert_eq!(at(1_001_000, 1_000_000), Some(1001));
    assert_eq!(at(5, 0), None);
}
