//! The textbook bound on peer-to-peer distribution, for every completion.
//!
//! [`Fluid`] does not assume chunks: it binds every engine under every discipline.
//!
//! > D_p2p >= max{ F/u_s, F/d_min, N F/(u_s + sum u_i) }  (Kurose & Ross, section 2.5)
//!
//! Kumar and Ross (HotWeb 2006) show that a fluid schedule reaches it when all peers are present
//! from the start.
//!
//! Proved by machine: `Formulas.one_copy_bound`, `Formulas.kth_download_bound` and
//! `Formulas.kth_copies_bound` for every k, `Formulas.p2p_lower_bound`; that a fluid schedule
//! reaches it, `Fluid.fluid_optimum`, and whole pieces up to any eps, `Optimum.p2p_optimum`. See
//! [`proofs`](super::proofs).
//!
//! # Proof, for the k-th completion, with bursts and delays
//! Let T be the time at which k peers have the file.
//! - One of them has it, so every bit has left the source: `F <= u_s (T - L) + b_s`. With coding
//!   the same holds for the information in the bits.
//! - Peer i receives F bits within `T_i - L_i`: `F <= d_i (T_i - L_i) + b_i`. Among any k peers,
//!   one has at least the k-th smallest of these times.
//! - k F bits were received by T, so all nodes together sent them by T - L:
//!   `k F <= U (T - L) + B`, where U is the sum of all uploads and B the sum of all bursts.
//!
//! Where peers hold chunks when they join, or want only a part, need_i stands for F: the bytes that
//! peer i wants and does not hold. (This form is not proved by machine.)
//! - X are the bytes that only the source holds when nodes join. What peer i wants of X has left
//!   the source by T - L, so the k-th smallest of these amounts has: among any k peers, one wants
//!   at least that much. An amount of 0 says nothing.
//! - The downlink carries need_i instead of F; a peer that needs nothing is complete at once.
//! - Any k peers receive at least the sum of the k smallest needs.
//!
//! A negative difference counts as 0. Absence and departures only remove capacity.

use super::access_links::{self, SwarmTotals};
use super::needs::{Formula, Needs};
use super::relaxation::Strongest;
use super::terms::{ClosedForm, TermTimes, largest, strongest};
use super::{Bound, Earliest, Inapplicable, Lower, index_of};
use crate::scenario::Scenario;

const ONE_COPY: Formula =
    Formula { empty: "F/u_s", needs: "wanted of what only the source holds/u_s" };
const DOWNLOAD: Formula = Formula { empty: "F/d_min", needs: "need/d" };
const AGGREGATE: Formula =
    Formula { empty: "N F/(u_s + sum u_i)", needs: "sum of needs/(u_s + sum u_i)" };

/// The bound by access links alone: every bit can be forwarded as it arrives.
#[derive(Clone, Copy, Debug)]
pub struct Fluid;

impl Bound for Fluid {
    fn name(&self) -> &'static str {
        "fluid"
    }

    fn formula(&self) -> &'static str {
        "max{F/u_s, F/d_min, N F/(u_s + sum u_i)}"
    }

    fn cite(&self) -> &'static str {
        "Kurose & Ross, Computer Networking, 8th edition, section 2.5 and problem P24; \
         Kumar & Ross, HotWeb 2006"
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        let (totals, needs) = (SwarmTotals::new(scenario), Needs::new(scenario));
        Ok(largest(&[
            ClosedForm(ONE_COPY.of(scenario), totals.by_the_source(needs.exclusive(k))),
            ClosedForm(DOWNLOAD.of(scenario), access_links::download_at(scenario, index)),
            ClosedForm(AGGREGATE.of(scenario), totals.by_all_nodes(needs.of(k))),
        ]))
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        Ok(strongest(terms(scenario, &SwarmTotals::new(scenario))))
    }
}

/// The three terms for every k, rounded down. Other theorems include them, so that they are at
/// least this strong.
pub(super) fn terms(scenario: &Scenario, totals: &SwarmTotals) -> Vec<TermTimes> {
    let needs = Needs::new(scenario);
    let ranks = 1..=scenario.receiver_count();
    let one_copy = |k| totals.by_the_source(needs.exclusive(k)).floor();
    let all = |k| totals.by_all_nodes(needs.of(k)).floor();
    vec![
        TermTimes::new(ONE_COPY.of(scenario), ranks.clone().map(one_copy)),
        TermTimes::new(DOWNLOAD.of(scenario), access_links::downloads(scenario).into_iter()),
        TermTimes::new(AGGREGATE.of(scenario), ranks.map(all)),
    ]
}

/// The largest of the three terms for every k, as a start for theorems that include them.
pub(super) fn best(scenario: &Scenario) -> Vec<Strongest> {
    let (totals, needs) = (SwarmTotals::new(scenario), Needs::new(scenario));
    let [one, own, all] = [ONE_COPY, DOWNLOAD, AGGREGATE].map(|formula| formula.of(scenario));
    (1..)
        .zip(access_links::downloads(scenario))
        .map(|(k, download)| {
            let one_copy = totals.by_the_source(needs.exclusive(k)).floor();
            let aggregate = totals.by_all_nodes(needs.of(k)).floor();
            let terms = [(own, download), (all, aggregate)];
            let first = Strongest::new(one, one_copy);
            terms.into_iter().fold(first, |best, (formula, at)| {
                if best.at < at { Strongest::new(formula, at) } else { best }
            })
        })
        .collect()
}
