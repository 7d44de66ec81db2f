//! Breadth-first search: the one loop that expands states, on one thread or many.
//!
//! States are compared by equality, so two states are never taken for one. The search stops only
//! between two states, so that it can go on from there, in this process or from a checkpoint. It
//! reads no clock: a [`Watch`] is called from time to time and says whether to continue.

use std::ops::ControlFlow;

use super::claim::{ClaimKind, Condition, Explorable, Spec};
use super::error::CheckError;
use super::expand::{Batch, Expander, Row};
use super::graph::{Edges, MOST_CLASSES};
use super::heap::Owned;
use super::store::{Insertion, NO_PARENT, Offer, Store};

/// Settings of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckSettings {
    /// Whether states that differ only in names are one.
    pub quotient: Quotient,
    /// When to stop before everything was seen.
    pub stop: Stop,
    /// Whether to keep transitions that no claim needs.
    pub edges: KeepEdges,
}

/// Whether states that differ only in names are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quotient {
    /// Every state counts by itself.
    #[default]
    Raw,
    /// One state stands for each orbit of the model's symmetry.
    Symmetric,
}

/// When to stop before everything was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// Never.
    #[default]
    Exhausted,
    /// As soon as this `sometimes` claim was reached.
    Reached(&'static str),
}

/// Whether to keep transitions that no claim needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepEdges {
    /// Only where a claim needs them.
    #[default]
    AsClaimed,
    /// For export.
    Always,
}

/// How far to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Stop once this many states are known; the last expansion may exceed it.
    pub states: usize,
    /// Do not expand states at this depth or deeper.
    pub depth: u32,
    /// Stop before the tables and the heap that states own ([`Spec::heap`]) take this many bytes,
    /// as far as can be foreseen.
    pub bytes: usize,
}

impl Limits {
    /// Search to the end.
    pub const NONE: Limits = Limits { states: usize::MAX, depth: u32::MAX, bytes: usize::MAX };
}

/// How far a search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exploration {
    /// Every reachable state was expanded.
    Exhausted,
    /// It was cut; what was not found may still be there.
    Bounded(Reason),
}

/// What cut a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The limit of states.
    States,
    /// The limit of depth.
    Depth,
    /// The limit of memory.
    Memory,
    /// The watch said so, for example because the time is over.
    Time,
    /// [`Stop::Reached`].
    Reached,
}

impl Reason {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Reason::States => "states",
            Reason::Depth => "depth",
            Reason::Memory => "memory",
            Reason::Time => "time",
            Reason::Reached => "reached",
        }
    }
}

/// Progress of a search, as a watch sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchProgress {
    /// Different states found.
    pub states: usize,
    /// States generated, with repetitions.
    pub generated: u64,
    /// States found but not expanded yet.
    pub waiting: usize,
    /// Steps from the start to the states that are being expanded.
    pub depth: u32,
    /// Bytes of the tables, and of the heap that states own, where the model counts it.
    pub bytes: usize,
}

/// Called with the progress from time to time; says whether to continue. Clocks live there.
pub type Watch<'w> = dyn FnMut(&SearchProgress) -> ControlFlow<Reason> + 'w;

/// Generated states between two calls of the watch.
const GENERATED_PER_LOOK: u64 = 1 << 16;

/// The watch, the limits, and when to check them next.
struct Look<'l, 'w> {
    next: u64,
    limits: Limits,
    watch: &'l mut Watch<'w>,
}

/// The count of generated states at which the watch is called next. It does not depend on where a
/// search was resumed.
fn next_look(generated: u64) -> u64 {
    (generated / GENERATED_PER_LOOK + 1) * GENERATED_PER_LOOK
}

impl Look<'_, '_> {
    /// Why the search must stop here; None if it may continue.
    #[inline]
    fn at<M: Explorable>(&mut self, search: &Search<'_, M>) -> Option<Reason> {
        if search.tally.generated < self.next {
            return None;
        }
        self.next = next_look(search.tally.generated);
        // Tables double when they are full: what they take at the next look is what counts.
        if self.limits.bytes <= search.bytes_with(GENERATED_PER_LOOK as usize) {
            return Some(Reason::Memory);
        }
        (self.watch)(&search.progress()).break_value()
    }
}

