//! A search on many threads: helpers generate successors, one thread inserts them.
//!
//! The result does not depend on the number or speed of the threads: batches are inserted in the
//! order of the states that they come from, by the one loop of every search. Generating can be
//! divided because it looks at nothing but the model; the table belongs to one thread, so no state
//! is ever shared. No thread is started here: [`Workers`] lends them.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::claim::Explorable;
use super::error::CheckError;
use super::expand::{Batch, ENOUGH, Expander};
use super::search::{Exploration, Limits, Reason, Search, Supply, Watch};

/// Lends threads to a search, which starts none itself.
pub trait Workers {
    /// Number of threads that work, the caller's included.
    fn threads(&self) -> NonZeroUsize;

    /// Calls `help` once on each thread but the caller's, and meanwhile `lead` on the caller's;
    /// returns when all of them have. `help` returns soon after `lead` has. A panic on any thread
    /// must become a panic of the caller's.
    fn work(&self, help: &(dyn Fn() + Sync), lead: &mut dyn FnMut());
}

/// A search that ends before this many states is over before a thread has begun.
pub(super) const WORTH_THREADS: usize = 4096;
/// Fewer waiting states than these are not handed to helpers.
const WORTH_SHARING: usize = 128;
/// The minimum of states in a task.
const FEWEST_STATES: usize = 16;
/// Tasks in flight for each thread.
const TASKS_PER_THREAD: usize = 4;

impl<M: Explorable<State: Send> + Sync> Search<'_, M> {
    /// As [`Search::run`], on the threads of `workers`: the same states in the same order, the same
    /// answers, the same witnesses.
    ///
    /// # Errors
    /// As [`Search::run`].
    pub fn run_with(
        &mut self,
        workers: &dyn Workers,
        limits: Limits,
        watch: &mut Watch<'_>,
    ) -> Result<Exploration, CheckError> {
        let threads = workers.threads().get();
        let most = if threads == 1 { limits.states } else { limits.states.min(WORTH_THREADS) };
        let alone = self.run(Limits { states: most, ..limits }, watch)?;
        if alone != Exploration::Bounded(Reason::States)
            || limits.states <= self.found_states().len()
        {
            return Ok(alone);
        }
        let queue = WorkQueue::new();
        let expander = self.expander;
        let mut exploration = None;
        workers.work(&|| queue.help(expander), &mut || {
            let _over = Over(&queue);
            let mut parallel = Parallel::new(&queue, expander, threads, self.expanded());
            exploration = Some(self.drive(limits, watch, &mut parallel));
        });
        exploration.expect("the workers call the lead")
    }
}

/// States to expand, and the successors of the first of them.
struct Task<S> {
    /// The index of the first.
    first: usize,
    states: Vec<S>,
    batch: Batch<S>,
}

impl<S> Task<S> {
    fn new() -> Self {
        Task { first: 0, states: Vec::new(), batch: Batch::new() }
    }

    /// Fills the batch with what follows from the states from the index `from` on.
    fn fill<M: Explorable<State = S>>(
        &mut self,
        expander: Expander<'_, M>,
        actions: &mut Vec<M::Action>,
        from: usize,
    ) {
        let states = &self.states[from - self.first..];
        expander.fill(&mut self.batch, actions, from as u32, states);
    }
}

/// Tasks on their way to the helpers and back.
struct WorkQueue<S> {
    tasks: Mutex<Tasks<S>>,
    /// Notified when a task is added or the queue closes.
    to_do: Condvar,
    /// Notified when a task is done.
    done: Condvar,
}

struct Tasks<S> {
    to_do: VecDeque<Task<S>>,
    done: Vec<Task<S>>,
    state: QueueState,
}

/// Whether the queue still hands out tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QueueState {
    Open,
    /// The lead has finished.
    Over,
    /// A helper panicked and lost its task.
    Lost,
}

/// Closes the queue when the lead ends, also by a panic.
struct Over<'d, S>(&'d WorkQueue<S>);

impl<S> Drop for Over<'_, S> {
    fn drop(&mut self) {
        self.0.close(QueueState::Over);
    }
}

/// Tells the lead not to wait for a helper that panicked.
struct Lost<'d, S>(&'d WorkQueue<S>);

impl<S> Drop for Lost<'_, S> {
    fn drop(&mut self) {
        if self.0.tasks().state != QueueState::Over {
            self.0.close(QueueState::Lost);
        }
    }
}

impl<S> WorkQueue<S> {
    fn new() -> Self {
        let tasks = Tasks { to_do: VecDeque::new(), done: Vec::new(), state: QueueState::Open };
        WorkQueue { tasks: Mutex::new(tasks), to_do: Condvar::new(), done: Condvar::new() }
    }

