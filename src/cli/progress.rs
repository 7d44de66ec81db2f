//! How far a long run is: on standard error, only on a terminal, only after a while.
//!
//! The types to know are [`Progress`], of a run, [`Searching`], of a search, [`Counting`], of one
//! thing after another, and [`Working`], of many runs at a time.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use swarmbound::checker;

use crate::report::check::searched;
use crate::report::sweep::left;

/// Whoever is done before needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// Between two looks at the clock: a step of a run takes about a microsecond.
const STEPS: u32 = 4096;

/// A bar that appears when it is needed and goes when it is dropped.
pub(super) struct Progress {
    name: &'static str,
    whole: Option<u64>,
    since: Instant,
    steps: u32,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing of `whole` is done yet; None is an unknown whole.
    pub(super) fn new(name: &'static str, whole: Option<u64>) -> Self {
        Progress { name, whole, since: Instant::now(), steps: 0, bar: None }
    }

    /// Says how much is done.
    pub(super) fn at(&mut self, done: u64) {
        self.steps += 1;
        if self.steps < STEPS {
            return;
        }
        self.steps = 0;
        if self.bar.is_none() && PATIENCE <= self.since.elapsed() {
            self.bar = Some(bar(self.name, self.whole));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    /// Says what is being done now.
    pub(super) fn says(&self, message: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_message(message);
            bar.tick();
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
fn bar(name: &'static str, whole: Option<u64>) -> ProgressBar {
    let (bar, template) = match whole {
        Some(whole) => {
            let template = "{prefix:>13} [{bar:40}] {percent:>3} % {human_pos} chunks {msg}";
            (ProgressBar::new(whole), template)
        }
        None => (ProgressBar::new_spinner(), "{prefix:>13} {spinner} {human_pos} events {msg}"),
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(name);
    bar
}

/// How far a search is; it has no whole, because nobody knows how many states there are.
pub(super) struct Searching {
    name: String,
    since: Instant,
    /// How long it may take.
    limit: Option<Duration>,
    bar: Option<ProgressBar>,
}

impl Searching {
    /// Nothing is found yet.
    pub(super) fn new(name: &str, limit: Option<Duration>) -> Self {
        Searching { name: name.to_owned(), since: Instant::now(), limit, bar: None }
    }

    /// Says how far it is, and whether it goes on.
    pub(super) fn at(
        &mut self,
        progress: &checker::SearchProgress,
    ) -> ControlFlow<checker::Reason> {
        let elapsed = self.since.elapsed();
        if self.limit.is_some_and(|limit| limit <= elapsed) {
            return ControlFlow::Break(checker::Reason::Time);
        }
        if PATIENCE <= elapsed {
            let bar = self.bar.get_or_insert_with(|| spinner(&self.name));
            bar.set_message(searched(progress, elapsed));
            bar.tick();
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn spinner(name: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{prefix:>13} {spinner} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_prefix(name.to_owned());
    bar
}

/// How many things of a known number are done.
pub(super) struct Counting {
    whole: u64,
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Counting {
    /// Nothing of `whole` is done yet.
    pub(super) fn new(whole: u64) -> Self {
        Counting { whole, since: Instant::now(), bar: None }
    }

    /// Says how much is done, and of what it is a part.
    pub(super) fn at(&mut self, name: &str, done: u64) {
        if self.since.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| counter(self.whole));
        bar.set_position(done);
        bar.set_message(name.to_owned());
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn counter(whole: u64) -> ProgressBar {
    let bar = ProgressBar::new(whole);
    let style = ProgressStyle::with_template("[{bar:40}] {percent:>3} % {human_pos} cases {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// How much of a known work is done, and how long the rest will take.
pub(super) struct Working {
    whole: u64,
    done: u64,
    since: Instant,
    bar: Option<ProgressBar>,
}

impl Working {
    /// Nothing of `whole` is done yet.
    pub(super) fn new(whole: u64) -> Self {
        Working { whole, done: 0, since: Instant::now(), bar: None }
    }

    /// Time has passed, and `more` has been done; `of` says of what.
    pub(super) fn at(&mut self, more: u64, of: impl FnOnce() -> String) {
        self.done += more;
        let elapsed = self.since.elapsed();
        if elapsed < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| worker(self.whole));
        bar.set_message(of() + &left(elapsed, self.done, self.whole));
        bar.set_position(self.done);
    }

    /// Writes to a terminal that may be the one on which the bar stands.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn worker(whole: u64) -> ProgressBar {
    let bar = ProgressBar::new(whole);
    let style = ProgressStyle::with_template("[{bar:40}] {percent:>3} % {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
