//! The pipes of a child process: reads and writes that never wait beyond a deadline.
//!
//! One thread polls all pipes of the process: a process that does not read, does not write, writes
//! forever or leaves children behind cannot make it wait any longer.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::Lifetime;
use super::child::Child;
use crate::scenario::printable;
use crate::suite::Failure;

/// The most bytes that are taken from a pipe at once.
pub(in crate::suite) const CHUNK: usize = 64 << 10;

/// Bytes of the end of standard error that are kept.
const STDERR_TAIL: usize = 4 << 10;

/// Lines of it that are shown.
const LAST_LINES: usize = 8;

/// How long a process may take to exit after its input has ended, before it is killed.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// The result of a read from a pipe.
pub(in crate::suite) enum PipeRead {
    /// Number of bytes read.
    Bytes(usize),
    /// No data at the moment.
    Nothing,
    /// End of file.
    End,
}

pub(in crate::suite) fn take(pipe: &mut impl Read, buffer: &mut [u8]) -> PipeRead {
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
pub(in crate::suite) struct Ready {
    pub(in crate::suite) life: bool,
    pub(in crate::suite) stdin: bool,
    pub(in crate::suite) stdout: bool,
    pub(in crate::suite) stderr: bool,
}

/// Waits until a pipe is ready; None at the deadline. The input counts while something is
/// `unwritten`.
pub(in crate::suite) fn wait(child: &Child, unwritten: &[u8], deadline: Instant) -> Option<Ready> {
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
    pub(in crate::suite) fn write(&mut self, unwritten: &mut &[u8], lifetime: Lifetime) {
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
    pub(in crate::suite) fn listen(&mut self, buffer: &mut [u8]) -> bool {
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
    pub(in crate::suite) fn with_stderr_tail(&mut self, failure: Failure) -> Failure {
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

    /// Ends its input and lets it end by itself, for a moment and at most `timeout`: it may have
    /// files to close.
    pub(in crate::suite) fn shut_down(&mut self, timeout: Duration) {
        self.stdin = None;
        let deadline = Instant::now() + timeout.min(SHUTDOWN_GRACE);
        let mut buffer = vec![0; CHUNK];
        while let Some(ready) = wait(self, &[], deadline) {
            if ready.life {
                break;
            }
            if ready.stderr {
                self.listen(&mut buffer);
            }
            let spoken = self.stdout.as_mut().filter(|_| ready.stdout);
            if spoken.is_some_and(|stdout| matches!(take(stdout, &mut buffer), PipeRead::End)) {
                self.stdout = None;
            }
        }
    }
}
