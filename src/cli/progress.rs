//! How far a long run is: on standard error, only on a terminal, only after a while.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use swarmbound::checker;

use crate::report::check::searched;
use crate::report::numbers::{grouped, left};

/// A work that is over before needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Steps between two looks at the clock: a step of a run takes about a microsecond.
const STEPS: u32 = 4096;

/// How often a bar is drawn again while nothing is reported.
const TICK: Duration = Duration::from_millis(500);

/// A bar that appears when it is needed and goes when it is dropped.
pub(super) struct Progress {
    name: String,
    /// How much there is to do; None where that is not known.
    whole: Option<u64>,
    /// What is counted.
    unit: &'static str,
    since: Instant,
    /// What the parts that are over came to.
    before: u64,
    steps: u32,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing of `whole` is done yet.
    pub(super) fn new(name: &str, whole: Option<u64>, unit: &'static str) -> Self {
        let (name, since) = (name.to_owned(), Instant::now());
        Progress { name, whole, unit, since, before: 0, steps: 0, bar: None }
    }

    /// Says how much of the current part is done; looks at the clock only now and then.
    pub(super) fn at(&mut self, done: u64) {
        self.steps += 1;
        if STEPS <= self.steps {
            self.steps = 0;
            self.shows(done);
        }
    }

    /// Says how much of the current part is done.
    pub(super) fn shows(&mut self, done: u64) {
        if self.bar.is_none() && PATIENCE <= self.since.elapsed() {
            self.bar = Some(bar(&self.name, self.whole, self.unit, self.since));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.before + done);
        }
    }

    /// A part is over, in which so much was done.
    pub(super) fn passes(&mut self, part: u64) {
        self.before += part;
        self.shows(0);
    }

    /// Says what is being done now.
    pub(super) fn says(&self, message: impl Into<String>) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!(", {}", message.into()));
        }
    }

    /// Writes to a terminal that may be the one on which the bar stands.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Drawn on standard error; hidden by itself when that is no terminal.
fn bar(name: &str, whole: Option<u64>, unit: &'static str, since: Instant) -> ProgressBar {
    let (bar, template) = match whole {
        Some(whole) => {
            (ProgressBar::new(whole), "{prefix} [{wide_bar}] {percent:>3} % {done}{left}{msg}")
        }
        None => (ProgressBar::new_spinner(), "{prefix} {spinner} {done}{msg}"),
    };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    // Where standard error takes nothing, there is no bar either.
    let done = move |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{} {unit}", grouped(state.pos().into()));
    };
    let rest = |state: &ProgressState, out: &mut dyn Write| {
        let whole = state.len().unwrap_or(0);
        let _ = out.write_str(&left(state.elapsed(), state.pos(), whole));
    };
    bar.set_style(style.with_key("done", done).with_key("left", rest));
    bar.set_prefix(name.to_owned());
    bar.set_elapsed(since.elapsed());
    bar.enable_steady_tick(TICK);
    bar
}

/// How far a search is; it has no whole, because how many states there are is not known.
pub(super) struct Searching {
    progress: Progress,
    /// How long it may take.
    limit: Option<Duration>,
}

impl Searching {
    /// Nothing is found yet.
    pub(super) fn new(name: &str, limit: Option<Duration>) -> Self {
        Searching { progress: Progress::new(name, None, "states"), limit }
    }

    /// Says how far it is, and whether it goes on.
    pub(super) fn at(
        &mut self,
        progress: &checker::SearchProgress,
    ) -> ControlFlow<checker::Reason> {
        let elapsed = self.progress.since.elapsed();
        if self.limit.is_some_and(|limit| limit <= elapsed) {
            return ControlFlow::Break(checker::Reason::Time);
        }
        self.progress.shows(progress.states as u64);
        self.progress.says(searched(progress, elapsed));
        ControlFlow::Continue(())
    }
}
