//! Successors of states: the one place that calls the model's `actions` and `next_state`.
//!
//! States are expanded in batches, because looking up many successors at once lets the processor
//! wait for memory once instead of many times, and because a batch can be filled on another thread.
//! Nothing here knows which states are new.

use super::claim::{Canonical, Explorable, Spec};
use super::error::CheckError;
use super::search::{CheckSettings, Quotient};
use super::store::Offer;
use super::symmetry::Inspection;

/// How many successors make a batch: enough to wait for together, few enough for a near cache.
pub(super) const ENOUGH: usize = 512;

/// Generates the successors of a model's states.
pub(super) struct Expander<'m, M: Explorable> {
    model: &'m M,
    spec: &'m Spec<M>,
    inspection: Option<Inspection>,
    canonical: Option<Canonical<M>>,
}

/// The successors of a run of states, in the order of the states.
pub(super) struct Batch<S> {
    /// The index of the first of them.
    pub(super) first: u32,
    pub(super) offers: Vec<Offer<S>>,
    pub(super) rows: Vec<Row>,
    /// What went wrong with the state behind the last row.
    pub(super) fault: Option<CheckError>,
}

/// The successors of one state.
pub(super) struct Row {
    /// Where its successors end.
    pub(super) end: usize,
    /// Steps that the model's boundary cut off.
    pub(super) outside: u64,
    /// Whether a step leads elsewhere.
    pub(super) moves: bool,
}

impl<S> Batch<S> {
    pub(super) fn new() -> Self {
        Batch { first: 0, offers: Vec::new(), rows: Vec::new(), fault: None }
    }
}

impl<M: Explorable> Clone for Expander<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Explorable> Copy for Expander<'_, M> {}

impl<'m, M: Explorable> Expander<'m, M> {
    /// The expander for a search with these settings.
    ///
    /// # Errors
    /// A quotient that the model or a claim does not allow.
    pub(super) fn new(
        model: &'m M,
        spec: &'m Spec<M>,
        settings: CheckSettings,
    ) -> Result<Self, CheckError> {
        let (inspection, canonical) = match (settings.quotient, &spec.symmetry) {
            (Quotient::Raw, _) => (None, None),
            (Quotient::Symmetric, symmetry) => {
                let canonical = symmetry.as_ref().map(|symmetry| symmetry.canonical);
                (Some(Inspection::new(spec)?), canonical)
            }
        };
        Ok(Expander { model, spec, inspection, canonical })
    }

    /// The one representative of a state.
    #[inline]
    pub(super) fn represent(&self, state: M::State) -> M::State {
        match self.canonical {
            Some(canonical) => canonical(self.model, &state),
            None => state,
        }
    }

    /// Fills a batch with the successors of `states`, the first of which has the index `first`: of
    /// as many of them as it takes to have [`ENOUGH`] successors, and of one at least.
    pub(super) fn fill(
        &self,
        batch: &mut Batch<M::State>,
        actions: &mut Vec<M::Action>,
        first: u32,
        states: &[M::State],
    ) {
        batch.first = first;
        batch.offers.clear();
        batch.rows.clear();
        for (at, state) in (first..).zip(states) {
            if let Some(inspection) = &self.inspection
                && let Err(fault) = inspection.examine(self.model, self.spec, state, at)
            {
                batch.fault = Some(fault);
                return;
            }
            let row = self.expand(state, actions, &mut batch.offers);
            batch.rows.push(row);
            if ENOUGH <= batch.offers.len() {
                return;
            }
        }
    }

    #[inline]
    fn expand(
        &self,
        state: &M::State,
        actions: &mut Vec<M::Action>,
        offers: &mut Vec<Offer<M::State>>,
    ) -> Row {
        let Expander { model, spec, .. } = *self;
        let mut outside = 0;
        let mut moves = false;
        model.actions(state, actions);
        for action in actions.drain(..) {
            let class = (spec.classes.of)(model, &action);
            let Some(next) = model.next_state(state, action) else {
                continue;
            };
            if !model.within_boundary(&next) {
                outside += 1;
                continue;
            }
            moves |= next != *state;
            offers.push(Offer::new(self.represent(next), class));
        }
        Row { end: offers.len(), outside, moves }
    }
}
