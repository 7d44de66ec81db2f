//! A child process in its own process group, which is killed as a whole.
//!
//! The group is ended when its [`Child`] is dropped, whatever happened, and by [`end_all`] when
//! this program is told to end. A process that has exited keeps its number until its group has
//! been killed, so the signal never hits another process.

use std::collections::BTreeSet;
use std::io::{self, PipeReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::suite::Failure;

/// The groups that are alive. Groups come and go only under its lock.
static LIVE_GROUPS: Mutex<LiveGroups> =
    Mutex::new(LiveGroups { groups: BTreeSet::new(), closed: false });

#[derive(Debug)]
struct LiveGroups {
    groups: BTreeSet<i32>,
    /// Set by [`end_all`]: no more processes are started.
    closed: bool,
}

/// No code panics under this lock; if it did, the numbers in it would still be right.
fn live_groups() -> MutexGuard<'static, LiveGroups> {
    LIVE_GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No run of an engine can come to its end while this is kept.
#[derive(Debug)]
pub struct Ended(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, LiveGroups>);

/// Ends every process that any [`Program`](super::Program) has started, and lets none start any
/// more: for a program that is told to end by a signal. Every run under way, and every later one,
/// is an interruption ([`Failure::is_interruption`]); keep the answer where even that is not to be
/// seen any more.
pub fn end_all() -> Ended {
    let mut live_groups = live_groups();
    live_groups.closed = true;
    for &group in &live_groups.groups {
        end(group);
    }
    Ended(live_groups)
}

/// Have all processes been ended?
pub(in crate::suite) fn all_ended() -> bool {
    live_groups().closed
}

fn end(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        // It fails only where no process is left to be ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// A process and everything that it starts.
#[derive(Debug)]
pub(in crate::suite) struct Child {
    process: std::process::Child,
    group: i32,
    /// Its standard input, while there is something to write or more to come.
    pub(in crate::suite) stdin: Option<ChildStdin>,
    /// Its standard output, until its end.
    pub(in crate::suite) stdout: Option<ChildStdout>,
    /// Its standard error, until its end.
    pub(in crate::suite) stderr: Option<ChildStderr>,
    /// Closed as soon as the process has ended.
    pub(in crate::suite) life: Option<PipeReader>,
    /// The end of its standard error.
    pub(in crate::suite) stderr_tail: Vec<u8>,
    waiter: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts `command` with `sh -c`, in a group of its own. No read or write on its pipes blocks.
    pub(in crate::suite) fn start(command: &str) -> Result<Self, Failure> {
        let failure = |error: io::Error| {
            Failure::new("not started", format!("`sh -c` cannot be started: {error}"))
        };
        let (life, alive) = io::pipe().map_err(failure)?;
        let mut sh = Command::new("sh");
        sh.arg("-c").arg(command).process_group(0);
        sh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut live_groups = live_groups();
        if live_groups.closed {
            return Err(Failure::interruption());
        }
        let mut process = sh.spawn().map_err(failure)?;
        let group = i32::try_from(process.id()).expect("the number of a process is a pid_t");
        live_groups.groups.insert(group);
        drop(live_groups);
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let stderr = process.stderr.take();
        let (life, stderr_tail) = (Some(life), Vec::new());
        let mut child =
            Child { process, group, stdin, stdout, stderr, life, stderr_tail, waiter: None };
        child.unblock().map_err(failure)?;
        let waiting = thread::Builder::new().spawn(move || {
            await_end(group);
            drop(alive);
        });
        child.waiter = Some(waiting.map_err(failure)?);
        Ok(child)
    }

    fn unblock(&self) -> io::Result<()> {
        self.stdin.as_ref().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        self.stdout.as_ref().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        self.stderr.as_ref().map_or(Ok(()), |pipe| ioctl_fionbio(pipe, true))?;
        Ok(())
    }

    /// Kills the group; returns how the process ended, by itself or by this.
    pub(in crate::suite) fn end(&mut self) -> io::Result<ExitStatus> {
        let mut live_groups = live_groups();
        if live_groups.groups.remove(&self.group) {
            end(self.group);
        }
        if let Some(waiter) = self.waiter.take() {
            // It only waits, so it cannot have panicked; and if it had, it would wait no more.
            let _ = waiter.join();
        }
        self.process.wait()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // An error could not be reported from here.
        let _ = self.end();
    }
}

/// Returns when the process has exited. It keeps its number until it is waited for with `wait`.
fn await_end(process: i32) {
    let Some(process) = Pid::from_raw(process) else { return };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(process), options).is_err_and(|error| error == Errno::INTR) {}
}

/// How a process ended, in words; None when all is well.
pub(in crate::suite) fn fault(status: ExitStatus, output: &str) -> Option<Failure> {
    if let Some(signal) = status.signal() {
        let how = format!("signal {signal}{}", named(signal));
        return Some(Failure::new("killed", format!("it was ended by {how} after {output}")));
    }
    let code = status.code()?;
    let (name, meaning) = match code {
        0 => return None,
        126 => ("not started", ": the shell could not execute the command".to_owned()),
        127 => ("no such command", ": the shell found no such command".to_owned()),
        128..=192 => (
            "killed",
            format!(": so a shell says that signal {}{} ended it", code - 128, named(code - 128)),
        ),
        _ => ("failed", String::new()),
    };
    Some(Failure::new(name, format!("it ended with exit code {code} after {output}{meaning}")))
}

/// The signals that end programs most often.
fn named(signal: i32) -> &'static str {
    match signal {
        1 => " (HUP)",
        2 => " (INT)",
        6 => " (ABRT)",
        9 => " (KILL)",
        11 => " (SEGV)",
        13 => " (PIPE)",
        15 => " (TERM)",
        _ => "",
    }
}
