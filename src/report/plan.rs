//! A plan: when it ends, the bound that no schedule can beat, and the gap between the two, which is
//! proved.
//!
//! The search is the planner's; the judgement and the bound are the audit's.

use schemars::JsonSchema;
use serde::Serialize;
use swarmbound::audit::{Report, Verdict};
use swarmbound::scenario::Scenario;
use swarmbound::schedule::Plan;
use swarmbound::units::Time;

use super::json::RunEntry;
use super::layout::Style;
use super::numbers;
use super::run::Run;
use super::wrapping::wrapped;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Searched {
    /// The plan ends at the best bound.
    Optimal,
    /// All transfers of the budget were spent.
    Spent,
    /// Time ran out, so that another machine may find another plan.
    TimedOut,
}

/// A plan, judged.
pub(crate) struct Planned<'a> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    searched: Searched,
    run: Run,
}

impl<'a> Planned<'a> {
    /// What the audit says of `plan`, beside the best bound.
    pub(crate) fn new(
        scenario: &'a Scenario,
        plan: &'a Plan,
        searched: Searched,
        report: Report,
    ) -> Self {
        Planned { scenario, plan, searched, run: Run::new(None, report) }
    }

    /// The verdict of the audit.
    pub(crate) fn verdict(&self) -> Verdict {
        self.run.report.verdict
    }

    fn bound(&self) -> Option<Time> {
        self.run.report.best.time()
    }

    /// How far above the bound, in thousandths of a percent, rounded up.
    fn gap(&self) -> Option<u128> {
        let bound = self.bound()?;
        let above = self.plan.distribution_time().since(bound);
        (bound != Time::ZERO).then(|| (u128::from(above.0) * 100_000).div_ceil(u128::from(bound.0)))
    }
}

/// A gap in percent with at most three digits behind the point: no less than it is.
fn percent(gap: u128) -> String {
    let text = format!("{}.{:03}", gap / 1000, gap % 1000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// The plan in words.
pub(crate) fn told(style: Style, planned: &Planned<'_>) -> String {
    let Planned { plan, searched, run: Run { report, .. }, .. } = planned;
    let end = plan.distribution_time();
    let mut rows = vec![("planned", numbers::seconds(end), format!("by {}", plan.method()))];
    if let Some(bound) = planned.bound() {
        let by = format!("by {}", report.best.name);
        rows.push(("not before", numbers::seconds(bound), by));
    }
    let mut text = String::new();
    let width = rows.iter().map(|(_, time, _)| time.len()).max().unwrap_or(0);
    for (what, time, by) in rows {
        text += &format!("{what:<12}{time:>width$}  {by}\n");
    }
    let transfers = numbers::grouped(plan.sends().len() as u128);
    text += &format!("transfers   {transfers:>width$}\n\n");
    text += &match planned.gap() {
        Some(0) => wrapped(style, "no plan can be faster: this one ends at the bound.", 2),
        Some(gap) => {
            let above = percent(gap);
            wrapped(
                style,
                &format!("at most {above} above the optimum: no plan ends before the bound."),
                2,
            )
        }
        None => String::new(),
    };
    if *searched == Searched::TimedOut {
        let cut = "time ran out before the budget was spent: another machine may find another \
                   plan; without --max-time it does not.";
        text += &wrapped(style, cut, 2);
    }
    for rule in &report.rules {
        let why = rule.judgement.explanation.as_ref().or(rule.judgement.reason.as_ref());
        if Verdict::Holds < rule.judgement.verdict
            && let Some(why) = why
        {
            text += &wrapped(style, &format!("{} {}: {why}", rule.name, rule.judgement.verdict), 2);
        }
    }
    let verdict = style.verdict(report.verdict);
    text + &format!("{verdict}: the audit of the plan's trace.\n")
}

/// What `plan --json` says.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PlanDocument<'a> {
    scenario: &'a str,
    seed: u64,
    chunks: usize,
    means: &'static str,
    search: Searched,
    #[serde(flatten)]
    run: RunEntry<'a>,
}

impl<'a> PlanDocument<'a> {
    /// The document of one plan.
    pub(crate) fn new(planned: &'a Planned<'a>) -> Self {
        let Planned { scenario, plan, searched, run } = planned;
        PlanDocument {
            scenario: scenario.name(),
            seed: scenario.parts().seed,
            chunks: scenario.file().chunks(),
            means: plan.method(),
            search: *searched,
            run: RunEntry::new(run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_never_said_smaller_than_it_is() {
        assert_eq!(percent(1), "0.001 %");
        assert_eq!(percent(1700), "1.7 %");
        assert_eq!(percent(100_000), "100 %");
    }
}
