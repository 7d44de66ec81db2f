//! A file of lines that a sweep goes on with, whatever has interrupted it.
//!
//! A line is appended as soon as its run is over; in the end, and when it is opened, a file whose
//! lines are not in order is replaced as a whole by one that is. So nothing is lost at any moment,
//! and a file that is finished is the same as if nothing had interrupted it. No line is overwritten
//! that is not a line of this sweep.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Failure, Prepared, Todo};
use crate::report::sweep::{Fingerprint, HEAD, Line, Summary};

/// No line of a sweep is longer.
const LONGEST: u64 = 1 << 20;

/// Where a line stands.
#[derive(Clone, Copy)]
struct Kept {
    from: u64,
    length: usize,
}

/// A file of lines, locked against other processes.
pub(super) struct Store {
    path: PathBuf,
    file: File,
    /// The line of each run of the part.
    kept: Vec<Option<Kept>>,
    /// Where the last whole line ends.
    end: u64,
    /// The last run whose line stands there.
    last: Option<usize>,
    /// Lines are in order, once each, and as this sweep writes them.
    is_tidy: bool,
}

impl Store {
    /// Opens a file, or makes it, and reads back what stands there.
    pub(super) fn open(
        path: &Path,
        prepared: &Prepared<'_>,
        todo: &[Todo],
        summary: &mut Summary,
    ) -> Result<Self, Failure> {
        let failure = |error| Failure::file("write", path, &error);
        let options = || OpenOptions::new().read(true).write(true).create(true).to_owned();
        let file = options().truncate(false).open(path).map_err(failure)?;
        lock(&file, path)?;
        // The path of the file itself, where this one is a link to it.
        let path = fs::canonicalize(path).map_err(failure)?;
        let kept = vec![None; todo.len()];
        let mut store = Store { path, file, kept, end: 0, last: None, is_tidy: true };
        store.read(prepared, todo, summary)?;
        store.tidy(prepared, todo)?;
        store.file.set_len(store.end).map_err(failure)?;
        store.file.seek(SeekFrom::Start(store.end)).map_err(failure)?;
        Ok(store)
    }

    /// Is the line of this run there?
    pub(super) fn has(&self, at: usize) -> bool {
        self.kept[at].is_some()
    }

