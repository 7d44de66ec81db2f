//! When each node was there, by its joins and leaves.

use super::facts::tolerance;
use super::intervals::{Edge, Intervals};
use super::ledger::Ledger;
use crate::chunks::PeerId;
use crate::units::Time;

/// When the nodes were there.
#[derive(Clone, Debug)]
pub(super) struct Presence {
    /// One per node, clipped at the announced departure.
    pub(super) stays: Vec<Intervals>,
    /// When the source was there by another reading of its events: it is taken to be there from the
    /// start and to come back after it left, and may as well have joined only before it left.
    pub(super) source_otherwise: Option<Intervals>,
}

impl Presence {
    /// Reads the joins and leaves of a ledger.
    pub(super) fn new(ledger: &Ledger) -> Self {
        let scenario = &ledger.header.scenario;
        let tolerance = tolerance(&ledger.header);
        let mut edges = vec![Vec::new(); scenario.peer_count() + 1];
        for &(node, at, edge) in &ledger.members {
            edges[node.index()].push((at, edge));
        }
        let mut source_otherwise = None;
        let node = |(at, mut edges): (usize, Vec<_>)| {
            let node = PeerId(at as u32);
            let spans = match node.is_source() {
                true => source(&mut edges, tolerance, &mut source_otherwise),
                false => Intervals::alternating(&mut edges, tolerance),
            };
            match scenario.leaves_at(node) {
                Some(leaves) => spans.until(leaves, tolerance),
                None => spans,
            }
        };
        let stays = edges.into_iter().enumerate().map(node).collect();
        Presence { stays, source_otherwise }
    }
}

/// The source is there from the start, unless every order of its events says otherwise. Where they
/// do not alternate at all, the first of them decides.
fn source(
    edges: &mut Vec<(Time, Edge)>,
    tolerance: Time,
    otherwise: &mut Option<Intervals>,
) -> Intervals {
    let logged = Intervals::alternating(edges, tolerance);
    let is_leave = edges.first().is_none_or(|first| first.1 == Edge::Close);
    edges.push((Time::ZERO, Edge::Open));
    let started = Intervals::alternating(edges, tolerance);
    match (logged.doubled, started.doubled) {
        (None, None) => {
            // A leave and a join at one instant are a departure and an arrival, unless that can be
            // the start.
            let stay = logged.list.first();
            let joins = stay.is_some_and(|stay| stay.from <= tolerance || stay.from < stay.to);
            *otherwise = joins.then_some(logged);
            started
        }
        (Some(_), None) => started,
        (Some(_), Some(_)) if is_leave => started,
        (_, Some(_)) => logged,
    }
}
