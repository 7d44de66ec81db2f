use super::*;
use crate::checker::{Checked, Settings, check};
use crate::swarm::{Peer, Tracker};

fn measure(world: World) {
    let swarm = Swarm::<Peer, Tracker>::new(world.clone()).unwrap();
    let since = std::time::Instant::now();
    let spec = swarm.spec();
    let mut search = crate::checker::Search::new(&swarm, &spec, Settings::default()).unwrap();
    let limits = crate::checker::Limits { states: 3_000_000, ..crate::checker::Limits::NONE };
    let exploration = search
        .run(limits, &mut |p| {
            if p.generated % (1 << 20) < (1 << 16) {
                eprintln!("{p:?} {:?}", since.elapsed());
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let report = search.report(exploration).unwrap();
    eprintln!(
        "{}/{} {:?} {:?} states {} generated {} depth {} {:?}",
        world.peers,
        world.chunks,
        world.timers,
        report.exploration,
        report.states,
        report.generated,
        report.depth,
        since.elapsed()
    );
    for finding in &report.findings {
        eprintln!("   {} {}", finding.name, finding.verdict.name());
        if finding.verdict.name() == "violated"
            && let Some(witness) = finding.verdict.witness()
        {
            eprintln!("      {:?}", witness.start);
            for (action, state) in &witness.steps {
                eprintln!("      {action:?}: {state:?}");
            }
            eprintln!("      {:?}", witness.lasso_from);
        }
    }
}

#[test]
fn measured() {
    let env = |name: &str, default: usize| {
        std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
    };
    let mut world = World::calm(env("P", 1), env("C", 1));
    world.losses = env("L", 0) as u8;
    world.departures = env("D", 0) as u8;
    if env("CH", 0) == 1 {
        world.churn = Departures::Once;
    }
    if env("CH", 0) == 2 {
        world.churn = Departures::Rejoin;
    }
    if env("SRC", 0) == 1 {
        world.source = SourceStays::Churns;
    }
    world.protocol.super_seeding = env("SS", 1) == 1;
    if env("OPT", 1) == 0 {
        world.protocol.optimistic = None;
    }
    world.protocol.unchoke_slots = env("S", 4) as u32;
    world.free_riders = env("F", 0);
    if env("T", 0) > 0 {
        world.timers = Timers::Any(env("T", 0) as u8);
    }
    if env("FAIR", 0) == 1 {
        world.fairness = Fairness::parse("WF(all)").unwrap();
    }
    measure(world);
}
