//! What `tolerates_byzantine_neighbors` must find.

use std::rc::Rc;

use proptest::test_runner::{Config, RngSeed};

use crate::engine::{Any, NewEngine};
use crate::suite::byzantine::tolerates_byzantine_neighbors;
use crate::suite::canary::download_faults::{LosesAChunk, NeverDrains};
use crate::suite::canary::faulty::{Fault, Faulty};
use crate::suite::canary::upload_faults::SendsWhatItLacks;

fn found<B: Fault + 'static>() -> String {
    let config = Config { cases: 256, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let config = Config { failure_persistence: None, ..config };
    tolerates_byzantine_neighbors(Rc::new(Any(Faulty::<B>::new)), config).unwrap_err()
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
