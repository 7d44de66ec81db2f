//! The best that the project can do for any scenario without departures.
//!
//! Whichever means wins: the constructions, list scheduling under many policies and deadlines, and
//! a local search that repeats the beginning of the best run and decides anew from some moment on.
//! The effort is counted in transfers begun, not in time, so that the same scenario gives the same
//! plan on every machine. The types to know are [`Planner`] and [`PlannerProgress`].

use std::num::NonZeroUsize;

use super::instance::Instance;
use super::list_scheduling::{
    ChunkOrder, Decision, ListRun, ListRunStatus, NodeOrder, Policy, ReceiverOrder,
};
use super::{Plan, Send, Unable, pipeline, relay};
use crate::bounds::{self, Conditions, Earliest};
use crate::choose::{Choose, Seeded};
use crate::scenario::Scenario;
use crate::units::Time;

/// The most transfers of a plan, N M: more would not fit into the memory of a small machine.
pub const MAX_TRANSFERS: u64 = 10_000_000;

/// The most words of chunk sets that a run looks at, N M (M / 64): minutes of one core.
const MAX_WORDS: u64 = 20_000_000_000;

/// The name of list scheduling.
pub const NAME: &str = "list";

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannerProgress {
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
    instance: Instance,
    /// The best bound on the last completion.
    bound: Time,
    best: Option<Best>,
    /// Transfers that may still begin.
    budget: u64,
    /// Transfers that have begun.
    spent: u64,
    /// The run under way.
    run: Option<(Policy, ListRun)>,
    /// Policies that are tried before any search.
    initial: Vec<Policy>,
    /// How many runs have begun.
    runs: u64,
    choose: Seeded,
}

#[derive(Clone, Debug)]
struct Best {
    end: Time,
    method: &'static str,
    sends: Vec<Send>,
    /// What made it, where that is list scheduling.
    made: Option<(Policy, Vec<Decision>)>,
}

impl Planner {
    /// A search that may begin about `budget` transfers; the first run is made whatever the budget
    /// is.
    ///
    /// # Errors
    /// Why there is no plan: somebody leaves, there are more than [`MAX_TRANSFERS`], or too
    /// many chunks, or it would take longer than time lasts.
    pub fn new(scenario: &Scenario, budget: u64) -> Result<Self, Unable> {
        let instance = Instance::new(scenario)?;
        let transfers = instance.peers() as u64 * instance.chunks as u64;
        if MAX_TRANSFERS < transfers {
            return Err(Unable(format!(
                "{transfers} transfers; a plan has at most {MAX_TRANSFERS}, so use larger chunks"
            )));
        }
        let words = transfers * (instance.chunks as u64).div_ceil(64);
        if MAX_WORDS < words {
            let chunks = instance.chunks;
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
            initial: Vec::new(),
            runs: 0,
            choose: Seeded::new(scenario.parts().seed, 0),
            instance,
        };
        for plan in [pipeline::pipeline(scenario), relay::relay(scenario)].into_iter().flatten() {
            planner.offer(plan.distribution_time(), plan.method, plan.sends, None);
        }
        planner.initial = planner.initial_policies();
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
        Some(Plan::new(&self.scenario, best.method, best.sends.clone()))
    }

    /// Spends the whole budget.
    ///
    /// # Errors
    /// When no run comes to an end before the end of time.
    pub fn finish(mut self) -> Result<Plan, Unable> {
        while self.advance(usize::MAX / 2) == PlannerProgress::Searching {}
        self.plan().ok_or_else(super::too_long)
    }

    /// How far the search is.
    pub fn progress(&self) -> PlannerProgress {
        match self.run {
            _ if self.end() == Some(self.bound) => PlannerProgress::Optimal,
            None if self.is_over() => PlannerProgress::Spent,
            _ => PlannerProgress::Searching,
        }
    }

