//! Symmetries that are none are refused, wherever they break.

use super::*;

/// A walk of numbers, and its image in a mirror; one thing is wrong in one place of the image.
struct Mirror {
    length: u32,
    flaw: usize,
    at: u32,
}

/// What may be wrong, beside the claims.
const STEPS: usize = 9;
const BOUNDARY: usize = 10;
const FORM: usize = 11;
const NOTHING: usize = 12;

type Side = (u32, bool);

/// Whether this flaw shows in this state.
fn odd<const FLAW: usize>(mirror: &Mirror, &(number, mirrored): &Side) -> bool {
    mirror.flaw == FLAW && mirrored && number == mirror.at
}

impl Model for Mirror {
    type State = Side;
    type Action = ();

    fn init_states(&self) -> Vec<Side> {
        vec![(0, false)]
    }

    fn actions(&self, state: &Side, actions: &mut Vec<()>) {
        if state.0 < self.length && !odd::<STEPS>(self, state) {
            actions.push(());
        }
    }

    fn next_state(&self, &(number, mirrored): &Side, (): ()) -> Option<Side> {
        Some((number + 1, mirrored))
    }

    fn within_boundary(&self, state: &Side) -> bool {
        !odd::<BOUNDARY>(self, state)
    }
}

/// The claims of each kind; the name of a claim says which conditions it has.
fn spec() -> Spec<Mirror> {
    let earliest = |mirror: &Mirror, state: &Side| u32::from(odd::<2>(mirror, state));
    let fairness = Fairness::none;
    let claims = vec![
        Claim::required("0", ClaimKind::Always(odd::<0>)),
        Claim::required("1", ClaimKind::Sometimes(odd::<1>)),
        Claim::required("2", ClaimKind::NotBefore { earliest, horizon: 1 }),
        Claim::required(
            "3 4",
            ClaimKind::PossibleFromEverywhere { given: odd::<3>, goal: odd::<4> },
        ),
        Claim::required("5", ClaimKind::Eventually { goal: odd::<5>, fairness: fairness() }),
        Claim::required(
            "6 7",
            ClaimKind::LeadsTo { from: odd::<6>, goal: odd::<7>, fairness: fairness() },
        ),
        Claim::required("8", ClaimKind::NeverStuck { unless: odd::<8> }),
    ];
    let symmetry = Symmetry {
        canonical: |mirror, state: &Side| (state.0, odd::<FORM>(mirror, state)),
        permute: |_, generator, &(number, mirrored)| (number, mirrored ^ [true][generator]),
        generators: vec!["mirror".into()],
    };
    Spec { claims, classes: Classes::single(), symmetry: Some(symmetry), heap: None }
}

fn symmetric() -> CheckSettings {
    CheckSettings { quotient: Quotient::Symmetric, ..CheckSettings::default() }
}

/// The claim or transition that tells a state from its image.
fn refused<M: Explorable>(model: &M, spec: &Spec<M>) -> Option<String> {
    match check(model, spec, symmetric()) {
        Ok(_) => None,
        Err(CheckError::Asymmetric { what, .. }) => Some(what),
        Err(fault) => panic!("{fault}"),
    }
}

#[test]
fn a_claim_that_tells_a_state_from_its_image_is_named() {
    for flaw in 0..=NOTHING {
        // The steps to a state without a form show it before the state itself does.
        let at = if flaw == FORM { 0 } else { 5 };
        let mirror = Mirror { length: 9, flaw, at };
        let said = refused(&mirror, &spec());
        let expected = match flaw {
            STEPS | BOUNDARY => Some("the set of next steps".to_owned()),
            FORM => Some("the canonical form".to_owned()),
            NOTHING => None,
            claim => {
                let spec = spec();
                let names = spec.claims.iter().map(|claim| claim.name);
                let mut named = names.filter(|name| name.contains(&claim.to_string()));
                Some(format!("claim {:?}", named.next().unwrap()))
            }
        };
        assert_eq!(said, expected, "flaw {flaw}");
    }
}

/// The state with index n is the number n here.
#[test]
fn the_first_states_are_inspected_and_then_every_64th() {
    for at in [0, 1, 63, 64, 4094, 4095, 4096, 4097, 4159, 4160, 4161, 5000, 5056] {
        let mirror = Mirror { length: 5100, flaw: 0, at };
        let inspected = at < 4096 || at % 64 == 0;
        assert_eq!(refused(&mirror, &spec()).is_some(), inspected, "{at}");
    }
}

#[test]
fn a_quotient_needs_a_symmetry_and_claims_without_fairness() {
    let mirror = Mirror { length: 9, flaw: NOTHING, at: 0 };
    let none = Spec { symmetry: None, ..spec() };
    let refusal = check(&mirror, &none, symmetric()).err();
    assert!(matches!(refusal, Some(CheckError::NoSymmetry)));
    let mut fair = spec();
    let kind = ClaimKind::Eventually { goal: odd::<5>, fairness: Fairness::progress() };
    fair.claims.push(Claim::required("fair", kind));
    let refusal = check(&mirror, &fair, symmetric()).err();
    assert!(matches!(refusal, Some(CheckError::FairnessInQuotient { claim: "fair" })));
    assert!(check(&mirror, &fair, CheckSettings::default()).is_ok());
    let mut trivial = spec();
    trivial.symmetry.as_mut().unwrap().generators.clear();
    assert_eq!(refused(&mirror, &trivial), None, "without generators there are no images");
}

/// Three counters up to this.
struct Counters(u8);

impl Model for Counters {
    type State = [u8; 3];
    type Action = usize;

    fn init_states(&self) -> Vec<[u8; 3]> {
        vec![[0; 3]]
    }

    fn actions(&self, state: &[u8; 3], actions: &mut Vec<usize>) {
        actions.extend((0..3).filter(|&counter| state[counter] < self.0));
    }

    fn next_state(&self, state: &[u8; 3], counter: usize) -> Option<[u8; 3]> {
        let mut state = *state;
        state[counter] += 1;
        Some(state)
    }
}

/// The representatives are sorted and the generators swap neighbors, so neither a representative
/// nor its image under one generator is a turned order; a product of generators is.
#[test]
fn a_claim_that_only_a_product_of_generators_refutes_is_refuted() {
    let symmetry = || Symmetry {
        canonical: |_, state: &[u8; 3]| {
            let mut sorted = *state;
            sorted.sort_unstable();
            sorted
        },
        permute: |_, generator, state: &[u8; 3]| {
            let mut swapped = *state;
            swapped.swap(generator, [1, 2][generator]);
            swapped
        },
        generators: vec!["swap 0 and 1".into(), "swap 1 and 2".into()],
    };
    let unturned = |_: &Counters, state: &[u8; 3]| {
        let turned = [[1, 2, 0], [2, 0, 1]].map(|order| order.map(|counter| state[counter]));
        !turned.iter().any(|[low, middle, high]| low < middle && middle < high)
    };
    let spec = |claims| Spec {
        claims,
        classes: Classes::single(),
        symmetry: Some(symmetry()),
        heap: None,
    };
    let report = check(&Counters(9), &spec(Vec::new()), symmetric()).unwrap();
    // Multisets of three of ten values: C(12, 3).
    assert_eq!(report.states, 220);
    let claims = vec![Claim::required("unturned", ClaimKind::Always(unturned))];
    let refusal = check(&Counters(9), &spec(claims), symmetric()).err();
    let Some(CheckError::Asymmetric { what, generator, .. }) = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(
        (what.as_str(), generator.as_str()),
        ("claim \"unturned\"", "a product of generators")
    );
}
