//! One scenario in, one answer out, in bounded time and memory.
//!
//! One thread polls all pipes of the process until the deadline: a process that does not read, does
//! not write, writes forever or leaves children behind cannot make it wait any longer.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::answer::{Answer, AnswerLimits};
use super::child::{Child, all_ended, fault};
use super::{Lifetime, Program};
use crate::scenario::{Scenario, printable};
use crate::suite::Failure;
use crate::trace::{Event, Evidence};

/// The most bytes that are taken from a pipe at once.
const CHUNK: usize = 64 << 10;

/// Bytes of the end of standard error that are kept.
const STDERR_TAIL: usize = 4 << 10;

/// Lines of it that are shown.
const LAST_LINES: usize = 8;

/// How long a session may take to exit after the last scenario, before it is killed.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// The result of a read from a pipe.
enum PipeRead {
    /// Number of bytes read.
    Bytes(usize),
    /// No data at the moment.
    Nothing,
    /// End of file.
    End,
}

fn take(pipe: &mut impl Read, buffer: &mut [u8]) -> PipeRead {
    match pipe.read(buffer) {
        Ok(0) => PipeRead::End,
        Ok(bytes) => PipeRead::Bytes(bytes),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::Interrupted => PipeRead::Nothing,
            // A pipe that cannot be read has nothing more to give.
            _ => PipeRead::End,
        },
    }
}

/// The pipes that are ready.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    life: bool,
    stdin: bool,
    stdout: bool,
    stderr: bool,
}

/// Waits until a pipe is ready; None at the deadline. The input counts while something is
/// `unwritten`.
fn wait(child: &Child, unwritten: &[u8], deadline: Instant) -> Option<Ready> {
    let stdin = child.stdin.as_ref().filter(|_| !unwritten.is_empty());
    let pipes = [
        child.life.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN)),
        stdin.map(|pipe| (pipe.as_fd(), PollFlags::OUT)),
        child.stdout.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN)),
        child.stderr.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN)),
    ];
    let mut watched: Vec<PollFd<'_>> = pipes
        .iter()
        .flatten()
        .map(|(pipe, flags)| PollFd::from_borrowed_fd(*pipe, *flags))
        .collect();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let left = Timespec::try_from(left).ok();
        match poll(&mut watched, left.as_ref()) {
            Ok(0) | Err(Errno::INTR | Errno::AGAIN) => {}
            // Pipes of our own are never unknown; if they were, their reads would say so.
            Ok(_) | Err(_) => break,
        }
    }
    let mut said = watched.iter().map(|pipe| !pipe.revents().is_empty());
    let mut of = |pipe: &Option<_>| pipe.is_some() && said.next().unwrap_or(false);
    let [life, stdin, stdout, stderr] = &pipes;
    Some(Ready { life: of(life), stdin: of(stdin), stdout: of(stdout), stderr: of(stderr) })
}

impl Child {
    /// Writes what the process takes.
    fn write(&mut self, unwritten: &mut &[u8], lifetime: Lifetime) {
        let Some(stdin) = &mut self.stdin else { return };
        match stdin.write(unwritten) {
            Ok(bytes) => *unwritten = unwritten.get(bytes..).unwrap_or_default(),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                // An engine may answer without reading; its answer is judged.
                _ => {
                    self.stdin = None;
                    *unwritten = &[];
                }
            },
        }
        if unwritten.is_empty() && lifetime == Lifetime::Scenario {
            self.stdin = None;
        }
    }

    /// Keeps the end of standard error; returns whether anything was read.
    fn listen(&mut self, buffer: &mut [u8]) -> bool {
        let Some(stderr) = &mut self.stderr else { return false };
        match take(stderr, buffer) {
            PipeRead::Bytes(bytes) => {
                self.stderr_tail.extend_from_slice(buffer.get(..bytes).unwrap_or_default());
                let over = self.stderr_tail.len().saturating_sub(STDERR_TAIL);
                self.stderr_tail.drain(..over);
                true
            }
            PipeRead::Nothing => false,
            PipeRead::End => {
                self.stderr = None;
                false
            }
        }
    }

    /// The failure with the last lines of standard error in its explanation.
    fn with_stderr_tail(&mut self, failure: Failure) -> Failure {
        // The pipe holds what was written before the end; later output is not read.
        let mut buffer = vec![0; CHUNK];
        for _ in 0..LAST_LINES {
            if !self.listen(&mut buffer) {
                break;
            }
        }
        let words = String::from_utf8_lossy(&self.stderr_tail);
        let lines: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
        let mut explanation = failure.explanation;
        if !last.is_empty() {
            explanation.push_str("; on standard error it said last:");
        }
        for line in last {
            explanation.push_str("\n    ");
            explanation.push_str(&printable((*line).to_owned()));
        }
        Failure { explanation, ..failure }
    }
}

impl Program {
    /// Hands over `scenario` and reads the answer.
    pub(super) fn exchange(
        &mut self,
        scenario: &Scenario,
        record: &mut dyn FnMut(Event),
    ) -> Result<Evidence, Failure> {
        let line = scenario.to_json() + "\n";
        let answer = Answer::new(scenario, AnswerLimits::of(scenario));
        let mut child = match self.session.take() {
            Some(child) => child,
            None => Child::start(&self.command)?,
        };
        // What was prepared until here is not the engine's time.
        let timeout = Instant::now() + self.timeout;
        let deadline = self.deadline.map_or(timeout, |deadline| deadline.min(timeout));
        let mut exchange = Exchange {
            lifetime: self.lifetime,
            timeout: self.timeout,
            length: line.len(),
            unwritten: line.as_bytes(),
            answer,
            deadline,
        };
        if let Err(failure) = exchange.hold(&mut child, record) {
            let interrupted = deadline < timeout && deadline <= Instant::now();
            return Err(match interrupted || all_ended() {
                true => Failure::interruption(),
                false => child.with_stderr_tail(failure),
            });
        }
        let evidence = exchange.answer.evidence();
        if self.lifetime == Lifetime::Session {
            self.session = Some(child);
        }
        Ok(evidence)
    }
}

