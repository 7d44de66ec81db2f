//! Both ends of a long audit on all cores: lines become events while others are taken, and the
//! rules are judged side by side.
//!
//! Neither changes what comes out.

use std::io::{self, BufRead};
use std::num::NonZeroUsize;
use std::panic;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use swarmbound::audit::{ALL, Audit, Report};
use swarmbound::trace::Event;
use swarmbound::trace::codec::{Block, Blocks, CodecError};

/// The most threads that read: to take an event costs a fifth of what it costs to read it.
const READERS: usize = 6;

/// The most bytes that are read at a time, which are a block: it fits into the cache of a core.
pub(super) const BLOCK: usize = 128 << 10;

/// How many blocks may wait for a thread, and how many that it has read may wait to be taken.
/// Most are small, but a line of sixteen megabytes is a block, too.
const WAITING: usize = 1;

/// What a reader says of some lines: an event and the number of its line, or what is wrong.
type Events = Vec<Result<(u64, Event), CodecError>>;

/// How many threads the machine runs at once.
pub(super) fn count() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// What the rules say; each is judged by a thread that is free.
pub(super) fn report(audit: Audit) -> Report {
    let judging = audit.judging();
    thread::scope(|scope| {
        for _ in 1..count().get().min(ALL.len()) {
            // Where the system gives no more threads, this one does the work.
            let _ = thread::Builder::new().spawn_scoped(scope, || judging.work());
        }
        judging.work();
    });
    judging.report()
}

/// Hands every event to `take`, with the number of its line.
///
/// # Errors
/// The first line that makes no sense or cannot be read, after the events before it. Who is still
/// waiting for more of the input then is left behind.
pub(super) fn events<R: BufRead + Send + 'static>(
    blocks: Blocks<R>,
    take: &mut dyn FnMut(u64, Event),
) -> Result<(), CodecError> {
    let cores = count().get();
    events_on(if cores == 1 { 0 } else { cores.min(READERS) }, blocks, take)
}

/// The blocks go round so many threads, and what those say of them comes back in the same order.
fn events_on<R: BufRead + Send + 'static>(
    threads: usize,
    mut blocks: Blocks<R>,
    take: &mut dyn FnMut(u64, Event),
) -> Result<(), CodecError> {
    let mut take = |events: Events| {
        events.into_iter().try_for_each(|item| item.map(|(line, event)| take(line, event)))
    };
    let start = if threads == 0 { None } else { start(threads).ok() };
    let Some(Crew { give, cutter, readers }) = start else {
        // Where the system gives no threads, this one reads.
        return blocks.try_for_each(|block| take(block.events()));
    };
    let _ = give.send(blocks);
    for (_, events) in readers.iter().cycle() {
        match events.recv() {
            Ok(events) => take(events)?,
            Err(_) => break,
        }
    }
    // That was the end, unless one of them has panicked.
    let readers: Vec<_> = readers.into_iter().map(|(reader, _)| reader).collect();
    for thread in readers.into_iter().chain([cutter]) {
        thread.join().unwrap_or_else(|fault| panic::resume_unwind(fault));
    }
    Ok(())
}

/// A thread, and what it says of the blocks that it is given.
type Reading = (JoinHandle<()>, Receiver<Events>);

/// Threads that wait for a text.
struct Crew<R> {
    give: SyncSender<Blocks<R>>,
    cutter: JoinHandle<()>,
    readers: Vec<Reading>,
}

/// Starts a thread that cuts the blocks off, and so many that read them.
fn start<R: BufRead + Send + 'static>(threads: usize) -> io::Result<Crew<R>> {
    let started: Vec<_> = (0..threads).map(|_| reader()).collect::<io::Result<_>>()?;
    let (inputs, readers): (Vec<_>, Vec<_>) = started.into_iter().unzip();
    let (give, given) = sync_channel::<Blocks<R>>(1);
    let cut = move || {
        let mut turns = given.recv().into_iter().flatten().zip(inputs.iter().cycle());
        // It ends with the text, or when what is said of it is not taken any more.
        turns.all(|(block, input)| input.send(block).is_ok());
    };
    Ok(Crew { give, cutter: thread::Builder::new().spawn(cut)?, readers })
}

fn reader() -> io::Result<(SyncSender<Block>, Reading)> {
    let (give, given) = sync_channel::<Block>(WAITING);
    let (tell, events) = sync_channel(WAITING);
    let read = move || {
        let _ = given.into_iter().try_for_each(|block| tell.send(block.events()));
    };
    Ok((give, (thread::Builder::new().spawn(read)?, events)))
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Read};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use swarmbound::trace::codec::Reader;

    use super::*;

    const HEADER: &str = concat!(
        r#"{"swarmbound":1,"name":"small","file":{"bytes":10,"chunk_bytes":4},"#,
        r#""source":{"upload_bps":8},"peers":[{"id":1,"upload_bps":8,"download_bps":null}]}"#,
        "\n",
    );

    /// More blocks than can be under way, and a line that is wrong near their end.
    #[test]
    fn any_number_of_threads_reads_the_same_events_in_the_same_order() {
        let mut text = HEADER.to_owned();
        let lines = 100_000;
        for at in 2..lines {
            text += &format!("{{\"event\":\"join\",\"t\":{at},\"node\":1}}\n");
        }
        let right = text.clone() + "{\"event\":\"join\",\"t\":100000,\"node\":1}\n";
        let wrong = text + "{\"event\":\"join\",\"t\":100000,\"node\":2}\n";
        for threads in [0, 1, 2, 3, READERS] {
            for (text, last) in [(&right, lines), (&wrong, lines - 1)] {
                let text = BufReader::with_capacity(BLOCK, Cursor::new(text.clone()));
                let (_, blocks) = Reader::new(text).unwrap().into_blocks();
                let mut taken = 1;
                let result = events_on(threads, blocks, &mut |line, event| {
                    assert_eq!((line, event.at().0), (taken + 1, line), "on {threads}");
                    taken = line;
                });
                assert_eq!(taken, last);
                assert_eq!(
                    result.map_err(|error| error.line()).err(),
                    (last < lines).then_some(lines)
                );
            }
        }
    }

    /// Gives a text, and then waits until no more of it is needed.
    struct Live(Cursor<String>, Receiver<()>);

    impl Read for Live {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => {
                    // Who needs more to see what is wrong gets none, and fails.
                    let _ = self.1.recv_timeout(Duration::from_secs(60));
                    Ok(0)
                }
                got => Ok(got),
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_before_more_comes() {
        let lines = "{\"event\":\"join\",\"t\":5,\"node\":1}\n{}\n";
        for threads in [1, 2, 3] {
            let (done, wait) = channel();
            let live = Live(Cursor::new(HEADER.to_owned() + lines), wait);
            let (_, blocks) = Reader::new(BufReader::new(live)).unwrap().into_blocks();
            let mut taken = 0;
            let result = events_on(threads, blocks, &mut |line, _| taken = line);
            assert_eq!((taken, result.unwrap_err().line()), (2, 3));
            done.send(()).expect("it still waits for more");
        }
    }

    /// A reader that fails as it never should.
    struct Panics;

    impl Read for Panics {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("this is a test")
        }
    }

    #[test]
    fn a_thread_that_panics_is_no_end_of_the_text() {
        for threads in [0, 1, 3] {
            let text = BufReader::new(HEADER.as_bytes().chain(Panics));
            let (_, blocks) = Reader::new(text).unwrap().into_blocks();
            let read = move || events_on(threads, blocks, &mut |_, _| {});
            assert!(panic::catch_unwind(panic::AssertUnwindSafe(read)).is_err());
        }
    }
}
