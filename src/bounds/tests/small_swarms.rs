//! How near the best bound comes to the best known schedules: 100 random swarms and 45 tiny ones
//! whose optimum is known.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct SmallSwarms {
    random: Vec<RandomSwarm>,
    tiny: Vec<TinySwarm>,
}

#[derive(Deserialize)]
struct RandomSwarm {
    id: String,
    source: u64,
    #[serde(rename = "size_kB")]
    size_kb: u64,
    /// Count, upload, download, join.
    classes: Vec<(usize, u64, Option<u64>, u64)>,
    plan_ns: u64,
    bound_ns: u64,
}

#[derive(Deserialize)]
struct TinySwarm {
    #[serde(rename = "M")]
    chunks: u64,
    source: u64,
    u: Vec<u64>,
    d: Vec<u64>,
    optimum_s: f64,
    bound_s: f64,
}

const MBIT: u64 = 1_000_000;

impl RandomSwarm {
    fn scenario(&self) -> Scenario {
        let peers = self.classes.iter().flat_map(|&(count, upload, download, joins)| {
            let peer = Peer {
                download: download.map(|rate| Rate(rate * MBIT)),
                joins: Time::from_secs(joins),
                ..peer(upload * MBIT)
            };
            vec![peer; count]
        });
        scenario(with_peers(swarm(self.size_kb * 1000, 1_000_000, self.source * MBIT), peers))
    }
}

impl TinySwarm {
    fn scenario(&self) -> Scenario {
        let unit = 8 * MBIT;
        let peers = self.u.iter().zip(&self.d).map(|(&upload, &download)| Peer {
            download: (0 < download).then_some(Rate(download * unit)),
            ..peer(upload * unit)
        });
        scenario(with_peers(swarm(self.chunks * 1_000_000, 1_000_000, self.source * unit), peers))
    }
}

fn read() -> SmallSwarms {
    serde_json::from_str(include_str!("small_swarms.json")).unwrap()
}

/// Quarters and thirds of a second in whole nanoseconds, rounded down.
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9 + 1e-3) as u64
}

/// The bounds that know of no relaxation.
const PLAIN: [&str; 5] = ["client_server", "fluid", "warm_up", "branching", "presence"];

/// The best bound on the last completion, in ns, without and with the bounds over relaxations. No
/// bound may be above `fastest`.
fn best_of(scenario: &Scenario, fastest: u64, name: &str) -> [u64; 2] {
    let mut best = [0; 2];
    for bound in for_swarms() {
        let at = time(&last(bound, scenario).at).0;
        assert!(at <= fastest, "{name}: {} says {at} ns, and {fastest} ns is lawful", bound.name());
        best[1] = best[1].max(at);
        if PLAIN.contains(&bound.name()) {
            best[0] = best[0].max(at);
        }
    }
    best
}

/// The ratios of schedules to bounds in ascending order, in millionths.
struct Distribution(Vec<u64>);

impl Distribution {
    fn new(ratios: impl Iterator<Item = (u64, u64)>) -> Distribution {
        let millionths = |(plan, bound): (u64, u64)| {
            u64::try_from(u128::from(plan) * 1_000_000 / u128::from(bound)).unwrap()
        };
        let mut ratios: Vec<u64> = ratios.map(millionths).collect();
        ratios.sort_unstable();
        Distribution(ratios)
    }

    /// Mean, median, 90 %, maximum.
    fn summary(&self) -> [u64; 4] {
        let count = self.0.len();
        let mean = self.0.iter().sum::<u64>() / count as u64;
        [mean, self.0[count / 2], self.0[count * 9 / 10], self.0[count - 1]]
    }

    fn above(&self, millionths: u64) -> usize {
        self.0.iter().filter(|&&ratio| millionths < ratio).count()
    }
}

#[test]
fn random_swarms_are_planned_near_their_bounds() {
    let swarms = read().random;
    let mut ratios = [Vec::new(), Vec::new()];
    for swarm in &swarms {
        let best = best_of(&swarm.scenario(), swarm.plan_ns, &swarm.id);
        assert!(swarm.bound_ns <= best[1] + 1, "{}: {} ns", swarm.id, best[1]);
        for (ratios, best) in ratios.iter_mut().zip(best) {
            ratios.push((swarm.plan_ns, best));
        }
    }
    let [before, after] = ratios.map(|ratios| Distribution::new(ratios.into_iter()));
    for (when, all) in [("before", &before), ("after", &after)] {
        let tight = swarms.len() - all.above(1_000_000);
        println!("{when}: {:?}, {tight} tight, {} above 1.2", all.summary(), all.above(1_200_000));
    }
    assert!(65 <= swarms.len() - after.above(1_000_000));
    assert!(after.summary()[0] <= 1_030_000);
    assert!(after.above(1_200_000) <= 3);
}

#[test]
fn tiny_swarms_reach_their_bounds() {
    let swarms = read().tiny;
    let mut missed = [0, 0];
    for swarm in &swarms {
        let name = format!("M = {} {} {:?} {:?}", swarm.chunks, swarm.source, swarm.u, swarm.d);
        let optimum = nanos(swarm.optimum_s);
        let best = best_of(&swarm.scenario(), optimum, &name);
        assert!(nanos(swarm.bound_s) <= best[1] + 1, "{name}: {} ns", best[1]);
        for (missed, best) in missed.iter_mut().zip(best) {
            *missed += usize::from(best < optimum);
        }
    }
    println!("{missed:?} of {} miss the optimum, before and after", swarms.len());
    assert!(missed[1] <= 2, "{missed:?}");
}
