//! What the user sees while an engine is examined, and when that has taken long enough.
//!
//! A finding is printed and kept as soon as there is one. The time for smaller scenarios is shared
//! by the findings: each gets an equal part of what is left. A run that would go beyond its part is
//! cut, and counts for nothing.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, stderr};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use swarmbound::scenario::Scenario;
use swarmbound::suite::{self, Config, Finding, Subject, SuiteProgress};
use swarmbound::trace::{Event, Evidence};

use super::super::echo::quoted;
use super::super::progress;
use super::super::{Failure, interrupt, output};
use super::{Findings, Foreign};
use crate::report::suite as report;

/// Failures that are the user's: nothing of the engine was seen.
const NOT_BEGUN: [&str; 3] = ["no such command", "not started", "unsupported"];

/// Between two lines where standard error is no terminal.
const PLAIN: Duration = Duration::from_secs(5);

/// What an engine and its watch tell each other.
#[derive(Default)]
struct Notes {
    /// Why the engine could not be begun at all.
    not_begun: RefCell<Option<String>>,
    /// When a run is cut.
    deadline: Cell<Option<Instant>>,
    /// How long the runs took that timed out.
    timed_out: Cell<Duration>,
}

/// A program that notes what its watch must know.
pub(super) struct Begun {
    program: Foreign,
    notes: Rc<Notes>,
}

impl Begun {
    pub(super) fn new(program: Foreign) -> Self {
        Begun { program, notes: Rc::default() }
    }

    /// Messages of a peer to nodes that were no neighbors.
    pub(super) fn misdirected(&self) -> u64 {
        self.program.misdirected()
    }
}

impl Subject for Begun {
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, suite::Failure> {
        let begun = Instant::now();
        self.program.set_deadline(self.notes.deadline.get());
        self.program.run(scenario, record).inspect_err(|failure| {
            if NOT_BEGUN.contains(&failure.name) {
                *self.notes.not_begun.borrow_mut() = Some(failure.explanation.clone());
            }
            if failure.name == "timed out" {
                self.notes.timed_out.set(self.notes.timed_out.get() + begun.elapsed());
            }
        })
    }
}

/// Follows an examination.
pub(super) struct Watch<'a> {
    notes: Rc<Notes>,
    findings: &'a Findings<'a>,
    config: &'a Config,
    /// For smaller scenarios.
    budget: Duration,
    /// Whether the result is one document, beside which nothing is printed.
    quiet: bool,
    counting: Option<progress::Progress>,
    found: usize,
    shrinking: Option<Shrinking>,
    failure: Option<Failure>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        engine: &Begun,
        findings: &'a Findings<'a>,
        config: &'a Config,
        budget: Duration,
        quiet: bool,
    ) -> Self {
        Watch {
            notes: Rc::clone(&engine.notes),
            findings,
            config,
            budget,
            quiet,
            counting: None,
            found: 0,
            shrinking: None,
            failure: None,
        }
    }

    /// Something has happened; breaks when it has been enough.
    pub(super) fn told(&mut self, progress: SuiteProgress<'_>) -> ControlFlow<()> {
        let ended = self.failure.is_some() || self.notes.not_begun.borrow().is_some();
        if ended || interrupt::stopped() {
            return ControlFlow::Break(());
        }
        let enough = match progress {
            SuiteProgress::Cases(done) => {
                let cases = u64::from(self.config.cases);
                let counting = || progress::Progress::new("suite", Some(cases), "cases");
                self.counting.get_or_insert_with(counting).shows(done.into());
                // An engine that always times out shows nothing new by doing it again.
                let timed_out = self.notes.timed_out.get();
                0 < self.found && !timed_out.is_zero() && self.budget <= timed_out
            }
            SuiteProgress::Found(finding) => {
                self.found += 1;
                self.counting = None;
                self.failure = self.tell(finding).err();
                self.failure.is_some()
            }
            SuiteProgress::Shrinks(finding) => self.shrinks(finding),
        };
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Keeps a finding, and prints it unless the result follows at once.
    fn tell(&self, finding: &Finding) -> Result<(), Failure> {
        let place = self.findings.place(finding);
        interrupt::spares_result();
        if !self.quiet && (0 < self.config.shrinks || self.config.keep_going) {
            output::print(&report::first(output::style(), finding, &place))?;
        }
        Ok(())
    }

    /// Is the time for smaller scenarios of a finding over?
    fn shrinks(&mut self, finding: &Finding) -> bool {
        self.counting = None;
        let shrinking = self.shrinking.get_or_insert_with(|| Shrinking::new(self.budget));
        let deadline = shrinking.deadline(finding, self.found);
        shrinking.shown(finding, self.quiet);
        self.notes.deadline.set(Some(deadline));
        deadline <= Instant::now()
    }

    /// It is over: says why there is no result, if there is none.
    pub(super) fn ends(self) -> Result<(), Failure> {
        let not_begun = self.notes.not_begun.take();
        let option = self.findings.options.option();
        let not_begun = not_begun
            .map(|why| Failure(format!("{option} {}: {why}", quoted(self.findings.command))));
        self.failure.or(not_begun).map_or(Ok(()), Err)
    }
}

/// The search for smaller scenarios, one finding after another.
struct Shrinking {
    /// When the whole search ends.
    end: Instant,
    /// The property of the finding whose turn it is, and when that ends.
    turn: Option<(&'static str, Instant)>,
    turns: usize,
    bar: ProgressBar,
    /// When a plain line is due.
    line: Instant,
}

impl Shrinking {
    fn new(budget: Duration) -> Self {
        let now = Instant::now();
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Shrinking { end: now + budget, turn: None, turns: 0, bar, line: now + PLAIN }
    }

    /// When the turn of a finding, one of `found`, ends.
    fn deadline(&mut self, finding: &Finding, found: usize) -> Instant {
        match self.turn {
            Some((property, deadline)) if property == finding.property => deadline,
            _ => {
                let now = Instant::now();
                let left = u32::try_from(found.saturating_sub(self.turns).max(1));
                let part = self.end.saturating_duration_since(now) / left.unwrap_or(u32::MAX);
                self.turn = Some((finding.property, now + part));
                self.turns += 1;
                now + part
            }
        }
    }

    /// Says how far it is: on a terminal in a line of its own, elsewhere now and then.
    fn shown(&mut self, finding: &Finding, quiet: bool) {
        let message = report::shrinking(finding);
        if !stderr().is_terminal() && !quiet && self.line <= Instant::now() {
            output::tell(&format!("{message}\n"));
            self.line = Instant::now() + PLAIN;
        }
        self.bar.set_message(message);
    }
}

impl Drop for Shrinking {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
