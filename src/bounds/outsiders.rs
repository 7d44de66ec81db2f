//! What peers that do not complete can add to the first k completions.
//!
//! [`Outsiders`] holds for every engine under every discipline, like [`super::fluid`].
//!
//! > T_k >= k F/(u_s + Û_k + (1 - 1/k) (P - Û_k))
//!
//! where P is the sum of the peers' uploads and `Û_k` that of the k largest. For k = N it is the
//! textbook's N F/(u_s + sum u_i); for fewer completions it is higher.
//!
//! Own. Not proved by machine.
//!
//! # Proof
//! Let J be k peers that have the file at T, and O all other peers, which are empty at the start.
//! Let x be the useful bits that O sends to J by T - L, and e the bits that enter O from the source
//! or from J. Every bit that O passes on entered it once, and is useful to each of the k peers of J
//! once: x <= k e. (With coding: as much information as O has been given, once for each peer.) What
//! the source and J send goes to J or into O, and all that is useful to J comes from there or from
//! O. So with supplies S that include the bursts,
//!
//! `k F <= S_source + S_J - e + x <= S_source + S_J + (1 - 1/k) x`, and x <= S_O.
//!
//! The right side is largest if J are the peers with the largest uploads; all bursts are counted in
//! full. So `k F - B <= (u_s + Û_k + (1 - 1/k) (P - Û_k)) (T - L)`.

use dashu_int::UBig;

use super::access_links::{self, SwarmTotals};
use super::fluid;
use super::terms::{TermTimes, strongest, strongest_at};
use super::{Bound, Earliest, Inapplicable, Lower, index_of, need_empty_peers};
use crate::scenario::Scenario;
use crate::units::{NANO, Time};

const FORMULA: &str = "k F/(u_s + Û_k + (1 - 1/k) (P - Û_k))";

/// The bound by what peers that do not complete can add.
#[derive(Clone, Copy, Debug)]
pub struct Outsiders;

impl Bound for Outsiders {
    fn name(&self) -> &'static str {
        "outsiders"
    }

    fn formula(&self) -> &'static str {
        FORMULA
    }

    fn cite(&self) -> &'static str {
        "cuts of Ahlswede, Cai, Li & Yeung, IEEE T-IT 46 (2000); \
         proved in the documentation of bounds::outsiders"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        need_empty_peers(scenario)?;
        Ok(strongest_at(&terms(scenario), index))
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        need_empty_peers(scenario)?;
        Ok(strongest(terms(scenario)))
    }
}

/// The terms of [`super::fluid`] and the one above, no completion earlier than the one before it.
fn terms(scenario: &Scenario) -> Vec<TermTimes> {
    let totals = SwarmTotals::new(scenario);
    let fastest = access_links::rates_of_the_fastest(scenario);
    let mut terms = fluid::terms(scenario, &totals);
    let mut latest = Time::ZERO;
    let times = (1..fastest.len()).map(|k| {
        let (k, inside) = (k as u128, fastest[k]);
        let outside = totals.total_upload - inside;
        let bits = (k * totals.file)
            .saturating_sub(totals.source_burst)
            .saturating_sub(totals.peers_burst);
        // Numerator and denominator times k.
        let nanos = UBig::from(bits * NANO) * UBig::from(k)
            / (UBig::from(inside) * UBig::from(k) + UBig::from(outside) * UBig::from(k - 1));
        let nanos = nanos + UBig::from(totals.min_delay.0);
        latest = latest.max(u64::try_from(nanos).map_or(Time::MAX, Time));
        latest
    });
    terms.push(TermTimes::new(FORMULA, times));
    terms
}
