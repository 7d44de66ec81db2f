//! What the suite runs: anything that turns a scenario into a trace, or fails to.
//!
//! A subject judges nothing.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::guard::{Budget, Guard, Overrun};
use crate::engine::{Any, AnyEngine, Engine, Factory, Introduce, NewEngine, Payload};
use crate::scenario::Scenario;
use crate::sim::{Simulation, Step};
use crate::trace::{Event, Evidence};

/// Turns a scenario into a trace.
pub trait Subject {
    /// Runs `scenario` to its end, hands every event to `record`, in any order, and says how far
    /// the times of the events can be trusted.
    ///
    /// # Errors
    /// Why there is no trace: a finding of its own.
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure>;
}

/// A run that gave no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The property that it breaks: [`Failure::ENDS`], or a narrower one; empty for an
    /// interruption, which breaks none.
    pub property: &'static str,
    /// What happened, in a word or two: `panicked`, `timed out`, `malformed output`...
    pub name: &'static str,
    /// What happened, as a sentence with the details.
    pub explanation: String,
}

impl Failure {
    /// The property that every run comes to its end and gives a trace.
    pub const ENDS: &'static str = "runs_to_its_end";
    /// The property that an engine has said everything after finitely many calls of `poll`.
    pub const DRAINS: &'static str = "pollings_drain";

    /// A run that did not come to its end.
    pub fn new(name: &'static str, explanation: impl Into<String>) -> Self {
        Failure { property: Failure::ENDS, name, explanation: explanation.into() }
    }

    /// A run that the examiner itself cut short: it breaks no property.
    pub fn interruption() -> Self {
        let explanation = "the run was interrupted".to_owned();
        Failure { property: "", name: "interrupted", explanation }
    }

    /// Was the run cut short by the examiner itself?
    pub fn is_interruption(&self) -> bool {
        self.property.is_empty()
    }
}

/// An engine in the simulator, with a tracker.
pub struct Simulated<E: Engine, T> {
    engines: Rc<dyn Factory<Engine = AnyEngine<E::Message>>>,
    budget: Option<Budget>,
    tracker: PhantomData<fn() -> T>,
}

impl<E: NewEngine, T> Default for Simulated<E, T> {
    fn default() -> Self {
        Simulated::with_engines(E::new)
    }
}

impl<E: Engine + 'static, T> Simulated<E, T> {
    /// The engines of a factory.
    pub fn with_engines(factory: impl Factory<Engine = E> + 'static) -> Self {
        Simulated { engines: Rc::new(Any(factory)), budget: None, tracker: PhantomData }
    }

    /// The same with another budget than the one that follows from each scenario.
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Self {
        Simulated { budget: Some(budget), ..self }
    }
}

impl<E: Engine + 'static, T: Introduce> Subject for Simulated<E, T> {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        let budget = self.budget.unwrap_or_else(|| Budget::of(scenario));
        guarded_run::<_, T>(Guard::new(Rc::clone(&self.engines), budget), scenario, record)
    }
}

/// Runs a scenario to its end, unless the guard ends it or an engine panics.
fn guarded_run<M: Payload + Clone + Debug + 'static, T: Introduce>(
    engines: Guard<M>,
    scenario: &Scenario,
    record: &mut dyn FnMut(Event),
) -> Result<Evidence, Failure> {
    let run = || {
        let mut simulation = Simulation::<_, T>::with_engines(scenario, engines);
        while let Step::Went(_) = simulation.step(record) {}
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(()) => Ok(Evidence::default()),
        Err(payload) => Err(match payload.downcast::<Overrun>() {
            Ok(overrun) => overrun.failure(),
            Err(payload) => panicked(payload.as_ref()),
        }),
    }
}

fn panicked(payload: &(dyn std::any::Any + Send)) -> Failure {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "without a message".to_owned());
    Failure::new("panicked", format!("the engine panicked: {text}"))
}
