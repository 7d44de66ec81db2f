use std::ops::ControlFlow;

use stateright::Checker;

use super::*;
use crate::checker::{CheckError, CheckSettings, Limits, Quotient, Report, Search, Verdict, check};
use crate::models::oracles::oracles;

fn churn(peers: usize, chunks: usize, departures: Departures, source: SourceStays) -> Churn {
    Churn::new(peers, chunks, departures, source).unwrap()
}

fn symmetric() -> CheckSettings {
    CheckSettings { quotient: Quotient::Symmetric, ..CheckSettings::default() }
}

/// Searches for states only: nothing that needs transitions.
fn count(churn: &Churn, settings: CheckSettings) -> Report<Churn> {
    let mut spec = churn.spec();
    spec.claims
        .retain(|claim| matches!(claim.kind, ClaimKind::Always(_) | ClaimKind::Sometimes(_)));
    check(churn, &spec, settings).unwrap()
}

#[test]
fn states_transitions_and_orbits_are_those_of_the_oracle() {
    let oracle = &oracles()["churn_model"];
    let small = churn(3, 2, Departures::Rejoin, SourceStays::Churns);
    let expected = &oracle["rejoin"]["n3_m2"];
    let report = count(&small, CheckSettings::default());
    assert_eq!(report.states as u64, expected["states"]);
    assert_eq!(report.generated, expected["generated"]);
    assert_eq!(count(&small, symmetric()).states as u64, expected["orbits"]);

    let figure = churn(5, 3, Departures::Rejoin, SourceStays::Churns);
    let expected = &oracle["rejoin"]["n5_m3"]["orbits"];
    assert_eq!(count(&figure, symmetric()).states as u64, *expected);

    let large = churn(5, 4, Departures::Rejoin, SourceStays::Churns);
    let expected = &oracle["rejoin"]["n5_m4"]["orbits"];
    assert_eq!(count(&large, symmetric()).states as u64, *expected);

    let once = churn(5, 4, Departures::Once, SourceStays::Churns);
    let expected = &oracle["once"]["n5_m4"]["orbits"];
    assert_eq!(count(&once, symmetric()).states as u64, *expected);
}

/// 2 097 152 states, each in at most 60 bytes: the search without transitions.
#[test]
fn a_search_of_two_million_states_fits_in_sixty_bytes_each() {
    let report =
        count(&churn(5, 3, Departures::Rejoin, SourceStays::Churns), CheckSettings::default());
    let expected = &oracles()["churn_model"]["rejoin"]["n5_m3"];
    assert_eq!(report.states as u64, expected["states"]);
    assert_eq!(report.generated, expected["generated"]);
    assert!(report.bytes <= 60 * report.states, "{} bytes", report.bytes);
}

/// Closed forms, by counting by hand: every combination of membership and chunks is reachable.
#[test]
fn counts_follow_from_membership_times_chunks() {
    for (peers, chunks) in [(1, 1), (2, 2), (3, 1), (2, 3)] {
        let sets = 1 << chunks;
        let cases = [
            (Departures::Rejoin, SourceStays::Churns, 2 * (2 * sets as u64).pow(peers)),
            (Departures::Rejoin, SourceStays::Stays, (2 * sets as u64).pow(peers)),
            (Departures::Once, SourceStays::Churns, 2 * (sets as u64 + 2).pow(peers)),
            (Departures::Once, SourceStays::Stays, (sets as u64 + 2).pow(peers)),
            (Departures::None, SourceStays::Stays, (sets as u64).pow(peers)),
        ];
        for (departures, source, states) in cases {
            let model = churn(peers as usize, chunks, departures, source);
            assert_eq!(count(&model, CheckSettings::default()).states as u64, states, "{model:?}");
        }
    }
}

/// stateright's depth-first search, which takes a symmetry, is the independent count.
#[test]
fn stateright_counts_the_same_with_and_without_symmetry() {
    fn representative(state: &ChurnState) -> ChurnState {
        churn(3, 2, Departures::Rejoin, SourceStays::Churns).canonical(state)
    }
    let model = churn(3, 2, Departures::Rejoin, SourceStays::Churns);
    let raw = model.clone().checker().spawn_dfs().join();
    let ours = count(&model, CheckSettings::default());
    assert_eq!(ours.states, raw.unique_state_count());
    assert_eq!(ours.generated, raw.state_count() as u64);
    let orbits = model.clone().checker().symmetry_fn(representative).spawn_dfs().join();
    assert_eq!(count(&model, symmetric()).states, orbits.unique_state_count());
    assert!(raw.discovery("everyone_is_complete").is_some());
}