impl Drop for Program {
    /// Lets a session end by itself, for a moment: it may have files to close.
    fn drop(&mut self) {
        let Some(mut child) = self.session.take() else { return };
        child.stdin = None;
        let deadline = Instant::now() + self.timeout.min(SHUTDOWN_GRACE);
        let mut buffer = vec![0; CHUNK];
        while let Some(ready) = wait(&child, &[], deadline) {
            if ready.life {
                break;
            }
            if ready.stderr {
                child.listen(&mut buffer);
            }
            let spoken = child.stdout.as_mut().filter(|_| ready.stdout);
            if spoken.is_some_and(|stdout| matches!(take(stdout, &mut buffer), PipeRead::End)) {
                child.stdout = None;
            }
        }
    }
}

/// One exchange: a scenario is written, its answer read.
struct Exchange<'s> {
    lifetime: Lifetime,
    timeout: Duration,
    /// Bytes of the scenario's line.
    length: usize,
    unwritten: &'s [u8],
    answer: Answer<'s>,
    deadline: Instant,
}

impl Exchange<'_> {
    fn hold(&mut self, child: &mut Child, record: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let mut buffer = vec![0; CHUNK];
        self.expect_silence(child, &mut buffer)?;
        loop {
            if self.over(child) {
                break;
            }
            let Some(ready) = wait(child, self.unwritten, self.deadline) else {
                return Err(self.too_late(child));
            };
            if ready.stderr {
                child.listen(&mut buffer);
            }
            if ready.stdin {
                child.write(&mut self.unwritten, self.lifetime);
            }
            if ready.stdout {
                self.hear(child, &mut buffer, record)?;
            }
            if ready.life {
                child.life = None;
            }
        }
        self.conclude(child, record)
    }

    /// Fails if a session has printed anything since its last answer.
    fn expect_silence(&self, child: &mut Child, buffer: &mut [u8]) -> Result<(), Failure> {
        if self.lifetime == Lifetime::Scenario {
            return Ok(());
        }
        let spoken = child.stdout.as_mut().map(|stdout| take(stdout, buffer));
        match spoken {
            Some(PipeRead::Bytes(bytes)) => Err(Failure::new(
                "answered twice",
                format!(
                    "it printed {bytes} bytes before it was given this scenario, after it had \
                     answered the one before"
                ),
            )),
            _ => Ok(()),
        }
    }

    fn over(&self, child: &Child) -> bool {
        match self.lifetime {
            Lifetime::Scenario => child.stdout.is_none(),
            Lifetime::Session => self.answer.ended() || child.stdout.is_none(),
        }
    }

    fn hear(
        &mut self,
        child: &mut Child,
        buffer: &mut [u8],
        record: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        let Some(stdout) = &mut child.stdout else { return Ok(()) };
        match take(stdout, buffer) {
            PipeRead::Bytes(bytes) => {
                self.answer.take(buffer.get(..bytes).unwrap_or_default(), record)
            }
            PipeRead::Nothing => Ok(()),
            PipeRead::End => {
                child.stdout = None;
                Ok(())
            }
        }
    }

    /// The failure for a missed deadline.
    fn too_late(&self, child: &Child) -> Failure {
        let (timeout, so_far) = (self.timeout, self.answer.so_far());
        let (left, length) = (self.unwritten.len(), self.length);
        let what = if child.life.is_none() {
            format!(
                "it ended after {so_far}, but a process that it started kept its output open for \
                 {timeout:?}"
            )
        } else if child.stdout.is_none() {
            format!("it closed its output after {so_far} and had not ended after {timeout:?}")
        } else if 0 < left {
            format!(
                "it had taken {} of the {length} bytes of the scenario after {timeout:?}, and \
                 printed {so_far}",
                length - left
            )
        } else {
            format!("it had not ended its answer after {timeout:?}, and printed {so_far}")
        };
        Failure::new("timed out", what)
    }

    /// Ends the exchange once the answer is complete or the output has ended.
    fn conclude(
        &mut self,
        child: &mut Child,
        record: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        let so_far = self.answer.so_far();
        if self.lifetime == Lifetime::Session && self.answer.ended() {
            return self.answer.close(record);
        }
        self.await_end(child)?;
        let status = child.end();
        let status = status.map_err(|error| Failure::new("lost", format!("lost it: {error}")))?;
        if let Some(failure) = fault(status, &so_far) {
            return Err(failure);
        }
        if self.lifetime == Lifetime::Session {
            return Err(Failure::new(
                "ended early",
                format!("it ended after {so_far}, without the empty line that ends an answer"),
            ));
        }
        self.answer.close(record)
    }

    /// Waits for the exit of a process that has closed its output.
    fn await_end(&self, child: &mut Child) -> Result<(), Failure> {
        let mut buffer = vec![0; CHUNK];
        while child.life.is_some() {
            let Some(ready) = wait(child, &[], self.deadline) else {
                return Err(self.too_late(child));
            };
            if ready.stderr {
                child.listen(&mut buffer);
            }
            if ready.life {
                child.life = None;
            }
        }
        Ok(())
    }
}
