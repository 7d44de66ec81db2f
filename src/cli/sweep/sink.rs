//! Where the lines of a sweep go: to standard output, to a device or pipe, or to a file that may be
//! gone on with.
//!
//! What cannot be sorted afterwards is sorted before: lines wait there for those before them.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Failure, Prepared, Store, Todo};
use crate::report::sweep::{Line, Summary};

/// Whether the reader wants more lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    More,
    /// The reader has gone.
    NoMore,
}

/// Where lines go.
pub(super) enum Sink {
    Stream(Stream),
    Store(Store),
}

/// Lines that are written once, in order.
pub(super) struct Stream {
    writer: Box<dyn Write>,
    /// None is standard output.
    path: Option<PathBuf>,
    /// The place in the part of the line that is written next.
    next: usize,
    /// The lines that came before their turn.
    early: BTreeMap<usize, String>,
    wanted: Wanted,
}

impl Sink {
    /// Standard output.
    pub(super) fn standard() -> Self {
        Sink::Stream(Stream::new(Box::new(io::stdout()), None))
    }

    /// A file, with the lines that stand in it already.
    pub(super) fn open(
        path: &Path,
        prepared: &Prepared<'_>,
        todo: &[Todo],
        summary: &mut Summary,
    ) -> Result<Self, Failure> {
        // What is neither a file nor a folder is a device or a pipe, from which nothing is read.
        let is_stream = std::fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir());
        if is_stream {
            let file = OpenOptions::new().write(true).open(path);
            let file = file.map_err(|error| Failure::file("write", path, &error))?;
            return Ok(Sink::Stream(Stream::new(Box::new(file), Some(path.to_owned()))));
        }
        Store::open(path, prepared, todo, summary).map(Sink::Store)
    }

    /// Is the line of this run there already?
    pub(super) fn has(&self, at: usize) -> bool {
        match self {
            Sink::Stream(_) => false,
            Sink::Store(store) => store.has(at),
        }
    }

    /// Takes the line of a run.
    pub(super) fn take(&mut self, at: usize, line: &Line) -> Result<Wanted, Failure> {
        match self {
            Sink::Stream(stream) => stream.take(at, line.text()),
            Sink::Store(store) => store.append(at, &line.text()).map(|()| Wanted::More),
        }
    }

    /// All is there that will be; does the reader still read?
    pub(super) fn finish(self, prepared: &Prepared<'_>, todo: &[Todo]) -> Result<bool, Failure> {
        match self {
            Sink::Stream(stream) => Ok(stream.wanted == Wanted::More),
            Sink::Store(store) => store.finish(prepared, todo).map(|()| true),
        }
    }
}

impl Stream {
    fn new(writer: Box<dyn Write>, path: Option<PathBuf>) -> Self {
        Stream { writer, path, next: 0, early: BTreeMap::new(), wanted: Wanted::More }
    }

    fn take(&mut self, at: usize, line: String) -> Result<Wanted, Failure> {
        self.early.insert(at, line);
        while let Some(line) = self.early.remove(&self.next) {
            self.next += 1;
            match self.writer.write_all(line.as_bytes()).and_then(|()| self.writer.flush()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    self.wanted = Wanted::NoMore;
                    break;
                }
                Err(error) => {
                    return Err(match &self.path {
                        Some(path) => Failure::file("write", path, &error),
                        None => Failure(format!("cannot write to standard output: {error}")),
                    });
                }
            }
        }
        Ok(self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_wait_for_those_before_them() {
        let written = Written::default();
        let mut stream = Stream::new(Box::new(written.clone()), None);
        for (at, so_far) in [(2, ""), (0, "0"), (1, "012"), (4, "012"), (3, "01234")] {
            assert_eq!(stream.take(at, at.to_string()).unwrap(), Wanted::More);
            assert_eq!(String::from_utf8(written.0.lock().unwrap().clone()).unwrap(), so_far);
        }
    }
}