fn completes(churn: &Churn) -> Verdict<Churn> {
    let mut spec = churn.spec();
    spec.claims.retain(|claim| claim.name == "everyone_completes");
    check(churn, &spec, CheckSettings::default()).unwrap().findings.remove(0).verdict
}

/// The verdicts of the oracle's table, which was computed for 5 peers and 3 chunks.
#[test]
fn completion_is_inevitable_exactly_where_the_oracle_says() {
    let under = |source, fairness: &str| {
        let mut churn = churn(3, 2, Departures::Rejoin, source);
        churn.fairness = Fairness::parse(fairness).unwrap();
        completes(&churn)
    };
    let assumed = "WF(join),SF(transfer)";
    assert_eq!(under(SourceStays::Stays, "").name(), "violated");
    assert_eq!(under(SourceStays::Stays, "WF(all)").name(), "violated");
    assert_eq!(under(SourceStays::Stays, assumed).name(), "holds");
    let verdict = under(SourceStays::Churns, assumed);
    let witness = verdict.witness().unwrap();
    let states: Vec<&ChurnState> = witness.steps.iter().map(|(_, state)| state).collect();
    let cycle = &states[witness.lasso_from.unwrap()..];
    assert!(!cycle.is_empty(), "staying away forever would not be fair");
    let meet = |state: &ChurnState| state.is_here(0) && (1..=3).any(|peer| state.is_here(peer));
    assert!(!cycle.iter().any(|state| meet(state)), "source and peers never meet");
}

#[test]
fn completion_stays_possible_while_no_peer_takes_chunks_away() {
    for source in [SourceStays::Stays, SourceStays::Churns] {
        let model = churn(3, 2, Departures::Rejoin, source);
        let report = check(&model, &model.spec(), symmetric()).unwrap();
        let verdict = &report.finding("completion_stays_possible").unwrap().verdict;
        assert_eq!(verdict.name(), "holds");
    }
}

/// The oracle's count of the states in which peer 1 is here and can never complete.
#[test]
fn the_file_is_lost_two_steps_from_the_start() {
    let model = churn(5, 3, Departures::Once, SourceStays::Churns);
    let mut spec = model.spec();
    spec.claims = vec![Churn::peer_one_can_complete()];
    let report = check(&model, &spec, CheckSettings::default()).unwrap();
    let oracle = &oracles()["churn_model"]["liveness"]["n5_m3_once_source_leaves"];
    assert_eq!(report.states as u64, oracle["states"]);
    let Verdict::Violated(violation) = &report.findings[0].verdict else {
        panic!("the source may leave for good");
    };
    assert_eq!(violation.states, Some(14_097), "{oracle}");
    let steps = &violation.witness.as_ref().unwrap().steps;
    let actions: Vec<ChurnAction> = steps.iter().map(|&(action, _)| action).collect();
    assert_eq!(actions.len(), 2);
    assert!(actions.contains(&ChurnAction::Join(1)));
    assert!(actions.contains(&ChurnAction::Leave(0)));
}

/// Completion is impossible exactly where a chunk is lost that a peer lacks (or a peer is gone):
/// the graph and a formula of the state decide the same.
#[test]
fn doomed_states_are_those_that_lost_a_chunk() {
    let model = churn(3, 2, Departures::Once, SourceStays::Churns);
    let mut spec = model.spec();
    spec.claims = vec![Claim::required(
        "possible",
        ClaimKind::PossibleFromEverywhere {
            given: |churn, state| {
                let gone = (1..=3).any(|peer| state.membership(peer) == Membership::Gone);
                !churn.file_is_lost(state) && !gone
            },
            goal: |churn, state| churn.everyone_is_complete(state),
        },
    )];
    let report = check(&model, &spec, CheckSettings::default()).unwrap();
    assert_eq!(report.findings[0].verdict.name(), "holds");
    let no_way_back = |churn: &Churn, state: &ChurnState| churn.file_is_lost(state);
    spec.claims[0].kind = ClaimKind::PossibleFromEverywhere {
        given: no_way_back,
        goal: |churn, state| churn.everyone_is_complete(state),
    };
    let lost = ClaimKind::Sometimes(no_way_back);
    spec.claims.push(Claim::required("lost", lost));
    let mut search = Search::new(&model, &spec, CheckSettings::default()).unwrap();
    let exploration = search.run(Limits::NONE, &mut |_| ControlFlow::Continue(())).unwrap();
    let report = search.report(exploration).unwrap();
    let Verdict::Violated(violation) = &report.findings[0].verdict else {
        panic!("a lost chunk does not come back");
    };
    // Source gone; of the sets of the three peers (or none: away, gone) the union lacks a chunk:
    // 2 * (2 + 2)^3 lack one of the two, minus 3^3 that lack both.
    assert_eq!(violation.states, Some(2 * 4u64.pow(3) - 3u64.pow(3)));
}

