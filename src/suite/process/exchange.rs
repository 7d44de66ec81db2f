//! One scenario in, one answer out, in bounded time and memory.

use std::time::{Duration, Instant};

use super::answer::{Answer, AnswerLimits};
use super::child::{Child, all_ended, fault};
use super::pipes::{CHUNK, PipeRead, take, wait};
use super::{Lifetime, Program};
use crate::scenario::Scenario;
use crate::suite::Failure;
use crate::trace::{Event, Evidence};

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
    fn drop(&mut self) {
        if let Some(mut child) = self.session.take() {
            child.shut_down(self.timeout);
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
