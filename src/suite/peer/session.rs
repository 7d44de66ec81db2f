//! The process that decides for nodes: one line out, one line back, in bounded time and memory.

use std::time::{Duration, Instant};

use super::outputs::shown;
use crate::suite::Failure;
use crate::suite::process::Lifetime;
use crate::suite::process::child::{Child, all_ended, fault};
use crate::suite::process::pipes::{CHUNK, PipeRead, take, wait};

/// The most bytes of one answer: no honest one has so much to say at one instant.
const LONGEST_ANSWER: usize = 16 << 20;

/// A process, and what it has printed that was not asked for yet.
#[derive(Debug)]
pub(super) struct Session {
    child: Child,
    unread: Vec<u8>,
    answers: u64,
    timeout: Duration,
    /// Whether it still does as it should.
    sound: bool,
}

impl Session {
    /// Starts `command` with `sh -c`; it has `timeout` for each answer.
    pub(super) fn start(command: &str, timeout: Duration) -> Result<Self, Failure> {
        Ok(Session {
            child: Child::start(command)?,
            unread: Vec::new(),
            answers: 0,
            timeout,
            sound: true,
        })
    }

    /// Writes a line and reads the line that answers it, by `interruption` at the latest.
    pub(super) fn ask(
        &mut self,
        line: &str,
        interruption: Option<Instant>,
    ) -> Result<String, Failure> {
        let timeout = Instant::now() + self.timeout;
        let deadline = interruption.map_or(timeout, |deadline| deadline.min(timeout));
        self.exchange(line.as_bytes(), deadline).map_err(|failure| {
            self.sound = false;
            let interrupted = deadline < timeout && deadline <= Instant::now();
            match interrupted || all_ended() {
                true => Failure::interruption(),
                false => self.child.with_stderr_tail(failure),
            }
        })
    }

    fn exchange(&mut self, mut unwritten: &[u8], deadline: Instant) -> Result<String, Failure> {
        let mut buffer = vec![0; CHUNK];
        self.hear(&mut buffer)?;
        // What a process prints at its start may come before its first line is written, or after.
        if 0 < self.answers && !self.unread.is_empty() {
            return Err(self.not_asked_for());
        }
        let mut searched = 0;
        loop {
            let end = self.unread.get(searched..).and_then(|new| memchr::memchr(b'\n', new));
            if let Some(end) = end {
                self.answers += 1;
                let rest = self.unread.split_off(searched + end + 1);
                let line = std::mem::replace(&mut self.unread, rest);
                return String::from_utf8(line).map_err(|error| {
                    let line = String::from_utf8_lossy(error.as_bytes());
                    Failure::new("malformed answer", format!("`{}` is no UTF-8", shown(&line)))
                });
            }
            searched = self.unread.len();
            if LONGEST_ANSWER < searched {
                return Err(Failure::new(
                    "too much output",
                    format!("it printed more than {LONGEST_ANSWER} bytes without an end of line"),
                ));
            }
            if self.child.stdout.is_none() {
                return Err(self.ended(deadline));
            }
            let Some(ready) = wait(&self.child, unwritten, deadline) else {
                return Err(self.too_late(unwritten));
            };
            if ready.stderr {
                self.child.listen(&mut buffer);
            }
            if ready.stdin {
                self.child.write(&mut unwritten, Lifetime::Session);
            }
            if ready.stdout {
                self.hear(&mut buffer)?;
            }
            if ready.life {
                self.child.life = None;
            }
        }
    }

    /// Takes what the process has printed, if anything.
    fn hear(&mut self, buffer: &mut [u8]) -> Result<(), Failure> {
        let Some(stdout) = &mut self.child.stdout else { return Ok(()) };
        match take(stdout, buffer) {
            PipeRead::Bytes(bytes) => {
                self.unread.extend_from_slice(buffer.get(..bytes).unwrap_or_default());
            }
            PipeRead::Nothing => {}
            PipeRead::End => self.child.stdout = None,
        }
        Ok(())
    }

    fn not_asked_for(&self) -> Failure {
        let line = String::from_utf8_lossy(&self.unread);
        let line = line.lines().next().unwrap_or_default();
        Failure::new(
            "printed on standard output",
            format!(
                "after its answer it printed `{}`, which was not asked for: each line that it \
                 reads has one line as an answer; print everything else on standard error",
                shown(line)
            ),
        )
    }

    /// How much it has said, in words.
    fn so_far(&self) -> String {
        match (self.answers, self.unread.len()) {
            (0, 0) => "nothing".to_owned(),
            (0, bytes) => format!("{bytes} bytes without an end of line"),
            (1, _) => "its first answer".to_owned(),
            (answers, _) => format!("{answers} answers"),
        }
    }

    fn too_late(&self, unwritten: &[u8]) -> Failure {
        let (timeout, so_far) = (self.timeout, self.so_far());
        let why = match unwritten.len() {
            0 => format!(
                "it has not answered within {timeout:?}, after {so_far}; does it flush standard \
                 output after each line?"
            ),
            left => {
                format!("it has not read {left} bytes of a line within {timeout:?}, after {so_far}")
            }
        };
        Failure::new("timed out", why)
    }

    /// The failure of a process that has closed its output.
    fn ended(&mut self, deadline: Instant) -> Failure {
        let so_far = self.so_far();
        let mut buffer = vec![0; CHUNK];
        while self.child.life.is_some() {
            let Some(ready) = wait(&self.child, &[], deadline) else {
                let why = format!("it closed its output after {so_far} and did not end");
                return Failure::new("timed out", why);
            };
            if ready.stderr {
                self.child.listen(&mut buffer);
            }
            if ready.life {
                self.child.life = None;
            }
        }
        let status = match self.child.end() {
            Ok(status) => status,
            Err(error) => return Failure::new("lost", format!("lost it: {error}")),
        };
        fault(status, &so_far).unwrap_or_else(|| {
            let why = "its input goes on until the last run: read lines until the end of input";
            Failure::new("ended early", format!("it ended after {so_far}; {why}"))
        })
    }
}

impl Drop for Session {
    /// Lets it end by itself, unless something is wrong with it.
    fn drop(&mut self) {
        if self.sound {
            self.child.shut_down(self.timeout);
        }
    }
}
