//! The list of the canaries.

use super::faulty::{Fault, Faulty, with_fault};
use super::stepped::{StepLaw, SteppedSimulator};
use super::{
    ANY, CALM, CHANGING, Canary, CanaryKind, FEW, GIVING, Make, Nature, PARTS, STALL, bound,
    doctored, download_faults, upload_faults,
};
use crate::scenario::{Parts, Scenario};
use crate::suite::Scope;
use crate::suite::subject::{Simulated, Subject};
use crate::swarm::Tracker;
use crate::trace::Event;

fn faulty<B: Fault + Default + 'static>() -> Box<dyn Subject> {
    Box::new(Simulated::<Faulty, Tracker>::with_engines(with_fault::<B>()))
}

const fn engine(
    name: &'static str,
    about: &'static str,
    caught_by: &'static [&'static str],
    subject: Make,
) -> Canary {
    let (kind, nature) = (CanaryKind::Engine, Nature::Subject(subject));
    Canary { name, about, seen: None, caught_by, kind, scope: ANY, nature }
}

const fn log(
    name: &'static str,
    about: &'static str,
    caught_by: &'static [&'static str],
    subject: Make,
) -> Canary {
    Canary { kind: CanaryKind::Log, ..engine(name, about, caught_by, subject) }
}

const fn simulator(
    name: &'static str,
    about: &'static str,
    caught_by: &'static [&'static str],
    subject: Make,
) -> Canary {
    Canary { kind: CanaryKind::Simulator, ..engine(name, about, caught_by, subject) }
}

const fn slow(name: &'static str, about: &'static str, subject: Make) -> Canary {
    Canary { kind: CanaryKind::Slow, scope: CALM, ..engine(name, about, &[], subject) }
}

const fn formula(name: &'static str, about: &'static str, formula: bound::Formula) -> Canary {
    let (kind, nature) = (CanaryKind::Bound, Nature::Bound(formula));
    Canary { name, about, seen: None, caught_by: &["a lawful run"], kind, scope: CALM, nature }
}

impl Canary {
    const fn seen(self, seen: &'static str) -> Self {
        Canary { seen: Some(seen), ..self }
    }

    const fn within(self, scope: Scope) -> Self {
        Canary { scope, ..self }
    }
}

fn law(law: fn(&mut Parts)) -> Box<dyn Subject> {
    Box::new(doctored::Doctored::law(law))
}

fn lie(log: fn(&Scenario, &mut Vec<Event>)) -> Box<dyn Subject> {
    Box::new(doctored::Doctored::log(log))
}