#[test]
fn free_riders_keep_the_file_to_themselves() {
    let mut model = churn(2, 1, Departures::Rejoin, SourceStays::Stays);
    model.free_riders = 2;
    let report = check(&model, &model.spec(), CheckSettings::default()).unwrap();
    assert_eq!(report.finding("completion_stays_possible").unwrap().verdict.name(), "holds");
    let mut actions = Vec::new();
    let both_here =
        ChurnState::default().place(1, Membership::Here, 1).place(2, Membership::Here, 0);
    model.actions(&both_here, &mut actions);
    assert!(!actions.iter().any(|action| matches!(action, ChurnAction::Transfer { .. })));
}

/// Tells whether the quotient of this world is refused, and why.
fn refused(model: &Churn, spec: &Spec<Churn>) -> Option<String> {
    check(model, spec, symmetric()).err().map(|fault| fault.to_string())
}

#[test]
fn a_symmetry_that_mixes_who_differs_is_refused() {
    let model = churn(3, 2, Departures::Rejoin, SourceStays::Churns);
    assert_eq!(refused(&model, &model.spec()), None);

    let mut spec = model.spec();
    spec.claims.push(Churn::peer_one_can_complete());
    assert!(refused(&model, &spec).unwrap().contains("peer_one_can_complete"));

    let mut riders = model.clone();
    riders.free_riders = 1;
    assert_eq!(refused(&riders, &riders.spec()), None, "its own symmetry keeps them apart");
    let mut spec = riders.spec();
    spec.symmetry = Some(Symmetry {
        canonical: |_, state| churn(3, 2, Departures::Rejoin, SourceStays::Churns).canonical(state),
        permute: |_, generator, state| {
            let blind = churn(3, 2, Departures::Rejoin, SourceStays::Churns);
            (blind.spec().symmetry.unwrap().permute)(&blind, generator, state)
        },
        generators: model.spec().symmetry.unwrap().generators,
    });
    assert!(refused(&riders, &spec).unwrap().contains("the set of next steps"));

    let mut fair = model.clone();
    fair.fairness = Fairness::parse("WF(join)").unwrap();
    let fault = check(&fair, &fair.spec(), symmetric()).err();
    assert!(matches!(fault, Some(CheckError::FairnessInQuotient { .. })));
}

#[test]
fn a_witness_through_orbits_is_a_run_of_real_states() {
    let model = churn(3, 2, Departures::Rejoin, SourceStays::Churns);
    let report = count(&model, symmetric());
    let raw = count(&model, CheckSettings::default());
    let run = |report: &Report<Churn>| {
        report.finding("everyone_is_complete").unwrap().verdict.witness().unwrap().clone()
    };
    let witness = run(&report);
    assert_eq!(witness.steps.len(), run(&raw).steps.len(), "a quotient keeps shortest paths");
    let mut state = witness.start;
    for (action, next) in &witness.steps {
        let mut actions = Vec::new();
        model.actions(&state, &mut actions);
        assert!(actions.contains(action));
        state = model.next_state(&state, *action).unwrap();
        assert_eq!(state, *next);
    }
    // Three peers join and receive two chunks each.
    assert_eq!(witness.steps.len(), 9);
}

#[test]
fn states_are_shown_in_words() {
    let state = ChurnState::default()
        .place(0, Membership::Here, 0)
        .place(1, Membership::Here, 0b101)
        .place(2, Membership::Away, 0)
        .place(3, Membership::Gone, 0);
    assert_eq!(format!("{state:?}"), "source here; 1 here {0,2}; 2 away {}; 3 gone {}");
}
