//! The best that the project can do for any scenario without departures.
//!
//! Whichever means wins: the constructions, list scheduling under many policies and deadlines, and
//! a local search that repeats the beginning of the best run and decides anew from some moment on.
//! The effort is counted in transfers begun, not in time, so that the same scenario gives the same
//! plan on every machine. The types to know are [`Planner`] and [`Progress`].

use std::num::NonZeroUsize;

use super::greedy::{Decision, Order, Pick, Policy, Run, State, Wants};
use super::world::World;
use super::{Plan, Send, Unable, pipeline, relay};
use crate::bounds::{self, Conditions, Earliest};
use crate::choose::{Choose, Seeded};
use crate::scenario::Scenario;
use crate::units::Time;

/// The most words of chunk sets that a run looks at, N M (M / 64): minutes of one core.
const MOST_WORDS: u64 = 20_000_000_000;

/// The name of list scheduling.
pub(crate) const NAME: &str = "list";

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is budget left.
    Searching,
    /// The best plan ends at the best bound: nobody can do better.
    Optimal,
    /// The budget is spent.
    Spent,
}

/// A search under way.
#[derive(Debug)]
pub struct Planner {
    scenario: Scenario,
    world: World,
    /// The best bound on the last completion.
    bound: Time,
    best: Option<Best>,
    /// Transfers that may still begin.
    budget: u64,
    /// Transfers that have begun.
    spent: u64,
    /// The run under way.
    run: Option<(Policy, Run)>,
    /// Policies that are tried before any search.
    first: Vec<Policy>,
    /// How many runs have begun.
    runs: u64,
    choose: Seeded,
}

#[derive(Clone, Debug)]
struct Best {
    end: Time,
    means: &'static str,
    sends: Vec<Send>,
    /// What made it, where that is list scheduling.
    made: Option<(Policy, Vec<Decision>)>,
}

impl Planner {
    /// The most transfers of a plan, N M: more would not fit into the memory of a small machine.
    pub const MOST_TRANSFERS: u64 = 10_000_000;

    /// A search that may begin about `budget` transfers; the first run is made whatever the budget
    /// is.
    ///
    /// # Errors
    /// Why there is no plan: a node leaves, there are more than [`Planner::MOST_TRANSFERS`]
    /// transfers, or too many chunks, or it would take longer than time lasts.
    pub fn new(scenario: &Scenario, budget: u64) -> Result<Self, Unable> {
        let world = World::new(scenario)?;
        let transfers = world.peers() as u64 * world.chunks as u64;
        let most = Planner::MOST_TRANSFERS;
        if most < transfers {
            return Err(Unable(format!(
                "{transfers} transfers; a plan has at most {most}, so use larger chunks"
            )));
        }
        let words = transfers * (world.chunks as u64).div_ceil(64);
        if MOST_WORDS < words {
            let chunks = world.chunks;
            return Err(Unable(format!(
                "{transfers} transfers of {chunks} chunks take too long to plan; use larger chunks"
            )));
        }
        let last = bounds::binding(scenario, scenario.peer_count(), Conditions::SWARM);
        let bound = match last.map_err(|error| Unable(error.to_string()))?.at {
            Earliest::At(time) => time,
            Earliest::Never(why) => return Err(Unable(why)),
        };
        let mut planner = Planner {
            scenario: scenario.clone(),
            bound,
            best: None,
            budget,
            spent: 0,
            run: None,
            first: Vec::new(),
            runs: 0,
            choose: Seeded::new(scenario.parts().seed, 0),
            world,
        };
        for plan in [pipeline::pipeline(scenario), relay::relay(scenario)].into_iter().flatten() {
            planner.offer(plan.distribution_time(), plan.means, plan.sends, None);
        }
        planner.first = planner.openings();
        Ok(planner)
    }

    /// The best bound on the last completion.
    pub fn bound(&self) -> Time {
        self.bound
    }

    /// When the best plan so far ends.
    pub fn end(&self) -> Option<Time> {
        self.best.as_ref().map(|best| best.end)
    }

    /// How many transfers have begun in all runs.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Is the first run of list scheduling over? What comes later only improves on it.
    pub fn has_first(&self) -> bool {
        1 < self.runs || (self.runs == 1 && self.run.is_none())
    }

    /// How many runs have begun.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The best plan so far; None before the first run is over.
    pub fn plan(&self) -> Option<Plan> {
        let best = self.best.as_ref()?;
        Some(Plan::new(&self.scenario, best.means, best.sends.clone()))
    }

    /// Spends the whole budget.
    ///
    /// # Errors
    /// When no run comes to an end before the end of time.
    pub fn finish(mut self) -> Result<Plan, Unable> {
        while self.advance(usize::MAX / 2) == Progress::Searching {}
        self.plan().ok_or_else(super::too_long)
    }

    /// How far the search is.
    pub fn progress(&self) -> Progress {
        match self.run {
            _ if self.end() == Some(self.bound) => Progress::Optimal,
            None if self.is_over() => Progress::Spent,
            _ => Progress::Searching,
        }
    }

