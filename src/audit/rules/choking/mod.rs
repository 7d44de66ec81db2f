//! Rule `choking`: a transfer starts while its sender unchokes the receiver, or is of a chunk that
//! the sender has allowed the receiver to request while choked (BEP 6), a node unchokes no
//! more neighbors than it has slots, and a leecher gives no more than its barter allows.
//!
//! At first every neighbor is choked. A choke, a disconnect or a departure of either node ends an
//! unchoke, also when the node comes back at the same instant. A trace without choke events is not
//! judged, except for the barter, which shows in the transfers. A choke is not judged by a
//! receiver's stamps, since queues drain after it.

use std::fmt;

use serde::Serialize;

use crate::audit::evidence::balances::Balances;
use crate::audit::evidence::connections::is_within;
use crate::audit::evidence::facts::Facts;
use crate::audit::evidence::intervals::Intervals;
use crate::audit::evidence::unchokes::{Unchoked, Unchokes};
use crate::audit::witness::Moved;
use crate::audit::{Judgement, Rule};
use crate::chunks::PeerId;
use crate::units::Time;

mod credit;

/// A transfer starts while its sender unchokes the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Choking;

/// A transfer, an unchoke or a gift that the protocol does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChokingWitness {
    /// A transfer to a choked node.
    Choked {
        /// The transfer.
        #[serde(flatten)]
        transfer: Moved,
        /// When the sender choked the receiver, if it ever unchoked it.
        choked_ns: Option<Time>,
    },
    /// More unchoked neighbors than slots.
    Slots {
        /// The node.
        node: PeerId,
        /// The instant.
        at_ns: Time,
        /// How many it unchokes.
        unchoked: usize,
        /// How many slots it has.
        allowed: usize,
    },
    /// A leecher gave more than the barter allows.
    Credit {
        /// The leecher that gave.
        from: PeerId,
        /// The node that received.
        to: PeerId,
        /// The instant.
        at_ns: Time,
        /// Chunks given.
        given: u64,
        /// Chunks got back.
        back: u64,
        /// How many more may be given than came back.
        allowed: u64,
    },
}

impl fmt::Display for ChokingWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChokingWitness::Choked { transfer, choked_ns } => {
                write!(f, "{transfer}, but had ")?;
                match choked_ns {
                    Some(choked) => write!(f, "choked it at {choked}"),
                    None => f.write_str("not unchoked it"),
                }
            }
            ChokingWitness::Slots { node, at_ns, unchoked, allowed } => write!(
                f,
                "{node} unchokes {unchoked} neighbors at {at_ns} and has slots for {allowed}"
            ),
            ChokingWitness::Credit { from, to, at_ns, given, back, allowed } => write!(
                f,
                "by {at_ns} {from} had given {to} {given} chunks and got back {back}, more than \
                 {allowed} ahead"
            ),
        }
    }
}

impl Rule for Choking {
    fn finish(&self, facts: &Facts) -> Judgement {
        let barter = Balances::new(facts).map(|balances| credit::judge(facts, &balances));
        if !facts.has_chokes() {
            return barter.unwrap_or_else(|| Judgement::skipped("the trace has no choke events"));
        }
        let unchokes = Unchokes::new(facts);
        let (mut choked, mut crowd) = (None, None);
        for node in (0..=facts.scenario().peer_count()).map(|at| PeerId(at as u32)) {
            let unchoked = unchokes.of(node);
            choked = choked.into_iter().chain(first_choked(facts, node, &unchoked)).min();
            crowd = crowd.into_iter().chain(first_crowd(facts, node, &unchoked)).min();
        }
        // Each part accuses only what no order of the events of an instant allows.
        starts(facts, choked).or(slots(facts, crowd)).or(barter.unwrap_or_else(Judgement::holds))
    }
}

/// A transfer that starts while its receiver is choked: when, its place, and since when.
type Choked = (Time, usize, Option<Time>);

/// The first such transfer of a node.
fn first_choked(facts: &Facts, node: PeerId, unchoked: &[Unchoked]) -> Option<Choked> {
    let of = |to| {
        let at = unchoked.binary_search_by_key(&to, |own| own.to).ok()?;
        Some(&unchoked[at].most)
    };
    let choked = facts
        .placed_by(node)
        .filter(|(_, t)| !of(t.to).is_some_and(|spans| is_within(facts, spans, t, t.start)))
        .filter(|(_, t)| !facts.is_allowed_fast(t));
    let (at, t) = choked.min_by_key(|&(at, t)| (t.start, at))?;
    let before =
        |spans: &Intervals| spans.list.iter().rev().find(|span| span.to < t.start).copied();
    Some((t.start, at, of(t.to).and_then(before).map(|span| span.to)))
}

/// No transfer starts while its receiver is choked, but for the first that does.
fn starts(facts: &Facts, choked: Option<Choked>) -> Judgement {
    let Some((_, at, choked_ns)) = choked else { return Judgement::holds() };
    let witness = ChokingWitness::Choked { transfer: (&facts.transfers()[at]).into(), choked_ns };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log does not show an unchoke that must have been").with(witness)
    }
}

/// How many neighbors a node may unchoke, where the scenario says it.
fn allowed(facts: &Facts) -> Option<usize> {
    let protocol = facts.scenario().parts().protocol.as_ref()?;
    Some(protocol.unchoke_slots as usize + usize::from(protocol.optimistic.is_some()))
}

/// The first instant at which a node unchokes more neighbors than it has slots in every order of
/// events, and the node. At one instant chokes count before unchokes.
fn first_crowd(facts: &Facts, node: PeerId, unchoked: &[Unchoked]) -> Option<(Time, PeerId)> {
    let allowed = allowed(facts)?;
    let mut edges: Vec<(Time, bool)> = Vec::new();
    // An unchoke that may have ended when it began takes no slot for certain.
    let certain =
        unchoked.iter().flat_map(|own| &own.least.list).filter(|span| span.from < span.to);
    for span in certain {
        edges.extend([(span.from, true), (span.to, false)]);
    }
    edges.sort_unstable();
    let mut open = 0;
    let crowd = edges.into_iter().find(|&(_, opens)| {
        open = if opens { open + 1 } else { open - 1 };
        allowed < open
    });
    crowd.map(|(at, _)| (at, node))
}

/// No node unchokes more neighbors than it has slots, but for the first that does.
fn slots(facts: &Facts, crowd: Option<(Time, PeerId)>) -> Judgement {
    let (Some((at_ns, node)), Some(allowed)) = (crowd, allowed(facts)) else {
        return Judgement::holds();
    };
    let witness = ChokingWitness::Slots { node, at_ns, unchoked: allowed + 1, allowed };
    if facts.is_complete() {
        Judgement::violated(witness)
    } else {
        Judgement::unknown("the log may lack chokes").with(witness)
    }
}