/// Where the successors of states come from.
pub(super) trait Supply<M: Explorable> {
    /// What follows from the next state of a search, and from as many behind it as it likes.
    fn after(&mut self, search: &Search<'_, M>) -> &mut Batch<M::State>;
}

/// Generates successors where they are needed.
struct Sequential<'m, M: Explorable> {
    expander: Expander<'m, M>,
    actions: Vec<M::Action>,
    batch: Batch<M::State>,
}

impl<'m, M: Explorable> Sequential<'m, M> {
    fn new(expander: Expander<'m, M>) -> Self {
        Sequential { expander, actions: Vec::new(), batch: Batch::new() }
    }
}

impl<M: Explorable> Supply<M> for Sequential<'_, M> {
    fn after(&mut self, search: &Search<'_, M>) -> &mut Batch<M::State> {
        let Sequential { expander, actions, batch } = self;
        let states = &search.found_states()[search.next..];
        expander.fill(batch, actions, search.next as u32, states);
        batch
    }
}

/// A search of a model; it can be stopped and resumed.
pub struct Search<'m, M: Explorable> {
    pub(super) model: &'m M,
    pub(super) spec: &'m Spec<M>,
    pub(super) settings: CheckSettings,
    pub(super) store: Store<M::State>,
    pub(super) edges: Option<Edges>,
    owned: Owned,
    /// The first index of each depth, then the end of the depth that is being expanded.
    pub(super) levels: Vec<u32>,
    /// The first state that was not expanded.
    pub(super) next: usize,
    pub(super) tally: Tally,
    /// For each claim about single states: the first state that decides it.
    pub(super) found: Vec<Option<u32>>,
    pub(super) expander: Expander<'m, M>,
    watched: Vec<Watched<M>>,
}

/// Counters of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Initial states and transitions.
    pub(super) generated: u64,
    /// Transitions by class.
    pub(super) coverage: Vec<u64>,
    /// Transitions that the model's boundary cut off.
    pub(super) outside: u64,
}

/// A claim that one state can decide, undecided so far.
struct Watched<M: Explorable> {
    claim: usize,
    kind: WatchedKind<M>,
}

enum WatchedKind<M: Explorable> {
    Always(Condition<M>),
    Sometimes(Condition<M>),
    NotBefore(fn(&M, &M::State) -> u32),
    NeverStuck(Condition<M>),
}

impl<'m, M: Explorable> Search<'m, M> {
    /// A search that has found the initial states only.
    ///
    /// # Errors
    /// A claim that names an unknown class of actions, or a quotient that the model or a claim does
    /// not allow.
    pub fn new(
        model: &'m M,
        spec: &'m Spec<M>,
        settings: CheckSettings,
    ) -> Result<Self, CheckError> {
        let mut search = Search::empty(model, spec, settings)?;
        for state in model.init_states() {
            if model.within_boundary(&state) {
                search.tally.generated += 1;
                let state = search.expander.represent(state);
                if let Insertion::New(at) = search.store.insert(Offer::new(state, 0), NO_PARENT) {
                    search.weigh(at);
                    search.judge(at, 0);
                }
            }
        }
        search.levels = vec![0, search.store.len() as u32];
        Ok(search)
    }

    /// A search that has found nothing, for [`Search::new`] and for checkpoints.
    pub(super) fn empty(
        model: &'m M,
        spec: &'m Spec<M>,
        settings: CheckSettings,
    ) -> Result<Self, CheckError> {
        let needs_edges = settings.edges == KeepEdges::Always
            || spec.claims.iter().any(|claim| claim.kind.needs_edges());
        assert!(spec.classes.all.len() <= MOST_CLASSES, "classes are kept in 16 bits");
        for claim in &spec.claims {
            super::liveness::known_classes(claim, &spec.classes.all)?;
        }
        Ok(Search {
            model,
            spec,
            settings,
            store: Store::new(),
            edges: needs_edges.then(Edges::default),
            owned: Owned::default(),
            levels: vec![0, 0],
            next: 0,
            tally: Tally { coverage: vec![0; spec.classes.all.len()], ..Tally::default() },
            found: vec![None; spec.claims.len()],
            expander: Expander::new(model, spec, settings)?,
            watched: watched(spec),
        })
    }