    /// Writes the line of a run at the end.
    pub(super) fn append(&mut self, at: usize, line: &str) -> Result<(), Failure> {
        // One write for the line: a reader sees whole lines, and who kills this leaves whole lines.
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|error| Failure::file("write", &self.path, &error))?;
        self.note(at, line.len());
        Ok(())
    }

    /// All is there that will be.
    pub(super) fn finish(mut self, prepared: &Prepared<'_>, todo: &[Todo]) -> Result<(), Failure> {
        self.tidy(prepared, todo)
    }

    /// The line of a run stands at the end.
    fn note(&mut self, at: usize, length: usize) {
        self.kept[at] = Some(Kept { from: self.end, length });
        self.end += length as u64;
        self.is_tidy &= self.last < Some(at);
        self.last = self.last.max(Some(at));
    }

    /// Reads every line and finds its run.
    fn read(
        &mut self,
        prepared: &Prepared<'_>,
        todo: &[Todo],
        summary: &mut Summary,
    ) -> Result<(), Failure> {
        let by_print: BTreeMap<Fingerprint, usize> =
            todo.iter().enumerate().map(|(at, todo)| (todo.fingerprint, at)).collect();
        let file = self.file.try_clone().map_err(|error| self.unread(&error))?;
        let mut reader = BufReader::new(file);
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            let read = (&mut reader).take(LONGEST).read_until(b'\n', &mut bytes);
            read.map_err(|error| self.unread(&error))?;
            if bytes.is_empty() {
                break;
            }
            let line = match Line::read(&bytes) {
                Ok(line) => line,
                // The last write was cut off: that run was not finished.
                Err(_) if is_torn(&bytes) => break,
                Err(wrong) => return Err(self.foreign(number, &wrong)),
            };
            let Some(&at) = by_print.get(&line.fingerprint) else {
                let index = line.index;
                return Err(self.foreign(
                    number,
                    &format!(
                        "run {index} of a sweep, but none that is wanted of {}: another part, or \
                         the sweep, a scenario or the program has changed since",
                        prepared.file
                    ),
                ));
            };
            let (case, _) = prepared.case(&prepared.sweep.place(todo[at].index))?;
            let line = line.of(&case);
            let text = line.text();
            self.is_tidy &= text.as_bytes() == bytes;
            match self.kept[at] {
                None => summary.add(&case, &line),
                Some(kept) if self.line(kept)?.of(&case).text() == text => {}
                Some(_) => {
                    let wrong = format!("another result of run {} stands above", line.index);
                    return Err(self.foreign(number, &wrong));
                }
            }
            self.note(at, bytes.len());
        }
        Ok(())
    }

    fn unread(&self, error: &io::Error) -> Failure {
        Failure::file("read", &self.path, error)
    }

    fn foreign(&self, number: usize, wrong: &str) -> Failure {
        let path = self.path.display();
        let instead = "nothing was changed; write another file after --out";
        Failure(format!("{path}:{number}: this is no line to go on with: {wrong}; {instead}"))
    }

    /// A line that was read before.
    fn line(&self, kept: Kept) -> Result<Line, Failure> {
        let mut bytes = vec![0; kept.length];
        let mut file = &self.file;
        let place = file.stream_position();
        let read = place.and_then(|place| {
            file.seek(SeekFrom::Start(kept.from))?;
            file.read_exact(&mut bytes)?;
            file.seek(SeekFrom::Start(place))
        });
        read.map_err(|error| self.unread(&error))?;
        Line::read(&bytes).map_err(|wrong| self.unread(&io::Error::other(wrong)))
    }

    /// Replaces the file by one whose lines are in order, where they are not.
    fn tidy(&mut self, prepared: &Prepared<'_>, todo: &[Todo]) -> Result<(), Failure> {
        if self.is_tidy {
            return Ok(());
        }
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let path = self.path.with_file_name(name);
        let failure = |error: io::Error| Failure::file("write", &path, &error);
        // Left by a process of the same number that was killed: no other has the lock by now.
        let _ = fs::remove_file(&path);
        let options = OpenOptions::new().read(true).write(true).create_new(true).to_owned();
        let file = options.open(&path).map_err(failure)?;
        let tidied = self.tidied(file, prepared, todo, &failure);
        let tidied = tidied.and_then(|tidied| {
            lock(&tidied.file, &path)?;
            fs::rename(&path, &self.path).map_err(failure)?;
            Ok(tidied)
        });
        match tidied {
            Ok(tidied) => *self = tidied,
            Err(wrong) => {
                // The old file has everything; what is left of the new one does no harm.
                let _ = fs::remove_file(&path);
                return Err(wrong);
            }
        }
        Ok(())
    }

    fn tidied(
        &self,
        file: File,
        prepared: &Prepared<'_>,
        todo: &[Todo],
        failure: &dyn Fn(io::Error) -> Failure,
    ) -> Result<Store, Failure> {
        let rights = self.file.metadata().map_err(failure)?.permissions();
        file.set_permissions(rights).map_err(failure)?;
        let kept = vec![None; todo.len()];
        let path = self.path.clone();
        let mut store = Store { path, file, kept, end: 0, last: None, is_tidy: true };
        let mut writer = io::BufWriter::new(store.file.try_clone().map_err(failure)?);
        for (at, kept) in self.kept.iter().enumerate() {
            let Some(kept) = kept else { continue };
            let (case, _) = prepared.case(&prepared.sweep.place(todo[at].index))?;
            let text = self.line(*kept)?.of(&case).text();
            writer.write_all(text.as_bytes()).map_err(failure)?;
            store.note(at, text.len());
        }
        writer.flush().map_err(failure)?;
        // The new name must not be there before what it names.
        store.file.sync_all().map_err(failure)?;
        Ok(store)
    }
}

/// Is this, at the end of a file, a line that was not written to its end?
fn is_torn(bytes: &[u8]) -> bool {
    let length = bytes.len().min(HEAD.len());
    let is_last = !bytes.ends_with(b"\n") && (bytes.len() as u64) < LONGEST;
    is_last && bytes[..length] == HEAD[..length]
}

/// Keeps other processes from writing the same file.
fn lock(file: &File, path: &Path) -> Result<(), Failure> {
    let busy = || {
        let path = path.display();
        Failure(format!("{path}: another sweep writes it; wait for its end, or write another file"))
    };
    match file.try_lock() {
        Ok(()) if is_at(file, path) => Ok(()),
        Ok(()) | Err(TryLockError::WouldBlock) => Err(busy()),
        // A file system without locks.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(Failure::file("lock", path, &error)),
    }
}

/// Is it still this file that stands there? Another process may have put a tidy one in its place.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |one: fs::Metadata, other: fs::Metadata| {
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    };
    let (open, there) = (file.metadata(), fs::metadata(path));
    open.is_ok_and(|open| there.is_ok_and(|there| same(open, there)))
}

/// No program replaces a file that is open here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
