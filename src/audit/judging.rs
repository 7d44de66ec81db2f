//! The rules of one trace, judged by as many threads as are lent.
//!
//! The rules read the same facts and nothing of each other, so any free thread may judge each of
//! them. [`Judging`] hands out the rules; it starts no thread.

use std::sync::Mutex;

use super::{Audit, Facts, Report, Rule, Ruled};
use crate::bounds::Senders;

/// A rule that no thread has begun, with its place in the report and its name.
type Unjudged = (usize, &'static str, Box<dyn Rule>);

/// An audit whose events are all there.
#[derive(Debug)]
pub struct Judging {
    facts: Facts,
    rules: usize,
    meant: Senders,
    /// The last is next.
    rest: Mutex<Vec<Unjudged>>,
    done: Mutex<Vec<(usize, Ruled)>>,
}

impl Audit {
    /// Puts the facts in order, for threads that the caller lends: each calls
    /// [`work`](Judging::work).
    pub fn judging(self) -> Judging {
        // Those of the protocol stand near the end and read most: a thread that begins with them
        // ends first.
        let rest: Vec<Unjudged> =
            self.rules.into_iter().enumerate().map(|(at, (name, rule))| (at, name, rule)).collect();
        Judging {
            facts: Facts::new(self.ledger),
            rules: rest.len(),
            meant: self.meant,
            rest: Mutex::new(rest),
            done: Mutex::default(),
        }
    }
}

impl Judging {
    /// Judges rule after rule, until there is none left to begin.
    pub fn work(&self) {
        loop {
            let next = self.rest.lock().expect("no thread panics with it").pop();
            let Some((at, name, rule)) = next else {
                return;
            };
            let judgement = rule.finish(&self.facts);
            self.done.lock().expect("none panics with it").push((at, Ruled { name, judgement }));
        }
    }

    /// The report, which is the same for any number of threads.
    ///
    /// # Panics
    /// When a thread has panicked over a rule: a report without it would say too much.
    pub fn report(self) -> Report {
        self.work();
        let mut done = self.done.into_inner().expect("no thread panics with it");
        assert!(done.len() == self.rules, "a thread that judged a rule has panicked");
        done.sort_unstable_by_key(|&(at, _)| at);
        Report::new(&self.facts, self.meant, done.into_iter().map(|(_, ruled)| ruled).collect())
    }
}