    /// Goes on until everything was seen, a limit is reached, or `watch` says stop.
    ///
    /// # Errors
    /// A symmetry that turns out to be none.
    pub fn run(
        &mut self,
        limits: Limits,
        watch: &mut Watch<'_>,
    ) -> Result<Exploration, CheckError> {
        let expander = self.expander;
        self.drive(limits, watch, &mut Sequential::new(expander))
    }

    /// The loop of every search, wherever the successors come from.
    pub(super) fn drive(
        &mut self,
        limits: Limits,
        watch: &mut Watch<'_>,
        supply: &mut dyn Supply<M>,
    ) -> Result<Exploration, CheckError> {
        let mut look = Look { next: next_look(self.tally.generated), limits, watch };
        loop {
            if let Some(exploration) = self.at_end(limits) {
                return Ok(exploration);
            }
            let batch = supply.after(self);
            if let Some(exploration) = self.take_in(batch, &mut look)? {
                return Ok(exploration);
            }
        }
    }

    /// Takes in a batch, state by state; what is left of it when the search has to stop between two
    /// states is dropped, and will be generated again.
    fn take_in(
        &mut self,
        batch: &mut Batch<M::State>,
        look: &mut Look<'_, '_>,
    ) -> Result<Option<Exploration>, CheckError> {
        assert_eq!(batch.first as usize, self.next, "batches come in the order of the states");
        self.store.glance(&mut batch.offers);
        let mut offers = batch.offers.drain(..);
        let mut taken = 0;
        for row in batch.rows.drain(..) {
            let end = self.at_end(look.limits);
            if end.is_some() {
                return Ok(end);
            }
            self.take(offers.by_ref().take(row.end - taken), &row);
            taken = row.end;
            if let Some(reason) = look.at(self) {
                return Ok(Some(Exploration::Bounded(reason)));
            }
        }
        batch.fault.take().map_or(Ok(None), Err)
    }

    /// Takes in the successors of the next state.
    #[inline]
    fn take(&mut self, offers: impl Iterator<Item = Offer<M::State>>, row: &Row) {
        let at = self.next as u32;
        let depth = self.depth() + 1;
        self.tally.outside += row.outside;
        for offer in offers {
            let class = offer.class;
            self.tally.generated += 1;
            self.tally.coverage[class as usize] += 1;
            let to = match self.store.insert(offer, at) {
                Insertion::Known(to) => to,
                Insertion::New(to) => {
                    self.weigh(to);
                    self.judge(to, depth);
                    to
                }
            };
            if let Some(edges) = &mut self.edges {
                edges.push(at, to, class);
            }
        }
        if let Some(edges) = &mut self.edges {
            edges.close();
        }
        if !row.moves {
            self.judge_stuck(at);
        }
        self.next += 1;
    }

    /// Why no more states may be expanded, if so; opens the next depth when one is done.
    fn at_end(&mut self, limits: Limits) -> Option<Exploration> {
        if self.goal_reached() {
            return Some(Exploration::Bounded(Reason::Reached));
        }
        let end = self.levels[self.levels.len() - 1] as usize;
        if self.next == end {
            if end == self.store.len() {
                return Some(Exploration::Exhausted);
            }
            self.levels.push(self.store.len() as u32);
        }
        if limits.depth <= self.depth() {
            return Some(Exploration::Bounded(Reason::Depth));
        }
        // Indices are 32 bits wide and the last one means "none"; one expansion must still fit.
        let most = limits.states.min(NO_PARENT as usize - (1 << 24));
        if most <= self.store.len() {
            return Some(Exploration::Bounded(Reason::States));
        }
        None
    }

