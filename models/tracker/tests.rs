use stateright::Checker;

use super::*;
use crate::checker::{CheckSettings, Report, WitnessOf, check};
use crate::engine::Introduce;

fn world<T: Listed>(peers: usize, want: u32) -> Introductions<T> {
    Introductions::new(peers, want).unwrap()
}

fn report<T: Listed>(peers: usize, want: u32) -> Report<Introductions<T>> {
    let world = world::<T>(peers, want);
    check(&world, &world.spec(), CheckSettings::default()).unwrap()
}

fn verdict<T: Listed>(report: &Report<Introductions<T>>, name: &str) -> &'static str {
    report.finding(name).unwrap().verdict.name()
}

fn actions<T: Listed>(witness: &WitnessOf<Introductions<T>>) -> Vec<&TrackerAction> {
    witness.steps.iter().map(|(action, _)| action).collect()
}

/// By hand: a peer is alive or not, has an announce on its way or not, a goodbye or not, and was
/// heard 0, 1 or 2 intervals ago or counts as never heard; peers do not hinder each other.
#[test]
fn a_peer_has_thirty_two_states_and_they_multiply() {
    for peers in 1..=3u32 {
        let world = world::<Tracker>(peers as usize, 8);
        let spec = Spec { claims: vec![], ..world.spec() };
        let report = check(&world, &spec, CheckSettings::default()).unwrap();
        assert_eq!(report.states, 32usize.pow(peers));
        // In each state: leave or die, or join; announce or not; hear or lose; part or lose; tick.
        // Of 32 states 16 live (2 actions, 8 of them announce), 16 do not (1), 16 have an announce
        // (2), 16 a goodbye (2): 120 for each peer, and a tick for each state.
        let others = 32u64.pow(peers - 1);
        let generated = 1 + 120 * u64::from(peers) * others + 32 * others;
        assert_eq!(report.generated, generated);
        assert_eq!(report.never_taken().count(), 0);
    }
}

#[test]
fn stateright_counts_the_same() {
    for want in [1, 8] {
        let world = world::<Tracker>(3, want);
        let dfs = world.clone().checker().spawn_dfs().join();
        let ours = check(&world, &Spec::of_properties(&world), CheckSettings::default()).unwrap();
        assert_eq!(ours.states, dfs.unique_state_count());
        assert_eq!(ours.generated, dfs.state_count() as u64);
    }
}

#[test]
fn the_tracker_lists_the_peers_that_are_present() {
    for (peers, want) in [(1, 1), (2, 8)] {
        let report = report::<Tracker>(peers, want);
        for finding in &report.findings {
            assert_eq!(finding.verdict.name(), "holds", "{}", finding.name);
        }
    }
    // Joining and being heard, for each of two peers.
    let report = report::<Tracker>(2, 8);
    let everyone = report.finding("everyone_is_listed").unwrap().verdict.witness().unwrap();
    assert_eq!(everyone.steps.len(), 4);
}

#[test]
fn the_choice_of_named_members_makes_no_difference_to_the_list() {
    let world = world::<Tracker>(3, 1);
    let mut spec = world.spec();
    spec.claims.retain(|claim| matches!(claim.kind, ClaimKind::Always(_)));
    let report = check(&world, &spec, CheckSettings::default()).unwrap();
    assert_eq!(report.states, 32usize.pow(3));
    assert!(report.findings.iter().all(|finding| finding.verdict.name() == "holds"));
}

fn under(name: &str, fairness: &str) -> &'static str {
    let world = world::<Tracker>(1, 1);
    let mut spec = world.spec();
    spec.claims.retain(|claim| claim.name == name);
    if let ClaimKind::LeadsTo { fairness: assumed, .. } = &mut spec.claims[0].kind {
        *assumed = Fairness::parse(fairness).unwrap();
    }
    check(&world, &spec, CheckSettings::default()).unwrap().findings[0].verdict.name()
}

