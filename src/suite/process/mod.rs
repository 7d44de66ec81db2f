//! An engine in any language: a command that reads a scenario and answers with a trace.
//!
//! A [`Program`] is a [`Subject`]: it writes the resolved scenario as one line of JSON to the
//! command's standard input and reads events, one JSON line each, from its standard output. It
//! trusts the command with nothing: what it prints is limited in length and number, how long it
//! takes is limited, and it ends with everything that it started. Every error is a
//! [`Failure`] that says what happened and shows the last lines of standard error.
//!
//! Two limits of that: a process that leaves the command's process group cannot be found; and away
//! from Unix there are no process groups, so that every run fails there with a sentence that says
//! so.

mod answer;
#[cfg(unix)]
pub(super) mod child;
#[cfg(unix)]
mod exchange;
#[cfg(unix)]
pub(super) mod pipes;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::time::{Duration, Instant};

#[cfg(unix)]
pub use child::end_all;

use super::{Failure, Subject};
use crate::scenario::Scenario;
use crate::trace::{Event, Evidence};

/// Time that an engine may take for a scenario, by default.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum of the time that an engine may be given for a scenario: a day.
pub const MOST_TIMEOUT: Duration = Duration::from_secs(86_400);

/// How many scenarios one process of an engine sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// One: its input ends after the scenario, and its answer with the process.
    Scenario,
    /// All of them, one line each: an empty line ends each answer.
    Session,
}

/// An engine in any language.
#[derive(Debug)]
pub struct Program {
    /// A command line for `sh -c`.
    command: String,
    lifetime: Lifetime,
    timeout: Duration,
    #[cfg_attr(not(unix), expect(dead_code, reason = "nothing runs there"))]
    deadline: Option<Instant>,
    #[cfg(unix)]
    session: Option<child::Child>,
}

impl Program {
    /// The engine that `command` starts, a command line that `sh -c` understands. For each scenario
    /// it has `timeout`, at most [`MOST_TIMEOUT`]. Nothing is started yet.
    pub fn new(command: &str, lifetime: Lifetime, timeout: Duration) -> Self {
        Program {
            command: command.to_owned(),
            lifetime,
            timeout: timeout.min(MOST_TIMEOUT),
            deadline: None,
            #[cfg(unix)]
            session: None,
        }
    }

    /// From now on, a run that would go on after `deadline` is an interruption
    /// ([`Failure::is_interruption`]) then; None lifts that.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }
}

impl Subject for Program {
    #[cfg(unix)]
    fn run(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        self.exchange(scenario, record)
    }

    #[cfg(not(unix))]
    fn run(&mut self, _: &Scenario, _: &mut dyn FnMut(Event)) -> Result<Evidence, Failure> {
        Err(Failure::new(
            "unsupported",
            format!(
                "`{}` cannot be run here: without the process groups of Unix it could not be ended \
                 safely ({:?}, {:?}); run the suite on Unix",
                self.command, self.lifetime, self.timeout
            ),
        ))
    }
}