    /// No model is asked under the lock, so a panic elsewhere leaves nothing half done.
    fn tasks(&self) -> MutexGuard<'_, Tasks<S>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, state: QueueState) {
        self.tasks().state = state;
        self.to_do.notify_all();
        self.done.notify_all();
    }

    fn put(&self, task: Task<S>) {
        self.tasks().to_do.push_back(task);
        self.to_do.notify_one();
    }

    fn help<M: Explorable<State = S>>(&self, expander: Expander<'_, M>) {
        let _lost = Lost(self);
        let mut actions = Vec::new();
        while let Some(mut task) = self.next_to_do() {
            let first = task.first;
            task.fill(expander, &mut actions, first);
            self.hand_back(task);
        }
    }

    fn hand_back(&self, task: Task<S>) {
        self.tasks().done.push(task);
        self.done.notify_one();
    }

    /// Waits for a task; None once the queue is closed.
    fn next_to_do(&self) -> Option<Task<S>> {
        let mut tasks = self.tasks();
        loop {
            if tasks.state != QueueState::Open {
                return None;
            }
            if let Some(task) = tasks.to_do.pop_front() {
                return Some(task);
            }
            tasks = self.to_do.wait(tasks).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The task that begins with the state `first` if it is done, else a task to do meanwhile.
    fn wanted(&self, first: usize) -> Wanted<S> {
        let mut tasks = self.tasks();
        loop {
            assert!(tasks.state == QueueState::Open, "a worker thread is gone");
            let ready = tasks.done.iter().position(|task| task.first == first);
            if let Some(at) = ready {
                return Wanted::Done(tasks.done.swap_remove(at));
            }
            if let Some(task) = tasks.to_do.pop_front() {
                return Wanted::ToDo(task);
            }
            tasks = self.done.wait(tasks).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

enum Wanted<S> {
    Done(Task<S>),
    ToDo(Task<S>),
}

/// Hands out tasks and supplies batches in order; the lead expands states itself while it waits.
struct Parallel<'s, M: Explorable> {
    queue: &'s WorkQueue<M::State>,
    expander: Expander<'s, M>,
    threads: usize,
    actions: Vec<M::Action>,
    /// The first state that was not handed out.
    unassigned: usize,
    /// Tasks that were handed out and have not come back.
    under_way: usize,
    /// The task whose batch is being inserted.
    current: Task<M::State>,
    /// Finished tasks, kept to reuse their memory.
    spare: Vec<Task<M::State>>,
}

impl<'s, M: Explorable> Parallel<'s, M> {
    fn new(
        queue: &'s WorkQueue<M::State>,
        expander: Expander<'s, M>,
        threads: usize,
        unassigned: usize,
    ) -> Self {
        Parallel {
            queue,
            expander,
            threads,
            actions: Vec::new(),
            unassigned,
            under_way: 0,
            current: Task::new(),
            spare: Vec::new(),
        }
    }

    /// Makes the task that begins with the state `next` the current one.
    fn turn_to(&mut self, next: usize, search: &Search<'_, M>) {
        self.hand_out(search);
        let current = match next < self.unassigned {
            true => self.fetch(next),
            false => self.alone(next, search),
        };
        self.spare.push(std::mem::replace(&mut self.current, current));
    }

    fn fetch(&mut self, next: usize) -> Task<M::State> {
        loop {
            let task = match self.queue.wanted(next) {
                Wanted::Done(task) => task,
                Wanted::ToDo(mut task) => {
                    let first = task.first;
                    task.fill(self.expander, &mut self.actions, first);
                    task
                }
            };
            if task.first == next {
                self.under_way -= 1;
                return task;
            }
            self.queue.hand_back(task);
        }
    }

    /// Expands a few states on the lead's thread, without a helper.
    fn alone(&mut self, next: usize, search: &Search<'_, M>) -> Task<M::State> {
        let mut task = self.spare.pop().unwrap_or_else(Task::new);
        task.first = next;
        task.states.clear();
        let states = &search.found_states()[next..];
        self.expander.fill(&mut task.batch, &mut self.actions, next as u32, states);
        self.unassigned = next + task.batch.rows.len();
        task
    }

    /// Hands out waiting states while there are enough of them.
    fn hand_out(&mut self, search: &Search<'_, M>) {
        let states = search.found_states();
        // As many as may have enough successors, going by those so far.
        let each = search.tally.generated / (search.expanded() as u64 + 1) + 1;
        let most = (ENOUGH as u64).div_ceil(each) as usize;
        while self.under_way < TASKS_PER_THREAD * self.threads {
            let waiting = states.len() - self.unassigned;
            if waiting < WORTH_SHARING {
                return;
            }
            let fair = waiting / (TASKS_PER_THREAD * self.threads);
            let count = fair.max(FEWEST_STATES).min(most);
            let mut task = self.spare.pop().unwrap_or_else(Task::new);
            task.states.clear();
            task.states.extend_from_slice(&states[self.unassigned..self.unassigned + count]);
            task.first = self.unassigned;
            self.unassigned += count;
            self.under_way += 1;
            self.queue.put(task);
        }
    }
}

impl<M: Explorable> Supply<M> for Parallel<'_, M> {
    fn after(&mut self, search: &Search<'_, M>) -> &mut Batch<M::State> {
        let next = search.expanded();
        if self.current.first + self.current.states.len() <= next {
            self.turn_to(next, search);
        } else if self.current.first < next {
            // What followed from the first states of the task was enough at a time.
            self.current.fill(self.expander, &mut self.actions, next);
        }
        &mut self.current.batch
    }
}
