//! Many runs at a time: threads that each take the next run that is not taken.
//!
//! What a run gives does not depend on who ran it, or when.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use swarmbound::suite::peer::PeerProgram;

use super::sink::{Sink, Wanted};
use super::{Failure, Prepared, Todo};
use crate::cli::judge;
use crate::cli::peer::Decides;
use crate::cli::progress::Progress;
use crate::report::run::Mode;
use crate::report::sweep::{Case, Line, Summary};

/// Between two looks at the clock for the bar.
const GLANCE: Duration = Duration::from_millis(200);

/// A run that is over: its place in the part, and what became of it.
type Done = (usize, Result<(Case, Line), Failure>);

/// Runs everything that `sink` lacks and hands it over, until that wants no more.
pub(super) fn work(
    prepared: &Prepared<'_>,
    todo: &[Todo],
    decides: &Decides,
    jobs: usize,
    sink: &mut Sink,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let missing: Vec<usize> = (0..todo.len()).filter(|&at| !sink.has(at)).collect();
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let take = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        missing.get(at).copied().filter(|_| !stopped.load(Ordering::Relaxed))
    };
    let (sender, done) = mpsc::channel::<Done>();
    let worker = |sender: Sender<Done>| {
        let mut program = decides.program();
        while let Some(at) = take() {
            let goes_on = || !stopped.load(Ordering::Relaxed);
            let done = match &mut program {
                Ok(program) => one(prepared, &todo[at], program.as_mut(), &goes_on).transpose(),
                Err(Failure(why)) => Some(Err(Failure(why.clone()))),
            };
            let Some(done) = done else { return };
            // The receiver has stopped for another reason.
            if sender.send((at, done)).is_err() {
                return;
            }
        }
    };
    let work = missing.iter().map(|&at| todo[at].work).fold(0, u64::saturating_add);
    thread::scope(|scope| {
        for _ in 0..jobs.min(missing.len()) {
            let (sender, worker) = (sender.clone(), &worker);
            scope.spawn(move || worker(sender));
        }
        drop(sender);
        let mut progress = Progress::new("sweep", Some(work), "chunks");
        let mut over = todo.len() - missing.len();
        let result = loop {
            let (at, done) = match done.recv_timeout(GLANCE) {
                Ok(done) => done,
                Err(RecvTimeoutError::Timeout) => {
                    progress.passes(0);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break Ok(()),
            };
            let taken = done.and_then(|(case, line)| {
                summary.add(&case, &line);
                progress.aside(|| sink.take(at, &line))
            });
            match taken {
                Ok(Wanted::More) => {}
                Ok(Wanted::NoMore) => break Ok(()),
                Err(failure) => break Err(failure),
            }
            over += 1;
            progress.passes(todo[at].work);
            progress.says(format!("{over} of {} runs", todo.len()));
        };
        stopped.store(true, Ordering::Relaxed);
        result
    })
}

/// One run; None when it is not wanted any more.
fn one(
    prepared: &Prepared<'_>,
    todo: &Todo,
    program: Option<&mut PeerProgram>,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<(Case, Line)>, Failure> {
    let (case, scenario) = prepared.case(&prepared.sweep.place(todo.index))?;
    let run = match (case.mode, program) {
        (Mode::P2p, Some(program)) => Some(judge::decided_in_silence(program, &scenario)?),
        (mode, _) => judge::one_of_many(mode, &scenario, goes_on)?,
    };
    Ok(run.map(|run| {
        let line = Line::new(&case, &run);
        (case, line)
    }))
}
