//! Holdings, wants, a second full holder and rates that change: no theorem over relaxations is
//! above the optimum of 60 tiny worlds, which another program searched exhaustively.

use serde::Deserialize;

use super::demand::{Classes, Demand, Node};
use super::relaxation::{self, RelaxedSwarm, Strongest};
use super::supply::Supply;
use super::*;

#[derive(Deserialize)]
struct Worlds {
    worlds: Vec<World>,
}

#[derive(Deserialize)]
struct World {
    id: String,
    chunks: usize,
    sources: Vec<NodeOfWorld>,
    peers: Vec<NodeOfWorld>,
    optimum_kth_s: Vec<f64>,
    exact_kth: Vec<bool>,
}

#[derive(Deserialize)]
struct NodeOfWorld {
    upload_bps: Upload,
    #[serde(default)]
    download_bps: Option<u64>,
    joins_s: f64,
    leaves_s: Option<f64>,
    #[serde(default)]
    holds: Option<Vec<usize>>,
    #[serde(default)]
    wants: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Upload {
    Constant(u64),
    Changing(Vec<(f64, u64)>),
}

/// Bits of a chunk.
const CHUNK: u64 = 8_000_000;

/// Fractions of a second in whole nanoseconds, rounded down.
fn at(seconds: f64) -> Time {
    Time((seconds * 1e9 + 1e-3) as u64)
}

fn bits(chunks: &[usize]) -> Classes {
    chunks.iter().map(|chunk| 1 << chunk).sum()
}

impl NodeOfWorld {
    fn node(&self, chunks: usize) -> Node {
        let (rate, changes) = match &self.upload_bps {
            Upload::Constant(rate) => (*rate, Vec::new()),
            Upload::Changing(rates) => {
                let changes = rates[1..].iter().map(|&(from, rate)| (at(from), Rate(rate)));
                (rates[0].1, changes.collect())
            }
        };
        let all: Vec<usize> = (0..chunks).collect();
        Node {
            upload: Supply {
                rate: Rate(rate),
                changes,
                burst: 0,
                from: at(self.joins_s),
                until: self.leaves_s.map(at),
            },
            download: self.download_bps.map(Rate),
            delay: Time::ZERO,
            holds: bits(self.holds.as_deref().unwrap_or(&all)),
            wants: bits(&self.wants),
        }
    }
}

impl World {
    /// Each chunk is a class of its own.
    fn demand(&self) -> Demand {
        let nodes = self.sources.iter().chain(&self.peers);
        Demand {
            chunk: CHUNK.into(),
            classes: vec![1; self.chunks],
            nodes: nodes.map(|node| node.node(self.chunks)).collect(),
        }
    }

    fn has_departures(&self) -> bool {
        self.sources.iter().chain(&self.peers).any(|node| node.leaves_s.is_some())
    }
}

/// The best of all theorems over relaxations, for every completion.
pub(super) fn strongest_of_all(demand: &Demand) -> Vec<Strongest> {
    let chunk = u64::try_from(demand.chunk / 8).unwrap();
    let chunks = u64::try_from(demand.chunks(demand.all())).unwrap();
    let file = Manifest::new(Bytes(chunk * chunks), Bytes(chunk)).unwrap();
    let nothing = vec![Strongest::new("nothing", Time::ZERO); demand.peers().count()];
    relaxation::strongest(demand, nothing, |swarm: &RelaxedSwarm, known| {
        let claims = [
            last_chunk::claims(demand.chunk, &file, swarm),
            emitters::claims(demand.chunk, swarm, known),
            downlinks::claims(demand.chunk, &file, swarm),
            order_split::claims(demand.chunk, &file, swarm, known),
        ];
        claims.into_iter().flatten().collect()
    })
}

#[test]
fn no_theorem_is_above_the_optimum_of_worlds_with_holdings() {
    let worlds: Worlds = serde_json::from_str(include_str!("holdings.json")).unwrap();
    let (mut last, mut staying, mut all, mut exact) = (0, 0, 0, 0);
    for world in &worlds.worlds {
        let bounds = strongest_of_all(&world.demand());
        for (k, (bound, &optimum)) in (1..).zip(bounds.iter().zip(&world.optimum_kth_s)) {
            // The optimum is a multiple of some ten-thousandths, but not of a nanosecond.
            let optimum = at(optimum);
            assert!(bound.at <= optimum, "{} k = {k}: {bound:?} > {optimum}", world.id);
            let is_met = optimum.0 <= bound.at.0 + 1;
            all += usize::from(world.exact_kth[k - 1]);
            exact += usize::from(world.exact_kth[k - 1] && is_met);
            if !world.has_departures() && k == bounds.len() {
                staying += 1;
                last += usize::from(is_met);
            }
            if !is_met {
                println!(
                    "{} k = {k} {:?}: {bound:?} < {optimum}",
                    world.id,
                    world.exact_kth[k - 1]
                );
            }
        }
    }
    println!("{last} of {staying} last completions, {exact} of {all} exact ones");
    assert!(staying * 3 <= last * 4, "{last} of {staying} last completions");
}