/// Without ticks the tracker forgets no peer; over a link that may lose everything it learns of
/// none.
#[test]
fn each_assumption_is_needed() {
    let vanishes = "dead_1_vanishes";
    assert_eq!(under(vanishes, "WF(tick)"), "holds");
    assert_eq!(under(vanishes, "WF(announce),SF(hear)"), "violated");
    let known = "alive_1_is_known_again";
    assert_eq!(under(known, "WF(announce),SF(hear)"), "holds");
    assert_eq!(under(known, "WF(announce),WF(hear)"), "violated");
    assert_eq!(under(known, "SF(hear),WF(tick)"), "violated");
}

/// Planted: a peer that it forgot comes back to its list as soon as it hears any peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Necromancer {
    tracker: Tracker,
    forgotten: Vec<PeerId>,
}

impl Introduce for Necromancer {
    fn new() -> Self {
        Necromancer { tracker: Tracker::new(), forgotten: Vec::new() }
    }

    fn announce(
        &mut self,
        node: PeerId,
        presence: Presence,
        want: u32,
        choose: &mut dyn Choose,
    ) -> Vec<PeerId> {
        for raised in std::mem::take(&mut self.forgotten) {
            self.tracker.announce(raised, Presence::Here, 0, choose);
        }
        self.tracker.announce(node, presence, want, choose)
    }

    fn tick(&mut self) {
        let before = self.tracker.listed();
        self.tracker.tick();
        let after = self.tracker.listed();
        self.forgotten.extend(before.into_iter().filter(|member| !after.contains(member)));
    }
}

impl Listed for Necromancer {
    fn listed(&self) -> Vec<PeerId> {
        self.tracker.listed()
    }
}

/// By hand: one joins and is heard, three intervals pass, another joins and is heard.
#[test]
fn a_tracker_that_resurrects_the_dead_is_found() {
    let world = world::<Necromancer>(2, 8);
    let mut spec = world.spec();
    spec.claims.retain(|claim| claim.name == "only_the_registered_are_listed");
    let report = check(&world, &spec, CheckSettings::default()).unwrap();
    let witness = report.findings[0].verdict.witness().unwrap();
    let actions = actions::<Necromancer>(witness);
    assert_eq!(actions.len(), 7, "{actions:?}");
    assert_eq!(actions.iter().filter(|action| ***action == TrackerAction::Tick).count(), 3);
    let (_, last) = witness.steps.last().unwrap();
    let risen = (1..=2).filter(|&peer| last.lists(peer) && last.node(peer).heard.is_none());
    assert_eq!(risen.count(), 1);
}

/// Planted: a peer that is named to others counts as heard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Flatterer(Tracker);

impl Introduce for Flatterer {
    fn new() -> Self {
        Flatterer(Tracker::new())
    }

    fn announce(
        &mut self,
        node: PeerId,
        presence: Presence,
        want: u32,
        choose: &mut dyn Choose,
    ) -> Vec<PeerId> {
        let named = self.0.announce(node, presence, want, choose);
        for &member in &named {
            self.0.announce(member, Presence::Here, 0, choose);
        }
        named
    }

    fn tick(&mut self) {
        self.0.tick();
    }
}

impl Listed for Flatterer {
    fn listed(&self) -> Vec<PeerId> {
        self.0.listed()
    }
}

/// Crashed peers stay listed forever while a live peer is told of them again and again.
#[test]
fn a_tracker_that_takes_being_named_for_a_sign_of_life_is_found() {
    let report = report::<Flatterer>(2, 8);
    assert_eq!(verdict(&report, "only_the_registered_are_listed"), "violated");
    assert_eq!(verdict(&report, "all_registered_are_listed"), "holds");
    let vanishes = &report.finding("dead_1_vanishes").unwrap().verdict;
    let witness = vanishes.witness().unwrap();
    let cycle = &actions::<Flatterer>(witness)[witness.lasso_from.unwrap()..];
    assert!(cycle.contains(&&TrackerAction::Tick));
    assert!(cycle.iter().any(|action| matches!(action, TrackerAction::Hear { peer: 2, .. })));
}
