//! Client-server distribution: the source sends every copy itself.
//!
//! [`ClientServer`] says nothing about runs in which a peer sends.
//!
//! > D_cs >= max{ N F / u_s, F / d_min }  (Kurose & Ross, section 2.5)
//!
//! Proved by machine: `Formulas.kth_client_server_bound` for every k, `Formulas.cs_lower_bound`;
//! that a server reaches it, `Optimum.cs_optimum`. See [`proofs`](super::proofs).
//!
//! # Proof
//! When k peers have the file, they have received k F bits. All of them left the source within
//! T - L, so `k F <= u_s (T - L) + b_s`. Peer i receives F bits within `T_i - L_i`, since nothing
//! arrives before the first delay is over: `F <= d_i (T_i - L_i) + b_i`. Among any k peers, one has
//! at least the k-th smallest of these times. A negative difference (a burst larger than what is to
//! be sent) counts as 0.
//!
//! A peer that holds chunks when it joins, or wants a part, receives what it needs, need_i instead
//! of F: any k peers need at least the k smallest needs together. (This form is not proved by
//! machine.)
//!
//! The proof uses neither chunks nor the order of sending, so it holds under every discipline.

use super::access_links::{self, SwarmTotals};
use super::needs::{Formula, Needs};
use super::terms::{ClosedForm, largest};
use super::{Bound, Earliest, Inapplicable, Lower, Senders, index_of};
use crate::scenario::Scenario;

const COPIES: Formula = Formula { empty: "N F/u_s", needs: "sum of needs/u_s" };
const DOWNLOAD: Formula = Formula { empty: "F/d_min", needs: "need/d" };

/// The bound by the source's uplink and the peers' downlinks when no peer sends.
#[derive(Clone, Copy, Debug)]
pub struct ClientServer;

impl Bound for ClientServer {
    fn name(&self) -> &'static str {
        "client_server"
    }

    fn formula(&self) -> &'static str {
        "max{N F/u_s, F/d_min}"
    }

    fn cite(&self) -> &'static str {
        "Kurose & Ross, Computer Networking, 8th edition, section 2.5 and problem P23"
    }

    fn senders(&self) -> Senders {
        Senders::SourceOnly
    }

    fn completion(&self, scenario: &Scenario, k: usize) -> Result<Lower, Inapplicable> {
        let index = index_of(scenario, k)?;
        let totals = SwarmTotals::new(scenario);
        Ok(largest(&[
            ClosedForm(COPIES.of(scenario), totals.by_the_source(Needs::new(scenario).of(k))),
            ClosedForm(DOWNLOAD.of(scenario), access_links::download_at(scenario, index)),
        ]))
    }

    fn completions(&self, scenario: &Scenario) -> Result<Vec<Earliest>, Inapplicable> {
        let totals = SwarmTotals::new(scenario);
        let downloads = access_links::downloads(scenario);
        let needs = Needs::new(scenario);
        let copies = |k| totals.by_the_source(needs.of(k)).floor();
        let both = |(at, download)| copies(at + 1).max(download);
        Ok(downloads.into_iter().enumerate().map(both).map(Earliest::At).collect())
    }
}
