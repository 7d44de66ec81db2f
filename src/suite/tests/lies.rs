//! What `withstands_lies` must find.

use proptest::test_runner::{Config, RngSeed};

use crate::suite::canary::bent::{Bend, Bent};
use crate::suite::canary::giving::SendsWhatItLacks;
use crate::suite::canary::taking::{LosesAChunk, NeverDrains};
use crate::suite::contract::withstands_lies;

fn found<B: Bend + 'static>() -> String {
    let config = Config { cases: 256, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let config = Config { failure_persistence: None, ..config };
    withstands_lies::<Bent<B>>(config).unwrap_err()
}

#[test]
fn a_chunk_that_is_sent_and_not_held_is_found() {
    let found = found::<SendsWhatItLacks>();
    assert!(found.contains("does not hold it"), "{found}");
}

#[test]
fn a_chunk_that_is_lost_is_found() {
    let found = found::<LosesAChunk>();
    assert!(found.contains("does not any more"), "{found}");
}

#[test]
fn outputs_without_an_end_are_found() {
    let found = found::<NeverDrains>();
    assert!(found.contains("and still more"), "{found}");
}