    fn goal_reached(&self) -> bool {
        match self.settings.stop {
            Stop::Exhausted => false,
            Stop::Reached(name) => self
                .spec
                .claims
                .iter()
                .zip(&self.found)
                .any(|(claim, found)| claim.name == name && found.is_some()),
        }
    }

    /// The states so far, in the order in which they were found.
    pub(super) fn found_states(&self) -> &[M::State] {
        &self.store.states
    }

    /// How many of them were expanded: the index of the next.
    pub(super) fn expanded(&self) -> usize {
        self.next
    }

    /// Steps from the start to the states that are being expanded.
    pub(super) fn depth(&self) -> u32 {
        self.levels.len() as u32 - 2
    }

    /// The least number of steps from the start to a state.
    pub(super) fn depth_of(&self, at: u32) -> u32 {
        self.levels.partition_point(|&first| first <= at) as u32 - 1
    }

    /// Where the search stands.
    pub fn progress(&self) -> SearchProgress {
        SearchProgress {
            states: self.store.len(),
            generated: self.tally.generated,
            waiting: self.store.len() - self.next,
            depth: self.depth(),
            bytes: self.bytes_with(0),
        }
    }

    /// Bytes of the tables and of owned heap after `more` more steps, all of which may lead to new
    /// states.
    fn bytes_with(&self, more: usize) -> usize {
        let edges = self.edges.as_ref().map_or(0, |edges| edges.bytes_with(more));
        let tables = self.store.bytes_with(more) + edges;
        tables.saturating_add(self.owned.bytes_with(self.store.len(), more))
    }

    /// Counts the heap of a state that is new.
    #[inline]
    pub(super) fn weigh(&mut self, at: u32) {
        if let Some(heap) = self.spec.heap {
            let Search { model, store, owned, .. } = self;
            heap(model, &store.states[at as usize], &mut |block| owned.count(block));
        }
    }

    /// Asks the undecided claims about a state that is new, at `depth`.
    #[inline]
    pub(super) fn judge(&mut self, at: u32, depth: u32) {
        let Search { model, store, found, watched, .. } = self;
        let state = &store.states[at as usize];
        let mut decided = false;
        for Watched { claim, kind } in watched.iter() {
            let decides = match kind {
                WatchedKind::Always(condition) => !condition(model, state),
                WatchedKind::Sometimes(condition) => condition(model, state),
                WatchedKind::NotBefore(earliest) => depth < earliest(model, state),
                WatchedKind::NeverStuck(_) => false,
            };
            if decides {
                found[*claim] = Some(at);
                decided = true;
            }
        }
        if decided {
            watched.retain(|watched| found[watched.claim].is_none());
        }
    }

    /// Asks the undecided claims about a state that has no step.
    fn judge_stuck(&mut self, at: u32) {
        let state = &self.store.states[at as usize];
        for Watched { claim, kind } in &self.watched {
            if let WatchedKind::NeverStuck(unless) = kind
                && !unless(self.model, state)
            {
                self.found[*claim] = Some(at);
            }
        }
        self.watched.retain(|watched| self.found[watched.claim].is_none());
    }

    /// Takes what a checkpoint says was found, and does not look for it again.
    pub(super) fn restore_found(&mut self, found: Vec<Option<u32>>) {
        self.watched.retain(|watched| found[watched.claim].is_none());
        self.found = found;
    }
}

fn watched<M: Explorable>(spec: &Spec<M>) -> Vec<Watched<M>> {
    let mut watched = Vec::new();
    for (claim, asked) in spec.claims.iter().enumerate() {
        let kind = match asked.kind {
            ClaimKind::Always(condition) => WatchedKind::Always(condition),
            ClaimKind::Sometimes(condition) => WatchedKind::Sometimes(condition),
            ClaimKind::NotBefore { earliest, .. } => WatchedKind::NotBefore(earliest),
            ClaimKind::NeverStuck { unless } => WatchedKind::NeverStuck(unless),
            ClaimKind::PossibleFromEverywhere { .. }
            | ClaimKind::Eventually { .. }
            | ClaimKind::LeadsTo { .. } => continue,
        };
        watched.push(Watched { claim, kind });
    }
    watched
}
