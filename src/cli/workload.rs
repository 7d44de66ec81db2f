//! How much work a run is, before it begins: one that would not end is refused.

use swarmbound::chunks::ChunkId;
use swarmbound::scenario::{Leaves, Scenario, SourceLeaves};
use swarmbound::units::{Rate, Time};

use super::{Failure, judge};
use crate::report::numbers::{grouped, span};

/// More transfers or decisions of chokers than these take hours, and more memory than there is.
const MOST: u128 = 1_000_000_000;

/// How many of them a core does in a second, of a swarm of ten thousand peers.
const A_SECOND: u128 = 100_000;

/// What a run takes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Workload {
    /// Chunks that are to arrive.
    transfers: u128,
    /// Decisions of chokers.
    rechokes: u128,
}

impl Workload {
    /// The work of a run that completes no earlier than `bound`; None where it never completes, or
    /// where that is not known yet.
    pub(super) fn of(scenario: &Scenario, bound: Option<Time>) -> Self {
        let nodes = scenario.peer_count() as u128 + 1;
        let end =
            bound.unwrap_or(Time::ZERO).max(last_change(scenario)).min(scenario.parts().until);
        let rechokes = nodes * (u128::from(end.0) / u128::from(interval(scenario).0));
        Workload { transfers: judge::work(scenario).into(), rechokes }
    }

    /// Refuses more than can be done.
    pub(super) fn refuse_endless(self) -> Result<(), Failure> {
        let Workload { transfers, rechokes } = self;
        let whole = transfers.saturating_add(rechokes);
        if whole <= MOST {
            return Ok(());
        }
        let seconds =
            u64::try_from(whole / A_SECOND).unwrap_or(u64::MAX).min(u64::MAX / 1_000_000_000);
        let (what, advice) = match rechokes < transfers {
            true => (format!("{} transfers", grouped(transfers)), "larger chunks or fewer peers"),
            false => (
                format!("{} decisions of chokers", grouped(rechokes)),
                "a longer rechoke or an earlier until",
            ),
        };
        Err(Failure(format!(
            "this run has at least {what}, which take about {} of one core; write {advice}, or run \
             it all the same with --force",
            span(Time::from_secs(seconds))
        )))
    }
}

/// The last arrival or departure that the scenario announces.
fn last_change(scenario: &Scenario) -> Time {
    let leaves = |leaves: Leaves| match leaves {
        Leaves::At(at) => at,
        Leaves::Never | Leaves::AfterCompletion(_) => Time::ZERO,
    };
    let source = match scenario.source().leaves {
        SourceLeaves::At(at) => at,
        SourceLeaves::Never | SourceLeaves::AfterCopies(_) => Time::ZERO,
    };
    let peers = scenario.peers().map(|(_, peer)| peer.joins.max(leaves(peer.leaves)));
    peers.max().unwrap_or(Time::ZERO).max(source)
}

/// How often a choker decides at most: see `docs/performance.md`.
fn interval(scenario: &Scenario) -> Time {
    let rechoke = scenario.parts().protocol.clone().unwrap_or_default().rechoke;
    let latency = scenario.nodes().map(|node| scenario.latency_to(node).0).max().unwrap_or(0);
    let fastest = scenario.nodes().map(|node| scenario.upload(node)).max().unwrap_or(Rate::ZERO);
    let chunk = fastest.time_for(scenario.file().length(ChunkId(0)).nanobits());
    rechoke.max(Time(latency.saturating_mul(4))).max(chunk.unwrap_or(Time::MAX)).max(Time(1))
}

#[cfg(test)]
mod tests {
    use swarmbound::scenario::read_toml;

    use super::*;

    fn scenario(size: &str, peers: &str, more: &str) -> Scenario {
        let text = format!(
            "[file]\nsize = \"{size}\"\nchunk = \"1 B\"\n[source]\nupload = \"8 Gbit/s\"\n\
             [[peers]]\nupload = \"1 Gbit/s\"\ncount = {peers}\n{more}"
        );
        read_toml("a.toml", &text, None).unwrap()
    }

    #[test]
    fn ten_billion_transfers_are_refused_with_an_estimate() {
        let Failure(said) =
            Workload::of(&scenario("10 kB", "1000000", ""), None).refuse_endless().unwrap_err();
        assert!(said.contains("10\u{a0}000\u{a0}000\u{a0}000 transfers"), "{said}");
        assert!(said.contains("1 d 3 h") && said.contains("--force"), "{said}");
        assert!(Workload::of(&scenario("1 kB", "1000000", ""), None).refuse_endless().is_ok());
    }

    /// A chunk takes a nanosecond, so the choker decides in each of them until the last peer comes.
    #[test]
    fn decisions_of_chokers_count_until_the_last_peer_has_come() {
        let late = |at: &str| {
            let protocol = "[protocol]\nrechoke = \"1 ns\"\n";
            scenario(
                "8 B",
                "1",
                &format!("joins = \"at {at}\"\n{protocol}[run]\nuntil = \"500 years\"\n"),
            )
        };
        let work = Workload::of(&late("1 s"), None);
        assert_eq!(work, Workload { transfers: 8, rechokes: 2_000_000_000 });
        let Failure(said) = work.refuse_endless().unwrap_err();
        assert!(said.contains("a longer rechoke"), "{said}");
        assert!(Workload::of(&late("400 ms"), None).refuse_endless().is_ok());
    }
}