    /// Goes on for about so many transfers.
    pub fn advance(&mut self, transfers: usize) -> PlannerProgress {
        let progress = self.progress();
        if progress != PlannerProgress::Searching {
            return progress;
        }
        let (policy, mut run) = self.run.take().unwrap_or_else(|| self.next_run());
        let before = run.decisions.len();
        let state = run.advance(&self.instance, transfers);
        self.spent += (run.decisions.len() - before) as u64;
        match state {
            ListRunStatus::Running => self.run = Some((policy, run)),
            ListRunStatus::Hopeless => {}
            ListRunStatus::Done => {
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
            None => self.initial.is_empty(),
        }
    }

    fn offer(
        &mut self,
        end: Time,
        method: &'static str,
        sends: Vec<Send>,
        made: Option<(Policy, Vec<Decision>)>,
    ) {
        if self.end().is_none_or(|best| end < best) {
            self.best = Some(Best { end, method, sends, made });
        }
    }

    /// The policies that come first, the last of them in front.
    fn initial_policies(&self) -> Vec<Policy> {
        let slack = Time(self.bound.0 / 256);
        let deadline = self.bound.checked_add(slack).unwrap_or(Time::MAX);
        let plain = Policy {
            sender_order: NodeOrder::Fastest,
            receiver_order: ReceiverOrder::FewestChunks,
            ties: NodeOrder::Fastest,
            chunk_order: ChunkOrder::Rarest,
            rate_divisor: 1,
            source_shares: 1,
            peer_shares: 1,
            assumes_full_rate: false,
            idle_in_256: 0,
            peers_send: true,
            deadline,
            seed: 0,
        };
        let alone = Policy { peers_send: false, deadline: Time::MAX, ..plain.clone() };
        let shared = Policy { rate_divisor: u64::MAX, ..plain.clone() };
        let ahead = Policy { receiver_order: ReceiverOrder::FewestForUpload, ..shared.clone() };
        let urgent = Policy {
            receiver_order: ReceiverOrder::LongestRemaining,
            assumes_full_rate: true,
            ..shared.clone()
        };
        let hopeful = Policy { assumes_full_rate: true, ..shared.clone() };
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

    fn next_run(&mut self) -> (Policy, ListRun) {
        self.runs += 1;
        // A run costs something, even when it begins nothing.
        self.spent += 1;
        let limit = self.end().unwrap_or(Time::MAX);
        let (policy, script) = match self.initial.pop() {
            Some(policy) => (policy, Vec::new()),
            None => self.varied(),
        };
        let run = ListRun::new(&self.instance, policy.clone(), script, limit);
        (policy, run)
    }

    /// A policy like the best one, and what of the best run is repeated before it decides.
    fn varied(&mut self) -> (Policy, Vec<Decision>) {
        let plain = self.initial_policies().pop();
        let made = self.best.as_ref().and_then(|best| best.made.clone());
        let (mut policy, decisions) = match (made, plain) {
            (Some((policy, decisions)), _) => (policy, decisions),
            (None, Some(plain)) => (plain, Vec::new()),
            (None, None) => unreachable!("there are initial policies"),
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
            0 => {
                policy.sender_order =
                    self.among(&[NodeOrder::Fastest, NodeOrder::Slowest, NodeOrder::Random])
            }
            1 => {
                let receiver_order = [
                    ReceiverOrder::FewestChunks,
                    ReceiverOrder::MostChunks,
                    ReceiverOrder::FewestForUpload,
                    ReceiverOrder::LongestRemaining,
                    ReceiverOrder::Random,
                ];
                policy.receiver_order = self.among(&receiver_order);
            }
            2 => {
                policy.ties =
                    self.among(&[NodeOrder::Fastest, NodeOrder::Slowest, NodeOrder::Random])
            }
            3 => {
                let picks = [
                    ChunkOrder::Rarest,
                    ChunkOrder::RarestLast,
                    ChunkOrder::RarestRandom,
                    ChunkOrder::InOrder,
                ];
                policy.chunk_order = self.among(&picks);
            }
            4 => policy.rate_divisor = self.among(&[1, 2, 4, u64::MAX]),
            5 => policy.idle_in_256 = self.among(&[0, 0, 16, 64, 128]),
            6 => policy.assumes_full_rate = !policy.assumes_full_rate,
            7 => policy.source_shares = self.among(&[1, 1, 2, 3, 4, 8]),
            8 => policy.peer_shares = self.among(&[1, 1, 2, 3]),
            _ => policy.peers_send = !policy.peers_send,
        }
    }
}
