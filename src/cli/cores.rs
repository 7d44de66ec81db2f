//! Both ends of a long audit on all cores: lines become events while others are taken, and the
//! rules are judged side by side.
//!
//! Neither changes what comes out. The functions to know are [`events`] and [`report`].

use std::io::BufRead;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use swarmbound::audit::{ALL, Audit, Report};
use swarmbound::trace::Event;
use swarmbound::trace::codec::{Block, Blocks, CodecError};

/// The most threads that read: to take an event costs a fifth of what it costs to read it.
const READERS: usize = 6;

/// How many blocks each thread may have before it: one that it reads and one that waits.
const WAITING: usize = 2;

/// What a reader says of some lines: an event and the number of its line, or what is wrong.
type Events = Vec<Result<(u64, Event), CodecError>>;

/// How many threads the machine runs at once.
pub(super) fn count() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// What the rules say; each is judged by whoever is free.
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
/// The first line that makes no sense or cannot be read, after the events before it.
pub(super) fn events<R: BufRead>(
    blocks: Blocks<R>,
    take: &mut dyn FnMut(u64, Event),
) -> Result<(), CodecError> {
    let cores = count().get();
    events_on(if cores == 1 { 0 } else { cores.min(READERS) }, blocks, take)
}

/// The blocks go round so many threads, and what they say of them comes back in the same order.
fn events_on<R: BufRead>(
    threads: usize,
    blocks: Blocks<R>,
    take: &mut dyn FnMut(u64, Event),
) -> Result<(), CodecError> {
    let mut take = |events: Events| {
        events.into_iter().try_for_each(|item| item.map(|(line, event)| take(line, event)))
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map_while(|_| Aside::new(scope)).collect();
        let [mut next, mut oldest] = [(); 2].map(|()| readers.iter().cycle());
        let mut away = 0;
        for block in blocks {
            // Where the system gives no threads, this one reads.
            let Some(reader) = next.next() else {
                take(block.events())?;
                continue;
            };
            if away == WAITING * readers.len() {
                oldest.next().map_or(Ok(()), |reader| take(reader.events()))?;
                away -= 1;
            }
            reader.read(block);
            away += 1;
        }
        oldest.take(away).try_for_each(|reader| take(reader.events()))
    })
}

/// A thread that reads blocks, one after the other.
struct Aside {
    blocks: SyncSender<Block>,
    events: Receiver<Events>,
}

impl Aside {
    /// None where the system gives no more threads.
    fn new<'scope>(scope: &'scope thread::Scope<'scope, '_>) -> Option<Self> {
        let (blocks, given) = sync_channel::<Block>(WAITING);
        let (tell, events) = sync_channel(WAITING);
        // It ends when nobody gives it any more, or nobody listens.
        let work = move || {
            let _ = given.into_iter().try_for_each(|block| tell.send(block.events()));
        };
        thread::Builder::new().spawn_scoped(scope, work).ok()?;
        Some(Aside { blocks, events })
    }

    fn read(&self, block: Block) {
        self.blocks.send(block).expect("it has not panicked");
    }

    fn events(&self) -> Events {
        self.events.recv().expect("it has not panicked")
    }
}

#[cfg(test)]
mod tests {
    use swarmbound::trace::codec::Reader;

    use super::*;

    /// More blocks than can be under way, and a line that is wrong near their end.
    #[test]
    fn any_number_of_threads_reads_the_same_events_in_the_same_order() {
        let mut text = concat!(
            r#"{"swarmbound":1,"name":"small","file":{"bytes":10,"chunk_bytes":4},"#,
            r#""source":{"upload_bps":8},"peers":[{"id":1,"upload_bps":8,"download_bps":null}]}"#,
            "\n",
        )
        .to_owned();
        let lines = 100_000;
        for at in 2..lines {
            text += &format!("{{\"event\":\"join\",\"t\":{at},\"node\":1}}\n");
        }
        let right = text.clone() + "{\"event\":\"join\",\"t\":100000,\"node\":1}\n";
        let wrong = text + "{\"event\":\"join\",\"t\":100000,\"node\":2}\n";
        for threads in [0, 1, 2, 3, READERS] {
            for (text, last) in [(&right, lines), (&wrong, lines - 1)] {
                let (_, blocks) = Reader::new(text.as_bytes()).unwrap().into_blocks();
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
}