    /// Goes on for about so many transfers.
    pub fn advance(&mut self, transfers: usize) -> Progress {
        let progress = self.progress();
        if progress != Progress::Searching {
            return progress;
        }
        let (policy, mut run) = self.run.take().unwrap_or_else(|| self.next_run());
        let before = run.decisions.len();
        let state = run.advance(&self.world, transfers);
        self.spent += (run.decisions.len() - before) as u64;
        match state {
            State::Going => self.run = Some((policy, run)),
            State::Hopeless => {}
            State::Done => {
                let end = run.sends.iter().map(|send| send.end).max().unwrap_or(Time::ZERO);
                self.offer(end, NAME, run.sends, Some((policy, run.decisions)));
            }
        }
        self.progress()
    }

    /// Has every run been made that the budget allows? Without any plan only the openings count.
    fn is_over(&self) -> bool {
        match self.best {
            Some(_) => self.budget <= self.spent && self.runs != 0,
            None => self.first.is_empty(),
        }
    }

    fn offer(
        &mut self,
        end: Time,
        means: &'static str,
        sends: Vec<Send>,
        made: Option<(Policy, Vec<Decision>)>,
    ) {
        if self.end().is_none_or(|best| end < best) {
            self.best = Some(Best { end, means, sends, made });
        }
    }

    /// The policies that come first, the last of them in front.
    fn openings(&self) -> Vec<Policy> {
        let slack = Time(self.bound.0 / 256);
        let deadline = self.bound.checked_add(slack).unwrap_or(Time::MAX);
        let plain = Policy {
            senders: Order::Fastest,
            wants: Wants::Least,
            ties: Order::Fastest,
            pick: Pick::Rarest,
            part: 1,
            source_lanes: 1,
            peer_lanes: 1,
            hopes: false,
            idles: 0,
            peers_send: true,
            deadline,
            seed: 0,
        };
        let alone = Policy { peers_send: false, deadline: Time::MAX, ..plain.clone() };
        let shared = Policy { part: u64::MAX, ..plain.clone() };
        let ahead = Policy { wants: Wants::Fast, ..shared.clone() };
        let urgent = Policy { wants: Wants::Urgent, hopes: true, ..shared.clone() };
        let hopeful = Policy { hopes: true, ..shared.clone() };
        let patient = Policy { deadline: Time::MAX, ..shared.clone() };
        let strict = Policy { deadline: self.bound, ..plain.clone() };
        vec![alone, patient, ahead, urgent, strict, hopeful, plain, shared]
    }

    fn below(&mut self, bound: usize) -> usize {
        NonZeroUsize::new(bound).map_or(0, |bound| self.choose.index(bound))
    }

    fn among<T: Copy>(&mut self, items: &[T]) -> T {
        let at = self.below(items.len());
        items[at]
    }

    fn next_run(&mut self) -> (Policy, Run) {
        self.runs += 1;
        // A run costs something, even when it begins nothing.
        self.spent += 1;
        let limit = self.end().unwrap_or(Time::MAX);
        let (policy, script) = match self.first.pop() {
            Some(policy) => (policy, Vec::new()),
            None => self.varied(),
        };
        let run = Run::new(&self.world, policy.clone(), script, limit);
        (policy, run)
    }

    /// A policy like the best one, and what of the best run is repeated before it decides.
    fn varied(&mut self) -> (Policy, Vec<Decision>) {
        let plain = self.openings().pop();
        let made = self.best.as_ref().and_then(|best| best.made.clone());
        let (mut policy, decisions) = match (made, plain) {
            (Some((policy, decisions)), _) => (policy, decisions),
            (None, Some(plain)) => (plain, Vec::new()),
            (None, None) => unreachable!("there are openings"),
        };
        let repeats = if self.below(3) == 0 { 0 } else { self.below(decisions.len()) };
        let script: Vec<Decision> = decisions[..repeats].to_vec();
        policy.seed = self.choose.bits();
        for _ in 0..1 + self.below(3) {
            self.vary(&mut policy, script.is_empty());
        }
        let gap = self.end().map_or(0, |end| end.0 - self.bound.0);
        let eighths = self.below(9) as u64;
        policy.deadline = Time(self.bound.0 + gap / 8 * eighths);
        (policy, script)
    }

    /// Changes one thing. What has been repeated was made under the same shares of links.
    fn vary(&mut self, policy: &mut Policy, anew: bool) {
        match self.below(if anew { 10 } else { 7 }) {
            0 => policy.senders = self.among(&[Order::Fastest, Order::Slowest, Order::Random]),
            1 => {
                let wants = [Wants::Least, Wants::Most, Wants::Fast, Wants::Urgent, Wants::Any];
                policy.wants = self.among(&wants);
            }
            2 => policy.ties = self.among(&[Order::Fastest, Order::Slowest, Order::Random]),
            3 => {
                let picks = [Pick::Rarest, Pick::RarestLast, Pick::RarestRandom, Pick::InOrder];
                policy.pick = self.among(&picks);
            }
            4 => policy.part = self.among(&[1, 2, 4, u64::MAX]),
            5 => policy.idles = self.among(&[0, 0, 16, 64, 128]),
            6 => policy.hopes = !policy.hopes,
            7 => policy.source_lanes = self.among(&[1, 1, 2, 3, 4, 8]),
            8 => policy.peer_lanes = self.among(&[1, 1, 2, 3]),
            _ => policy.peers_send = !policy.peers_send,
        }
    }
}
