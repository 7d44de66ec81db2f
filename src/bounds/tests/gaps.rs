//! How near the best bound comes to the best known schedules: 100 random swarms and 45 tiny ones
//! whose optimum is known. The example `gaps` prints the table; `small_swarms.rs` judges it.

use serde::Deserialize;

use super::bounds::{self, Bound, Earliest, Senders};
use super::chunks::Manifest;
use super::scenario::{Parts, Peer, Scenario, Source};
use super::units::{Bytes, Rate, Time};

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

/// A swarm with a schedule, and what the bounds say of its last completion.
pub(super) struct Gap {
    pub(super) name: String,
    /// How long the schedule takes, in ns.
    pub(super) schedule: u64,
    /// A bound that other programs computed, in ns.
    pub(super) known: u64,
    /// What each bound says, in ns, in the order of [`bounds::ALL`].
    pub(super) says: Vec<(&'static str, u64)>,
}

/// The bounds that know of no relaxation.
const PLAIN: [&str; 5] = ["client_server", "fluid", "warm_up", "branching", "presence"];

impl Gap {
    fn new(name: String, scenario: &Scenario, schedule: u64, known: u64) -> Gap {
        let says = |bound: &&dyn Bound| {
            let lower = bound.completion(scenario, scenario.peer_count()).ok()?;
            let Earliest::At(at) = lower.at else { return None };
            Some((bound.name(), at.0))
        };
        let for_swarms = bounds::ALL.iter().filter(|bound| bound.senders() == Senders::AllNodes);
        Gap { name, schedule, known, says: for_swarms.filter_map(says).collect() }
    }

    /// The best bound, in ns.
    pub(super) fn best(&self, which: Which) -> u64 {
        let counts = |name: &str| which == Which::All || PLAIN.contains(&name);
        self.says.iter().filter(|(name, _)| counts(name)).map(|&(_, at)| at).max().unwrap_or(0)
    }
}

/// Which bounds are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    WithoutRelaxations,
    All,
}

const MBIT: u64 = 1_000_000;

fn scenario(size: u64, source: u64, peers: impl Iterator<Item = Peer>) -> Scenario {
    let file = Manifest::new(Bytes(size), Bytes(1_000_000)).expect("the data has no empty file");
    let mut parts = Parts::new(file, Source::new(Rate(source))).protocol(None).until(Time::MAX);
    parts.peers = peers.collect();
    Scenario::new(parts).expect("the data has well-formed swarms")
}

fn peer(upload: u64, download: Option<u64>) -> Peer {
    let mut peer = Peer::new(Rate(upload));
    peer.download = download.map(Rate);
    peer
}

impl RandomSwarm {
    fn scenario(&self) -> Scenario {
        let peers = self.classes.iter().flat_map(|&(count, upload, download, joins)| {
            let mut peer = peer(upload * MBIT, download.map(|rate| rate * MBIT));
            peer.joins = Time::from_secs(joins);
            vec![peer; count]
        });
        scenario(self.size_kb * 1000, self.source * MBIT, peers)
    }
}

impl TinySwarm {
    fn scenario(&self) -> Scenario {
        let unit = 8 * MBIT;
        let peers = self.u.iter().zip(&self.d).map(|(&upload, &download)| {
            peer(upload * unit, (0 < download).then_some(download * unit))
        });
        scenario(self.chunks * 1_000_000, self.source * unit, peers)
    }
}

fn read() -> SmallSwarms {
    serde_json::from_str(include_str!("small_swarms.json")).expect("the data is in its format")
}

/// Quarters and thirds of a second in whole nanoseconds, rounded down.
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9 + 1e-3) as u64
}

/// Random swarms with the best audited plans.
pub(super) fn random() -> Vec<Gap> {
    let gap = |swarm: &RandomSwarm| {
        Gap::new(swarm.id.clone(), &swarm.scenario(), swarm.plan_ns, swarm.bound_ns)
    };
    read().random.iter().map(gap).collect()
}

/// Tiny swarms with their optimum.
pub(super) fn tiny() -> Vec<Gap> {
    let gap = |swarm: &TinySwarm| {
        let name = format!("M = {} {} {:?} {:?}", swarm.chunks, swarm.source, swarm.u, swarm.d);
        Gap::new(name, &swarm.scenario(), nanos(swarm.optimum_s), nanos(swarm.bound_s))
    };
    read().tiny.iter().map(gap).collect()
}

/// The ratios of schedules to bounds in ascending order, in millionths.
pub(super) struct Distribution(Vec<u64>);

impl Distribution {
    pub(super) fn new(gaps: &[Gap], which: Which) -> Distribution {
        let millionths = |gap: &Gap| {
            let ratio = u128::from(gap.schedule) * 1_000_000 / u128::from(gap.best(which));
            u64::try_from(ratio).expect("no ratio is large")
        };
        let mut ratios: Vec<u64> = gaps.iter().map(millionths).collect();
        ratios.sort_unstable();
        Distribution(ratios)
    }

    /// Mean, median, 90 %, maximum.
    pub(super) fn summary(&self) -> [u64; 4] {
        let count = self.0.len();
        let mean = self.0.iter().sum::<u64>() / count as u64;
        [mean, self.0[count / 2], self.0[count * 9 / 10], self.0[count - 1]]
    }

    pub(super) fn above(&self, millionths: u64) -> usize {
        self.0.iter().filter(|&&ratio| millionths < ratio).count()
    }

    pub(super) fn tight(&self) -> usize {
        self.0.len() - self.above(1_000_000)
    }
}
