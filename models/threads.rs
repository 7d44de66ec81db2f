//! Threads for searches: the checker starts none itself.

use std::num::NonZeroUsize;
use std::thread;

use crate::checker::Workers;

/// A number of threads of this process, the caller's included, for the time of one search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(pub NonZeroUsize);

impl Threads {
    /// The caller's thread alone.
    pub const ONE: Threads = Threads(NonZeroUsize::MIN);

    /// As many as the machine runs at once.
    pub fn all() -> Self {
        Threads(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}

impl Workers for Threads {
    fn threads(&self) -> NonZeroUsize {
        self.0
    }

    fn work(&self, help: &(dyn Fn() + Sync), lead: &mut dyn FnMut()) {
        thread::scope(|scope| {
            for _ in 1..self.0.get() {
                // Where the system gives no more threads, the others do the work.
                let _ = thread::Builder::new().spawn_scoped(scope, help);
            }
            lead();
        });
    }
}