/// Every canary: simulators, logs, engines, bounds, and what is lawful but slow.
pub static ALL: &[Canary] = &[
    simulator(
        "source_one_bit_faster",
        "the source sends one bit per second more than it can",
        &["uplink_capacity"],
        || law(doctored::faster_source),
    ),
    simulator(
        "peer_one_percent_faster",
        "one peer sends 1 % more than it can",
        &["uplink_capacity"],
        || law(doctored::faster_peer),
    ),
    simulator(
        "capacities_doubled",
        "every link carries twice what it can",
        &["uplink_capacity"],
        || law(doctored::doubled),
    ),
    simulator(
        "no_latency",
        "all latencies are zero, whatever the scenario says",
        &["causality", "uplink_capacity"],
        || law(doctored::no_latency),
    ),
    simulator(
        "free_riders_upload",
        "peers that are declared to give nothing do",
        &["uplink_capacity"],
        || law(doctored::free_riders_upload),
    )
    .seen("libtorrent: allowed-fast lets free riders upload"),
    simulator(
        "serves_what_it_never_held",
        "a peer that resumes serves one chunk more than it holds",
        &["causality", "conservation"],
        || law(doctored::holds_one_more),
    )
    .within(PARTS),
    simulator(
        "counts_an_unwanted_chunk",
        "a peer that wants a part completes with a chunk that it does not want",
        &["conservation"],
        || law(doctored::wants_another),
    )
    .within(PARTS),
    simulator(
        "ignores_a_falling_rate",
        "an announced fall of a capacity has no effect",
        &["uplink_capacity", "downlink_capacity"],
        || law(doctored::never_slower),
    )
    .within(CHANGING),
    simulator(
        "sends_after_leaving",
        "a node that has left goes on sending for a while",
        &["membership"],
        || {
            let (law, log) = (doctored::goes_later as fn(&mut Parts), doctored::says_it_has_left);
            Box::new(doctored::Doctored { law, log })
        },
    ),
    simulator(
        "same_step_relay",
        "a chunk is passed on within the step in which it arrives",
        &["causality"],
        || Box::new(SteppedSimulator(StepLaw::SameStepRelay)),
    )
    .within(GIVING)
    .seen("Kraken: random_regular_graph.py, 16 iterations as shipped, 29 with store and forward"),
    simulator(
        "two_blocks_charged_as_one",
        "two chunks are sent in the time of one",
        &["uplink_capacity"],
        || Box::new(SteppedSimulator(StepLaw::TwoForOne)),
    )
    .within(GIVING)
    .seen("SimGrid 3.32: BitTorrent example, 40 % of the bytes missing"),
    log(
        "cut_through",
        "a chunk is passed on from the middle of its reception",
        &["causality"],
        || lie(doctored::cut_through),
    ),
    log(
        "forwards_before_completion",
        "a chunk is passed on a nanosecond before it is there",
        &["causality"],
        || lie(doctored::before_completion),
    ),
    log(
        "completion_early",
        "the last peer says that it has completed a nanosecond early",
        &["completion"],
        || lie(doctored::completes_early),
    ),
    log(
        "completion_late",
        "the last peer says that it has completed a nanosecond late",
        &["completion"],
        || lie(doctored::completes_late),
    ),
    log(
        "one_piece_early",
        "peers say that they have completed when one chunk is still to come",
        &["completion"],
        || lie(doctored::one_piece_early),
    )
    .seen("Kraken: random_regular_graph.py logs the finish one piece early"),
    log(
        "phantom_chunk",
        "a chunk is held that no node sent",
        &["conservation", "causality", "completion"],
        || lie(doctored::phantom_chunk),
    ),
    log(
        "aborted_bytes_not_charged",
        "the time that an aborted transfer took is given to the next one",
        &["uplink_capacity"],
        || lie(doctored::aborted_for_nothing),
    ),
    log(
        "ends_at_a_block",
        "a chunk that is no multiple of the block counts as whole without its end",
        &["causality", "completion", "conservation"],
        || lie(doctored::ends_at_a_block),
    )
    .seen("Transmission #3111: requests across the boundary of a piece"),
    log(
        "named_before_it_joins",
        "the tracker names a peer that is still to come",
        &["membership"],
        || lie(doctored::named_too_soon),
    )
    .seen("Kraken #162: a peer is accepted before its own announce is processed"),
    engine(
        "sends_what_it_lacks",
        "it sends the next chunk that it lacks instead of the one that was asked for",
        &["causality"],
        faulty::<upload_faults::SendsWhatItLacks>,
    ),
    engine(
        "have_too_soon",
        "it tells of a chunk when it has only asked for it, and answers requests for it",
        &["causality"],
        faulty::<upload_faults::HaveTooSoon>,
    ),
    engine(
        "serves_the_choked",
        "it chokes a neighbor and still sends what that one had asked for",
        &["choking"],
        faulty::<upload_faults::ServesTheChoked>,
    ),
    engine(
        "one_slot_too_many",
        "it serves one neighbor more than it has slots",
        &["choking"],
        faulty::<upload_faults::OneSlotTooMany>,
    ),
    engine(
        "unchokes_all_neighbors",
        "it serves all neighbors at once",
        &["choking"],
        faulty::<upload_faults::UnchokesAllNeighbors>,
    )
    .seen("rqbit: all peers are unchoked"),
    engine(
        "forgets_the_barter",
        "under strict barter it serves neighbors that give nothing in return",
        &["choking"],
        faulty::<upload_faults::ForgetsTheBarter>,
    ),
    engine(
        "starves_late_joiners",
        "it never serves neighbors that connect after its first decisions",
        &["incompleteness_explained", "completes_when_calm"],
        faulty::<upload_faults::StarvesLateJoiners>,
    ),
    engine(
        "return_for_continue",
        "its loop over the neighbors returns at the first one that wants nothing",
        &["incompleteness_explained", "completes_when_calm"],
        faulty::<upload_faults::ReturnForContinue>,
    )
    .seen("torrential: `return` for `continue` in the periodic loop"),
    engine(
        "never_asks_again",
        "it never asks again for a chunk whose sender went away (the stall at 99 %)",
        &["incompleteness_explained", "completes_when_calm"],
        faulty::<download_faults::NeverAsksAgain>,
    ),
    engine(
        "no_endgame",
        "it requests only from the neighbor that spoke last: a silent holder is never asked",
        &["incompleteness_explained", "completes_when_calm"],
        faulty::<download_faults::NoEndgame>,
    )
    .seen("Transmission #7744: the stall after endgame was removed"),
    engine(
        "stalls_at_99_percent",
        "it never asks for the last chunk that it lacks, though a free neighbor holds it",
        &["progress", "completes_when_calm"],
        faulty::<download_faults::StallsAt99Percent>,
    )
    .within(STALL),
    engine(
        "keeps_the_departed",
        "neighbors that have gone keep their places and slots",
        &["incompleteness_explained", "completes_when_calm", "choking"],
        faulty::<download_faults::KeepsTheDeparted>,
    )
    .seen("torrential: departed peers stay in the list of interested peers"),
    engine(
        "loses_a_chunk",
        "it loses the chunk that a neighbor gave it last when that neighbor goes",
        &["completion", "incompleteness_explained"],
        faulty::<download_faults::LosesAChunk>,
    ),
    engine(
        "hash_order",
        "its choice of neighbors depends on the order of a hash table",
        &["same_seed_same_trace"],
        faulty::<download_faults::HashOrder>,
    ),
    engine(
        "never_drains",
        "after a while `poll` never answers None",
        &["pollings_drain"],
        faulty::<download_faults::NeverDrains>,
    ),
    engine(
        "never_ends",
        "it answers every keep-alive with a keep-alive",
        &["runs_to_its_end"],
        faulty::<download_faults::NeverEnds>,
    )
    .within(FEW),
    formula(
        "bound_counts_the_source",
        "(N + 1) F/(u_s + sum u_i): the source counts as a receiver",
        bound::counts_the_source,
    )
    .seen("torrential: the bound that it prints"),
    formula(
        "bound_without_the_source",
        "N F/sum u_i: the third term lacks u_s",
        bound::forgets_the_source,
    )
    .seen("student code"),
    formula(
        "bound_mixes_units",
        "F/u_s with F in KiB of 1024 bytes and u_s in kbit/s of 1000",
        bound::mixes_units,
    )
    .seen("student code"),
    slow(
        "lowest_index",
        "of equally rare chunks it requests the lowest, as all its neighbors do",
        faulty::<download_faults::LowestIndex>,
    )
    .seen("vortex: peers with equal views request the same chunk"),
    slow(
        "never_cancels",
        "it never cancels a request: neighbors send chunks that it already has",
        faulty::<download_faults::NeverCancels>,
    )
    .seen("anacrolix #1094: 11-13 % duplicates"),
    slow(
        "source_repeats",
        "the source sends chunks again before it has sent every chunk once",
        faulty::<download_faults::SourceRepeats>,
    )
    .seen("qBittorrent #24885: 150 GB of a 50 GB file before the first copy is out"),
];
