//! The best plan found for any scenario without departures.
//!
//! [`Planner`] keeps the best of three methods: the constructions, list scheduling under many
//! policies and deadlines, and a local search that replays the beginning of the best run and
//! decides anew from some point on. Effort is counted in transfers begun, not in time, so the same
//! scenario gives the same plan on every machine.

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

/// Largest number of chunk-set words that a run may scan, N M (M / 64): minutes of one core.
const MAX_WORDS: u64 = 20_000_000_000;

/// The method name of plans made by list scheduling.
pub(crate) const NAME: &str = "list";

/// The progress of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannerProgress {
    /// There is budget left, or there is no plan yet.
    Searching,
    /// The best plan ends at the best bound, so it is optimal.
    Optimal,
    /// The budget is spent.
    Spent,
}

/// A search in progress; [`Planner::advance`] continues it.
#[derive(Debug)]
pub struct Planner {
    scenario: Scenario,
    instance: Instance,
    /// The best bound on the last completion.
    bound: Time,
    best: Option<Best>,
    /// Number of transfers that all runs together may begin.
    budget: u64,
    /// Number of transfers begun so far, plus one per run.
    spent: u64,
    /// The current run and its policy.
    run: Option<(Policy, ListRun)>,
    /// Policies still to be tried before the local search; the last comes first.
    initial: Vec<Policy>,
    /// Number of runs begun.
    runs: u64,
    choose: Seeded,
}

#[derive(Clone, Debug)]
struct Best {
    end: Time,
    method: &'static str,
    sends: Vec<Send>,
    /// The policy and decisions that led to it; None for a construction.
    made: Option<(Policy, Vec<Decision>)>,
}

impl Planner {
    /// Largest number of transfers in a plan, N M: more would not fit a small machine's memory.
    pub const MAX_TRANSFERS: u64 = 10_000_000;

    /// A search that may begin about `budget` transfers. The first run is completed whatever the
    /// budget.
    ///
    /// # Errors
    /// If a node may leave, there are more than [`Planner::MAX_TRANSFERS`] transfers or too many
    /// chunks, or the distribution takes longer than [`Time::MAX`].
    pub fn new(scenario: &Scenario, budget: u64) -> Result<Self, Unable> {
        let instance = Instance::new(scenario)?;
        let transfers = instance.peers() as u64 * instance.chunks as u64;
        let most = Self::MAX_TRANSFERS;
        if most < transfers {
            return Err(Unable(format!(
                "{transfers} transfers; a plan has at most {most}, so use larger chunks"
            )));
        }
        let words = transfers * (instance.chunks as u64).div_ceil(64);
        if MAX_WORDS < words {
            let chunks = instance.chunks;
            return Err(Unable(format!(
                "{transfers} transfers of {chunks} chunks take too long to plan; use larger chunks"
            )));
        }
        let last = bounds::binding(scenario, scenario.receiver_count(), Conditions::SWARM);
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

    /// The best lower bound on the distribution time.
    pub fn bound(&self) -> Time {
        self.bound
    }

    /// Distribution time of the best plan so far; None before there is one.
    pub fn end(&self) -> Option<Time> {
        self.best.as_ref().map(|best| best.end)
    }

    /// Effort spent: transfers begun in all runs, plus one per run.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Is the first run of list scheduling over? Later runs only improve on it.
    pub fn has_first(&self) -> bool {
        1 < self.runs || (self.runs == 1 && self.run.is_none())
    }

    /// Number of runs begun.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// The best plan so far; None before there is one.
    pub fn plan(&self) -> Option<Plan> {
        let best = self.best.as_ref()?;
        Some(Plan::new(&self.scenario, best.method, best.sends.clone()))
    }

    /// Runs the search to its end and returns the best plan.
    ///
    /// # Errors
    /// If every plan would end beyond [`Time::MAX`].
    pub fn finish(mut self) -> Result<Plan, Unable> {
        while self.advance(usize::MAX / 2) == PlannerProgress::Searching {}
        self.plan().ok_or_else(super::too_long)
    }

    /// The current progress.
    pub fn progress(&self) -> PlannerProgress {
        match self.run {
            _ if self.end() == Some(self.bound) => PlannerProgress::Optimal,
            None if self.is_over() => PlannerProgress::Spent,
            _ => PlannerProgress::Searching,
        }
    }

    /// Continues the search for about `transfers` transfers.
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

    /// Is the budget spent? Without any plan, the search goes on through the initial policies.
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

    /// The policies to try first, in reverse order.
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
        // A run costs something even if it begins no transfer.
        self.spent += 1;
        let limit = self.end().unwrap_or(Time::MAX);
        let (policy, script) = match self.initial.pop() {
            Some(policy) => (policy, Vec::new()),
            None => self.varied(),
        };
        let run = ListRun::new(&self.instance, policy.clone(), script, limit);
        (policy, run)
    }

    /// A variation of the best policy, and the decisions of the best run to replay first.
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

    /// Changes one property of the policy. The last three change how links are used, so they are
    /// left alone unless the run starts `anew`: replayed decisions assume the same shares.
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
