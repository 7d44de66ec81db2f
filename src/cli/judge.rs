//! One run in virtual time, judged and written down while it happens.
//!
//! No event is kept here: each goes to the audit and to the trace at once.

use std::fs::File;
use std::io::{self, BufWriter};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use swarmbound::audit::Audit;
use swarmbound::engine::{Introduce, NewEngine};
use swarmbound::scenario::Scenario;
use swarmbound::sim::{Simulation, Step};
use swarmbound::suite::Subject;
use swarmbound::suite::peer::PeerProgram;
use swarmbound::swarm::{ClientServer, Peer, Tracker};
use swarmbound::trace::codec::Writer;
use swarmbound::trace::{Event, Header, Outcome, Transfer};

use super::progress::Progress;
use super::{Failure, cores, peer};
use crate::report::run::{Mode, Run};

/// How many chunks are to arrive in a run.
pub(super) fn work(scenario: &Scenario) -> u64 {
    scenario.peer_count() as u64 * scenario.file().chunks() as u64
}

/// Runs `scenario` in one of the two ways and judges it, as the next part of `progress`; the trace
/// goes to `trace`, if given.
pub(super) fn run(
    mode: Mode,
    scenario: &Scenario,
    trace: Option<&Path>,
    progress: &mut Progress,
) -> Result<Run, Failure> {
    progress.says(mode.name());
    let audit = judge(mode, scenario, trace, &mut |delivered| {
        progress.at(delivered);
        ControlFlow::Continue(())
    })?;
    progress.says("audit");
    let audit = audit.expect("nothing stops it");
    let report = cores::report(audit.meant_for(mode.senders()));
    progress.passes(work(scenario));
    Ok(Run::new(Some(mode), report))
}

/// The same where a program decides for the nodes.
pub(super) fn decided_by(
    program: &mut PeerProgram,
    scenario: &Scenario,
    trace: Option<&Path>,
    progress: &mut Progress,
) -> Result<Run, Failure> {
    progress.says(Mode::P2p.name());
    let header = Header::exact(scenario.clone());
    let mut record = trace.map(|path| Record::new(path, &header)).transpose()?;
    let mut audit = Audit::new(header);
    let mut delivered = 0;
    let ended = program.run(scenario, &mut |event| {
        audit.event(&event);
        if let Some(record) = &mut record {
            record.write(&event);
        }
        if let Event::Transfer(Transfer { outcome: Outcome::Delivered, .. }) = event {
            delivered += 1;
            progress.at(delivered);
        }
    });
    ended.map_err(|failure| peer::failure(program, &failure))?;
    if let Some(record) = record {
        record.finish()?;
    }
    progress.says("audit");
    let report = cores::report(audit.meant_for(Mode::P2p.senders()));
    progress.passes(work(scenario));
    Ok(Run::new(Some(Mode::P2p), report))
}

/// The same in silence, as one of many at a time.
pub(super) fn decided_in_silence(
    program: &mut PeerProgram,
    scenario: &Scenario,
) -> Result<Run, Failure> {
    let mut audit = Audit::new(Header::exact(scenario.clone()));
    let ended = program.run(scenario, &mut |event| audit.event(&event));
    ended.map_err(|failure| peer::failure(program, &failure))?;
    let report = audit.meant_for(Mode::P2p.senders()).finish();
    Ok(Run::new(Some(Mode::P2p), report))
}

/// The same in silence, as one of many at a time; None when `goes_on` says no before the end.
pub(super) fn one_of_many(
    mode: Mode,
    scenario: &Scenario,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<Run>, Failure> {
    let audit = judge(mode, scenario, None, &mut |_| match goes_on() {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    })?;
    let report = |audit: Audit| audit.meant_for(mode.senders()).finish();
    Ok(audit.map(|audit| Run::new(Some(mode), report(audit))))
}

/// The audit of a whole run; None when `watch`, which hears how many chunks have arrived, ends it.
fn judge(
    mode: Mode,
    scenario: &Scenario,
    trace: Option<&Path>,
    watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Audit>, Failure> {
    match mode {
        Mode::P2p => simulate::<Peer, Tracker>(scenario, trace, watch),
        Mode::ClientServer => simulate::<ClientServer, Tracker>(scenario, trace, watch),
    }
}

fn simulate<E: NewEngine, T: Introduce>(
    scenario: &Scenario,
    trace: Option<&Path>,
    watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Audit>, Failure> {
    let header = Header::exact(scenario.clone());
    let mut record = trace.map(|path| Record::new(path, &header)).transpose()?;
    let mut audit = Audit::new(header);
    let mut simulation = Simulation::<E, T>::new(scenario);
    loop {
        let step = simulation.step(&mut |event| {
            audit.event(&event);
            if let Some(record) = &mut record {
                record.write(&event);
            }
        });
        if watch(simulation.delivered()).is_break() {
            return Ok(None);
        }
        if let Some(record) = &mut record {
            record.check()?;
        }
        if let Step::Ended(_) = step {
            break;
        }
    }
    drop(simulation);
    if let Some(record) = record {
        record.finish()?;
    }
    Ok(Some(audit))
}

/// A trace on its way to a file.
pub(super) struct Record {
    path: PathBuf,
    /// None when the reader of the file has gone.
    writer: Option<Writer<BufWriter<File>>>,
    failed: Option<io::Error>,
}

impl Record {
    pub(super) fn new(path: &Path, header: &Header) -> Result<Self, Failure> {
        let failure = |error| Failure::file("write", path, &error);
        let file = BufWriter::with_capacity(1 << 20, File::create(path).map_err(failure)?);
        let mut record = Record { path: path.to_owned(), writer: None, failed: None };
        match Writer::new(file, header) {
            Ok(writer) => record.writer = Some(writer),
            Err(error) => record.refused(error),
        }
        record.check()?;
        Ok(record)
    }

    fn refused(&mut self, error: io::Error) {
        self.writer = None;
        // A reader that has gone has got what it wanted.
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.failed = Some(error);
        }
    }

    pub(super) fn write(&mut self, event: &Event) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(event)
        {
            self.refused(error);
        }
    }

    fn check(&mut self) -> Result<(), Failure> {
        match self.failed.take() {
            Some(error) => Err(Failure::file("write", &self.path, &error)),
            None => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if let Some(writer) = self.writer.take()
            && let Err(error) = writer.finish()
        {
            self.refused(error);
        }
        self.check()
    }
}
